"""recenv: multi-turn recommendation sessions behind Gymnasium, with a named reward vector for every turn.

Importing registers ``recenv/Chat-v1`` and ``recenv/Slate-v1``; their keyword ``scenario=`` names the world:

    import gymnasium, recenv
    env = gymnasium.make("recenv/Slate-v1", scenario="mixed")
"""

from importlib.metadata import PackageNotFoundError, version

from gymnasium.envs.registration import register, registry

try:
    __version__ = version("recenv")
except PackageNotFoundError:  # an uninstalled checkout
    __version__ = "0+unknown"

# Entry points are strings: what composes world, scorers and rules is imported when an environment is made.
for _kind in ("Chat", "Slate"):
    if f"recenv/{_kind}-v1" not in registry:
        register(
            id=f"recenv/{_kind}-v1",
            entry_point=f"recenv.scenarios.entry:{_kind.lower()}_env",
            vector_entry_point=f"recenv.scenarios.entry:{_kind.lower()}_vector_env",
        )
