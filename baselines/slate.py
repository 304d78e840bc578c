"""From a ranking of the candidates to a recommendation: the part that all ranking agents share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from recenv.data.render import plain_response
from recenv.records import Action, AgentView

_NOTHING = {"zh": "抱歉，目前没有可以推荐的选择。", "en": "Sorry, there is nothing to recommend at the moment."}


def recommend(view: AgentView, scores: ArrayLike) -> Action:
    """Recommend the best-scored candidates, those not shown yet first, with a text that only repeats their records.

    scores (C,): higher is better, NaN counts as lowest; equal ones keep the order of ``view.candidates``. The slate has
    ``view.slate_size`` items, fewer when there are fewer candidates; ends the session when there is none.
    """
    if not view.candidates:
        return Action(act="end", text=_NOTHING["zh" if view.locale == "zh" else "en"])
    worth = np.nan_to_num(np.asarray(scores, np.float64), nan=-np.inf)  # (C,)
    seen = np.isin([item.id for item in view.candidates], view.shown)
    order = np.lexsort((-worth, seen))  # by seen, then by worth; lexsort is stable
    slate = [view.candidates[i] for i in order[: view.slate_size]]
    return Action(act="recommend", items=tuple(item.id for item in slate), text=plain_response(slate, view.locale))
