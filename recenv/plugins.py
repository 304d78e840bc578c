"""Parts of a user's own by name: ``package.module:attribute``, or an entry point of the group ``recenv.plugins``.

A package registers a part in its own pyproject.toml, under its kind and the name that people will type:

    [project.entry-points."recenv.plugins"]
    "agent.mine" = "my_package.agents:Mine"
    "reward.mine" = "my_package.rewards:SPEC"

Only what somebody names is imported.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Literal, get_args

from recenv.errors import InputError, RecenvError, UnknownName, nearest

Kind = Literal["agent", "scorers", "reward", "scenario"]
GROUP = "recenv.plugins"


def registered(kind: Kind) -> tuple[str, ...]:
    """Names of the parts of a kind that installed packages have registered, sorted."""
    return tuple(sorted(point.name.removeprefix(f"{kind}.") for point in _points() if point.name.startswith(f"{kind}.")))


def is_own(kind: Kind, name: str) -> bool:
    """Whether a name has the form of an attribute, or is registered; nothing is imported."""
    return ":" in name or name in registered(kind)


def own_part(kind: Kind, name: str, known: Iterable[str]) -> object:
    """What a name stands for. known: recenv's own names, for the error.

    A module is looked for in the current folder last. Raises UnknownName for a name that is neither registered nor an attribute,
    InputError for one that cannot be imported or has no such attribute; what went wrong in a module is the error's cause.
    """
    if ":" in name:
        return _attribute(kind, name)
    for point in _points():
        if point.name == f"{kind}.{name}":
            return _attribute(kind, point.value.partition("[")[0].strip(), f"{kind} {name!r}, which {_package(point)} registers,")
    raise UnknownName(kind, name, (*known, *registered(kind)), _elsewhere(kind, name))


def _elsewhere(kind: Kind, name: str) -> str:
    """Who registers a name as another kind of part, or as none, in a sentence; "" for nobody."""
    for point in _points():
        of, _, rest = point.name.partition(".")
        if rest == name and of in get_args(Kind):
            return f"{_package(point)} registers it as {of}."
        if name == (rest or of):
            return f"{_package(point)} registers {point.name!r}, expected {f'{kind}.{name}'!r}."
    return ""


def called(who: str, part: object) -> object:
    """What a function or class without arguments gives, else the part itself. Raises InputError for one that needs arguments."""
    if not callable(part):
        return part
    try:
        inspect.signature(part).bind()
    except TypeError as error:
        raise InputError(f"{who} is called without arguments, and this is not possible ({error})") from None
    return part()


def _points() -> list[EntryPoint]:
    return list(entry_points(group=GROUP))


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "a package"


def _attribute(kind: Kind, name: str, who: str = "") -> object:
    who = who or f"{kind} {name!r}"
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise InputError(f"{who} must be package.module:attribute; got {name!r}")
    if not {"", os.getcwd()} & set(sys.path):
        sys.path.append(os.getcwd())  # last: a file that lies here hides no installed module
    try:
        found: object = import_module(module)
    except RecenvError:
        raise
    except Exception as error:
        named = f", as {module.removesuffix('.py')}:{attribute}" if module.endswith(".py") else ""
        raise InputError(
            f"{who}: cannot import {module} ({type(error).__name__}: {error}); expected package.module:attribute{named}, "
            "a module of the current folder or an installed one") from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            there = [name for name in vars(found) if not name.startswith("_")] if hasattr(found, "__dict__") else []
            near = ", ".join(nearest(part, there) or there[:10])
            raise InputError(f"{who.rstrip(',')}: {module} has no {attribute!r}" + (f"; it has {near}" if near else ""))
        found = getattr(found, part)
    return found
