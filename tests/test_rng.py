"""Counter-based draws: pure functions of their key."""

from __future__ import annotations

import numpy as np
import pytest

from recenv import rng
from recenv.errors import InputError


def test_draws_depend_on_the_key_alone() -> None:
    keys = np.arange(1000, dtype=np.uint64)
    together = rng.uniform(7, keys, 3)
    assert all(together[i] == rng.uniform(7, i, 3) for i in (0, 17, 999))
    assert np.array_equal(together[::-1], rng.uniform(7, keys[::-1], 3))


@pytest.mark.parametrize("shape", [(1,), (1, 1), (3, 1)])
def test_an_array_of_one_draws_what_its_word_draws_among_others(shape: tuple[int, ...]) -> None:
    keys, start = np.arange(1, 1000, dtype=np.uint64), rng.bits(np.arange(2**64 - 999, 2**64, dtype=np.uint64))
    for draw in (rng.bits, rng.uniform):
        together = draw(keys, 3, start=start)
        for i in (0, 17, 998):
            alone = draw(np.full(shape, keys[i]), 3, start=start[i : i + 1])
            assert alone.shape == shape and alone.dtype == together.dtype and (alone == together[i]).all()


def test_every_word_of_the_key_matters() -> None:
    draws = [int(rng.bits(*key)) for key in ((1, 2, 3), (1, 3, 2), (0, 2, 3), (1, 2, 4), (1, 2), (1, 2, 3, 0))]
    assert len(set(draws)) == len(draws)


@pytest.mark.parametrize("given", [
    0, 3, np.int8(3), np.uint8(3), np.int64(3), np.uint64(2**64 - 1), 2**64 - 1, True, np.True_, -1, np.int64(-1), 2**64, 2**70,
    3.0, np.float64(3), "3", None, [3], np.array(3), np.array([3])])
def test_a_seed_is_a_whole_number_of_64_bits_of_any_type(given: object) -> None:
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool) and 0 <= int(given) < 2**64:
        made = rng.seed_of(given)
        assert type(made) is int and made == given
        return
    with pytest.raises(InputError, match=r"seed must be a whole number in \[0, 2\*\*64\)") as told:
        rng.seed_of(given)
    assert "\n" not in str(told.value)


def test_known_bits_do_not_move() -> None:
    assert [int(rng.bits(0)), int(rng.bits(1, 2)), rng.word("taste")] == KNOWN


KNOWN = [16294208416658607535, 13608149317741381227, 14827411017049218724]


def test_uniform_normal_and_gumbel_have_their_moments() -> None:
    n = np.arange(200_000, dtype=np.uint64)
    u, z, g = rng.uniform(1, n), rng.normal(1, n), rng.gumbel(1, n)
    assert u.min() > 0 and u.max() < 1
    assert abs(u.mean() - 0.5) < 0.005 and abs(u.var() - 1 / 12) < 0.002
    assert abs(z.mean()) < 0.01 and abs(z.std() - 1) < 0.01
    assert abs(g.mean() - 0.5772) < 0.02 and abs(g.var() - np.pi**2 / 6) < 0.03


def test_gumbel_maxima_sample_a_logit() -> None:
    utility = np.array([0.0, 1.0, 2.0])
    picks = np.argmax(utility + rng.gumbel(5, np.arange(60_000)[:, None], np.arange(3)[None, :]), axis=1)
    expected = np.exp(utility) / np.exp(utility).sum()
    assert np.allclose(np.bincount(picks) / len(picks), expected, atol=0.01)


def test_integers_and_permutations_cover_their_range() -> None:
    drawn = rng.integers(6, 3, np.arange(10_000))
    assert sorted(set(drawn.tolist())) == list(range(6))
    assert sorted(rng.permutation(50, 9).tolist()) == list(range(50))
    assert rng.permutation(50, 9).tolist() != rng.permutation(50, 10).tolist()
