"""A turn before the rules: what each of them says of it, found out once for all who ask."""

from __future__ import annotations

from collections.abc import Sequence

from recenv.records import Action, AgentView, Item
from recenv.rewards.dimensions import Rule
from recenv.rewards.rules.verdicts import Verdict


class Rulings:
    """One turn. items: the records of ``action.items``, None for an unknown id."""

    def __init__(self, view: AgentView, action: Action, items: Sequence[Item | None]) -> None:
        self.view, self.action, self.items = view, action, items
        self._said: dict[Rule, Verdict | None] = {}

    def __call__(self, rule: Rule) -> Verdict | None:
        """The verdict of a rule on this turn; None where it has nothing to say."""
        if rule not in self._said:
            self._said[rule] = rule(self.view, self.action, self.items)
        return self._said[rule]
