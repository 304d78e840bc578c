"""Instruction following: does the answer keep to what it was told?

What an instruction demands of the items ("avoid hot pot", "within 2 km") is kept or broken by their records: exact rules read
those of ``evidence``, models do not. An instruction of such demands alone, all of them read and kept, has been followed."""

from __future__ import annotations

from recenv.rewards.dimensions.dimension import Dimension
from recenv.rewards.dimensions.rubric import Rubric
from recenv.rewards.rules.verdicts import instruction_verdict, items_broken
from recenv.rewards.rules.whole import kept_whole

RUBRIC = Rubric(
    "Does the response do what the instruction, and the query where there is one, demand of it?",
    ("Go through the demands one by one: the task itself, and form, length, number, language, wording, order, what to leave "
     "out. One demand that is plainly broken makes it no.",
     "Count what is to be counted; work out what is to be worked out. A wrong result does not follow an instruction that "
     "asks for the result.",
     "A refusal, an empty answer, or an answer to another question does not follow."),
    ("A demand whose condition does not arise is not broken.",
     "What nobody demanded is of no account: style, politeness, length, more or less detail, further remarks.",
     "Whether facts are true is judged elsewhere, unless the instruction asks for them.",
     "Case, punctuation, language and layout count only where the instruction speaks of them."),
)

DIMENSION = Dimension(
    name="instruction_following", short="IF",
    says="whether the response obeys the instruction (counts, lengths, language, mentions, form)",
    reads=("instruction", "query", "response"), checked=("evidence",), needs=("instruction", "response"), answers="response",
    overlap=lambda row, item: (f"{row.instruction} {row.query}", row.response),
    rule=instruction_verdict, row_rule=items_broken, row_kept=kept_whole, always=True, spoken="obeys", rubric=RUBRIC,
    features=("instruction_response", "query_response", "following"),
    compares=(("instruction", "response"), ("query", "response")),
    word="instruction", opinions=("forest", "topic"), likeness="instruction",
)
