"""Reading a checkpoint of a sequence network, and what is written of one; the trunk's own configuration is in trunk.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import torch
from tokenizers import Tokenizer

from recenv.errors import WeightsError
from recenv.rewards.models import checkpoint
from recenv.rewards.models.checkpoint import Opened, Written
from recenv.rewards.models.config import Described, check_blends, check_heads, convert
from recenv.rewards.models.described import FILES, check_files, fingerprint, resolve
from recenv.rewards.models.opinions import SecondOpinions
from recenv.rewards.models.quantised import packed, restore
from recenv.rewards.models.sequence.network import SequenceArchitecture, SequenceNetwork
from recenv.rewards.models.tokenizer import load_tokenizer


class SequenceConfig(Described, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """config.json of a sequence checkpoint. base: name of the checkpoint that training began with. storage: of the weights."""

    architecture: SequenceArchitecture
    base: str
    storage: Literal["int8", "float16"]
    network: str = msgspec.field(default="sequence", name="family")


def load(path: str | Path) -> Opened[SequenceConfig, SequenceNetwork]:
    """Open a sequence checkpoint; raises WeightsError, with what to do, when anything about it is not right."""
    folder = resolve(path)
    check_files(folder, FILES["sequence"])
    config = convert(folder / "config.json", SequenceConfig)
    a = config.architecture
    check_heads(folder / "config.json", config, a.dimensions, {d: a.names(d) for d in a.dimensions})
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    checkpoint.check_vocabulary(folder, tokenizer, a.vocabulary)
    model = SequenceNetwork(a, _trunk(folder / "trunk.json", len(a.dimensions)))
    file = folder / "model.safetensors"
    tensors = restore(checkpoint.read_tensors(file))
    checkpoint.fill(model, file, _with_twin(model, tensors))
    model.eval().requires_grad_(False)
    second = SecondOpinions.among(tensors)
    check_blends(folder / "config.json", config, {
        d: (a.features and d in a.read) + 1 + (d in second.dimensions) for d in a.dimensions})
    return Opened(config, model, tokenizer, fingerprint(folder, FILES["sequence"]), second)


def stored(model: SequenceNetwork, tokenizer: Tokenizer, storage: str, second: SecondOpinions) -> Written:
    """What is written of a model. Weights of the base that training left as they were are written once."""
    tensors = {k: v.detach().cpu() for k, v in model.state_dict().items()}
    for name, origin in _origins(model).items():
        if torch.equal(tensors[name], tensors[origin]):
            del tensors[name]
    return Written({**packed(tensors, storage), **second.tensors()}, tokenizer, {"trunk.json": trunk_config(model.trunk)})


def _origins(model: SequenceNetwork) -> dict[str, str]:
    """Where in the trunk each tensor of the twin came from."""
    if model.twin is None:
        return {}
    prefix = f"trunk.{model.trunk.base_model_prefix}."
    return {name: prefix + name.removeprefix("twin.") for name in model.state_dict() if name.startswith("twin.")}


def _with_twin(model: SequenceNetwork, found: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors with those of the twin that are the trunk's."""
    missing = {name: found[origin] for name, origin in _origins(model).items() if name not in found and origin in found}
    return {**found, **missing}


def trunk_config(trunk: Any) -> dict[str, Any]:
    """The trunk's own configuration, without where it came from."""
    raw = json.loads(trunk.config.to_json_string(use_diff=True))
    return {k: v for k, v in raw.items() if k not in ("_name_or_path", "transformers_version", "dtype", "torch_dtype")}


def _trunk(file: Path, outputs: int) -> Any:
    """An untrained trunk of the stored configuration."""
    import transformers

    classifiers: Any = transformers.AutoModelForSequenceClassification  # untyped
    try:
        raw = json.loads(file.read_text("utf-8"))
        config = transformers.AutoConfig.for_model(**raw)
        if config.num_labels != outputs:
            raise ValueError(f"{config.num_labels} outputs, config.json has {outputs} dimensions")
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator; every weight is then loaded
            return classifiers.from_config(config, trust_remote_code=False).float()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsError(f"{file} does not describe a sequence classifier ({error}); copy the checkpoint again") from None
