"""Scenarios: named, versioned configurations of world, user, reward and horizon. Data, not code.

A scenario is a TOML file of at most 40 lines in this folder; a change of its numbers is a new version.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec

from recenv import plugins
from recenv.envs.config import EnvConfig
from recenv.errors import InputError, OptionError, misfit


class WorldConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the sessions come from.

    kind: ``synthetic`` (built in: generated from ``spec``, ``sessions`` and ``seed`` on first use) or ``store`` (the user
    names one that was ingested). store_kind: kind of store that fits, "" for any.
    """

    kind: Literal["synthetic", "store"]
    store_kind: str = ""
    sessions: int = 0
    seed: int = 0
    spec: dict[str, Any] = {}


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One named world with its rules."""

    name: str
    version: int
    summary: str
    world: WorldConfig
    env: EnvConfig = EnvConfig()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("a scenario needs a name: its world is kept by it; got an empty one")
        if self.world.kind == "synthetic" and self.world.sessions < 1:
            raise InputError(f"scenario {self.name!r}: [world] sessions must say how many, at least 1; got {self.world.sessions}")
        if self.world.kind == "store" and (self.world.sessions or self.world.seed or self.world.spec):
            raise InputError(
                f"scenario {self.name!r}: [world] sessions, seed and spec are of synthetic worlds; a store has its own sessions")

    @property
    def fingerprint(self) -> str:
        """sha256 over all of the scenario's values."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


@cache
def names() -> tuple[str, ...]:
    """Names of the shipped scenarios, sorted; the default ``mixed`` first."""
    found = sorted(p.name.removesuffix(".toml") for p in _folder().iterdir() if p.name.endswith(".toml"))
    return tuple(sorted(found, key=lambda n: n != "mixed"))


def load_scenario(name: str | Scenario) -> Scenario:
    """A shipped scenario by name, one from a path that ends in .toml, or a part of one's own (``recenv.plugins``): a Scenario,
    the path of its TOML file, or a function that gives either. A Scenario is taken as it is.

    Raises UnknownName with the nearest names, InputError for a file that does not follow the schema.
    """
    if isinstance(name, Scenario):
        return name
    if not isinstance(name, str):
        raise OptionError(f"scenario must be a name, the path of a .toml file, or a Scenario; got {name!r}")
    if name.endswith(".toml"):
        return _read(Path(name))
    if name in names():
        return _parse((_folder() / f"{name}.toml").read_bytes(), f"{name}.toml")
    if Path(f"{name}.toml").is_file() and not plugins.is_own("scenario", name):
        raise InputError(f"no scenario is called {name!r}; the file that lies here is named with its ending: {name}.toml")
    found = plugins.called(f"scenario {name!r}", plugins.own_part("scenario", name, names()))
    if isinstance(found, (str, Path)) and str(found).endswith(".toml"):
        return _read(Path(found))
    if not isinstance(found, Scenario):
        raise InputError(f"scenario {name!r} must be a Scenario or the path of a .toml file; got {type(found).__name__}")
    return found


def _read(path: Path) -> Scenario:
    if not path.is_file():
        raise InputError(f"no scenario file {path}; expected a TOML file or one of: {', '.join(names())}")
    return _parse(path.read_bytes(), str(path))


def _folder() -> Any:
    return resources.files("recenv.scenarios")


def _parse(data: bytes, where: str) -> Scenario:
    try:
        return msgspec.convert(tomllib.loads(data.decode("utf-8-sig")), Scenario)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"{where}: not a scenario: {misfit(error, Scenario)}") from None
