"""Findings as a table for a terminal, as JSON, and as pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from recenv.appraisal.probes.finding import Finding, Measure
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer

REPORT = "probes.json"
_WIDE = 62


def failed(findings: Sequence[Finding], rows: str = "synthetic") -> list[Finding]:
    """The findings on the built-in rows that are out of bounds: those that all scorers are expected to pass."""
    return [f for f in findings if f.rows == rows and f.passed is False]


def findings_text(findings: Sequence[Finding]) -> str:
    """A block a finding: verdict, sentence, then every figure; the matrix of the corruption probe as a matrix."""
    blocks = []
    for f in findings:
        head = f"{_verdict(f.passed):4s}  {f.probe} on {f.rows} rows: {f.sentence}"
        told = [m for m in f.measures if "matrix" not in f.data or m.passed is not None]
        blocks.append("\n".join([head, *map(_line, told), *_matrix(f)]))
    total = [f for f in findings if f.passed is not None]
    return "\n\n".join([*blocks, f"{sum(bool(f.passed) for f in total)} of {len(total)} probes passed"])


def _verdict(passed: bool | None) -> str:
    return "none" if passed is None else "pass" if passed else "FAIL"


def _line(m: Measure) -> str:
    span = f"[{_figure(m.low)}, {_figure(m.high)}]" if not math.isnan(m.low) else ""
    mark = "" if m.passed is None else f"{'ok' if m.passed else 'out of bounds'} ({m.bound})"
    return f"      {m.name:{_WIDE}s} {_figure(m.value):>8s}  {span:18s} n = {m.n:<6,d} {mark}".rstrip()


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _matrix(finding: Finding) -> list[str]:
    if "matrix" not in finding.data:
        return []
    names, related = finding.data["names"], {tuple(pair) for pair in finding.data["related"]}
    lines = ["      mean drop; rows: what was spoilt, columns: which score; r: related",
             " " * 18 + "".join(f"{n:>13s}" for n in names)]
    for i, row in enumerate(finding.data["matrix"]):
        cells = "".join(f"{_figure(v) + ('r' if (i, j) in related else ' '):>13s}" for j, v in enumerate(row))
        lines.append(f"      {names[i]:12s}{cells}")
    return lines


def write_report(findings: Sequence[Finding], scorers: Mapping[str, Scorer], seed: int, out: str | Path) -> list[Path]:
    """Write probes.json, and a PNG for the matrix, the curves and the flips, into a folder; returns the files."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"version": 1, "seed": seed, "scorers": [scorers[d].spec for d in DIMENSIONS if d in scorers], "findings": findings}
    path = folder / REPORT
    path.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    from recenv.appraisal.probes.pictures import draw

    return [path, *draw(findings, folder)]
