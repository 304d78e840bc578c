"""A deck with room for few blocks plays and pays as one that holds all of them; what somebody still reads outlives its block."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
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


def interrupted(engine: Engine, patch: pytest.MonkeyPatch, owner: object, name: str, at: int) -> bool:
    """Play a deck until the n-th time that a function of it is left, as by Ctrl-C; whether it came to that."""
    function, left = getattr(owner, name), iter(range(1, 1_000_000))

    def interrupting(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        if next(left) == at:
            raise KeyboardInterrupt
        return found

    with patch.context() as within:
        within.setattr(owner, name, interrupting)
        try:
            played(engine)
        except KeyboardInterrupt:
            return True
    return False


@pytest.mark.parametrize("name", [
    "transcript.said", "deck._numbers.open", "deck._numbers.drop", "deck._numbers._places", "deck._observe", "deck._worth",
    "deck.rows", "deck._hear", "tables._read", "tables.at"])
def test_a_step_that_was_interrupted_leaves_no_half_block(tiny_world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    expected, times = played(with_room(monkeypatch, 8, tiny_world)), 0
    for at in (1, 2, 3, 5, 8, 13, 21, 34, 55):
        engine = with_room(monkeypatch, 8, tiny_world)
        owner, (*path, last) = engine, name.split(".")
        for part in path:
            owner = getattr(owner, part)
        times += interrupted(engine, monkeypatch, owner, last, at)
        assert same(played(engine), expected)
    assert times >= 2


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


class Fickle(Silent):
    """A judge who counts how often he was asked, and answers every third time."""

    spec = msgspec.structs.replace(Silent.spec, kind="judge")
    asked = 0

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        self.asked += 1
        answers = self.asked % 3 == 0
        value, reason = (0.5, "") if answers else (np.nan, f"not {self.asked}")
        return Scores(np.full(len(rows), value, np.float32), (reason,) * len(rows))


def test_a_reason_is_that_of_its_step_whenever_it_is_read(tiny_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    env = SlateVectorEnv(with_room(monkeypatch, 100, tiny_world, **{DIMENSIONS[QIR]: Fickle()}), 1)
    env.reset(seed=3)
    kept = [env.step(np.array([[0, 1, 2]]))[4] for _ in range(3)]
    said = [infos["reasons"][0, QIR] for infos in kept]
    assert said[0].startswith("not 1") and said[1].startswith("not 2") and said[2] == ""


def test_what_comes_with_a_reason_is_no_reason_to_write(
    tiny_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither is it kept, nor does it take away what others have kept."""
    for _ in range(3):
        silent = with_room(monkeypatch, 100, tiny_world, tmp_path, **{DIMENSIONS[QIR]: Silent()})
        played(silent)
        silent.deck.keep()
        silent.deck.keep(anew=True)
    assert not list(tmp_path.rglob("*.safetensors"))

    class Talks(Silent):
        said = ""

        def score(self, rows: Sequence[ScorerRow]) -> Scores:
            return Scores(np.full(len(rows), 0.5, np.float32), (self.said,) * len(rows))

    talks, plain = Talks(), Talks()
    talks.said = "well"
    one, two = (with_room(monkeypatch, 100, tiny_world, tmp_path, **{DIMENSIONS[QIR]: s}) for s in (talks, plain))
    played(one), played(two)
    two.deck.keep()
    cells = with_room(monkeypatch, 100, tiny_world, tmp_path, **{DIMENSIONS[QIR]: Talks()}).deck.cells
    one.deck.keep(anew=True)
    assert 0 < cells == with_room(monkeypatch, 100, tiny_world, tmp_path, **{DIMENSIONS[QIR]: Talks()}).deck.cells


def test_a_disk_that_takes_nothing_ends_no_session(tiny_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "decks").write_text("a file")
    engine = with_room(monkeypatch, 4, tiny_world, tmp_path / "decks")
    assert same(played(engine), played(with_room(monkeypatch, 4, tiny_world)))
    with pytest.raises(OSError, match="decks"):
        engine.deck.keep()


@pytest.mark.parametrize("given", ["9" * 5_000, "0", "-3", "many", "1.5", "", "\u0663"])
def test_a_room_that_is_no_number_of_blocks_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(blocks.ROOM, given)
    with pytest.raises(InputError, match="RECENV_DECK_BLOCKS must be a number of blocks, at least 1; got"):
        blocks.room_for_blocks()
