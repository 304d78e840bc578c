"""Behaviour prediction: would this user take the item up?"""

from __future__ import annotations

from recenv.rewards.dimensions.dimension import Dimension
from recenv.rewards.dimensions.rubric import ANY_LANGUAGE, UNKNOWN, Rubric

RUBRIC = Rubric(
    "Would this user, in this context and after this query, take up the item: accept, click or order it?",
    ("Weigh the wishes of the query first, then the context, then what the profile says of habits, means and likes.",
     "An item against a stated wish is rarely taken up; one that is merely fine competes with doing nothing."),
    (UNKNOWN, "An empty profile or context says nothing either way: judge by what is there.",
     "Do not guess from group membership what the profile does not say.", ANY_LANGUAGE),
)

DIMENSION = Dimension(
    name="behavior_prediction", short="UBP", says="whether the user takes the item up, given profile and context",
    reads=("user", "context", "query", "item"), needs=("query", "item"), answers="",
    overlap=lambda row, item: (f"{row.query} {row.user}", item or row.item), rubric=RUBRIC,
    features=("query_item", "person_item", "wants"), compares=(("query", "item"), ("person", "item")),
    word="behavior", opinions=("table",),
    trees="named",
)
