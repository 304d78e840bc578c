"""The topic line: pairs of answers, what it learns from them, and where it holds its tongue."""

from __future__ import annotations

import numpy as np
import pytest

from recenv.records import ScorerRow
from recenv.rewards.models.blend import Blend
from recenv.rewards.models.topic import Topic, open_to
from recenv.training.fits.topic import fit_topic, topic_pairs

_THEMES = ("a poem about the sea", "a poem about the hills", "a list of soups", "a list of cakes")


def row(instruction: str, response: str, label: float = 1.0) -> ScorerRow:
    return ScorerRow(dimension="instruction_following", instruction=instruction, response=response, label=label, locale="en")


def rows() -> list[ScorerRow]:
    return [row(f"Write {theme}", f"Here is {theme}, number {n}", float(n % 3 > 0)) for n in range(12) for theme in _THEMES]


def test_a_pair_is_an_answer_and_the_answer_to_the_instruction_most_like_it() -> None:
    found = topic_pairs(rows(), 0)
    assert len(found.own) == len(found.other) == 32  # of 48 rows those that follow
    for own, other in zip(found.own, found.other, strict=True):
        assert own.label == 1.0 and other.label == 0.0 and own.instruction == other.instruction
        theme = own.instruction.removeprefix("Write ")
        assert theme in own.response and theme not in other.response
        assert ("poem" in other.response) == ("poem" in theme)
    assert topic_pairs(rows(), 0) == found and topic_pairs(rows(), 1) != found
    assert topic_pairs([], 0) == ([], [])


def test_the_line_finds_what_tells_the_two_sides_apart() -> None:
    generator = np.random.default_rng(0)
    own, other = (generator.normal(size=(600, 5)).astype(np.float32) for _ in range(2))
    own[:, 3] += 2.0
    topic = fit_topic(own, other, (1, 3))
    assert topic.weights[1] > 10 * abs(topic.weights[0])
    asked = [row("Tell me of the sea", "The sea is deep")] * 600
    right = (topic.logits(asked, own) > 0.0).mean() + (topic.logits(asked, other) < 0.0).mean()
    assert right > 2 * 0.8


def test_the_line_speaks_of_open_instructions_alone() -> None:
    assert open_to(row("Tell me of the sea", "The sea is deep and cold"))
    assert not open_to(row("Use no commas. Tell me of the sea", "The sea is deep"))  # the checks know
    assert not open_to(row("Recommend at most 3 places.", "Try the Blue Inn"))
    assert not open_to(row("给我讲讲大海", "大海很深"))  # the base does not read Chinese
    assert not open_to(row("Tell me of the sea", "Tell me of the sea"))  # an echo is no answer


def test_where_the_line_is_silent_the_forest_decides() -> None:
    topic = fit_topic(np.ones((40, 2), np.float32), np.zeros((40, 2), np.float32), (0,)).mixing(
        Blend(weights=(0.5, 1.0), shift=0.25))
    mixed = topic.mixed(np.array([2.0, 2.0]), np.array([np.nan, 3.0]))
    assert mixed.tolist() == [2.0, 4.25]


def test_a_line_survives_storage_to_the_bit() -> None:
    generator = np.random.default_rng(1)
    own, other = (generator.normal(size=(50, 4)).astype(np.float32) for _ in range(2))
    topic = fit_topic(own, other, (0, 2))
    x, asked = generator.normal(size=(9, 4)).astype(np.float32), [row("Tell me of the sea", "The sea is deep")] * 9
    again = Topic(topic.arrays())
    assert np.array_equal(again.logits(asked, x), topic.logits(asked, x)) and again.mixed == topic.mixed


def test_a_logit_depends_on_its_row_alone() -> None:
    x = np.random.default_rng(2).normal(size=(30, 3)).astype(np.float32)
    topic = fit_topic(x[:15], x[15:], (0, 1, 2))
    asked = [row("Tell me of the sea", "The sea is deep")] * 30
    assert np.array_equal(topic.logits(asked, x), np.concatenate([topic.logits([asked[0]], own[None]) for own in x]))


def test_no_pairs_give_a_line_without_a_slope() -> None:
    nothing = np.zeros((0, 3), np.float32)
    topic = fit_topic(nothing, nothing, (0, 1))
    assert topic.weights.tolist() == [0.0, 0.0]
    assert topic.logits([], nothing).tolist() == pytest.approx([])
