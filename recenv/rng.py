"""Counter-based randomness: every draw is a pure function of its key.

A key is a sequence of unsigned 64-bit words (seed, session, turn, item, purpose ...),
scalars or arrays that broadcast. Draws do not depend on the order of calls, the
batch size, or the process; two agents that meet the same (session, turn, item) see the
same noise, so comparisons between them are paired.

The mixer is SplitMix64's finaliser (Steele, Lea & Flood, OOPSLA 2014), applied once a word.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recenv.errors import InputError

_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_ONES, _WORD = (1 << 64) - 1, np.dtype(np.uint64)
# arrays without axes, since NumPy takes a third longer to meet an array with a scalar of its own
_GOLDEN, _M1, _M2, _S30, _S27, _S31, _S11 = (np.array(n, np.uint64) for n in (_STEP, _FIRST, _SECOND, 30, 27, 31, 11))
_HALF, _TINY = np.array(0.5), np.array(2.0**-53)


def seed_of(given: Any) -> int:
    """The seed of a run or a world as an int in [0, 2**64), of whatever integer type; raises InputError for what is none."""
    if isinstance(given, (bool, np.bool_)) or not isinstance(given, (int, np.integer)) or not 0 <= given < 1 << 64:
        raise InputError(f"seed must be a whole number in [0, 2**64); got {given!r:.60}")
    return int(given)


def word(text: str) -> int:
    """A stable 64-bit word for a string (session id, purpose); independent of PYTHONHASHSEED."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = z ^ (z >> _S30)
    z *= _M1
    z ^= z >> _S27
    z *= _M2
    z ^= z >> _S31
    return z


def _mix_one(z: int) -> int:
    """``_mix`` of one word: Python's integers take a tenth of the time of an array of one."""
    z = (z ^ (z >> 30)) * _FIRST & _ONES
    z = (z ^ (z >> 27)) * _SECOND & _ONES
    return z ^ (z >> 31)


def fold(head: int, word: int) -> int:
    """One key a word longer: ``bits(word, start=head)`` of integers."""
    return _mix_one(((head ^ (word & _ONES)) + _STEP) & _ONES)


def bits(*key: ArrayLike | int, start: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """64 random bits per key; words broadcast against each other, the result has their common shape.

    start: what ``bits`` gave for the head of the key, so that a head that many keys share is folded once:
    ``bits(b, start=bits(a))`` equals ``bits(a, b)``.
    """
    parts = [part if isinstance(part, np.ndarray) else np.asarray(part) for part in key]
    one, axes = 0 if start is None else start.item() if start.size == 1 else None, 0 if start is None else start.ndim
    state = start
    for part in parts:
        if one is not None and part.size == 1 and part.dtype.kind in "iub":
            one, axes = fold(one, part.item()), max(axes, part.ndim)
            continue
        if one is not None:
            state, one = np.array(one, _WORD, ndmin=axes), None
        assert state is not None
        state = _mix((state ^ _word(part)) + _GOLDEN)
    return np.array(one, _WORD, ndmin=axes) if one is not None or state is None else state


def _word(part: ArrayLike | int) -> NDArray[np.uint64]:
    given = np.asarray(part)
    if given.dtype == _WORD:
        return given
    return given.astype(np.int64).view(_WORD) if given.dtype.kind == "i" else given.astype(_WORD)


def uniform(*key: ArrayLike | int, start: NDArray[np.uint64] | None = None) -> NDArray[np.float64]:
    """Uniform draws in the open interval (0, 1)."""
    drawn = bits(*key, start=start)
    if drawn.size == 1 and drawn.ndim:
        return np.array(((drawn.item() >> 11) + 0.5) * 2.0**-53, ndmin=drawn.ndim)
    return as_uniform(drawn)


def as_uniform(drawn: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Random bits as uniform draws."""
    out = (drawn >> _S11).astype(np.float64)
    out += _HALF
    out *= _TINY
    return out


def gumbel(*key: ArrayLike | int, start: NDArray[np.uint64] | None = None) -> NDArray[np.float64]:
    """Standard Gumbel draws: adding them to utilities and taking the largest samples a multinomial logit."""
    return as_gumbel(uniform(*key, start=start))


def as_gumbel(draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """Uniform draws as standard Gumbel ones."""
    return -np.log(-np.log(draws))


def normal(*key: ArrayLike | int) -> NDArray[np.float64]:
    """Standard normal draws (Box-Muller on two sub-keys)."""
    return np.sqrt(-2.0 * np.log(uniform(*key, 1))) * np.cos(2.0 * np.pi * uniform(*key, 2))


def integers(high: ArrayLike | int, *key: ArrayLike | int, start: NDArray[np.uint64] | None = None) -> NDArray[np.int64]:
    """Integers in [0, high)."""
    drawn: NDArray[np.int64] = np.floor(uniform(*key, start=start) * np.asarray(high)).astype(np.int64)
    return drawn


def permutation(n: int, *key: int) -> NDArray[np.int64]:
    """A permutation of range(n)."""
    order: NDArray[np.int64] = np.argsort(uniform(*key, np.arange(n, dtype=np.uint64)), kind="stable")
    return order
