"""A second process that reads: the same store to the byte, whatever the rows, and also where that process fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_recrm import ITEMS, OWN, USER, folder

from recenv.data import recrm_beside, store
from recenv.data.recrm import ingest_recrm
from recenv.data.recrm_beside import Beside
from recenv.errors import StoreError


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """However short the files are; gathers whether the other process was listened to."""
    listened: list[bool] = []
    add = Beside.add_to

    def noted(self: Beside, *given: Any) -> bool:
        try:
            listened.append(add(self, *given))
        except recrm_beside.Torn:
            listened.append(False)
            raise
        return listened[-1]

    monkeypatch.setattr(recrm_beside, "WORTH", 1)
    monkeypatch.setattr(recrm_beside.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(Beside, "add_to", noted)
    return listened


def rows(seed: int, lists: bool) -> dict[str, list[object]]:
    """Users and items that come again, with the same content and with other, bad rows, and users without an id."""
    draw = np.random.default_rng(seed)
    made: dict[str, list[object]] = {d: [] for d in OWN if lists or d != "item_ranking"}

    def pick(*of: Any) -> Any:
        return of[draw.integers(len(of))]

    def item() -> dict[str, Any]:
        number = pick(*range(9))
        return {"id": f"i{number}", "category": pick("dining", "dining", "spa"), "name": f"店{number}", "locale": "zh",
                "attributes": {"price": pick(20.0, 20.0, 30.0, 10.5, 1e12)}}

    def user() -> dict[str, Any]:
        number = pick(*range(3))
        return USER | {"id": f"u{number}", "profile": {"age": pick("30", "30", "31")},
                       "history": ["i5", item()]}

    for number in range(40):
        for dimension in made:
            row: dict[str, Any] = OWN[dimension][0] | {"session_id": f"s{number if dimension == 'item_ranking' else number % 2}"}
            row |= {"item": item()} if "item" in row else {}
            row |= {"items": [*ITEMS[:3], item()], "labels": [0, 1, 0, 0]} if "items" in row else {}
            row |= {"user": pick(user(), user(), {})} if "user" in row else {}
            bad = row | {"query": "", "response": "", "item": {}}
            deep = row | {"more": json.loads("[" * (depth := pick(40, 98, 99, 120, 400)) + "]" * depth)}
            made[dimension].append(pick(row, row, row, bad, row | {"more": 1}, b"{\n", deep))
    return made


def ingested(source: Path, out: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Bytes by file, and the report. A store says of itself where it was written."""
    report = ingest_recrm(source, out, max_bad=1.0)
    files = {p.name: p.read_bytes() for p in sorted(out.iterdir())}
    manifest = json.loads(files.pop("manifest.json"))
    return files, {k: v for k, v in manifest.items() if k not in ("seal", "notes")} | {
        "report": [report.rows, report.quarantined, report.counts, report.tables, report.notes, report.examples]}


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_store_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: list[bool], seed: int, lists: bool
) -> None:
    folder(tmp_path / "in", rows(seed, lists))
    with_two = ingested(tmp_path / "in", tmp_path / "two")
    assert beside == [True]
    monkeypatch.undo()
    alone = ingested(tmp_path / "in", tmp_path / "one")
    assert with_two == alone
    counts = alone[1]["report"][2]
    assert counts["item_conflicts"] > 10 and counts["user_conflicts"] > 5 and counts["rows_without_any_user"] > 5


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "", "print('hello', flush=True); {}", "{}; print('bye')",
                                     "import sys; sys.stdout.buffer.write(bytes(10_000))"])
def test_a_process_that_fails_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: list[bool], program: str
) -> None:
    folder(tmp_path / "in", rows(1, lists=True))
    monkeypatch.setattr(recrm_beside, "_PROGRAM", program.format(recrm_beside._PROGRAM))
    without = ingested(tmp_path / "in", tmp_path / "two")
    assert beside == [False]
    monkeypatch.undo()
    assert without == ingested(tmp_path / "in", tmp_path / "one")


@pytest.mark.parametrize("executable", ["/nowhere/python", None])
def test_where_no_process_can_be_had_all_is_read_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: list[bool], executable: str | None
) -> None:
    source = folder(tmp_path / ("in" if executable else "in\udcff"), rows(1, lists=True))
    if executable:
        monkeypatch.setattr(recrm_beside.sys, "executable", executable)
    without = ingested(source, tmp_path / "two")
    monkeypatch.undo()
    assert beside == [] and without == ingested(source, tmp_path / "one")


@pytest.mark.parametrize("program", ["{}", "raise SystemExit(3)"])
def test_progress_only_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: list[bool], program: str) -> None:
    lists = [OWN["item_ranking"][0] | {"session_id": f"s{n}"} for n in range(2000)]
    source = folder(tmp_path / "in", {d: 3000 * list(own) for d, own in OWN.items()} | {"item_ranking": lists})
    monkeypatch.setattr(recrm_beside, "_PROGRAM", program.format(recrm_beside._PROGRAM))
    seen: list[tuple[int, int]] = []
    ingest_recrm(source, tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    size = sum(f.stat().st_size for f in source.rglob("*.jsonl"))
    assert beside == [program == "{}"] and seen == sorted(seen) and {total for _, total in seen} == {size} and seen[-1][0] == size
    assert len(seen) >= 3


def test_what_the_store_refuses_is_refused_row_by_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: list[bool]
) -> None:
    monkeypatch.setattr(store, "_MOST_CATEGORIES", len(store.CATEGORIES))  # none beyond the known ones and one more
    kinds = [ITEMS[1] | {"id": f"c{n % 5}", "category": f"kind {n % 5}"} for n in range(9)]
    many = [OWN["query_item_relevance"][0] | {"item": item} for item in kinds]
    folder(tmp_path / "in", OWN | {"query_item_relevance": many})
    with_two = ingested(tmp_path / "in", tmp_path / "two")
    assert beside == [False]
    monkeypatch.setattr(recrm_beside, "WORTH", 1 << 40)
    assert with_two == ingested(tmp_path / "in", tmp_path / "one")
    assert with_two[1]["report"][1] == 7


def test_an_interrupted_ingest_ends_the_process(tmp_path: Path, beside: list[bool]) -> None:
    folder(tmp_path / "in", OWN)
    ingest_recrm(tmp_path / "in", tmp_path / "out")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_recrm(tmp_path / "in", tmp_path / "out", overwrite=True, progress=stop)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]


def test_too_many_bad_rows_are_judged_over_both(tmp_path: Path, beside: list[bool]) -> None:
    folder(tmp_path / "in", OWN | {"query_item_relevance": [b"x\n", b"y\n", *OWN["query_item_relevance"]]})
    with pytest.raises(StoreError, match=r"(?s)2 of 7 rows are unusable.*relevance_rewrite\.jsonl:1: "):
        ingest_recrm(tmp_path / "in", tmp_path / "out", max_bad=0.1)
