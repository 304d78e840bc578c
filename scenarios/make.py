"""The registered environments by short names."""

from __future__ import annotations

from typing import Any

import gymnasium

from recenv.errors import UnknownName

_IDS = {"Chat": "recenv/Chat-v1", "Slate": "recenv/Slate-v1"}


def make(name: str = "Slate", **options: Any) -> gymnasium.Env[Any, Any]:
    """``gymnasium.make`` of an environment of recenv, with the wrappers that Gymnasium puts around it.

    name: ``Chat`` (a JSON text in, a text out), ``Slate`` (candidate indices (K,) in, flat float32 boxes out), or a full id such
    as ``recenv/Slate-v1``. Options:

    - scenario: a name or the path of a .toml file, ``mixed`` by default; store: the folder of an ingested store
    - scorers: ``fast``, ``thorough``, ``audit``, ``rules``, a checkpoint folder, or scorers of your own by dimension
    - reward: the name of a spec, or a ``RewardSpec``
    - user (``gold``, ``replay``, ``learned``), horizon (turns), slate_size, candidates, patience_scale, search_results
    - split: ``all``, or the users whose sessions are played (``train``, ``test``)
    - vector_reward: return the dimensions, float32 (D,), as the reward; render_mode: None or ``ansi``
    - whatever ``gymnasium.make`` takes, such as max_episode_steps

    The reward of a step is in [-1, 1]. Raises UnknownName for a name and InputError for an option that cannot be used.
    """
    if options.get("vector_reward"):
        options.setdefault("disable_env_checker", True)  # it knows rewards that are numbers alone, and warns of others
    return gymnasium.make(_id(name), **options)


def make_vec(name: str = "Slate", num_envs: int = 1, **options: Any) -> gymnasium.vector.VectorEnv[Any, Any, Any]:
    """``num_envs`` sessions played in one batch, in which scorers are called once a step; options as for ``make``.

    Row i is the single environment that was reset with its seed, to the bit. Raises as ``make`` does.
    """
    options.setdefault("vectorization_mode", "vector_entry_point")
    return gymnasium.make_vec(_id(name), num_envs=num_envs, **options)


def _id(name: str) -> str:
    found = _IDS.get(name, name)
    if found not in _IDS.values():
        raise UnknownName("environment", name, (*_IDS, *_IDS.values()))
    return found
