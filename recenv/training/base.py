"""A base checkpoint: any sequence classifier in the transformers layout, from a folder or the hub, made ready for training."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tokenizers import AddedToken, Tokenizer
from torch import nn

from recenv.errors import InputError
from recenv.training.fits.tokenizer import common_hanzi

_HAN = re.compile(r"[\u3400-\u9fff]")
_EXPECTED = ("expected a folder with config.json, model.safetensors and tokenizer.json (or vocab.txt) as transformers' "
             "save_pretrained writes them, or the name of such a model on the hub")


class Base(NamedTuple):
    """trunk: the classifier, one logit a dimension. fresh: names of its parameters that the checkpoint did not have."""

    name: str
    trunk: Any
    tokenizer: Tokenizer
    fresh: tuple[str, ...]


def load_base(name: str, outputs: int, seed: int) -> Base:
    """Open a base with ``outputs`` logits; what it lacks (as a rule the classification head) is drawn from the seed.

    Reads safetensors only and runs no code from the checkpoint. Raises InputError for a base that cannot be used.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    _check(name)
    with quiet(), torch.random.fork_rng(devices=[]):  # constructors draw from the global generator; replaced below
        try:
            fast = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
            trunk, loading = AutoModelForSequenceClassification.from_pretrained(
                name, num_labels=outputs, ignore_mismatched_sizes=True, use_safetensors=True, trust_remote_code=False,
                output_loading_info=True,
            )
            trunk = trunk.float()
        except Exception as error:  # transformers and the hub client raise many kinds
            raise InputError(f"base {name!r} cannot be loaded: {_EXPECTED}; found: {_first_line(error)}. "
                             "Check the path, or, for a hub name, the connection") from None
    backend = getattr(fast, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise InputError(f"base {name!r} has a tokenizer that only runs in Python ({type(fast).__name__}); "
                         "expected one with a tokenizer.json, convert it with transformers' fast tokenizers")
    trunk.config.pad_token_id = _padding(fast, trunk)
    fresh = tuple(sorted({*loading["missing_keys"], *(key[0] for key in loading["mismatched_keys"])}))
    _draw(trunk, fresh, torch.Generator().manual_seed(seed))
    return Base(name, trunk, backend, fresh)


def unknown_hanzi(tokenizer: Tokenizer, texts: Iterable[str], most: int) -> tuple[str, ...]:
    """Up to ``most`` Chinese characters that the tokenizer lacks: those of the texts by frequency, then the common ones.

    None where the texts have no Chinese.
    """
    count = Counter(c for text in texts for c in _HAN.findall(text))
    if not count:
        return ()
    order = dict.fromkeys((*sorted(count, key=lambda c: (-count[c], c)), *common_hanzi()))
    known = {chr(token) for token in range(0x3400, 0xa000) if tokenizer.token_to_id(chr(token)) is not None}
    return tuple(c for c in order if c not in known)[:most]


def add_tokens(base: Base, characters: Iterable[str], seed: int) -> int:
    """Add characters to tokenizer and embedding matrix; their rows start near the mean row. Returns how many."""
    added = base.tokenizer.add_tokens([AddedToken(c, normalized=False) for c in characters])
    if not added:
        return 0
    embeddings = base.trunk.get_input_embeddings()
    old = embeddings.weight.detach().clone()
    with quiet(), torch.random.fork_rng(devices=[]):
        base.trunk.resize_token_embeddings(max(len(old), base.tokenizer.get_vocab_size()), mean_resizing=False)
    weight = base.trunk.get_input_embeddings().weight
    first = base.tokenizer.get_vocab_size() - added
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(added, old.shape[1], generator=generator) * (0.5 * float(old.std()))
    with torch.no_grad():
        weight[first:first + added] = old.mean(0) + noise
    return added


def freeze(trunk: Any, embeddings: bool, layers: int, added: int) -> None:
    """Keep the base's weights in the embeddings and the lowest layers; rows of added tokens are trained all the same."""
    stack = layer_stack(trunk)
    if layers > len(stack):
        raise InputError(f"frozen_layers must be at most {len(stack)}, the layers of this base; got {layers}")
    if not embeddings and layers == 0:
        return
    inside = {id(p) for p in stack.parameters()}
    for parameter in trunk.base_model.parameters():
        if id(parameter) in inside:
            break
        parameter.requires_grad_(False)  # what stands before the layers: token, position and type embeddings, their norm
    for layer in list(stack)[:layers]:
        layer.requires_grad_(False)
    if added:
        weight = trunk.get_input_embeddings().weight
        weight.requires_grad_(True)
        keep = torch.zeros(len(weight), 1)
        keep[len(weight) - added:] = 1.0
        weight.register_hook(lambda gradient: gradient * keep.to(gradient.device))


def layer_stack(trunk: Any) -> nn.ModuleList:
    """The layers of a transformer: its longest list of like modules."""
    lists = [m for m in trunk.base_model.modules() if isinstance(m, nn.ModuleList) and len({type(x) for x in m}) == 1]
    if not lists:
        raise InputError(f"this base ({type(trunk).__name__}) has no list of layers to freeze; set frozen_layers to 0")
    return max(lists, key=len)


def _check(name: str) -> None:
    """Messages of our own for the usual mistakes with a local folder."""
    path = Path(name)
    local = path.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1
    if not local:
        return
    if not path.is_dir():
        raise InputError(f"no base at {name}: {_EXPECTED}; found {'a file' if path.exists() else 'nothing'} there")
    if not (path / "config.json").is_file():
        found = ", ".join(sorted(p.name for p in path.iterdir())[:8]) or "an empty folder"
        raise InputError(f"{name} is not a base checkpoint: {_EXPECTED}; found {found}")
    if not any(path.glob("*.safetensors")):
        raise InputError(f"{name} has no *.safetensors file; weights as pickles (pytorch_model.bin) are not read, because "
                         "reading them can run code: save the model again with save_pretrained")


def _padding(tokenizer: Any, trunk: Any) -> int:
    for value in (tokenizer.pad_token_id, trunk.config.pad_token_id, tokenizer.eos_token_id):
        if isinstance(value, int):
            return value
    return 0


def _draw(trunk: nn.Module, names: Iterable[str], generator: torch.Generator) -> None:
    """Normal(0, 0.02) for matrices, 0 for biases, 1 for norms."""
    parameters = dict(trunk.named_parameters())
    with torch.no_grad():
        for name in names:
            parameter = parameters.get(name)
            if parameter is None:
                continue
            if parameter.dim() >= 2:
                parameter.normal_(0.0, 0.02, generator=generator)
            else:
                parameter.fill_(1.0 if name.endswith("weight") else 0.0)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' report of parameters that are about to be trained anyway."""
    from transformers.utils import logging as transformers_logging

    logging: Any = transformers_logging  # partly untyped

    level = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
