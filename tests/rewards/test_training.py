"""Training: seeded, resumable, leaving global generators alone, with losses that can be redone by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from toyrows import SETTINGS, toy_rows

from recenv.errors import InputError
from recenv.records import DIMENSIONS
from recenv.rewards.batches import part_of
from recenv.rewards.comparison import table_text
from recenv.rewards.encoder import load_scorers
from recenv.rewards.model import listwise_loss, pointwise_loss
from recenv.rewards.training import train

ROWS = toy_rows(32)
TWO = ("query_item_relevance", "item_ranking")


class Killed(Exception):
    pass


def test_listwise_loss_skips_lists_without_a_positive():
    logits = torch.tensor([1.0, 0.0, 5.0, 5.0])
    loss = listwise_loss(logits, torch.tensor([1.0, 0.0, 0.0, 0.0]), torch.tensor([0, 0, 1, 1]))
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1.0)), abs=1e-6)
    assert pointwise_loss(torch.zeros(2), torch.tensor([0.3, 0.8])).item() == pytest.approx(math.log(2.0))


def test_groups_are_never_cut():
    parts: dict[str, set[str]] = {}
    for row in ROWS:
        parts.setdefault(row.group, set()).add(part_of(row, 0.25, 0.25))
    assert all(len(p) == 1 for p in parts.values()) and len(set.union(*parts.values())) == 3


def test_same_seed_same_weights_and_global_generator_untouched(tmp_path: Path):
    before = torch.get_rng_state()
    for name in ("a", "b"):
        train(ROWS, tmp_path / name, dimensions=TWO, settings=SETTINGS)
    train(ROWS, tmp_path / "c", dimensions=TWO, settings=msgspec.structs.replace(SETTINGS, seed=5))
    assert torch.equal(torch.get_rng_state(), before)
    files = [(tmp_path / n / "model.safetensors").read_bytes() for n in "abc"]
    assert files[0] == files[1] != files[2]


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path):
    settings = msgspec.structs.replace(SETTINGS, epochs=3, patience=5)
    whole = train(ROWS, tmp_path / "whole", dimensions=TWO, settings=settings)

    def kill(what: str, done: int, total: int) -> None:
        if what == "epoch 3" and done == 1:
            raise Killed

    with pytest.raises(Killed):
        train(ROWS, tmp_path / "cut", dimensions=TWO, settings=settings, progress=kill)
    assert not (tmp_path / "cut").exists()
    seen: list[str] = []
    resumed = train(ROWS, tmp_path / "cut", dimensions=TWO, settings=settings, progress=lambda what, *_: seen.append(what))
    assert "epoch 3" in seen and "epoch 1" not in seen
    assert resumed["curve"] == whole["curve"]
    assert (tmp_path / "cut/model.safetensors").read_bytes() == (tmp_path / "whole/model.safetensors").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cut", "whole"]


def test_the_checkpoint_describes_itself(tmp_path: Path):
    metrics = train(ROWS, tmp_path / "w", settings=SETTINGS)
    written = json.loads((tmp_path / "w/metrics.json").read_text())
    assert [r["dimension"] for r in written["held_out"]] == list(DIMENSIONS)
    assert all(set(r) >= {"n", "positives", "scorer", "majority", "overlap", "interval"} for r in metrics["held_out"])
    card = (tmp_path / "w/CARD.md").read_text()
    assert all(d in card for d in DIMENSIONS) and "Where it fails" in card
    assert table_text(metrics["held_out"]).count("\n") == 2 + len(DIMENSIONS)
    config = json.loads((tmp_path / "w/config.json").read_text())
    assert (
        config["training_data"] in card
        and load_scorers(tmp_path / "w")["item_ranking"].spec.training_data == config["training_data"]
    )


def test_learns_what_the_text_states(tmp_path: Path):
    """Labels follow from a stated rating limit, so the scorer must find it."""
    settings = msgspec.structs.replace(SETTINGS, epochs=1)
    metrics = train(toy_rows(80), tmp_path / "w", dimensions=("query_item_relevance",), settings=settings)
    row = metrics["held_out"][0]
    assert row["scorer"]["auc"] > 0.95 and row["scorer"]["nll"] < row["majority"]["nll"]


def test_unusable_input_is_refused_and_nothing_touched(tmp_path: Path):
    with pytest.raises(InputError, match="usable query_item_relevance"):
        train(ROWS[:3], tmp_path / "w", dimensions=TWO, settings=SETTINGS)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("keep")
    with pytest.raises(InputError, match="not a scorer checkpoint"):
        train(ROWS, tmp_path / "mine", settings=SETTINGS)
    assert (tmp_path / "mine/notes.txt").read_text() == "keep" and np.array(list(tmp_path.iterdir())).size == 1
