"""Judging agents: runs, intervals, leaderboards, pictures and reports. Nothing here is imported before it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recenv.evaluation.leaderboard import Leaderboard, build_leaderboard, format_leaderboard
    from recenv.evaluation.plan import AgentEntry, RunPlan, ScenarioRef, read_plan
    from recenv.evaluation.plots import draw_traces
    from recenv.evaluation.report import write_report
    from recenv.evaluation.rescore import rescore_run
    from recenv.evaluation.run import replay_run, run_evaluation
    from recenv.evaluation.runner import evaluate
    from recenv.evaluation.select import find_trace
    from recenv.evaluation.session_values import SessionValues, metrics, session_values
    from recenv.measures.intervals import Interval, mean_interval, paired_difference

_HOME = {
    name: module for module, names in {
        "evaluation.leaderboard": ("Leaderboard", "build_leaderboard", "format_leaderboard"),
        "evaluation.plan": ("AgentEntry", "RunPlan", "ScenarioRef", "read_plan"),
        "evaluation.plots": ("draw_traces",),
        "evaluation.report": ("write_report",),
        "evaluation.rescore": ("rescore_run",),
        "evaluation.run": ("replay_run", "run_evaluation"),
        "evaluation.runner": ("evaluate",),
        "evaluation.select": ("find_trace",),
        "evaluation.session_values": ("SessionValues", "metrics", "session_values"),
        "measures.intervals": ("Interval", "mean_interval", "paired_difference"),
    }.items() for name in names
}

__all__ = [
    "AgentEntry", "Interval", "Leaderboard", "RunPlan", "ScenarioRef", "SessionValues", "build_leaderboard",
    "draw_traces", "evaluate", "find_trace", "format_leaderboard", "mean_interval", "metrics", "paired_difference",
    "read_plan", "replay_run", "rescore_run", "run_evaluation", "session_values", "write_report",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"recenv.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
