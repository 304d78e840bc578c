"""What can be checked exactly. CACHES holds what its functions of text have computed."""

from __future__ import annotations

from recenv.caches import CacheGroup

CACHES = CacheGroup("rules")
