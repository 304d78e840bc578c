"""Sets of scorers by the name that a person types: shipped families, a checkpoint folder, or the exact rules alone."""

from __future__ import annotations

from pathlib import Path

from recenv.errors import InputError
from recenv.rewards.models import FAMILIES, WEIGHTS
from recenv.rewards.protocol import Scorer

RULES = "rules"
"""No trained scorer at all: what can be decided exactly; every other dimension is missing, with a reason."""

JUDGE, GENERATIVE = "judge:", "generative:"
"""Before the path of a judge's TOML file (``panel``), and of a causal language model's folder (``generative``)."""


def is_shipped(family: str) -> bool:
    """Whether the weights of a family are part of this installation."""
    return (WEIGHTS / family).is_dir()


def second_family(first: str) -> str:
    """The shipped family that judges what another one paid for: ``audit``, or ``default`` where that is audit itself; "" where
    its weights are not part of this installation."""
    other = "default" if first == "audit" else "audit"
    return other if is_shipped(other) else ""


def scorer_set(name: str) -> dict[str, Scorer]:
    """The scorers of a name, by dimension; a dimension that the set does not judge is absent.

    Raises InputError for a name that is neither known nor a folder, WeightsError for a checkpoint that cannot be used.
    """
    check_name(name)
    if name == RULES:
        from recenv.rewards.rules.scorer import ChecksScorer

        rules = ChecksScorer()
        return {rules.spec.dimension: rules}
    if name.startswith(JUDGE):
        from recenv.rewards.judges.panel import open_panel, read_panel

        return open_panel(read_panel(name.removeprefix(JUDGE)), scorer_set)
    if name.startswith(GENERATIVE):
        from recenv.rewards.judges.generative import load_generative

        return dict(load_generative(name.removeprefix(GENERATIVE)))
    if name in FAMILIES:
        from recenv.rewards.models.lazily import lazy_scorers

        return dict(lazy_scorers(name))
    from recenv.rewards.models.open import load_scorers  # torch: only where scorers are trained ones

    return dict(load_scorers(name))


def check_name(name: str) -> None:
    """Raise InputError for a name that cannot be a set of scorers, without loading any."""
    if name.startswith((JUDGE, GENERATIVE)):
        path = Path(name.partition(":")[2])
        if not (path.is_file() if name.startswith(JUDGE) else path.is_dir()):
            raise InputError(f"unknown scorers {name!r}: expected {JUDGE}FILE.toml or {GENERATIVE}FOLDER; found nothing there")
        return
    known = (*FAMILIES, RULES)
    wanted = "a folder that recenv train wrote"
    if name not in known and not Path(name).is_dir():
        raise InputError(f"unknown scorers {name!r}: no such folder; expected {', '.join(known)} or {wanted}")
    if name in FAMILIES and not is_shipped(name):
        raise InputError(f"the weights of the scorers {name!r} are not part of this installation; pass {wanted}")
