"""Sums in one order: where the number of threads would change the last bit of a result, one of them works alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from recenv.errors import InputError

_ROWS = 256
"""Rows of a matrix product from which its parts fall into the same blocks however many threads there are (measured)."""

THREADS = "RECENV_THREADS"
"""The variable that says on how many threads scorers work in play."""


def threads_in_play() -> int:
    """As many as THREADS says, else one: two environments on two cores would fight for more. Raises InputError for anything but
    a number above 0."""
    given = os.environ.get(THREADS, "1")
    if not given.isdigit() or int(given) < 1:
        raise InputError(f"{THREADS} must be a number of threads, at least 1; got {given!r}")
    return int(given)


def keep_to_one() -> None:
    """One thread for the rest of this process, whether or not the tensor library is imported yet."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def one_thread() -> AbstractContextManager[None]:
    """Sums in one order, whatever the machine. The number of threads is put back."""
    return so_many_threads(1)


@contextmanager
def so_many_threads(count: int) -> Iterator[None]:
    """Work on ``count`` threads; the number is put back. What needs no tensor library works on one."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    if before == count:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def steady(rows: int) -> AbstractContextManager[None]:
    """For products of so many rows: few rows are cut between threads at places that show in the last bit."""
    return nullcontext() if rows >= _ROWS else one_thread()
