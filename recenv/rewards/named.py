"""Scorers and rewards by the name that a person types: what is shipped, a file or folder, or a part of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from recenv import plugins
from recenv.errors import InputError, UnknownName
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import REWARDS, RewardSpec
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
    """The shipped family that judges what another one paid for: ``audit``, or ``thorough`` where that is audit itself; "" where
    its weights are not part of this installation."""
    other = "thorough" if first == "audit" else "audit"
    return other if is_shipped(other) else ""


def scorer_set(name: str) -> dict[str, Scorer]:
    """The scorers of a name, by dimension; a dimension that the set does not judge is absent.

    Raises InputError for a name that is neither known nor a folder, WeightsError for a checkpoint that cannot be used.
    """
    if is_own(name):
        return own_scorers(plugins.own_part("scorers", name, FAMILIES), f"scorers {name!r}")
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
    from recenv.rewards.models.open import load_scorers

    return dict(load_scorers(name))


def is_own(name: str) -> bool:
    """Whether a name stands for scorers in somebody's own code. Their fingerprints need not change when that code does, so what
    they say is not kept on disk."""
    shipped = name in (*FAMILIES, RULES) or name.startswith((JUDGE, GENERATIVE))
    return not shipped and not Path(name).is_dir() and plugins.is_own("scorers", name)


def own_scorers(found: object, where: str = "scorers") -> dict[str, Scorer]:
    """Scorers of one's own by dimension: one, several, some by dimension, or a function without arguments that gives them.

    Raises InputError for anything else and for a scorer under another dimension than its own, UnknownName for a dimension.
    """
    if isinstance(found, type) or not isinstance(found, (Scorer, Mapping)):  # a class may look like what it makes
        found = plugins.called(where, found)
    named: list[tuple[str, object]] = []
    if isinstance(found, Mapping):
        named = [(str(dimension), scorer) for dimension, scorer in found.items()]
    else:
        several = list(found) if isinstance(found, Iterable) and not isinstance(found, str) else [found]
        named = [(scorer.spec.dimension if isinstance(scorer, Scorer) else "", scorer) for scorer in several]
    made: dict[str, Scorer] = {}
    for dimension, scorer in named:
        if not isinstance(scorer, Scorer) or isinstance(scorer, type):
            raise InputError(f"{where}: a scorer has a spec and a method score(rows); got {scorer!r}")
        if dimension not in DIMENSIONS:
            raise UnknownName("dimension", dimension, DIMENSIONS)
        if scorer.spec.dimension != dimension or dimension in made:
            raise InputError(f"{where}: expected one scorer of {dimension}; got {scorer.spec.name!r}, of {scorer.spec.dimension}")
        made[dimension] = scorer
    return made


def reward_spec(name: str) -> RewardSpec:
    """The reward of a name: a registered one, a JSON file, or a part of one's own, a spec or a function that gives one.

    Raises UnknownName for a name, InputError for what is no reward spec.
    """
    if name in REWARDS:
        return REWARDS[name]
    if name.endswith(".json"):
        try:
            return RewardSpec.from_json(Path(name).read_bytes().removeprefix(b"\xef\xbb\xbf"))
        except OSError as error:
            raise InputError(f"no reward at {name} ({error}); expected a JSON file or one of {', '.join(REWARDS)}") from None
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
    made = plugins.called(f"reward {name!r}", plugins.own_part("reward", name, REWARDS))
    if not isinstance(made, RewardSpec):
        raise InputError(f"reward {name!r} must be a RewardSpec; got {type(made).__name__}")
    return made


def check_name(name: str) -> None:
    """Raise InputError for a name that cannot be a set of scorers, without loading any."""
    if is_own(name):
        plugins.own_part("scorers", name, FAMILIES)
        return
    if name.startswith((JUDGE, GENERATIVE)):
        path = Path(name.partition(":")[2])
        if not (path.is_file() if name.startswith(JUDGE) else path.is_dir()):
            raise InputError(f"unknown scorers {name!r}: expected {JUDGE}FILE.toml or {GENERATIVE}FOLDER; found nothing there")
        return
    known = (*FAMILIES, RULES)
    wanted = "a folder that recenv train wrote"
    if name not in known and not Path(name).is_dir():
        others = ", ".join((*known, *plugins.registered("scorers")))
        raise InputError(f"unknown scorers {name!r}: no such folder; expected {others}, {wanted}, or package.module:attribute")
    if name in FAMILIES and not is_shipped(name):
        raise InputError(f"the weights of the scorers {name!r} are not part of this installation; pass {wanted}")
