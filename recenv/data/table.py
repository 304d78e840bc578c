"""Tables of one's own as a store: who liked what and when (or what was shown and taken), with items and users beside it.

Columns are found by their names or said by a field map (``table_columns``). A row is somebody's rating of an item; liked is what
reaches a share of the rating scale, or everything where there is no rating. ``table_sessions`` makes sessions of it. All tables
are held in memory. Ids have one form: 100, "100" and 100.0 are one id.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from recenv.data import coerce
from recenv.data.detect import LABEL_KEYS
from recenv.data.fieldmap import Source, pick
from recenv.data.foreign import foreign_text
from recenv.data.ingest import IngestReport, Progress, Quarantine, sha256
from recenv.data.store import StoreWriter
from recenv.data.table_columns import (
    ALIASES,
    MOST_CATEGORIES,
    REQUIRED,
    TableMap,
    ask,
    folded,
    guess,
    rest,
    stem,
)
from recenv.data.table_files import TableRow, columns_of, header_of, read_table
from recenv.data.table_sessions import Pools, Visit, keep, session_of
from recenv.errors import InputError, RowError
from recenv.records import CATEGORIES, Item, User

LIKED = 0.75
"""Share of the rating scale from which on an item is liked: 4 of 1 to 5."""
PER_USER = 3
WISHES = 3

_WHOLE = re.compile(r"(-?\d{1,18})\.0{1,6}")
_ADDRESS = re.compile(r"https?://")
_SAMPLE = 2000
_ENDS, _STRAY = (5.0, 10.0, 100.0), 0.01  # of rating scales; the share of ratings beyond that are mistakes
_EVERY = 5000


class Files(NamedTuple):
    """The tables: events (ratings, clicks, orders), and items and users where there are any."""

    events: Path
    items: Path | None = None
    users: Path | None = None


def guess_map(files: Files) -> TableMap:
    """The fields of each table by the names of its columns. Raises InputError, with the columns and a map to edit, where a field
    that is needed has none."""
    columns = columns_of(files.events, _SAMPLE)
    events = guess("events", columns)
    if "user" not in events or "item" not in events:
        raise InputError(ask(files.events, "events", columns, events))
    own = columns_of(files.items, _SAMPLE) if files.items is not None else {c: columns[c] for c in rest(columns, events)}
    item = events["item"].key
    items = _items_map(own, item, files.items or files.events, files.items is not None)
    spoken = columns[events["query"].key] if "query" in events else _told(own, items)
    locale = Source(constant=_language(spoken, columns))
    for fields, values in ((events, columns), (items, own)):
        if "locale" in fields and not any(map(coerce.stated_locale, values[fields["locale"].key])):
            del fields["locale"]  # says neither zh nor en
    if "rating" in events and (end := _usual_end(columns[events["rating"].key])):
        events["rating"] = msgspec.structs.replace(events["rating"], min=1.0, max=end)
    made: TableMap = {"events": {"locale": locale, **events}, "items": {"locale": locale, **items}}
    if files.users is not None:
        told = columns_of(files.users, _SAMPLE)
        known = {"id": events["user"].key} if events["user"].key in told else {}
        made["users"] = guess("users", told, known)
        if "id" not in made["users"]:
            raise InputError(ask(files.users, "users", told, made["users"]))
        made["users"] |= {column: Source(key=column) for column in rest(told, made["users"])}
    return made


def _items_map(columns: Mapping[str, list[Any]], item: str, file: Path, apart: bool) -> dict[str, Source]:
    ids = ALIASES["events", "item"].split()
    near = [c for c in columns if c == item] or [c for c in columns if folded(c) in ids]
    known = {"id": item} if not apart else {"id": near[0]} if near else {}
    found = guess("items", columns, known, stem(item))
    if "id" not in found:
        raise InputError(ask(file, "items", columns, found))
    kinds = {str(v) for v in columns.get(found["category"].key, ())} if "category" in found else set()
    if len(kinds) > MOST_CATEGORIES:
        found["tags" if "tags" not in found else "kind"] = found.pop("category")
    if "category" not in found:
        kind = stem(item)  # a Chinese user looks for a 商户, and never for items
        own = kind if coerce.category_of(kind) or not kind.isascii() else ""
        called = re.sub(r"[\W_]+", " ", file.stem).strip() if apart else own
        found["category"] = Source(constant=called or "items")
    if apart:
        found |= {c: Source(key=c) for c in rest(columns, found)
                  if c.casefold() not in LABEL_KEYS and not any(_ADDRESS.match(str(v)) for v in columns[c][:20])}
    return found


def _usual_end(values: Sequence[Any]) -> float:
    """Where the rating scale ends, if a few ratings alone lie beyond a usual end; 0 where nothing has to be said."""
    numbers = sorted(n for n in map(_number, values) if n is not None)
    for end in _ENDS:
        beyond = sum(n > end for n in numbers)
        if beyond <= _STRAY * len(numbers):
            return end if beyond and numbers[0] >= 1 else 0.0
    return 0.0


def _number(value: Any) -> float | None:
    try:
        return float(value) if float(value) == float(value) else None
    except (TypeError, ValueError):
        return None


def _told(columns: Mapping[str, list[Any]], items: Mapping[str, Source]) -> list[Any]:
    """The names of items, else whatever is told of them."""
    named = [items["name"].key] if "name" in items else [source.key for source in items.values()]
    return [value for column in named for value in columns.get(column, [])[:500]]


def _language(values: Iterable[Any], columns: Iterable[str]) -> str:
    """zh where most of the texts that have a word are Chinese, otherwise en; by the names of columns where no text has one."""
    worded = [str(v) for v in values if re.search(r"[^\W\d_]{2}", str(v))] or list(columns)
    return "zh" if 2 * sum(coerce.locale_of([text]) == "zh" for text in worded) > len(worded) else "en"


def ingest_table(
    files: Files, out: str | Path, *, fields: TableMap | None = None, liked: float = LIKED, per_user: int = PER_USER,
    wishes: int = WISHES, max_bad: float = 0.01, overwrite: bool = False, progress: Progress | None = None,
) -> IngestReport:
    """Build a store from tables.

    fields: what the columns are, as ``guess_map`` gives it. liked: share of the rating scale, in [0, 1], from which on an item is
    liked. per_user: most sessions of a user. wishes: most conditions that are made up for a session whose user says nothing.
    max_bad: share of unusable rows, in [0, 1], above which nothing is written. Raises InputError for files or columns that cannot
    be used, StoreError for an unusable target, too many bad rows, or tables from which no session can be made.
    """
    made = guess_map(files) if fields is None else fields
    for table, file in zip(("events", "items", "users"), files, strict=True):
        if (table == "events" or file is not None) and table not in made:
            raise InputError(f"the field map says nothing about [{table}], and {file} is to be read")
        if file is not None and fields is not None:
            _check_columns(file, table, made[table])
    size = sum(file.stat().st_size for file in files if file is not None and file.is_file())
    with Quarantine() as quarantine, StoreWriter(out, kind="table", overwrite=overwrite) as writer:
        reader = _Reader(quarantine, progress, size)
        items = reader.items(files.items, made["items"]) if files.items is not None else {}
        users = reader.users(files.users, made["users"]) if files.users is not None else {}
        log = reader.events(files.events, made, items, known=files.items is not None)
        reader.name_categories(items)
        quarantine.judge(reader.rows, max_bad)
        _write(writer, log, items, users, reader.spoken, made, liked, per_user, wishes, reader.counts)
        quarantine.write(writer.attach("quarantine.jsonl"))
        report = _report(writer, files, made, reader, log, liked)
        named = {file.name: sha256(file) for file in files if file is not None}
        writer.finish(source=named, notes={"source": "constructed", "report": msgspec.to_builtins(report)})
    return report


def _check_columns(file: Path, table: str, fields: Mapping[str, Source]) -> None:
    """Raise InputError where a column is not in the header of a file or, where it has none, one that is needed not in its first
    rows."""
    columns, named = columns_of(file, _SAMPLE), header_of(file)
    columns |= {column: [] for column in named if column not in columns}
    for name in fields if named else REQUIRED[table]:
        key = fields[name].key
        if key and not {key, key.partition(".")[0]} & columns.keys():
            raise InputError(f"the field map reads [{table}] {name} from {key!r}, and {file} has no such column; its columns are "
                             f"{', '.join(map(repr, columns))}")


class _Event(NamedTuple):
    item: str
    rating: float | None
    time: float
    session: str
    query: str
    locale: str


class _Log(NamedTuple):
    """Events by user, in order of the file; the ends of the rating scale as found or stated."""

    by_user: dict[str, list[_Event]]
    low: float
    high: float


class _Reader:
    """Reads the tables, sets bad rows aside, and counts what was assumed."""

    def __init__(self, quarantine: Quarantine, progress: Progress | None, size: int) -> None:
        self._quarantine, self._progress, self._size, self._done = quarantine, progress, size, 0
        self.rows = 0
        self.counts: Counter[str] = Counter()
        self._named: dict[str, str] = {}  # item -> its category as the table has it
        self.spoken: dict[str, str] = {}  # user -> his language, where the table of users says it

    def items(self, file: Path, fields: Mapping[str, Source]) -> dict[str, Item]:
        found: dict[str, Item] = {}
        for item in self._read(file, lambda row: self._item(row, fields)):
            self.counts["items_twice"] += item.id in found
            found.setdefault(item.id, item)
        return found

    def users(self, file: Path, fields: Mapping[str, Source]) -> dict[str, User]:
        found: dict[str, User] = {}
        for user in self._read(file, lambda row: self._user(row, fields)):
            self.counts["users_twice"] += user.id in found
            found.setdefault(user.id, user)
        return found

    def events(self, file: Path, made: TableMap, items: dict[str, Item], known: bool) -> _Log:
        """known: ``items`` is the whole catalogue; else the items are those of the events."""
        by_user: dict[str, list[_Event]] = {}
        fields = made["events"]
        scale = fields.get("rating")
        low, high = float("inf"), float("-inf")

        def event(row: Mapping[str, Any]) -> tuple[str, _Event]:
            user, item = (self._id(pick(row, fields[what]), what) for what in ("user", "item"))
            if item not in items:
                if known:
                    raise RowError(f"item {item!r} is not among the items")
                items[item] = self._item(row, {**made["items"], "id": fields["item"]})
            return user, _Event(
                item, None if scale is None else _rating(pick(row, scale), scale),
                _time(pick(row, fields["time"])) if "time" in fields else 0.0,
                self._id(pick(row, fields["session"]), "session") if "session" in fields else "",
                coerce.stripped(pick(row, fields["query"]), "query") if "query" in fields else "",
                coerce.stated_locale(pick(row, fields["locale"])) if "locale" in fields and fields["locale"].key else "")

        for user, one in self._read(file, event):
            by_user.setdefault(user, []).append(one)
            if one.rating is not None:
                low, high = min(low, one.rating), max(high, one.rating)
        if scale is not None and (scale.values or (scale.min, scale.max) != (0.0, 1.0)):
            low, high = (0.0, 1.0) if scale.values else (scale.min, scale.max)
        return _Log(by_user, low, high)

    def _read(self, file: Path, make: Callable[[Mapping[str, Any]], Any]) -> Iterable[Any]:
        for row in read_table(file):
            self.rows += 1
            if self._progress is not None and self.rows % _EVERY == 0:
                self._progress(self._done + row.end, self._size)
            made = self._made(file, row, make)
            if made is not None:
                yield made
        self._done += file.stat().st_size

    def _made(self, file: Path, row: TableRow, make: Callable[[Mapping[str, Any]], Any]) -> Any:
        try:
            if row.reason:
                raise RowError(row.reason)
            return make(row.value)
        except RowError as error:
            self._quarantine.add(file.name, row.line, str(error))
        except (ArithmeticError, ValueError, TypeError, LookupError, RecursionError) as error:
            self._quarantine.add(file.name, row.line, f"cannot be read ({type(error).__name__}: {error})")
        return None

    def _id(self, value: Any, what: str) -> str:
        assumed: list[str] = []
        told = coerce.id_of(value, assumed)
        whole = _WHOLE.fullmatch(told)
        self.counts["ids_as_numbers"] += bool(assumed) or whole is not None
        if not told:
            raise RowError(f"{what} is missing or empty")
        return whole[1] if whole else told

    def _item(self, row: Mapping[str, Any], fields: Mapping[str, Source]) -> Item:
        told = {field: value for field, source in fields.items() if (value := pick(row, source)) not in (None, "", [])}
        id_ = self._id(told.pop("id", None), "id")
        locale = coerce.stated_locale(told.pop("locale", "")) or coerce.locale_of([str(told.get("name", ""))])
        notes: list[str] = []
        item = coerce.item_of({**told, "id": id_, "name": str(told.get("name") or id_)}, locale, None, notes)
        self.counts.update(note for note in notes if note != coerce.NUMBERED)
        self._named[id_] = coerce.own_category(told.get("category")) or item.category
        return item

    def name_categories(self, items: dict[str, Item]) -> None:
        """Leave all categories as the table has them where only some of them are among ours, and those are one: what is a kind
        of restaurant would else lie beside the restaurants."""
        ours = {item.category for item in items.values()} & set(CATEGORIES)
        if len(ours) == 1 and any(item.category not in ours for item in items.values()):
            items |= {id_: msgspec.structs.replace(item, category=self._named[id_]) for id_, item in items.items()}

    def _user(self, row: Mapping[str, Any], fields: Mapping[str, Source]) -> User:
        told = {field: value for field, source in fields.items() if (value := pick(row, source)) not in (None, "", [])}
        id_ = self._id(told.pop("id", None), "id")
        if locale := coerce.stated_locale(told.pop("locale", "")):
            self.spoken.setdefault(id_, locale)
        return User(id=id_, locale=locale or "en", profile={k: coerce.text_of(v, k) for k, v in told.items()})


def _rating(value: Any, source: Source) -> float:
    """A rating as it stands, or as the map's ``values`` have it. Raises RowError for none."""
    if source.values:
        return coerce.label_of(value, source, "rating")
    if value is None:
        raise RowError("rating is missing or empty")
    if isinstance(value, bool):
        return float(value)
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise RowError(f"rating: expected a number, got {str(value)[:40]!r}; words get one by the field map: "
                       f'rating = {{key = "{source.key}", values = {{"{str(value)[:20]}" = 1}}}}') from None
    low, high = (source.min, source.max) if (source.min, source.max) != (0.0, 1.0) else (-1e9, 1e9)
    if not low <= found <= high:
        raise RowError(f"rating: {found:g} is outside of {low:g} to {high:g}, the scale of the field map")
    return found


def _time(value: Any) -> float:
    """Seconds (or whatever unit) of a time, for its order. Raises RowError for what is neither a number nor a date."""
    if value is None:
        raise RowError("time is missing or empty")
    try:
        number = float(value)
    except (TypeError, ValueError):
        pass
    else:
        if not math.isfinite(number):
            raise RowError(f"time: expected a number or a date; got {str(value)[:40]!r}")
        return number
    try:
        found = datetime.fromisoformat(str(value).strip().replace("/", "-"))
    except ValueError:
        raise RowError(f"time: expected a number or a date such as 2024-05-01 12:00; got {str(value)[:40]!r}") from None
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()


# -- sessions -------------------------------------------------------------------------------------------------------------


def _write(
    writer: StoreWriter, log: _Log, items: Mapping[str, Item], users: Mapping[str, User], spoken: Mapping[str, str],
    made: TableMap, liked: float, per_user: int, wishes: int, counts: Counter[str],
) -> None:
    for item in items.values():
        writer.add_item(item)
    pools, bound = Pools(items), log.low + liked * (log.high - log.low)
    usual = coerce.stated_locale(made["events"].get("locale", Source()).constant) or _most(
        e.locale for events in log.by_user.values() for e in events) or "en"
    told = Counter(session for events in log.by_user.values() for session in {e.session for e in events})
    anew = any(n > 1 for session, n in told.items() if session)  # numbers of sessions begin anew with each user
    for id_, events in log.by_user.items():
        visits, locale = _visits(events, bound), _most(e.locale for e in events) or spoken.get(id_, usual)
        if anew:
            visits = [visit._replace(session=visit.session and f"{id_}/{visit.session}") for visit in visits]
        kept, met = keep(visits, per_user), {e.item for e in events}
        if not kept.visits:
            counts["users_who_liked_nothing"] += 1
            continue
        user = users.get(id_) or User(id=id_, locale=locale)
        writer.add_user(msgspec.structs.replace(user, locale=locale, history=kept.history))
        for number, visit in enumerate(kept.visits):
            one = session_of(visit, id_, number, met, items, pools, locale, wishes)
            if len(one.session.goals[0].candidates) < 2:
                counts["sessions_with_nothing_else_to_list"] += 1
                continue
            writer.add_session(*one)
            counts["sessions_with_own_words"] += bool(visit.query)


def _most(values: Iterable[str]) -> str:
    """The commonest that is not empty; of equally many the first by the alphabet."""
    counts = Counter(filter(None, values))
    return min(counts, key=lambda value: (-counts[value], value), default="")


def _visits(events: list[_Event], bound: float) -> list[Visit]:
    """What a user did, in order of time: a visit a session, or a liked item where there are none."""
    ordered = sorted(events, key=lambda e: e.time)  # equal times stay in the file's order
    good = {id(e): e.rating is None or e.rating >= bound for e in ordered}
    if any(e.session for e in ordered):
        groups: dict[str, list[_Event]] = {}
        for event in ordered:
            groups.setdefault(event.session, []).append(event)
        return [Visit(session, next((e.query for e in own if e.query), ""), _unique(e.item for e in own if good[id(e)]),
                      _unique(e.item for e in own if not good[id(e)]), listed=True) for session, own in groups.items()]
    refused = _unique(e.item for e in reversed(ordered) if not good[id(e)])
    return [Visit("", e.query, (e.item,), refused, listed=False) for e in ordered if good[id(e)]]


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


# -- report ---------------------------------------------------------------------------------------------------------------


def _report(
    writer: StoreWriter, files: Files, made: TableMap, reader: _Reader, log: _Log, liked: float,
) -> IngestReport:
    counts = Counter({name: n for name, n in reader.counts.items() if n})
    assumed = {name: counts.pop(name) for name in list(counts) if " " in name}
    bound = log.low + liked * (log.high - log.low)
    notes = [f"liked: a rating from {bound:g} on, on a scale from {log.low:g} to {log.high:g}" if log.high >= log.low
             else "liked: every row, since there is no rating"]
    idle = counts["users_who_liked_nothing"]
    if 2 * idle > len(log.by_user):
        notes.append(f"{idle:,} of {len(log.by_user):,} users liked nothing, and have no session; if the scale is "
                     "another, say its ends in the field map (min, max), or lower --liked")
    notes += ["no column tells when: rows count as in order of time"] if "time" not in made["events"] else []
    notes += ["sessions are constructed: what users liked is theirs; what else was listed is drawn, and counts as passed over",
              "what users say is made up of the record of what they liked" if not counts["sessions_with_own_words"] else
              f"{counts['sessions_with_own_words']:,} sessions open with the user's own words"]
    for table, file in zip(("events", "items", "users"), files, strict=True):
        if file is None:
            continue
        fields = [*made.get(table, {}).values(), *(made["items"].values() if files.items is None else ())]
        if unused := [c for c in columns_of(file, 50) if c not in {source.key for source in fields}]:
            notes.append(f"{file.name}: columns that feed nothing: {', '.join(unused)}")
    if told := foreign_text(writer.items_by_category):
        column = made["items"]["category"].key
        notes += [told, f'where that is one of these, say so in the field map: category = {{constant = "{CATEGORIES[0]}"}}'
                  + (f', subcategory = "{column}"' if column else "")]
    tables: dict[str, dict[str, float | int | str]] = {
        "field <- column": {f"{table}.{field}": str(source) for table, own in made.items() for field, source in own.items()},
        "items by category": dict(writer.items_by_category.most_common(12)),
        "assumed, items": dict(sorted((name, n) for name, n in assumed.items() if not name.startswith(coerce.OWN))),
    }
    return IngestReport(
        kind="table", out=str(writer.out), rows=reader.rows, quarantined=reader._quarantine.count,
        counts={**writer.counts, **dict(sorted(counts.items()))}, tables={k: v for k, v in tables.items() if v},
        notes=tuple(notes), examples=tuple(reader._quarantine.examples))
