"""What a scorer is: one spec, one verb."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, get_args, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.errors import InputError, RecenvError
from recenv.records import ScorerRow

SourceKind = Literal["rule", "scorer", "logged", "user", "none"]
SOURCES: tuple[str, ...] = get_args(SourceKind)
"""Where a component comes from: an exact rule, a scorer, a log, the user, or nowhere."""
ScorerKind = Literal["rule", "encoder", "judge", "generative"]

NO_ANSWER = "the judge did not answer"
"""How the reason begins where a scorer asks somebody who did not answer, for now: no value, and no judgement of the row."""


def unanswered(reason: str) -> bool:
    """Whether a value is missing because nobody answered, and not because the row cannot be judged."""
    return reason.startswith(NO_ANSWER)


class ScorerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of a scorer; round-trips through JSON and is written into every trace.

    reads: fields of a row. fingerprint: hash of weights and configuration. calibration: method and parameters in words.
    training_data: sha256 of the training rows ("" for rules). Raises InputError for a field that no row has, or another kind.
    """

    name: str
    dimension: str
    kind: ScorerKind
    reads: tuple[str, ...]
    fingerprint: str
    calibration: str = ""
    training_data: str = ""

    def __post_init__(self) -> None:
        if not {*self.reads} <= {*ScorerRow.__struct_fields__}:
            raise InputError(f"scorer {self.name!r} reads {self.reads}; rows have {', '.join(ScorerRow.__struct_fields__)}")
        if self.kind not in get_args(ScorerKind):
            raise InputError(f"the kind of scorer {self.name!r} is {self.kind!r}; expected {', '.join(get_args(ScorerKind))}")


class Cost(msgspec.Struct, frozen=True):
    """What a judgement took: calls to a model server, tokens (None where the server did not say), seconds of waiting, summed.

    As recorded when the answer came, so that a replay from a cache shows the same.
    """

    calls: int
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_s: float

    def __add__(self, other: Cost) -> Cost:
        mine, theirs = (self.prompt_tokens, self.completion_tokens), (other.prompt_tokens, other.completion_tokens)
        prompt, completion = (None if a is None or b is None else a + b for a, b in zip(mine, theirs, strict=True))
        return Cost(self.calls + other.calls, prompt, completion, round(self.latency_s + other.latency_s, 6))


LEAST_BORNE = "least borne out by the records:"
"""How the remark of a scorer of facts begins, before the sentence that it doubts most."""


class Scores(NamedTuple):
    """values (N,) float32, calibrated probabilities in [0, 1], NaN where the scorer cannot answer; reasons: why it cannot, or
    what a value is due to ("" if there is nothing to say).

    For a listwise dimension a row's value is the nDCG of the shown order under the scorer's own per-item probabilities,
    and ``lists`` holds those probabilities, (len(items),) a row, summing to 1; empty for other dimensions.
    costs: what each row's value took, (N,), None for rows that nobody was asked about; empty for scorers that ask nobody.
    """

    values: NDArray[np.float32]
    reasons: tuple[str, ...]
    lists: tuple[NDArray[np.float32], ...] = ()
    costs: tuple[Cost | None, ...] = ()


def scores_of(scorer: Scorer, rows: Sequence[ScorerRow]) -> Scores:
    """What a scorer says of N rows. Raises InputError where it does not keep to the protocol."""
    who, n = f"scorer {scorer.spec.name!r} of {scorer.spec.dimension}", len(rows)
    try:
        found: object = scorer.score(rows)
    except RecenvError:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise InputError(
            f"{who} raised {type(error).__name__} ({Path(last.filename).name}, line {last.lineno}): {error}; a row that cannot "
            f"be judged is NaN with a reason, which begins {NO_ANSWER!r} where it may be asked again") from error
    if not isinstance(found, Scores):
        raise InputError(f"{who} must return recenv.rewards.protocol.Scores; got {type(found).__name__}")
    if not isinstance(found.values, np.ndarray) or found.values.dtype.kind != "f":
        raise InputError(f"{who} must return its values as a numpy array of floats; got {type(found.values).__name__}")
    reasons = len(found.reasons) if isinstance(found.reasons, (tuple, list)) else type(found.reasons).__name__
    if found.values.shape != (n,) or reasons != n:
        raise InputError(f"{who} was given {n} rows, and must return a value and a reason for each ('' where there is a value); "
                         f"got values of shape {found.values.shape} and {reasons} reasons")
    if (wrong := found.values[(found.values < 0) | (found.values > 1)]).size:
        raise InputError(f"{who} must return values in [0, 1], or NaN with a reason; got {wrong[0]:g}")
    for at in [k for k, row in enumerate(rows) if row.items and not np.isnan(found.values[k])]:
        given = found.lists[at] if isinstance(found.lists, tuple) and at < len(found.lists) else ()
        must = f"{who} judges lists, and must return in Scores.lists a probability for each item of a row"
        if not isinstance(given, np.ndarray) or given.shape != (len(rows[at].items),) or given.dtype.kind != "f":
            raise InputError(f"{must}, an array of floats; expected {len(rows[at].items)}, got {_size(given)} (row {at})")
        if not (given >= 0).all() or not abs(float(given.sum(dtype=np.float64)) - 1) < 0.01:
            raise InputError(f"{must}, together 1; got {given[:5].tolist()}, ..., together {given.sum():g}, for row {at}")
    return found


def _size(given: object) -> str:
    if isinstance(given, np.ndarray):
        return f"{len(given)}" if given.ndim == 1 and given.dtype.kind == "f" else f"{given.dtype} of shape {given.shape}"
    return f"{len(given)}" if isinstance(given, (tuple, list)) and not given else type(given).__name__


@runtime_checkable
class Scorer(Protocol):
    """Maps canonical rows of one dimension to values in [0, 1]. The value of a row must not depend on the others."""

    @property
    def spec(self) -> ScorerSpec: ...

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Scores of N rows; what cannot be judged is NaN with a reason, and no error."""
        ...
