"""Action and observation, where OpenEnv looks for them."""

from recenv.integrations.openenv import Act, Seen

__all__ = ["Act", "Seen"]
