"""Errors that travel: what one process raises, another is told whole."""

from __future__ import annotations

import copy
from multiprocessing.reduction import ForkingPickler

import pytest

from recenv import errors
from recenv.errors import EndpointError, MissingExtra, RecenvError, Unanswered, UnknownName

OTHERS: list[RecenvError] = [
    UnknownName("agent", "gredy", ["greedy", "random"]), MissingExtra("ray", "ray"), EndpointError("too late", "timeout"),
    Unanswered([None, EndpointError("refused", "status 429"), "an answer"])]
ALL = [*OTHERS, *(kind("what came, and what to do") for kind in vars(errors).values()
                  if isinstance(kind, type) and issubclass(kind, RecenvError) and "__init__" not in vars(kind)
                  and kind not in (Unanswered,))]


def test_a_long_list_of_names_says_that_it_goes_on() -> None:
    assert str(UnknownName("task", "zzz", [f"t{n:02d}" for n in range(23)])).endswith("t18, t19 and 3 more.")
    assert str(UnknownName("task", "zzz", ["t1"])).endswith("Known: t1.")


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_an_error_arrives_as_it_was(error: RecenvError) -> None:
    for other in (ForkingPickler.loads(ForkingPickler.dumps(error)), copy.copy(error)):
        assert type(other) is type(error) and str(other) == str(error) and other.args == error.args
        assert {k: str(v) for k, v in vars(other).items()} == {k: str(v) for k, v in vars(error).items()}
