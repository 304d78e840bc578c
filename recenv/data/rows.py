"""RecRM-Bench folders as canonical rows: of our own schema, or of any other by detection or a field map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from recenv.data import coerce
from recenv.data.detect import SAMPLE, detect, probe
from recenv.data.fieldmap import TABLES, FieldMap, Source, listed, load_field_map, pick
from recenv.data.jsonl import Line, decode, lines
from recenv.data.layout import Unfit, lay_out
from recenv.data.listing import split_list
from recenv.data.made import Made, plain
from recenv.data.render import item_text, mapping_text, user_text
from recenv.data.sound import STRANGE, check_depth, strangely
from recenv.errors import InputError, RowError, UnknownName
from recenv.records import Item, Need, ScorerRow, User

FILES: dict[str, str] = {
    "instruction_following": "instruction_following/if_rewrite.jsonl",
    "factual_consistency": "factual_consistency/hallucination_rewrite.jsonl",
    "query_item_relevance": "query_item_relevance/relevance_rewrite.jsonl",
    "behavior_prediction": "behavior_prediction/user_rewrite.jsonl",
    "item_ranking": "item_ranking/item_ranking_rewrite.jsonl",
}
"""Dimension -> file, below ``data/`` or below the folder itself."""

_TEXTS = ("instruction", "query", "response", "evidence")
_FIRST_ROWS = 1000
_MAX_ITEMS = 500
_PREVIEW = 3


class Gold(msgspec.Struct, frozen=True, kw_only=True):
    """What a synthetic row knows beyond its labels: the need, a utility an item, patience in turns, whether the user left."""

    need: Need
    utilities: tuple[float, ...]
    patience: int = 4
    left: bool | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row by canonical fields; what a dimension does not have is empty. past: items of the history that came as objects.

    line: 1-based. end: bytes of the file read so far. size: bytes of the line.
    """

    dimension: str
    line: int
    end: int
    size: int
    locale: str
    session_id: str = ""
    user_id: str = ""
    user: User | None = None
    past: tuple[Item, ...] = ()
    instruction: str = ""
    query: str = ""
    response: str = ""
    evidence: str = ""
    context: dict[str, str] = {}
    category: str = ""
    item: Item | None = None
    items: tuple[Item, ...] = ()
    label: float = 0.0
    labels: tuple[float, ...] = ()
    gold: Gold | None = None


class Bad(msgspec.Struct, frozen=True):
    """A row that cannot be used."""

    line: int
    reason: str
    end: int


class RowFile:
    """One file of a folder, its fields found or mapped; iterating gives each row, good or bad, in bounded memory.

    Rows with the keys of the first ones are read by their layout; whatever does not fit it, or has anything wrong, by ``decode``
    and ``pick``, which also say what is wrong. Equal users and items of rows near each other are one object.

    sources: canonical field -> where it comes from. unused: raw keys of the first rows that feed nothing. preview: the first
    items that were read from texts. assumed: what had to be assumed, counted while iterating. made: the users and items, which
    files may share.
    """

    def __init__(self, path: Path, dimension: str, field_map: FieldMap | None, made: Made) -> None:
        self.path, self.dimension = path, dimension
        self.assumed: Counter[str] = Counter()
        self.preview: list[str] = []
        first, where = self._first_rows()
        given = (field_map or {}).get(dimension)
        if not first:
            self.sources: dict[str, Source] = given or {}
        elif given is not None:
            probe(dimension, given, first, where)
            self.sources = given
        else:
            self.sources = detect(dimension, first, where)
        fed = {source.key.partition(".")[0] for source in self.sources.values()} | {s.key for s in self.sources.values()}
        keys = list(dict.fromkeys(k for row in first for k in row))
        self.unused = tuple(k for k in keys if k not in fed)
        self._texts = tuple(f for f in _TEXTS if f in self.sources)
        self._layout = lay_out(self.sources, keys)
        self._made = made

    def _first_rows(self) -> tuple[list[dict[str, Any]], str]:
        """Up to SAMPLE decodable rows among the first lines, and file:line of the first of them."""
        rows, where, reasons, seen = list[dict[str, Any]](), f"{self.path}:1", list[str](), 0
        for line in islice(lines(self.path), _FIRST_ROWS):
            seen += 1
            try:
                rows.append(decode(line))
            except RowError as error:
                reasons.append(f"{self.path}:{line.number}: {error}")
                continue
            where = f"{self.path}:{line.number}" if len(rows) == 1 else where
            if len(rows) == SAMPLE:
                break
        if seen and not rows:
            raise InputError(f"none of the first {seen} rows of {self.path} can be read; the first: {reasons[0]}")
        return rows, where

    def __iter__(self) -> Iterator[Row | Bad]:
        for line in lines(self.path):
            try:
                yield self._read(line)
            except (RowError, *STRANGE) as error:
                yield Bad(line.number, strangely(error), line.end)

    def _read(self, line: Line) -> Row:
        check_depth(line.data)
        if self._layout is not None and not line.reason:
            try:
                return self._row(self._layout.values(line.data), line)
            except (Unfit, RowError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass
        raw = decode(line)
        row = self._row({field: pick(raw, source) for field, source in self.sources.items()}, line)
        if self._layout is not None:
            self._layout = self._layout.wider(raw) or self._layout
        return row

    def _row(self, value: Mapping[str, Any], line: Line) -> Row:
        told = {f: coerce.stripped(value[f], f) for f in self._texts}
        locale = coerce.stated_locale(value.get("locale"))
        if not locale:
            words = [text for text in told.values() if text]
            locale = coerce.locale_of(words or [str(plain(value.get("item")) or plain(value.get("items")) or "")])
        picked = _Picked(value, told, locale, self.sources, [], self._made)
        made = _MAKERS[self.dimension](picked)
        user_id = picked.id("user_id") or (made["user"].id if "user" in made else "")
        session_id = picked.id("session_id")
        if picked.assumed:
            self.assumed.update(dict.fromkeys(picked.assumed, 1))
            if coerce.READ in picked.assumed and len(self.preview) < _PREVIEW:
                self._show(made)
        return Row(dimension=self.dimension, line=line.number, end=line.end, size=len(line.data), locale=locale,
                   session_id=session_id, user_id=user_id, **(told | made))


    def _show(self, made: Mapping[str, Any]) -> None:
        items = (*made.get("items", ()), *([made["item"]] if "item" in made else []))
        self.preview += [item_text(item) for item in items if item.id.startswith("item/")][: _PREVIEW - len(self.preview)]


class _Picked(NamedTuple):
    """The raw values of one row by field, and what is known of all of them."""

    value: Mapping[str, Any]
    told: Mapping[str, str]
    locale: str
    sources: Mapping[str, Source]
    assumed: list[str]
    made: Made

    def id(self, field: str) -> str:
        return coerce.id_of(self.value.get(field), self.assumed)

    def needed(self, *fields: str) -> None:
        """Raises RowError where none of these texts is there."""
        if not any(self.told.get(field) for field in fields):
            raise RowError(f"{' and '.join(fields)} is missing or empty")

    def user(self) -> tuple[User, tuple[Item, ...]]:
        return self.made.user(self.value.get("user"), self.value.get("history"), self.locale, self.id("user_id"), self.assumed)

    def context(self) -> dict[str, str]:
        return coerce.context_of(self.value.get("context"))

    def told_as_truth(self, *values: object) -> None:
        """Note labels that are ``true`` or ``false``."""
        if any(isinstance(value, bool) for value in values):
            self.assumed.append("labels that are true or false, read as 1 and 0")

    def label(self) -> float:
        value = self.value.get("label")
        if isinstance(value, bool):
            self.told_as_truth(value)
        return coerce.label_of(value, self.sources["label"])

    def item(self) -> Item:
        return self.made.item(self.value.get("item"), self.locale, None, self.assumed)


def _instruction(picked: _Picked) -> dict[str, Any]:
    picked.needed("response")
    picked.needed("instruction", "query")
    return {"label": picked.label()}


def _factual(picked: _Picked) -> dict[str, Any]:
    picked.needed("response")
    picked.needed("evidence")
    return {"label": picked.label()}


def _relevance(picked: _Picked) -> dict[str, Any]:
    picked.needed("query")
    return {"item": picked.item(), "label": picked.label()}


def _behavior(picked: _Picked) -> dict[str, Any]:
    user, past = picked.user()
    return {"user": user, "past": past, "context": picked.context(), "item": picked.item(), "label": picked.label()}


def _ranking(picked: _Picked) -> dict[str, Any]:
    picked.needed("query")
    listed = picked.value.get("items")
    listed = split_list(listed) if isinstance(listed, str) else listed  # a list as a text has it
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MAX_ITEMS:
        found = f"{len(listed)} of them" if isinstance(listed, list) else type(listed).__name__
        raise RowError(f"items: expected a list of 1 to {_MAX_ITEMS} items, got {found}")
    user, past = picked.user()
    stated = picked.value.get("category")
    category = coerce.category_of(stated) or coerce.own_category(stated)
    items = tuple(picked.made.item(raw, picked.locale, category, picked.assumed) for raw in listed)
    told = picked.value.get("labels")
    picked.told_as_truth(*(told if isinstance(told, list) else ()))
    labels = coerce.labels_of(told, picked.sources["labels"], items)
    gold = _gold(picked.value.get("gold"), len(items))
    category = category or Counter(item.category for item in items).most_common(1)[0][0]
    return {"user": user, "past": past, "context": picked.context(), "category": category,
            "items": items, "labels": labels, "gold": gold}


_MAKERS = {"instruction_following": _instruction, "factual_consistency": _factual, "query_item_relevance": _relevance,
           "behavior_prediction": _behavior, "item_ranking": _ranking}


def _gold(raw: Any, items: int) -> Gold | None:
    if raw is None:
        return None
    try:
        gold = msgspec.convert(raw, Gold)
    except msgspec.ValidationError as error:
        raise RowError(f"gold: {error}") from None
    if len(gold.utilities) != items:
        raise RowError(f"gold: {len(gold.utilities)} utilities for {items} items")
    return gold


def open_rows(
    folder: str | Path, dimension: str, field_map: FieldMap | None = None, made: Made | None = None
) -> RowFile | None:
    """The file of a dimension, None where the folder has none. made: of the other files of the folder.

    Raises UnknownName for a dimension that is none, InputError for a missing folder or keys that cannot be told apart.
    """
    if dimension not in FILES:
        raise UnknownName("dimension", dimension, FILES)
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"no folder at {root}; expected a RecRM-Bench folder with data/*/*.jsonl")
    path = next((p for p in (root / "data" / FILES[dimension], root / FILES[dimension]) if p.is_file()), None)
    return None if path is None else RowFile(path, dimension, field_map, made or Made())


def refuse(file: RowFile, row: Bad) -> None:
    """Raise RowError for a row that cannot be used."""
    raise RowError(f"{file.path}:{row.line}: {row.reason}")


def rows_from_recrm(
    folder: str | Path, dimension: str | None = None, field_map: str | Path | FieldMap | None = None, *,
    aside: Callable[[RowFile, Bad], None] = refuse,
) -> Iterator[ScorerRow]:
    """Labelled scorer rows of one dimension (all five where none is named), streamed in file order.

    ids are ``recrm/<file stem>:<0-based line>``; group is the user (the row itself where there is none). Items of a
    ranking row keep the displayed order. aside: takes unusable rows, or raises. Raises InputError for a missing folder or file.
    """
    mapped = load_field_map(field_map) if isinstance(field_map, (str, Path)) else field_map
    for name in TABLES if dimension is None else (dimension,):
        file = open_rows(folder, name, mapped)
        if file is None:
            if dimension is not None:
                raise InputError(f"{folder} has no {FILES[name]}; expected a RecRM-Bench folder")
            continue
        for row in file:
            if isinstance(row, Bad):
                aside(file, row)
            else:
                yield scorer_row(row, file.path.stem)


def scorer_row(row: Row, stem: str) -> ScorerRow:
    """A row in the form that scorers train on; its texts come from the renderers that are used at run time."""
    id_ = f"recrm/{stem}:{row.line - 1}"
    return ScorerRow(
        dimension=row.dimension, id=id_, group=row.user_id or id_, locale=row.locale, instruction=row.instruction,
        query=row.query, response=row.response, evidence=row.evidence, user=user_text(row.user) if row.user else "",
        context=mapping_text(row.context, row.locale), item=item_text(row.item) if row.item else "",
        items=tuple(item_text(item) for item in row.items), label=row.labels if listed(row.dimension) else row.label,
    )
