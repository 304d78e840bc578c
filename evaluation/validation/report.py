"""Findings as a table for a terminal, and as JSON with a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from recenv.envs.engine import Engine
from recenv.evaluation.validation.line import Finding, Line
from recenv.evaluation.validation.subject import Sizes
from recenv.files import write_whole

REPORT, PICTURE = "validation.json", "validation.png"
_WIDE = 72


def failed(findings: Sequence[Finding]) -> set[str]:
    """Names of the examinations that are out of bounds."""
    return {f.examination for f in findings if f.passed is False}


def findings_text(findings: Sequence[Finding], known: Sequence[str] = ()) -> str:
    """A block an examination: its verdict and question, then a line a figure. known: examinations known to be out of bounds."""
    blocks = []
    for f in findings:
        head = f"{_verdict(f.passed):4s}  {f.examination}: {f.asks}{'  (known)' if f.examination in known else ''}"
        blocks.append("\n".join([head, *([f"      {f.note}"] if f.note else []), *map(_line, f.lines), *_matrix(f)]))
    judged = [line for f in findings for line in f.lines if line.passed is not None]
    within = sum(bool(line.passed) for line in judged)
    return "\n\n".join([*blocks, f"{within} of {len(judged)} bounded figures within their bounds"])


def _verdict(passed: bool | None) -> str:
    return "none" if passed is None else "pass" if passed else "FAIL"


def _line(line: Line) -> str:
    span = f"[{_figure(line.low)}, {_figure(line.high)}]" if not math.isnan(line.low) else ""
    mark = "" if line.passed is None else f"{'ok' if line.passed else 'out of bounds'} ({line.bound})"
    return f"      {line.name:{_WIDE}s} {_figure(line.value):>7s}  {span:18s} n = {line.n:<6,d} {mark}".rstrip()


def _matrix(finding: Finding) -> list[str]:
    """What spoiling moved, where that was examined."""
    if not finding.data.get("matrix"):
        return []
    names, rows = finding.data["names"], finding.data["rows"]
    lines = ["      mean fall; rows: what was spoilt, columns: which dimension", " " * 38 + "".join(f"{n:>8s}" for n in names)]
    table = [*zip(rows, finding.data["matrix"], strict=True), ("unspoilt value", finding.data["before"])]
    return [*lines, *(f"      {name:32s}" + "".join(f"{_figure(v):>8s}" for v in row) for name, row in table)]


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def about(engine: Engine, scenario: str, seed: int, sizes: Sizes) -> dict[str, Any]:
    """What was examined, and how much of it was played."""
    return {
        "scenario": scenario, "store": engine.world.fingerprint, "seed": seed, "sizes": sizes, "env": engine.config,
        "reward": engine.reward.spec, "scorers": [s.spec for s in engine.scorers.values()]}


def encode(findings: Sequence[Finding], what: dict[str, Any]) -> bytes:
    """Findings as indented JSON; NaN becomes null. what: see ``about``."""
    whole = {"version": 1, **what, "findings": findings}
    return msgspec.json.format(msgspec.json.encode(whole, order="deterministic"), indent=1) + b"\n"


def write_report(findings: Sequence[Finding], what: dict[str, Any], out: str | Path) -> list[Path]:
    """Write validation.json and validation.png into a folder; returns the files. what: see ``about``."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / REPORT, encode(findings, what))
    from recenv.evaluation.validation.picture import draw

    return [folder / REPORT, draw(findings, folder / PICTURE)]
