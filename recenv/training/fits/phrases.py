"""Fitting the words that true and false sentences are told in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.errors import MissingExtra
from recenv.rewards.models.boosted.phrases import Phrases, runs

_SEEN, _INVERSE_RIDGE = 8, 8.0  # sentences that a run of words is in; scikit-learn's C


def fit_phrases(texts: Sequence[str], wrong: NDArray[np.float64]) -> Phrases:
    """A model of sentences and whether each is false (N,); one that knows no words where all are of one kind.

    Raises MissingExtra without scikit-learn.
    """
    found = [sorted(runs(text)) for text in texts]
    counts = Counter(run for own in found for run in own)
    known = sorted(run for run, n in counts.items() if n >= _SEEN)
    share = float(wrong.mean()) if len(wrong) else 0.0
    if not 0.0 < share < 1.0 or not known:
        return Phrases({}, 0.0)
    try:
        from scipy.sparse import csr_array
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtra("scikit-learn", "train") from None
    place = {run: n for n, run in enumerate(known)}
    own = [[place[run] for run in line if run in place] for line in found]
    size = np.array([len(line) for line in own])
    columns = np.array([n for line in own for n in line], np.int32)
    ends = np.cumsum([0, *size], dtype=np.int32)
    x = csr_array((np.repeat(1.0 / np.sqrt(np.maximum(size, 1)), size), columns, ends), (len(own), len(known)))
    model = LogisticRegression(C=_INVERSE_RIDGE, solver="liblinear", random_state=0).fit(x, wrong)
    weights = np.array([*model.coef_[0], *model.intercept_], np.float32).tolist()  # as they are stored
    return Phrases(dict(zip(known, weights[:-1], strict=True)), weights[-1])
