"""Everything beside the trunk: what is learned on is what is stored, and second opinions come before calibration and after it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from tinybase import SEQUENCE, write_base
from toyrows import toy_rows
from unexamined import few_trees, unexamined

from recenv.errors import InputError, WeightsError
from recenv.rewards.models.blend import blended, kind
from recenv.rewards.models.open import load_scorers, open_scorers
from recenv.rewards.models.sequence.checkpoint import load
from recenv.rewards.models.sequence.inputs import SequenceInputs
from recenv.rewards.models.sequence.scorers import SequenceScorers
from recenv.rewards.models.wide import standard
from recenv.training import loop
from recenv.training import train as training
from recenv.training.examples import Split
from recenv.training.losses import dimension_loss
from recenv.training.sequence import SequenceLearner
from recenv.training.train import train

ROWS = toy_rows(32)
TWO = ("factual_consistency", "query_item_relevance")
WHOLE = msgspec.structs.replace(
    SEQUENCE, epochs=1, read=TWO[:1], frozen_embeddings=True, semantic=True, axes=2, experts=True, augment=0.2)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_base(tmp_path_factory.mktemp("bases") / "bert"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, base: str) -> Path:
    out = tmp_path_factory.mktemp("whole") / "w"
    with unexamined(), few_trees():
        train(ROWS, out, dimensions=TWO, settings=WHOLE, base=base)
    return out


@pytest.fixture(scope="module")
def learner(base: str) -> SequenceLearner:
    """As it is before training."""
    return SequenceLearner(_splits(), TWO, WHOLE, base, lambda *_: None)


def _splits() -> Split:
    splits = training._split([r for r in ROWS if r.dimension in TWO], TWO, WHOLE)
    for d in TWO:
        splits["train"][d] += training.augmented(splits["train"][d], WHOLE.augment, WHOLE.seed)
    return splits


def _loss(learner: SequenceLearner, batch: dict[str, Any]) -> torch.Tensor:
    """As the training loop makes it of a batch."""
    told = {name: batch.get(name) for name in ("labels", "lists", "pair_weight")}
    logits = learner.model(**{name: value for name, value in batch.items() if name not in told})
    return dimension_loss(batch["dimension"], logits, **told)


def test_an_epoch_is_not_chosen_for_being_modest(learner: SequenceLearner, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = learner.data[TWO[0]]["validation"].labels
    noise = np.random.default_rng(0).normal(size=len(labels))
    losses = {}
    for scale, knows in ((0.2, 1.0), (5.0, 1.0), (0.2, 0.3)):
        monkeypatch.setattr(learner, "held_logits", lambda *_, z=scale * (knows * (2 * labels - 1) + noise): z)
        losses[scale, knows] = learner.validation_loss(TWO[0])
    assert losses[0.2, 1.0] == pytest.approx(losses[5.0, 1.0], rel=0.05) and losses[5.0, 1.0] < losses[0.2, 0.3]


def test_features_of_a_stored_checkpoint_are_those_of_training(trained: Path, learner: SequenceLearner) -> None:
    splits = _splits()
    opened = load(trained)
    inputs = SequenceInputs(opened.model, opened.tokenizer)
    for d in TWO:
        units = [(row, row.item) for row in splits["train"][d]]
        assert np.array_equal(inputs(units), learner.data[d]["train"].features, equal_nan=True)


def test_a_score_depends_on_its_row_alone(trained: Path) -> None:
    for d, scorer in load_scorers(trained).items():
        rows = [r for r in ROWS if r.dimension == d][:20]
        together = scorer.score(rows).values
        for n in (0, 7, 19):
            assert load_scorers(trained)[d].score([rows[n]]).values[0] == together[n]


@few_trees()
@unexamined()
def test_the_same_rows_give_the_same_bytes_and_experts_learn_from_validation_rows_only_after_calibration(
    trained: Path, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, ...]] = []
    fitted, calibrated = SequenceLearner.second_opinions, training._calibrate

    def fit(self: SequenceLearner, parts: tuple[str, ...], tell: object) -> object:
        seen.append(parts)
        return fitted(self, parts, tell)  # type: ignore[arg-type]

    def calibrate(*arguments: object) -> object:
        seen.append(("calibrate",))
        return calibrated(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(SequenceLearner, "second_opinions", fit)
    monkeypatch.setattr(training, "_calibrate", calibrate)
    train(ROWS, tmp_path / "w", dimensions=TWO, settings=WHOLE, base=base)
    for name in ("model.safetensors", "config.json"):
        assert (tmp_path / "w" / name).read_bytes() == (trained / name).read_bytes()
    assert seen == [("train",), ("calibrate",), ("calibrate",), ("train", "validation")]


def test_more_axes_than_answers_are_refused(base: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="axes must be fewer"):
        train(ROWS, tmp_path / "w", dimensions=TWO, settings=msgspec.structs.replace(WHOLE, axes=60), base=base)
    with pytest.raises(InputError, match="axes are of semantic features"):
        msgspec.structs.replace(SEQUENCE, axes=3)


def test_logits_with_all_experts_are_finite(trained: Path) -> None:
    for d in TWO:
        rows = [r for r in ROWS if r.dimension == d]
        assert np.isfinite(np.concatenate(open_scorers(trained).logits(rows))).all()


def test_the_trunk_is_trained_for_itself_and_the_features_stay_as_fitted(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = SequenceLearner(_splits(), TWO, WHOLE, base, lambda *_: None)
    batch = learner.batch(TWO[0], np.arange(8), 0)
    other = {**batch, "features": torch.randn_like(batch["features"])}
    with torch.inference_mode():
        assert torch.equal(_loss(learner, batch), _loss(learner, other))
    before = {k: v.clone() for k, v in learner.model.state_dict().items() if k.startswith("trunk.")}
    warm: dict[str, torch.Tensor] = {}
    plain = SequenceLearner.pools
    monkeypatch.setattr(SequenceLearner, "pools", lambda self: warm.update(
        {k: v.clone() for k, v in self.model.heads.state_dict().items()}) or plain(self))
    loop.train_network(learner, tmp_path, lambda *_: None)
    assert all(torch.equal(v, warm[k]) for k, v in learner.model.heads.state_dict().items())
    assert any(not torch.equal(v, before[k]) for k, v in learner.model.state_dict().items() if k in before)


def test_a_logit_is_the_blend_of_reading_and_features(trained: Path) -> None:
    opened, own = SequenceScorers(trained), TWO[0]
    rows = [r for r in ROWS if r.dimension == own][:6]
    units = [(r, "") for r in rows]
    config, head, given = opened.described, opened.checkpoint.model.head(own), opened.inputs(units)
    with torch.inference_mode():
        wide = head.judge(torch.from_numpy(given)).double().numpy()
    kinds = [kind(row) for row in rows]
    opinions = opened.read(own, units), wide, opened.checkpoint.second.logits(own, rows, standard(head, given))
    assert np.concatenate(opened.logits(rows)) == pytest.approx(blended(config.blends[own], kinds, *opinions), abs=1e-5)
    assert set(config.blends[own]) == {"records", "prose"} and set(config.blends[TWO[1]]) == {""}
    assert {len(b.weights) for b in config.blends[TWO[1]].values()} == {2}  # what is not read: features and forest


def test_a_checkpoint_that_does_not_say_how_to_fuse_is_refused(trained: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trained, tmp_path / "w")
    (copy / "seal.json").unlink()  # it is changed on purpose
    config = json.loads((copy / "config.json").read_text("utf-8"))
    two = {"weights": [0.5, 0.5]}
    for wrong in ({}, {"prose": two}, {"prose": two, "records": two}):
        (copy / "config.json").write_text(json.dumps({**config, "blends": {**config["blends"], TWO[0]: wrong}}), "utf-8")
        with pytest.raises(WeightsError, match="blends"):
            load(copy)
