"""From a ranking of the candidates to a recommendation: the part that all ranking agents share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from recenv.envs.speaker import leave_to_speak, speak
from recenv.records import Action, AgentView, Item

_NOTHING = {"zh": "抱歉，目前没有可以推荐的选择。", "en": "Sorry, there is nothing to recommend at the moment."}


def recommend(view: AgentView, scores: ArrayLike) -> Action:
    """Recommend the best-scored candidates, those not shown yet first, with a text that repeats their records and keeps the
    instruction where that can be checked.

    scores (C,): higher is better, NaN counts as lowest; equal ones keep the order of ``view.candidates``. The slate has as many
    items as the instruction allows, at most ``view.slate_size``; ends the session when there are no candidates.
    """
    if not view.candidates:
        return Action(act="end", text=_NOTHING["zh" if view.locale == "zh" else "en"])
    worth = np.nan_to_num(np.asarray(scores, np.float64), nan=-np.inf)  # (C,)
    seen = np.isin([item.id for item in view.candidates], view.shown)
    order = np.lexsort((-worth, seen))  # by seen, then by worth; lexsort is stable
    return present(view, [view.candidates[i] for i in order])


def present(view: AgentView, items: Sequence[Item]) -> Action:
    """Recommend the first of the items, as many as the instruction allows, in words that keep it."""
    allowed = leave_to_speak(view.instruction, view.locale, view.candidates, view.slate_size).allowed
    slate = items[:allowed]
    return Action(act="recommend", items=tuple(item.id for item in slate), text=speak(view.instruction, view.locale, slate))
