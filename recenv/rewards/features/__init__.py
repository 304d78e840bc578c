"""Numbers made of what texts say, for scorers to learn from. CACHES holds what its functions of text have computed."""

from __future__ import annotations

from recenv.caches import CacheGroup

CACHES = CacheGroup("features")
