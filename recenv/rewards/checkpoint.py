"""Reading and writing a scorer checkpoint: config.json, model.safetensors, tokenizer.json, metrics.json, CARD.md. No pickle."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from recenv.data.store import swap_in
from recenv.errors import WeightsError
from recenv.records import DIMENSIONS
from recenv.rewards import features
from recenv.rewards.calibration import Calibration
from recenv.rewards.model import Architecture, CompactScorer
from recenv.rewards.tokenizer import load_tokenizer

SCHEMA = 1
DEFAULT = Path(__file__).parent / "weights" / "default"
FILES = ("config.json", "model.safetensors", "tokenizer.json")
"""The files that make a score; metrics.json and CARD.md only describe."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """config.json. features: names by dimension at training time. training_data: sha256 over the rows. trained: how."""

    schema: int
    name: str
    architecture: Architecture
    features_version: int
    features: dict[str, tuple[str, ...]]
    calibration: dict[str, Calibration]
    training_data: str
    trained: dict[str, Any]


class Checkpoint(NamedTuple):
    config: Config
    model: CompactScorer
    tokenizer: Tokenizer
    fingerprint: str


def resolve(path: str | Path) -> Path:
    """The folder of a checkpoint; "default" is the shipped one."""
    return DEFAULT if str(path) == "default" else Path(path)


def load(path: str | Path) -> Checkpoint:
    """Open a checkpoint; raises WeightsError, with what to do, when anything about it is not right."""
    folder = resolve(path)
    missing = [f for f in FILES if not (folder / f).is_file()]
    if missing:
        raise WeightsError(
            f"no scorer checkpoint at {folder} ({', '.join(missing)} missing); "
            "pass a folder that recenv train wrote, or 'default'"
        )
    config = read_config(folder / "config.json")
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    if tokenizer.get_vocab_size() != config.architecture.vocabulary:
        raise WeightsError(f"{folder}: tokenizer.json has {tokenizer.get_vocab_size()} entries, config.json says "
                           f"{config.architecture.vocabulary}; the files are of two checkpoints, copy the folder again")
    model = CompactScorer(config.architecture)
    _fill(model, folder / "model.safetensors")
    model.eval().requires_grad_(False)
    return Checkpoint(config, model, tokenizer, fingerprint(folder))


def read_config(file: Path) -> Config:
    """Decode and check config.json."""
    try:
        raw = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{file} is not readable JSON ({error}); copy the checkpoint again") from None
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if schema != SCHEMA:
        raise WeightsError(f"{file}: this version reads checkpoint schema {SCHEMA}, found {schema!r}; "
                           "train again with: recenv train")
    try:
        config = msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        raise WeightsError(f"{file} is damaged ({error}); copy the checkpoint again or train anew") from None
    for d in config.architecture.dimensions:
        if d not in DIMENSIONS:
            raise WeightsError(f"{file}: unknown dimension {d!r}; expected some of {', '.join(DIMENSIONS)}")
        if d not in config.calibration:
            raise WeightsError(f"{file}: no calibration for {d}; copy the checkpoint again or train anew")
        if config.features_version != features.VERSION or tuple(config.features.get(d, ())) != features.NAMES[d]:
            raise WeightsError(f"{file}: trained on features version {config.features_version}, this package computes "
                               f"version {features.VERSION}; train again with: recenv train")
    return config


def _fill(model: CompactScorer, file: Path) -> None:
    try:
        tensors = load_file(str(file))
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{file} is truncated or damaged ({error}); copy the checkpoint again or train anew") from None
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
    if not all(bool(torch.isfinite(t).all()) for t in tensors.values()):
        raise WeightsError(f"{file} holds values that are not finite; the file is damaged, copy the checkpoint again")
    model.load_state_dict({name: tensors[name].float() for name in expected})


def fingerprint(folder: Path) -> str:
    """sha256 over the files that make a score."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(name.encode())
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()


def write(out: Path, model: CompactScorer, tokenizer: Tokenizer, config: Config, metrics: Mapping[str, Any], card: str) -> None:
    """Write a checkpoint beside its place and swap it in; weights as float16."""
    new = out.with_name(f".{out.name}.{os.getpid()}.partial")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        half = {k: v.half().contiguous() for k, v in model.state_dict().items()}
        save_file(half, str(new / "model.safetensors"), metadata={"format": "pt"})
        (new / "model.safetensors").chmod(0o644)  # save_file keeps it from everyone else
        tokenizer.save(str(new / "tokenizer.json"))
        write_json(new / "config.json", msgspec.to_builtins(config))
        write_json(new / "metrics.json", metrics)
        (new / "CARD.md").write_text(card, "utf-8")
        swap_in(new, out)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write_json(file: Path, value: Any) -> None:
    """JSON with sorted keys, replaced whole."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    os.replace(part, file)
