"""Rows of "key: value" texts as columns, and a process over them. CACHES holds what its functions of text have computed."""

from __future__ import annotations

from recenv.caches import CacheGroup

CACHES = CacheGroup("tables")
