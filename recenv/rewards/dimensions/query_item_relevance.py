"""Query-item relevance: does the item meet what the user said?"""

from __future__ import annotations

from recenv.rewards.dimensions.dimension import Dimension
from recenv.rewards.dimensions.rubric import ANY_LANGUAGE, UNKNOWN, Rubric

RUBRIC = Rubric(
    "Is the item what the query asks for?",
    ("Compare the item with every wish of the query: the kind of thing, its place, price, rating, services and the rest.",
     "The kind of thing comes first: an item of another kind is at most a 1, however well it fares otherwise."),
    (UNKNOWN, "Wishes that the query does not state do not count, popularity included.", ANY_LANGUAGE),
    ("another kind of thing, or against the query", "of a related kind, or against most wishes",
     "right kind, some wishes met", "right kind, all wishes met but a minor one, or some unknown",
     "right kind and every stated wish met"),
)

DIMENSION = Dimension(
    name="query_item_relevance", short="QIR", says="whether the item meets what the query states",
    reads=("query", "item"), needs=("query", "item"), answers="item",
    overlap=lambda row, item: (row.query, item or row.item), rubric=RUBRIC,
    features=("query_item", "wants", "replying"), compares=(("query", "item"),),
    word="relevance", opinions=("forest",), likeness="dialogue",
    overlapping=True, trees="labelled",
)
