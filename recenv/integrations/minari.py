"""Minari: an offline dataset an agent, of what ``recenv/Slate-v1`` would have shown of the sessions of a run.

    recenv export RUN --format minari --out datasets
    MINARI_DATASETS_PATH=datasets python -c "import minari; print(minari.load_dataset('recenv/mixed/bm25-v0'))"

An episode has a slate of candidates every turn; sessions with anything else (a question, a search, an item from elsewhere) are
left out and counted. Rewards are as recorded; infos are ``reward_vector`` and ``applicable``, (T + 1, D), the reset's first.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path
from typing import NamedTuple

import gymnasium
import numpy as np
from minari import create_dataset_from_buffers
from minari.data_collector import EpisodeBuffer

from recenv.envs.engine import Engine
from recenv.envs.single import SlateEnv
from recenv.rollouts.rebuild import CHUNK, Rebuilt


class Written(NamedTuple):
    """A dataset: its Minari id, episodes in it, and sessions left out. One without episodes is not written."""

    dataset: str
    episodes: int
    left_out: int


def write_datasets(root: Path, scenario: str, engine: Engine, sessions: Iterable[Rebuilt]) -> Iterator[Written]:
    """Write a dataset below the folder ``root`` for each agent, whose sessions come together. Sets ``MINARI_DATASETS_PATH``."""
    os.environ["MINARI_DATASETS_PATH"] = str(root.resolve())
    env = SlateEnv(engine)
    env.spec = replace(gymnasium.spec("recenv/Slate-v1"), kwargs={"scenario": scenario})
    for agent, played in groupby(sessions, lambda s: s.trace.agent):
        name = "/".join(["recenv", *(re.sub(r"[^\w]", "_", part) for part in (scenario, agent))]) + "-v0"
        dataset, counts = None, [0, 0]
        while part := list(islice(played, CHUNK)):
            episodes = [made for s in part if (made := _episode(s, engine.config.slate_size)) is not None]
            counts = [counts[0] + len(episodes), counts[1] + len(part) - len(episodes)]
            if dataset is not None:
                dataset.update_dataset_from_buffer(episodes)
            elif episodes:
                with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it has no author's address
                    dataset = create_dataset_from_buffers(name, episodes, env=env, algorithm_name=agent)
        yield Written(name, *counts)


def _episode(session: Rebuilt, places: int) -> EpisodeBuffer | None:
    (trace, moments), actions = session, []
    for turn, moment in zip(trace.turns, session.moments, strict=False):
        number = {item.id: n for n, item in enumerate(moment.view.candidates)}
        slate = list(dict.fromkeys(number.get(item, -1) for item in turn.action.items))[:places]
        if not slate or min(slate) < 0:
            return None
        actions.append([*slate, *[slate[-1]] * (places - len(slate))])  # a number that is named again counts once
    known = np.array([[False] * len(trace.turns[0].components), *([v is not None for v in t.components] for t in trace.turns)])
    values = np.array([[0.0] * known.shape[1], *([v or 0.0 for v in t.components] for t in trace.turns)], np.float32)
    last = np.arange(len(actions)) == len(actions) - 1
    return EpisodeBuffer(
        seed=trace.seed, actions=np.array(actions, np.int64), rewards=[t.reward for t in trace.turns],
        observations={"candidates": np.stack([m.candidates for m in moments]), "session": np.stack([m.session for m in moments])},
        terminations=list(last & (trace.ending != "horizon")), truncations=list(last & (trace.ending == "horizon")),
        infos={"reward_vector": values, "applicable": known})
