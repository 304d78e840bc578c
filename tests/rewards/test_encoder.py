"""Scorers: the protocol, scores that depend on the row alone, and errors that say what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from five import DIMENSIONS
from safetensors.torch import load_file, save_file
from tinybase import SEQUENCE, write_base
from toyrows import toy_rows
from unexamined import unexamined

from recenv import rng
from recenv.errors import InputError, UnknownName, WeightsError
from recenv.records import ScorerRow
from recenv.rewards.models.blend import blended, kind
from recenv.rewards.models.compact.scorers import CompactScorers
from recenv.rewards.models.compact.segments import unit
from recenv.rewards.models.heads import HeadScorer
from recenv.rewards.models.open import load_scorers, open_scorers
from recenv.rewards.models.sequence.scorers import SequenceScorers
from recenv.rewards.models.wide import standard
from recenv.rewards.protocol import Scorer
from recenv.rewards.ranking import shown_ndcg
from recenv.training.train import train

ROWS = toy_rows(12)
Opened = CompactScorers | SequenceScorers


@pytest.fixture(scope="module", params=["compact", "sequence"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of each family: what is tested here holds for both."""
    if request.param == "compact":
        return request.getfixturevalue("toy")  # type: ignore[no-any-return]
    out = tmp_path_factory.mktemp("toy") / "weights"
    with unexamined():
        base = write_base(tmp_path_factory.mktemp("toy") / "base")
        train(toy_rows(24), out, settings=msgspec.structs.replace(SEQUENCE, epochs=1), base=str(base))
    return out


@pytest.fixture(scope="module")
def owner(folder: Path) -> Opened:
    return open_scorers(folder)


def _of(dimension: str) -> list[ScorerRow]:
    return [r for r in ROWS if r.dimension == dimension]


def test_five_scorers_behind_the_protocol(owner: Opened):
    assert tuple(owner.scorers) == DIMENSIONS
    for d, scorer in owner.scorers.items():
        assert isinstance(scorer, Scorer) and isinstance(scorer, HeadScorer)
        assert scorer.spec.dimension == d and scorer.spec.kind == "encoder"
        assert len(scorer.spec.fingerprint) == 64 and len(scorer.spec.training_data) == 64


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_values_are_probabilities(owner: Opened, dimension: str):
    rows = _of(dimension)
    got = owner.scorers[dimension].score(rows)
    assert got.values.dtype == np.float32 and got.values.shape == (len(rows),)
    assert ((got.values >= 0) & (got.values <= 1)).all() and got.reasons == ("",) * len(rows)
    if dimension == "item_ranking":
        assert [len(p) for p in got.lists] == [len(r.items) for r in rows]
        assert all(abs(float(p.sum()) - 1.0) < 1e-5 for p in got.lists)
        assert got.values[0] == pytest.approx(shown_ndcg(got.lists[0].astype(float), 0), abs=1e-6)
    else:
        assert got.lists == ()


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_score_is_the_same_to_the_bit_whatever_stands_beside_it(owner: Opened, dimension: str):
    rows, scorer = _of(dimension), owner.scorers[dimension]
    owner.clear()
    together = scorer.score(rows).values
    assert (scorer.score(rows).values == together).all()  # from the cache
    threads = torch.get_num_threads()
    try:
        for size, count in ((1, 1), (7, 2), (len(rows), 2)):
            torch.set_num_threads(count)
            order = rng.permutation(len(rows), 3, size)
            owner.clear()
            parts = [scorer.score([rows[i] for i in order[at : at + size]]).values for at in range(0, len(rows), size)]
            assert (np.concatenate(parts) == together[order]).all()
    finally:
        torch.set_num_threads(threads)
    owner.clear()
    assert (scorer.score(rows[:3] * 5).values == np.tile(together[:3], 5)).all()


def test_small_caches_change_nothing(folder: Path, owner: Opened):
    caches = {"segments_kept": 2, "pairs_kept": 1} if isinstance(owner, CompactScorers) else {}
    small = type(owner)(folder, scores_kept=3, **caches)
    for d in DIMENSIONS:
        assert (small.scorers[d].score(_of(d)).values == owner.scorers[d].score(_of(d)).values).all()


def test_only_the_fields_that_are_read_matter(owner: Opened):
    for d in DIMENSIONS:
        row = _of(d)[0]
        other = {
            f: "x"
            for f in ("instruction", "response", "evidence", "user", "context", "item")
            if f not in (*owner.scorers[d].spec.reads, "items")
        }
        changed = ScorerRow(
            **{**{f: getattr(row, f) for f in row.__struct_fields__}, **other, "id": "other", "group": "g", "locale": ""}
        )
        assert owner.scorers[d].score([row]).values[0] == owner.scorers[d].score([changed]).values[0]


@pytest.mark.parametrize("silence", ["", "  ", "?!…", "。。。"])
def test_an_answer_that_says_nothing_is_worth_nothing(owner: Opened, silence: str):
    for row in (ScorerRow(dimension="factual_consistency", evidence="e", response=silence),
                ScorerRow(dimension="instruction_following", instruction="i", response=silence),
                ScorerRow(dimension="query_item_relevance", query="q", item=silence)):
        got = owner.scorers[row.dimension].score([row])
        assert got.values[0] == 0.0 and got.reasons[0].endswith("says nothing")


def test_missing_text_is_nan_with_a_reason(owner: Opened):
    rows = [
        ScorerRow(dimension="factual_consistency", query="q", response="r"),
        _of("factual_consistency")[0],
        ScorerRow(dimension="factual_consistency", response="  "),
    ]
    got = owner.scorers["factual_consistency"].score(rows)
    assert np.isnan(got.values).tolist() == [True, False, True]
    assert "evidence" in got.reasons[0] and got.reasons[1] == "" and "evidence" in got.reasons[2]
    ranked = owner.scorers["item_ranking"].score([ScorerRow(dimension="item_ranking", query="q")])
    assert np.isnan(ranked.values[0]) and len(ranked.lists[0]) == 0
    assert owner.scorers["item_ranking"].score([]).values.shape == (0,)


def test_shown_cuts_the_order_that_is_judged(owner: Opened):
    row = _of("item_ranking")[0]
    scorer = owner.scorers["item_ranking"]
    p = scorer.score([row]).lists[0]
    best_first = tuple(row.items[i] for i in np.argsort(-p, kind="stable"))
    one = ScorerRow(dimension="item_ranking", query=row.query, user=row.user, context=row.context, items=best_first, shown=1)
    assert scorer.score([one]).values[0] == 1.0


def test_odd_text_is_scored(owner: Opened):
    odd = "\x00\ud800 ∂😀" + "长" * 5000
    row = ScorerRow(dimension="query_item_relevance", query=odd.replace("\ud800", ""), item=odd.replace("\ud800", ""))
    assert 0 <= owner.scorers["query_item_relevance"].score([row]).values[0] <= 1


def test_rows_of_another_dimension_and_unknown_dimensions_are_refused(owner: Opened, folder: Path):
    with pytest.raises(InputError, match="item_ranking"):
        owner.scorers["factual_consistency"].score(_of("item_ranking")[:1])
    with pytest.raises(UnknownName, match="item_ranking"):
        load_scorers(folder, ["item_rankin"])


@pytest.mark.parametrize("folder", ["compact"], indirect=True)  # the other network: test_sequence_learner
def test_a_logit_is_the_blend_of_what_is_read_and_what_the_features_say(folder: Path):
    opened = CompactScorers(folder)
    for d in DIMENSIONS:
        units = [(r, r.items[0] if r.items else r.item) for r in _of(d)[:5]]
        explicit = np.stack([unit(r, i).features for r, i in units])
        opinions = list(opened.judged(d, units).opinions)
        if d in opened.checkpoint.second.dimensions:
            given = standard(opened.checkpoint.model.head(d), explicit)
            opinions.append(opened.checkpoint.second.logits(d, [r for r, _ in units], given))
        kinds = [kind(r) for r, _ in units]
        expected = blended(opened.described.blends[d], kinds, *opinions)
        assert [float(opened.logits([r])[0][0]) for r, _ in units] == pytest.approx(expected.tolist(), abs=1e-5)
    assert "factual_consistency" in opened.checkpoint.second.forests


def _cut(f: Path) -> None:
    file = f / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def _edit(f: Path, **changes: object) -> None:
    config = json.loads((f / "config.json").read_text())
    (f / "config.json").write_text(json.dumps({**config, **changes}))


def _without_head(f: Path) -> None:
    tensors = load_file(str(f / "model.safetensors"))
    save_file({k: v for k, v in tensors.items() if not k.startswith("heads.item_ranking")}, str(f / "model.safetensors"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_cut, "truncated or damaged"),
        (_without_head, "head of item_ranking"),
        (lambda f: _edit(f, schema=99), "schema 1, found 99"),
        (lambda f: _edit(f, features_version=0), "features version 0"),
        (lambda f: _edit(f, calibration={}), "no calibration"),
        (lambda f: _edit(f, blends={}), "blends"),
        (lambda f: _edit(f, surprise=1), "damaged"),
        (lambda f: (f / "config.json").write_text("{"), "not readable JSON"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "not a readable tokenizer"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors missing"),
        (shutil.rmtree, "no scorer checkpoint"),
    ],
)
def test_damaged_checkpoints_say_what_to_do(folder: Path, tmp_path: Path, damage: Callable[[Path], object], words: str):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "seal.json").unlink()  # what a checkpoint says without it: a copy by parts, or changed by hand
    damage(copy)
    with pytest.raises(WeightsError, match=words) as caught:
        load_scorers(copy)
    assert any(w in str(caught.value) for w in ("again", "anew", "pass a folder"))
