"""Item ranking: are the items that this user takes up at the top?"""

from __future__ import annotations

from recenv.data.render import item_text, mapping_text, user_text
from recenv.records import ScorerRow
from recenv.rewards.dimensions.dimension import Dimension, Shown


def rows(turn: Shown) -> list[ScorerRow]:
    """One row a turn: the items shown, best first, then the candidates that were not."""
    view = turn.view
    shown = [item_text(item) for item in turn.items]
    rest = (text for text in map(item_text, view.candidates) if text not in shown)
    return [ScorerRow(
        dimension=DIMENSION.name, locale=view.locale, user=user_text(view.user), context=mapping_text(view.context, view.locale),
        query=view.query, items=(*shown, *rest), shown=len(shown))]


DIMENSION = Dimension(
    name="item_ranking", short="IR",
    says="how likely each item of a list is the one taken up; a row's value is the nDCG of the shown order under these "
         "probabilities",
    reads=("user", "context", "query", "items"), needs=("query", "items"), answers="", of="slate", listwise=True,
    rows=rows, overlap=lambda row, item: (f"{row.query} {row.user}", item or row.item),
    features=("query_item", "person_item", "wants"), compares=(("query", "item"), ("person", "item")), measure="nDCG",
    word="ranking", likeness="pair",
)
