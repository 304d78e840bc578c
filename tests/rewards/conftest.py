"""A checkpoint that tests of several files look into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from madeonce import made_once
from toyrows import SETTINGS, toy_rows
from unexamined import few_draws, few_trees

from recenv.training import warmstart
from recenv.training.train import train

COMMAND = "recenv train --input rows.jsonl --out toy"


@pytest.fixture(scope="session", autouse=True)
def _warmed_up_briefly() -> Iterator[None]:
    """Wide paths of small trainings are fitted in fewer epochs: most of such a training's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warmstart, "_EPOCHS", 15)
        yield


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five dimensions by a compact network with experts, examined, of rows of two sources."""
    def make(folder: Path) -> None:
        rows = [msgspec.structs.replace(r, id=f"{('begin', 'mine')[n % 2]}/file:{r.id}") for n, r in enumerate(toy_rows(20))]
        with few_draws(), few_trees():
            train(rows, folder, settings=msgspec.structs.replace(SETTINGS, epochs=1, experts=True), command=COMMAND)

    return made_once(tmp_path_factory, "toy", make)
