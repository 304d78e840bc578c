"""What scoring costs on this machine, and how much of that its matrix products alone would take.

While a checkpoint scores with empty caches, every float32 matrix product that it asks for is noted by shape. The same products
are then timed alone, on as many threads. Their time over the time of scoring is the share of what they would allow.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from recenv import data
from recenv.records import ScorerRow
from recenv.rewards import features, reading, rules
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models import tables
from recenv.rewards.models.heads import CheckpointScorers
from recenv.rewards.models.open import open_scorers

ROWS = 256
"""Most rows of a dimension that are timed; a sixteenth of it, of lists."""

TEXT_CACHES = (data.CACHES, reading.CACHES, rules.CACHES, features.CACHES, tables.CACHES)
"""All that keeps what was read of a text beyond the checkpoint that asked."""

_SESSIONS = 128  # of the synthetic world
_WARM_UP = 4  # rows, so that nothing is loaded while the clock runs
_ENOUGH = 0.3  # seconds of one kind of run after which it is not repeated
_RUNS = 2  # of which the quickest counts: everything else on the machine only slows down
_SPAN, _PRODUCTS = 0.004, 200  # seconds, and number, of one product timed alone


class Product(NamedTuple):
    """``batch`` products of an (m, k) with a (k, n) matrix; weight: whether it is one product with a layer's weights."""

    batch: int
    m: int
    k: int
    n: int
    weight: bool

    @property
    def flops(self) -> int:
        return 2 * self.batch * self.m * self.k * self.n


class Timing(msgspec.Struct, frozen=True):
    """On a number of threads. cold, warm: pairs a second with nothing cached, and with texts parsed and segments encoded before
    (only what is computed for a pair is done again). possible: pairs a second if there were only the matrix products of a cold
    run; share: cold / possible. gflops: billions of operations a second of these products alone.
    """

    threads: int
    cold: float
    warm: float
    possible: float
    share: float
    gflops: float


class Cost(msgspec.Struct, frozen=True):
    """One dimension. pairs: how many were timed (a list has one an item). mflop: millions of operations a pair in matrix
    products, padding included."""

    dimension: str
    pairs: int
    mflop: float
    timings: list[Timing]


def scoring_cost(path: str | Path, rows: Sequence[ScorerRow], threads: Sequence[int] | None = None) -> list[Cost]:
    """Time up to 256 rows of each dimension (a list counts by its items) on one and on two cores, or on ``threads``.

    Dimensions without rows are left out, and numbers of threads beyond one for which there are no idle cores: threads that wait
    for one another take longer than one alone, and would say nothing of the machine. The number of threads is put back.
    """
    owner, before = open_scorers(path), torch.get_num_threads()
    counts = [n for n in ((1, 2) if threads is None else threads) if n == 1 or (n <= _cores() and idle(n))]
    alone: dict[tuple[int, Product], float] = {}
    found = []
    try:
        for d in (d for d in DIMENSIONS if d in owner.scorers):
            own = [r for r in rows if r.dimension == d][:ROWS // 16 if DIMENSIONS[d].listwise else ROWS]
            if own:
                found.append(_cost(owner, d, own, counts, alone))
    finally:
        torch.set_num_threads(before)
    return found


def _cost(
    owner: CheckpointScorers, dimension: str, rows: Sequence[ScorerRow], counts: Sequence[int],
    alone: dict[tuple[int, Product], float],
) -> Cost:
    scorer, pairs = owner.scorers[dimension], sum(max(1, len(r.items)) for r in rows)

    def cold() -> None:
        forget()
        owner.clear()

    scorer.score(rows[:_WARM_UP])
    cold()
    with Products() as noted:
        scorer.score(rows)
    flops = sum(p.flops * n for p, n in noted.counts.items())
    timings = []
    for n in counts:
        torch.set_num_threads(n)
        first = _quickest(lambda: scorer.score(rows), cold)
        again = _quickest(lambda: scorer.score(rows), lambda: owner.clear(keep_segments=True))
        ideal = sum(_alone(p, n, alone) * times for p, times in noted.counts.items())
        timings.append(Timing(
            n, pairs / first, pairs / again, pairs / ideal if ideal else float("inf"), ideal / first,
            flops / ideal / 1e9 if ideal else 0.0))
    return Cost(dimension, pairs, flops / pairs / 1e6, [_rounded(t) for t in timings])


class Products(TorchDispatchMode):
    """Notes the matrix products of everything called inside, by shape, whatever the architecture; ``counts`` says how often.

    Attention is two batched products a head. torch.utils.flop_counter does not know the attention kernel of CPUs.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.counts: Counter[Product] = Counter()

    @property
    def flops(self) -> int:
        """Operations in all."""
        return sum(p.flops * n for p, n in self.counts.items())

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func._schema.name.removeprefix("aten::")
        if name in ("mm", "addmm"):
            a, b = args[-2:] if name == "mm" else args[1:3]
            self.counts[Product(1, a.shape[0], a.shape[1], b.shape[1], True)] += 1
        elif name in ("bmm", "baddbmm"):
            a, b = args[:2] if name == "bmm" else args[1:3]
            self.counts[Product(a.shape[0], a.shape[1], a.shape[2], b.shape[2], False)] += 1
        elif "scaled_dot_product" in name and "backward" not in name:
            q, k, v = args[:3]
            heads = q.shape[:-2].numel()
            self.counts[Product(heads, q.shape[-2], q.shape[-1], k.shape[-2], False)] += 1
            self.counts[Product(heads, q.shape[-2], k.shape[-2], v.shape[-1], False)] += 1
        else:  # under inference mode composites arrive whole
            with self:
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        return func(*args, **kwargs)


def _alone(product: Product, threads: int, known: dict[tuple[int, Product], float]) -> float:
    """Seconds that one product takes, timed once; a weight is stored (n, k), as layers store it."""
    if (threads, product) not in known:
        generator = torch.Generator().manual_seed(0)
        b, m, k, n, weight = product
        left = torch.randn((m, k) if weight else (b, m, k), generator=generator)
        right = torch.randn((n, k), generator=generator).t() if weight else torch.randn((b, k, n), generator=generator)
        multiply: Callable[[], object] = (lambda: left @ right) if weight else (lambda: torch.bmm(left, right))
        best, begun = float("inf"), time.perf_counter()
        with torch.inference_mode():
            multiply()
            for _ in range(_PRODUCTS):
                at = time.perf_counter()
                multiply()
                best = min(best, time.perf_counter() - at)
                if time.perf_counter() - begun > _SPAN:
                    break
        known[threads, product] = best
    return known[threads, product]


def _quickest(run: Callable[[], object], before: Callable[[], None]) -> float:
    """Seconds of the quickest of a few runs, each after ``before``."""
    best, spent = float("inf"), 0.0
    for _ in range(_RUNS):
        before()
        begun = time.perf_counter()
        run()
        taken = time.perf_counter() - begun
        best, spent = min(best, taken), spent + taken
        if spent > _ENOUGH:
            break
    return best


def forget() -> None:
    """Empty the caches of texts that scoring has filled. What a checkpoint holds, its owner forgets."""
    for group in TEXT_CACHES:
        group.clear()


def idle(threads: int) -> bool:
    """Whether that many threads multiply matrices no slower than one does: not so where others keep the cores busy."""
    before, known = torch.get_num_threads(), dict[tuple[int, Product], float]()
    product = Product(1, 256, 384, 384, True)
    try:
        taken = []
        for n in (1, threads):
            torch.set_num_threads(n)
            taken.append(min(_alone(product, n, known), _alone(product, n, {})))
    finally:
        torch.set_num_threads(before)
    return taken[1] < taken[0]


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _rounded(t: Timing) -> Timing:
    return Timing(t.threads, round(t.cold, 2), round(t.warm, 2), round(t.possible, 2), round(t.share, 4), round(t.gflops, 3))


# -- in words ------------------------------------------------------------------------------------------------------------

MEANING = (
    f"Up to {ROWS} rows of a dimension ({ROWS // 16} lists, a pair an item; in a card: held-out ones, on the machine that "
    "trained), float32. Cold: nothing cached. Warm: texts parsed and single segments encoded before, as for items and queries "
    "that come back. Matrix products alone: pairs a second if there were only the products that a cold run asks for, each shape "
    "timed by itself on as many cores, padding included; the share is cold over that. What is lost is reading: parsing texts for "
    "the features, tokenising, everything in the network that is not a matrix product. Rows scored before are looked up, at next "
    "to no cost. Where two cores are missing, the second was busy with something else: `recenv bench-scorers` measures again."
)


def rows_per_second(path: str | Path, rows: Sequence[ScorerRow]) -> Any:
    """What ``scoring_cost`` finds, as JSON values."""
    return stored(scoring_cost(path, rows))


def bench_rows(files: Sequence[str | Path] = ()) -> list[ScorerRow]:
    """Rows of files or, without any, of a synthetic world in both languages that no shipped scorer is trained on."""
    from recenv.appraisal.probes.material import synthetic
    from recenv.data.rowfile import read_rows

    if files:
        return [row for file in files for row in read_rows(file, DIMENSIONS)]
    return [row for own in synthetic(sessions=_SESSIONS).rows.values() for row in own]


def cost_text(costs: Sequence[Cost]) -> str:
    """A Markdown table: one line a dimension and number of threads."""
    lines = [
        "| dimension | MFLOP a pair | cores | pairs a second, cold | warm | matrix products alone | share | GFLOP/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for c in costs:
        lines += [f"| {c.dimension} | {c.mflop:.1f} | {t.threads} | {_rate(t.cold)} | {_rate(t.warm)} | {_rate(t.possible)} | "
                  f"{t.share:.0%} | {t.gflops:.1f} |" for t in c.timings]
    return "\n".join(lines)


def stored(costs: Sequence[Cost]) -> Any:
    """As JSON values."""
    return msgspec.to_builtins(costs)


def opened(value: Any) -> list[Cost]:
    """From what ``stored`` gave; [] for metrics of another version."""
    return [] if isinstance(value, Mapping) or not value else msgspec.convert(value, list[Cost])


def _rate(pairs: float) -> str:
    return f"{pairs:,.0f}" if pairs >= 10 else f"{pairs:.2g}"
