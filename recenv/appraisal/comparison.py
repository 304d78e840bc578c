"""A scorer at a glance, beside what knows nothing (the base rate) and what only counts shared words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from recenv.appraisal.overlap import word_overlaps
from recenv.appraisal.scoring import ScoredRow
from recenv.appraisal.sheet import Sheet, mean_known
from recenv.measures.calibrate import fit_lists, fit_temperature
from recenv.measures.metrics import Array
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.ranking import dcg

_KEYS = {
    "AUC": "auc", "accuracy": "accuracy", "balanced accuracy": "balanced_accuracy", "F1": "f1",
    "nDCG": "ndcg", "top-1": "top1", "AUC in lists": "auc", "NLL": "nll", "ECE": "ece",
}
_ORDER = ("AUC", "nDCG", "top-1", "AUC in lists")  # measures of order alone, taken of word overlap as it is

Score = float | tuple[float, ...]


def compared(dimension: str, rows: Sequence[ScoredRow], fitting: Sequence[ScorerRow]) -> dict[str, Any]:
    """One line of the table. rows: scored and labelled, held out; fitting: labelled rows on which the baselines are fitted.

    Keys: dimension, n, groups, positives (share), nan (rows without a score), scorer, majority, overlap (measures by name;
    the scorer's also have ece_excess, the ECE beyond a perfect model's; of lists auc, ndcg, top1 are means over lists
    and ``majority`` is the expectation under random order), and
    interval: 95 % bootstrap intervals over groups for the scorer's AUC (or list nDCG) and for its margin over overlap.
    Labels from 0.5 count as positive, lists without a positive item are left out.
    """
    listwise = DIMENSIONS[dimension].listwise
    kept = [r for r in rows if not isinstance(r.label, tuple) or any(v > 0 for v in r.label)]
    fitted, constant = _fitted_lists(fitting) if listwise else _fitted_points(fitting)
    own, words, calibrated, nothing = (Sheet(dimension, plain=True) for _ in range(4))
    for row in kept:
        own.add(row, row.score, row.reason)
        if row.score is not None:
            shared = word_overlaps(row)
            words.add(row, shared)
            calibrated.add(row, fitted(shared))
            nothing.add(row, constant(shared))
    lead, _, margin = own.margin(words)
    random = _random_order([np.array(r.label, np.float64) for r in kept if r.score is not None]) if listwise else {}
    return {
        "dimension": dimension, "n": len(kept), "groups": own.groups, "positives": own.positives,
        "nan": sum(r.score is None for r in kept),
        "scorer": {**_by_key(own), "ece_excess": own.reliability().excess},
        "majority": _by_key(nothing) | random,
        "overlap": _by_key(calibrated) | _by_key(words, _ORDER),
        "interval": {"scorer": [lead.low, lead.high], "margin": [margin.low, margin.high]},
    }


def _by_key(sheet: Sheet, names: Sequence[str] = tuple(_KEYS)) -> dict[str, float]:
    return {_KEYS[name]: value for name, value in sheet.values().items() if name in names}


def _fitted_points(fitting: Sequence[ScorerRow]) -> tuple[Callable[[Score], Score], Callable[[Score], Score]]:
    """Probabilities: logistic on the word overlap, and the base rate."""
    labels = np.array([r.label for r in fitting], np.float64)
    logistic = fit_temperature(np.array([word_overlaps(r) for r in fitting], np.float64), labels)
    rate = float(labels.mean())
    return lambda shared: float(logistic.apply(np.array([shared], np.float64))[0]), lambda shared: rate


def _fitted_lists(fitting: Sequence[ScorerRow]) -> tuple[Callable[[Score], Score], Callable[[Score], Score]]:
    """Probabilities of the items: softmax of scaled word overlaps, and each alike."""
    scale = fit_lists([np.array(word_overlaps(r), np.float64) for r in fitting], [np.array(r.label, np.float64) for r in fitting])

    def alike(shared: Score) -> Score:
        items = np.atleast_1d(shared)
        return (1.0 / len(items),) * len(items)

    return lambda shared: tuple(scale.apply_list(np.atleast_1d(np.array(shared, np.float64))).tolist()), alike


def _random_order(gains: Sequence[Array]) -> dict[str, float]:
    """Expectations under a uniformly random order."""
    best = [dcg(np.sort(g)[::-1]) for g in gains]
    expected = [g.mean() * dcg(np.ones(len(g))) / b for g, b in zip(gains, best, strict=True)]
    return {"ndcg": mean_known(np.array(expected)), "top1": mean_known(np.array([(g > 0).mean() for g in gains])), "auc": 0.5}


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
