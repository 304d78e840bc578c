"""Greedy: rank the candidates by the learned reward itself, one turn ahead.

The pointwise maximiser of a learned reward model, as best-of-n sampling is for language models (Stiennon et al.,
"Learning to summarize from human feedback", NeurIPS 2020). The worth of candidate i is

    (w_QIR q_i + w_UBP b_i + w_IR p_i / max_j p_j) / (sum of the w whose value is there)

with q_i the calibrated relevance to the query, b_i the calibrated chance of a take-up, and p_i the list scorer's
probability among all candidates, put on the scale of the other two. The order by p maximises the ranking dimension, the
orders by q and b the other two: the sum trades them off at the weights of the reward that the run pays. Another dimension that
judges what is shown joins the sum where the reward gives it a weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.baselines.runtime import Runtime
from recenv.baselines.slate import recommend
from recenv.errors import InputError
from recenv.records import Action, AgentView, ScorerRow
from recenv.rewards import rows
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer, scores_of


def ranked_by() -> tuple[str, ...]:
    """The dimensions that tell one item from another: they judge each alone, or all as a list."""
    return tuple(d.name for d in DIMENSIONS.values() if d.listwise or "item" in d.reads)


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """weights: dimension -> weight >= 0 over those of ``ranked_by``; empty: those of the run's reward spec."""

    weights: dict[str, float] = {}


class _Call(NamedTuple):
    """The rows of one scorer call over a batch: those of view n are rows[start[n]:start[n + 1]]."""

    rows: list[ScorerRow]
    start: list[int]


class GreedyAgent:
    """Recommends by the weighted learned reward of each candidate; one scorer call a dimension and batch, whatever its size."""

    def __init__(self, scorers: Mapping[str, Scorer], weights: Mapping[str, float]) -> None:
        self.name = "greedy"
        self._weights = {d: w for d in ranked_by() if (w := weights.get(d, 0.0)) > 0 and d in scorers}
        self._scorers = {d: scorers[d] for d in self._weights}
        if not self._weights:
            raise InputError(
                f"greedy ranks by at least one of {', '.join(ranked_by())} with a scorer and a weight above 0; "
                f"got scorers {', '.join(scorers) or 'none'}, weights {dict(weights)}; leave greedy out, or take other scorers "
                "or another reward")

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One recommendation a view."""
        total = [np.zeros(len(view.candidates)) for view in views]
        mass = [np.zeros(len(view.candidates)) for view in views]
        for dimension, weight in self._weights.items():
            for n, values in enumerate(self._values(dimension, views)):
                there = ~np.isnan(values)
                total[n] += np.where(there, weight * values, 0.0)
                mass[n] += np.where(there, weight, 0.0)
        return [
            recommend(view, np.where(m > 0, t / np.where(m > 0, m, 1.0), np.nan))
            for view, t, m in zip(views, total, mass, strict=True)
        ]

    def _values(self, dimension: str, views: Sequence[AgentView]) -> list[NDArray[np.float64]]:
        """Per view (C,) values in [0, 1] of the candidates, NaN where the scorer cannot answer."""
        call = _Call([], [0])
        for view in views:
            if view.candidates:
                call.rows.extend(rows.rows(DIMENSIONS[dimension], rows.of_candidates(view)))
            call.start.append(len(call.rows))
        if not call.rows:
            return [np.zeros(0) for _ in views]
        scores = scores_of(self._scorers[dimension], call.rows)
        if not DIMENSIONS[dimension].listwise:
            return [scores.values[a:b].astype(np.float64) for a, b in zip(call.start, call.start[1:], strict=False)]
        return [
            _relative(scores.lists[a], scores.values[a]) if b > a else np.zeros(0)
            for a, b in zip(call.start, call.start[1:], strict=False)
        ]


def _relative(probabilities: NDArray[np.float32], value: np.float32) -> NDArray[np.float64]:
    """Probabilities over the most probable one's; NaN where the list could not be scored."""
    p = probabilities.astype(np.float64)
    top = p.max() if len(p) else 0.0
    return p / top if top > 0 and not np.isnan(value) else np.full(len(p), np.nan)


def build(config: Config, runtime: Runtime) -> GreedyAgent:
    """The agent of a run. Raises InputError without scorers, or for weights that cannot be used."""
    if runtime.scorers is None:
        raise InputError("greedy ranks by learned reward and this run has no scorers; pass --scorers thorough, or leave it out")
    for dimension, weight in config.weights.items():
        if dimension not in ranked_by() or not (np.isfinite(weight) and weight >= 0):
            raise InputError(
                f"greedy: weights must map some of {', '.join(ranked_by())} to numbers >= 0; got {dimension!r}: {weight}")
    return GreedyAgent(runtime.scorers(), config.weights or runtime.reward_spec.weights)
