"""Two ways to gather what there is to know of a slate, and the tables behind them, equal to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import ScriptedUser, ValuedUser
from hypothesis import given, settings
from hypothesis import strategies as st

from recenv import rng
from recenv.data.store import StoreWriter
from recenv.data.world import World
from recenv.envs import dynamics
from recenv.envs.config import EnvConfig
from recenv.envs.facts import Facts, by_item, by_number, read_items
from recenv.envs.state import State
from recenv.envs.tables import START, Tables
from recenv.errors import InputError
from recenv.records import Constraint, Goal, Need, Privileged, Session, User
from recenv.testing.tiny import tiny_item
from recenv.users.learned import LearnedUser
from recenv.users.protocol import UserModel
from recenv.users.replay import ReplayUser

SIZE = 3  # as many as the instructions of the tiny world allow


def tables_of(world: World, user: UserModel, **room: int) -> Tables:
    return Tables(world, user, EnvConfig(candidates=17, slate_size=SIZE), **room)


def every_goal(tables: Tables, seed: int) -> State:
    """A row for each goal of the world."""
    session, goal = np.divmod(np.arange(2 * tables.world.n_sessions), 2)
    there = goal < tables.n_goals[session]
    session, goal = session[there], goal[there]
    state = dynamics.begin(tables, session, np.full(len(session), seed, np.uint64), 5)
    return dynamics.enter_goal(tables, replace(state, goal=goal), np.arange(len(session)))


def users(world: World, logged: World) -> Sequence[tuple[World, UserModel]]:
    valued = ValuedUser({i: 0.37 * i for i in range(world.n_items)}, taken=[3, 20], refused=[7, 24], outside=1.5)
    return ((world, valued), (world, LearnedUser(world)), (logged, ReplayUser(logged)))


def agree(one: Facts, two: Facts, there: np.ndarray) -> None:
    assert (one.some == two.some).all() and (one.total == two.total).all()
    for name in set(Facts._fields) - {"some", "total"}:
        a, b = getattr(one, name)[there], getattr(two, name)[there]
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), name


@settings(max_examples=40)
@given(st.integers(0, 2**64 - 1), st.lists(st.integers(-1, 20), min_size=SIZE, max_size=SIZE))
def test_numbers_and_items_give_the_same_facts(
    tiny_world: World, tiny_logged_world: World, seed: int, numbers: list[int]
) -> None:
    for world, user in users(tiny_world, tiny_logged_world):
        tables = tables_of(world, user)
        state = every_goal(tables, seed)
        told = by_number(tables, state, np.tile(np.array(numbers, np.int64), (len(state), 1)))
        slates = [[int(i) for i in row[there]] for row, there in zip(told.item, told.there, strict=True)]
        same = by_item(tables, state, slates)
        assert same.there.sum(1).tolist() == told.there.sum(1).tolist()
        order = np.argsort(~told.there, 1, kind="stable")
        left = Facts(*(a if a.ndim == 1 else a[np.arange(len(a))[:, None], order] for a in told))
        agree(left, same, same.there)


def test_items_read_from_their_records_are_what_the_tables_hold(tiny_world: World, tiny_logged_world: World) -> None:
    for world, user in users(tiny_world, tiny_logged_world):
        tables = tables_of(world, user)
        state = every_goal(tables, 9)
        place = tables.at(tables.goal_row(state.session, state.goal))
        rows = tables.rows
        row, k = np.nonzero(rows.item[place] >= 0)
        read = read_items(tables, state, row, rows.item[place][row, k].astype(np.int64))
        assert (read.at == -1).all() and read.there.all()
        for name in ("item", "missed", "unknown", "logged"):
            assert (getattr(read, name) == getattr(rows, name)[place][row, k]).all(), name
        for name in ("preference", "reach"):
            assert (getattr(read, name) == getattr(state, name)[row, k]).all(), name
        taste = rng.gumbel(rows.key[place][row, k], rng.word("taste"), start=state.goal_key[row])
        assert (read.value == rows.appeal[place][row, k] + taste).all()


def test_slates_may_mix_candidates_and_others(tiny_world: World) -> None:
    tables = tables_of(tiny_world, ValuedUser({i: 0.1 * i for i in range(tiny_world.n_items)}))
    state = every_goal(tables, 4)
    one = state.session == tiny_world.session_row("en-2")
    first = by_item(tables, state, [[4, 5] if o else [] for o in one])
    listed = tables.rows.item[tables.at(tables.goal_row(state.session, state.goal))]
    slates = [[int(listed[r, 0]), (int(listed[r, 0]) + 30) % 68, int(listed[r, 1])] for r in range(len(state))]
    mixed = by_item(tables, state, slates)
    assert mixed.there.all() and (mixed.at[:, [0, 2]] == [0, 1]).all()
    assert first.there.sum() == 2 * one.sum()
    for r, slate in enumerate(slates):
        for k, item in enumerate(slate):
            alone = read_items(tables, state, np.array([r]), np.array([item]))
            for name in ("item", "value", "missed", "unknown"):
                assert getattr(mixed, name)[r, k] == getattr(alone, name)[0]


def test_statuses_are_masks_of_the_needs_constraints(tiny_world: World) -> None:
    tables = tables_of(tiny_world, ScriptedUser())
    state = every_goal(tables, 0)
    zh_1, zh_3 = (int(np.flatnonzero(state.session == tiny_world.session_row(s))[0]) for s in ("zh-1", "zh-3"))
    facts = by_number(tables, state, np.tile(np.array([0, 4, 7], np.int64), (len(state), 1)))
    assert facts.missed[zh_1].tolist() == [0b111, 0b011, 0] and facts.unknown[zh_1].tolist() == [0, 0, 0]
    assert (facts.missed[zh_3, 1], facts.unknown[zh_3, 1]) == (0, 0b10)  # number 4 there is item 16, of no known rating
    rows, place = tables.rows, tables.at(tables.goal_row(state.session, state.goal))
    assert [int(m[place[zh_1]]) for m in (rows.volunteered, rows.sayable, rows.hidden)] == [0b001, 0b010, 0b100]


def test_what_is_more_than_allowed_is_cut_and_repeats_count_once(tiny_world: World) -> None:
    tables = Tables(tiny_world, ScriptedUser(), EnvConfig(candidates=17, slate_size=5))
    state = every_goal(tables, 0)
    for numbers, there in (
        ([0, 1, 2, 3, 4], [True, True, True, False, False]), ([0, 0, 1, 1, 2], [True, False, True, False, True]),
        ([-1, 17, 1, 0, 1], [False, False, True, True, False]),
    ):
        facts = by_number(tables, state, np.tile(np.array(numbers, np.int64), (len(state), 1)))
        assert (facts.there[:1] == there).all()
        assert (facts.at[~facts.there] == -1).all() and (facts.item[~facts.there] == -1).all()


@pytest.mark.parametrize("room", [1, 2, 7])
def test_rows_that_were_dropped_come_back_the_same(tiny_world: World, room: int) -> None:
    user = ValuedUser({i: 0.1 * i for i in range(tiny_world.n_items)})
    whole, small = tables_of(tiny_world, user), tables_of(tiny_world, user, room=room)
    every = np.arange(tiny_world.n_goals)
    place = whole.at(every)
    for goal in (*every, *every[::-1], *every):
        at = small.at(np.array([goal]))[0]
        for name in small.rows._fields:
            one, two = getattr(small.rows, name)[at], getattr(whole.rows, name)[place[goal]]
            if name == "slate":  # the rows lie elsewhere
                one, two = one[START + 1 :], two[START + 1 :]
            assert np.array_equal(one, two), name
    small.clear()
    assert np.array_equal(small.rows.item[small.at(every[:1])], whole.rows.item[place[:1]])


@pytest.mark.parametrize("wishes", [64, 65])
def test_a_need_has_at_most_sixty_four_wishes(tmp_path: Path, wishes: int) -> None:
    item = tiny_item("en", "dining", 1)
    kinds = ("hidden", "volunteered", "on_ask")
    need = Need(constraints=tuple(
        Constraint(slot="rating", op="ge", value=5.0 if n % 2 else 4.0, text=f"wish {n}", disclosure=kinds[n % 3])  # type: ignore[arg-type]
        for n in range(wishes)))
    with StoreWriter(tmp_path / "store", kind="logged") as store:
        store.add_item(item)
        store.add_user(User(id="u"))
        goal = Goal(category="dining", query="Tea?", candidates=(item.id,))
        session = Session(
            id="s", user_id="u", locale="en", instruction="", context={}, goals=(goal,), source="logged")
        store.add_session(session, Privileged(needs=(need,), outcomes=((),), patience=3))
        store.finish()
    tables = tables_of(World(tmp_path / "store"), ScriptedUser())
    if wishes > 64:
        with pytest.raises(InputError, match="at most 64 constraints; this world has one of 65"):
            tables.at(np.array([0]))
        return
    [place] = tables.at(np.array([0]))
    rows = tables.rows
    for n, mask in enumerate((rows.hidden, rows.volunteered, rows.sayable)):
        assert int(mask[place]) == sum(1 << m for m in range(n, 64, 3))
    assert int(rows.missed[place, 0]) == sum(1 << m for m in range(1, 64, 2)) and not rows.unknown[place].any()
