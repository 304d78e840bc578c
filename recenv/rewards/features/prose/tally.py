"""Counts of claims, by what becomes of them."""

from __future__ import annotations

from collections import Counter

NAMES = (
    "held", "unheld", "denied_wrongly", "denied_rightly", "borrowed", "praised",  # what places have
    "all_right", "all_wrong", "counted_right", "counted_wrong", "only_right", "only_wrong",
    "values_own", "values_others", "values_nobodys", "sums_right", "sums_wrong", "clocks_right", "clocks_wrong",
    "compared_right", "compared_wrong", "areas_right", "areas_wrong", "members_own", "members_others",
    "places_named", "unaccounted", "longest_unaccounted", "right", "wrong", "wrong_share",
)
"""Names of the features, counts within [0, 1]."""

COUNTED = NAMES[:25]
"""Those that are counts of claims."""

RIGHT = (
    "held", "denied_rightly", "all_right", "counted_right", "only_right", "values_own", "sums_right", "clocks_right",
    "compared_right", "areas_right", "members_own",
)
WRONG = (
    "unheld", "denied_wrongly", "borrowed", "praised", "all_wrong", "counted_wrong", "only_wrong", "values_others",
    "values_nobodys", "sums_wrong", "clocks_wrong", "compared_wrong", "areas_wrong", "members_others",
)


class Tally(Counter[str]):
    """Counts by name."""

    def add(self, name: str, n: int = 1) -> None:
        self[name] += n
