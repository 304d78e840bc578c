"""The gold utility: what an item is worth to a user in a synthetic world. Pure, vectorised over items.

For item r of a goal with preferences p (``Need.preferences``) and context c, in logits:

    U_r = base
        - price    * softplus(4 (ln(price_r / median(subcategory_r)) - price_level)) / 4
        - distance * ln(1 + km(c.area, area_r) / 3)
        + rating   * (rating_r - 4.2) / 0.4
        + likes[subcategory_r] + sum over tags of likes[tag]
        - miss     * sum_m missed(r, m)              1 missed, 1/2 unknown, 0 met
        - mismatch * [category_r is not the goal's]

relative to ``no_choice``, the outside option: P(take r | shown) follows a multinomial logit over the shown items and
the outside option. A term whose attribute the item lacks is left out. The price term falls in the price at a rate that
grows with ``price``, the user's price sensitivity; below the level that the user is used to it fades out. Utilities are
rounded to six decimals, so that processors that differ in the last bit write the same files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.constraints import MISSED, UNKNOWN
from recenv.data.synthetic.geography import distance_km
from recenv.data.synthetic.taxonomy import reference_price
from recenv.records import Item

_DECIMALS = 6


class Traits(NamedTuple):
    """What the utility reads of an item; NaN and "" where it lacks the attribute."""

    category: str
    area: str
    rating: float
    relative_price: float  # ln(price / median of the subcategory)
    likes: tuple[str, ...]  # keys into the preferences


def traits(item: Item) -> Traits:
    """The traits of an item of any source."""
    have = item.attributes
    subcategory, price, rating, tags = have.get("subcategory", ""), have.get("price"), have.get("rating"), have.get("tags", ())
    typical = reference_price(str(subcategory))
    relative = math.log(price / typical) if isinstance(price, (int, float)) and price > 0 and typical > 0 else math.nan
    names = (subcategory, *(tags if isinstance(tags, (tuple, list)) else (tags,)))
    return Traits(
        item.category, str(have.get("area", "")), float(rating) if isinstance(rating, (int, float)) else math.nan, relative,
        tuple(f"likes:{name}" for name in names if name),
    )


def gold_utility(
    preferences: Mapping[str, float], items: Sequence[Traits], context: Mapping[str, str], satisfaction: NDArray[np.int8]
) -> NDArray[np.float64]:
    """(R,) logits relative to taking nothing.

    items: R traits; satisfaction: (R, M) in {MET, MISSED, UNKNOWN}. Raises KeyError for preferences that are not a
    synthetic world's.
    """
    p = preferences
    relative = np.array([t.relative_price for t in items], float)  # (R,)
    rating = np.array([t.rating for t in items], float)
    here = context.get("area", "")
    km = np.array([distance_km(here, t.area) for t in items], float)
    taste = np.array([math.fsum(p.get(key, 0.0) for key in t.likes) for t in items], float)
    other = np.array([f"category:{t.category}" not in p for t in items], float)
    missed = (satisfaction == MISSED).sum(1) + 0.5 * (satisfaction == UNKNOWN).sum(1)
    dear, far, rated = np.nan_to_num(np.array([
        np.logaddexp(0.0, 4.0 * (relative - p["price_level"])) / 4.0, np.log1p(km / 3.0), (rating - 4.2) / 0.4]))
    utility = (
        p["base"] - p["no_choice"] + taste - p["miss"] * missed - p["mismatch"] * other
        - p["price"] * dear - p["distance"] * far + p["rating"] * rated
    )
    rounded: NDArray[np.float64] = np.asarray(utility, np.float64).round(_DECIMALS)
    return rounded


def gold_value(utility: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Utilities on [0, 1] for display: the probability of taking the item rather than nothing."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(utility, float))), np.float64)
