"""What scoring costs on this machine, on one thread."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import torch

from recenv.records import ScorerRow
from recenv.rewards import claims, features, lexical, orders, stated
from recenv.rewards.encoder import EncoderScorers

_ROWS = 256


def rows_per_second(path: str | Path, rows: Sequence[ScorerRow]) -> dict[str, dict[str, float]]:
    """Rows a second by dimension: ``cold`` with nothing cached, ``warm`` with segments encoded and texts parsed before.

    Up to 256 rows of each dimension; a list counts by its items. The number of threads is put back afterwards.
    """
    owner, threads = EncoderScorers(path), torch.get_num_threads()
    found: dict[str, dict[str, float]] = {}
    try:
        torch.set_num_threads(1)
        for d, scorer in owner.scorers.items():
            own = [r for r in rows if r.dimension == d][:_ROWS if d != "item_ranking" else _ROWS // 16]
            if not own:
                continue
            pairs = sum(max(1, len(r.items)) for r in own)
            scorer.score(own[:2])
            owner.clear()
            _forget()
            times = []
            for _ in range(2):
                begun = time.perf_counter()
                scorer.score(own)
                times.append(time.perf_counter() - begun)
                owner.clear(keep_segments=True)
            found[d] = {"cold": pairs / times[0], "warm": pairs / times[1]}
    finally:
        torch.set_num_threads(threads)
    return found


def _forget() -> None:
    for module in (lexical, stated, claims, orders, features):
        for name in sorted(vars(module)):
            clear = getattr(getattr(module, name), "cache_clear", None)
            if callable(clear):
                clear()
