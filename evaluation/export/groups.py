"""One row a rollout, grouped by session: the same start for all, turn rewards and a mask by message. For GRPO and its kin."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from recenv.evaluation.export.dialogues import prompt
from recenv.evaluation.export.named import Named, named
from recenv.records import Message
from recenv.rollouts.rebuild import Rebuilt

SMALL = 1e-4
"""What is added to the spread of a group's returns, so that equal ones divide."""


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of ``grpo``; docs/export.md says what each is."""

    scenario: str
    session_id: str
    order: int
    seed: int
    agent: str
    repeat: int
    prompt: tuple[Message, ...]
    messages: tuple[Message, ...]
    mask: tuple[int, ...]
    rewards: tuple[float | None, ...]
    components: tuple[Named | None, ...]
    session_return: float
    advantage: float | None
    ending: str


def rollouts(groups: Iterable[Sequence[Rebuilt]], scenario: str, repeats: Sequence[int]) -> Iterator[Rollout]:
    """The rollouts of each session, in the plan's order of agents, repeat by repeat. repeats: of the rollouts of a group."""
    for group in groups:
        returns = [trace.total for trace, _ in group]
        for (trace, moments), advantage, repeat in zip(group, advantages(returns), repeats, strict=True):
            asked = prompt(moments[0].view)
            told = prompt(moments[-1].view)[len(asked):]  # each message is told once and never changed
            mine = tuple(int(m.role == "assistant") for m in told)
            turns = iter(trace.turns)
            of = [next(turns) if wrote else None for wrote in mine]
            yield Rollout(
                scenario=scenario, session_id=trace.session_id, order=trace.order, seed=trace.seed, agent=trace.agent,
                repeat=repeat, prompt=asked, messages=told, mask=mine, rewards=tuple(None if t is None else t.reward for t in of),
                components=tuple(None if t is None else named(t.components) for t in of), session_return=trace.total,
                advantage=advantage, ending=trace.ending,
            )


def advantages(returns: Sequence[float]) -> list[float | None]:
    """Each return less the group's mean, over its sample standard deviation (Shao et al., DeepSeekMath, 2024); None for a group
    of one."""
    if len(returns) < 2:
        return [None] * len(returns)
    mean, spread = statistics.fmean(returns), statistics.stdev(returns)
    return [(r - mean) / (spread + SMALL) for r in returns]
