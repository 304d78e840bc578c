"""The small worlds of ``recenv.testing``, by the name that these tests know them by."""

from recenv.testing.tiny import *  # noqa: F403
