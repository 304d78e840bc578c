"""How often, and where, scores of labelled rows are on the wrong side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from recenv.appraisal.scoring import ScoredRow
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS

PLACES = 5
"""Places of the first right item of a list that are counted apart; the last one holds all further ones."""

_WRONG = 5
_SHOWN = 180  # characters of a text


class Wrong(msgspec.Struct, frozen=True):
    """A row that a scorer got wrong. said: what it gave, label: what was right; for lists, the probabilities of the item picked
    and of the best right one. texts: what it read, shortened."""

    id: str
    label: float
    said: float
    texts: dict[str, str]


def confusion(rows: Sequence[ScoredRow]) -> list[int]:
    """Labels above 0.5 against scores of at least 0.5, as counts of true negatives, false positives, false negatives, true
    positives; for lists, how often the first right item came first, second ... and beyond.

    Rows without a score are left out, and lists without a right item.
    """
    counts: list[int] = []
    for row in rows:
        if isinstance(row.label, tuple):
            counts = counts or [0] * PLACES
            if isinstance(row.score, tuple) and any(g > 0 for g in row.label):
                best = max(p for g, p in zip(row.label, row.score, strict=True) if g > 0)
                counts[min(sum(p > best for p in row.score), PLACES - 1)] += 1
        else:
            counts = counts or [0] * 4
            if isinstance(row.score, float) and row.label is not None:
                counts[2 * (row.label > 0.5) + (row.score >= 0.5)] += 1
    return counts


def worst_mistakes(rows: Sequence[ScoredRow]) -> list[Wrong]:
    """The most confident mistakes, one a group, so that five are not one person's."""
    found: list[tuple[float, str, Wrong]] = []
    for row in rows:
        label, score = row.label, row.score
        if isinstance(score, tuple) and isinstance(label, tuple):
            right = [n for n, g in enumerate(label) if g > 0]
            picked = int(np.argmax(score))
            if not right or picked in right:
                continue
            best = max(right, key=lambda n: score[n])
            texts = {"query": row.query, "picked": row.items[picked], "right": row.items[best]}
            found.append((score[picked] - score[best], row.group or row.id, _wrong(row, score[best], score[picked], texts)))
        elif isinstance(score, float) and isinstance(label, (int, float)) and (score >= 0.5) != (label > 0.5):
            texts = {field: str(getattr(row, field)) for field in DIMENSIONS[row.dimension].reads}
            found.append((abs(score - label), row.group or row.id, _wrong(row, float(label), score, texts)))
    found.sort(key=lambda f: (-f[0], f[2].id))
    first: dict[str, Wrong] = {}
    for _, group, wrong in found:
        first.setdefault(group, wrong)
    return list(first.values())[:_WRONG]


def _wrong(row: ScorerRow, label: float, said: float, texts: Mapping[str, str]) -> Wrong:
    return Wrong(row.id, label, said, {name: shortened(text) for name, text in texts.items() if text.strip()})


def shortened(text: str, most: int = _SHOWN) -> str:
    """One line of at most ``most`` characters, from both ends, without characters that cannot be printed."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(plain.split())
    return line if len(line) <= most else f"{line[:2 * most // 3]} … {line[-(most // 3 - 3):]}"
