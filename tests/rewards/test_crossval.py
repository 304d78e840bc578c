"""Cross-validation: every usable row once, by a checkpoint that never saw its group, and the same again from what is there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from tinybase import SEQUENCE, write_base
from toyrows import SETTINGS, toy_rows
from unexamined import unexamined

from recenv.appraisal.scoring import Outcome
from recenv.errors import InputError
from recenv.rewards.models.open import load_scorers
from recenv.training import crossval
from recenv.training.crossval import cross_validate, fold_of

ROWS = toy_rows(28)
ONE = ("query_item_relevance",)
QUICK = msgspec.structs.replace(SETTINGS, epochs=1)


class Validated(NamedTuple):
    folder: Path
    outcome: Outcome


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Validated:
    out = tmp_path_factory.mktemp("validated") / "cv"
    with unexamined():
        return Validated(out, *cross_validate(ROWS, out, 2, QUICK, dimensions=ONE))


def test_groups_fall_whole_into_folds_of_like_size() -> None:
    groups: dict[str, set[int]] = {}
    for row in (msgspec.structs.replace(r, group=f"u{n}") for n in range(400) for r in ROWS[:10]):
        groups.setdefault(row.group, set()).add(fold_of(row, 4))
    assert all(len(own) == 1 for own in groups.values())
    size = [sum(own == {k} for own in groups.values()) for k in range(4)]
    assert sum(size) == 400 and min(size) > 70


def test_every_row_is_scored_by_the_fold_that_did_not_see_it(validated: Validated) -> None:
    folder, found = validated
    own = [r for r in ROWS if r.dimension == ONE[0]]
    assert found.rows == found.total.scored == len(own)
    lines = (folder / crossval.SCORES).read_text("utf-8").splitlines()
    told = {(line["id"], line["item"]): line["score"] for line in map(json.loads, lines)}
    for k in range(2):
        scorer = load_scorers(folder / f"fold-{k}")[ONE[0]]
        held = [r for r in own if fold_of(r, 2) == k]
        assert held and [told[r.id, r.item] for r in held] == pytest.approx(scorer.score(held).values.tolist())


def test_a_fold_that_is_there_is_not_trained_again(
    validated: Validated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = Path(shutil.copytree(validated.folder, tmp_path / "cv"))
    (again / crossval.SCORES).unlink()
    monkeypatch.setattr(crossval, "train", lambda *_, **__: pytest.fail("trained again"))
    cross_validate(ROWS, again, 2, QUICK, dimensions=ONE)
    assert (again / crossval.SCORES).read_bytes() == (validated.folder / crossval.SCORES).read_bytes()


@unexamined()
def test_a_base_that_reads_nothing_is_validated_by_its_features(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(SEQUENCE, read=(), frozen_embeddings=True, semantic=True, axes=2)
    (found,) = cross_validate(ROWS, tmp_path / "cv", 2, settings, dimensions=ONE, base=str(write_base(tmp_path / "base")))
    assert found.total.scored == sum(r.dimension == ONE[0] for r in ROWS)


def test_one_fold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 2 folds"):
        cross_validate(ROWS, tmp_path, 1, QUICK)
