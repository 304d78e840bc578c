"""The client, where OpenEnv looks for it."""

from recenv.integrations.openenv import RecenvClient

__all__ = ["RecenvClient"]
