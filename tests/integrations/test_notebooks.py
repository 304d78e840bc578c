"""The notebooks of the documentation, run from the first cell to the last in an empty folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient", reason="pip install 'recenv[notebooks]'")
nbformat = pytest.importorskip("nbformat")
pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("ignore")]  # of the kernel, not ours

DOCS = Path(__file__).parents[2] / "docs"


def kinds(book: Any) -> list[set[str]]:
    """Of each code cell, the kinds of what it showed, warnings aside."""
    shown = [[o for o in c.outputs if o.get("name") != "stderr"] for c in book.cells if c.cell_type == "code"]
    return [{kind for o in cell for kind in o.get("data", {"text": ""})} for cell in shown]


@pytest.mark.parametrize("name", ["look.ipynb", "train.ipynb"])
def test_a_notebook_runs_and_shows_what_it_is_filed_with(name: str, tmp_path: Path) -> None:
    filed = nbformat.read(DOCS / name, 4)
    book = nbformat.read(DOCS / name, 4)
    nbclient.NotebookClient(book, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert kinds(book) == kinds(filed)
    assert not any(o.output_type == "error" for c in book.cells if c.cell_type == "code" for o in c.outputs)
