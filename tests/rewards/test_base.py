"""Base checkpoints: any classifier can be trained on, what is frozen stays, bytes on disk are few, errors say what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from tinybase import SEQUENCE, write_base
from toyrows import toy_rows
from unexamined import few_draws, unexamined

from recenv.cli import cli
from recenv.data.rowfile import write_rows
from recenv.errors import InputError, UnknownName, WeightsError
from recenv.records import ScorerRow
from recenv.rewards.models.open import load_scorers, open_scorers
from recenv.rewards.models.quantised import quantise, restore
from recenv.rewards.models.sequence.checkpoint import load
from recenv.rewards.models.sequence.text import Assembler, nearest, sides
from recenv.training.base import add_tokens, freeze, load_base, unknown_hanzi
from recenv.training.settings import SequenceSettings, settings_for
from recenv.training.train import train

ROWS = toy_rows(20)
TWO = ("instruction_following", "item_ranking")


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_base(tmp_path_factory.mktemp("bases") / "bert"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, bert: str) -> Path:
    out = tmp_path_factory.mktemp("trained") / "w"
    with unexamined():
        train(ROWS, out, dimensions=TWO[:1], settings=msgspec.structs.replace(SEQUENCE, epochs=1), base=bert)
    return out


# -- text --------------------------------------------------------------------------------------------------------


def test_sequences_fit_and_keep_both_halves(bert: str):
    base = load_base(bert, 5, 0)
    assemble = Assembler(base.tokenizer, 48)
    answer = "Lotus " * 90 + "rated 4.3"
    long = ScorerRow(dimension="instruction_following", instruction="at most " * 80, query="tea", response=answer)
    tokens, short = assemble([sides(long), sides(ROWS[2])])
    assert len(tokens.ids) == 48 and len(short.ids) < 48
    assert tokens.ids[0] == 2 and tokens.ids[-1] == 3 and list(tokens.ids).count(3) == 4  # marker, instruction, query, response
    assert 15 < int((tokens.types == 1).sum()) < 33  # neither half is squeezed out
    shown = base.tokenizer.decode(tokens.ids[tokens.types == 1].tolist())
    assert shown.startswith("lotus") and shown.replace(" ", "").endswith("4.3")  # beginning and end


def test_special_tokens_in_a_text_are_text(bert: str):
    assemble = Assembler(load_base(bert, 5, 0).tokenizer, 64)
    plain, aimed = assemble([sides(ScorerRow(dimension="query_item_relevance", query="tea house", item=item))
                             for item in ("Lotus House", "Lotus [SEP] [CLS] House [PAD]")])
    assert [list(plain.ids).count(n) for n in (0, 2, 3)] == [list(aimed.ids).count(n) for n in (0, 2, 3)]


def test_dimensions_have_their_own_sequences(bert: str):
    assemble = Assembler(load_base(bert, 5, 0).tokenizer, 96)
    row = {"query": "tea", "user": "u", "context": "c", "item": "x"}
    made = assemble([sides(ScorerRow(dimension=d, **row), "x") for d in ("behavior_prediction", "item_ranking")])
    assert made[0].ids.tolist() != made[1].ids.tolist()


def test_the_nearest_evidence_comes_first():
    evidence = "Garden Inn; hotel; no parking.\n" + "Some words about nothing much. " * 20 + "Breakfast is served from 7 to 10."
    first = nearest(evidence, "Breakfast is served from 7", "Breakfast is served from 7")[0]
    assert "Breakfast" in first and len(first) <= 240
    assert nearest(evidence, "The Garden Inn is nice", "The Garden Inn is nice")[0].startswith("Garden Inn")
    assert nearest("", "a", "b") == ()


# -- bases -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta"])
@unexamined()
def test_any_classifier_is_a_base(tmp_path: Path, kind: str):
    base = str(write_base(tmp_path / kind, kind))
    settings = msgspec.structs.replace(SEQUENCE, epochs=1, frozen_layers=1)
    train(ROWS, tmp_path / "w", dimensions=TWO, settings=settings, base=base)
    for d, scorer in load_scorers(tmp_path / "w").items():
        values = scorer.score([r for r in ROWS if r.dimension == d]).values
        assert ((values >= 0) & (values <= 1)).all()


def test_the_global_generator_is_left_alone_and_heads_follow_the_seed(bert: str):
    before = torch.get_rng_state()
    heads = [load_base(bert, 5, seed).trunk.classifier.weight for seed in (1, 1, 2)]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(heads[0], heads[1]) and not torch.equal(heads[0], heads[2])


def test_chinese_characters_are_added_by_frequency(bert: str):
    base = load_base(bert, 5, 0)
    assert unknown_hanzi(base.tokenizer, ["tea house"], 10) == ()
    found = unknown_hanzi(base.tokenizer, ["茶楼茶", "楼茶园"], 6)
    assert found[:3] == ("茶", "楼", "园") and len(found) == 6 and len(set(found)) == 6
    size = base.tokenizer.get_vocab_size()
    assert add_tokens(base, found, 0) == 6 and base.tokenizer.get_vocab_size() == size + 6
    assert base.tokenizer.encode("茶楼 lotus", add_special_tokens=False).tokens[:2] == ["茶", "楼"]
    rows = base.trunk.get_input_embeddings().weight[size:]
    assert len(torch.unique(rows, dim=0)) == 6
    assert unknown_hanzi(base.tokenizer, ["茶楼"], 3)[0] != "茶"


@unexamined()
def test_what_is_frozen_stays_and_added_rows_learn(tmp_path: Path, bert: str):
    settings = msgspec.structs.replace(SEQUENCE, frozen_layers=1, storage="float16", epochs=1)
    train(ROWS, tmp_path / "w", dimensions=TWO, settings=settings, base=bert)
    began, ended = load_base(bert, 2, 0).trunk.state_dict(), load(tmp_path / "w").model.trunk.state_dict()
    table = "bert.embeddings.word_embeddings.weight"
    size = len(began[table])
    assert len(ended[table]) == size + 60
    same = {k for k in began if k != table and torch.equal(began[k].half().float(), ended[k])}
    assert {k for k in began if "embeddings" in k or "layer.0" in k} - {table} <= same
    assert not any("layer.1.attention.self.query.weight" in k or k == "classifier.weight" for k in same)
    assert torch.equal(began[table].half().float(), ended[table][:size])
    fresh = load_base(bert, 2, 0)
    texts = [t for r in ROWS for t in (r.instruction, r.query, r.response, r.evidence, r.user, r.context, r.item, *r.items)]
    add_tokens(fresh, unknown_hanzi(fresh.tokenizer, texts, 60), 0)
    assert not torch.equal(fresh.trunk.get_input_embeddings().weight[size:].half().float(), ended[table][size:])


def test_too_many_frozen_layers_are_refused(bert: str):
    with pytest.raises(InputError, match="at most 2"):
        freeze(load_base(bert, 5, 0).trunk, False, 3, 0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: None, "found nothing there"),
        (lambda f: f.write_text("x"), "found a file there"),
        (lambda f: (f.mkdir(), (f / "notes.txt").write_text("x")), "found notes.txt"),
        (lambda f: (f.mkdir(), (f / "config.json").write_text("{}"), (f / "pytorch_model.bin").write_text("")), "pickles"),
        (lambda f: (f.mkdir(), (f / "config.json").write_text("{}"), (f / "a.safetensors").write_text("")), "cannot be loaded"),
    ],
)
def test_a_base_that_cannot_be_loaded_says_what_to_do(tmp_path: Path, make, words: str):
    make(tmp_path / "base")
    with pytest.raises(InputError, match=words) as caught:
        load_base(str(tmp_path / "base"), 5, 0)
    assert "expected" in str(caught.value) or "save_pretrained" in str(caught.value)


# -- weights on disk ---------------------------------------------------------------------------------------------


def test_bytes_lose_less_than_half_a_step():
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(64, 128, generator=generator) * torch.logspace(-3, 1, 64)[:, None]
    matrix[5] = 0.0
    tensors = {"m": matrix, "bias": torch.randn(64, generator=generator), "ids": torch.arange(4)}
    kept = quantise(tensors)
    back = restore(kept)
    assert kept["m"].dtype == torch.int8 and back["m"].dtype == torch.float32 and back.keys() == tensors.keys()
    step = matrix.abs().amax(1, keepdim=True) / 127.0
    assert ((back["m"] - matrix).abs() <= 0.502 * step + 1e-7 + matrix.abs() * 1e-3).all() and (back["m"][5] == 0).all()
    assert torch.equal(back["bias"], tensors["bias"].half().float()) and torch.equal(back["ids"], tensors["ids"])
    assert restore(quantise(back)).keys() == back.keys()


@unexamined()
def test_int8_checkpoints_are_small_and_score_alike(tmp_path: Path, bert: str):
    scores = {}
    for storage in ("int8", "float16"):
        settings = msgspec.structs.replace(SEQUENCE, storage=storage, epochs=1, learning_rate=1e-4)
        train(ROWS, tmp_path / storage, dimensions=TWO[:1], settings=settings, base=bert)
        tensors = load_file(str(tmp_path / storage / "model.safetensors"))
        assert any(t.dtype == torch.int8 for t in tensors.values()) == (storage == "int8")
        rows = [r for r in ROWS if r.dimension == TWO[0]]
        scores[storage] = np.concatenate(open_scorers(tmp_path / storage).logits(rows))
    assert np.abs(scores["int8"] - scores["float16"]).max() < 0.05


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: (f / "trunk.json").unlink(), "trunk.json missing"),
        (lambda f: (f / "trunk.json").write_text('{"model_type": "nothing"}'), "does not describe"),
        (lambda f: (f / "trunk.json").write_text("{"), "does not describe"),
        (lambda f: _config(f, family="other"), "family must be"),
        (lambda f: _config(f, features_version=0), "features version 0"),
        (lambda f: _config(f, storage="int4"), "damaged"),
    ],
)
def test_damaged_sequence_checkpoints_say_what_to_do(tmp_path: Path, trained: Path, change, words: str):
    shutil.copytree(trained, tmp_path / "w")
    (tmp_path / "w/seal.json").unlink()  # what a checkpoint says without it: a copy by parts, or changed by hand
    change(tmp_path / "w")
    with pytest.raises(WeightsError, match=words):
        load_scorers(tmp_path / "w")


def _config(folder: Path, **changes: object) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


# -- training ----------------------------------------------------------------------------------------------------


@few_draws()
def test_a_sequence_run_is_repeatable_and_can_be_killed(tmp_path: Path, bert: str):
    settings = msgspec.structs.replace(SEQUENCE, epochs=2, patience=5)
    whole = train(ROWS, tmp_path / "whole", dimensions=TWO, settings=settings, base=bert)

    def kill(what: str, done: int, total: int) -> None:
        if what == "epoch 2" and done == 2:
            raise Killed

    with pytest.raises(Killed):
        train(ROWS, tmp_path / "cut", dimensions=TWO, settings=settings, base=bert, progress=kill)
    seen: list[str] = []
    with unexamined():
        train(ROWS, tmp_path / "cut", dimensions=TWO, settings=settings, base=bert, progress=lambda what, *_: seen.append(what))
    assert "epoch 2" in seen and "epoch 1" not in seen
    files = [(tmp_path / n / "model.safetensors").read_bytes() for n in ("cut", "whole")]
    assert files[0] == files[1]
    assert len(whole["curve"]) == 2 and (tmp_path / "whole/curves.png").read_bytes()[:4] == b"\x89PNG"
    assert {p.name for p in (tmp_path / "whole").iterdir()} == {
        "config.json", "trunk.json", "tokenizer.json", "model.safetensors", "metrics.json", "CARD.md", "curves.png", "seal.json",
        *(f"card_{d}.png" for d in TWO)}
    assert "cross-encoder" in (tmp_path / "whole/CARD.md").read_text()
    assert json.loads((tmp_path / "whole/trunk.json").read_text()).keys().isdisjoint({"_name_or_path", "dtype"})


@few_draws()
def test_learns_from_text_alone(tmp_path: Path, bert: str):
    """Without explicit features, the answer's language is still in the tokens."""
    rows = [ScorerRow(dimension="query_item_relevance", id=f"s/{n}", group=f"g{n}", query="tea house", label=float(n % 2),
                      item=("Lotus House rated 4.5" if n % 2 else "a morning budget") + f" {n % 7}") for n in range(160)]
    settings = msgspec.structs.replace(SEQUENCE, features=False, epochs=6, learning_rate=3e-3)
    metrics = train(rows, tmp_path / "w", dimensions=("query_item_relevance",), settings=settings, base=bert)
    assert metrics["held_out"][0]["scorer"]["auc"] > 0.95
    assert json.loads((tmp_path / "w/config.json").read_text())["features"] == {}


def test_a_base_and_its_settings_belong_together(tmp_path: Path, bert: str):
    with pytest.raises(InputError, match="SequenceSettings"):
        train(ROWS, tmp_path / "w", settings=SEQUENCE)
    with pytest.raises(InputError, match="at most 128"):
        train(toy_rows(32), tmp_path / "w", settings=SequenceSettings(max_length=200), base=bert)
    with pytest.raises(UnknownName, match="frozen_layers"):
        settings_for("sequence", {"frozen_layer": 1})
    with pytest.raises(UnknownName, match="frozen_layers"):
        settings_for("compact", {"frozen_layers": 1})
    with pytest.raises(InputError, match="does not fit"):
        settings_for("sequence", {"frozen_layers": "all"})
    assert list(tmp_path.iterdir()) == []


@few_draws()
def test_the_command_line_trains_on_a_base(tmp_path: Path, bert: str):
    write_rows(ROWS, tmp_path / "rows.jsonl")
    options = ["train", "--input", str(tmp_path / "rows.jsonl"), "--base", bert, "--dimension", "query_item_relevance",
               "--epochs", "1", "--max-length", "64", "--keep", "0.0-0.9", "--bf16",
               "--set", "batch=8", "--set", "frozen_layers=1",
               "--set", "validation_share=0.25", "--set", "test_share=0.25", "--out", str(tmp_path / "w")]
    result = CliRunner().invoke(cli, options, catch_exceptions=False)
    assert result.exit_code == 0 and "query_item_relevance" in result.output
    trained = json.loads((tmp_path / "w/config.json").read_text())["trained"]["settings"]
    assert trained["keep"] == [0.0, 0.9] and trained["bf16"] is True and trained["max_length"] == 64 and trained["batch"] == 8
    assert "--keep 0.0-0.9" in (tmp_path / "w/CARD.md").read_text()
    for wrong in (["--keep", "0.5"], ["--set", "batch"], ["--max-length", "16"]):
        again = CliRunner().invoke(cli, [*options, "--overwrite", *wrong])
        assert again.exit_code != 0
