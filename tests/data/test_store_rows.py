"""Rows that stores are given more than once, from long ago, or one too many of."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from recenv.data import store
from recenv.data.ids import IdTable
from recenv.data.store import StoreWriter
from recenv.data.world import World
from recenv.errors import RowError
from recenv.records import CATEGORIES, Goal, Need, Privileged, Session, User
from recenv.testing.tiny import build_tiny_world, tiny_item

ITEM = tiny_item("en", "dining", 1)


def session(name: str, *items: str) -> tuple[Session, Privileged]:
    goal = Goal(category="dining", query="Tea?", candidates=items)
    one = Session(id=name, user_id="u", locale="en", instruction="", context={}, goals=(goal,), source="constructed")
    return one, Privileged(needs=(Need(),), outcomes=((),), patience=3)


def test_a_store_has_the_same_bytes_however_few_rows_are_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = build_tiny_world(tmp_path / "usual")
    monkeypatch.setattr(store, "_LATELY", 1)
    tables: list[IdTable] = []

    def small() -> IdTable:
        tables.append(IdTable(in_memory=1))
        return tables[-1]

    monkeypatch.setattr(store, "IdTable", small)
    few = build_tiny_world(tmp_path / "few")
    assert len(tables) == 3
    for table in tables:  # nothing of them is left on disk
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            table.find(12345)
    assert {f.name: f.read_bytes() for f in usual.iterdir()} == {f.name: f.read_bytes() for f in few.iterdir()}


@pytest.mark.parametrize("lately", [1, 9])
def test_of_records_of_one_id_the_first_is_kept_and_others_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lately: int
) -> None:
    monkeypatch.setattr(store, "_LATELY", lately)
    with StoreWriter(tmp_path / "out", kind="test") as writer:
        other = replace(ITEM, name="Another")
        rows = [writer.add_item(item) for item in (ITEM, replace(ITEM), tiny_item("en", "dining", 2), other, other, ITEM)]
        assert rows == [0, 0, 1, 0, 0, 0] and writer.counts["items"] == 2 and writer.counts["item_conflicts"] == 2
        assert [writer.add_user(user) for user in (User(id="u"), User(id="u", profile={"city": "here"}))] == [0, 0]
        assert writer.counts["users"] == 1 and writer.counts["user_conflicts"] == 1
        assert writer.items_by_category == {"dining": 2}
        made, privileged = session("s", ITEM.id)
        writer.add_session(made, privileged)
        for attempt in (lambda: writer.check([], None, made, privileged), lambda: writer.add_session(made, privileged)):
            with pytest.raises(RowError, match="session 's' occurs twice"):
                attempt()
        writer.finish()
    world = World(tmp_path / "out")
    assert world.item(0) == ITEM and world.user(0) == User(id="u") and world.session(0) == made


def test_a_record_without_an_id_is_refused(tmp_path: Path) -> None:
    with StoreWriter(tmp_path / "out", kind="test") as writer:
        for add, record in ((writer.add_item, replace(ITEM, id="")), (writer.add_user, User(id=""))):
            with pytest.raises(RowError, match="empty id"):
                add(record)  # type: ignore[operator]
    assert not (tmp_path / "out").exists()


def test_categories_of_ones_own_have_codes_as_they_come_and_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_MOST_CATEGORIES", len(CATEGORIES) + 1)
    with StoreWriter(tmp_path / "out", kind="test") as writer:
        for n, name in enumerate(("films", "dining", "songs", "films")):
            writer.add_item(replace(ITEM, id=str(n), category=name))
        with pytest.raises(RowError, match="category 'maps' would be one of more than"):
            writer.add_item(replace(ITEM, id="more", category="maps"))
        for length in (40, 41):
            with pytest.raises(RowError, match=f"category '{'m' * 40}' would be one of more than"):
                writer.add_item(replace(ITEM, id=f"more {length}", category="m" * length))
        writer.add_user(User(id="u"))
        writer.add_session(*session("s", "0", "2"))
        writer.finish()
    world = World(tmp_path / "out")
    assert world.categories == (*CATEGORIES, "films", "songs")
    codes = [len(CATEGORIES), CATEGORIES.index("dining"), len(CATEGORIES) + 1, len(CATEGORIES)]
    assert world.column("item_category").tolist()[:4] == codes


def test_what_is_known_of_candidates_is_kept_beside_them(tiny_world: World) -> None:
    """Event and place of those that the log knows, none and -1 of others."""
    for row in range(tiny_world.n_sessions):
        session, outcomes = tiny_world.session(row), tiny_world.privileged(row).outcomes
        for goal, logged, place in zip(session.goals, outcomes, tiny_world.goal_rows(row), strict=True):
            start, end = tiny_world.column("candidate_start")[place:place + 2]
            known = {o.item_id: (store.EVENTS.index(o.event), o.position) for o in logged}
            kept = [tiny_world.column(f"candidate_{name}")[start:end].tolist() for name in ("outcome", "position")]
            assert [*zip(*kept, strict=True)] == [known.get(i, (0, -1)) for i in goal.candidates]


@pytest.mark.parametrize(("own", "dtype"), [(127 - len(CATEGORIES), "int8"), (128 - len(CATEGORIES), "int16")])
def test_codes_of_categories_are_as_small_as_they_may_be(tmp_path: Path, own: int, dtype: str) -> None:
    with StoreWriter(tmp_path / "out", kind="test") as writer:
        for n in range(own):
            writer.add_item(replace(ITEM, id=str(n), category=f"kind {n}"))
        writer.add_user(User(id="u"))
        made, privileged = session("s", str(own - 1))
        writer.add_session(replace(made, goals=(replace(made.goals[0], category=f"kind {own - 1}"),)), privileged)
        writer.finish()
    world = World(tmp_path / "out")
    items, goals = world.column("item_category"), world.column("goal_category")
    assert items.dtype == goals.dtype == dtype and goals.tolist() == [len(CATEGORIES) + own - 1]
    assert items.tolist() == [len(CATEGORIES) + n for n in range(own)] and len(world.categories) == len(CATEGORIES) + own
