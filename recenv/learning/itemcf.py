"""Which items go together: cosine similarities of the users who took them, from histories and logged orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.baselines.itemcf import ItemCfAgent, Neighbours
from recenv.data.world import World
from recenv.envs.batch import session_pool
from recenv.errors import InputError
from recenv.learning.setting import Curve, Progress, Setting
from recenv.scenarios.entry import open_world

SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Of the users, of whom the points of the curve learn."""
_USERS = rng.word("itemcf users")


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """neighbours: most kept an item. shrink: added to the denominator of each cosine, so that pairs of rare items count for less.
    among: how many items the curve asks to find the last one of a history among."""

    neighbours: int = 100
    shrink: float = 1.0
    among: int = 20

    def __post_init__(self) -> None:
        if self.neighbours < 1 or self.among < 2 or not self.shrink >= 0:
            raise InputError(f"itemcf needs neighbours >= 1, among >= 2, shrink >= 0; got {self}")


def learn(config: Config, setting: Setting, folder: Path, progress: Progress) -> Curve:
    """Count, and keep the neighbours. Raises InputError for a world whose users have no histories and took nothing."""
    world = open_world(setting.scenario, setting.store)
    taken = logs(world, session_pool(world, setting.split))
    if not any(len(items) > 1 for items in taken):
        raise InputError(f"no user of {world.path} took two items, so that nothing goes together; use linucb or ppo here")
    ids = tuple(world.item(row).id for row in range(world.n_items))
    points = []
    for n, share in enumerate(SHARES):
        points.append(_point(taken, share, ids, config, setting.seed))
        progress(n + 1, len(SHARES) + 1)
    neighbours(taken, ids, config).save(folder)
    progress(len(SHARES) + 1, len(SHARES) + 1)
    measure = f"last item first of {config.among}"
    return Curve(
        x="users", measures=(measure,), points=tuple(points), reference={measure: 1.0 / config.among}, reference_name="chance")


def logs(world: World, sessions: Iterable[int]) -> list[list[int]]:
    """Item rows that each user of some sessions took, oldest first: his history, then what the log of these sessions says that he
    ordered; each item once."""
    taken: dict[int, dict[int, None]] = {}
    users = world.column("session_user")
    for row in sessions:
        user = int(users[row])
        if user not in taken:
            history = (world.item_row(item) for item in world.user(user).history)
            taken[user] = dict.fromkeys(item for item in history if item >= 0)
        for goal in world.privileged(row).outcomes:
            ordered = (world.item_row(o.item_id) for o in goal if o.event == "order")
            taken[user].update(dict.fromkeys(item for item in ordered if item >= 0))
    return [list(items) for items in taken.values()]


def neighbours(taken: Sequence[Sequence[int]], ids: tuple[str, ...], config: Config) -> Neighbours:
    """The nearest items of each of I items: c_ij / (sqrt(c_i c_j) + shrink), with c the counts of users who took one or both."""
    n = len(ids)
    count = np.zeros(n)
    pairs: list[NDArray[np.int64]] = []
    for items in taken:
        rows = np.array(sorted(items), np.int64)
        count[rows] += 1
        first, second = np.triu_indices(len(rows), 1)
        pairs.append(rows[first] * n + rows[second])
    key, both = np.unique(np.concatenate([*pairs, np.zeros(0, np.int64)]), return_counts=True)
    a, b = key // n, key % n
    likeness = both / (np.sqrt(count[a] * count[b]) + config.shrink)
    a, b, likeness = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([likeness, likeness])
    order = np.lexsort((b, -likeness, a))
    a, b, likeness = a[order], b[order], likeness[order]
    place = np.arange(len(a)) - np.searchsorted(a, a)  # how many of the same item come before
    kept = place < config.neighbours
    near, worth = np.full((n, config.neighbours), -1, np.int32), np.zeros((n, config.neighbours), np.float32)
    near[a[kept], place[kept]], worth[a[kept], place[kept]] = b[kept], likeness[kept]
    return Neighbours(ids, near, worth)


def _point(
    taken: Sequence[Sequence[int]], share: float, ids: tuple[str, ...], config: Config, seed: int
) -> tuple[float, float]:
    """(users, how often the last item of a history is the first of ``among`` drawn ones) of a model of a share of the users, who
    are all asked without their last item having been learned from them."""
    asked = [list(items) for items in taken if len(items) > 1]
    of = rng.permutation(len(asked), seed, _USERS)[: max(1, round(share * len(asked)))].tolist()
    agent = ItemCfAgent(neighbours([asked[u][:-1] for u in of], ids, config))
    hits = 0.0
    for u, items in enumerate(asked):
        drawn = rng.integers(len(ids), seed, _USERS, u, np.arange(config.among - 1)).tolist()
        others = [d for d in drawn if d != items[-1]]
        scores = agent.scores([ids[i] for i in items[:-1]], [ids[i] for i in (items[-1], *others)], [0.0] * (1 + len(others)))
        best = scores == scores.max()
        hits += float(best[0]) / float(best.sum())  # ties are broken by chance, on average
    return float(len(of)), hits / len(asked)
