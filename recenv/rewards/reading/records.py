"""Evidence taken apart, however it is laid out: records of labelled values from lines, "label: value" lists or JSON."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from recenv.rewards.reading import CACHES
from recenv.rewards.reading.lexical import norm

ROLES = {
    "name": r"名称|名字|店名|\bname\b|\bpoi\b|\btitle\b",
    "address": r"地址|位置|位于|坐落|地处|在哪|哪里|怎么走|address|located|location|where|directions?",
    "phone": r"电话|号码|联系方式|致电|phone|tel\b|contact|call",
    "rating": r"评分|口碑|打分|评价|几分|多少分|rating|rated|score|stars?\b",
    "price": r"价格|价位|人均|消费|票价|门票|房价|花费|价钱|多少钱|收费|免费|price|cost|fee\b|how much|budget",
    "hours": r"营业时间|开放时间|几点|营业|开门|关门|\bhours\b|\bopen|clos(?:e|ing)",
    "subway": r"地铁|subway|metro",
    "dishes": r"推荐菜|招牌菜|特色菜|菜品|好吃的|什么菜|哪些菜|菜(?!系)|dish|menu|speciali",
    "facilities": r"设施|服务|facilit|amenit|service",
    "kind": r"类型|菜系|档次|星级|type|kind|category",
    "duration": r"游玩时间|游玩时长|时长|玩多久|玩多长|多长时间|多久|duration|how long|time needed",
    "nearby": r"周边|附近|旁边|周围|nearby|near\b|around",
    "area": r"区域|哪个区|商圈|area|district",
    "time": r"时间|日期|date|time\b|when\b|day\b",
}
"""What fields are called, and how questions and answers speak of them."""
_ROLE = {role: re.compile(pattern) for role, pattern in ROLES.items()}
_LABEL = re.compile(r"[\"']?(?P<label>[^\"':;,|{}\[\]。\n]{1,24}?)[\"']?\s{0,2}[:=]\s{0,2}(?=\S)")
_HARD = re.compile(r"[;\n|]|\t")
_SOFT = re.compile(r",(?=\s{0,2}[\"']?[^\W\d][^,:;|。\n]{0,23}[\"']?\s{0,2}[:=])")
_MEMBERS = re.compile(r"[、,/]|;\s")
_OPENING, _CLOSING = " \n{[\"'", " \n}]\"'"


class Field(NamedTuple):
    """label: normalised, "" without one; role: key of ROLES or ""; value: normalised; members: of a list, else the value."""

    label: str
    role: str
    value: str
    members: tuple[str, ...]


@CACHES.keep(8_192)
def read_records(evidence: str) -> tuple[tuple[Field, ...], ...]:
    """The records of an evidence text, each its fields in order. Free prose is one field without a label per line."""
    loaded = _loaded(evidence)
    if loaded is not None:
        return loaded
    lines = [line for line in norm(evidence).split("\n") if line.strip()]
    records = [_line(line) for line in lines]
    fields = [field for record in records for field in record]
    single = len(records) > 1 and all(len(record) <= 1 for record in records)
    if (single or _is_block(records)) and sum(bool(f.role) for f in fields) > 1:  # not a dialogue: speakers look like labels
        return _stacked(fields)
    return tuple(record for record in records if record)


def _is_block(records: list[tuple[Field, ...]]) -> bool:
    """Whether lines are the fields of records: each begins with a label, of which there are several."""
    labels = [record[0].label for record in records if record]
    return all(labels) and len(set(labels)) > 2 and sum(map(len, records)) < 2 * len(records)


def _stacked(fields: list[Field]) -> tuple[tuple[Field, ...], ...]:
    """Records from one field a line: a new one begins where the label of the first comes again, if that is a name, else any."""
    first = fields[0].label if fields[0].role == "name" else ""
    found: list[list[Field]] = [[]]
    labels: set[str] = set()
    for field in fields:
        if field.label in labels and (field.label == first or not first) and field.label:
            found.append([])
            labels.clear()
        found[-1].append(field)
        labels.add(field.label)
    return tuple(tuple(record) for record in found)


@CACHES.keep(16_384)
def role_of(label: str) -> str:
    """The role that a field's label names, "" where none is known."""
    return next((role for role, pattern in _ROLE.items() if pattern.search(label)), "")


@CACHES.keep(16_384)
def roles_in(text: str) -> tuple[str, ...]:
    """The roles that a question or an answer speaks of."""
    plain = norm(text)
    return tuple(role for role, pattern in _ROLE.items() if pattern.search(plain))


@CACHES.keep(16_384)
def _line(line: str) -> tuple[Field, ...]:
    hard = _HARD.split(line)
    parts = hard if len(hard) > 1 else _SOFT.split(line)
    fields: list[Field] = []
    for part in parts:
        part = _bare(part) if "{" in line or "[" in line else part.strip()
        match = _LABEL.match(part)
        label = match.group("label").strip() if match else ""
        if not label or label[-1].isdigit() or len(label.split()) > 4:
            label, value = "", part
        else:
            value = part[match.end():] if match else part
        value = _bare(value) if "{" in line or "[" in line else value.strip()
        if value:
            fields.append(_field(label, value))
    return tuple(fields)


def _bare(part: str) -> str:
    """A piece of JSON without the braces and quotes around it."""
    return part.lstrip(_OPENING).rstrip(_CLOSING)


def _field(label: str, value: str) -> Field:
    members = tuple(m for m in (x.strip(" \"'") for x in _MEMBERS.split(value)) if m)
    return Field(label, role_of(label), value, members if len(members) > 1 else (value,))


def _loaded(evidence: str) -> tuple[tuple[Field, ...], ...] | None:
    """Records of an evidence that is JSON; None for other texts."""
    head = evidence.lstrip()[:1]
    if head not in ("{", "["):
        return None
    try:
        data = json.loads(evidence)
    except (ValueError, RecursionError):
        data = _loaded_by_line(evidence)
    if data is None:
        return None
    rows = data if isinstance(data, list) else [data]
    records = tuple(_flat("", row) for row in rows[:64])
    return tuple(record for record in records if record) or None


def _loaded_by_line(evidence: str) -> list[object] | None:
    try:
        return [json.loads(line) for line in evidence.split("\n")[:64] if line.strip()]
    except (ValueError, RecursionError):
        return None


def _flat(label: str, value: object, depth: int = 0) -> tuple[Field, ...]:
    if isinstance(value, dict) and depth < 4:
        return tuple(f for key, inner in value.items() for f in _flat(norm(str(key)), inner, depth + 1))
    if isinstance(value, list):
        if depth < 4 and any(isinstance(inner, (dict, list)) for inner in value):
            return tuple(f for inner in value for f in _flat(label, inner, depth + 1))
        members = tuple(norm(str(inner)) for inner in value if inner not in (None, ""))
        return (Field(label, role_of(label), "、".join(members), members),) if members else ()
    if value in (None, ""):
        return ()
    return (_field(label, norm(str(value))),)


_OWN = {"dishes": "推荐菜", "facilities": "设施", "kind": "类型", "duration": "游玩时间", "nearby": "周边", "area": "区域",
        "rating": "评分", "price": "价格", "hours": "营业时间", "address": "地址", "phone": "电话", "subway": "地铁"}
_GENUS = re.compile(r"类别|领域|分类|\bcategory\b|\bdomain\b")


@CACHES.keep(16_384)
def is_record(text: str) -> bool:
    """Whether a text holds a record: at least two labelled values."""
    return any(sum(bool(f.label and f.value) for f in record) > 1 for record in read_records(text))


@CACHES.keep(8_192)
def in_one_layout(text: str) -> str:
    """Records laid out as JSON, one field a line, or with other separators, as lines of "name; category; label: value".

    Any other text comes back as it is. Roles take the label that ``recenv.data.render`` gives them; other labels are kept.
    """
    own = ";" in norm(text)
    if own and text.lstrip()[:1] not in ("{", "["):
        return text
    records = read_records(text)
    if max((sum(bool(f.label) for f in record) for record in records), default=0) < 2:
        return text
    return "\n".join(_one_line(record) for record in records)


def _one_line(record: tuple[Field, ...]) -> str:
    name = next((f.value for f in record if f.role == "name"), "") or (record[0].value if not record[0].label else "")
    genus = next((f.value for f in record if _GENUS.search(f.label)), "")
    rest = [f for f in record if f.label and f.role != "name" and not _GENUS.search(f.label)]
    return "；".join([name, genus, *(f"{_OWN.get(f.role, f.label)}: {'、'.join(f.members)}" for f in rest)])
