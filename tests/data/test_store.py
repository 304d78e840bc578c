"""Stores: written whole or not at all, read back as written, damage named."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from recenv.data.constraints import MET, MISSED, UNKNOWN, asked_slots, status
from recenv.data.store import StoreWriter, user_fold
from recenv.data.world import World
from recenv.errors import RowError, StoreError, UnknownName
from recenv.records import Constraint, Goal, Item, Need, Privileged, Session, User
from recenv.testing.tiny import SESSIONS, build_tiny_world, item_id, tiny_item


def test_rows_come_back_as_written(tiny_world: World) -> None:
    for number in (0, 9, 16):
        item = tiny_item("zh", "dining", number)
        assert tiny_world.item(tiny_world.item_row(item.id)) == item
    assert [tiny_world.session(r).id for r in range(tiny_world.n_sessions)] == list(SESSIONS)


def test_columns_agree_with_the_records(tiny_world: World) -> None:
    for row in range(tiny_world.n_sessions):
        session, privileged = tiny_world.session(row), tiny_world.privileged(row)
        for g, goal_row in enumerate(tiny_world.goal_rows(row)):
            arrays = tiny_world.goal(goal_row)
            items = [tiny_world.item(int(i)) for i in arrays.candidates]
            assert tuple(i.id for i in items) == session.goals[g].candidates
            expected = [[status(i, c) for c in privileged.needs[g].constraints] for i in items]
            assert arrays.satisfaction.tolist() == expected
            for at, item in enumerate(arrays.candidates):
                assert tiny_world.satisfaction(row, g, int(item)).tolist() == expected[at]


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    one, two = build_tiny_world(tmp_path / "one"), build_tiny_world(tmp_path / "two")
    assert {f.name: f.read_bytes() for f in one.iterdir()} == {f.name: f.read_bytes() for f in two.iterdir()}


def test_popularity_leaves_the_fold_of_the_user_out(tiny_world: World) -> None:
    row = tiny_world.session_row("zh-1")
    fold = user_fold("zh-u1")
    others = [s for s, (user, _) in SESSIONS.items() if user_fold(user) != fold]
    ordered = item_id("zh", "dining", 7)
    expected = sum(o.item_id == ordered for s in others for p in [tiny_world.privileged(tiny_world.session_row(s))]
                   for outcomes in p.outcomes for o in outcomes)
    assert tiny_world.popularity(np.array([tiny_world.item_row(ordered)]), row)[0] == pytest.approx(np.log1p(expected))


def test_unknown_sessions_are_answered_with_the_nearest(tiny_world: World) -> None:
    with pytest.raises(UnknownName, match="zh-2"):
        tiny_world.session_row("zh_2")
    assert not tiny_world.has_item("nothing")


def test_an_aborted_writer_leaves_the_old_store(tmp_path: Path) -> None:
    out = build_tiny_world(tmp_path / "s")
    before = {f.name: f.read_bytes() for f in out.iterdir()}
    with pytest.raises(KeyboardInterrupt), StoreWriter(out, kind="x", overwrite=True) as writer:
        writer.add_item(tiny_item("zh", "dining", 0))
        raise KeyboardInterrupt
    assert {f.name: f.read_bytes() for f in out.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


def test_targets_are_not_overwritten_by_accident(tmp_path: Path) -> None:
    out = build_tiny_world(tmp_path / "s")
    with pytest.raises(StoreError, match="--overwrite"):
        StoreWriter(out, kind="x")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("dear")
    with pytest.raises(StoreError, match="not a store"):
        StoreWriter(tmp_path / "other", kind="x", overwrite=True)


@pytest.fixture
def broken(tiny_world_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_world_path, tmp_path / "broken"))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("manifest.json", b"{", "damaged .*truncated"),
        ("manifest.json", b'{"schema": 99}', "schema 2, found 99"),
        ("manifest.json", b'{"schema": 2}', "its seal is missing"),
        ("manifest.json", b'\xff{"schema": 2}', "damaged"),
        ("manifest.json", b"[" * 5000, "damaged"),
        ("manifest.json", None, "recenv ingest"),
        ("candidate.col", b"\x00", "damaged"),
        ("items.jsonl", None, "is missing"),
    ],
)
def test_a_damaged_store_says_what_to_do(broken: Path, file: str, content: bytes | None, message: str) -> None:
    if content is None:
        (broken / file).unlink()
    else:
        (broken / file).write_bytes(content)
    with pytest.raises(StoreError, match=message):
        World(broken)


def test_a_damaged_row_is_named(broken: Path) -> None:
    data = bytearray((broken / "items.jsonl").read_bytes())
    data[5] = 0
    (broken / "items.jsonl").write_bytes(bytes(data))
    with pytest.raises(StoreError, match=r"items.jsonl is not as it was written"):
        World(broken)


def test_a_session_may_not_name_what_is_not_there(tmp_path: Path) -> None:
    item = Item(id="a", category="dining", name="A")
    goal = Goal(category="dining", query="?", candidates=("b",))
    session = Session(id="s", user_id="u", locale="en", instruction="", context={}, goals=(goal,), source="logged")
    with StoreWriter(tmp_path / "s", kind="x") as writer:
        writer.add_item(item)
        writer.add_user(User(id="u"))
        with pytest.raises(RowError, match="'b'"):
            writer.add_session(session, Privileged(needs=(Need(),), outcomes=((),)))
        with pytest.raises(StoreError, match="nothing to store"):
            writer.finish()


@pytest.mark.parametrize(
    ("slot", "op", "value", "expected"),
    [
        ("rating", "ge", 4.5, MET), ("rating", "ge", 4.6, MISSED), ("price", "between", (20.0, 50.0), MET),
        ("price", "le", 19.0, MISSED), ("area", "eq", " old TOWN ", MET), ("tags", "has", "Wi-Fi", MET),
        ("tags", "has", "parking", MISSED), ("duration", "eq", "1h", UNKNOWN), ("area", "ge", 1.0, UNKNOWN),
        ("name", "eq", "Ａ bar", MET),
    ],
)
def test_constraints_are_checked_exactly(slot: str, op: str, value: object, expected: int) -> None:
    item = Item(id="a", category="dining", name="A Bar",
                attributes={"rating": 4.5, "price": 20.0, "area": "Old Town", "tags": ("wifi", "pets")})
    assert status(item, Constraint(slot=slot, op=op, value=value, text="")) == expected  # type: ignore[arg-type]


def test_questions_are_understood_in_both_languages() -> None:
    assert "price" in asked_slots("您的预算是多少？") and "price" in asked_slots("What is your BUDGET?")
    assert "area" in asked_slots("想去哪个区域") and asked_slots("嗯") == ()
