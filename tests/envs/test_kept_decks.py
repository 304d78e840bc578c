"""What scorers said of candidates, kept on disk: taken up again to the bit, in one part or many, and never when damaged."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from fakes import OverlapScorer, ScriptedUser, overlap_scorers
from five import DIMENSIONS, IR, QIR
from knownscorers import KnownScorer

from recenv.data.render import item_text
from recenv.data.world import World
from recenv.envs import blocks, deck_files, tables
from recenv.envs.config import EnvConfig
from recenv.envs.deck import NO_LIST
from recenv.envs.deck_files import deck_folder
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
    for room, age in ((3, 1), (4, 0)):  # two and two
        pairs = Tables(tiny_world, ScriptedUser(), RULES, room=room)
        for goals in ([0, 1], [2, 3]):
            keys(pairs, goals)
        assert pairs.age == age


class Disclosed:
    """A world of which no more is known than how the constraints of its goals are disclosed."""

    def __init__(self, *goals: str) -> None:
        self.n_goals = len(goals)
        self._columns = {
            "constraint_start": np.cumsum([0, *map(len, goals)]),
            "constraint_disclosure": np.array(["voh".index(c) for goal in goals for c in goal], np.int8)}

    def column(self, name: str) -> np.ndarray:
        return self._columns[name]


GOALS = ("voho", "", "h", "o", "vvoo", "hv", "ooo", "v" * 62 + "oo", "o" + "h" * 5 + "o")
"""By letter: volunteered, on asking, hidden."""


@pytest.mark.parametrize("most", [1 << 26, 1, 0])
def test_every_state_of_a_goal_has_a_number_of_its_own(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(blocks, "MOST_STATES", most)
    numbers = blocks.BlockNumbers(Disclosed(*GOALS))  # type: ignore[arg-type]
    states = []
    for goal, letters in enumerate(GOALS):
        opening = sum(1 << m for m, c in enumerate(letters) if c == "v")
        asked = [1 << m for m, c in enumerate(letters) if c == "o"]
        for chosen in range(1 << len(asked)):
            states.append((goal, opening | sum(bit for n, bit in enumerate(asked) if chosen >> n & 1)))
    assert len(states) == 4 + 1 + 1 + 2 + 4 + 1 + 8 + 4 + 4
    goals, told = np.array([s[0] for s in states]), np.array([s[1] for s in states], np.uint64)
    half = np.arange(0, len(states), 2)
    assert numbers.open(goals[half], told[half]) == [states[n] for n in half]
    assert numbers.find(goals, told).tolist() == [n // 2 if n % 2 == 0 else -1 for n in range(len(states))]
    assert numbers.open(goals, told) == states[1::2] and numbers.keys == [*states[::2], *states[1::2]]
    assert sorted(numbers.find(goals, told).tolist()) == list(range(len(states)))


def test_a_table_is_kept_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2 to the number of constraints from the first to the last that is told on asking."""
    size = 8 + 1 + 1 + 2 + 4 + 1 + 8 + 4 + 128
    for most, kept in ((size, True), (size - 1, False)):
        monkeypatch.setattr(blocks, "MOST_STATES", most)
        table = blocks.BlockNumbers(Disclosed(*GOALS))._table  # type: ignore[arg-type]
        assert (table is not None) == kept and (table is None or len(table) == size)


def test_cells_are_counted_and_known_once_they_were_asked_for(tiny_world: World) -> None:
    engine = engine_of(tiny_world)
    paid(engine, [0, 3])
    assert engine.deck.cells == asked(engine)[0]  # each item of each block, once
    place = engine.tables.at(np.array([0]))
    [block] = engine.deck.blocks(engine.tables.first_goal[:1], engine.tables.rows.volunteered[place])
    seen = engine.deck.asked(np.array([[block, c] for c in range(8)]))
    assert seen[SLATES[0]].all() and engine.deck.cells == sum(
        int(engine.deck.asked(np.array([[b, c] for c in range(8)])).sum()) for b in range(len(engine.deck)))


@pytest.mark.parametrize(("worth", "judged"), [(0.5, True), (float("nan"), False)])
def test_a_list_that_nobody_could_judge_says_why(tiny_world: World, worth: float, judged: bool) -> None:
    engine = Engine(
        tiny_world, RULES, scorers={DIMENSIONS[IR]: KnownScorer(DIMENSIONS[IR], lambda text: worth)}, reward=REWARDS["service"],
        user=ScriptedUser(wants=False))
    paid(engine, [0])
    reasons = {engine.deck.said(block, 0, ()) for block in range(len(engine.deck))}
    assert reasons == {"" if judged else NO_LIST} and engine.deck.whole == judged
    kept = engine.deck._part(np.arange(len(engine.deck)))["ideal"]
    assert ((kept[:, 1:] > 0) if judged else (kept == 0)).all()


def test_nothing_is_kept_of_a_deck_without_a_home_or_without_scorers(tiny_world: World, tmp_path: Path) -> None:
    nowhere, silent = engine_of(tiny_world), Engine(
        tiny_world, RULES, scorers={}, reward=REWARDS["outcome"], user=ScriptedUser(wants=False), decks=tmp_path)
    for engine in (nowhere, silent):
        paid(engine, [0, 3])
        engine.deck.keep()
        engine.deck.keep(anew=True)
    assert nowhere.deck.cells > 0 and not list(tmp_path.rglob("*"))


def test_decks_lie_apart_where_what_they_say_may_differ(
    tiny_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By candidates, slate size, scorers and the code that they come from; not by what else the rules say."""
    scorers = dict(overlap_scorers())
    few = {d: scorers[d] for d in (DIMENSIONS[QIR],)}
    where = {deck_folder(tmp_path, tiny_world, config, s) for config, s in (
        (RULES, scorers), (RULES, few), (EnvConfig(candidates=9), scorers), (EnvConfig(candidates=8, slate_size=2), scorers))}
    assert len(where) == 4 and all(folder.parent == tmp_path and len(folder.name) == 24 for folder in where)
    assert deck_folder(tmp_path, tiny_world, EnvConfig(candidates=8, horizon=3), scorers) in where
    package = tmp_path / "package"
    (package / "rewards" / "rules").mkdir(parents=True)
    (package / "envs").mkdir()
    monkeypatch.setattr(deck_files, "_PACKAGE", package)
    known = {deck_files.code_fingerprint()}
    for name, code in (("rewards/a.py", "1"), ("rewards/a.py", "2"), ("rewards/rules/b.py", "1"), ("envs/deck.py", "1")):
        (package / name).write_text(code)
        known.add(deck_files.code_fingerprint())
    (package / "envs" / "vector.py").write_text("3")  # no part of it
    assert len(known) == 5 and deck_files.code_fingerprint() in known


def test_a_part_that_is_none_is_told_and_left_out(tmp_path: Path) -> None:
    data = b"\xff\xff\xff\xff no part"
    (tmp_path / f"{hashlib.sha256(data).hexdigest()[:24]}.safetensors").write_bytes(data)
    with pytest.warns(UserWarning, match=r"cannot be read .* and is left out"):
        assert list(deck_files.read_parts(tmp_path)) == []


@pytest.mark.parametrize(("kind", "again"), [("judge", True), ("generative", True), ("encoder", False), ("rule", False)])
def test_who_may_answer_later_is_asked_again_for_what_is_missing(tiny_world: World, kind: str, again: bool) -> None:
    """Of three items the second: whoever would say the same again is not asked."""
    silent, asked_for = {item_text(tiny_world.item(int(tiny_world.goal(0).candidates[1])))}, list[list[str]]()

    def worth(text: str) -> float:
        asked_for[-1].append(text)
        return float("nan") if text in silent else 0.5

    scorer = KnownScorer(DIMENSIONS[QIR], worth)
    scorer.spec = msgspec.structs.replace(scorer.spec, kind=kind)
    engine = Engine(
        tiny_world, RULES, scorers={DIMENSIONS[QIR]: scorer}, reward=REWARDS["service"], user=ScriptedUser(wants=False))
    for answers in (False, True, True):
        asked_for.append([])
        state, log = engine.begin(np.zeros(1, np.int64), np.zeros(1, np.uint64)), engine.log(1, words=False)
        _, step = engine.step_slates(state, log, np.array([[0, 1, 2]]), np.ones(1, np.bool_))
        if not answers:
            assert step.components[0, QIR] == 0.5  # the mean of those that are there
        silent.clear()
    assert [len(texts) for texts in asked_for] == [3, int(again), 0]
    assert engine.deck.cells == 3 and not engine.deck.whole
