"""Demands of an instruction that can be checked exactly, in English and Chinese.

    read_checks("Answer in at most 60 words and use no commas.")    -> two checks
    check.holds(response)                                           -> whether the answer keeps to one

Precision comes first: words that are not understood make no check. The kinds are those of IFEval (Zhou et al., 2023,
arXiv 2311.07911), decided as its strict evaluation documents, and a few more; ``check.KINDS`` lists them.
"""

from __future__ import annotations

from typing import NamedTuple

from recenv.rewards.rules import CACHES
from recenv.rewards.rules.checks.check import KINDS, Check
from recenv.rewards.rules.checks.items import read_items
from recenv.rewards.rules.checks.lengths import read_lengths
from recenv.rewards.rules.checks.manners import read_manners
from recenv.rewards.rules.checks.prompt import prepare
from recenv.rewards.rules.checks.shapes import read_shapes
from recenv.rewards.rules.checks.wording import read_wording

__all__ = ["KINDS", "Check", "Compliance", "compliance", "read_checks"]


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


@CACHES.keep(4096)
def read_checks(instruction: str) -> tuple[Check, ...]:
    """The demands of an instruction, each once, in a fixed order. Never raises."""
    prompt = prepare(instruction)
    found = [*read_items(prompt), *read_lengths(prompt), *read_wording(prompt), *read_shapes(prompt), *read_manners(prompt)]
    return tuple(dict.fromkeys(found))


def compliance(instruction: str, response: str) -> Compliance:
    """Of the demands read in an instruction, those that an answer keeps. The number of items is no matter of the text."""
    checks = [c for c in read_checks(instruction) if c.kind != "items"]
    return Compliance(len(checks), sum(c.holds(response) for c in checks))
