"""Agents to compare with: one a file, all of one shape (idea and paper, ``Config``, class, ``build``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from recenv.baselines import asking, bm25, gold, greedy, llm, popularity, random
from recenv.baselines.runtime import Runtime
from recenv.registry import Registry, configured
from recenv.rollouts.agent import Agent

__all__ = ["AGENTS", "AgentEntry", "Runtime", "make_agent"]


class AgentEntry(NamedTuple):
    """What is registered under an agent's name. build(config, runtime) makes the agent; config is one of ``config_type``."""

    summary: str
    config_type: type[msgspec.Struct]
    build: Callable[[Any, Runtime], Agent]


AGENTS: Registry[AgentEntry] = Registry("agent")
"""Agents by name."""

for _name, _entry in {
    "random": AgentEntry("candidates in a random order", random.Config, random.build),
    "popularity": AgentEntry("what other users took up most", popularity.Config, popularity.build),
    "bm25": AgentEntry("word overlap with what the user has said", bm25.Config, bm25.build),
    "greedy": AgentEntry("highest learned reward, one turn ahead", greedy.Config, greedy.build),
    "ask-bm25": AgentEntry(
        "bm25, after asking what else matters", asking.Config, asking.asking(lambda run: bm25.build(bm25.Config(), run))),
    "ask-greedy": AgentEntry(
        "greedy, after asking what else matters", asking.Config, asking.asking(lambda run: greedy.build(greedy.Config(), run))),
    "gold": AgentEntry("highest gold utility: the upper bound, synthetic worlds only", gold.Config, gold.build_gold),
    "antigold": AgentEntry("lowest gold utility: the lower bound, synthetic worlds only", gold.Config, gold.build_antigold),
    "llm": AgentEntry("a language model behind any OpenAI-compatible endpoint", llm.Config, llm.build),
}.items():
    AGENTS.add(_name, _entry)


def make_agent(name: str, runtime: Runtime, **overrides: object) -> Agent:
    """Build a registered agent; overrides set fields of its Config.

    Raises UnknownName for an agent that does not exist, InputError for a field or a value; both with the nearest names.
    """
    entry = AGENTS[name]
    return entry.build(configured(f"agent {name}", entry.config_type, overrides), runtime)
