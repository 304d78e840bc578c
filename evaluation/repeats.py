"""The same sessions played K times: how often an agent succeeds every time, at least once, and what of a difference is noise.

Each repeat is a run folder, ``repeats/2`` to ``repeats/K`` of the run, so that all that reads a run reads a repeat. By default
every repeat starts alike, users' noise included, and only what the agent itself draws may differ: agents that draw are built anew
with another seed. With fresh noise the users differ too.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import comb
from pathlib import Path

import msgspec
import numpy as np

from recenv import rng
from recenv.errors import InputError
from recenv.evaluation.plan import MANIFEST, audited, read_plan
from recenv.evaluation.session_values import RETURN, SessionValues, session_values
from recenv.evaluation.traces import run_traces
from recenv.files import write_whole
from recenv.measures.intervals import Interval, mean_interval
from recenv.rollouts.trace import SessionTrace

REPEATS, REPEATED = "repeats", "repeats.json"
_REPEAT = rng.word("evaluation repeats")


class RepeatedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One agent over all repeats of the sessions that it finished every time.

    returns, needs_met: means with intervals, resampled by user. pass_hat, pass_at: for k = 1 ... K, the chance that a session
    meets all its needs in each of k repeats (pass^k), and in at least one of k (pass@k). noise: standard deviation of the mean
    return from one repeat to the next. alike: whether every repeat of every session went the same, turn by turn: no noise at all.
    audited: the mean return by the second family, over the same sessions; None where it has not judged every repeat.
    """

    agent: str
    sessions: int
    returns: Interval
    needs_met: Interval
    pass_hat: tuple[Interval, ...]
    pass_at: tuple[Interval, ...]
    noise: float
    alike: bool
    audited: Interval | None = None


class RepeatedDifference(msgspec.Struct, frozen=True, kw_only=True):
    """better - worse by mean return, on means over the repeats of the sessions that both finished."""

    better: str
    worse: str
    returns: Interval
    needs_met: Interval


class Repeated(msgspec.Struct, frozen=True, kw_only=True):
    """What the repeats of a run say. rows: best mean return first; fresh: whether the users' noise was drawn anew."""

    repeats: int
    fresh: bool
    rows: tuple[RepeatedRow, ...]
    differences: tuple[RepeatedDifference, ...]


def repeat_seed(seed: int, number: int) -> int:
    """The seed of a repeat, from 1; the first is the run's own. Below 2^31, which every model server takes."""
    return seed if number == 1 else int(rng.bits(seed, number, _REPEAT)) >> 33


def pass_hat(successes: int, trials: int, k: int) -> float:
    """The unbiased estimate that k trials all succeed: C(c, k) / C(n, k) (Yao et al., tau-bench, 2024)."""
    return comb(successes, k) / comb(trials, k)


def pass_at(successes: int, trials: int, k: int) -> float:
    """The unbiased estimate that one of k trials succeeds: 1 - C(n - c, k) / C(n, k) (Chen et al., 2021)."""
    return 1.0 - comb(trials - successes, k) / comb(trials, k)


def repeat_folders(run: str | Path) -> list[Path]:
    """The run itself and its repeats that are there, in order. Raises InputError for a folder that is no repeat of this run."""
    home = Path(run) / REPEATS
    found = [f for f in home.iterdir() if f.name.isdigit() and (f / MANIFEST).is_file()] if home.is_dir() else []
    found.sort(key=lambda f: int(f.name))
    plan = read_plan(run) if found else None
    for folder in found:
        theirs = read_plan(folder)
        ours = {"repeat": int(folder.name)} | {name: getattr(plan, name) for name in _SHARED}
        other = [name for name, value in ours.items() if getattr(theirs, name) != value]
        if plan is not None and [a.name for a in theirs.agents] != [a.name for a in plan.agents]:
            other.append("agents")
        if other:
            raise InputError(f"{folder} is no repeat of this run, whose {', '.join(other)} it does not have; move it away")
    return [Path(run), *found]


_SHARED = ("store", "session_ids", "env", "reward", "scorers")
"""Of the plan of a run, what its repeats have, too."""


def build_repeated(run: str | Path, level: float = 0.95, resamples: int = 2000) -> Repeated:
    """What the repeats of a run say. Raises InputError where it has none."""
    folders = repeat_folders(run)
    if len(folders) < 2:
        raise InputError(f"{run} has no repeats; play them with: recenv evaluate ... --repeats K")
    plan = read_plan(run)
    played: dict[str, dict[int, list[SessionValues]]] = {entry.name: {} for entry in plan.agents}
    turns: dict[tuple[str, int], set[bytes]] = {}
    judged: dict[tuple[str, int], list[float]] = {}
    for folder in folders:
        for trace in _second(folder):
            judged.setdefault((trace.agent, trace.order), []).append(trace.total)
        for trace in run_traces(folder, read_plan(folder)):
            played[trace.agent].setdefault(trace.order, []).append(session_values(trace))
            turns.setdefault((trace.agent, trace.order), set()).add(hashlib.sha256(msgspec.json.encode(trace.turns)).digest())
    whole = {a: {o: v for o, v in of.items() if len(v) == len(folders)} for a, of in played.items()}
    rows = [
        _row(agent, of, len(folders), plan.seed, level, resamples, alike=all(len(turns[agent, order]) == 1 for order in of),
             judged=[judged.get((agent, order), []) for order in of])
        for agent, of in whole.items() if of]
    rows.sort(key=lambda row: -row.returns.mean)
    return Repeated(
        repeats=len(folders), fresh=read_plan(folders[1]).seed != plan.seed, rows=tuple(rows),
        differences=tuple(
            _difference(a.agent, b.agent, whole[a.agent], whole[b.agent], plan.seed, level, resamples)
            for a, b in pairwise(rows)))


def _row(
    agent: str, of: dict[int, list[SessionValues]], n: int, seed: int, level: float, resamples: int, *, alike: bool,
    judged: Sequence[Sequence[float]],
) -> RepeatedRow:
    users = [values[0].user_id for values in of.values()]

    def interval(values: Sequence[float]) -> Interval:
        return mean_interval(values, users, seed, level, resamples)

    returns = np.array([[v.total for v in values] for values in of.values()])  # (sessions, repeats)
    succeeded = [sum(v.ending == "met" for v in values) for values in of.values()]
    return RepeatedRow(
        agent=agent, sessions=len(of), returns=interval(_means(of, RETURN)), needs_met=interval(_means(of, "needs_met")),
        pass_hat=tuple(interval([pass_hat(c, n, k) for c in succeeded]) for k in range(1, n + 1)),
        pass_at=tuple(interval([pass_at(c, n, k) for c in succeeded]) for k in range(1, n + 1)),
        noise=float(np.sqrt(returns.var(1, ddof=1).sum()) / len(of)), alike=alike,
        audited=interval([float(np.mean(totals)) for totals in judged]) if all(len(totals) == n for totals in judged) else None)


def _second(run: Path) -> Iterator[SessionTrace]:
    """The traces of a repeat as the second family judged them; none where it has not."""
    found = audited(run, read_plan(run))
    return run_traces(found.run, read_plan(found.run)) if found.done else iter(())


def _means(of: dict[int, list[SessionValues]], metric: str) -> list[float]:
    """Per session, the mean over its repeats."""
    return [float(np.mean([v.total if metric == RETURN else v.needs_met for v in values])) for values in of.values()]


def _difference(
    better: str, worse: str, ours: dict[int, list[SessionValues]], theirs: dict[int, list[SessionValues]], seed: int,
    level: float, resamples: int,
) -> RepeatedDifference:
    both = [order for order in ours if order in theirs]
    a, b = ({order: of[order] for order in both} for of in (ours, theirs))
    users = [ours[order][0].user_id for order in both]
    returns, needs = (
        mean_interval(np.subtract(_means(a, metric), _means(b, metric)), users, seed, level, resamples)
        for metric in (RETURN, "needs_met"))
    return RepeatedDifference(better=better, worse=worse, returns=returns, needs_met=needs)


def encode_repeated(found: Repeated) -> bytes:
    """``repeats.json``, the same bytes for the same repeats."""
    return msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=1) + b"\n"


def write_repeated(run: Path) -> None:
    """Write ``repeats.json`` of a run that has repeats."""
    write_whole(run / REPEATED, encode_repeated(build_repeated(run)))


def shown_k(repeats: int) -> tuple[int, ...]:
    """The k of a table: powers of 2, and all repeats."""
    return tuple(sorted({2**n for n in range(repeats.bit_length()) if 2**n <= repeats} | {repeats}))


def format_repeated(found: Repeated) -> str:
    """What the repeats say, as text."""
    from recenv.evaluation.leaderboard import aligned, interval_text, plain
    from recenv.terminal import clean

    ks = shown_k(found.repeats)
    second = any(row.audited is not None for row in found.rows)
    table = [["agent", "mean return", *(["by the second family"] if second else []), "needs met", *(f"pass^{k}" for k in ks),
              f"pass@{found.repeats}", "noise floor"]]
    for row in found.rows:
        table.append([
            clean(row.agent), interval_text(row.returns),
            *([interval_text(row.audited) if row.audited is not None else "-"] if second else []), interval_text(row.needs_met),
            *(plain(row.pass_hat[k - 1].mean) for k in ks), plain(row.pass_at[-1].mean),
            "0" if row.alike else f"±{row.noise:.4f}"])
    pairs = [["better - worse, over all repeats", "return", "needs met", ""]]
    for d in found.differences:
        name, apart = f"{clean(d.better)} - {clean(d.worse)}", d.returns.excludes_zero
        pairs.append([name, interval_text(d.returns, plus=True), interval_text(d.needs_met, plus=True),
                      "" if apart else "not separated"])
    start = "with the users' noise drawn anew each time" if found.fresh else "from the same start, users' noise included"
    lines = [f"every session played {found.repeats} times, {start}", "", *aligned(table)]
    lines += ["", *aligned(pairs)] if found.differences else []
    lines += ["", "pass^k, pass@k: share of sessions whose needs are all met in each of k repeats, and in at least one of k.",
              "noise floor: standard deviation of the mean return from one repeat to the next."]
    same = [clean(row.agent) for row in found.rows if row.alike]
    if same:
        lines.append(f"{', '.join(same)}: every repeat went the same, as with a deterministic agent; the floor is exactly 0.")
    few = Counter(row.sessions for row in found.rows)
    if len(few) > 1:
        lines.append("an agent's row counts the sessions that it finished in every repeat: "
                     + ", ".join(f"{clean(row.agent)} {row.sessions}" for row in found.rows))
    return "\n".join(lines)
