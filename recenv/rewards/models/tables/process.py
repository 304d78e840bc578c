"""Behaviour from tables: what people with such habits did in such scenes, for rows whose texts are "key: value" pairs.

One Gaussian process a layout of keys (``tabular_kernel``). It is kept as its training rows in codes, one number each, and the
weights of the distances: some 30 bytes a row. Evaluation is NumPy, row by row, so that a batch never changes a bit of a score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from recenv import rng
from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.models.tables import kernel as kernel
from recenv.rewards.models.tables.columns import Layout, Side, encode, keys_of, layouts
from recenv.rewards.models.tables.kernel import PREDICTIVE, TERMS, Levelled, Table, Weights
from recenv.rewards.models.threads import one_thread

MOST_ROWS = 10_240
"""Training rows of a layout; of more, whole people are left out, as their hashes fall."""
LEAST_ROWS, LEAST_PEOPLE = 200, 20

_BLOCK = 1_024  # rows; bounds the memory

State = dict[str, NDArray[Any]]


class Fitted(NamedTuple):
    """state: named arrays, to be stored; apart (N,) float32: the logit of each training row from all other people, NaN where no
    layout was learned. What is stacked on the model must be trained on ``apart``, not on ``predict`` of the training rows."""

    state: State
    apart: NDArray[np.float32]


def fit(rows: Sequence[ScorerRow], labels: ArrayLike, seed: int) -> Fitted:
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
        table = kernel.table(encode(layout, [rows[n] for n in kept.tolist()]), person[kept])
        weights = kernel.learn(table, labels[kept], _context_columns(layout, table), seed)
        solved = kernel.solve(table, labels[kept], weights)
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
    return np.concatenate([context, context[kernel.levelled(table).scene]])


def _calibrate(scores: NDArray[np.float32], labels: NDArray[np.float32]) -> tuple[float, float] | None:
    """Slope and intercept of log-odds on scores, by Newton steps on Platt's targets (1999), which are never quite 0 or 1.

    None where the scores order the labels no better than chance, by three standard errors of a rank sum: rows of one
    person are not as good as rows of several, so two would be too few.
    """
    high = labels > 0.5
    up, down = int(high.sum()), int((~high).sum())
    if min(up, down) == 0 or _auc(scores, high) < 0.5 + 3.0 * np.sqrt((up + down + 1.0) / (12.0 * up * down)):
        return None
    x = np.stack([scores.astype(np.float64), np.ones(len(scores))], 1)
    low, top = 1.0 / (down + 2.0), (up + 1.0) / (up + 2.0)
    y = low + (top - low) * labels.astype(np.float64)
    w = np.zeros(2)
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -30.0, 30.0)))
        w = w + np.linalg.solve((x * (p * (1.0 - p))[:, None]).T @ x + 1e-6 * np.eye(2), x.T @ (y - p) - 1e-6 * w)
    return (float(w[0]), float(w[1])) if w[0] > 0.0 else None


def _auc(scores: NDArray[np.float32], high: NDArray[np.bool_]) -> float:
    """Share of pairs of a high and a low row that scores put in order, ties as halves."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2.0)[place.reshape(-1)]
    n = int(high.sum())
    return float((rank[high].sum() - n * (n + 1) / 2.0) / (n * (len(high) - n)))


def _pack(layout: Layout, table: Table, weights: Weights, alpha: NDArray[np.float32], line: NDArray[np.float32]) -> State:
    own = kernel.levelled(table)
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


class Predictor:
    """A learned layout, ready to answer."""

    def __init__(self, layout: Layout, state: Mapping[str, NDArray[Any]]) -> None:
        self.layout = layout
        self._sides = {n: Side(state[f"{n}_codes"], state[f"{n}_levels"].astype(np.float32)) for n in ("user", "scene", "pair")}
        self._levelled = Levelled(*(state[f"{n}_levelled"].astype(bool) for n in Levelled._fields))
        self._weights = {n: state[f"{n}_weights"].astype(np.float32) for n in ("user", "scene", "pair")}
        self._index = dict(zip(("user", "scene", "pair"), state["index"].astype(np.int64).T, strict=True))
        self._alpha = state["alpha"].astype(np.float64)
        self._amplitude = state["amplitude"].astype(np.float64)
        self._mean, self._slope, self._intercept = (float(x) for x in state["line"])

    def logits(self, rows: Sequence[ScorerRow]) -> NDArray[np.float32]:
        """(N,) logits of rows of this layout."""
        blocks = [self._block(rows[start:start + _BLOCK]) for start in range(0, len(rows), _BLOCK)]
        return np.concatenate(blocks) if blocks else np.empty(0, np.float32)

    def _block(self, rows: Sequence[ScorerRow]) -> NDArray[np.float32]:
        """Logits of a block; what its rows share is made once."""
        encoded = encode(self.layout, rows)
        sides = {"user": encoded.user, "scene": encoded.scene, "pair": kernel.pair_side(encoded.pairs)}
        keys = {n: _keys(side) for n, side in sides.items()}
        met: dict[tuple[str, bytes], NDArray[np.float64]] = {}
        out = np.empty(len(rows), np.float32)
        for n in range(len(rows)):
            for name in ("user", "pair", "scene"):
                key = (name, keys[name][n])
                if key not in met:
                    near = self._near(name, Side(sides[name].codes[n:n + 1], sides[name].levels[n:n + 1]))
                    met[key] = self._spread(near) if name == "scene" else near
            out[n] = self._one(met["user", keys["user"][n]], met["pair", keys["pair"][n]], met["scene", keys["scene"][n]])
        return out

    def _near(self, name: str, one: Side) -> NDArray[np.float64]:
        """(T, M) likeness of one part to the M distinct ones of training."""
        own = kernel.likeness(one, self._sides[name], getattr(self._levelled, name), self._weights[name])[0]
        return np.asarray(own.T, np.float64, order="C")

    def _spread(self, scene: NDArray[np.float64]) -> NDArray[np.float64]:
        """(M + 1,) what a scene takes from each distinct user (pair) of training by term, one after the other, and a constant."""
        parts: list[NDArray[np.float64]] = []
        constant = self._mean
        for t, (_, looks) in enumerate(TERMS[:PREDICTIVE]):
            given = self._amplitude[t] * self._alpha * scene[t][self._index["scene"]]
            side = next((s for s in ("user", "pair") if s in looks), "")
            if side:
                parts.append(np.bincount(self._index[side], given, len(self._sides[side].codes)).astype(np.float64))
            else:
                constant += float(given.sum())
        return np.concatenate([*parts, [constant]])

    def _one(self, user: NDArray[np.float64], pair: NDArray[np.float64], scene: NDArray[np.float64]) -> float:
        near = [{"user": user, "pair": pair}[s][t] for t, (_, looks) in enumerate(TERMS[:PREDICTIVE])
                for s in ("user", "pair") if s in looks]
        return self._slope * float((np.concatenate([*near, [1.0]]) * scene).sum()) + self._intercept


def _keys(side: Side) -> list[bytes]:
    """What rows of a side are told apart by."""
    both = np.ascontiguousarray(np.concatenate([side.codes.astype(np.float32), np.nan_to_num(side.levels, nan=-9.0)], 1))
    return [row.tobytes() for row in both]


class TabularModel:
    """A stored state, unpacked once."""

    def __init__(self, state: Mapping[str, NDArray[Any]]) -> None:
        """state: as ``fit`` returns it, or {} for a model that never answers."""
        parts: dict[int, State] = {}
        for name, array in state.items():
            number, _, rest = name.partition(".")
            parts.setdefault(int(number), {})[rest] = array
        self._predictors = [Predictor(msgspec.json.decode(part["layout"].tobytes(), type=Layout), part)
                            for _, part in sorted(parts.items())]

    def logits(self, rows: Sequence[ScorerRow]) -> NDArray[np.float32]:
        """(N,) logits, NaN for rows whose keys are too few, or of no layout that was learned. No row depends on another."""
        out = np.full(len(rows), np.nan, np.float32)
        at: dict[int, list[int]] = {}
        for n, row in enumerate(rows):
            keys = keys_of(row)
            share = [p.layout.fits(keys) for p in self._predictors]
            if any(share):
                at.setdefault(int(np.argmax(share)), []).append(n)
        for number, own in at.items():
            out[own] = self._predictors[number].logits([rows[n] for n in own])
        return out


def predict(state: Mapping[str, NDArray[Any]], rows: Sequence[ScorerRow]) -> NDArray[np.float32]:
    """(N,) logits by a state; see TabularModel, which is the faster for many calls."""
    return TabularModel(state).logits(rows)
