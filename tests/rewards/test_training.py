"""Training: seeded, resumable, leaving global generators alone, with losses that can be redone by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from five import DIMENSIONS
from toyrows import SETTINGS, toy_rows
from unexamined import few_draws, unexamined

from recenv import rng
from recenv.appraisal.comparison import table_text
from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.models.open import load_scorers
from recenv.training import loop
from recenv.training import train as training
from recenv.training.batches import kept, part_of
from recenv.training.compact import CompactLearner
from recenv.training.curves import draw_curves
from recenv.training.losses import dimension_loss, listwise_loss, pairwise_loss, pointwise_loss
from recenv.training.plan import epoch_plan, pool
from recenv.training.settings import SequenceSettings, Settings
from recenv.training.train import train

ROWS = toy_rows(20)
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


def test_pairwise_loss_compares_rows_of_one_request_alone():
    logits, labels = torch.tensor([1.0, -1.0, 9.0]), torch.tensor([1.0, 0.0, 0.0])
    lists = torch.tensor([0, 0, 1])
    assert pairwise_loss(logits, labels, lists).item() == pytest.approx(math.log(1 + math.exp(-2.0)), abs=1e-6)
    assert pairwise_loss(logits, torch.tensor([0.5, 0.5, 0.0]), lists).item() == 0.0
    both = dimension_loss("instruction_following", logits, labels, lists, 0.5)
    assert both.item() == pytest.approx((pointwise_loss(logits, labels) + 0.5 * pairwise_loss(logits, labels, lists)).item())


def _asked(n: int, source: str, prompts: int) -> ScorerRow:
    told = f"{source} {n % prompts}"
    return ScorerRow(dimension="instruction_following", id=f"{source}/{n}", instruction=told, response=str(n))


CAPPED = [
    Settings(batch=8, rows_per_source=50),
    Settings(batch=8, rows_per_epoch=120),
    SequenceSettings(batch=8, rows_per_epoch=60),
]


@pytest.mark.parametrize("settings", CAPPED)
def test_epochs_are_capped_by_source_and_equally_long(settings: Settings):
    rows = [*(_asked(n, "large", 100) for n in range(300)), *(_asked(n, "small", 7) for n in range(20))]
    own = {"instruction_following": pool(rows, rng.integers(90, 5, np.arange(len(rows))))}
    plans = [epoch_plan(own, settings, epoch) for epoch in (0, 0, 1)]
    flat = [[int(r) for _, part in plan for r in part] for plan in plans]
    assert flat[0] == flat[1] != flat[2] and len(plans[0]) == len(plans[2])
    assert len(set(flat[0])) == len(flat[0]) == (70 if settings.rows_per_source else 60)
    if settings.rows_per_source:
        assert sum(r >= 300 for r in flat[0]) == 20  # the small source is seen whole


def test_responses_to_one_request_share_a_batch_and_lengths_are_alike():
    rows = [_asked(n, "s", 128) for n in range(256)]
    lengths = rng.integers(180, 5, np.arange(len(rows)) % 128) + 10
    plan = epoch_plan({"instruction_following": pool(rows, lengths)}, SequenceSettings(batch=8), 0)
    split = sum(len({int(r) % 128 for r in part}) != len(part) / 2 for _, part in plan)
    assert split == 0
    assert np.mean([np.ptp(lengths[part]) for _, part in plan]) < 30


@unexamined()
def test_disjoint_parts_share_no_group(tmp_path: Path):
    sides = [{r.group for r in ROWS if kept(r, *part)} for part in ((0.0, 0.6), (0.6, 1.0))]
    assert sides[0] and sides[1] and not sides[0] & sides[1] and sides[0] | sides[1] == {r.group for r in ROWS}
    metrics = train(ROWS, tmp_path / "w", dimensions=TWO, settings=msgspec.structs.replace(SETTINGS, keep=(0.0, 0.6), epochs=1))
    used = sum(metrics["rows"][part]["item_ranking"] for part in ("train", "validation", "test"))
    assert used == sum(r.dimension == "item_ranking" and r.group in sides[0] for r in ROWS)
    with pytest.raises(InputError, match=r"0.0-0.8"):
        Settings(keep=(0.6, 0.2))


@unexamined()
def test_same_seed_same_weights_and_global_generator_untouched(tmp_path: Path):
    before, legacy = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    for name, seed in (("a", SETTINGS.seed), ("b", SETTINGS.seed), ("c", 5)):
        train(ROWS, tmp_path / name, dimensions=TWO, settings=msgspec.structs.replace(SETTINGS, epochs=1, seed=seed))
    assert torch.equal(torch.get_rng_state(), before) and np.random.get_state()[1].tolist() == legacy  # noqa: NPY002
    files = [(tmp_path / n / "model.safetensors").read_bytes() for n in "abc"]
    assert files[0] == files[1] != files[2]


@unexamined()
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


@unexamined()
def test_a_run_killed_after_training_is_not_trained_again(tmp_path: Path):
    """Early stopping is remembered: the validation loss cannot improve at a learning rate that wrecks the weights."""
    settings = msgspec.structs.replace(SETTINGS, epochs=6, patience=1, learning_rate=0.5)

    def kill(what: str, done: int, total: int) -> None:
        if what.startswith("calibrating"):
            raise Killed

    with pytest.raises(Killed):
        train(ROWS, tmp_path / "w", dimensions=TWO, settings=settings, progress=kill)
    work = tmp_path / ".w.training/run"
    assert not list(work.glob("*/training_args.bin")) and list(work.glob("*/model.safetensors"))
    (work / "checkpoint-999").mkdir()  # a kill in the middle of saving leaves a torn folder behind
    (work / "checkpoint-999/model.safetensors").write_bytes(b"torn")
    seen: list[str] = []
    metrics = train(ROWS, tmp_path / "w", dimensions=TWO, settings=settings, progress=lambda what, *_: seen.append(what))
    assert not any(what.startswith("epoch") for what in seen) and len(metrics["curve"]) < 6
    losses = [c["validation"] for c in metrics["curve"]]
    assert losses.index(min(losses)) == len(losses) - 2  # one epoch without a better one


def test_the_network_is_trained_for_itself_and_the_features_stay_as_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    splits = training._split([r for r in ROWS if r.dimension in TWO], TWO, SETTINGS)
    learner = CompactLearner(splits, TWO, SETTINGS, lambda *_: None)
    warm: dict[str, torch.Tensor] = {}
    plain = CompactLearner.pools
    monkeypatch.setattr(CompactLearner, "pools", lambda self: warm.update(
        {k: v.clone() for k, v in self.model.state_dict().items()}) or plain(self))
    loop.train_network(learner, tmp_path, lambda *_: None)
    moved = {k for k, v in learner.model.state_dict().items() if not torch.equal(v, warm[k])}
    assert moved and not any(".wide." in k for k in moved)
    assert any(k.startswith("encoder.") for k in moved) and all(any(f"{d}.deep" in k for k in moved) for d in TWO)


def test_the_checkpoint_describes_itself(toy: Path):
    metrics = json.loads((toy / "metrics.json").read_text())
    assert [r["dimension"] for r in metrics["held_out"]] == list(DIMENSIONS)
    assert all(set(r) >= {"n", "positives", "scorer", "majority", "overlap", "interval"} for r in metrics["held_out"])
    card = (toy / "CARD.md").read_text()
    assert all(d in card for d in DIMENSIONS) and "Where it fails" in card
    assert (toy / "curves.png").read_bytes() == draw_curves(metrics["curve"])
    assert table_text(metrics["held_out"]).count("\n") == 2 + len(DIMENSIONS)
    config = json.loads((toy / "config.json").read_text())
    assert config["training_data"] in card
    assert load_scorers(toy)["item_ranking"].spec.training_data == config["training_data"]


@few_draws()
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
