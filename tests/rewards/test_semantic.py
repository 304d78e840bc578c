"""Semantic features with a stand-in encoder whose token states are known: each word is a direction of its own."""

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.models.sequence.similarities import Semantics, names
from recenv.training.fits.axes import fit_axes

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
    return [dict(zip(names(dimension, 0), row.tolist(), strict=True)) for row in values]


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


def facts(*triples: tuple[str, str, str]) -> list[dict[str, float]]:
    rows = [ScorerRow(dimension="factual_consistency", query=q, response=r, evidence=e) for q, r, e in triples]
    values = Semantics(states, tokenizer()).features([(r, "") for r in rows])
    return [dict(zip(names("factual_consistency", 0), row.tolist(), strict=True)) for row in values]


def test_what_the_evidence_says_is_grounded_in_any_of_its_lines() -> None:
    first, second, nowhere = facts(
        ("", "tomato soup", "tomato soup\ncake"), ("", "tomato soup", "cake\ntomato soup"), ("", "tomato soup", "cake\nnuts"))
    assert first["grounded_match"] == second["grounded_match"] == 1.0 and nowhere["grounded_match"] == 0.0
    assert first["grounded_worst"] == 1.0 and nowhere["grounded_worst"] == 0.0


def test_words_of_the_question_are_told_but_not_grounded() -> None:
    (found,) = facts(("tomato soup", "tomato soup", "cake"))
    assert found["told_match"] == 1.0 and found["grounded_match"] == 0.0 and found["asked_in_evidence"] == 0.0


def test_the_line_nearest_to_the_response_is_the_one_that_must_be_used() -> None:
    whole, half = facts(("", "tomato soup cake", "nuts\ntomato soup"), ("", "tomato cake", "nuts\ntomato soup"))
    assert whole["used_match"] == 1.0 and half["used_match"] == 0.5 and half["used_worst"] == 0.0


def test_without_a_question_only_its_features_are_missing() -> None:
    (found,) = facts(("", "tomato soup", "tomato cake"))
    missing = {name for name, value in found.items() if np.isnan(value)}
    assert missing == {"asked_match", "asked_worst", "asked_in_evidence", "response_question_cosine", "question_evidence_cosine"}


def test_facts_that_cannot_be_read_have_no_features() -> None:
    for row in facts(("soup", "番茄汤", "tomato soup"), ("soup", "tomato soup", "番茄汤")):
        assert all(np.isnan(v) for v in row.values())


def test_axes_are_the_directions_in_which_texts_differ_most() -> None:
    means = np.array([[3.0, 1.0, 0.0], [-3.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, -1.0]])
    found = fit_axes(means, 2).numpy()
    assert np.allclose(found[0], [0.0, 1.0, 0.0])
    assert np.allclose(found[1:], [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def test_answers_of_a_dialogue_are_placed_on_the_axes() -> None:
    one_axis = torch.zeros(2, len(_WORDS))
    one_axis[1, _WORDS.index("soup")] = 1.0
    row = ScorerRow(dimension="query_item_relevance", query="I want soup")
    placed = Semantics(states, tokenizer(), one_axis).features([(row, "tomato soup"), (row, "tomato cake")])
    assert placed.shape == (2, len(names("query_item_relevance", 1)))
    assert placed[0, -1] == 0.25 and placed[1, -1] == 0.0  # one word of four, with the special tokens
    assert Semantics(states, tokenizer(), one_axis).features([(ScorerRow(dimension="item_ranking"), "x")]).shape[1] == 6


def test_values_do_not_depend_on_what_is_encoded_together() -> None:
    pairs = [("I want soup", "tomato soup"), ("I want cake without nuts", "cake , tomato . nuts " * 9), ("cake", "soup")]
    together = seen(*pairs)
    alone = [seen(p)[0] for p in pairs]
    assert str(together) == str(alone)


def test_dimensions_without_semantic_features_have_none() -> None:
    assert Semantics(states, tokenizer()).features([(ScorerRow(dimension="behavior_prediction"), "x")]).shape == (1, 0)
