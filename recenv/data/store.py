"""Writing a store: columns and JSON lines on disk, streamed, swapped in whole.

A store is a folder: ``manifest.json``, four ``.jsonl`` files (items, users, sessions, privileged) read by byte
offset, and raw little-endian columns whose dtype and shape the manifest gives. Nothing in it is pickled. The manifest
is sealed and has the hash of every file.
Ragged columns (candidates, satisfaction, disclosure) are flat, with start offsets per goal.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.constraints import statuses
from recenv.data.ids import IdTable
from recenv.data.recent import Recent
from recenv.data.sound import check_item, check_session, check_user
from recenv.errors import RowError, StoreError
from recenv.files import Making
from recenv.records import CATEGORIES, Goal, Item, Privileged, Session, User
from recenv.seals import seal

SCHEMA = 2
FOLDS = 5
"""Users are split into five folds by id; popularity seen in a session leaves its user's fold out."""

DISCLOSURES = ("volunteered", "on_ask", "hidden")
EVENTS = ("none", "offered", "click", "order")
_LINES = ("items", "users", "sessions", "privileged")
_COLUMNS = {
    "items_offset": "<u8", "users_offset": "<u8", "sessions_offset": "<u8", "privileged_offset": "<u8",
    "items_key": "<u8", "users_key": "<u8", "sessions_key": "<u8",
    "item_category": "<i2", "item_rating": "<f4", "item_price": "<f4",
    "session_user": "<i4", "session_fold": "<u1", "session_patience": "<i2", "goal_start": "<i8",
    "goal_category": "<i2", "candidate_start": "<i8", "constraint_start": "<i8", "satisfaction_start": "<i8",
    "candidate": "<i4", "candidate_outcome": "<i1", "candidate_position": "<i2", "candidate_utility": "<f4",
    "constraint_disclosure": "<i1", "satisfaction": "<i1",
}


_CONFLICTS = {"items": "item_conflicts", "users": "user_conflicts"}
"""Tables in which an id may come again, and what counts those that come with other content."""

_MOST_CATEGORIES = 32_000
_PIECE = 4096  # values of a column that are written at once
_LATELY = 25_000  # records


class _Kept(NamedTuple):
    """A record that was added, the row of its id, and whether another record is kept there."""

    record: Item | User
    row: int
    other: bool


def user_fold(user_id: str) -> int:
    """The fold of a user, in [0, FOLDS)."""
    return int(rng.bits(rng.word(user_id)) % np.uint64(FOLDS))


class StoreWriter:
    """Streams records into a store beside its final place; ``finish`` swaps it in, anything else leaves no trace.

    Add items and users before the sessions that name them. Memory stays bounded: ids are held in memory up to a number
    and on disk beyond it (``IdTable``), columns go to files in pieces. Raises StoreError when ``out`` holds something
    that is not a store, RowError when a record refers to an unknown id.
    """

    def __init__(self, out: str | Path, *, kind: str, overwrite: bool = False) -> None:
        self.out, self.kind = Path(out), kind
        _check_target(self.out, overwrite)
        self._making = Making(self.out)
        self._tmp = self._making.folder
        self._files: dict[str, BinaryIO] = {n: (self._tmp / f"{n}.jsonl").open("wb+") for n in _LINES}
        self._columns: dict[str, BinaryIO] = {n: (self._tmp / f"{n}.col").open("wb+") for n in _COLUMNS}
        self._piece: dict[str, list[float]] = {n: [] for n in _COLUMNS}  # not yet written
        self._size = dict.fromkeys(_COLUMNS, 0)
        self._bytes = dict.fromkeys(_LINES, 0)
        self.counts = {"items": 0, "users": 0, "sessions": 0, "goals": 0, "item_conflicts": 0, "user_conflicts": 0}
        self._ids = {table: IdTable() for table in ("items", "users", "sessions")}
        self._lately = {table: Recent[str, _Kept](_LATELY) for table in ("items", "users")}
        for name in ("items_offset", "users_offset", "sessions_offset", "privileged_offset",
                     "goal_start", "candidate_start", "constraint_start", "satisfaction_start"):
            self._append(name, [0])
        self.items_by_category: Counter[str] = Counter()
        self._categories = {name: code for code, name in enumerate(CATEGORIES)}
        self._item_at = lru_cache(maxsize=4096)(self._read_item)

    # -- records ---------------------------------------------------------------------------------------------

    def add_item(self, item: Item, times: int = 1) -> int:
        """Store an item once; a second one of the same id with other content is counted (as often as it came), the first kept."""
        known = self._known("items", item, times)
        if known is not None:
            return known
        check_item(item)
        self._check_category(item.category)
        row, new = self._register("items", item.id, item, times)
        if new:
            self._put("item_category", self._category(item.category))
            self.items_by_category[item.category] += 1
            self._put("item_rating", _number(item, "rating"))
            self._put("item_price", _number(item, "price"))
        return row

    def add_user(self, user: User, times: int = 1) -> int:
        known = self._known("users", user, times)
        check_user(user)
        return self._register("users", user.id, user, times)[0] if known is None else known

    def check(
        self, items: Iterable[Item], user: User | None, session: Session | None = None, privileged: Privileged | None = None,
        utilities: Sequence[Sequence[float]] | None = None,
    ) -> None:
        """Raise RowError for whatever the methods that add these would refuse, with nothing added yet: a row whose session cannot
        be stored must not leave its items behind."""
        ids = set()
        for item in items:
            if self._kept("items", item) is None:
                check_item(item)
            ids.add(item.id)
        if user is not None:
            check_user(user)
        if session is not None and privileged is not None:
            check_session(session, privileged, utilities)
            if self._ids["sessions"].find(rng.word(session.id)) is not None:
                raise RowError(f"session {session.id!r} occurs twice")
            for id_ in {i for goal in session.goals for i in goal.candidates} - ids:
                self._require("items", id_, session)

    def add_session(
        self, session: Session, privileged: Privileged, utilities: Sequence[Sequence[float]] | None = None
    ) -> int:
        """Store a session; utilities: gold utility of each candidate of each goal, None where the world has none."""
        candidates = [[self._require("items", i, session) for i in goal.candidates] for goal in session.goals]
        user = self._require("users", session.user_id, session)
        check_session(session, privileged, utilities)
        row, new = self._register("sessions", session.id, session)
        if not new:
            raise RowError(f"session {session.id!r} occurs twice")
        self._write_line("privileged", msgspec.json.encode(privileged, order="deterministic") + b"\n")
        self._put("session_user", user)
        self._put("session_fold", user_fold(session.user_id))
        self._put("session_patience", privileged.patience)
        for g, goal in enumerate(session.goals):
            self._goal(goal, candidates[g], privileged, g, None if utilities is None else utilities[g])
        self._put("goal_start", self.counts["goals"])
        return row

    def _goal(self, goal: Goal, rows: list[int], privileged: Privileged, g: int, utility: Sequence[float] | None) -> None:
        need = privileged.needs[g]
        logged = {o.item_id: o for o in privileged.outcomes[g]}
        found = [logged.get(i) for i in goal.candidates]
        self._put("goal_category", self._category(goal.category))
        self._append("candidate", rows)
        self._append("candidate_outcome", [EVENTS.index(o.event) if o else 0 for o in found])
        self._append("candidate_position", [o.position if o else -1 for o in found])
        self._append("candidate_utility", [np.nan] * len(rows) if utility is None else list(utility))
        if need.constraints:
            self._append("constraint_disclosure", [DISCLOSURES.index(c.disclosure) for c in need.constraints])
            self._append("satisfaction", [s for i in map(self._item_at, rows) for s in statuses(i, need)])
        self._put("candidate_start", self._size["candidate"])
        self._put("constraint_start", self._size["constraint_disclosure"])
        self._put("satisfaction_start", self._size["satisfaction"])
        self.counts["goals"] += 1

    def _category(self, name: str) -> int:
        """The code of a category: its place among ``CATEGORIES``, or behind them in order of arrival."""
        self._check_category(name)
        return self._categories.setdefault(name, len(self._categories))

    def _check_category(self, name: str) -> None:
        if len(self._categories) > _MOST_CATEGORIES and name not in self._categories:
            raise RowError(f"category {name[:40]!r} would be one of more than {_MOST_CATEGORIES:,}; make it an attribute")

    # -- the end ---------------------------------------------------------------------------------------------

    def finish(self, *, source: Mapping[str, str] | None = None, notes: Mapping[str, Any] | None = None) -> Path:
        """Write the manifest and put the store in place. source: file name -> sha256; notes: anything JSON."""
        if not self.counts["sessions"]:
            raise StoreError(f"nothing to store in {self.out}: no session could be built from the input")
        for name, handle in self._columns.items():
            self._write(name)
            handle.close()
        shortened = len(self._categories) <= 127
        for name in ("item_category", "goal_category") if shortened else ():
            np.fromfile(self._tmp / f"{name}.col", "<i2").astype("<i1").tofile(self._tmp / f"{name}.col")
        popularity = self._popularity()
        popularity.tofile(self._tmp / "popularity.col")
        shapes: dict[str, Any] = {n: {"dtype": _COLUMNS[n], "shape": [self._size[n]]} for n in _COLUMNS}
        shapes |= {n: {**shapes[n], "dtype": "<i1"} for n in ("item_category", "goal_category") if shortened}
        shapes["popularity"] = {"dtype": "<f4", "shape": list(popularity.shape)}
        for table in ("items", "users", "sessions"):
            keys = np.fromfile(self._tmp / f"{table}_key.col", "<u8")
            order = np.argsort(keys, kind="stable").astype("<i4")
            keys[order].tofile(self._tmp / f"{table}_key.col")
            order.tofile(self._tmp / f"{table}_row.col")
            shapes[f"{table}_row"] = {"dtype": "<i4", "shape": [len(order)]}
        for lines in self._files.values():
            lines.close()
        digest, files = hashlib.sha256(), dict[str, str]()
        for path in sorted(self._tmp.iterdir()):
            digest.update(path.name.encode())
            own = hashlib.sha256()
            with path.open("rb") as stream:
                for block in iter(lambda: stream.read(1 << 20), b""):
                    digest.update(block)
                    own.update(block)
            files[path.name] = own.hexdigest()
        manifest = {
            "schema": SCHEMA, "kind": self.kind, "counts": self.counts, "source": dict(source or {}),
            "fingerprint": digest.hexdigest(), "columns": shapes, "lines": self._bytes, "notes": dict(notes or {}),
            "files": files,
        }
        if len(self._categories) > len(CATEGORIES):
            manifest["categories"] = list(self._categories)
        text = msgspec.json.format(msgspec.json.encode(seal(manifest), order="sorted"), indent=1)
        (self._tmp / "manifest.json").write_bytes(text + b"\n")
        self._making.finish()
        self._close_ids()
        return self.out

    def attach(self, name: str) -> Path:
        """Where to write a further file (quarantined rows, say) that becomes part of the store."""
        return self._tmp / name

    def abort(self) -> None:
        """Drop what was written; the target stays as it was."""
        for handle in (*self._columns.values(), *self._files.values()):
            with suppress(OSError):  # what a full disk has no room for is not wanted any more
                handle.close()
        self._close_ids()
        self._making.abandon()

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

    def _kept(self, table: str, record: Item | User) -> _Kept | None:
        """A record that was added lately, and so was checked; None for another object, be it equal."""
        kept = self._lately[table].get(record.id)
        return kept if kept is not None and kept.record is record else None

    def _known(self, table: str, record: Item | User, times: int) -> int | None:
        """The row of a record that was added lately, counted where another one is kept there."""
        kept = self._kept(table, record)
        if kept is None:
            return None
        if kept.other:
            self.counts[_CONFLICTS[table]] += times
        return kept.row

    def _register(self, table: str, id_: str, record: Item | User | Session, times: int = 1) -> tuple[int, bool]:
        """The row of a record, and whether it is new; of records of one id the first is kept."""
        if not id_:
            raise RowError(f"a record of {table} has an empty id")
        key = rng.word(id_)
        line = msgspec.json.encode(record, order="deterministic") + b"\n"
        digest = int.from_bytes(hashlib.blake2b(line, digest_size=8).digest(), "little")
        found = self._ids[table].find(key)
        if not isinstance(record, Session):
            other = found is not None and found.digest != digest
            self.counts[_CONFLICTS[table]] += other * times
            self._lately[table].put(id_, _Kept(record, self.counts[table] if found is None else found.row, other))
        if found is not None:
            return found.row, False
        row = self._ids[table].add(key, digest)
        self._put(f"{table}_key", key)
        self._write_line(table, line)
        self.counts[table] += 1
        return row, True

    def _require(self, table: str, id_: str, session: Session) -> int:
        kept = self._lately[table].get(id_)
        if kept is not None:
            return kept.row
        found = self._ids[table].find(rng.word(id_))
        if found is None:
            raise RowError(f"session {session.id!r} names {id_!r}, which is not among the {table}")
        return found.row

    def _close_ids(self) -> None:
        for table in self._ids.values():
            table.close()

    def _write_line(self, name: str, line: bytes) -> None:
        self._files[name].write(line)
        self._bytes[name] += len(line)
        self._put(f"{name}_offset", self._bytes[name])

    def _put(self, column: str, value: float) -> None:
        self._append(column, (value,))

    def _append(self, column: str, values: Sequence[float]) -> None:
        piece = self._piece[column]
        piece += values
        self._size[column] += len(values)
        if len(piece) >= _PIECE:
            self._write(column)

    def _write(self, column: str) -> None:
        self._columns[column].write(np.asarray(self._piece[column], _COLUMNS[column]).tobytes())
        self._piece[column].clear()

    def _read_item(self, row: int) -> Item:
        self._write("items_offset")
        self._columns["items_offset"].flush()
        self._files["items"].flush()
        offsets = os.pread(self._columns["items_offset"].fileno(), 16, row * 8)
        start, end = (int(at) for at in np.frombuffer(offsets, "<u8"))
        return msgspec.json.decode(os.pread(self._files["items"].fileno(), end - start, start), type=Item)


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
