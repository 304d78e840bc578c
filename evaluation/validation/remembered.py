"""Scorers that answer each row once: agents that show the same items in other words are judged by the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.protocol import Cost, Scorer, ScorerSpec, Scores

_Answer = tuple[np.float32, str, NDArray[np.float32], Cost | None]


class Remembered:
    """A scorer in front of another one. Rows are told apart by all that they say; their ids and groups do not count."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._known: dict[bytes, _Answer] = {}

    @property
    def spec(self) -> ScorerSpec:
        return self._scorer.spec

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """As the scorer itself."""
        keys = [msgspec.msgpack.encode(msgspec.structs.replace(row, id="", group="")) for row in rows]
        new = {key: row for key, row in zip(keys, rows, strict=True) if key not in self._known}
        if new:
            found = self._scorer.score(list(new.values()))
            for n, key in enumerate(new):
                own = found.lists[n] if found.lists else np.zeros(0, np.float32)
                self._known[key] = found.values[n], found.reasons[n], own, found.costs[n] if found.costs else None
        answers = [self._known[key] for key in keys]
        lists = tuple(a[2] for a in answers)
        return Scores(
            np.array([a[0] for a in answers], np.float32), tuple(a[1] for a in answers),
            lists if any(len(own) for own in lists) else (), tuple(a[3] for a in answers) if any(a[3] for a in answers) else ())


def remembered(scorers: Mapping[str, Scorer]) -> dict[str, Scorer]:
    """The same scorers by dimension, each with a memory of its own."""
    return {name: Remembered(scorer) for name, scorer in scorers.items()}
