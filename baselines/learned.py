"""What ``recenv learn`` wrote, as an agent: a folder with ``agent.json``, which says what learned, where and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from recenv.baselines.itemcf import ItemCfAgent, Neighbours
from recenv.baselines.linucb import LinearPolicy
from recenv.baselines.policy import SlatePolicyAgent, load_sb3
from recenv.errors import UNREADABLE, InputError
from recenv.rollouts.agent import Agent
from recenv.seals import check_files, listed

AGENT, MODEL = "agent.json", "model.zip"


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent was learned. learner: its name; config: its settings; scenario, store: name with version, and fingerprint of
    the world; split: whose sessions; scorers, reward: what paid; seed. model: sha256 of what was learned."""

    learner: str
    config: dict[str, Any]
    scenario: str
    store: str
    split: str
    scorers: str
    reward: str
    seed: int
    model: str
    schema: int = 1


def is_learned(folder: str | Path) -> bool:
    """Whether a path is such a folder."""
    return (Path(folder) / AGENT).is_file()


def read_learned(folder: str | Path) -> Learned:
    """What a folder says of its agent; raises InputError where it is none, or of another schema."""
    file = Path(folder) / AGENT
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Learned)
    except (OSError, *UNREADABLE) as error:
        raise InputError(f"{folder} holds no learned agent ({error}); make one with: recenv learn") from None
    if found.schema != 1:
        raise InputError(f"{file}: schema {found.schema}, this version reads 1; learn it again")
    return found


def open_learned(folder: str | Path) -> Agent:
    """The agent of a folder, by the folder's name. Raises InputError for one that cannot be read, or is not as it was learned."""
    path = Path(folder)
    wrong = check_files(path, listed(path))
    if wrong:
        raise InputError(f"{path}: {wrong[0]}; copy the folder again, or learn it again")
    name, learner = path.resolve().name, read_learned(path).learner
    if learner == "ppo":
        return load_sb3(path / MODEL, name)
    if learner == "linucb":
        return SlatePolicyAgent(LinearPolicy.load(path), name)
    if learner == "itemcf":
        return ItemCfAgent(Neighbours.load(path), name)
    raise InputError(f"{path}: no learner is called {learner!r} in this version")
