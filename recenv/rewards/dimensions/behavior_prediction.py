"""Behaviour prediction: would this user take the item up?"""

from __future__ import annotations

from recenv.data.render import item_text, mapping_text, user_text
from recenv.records import ScorerRow
from recenv.rewards.dimensions.dimension import Dimension, Shown


def rows(turn: Shown) -> list[ScorerRow]:
    """One row an item: profile, context, the user's words so far, and the item."""
    view = turn.view
    user, context = user_text(view.user), mapping_text(view.context, view.locale)
    return [
        ScorerRow(dimension=DIMENSION.name, locale=view.locale, user=user, context=context, query=view.query, item=item_text(i))
        for i in turn.items
    ]


DIMENSION = Dimension(
    name="behavior_prediction", short="UBP", says="whether the user takes the item up, given profile and context",
    reads=("user", "context", "query", "item"), needs=("query", "item"), answers="", of="slate", listwise=False,
    rows=rows, overlap=lambda row, item: (f"{row.query} {row.user}", item or row.item),
    features=("query_item", "person_item", "wants"), compares=(("query", "item"), ("person", "item")),
    word="behavior", opinions=("table",),
)
