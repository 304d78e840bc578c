"""Query-item relevance: does the item meet what the user said?"""

from __future__ import annotations

from recenv.data.render import item_text
from recenv.records import ScorerRow
from recenv.rewards.dimensions.dimension import Dimension, Shown


def rows(turn: Shown) -> list[ScorerRow]:
    """One row an item: the user's words so far, and the item."""
    view = turn.view
    return [ScorerRow(dimension=DIMENSION.name, locale=view.locale, query=view.query, item=item_text(i)) for i in turn.items]


DIMENSION = Dimension(
    name="query_item_relevance", short="QIR", says="whether the item meets what the query states",
    reads=("query", "item"), needs=("query", "item"), answers="item", of="slate", listwise=False,
    rows=rows, overlap=lambda row, item: (row.query, item or row.item),
    features=("query_item", "wants", "replying"), compares=(("query", "item"),),
    word="relevance", opinions=("forest",), likeness="dialogue",
)
