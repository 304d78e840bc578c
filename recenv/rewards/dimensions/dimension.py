"""What there is to know of one reward dimension: a record, and nothing else in recenv tells one dimension from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from recenv.records import Action, AgentView, Item, ScorerRow


class Shown(NamedTuple):
    """A turn as rows are built from it. items: the known items of the slate, once each, best first."""

    view: AgentView
    action: Action
    items: tuple[Item, ...]


class Dimension(NamedTuple):
    """One reward dimension.

    name, short: as in files and as above a narrow column.  says: what a value tells, in words, for cards.
    reads: fields of a row that may change its score; needs: those without which nobody can answer; answers: the field whose
    text is judged, "" where there is none.
    of: what a turn must have for the dimension to apply: a ``text``, or a ``slate``.
    listwise: a row is a list of items with a label each, worth its nDCG; else a row has one label.
    rows: the canonical rows of a turn (one an item where items are judged one by one).
    overlap: (asking text, answering text) of a row and of one of its items: what the word-overlap baseline compares.
    features: groups of numbers made of a row, by their names in ``features.vector``.
    compares: pairs of text kinds that an encoder sets beside each other (``models.compact.segments.KINDS``).
    word: one word for it, which opens a cross-encoder's sequences.  opinions: the second opinions that a checkpoint may have
    (``models.opinions``).  likeness: what of a row a pretrained encoder compares (``models.sequence.similarities``), "" for
    nothing.
    measure: the leading measure of a card (``pairs or AUC``: pairs right where most rows come in pairs).
    """

    name: str
    short: str
    says: str
    reads: tuple[str, ...]
    needs: tuple[str, ...]
    answers: str
    of: Literal["text", "slate"]
    listwise: bool
    rows: Callable[[Shown], Sequence[ScorerRow]]
    overlap: Callable[[ScorerRow, str], tuple[str, str]]
    features: tuple[str, ...] = ()
    compares: tuple[tuple[str, str], ...] = ()
    measure: Literal["pairs or AUC", "nDCG"] = "pairs or AUC"
    word: str = ""
    opinions: tuple[Literal["forest", "topic", "table"], ...] = ()
    likeness: Literal["", "pair", "instruction", "evidence", "dialogue"] = ""
