"""Reading and writing the weights of a scorer checkpoint, and what is written beside them: config.json, tokenizer.json,
metrics.json, CARD.md. No pickle.

What every network's checkpoint has in common; ``compact.checkpoint`` and ``sequence.checkpoint`` say the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from tokenizers import Tokenizer
from torch import Tensor, nn

from recenv.errors import WeightsError
from recenv.files import whole_folder, write_whole
from recenv.rewards.models.config import Described, damaged
from recenv.rewards.models.opinions import SecondOpinions
from recenv.seals import seal_folder

_C = TypeVar("_C", bound=Described)
_M = TypeVar("_M", bound=nn.Module)


class Opened(NamedTuple, Generic[_C, _M]):
    """An opened checkpoint of a network. second: the opinions beside it."""

    config: _C
    model: _M
    tokenizer: Tokenizer
    fingerprint: str
    second: SecondOpinions


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
        raise damaged(file, error) from None


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
    """What a network writes: its weights as stored, as tensors or arrays, its tokenizer if it has one, and further JSON files by
    name."""

    tensors: Mapping[str, Tensor | NDArray[Any]]
    tokenizer: Tokenizer | None
    more: Mapping[str, Any] = {}


def write(out: Path, weights: Written, config: Described, metrics: Mapping[str, Any], texts: Mapping[str, bytes]) -> None:
    """Write a checkpoint beside its place and swap it in. texts: further files (the card, plots) by name."""
    with whole_folder(out) as new:
        tensors = {k: torch.as_tensor(v).contiguous() for k, v in weights.tensors.items()}
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
