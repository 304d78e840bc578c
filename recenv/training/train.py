"""Training scorers: rows in, a calibrated checkpoint with its card out; can be killed and gone on with.

``compact`` is a network from scratch, ``sequence`` one over a base checkpoint, ``boosted`` trees over features alone. Losses of
networks: binary cross-entropy (graded labels
as they are), with a pairwise loss between responses to one instruction, and listwise softmax cross-entropy for lists.
Rows are split by group into train, validation (early stopping, calibration) and test (reported figures only).
The same rows and settings give the same weights on one machine with one thread.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from recenv import rng
from recenv.appraisal.cost import rows_per_second
from recenv.appraisal.held_out import measure_held_out, stored
from recenv.appraisal.sheet import source
from recenv.errors import InputError, UnknownName
from recenv.measures import calibrate
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import vector
from recenv.rewards.models import checkpoint
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.open import load_scorers, open_scorers
from recenv.training.augment import augmented
from recenv.training.batches import data_hash, kept, part_of, usable
from recenv.training.boosted import BoostedLearner
from recenv.training.card import card_pictures, card_text
from recenv.training.compact import CompactLearner
from recenv.training.curves import draw_curves
from recenv.training.examples import Progress, Split
from recenv.training.learner import Learner
from recenv.training.loop import Curve, rank, train_network, wait_for_everyone
from recenv.training.settings import BoostedSettings, SequenceSettings, Settings

__all__ = ["BoostedSettings", "SequenceSettings", "Settings", "train"]

_PARTS = ("train", "validation", "test")


def train(
    rows: Iterable[ScorerRow], out: str | Path, *, dimensions: Sequence[str] | None = None, settings: Settings | None = None,
    base: str | None = None, name: str = "", command: str = "", progress: Progress | None = None, resume: bool = True,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Train scorers for the dimensions on labelled rows, write the checkpoint folder ``out``, return its metrics.

    dimensions: all if None. base: folder or hub name of a sequence classifier to train on, with SequenceSettings; None: the
    compact encoder from scratch. command: how to repeat this run, for the card.
    A run that was killed goes on from its last whole epoch when called again with the same rows and settings (``resume``).
    Under torchrun only the first process writes, and returns metrics; others return {}.
    Raises InputError for rows or a base that cannot be used and for an ``out`` that holds something else.
    """
    dimensions = tuple(DIMENSIONS) if dimensions is None else dimensions
    settings = settings or (Settings() if base is None else SequenceSettings())
    if isinstance(settings, SequenceSettings) != (base is not None):
        raise InputError("a base needs SequenceSettings, and they need a base; got one without the other")
    folder = Path(out)
    _check_out(folder, overwrite)
    used = [row for row in rows if row.dimension in dimensions and usable(row) and kept(row, *settings.keep)]
    splits = _split(used, dimensions, settings)
    tell = progress or (lambda *_: None)
    for own in splits["train"].values():
        own += augmented(own, settings.augment, settings.seed)
    learner = _learner(splits, dimensions, settings, base, tell)
    digest = data_hash(used)
    work = folder.with_name(f".{folder.name}.training")
    identity = {
        "data": digest, "features": [vector.VERSION, {d: list(vector.names(d)) for d in dimensions}], "network": learner.name,
        "settings": msgspec.to_builtins(settings), "dimensions": list(dimensions), **learner.identity(),
    }
    if rank() == 0:
        _open_work(work, identity, resume)
    wait_for_everyone()
    curve = learner.fit(tell) if isinstance(learner, BoostedLearner) else train_network(learner, work, tell)
    if rank() != 0:
        return {}
    labels = _Labels(name or learner.name, digest, command, _sources(used))
    metrics = _finish(learner, splits, curve, folder, work, labels, tell)
    shutil.rmtree(work, ignore_errors=True)
    return metrics


class _Labels(msgspec.Struct, frozen=True):
    """What a checkpoint says of itself beyond its network. digest: sha256 of all rows; sources: rows and sha256 by source."""

    name: str
    digest: str
    command: str
    sources: dict[str, dict[str, Any]]


def _sources(rows: Sequence[ScorerRow]) -> dict[str, dict[str, Any]]:
    found: dict[str, list[ScorerRow]] = {}
    for row in rows:
        found.setdefault(source(row), []).append(row)
    return {name: {"rows": len(own), "sha256": data_hash(own), "dimensions": dict(Counter(r.dimension for r in own))}
            for name, own in found.items()}


def _learner(
    splits: Split, dimensions: Sequence[str], settings: Settings, base: str | None, tell: Progress
) -> Learner | BoostedLearner:
    if isinstance(settings, BoostedSettings):
        return BoostedLearner(splits, dimensions, settings, tell)
    if isinstance(settings, SequenceSettings) and base is not None:
        from recenv.training.sequence import SequenceLearner

        return SequenceLearner(splits, dimensions, settings, base, tell)
    return CompactLearner(splits, dimensions, settings, tell)


def _finish(
    learner: Learner | BoostedLearner, splits: Split, curve: Curve, folder: Path, work: Path, labels: _Labels, tell: Progress
) -> dict[str, Any]:
    """Calibrate and measure the weights as they are stored, then write the checkpoint whole."""
    trained = {"settings": msgspec.to_builtins(learner.settings), "epochs": len(curve), "threads": learner.settings.threads,
               "torch": str(torch.__version__)}
    learner.settle(tell)
    weights, stage = learner.written(), work / "stored"
    plain = learner.described(labels.name, {d: Calibration() for d in learner.data}, labels.digest, trained)
    checkpoint.write(stage, weights, plain, {}, {})
    found = {}
    for n, d in enumerate(learner.data):
        tell(f"calibrating {d}", n, len(learner.data))
        rows = splits["validation"][d]
        logits = learner.unseen(d) if isinstance(learner, BoostedLearner) else open_scorers(stage).logits(rows)
        found[d] = _calibrate(logits, d, rows)
    learner.complete(tell)
    weights = learner.written()
    config = learner.described(labels.name, found, labels.digest, trained)
    checkpoint.write(stage, weights, config, {}, {})
    tell("measuring", 0, 1)
    test = [r for d in learner.data for r in splits["test"][d]]
    scorers = load_scorers(stage)
    shown = measure_held_out(test, scorers, [r for d in learner.data for r in splits["train"][d]])
    metrics: dict[str, Any] = {
        "curve": curve, "sources": labels.sources, "rows": {p: {d: len(splits[p][d]) for d in learner.data} for p in _PARTS},
        "held_out": shown.table, "examined": stored(shown.examined),
        "cost": rows_per_second(stage, test),
    }
    texts = {"CARD.md": card_text(config, metrics, labels.command).encode(), **card_pictures(metrics)}
    if not isinstance(learner, BoostedLearner):  # trees have no epochs, so no curves
        texts["curves.png"] = draw_curves(curve)
    checkpoint.write(folder, weights, config, metrics, texts)
    tell("measuring", 1, 1)
    return metrics


def _calibrate(logits: Sequence[NDArray[np.float64]], dimension: str, rows: Sequence[ScorerRow]) -> Calibration:
    """Fitted on the logits of validation rows, one array a row."""
    if DIMENSIONS[dimension].listwise:
        return calibrate.fit_lists(logits, [np.array(r.label, np.float64) for r in rows])
    fold = np.array([rng.word(r.group or r.id) % 2 for r in rows])
    return calibrate.fit_calibration(np.concatenate(logits), np.array([r.label for r in rows], np.float64), fold)


def _check_out(folder: Path, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder} exists and is not a scorer checkpoint; choose another out folder, nothing was touched")
    if not overwrite:
        raise InputError(f"{folder} holds a checkpoint already; choose another out folder, or pass overwrite to replace it")


def _split(rows: Sequence[ScorerRow], dimensions: Sequence[str], settings: Settings) -> Split:
    splits: Split = {part: {d: [] for d in dimensions} for part in _PARTS}
    for d in dimensions:
        if d not in DIMENSIONS:
            raise UnknownName("dimension", d, DIMENSIONS)
    for row in rows:
        splits[part_of(row, settings.validation_share, settings.test_share)][row.dimension].append(row)
    for part, by_dimension in splits.items():
        for d, found in by_dimension.items():
            if not found:
                raise InputError(f"no usable {d} row falls into the {part} part; expected labelled rows of several groups "
                                 f"(users, prompts), got {sum(r.dimension == d for r in rows)} rows")
    return splits


def _open_work(work: Path, identity: dict[str, Any], resume: bool) -> None:
    """Keep the folder of an unfinished run only when it is this very run."""
    file = work / "run.json"
    if not resume or not file.is_file() or json.loads(file.read_text("utf-8")) != json.loads(json.dumps(identity)):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        checkpoint.write_json(file, identity)
