import numpy as np
import pytest

from recenv import rng
from recenv.measures import reliability
from recenv.measures.reliability import of_lists, of_points


def probabilities(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    p = generator.uniform(0.05, 0.95, n)
    return p, (generator.random(n) < p).astype(float)


def test_a_perfect_model_shows_some_error_and_no_excess() -> None:
    p, y = probabilities(1_500, 0)
    found = of_points(y, p)
    assert found.ece > 0.01
    assert abs(found.excess) < 0.015
    assert found.low <= found.ece <= found.high


def test_an_overconfident_model_shows_an_excess() -> None:
    p, y = probabilities(1_500, 1)
    z = np.log(p / (1 - p))
    found = of_points(y, 1 / (1 + np.exp(-3 * z)))
    assert found.excess > 0.08 and found.ece > found.high


def test_a_constant_far_off_is_as_far_off_as_it_is() -> None:
    found = of_points(np.ones(300), np.full(300, 0.2))
    assert found.ece == pytest.approx(0.8)


def test_lists_drawn_from_their_own_probabilities_have_no_excess() -> None:
    generator = np.random.default_rng(2)
    given = [generator.dirichlet(np.ones(5)) for _ in range(600)]
    gains = [np.eye(5)[generator.choice(5, p=q)] for q in given]
    assert abs(of_lists(gains, given).excess) < 0.015
    assert of_lists([np.eye(5)[0]] * 600, given).excess > 0.05


def test_nothing_to_measure_is_missing() -> None:
    assert np.isnan(of_points(np.zeros(0), np.zeros(0)).ece)
    assert np.isnan(of_lists([np.zeros(3)], [np.full(3, 1 / 3)]).ece)


def simulated(bins: int, p: np.ndarray, labels: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Of data sets drawn anew: means of the bins (draws, bins), and their errors."""
    parts = np.array_split(np.arange(len(p)), bins)
    means = np.array([[y[part].mean() for part in parts] for y in labels])
    size, own = np.array([len(part) for part in parts]), np.array([p[part].mean() for part in parts])
    return means, (np.abs(means - own) * size).sum(1) / len(p)


@pytest.mark.parametrize(("graded", "draws"), [(False, 200), (True, 60)])
def test_what_a_perfect_model_shows_is_drawn_from_its_own_probabilities(
    graded: bool, draws: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graded labels are drawn with the variance that they show."""
    p, y = probabilities(107, 3)
    if graded:
        y = np.round(0.4 * y + 0.6 * p, 1)
        monkeypatch.setattr(reliability, "_WORK", 60 * 107 + 106)
    found = of_points(y, p, bins=4)
    order = np.argsort(p)
    y, p = y[order], p[order]
    spread = np.sqrt(((y - p) ** 2).mean() / (p * (1 - p)).mean()) if graded else 1.0
    assert (spread < 0.9) == graded
    drawn = [p + spread * ((rng.uniform(rng.word("reliability"), 0, b, np.arange(107)) < p) - p) for b in range(draws)]
    means, errors = simulated(4, p, drawn)
    assert [found.low, found.perfect, found.high] == pytest.approx(np.percentile(errors, [2.5, 50.0, 97.5]))
    parts = np.array_split(np.arange(107), 4)
    for n, (bin_, part) in enumerate(zip(found.bins, parts, strict=True)):
        assert bin_.rows == len(part)
        assert [bin_.predicted, bin_.observed] == pytest.approx([p[part].mean(), y[part].mean()])
        assert [bin_.low, bin_.high] == pytest.approx(np.percentile(means[:, n], [2.5, 97.5]))
    assert found.excess == pytest.approx(found.ece - found.perfect)
    assert found.ece == pytest.approx(sum(b.rows * abs(b.predicted - b.observed) for b in found.bins) / 107)


def test_labels_that_are_the_probabilities_leave_nothing_to_chance() -> None:
    p, _ = probabilities(60, 4)
    found = of_points(p, p)
    assert len(found.bins) == 15 and found.high == pytest.approx(0.0, abs=1e-12)
    wild = of_points(np.where(p > 0.5, 0.001, 0.999), p)  # no more than a coin
    assert wild.high < 0.5


def test_as_many_positives_as_a_list_has_are_drawn_from_the_list() -> None:
    generator = np.random.default_rng(5)
    lists = [generator.dirichlet(np.ones(n)) * scale for n, scale in ((3, 1.0), (5, 2.0), (4, 1.0), (6, 1.0))]
    gains = [np.array([0.0, 3.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0, 2.0]), np.zeros(4), np.array([0.0, 0, 0, 0, 1, 1])]
    found, kept = of_lists(gains, lists, bins=3), (0, 1, 3)
    p = np.concatenate([lists[n] for n in kept])
    order, drawn = np.argsort(p), list[np.ndarray]()
    for b in range(200):
        u, parts = iter(rng.uniform(rng.word("reliability"), 1, b, np.arange(6))), list[np.ndarray]()
        for n in kept:
            hit, count = np.zeros(len(lists[n])), int((gains[n] > 0).sum())
            for _ in range(count):
                hit[np.searchsorted(np.cumsum(lists[n]) / lists[n].sum(), next(u))] += 1 / count
            parts.append(hit)
        drawn.append(np.concatenate(parts)[order])
    _, errors = simulated(3, p[order], drawn)
    assert [found.low, found.perfect, found.high] == pytest.approx(np.percentile(errors, [2.5, 50.0, 97.5]))
    observed = np.concatenate([gains[n] / gains[n].sum() for n in kept])[order]
    assert [b.observed for b in found.bins] == pytest.approx([part.mean() for part in np.array_split(observed, 3)])


def test_a_draw_from_the_very_end_of_a_list_is_its_last_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though shares that are added up one by one stay below 1."""
    share = np.full(31, 1 / 31)
    assert np.cumsum(share)[-1] / share.sum() < 1 - 2**-53
    monkeypatch.setattr(reliability.rng, "uniform", lambda *key: np.full(len(key[-1]), 1 - 2**-53))
    gains, given = [np.eye(31)[0], np.ones(3)], [share, np.array([0.01, 0.02, 0.97])]
    found = of_lists(gains, given, bins=34)
    drawn = np.array([0, 0, *[0] * 30, 1, 1])  # in order of probability: of the second list two, the first one, and the last
    assert [bin_.low for bin_ in found.bins] == [bin_.high for bin_ in found.bins] == drawn.tolist()
