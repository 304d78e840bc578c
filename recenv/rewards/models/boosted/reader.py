"""A trained reader of sentences: how likely each sentence of a response says something that its records do not bear out.

Trees weigh the counts of ``features.prose.sentences`` and what its words alone say of a sentence (``phrases``). A response is as
good as its worst sentences.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.features.prose import Reading, sentences
from recenv.rewards.models.boosted.ensemble import Ensemble
from recenv.rewards.models.boosted.phrases import Phrases

NAMES = ("sentence_worst", "sentence_second", "sentence_sum", "sentence_mean", "sentences")
"""Names of the features of a response, in logits but for the last; 0 where there is no reader or no sentence."""

LINE = (*sentences.NAMES, "phrases")
"""What its trees are asked about a sentence."""

_MOST_SENTENCES, _MOST = 320, 20.0


class SentenceReader:
    """trees: over LINE. phrases: what words alone say."""

    def __init__(self, trees: Ensemble, phrases: Phrases) -> None:
        self.trees, self.phrases = trees, phrases

    def __call__(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """(N, len(NAMES)) features of responses: the same for one whatever others come with it."""
        out = np.zeros((len(readings), len(NAMES)))
        for n, logits in enumerate(self._weighed(readings)):
            own = sorted(logits.tolist(), reverse=True)
            if own:
                total = math.fsum(math.log1p(math.exp(v)) for v in own)
                second = own[1] if len(own) > 1 else -_MOST
                out[n] = own[0], second, min(total, _MOST), math.fsum(own) / len(own), min(len(own), 16) / 16
        return out

    def worst(self, readings: Sequence[Reading]) -> list[str]:
        """Of each response the sentence, normalised, that records bear out least; "" where there is none."""
        return [
            reading.sentences[int(logits.argmax())].text if len(logits) else ""
            for reading, logits in zip(readings, self._weighed(readings), strict=True)]

    def _weighed(self, readings: Sequence[Reading]) -> list[NDArray[np.float64]]:
        """The logits of the first sentences of each response."""
        lines = [[(*s.features, self.phrases(s.text)) for s in reading.sentences[:_MOST_SENTENCES]] for reading in readings]
        every = [line for own in lines for line in own]
        logits = self.trees.logits(np.array(every, np.float64)) if every else np.zeros(0)
        return np.split(logits, np.cumsum([len(own) for own in lines])[:-1]) if lines else []

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is stored of it."""
        return {**self.trees.arrays(), **self.phrases.arrays()}
