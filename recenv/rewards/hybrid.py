"""From the reward vector to the scalar: named specs, pure aggregation, and the rule for crediting a turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from recenv.errors import UNREADABLE, InputError, UnknownName, misfit
from recenv.registry import Registry
from recenv.rewards.dimensions import DIMENSIONS, SHIPPED

Aggregation = Literal["mean", "product", "min", "lexicographic", "chebyshev"]
Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

SLATE_DIMENSIONS: tuple[str, ...] = tuple(d.name for d in SHIPPED if d.of == "slate")
"""The shipped dimensions that only a recommendation has."""


_HEAVIEST = 1e9


class RewardSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the components become one number; round-trips through JSON and is written into every trace.

    weights: dimension -> weight in [0, 1e9], not all 0; 0 where none is given; only those above 0 enter the aggregate.
    gates: dimension -> threshold in [0, 1]; a component below its threshold makes the turn worth 0. A missing one does not.
    credit: how turns of a goal are paid (see ``credit``): ``service`` sums to outcome and quality of what was served, ``mean`` to
    the average worth of its turns, ``gain`` to the best one, ``level`` pays each turn its worth.
    outcome: share in [0, 1] of a goal's return that meeting the need pays, the rest is quality; ``service`` only.
    turn_price: what each turn costs, in [0, 1].
    needs: at least one of these must be present, else the turn is worth 0 (a turn without a recommendation earns nothing).
    levels: steps per dimension of the lexicographic order, >= 2; unused by the others.

    Raises InputError for unusable numbers, UnknownName for a dimension that does not exist.
    """

    name: str
    version: int = 1
    aggregation: Aggregation = "mean"
    weights: dict[str, float]
    gates: dict[str, float] = {}
    credit: Literal["service", "mean", "gain", "level"] = "service"
    outcome: float = 0.9
    turn_price: float = 0.0
    needs: tuple[str, ...] = SLATE_DIMENSIONS
    levels: int = 10

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(type(self)):
            given = getattr(self, field.name)
            try:
                msgspec.convert(msgspec.to_builtins(given, enc_hook=np.generic.item), field.type)
            except (TypeError, msgspec.ValidationError) as error:
                raise InputError(f"reward spec {self.name!r}: {field.name}: {error}; got {given!r}") from None
        for name in (*self.weights, *self.gates, *self.needs):
            if name not in DIMENSIONS:
                raise UnknownName("dimension", name, DIMENSIONS)
        where = f"reward spec {self.name!r}"
        if not all(0 <= w <= _HEAVIEST for w in self.weights.values()) or not any(self.weights.values()):
            raise InputError(f"{where}: weights must be in [0, {_HEAVIEST:g}] and not all 0; got {self.weights}")
        if not all(0 <= g <= 1 for g in self.gates.values()):
            raise InputError(f"{where}: gates must lie in [0, 1]; got {self.gates}")
        for name in ("outcome", "turn_price"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{where}: {name} must lie in [0, 1]; got {getattr(self, name)}")
        if self.levels < 2:
            raise InputError(f"{where}: levels must be at least 2; got {self.levels}")

    def to_json(self) -> bytes:
        """One JSON object; equal specs give equal bytes."""
        return msgspec.json.encode(self, order="deterministic")

    @classmethod
    def from_json(cls, data: bytes | str) -> RewardSpec:
        """The inverse of ``to_json``; raises InputError for anything that is not a reward spec, UnknownName for a dimension."""
        try:
            return _DECODER.decode(data)
        except UNREADABLE as error:
            raise InputError(f"not a reward spec: {misfit(error, cls)}") from None


_DECODER = msgspec.json.Decoder(RewardSpec)


class Hybrid(NamedTuple):
    """values (N,) float32 in [0, 1], 0 where a row has none; failed (N, D): the gates that each row failed; unpaid (N,): rows
    that cannot be valued, since a component that matters was asked for and not given."""

    values: NDArray[np.float32]
    failed: NDArray[np.bool_]
    unpaid: NDArray[np.bool_]


class Credit(NamedTuple):
    """reward: what the turn is paid, in [-1, 1]; earned, counted: what to hand to the next call. Same shape as the inputs."""

    reward: NDArray[np.float64]
    earned: NDArray[np.float64]
    counted: NDArray[np.int64]


class HybridReward:
    """Maps reward vectors to scalars. Pure; a row's value depends on that row alone, to the bit.

    With weights w and the set P of present (not NaN) dimensions of weight above 0, the aggregate of x is

    - mean           sum_P w x / sum_P w: the additive weighted sum (Fishburn, Manag. Sci. 1967), weights renormalised over P
    - product        prod_P x^(w / sum_P w): the weighted product model (Bridgman 1922; Miller & Starr 1969)
    - min            min_P x: the worst-off dimension counts (Rawls 1971)
    - lexicographic  the heaviest dimension first, the next one breaks ties (Fishburn, Manag. Sci. 1974). All but the last
                     of P are cut into L levels so that ties exist: sum_k floor(x_k L) L^-k + x_K L^-(K-1)
    - chebyshev      1 - max_P (w / max_P w) (1 - x): distance from the ideal point (Bowman 1976; Steuer & Choo 1983)

    each monotone in every component and in [0, 1]. The value is 0 where a gate failed, where nothing of ``spec.needs`` is
    present, and where P is empty. Columns are the dimensions that were registered when it was made.
    """

    def __init__(self, spec: RewardSpec) -> None:
        self.spec = spec
        self._weights = np.array([spec.weights.get(d, 0.0) for d in DIMENSIONS])  # (D,)
        self._gates = np.array([spec.gates.get(d, -np.inf) for d in DIMENSIONS])  # (D,)
        self._needs = np.array([d in spec.needs for d in DIMENSIONS])  # (D,)

    def __call__(self, components: ArrayLike, unjudged: NDArray[np.bool_] | None = None) -> Hybrid:
        """components (N, D) in [0, 1], NaN where missing; unjudged (N, D): those missing because a scorer could not answer.

        Raises InputError for another shape or values outside [0, 1].
        """
        given = np.asarray(components, np.float64)
        if given.ndim != 2 or given.shape[1] != len(self._weights):
            raise InputError(f"reward components must have shape (N, {len(self._weights)}); got {given.shape}")
        present = ~np.isnan(given)  # (N, D)
        x = np.nan_to_num(given)
        if not bool(((x >= 0) & (x <= 1)).all()):
            raise InputError(f"reward components must lie in [0, 1] or be NaN; got {given[(x < 0) | (x > 1)][:5]}")
        failed = present & (x < self._gates)
        counted = present & (self._weights > 0)
        earns = ~failed.any(1) & counted.any(1)
        if self._needs.any():
            earns &= (present & self._needs).any(1)
        values = _AGGREGATE[self.spec.aggregation](x, counted, self._weights, self.spec.levels)
        unpaid = np.zeros(len(x), np.bool_)
        if unjudged is not None:  # a gate that failed is known to have failed, whatever else is missing
            unpaid = (unjudged & ((self._weights > 0) | np.isfinite(self._gates))).any(1) & ~failed.any(1)
        return Hybrid(np.where(earns & ~unpaid, np.clip(values, 0.0, 1.0), 0.0).astype(np.float32), failed, unpaid)


def credit(
    value: ArrayLike, earned: ArrayLike, count: ArrayLike, spec: RewardSpec, met: ArrayLike = False,
    outcome: ArrayLike | None = None,
) -> Credit:
    """What a turn is paid. Elementwise over arrays of one shape.

    value: worth of the turn in [0, 1], NaN where it does not count (nothing was recommended, nothing new, or nobody could
    judge it). earned: paid so far in this goal; count: turns that counted in it so far; both 0 at its start. met: whether
    this turn met the need. outcome: the share that this pays; the spec's where not given.

    ``service`` pays differences of a potential (Ng, Harada & Russell, ICML 1999), so that a goal's rewards sum to

        outcome x [the need was met] + (1 - outcome) x quality,    at most 1,

    where quality is the worth of the slate that was taken, or of the best slate so far while none was: where outcome is at least
    a half, a further turn can add and not subtract, so quitting never pays more than going on, and repeating, padding or
    asking for ever pay nothing.
    ``mean`` pays the change in the average worth of the goal's turns, and ``gain`` the rise above its best turn.
    """
    now = np.asarray(value, np.float64)
    counts = ~np.isnan(now)
    return credit_of(
        np.where(counts, now, 0.0), counts, np.asarray(earned, np.float64), np.asarray(count, np.int64), spec,
        np.asarray(met, np.bool_), np.asarray(spec.outcome if outcome is None else outcome, np.float64))


def credit_of(
    worth: NDArray[np.floating], counts: Mask, before: Vector, turns: NDArray[np.int64], spec: RewardSpec, met: Mask,
    share: Vector,
) -> Credit:
    """``credit`` where it is known which turns count; what others are worth does not matter."""
    if spec.credit == "service":
        quality = (_ONE - share) * worth
        after = before.copy()
        np.copyto(after, np.maximum(quality, before), where=counts)
        if np.count_nonzero(met):
            after = np.where(met, share + np.where(counts, quality, before), after)
        return Credit(after - before, after, turns + counts)
    if spec.credit == "mean":
        after = before + (worth - before) / (turns + 1)
    elif spec.credit == "gain":
        after = np.maximum(worth, before)
    else:
        after = before + worth
    after = np.where(counts, after, before)
    return Credit(after - before, after, turns + counts)


_ONE = np.array(1.0)


def shares(spec: RewardSpec, components: ArrayLike) -> NDArray[np.float64]:
    """(N, D) what each dimension adds to the value of rows (N, D) under the ``mean`` aggregate, gates aside; 0 where missing."""
    given = np.asarray(components, np.float64)
    weights = np.array([spec.weights.get(d, 0.0) for d in DIMENSIONS])
    present = ~np.isnan(given)
    mass = (present * weights).sum(1, keepdims=True)
    return _over(np.nan_to_num(given) * weights, mass)


# -- aggregates: (x (N, D) with 0 where missing, counted (N, D), weights (D,), levels) -> (N,) --------------------------
# Sums run over dimensions one by one, so that the number of rows cannot change the order of additions.


def _mean(x: Vector, counted: Mask, weights: Vector, levels: int) -> Vector:
    total, mass = np.zeros(len(x)), np.zeros(len(x))
    for d in range(len(weights)):
        total += np.where(counted[:, d], weights[d] * x[:, d], 0.0)
        mass += np.where(counted[:, d], weights[d], 0.0)
    return _over(total, mass)


def _over(total: Vector, mass: Vector) -> Vector:
    """total / mass, 0 where that is nothing."""
    return np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)


def _product(x: Vector, counted: Mask, weights: Vector, levels: int) -> Vector:
    with np.errstate(divide="ignore"):
        logs = np.log(x)
    total, mass = np.zeros(len(x)), np.zeros(len(x))
    for d in range(len(weights)):
        if weights[d] > 0:  # 0 * log 0 is not a number
            total += np.where(counted[:, d], weights[d] * logs[:, d], 0.0)
            mass += np.where(counted[:, d], weights[d], 0.0)
    return np.exp(_over(total, mass))


def _min(x: Vector, counted: Mask, weights: Vector, levels: int) -> Vector:
    return np.asarray(np.where(counted, x, 1.0).min(1))


def _lexicographic(x: Vector, counted: Mask, weights: Vector, levels: int) -> Vector:
    order = [int(d) for d in np.argsort(-weights, kind="stable") if weights[d] > 0]
    rest = counted[:, order].sum(1)  # (N,) dimensions still to come, this one included
    unit, value = np.ones(len(x)), np.zeros(len(x))
    for d in order:
        here = counted[:, d]
        step = np.minimum(np.floor(x[:, d] * levels), levels - 1.0) / levels
        value += np.where(here, unit * np.where(rest == 1, x[:, d], step), 0.0)
        unit = np.where(here, unit / levels, unit)
        rest = rest - here
    return value


def _chebyshev(x: Vector, counted: Mask, weights: Vector, levels: int) -> Vector:
    used = np.where(counted, weights, 0.0)
    return np.asarray(1.0 - (_over(used, used.max(1, keepdims=True)) * (1.0 - x)).max(1))


_AGGREGATE: dict[str, Callable[[Vector, Mask, Vector, int], Vector]] = {
    "mean": _mean, "product": _product, "min": _min, "lexicographic": _lexicographic, "chebyshev": _chebyshev,
}

# The numbers of shipped specs are about the shipped dimensions: another one that is registered weighs nothing in them.
_GATES = {d.name: 0.5 for d in SHIPPED if d.of == "text"}
_SLATE = dict.fromkeys(SLATE_DIMENSIONS, 1.0)
_ALL = {d.name: 1.0 for d in SHIPPED}
_ALWAYS = {d.name: 1.0 for d in SHIPPED if d.always}
_LEXICAL = {d.name: float(len(SHIPPED) - rank) for rank, d in enumerate(SHIPPED)}

REWARDS: Registry[RewardSpec] = Registry("reward")
"""Named reward specs. A change of numbers is a new version.

``service``, the default: 0.9 for meeting the need, 0.1 for the quality of what was served. ``outcome``: what the user did
and exact rules alone, so that it needs no trained scorer. ``weighted-sum``, ``product``, ``min``, ``lexicographic`` and
``chebyshev`` put the five components together in other ways and pay as ``service`` does.

Kept to compare with, and not to train on: ``gated-mean`` pays the average worth of a goal's turns, so that to quit after a good
first slate pays more than to go on and meet the need; ``gated-mean-gain`` pays the best turn whether or not anything was
taken; ``gated-mean-level`` pays every turn its worth, so that a session drawn out pays more than one that ends in an order.
"""

DEFAULT_REWARD, RULES_REWARD = "service", "outcome"

for _spec in (
    RewardSpec(name="service", aggregation="mean", weights=_SLATE, gates=_GATES),
    RewardSpec(name="outcome", aggregation="mean", weights=_ALWAYS, gates=_GATES, outcome=0.95, needs=()),
    RewardSpec(name="weighted-sum", version=2, aggregation="mean", weights=_ALL),
    RewardSpec(name="product", version=2, aggregation="product", weights=_ALL),
    RewardSpec(name="min", version=2, aggregation="min", weights=_ALL),
    RewardSpec(name="lexicographic", version=2, aggregation="lexicographic", weights=_LEXICAL),
    RewardSpec(name="chebyshev", version=2, aggregation="chebyshev", weights=_ALL),
    RewardSpec(name="gated-mean", aggregation="mean", weights=_SLATE, gates=_GATES, credit="mean"),
    RewardSpec(name="gated-mean-gain", aggregation="mean", weights=_SLATE, gates=_GATES, credit="gain"),
    RewardSpec(name="gated-mean-level", aggregation="mean", weights=_SLATE, gates=_GATES, credit="level"),
):
    REWARDS.add(_spec.name, _spec)
