"""What judges took to score a run: calls, tokens and seconds by agent and dimension, summed from its traces."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from recenv.evaluation.plan import read_plan
from recenv.evaluation.traces import run_traces
from recenv.files import write_whole
from recenv.rewards.protocol import Cost
from recenv.rollouts.trace import SessionTrace

JUDGING = "judging.json"

Judging = dict[str, dict[str, Cost]]
"""Agent -> dimension -> what its turns took; empty where no judge was asked."""


def judging(traces: Iterable[SessionTrace]) -> Judging:
    """Sums over the turns of traces. An answer that several rows share counts for each, so that chunks do not matter."""
    found: Judging = {}
    for trace in traces:
        for turn in trace.turns:
            for dimension, cost in (turn.judged or {}).items():
                mine = found.setdefault(trace.agent, {})
                mine[dimension] = mine[dimension] + cost if dimension in mine else cost
    return found


def write_judging(run: Path) -> None:
    """Write ``judging.json`` into a run folder whose traces name what judges took; nothing where none was asked."""
    found = judging(run_traces(run, read_plan(run)))
    if found:
        write_whole(run / JUDGING, msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=1) + b"\n")


def judging_text(run: str | Path) -> str:
    """The sums of a run folder as lines for a terminal, "" where no judge was asked."""
    found = judging(run_traces(run, read_plan(run)))
    if not found:
        return ""
    lines = [f"{'judged':14s} {'dimension':24s} {'calls':>7s} {'prompt':>10s} {'completion':>10s} {'s a call':>8s}"]
    for agent, costs in found.items():
        for dimension, cost in costs.items():
            prompt, completion = ("-" if t is None else f"{t:,}" for t in (cost.prompt_tokens, cost.completion_tokens))
            lines.append(f"{agent:14s} {dimension:24s} {cost.calls:>7,} {prompt:>10s} {completion:>10s} "
                         f"{cost.latency_s / max(cost.calls, 1):>8.2f}")
    return "\n".join(lines)
