"""Values that have names, such as scenarios and agents: what a shell can complete them to. Any other text is taken too; whoever
uses it says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from recenv.commands.root import FOLDER, registered


class Named(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A text that is usually one of some names, or several of them with commas. what: how help calls it."""

    def __init__(self, what: str, names: Callable[[], Iterable[str]], several: bool = False) -> None:
        self.name, self._names, self._several = what, names, several

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin like this; where none does, files, since most of these values may also be a path."""
        before, comma, last = incomplete.rpartition(",") if self._several else ("", "", incomplete)
        found = [CompletionItem(f"{before}{comma}{name}") for name in self._names() if name.startswith(last)]
        return found or [CompletionItem(incomplete, type="file")]


def _scenarios() -> Iterable[str]:
    from recenv.scenarios.loader import names

    return (*names(), *registered("scenario"))


def _agents() -> Iterable[str]:
    from recenv.baselines import AGENTS

    return (*AGENTS, *registered("agent"))


def _scorers() -> Iterable[str]:
    from recenv.rewards.models import FAMILIES
    from recenv.rewards.named import GENERATIVE, JUDGE, RULES

    return (*FAMILIES, RULES, JUDGE, GENERATIVE, *registered("scorers"))


def _rewards() -> Iterable[str]:
    from recenv.rewards.hybrid import REWARDS

    return (*REWARDS, *registered("reward"))


def _dimensions() -> Iterable[str]:
    from recenv.rewards.dimensions import DIMENSIONS

    return DIMENSIONS


def _sets() -> Iterable[str]:
    from recenv.data.rowsets import ROWSETS

    return ROWSETS


def _learners() -> Iterable[str]:
    from recenv.learning import LEARNERS

    return LEARNERS


def _probes() -> Iterable[str]:
    from recenv.appraisal.probes import PROBES

    return PROBES


def _examinations() -> Iterable[str]:
    from recenv.evaluation.validation import EXAMINATIONS

    return EXAMINATIONS


SCENARIO = Named("scenario", _scenarios)
AGENT = Named("agent", _agents)
AGENTS = Named("agents", _agents, several=True)
SCORERS = Named("scorers", _scorers)
REWARD = Named("reward", _rewards)
DIMENSION = Named("dimension", _dimensions)
ROWSET = Named("name", _sets)
LEARNER = Named("learner", _learners)
PROBE = Named("probe", _probes)
EXAMINATION = Named("examination", _examinations)

scenario_option = click.option(
    "--scenario", type=SCENARIO, default="mixed", show_default=True,
    help="See: recenv scenarios; or a .toml file, or package.module:attribute.")
store_option = click.option(
    "--store", type=FOLDER, default=None, help="The store to play in, for scenarios without a built-in world.")
played_option = click.option(
    "--store", type=FOLDER, default=None,
    help="The store that the run was played in, where it is no longer where it was.")
