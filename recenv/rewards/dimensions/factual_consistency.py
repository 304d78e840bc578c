"""Factual consistency: is what the answer says of its items in their records?"""

from __future__ import annotations

from recenv.data.render import evidence_text
from recenv.records import ScorerRow
from recenv.rewards.dimensions.dimension import Dimension, Shown


def rows(turn: Shown) -> list[ScorerRow]:
    """One row a turn: the records of the items shown, the user's words so far, the answer."""
    view = turn.view
    return [ScorerRow(
        dimension=DIMENSION.name, locale=view.locale, evidence=evidence_text(turn.items), query=view.query,
        response=turn.action.text)]


DIMENSION = Dimension(
    name="factual_consistency", short="FC", says="whether what the response says about items is in the evidence",
    reads=("evidence", "query", "response"), needs=("evidence", "response"), answers="response", of="text", listwise=False,
    rows=rows, overlap=lambda row, item: (row.response, row.evidence),
    features=("evidence_response", "query_response", "grounding"), compares=(("item", "response"), ("query", "response")),
    word="facts", opinions=("forest",), likeness="evidence",
)
