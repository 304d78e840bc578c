"""Item-based collaborative filtering: what goes with what this user took before, in the histories of others.

Sarwar, Karypis, Konstan & Riedl, "Item-based collaborative filtering recommendation algorithms" (WWW 2001): a candidate is worth
the sum of its similarities to the items of the user's history. It reads nothing of what the user says now. Candidates that go
with none of these follow by popularity. It is learned by ``recenv learn itemcf``, and plays in the world that it was learned in.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from recenv.baselines.slate import recommend
from recenv.errors import UNREADABLE, InputError
from recenv.records import Action, AgentView

WEIGHTS, ITEMS = "model.safetensors", "items.json"
_BY_POPULARITY = 1e-6
"""What popularity adds to a score: less than any similarity that is kept, so that it decides where nothing else does."""


class Neighbours(NamedTuple):
    """Of I items, their M nearest: ids (I,); near (I, M) rows of these, -1 for none; likeness (I, M) in [0, 1], best first."""

    ids: tuple[str, ...]
    near: NDArray[np.int32]
    likeness: NDArray[np.float32]

    def save(self, folder: Path) -> None:
        (folder / WEIGHTS).write_bytes(save({"near": self.near, "likeness": self.likeness}))
        (folder / ITEMS).write_bytes(msgspec.json.encode(self.ids))

    @classmethod
    def load(cls, folder: Path) -> Neighbours:
        """Raises InputError for files that are missing or do not fit each other."""
        try:
            arrays = load_file(folder / WEIGHTS)
            ids = msgspec.json.decode((folder / ITEMS).read_bytes(), type=tuple[str, ...])
            near, likeness = arrays["near"], arrays["likeness"]
        except (OSError, SafetensorError, KeyError, *UNREADABLE) as error:
            raise InputError(f"{folder}: no neighbours of itemcf ({error}); learn it again with: recenv learn itemcf") from None
        fits = near.ndim == 2 and near.shape == likeness.shape and len(near) == len(ids)
        if not fits or not ((near >= -1) & (near < len(ids))).all():
            raise InputError(f"{folder}: the neighbours of itemcf do not fit its items; learn it again")
        return cls(ids, near.astype(np.int32), likeness.astype(np.float32))


class ItemCfAgent:
    """Recommends by likeness to the user's history."""

    def __init__(self, neighbours: Neighbours, name: str = "itemcf") -> None:
        self.name, self._found = name, neighbours
        self._row = {item: n for n, item in enumerate(neighbours.ids)}

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One recommendation a view."""
        return [
            recommend(view, self.scores(view.user.history, [item.id for item in view.candidates], view.popularity))
            for view in views
        ]

    def scores(self, history: Sequence[str], candidates: Sequence[str], popularity: Sequence[float]) -> NDArray[np.float64]:
        """(C,) what candidates are worth to who took the items of a history."""
        worth: dict[int, float] = {}
        for row in (self._row[item] for item in history if item in self._row):
            for other, likeness in zip(self._found.near[row].tolist(), self._found.likeness[row].tolist(), strict=True):
                worth[other] = worth.get(other, 0.0) + likeness
        found = [worth.get(self._row.get(item, -2), 0.0) for item in candidates]
        return np.asarray(np.array(found) + _BY_POPULARITY * np.asarray(popularity, np.float64))
