"""A learning curve from episodes whose ends are known: one point a step, however many sessions end with it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from recenv.envs.state import ENDINGS
from recenv.learning.curve import Episodes

MET, LEFT = ENDINGS.index("met"), ENDINGS.index("left")


def test_episodes_that_end_at_one_step_are_one_point() -> None:
    """Four sessions side by side, all over after each of three turns: paid 1 and 0, 1 and 1, 0 and 0, half of them each."""
    made = Episodes(4)
    for pair in ((1.0, 0.0), (1.0, 1.0), (0.0, 0.0)):
        rewards = np.array(pair * 2)
        made.add(rewards, np.arange(4), np.where(rewards > 0, MET, LEFT))
    assert made.curve().points == ((4.0, 0.5, 0.5), (8.0, 1.0, 1.0), (12.0, 0.0, 0.0))


def test_steps_rise_and_no_episode_is_lost() -> None:
    made, rng = Episodes(8), np.random.default_rng(3)
    paid = []
    for _ in range(500):
        over = np.flatnonzero(rng.random(8) < 0.3)
        made.add(np.ones(8), over, np.full(len(over), MET))
        paid += [len(over)]
    points = made.curve().points
    assert all(a[0] < b[0] for a, b in pairwise(points)) and all(p[2] == 1.0 for p in points)
    assert len(points) > 20 and np.mean([p[1] for p in points]) == pytest.approx(4000 / sum(paid), rel=0.1)


def test_no_episode_no_point() -> None:
    assert Episodes(2).curve().points == ()
