"""Reading a store: a World is memory-mapped, read-only and shared by all environments of a process."""

from __future__ import annotations

import mmap
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.constraints import statuses
from recenv.data.store import SCHEMA
from recenv.errors import StoreError, UnknownName
from recenv.files import cache_folder, clear_left
from recenv.records import CATEGORIES, Item, Privileged, Session, User
from recenv.seals import Broken, check_files, check_seal

_R = TypeVar("_R", Item, User, Session, Privileged)


class GoalArrays(NamedTuple):
    """One goal as arrays. Privileged, save for ``candidates``.

    candidates (C,) item rows; satisfaction (C, M) in {MET, MISSED, UNKNOWN}; disclosure (M,) index into
    store.DISCLOSURES; outcome (C,) index into store.EVENTS; position (C,) logged rank, -1 unknown;
    utility (C,) gold utility, NaN where the world has none.
    """

    candidates: NDArray[np.int32]
    satisfaction: NDArray[np.int8]
    disclosure: NDArray[np.int8]
    outcome: NDArray[np.int8]
    position: NDArray[np.int16]
    utility: NDArray[np.float32]


class World:
    """The data a scenario plays in.

    Rows are decoded on demand. The first world of a store in a process checks that every file is as it was written; that a large
    store was so is remembered in the cache for other processes, until a file of it is touched (``recenv.seals``). Raises
    StoreError for a store that is missing, damaged or of another schema.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest = _manifest(self.path)
        self._columns = {name: _column(self.path, name, spec) for name, spec in self.manifest["columns"].items()}
        self._lines = {name: _lines(self.path, name, size) for name, size in self.manifest["lines"].items()}
        counts = self.manifest["counts"]
        self.n_items, self.n_users, self.n_sessions, self.n_goals = (
            counts["items"], counts["users"], counts["sessions"], counts["goals"])
        self.kind: str = self.manifest["kind"]
        self.categories: tuple[str, ...] = tuple(self.manifest.get("categories", CATEGORIES))
        self.fingerprint: str = self.manifest["fingerprint"]
        self._keys: dict[str, NDArray[np.uint64]] = {}
        # Decoded rows are kept: worlds are small next to the runs over them, and bounded here.
        self.item = lru_cache(maxsize=65_536)(self._item)
        self.user = lru_cache(maxsize=16_384)(self._user)
        self.session = lru_cache(maxsize=16_384)(self._session)
        self.privileged = lru_cache(maxsize=16_384)(self._privileged)
        self.item_row = lru_cache(maxsize=262_144)(self._item_row)

    def __reduce__(self) -> tuple[type[World], tuple[Path]]:
        return World, (self.path,)  # a worker opens the files for itself

    # -- rows ------------------------------------------------------------------------------------------------

    def _item(self, row: int) -> Item:
        return self._decode("items", row, Item)

    def _user(self, row: int) -> User:
        return self._decode("users", row, User)

    def _session(self, row: int) -> Session:
        return self._decode("sessions", row, Session)

    def _privileged(self, row: int) -> Privileged:
        return self._decode("privileged", row, Privileged)

    def _decode(self, name: str, row: int, kind: type[_R]) -> _R:
        offsets = self._columns[f"{name}_offset"]
        if not 0 <= row < len(offsets) - 1:
            raise IndexError(f"{name} row {row} is outside [0, {len(offsets) - 1})")
        try:
            return msgspec.json.decode(self._lines[name][int(offsets[row]):int(offsets[row + 1])], type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise StoreError(f"{self.path / name}.jsonl: row {row} is damaged ({error}); build the store again") from None

    # -- look-ups --------------------------------------------------------------------------------------------

    def _item_row(self, item_id: str) -> int:
        return self._find("items", item_id)

    def item_keys(self, rows: NDArray[np.integer]) -> NDArray[np.uint64]:
        """Stable 64-bit words of items, by row: what draws about an item are keyed on."""
        return self._words("items", rows)

    def session_keys(self, rows: NDArray[np.integer]) -> NDArray[np.uint64]:
        """Stable 64-bit words of sessions, by row; ``rng.word`` of their ids."""
        return self._words("sessions", rows)

    def _words(self, table: str, rows: NDArray[np.integer]) -> NDArray[np.uint64]:
        if table not in self._keys:
            by_row = np.empty(len(self._columns[f"{table}_key"]), np.uint64)
            by_row[self._columns[f"{table}_row"]] = self._columns[f"{table}_key"]
            self._keys[table] = by_row
        return np.asarray(self._keys[table].take(rows))

    def has_item(self, item_id: str) -> bool:
        return self.item_row(item_id) >= 0

    def session_row(self, session_id: str) -> int:
        """Row of a session id; raises UnknownName with the nearest ids."""
        row = self._find("sessions", session_id)
        if row < 0:
            some = [self.session(i).id for i in range(min(self.n_sessions, 2000))]
            raise UnknownName("session", session_id, some)
        return row

    def _find(self, table: str, id_: str) -> int:
        """Row of an id, -1 where there is none."""
        keys, rows = self._columns[f"{table}_key"], self._columns[f"{table}_row"]
        key = np.uint64(rng.word(id_))
        at = int(np.searchsorted(keys, key))
        return int(rows[at]) if at < len(keys) and keys[at] == key else -1

    # -- columns ---------------------------------------------------------------------------------------------

    def column(self, name: str) -> NDArray[Any]:
        """A whole column, read-only: item_rating (I,), session_fold (S,), goal_start (S + 1,) and so on."""
        return self._columns[name]

    def goal_rows(self, session: int) -> range:
        starts = self._columns["goal_start"]
        if not 0 <= session < len(starts) - 1:
            raise IndexError(f"sessions row {session} is outside [0, {len(starts) - 1})")
        return range(int(starts[session]), int(starts[session + 1]))

    def goal(self, row: int) -> GoalArrays:
        """The arrays of one goal."""
        c = self._columns
        if not 0 <= row < len(c["candidate_start"]) - 1:
            raise IndexError(f"goal row {row} is outside [0, {len(c['candidate_start']) - 1})")
        a, b = int(c["candidate_start"][row]), int(c["candidate_start"][row + 1])
        m0, m1 = int(c["constraint_start"][row]), int(c["constraint_start"][row + 1])
        s0, s1 = int(c["satisfaction_start"][row]), int(c["satisfaction_start"][row + 1])
        return GoalArrays(
            c["candidate"][a:b], c["satisfaction"][s0:s1].reshape(b - a, m1 - m0), c["constraint_disclosure"][m0:m1],
            c["candidate_outcome"][a:b], c["candidate_position"][a:b], c["candidate_utility"][a:b],
        )

    def satisfaction(self, session: int, goal: int, item: int) -> NDArray[np.int8]:
        """(M,) status of any item against the constraints of a session's goal-th goal."""
        need = self.privileged(session).needs[goal]
        return np.array(statuses(self.item(item), need), np.int8)

    def popularity(self, items: NDArray[np.integer], session: int) -> NDArray[np.float32]:
        """log1p of orders of the items by users outside the session user's fold."""
        return np.asarray(self._columns["popularity"][int(self._columns["session_fold"][session])][items], np.float32)


def _manifest(path: Path) -> dict[str, Any]:
    clear_left(path)
    manifest = read_manifest(path)
    wrong = check_files(path, manifest["files"], memory=cache_folder() / "sound")
    if wrong:
        raise StoreError(f"{path}: {', '.join(wrong)}; the store is damaged, build or copy it again")
    return manifest


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a store, as it was sealed; raises StoreError where there is none, or one of another schema."""
    file = path / "manifest.json"
    if not file.is_file():
        raise StoreError(f"no store at {path} (manifest.json is missing); build one with: recenv ingest ... --out {path}")
    try:
        manifest = msgspec.json.decode(file.read_bytes())
        if isinstance(manifest, dict) and "agents" in manifest:
            raise StoreError(f"{path} is a run, not a store; expected the store that it was played in, or another")
        if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
            found = manifest.get("schema") if isinstance(manifest, dict) else None
            raise StoreError(f"{file}: this version reads store schema {SCHEMA}, found {found!r}; build the store again")
        check_seal(manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Broken) as error:
        raise StoreError(f"{file} is damaged ({error}); build the store again") from None
    missing = {"columns", "lines", "counts", "kind", "fingerprint", "files"} - manifest.keys()
    if missing:
        raise StoreError(f"{file} lacks {', '.join(sorted(missing))}; build the store again")
    return manifest


def _column(path: Path, name: str, spec: dict[str, Any]) -> NDArray[Any]:
    file = path / f"{name}.col"
    dtype, shape = np.dtype(spec["dtype"]), tuple(spec["shape"])
    expected = dtype.itemsize * int(np.prod(shape))
    _check_size(file, expected)
    return np.memmap(file, dtype, "r", shape=shape).view(np.ndarray) if expected else np.zeros(shape, dtype)


def _lines(path: Path, name: str, size: int) -> mmap.mmap | bytes:
    file = path / f"{name}.jsonl"
    _check_size(file, size)
    with file.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


def _check_size(file: Path, expected: int) -> None:
    actual = file.stat().st_size if file.is_file() else None
    if actual != expected:
        found = "is missing" if actual is None else f"has {actual} bytes"
        raise StoreError(f"{file} {found}, the manifest says {expected}; the store is damaged, build it again")
