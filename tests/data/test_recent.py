"""What was made lately is found again, what is asked for often stays, and what is held has a bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recenv.data.recent import Recent


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=200), st.integers(2, 20))
def test_values_are_those_that_were_put_and_their_weight_is_bounded(calls: list[tuple[int, bool]], limit: int) -> None:
    recent, known = Recent[int, int](limit), dict[int, int]()
    for n, (key, puts) in enumerate(calls):
        if puts:
            recent.put(key, n)
            known[key] = n
        else:
            assert recent.get(key) in (None, known.get(key))
        assert len({*recent._young} | {*recent._old}) <= limit + 2
    if calls and calls[-1][1]:
        assert recent.get(calls[-1][0]) == len(calls) - 1


def test_what_is_asked_for_often_stays() -> None:
    recent = Recent[int, str](20)
    recent.put(-1, "often")
    for n in range(200):
        recent.put(n, "once")
        assert recent.get(-1) == "often"
    assert recent.get(0) is None and recent.get(199) == "once"
    recent.put(199, "heavy", 100)
    assert recent.get(199) is None and recent.get(-1) == "often"
