"""Training the reader of sentences on answers whose sentences are labelled."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.data.written import Written, by_id
from recenv.records import ScorerRow
from recenv.rewards.features.prose import Sentence, plain, prose
from recenv.rewards.features.prose.catalogue import lists_places
from recenv.rewards.models.boosted.reader import LINE, SentenceReader
from recenv.training.fits.boosting import grow
from recenv.training.fits.phrases import fit_phrases

FOLDS = 5
_FALSE, _TRUE = 0.3, 0.7  # labels of rows up to and from which
_TREES, _RATE, _LEAVES, _LEAST, _SHARE = 1_000, 0.06, 16, 20, 0.4


def fold(group: str) -> int:
    """The fold of a group, the same for all that one voice wrote: what is read of it comes from readers that other folds have
    trained, and so are answers in play, whose turns of phrase nobody has trained on."""
    return zlib.crc32(group.partition(":")[0].encode()) % FOLDS


def answers(rows: Iterable[ScorerRow]) -> list[Written]:
    """What a reader learns from: rows whose sentences are labelled, and those that are one sentence about several places, true or
    false as the row is."""
    found = (_labelled_by_sentence(row) or _of_one_sentence(row) for row in rows)
    return [answer for answer in found if answer is not None]


def _labelled_by_sentence(row: ScorerRow) -> Written | None:
    """With the records and the request of the row: of items of a world, recenv knows what was written alone."""
    found = by_id().get(row.id)
    return found._replace(query=row.query, evidence=row.evidence) if found is not None else None


def _of_one_sentence(row: ScorerRow) -> Written | None:
    if not isinstance(row.label, float) or _FALSE < row.label < _TRUE or not lists_places(row.evidence):
        return None
    if len(prose(row.evidence, row.query, row.response).sentences) != 1:
        return None
    said = ("" if row.label >= _TRUE else "false", row.response)
    return Written(row.id, row.group, row.locale, row.query, row.evidence, row.response, (said,))


def fit_reader(answers: Sequence[Written], seed: int) -> SentenceReader | None:
    """A reader; None where there are no true or no false sentences to learn from."""
    read = [(answer.group, sentence, wrong) for answer in answers for sentence, wrong in labelled(answer)]
    wrong = np.array([w for _, _, w in read], np.float64)
    if not 0 < wrong.sum() < len(wrong):
        return None
    texts, folds = [sentence.text for _, sentence, _ in read], np.array([fold(group) for group, _, _ in read])
    told = np.zeros(len(read))
    for own in range(FOLDS):  # words of a sentence must not be weighed by that sentence
        others = fit_phrases([t for t, f in zip(texts, folds, strict=True) if f != own], wrong[folds != own])
        for n in np.flatnonzero(folds == own):
            told[n] = others(texts[n])
    x: NDArray[np.float64] = np.column_stack([np.array([sentence.features for _, sentence, _ in read], np.float64), told])
    trees = grow(x, wrong, np.ones(len(x)), np.zeros(len(x)), LINE, trees=_TREES, rate=_RATE, leaves=_LEAVES, least=_LEAST,
                 share=_SHARE, seed=seed, monotone=False)
    return SentenceReader(trees, fit_phrases(texts, wrong))


def labelled(answer: Written) -> list[tuple[Sentence, bool]]:
    """The sentences that a response is read as, each with whether one that is labelled false stands in it."""
    text = plain(answer.response)
    starts, at = [], 0
    for _, said in answer.sentences:
        own = plain(said).strip()
        found = text.find(own[:10], at) if own else at
        starts.append(max(found, at))
        at = starts[-1] + max(1, len(own) - 6)
    ends = [*starts[1:], len(text) + 1]
    out, place = [], 0
    for sentence in prose(answer.evidence, answer.query, answer.response).sentences:
        begin = max(text.find(sentence.text, place), place)
        place = begin + len(sentence.text)
        wrong = any(
            label for (label, _), start, end in zip(answer.sentences, starts, ends, strict=True)
            if start < place - 1 and end > begin + 1)
        out.append((sentence, wrong))
    return out
