"""One row never stops a file: whatever it holds, it is taken, counted or set aside whole, and every other row stays."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recenv.data.recrm import ingest_recrm
from recenv.data.rowfile import read_rows
from recenv.data.rows import FILES
from recenv.data.sound import decode_once
from recenv.data.world import World
from recenv.errors import InputError, RowError

ROOT = Path(__file__).parents[2]
ROWS = 8
DEEP = b"[" * 900 + b"]" * 900


def row(n: int) -> dict[str, Any]:
    """A row of our own schema, with a need; all its own items."""
    items = [{"id": f"i{n}-{k}", "category": "dining", "name": f"N{k}", "locale": "en",
              "attributes": {"price": 10.0 * k, "rating": 4}} for k in range(3)]
    need = {"constraints": [{"slot": "price", "op": "le", "value": 20, "text": "up to 20", "disclosure": "on_ask"}]}
    return {"id": f"{n}", "session_id": f"s{n}", "locale": "en", "user": {"id": f"u{n}", "profile": {}}, "instruction": "i",
            "query": "q", "category": "dining", "context": {"time": "noon"}, "items": items, "labels": [1, 0, 0],
            "gold": {"need": need, "utilities": [1, 2, 3], "patience": 4}}


def line(given: Any) -> bytes:
    """A row as JSON; ``DEEP`` may stand for a value."""
    return json.dumps(given).encode().replace(b'"DEEP"', DEEP)


def taken(tmp_path: Path, bad: bytes, *, dimension: str = "item_ranking", make: Callable[[int], Any] = row) -> Any:
    """The report of a file with one odd line among good ones, and its world."""
    file = tmp_path / "in" / FILES[dimension]
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\n".join([*(line(make(n)) for n in range(ROWS)), bad, *(line(make(n)) for n in range(ROWS, 2 * ROWS))]))
    report = ingest_recrm(tmp_path / "in", tmp_path / "out", max_bad=0.5)
    return report, World(tmp_path / "out")


def changed(path: tuple[str | int, ...], value: Any) -> bytes:
    made: Any = copy.deepcopy(row(999))
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return line(made)


BIG = 10**400
ASIDE = [
    *(changed(path, value) for value in (BIG, "DEEP") for path in (
        ("session_id",), ("labels", 0), ("labels",), ("items",), ("items", 0), ("items", 0, "id"), ("items", 0, "name"),
        ("items", 0, "attributes", "price"), ("user", "id"), ("user", "profile"), ("gold", "patience"), ("gold", "utilities", 1),
        ("gold", "need"), ("gold", "need", "constraints", 0, "value"))),
    changed(("query",), "DEEP"), changed(("context",), "DEEP"), changed(("instruction",), "DEEP"),
    *(changed(("gold", "patience"), v) for v in (99999999, -1, 0, 2**40, 2.5, True)),
    *(changed(("gold", "need", "constraints", 0, "value"), v) for v in ("abc", "", [1, 2], [3], None, True)),
    *(changed(("gold", "need", "constraints", 0, "op"), v) for v in ("between", "??", 3)),
    *(changed(("gold", "need", "constraints", 0, "slot"), v) for v in ("colour", "", " ")),
    *(changed(("gold", "utilities", 0), v) for v in (1e300, -1e300, "x")), changed(("gold", "utilities"), [1, 2]),
    *(changed(("items", 1, "name"), v) for v in ("", "  ", None, True)),
    *(changed(("items", 1, "id"), v) for v in ("", "  ", None, True, [1])), changed(("user", "id"), True),
    changed(("session_id",), "s3"),
    line(row(999)).replace(b'"query": "q"', b'"query": "q", "query": "p"'),
    line(row(999)).replace(b'"price": 0.0', b'"price": 0.0, "price": 1.0'),
    line(row(999)).replace(b'"time": "noon"', b'"time": "noon", "time": "night"'),
    line(row(999)).replace(b'"patience": 4', b'"patience": 4, "patience": 3'),
    line(row(999)).replace(b'"query": "q"', b'"query": "\xff"'), line(row(999)).replace(b'"i"', b'"\\ud800"'),
    DEEP, b"{", b"3", b"\xff",
    line(row(999)).replace(b'"id": "999"', b'"id": "999", "id": "998"'),
]


@pytest.mark.parametrize("bad", ASIDE)
def test_a_row_that_cannot_be_used_is_set_aside_whole(tmp_path: Path, bad: bytes) -> None:
    report, world = taken(tmp_path, bad)
    assert report.quarantined == 1 and report.examples[0].line == ROWS + 1
    assert (world.n_sessions, world.n_items, world.n_users) == (2 * ROWS, 6 * ROWS, 2 * ROWS)  # nothing of it stays


@pytest.mark.parametrize(("bad", "told"), [
    (changed(("items", 0, "attributes", "price"), -5), "price outside of 0 to"),
    (changed(("items", 0, "attributes", "price"), 1e300), "price outside of 0 to"),
    (changed(("items", 0, "attributes", "rating"), -0.5), "rating outside of 0 to 100"),
    (changed(("labels",), [True, False, False]), "labels that are true or false"),
    (changed(("items", 0, "id"), 17), "ids that came as numbers"),
])
def test_what_is_odd_and_usable_is_counted(tmp_path: Path, bad: bytes, told: str) -> None:
    report, world = taken(tmp_path, bad)
    assert report.quarantined == 0 and world.n_sessions == 2 * ROWS + 1
    assert any(told in name for name in (*report.tables.get("assumed, rows", {}), *report.notes))
    prices = [world.item(n).attributes.get("price", 0.0) for n in range(world.n_items)]
    assert all(isinstance(p, float) and 0 <= p <= 20 for p in prices)


def test_ids_have_one_form(tmp_path: Path) -> None:
    twice = row(999)
    twice["items"][0]["id"], twice["items"][1]["id"], twice["user"]["id"] = " i0-0 ", "i0-1", "u0 "
    report, world = taken(tmp_path, line(twice))
    assert report.quarantined == 0 and (world.n_items, world.n_users) == (6 * ROWS + 1, 2 * ROWS)


def test_a_row_whose_user_has_no_id_is_taken_and_told(tmp_path: Path) -> None:
    report, world = taken(tmp_path, changed(("user", "id"), None))
    assert report.quarantined == 0 and report.counts["rows_without_any_user"] == 1 and world.n_users == 2 * ROWS + 1


def behaviour(n: int) -> dict[str, Any]:
    made = row(n // 4)
    item = {**made["items"][0], "id": f"b{n}"}
    return {"id": f"{n}", "locale": "en", "user": made["user"], "query": "q", "item": item, "label": n % 2}


def test_a_group_that_cannot_be_stored_is_set_aside(tmp_path: Path) -> None:
    report, world = taken(tmp_path, line({**behaviour(0), "label": BIG}), dimension="behavior_prediction", make=behaviour)
    assert report.quarantined == 1 and world.n_sessions == 2 * ROWS // 4


@pytest.mark.parametrize("bad", [b"\xff", b'{"dimension":"instruction_following","instruction":"\xff"}', DEEP, b"{", b"[1]"])
def test_a_file_of_rows_with_an_unreadable_line_says_which(tmp_path: Path, bad: bytes) -> None:
    good = b'{"dimension":"instruction_following","instruction":"a","response":"b"}'
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join([b"\xef\xbb\xbf" + good, bad, good]))
    with pytest.raises(InputError, match=r"rows.jsonl:2: "):
        list(read_rows(tmp_path / "rows.jsonl"))


@pytest.mark.parametrize(("text", "fine"), [
    ('{"a": 1, "b": {"a": 2}}', True), ('{"a": "x\\": {", "b": ":"}', True), ('[{"a": 1}, {"a": 2}]', True), ('"a"', True),
    ('{"a": 1, "a": 1}', False), ('{"a" :1,"a"\n:1}', False), ('[[{"b": {"a": 1, "c": 2, "a": 3}}]]', False),
    ('{"a": 1, "\\u0061": 2}', False), ('{"a":1,"a":2,"b" :"\\":"}', False),
])
def test_a_key_that_is_named_twice_is_found(text: str, fine: bool) -> None:
    if fine:
        assert decode_once(text.encode()) == json.loads(text)
        return
    with pytest.raises(RowError, match="named twice"):
        decode_once(text.encode())


def test_whoever_decodes_bytes_expects_all_that_may_come_of_it() -> None:
    """Bytes that are no UTF-8 raise an error that is none of msgspec's, and deep ones another."""
    for package in ("recenv", "baselines", "evaluation", "scenarios"):
        for file in (ROOT / package).rglob("*.py"):
            code = file.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(code)) if "except" in code and "msgspec" in code else ():
                if isinstance(node, ast.ExceptHandler) and node.type is not None:
                    caught = ast.unparse(node.type)
                    alone = "MsgspecError" in caught or ("DecodeError" in caught and "msgspec" in caught)
                    whole = "UnicodeDecodeError" in caught or "RecursionError" in caught
                    assert whole or not alone, f"{file}:{node.lineno}: {caught}"
