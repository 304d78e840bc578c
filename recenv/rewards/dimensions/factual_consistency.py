"""Factual consistency: is what the answer says of its items in their records?"""

from __future__ import annotations

from recenv.rewards.dimensions.dimension import Dimension
from recenv.rewards.dimensions.rubric import ANY_LANGUAGE, Rubric
from recenv.rewards.rules.verdicts import factual_verdict

RUBRIC = Rubric(
    "Is everything that the response claims supported by the evidence?",
    ("Take each claim about an item, a place, a number, a time, a name or a service, and look for it in the evidence. One "
     "claim that the evidence contradicts, or says nothing about, makes it no.",
     "A claim must hold for the item that it is about: the value of another record does not support it.",
     "The query is what was asked; it is no evidence."),
    ("A response that claims nothing makes no false claim: greetings, questions, offers, thanks and opinions are not claims.",
     "To say that something is not on record is right where the evidence lacks it.",
     "Paraphrase, translation, rounding and plain consequences of the evidence count as supported.",
     "To leave out something that the evidence holds is not false.", ANY_LANGUAGE),
)

DIMENSION = Dimension(
    name="factual_consistency", short="FC", says="whether what the response says about items is in the evidence",
    reads=("evidence", "query", "response"), needs=("evidence", "response"), answers="response",
    overlap=lambda row, item: (row.response, row.evidence), rule=factual_verdict, spoken="true", rubric=RUBRIC,
    features=("evidence_response", "query_response", "grounding"), compares=(("item", "response"), ("query", "response")),
    word="facts", opinions=("forest",), likeness="evidence", trees="labelled",
)
