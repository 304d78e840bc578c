"""The tokenizer of a checkpoint, opened, and at work for the compact network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from recenv.errors import WeightsError

PAD, MASK, CLS = 0, 1, 2


def load_tokenizer(path: Path) -> Tokenizer:
    """Read tokenizer.json; raises WeightsError when it is missing or damaged."""
    if not path.is_file():
        raise WeightsError(f"{path} is missing; a checkpoint needs it, copy the whole folder or train again with: recenv train")
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception on bad JSON
        raise WeightsError(f"{path} is not a readable tokenizer ({error}); copy the checkpoint again") from None


def encode(tokenizer: Tokenizer, texts: Sequence[str], caps: Sequence[int]) -> list[list[int]]:
    """Token ids of each text, led by [CLS] and cut at its cap."""
    encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [[CLS, *e.ids[:cap - 1]] for e, cap in zip(encoded, caps, strict=True)]
