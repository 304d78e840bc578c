"""Semantic features with a stand-in encoder whose token states are known: each word is a direction of its own."""

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.semantic import NAMES, Semantics

_WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *["soup", "tomato", "nuts", "cake", "i", "want", "a", "without", "with", ".", ","]]


def tokenizer() -> Tokenizer:
    found = Tokenizer(models.WordLevel({w: n for n, w in enumerate(_WORDS)}, unk_token="[UNK]"))
    found.normalizer = normalizers.Lowercase()
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    found.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return found


def states(ids: Tensor, mask: Tensor) -> Tensor:
    return torch.eye(len(_WORDS))[ids]


def seen(*pairs: tuple[str, str], dimension: str = "item_ranking") -> list[dict[str, float]]:
    units = [(ScorerRow(dimension=dimension, query=q), i) for q, i in pairs]
    values = Semantics(states, tokenizer()).features(units)
    return [dict(zip(NAMES[dimension], row.tolist(), strict=True)) for row in values]


def test_a_wanted_word_is_matched_and_another_is_not() -> None:
    same, other = seen(("I want soup", "tomato soup"), ("I want soup", "tomato cake"))
    assert same["match"] == 1.0 and other["match"] == 0.0
    assert same["cosine"] > other["cosine"] and same["positive_cosine"] > other["positive_cosine"]


def test_what_stands_after_a_negation_is_matched_apart() -> None:
    with_nuts, free, plain = seen(
        ("I want cake without nuts", "cake with nuts"), ("I want cake without nuts", "tomato cake"), ("I want cake", "cake"))
    assert with_nuts["negated_match"] == 1.0 and free["negated_match"] == 0.0
    assert with_nuts["match"] == free["match"] > 0.0  # the cake
    assert np.isnan(plain["negated_match"])


def test_a_negation_ends_with_its_clause() -> None:
    (found,) = seen(("I want cake without nuts, with tomato", "cake with tomato"))
    (without,) = seen(("I want cake without nuts, with tomato", "cake"))
    assert found["negated_match"] == 0.0 and found["match"] > without["match"]


def test_chinese_text_and_empty_text_have_no_features() -> None:
    for row in seen(("想喝番茄汤", "tomato soup"), ("soup", "番茄汤"), ("soup", "")):
        assert all(np.isnan(v) for v in row.values())


def test_a_checkable_instruction_is_left_to_the_checks() -> None:
    rows = [ScorerRow(dimension="instruction_following", instruction=i, response="tomato soup")
            for i in ("Use no commas.", "I want soup")]
    checked, free = Semantics(states, tokenizer()).features([(r, "") for r in rows])
    assert np.isnan(checked).all() and not np.isnan(free[0])


def test_values_do_not_depend_on_what_is_encoded_together() -> None:
    pairs = [("I want soup", "tomato soup"), ("I want cake without nuts", "cake , tomato . nuts " * 9), ("cake", "soup")]
    together = seen(*pairs)
    alone = [seen(p)[0] for p in pairs]
    assert str(together) == str(alone)


def test_dimensions_without_semantic_features_have_none() -> None:
    assert Semantics(states, tokenizer()).features([(ScorerRow(dimension="behavior_prediction"), "x")]).shape == (1, 0)
