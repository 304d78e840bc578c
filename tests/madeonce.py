"""Folders that take long to make and that tests only read: made by the first worker that asks for one, for all workers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that ``make`` makes at the path it is given. Do not write to it: copy it first."""
    fcntl = pytest.importorskip("fcntl")
    home = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        home = home.parent  # that of all workers
    folder, done = home / name, home / f"{name}.done"
    with (home / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not done.exists():
            make(folder)
            done.touch()
    return folder
