"""What the learned user reads of a (session, goal, item): a documented list of numbers, from the world alone."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.constraints import MISSED, UNKNOWN, fold
from recenv.data.world import World

FEATURES: tuple[str, ...] = (
    "base",  # 1: an item as such, against taking nothing
    "missed",  # constraints of the need that the item misses, plus half of those that its record cannot tell
    "unknown",  # constraints that its record cannot tell: what they weigh beyond half a miss
    "rating",  # rating less 4.2, in stars; 0 where unrated
    "price",  # ln((1 + price) / (1 + median price of the category)); 0 where unpriced
    "dear",  # the positive part of price
    "price_if_tight",  # price x tightness of the profile's budget, in [-1, 1]
    "dear_if_tight",  # dear x tightness
    "popular",  # ln(1 + orders by other users' folds), less its mean over the category
    "same_area",  # 1 if the item lies in the area of the session's context
    "liked",  # words of the profile's likes that are the item's type or features, at most 3
    "habit",  # share of the user's past items that are of the item's type
)

_TIGHT: dict[str, float] = {
    "精打细算": 1.0, "很紧": 1.0, "拮据": 1.0, "实惠": 0.6, "经济": 0.6, "便宜": 0.6, "低": 0.6, "偏紧": 0.4, "节俭": 0.6,
    "适中": 0.0, "中等": 0.0, "宽裕": -0.6, "充足": -0.6, "高": -0.6, "奢华": -1.0,
    "very tight": 1.0, "tight": 0.8, "cheap": 0.6, "low": 0.6, "careful": 0.4, "frugal": 0.6, "economical": 0.6,
    "moderate": 0.0, "medium": 0.0, "generous": -0.6, "ample": -0.6, "high": -0.6, "luxury": -1.0, "unlimited": -1.0,
}
"""How tight a budget word is, in [-1, 1]. A scale of ours, not fitted; its effect (price_if_tight) is."""


class _Place(NamedTuple):
    area: str
    kind: str
    words: frozenset[str]  # type and features, folded


class _Side(NamedTuple):
    """What a session brings: context area, tightness, liked words, share of the history by type."""

    area: str
    tight: float
    likes: frozenset[str]
    habits: dict[str, float]


class FeatureReader:
    """Computes features over one world; rows are independent of each other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._category = np.asarray(world.column("item_category"), np.int64)
        self._median = _medians(world, self._category)
        popularity = world.column("popularity")  # (FOLDS, I)
        folds, columns = len(popularity), range(len(world.categories))
        members = [np.flatnonzero(self._category == c) for c in columns]
        self._usual = np.array([[popularity[f][m].mean() if len(m) else 0.0 for m in members] for f in range(folds)])
        self._place = lru_cache(maxsize=262_144)(self._read_place)
        self._side = lru_cache(maxsize=65_536)(self._read_side)

    def __call__(
        self, sessions: NDArray[np.int64], items: NDArray[np.int64], satisfaction: NDArray[np.int8]
    ) -> NDArray[np.float64]:
        """(R, E) in the order of FEATURES. sessions, items (R,) rows of the world; satisfaction (R, M)."""
        world = self.world
        category = self._category[items]
        rating = np.nan_to_num(world.column("item_rating")[items].astype(np.float64) - 4.2)
        price = np.maximum(world.column("item_price")[items].astype(np.float64), 0.0)
        relative = np.nan_to_num(np.log1p(price) - np.log1p(self._median[category]))
        dear = np.maximum(relative, 0.0)
        fold_of = np.asarray(world.column("session_fold"), np.int64)[sessions]
        popular = world.column("popularity")[fold_of, items].astype(np.float64) - self._usual[fold_of, category]
        sides = [self._side(s) for s in sessions.tolist()]
        places = [self._place(i) for i in items.tolist()]
        pairs = list(zip(sides, places, strict=True))
        tight = np.array([s.tight for s in sides], np.float64)
        missed, unknown = (satisfaction == MISSED).sum(1), (satisfaction == UNKNOWN).sum(1)
        columns = (
            np.ones(len(items)), missed + 0.5 * unknown, unknown, rating, relative, dear,
            tight * relative, tight * dear, popular,
            [bool(s.area) and s.area == p.area for s, p in pairs], [min(3, len(s.likes & p.words)) for s, p in pairs],
            [s.habits.get(p.kind, 0.0) for s, p in pairs],
        )
        return np.stack([np.asarray(c, np.float64) for c in columns], 1) if len(items) else np.zeros((0, len(FEATURES)))

    def _read_place(self, item: int) -> _Place:
        have = self.world.item(item).attributes
        kind, tags = fold(str(have.get("subcategory", ""))), have.get("tags", ())
        words = (kind, *(fold(t) for t in (tags if isinstance(tags, tuple) else (str(tags),))))
        return _Place(fold(str(have.get("area", ""))), kind, frozenset(w for w in words if w))

    def _read_side(self, session: int) -> _Side:
        record = self.world.session(session)
        user = self.world.user(int(self.world.column("session_user")[session]))
        likes = user.profile.get("likes", "").replace("、", ",").replace("，", ",").split(",")
        rows = [r for r in (self.world.item_row(i) for i in user.history) if r >= 0]
        kinds = [k for k in (self._place(r).kind for r in rows) if k]
        return _Side(
            fold(record.context.get("area", "")), tightness(user.profile.get("budget", "")),
            frozenset(w for w in map(fold, likes) if w), {k: kinds.count(k) / len(kinds) for k in dict.fromkeys(kinds)},
        )


def tightness(budget: str) -> float:
    """How tight a budget word of a profile is, in [-1, 1]; 0 where there is none or an unknown one."""
    return _TIGHT.get(budget.strip().casefold(), 0.0)


def _medians(world: World, category: NDArray[np.int64]) -> NDArray[np.float64]:
    """(categories,) median price of each category, NaN (no price feature) where it has none."""
    price = np.asarray(world.column("item_price"), np.float64)
    out = np.full(len(world.categories), np.nan)
    for c in range(len(world.categories)):
        known = price[(category == c) & (price >= 0)]
        if len(known):
            out[c] = np.median(known)
    return out
