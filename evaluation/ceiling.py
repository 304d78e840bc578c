"""The ceiling of a run: what an agent that knows everything reaches in its sessions; ``ceiling.json`` of the run folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.evaluation.plan import RUN_SCHEMA, RunPlan, read_plan
from recenv.evaluation.session_values import RETURN, SessionValues
from recenv.files import write_whole
from recenv.journal import line_of, only_line
from recenv.measures.intervals import Interval, mean_interval
from recenv.rollouts.ceiling import Served, best_returns, reachable

CEILING = "ceiling.json"
MEASURES: tuple[str, ...] = (RETURN, "needs_met")
"""The metrics that have a ceiling."""


class BestItem(msgspec.Struct, frozen=True, kw_only=True):
    """What one who knows everything serves at a goal, at once and alone: the item of highest worth that the user orders, else the
    best that can be shown. met: whether he orders it. worth: in [0, 1]; values: (D,) of it by dimension, None where nobody says;
    rounded to four decimals."""

    id: str
    name: str
    met: bool
    worth: float
    values: tuple[float | None, ...]


class SessionCeilings(msgspec.Struct, frozen=True, kw_only=True):
    """Per session of the plan, in its order: share of the goals that can be met, and the return of meeting them with the items
    of highest worth (None under a reward that has no such bound). users: whose sessions they are. unwinnable: share of the
    goals that no candidate meets. quality: what each dimension pays of a session's return, (D,); empty under a reward whose
    quality is no weighted sum of dimensions. best: what is served at each goal that is begun; empty in runs of before.
    """

    needs_met: tuple[float, ...]
    returns: tuple[float | None, ...]
    users: tuple[str, ...]
    unwinnable: float
    quality: tuple[tuple[float, ...], ...] = ()
    best: tuple[tuple[BestItem, ...], ...] = ()

    def of(self, metric: str) -> list[float]:
        """The values of one of ``MEASURES``, NaN where there is none."""
        return [float("nan") if v is None else v for v in (self.returns if metric == RETURN else self.needs_met)]


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """What can be reached on average, by metric of ``MEASURES``; unwinnable: share of the goals that no candidate meets."""

    metrics: dict[str, Interval]
    unwinnable: float


def write_ceiling(run: Path, engine: Engine) -> None:
    """Work out the ceiling of the sessions of a run, under the reward that ``engine`` pays."""
    plan = read_plan(run)
    can = reachable(engine.tables, plan.sessions)
    paid = best_returns(engine, plan.sessions, np.full(len(plan.sessions), plan.seed, np.uint64))
    found = SessionCeilings(
        needs_met=tuple(can.needs_met.tolist()), returns=tuple(None if np.isnan(v) else v for v in paid.total.tolist()),
        users=tuple(engine.world.session(row).user_id for row in plan.sessions), unwinnable=can.unwinnable,
        quality=tuple(map(tuple, paid.quality.tolist())),
        best=tuple(tuple(_best(engine, s) for s in goals) for goals in paid.served))
    write_whole(run / CEILING, line_of(found))


def _best(engine: Engine, served: Served) -> BestItem:
    item = engine.world.item(served.item)
    values = tuple(None if np.isnan(v) else round(v, 4) for v in served.values.tolist())
    return BestItem(id=item.id, name=item.name, met=served.met, worth=round(served.worth, 4), values=values)


def read_ceiling(run: str | Path, plan: RunPlan) -> SessionCeilings | None:
    """The ceiling of a run; None where none was worked out. Raises InputError for a file that is none of this run."""
    file = Path(run) / CEILING
    if not file.is_file():
        return None
    remedy = "delete it, then evaluate ... --resume"
    older = plan.schema < RUN_SCHEMA
    found = only_line(file.read_bytes(), SessionCeilings, f"{file} does not hold a ceiling", remedy, unsealed=older)
    if len({len(plan.sessions), len(found.needs_met), len(found.returns), len(found.users)}) > 1:
        raise InputError(f"{file} is of {len(found.needs_met)} sessions, the run of {len(plan.sessions)}; delete it and --resume")
    return found


def mean_ceiling(found: SessionCeilings, seed: int, level: float, resamples: int) -> Ceiling:
    """The ceiling of the whole run with its intervals."""
    means = {m: mean_interval(found.of(m), found.users, seed, level, resamples) for m in MEASURES}
    return Ceiling(metrics=means, unwinnable=found.unwinnable)


def share_of_ceiling(found: SessionCeilings, values: Sequence[SessionValues]) -> dict[str, float]:
    """What an agent reached of what could be reached in the sessions that it finished, by metric; NaN where nothing could."""
    own = {RETURN: [v.total for v in values], "needs_met": [v.needs_met for v in values]}
    shares = {}
    for metric, reached in own.items():
        every = found.of(metric)
        top = sum(every[v.order] for v in values)
        shares[metric] = sum(reached) / top if top > 0 else float("nan")
    return shares
