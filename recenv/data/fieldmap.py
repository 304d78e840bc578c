"""Which raw key feeds which canonical field: maps from TOML, and how a value is taken out of a row.

A map has one table a dimension; each entry names a canonical field and where it comes from.

    [query_item_relevance]
    query = "prompt_fields.query"                                     # a path: keys and list indices, joined by dots
    item = {key = "prompt", regex = "(?s)商户：(?P<value>.*?)\\n\\n"}   # a section cut out of a rendered prompt
    label = {key = "answer", values = {"是" = 1, "否" = 0}}            # texts to numbers in [0, 1]

    [item_ranking]
    query = {key = "messages", role = "user"}                         # the last message of a role
    items = {key = "prompt", regex = "(?s)候选：(?P<value>.*)", split = "\\n+"}
    labels = {key = "answer", as = "index1"}                          # position of the ordered item, counted from 1
    locale = {constant = "zh"}

Regular expressions come from the person who runs the ingest; the text that they run on is cut at 200,000 characters.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from recenv.data import CACHES
from recenv.errors import InputError, RowError, UnknownName

FIELDS: dict[str, tuple[str, ...]] = {
    "instruction_following": ("id", "locale", "session_id", "user_id", "instruction", "query", "response", "label"),
    "factual_consistency": ("id", "locale", "session_id", "user_id", "evidence", "query", "response", "label"),
    "query_item_relevance": ("id", "locale", "user_id", "query", "item", "label"),
    "behavior_prediction": ("id", "locale", "session_id", "user_id", "user", "history", "context", "query", "item", "label"),
    "item_ranking": ("id", "locale", "session_id", "user_id", "user", "history", "context", "instruction", "query", "category",
                     "items", "labels", "gold"),
}
"""Canonical fields by dimension."""

TABLES: tuple[str, ...] = tuple(FIELDS)
"""The dimensions that RecRM-Bench has a file for, in its order."""


def listed(dimension: str) -> bool:
    """Whether a row is a list of items with a label each."""
    return "labels" in FIELDS[dimension]


def of_user(dimension: str) -> bool:
    """Whether a row tells what one user did about one item."""
    return {"user", "item"} <= set(FIELDS[dimension])


REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "instruction_following": (("instruction", "query"), ("response",), ("label",)),
    "factual_consistency": (("evidence",), ("response",), ("label",)),
    "query_item_relevance": (("query",), ("item",), ("label",)),
    "behavior_prediction": (("user", "user_id"), ("item",), ("label",)),
    "item_ranking": (("query",), ("items",), ("labels",)),
}
"""What a row cannot do without: of each group at least one."""

_TEXT_CAP = 200_000
_ROLES = {"system": "system", "user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant", "bot": "assistant"}


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a field comes from.

    key: path into the row. role: of a message list, the last message of this role. regex: the part of a text that the
    group ``value`` matches. split: regular expression between the members of a list in a text. values: text -> number.
    min, max: ends of a numeric scale that is mapped onto [0, 1]. listing: how ``labels`` name items. constant: the value itself.
    """

    key: str = ""
    role: str = ""
    regex: str = ""
    split: str = ""
    values: dict[str, float] = {}
    min: float = 0.0
    max: float = 1.0
    listing: Literal["list", "index0", "index1", "ids"] = msgspec.field(default="list", name="as")
    constant: str = ""

    def __str__(self) -> str:
        parts = [self.key or repr(self.constant)]
        parts += [f"role {self.role}"] if self.role else []
        parts += [f"regex {self.regex}"] if self.regex else []
        return ", ".join(parts)


FieldMap = dict[str, dict[str, Source]]
"""Dimension -> canonical field -> source."""


def load_field_map(path: str | Path) -> FieldMap:
    """Read a field map; raises InputError or UnknownName that name the entry at fault."""
    file = Path(path)
    try:
        raw = tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"no field map at {file}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not valid TOML: {error}") from None
    return {dimension: _table(file, dimension, table) for dimension, table in raw.items()}


def _table(file: Path, dimension: str, table: Any) -> dict[str, Source]:
    if dimension not in FIELDS:
        raise UnknownName("dimension (a table of the field map)", dimension, FIELDS)
    if not isinstance(table, Mapping):
        raise InputError(f"{file}: [{dimension}] must be a table of field = source; got {table!r}")
    out = {}
    for field, entry in table.items():
        if field not in FIELDS[dimension]:
            raise UnknownName(f"field of {dimension}", field, FIELDS[dimension])
        out[field] = check_source(f"{file}: [{dimension}] {field}", entry)
    return out


def check_source(where: str, entry: Any) -> Source:
    """An entry of a map as a source; raises InputError, with ``where``, for one that is none."""
    try:
        source = msgspec.convert({"key": entry} if isinstance(entry, str) else entry, Source, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: expected a key path or a table like {{key = ...}}; {error}") from None
    _check(where, source)
    return source


def _check(where: str, source: Source) -> None:
    if not source.key and not source.constant:
        raise InputError(f"{where}: needs a key or a constant")
    for name, pattern in (("regex", source.regex), ("split", source.split)):
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise InputError(f"{where}: {name} does not compile: {error}") from None
        if name == "regex" and pattern and "value" not in compiled.groupindex:
            raise InputError(f"{where}: regex must have a group (?P<value>...); got {pattern!r}")
    if not source.max > source.min:
        raise InputError(f"{where}: max must be greater than min; got min {source.min}, max {source.max}")


@CACHES.keep(256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def pick(row: Mapping[str, Any], source: Source) -> Any:
    """The raw value of a source in a row, None where the row has none. Raises RowError where a pattern does not match."""
    return source.constant or part(follow(row, source.key), source)


def part(value: Any, source: Source) -> Any:
    """The part of the value at a source's key that the source takes: a message, what a regex matches, members of a list."""
    if value is not None and source.role:
        value = _message(value, source)
    if value is None or not (source.regex or source.split):
        return value
    if not isinstance(value, str):
        raise RowError(f"{source.key}: a regex or split needs text, got {type(value).__name__}")
    value = value[:_TEXT_CAP]
    if source.regex:
        found = _compiled(source.regex).search(value)
        if found is None:
            raise RowError(f"{source.key}: the regex {source.regex!r} does not match {value[:60]!r}")
        value = found["value"]
    if source.split:
        return [part.strip() for part in _compiled(source.split).split(value) if part and part.strip()]
    return value


def follow(row: Any, path: str) -> Any:
    """The value at a path of keys and list indices: ``a.b.0.c``, -1 for the last, ``*`` for each; a whole key wins over parts."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    head, _, rest = path.partition(".")
    if head == "*" and isinstance(row, list):
        return [follow(inner, rest) if rest else inner for inner in row]
    if isinstance(row, Mapping):
        inner = row.get(head)
    elif isinstance(row, list) and re.fullmatch(r"-?\d{1,6}", head):
        inner = row[int(head)] if -len(row) <= int(head) < len(row) else None
    else:
        return None
    return inner if not rest or inner is None else follow(inner, rest)


def _message(messages: Any, source: Source) -> Any:
    if not isinstance(messages, list):
        raise RowError(f"{source.key}: expected a list of messages, got {type(messages).__name__}")
    for message in reversed(messages):
        if message_role(message) == source.role:
            return message.get("content", message.get("value"))
    return None


def message_role(message: Any) -> str:
    """system, user or assistant for a chat message in one of the common forms, "" for anything else."""
    if not isinstance(message, Mapping):
        return ""
    return _ROLES.get(str(message.get("role", message.get("from", ""))).lower(), "")


def to_toml(dimension: str, sources: Mapping[str, Source]) -> str:
    """A table of the map as TOML, in the order of the dimension's fields."""
    rows = [f"[{dimension}]"]
    for field in FIELDS[dimension]:
        if field in sources:
            rows.append(f"{field} = {toml_of(sources[field])}")
    return "\n".join(rows)


def toml_of(source: Source) -> str:
    """A source as the value of a TOML entry."""
    raw = msgspec.to_builtins(source)
    inner = ", ".join(f"{k} = {_toml(v)}" for k, v in raw.items())
    return _toml(raw["key"]) if list(raw) == ["key"] else f"{{{inner}}}"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    return msgspec.json.encode(value).decode()  # TOML's basic strings and numbers are written as JSON's
