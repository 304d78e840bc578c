"""What there is to know of one reward dimension: a record, and nothing else in recenv tells one dimension from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from recenv.records import Action, AgentView, Item, ScorerRow
from recenv.rewards.dimensions.rubric import Rubric
from recenv.rewards.rules.verdicts import Verdict

Rule = Callable[[AgentView, Action, Sequence[Item | None]], Verdict | None]
"""An exact check of a turn (items: those of the action, None for an unknown id); None where it has nothing to say."""

RowRule = Callable[[ScorerRow], str]


class Dimension(NamedTuple):
    """One reward dimension.

    name, short: as in files and as above a narrow column.  says: what a value tells, in words, for cards.
    reads: fields of a row that may change its score. They say how its rows are made of a turn (``rewards.rows``), and what a
    turn must have for the dimension to apply: a text to read a ``response``, known items for ``evidence``, ``item``, ``items``.
    checked: fields of a row that only its exact rule reads: no model is shown them, so they do not belong to its identity.
    needs: fields without which nobody can answer; answers: the field whose text is judged, "" where there is none.
    overlap: (asking text, answering text) of a row and of one of its items: what the word-overlap baseline compares.
    listwise: a row is a list of items with a label each, worth its nDCG; else a row has one label.
    alone: of a listwise one, the dimension that asks the same of one item, for models that read one at a time; "" for none.
    rule: what can be checked exactly; a turn that fails it is worth 0, and no scorer is asked.
    row_rule: the same of a row, as far as a row can be checked: why it is worth 0, "" where nothing is refuted.
    row_kept: why a row that is not refuted is worth 1, "" where that is for a model to say.
    always: every turn is judged by the rule: one that passes and leaves a scorer nothing to read is worth 1, not missing.
    spoken: what a sentence of the environment's own is worth by construction; ``obeys`` (it keeps the instruction wherever one
    can be found that does), ``true`` (it repeats the records), None where it would have to be judged.
    features: groups of numbers made of a row, by their names in ``features.vector.GROUPS``.
    compares: pairs of text kinds that an encoder sets beside each other (``models.compact.segments.KINDS``).
    rubric: what a language model is asked; without one it is not asked.
    word: one word for it, which opens a cross-encoder's sequences.  opinions: the second opinions that a checkpoint may have
    (``models.opinions``).  likeness: what of a row a pretrained encoder compares (``models.sequence.similarities``), "" for
    nothing.
    overlapping: trees for it begin with the words that request and item share, and correct that (``models.boosted``).
    trees: rows that a divided family leaves to its trees (``models.divided``): those of an item, or evidence, with a record of
    ``labelled`` fields, of a ``named`` item, "" for none.
    measure: the leading measure of a card (``pairs or AUC``: pairs right where most rows come in pairs).
    """

    name: str
    short: str
    says: str
    reads: tuple[str, ...]
    needs: tuple[str, ...]
    answers: str
    overlap: Callable[[ScorerRow, str], tuple[str, str]]
    listwise: bool = False
    alone: str = ""
    rule: Rule | None = None
    row_rule: RowRule | None = None
    row_kept: RowRule | None = None
    checked: tuple[str, ...] = ()
    always: bool = False
    spoken: Literal["obeys", "true"] | None = None
    features: tuple[str, ...] = ()
    compares: tuple[tuple[str, str], ...] = ()
    rubric: Rubric | None = None
    measure: Literal["pairs or AUC", "nDCG"] = "pairs or AUC"
    word: str = ""
    opinions: tuple[Literal["forest", "topic", "table"], ...] = ()
    likeness: Literal["", "pair", "instruction", "evidence", "dialogue"] = ""
    overlapping: bool = False
    trees: Literal["", "labelled", "named"] = ""

    @property
    def of(self) -> Literal["text", "slate"]:
        """What of a turn is judged: what it says, or what it shows."""
        return "text" if "response" in self.reads else "slate"
