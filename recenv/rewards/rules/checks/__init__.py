"""Demands of an instruction that can be checked exactly, in English and Chinese.

    read("Answer in at most 60 words and use no commas.")      -> two checks
    check.holds(response)                                      -> whether the answer keeps to one

Precision comes first: words that are not understood make no check. The kinds are those of IFEval (Zhou et al., 2023,
arXiv 2311.07911), decided as its strict evaluation documents, and a few more; ``check.KINDS`` lists them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from recenv.rewards.rules.checks import items, lengths, shapes, wording
from recenv.rewards.rules.checks.check import KINDS, Check
from recenv.rewards.rules.checks.prompt import prepare

__all__ = ["KINDS", "Check", "Compliance", "compliance", "read"]


class Compliance(NamedTuple):
    """How many demands of an instruction were read and could be decided from the answer, and how many of them it keeps."""

    read: int
    held: int

    @property
    def share(self) -> float:
        """held / read; 0.5 where nothing was read."""
        return self.held / self.read if self.read else 0.5

    @property
    def score(self) -> float:
        """In [0, 1]: the mean of the share and of whether all are kept; 0.5 where nothing was read."""
        return (self.share + (self.held == self.read)) / 2 if self.read else 0.5


@lru_cache(maxsize=4096)
def read(instruction: str) -> tuple[Check, ...]:
    """The demands of an instruction, each once, in a fixed order. Never raises."""
    prompt = prepare(instruction)
    found = [*items.read(prompt), *lengths.read(prompt), *wording.read(prompt), *shapes.read(prompt)]
    return tuple(dict.fromkeys(found))


def compliance(instruction: str, response: str) -> Compliance:
    """Of the demands read in an instruction, those that an answer keeps. The number of items is no matter of the text."""
    checks = [c for c in read(instruction) if c.kind != "items"]
    return Compliance(len(checks), sum(c.holds(response) for c in checks))
