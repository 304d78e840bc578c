"""From a scenario to something playable: worlds, engines, and the registered environments."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from recenv.data.store import SCHEMA
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine, reward_name
from recenv.envs.single import ChatEnv, SlateEnv
from recenv.envs.vector import ChatVectorEnv, SlateVectorEnv
from recenv.errors import InputError, OptionError, StoreError
from recenv.files import beside, cache_folder
from recenv.rewards.hybrid import RewardSpec
from recenv.rewards.named import is_own, own_scorers, reward_spec
from recenv.rewards.protocol import Scorer
from recenv.scenarios.loader import Scenario, load_scenario, names

Progress = Callable[[str], None]

_SYNTHETIC = "recrm"  # the kind of store that synthetic rows make

GIVEN = "given"
"""What stands for a name in the rules of sessions whose scorers came as objects."""


def open_world(
    scenario: str | Scenario = "mixed", store: str | Path | None = None, progress: Progress | None = None
) -> World:
    """The scenario's world (users, items, sessions): the given store, or the built-in one, generated into the cache folder on
    first use.

    scenario: a name, the path of a .toml file, or a Scenario. store: the folder that ``recenv ingest`` wrote. progress: called
    with a sentence before something takes long.
    The cache is ``$RECENV_CACHE``, else ``$XDG_CACHE_HOME/recenv``, else ``~/.cache/recenv``. Raises UnknownName for a scenario
    that does not exist, InputError where a store is needed and none is given, or one of another kind is.
    """
    scenario = load_scenario(scenario)
    wanted = scenario.world.store_kind
    if store is not None:
        world = World(store)
        own = _scenario_of(world.kind)
        if (wanted and world.kind != wanted) or (scenario.world.kind == "synthetic" and own):
            needs = f"needs a {wanted} store" if wanted else "has a world of its own"
            hint = f"; the scenario {own!r} plays in it" if own else ""
            raise InputError(f"scenario {scenario.name!r} {needs}; {store} is a {world.kind} store{hint}")
        return world
    if scenario.world.kind == "store":
        how = f"recenv ingest {wanted or 'recrm'} {'FILE' if wanted == 'table' else 'DIR'} --out STORE"
        raise InputError(f"scenario {scenario.name!r} needs a store: build one with `{how}` and pass --store STORE, in Python "
                         'store="STORE"')
    target = _built_in(scenario, progress)
    try:
        return World(target)
    except StoreError:  # a damaged one of ours is made anew
        shutil.rmtree(target, ignore_errors=True)
        return World(_built_in(scenario, progress))


def _scenario_of(kind: str) -> str:
    """The shipped scenario that alone plays in stores of a kind; "" for kinds that any may play in, as built-in worlds are."""
    own = {load_scenario(name).world.store_kind: name for name in names()}
    return "" if kind in ("", _SYNTHETIC) else own.get(kind, "")


def known_world(scenario: str | Scenario) -> World | None:
    """The built-in world of a scenario where it was generated before; None where it was not, or plays in a store."""
    scenario = load_scenario(scenario)
    if scenario.world.kind != "synthetic" or not ((target := _built_in_at(scenario)) / "manifest.json").is_file():
        return None
    try:
        return World(target)
    except StoreError:
        return None


def _built_in_at(scenario: Scenario) -> Path:
    """Where a scenario's built-in world is, or will be."""
    from recenv.data.synthetic.generate import GENERATOR_VERSION

    key = msgspec.json.encode([scenario.world, GENERATOR_VERSION, SCHEMA], order="sorted")
    return cache_folder() / f"{scenario.name}-{hashlib.sha256(key).hexdigest()[:16]}"


def _built_in(scenario: Scenario, progress: Progress | None) -> Path:
    from recenv.data.recrm import ingest_recrm
    from recenv.data.synthetic import SynthSpec, generate

    config, target = scenario.world, _built_in_at(scenario)
    if (target / "manifest.json").is_file():
        return target
    if progress is not None:
        progress(f"building the world of scenario {scenario.name!r} ({config.sessions} sessions), once")
    rows = beside(target, what=".rows")
    try:
        generate(SynthSpec.from_mapping(config.spec), config.sessions, config.seed, rows)
        ingest_recrm(rows, target, overwrite=True)
    finally:
        shutil.rmtree(rows, ignore_errors=True)
    return target


def deck_home() -> Path:
    """Where what scorers said of worlds is kept; safe to delete."""
    return cache_folder() / "decks"


@lru_cache(maxsize=8)
def _engine(encoded: bytes, store: str | None, changes: bytes, reward: bytes) -> Engine:
    scenario = msgspec.json.decode(encoded, type=Scenario)
    config: EnvConfig = replace(scenario.env, **msgspec.json.decode(changes))
    engine = Engine(
        open_world(scenario, store), config, reward=RewardSpec.from_json(reward),
        decks=None if is_own(config.scorers) else deck_home())
    engine.origin = partial(_engine, encoded, store, changes, reward)
    return engine


def open_engine(
    scenario: str | Scenario = "mixed", store: str | Path | None = None, *, scorers: str | Mapping[str, Scorer] | None = None,
    reward: str | RewardSpec | None = None, **changes: Any,
) -> Engine:
    """World, user, scorers and reward of a scenario, shared by all environments of this process that ask for the same names.

    scorers: a name that ``rewards.named.scorer_set`` takes, or scorers of one's own, as ``own_scorers`` takes them (a dimension
    that has none is missing). reward: a name that ``rewards.named.reward_spec`` takes, or a spec. changes: other EnvConfig fields
    to override, such as ``horizon=5`` or ``user="gold"``.
    Raises InputError for an option that does not exist or cannot be used, UnknownName for a name.
    """
    spec = load_scenario(scenario)
    if scorers is not None:
        changes["scorers"] = scorers if isinstance(scorers, str) else GIVEN
    unknown = sorted(changes.keys() - set(EnvConfig.__struct_fields__))
    if unknown:
        known = ", ".join(("scenario", "store", *EnvConfig.__struct_fields__))
        # in Python's words, which TorchRL reads
        raise OptionError(
            f"unexpected keyword argument {unknown[0]!r}; known besides the arguments of the function itself: {known}")
    changes = {name: value.item() if isinstance(value, np.generic) else value for name, value in changes.items()
               if value is not msgspec.UNSET}
    if not isinstance(reward, (str, RewardSpec, type(None))):
        raise OptionError(f"option reward must be a name, a JSON file or a recenv.RewardSpec; got {reward!r}")
    config: EnvConfig = replace(spec.env, **changes)  # which looks at every value
    paid = reward or reward_name(config)
    paid = reward_spec(paid) if isinstance(paid, str) else paid
    changes["reward"] = paid.name
    if scorers is not None and not isinstance(scorers, str):  # objects are not told apart by name: nothing to share
        return Engine(open_world(spec, store), replace(spec.env, **changes), scorers=own_scorers(scorers), reward=paid)
    if store is not None and not isinstance(store, (str, Path)):
        raise OptionError(f"store must be the path of a folder; got {store!r}")
    encoded = msgspec.json.encode(spec, order="sorted")
    own = is_own(changes.get("scorers", spec.env.scorers))  # a name whose code may change while this process runs
    return (_engine.__wrapped__ if own else _engine)(
        encoded, None if store is None else str(store), _key(changes), paid.to_json())


def _key(changes: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(changes, order="sorted")
    except TypeError as error:
        raise OptionError(f"options must be what JSON has; {error}") from None


_OWN = ("split", "vector_reward", "render_mode", "info", "autoreset_mode")


def _split(options: dict[str, Any]) -> tuple[dict[str, Any], Engine]:
    own = {k: options.pop(k) for k in _OWN if k in options}
    return own, open_engine(**options)


def chat_env(**options: Any) -> ChatEnv:
    """``recenv/Chat-v1``: split, vector_reward and render_mode as in ``envs.single``, all else as in ``open_engine``."""
    own, engine = _split(options)
    return ChatEnv(engine, **own)


def slate_env(**options: Any) -> SlateEnv:
    """``recenv/Slate-v1``, options as for ``chat_env``."""
    own, engine = _split(options)
    return SlateEnv(engine, **own)


def chat_vector_env(num_envs: int = 1, **options: Any) -> ChatVectorEnv:
    """Vector form of ``recenv/Chat-v1``."""
    own, engine = _split(options)
    return ChatVectorEnv(engine, num_envs, **own)


def slate_vector_env(num_envs: int = 1, **options: Any) -> SlateVectorEnv:
    """Vector form of ``recenv/Slate-v1``."""
    own, engine = _split(options)
    return SlateVectorEnv(engine, num_envs, **own)
