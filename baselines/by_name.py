"""An agent from what a person types: a registered name, ``package.module:attribute``, or a file that a trainer wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from recenv.baselines import AGENTS, Runtime, make_agent
from recenv.baselines.policy import load_sb3
from recenv.errors import InputError
from recenv.rollouts.agent import Agent

MODEL = ".zip"


def check_agent(name: str) -> None:
    """Raise UnknownName or InputError for what cannot be an agent, without building one."""
    if name.endswith(MODEL):
        if not Path(name).is_file():
            raise InputError(f"no model at {name}; expected a .zip that Stable-Baselines3 saved")
    elif ":" in name:
        _attribute(name)
    else:
        AGENTS[name]


def open_agent(name: str, runtime: Runtime, config: Mapping[str, Any] | None = None) -> Agent:
    """The agent of a name. An attribute may be an agent, a class, or a function; the latter two are called, with the runtime if
    they take an argument. Raises InputError for a config of an agent that takes none, and for what is no agent."""
    options = dict(config or {})
    if not name.endswith(MODEL) and ":" not in name:
        return make_agent(name, runtime, **options)
    if options and name.endswith(MODEL):
        raise InputError(f"agent {name!r} is a trained model and takes no options; got {', '.join(options)}")
    if name.endswith(MODEL):
        check_agent(name)
        return load_sb3(Path(name))
    made = _made(_attribute(name), runtime, options)
    if not isinstance(made, Agent):
        raise InputError(f"{name} must give an agent, with a name and act(views); got {type(made).__name__}")
    return made


def _made(found: object, runtime: Runtime, options: dict[str, Any]) -> object:
    if not callable(found) or (isinstance(found, Agent) and not isinstance(found, type)):
        return found
    build: Callable[..., object] = found
    return build(runtime, **options) if _takes_runtime(build) else build(**options)


def _takes_runtime(build: Callable[..., object]) -> bool:
    """Whether the first argument is called ``runtime``."""
    import inspect

    return next(iter(inspect.signature(build).parameters), "") == "runtime"


def _attribute(name: str) -> object:
    module, _, attribute = name.partition(":")
    try:
        found: object = import_module(module)
    except ImportError as error:
        raise InputError(f"agent {name!r}: cannot import {module} ({error}); expected package.module:attribute") from None
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise InputError(f"agent {name!r}: {module} has no {attribute!r}")
        found = getattr(found, part)
    return found
