"""The records of an evidence text in whatever layout, each with the name that answers call it by."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.records import Field, read_records, role_of

_MOST_CHARACTERS, _MOST_RECORDS = 20_000, 64
_BLANK = re.compile(r"\n[ \t\r]{0,80}\n")
_MARK = re.compile(r"(?m)^ {0,2}[-*•·] (?=\S)")
_SLASH = re.compile(r" / (?=[^/:：\n]{1,16}[:：])")
_NAMED = re.compile(r"\bname\b|\btitle\b|_name\b|_title\b|名称|店名|名字")
_NUMBERED = re.compile(r"\bid\b|_id\b|\bcode\b|\bsku\b|\bno\b|编号|代码")
_WORDS = re.compile("[a-z]{2}|[\u3400-\u9fff]")
_HEAD = re.compile(
    r"\A\s{0,2}[|【「“\"《*#]{0,3}\s?(?P<name>[^|【】「」“”\"《》,，;；:：。!！?？\n]{2,60}?)"
    r"\s?(?:[|】」”\"》,，;；:：。!！?？\n]|\s[-–—/|]{1,2}\s|(?<=[\u3400-\u9fff])\s?/|\*\*|\.(?=\s|$)|(?=[(（])|\s(?=(?:in|on|at|near|is|opens?|by|off|beside|inside)\s)|"
    r"(?=位于|在(?!线)|是(?!不)|坐落|地处)|$)")
_HEADING = re.compile(r"[^;:。!?\n]{2,60};[^:。!?\n]{1,80}")
_TOLD = re.compile(
    r"(?:所在)?(?:区域|商圈)|推荐菜|招牌菜|价格|价位|均价|人均|(?:口碑)?评分|打分|类型|菜系|特色|标签|服务|设施|距离|营业时间|开放时间|"
    r"地址|电话|"
    r"(?:area|district|(?:recommended )?dishes|(?:average )?price|cost|(?:user )?rating|score|type|kind|features|amenities|"
    r"distance|(?:opening )?hours|address|phone|facilities|services)\b(?! )?")
_CELL = re.compile(r"[^\d:：;；][^:：;；]{0,24}")
_SPEAKER = re.compile(r"(?m)^\s{0,8}(?:user|assistant|system|agent|customer|用户|客服|助手)\s{0,2}[:：]", re.IGNORECASE)
_FIGURE = re.compile(r"\d++(?:[.,:]\d++)*+")
_LETTER = re.compile("[a-z\u3400-\u9fff]")
_LEAST_COLUMNS, _MOST_NOTES = 4, 12
_RULE = re.compile(r"\s?:?-{2,}:?\s?")
_SENTENCE = re.compile(r"(?<=[。;!?])|(?<=\.)\s")
_LONG, _FEW, _LONGEST_NAME = 28, 2, 80


class Entry(NamedTuple):
    """One record. name: normalised, "" where none is told; text: all of it, normalised; fields: in order, none of free text."""

    name: str
    text: str
    fields: tuple[Field, ...]


@CACHES.keep(4_096)
def entries(evidence: str) -> tuple[Entry, ...]:
    """The records of an evidence text."""
    read = _table(evidence[:_MOST_CHARACTERS])
    parts = [_told(fields) for fields in read]
    names = [fields[0].value[:_LONGEST_NAME] for fields in read]
    if not read:
        parts = [_SLASH.sub("; ", part) for part in _parts(evidence[:_MOST_CHARACTERS])[:_MOST_RECORDS]]
        read = _noted(list(map(_fields, parts)), parts)
        parts = parts[:len(read)]
        names = []
    if len(set(names)) <= len(names) / 2:
        names = _names(read, parts)
    return tuple(_entry(*own) for own in zip(names, read, parts, strict=True))


@CACHES.keep(8_192)
def _fields(part: str) -> tuple[Field, ...]:
    return _run_on(part) or tuple(f for record in read_records(_MARK.sub("", part)) for f in record)


@CACHES.keep(8_192)
def _entry(name: str, fields: tuple[Field, ...], part: str) -> Entry:
    """Records come back in other company: what is found out of one is kept by the record."""
    labelled = sum(bool(f.label) for f in fields) > 1
    return Entry(name, _told(fields) if labelled else norm(part), fields if labelled else ())


def _told(fields: Sequence[Field]) -> str:
    return norm(" ; ".join(f"{f.label} {f.value}".strip() for f in fields))


def _table(text: str) -> list[tuple[Field, ...]]:
    """The records of a table, a row each, or a column each where the first column holds labels; what is told beside it belongs to
    the records that it names, else to all. None where there is no table, or most of the text is something else."""
    lines = [line for line in text.split("\n") if line.strip()]
    for inside, cells in ((_barred(lines), _cells_of_bars), (_between_commas(lines), _cells_of_commas)):
        found = _rows(cells(lines[:inside])) if inside > max(1, len(lines) / 2) else []
        if found:
            return _with_notes(found, lines[inside:])
    return []


def _barred(lines: Sequence[str]) -> int:
    """How many of the first lines are rows of Markdown under a head."""
    if len(lines) < 3 or not all(map(_RULE.fullmatch, _between_bars(lines[1]))):
        return 0
    return next((n for n, line in enumerate(lines) if not line.strip().startswith("|")), len(lines))


def _between_bars(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def _cells_of_bars(lines: Sequence[str]) -> list[list[str]]:
    return [_between_bars(line) for n, line in enumerate(lines) if n != 1]


def _between_commas(lines: Sequence[str]) -> int:
    """How many of the first lines have as many values between commas as the first one has, and that is enough of them."""
    try:
        wide = [len(cells) for cells in csv.reader(lines, skipinitialspace=True)]
    except csv.Error:
        return 0
    if not wide or wide[0] < _LEAST_COLUMNS or not all(map(_CELL.fullmatch, next(csv.reader(lines, skipinitialspace=True)))):
        return 0
    return next((n for n, width in enumerate(wide) if width != wide[0]), len(wide))


def _cells_of_commas(lines: Sequence[str]) -> list[list[str]]:
    """Values between commas, line by line; the head may stand again before each row."""
    head, *rows = csv.reader(lines, skipinitialspace=True)
    return [head, *(row for row in rows if row != head)]


def _rows(cells: list[list[str]]) -> list[tuple[Field, ...]]:
    """Rows under one head as records; columns, where the first column holds the labels."""
    cells = [[norm(cell) for cell in row] for row in cells]
    if len(cells) < 2 or any(len(row) != len(cells[0]) for row in cells) or len(cells[0]) < 2:
        return []
    across = sum(bool(role_of(cell)) for cell in cells[0][1:])
    down = sum(bool(role_of(row[0])) for row in cells[1:])
    turned = [list(column) for column in zip(*cells, strict=True)]
    if down > across + 1 or (down + 1 >= across and _alike(cells) > _alike(turned)):
        cells = [["name", *turned[0][1:]], *turned[1:]]
    head, *rows = cells
    if len(set(head)) < len(head):
        return []
    return [
        tuple(Field(label, role_of(label), value, (value,)) for label, value in zip(head, row, strict=True) if value)
        for row in rows[:_MOST_RECORDS] if row[0]]


def _alike(cells: Sequence[Sequence[str]]) -> float:
    """The share of rows whose cells, but for the first, all have figures or have none: what one label is told of is alike."""
    rows = [[bool(_FIGURE.search(cell)) for cell in row[1:]] for row in cells[1:]]
    return sum(len(set(row)) < 2 for row in rows) / len(rows)


def _with_notes(records: Sequence[tuple[Field, ...]], lines: Sequence[str]) -> list[tuple[Field, ...]]:
    """Records with the sentences that name them, and with those that name none of them."""
    names = [record[0].value for record in records]
    told: list[list[str]] = [[] for _ in records]
    for sentence in (part for line in lines for part in _SENTENCE.split(norm(line)) if part.strip()):
        own = [n for n, name in enumerate(names) if name in sentence]
        for n in own or range(len(records)):
            told[n].append(sentence)
    return [
        (*record, *(Field("", "", sentence, (sentence,)) for sentence in own[:_MOST_NOTES]))
        for record, own in zip(records, told, strict=True)]


def _noted(read: list[tuple[Field, ...]], parts: Sequence[str]) -> list[tuple[Field, ...]]:
    """Blocks without the last where that one alone does not begin with the label of all others: it is told of them."""
    first = [fields[0].label if fields else "" for fields in read]
    if len(read) < 3 or not first[0] or len(set(first[:-1])) > 1 or first[-1] == first[0]:
        return read
    return _with_notes(read[:-1], parts[-1].split("\n"))


@CACHES.keep(4_096)
def runs_on(evidence: str) -> bool:
    """Whether a text holds a record whose labels stand without a colon: "NAME: dining, area Shunyi, price 144 yuan."."""
    return any(map(_run_on, _parts(evidence[:_MOST_CHARACTERS])[:_MOST_RECORDS]))


@CACHES.keep(4_096)
def lists_places(evidence: str) -> bool:
    """Whether a text tells of two records or more, each with figures of its own, in whatever words or layout; turns of a dialogue
    do not count."""
    told = evidence[:_MOST_CHARACTERS]
    return _SPEAKER.search(told) is None and sum(len(_FIGURE.findall(part)) > 1 for part in _parts(told)[:_MOST_RECORDS]) > 1


@CACHES.keep(8_192)
def _run_on(part: str) -> tuple[Field, ...]:
    """The fields of "NAME: dining, area Shunyi, price 144 yuan."; () where a part is laid out otherwise."""
    text = norm(part).strip().rstrip(".。")
    head, colon, rest = text.partition(":")
    if not colon or "\n" in text or ";" in rest:
        return ()
    found = [Field("", "", head.strip(), (head.strip(),))]
    for piece in rest.split(","):
        match = _TOLD.match(piece.strip())
        if match is not None:
            value = piece.strip()[match.end():].strip()
            members = tuple(m for m in value.split("、") if m)
            found.append(Field(match.group().strip(), role_of(match.group()), value, members if len(members) > 1 else (value,)))
        elif len(found) > 1:  # one more of a list
            last = found[-1]
            members = (*last.members, piece.strip())
            found[-1] = last._replace(value=f"{last.value}、{piece.strip()}", members=members)
        elif piece.strip():
            found.append(Field("", "", piece.strip(), (piece.strip(),)))
    return tuple(found) if sum(bool(f.label) for f in found) > 2 else ()


@CACHES.keep(4_096)
def _parts(text: str) -> Sequence[str]:
    """The stretches of a text that are records: JSON values, blocks between blank lines, lines, lines that repeat a label."""
    loaded = _objects(text)
    if loaded:
        return loaded
    blocks = [block for block in _BLANK.split(text) if block.strip()]
    if len(blocks) > 1:
        return blocks
    lines = _joined([line for line in text.split("\n") if line.strip()])
    if len(lines) < 2:
        return [text]
    told = [_line(line) for line in lines]
    starts = [n for n, line in enumerate(told) if line.heading]
    if starts and starts[0] == 0 and all(b - a > 1 for a, b in pairwise([*starts, len(lines)])):
        return ["\n".join(lines[a:b]) for a, b in pairwise([*starts, len(lines)])]
    heads = [line.label for line in told]
    again = [n for n, head in enumerate(heads) if head and head == heads[0]]
    single = sum(line.few for line in told) > len(lines) / 2
    if len(again) > 1 and again[0] == 0 and len(again) < len(lines) and single:
        return ["\n".join(lines[a:b]) for a, b in pairwise([*again, len(lines)])]
    if single and len(set(heads)) == len(lines) > 2 and all(heads) and sum(len(line) < _LONG for line in lines) > len(lines) / 2:
        return [text]  # one record, a field a line
    return lines


def _objects(text: str) -> list[str]:
    """JSON objects, one after another or in a list, each as text; none where there is anything else."""
    decoder, at = json.JSONDecoder(), 0
    found: list[dict[str, object]] = []
    if text.lstrip()[:1] not in ("{", "["):
        return []
    while at < len(text) and len(found) < _MOST_RECORDS:
        while at < len(text) and text[at] in " \t\r\n,;":
            at += 1
        if at >= len(text):
            break
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        found += [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, dict)]
    return [json.dumps(value, ensure_ascii=False) for value in found]


def _joined(lines: Sequence[str]) -> list[str]:
    """Lines, such as are indented further than the first with the one that they belong to."""
    found: list[str] = []
    least = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    for line in lines:
        if found and len(line) - len(line.lstrip()) > least:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return found


class _Line(NamedTuple):
    """heading: whether a line looks like one; label: of its first field; few: whether it holds a field or none."""

    heading: bool
    label: str
    few: bool


@CACHES.keep(8_192)
def _line(line: str) -> _Line:
    fields = next(iter(read_records(_MARK.sub("", line))), ())
    text = norm(line)
    return _Line(bool(_HEADING.fullmatch(text)), fields[0].label if fields else "", bool(text) and len(fields) < _FEW)


def _names(read: Sequence[tuple[Field, ...]], parts: Sequence[str]) -> list[str]:
    """A name a record: what a label calls so, else the first value that tells records apart and is no number, else the head."""
    labels = [fields[0].label if fields else "" for fields in read]
    called = list(map(_called, read))
    if all(labels) and 1 < len(labels) == len(set(labels)) and not any("|" in label for label in labels):
        return labels  # "Name: what is told of it"
    firsts = [fields[0] for fields in read if fields]
    for found in ([own.so for own in called], [own.by_role for own in called],
                  [f.value for f in firsts if _first_of_all(f, firsts[0])], [own.first for own in called]):
        apart = len(found) == len(read) > 0 and all(found) and len(set(found)) > len(found) / 2
        if apart and sum(map(bool, labels)) > len(labels) / 2:
            return [name[:_LONGEST_NAME] for name in found]
    heads = [_whole(_head(part), fields) for part, fields in zip(parts, read, strict=True)]
    if len(set(heads)) == 1 < len(heads):  # a label that all begin with
        heads = [_head(rest) for rest in (re.split(r"[:：=|\n]", part, maxsplit=1)[-1] for part in parts)]
    return heads


class _Called(NamedTuple):
    """The first value of a record that can be a name: under a label that says so, under one of that role, under any."""

    so: str
    by_role: str
    first: str


@CACHES.keep(8_192)
def _called(fields: tuple[Field, ...]) -> _Called:
    fits: Sequence[Callable[[str], object]] = (_NAMED.search, lambda label: role_of(label) == "name", bool)
    return _Called(*(next((f.value for f in fields if fit(f.label) and _is_name(f)), "") for fit in fits))


def _first_of_all(field: Field, first: Field) -> bool:
    """Whether a field may hold a name, though it is a code: all records begin with it."""
    return bool(field.label) and field.label == first.label and not _NUMBERED.search(field.label) and \
        len(field.value) <= _LONG and bool(_LETTER.search(field.value))


def _whole(head: str, fields: Sequence[Field]) -> str:
    """A head with the branch in brackets that its record begins with, too."""
    first = fields[0].value if fields and not fields[0].label else ""
    return first if head and first.startswith(head) and first.endswith(")") and len(first) <= _LONGEST_NAME else head


def _is_name(field: Field) -> bool:
    return (
        not _NUMBERED.search(field.label) and len(field.value) <= 80 and bool(_WORDS.search(field.value))
        and sum(c.isdigit() for c in field.value) < 0.4 * len(field.value)
    )


@CACHES.keep(8_192)
def _head(part: str) -> str:
    match = _HEAD.match(_MARK.sub("", part.strip()).replace("｜", "|").replace("／", "/"))
    return norm(match.group("name")) if match else ""
