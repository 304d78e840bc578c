"""Finding out which raw key feeds which field, from the first rows of a file. Finds, or stops and asks: it never guesses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from recenv.data.fieldmap import FIELDS, REQUIRED, Source, listed, message_role, pick, to_toml, toml_of
from recenv.data.listing import read_entry, split_list
from recenv.errors import InputError, RowError

_ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("row_id", "sample_id", "idx", "index"),
    "locale": ("lang", "language"),
    "session_id": ("sid", "sessionid", "request_id", "conversation_id", "dialogue_id"),
    "user_id": ("uid", "userid"),
    "instruction": ("system", "system_prompt", "rules", "requirement", "requirements"),
    "query": ("question", "input", "user_query", "utterance", "user_input"),
    "response": ("answer", "output", "completion", "reply", "prediction", "model_output", "assistant_response"),
    "evidence": ("knowledge", "reference", "source", "documents", "facts", "passages", "context"),
    "label": ("score", "target", "y", "relevance", "click", "clicked", "is_click", "ordered", "answer", "output", "completion"),
    "labels": ("label", "targets", "target", "clicks", "answer", "output", "completion", "scores"),
    "item": ("candidate", "product", "poi", "merchant", "shop", "doc"),
    "items": ("candidates", "candidate_list", "item_list", "pois", "shops", "docs"),
    "user": ("profile", "user_profile", "user_info", "persona", "portrait"),
    "history": ("click_history", "behaviors", "behavior_history", "user_history", "past_items"),
    "context": ("scene", "environment", "situation"),
    "category": ("service_category", "cate", "category_name"),
    "gold": (),
}
_MESSAGES = ("messages", "conversations", "conversation", "dialogue", "dialog")
_MESSAGE_FIELDS = {"system": "instruction", "user": "query", "assistant": "response"}
LABEL_KEYS = ("label", "click", "clicked", "is_click", "ordered", "is_order", "target")
"""Keys of an item that hold its label: never attributes, which agents see."""

_TRUTH = {"是": 1.0, "否": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0, "相关": 1.0, "不相关": 0.0}
_LIST_HEAD = re.compile(r"(?:^|\n)([^\n]{1,40})\n[ \t]*(?:1[.、．)）]|\(1\)|（1）|①)")
_PROMPT = 20_000
_STRAY = 0.1  # a label or two out of place among the first rows are bad rows, more are another scale
SAMPLE = 20
"""Rows that are looked at before the first is converted."""


def detect(dimension: str, rows: Sequence[Mapping[str, Any]], where: str) -> dict[str, Source]:
    """Sources for the fields of a dimension.

    A key that is named like a field feeds it. Otherwise a key feeds a field if it is the only one that could, and the field
    is the only one that it could feed. Raises InputError, with ``where`` (file:line), the keys seen and a map to
    edit, where a needed field has no key or more than one, or where labels need a meaning.
    """
    keys = list(dict.fromkeys(k for row in rows for k in row))
    known = {f: Source(key=f) for f in FIELDS[dimension] if f in keys}
    options = _options(dimension, rows, [k for k in keys if k not in known], known)
    while True:
        claims = {f: [o for o in found if o not in known.values()] for f, found in options.items() if f not in known}
        sure = {f: found[0] for f, found in claims.items()
                if len(found) == 1 and sum(found[0] in other for other in claims.values()) == 1}
        if not sure:
            break
        known |= sure
    lacking = [group for group in REQUIRED[dimension] if not any(f in known for f in group)]
    torn = {f: found for f, found in claims.items() if found}
    if lacking or torn:
        raise InputError(_ask(dimension, rows, where, known, lacking, torn))
    return known | _scaled(dimension, rows, where, known)


def _options(
    dimension: str, rows: Sequence[Mapping[str, Any]], keys: Iterable[str], known: Mapping[str, Source]
) -> dict[str, list[Source]]:
    """What could feed each field that has no key of its own name."""
    fields = [f for f in FIELDS[dimension] if f not in known]
    options: dict[str, list[Source]] = {}
    for key in keys:
        if key in _MESSAGES:
            value: Any = next((row[key] for row in rows if row.get(key)), [])
            roles = list(dict.fromkeys(message_role(m) for m in value)) if isinstance(value, list) else []
            for role in (r for r in roles if _MESSAGE_FIELDS.get(r) in fields):
                if "response" in FIELDS[dimension]:  # elsewhere a message is a rendered prompt, which needs a map
                    options.setdefault(_MESSAGE_FIELDS[role], []).append(Source(key=key, role=role))
            continue
        for field in fields:
            if key.casefold() in _ALIASES[field]:
                options.setdefault(field, []).append(Source(key=key))
    if "labels" in fields:
        for key in ("items", *_ALIASES["items"]):
            options.setdefault("labels", []).extend(_inner_labels(key, rows))
    return {field: found for field, found in options.items() if found}


def _inner_labels(key: str, rows: Sequence[Mapping[str, Any]]) -> list[Source]:
    """Labels that lie inside the listed items."""
    lists = [row[key] for row in rows if isinstance(row.get(key), list) and row[key]]
    if not lists or not all(isinstance(item, Mapping) for listed in lists for item in listed):
        return []
    inner = [k for k in LABEL_KEYS if all(k in item for listed in lists for item in listed)]
    return [Source(key=f"{key}.*.{k}") for k in inner]


def _scaled(dimension: str, rows: Sequence[Mapping[str, Any]], where: str, known: Mapping[str, Source]) -> dict[str, Source]:
    """The label's source with the meaning of the texts seen; stops at texts and scales without an agreed meaning."""
    field = "labels" if listed(dimension) else "label"
    source, seen = known[field], list[Any]()
    for row in rows:
        value = pick(row, source)
        seen += value if isinstance(value, list) else [value]
    seen = [v for v in seen if isinstance(v, (int, float, str))]
    texts = list(dict.fromkeys(v.strip().casefold() for v in seen if isinstance(v, str) and not _is_number(v)))
    numbers = [_float(v) for v in seen if _is_number(v)]
    unclear = [t for t in texts if t not in _TRUTH]
    strange = sum(isinstance(v, str) and v.strip().casefold() in unclear for v in seen) + sum(not 0 <= n <= 1 for n in numbers)
    if strange > _STRAY * len(seen):
        examples = ", ".join(repr(v) for v in dict.fromkeys(str(v) for v in seen))[:200]
        hint = (f'{field} = {{key = "{source.key}", values = {{"{unclear[0][:30]}" = 1}}}}' if unclear
                else f'{field} = {{key = "{source.key}", min = {min(numbers):g}, max = {max(numbers):g}}}')
        rest = to_toml(dimension, {f: s for f, s in known.items() if f != field})
        if field == "labels":
            hint += f'\n\nor, where it tells places in the list:\n\nlabels = {{key = "{source.key}", as = "index1"}}'
        raise InputError(f"{where}: {dimension}: the labels under {source.key!r} are not numbers in [0, 1]: {examples}. Say what "
                         f"they mean with --field-map FILE.toml, for instance:\n\n{rest}\n{hint}")
    values = {t: _TRUTH[t] for t in texts if t in _TRUTH}
    return {field: msgspec.structs.replace(source, values=values)} if values else {}


def _is_number(text: object) -> bool:
    try:
        return isinstance(text, int) or float(str(text)) == float(str(text))
    except ValueError:
        return False


def _float(value: object) -> float:
    """A number, infinite where it has too many digits for one."""
    if isinstance(value, int):
        return float(value) if abs(value) < 10**300 else math.inf
    return float(str(value))


def _ask(
    dimension: str, rows: Sequence[Mapping[str, Any]], where: str, known: Mapping[str, Source],
    lacking: Sequence[tuple[str, ...]], torn: Mapping[str, Sequence[Source]],
) -> str:
    """The message that stops: what is unclear, which keys there are, and a map to start from."""
    lines = [f"{where}: cannot tell which keys feed {dimension}."]
    lines += [f"  nothing feeds {' or '.join(group)}" for group in lacking]
    lines += [f"  {field} could come from {' or '.join(str(s) for s in found)}" for field, found in torn.items()]
    lines += ["Keys seen:", *(f"  {path} = {value}" for path, value in _seen(rows[0]))]
    lines += ["A map to start from (edit it, then pass it as --field-map FILE.toml):", "", to_toml(dimension, known)]
    paths = [path for path, value in _seen(rows[0]) if value.startswith("'")] or [path for path, _ in _seen(rows[0])] or ["KEY"]
    longest = max(paths, key=lambda p: len(str(rows[0].get(p, ""))))
    for field in dict.fromkeys([*(group[0] for group in lacking), *torn]):
        if field in torn:
            lines.append(f'{field} = "{torn[field][0].key}"  # or {", ".join(str(s) for s in torn[field][1:]) or "leave it out"}')
        elif field == "labels":
            lines.append(f'labels = {{key = "{longest}", regex = "(?s)labels:(?P<value>.*)", as = "index1"}}')
        elif field == "label":
            lines.append(f'{field} = {{key = "{longest}", regex = "(?P<value>是|否)$", values = {{"是" = 1, "否" = 0}}}}')
        else:
            if field == "items" and (found := _written_list(str(rows[0].get(longest, "")))) is not None:
                lines += _list_lines(longest, found)
                continue
            split = ', split = "\\\\n+"' if field == "items" else ""
            lines.append(f'{field} = {{key = "{longest}", regex = "(?s){field}:(?P<value>.*?)\\\\n\\\\n"{split}}}')
    return "\n".join(lines)


class _WrittenList(NamedTuple):
    """A numbered list in a text: a regex that cuts it out, and its entries."""

    regex: str
    entries: list[str]


def _written_list(text: str) -> _WrittenList | None:
    """The first numbered list in a prompt, None where it has none."""
    found = _LIST_HEAD.search(text[:_PROMPT])
    if found is None:
        return None
    regex = f"(?s){re.escape(found[1])}\\n(?P<value>.*?)(?:\\n[ \\t]*\\n|\\Z)"
    inner = re.search(regex, text)
    return None if inner is None else _WrittenList(regex, split_list(inner["value"]))


def _list_lines(key: str, found: _WrittenList) -> list[str]:
    """The entry of a map that cuts a list out of a prompt, with what its first items would become."""
    lines = [f"items = {toml_of(Source(key=key, regex=found.regex))}  # {len(found.entries)} items, such as"]
    for entry in map(read_entry, found.entries[:3]):
        told = ", ".join(f"{k} = {v}" for k, v in entry.told.items())
        lines.append(f"#   {entry.name} | {told}{'   <- looks like more than a name' if entry.unparsed else ''}")
    return lines


def _seen(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Paths of a row, two levels deep, with the beginning of their values."""
    out: list[tuple[str, str]] = []
    for key, value in list(row.items())[:40]:
        if isinstance(value, Mapping):
            out += [(f"{key}.{k}", repr(v)[:60]) for k, v in list(value.items())[:10]]
        else:
            out.append((key, repr(value)[:60]))
    return out


def probe(dimension: str, sources: Mapping[str, Source], rows: Sequence[Mapping[str, Any]], where: str) -> None:
    """Stop early where a given map yields nothing for a needed field in any of the first rows."""
    for group in REQUIRED[dimension]:
        mapped = [f for f in group if f in sources]
        if not mapped:
            raise InputError(f"{where}: the field map for {dimension} says nothing about {' or '.join(group)}, which is needed")
        if not any(_yields(row, sources[f]) for row in rows for f in mapped):
            keys = ", ".join(path for path, _ in _seen(rows[0]))
            raise InputError(f"{where}: the field map takes {mapped[0]} from {sources[mapped[0]]}, which none of the first "
                             f"{len(rows)} rows has. Keys seen: {keys}")


def _yields(row: Mapping[str, Any], source: Source) -> bool:
    try:
        return pick(row, source) not in (None, "", [])
    except RowError:
        return False
