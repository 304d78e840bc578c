"""Sums in one order: where the number of threads would change the last bit of a result, one of them works alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_ROWS = 256
"""Rows of a matrix product from which its parts fall into the same blocks however many threads there are (measured)."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order, whatever the machine. The number of threads is put back."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def steady(rows: int) -> Iterator[None]:
    """For products of so many rows: few rows are cut between threads at places that show in the last bit."""
    if rows >= _ROWS:
        yield
        return
    with one_thread():
        yield
