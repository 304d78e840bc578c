"""A checkpoint that tests of several files look into, trained once for all workers."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from toyrows import SETTINGS, toy_rows
from unexamined import few_draws, few_trees

from recenv.training.train import train

COMMAND = "recenv train --input rows.jsonl --out toy"


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five dimensions by a compact network with experts, examined, of rows of two sources. Copy it before you change it."""
    fcntl = pytest.importorskip("fcntl")
    home = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        home = home.parent  # that of all workers
    folder = home / "toy"
    with (home / "toy.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not folder.exists():  # a checkpoint is there whole or not at all
            rows = [msgspec.structs.replace(r, id=f"{('begin', 'mine')[n % 2]}/file:{r.id}") for n, r in enumerate(toy_rows(32))]
            with few_draws(), few_trees():
                train(rows, folder, settings=msgspec.structs.replace(SETTINGS, epochs=1, experts=True), command=COMMAND)
    return folder
