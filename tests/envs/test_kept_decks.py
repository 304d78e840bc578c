"""What scorers said of candidates, kept on disk: taken up again to the bit, in one part or many, and never when damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import OverlapScorer, ScriptedUser, overlap_scorers
from five import DIMENSIONS, IR, QIR

from recenv.data.world import World
from recenv.envs import blocks, tables
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.tables import Tables
from recenv.rewards.hybrid import REWARDS

RULES = EnvConfig(horizon=6, candidates=8, scorers="rules")
SLATES = np.array([[0, 1, 2], [5, 3, 1], [7, 6, 4]])


def engine_of(world: World, decks: Path | None = None) -> Engine:
    scorers = {d: s for d, s in overlap_scorers().items() if d in (DIMENSIONS[QIR], DIMENSIONS[IR])}
    return Engine(world, RULES, scorers=scorers, reward=REWARDS["service"], user=ScriptedUser(wants=False), decks=decks)


def asked(engine: Engine) -> list[int]:
    return [scorer.seen for scorer in engine.scorers.values() if isinstance(scorer, OverlapScorer)]


def paid(engine: Engine, sessions: list[int]) -> list[float]:
    """What these sessions earn by three slates."""
    n, out = len(sessions), list[float]()
    state, log = engine.begin(np.array(sessions), np.arange(n, dtype=np.uint64)), engine.log(n, words=False)
    for slate in SLATES:
        state, step = engine.step_slates(state, log, np.tile(slate, (n, 1)), state.ending == 0)
        out += step.rewards.tolist()
    return out


def parts(home: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in home.rglob("*.safetensors")}


def test_what_is_kept_is_not_asked_again_and_pays_the_same(tiny_world: World, tmp_path: Path) -> None:
    first = engine_of(tiny_world, tmp_path)
    expected, cells = paid(first, [0, 1, 2]), first.deck.cells
    first.deck.keep()
    written = parts(tmp_path)
    assert cells > 0 and len(written) == 1
    first.deck.keep()  # nothing is new
    assert parts(tmp_path) == written
    second = engine_of(tiny_world, tmp_path)
    assert second.deck.cells == cells and paid(second, [0, 1, 2]) == expected and asked(second) == [0, 0]
    second.deck.keep()
    assert parts(tmp_path) == written
    assert paid(engine_of(tiny_world), [0, 1, 2]) == expected


def test_parts_become_one_that_holds_them_all_whatever_came_first(tiny_world: World, tmp_path: Path) -> None:
    found: list[dict[str, bytes]] = []
    for name, order in (("a", ([0, 1], [2, 3])), ("b", ([3, 2], [0], [1]))):
        home = tmp_path / name
        engine = engine_of(tiny_world, home)
        for n, sessions in enumerate(order, 1):
            paid(engine, sessions)
            engine.deck.keep()
            assert len(parts(home)) == n
        engine.deck.keep(anew=True)
        found.append(parts(home))
        assert len(found[-1]) == 1 and engine_of(tiny_world, home).deck.cells == engine.deck.cells
    assert found[0] == found[1]


def test_a_part_of_another_deck_that_this_one_lacks_stays(tiny_world: World, tmp_path: Path) -> None:
    mine, other = engine_of(tiny_world, tmp_path), engine_of(tiny_world, tmp_path)
    paid(mine, [0]), paid(other, [4])
    other.deck.keep()
    theirs = parts(tmp_path)
    mine.deck.keep(anew=True)
    assert theirs.items() <= parts(tmp_path).items() and len(parts(tmp_path)) == 2
    whole = engine_of(tiny_world, tmp_path)
    assert whole.deck.cells == mine.deck.cells + other.deck.cells
    whole.deck.keep(anew=True)
    assert len(parts(tmp_path)) == 1


def test_a_deck_elsewhere_takes_what_it_is_given_and_keeps_it(tiny_world: World, tmp_path: Path) -> None:
    there, here = engine_of(tiny_world), engine_of(tiny_world, tmp_path)
    expected = paid(there, [0, 2])
    goals = there.tables.first_goal[[0, 2]].tolist()
    here.deck.take(there.deck.part_of([goals[0]]))
    some = here.deck.cells
    here.deck.take(there.deck.part_of(goals))
    assert 0 < some < here.deck.cells and paid(here, [0, 2]) == expected
    assert engine_of(tiny_world).deck.cells == 0 and there.deck.part_of([]) == engine_of(tiny_world).deck.part_of(goals)
    here.deck.keep()
    assert len(parts(tmp_path)) == 1 and engine_of(tiny_world, tmp_path).deck.cells == here.deck.cells


@pytest.mark.parametrize("length", [-1, 40])
def test_a_damaged_part_is_told_and_asked_anew(tiny_world: World, tmp_path: Path, length: int) -> None:
    first = engine_of(tiny_world, tmp_path)
    expected = paid(first, [0])
    first.deck.keep()
    [file] = tmp_path.rglob("*.safetensors")
    file.write_bytes(file.read_bytes()[:length])
    with pytest.warns(UserWarning, match="is damaged and is left out"):
        second = engine_of(tiny_world, tmp_path)
    assert second.deck.cells == 0 and paid(second, [0]) == expected and min(asked(second)) > 0


def test_blocks_are_numbered_alike_with_and_without_a_table(tiny_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    table = blocks.BlockNumbers(tiny_world)
    monkeypatch.setattr(blocks, "MOST_STATES", 0)
    mapped = blocks.BlockNumbers(tiny_world)
    goals, told = np.array([3, 0, 3, 1]), np.zeros(4, np.uint64)
    for numbers in (table, mapped):
        assert numbers.find(goals, told).tolist() == [-1] * 4
        assert numbers.open(goals[:3], told[:3]) == [(3, 0), (0, 0)] and numbers.open(goals[:1], told[:1]) == []
        assert numbers.find(goals, told).tolist() == [0, 1, 0, -1] and numbers.keys == [(3, 0), (0, 0)]


def test_goals_are_found_as_they_were_filled_also_where_few_have_room(tiny_world: World) -> None:
    def keys(filled: Tables, goals: list[int]) -> list[list[int]]:
        at = filled.at(np.array(goals))
        return [*filled.rows.item[at].tolist(), *filled.rows.key[at].tolist(), filled.rows.size[at].tolist()]

    every = list(range(tiny_world.n_goals))
    expected = {g: keys(Tables(tiny_world, ScriptedUser(), RULES), [g]) for g in every}
    growing, small = Tables(tiny_world, ScriptedUser(), RULES), Tables(tiny_world, ScriptedUser(), RULES, room=2)
    growing._rows = tables._empty(1, RULES)
    for g in every:
        assert keys(growing, [g]) == keys(small, [g]) == expected[g]
    assert growing.age == 0 and small.age == (len(every) - 1) // 2
    for g in every:
        assert keys(growing, [g]) == expected[g]
    assert growing.age == 0
