"""Writing a store: columns and JSON lines on disk, streamed, swapped in whole.

A store is a folder: ``manifest.json``, four ``.jsonl`` files (items, users, sessions, privileged) read by byte
offset, and raw little-endian columns whose dtype and shape the manifest gives. Nothing in it is pickled.
Ragged columns (candidates, satisfaction, disclosure) are flat, with start offsets per goal.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.constraints import statuses
from recenv.errors import RowError, StoreError
from recenv.files import beside, swap_in
from recenv.records import CATEGORIES, Item, Privileged, Session, User

SCHEMA = 1
FOLDS = 5
"""Users are split into five folds by id; popularity seen in a session leaves its user's fold out."""

DISCLOSURES = ("volunteered", "on_ask", "hidden")
EVENTS = ("none", "offered", "click", "order")
_LINES = ("items", "users", "sessions", "privileged")
_COLUMNS = {
    "items_offset": "<u8", "users_offset": "<u8", "sessions_offset": "<u8", "privileged_offset": "<u8",
    "items_key": "<u8", "users_key": "<u8", "sessions_key": "<u8",
    "item_category": "<i1", "item_rating": "<f4", "item_price": "<f4",
    "session_user": "<i4", "session_fold": "<u1", "session_patience": "<i2", "goal_start": "<i8",
    "goal_category": "<i1", "candidate_start": "<i8", "constraint_start": "<i8", "satisfaction_start": "<i8",
    "candidate": "<i4", "candidate_outcome": "<i1", "candidate_position": "<i2", "candidate_utility": "<f4",
    "constraint_disclosure": "<i1", "satisfaction": "<i1",
}


def user_fold(user_id: str) -> int:
    """The fold of a user, in [0, FOLDS)."""
    return int(rng.bits(rng.word(user_id)) % np.uint64(FOLDS))


class StoreWriter:
    """Streams records into a store beside its final place; ``finish`` swaps it in, anything else leaves no trace.

    Add items and users before the sessions that name them. Memory stays bounded: ids live in a temporary
    on-disk table, columns go straight to files. Raises StoreError when ``out`` holds something that is not a
    store, RowError when a record refers to an unknown id.
    """

    def __init__(self, out: str | Path, *, kind: str, overwrite: bool = False) -> None:
        self.out, self.kind = Path(out), kind
        _check_target(self.out, overwrite)
        self._tmp = beside(self.out)
        shutil.rmtree(self._tmp, ignore_errors=True)
        self._tmp.mkdir(parents=True)
        self._files: dict[str, BinaryIO] = {n: (self._tmp / f"{n}.jsonl").open("wb+") for n in _LINES}
        self._columns: dict[str, BinaryIO] = {n: (self._tmp / f"{n}.col").open("wb") for n in _COLUMNS}
        self._size = dict.fromkeys(_COLUMNS, 0)
        self._bytes = dict.fromkeys(_LINES, 0)
        self.counts = {"items": 0, "users": 0, "sessions": 0, "goals": 0, "item_conflicts": 0, "user_conflicts": 0}
        self._ids = sqlite3.connect("")  # "" is a temporary database on disk
        for table in ("items", "users", "sessions"):
            self._ids.execute(f"create table {table} (key integer primary key, row integer, digest integer)")
        for name in ("items_offset", "users_offset", "sessions_offset", "privileged_offset",
                     "goal_start", "candidate_start", "constraint_start", "satisfaction_start"):
            self._append(name, [0])
        self._item_at = lru_cache(maxsize=4096)(self._read_item)

    # -- records ---------------------------------------------------------------------------------------------

    def add_item(self, item: Item) -> int:
        """Store an item once; a second one of the same id with other content is counted, the first kept."""
        if item.category not in CATEGORIES:
            raise RowError(f"item {item.id!r}: category must be one of {', '.join(CATEGORIES)}; got {item.category!r}")
        row, new = self._register("items", item.id, item, "item_conflicts")
        if new:
            self._append("item_category", [CATEGORIES.index(item.category)])
            self._append("item_rating", [_number(item, "rating")])
            self._append("item_price", [_number(item, "price")])
        return row

    def add_user(self, user: User) -> int:
        return self._register("users", user.id, user, "user_conflicts")[0]

    def add_session(
        self, session: Session, privileged: Privileged, utilities: Sequence[Sequence[float]] | None = None
    ) -> int:
        """Store a session; utilities: gold utility of each candidate of each goal, None where the world has none."""
        candidates = [[self._require("items", i, session) for i in goal.candidates] for goal in session.goals]
        user = self._require("users", session.user_id, session)
        if not session.goals or len(session.goals) != len(privileged.needs) or len(privileged.needs) != len(privileged.outcomes):
            raise RowError(f"session {session.id!r}: goals, needs and outcomes must be equally many and at least one")
        row, new = self._register("sessions", session.id, session, None)
        if not new:
            raise RowError(f"session {session.id!r} occurs twice")
        self._line("privileged", privileged)
        self._append("session_user", [user])
        self._append("session_fold", [user_fold(session.user_id)])
        self._append("session_patience", [privileged.patience])
        for g, goal in enumerate(session.goals):
            self._goal(goal.category, candidates[g], privileged, g, None if utilities is None else utilities[g])
        self._append("goal_start", [self.counts["goals"]])
        return row

    def _goal(self, category: str, rows: list[int], privileged: Privileged, g: int, utility: Sequence[float] | None) -> None:
        if category not in CATEGORIES:
            raise RowError(f"goal category must be one of {', '.join(CATEGORIES)}; got {category!r}")
        need = privileged.needs[g]
        items = [self._item_at(r) for r in rows]
        logged = {o.item_id: o for o in privileged.outcomes[g]}
        self._append("goal_category", [CATEGORIES.index(category)])
        self._append("candidate", rows)
        self._append("candidate_outcome", [EVENTS.index(logged[i.id].event) if i.id in logged else 0 for i in items])
        self._append("candidate_position", [logged[i.id].position if i.id in logged else -1 for i in items])
        self._append("candidate_utility", [np.nan] * len(rows) if utility is None else list(utility))
        self._append("constraint_disclosure", [DISCLOSURES.index(c.disclosure) for c in need.constraints])
        self._append("satisfaction", [s for i in items for s in statuses(i, need)])
        self._append("candidate_start", [self._size["candidate"]])
        self._append("constraint_start", [self._size["constraint_disclosure"]])
        self._append("satisfaction_start", [self._size["satisfaction"]])
        self.counts["goals"] += 1

    # -- the end ---------------------------------------------------------------------------------------------

    def finish(self, *, source: Mapping[str, str] | None = None, notes: Mapping[str, Any] | None = None) -> Path:
        """Write the manifest and put the store in place. source: file name -> sha256; notes: anything JSON."""
        if not self.counts["sessions"]:
            raise StoreError(f"nothing to store in {self.out}: no session could be built from the input")
        for handle in self._columns.values():
            handle.close()
        popularity = self._popularity()
        popularity.tofile(self._tmp / "popularity.col")
        shapes: dict[str, Any] = {n: {"dtype": _COLUMNS[n], "shape": [self._size[n]]} for n in _COLUMNS}
        shapes["popularity"] = {"dtype": "<f4", "shape": list(popularity.shape)}
        for table in ("items", "users", "sessions"):
            keys = np.fromfile(self._tmp / f"{table}_key.col", "<u8")
            order = np.argsort(keys, kind="stable").astype("<i4")
            keys[order].tofile(self._tmp / f"{table}_key.col")
            order.tofile(self._tmp / f"{table}_row.col")
            shapes[f"{table}_row"] = {"dtype": "<i4", "shape": [len(order)]}
        for lines in self._files.values():
            lines.close()
        digest = hashlib.sha256()
        for path in sorted(self._tmp.iterdir()):
            digest.update(path.name.encode())
            with path.open("rb") as stream:
                for block in iter(lambda: stream.read(1 << 20), b""):
                    digest.update(block)
        manifest = {
            "schema": SCHEMA, "kind": self.kind, "counts": self.counts, "source": dict(source or {}),
            "fingerprint": digest.hexdigest(), "columns": shapes, "lines": self._bytes, "notes": dict(notes or {}),
        }
        text = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1)
        (self._tmp / "manifest.json").write_bytes(text + b"\n")
        swap_in(self._tmp, self.out)
        self._ids.close()
        return self.out

    def attach(self, name: str) -> Path:
        """Where to write a further file (quarantined rows, say) that becomes part of the store."""
        return self._tmp / name

    def abort(self) -> None:
        """Drop what was written; the target stays as it was."""
        for handle in (*self._columns.values(), *self._files.values()):
            handle.close()
        self._ids.close()
        shutil.rmtree(self._tmp, ignore_errors=True)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._tmp.exists():
            self.abort()

    # -- parts -----------------------------------------------------------------------------------------------

    def _popularity(self) -> NDArray[np.float32]:
        """(FOLDS, I): log1p of orders and clicks on each item by users outside the fold."""
        candidate = np.fromfile(self._tmp / "candidate.col", "<i4")
        taken = np.fromfile(self._tmp / "candidate_outcome.col", "<i1") >= EVENTS.index("click")
        starts = np.fromfile(self._tmp / "candidate_start.col", "<i8")
        goals = np.fromfile(self._tmp / "goal_start.col", "<i8")
        fold = np.repeat(np.repeat(np.fromfile(self._tmp / "session_fold.col", "<u1"), np.diff(goals)), np.diff(starts))
        counts = np.zeros((FOLDS, self.counts["items"]), np.float32)
        np.add.at(counts, (fold[taken], candidate[taken]), 1.0)
        return np.asarray(np.log1p(counts.sum(0, keepdims=True) - counts), "<f4")

    def _register(self, table: str, id_: str, record: Item | User | Session, conflicts: str | None) -> tuple[int, bool]:
        if not id_:
            raise RowError(f"a record of {table} has an empty id")
        key = rng.word(id_)
        line = msgspec.json.encode(record, order="deterministic")
        digest = int.from_bytes(hashlib.blake2b(line, digest_size=8).digest(), "little", signed=True)
        signed = key - (1 << 64) if key >= 1 << 63 else key
        found = self._ids.execute(f"select row, digest from {table} where key = ?", (signed,)).fetchone()
        if found:
            if conflicts and found[1] != digest:
                self.counts[conflicts] += 1
            return int(found[0]), False
        row = self.counts[table]
        self._ids.execute(f"insert into {table} values (?, ?, ?)", (signed, row, digest))
        self._append(f"{table}_key", [key])
        self._line(table, record)
        self.counts[table] += 1
        return row, True

    def _require(self, table: str, id_: str, session: Session) -> int:
        key = rng.word(id_)
        found = self._ids.execute(
            f"select row from {table} where key = ?", (key - (1 << 64) if key >= 1 << 63 else key,)
        ).fetchone()
        if not found:
            raise RowError(f"session {session.id!r} names {id_!r}, which is not among the {table}")
        return int(found[0])

    def _line(self, name: str, record: Item | User | Session | Privileged) -> None:
        line = msgspec.json.encode(record, order="deterministic") + b"\n"
        self._files[name].write(line)
        self._bytes[name] += len(line)
        self._append(f"{name}_offset", [self._bytes[name]])

    def _append(self, column: str, values: Sequence[float] | Sequence[int]) -> None:
        self._columns[column].write(np.asarray(values, _COLUMNS[column]).tobytes())
        self._size[column] += len(values)

    def _read_item(self, row: int) -> Item:
        self._columns["items_offset"].flush()
        self._files["items"].flush()
        with (self._tmp / "items_offset.col").open("rb") as stream:
            stream.seek(row * 8)
            start, end = np.frombuffer(stream.read(16), "<u8")
        with (self._tmp / "items.jsonl").open("rb") as stream:
            stream.seek(int(start))
            return msgspec.json.decode(stream.read(int(end - start)), type=Item)


def _number(item: Item, slot: str) -> float:
    value = item.attributes.get(slot)
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _check_target(out: Path, overwrite: bool) -> None:
    if not out.exists():
        return
    if out.is_dir() and not any(out.iterdir()):
        return
    if not (out / "manifest.json").is_file():
        raise StoreError(f"{out} exists and is not a store; choose another --out, nothing was touched")
    if not overwrite:
        raise StoreError(f"{out} holds a store already; choose another --out, or pass --overwrite to replace it")
