"""Instruction following: does the answer keep to what it was told?"""

from __future__ import annotations

from recenv.records import ScorerRow
from recenv.rewards.dimensions.dimension import Dimension, Shown


def rows(turn: Shown) -> list[ScorerRow]:
    """One row a turn: instruction, the user's words so far, the answer."""
    view = turn.view
    return [ScorerRow(
        dimension=DIMENSION.name, locale=view.locale, instruction=view.instruction, query=view.query, response=turn.action.text)]


DIMENSION = Dimension(
    name="instruction_following", short="IF",
    says="whether the response obeys the instruction (counts, lengths, language, mentions, form)",
    reads=("instruction", "query", "response"), needs=("instruction", "response"), answers="response", of="text", listwise=False,
    rows=rows, overlap=lambda row, item: (f"{row.instruction} {row.query}", row.response),
    features=("instruction_response", "query_response", "following"),
    compares=(("instruction", "response"), ("query", "response")),
    word="instruction", opinions=("forest", "topic"), likeness="instruction",
)
