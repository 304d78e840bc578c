"""An agent from what a person types: a registered name, ``package.module:attribute``, or what a trainer wrote, file or folder."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from recenv import plugins
from recenv.baselines import AGENTS, Runtime, make_agent
from recenv.baselines.learned import AGENT, is_learned, open_learned, read_learned
from recenv.baselines.policy import load_sb3
from recenv.errors import InputError
from recenv.rollouts.agent import Agent

MODEL = ".zip"


def check_agent(name: str) -> None:
    """Raise UnknownName or InputError for what cannot be an agent, without building one."""
    if name.endswith(MODEL):
        if not Path(name).is_file():
            raise InputError(f"no model at {name}; expected a .zip that Stable-Baselines3 saved")
    elif name not in AGENTS and not is_learned(name):
        if Path(name).is_dir():
            read_learned(name)
        plugins.own_part("agent", name, AGENTS)


def model_file(name: str) -> Path | None:
    """What was learned, for a name that stands for that; a run says which it was by its hash."""
    if name.endswith(MODEL):
        return Path(name)
    return Path(name) / AGENT if name not in AGENTS and is_learned(name) else None


def open_agent(name: str | Agent, runtime: Runtime, config: Mapping[str, Any] | None = None) -> Agent:
    """The agent of a name; an object is taken as it is. An attribute may be an agent, a class, or a function; the latter two are
    called with the config's fields, and with the runtime first if their first argument is called that.

    Raises InputError for a config that the agent does not take, and for what is no agent.
    """
    options = dict(config or {})
    if not isinstance(name, str):
        if options or not isinstance(name, Agent):
            raise InputError("config sets fields of an agent that is given by name; an object is taken as it is" if options else
                             f"an agent is a name, or an object with a name and a method act(views); got {name!r}")
        return name
    if name in AGENTS:
        return make_agent(name, runtime, **options)
    check_agent(name)
    if model_file(name) is not None:
        _refuse(name, options, "has learned, and takes no options")
        return load_sb3(Path(name)) if name.endswith(MODEL) else open_learned(name)
    made = _made(name, plugins.own_part("agent", name, AGENTS), runtime, options)
    if not isinstance(made, Agent):
        raise InputError(f"{name} must give an agent, with a name and act(views); got {type(made).__name__}")
    return made


def _refuse(name: str, options: Mapping[str, Any], why: str) -> None:
    if options:
        raise InputError(f"agent {name!r} {why}; got {', '.join(options)}")


def _made(name: str, found: object, runtime: Runtime, options: dict[str, Any]) -> object:
    if not callable(found) or (isinstance(found, Agent) and not isinstance(found, type)):
        _refuse(name, options, "is an object already and takes no options")
        return found
    build: Callable[..., object] = found
    signature = inspect.signature(build)
    first = (runtime,) if next(iter(signature.parameters), "") == "runtime" else ()
    try:
        signature.bind(*first, **options)
    except TypeError as error:
        takes = ", ".join(p for p in signature.parameters if p != "runtime") or "none"
        raise InputError(f"agent {name!r} cannot be built so ({error}); its options: {takes}") from None
    return build(*first, **options)
