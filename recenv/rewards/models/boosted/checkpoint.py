"""Reading a checkpoint of boosted trees: config.json, model.safetensors, words.json; and what is written of one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from recenv.errors import WeightsError
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features.terms import Rarity
from recenv.rewards.models.boosted.ensemble import LEAVES, Ensemble
from recenv.rewards.models.boosted.inputs import Inputs, names
from recenv.rewards.models.boosted.phrases import Phrases
from recenv.rewards.models.boosted.reader import LINE, SentenceReader
from recenv.rewards.models.config import Described, check_heads, convert, damaged
from recenv.rewards.models.described import FILES, check_files, fingerprint, resolve

READER = "sentences"
"""What the reader of sentences is called among arrays and features."""


class BoostedArchitecture(msgspec.Struct, frozen=True, kw_only=True):
    """dimensions: those that have trees. pairs: by dimension, the "field|label: value" that are features."""

    dimensions: tuple[str, ...]
    pairs: dict[str, tuple[str, ...]]


class BoostedConfig(Described, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """config.json of a checkpoint of boosted trees."""

    architecture: BoostedArchitecture
    network: str = msgspec.field(default="boosted", name="family")


class BoostedCheckpoint(NamedTuple):
    """An opened one. ensembles: by dimension."""

    config: BoostedConfig
    ensembles: dict[str, Ensemble]
    inputs: Inputs
    fingerprint: str


def load(path: str | Path) -> BoostedCheckpoint:
    """Open a checkpoint of boosted trees; raises WeightsError, with what to do, when anything about it is not right."""
    folder = resolve(path)
    check_files(folder, FILES["boosted"])
    config = convert(folder / "config.json", BoostedConfig)
    own = config.architecture
    check_heads(folder / "config.json", config, own.dimensions,
                {d: names(d, own.pairs.get(d, ())) for d in own.dimensions if d in DIMENSIONS})
    file = folder / "model.safetensors"
    tensors = _arrays(file)
    ensembles = {d: _ensemble(file, d, tensors, len(config.features[d])) for d in own.dimensions}
    words = _words(folder / "words.json")
    rarity = _rarity(folder / "words.json", words.rarity, tensors.get("rarity"))
    inputs = Inputs(rarity, dict(own.pairs), _reader(file, tensors))
    if inputs.reader is not None and config.features.get(READER) != LINE:
        raise WeightsError(f"{folder / 'config.json'}: its reader of sentences was trained on other features than this package "
                           "computes; train again with: recenv train")
    return BoostedCheckpoint(config, ensembles, inputs, fingerprint(folder, FILES["boosted"]))


class Stored(NamedTuple):
    """What is written of trees: arrays by name, and words.json."""

    arrays: dict[str, NDArray[Any]]
    words: Any


def stored(ensembles: Mapping[str, Ensemble], rarity: Rarity, reader: SentenceReader | None = None) -> Stored:
    """Trees, words and the reader of sentences as they are written."""
    arrays = {f"{d}.{name}": array for d, e in ensembles.items() for name, array in e.arrays().items()}
    arrays["rarity"] = np.array([*rarity.known.values(), rarity.unknown], np.float32)
    if reader is not None:
        arrays |= {f"{READER}.{name}": array for name, array in reader.arrays().items()}
    return Stored(arrays, msgspec.to_builtins(_Words(rarity=tuple(rarity.known))))


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        return load_file(str(file))
    except (SafetensorError, OSError, ValueError) as error:
        raise damaged(file, error) from None


def _ensemble(file: Path, dimension: str, tensors: Mapping[str, NDArray[Any]], features: int) -> Ensemble:
    found = {name: tensors.get(f"{dimension}.{name}") for name in ("feature", "threshold", "open", "value")}
    absent = [name for name, array in found.items() if array is None]
    if absent:
        raise WeightsError(f"{file} lacks {dimension}.{absent[0]}; the checkpoint is incomplete, copy the folder again")
    arrays = {name: array for name, array in found.items() if array is not None}
    trees = {len(a) for a in arrays.values() if a.ndim == 2}
    shapes = len(trees) == 1 and arrays["value"].shape[1:] == (LEAVES,) and all(a.ndim == 2 for a in arrays.values()) and \
        len({arrays[n].shape for n in ("feature", "threshold", "open")}) == 1
    sound = shapes and np.isfinite(arrays["value"]).all() and not np.isnan(arrays["threshold"]).any() and \
        (arrays["feature"] >= 0).all() and (arrays["feature"] < features).all() and (arrays["open"] > 0).all() and \
        (arrays["open"] < 1 << LEAVES).all()
    if not sound:
        raise WeightsError(f"{file}: the trees of {dimension} are damaged; copy the checkpoint again")
    return Ensemble(arrays)


class _Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """words.json. rarity: the words of ``Inputs.rarity``, whose weights are tensors."""

    rarity: tuple[str, ...]


def _words(file: Path) -> _Words:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Words)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WeightsError(f"{file} is not readable JSON ({error}); copy the checkpoint again") from None


def _rarity(file: Path, words: tuple[str, ...], weights: NDArray[Any] | None) -> Rarity:
    if weights is None or weights.shape != (len(words) + 1,) or not np.isfinite(weights).all():
        raise WeightsError(f"{file} has {len(words)} words, and their weights do not fit; copy the checkpoint again")
    return Rarity(dict(zip(words, weights[:-1].tolist(), strict=True)), float(weights[-1]))


def _reader(file: Path, tensors: Mapping[str, NDArray[Any]]) -> SentenceReader | None:
    """The reader of sentences; None where the checkpoint has none."""
    runs, weights = tensors.get(f"{READER}.runs"), tensors.get(f"{READER}.weights")
    if runs is None and weights is None:
        return None
    if runs is None or weights is None or weights.shape != (len(runs) + 1,) or not np.isfinite(weights).all():
        raise WeightsError(f"{file}: the reader of sentences is damaged; copy the checkpoint again")
    trees = _ensemble(file, READER, tensors, len(LINE))
    return SentenceReader(trees, Phrases(dict(zip(runs.tolist(), weights[:-1].tolist(), strict=True)), float(weights[-1])))
