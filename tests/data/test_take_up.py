"""The chance that an item is taken up when it is shown alone: by hand, and as the sessions themselves have it."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import ValuedUser
from hypothesis import given
from hypothesis import strategies as st
from sessions import rows_of

from recenv.data.take_up import take_up_chances
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.dynamics import ORDER, transition
from recenv.envs.engine import Engine
from recenv.envs.facts import by_number
from recenv.envs.hearing import silence
from recenv.envs.state import RECOMMEND


def test_by_hand() -> None:
    """Two that fit at even odds: 1/2 to beat taking nothing, else (1/3) the better of the two (1/2)."""
    chances = take_up_chances(np.zeros(3), np.array([True, True, False]))
    assert chances.tolist() == pytest.approx([1 / 2 + 1 / 6, 1 / 2 + 1 / 6, 0])
    assert take_up_chances(np.zeros(0), np.zeros(0, np.bool_)).tolist() == []


@given(st.lists(st.tuples(st.floats(-400, 400), st.booleans()), min_size=1, max_size=6))
def test_what_does_not_fit_has_no_chance_and_one_that_fits_alone_is_certain(items: list[tuple[float, bool]]) -> None:
    appeal, fits = np.array([a for a, _ in items]), np.array([f for _, f in items])
    chances = take_up_chances(appeal, fits)
    assert ((chances >= 0) & (chances <= 1)).all() and not chances[~fits].any()
    if fits.sum() == 1:
        assert chances[fits] == pytest.approx(1.0)
    assert fits.sum() == 0 or chances.sum() >= 1 - 1e-9  # something is always to be had
    assert (np.diff(chances[fits][np.argsort(appeal[fits], kind="stable")]) >= -1e-12).all()
    assert take_up_chances(np.stack([appeal, appeal]), np.stack([fits, fits])).tolist() == [chances.tolist()] * 2


@pytest.mark.parametrize("appeal", [(0.0, 0.0), (1.0, -1.0), (-3.0, -2.0), (2.0, -6.0)])
def test_it_is_what_sessions_do(tiny_world: World, appeal: tuple[float, float]) -> None:
    """zh-1: 7 and 15 of sixteen candidates fit."""
    n = 4000
    user = ValuedUser(rows_of(tiny_world, dict(zip((7, 15), appeal, strict=True))), outside=0.7)
    engine = Engine(tiny_world, EnvConfig(candidates=16), scorers={}, user=user)
    state = engine.begin(np.full(n, tiny_world.session_row("zh-1")), np.arange(n, dtype=np.uint64))
    place = engine.tables.at(engine.tables.goal_row(state.session, state.goal))[0]
    fits = np.isin(np.arange(16), (7, 15))
    chances = take_up_chances(engine.tables.rows.appeal[place], fits)
    for number in (7, 15, 3):
        shown = np.tile(np.array([number, -1, -1], np.int64), (n, 1))
        kinds = transition(
            engine.tables, state, np.full(n, RECOMMEND, np.int8), by_number(engine.tables, state, shown), silence(n, 3))[1].kind
        p = chances[number]
        assert abs((kinds == ORDER).mean() - p) <= 4 * np.sqrt(p * (1 - p) / n) + 1e-12
