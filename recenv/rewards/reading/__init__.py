"""What a text says, read once: numbers, records, words, negations. CACHES holds what its functions of text have computed."""

from __future__ import annotations

from pathlib import Path

from recenv.caches import CacheGroup

CACHES = CacheGroup("reading")


def table(name: str) -> list[str]:
    """The lines of a file of ``tables``."""
    return (Path(__file__).parent / "tables" / name).read_text("utf-8").splitlines()
