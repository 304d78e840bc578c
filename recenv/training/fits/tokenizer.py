"""Fitting the tokenizer of the compact network: BPE over normalised text, a token a Chinese character and a digit, bytes as
fallback."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

_SPECIAL = ("[PAD]", "[MASK]", "[CLS]", *(f"<0x{i:02X}>" for i in range(256)))
VOCABULARY = 8_000


def common_hanzi() -> tuple[str, ...]:
    """The 3,755 level-1 characters of GB 2312, so that Chinese unseen in training is not cut into bytes."""
    codes = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) if (row, cell) < (0xD7, 0xFA))
    return tuple(code.decode("gb2312") for code in codes)


def train_tokenizer(texts: Iterable[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """A tokenizer fitted on texts; the same texts in the same order give the same tokenizer.

    Chinese characters and digits stay single: what matters in this domain is matching names and numbers
    exactly, and merges learned on one catalogue would cut another one's names apart.
    """
    tokenizer = Tokenizer(models.BPE(byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\s+"), "removed"),
        pre_tokenizers.Split(Regex(r"[\u3400-\u9fff]"), "isolated"),
        pre_tokenizers.Punctuation("isolated"),
        pre_tokenizers.Digits(individual_digits=True),
    ])
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=list(_SPECIAL), initial_alphabet=list(common_hanzi()), min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(sorted(set(texts)), trainer)
    return tokenizer
