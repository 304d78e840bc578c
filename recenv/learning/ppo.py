"""PPO of Stable-Baselines3 (Schulman et al., 2017) with a network that every candidate shares (``integrations.sb3_policy``)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from recenv.baselines.learned import MODEL
from recenv.envs.state import ENDINGS
from recenv.errors import InputError, MissingExtra
from recenv.learning.curve import Episodes
from recenv.learning.setting import Curve, Progress, Setting


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """steps: turns to play. sessions: played side by side. The others are Stable-Baselines3's; the learning rate falls to 0 over
    the steps. threads: of torch; more than 1 do not pay for networks of this size."""

    steps: int = 300_000
    sessions: int = 256
    n_steps: int = 16
    batch_size: int = 1024
    n_epochs: int = 4
    learning_rate: float = 1e-3
    ent_coef: float = 0.003
    gamma: float = 0.98
    threads: int = 1

    def __post_init__(self) -> None:
        counts = (self.steps, self.sessions, self.n_steps, self.n_epochs, self.threads, self.batch_size - 1)
        if min(counts) < 1 or not self.learning_rate > 0 or not 0 <= self.gamma <= 1 or not self.ent_coef >= 0:
            raise InputError(f"ppo needs counts of at least 1, batch_size of 2, a learning rate > 0, gamma in [0, 1]; got {self}")


def learn(config: Config, setting: Setting, folder: Path, progress: Progress) -> Curve:
    """Play and learn, and keep the model. Stable-Baselines3 seeds the global generators of this process.

    Raises MissingExtra without Stable-Baselines3, InputError where the setting cannot be played.
    """
    try:
        from stable_baselines3 import PPO
        from stable_baselines3.common.callbacks import BaseCallback
        from stable_baselines3.common.logger import Logger
    except ImportError:
        raise MissingExtra("stable-baselines3", "sb3") from None
    import torch

    from recenv.integrations.sb3 import RecVecEnv
    from recenv.integrations.sb3_policy import PerCandidatePolicy

    class Watch(BaseCallback):
        """Gathers episodes, tells progress."""

        def __init__(self) -> None:
            super().__init__()
            self.episodes = Episodes(config.sessions)

        def _on_step(self) -> bool:
            over = np.flatnonzero(self.locals["dones"])
            endings = np.array([ENDINGS.index(self.locals["infos"][row]["ending"]) for row in over.tolist()], np.int64)
            self.episodes.add(self.locals["rewards"], over, endings)
            progress(min(self.num_timesteps, config.steps), config.steps)
            return True

    env = RecVecEnv(
        config.sessions, scenario=setting.scenario, store=setting.store, scorers=setting.scorers, reward=setting.reward or None,
        split=setting.split)
    env.seed(setting.seed)
    threads, watch = torch.get_num_threads(), Watch()
    torch.set_num_threads(config.threads)
    try:
        model = PPO(
            PerCandidatePolicy, env, n_steps=config.n_steps, batch_size=config.batch_size, n_epochs=config.n_epochs,
            learning_rate=lambda left: config.learning_rate * left, ent_coef=config.ent_coef, gamma=config.gamma,
            seed=setting.seed % 2**32, device="cpu")
        model.set_logger(Logger(None, []))  # its own would leave a folder in the temporary one
        model.learn(config.steps, callback=watch)
    finally:
        torch.set_num_threads(threads)
        env.close()
    model.save(folder / MODEL)
    return watch.episodes.curve()
