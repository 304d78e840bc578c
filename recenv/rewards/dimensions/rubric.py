"""What a language model is told of a dimension: what counts, what must not be held against a text, which grades there are."""

from __future__ import annotations

from typing import NamedTuple


class Rubric(NamedTuple):
    """question: answerable with yes or no. grades: what each of 0 to 4 means; empty where the label is yes or no."""

    question: str
    criteria: tuple[str, ...]
    exemptions: tuple[str, ...]
    grades: tuple[str, ...] = ()


UNKNOWN = "A value that a record does not hold is unknown: it neither meets nor violates a wish."
ANY_LANGUAGE = "Texts may be Chinese or English; language, script, case, punctuation and unit make no difference by themselves."
