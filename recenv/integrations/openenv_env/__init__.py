"""recenv as an OpenEnv environment: a folder for ``openenv serve``, ``openenv build`` and ``openenv push``."""

from recenv.integrations.openenv import Act, RecenvClient, Seen

__all__ = ["Act", "RecenvClient", "Seen"]
