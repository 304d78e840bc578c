"""The first difference between two records, and how it is named."""

from __future__ import annotations

import pytest

from recenv.differences import first_difference
from recenv.records import Action


@pytest.mark.parametrize(("before", "now", "expected"), [
    ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ("a[1].b", "2", "3")),
    ({"a": 1}, {"a": 1, "b": None}, ("b", "absent", "None")),
    ({"b": 1, "a": 1}, {"a": 2, "b": 2}, ("a", "1", "2")),
    ({"a": (1, 2)}, {"a": [1]}, ("the number of a", "2", "1")),
    ({"a": 1}, {"a": 1.0}, ("a", "1", "1.0")),
    ({"a": 1}, {"a": True}, ("a", "1", "True")),
    ({"a": "x" * 200}, {"a": ""}, ("a", "'" + "x" * 76 + "...", "''")),
    ({"a": "x" * 90 + "--one"}, {"a": "x" * 90 + "--two"}, ("a", "'..." + "x" * 18 + "--one'", "'..." + "x" * 18 + "--two'")),
    (Action(act="ask", text="a"), Action(act="ask", text="b"), ("text", "'a'", "'b'")),
])
def test_the_first_difference_is_named(before: object, now: object, expected: tuple[str, str, str]) -> None:
    assert first_difference(before, now) == expected


def test_what_is_written_alike_does_not_differ() -> None:
    assert first_difference({"a": (1, 2), "b": {}}, {"b": {}, "a": [1, 2]}) is None
