"""Held-out comparison of scorers with what knows nothing (the base rate) and what only counts shared words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recenv.measures import metrics
from recenv.measures.calibrate import fit_lists, fit_temperature
from recenv.measures.metrics import Array
from recenv.measures.reliability import of_lists, of_points
from recenv.measures.resampling import intervals
from recenv.records import DIMENSIONS, ScorerRow
from recenv.rewards.protocol import Scorer
from recenv.rewards.ranking import dcg
from recenv.rewards.reading.lexical import overlap

_DRAWS = 1000


def word_overlap(row: ScorerRow, item: str = "") -> float:
    """The baseline's one feature: how much of the asking text is found in the answering text, in [0, 1]."""
    if row.dimension == "instruction_following":
        return overlap(f"{row.instruction} {row.query}", row.response)
    if row.dimension == "factual_consistency":
        return overlap(row.response, row.evidence)
    asked = f"{row.query} {row.user}" if row.dimension in ("behavior_prediction", "item_ranking") else row.query
    return overlap(asked, item or row.item)


def comparison_table(
    rows: Sequence[ScorerRow], scorers: Mapping[str, Scorer], fitting: Sequence[ScorerRow]
) -> list[dict[str, Any]]:
    """One record a dimension. rows: labelled, held out; fitting: labelled rows on which the baselines are fitted.

    Keys: dimension, n, groups, positives (share), nan (rows without a score), scorer, majority, overlap (measures by name;
    the scorer's also have ece_excess, the ECE beyond a perfect model's; for item_ranking auc, ndcg, top1 are means over lists
    and ``majority`` is the expectation under random order), and
    interval: 95 % bootstrap intervals over groups for the scorer's AUC (or list nDCG) and for its margin over overlap.
    """
    table = []
    for d in DIMENSIONS:
        held = [r for r in rows if r.dimension == d]
        if d not in scorers or not held:
            continue
        own = [r for r in fitting if r.dimension == d]
        table.append(_lists(d, held, scorers[d], own) if d == "item_ranking" else _points(d, held, scorers[d], own))
    return table


def _points(dimension: str, rows: list[ScorerRow], scorer: Scorer, fitting: list[ScorerRow]) -> dict[str, Any]:
    values = scorer.score(rows).values.astype(np.float64)
    scored = ~np.isnan(values)
    y = _labels(rows)[scored]
    p = values[scored]
    shared = np.array([word_overlap(r) for r in rows])[scored]
    train_y = _labels(fitting)
    q = fit_temperature(np.array([word_overlap(r) for r in fitting]), train_y).apply(shared)
    constant = np.full(len(y), train_y.mean())
    groups = _groups([r for r, ok in zip(rows, scored, strict=True) if ok])

    def aucs(i: NDArray[np.int64]) -> tuple[float, float]:
        own = metrics.auc(y[i], p[i])
        return own, own - metrics.auc(y[i], shared[i])

    return {
        "dimension": dimension, "n": len(rows), "groups": int(groups.max()) + 1, "positives": float((y >= 0.5).mean()),
        "nan": int((~scored).sum()), "scorer": {**_measures(y, p, p), "ece_excess": of_points(y, p).excess},
        "majority": _measures(y, constant, constant),
        "overlap": _measures(y, q, shared),
        "interval": _bootstrap(groups, aucs),
    }


def _measures(y: Array, p: Array, order: Array) -> dict[str, float]:
    return {
        "auc": metrics.auc(y, order), "nll": metrics.nll(y, p), "ece": metrics.ece(y, p), "accuracy": metrics.accuracy(y, p),
        "balanced_accuracy": metrics.balanced_accuracy(y, p), "f1": metrics.f1(y, p),
    }


def _lists(dimension: str, rows: list[ScorerRow], scorer: Scorer, fitting: list[ScorerRow]) -> dict[str, Any]:
    rows = [r for r in rows if isinstance(r.label, tuple) and any(v > 0 for v in r.label)]
    gains, fit_gains = _gains(rows), _gains(fitting)
    lists = [np.asarray(p, np.float64) for p in scorer.score(rows).lists]
    shared = [_overlaps(r) for r in rows]
    scale = fit_lists([_overlaps(r) for r in fitting], fit_gains)
    uniform = [np.full(len(g), 1.0 / len(g)) for g in gains]
    groups = _groups(rows)
    own = np.array([metrics.ndcg(g, p) for g, p in zip(gains, lists, strict=True)])
    other = np.array([metrics.ndcg(g, s) for g, s in zip(gains, shared, strict=True)])
    return {
        "dimension": dimension, "n": len(rows), "groups": int(groups.max()) + 1 if rows else 0,
        "positives": float(np.mean([(g > 0).mean() for g in gains])), "nan": 0,
        "scorer": {**metrics.list_means(gains, lists), "nll": metrics.list_nll(gains, lists),
                   "ece": metrics.list_ece(gains, lists), "ece_excess": of_lists(gains, lists).excess},
        "majority": {**_random_order(gains), "nll": metrics.list_nll(gains, uniform), "ece": metrics.list_ece(gains, uniform)},
        "overlap": {**metrics.list_means(gains, shared), "nll": metrics.list_nll(gains, [scale.apply_list(s) for s in shared]),
                    "ece": metrics.list_ece(gains, [scale.apply_list(s) for s in shared])},
        "interval": _bootstrap(groups, lambda i: (float(own[i].mean()), float((own - other)[i].mean()))),
    }


def _random_order(gains: list[Array]) -> dict[str, float]:
    """Expectations under a uniformly random order."""
    best = [dcg(np.sort(g)[::-1]) for g in gains]
    expected = [g.mean() * dcg(np.ones(len(g))) / b for g, b in zip(gains, best, strict=True)]
    return {"ndcg": float(np.mean(expected)), "top1": float(np.mean([(g > 0).mean() for g in gains])), "auc": 0.5}


def _overlaps(row: ScorerRow) -> Array:
    return np.array([word_overlap(row, item) for item in row.items])


def _labels(rows: Sequence[ScorerRow]) -> Array:
    return np.array([r.label for r in rows], np.float64)


def _gains(rows: Sequence[ScorerRow]) -> list[Array]:
    return [np.array(r.label, np.float64) for r in rows]


def _groups(rows: Sequence[ScorerRow]) -> NDArray[np.int64]:
    number: dict[str, int] = {}
    return np.array([number.setdefault(r.group or r.id, len(number)) for r in rows], np.int64)


def _bootstrap(
    groups: NDArray[np.int64], statistic: Callable[[NDArray[np.int64]], tuple[float, float]]
) -> dict[str, list[float]]:
    """Intervals of a pair of statistics of row numbers: the scorer's, and its margin over the baseline."""
    low, high = intervals(groups, statistic, _DRAWS, "comparison")
    return {"scorer": [float(low[0]), float(high[0])], "margin": [float(low[1]), float(high[1])]}


def table_text(table: Sequence[Mapping[str, Any]]) -> str:
    """The comparison as a Markdown table."""
    head = (
        "| dimension | n | positives | AUC [95 %] | NLL | ECE (excess) | acc | overlap AUC / NLL | majority NLL / acc | "
        "nDCG / top-1: scorer, overlap, random |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    lines = []
    for r in table:
        s, o, m, i = r["scorer"], r["overlap"], r["majority"], r["interval"]["scorer"]
        lists = "ndcg" in s
        ece = f"{s['ece']:.3f}" + (f" ({s['ece_excess']:+.3f})" if "ece_excess" in s else "")
        auc = f"{s['auc']:.3f}" if lists else f"{s['auc']:.3f} [{i[0]:.3f}, {i[1]:.3f}]"
        ranks = "; ".join(f"{x['ndcg']:.3f} / {x['top1']:.3f}" for x in (s, o, m)) if lists else "-"
        lines.append(
            f"| {r['dimension']} | {r['n']} | {r['positives']:.2f} | {auc} | {s['nll']:.3f} | {ece} | "
            f"{'-' if lists else format(s['accuracy'], '.3f')} | {o['auc']:.3f} / {o['nll']:.3f} | "
            f"{m['nll']:.3f} / {'-' if lists else format(m['accuracy'], '.3f')} | {ranks} |"
        )
    return head + "\n".join(lines) + "\n"


