"""Cross-validation of a training: every row is scored by scorers that saw no row of its group.

Groups (people, prompts, snippets, conversations) fall into folds by their hash; each fold is scored by a checkpoint trained, and
calibrated, on the others. The measures are over all folds together, with intervals clustered by group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from recenv import rng
from recenv.appraisal.scoring import Outcome, ScoredRow, in_source_order, score_rows
from recenv.appraisal.sheet import Sheet
from recenv.data.rowfile import write_rows
from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.open import load_scorers
from recenv.training.batches import kept, usable
from recenv.training.examples import Progress
from recenv.training.settings import Settings
from recenv.training.train import train

SCORES = "scores.jsonl"


def cross_validate(
    rows: Iterable[ScorerRow], out: str | Path, folds: int, settings: Settings, *, dimensions: Sequence[str] | None = None,
    base: str | None = None, progress: Progress | None = None,
) -> list[Outcome]:
    """Train ``folds`` times into ``out``/fold-K and score every row with the checkpoint that did not see it.

    Writes ``out``/scores.jsonl, in the order of the folds, and returns one outcome a dimension. A fold whose checkpoint is there
    is not trained again, so that a killed run can be gone on with; ``out`` must be for these rows and settings only. Raises
    InputError for fewer than two folds, or what ``train`` raises.
    """
    if folds < 2:
        raise InputError(f"cross-validation needs at least 2 folds; got {folds}")
    dimensions = tuple(DIMENSIONS) if dimensions is None else dimensions
    used = [r for r in rows if r.dimension in dimensions and usable(r) and kept(r, *settings.keep)]
    fold = [fold_of(row, folds) for row in used]
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    scored: list[ScoredRow] = []
    for k in range(folds):
        place = folder / f"fold-{k}"
        if not place.exists():
            train([r for r, own in zip(used, fold, strict=True) if own != k], place, dimensions=dimensions,
                  settings=settings, base=base, name=place.name, progress=progress)
        scorers = load_scorers(place)
        held = [r for r, own in zip(used, fold, strict=True) if own == k]
        for d in dimensions:
            scored += score_rows([r for r in held if r.dimension == d], scorers[d])
    write_rows(map(in_source_order, scored), folder / SCORES)
    return list(_outcomes(scored, dimensions))


def fold_of(row: ScorerRow, folds: int) -> int:
    """The fold of a row's group, from 0: independent of what ``keep`` and the parts of a training are drawn by."""
    return int(float(rng.uniform(rng.word("fold"), rng.word(row.group or row.id))) * folds)


def _outcomes(scored: Sequence[ScoredRow], dimensions: Sequence[str]) -> Iterator[Outcome]:
    for d in dimensions:
        sheet, count = Sheet(d), 0
        for row in scored:
            if row.dimension == d:
                sheet.add(row, row.score, row.reason)
                count += 1
        yield Outcome(d, count, 0, sheet.evaluate(), sheet.parts())
