"""Final observations are made when they are read, and whoever reads them, Gymnasium's wrappers too, finds them made."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fakes import ScriptedUser, overlap_scorers
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.infos import Infos, Unmade
from recenv.envs.vector import SlateVectorEnv

N = 6


@pytest.fixture(scope="module")
def engine(tiny_world: World) -> Engine:
    config = EnvConfig(candidates=16, horizon=3)
    return Engine(tiny_world, config, scorers=overlap_scorers(), user=ScriptedUser(hazard=0.1, decay=0.7))


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def slates(turn: int) -> np.ndarray:
    return (np.arange(N)[:, None] + 3 * turn + np.arange(3)) % 16


def ends(engine: Engine, wrapped: Callable[[Any], Any] = lambda env: env) -> list[tuple[dict[str, Any], Any, np.ndarray]]:
    """Of every step in which a session ends: what an environment that resets nothing shows, the infos of one that does, wrapped,
    and which rows ended."""
    plain = SlateVectorEnv(engine, N, autoreset_mode=AutoresetMode.DISABLED)
    env = wrapped(SlateVectorEnv(engine, N, autoreset_mode=AutoresetMode.SAME_STEP))
    plain.reset(seed=1)
    env.reset(seed=1)
    found = []
    for turn in range(9):
        seen, _, terminated, truncated, _ = plain.step(slates(turn))
        infos, over = env.step(slates(turn))[-1], terminated | truncated
        if over.any():
            found.append((seen, infos, over))
            plain.reset(options={"reset_mask": over})
    assert len(found) >= 3
    return found


def reduced(infos: Any) -> Any:
    make, arguments = infos.__reduce_ex__(4)[:2]
    return make(*arguments)


def updated(infos: Any) -> Any:
    out: dict[str, Any] = {}
    out.update(infos)
    return out


READERS: dict[str, Callable[[Any], Any]] = {
    "by key": lambda infos: infos["final_obs"],
    "get": lambda infos: infos.get("final_obs"),
    "pop": lambda infos: infos.pop("final_obs"),
    "setdefault": lambda infos: infos.setdefault("final_obs", 1),
    "items": lambda infos: next(value for name, value in infos.items() if name == "final_obs"),
    "values": lambda infos: list(infos.values())[list(infos).index("final_obs")],
    "popitem": lambda infos: dict([infos.popitem() for _ in range(len(infos))])["final_obs"],
    "dict": lambda infos: dict(infos)["final_obs"],
    "unpacked": lambda infos: {**infos}["final_obs"],
    "arguments": lambda infos: dict(**infos)["final_obs"],
    "update": lambda infos: updated(infos)["final_obs"],
    "or": lambda infos: (infos | {"more": 1})["final_obs"],
    "ror": lambda infos: ({"more": 1} | infos)["final_obs"],
    "method": lambda infos: infos.copy()["final_obs"],
    "copy": lambda infos: copy.copy(infos)["final_obs"],
    "deep copy": lambda infos: copy.deepcopy(infos)["final_obs"],
    "process": lambda infos: reduced(infos)["final_obs"],
}


@pytest.mark.parametrize("how", READERS)
def test_final_observations_are_found_however_infos_are_read(engine: Engine, how: str) -> None:
    for seen, infos, over in ends(engine):
        final = READERS[how](infos)
        assert isinstance(final, np.ndarray) and final.dtype == object and final.shape == (N,)
        for r in range(N):
            if not over[r]:
                assert final[r] is None
                continue
            assert list(final[r]) == ["candidates", "session"]
            assert all(same(final[r][name], seen[name][r]) for name in seen)


def test_they_are_made_once_and_as_they_were(engine: Engine) -> None:
    env = SlateVectorEnv(engine, N, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=1)
    kept = []
    for turn in range(9):
        infos = env.step(slates(turn))[-1]
        if "final_obs" in infos:
            kept.append((infos, copy.deepcopy(infos) if turn % 2 else None))
    for infos, early in kept:  # late, after other sessions were played in these rows
        assert infos["final_obs"] is infos["final_obs"]
        for now, then in zip(infos["final_obs"], () if early is None else early["final_obs"], strict=early is not None):
            assert (now is None) == (then is None)
            assert now is None or all(now[name].tobytes() == then[name].tobytes() for name in now)


def test_gymnasiums_wrappers_find_them(engine: Engine) -> None:
    for seen, listed, over in ends(engine, lambda env: DictInfoToList(RecordEpisodeStatistics(env))):
        for r in range(N):
            assert ("final_obs" in listed[r]) == ("final_info" in listed[r]) == over[r]
            assert not over[r] or same(listed[r]["final_obs"]["session"], seen["session"][r])


def test_what_learners_do_with_them(engine: Engine) -> None:
    for seen, infos, over in ends(engine):
        stacked = np.stack([row["candidates"] for row in infos["final_obs"][infos["_final_obs"]]])
        assert same(stacked, seen["candidates"][over])
        final = infos["final_obs"]
        for r, (row, there) in enumerate(zip(final, infos["_final_obs"], strict=True)):  # as wrappers of observations do
            if there:
                final[r] = row["session"]
        assert all(same(infos["final_obs"][r], seen["session"][r]) for r in np.flatnonzero(over))


def test_what_is_written_over_is_never_made() -> None:
    def never() -> Any:
        raise AssertionError("made")

    infos = Infos({"a": 1, "b": Unmade(never)})
    assert infos["a"] == infos.get("a") == 1 and infos.get("c") is None and list(infos) == ["a", "b"] and len(infos) == 2
    assert "b" in infos and infos.setdefault("c", 3) == 3
    infos["b"] = 2
    assert infos == {"a": 1, "b": 2, "c": 3} == infos and infos != {"a": 1} and repr(infos) == "{'a': 1, 'b': 2, 'c': 3}"
    assert Infos({"b": Unmade(lambda: 2)}) == Infos({"b": 2}) and Infos({"b": Unmade(lambda: 2)}) != Infos({"b": 3})
    assert repr(Infos({"b": Unmade(lambda: 2)})) == "{'b': 2}"
