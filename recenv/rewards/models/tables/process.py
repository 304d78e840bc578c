"""Behaviour from tables: what people with such habits did in such scenes, for rows whose texts are "key: value" pairs.

One Gaussian process a layout of keys (``kernel``). It is kept as its training rows in codes, one number each, and the
weights of the distances: some 30 bytes a row. Evaluation is NumPy, row by row, so that a batch never changes a bit of a score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.models.tables.columns import Layout, Side, encode, keys_of
from recenv.rewards.models.tables.kernel import PREDICTIVE, TERMS, Levelled, likeness, pair_side

_BLOCK = 1_024  # rows; bounds the memory

State = dict[str, NDArray[Any]]


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
        sides = {"user": encoded.user, "scene": encoded.scene, "pair": pair_side(encoded.pairs)}
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
        own = likeness(one, self._sides[name], getattr(self._levelled, name), self._weights[name])[0]
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
        """state: as ``fit_tables`` returns it, or {} for a model that never answers."""
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
