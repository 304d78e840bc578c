"""Item ranking: are the items that this user takes up at the top?"""

from __future__ import annotations

from recenv.rewards.dimensions import behavior_prediction
from recenv.rewards.dimensions.dimension import Dimension
from recenv.rewards.dimensions.rubric import ANY_LANGUAGE, UNKNOWN, Rubric

RUBRIC = Rubric(
    "Would this user, in this context and after this query, choose the item from the list?",
    ("Compare the items with each other: the one that meets the query's wishes best, then context and profile, comes first.",
     "Use the whole range: one step up means twice as likely to be the one that is chosen."),
    (UNKNOWN, "The order of the list means nothing.", "An empty profile or context says nothing either way.",
     ANY_LANGUAGE),
    ("would not be chosen", "hardly", "possibly", "likely", "the most likely choice, or equal to it"),
)

DIMENSION = Dimension(
    name="item_ranking", short="IR",
    says="how likely each item of a list is the one taken up; a row's value is the nDCG of the shown order under these "
         "probabilities",
    reads=("user", "context", "query", "items"), needs=("query", "items"), answers="", listwise=True,
    alone=behavior_prediction.DIMENSION.name, overlap=lambda row, item: (f"{row.query} {row.user}", item or row.item),
    rubric=RUBRIC,
    features=("query_item", "person_item", "wants"), compares=(("query", "item"), ("person", "item")), measure="nDCG",
    word="ranking", likeness="pair",
    overlapping=True, trees="labelled",
)
