"""What was shown and what was taken: the logging policy and the choice model.

    order shown   by  0.5 ln draw_i + 0.5 quality_i + 1.0 share of volunteered constraints met + policy_noise * Gumbel
    examined      position 0 always, each next one with probability position_decay
    taken         argmax over examined items of U_i + Gumbel, and nothing at no_choice + Gumbel
    left          nothing was taken
    taken alone   see ``recenv.data.take_up``   (behavior_prediction)

The Gumbel noise makes the choice a multinomial logit over what was examined, with the outside option.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.synthetic.catalogue import Pool
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.needs import Wish
from recenv.data.synthetic.spec import SynthSpec


class Shown(NamedTuple):
    """rows: pool rows in displayed order; examined: how many of them were looked at; taken: position, -1 for nothing."""

    rows: tuple[int, ...]
    examined: int
    taken: int


def display(draws: Draws, spec: SynthSpec, pool: Pool, wish: Wish, candidates: list[int]) -> list[int]:
    """The logging policy's order: popular, good and partly relevant places first, with much noise."""
    told = [m for m, c in enumerate(wish.constraints) if c.disclosure == "volunteered"]
    stated = wish.meets[:, told].mean(1) if told else np.zeros(len(pool.items))
    score = [
        0.5 * math.log(pool.draw[i]) + 0.5 * pool.quality[i] + 1.0 * stated[i] + spec.policy_noise * draws.gumbel()
        for i in candidates
    ]
    return [candidates[i] for i in np.argsort(-np.array(score), kind="stable").tolist()]


def choose(draws: Draws, spec: SynthSpec, rows: list[int], utility: NDArray[np.float64]) -> Shown:
    """Look down the list and take one item or none. utility: (C,) aligned with rows."""
    examined = 1
    while examined < len(rows) and draws.chance(spec.position_decay):
        examined += 1
    noisy = [u + draws.gumbel() for u in utility.tolist()][:examined]
    best = int(np.argmax(noisy))
    return Shown(tuple(rows), examined, best if noisy[best] > draws.gumbel() else -1)


def grade(meets_stated: NDArray[np.bool_], same_category: bool, subcategory: bool) -> float:
    """Relevance of an item to a query: 1 all stated constraints met; 0.5 at least half of them; 0 else, or of another kind.

    meets_stated: (stated,) whether each constraint that the query states is met; subcategory: False where one is
    stated and missed.
    """
    if not same_category or not subcategory:
        return 0.0
    share = float(meets_stated.mean()) if meets_stated.size else 1.0
    return 1.0 if share == 1.0 else 0.5 if share >= 0.5 else 0.0
