"""Reading a checkpoint of the compact network: config.json, model.safetensors, tokenizer.json; and what is written of one."""

from __future__ import annotations

from pathlib import Path

import msgspec
from tokenizers import Tokenizer

from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import vector
from recenv.rewards.models import checkpoint
from recenv.rewards.models.checkpoint import Opened, Written
from recenv.rewards.models.compact.network import CompactArchitecture, CompactNetwork
from recenv.rewards.models.config import Described, check_blends, check_heads, convert
from recenv.rewards.models.described import FILES, check_files, fingerprint, resolve
from recenv.rewards.models.opinions import SecondOpinions
from recenv.rewards.models.tokenizer import load_tokenizer


class CompactConfig(Described, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """config.json of a compact checkpoint."""

    architecture: CompactArchitecture
    network: str = msgspec.field(default="compact", name="family")


def load(path: str | Path) -> Opened[CompactConfig, CompactNetwork]:
    """Open a compact checkpoint; raises WeightsError, with what to do, when anything about it is not right."""
    folder = resolve(path)
    check_files(folder, FILES["compact"])
    config = convert(folder / "config.json", CompactConfig)
    own = config.architecture.dimensions
    check_heads(folder / "config.json", config, own, {d: vector.names(d) for d in own if d in DIMENSIONS})
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    checkpoint.check_vocabulary(folder, tokenizer, config.architecture.vocabulary)
    model, tensors = CompactNetwork(config.architecture), checkpoint.read_tensors(folder / "model.safetensors")
    checkpoint.fill(model, folder / "model.safetensors", tensors)
    model.eval().requires_grad_(False)
    second = SecondOpinions.among(tensors)
    check_blends(folder / "config.json", config, {d: 2 + (d in second.dimensions) for d in own})
    return Opened(config, model, tokenizer, fingerprint(folder, FILES["compact"]), second)


def stored(model: CompactNetwork, tokenizer: Tokenizer, second: SecondOpinions) -> Written:
    """What is written of a model."""
    tensors = {k: v.detach().cpu().half() for k, v in model.state_dict().items()}
    return Written({**tensors, **second.tensors()}, tokenizer)
