"""The learned user: the choice model of ``choice.py`` over the features of ``features.py``, fitted on logs.

Logs are a world's goals: what was displayed, and what was taken up. A world whose logs give a position to every candidate is
fitted with position bias; where they do not, the whole candidate list counts as looked at. Patience and needs are the
session's own; the model adds how appealing an item is, how far users look, and how readily they leave.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.store import EVENTS, FOLDS
from recenv.data.world import World
from recenv.errors import InputError, WeightsError
from recenv.files import write_whole
from recenv.users.choice import Choices, Fitted, log_likelihood, maximise
from recenv.users.features import FEATURES, FeatureReader
from recenv.users.protocol import Appeal, Temper

PARAMS_SCHEMA = 1
DEFAULT_PARAMS = Path(__file__).with_name("learned_default.json")
"""Shipped: ``fit`` on ``recenv synth --scenario mixed --sessions 4000 --seed 0``, not the sessions that the scenario plays."""

MISMATCH = 6.0
"""Logits that an item of another category than the goal's loses. Assumed: logs hold candidates of the goal's category alone."""

PRIOR_DECAY = 0.9
MOST_READ = 20_000
"""Goals, or sessions, that are learned from."""
_CLICK, _ORDER = EVENTS.index("click"), EVENTS.index("order")


class ChoiceParams(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the learned user needs, as shipped in JSON.

    coefficients: by name of FEATURES, logits a unit.  position_decay: probability of looking on after a position.
    leave_hazard: probability of leaving after a failed turn.  mismatch: logits lost by an item of another category.
    fitted_on: kind and fingerprint of the world, in words.
    """

    schema: int = PARAMS_SCHEMA
    coefficients: dict[str, float]
    position_decay: float
    leave_hazard: float
    mismatch: float = MISMATCH
    fitted_on: dict[str, str] = {}


class FitReport(NamedTuple):
    """How well a fit does. Log-likelihoods are means per goal, in nats; held out: by five folds of users.

    errors: standard errors by name. base_*: the same with an intercept and position bias alone.
    """

    params: ChoiceParams
    errors: dict[str, float]
    goals: int
    taken: int
    with_positions: int
    train: float
    held_out: float
    base_train: float
    base_held_out: float
    iterations: int

    def table(self) -> str:
        """Coefficients with standard errors, then the likelihoods, as plain text."""
        rows = [*self.params.coefficients.items(), ("position decay", self.params.position_decay),
                ("leave hazard", self.params.leave_hazard)]
        lines = [f"{'parameter':<16} {'value':>8} {'s.e.':>7}"]
        for name, value in rows:
            error = f"{self.errors[name]:7.3f}" if name in self.errors else "      -"
            lines.append(f"{name:<16} {value:8.3f} {error}")
        return "\n".join([
            *lines, "", f"{self.goals} goals, {self.taken} with a take-up, {self.with_positions} with known positions",
            f"log-likelihood a goal   fitted {self.train:.4f}   held out {self.held_out:.4f}",
            f"intercept alone         fitted {self.base_train:.4f}   held out {self.base_held_out:.4f}",
        ])


class LearnedUser:
    """A ``UserModel``. params: as fitted elsewhere; the shipped default where not given."""

    name = "learned"

    def __init__(self, world: World, params: ChoiceParams | None = None) -> None:
        self.params = load_params() if params is None else params
        self.temper = Temper(self.params.position_decay, self.params.leave_hazard)
        self._reader = FeatureReader(world)
        self._world = world

    def appeal(
        self,
        sessions: NDArray[np.int64],  # (R,)
        goals: NDArray[np.int64],  # (R,)
        items: NDArray[np.int64],  # (R,)
        satisfaction: NDArray[np.int8],  # (R, M)
    ) -> Appeal:
        """See ``UserModel.appeal``. A row's value depends on nothing but that row, to the bit."""
        features = self._reader(sessions, items, satisfaction)
        utility = np.zeros(len(items))
        for e, name in enumerate(FEATURES):  # term by term: a matrix product may round differently in other batches
            utility += self.params.coefficients[name] * features[:, e]
        wanted = self._world.column("goal_category")[self._world.column("goal_start")[sessions] + goals]
        utility -= self.params.mismatch * (self._world.column("item_category")[items] != wanted)
        return Appeal(utility, np.zeros(len(items)), np.zeros(len(items), np.bool_))


# -- parameters on disk --------------------------------------------------------------------------------------------------


def load_params(path: str | Path | None = None) -> ChoiceParams:
    """Parameters from JSON; the shipped ones by default. Raises WeightsError for a missing or unusable file."""
    file = DEFAULT_PARAMS if path is None else Path(path)
    again = "fit them again with: recenv fit-user --store STORE --out FILE"
    try:
        params = msgspec.json.decode(file.read_bytes(), type=ChoiceParams)
    except OSError as error:
        raise WeightsError(f"cannot read user parameters at {file} ({error.strerror}); {again}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WeightsError(f"{file} does not hold user parameters ({error}); {again}") from None
    if params.schema != PARAMS_SCHEMA:
        raise WeightsError(f"{file}: expected user parameters of schema {PARAMS_SCHEMA}, found {params.schema}; {again}")
    if set(params.coefficients) != set(FEATURES):
        found = ", ".join(params.coefficients)
        raise WeightsError(f"{file}: coefficients must be exactly {', '.join(FEATURES)}; found {found}; {again}")
    finite = np.isfinite([*params.coefficients.values(), params.mismatch]).all()
    if not (finite and 0 < params.position_decay <= 1 and 0 <= params.leave_hazard < 1):
        raise WeightsError(f"{file}: position_decay must lie in (0, 1], leave_hazard in [0, 1), the rest be finite; {again}")
    return params


def save_params(params: ChoiceParams, path: str | Path) -> None:
    """Write parameters as JSON; whoever reads sees the old file or the new one, whole."""
    file = Path(path)
    if file.is_dir() or not file.parent.is_dir():
        raise InputError(f"cannot write user parameters to {file}: expected a file name in an existing folder")
    write_whole(file, msgspec.json.format(msgspec.json.encode(params), indent=2) + b"\n")


# -- fitting -------------------------------------------------------------------------------------------------------------


class _Logs(NamedTuple):
    choices: Choices
    fold: NDArray[np.int64]  # (G,) user fold
    session: NDArray[np.int64]  # (G,) row of the session that each goal is of


def fit(world: World, *, l2: float = 1.0, seed: int = 0, max_goals: int = MOST_READ) -> tuple[ChoiceParams, FitReport]:
    """Fit the choice model on a world's logs by penalised maximum likelihood; deterministic.

    l2: ridge weight, in observations, > 0.  seed: which goals are read where the world has more than ``max_goals``.
    Raises InputError for a world whose logs hold no take-up.
    """
    if not l2 > 0:
        raise InputError(f"l2 must be above 0, so that features without variation keep a finite coefficient; got {l2}")
    logs = read_logs(world, seed=seed, max_goals=max_goals)
    if not (logs.choices.chosen >= 0).any():
        raise InputError(f"{world.path}: no logged click or order to learn from; use a store built from logs or recenv synth")
    best, held_out = _cross_fit(logs, l2)
    base = Choices(logs.choices.features[:, :, :1], *logs.choices[1:])
    base_best, base_held_out = _cross_fit(_Logs(base, logs.fold, logs.session), l2)
    params = ChoiceParams(
        coefficients={name: round(float(b), 6) for name, b in zip(FEATURES, best.beta, strict=True)},
        position_decay=round(best.decay, 6), leave_hazard=round(leave_hazard(world), 6),
        fitted_on={"kind": world.kind, "fingerprint": world.fingerprint, "goals": str(len(logs.fold))},
    )
    errors = dict(zip((*FEATURES, "position decay"), best.errors.tolist(), strict=True))
    errors["position decay"] *= best.decay * (1 - best.decay)  # from the logit's
    return params, FitReport(
        params, errors, len(logs.fold), int((logs.choices.chosen >= 0).sum()), int(logs.choices.ordered.sum()),
        _mean(logs.choices, best), held_out, _mean(base, base_best), base_held_out, best.iterations,
    )


def read_logs(world: World, *, seed: int = 0, max_goals: int = MOST_READ) -> _Logs:
    """The world's goals as choices: lists in displayed order where every candidate has a position, else in any order."""
    starts = np.asarray(world.column("goal_start"), np.int64)
    owner = np.repeat(np.arange(world.n_sessions), np.diff(starts))  # (G,) session of each goal row
    rows = np.arange(world.n_goals)
    if len(rows) > max_goals:
        rows = np.sort(np.argsort(rng.bits(seed, rng.word("choice logs"), rows), kind="stable")[:max_goals])
    rows = np.array([r for r in rows.tolist() if len(world.goal(r).candidates)], np.int64)
    reader = FeatureReader(world)
    longest = max((len(world.goal(r).candidates) for r in rows.tolist()), default=0)
    features = np.zeros((len(rows), longest, len(FEATURES)))
    length, chosen, ordered = np.zeros(len(rows), np.int64), np.full(len(rows), -1), np.zeros(len(rows), np.bool_)
    for g, row in enumerate(rows.tolist()):
        goal = world.goal(row)
        count = len(goal.candidates)
        ordered[g] = bool((goal.position >= 0).all()) and len(np.unique(goal.position)) == count
        order = np.argsort(goal.position, kind="stable") if ordered[g] else np.arange(count)
        session = np.full(count, owner[row], np.int64)
        features[g, :count] = reader(session, goal.candidates[order].astype(np.int64), goal.satisfaction[order])
        length[g], event = count, goal.outcome[order]
        if event.max(initial=0) >= _CLICK:  # the strongest event, the first of its kind
            chosen[g] = int(np.argmax(event))
    fold = np.asarray(world.column("session_fold"), np.int64)[owner[rows]]
    return _Logs(Choices(features, length, chosen, ordered), fold, owner[rows])


def leave_hazard(world: World) -> float:
    """Probability of leaving after a failed turn, by maximum likelihood from who left and how patient they were.

    A session with patience p is taken to survive p failed turns with probability (1 - h)^p; half a session of either kind
    is added, so that a log where nobody left gives a small number and not 0.
    """
    records = [world.privileged(s) for s in range(min(world.n_sessions, MOST_READ))]
    told = [(bool(p.left), max(1, p.patience)) for p in records if p.left is not None]
    left = np.array([t[0] for t in told], np.float64)
    patience = np.array([t[1] for t in told], np.float64)

    def slope(h: float) -> float:  # derivative of the log-likelihood; falls in h
        survive = (1 - h) ** patience
        gained = (left * patience * survive / (1 - h) / (1 - survive)).sum() + 0.5 / h
        return float(gained - ((1 - left) * patience).sum() / (1 - h) - 0.5 / (1 - h))

    low, high = 1e-9, 1 - 1e-9
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return (low + high) / 2


def _cross_fit(logs: _Logs, l2: float) -> tuple[Fitted, float]:
    """The fit on everything, and the mean held-out log-likelihood over the folds of users."""
    held: list[NDArray[np.float64]] = []
    for fold in range(FOLDS):
        out = logs.fold == fold
        if out.any() and not out.all():
            part = maximise(logs.choices.take(~out), l2, PRIOR_DECAY)
            held.append(log_likelihood(logs.choices.take(out), part.beta, part.decay))
    return maximise(logs.choices, l2, PRIOR_DECAY), float(np.concatenate(held).mean()) if held else float("nan")


def _mean(choices: Choices, best: Fitted) -> float:
    return float(log_likelihood(choices, best.beta, best.decay).mean())
