"""Any text is in the spaces of the chat environment, and comes through flattening and other processes as it is."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces.utils import flatdim, flatten, flatten_space, unflatten
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory
from hypothesis import given
from hypothesis import strategies as st

import recenv  # noqa: F401  (registers the environments)
from recenv.envs.text_space import UnicodeText
from recenv.errors import InputError

SPACE = UnicodeText(60)
TEXTS = ["", "\n", "好 🎉\t\x00", "\ud83d", "\U0010ffff", "x" * 60]


@given(st.text(st.characters(), max_size=60))
def test_any_text_comes_back_from_its_numbers(text: str) -> None:
    assert text in SPACE
    flat = flatten(SPACE, text)
    assert flat in flatten_space(SPACE) and flat.shape == (flatdim(SPACE),)
    assert unflatten(SPACE, flat) == text
    assert unflatten(SPACE, flat.astype(np.int64)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_numbers_are_those_of_gymnasiums_own_text(text: str) -> None:
    plain = spaces.Text(60, min_length=0, charset="".join(TEXTS))
    codes = [SPACE.character_index(c) for c in text]
    assert flatten(SPACE, text)[: len(text)].tolist() == codes and len(flatten(plain, text)) == len(flatten(SPACE, text))
    assert all(c in SPACE.character_set and SPACE.character_list[int(n)] == c for c, n in zip(text, codes, strict=True))
    both = spaces.Dict({"text": SPACE, "more": spaces.Discrete(3)})
    assert unflatten(both, flatten(both, {"text": text, "more": 1})) == {"text": text, "more": 1}


def test_shared_memory_is_read_as_it_is_now() -> None:
    memory = create_shared_memory(SPACE, n=2)
    seen = read_from_shared_memory(SPACE, memory, n=2)
    assert tuple(seen) == ("", "")
    for text in (*TEXTS, "short"):
        write_to_shared_memory(SPACE, 1, text, memory)
        assert tuple(seen) == ("", text) and seen[-1] == text
        assert seen == ("", text) and seen == ["", text] and seen != 3 and seen[:1] == ("",)
        assert seen != ("", text + "a") and seen != ("",) and seen != ("", text, "") and (not text or seen != ("", ""))
    with pytest.raises(InputError, match="61 characters"):
        write_to_shared_memory(SPACE, 0, "x" * 61, memory)


def test_samples_are_short_enough_and_come_again_with_the_seed() -> None:
    space = UnicodeText(20)
    space.seed(3)
    first = [space.sample() for _ in range(20)]
    space.seed(3)
    assert first == [space.sample() for _ in range(20)] and all(t in space and t.isprintable() for t in first)
    assert len(space.sample(mask=(5, None))) == 5 and space == UnicodeText(20) and space != UnicodeText(21)


ACTS = ('{"act": "ask", "text": "预算多少? 🎉\\n"}', '{"act": "search", "query": "tea"}')


@pytest.mark.parametrize("vector", [{"shared_memory": False}, {}, {"copy": False}])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_other_processes_tell_what_this_one_does(vector: dict[str, object]) -> None:
    """Forked, as starts quickest; of other ways to start a process see test_gymnasium_doors.py."""
    made, vector = {"scenario": "mixed", "scorers": "rules"}, {"context": "fork", **vector}
    here = gymnasium.make_vec("recenv/Chat-v1", num_envs=2, vectorization_mode="sync", **made)  # type: ignore[arg-type]
    there = gymnasium.make_vec(
        "recenv/Chat-v1", num_envs=2, vectorization_mode="async", vector_kwargs=vector, **made)  # type: ignore[arg-type]
    try:
        assert tuple(there.reset(seed=1)[0]) == tuple(here.reset(seed=1)[0])
        for _ in range(3):
            mine, theirs = here.step(ACTS), there.step(ACTS)
            assert tuple(theirs[0]) == tuple(mine[0])
            assert theirs[1].tolist() == mine[1].tolist()
    finally:
        there.close()
        here.close()


def test_a_character_is_one_and_no_more() -> None:
    every = SPACE.character_set
    assert len(every) == 0x110000 and all(value in every for value in ("a", "\ud83d"))
    assert not any(value in every for value in ("", "ab", 97, None))
    assert every[97] == "a" and every[-1] == "\U0010ffff" and every[48:50] == ("0", "1")
    assert [c for c, _ in zip(every, range(3), strict=False)] == ["\x00", "\x01", "\x02"]
    assert [SPACE.contains(value) for value in ("", "x" * 60, "x" * 61, 3)] == [True, True, False, False]
