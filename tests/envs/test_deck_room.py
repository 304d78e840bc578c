"""A deck with room for few blocks plays and pays as one that holds all of them; what somebody still reads outlives its block."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import ScriptedUser, overlap_scorers
from five import DIMENSIONS, IR, QIR

from recenv.data.world import World
from recenv.envs import blocks
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.vector import SlateVectorEnv
from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.hybrid import REWARDS
from recenv.rewards.protocol import ScorerSpec, Scores

pytestmark = pytest.mark.filterwarnings("ignore:a deck has room for")
RULES = EnvConfig(horizon=6, candidates=8, scorers="rules")
N = 4


def with_room(monkeypatch: pytest.MonkeyPatch, room: int, world: World, decks: Path | None = None, **scorers: Any) -> Engine:
    monkeypatch.setenv(blocks.ROOM, str(room))
    of = scorers or {d: s for d, s in overlap_scorers().items() if d in (DIMENSIONS[QIR], DIMENSIONS[IR])}
    return Engine(world, RULES, scorers=of, reward=REWARDS["service"], user=ScriptedUser(wants=False), decks=decks)


def played(engine: Engine, steps: int = 40) -> list[Any]:
    """What a vector shows and pays in play, copied at once."""
    env = SlateVectorEnv(engine, N, autoreset_mode="SameStep")
    seen, _ = env.reset(seed=3)
    out: list[Any] = [{name: array.copy() for name, array in seen.items()}]
    rng = np.random.default_rng(0)
    for _ in range(steps):
        seen, rewards, ended, _, infos = env.step(np.array([rng.permutation(8)[:3] for _ in range(N)]))
        out += [{name: array.copy() for name, array in seen.items()}, rewards.copy(), ended.copy(), infos["reward_vector"].copy()]
        out += [one for one in infos.get("final_obs", ()) if one is not None]
    return out


def same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(
        x.keys() == y.keys() and all(map(np.array_equal, x.values(), y.values())) if isinstance(x, dict) else np.array_equal(x, y)
        for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("room", [1, 2, 5, 8])
@pytest.mark.parametrize("mapped", [False, True])
def test_it_plays_as_one_with_room_for_all(tiny_world: World, monkeypatch: pytest.MonkeyPatch, room: int, mapped: bool) -> None:
    expected = played(large := with_room(monkeypatch, 1_000, tiny_world))
    if mapped:
        monkeypatch.setattr(blocks, "MOST_STATES", 0)
    found = played(small := with_room(monkeypatch, room, tiny_world))
    assert same(found, expected)
    # no more than the room, and in one step what its sessions need: where they stand before it and after
    assert len(large.deck) > room and len(small.deck) <= max(room, small.deck.lasting + N)


class Silent:
    """Has no value for anything, and a reason of its own for each item of each request."""

    spec = ScorerSpec(name="silent", dimension=DIMENSIONS[QIR], kind="rule", reads=("query", "item"), fingerprint="silent")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        return Scores(np.full(len(rows), np.nan, np.float32), tuple(f"{row.query}: {row.item}" for row in rows))


def test_reasons_and_last_observations_outlive_what_they_came_from(tiny_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(room: int, *, late: bool) -> list[Any]:
        """Read in every step, or when all of them have been played."""
        engine = with_room(monkeypatch, room, tiny_world, **{DIMENSIONS[QIR]: Silent()})
        env = SlateVectorEnv(engine, N, autoreset_mode="SameStep")
        env.reset(seed=3)
        rng, found, kept = np.random.default_rng(0), list[Any](), list[dict[str, Any]]()
        for _ in range(40):
            kept.append(env.step(np.array([rng.permutation(8)[:3] for _ in range(N)]))[4])
            if not late:
                found += _read(kept.pop())
        assert len(engine.deck) <= max(room, engine.deck.lasting + N)
        return found + [value for infos in kept for value in _read(infos)]

    expected = read(1_000, late=False)
    assert len({reason for value in expected if isinstance(value, list) for row in value for reason in row}) > 20
    assert any(isinstance(value, dict) for value in expected)
    for late in (False, True):
        assert same(read(2, late=late), expected)


def _read(infos: dict[str, Any]) -> list[Any]:
    return [infos["reasons"].tolist(), *(one for one in infos.get("final_obs", ()) if one is not None)]


def test_the_first_blocks_last_and_are_kept(tiny_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = with_room(monkeypatch, 8, tiny_world, tmp_path)
    expected = played(first)
    first.deck.keep()
    again = with_room(monkeypatch, 8, tiny_world, tmp_path)
    assert first.deck.lasting == 6 == len(again.deck) and 0 < again.deck.cells <= 6 * 8
    assert same(played(again), expected)
    few = with_room(monkeypatch, 4, tiny_world, tmp_path)  # takes up no more than lasts here
    assert len(few.deck) == few.deck.lasting == 3 and same(played(few), expected)
    files = sorted(tmp_path.rglob("*.safetensors"))
    for _ in range(3):
        more = with_room(monkeypatch, 8, tiny_world, tmp_path)
        played(more)
        more.deck.keep()
    assert sorted(tmp_path.rglob("*.safetensors")) == files  # what does not last is never written


@pytest.mark.parametrize("at", range(1, 40, 3))
def test_a_step_that_was_interrupted_leaves_no_half_block(
    tiny_world: World, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """At the n-th text that a new block or a scorer's row wants, as by Ctrl-C; the deck goes on as if nothing had been."""
    engine = with_room(monkeypatch, 8, tiny_world)
    expected, said, count = played(with_room(monkeypatch, 8, tiny_world)), engine.transcript.said, iter(range(1, 1_000_000))

    def interrupting(*about: int) -> str:
        if next(count) == at:
            raise KeyboardInterrupt
        return said(*about)

    monkeypatch.setattr(engine.transcript, "said", interrupting)
    with pytest.raises(KeyboardInterrupt):
        played(engine)
    assert same(played(engine), expected)


@pytest.mark.parametrize("most", [1 << 25, 0])
def test_numbers_are_given_anew_to_what_was_dropped(
    tiny_world: World, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(blocks, "MOST_STATES", most)
    numbers, none = blocks.BlockNumbers(tiny_world), np.zeros(4, np.uint64)
    numbers.open(np.arange(4), none)
    numbers.drop(2)
    assert numbers.keys == [(0, 0), (1, 0)] and numbers.find(np.arange(4), none).tolist() == [0, 1, -1, -1]
    assert numbers.open(np.array([3, 1]), none[:2]) == [(3, 0)] and numbers.find(np.arange(4), none).tolist() == [0, 1, -1, 2]
    numbers.drop(0)
    assert numbers.keys == [] and numbers.find(np.arange(4), none).tolist() == [-1] * 4
    numbers.drop(0)


def test_a_deck_without_room_says_so_once(tiny_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    small = with_room(monkeypatch, 5, tiny_world)
    with pytest.warns(UserWarning, match=r"room for 5 blocks .* RECENV_DECK_BLOCKS=20 makes room") as said:
        played(small), played(small)
    assert len(said) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        played(with_room(monkeypatch, 1_000, tiny_world))


@pytest.mark.parametrize("given", ["0", "-3", "many", "1.5", "", "\u0663"])
def test_a_room_that_is_no_number_of_blocks_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(blocks.ROOM, given)
    with pytest.raises(InputError, match="RECENV_DECK_BLOCKS must be a number of blocks, at least 1; got"):
        blocks.room_for_blocks()
