"""The layout of a file: what it reads is what the general reader would read, and whatever is odd it leaves to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from recenv.data import rows
from recenv.data.fieldmap import FIELDS, Source, pick
from recenv.data.jsonl import Line, decode, lines
from recenv.data.layout import Layout, Unfit, lay_out
from recenv.data.made import plain
from recenv.data.recrm import ingest_recrm
from recenv.data.rows import FILES
from recenv.errors import RowError

ROW = {"id": "a", "who": {"uid": 7, "age": 30}, "q": {"text": "火锅", "n": [1, 2]}, "poi": {"name": "b", "特色": ["x"]}, "y": 1,
       "prompt": "查询：火锅\n商户：b", "talk": [{"role": "user", "content": "hi"}], "n": 4, "deep": {"a": [1]}}
SOURCES = {
    "session_id": Source(key="id"), "user": Source(key="who"), "query": Source(key="q.text"), "item": Source(key="poi"),
    "label": Source(key="y"), "history": Source(key="gone.too"), "locale": Source(constant="zh"),
    "context": Source(key="prompt", regex="查询：(?P<value>.*)"), "user_id": Source(key="talk", role="user"),
}
TEXT = json.dumps(ROW, ensure_ascii=False).encode()
ODD = [
    TEXT, b"  " + TEXT + b" \r\n", json.dumps(ROW).encode(),
    *(TEXT.replace(b'"n": 4', other) for other in (
        b'"n": null', b'"n": 1e999', b'"n": ' + b"9" * 30, b'"n": [01]', b'"n": {"x": 1e999}', b'"new": 4', b'"new": 1e999',
        b'"n": "\\x"', b'"n": "\\ud800"', b'"n": "\xff"', b'"\xff": 4', b'"n": "\t"', b'"y": 2', b'"poi": {"name": "c"}')),
    TEXT.replace(b'"uid": 7', b'"uid": 1e999'), TEXT.replace(b'"uid": 7', b'"uid": "\xed\xa0\x80"'),
    TEXT.replace(b'{"uid": 7, "age": 30}', b"null"), TEXT.replace(b'"poi"', b'"p\\u006fi"'), TEXT.replace("查询".encode(), b"?"),
    TEXT + b"x", TEXT[:-1], b"[1]", b"3", b"", b"{}", b"\xef\xbb\xbf" + TEXT, b"[" * 4000,
]


def read(data: bytes) -> dict[str, Any] | None:
    """What the general reader makes of a line, None where it refuses."""
    try:
        row = decode(Line(1, data, "", len(data)))
        return {field: pick(row, source) for field, source in SOURCES.items()}
    except RowError:
        return None


@pytest.mark.parametrize("data", ODD, ids=range(len(ODD)))
def test_a_line_is_read_as_the_general_reader_reads_it_or_left_to_it(data: bytes) -> None:
    layout = lay_out(SOURCES, ROW)
    assert layout is not None
    try:
        values: dict[str, Any] | None = {field: plain(value) for field, value in layout.values(data).items()}
    except (Unfit, RowError, msgspec.DecodeError, UnicodeDecodeError):
        return
    assert values == read(data)


def test_ordinary_lines_fit() -> None:
    layout = lay_out(SOURCES, ROW)
    assert layout is not None
    values = layout.values(TEXT)
    assert (values["query"], values["context"], values["user_id"], values["locale"]) == ("火锅", "火锅", "hi", "zh")
    assert isinstance(values["item"], msgspec.Raw) and isinstance(values["user"], msgspec.Raw)
    assert layout.values(b"{}")["query"] is None


def test_items_are_left_as_json_unless_their_labels_are_inside() -> None:
    line = b'{"items": [{"name": "a", "click": 1}]}'
    alone = Layout({"items": Source(key="items")}, ["items"]).values(line)
    both = Layout({"items": Source(key="items"), "labels": Source(key="items.*.click")}, ["items"]).values(line)
    assert isinstance(alone["items"][0], msgspec.Raw)
    assert (both["items"][0], both["labels"]) == ({"name": "a", "click": 1}, [1])


def test_a_layout_becomes_wider_with_the_keys_of_later_rows() -> None:
    layout = lay_out({"query": Source(key="q")}, ["q"])
    assert layout is not None
    with pytest.raises(Unfit):
        layout.values(b'{"q": "a", "more": 1}')
    wider = layout.wider(["q", "more"])
    assert wider is not None and wider.values(b'{"q": "a", "more": 1}') == {"query": "a"}
    assert wider.wider(["more"]) is None


@pytest.mark.parametrize("keys", [[], ["a.b", "a"], ['a"'], ["a\\"], ["\n"], [str(n) for n in range(300)]])
def test_rows_without_a_layout(keys: list[str]) -> None:
    assert lay_out({"query": Source(key="a.b")}, keys) is None


def folder(root: Path) -> Path:
    """All five files, each with ordinary rows, rows with further keys and rows that cannot be used."""
    item = {"id": "i1", "category": "dining", "name": "店", "locale": "zh", "attributes": {"tags": ["wifi"], "price": 3}}
    foreign = {"poi_id": 3, "名称": "b", "人均": "88元", "click": 1, "geo": {"distance": "500m"}}
    values = {
        "id": "x", "locale": "zh", "session_id": "s", "user_id": "u", "instruction": "简短", "query": "吃饭", "response": "店",
        "evidence": "店", "label": 1, "item": item, "user": {"id": "u", "profile": {"age": "3"}}, "history": [foreign],
        "context": {"time": "晚上"}, "category": "dining", "items": [item, foreign, "c，d"], "labels": [0, 1, 0],
        "prompt": "长" * 40}
    changes: list[dict[str, Any]] = [
        {}, {"more": 1}, {"item": foreign, "user": {"uid": 5, "age": 3}}, {"item": "a；b"}, {"user": None}, {"locale": None},
        {"category": None}, {"label": 3, "labels": [1]}, {"query": "", "evidence": None}, {"items": 3}, {"item": None}]
    for dimension, file in FILES.items():
        keys = [k for k in values if k in FIELDS[dimension]] + ["prompt"]
        out = []
        for n in range(60):
            row = {k: values[k] for k in keys} | {"session_id": f"s{n}"}
            row |= changes[n % len(changes)]
            line = json.dumps(row, ensure_ascii=False).encode()
            out.append(line[:-1] if n == 30 else line.replace("长".encode(), b"\xff") if n == 41 else line + b"\r")
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"\n".join(out) + b"\n")
    return root


def test_a_store_has_the_same_bytes_without_layouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, found = folder(tmp_path / "in"), []
    for known in (True, False):
        if not known:
            monkeypatch.setattr(rows, "lay_out", lambda sources, keys: None)
        report = ingest_recrm(source, tmp_path / "out", max_bad=1, overwrite=True)
        found.append((report, {file.name: file.read_bytes() for file in sorted((tmp_path / "out").iterdir())}))
    assert found[0] == found[1]
    assert found[0][0].quarantined > 20
    assert sum(1 for _ in lines(tmp_path / "out" / "items.jsonl")) > 2
