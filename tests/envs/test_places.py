"""Arrays of candidates and places: what finds nothing, and what many rows are gone through by."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from fakes import ScriptedUser

from recenv import rng
from recenv.data.world import World
from recenv.envs import dynamics
from recenv.envs.config import EnvConfig
from recenv.envs.state import over_places
from recenv.envs.tables import EXTRAPOLATED, FITS, KEPT, REFUSED, TAKEN, WANTED_GRADE, Tables, log_bits, preferred
from recenv.users.protocol import Appeal


@pytest.mark.parametrize("operation", [np.maximum, np.logical_and])
@pytest.mark.parametrize("k", [1, 3])
def test_many_rows_are_reduced_as_few_are(operation: np.ufunc, k: int) -> None:
    values = rng.uniform(5, np.arange(300 * k)).reshape(300, k)
    array = values > 0.2 if operation is np.logical_and else values
    many = over_places(operation, array)
    assert many.tolist() == [over_places(operation, row[None])[0] for row in array] == operation.reduce(array, axis=1).tolist()


def test_no_candidate_finds_nothing_in_any_row(tiny_world: World) -> None:
    tables = Tables(tiny_world, ScriptedUser(), EnvConfig(candidates=17))
    state = dynamics.begin(tables, np.arange(4), np.arange(4, dtype=np.uint64), 5)
    none = np.full((4, 3), -1)
    cells, spots = tables.standing(state.session, state.goal).slate[:, 0] + none, state.spots(none)
    assert (tables.rows.item_at.take(cells) == -1).all() and not tables.rows.logged_at.take(cells).any()
    assert not tables.rows.said.reshape(-1, 4).take(cells, 0).any() and not tables.rows.ruled_at.take(cells).any()
    assert state.marked.take(spots).all() and not state.preference.take(spots).any() and not state.reach.take(spots).any()
    assert not state.shown.any()


@pytest.mark.parametrize(("values", "logged", "best"), [
    ((1.0, 2.0), (24, 24), 1), ((1.0, 2.0), (24, 16), 0), ((-3.0, 2.0), (16, 0), 0), ((1.0, 1.0), (24, 24), 0),
    ((0.4, 9.0), (24, 0), 0),
])
def test_the_grade_counts_before_the_value_and_of_equals_the_first(
    values: Sequence[float], logged: Sequence[int], best: int
) -> None:
    """logged: 16 is kept, 8 fits; what reaches the bar of 0.5 and fits is wanted."""
    found = preferred(np.array(values), np.array(0.5), np.array(logged, np.uint8))
    assert found.argmax() == best and found.imag.tolist() == list(values)
    assert (found.real == WANTED_GRADE).tolist() == [v >= 0.5 and bits == 24 for v, bits in zip(values, logged, strict=True)]


@pytest.mark.parametrize(("taken", "refused", "missed", "unknown"), list(itertools.product((False, True), repeat=4)))
def test_an_item_fits_that_misses_nothing_and_was_not_turned_down_or_that_was_taken(
    taken: bool, refused: bool, missed: bool, unknown: bool
) -> None:
    fits, kept = taken or not (missed or unknown or refused), taken or not missed
    for extrapolated in (False, True):
        appeal = Appeal(np.zeros(1), np.zeros(1), *(np.array([so]) for so in (extrapolated, taken, refused)))
        bits = log_bits(appeal, *(np.array([so * 0b100], np.uint64) for so in (missed, unknown)))
        assert bits.tolist() == [extrapolated * EXTRAPOLATED | taken * TAKEN | refused * REFUSED | fits * FITS | kept * KEPT]
