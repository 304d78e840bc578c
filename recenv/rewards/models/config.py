"""config.json of a checkpoint, whatever its network, decoded and checked; needs no tensor library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from recenv.errors import WeightsError
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import vector
from recenv.rewards.models.blend import Blend, kinds_of
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.described import read_raw


class Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What config.json says whatever the network. features: names by dimension at training time. training_data: sha256 over the
    rows. trained: how. blends: by dimension and kind of row, of what the network reads, what the features say, and a second
    opinion, as far as there are these."""

    schema: int
    name: str
    features_version: int
    features: dict[str, tuple[str, ...]]
    calibration: dict[str, Calibration]
    training_data: str
    trained: dict[str, Any]
    blends: dict[str, dict[str, Blend]] = msgspec.field(default_factory=dict)


_C = TypeVar("_C", bound=Described)


def convert(file: Path, kind: type[_C]) -> _C:
    """Decode config.json as one network's."""
    try:
        return msgspec.convert(read_raw(file), kind)
    except msgspec.ValidationError as error:
        raise WeightsError(f"{file} is damaged ({error}); copy the checkpoint again or train anew") from None


def check_heads(file: Path, config: Described, dimensions: Sequence[str], names: Mapping[str, tuple[str, ...]]) -> None:
    """Raise WeightsError unless every dimension is known, calibrated and of the features ``names`` (where any are fused)."""
    for d in dimensions:
        if d not in DIMENSIONS:
            raise WeightsError(f"{file}: unknown dimension {d!r}; expected some of {', '.join(DIMENSIONS)}")
        if d not in config.calibration:
            raise WeightsError(f"{file}: no calibration for {d}; copy the checkpoint again or train anew")
        same = config.features_version == vector.VERSION and tuple(config.features.get(d, ())) == names.get(d, ())
        if names.get(d) and not same:
            raise WeightsError(f"{file}: trained on features version {config.features_version}, this package computes "
                               f"version {vector.VERSION}; train again with: recenv train")


def check_blends(file: Path, config: Described, judges: Mapping[str, int]) -> None:
    """Raise WeightsError unless every dimension blends as many opinions as it has judges, for each kind of its rows."""
    for d, count in judges.items():
        found = {k: len(b.weights) for k, b in config.blends.get(d, {}).items()}
        if found != (dict.fromkeys(kinds_of(d), count) if count > 1 else {}):
            raise WeightsError(f"{file} blends {found} opinions on {d} by kind of row, expected {count} for each of "
                               f"{sorted(kinds_of(d))}; the files are of two checkpoints, copy the folder again, or of an older "
                               "version, train again with: recenv train")


def damaged(file: Path, error: Exception) -> WeightsError:
    """What is raised for a file of tensors that cannot be read."""
    return WeightsError(f"{file} is truncated or damaged ({error}); copy the checkpoint again or train anew")
