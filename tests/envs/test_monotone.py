"""An item added at the end of a slate never turns an order into none: exactly, under the same noise."""

from __future__ import annotations

import numpy as np
from fakes import ValuedUser
from hypothesis import given, settings
from hypothesis import strategies as st

from recenv import rng
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.dynamics import ORDER, transition
from recenv.envs.engine import Engine
from recenv.envs.facts import by_item, by_number
from recenv.envs.hearing import silence
from recenv.envs.state import RECOMMEND
from recenv.testing.tiny import SESSIONS

slates = st.lists(st.integers(0, 16), min_size=1, max_size=4)


def engine_of(world: World, seed: int, decay: float) -> Engine:
    """Users whose likings are drawn, who are shown up to five items; the log says what it likes of some."""
    n = world.n_items
    values = dict(enumerate(rng.normal(seed, np.arange(n)).tolist()))
    marks = rng.uniform(seed, 1, np.arange(n))
    user = ValuedUser(values, decay=decay, taken=np.flatnonzero(marks < 0.05), refused=np.flatnonzero(marks > 0.9))
    return Engine(world, EnvConfig(candidates=17, slate_size=5, scorers="rules", patience_scale=10.0), user=user)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from([1.0, 0.7, 0.2]), slates, slates, st.integers(0, 16))
def test_by_number(tiny_world: World, seed: int, decay: float, before: list[int], shown: list[int], more: int) -> None:
    """In every session, from the start and after another slate."""
    engine, n = engine_of(tiny_world, seed, decay), 4 * len(SESSIONS)
    state = engine.begin(np.arange(n) % len(SESSIONS), np.arange(n, dtype=np.uint64) + np.uint64(seed))
    log = engine.log(n, words=False)
    state, _ = engine.step_slates(state, log, padded(before, n), np.arange(n) % 2 == 0)
    act = np.where(state.ending == 0, RECOMMEND, -1).astype(np.int8)
    orders = [
        transition(engine.tables, state, act, by_number(engine.tables, state, padded(numbers, n)), silence(n, 5))[1].kind == ORDER
        for numbers in (shown, [*shown, more])]
    assert not (orders[0] & ~orders[1]).any()


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from([1.0, 0.7, 0.2]), st.lists(st.integers(0, 67), min_size=1, max_size=4, unique=True),
       st.integers(0, 67))
def test_by_item(tiny_world: World, seed: int, decay: float, shown: list[int], more: int) -> None:
    """Any items of the world, as a search brings them up."""
    if more in shown:
        return
    engine, n = engine_of(tiny_world, seed, decay), 4 * len(SESSIONS)
    state = engine.begin(np.arange(n) % len(SESSIONS), np.arange(n, dtype=np.uint64) + np.uint64(seed))
    act = np.full(n, RECOMMEND, np.int8)
    orders = [
        transition(engine.tables, state, act, by_item(engine.tables, state, [items] * n), silence(n, 5))[1].kind == ORDER
        for items in (shown, [*shown, more])]
    assert not (orders[0] & ~orders[1]).any()


def padded(numbers: list[int], n: int) -> np.ndarray:
    return np.tile(np.array([*numbers, *[-1] * (5 - len(numbers))], np.int64), (n, 1))
