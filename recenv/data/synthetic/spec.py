"""All parameters of the generative model, frozen and JSON-able."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from recenv.errors import InputError, nearest
from recenv.records import CATEGORIES, LOCALES

Range = tuple[float, float]
Span = tuple[int, int]


class SynthSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a synthetic world. Shares are normalised; ranges and spans include both ends.

    locales, categories: shares of sessions.  n_items: size of the catalogue over all locales and categories (at least
    ``2 * candidates`` each are made).  n_users: 0 derives it from ``sessions_per_user``.  candidates: C.
    constraints: M of a need.  volunteered, on_ask, hidden: shares of disclosures (the
    subcategory is volunteered in 85 % of the needs that name it, whatever the shares).  satisfiers: candidates that meet a
    whole need, where the catalogue has so many.  history: past items of a user, (0, 0) for cold start.
    price_, distance_, rating_sensitivity: ranges of the users' weights, logits a unit (see ``utility``).
    taste_scale: deviation of tastes, logits.  base: appeal of an average item that meets the need.
    no_choice: utility of taking nothing.  miss_penalty, mismatch_penalty: logits lost for each missed constraint, and
    for a wrong category.  position_decay: probability of looking on after a position.  leave_hazard: probability of
    leaving after a failed turn.  patience: turns.  policy_noise: deviation of the logging policy's ranking noise.
    label_noise: share of flipped labels (instruction_following, factual_consistency); relevance_noise: of moved grades.
    hard_instructions: share of sessions whose instruction goes beyond what a plain template answer does.
    *_rows: rows a session in each file (item_ranking: always one).
    """

    locales: dict[str, float] = msgspec.field(default_factory=lambda: {"zh": 0.6, "en": 0.4})
    categories: dict[str, float] = msgspec.field(default_factory=lambda: {
        "dining": 0.35, "lifestyle": 0.25, "shopping": 0.20, "accommodation": 0.10, "healthcare": 0.05, "tourism": 0.05,
    })
    n_items: int = 1200
    n_users: int = 0
    sessions_per_user: float = 3.0
    candidates: int = 20
    constraints: Span = (2, 5)
    volunteered: float = 0.4
    on_ask: float = 0.4
    hidden: float = 0.2
    satisfiers: Span = (2, 4)
    history: Span = (2, 12)
    patience: Span = (3, 6)
    price_sensitivity: Range = (0.3, 2.4)
    distance_sensitivity: Range = (0.1, 0.9)
    rating_sensitivity: Range = (0.2, 1.0)
    taste_scale: float = 0.6
    base: float = 2.2
    no_choice: float = 0.0
    miss_penalty: float = 2.5
    mismatch_penalty: float = 6.0
    position_decay: float = 0.94
    leave_hazard: float = 0.08
    policy_noise: float = 1.2
    label_noise: float = 0.03
    relevance_noise: float = 0.05
    hard_instructions: float = 0.2
    instruction_rows: int = 2
    factual_rows: int = 2
    relevance_rows: int = 3
    behavior_rows: int = 6

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> SynthSpec:
        """A spec from a plain mapping, such as the ``[world]`` table of a scenario; what is left out keeps its default.

        Raises InputError for an unknown key (with the nearest ones), a wrong type or an impossible value.
        """
        known = cls.__struct_fields__
        for key in table:
            if key not in known:
                near = nearest(str(key), known)
                hint = f"did you mean {', '.join(near)}?" if near else f"known keys: {', '.join(known)}"
                raise InputError(f"synthetic world: unknown key {key!r}; {hint}")
        try:
            spec = msgspec.convert(dict(table), cls)
        except msgspec.ValidationError as error:
            raise InputError(f"synthetic world: {error}") from None
        spec.check()
        return spec

    def check(self) -> None:
        """Raise InputError for a value that no world can be made of."""
        self._check_shares("locales", self.locales, LOCALES)
        self._check_shares("categories", self.categories, CATEGORIES)
        self._check_shares("disclosures", {n: getattr(self, n) for n in ("volunteered", "on_ask", "hidden")}, None)
        for name in ("constraints", "satisfiers", "history", "patience",
                     "price_sensitivity", "distance_sensitivity", "rating_sensitivity"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise InputError(f"synthetic world: {name} must be [low, high] with 0 <= low <= high; got {[low, high]}")
        for name, low in (("n_items", 1), ("n_users", 0), ("candidates", 2), ("instruction_rows", 0), ("factual_rows", 0),
                          ("relevance_rows", 0), ("behavior_rows", 0)):
            if getattr(self, name) < low:
                raise InputError(f"synthetic world: {name} must be at least {low}; got {getattr(self, name)}")
        for name in ("label_noise", "relevance_noise", "hard_instructions", "leave_hazard", "position_decay"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"synthetic world: {name} must lie in [0, 1]; got {getattr(self, name)}")
        for name in ("sessions_per_user", "taste_scale", "miss_penalty", "mismatch_penalty", "policy_noise"):
            if getattr(self, name) < 0 or (name == "sessions_per_user" and self.sessions_per_user == 0):
                raise InputError(f"synthetic world: {name} must be positive; got {getattr(self, name)}")
        if self.position_decay == 0.0 or self.constraints[0] < 1 or self.constraints[1] > 5 or self.patience[0] < 1:
            raise InputError("synthetic world: position_decay must be above 0, constraints within [1, 5], patience at least 1; "
                             f"got {self.position_decay}, {list(self.constraints)}, {list(self.patience)}")

    @staticmethod
    def _check_shares(name: str, shares: Mapping[str, float], known: tuple[str, ...] | None) -> None:
        for key in shares:
            if known is not None and key not in known:
                raise InputError(f"synthetic world: {name} holds {key!r}; expected some of {', '.join(known)}")
        if any(not 0 <= share < float("inf") for share in shares.values()) or sum(shares.values()) <= 0:
            raise InputError(f"synthetic world: {name} must be shares >= 0 with a positive sum; got {dict(shares)}")
