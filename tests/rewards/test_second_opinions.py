import numpy as np
import pytest

from recenv.records import ScorerRow
from recenv.rewards.models.blend import Blend, blended, even, kind, kinds_of
from recenv.rewards.models.opinions import SecondOpinions
from recenv.training.fits.blend import effective, fit_blend, fit_blends, fit_list_blend
from recenv.training.fits.forest import fit_forest


def crossed(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels that are the exclusive or of two signs among eight features."""
    x = np.random.default_rng(seed).normal(size=(n, 8)).astype(np.float32)
    return x, ((x[:, 1] > 0) ^ (x[:, 5] > 0)).astype(np.float32)


def test_a_forest_learns_what_no_single_feature_shows() -> None:
    x, y = crossed(3_000, 0)
    held, labels = crossed(500, 1)
    right = (fit_forest(x, y, 0).logits(held) > 0) == (labels > 0.5)
    assert right.mean() > 0.9
    assert abs(np.corrcoef(held[:, 1], labels)[0, 1]) < 0.15


def test_the_same_seed_gives_the_same_forest_and_another_another() -> None:
    x, y = crossed(400, 2)
    first, same, other = (fit_forest(x, y, seed, trees=8).logits(x) for seed in (3, 3, 4))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_forest_logit_depends_on_its_row_alone() -> None:
    x, y = crossed(300, 5)
    forest = fit_forest(x, y, 0, trees=16)
    alone = np.concatenate([forest.logits(row[None]) for row in x])
    assert np.array_equal(alone, forest.logits(x))


def test_graded_labels_come_out_as_their_means() -> None:
    x = np.repeat(np.array([[0.0], [1.0]], np.float32), 200, 0)
    y = np.repeat(np.array([0.25, 0.75], np.float32), 200)
    p = 1.0 / (1.0 + np.exp(-fit_forest(x, y, 0).logits(x)))
    assert p[:200] == pytest.approx(0.25, abs=0.02)
    assert p[200:] == pytest.approx(0.75, abs=0.02)


def test_a_constant_label_grows_leaves_only() -> None:
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    assert (fit_forest(x, np.ones(60, np.float32), 0, trees=4).feature == -1).all()


def test_forests_survive_storage() -> None:
    x, y = crossed(300, 6)
    grown = SecondOpinions({"factual_consistency": fit_forest(x, y, 0, trees=4)})
    tensors = grown.tensors()
    again = SecondOpinions.among({**tensors, "heads.other": tensors["experts.forest.factual_consistency.roots"]})
    assert again.dimensions == ["factual_consistency"]
    assert np.array_equal(again.logits("factual_consistency", [], x), grown.logits("factual_consistency", [], x))


def test_a_blend_follows_the_expert_that_knows() -> None:
    generator = np.random.default_rng(0)
    truth, noise = generator.normal(size=2_000) * 2, generator.normal(size=2_000)
    labels = (generator.random(2_000) < 1 / (1 + np.exp(-truth))).astype(float)
    knows = fit_blend([noise, truth], labels, range(2_000))
    assert knows.weights[1] > 0.8 and knows.weights[0] < 0.1
    assert fit_blend([truth, noise], labels, range(2_000)).weights[1] < 0.1


def test_a_harmful_expert_gets_no_negative_weight() -> None:
    generator = np.random.default_rng(1)
    truth, error = generator.normal(size=2_000) * 2, generator.normal(size=2_000)
    labels = (generator.random(2_000) < 1 / (1 + np.exp(-truth))).astype(float)
    blend = fit_blend([truth + error, error], labels, range(2_000))  # the best weight for the error would be negative
    assert blend.weights[1] == 0.0 and blend.weights[0] > 0.5


def test_where_an_expert_is_silent_the_network_decides() -> None:
    network, expert = np.array([1.0, 2.0]), np.array([np.nan, 3.0])
    assert Blend(weights=(0.5, 2.0), shift=1.0)(network, expert).tolist() == [1.0, 8.0]


def test_too_few_rows_blend_evenly() -> None:
    few = fit_blend([np.zeros(5), np.zeros(5)], np.array([0.0, 1.0, 0.0, 1.0, 1.0]), range(5))
    assert few == even(2) == Blend(weights=(0.5, 0.5))


def test_rows_that_repeat_their_group_say_no_more_than_it() -> None:
    generator = np.random.default_rng(5)
    truth, noise = generator.normal(size=40) * 2, generator.normal(size=40)
    labels = (generator.random(40) < 1 / (1 + np.exp(-truth))).astype(float)
    once = fit_blend([noise, truth], labels, range(40))
    often = [np.repeat(a, 25) for a in (noise, truth, labels)]
    assert fit_blend(often[:2], often[2], np.repeat(np.arange(40), 25).tolist()).weights == pytest.approx(once.weights)
    surer = fit_blend(often[:2], often[2], range(1_000))
    assert surer.weights[1] > once.weights[1] + 0.1  # as many rows of their own do say more
    assert effective(["a"] * 6 + ["b"] * 6 + ["c"] * 6) == pytest.approx(3.0) and 1.0 < effective(["a"] * 9 + ["b"]) < 1.3


def test_lists_are_blended_by_which_opinion_orders_them() -> None:
    generator = np.random.default_rng(3)
    truth, noise = generator.normal(size=(200, 6)) * 2, generator.normal(size=(200, 6))
    odds = np.exp(truth) / np.exp(truth).sum(1, keepdims=True)
    gains = np.stack([np.eye(6)[generator.choice(6, p=p)] for p in odds])
    found = fit_list_blend([list(noise), list(truth)], list(gains))
    assert found.weights[1] == pytest.approx(1.0, abs=0.2) and found.weights[0] < 0.2 and found.shift == 0.0
    assert fit_list_blend([list(noise), list(truth)], list(np.zeros((200, 6)))) == even(2)


def test_each_kind_of_row_follows_the_opinion_that_knows_it() -> None:
    generator = np.random.default_rng(4)
    truth, noise = generator.normal(size=4_000) * 2, generator.normal(size=4_000)
    labels = (generator.random(4_000) < 1 / (1 + np.exp(-truth))).astype(float)
    kinds = np.where(np.arange(4_000) < 3_900, np.where(np.arange(4_000) % 2 == 0, "a", "b"), "rare")
    first, second = np.where(kinds == "a", truth, noise), np.where(kinds == "a", noise, truth)
    found = fit_blends([first, second], labels, range(4_000), kinds.tolist(), ("a", "b", "rare", "absent"))
    assert found["a"].weights[0] > 0.8 > 0.1 > found["a"].weights[1]
    assert found["b"].weights[1] > 0.8 > 0.1 > found["b"].weights[0]
    assert found["rare"] == found["absent"] == fit_blend([first, second], labels, range(4_000))
    logits = blended(found, kinds.tolist(), first, second)
    assert np.array_equal(logits[kinds == "b"], found["b"](first, second)[kinds == "b"])


@pytest.mark.parametrize(("evidence", "expected"), [
    ("Blue Inn; rating: 4.5; price: 58", "records"), ("店名：云间茶楼；评分：4.5", "records"),
    ('{"poi": "Inn", "rating": 4}', "records"),
    ("The inn was built in 1890 and serves breakfast.", "prose"), ("Blue Inn; hotel; San Francisco", "prose"), ("", "prose"),
    ("Note: pets are welcome.", "prose"),
])
def test_evidence_is_a_record_or_prose(evidence: str, expected: str) -> None:
    row = ScorerRow(dimension="factual_consistency", evidence=evidence, response="x")
    assert kind(row) == expected and expected in kinds_of(row.dimension)
    assert kind(ScorerRow(dimension="item_ranking")) == "" and kinds_of("item_ranking") == ("",)
