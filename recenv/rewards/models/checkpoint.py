"""Reading and writing a scorer checkpoint: config.json, model.safetensors, tokenizer.json, metrics.json, CARD.md. No pickle.

What every network's checkpoint has in common; ``compact.checkpoint`` and ``sequence.checkpoint`` say the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from tokenizers import Tokenizer
from torch import Tensor, nn

from recenv.errors import WeightsError
from recenv.files import whole_folder, write_whole
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import vector
from recenv.rewards.models.blend import Blend, kinds_of
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.described import read_raw
from recenv.rewards.models.opinions import SecondOpinions
from recenv.seals import seal_folder


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
_M = TypeVar("_M", bound=nn.Module)


class Opened(NamedTuple, Generic[_C, _M]):
    """An opened checkpoint of a network. second: the opinions beside it."""

    config: _C
    model: _M
    tokenizer: Tokenizer
    fingerprint: str
    second: SecondOpinions


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


def check_vocabulary(folder: Path, tokenizer: Tokenizer, size: int) -> None:
    """Raise WeightsError unless tokenizer.json has the size that config.json says."""
    if tokenizer.get_vocab_size() != size:
        raise WeightsError(f"{folder}: tokenizer.json has {tokenizer.get_vocab_size()} entries, config.json says "
                           f"{size}; the files are of two checkpoints, copy the folder again")


def read_tensors(file: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file."""
    try:
        return load_file(str(file))
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{file} is truncated or damaged ({error}); copy the checkpoint again or train anew") from None


def fill(model: nn.Module, file: Path, tensors: Mapping[str, Tensor]) -> None:
    """Load tensors into a model as float32, after checking that they are its own."""
    expected = model.state_dict()
    absent = sorted(expected.keys() - tensors.keys())
    if absent:
        heads = sorted({name.split(".")[1] for name in absent if name.startswith("heads.")})
        what = f"the head of {', '.join(heads)}" if heads else absent[0]
        raise WeightsError(f"{file} lacks {what}; the checkpoint is incomplete, train that dimension or copy the folder again")
    wrong = [name for name in sorted(expected) if expected[name].shape != tensors[name].shape]
    if wrong:
        raise WeightsError(f"{file}: {wrong[0]} has shape {tuple(tensors[wrong[0]].shape)}, config.json says "
                           f"{tuple(expected[wrong[0]].shape)}; the files are of two checkpoints, copy the folder again")
    if not all(bool(torch.isfinite(tensors[name]).all()) for name in expected):
        raise WeightsError(f"{file} holds values that are not finite; the file is damaged, copy the checkpoint again")
    model.load_state_dict({name: tensors[name].to(expected[name].dtype) for name in expected})


class Written(NamedTuple):
    """What a network writes: its weights as stored, its tokenizer if it has one, and further JSON files by name."""

    tensors: Mapping[str, Tensor]
    tokenizer: Tokenizer | None
    more: Mapping[str, Any] = {}


def write(out: Path, weights: Written, config: Described, metrics: Mapping[str, Any], texts: Mapping[str, bytes]) -> None:
    """Write a checkpoint beside its place and swap it in. texts: further files (the card, plots) by name."""
    with whole_folder(out) as new:
        tensors = {k: v.contiguous() for k, v in weights.tensors.items()}
        (new / "model.safetensors").write_bytes(save(tensors, metadata={"format": "pt"}))
        if weights.tokenizer is not None:
            (new / "tokenizer.json").write_bytes(weights.tokenizer.to_str(pretty=False).encode())  # a third of the size
        for name, value in weights.more.items():
            write_json(new / name, value)
        write_json(new / "config.json", msgspec.to_builtins(config))
        write_json(new / "metrics.json", metrics)
        for name, content in texts.items():
            (new / name).write_bytes(content)
        seal_folder(new)


def write_json(file: Path, value: Any) -> None:
    """JSON with sorted keys, replaced whole."""
    write_whole(file, f"{json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)}\n".encode())
