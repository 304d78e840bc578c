"""Learning what people do from tables of "key: value" texts: a Gaussian process a layout of keys (``models.tables.process``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from recenv import rng
from recenv.errors import InputError
from recenv.measures.logistic import fit_logistic
from recenv.measures.metrics import auc
from recenv.records import ScorerRow
from recenv.rewards.models.tables.columns import Layout, encode
from recenv.rewards.models.tables.kernel import PREDICTIVE
from recenv.rewards.models.tables.process import Predictor, State
from recenv.rewards.models.threads import one_thread
from recenv.training.fits import process
from recenv.training.fits.layouts import layouts
from recenv.training.fits.process import Table, Weights

MOST_ROWS = 10_240
"""Training rows of a layout; of more, whole people are left out, as their hashes fall."""
LEAST_ROWS, LEAST_PEOPLE = 200, 20


class Fitted(NamedTuple):
    """state: named arrays, to be stored; apart (N,) float32: the logit of each training row from all other people, NaN where no
    layout was learned. What is stacked on the model must be trained on ``apart``, not on what it says of the training rows."""

    state: State
    apart: NDArray[np.float32]


def fit_tables(rows: Sequence[ScorerRow], labels: ArrayLike, seed: int) -> Fitted:
    """Learn every layout of keys among the rows (N,); labels (N,) in [0, 1]; people are told apart by ``row.group``.

    Layouts with too few rows or people, or whose answers for unseen people order them no better than
    chance would, are left out. Same rows, labels and seed, same bytes. Raises InputError for labels that do not fit.
    """
    y = np.asarray(labels, np.float32).reshape(-1)
    if len(y) != len(rows) or not np.all((y >= 0.0) & (y <= 1.0)):
        lowest, highest = y.min(initial=0.0), y.max(initial=0.0)
        raise InputError(f"expected {len(rows)} labels in [0, 1], one a row; got {len(y)}, from {lowest} to {highest}")
    state: State = {}
    apart = np.full(len(rows), np.nan, np.float32)
    found, index = layouts(rows)
    for number, layout in enumerate(found):
        at = np.flatnonzero(index == number).tolist()
        learned = _fit_layout(layout, [rows[n] for n in at], y[at], seed)
        if learned is not None:
            prefix = f"{len({key.partition('.')[0] for key in state})}."
            state.update({prefix + name: array for name, array in learned.state.items()})
            apart[at] = learned.apart
    return Fitted(state, apart)


def _fit_layout(layout: Layout, rows: Sequence[ScorerRow], labels: NDArray[np.float32], seed: int) -> Fitted | None:
    names = [row.group or f"row {n}" for n, row in enumerate(rows)]
    number = {name: n for n, name in enumerate(dict.fromkeys(names))}
    person = np.array([number[name] for name in names], np.int64)
    kept = _kept(names, seed)
    if len(kept) < LEAST_ROWS or len(np.unique(person[kept])) < LEAST_PEOPLE or len(np.unique(labels[kept])) < 2:
        return None
    with one_thread():
        table = process.table_of(encode(layout, [rows[n] for n in kept.tolist()]), person[kept])
        weights = process.learn(table, labels[kept], _context_columns(layout, table), seed)
        solved = process.solve(table, labels[kept], weights)
    line = _calibrate(solved.apart, labels[kept])
    if line is None:
        return None
    state = _pack(layout, table, weights, solved.alpha, np.array([solved.mean, *line], np.float32))
    apart = np.full(len(rows), np.nan, np.float32)
    apart[kept] = np.float32(line[0]) * solved.apart + np.float32(line[1])
    rest = np.flatnonzero(np.isnan(apart)).tolist()
    apart[rest] = Predictor(layout, state).logits([rows[n] for n in rest])
    return Fitted(state, apart)


def _kept(names: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Rows of as many people as MOST_ROWS holds."""
    order = sorted(set(names), key=lambda name: (int(rng.bits(seed, rng.word(name))), name))
    count = dict.fromkeys(order, 0)
    for name in names:
        count[name] += 1
    total, inside = 0, set[str]()
    for name in order:
        if total + count[name] <= MOST_ROWS:
            total += count[name]
            inside.add(name)
    return np.array([n for n, name in enumerate(names) if name in inside], np.int64)


def _context_columns(layout: Layout, table: Table) -> NDArray[np.bool_]:
    context = np.array([c.field == "context" for c in layout.side("context", "item")], bool)
    return np.concatenate([context, context[process.levelled(table).scene]])


def _calibrate(scores: NDArray[np.float32], labels: NDArray[np.float32]) -> tuple[float, float] | None:
    """Slope and intercept of log-odds on scores, fitted to Platt's targets (1999), which are never quite 0 or 1.

    None where the scores order the labels no better than chance, by three standard errors of a rank sum: rows of one
    person are not as good as rows of several, so two would be too few.
    """
    high = labels > 0.5
    up, down = int(high.sum()), int((~high).sum())
    if min(up, down) == 0:
        return None
    if auc(high.astype(np.float64), scores.astype(np.float64)) < 0.5 + 3.0 * np.sqrt((up + down + 1.0) / (12.0 * up * down)):
        return None
    x = np.stack([scores.astype(np.float64), np.ones(len(scores))], 1)
    low, top = 1.0 / (down + 2.0), (up + 1.0) / (up + 2.0)
    y = low + (top - low) * labels.astype(np.float64)
    w = fit_logistic(x, y, 1e-6)
    return (float(w[0]), float(w[1])) if w[0] > 0.0 else None


def _pack(layout: Layout, table: Table, weights: Weights, alpha: NDArray[np.float32], line: NDArray[np.float32]) -> State:
    own = process.levelled(table)
    state: State = {
        "layout": np.frombuffer(msgspec.json.encode(layout), np.uint8).copy(),
        "index": np.stack([table.user, table.scene, table.pair], 1).astype(np.int16),
        "alpha": alpha, "line": line, "amplitude": weights.amplitude[:PREDICTIVE],
    }
    sides = (("user", table.users, own.user), ("scene", table.scenes, own.scene), ("pair", table.pairs, own.pair))
    for name, side, levelled in sides:
        state[f"{name}_codes"] = side.codes
        state[f"{name}_levels"] = side.levels.astype(np.float16)
        state[f"{name}_levelled"] = levelled.astype(np.uint8)
        state[f"{name}_weights"] = np.ascontiguousarray(getattr(weights, name)[:, :PREDICTIVE])
    return state
