"""Pairs of agents on the same prompt: where two of them, alike until then, first answered differently. For DPO and its kin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from recenv.evaluation.export.dialogues import answer, prompt
from recenv.evaluation.export.named import Named, named
from recenv.records import Message
from recenv.rollouts.rebuild import Rebuilt

SAME = "pairs that played a session alike"
TIED = "pairs with the same return"


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of ``preferences``; docs/export.md says what each is."""

    session_id: str
    order: int
    seed: int
    turn: int
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    chosen_agent: str
    rejected_agent: str
    chosen_return: float
    rejected_return: float
    margin: float
    chosen_reward: float
    rejected_reward: float
    chosen_components: Named
    rejected_components: Named


def preferences(groups: Iterable[Sequence[Rebuilt]], left_out: Counter[str]) -> Iterator[Preference]:
    """The pairs of each session, of which every agent's rollout is given; left_out counts what makes no pair.

    Both were paid alike before they differed, so the difference of their returns is what came of the choice.
    """
    for group in groups:
        for a, b in combinations(group, 2):
            t = _parting(a, b)
            if t is None:
                left_out[SAME] += 1
            elif a.trace.total == b.trace.total:
                left_out[TIED] += 1
            else:
                yield _pair(*((a, b) if a.trace.total > b.trace.total else (b, a)), t)


def _parting(a: Rebuilt, b: Rebuilt) -> int | None:
    """The first turn in which two rollouts of a session differ."""
    for t, (mine, theirs) in enumerate(zip(a.trace.turns, b.trace.turns, strict=False)):
        if answer(mine) != answer(theirs):
            return t
    return None


def _pair(better: Rebuilt, worse: Rebuilt, t: int) -> Preference:
    asked = prompt(better.moments[t].view)
    if asked != prompt(worse.moments[t].view):
        raise AssertionError(f"session {better.trace.session_id!r}: the same answers led to different prompts")
    good, bad = better.trace.turns[t], worse.trace.turns[t]
    return Preference(
        session_id=better.trace.session_id, order=better.trace.order, seed=better.trace.seed, turn=t, prompt=asked,
        chosen=answer(good), rejected=answer(bad), chosen_agent=better.trace.agent, rejected_agent=worse.trace.agent,
        chosen_return=better.trace.total, rejected_return=worse.trace.total, margin=better.trace.total - worse.trace.total,
        chosen_reward=good.reward, rejected_reward=bad.reward,
        chosen_components=named(good.components), rejected_components=named(bad.components),
    )
