"""Boosted trees: LightGBM's leaf, scores of a row alone, what never counts against an item, and who judges what."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from five import DIMENSIONS
from safetensors.numpy import load_file, save_file
from unexamined import few_draws, unexamined

from recenv import rng
from recenv.appraisal.cost import bench_rows
from recenv.errors import InputError, WeightsError
from recenv.measures.metrics import auc
from recenv.records import ScorerRow
from recenv.rewards.features import matching, rivals
from recenv.rewards.features.matching import NAMES, Held, matched
from recenv.rewards.features.rivals import above_rivals
from recenv.rewards.features.terms import Rarity, said, shown
from recenv.rewards.models.boosted.ensemble import Ensemble
from recenv.rewards.models.boosted.inputs import names, prior
from recenv.rewards.models.boosted.overlaps import Asked, Overlaps
from recenv.rewards.models.boosted.scorers import BoostedScorers
from recenv.rewards.models.described import resolve, specs_of
from recenv.rewards.models.divided import DividedScorer, by_trees, divided
from recenv.rewards.models.open import load_scorers, open_scorers
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.training.fits import boosting
from recenv.training.settings import BoostedSettings, settings_for
from recenv.training.train import train

lightgbm = pytest.importorskip("lightgbm")

EVEN = Rarity({}, 1.0)
REQUEST = "I want crayfish that is not spicy, and a quiet tea house near the lake."
SHOPS = ("Red Claw; dining; rating: 4.6; dishes: crayfish, garlic prawns", "Lake House; dining; type: tea house; features: quiet",
         "Iron Gym; lifestyle; features: swimming pool", "Hot Pot King; dining; dishes: spicy beef")
WORDS = ("tea", "noodles", "crayfish", "garden", "pool", "museum", "books", "pharmacy")
SMALL = BoostedSettings(ranking=12, trees=12, least=5, validation_share=0.25, test_share=0.25)


def _rows(count: int = 120) -> list[ScorerRow]:
    """Requests for one word, held against items of which the first has it."""
    out = []
    for n in range(count):
        own, other = WORDS[n % 8], WORDS[(n + 1 + n // 8 % 7) % 8]
        texts = (f"House {n}; shopping; features: {own}", f"Place {n}; shopping; features: {other}")
        group = f"g{n}"
        out += [ScorerRow(dimension="query_item_relevance", id=f"s/{n}:{k}", group=group, query=f"some {own} please", item=text,
                          label=float(k == 0)) for k, text in enumerate(texts)]
        out.append(ScorerRow(dimension="item_ranking", id=f"s/{n}", group=group, query=f"some {own} please", items=texts[::-1],
                             label=(0.0, 1.0)))
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("boosted") / "w"
    with few_draws():
        train(_rows(), out, dimensions=("query_item_relevance", "item_ranking"), settings=SMALL)
    return out


def test_trees_say_what_lightgbm_says():
    x = rng.uniform(7, np.arange(600 * 9, dtype=np.uint64)).reshape(600, 9).round(2)
    y = (x[:, 0] + x[:, 3] * x[:, 5] > 0.9).astype(float)
    options = {"objective": "cross_entropy", "num_leaves": 16, "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1, "seed": 3}
    model = lightgbm.train(options, lightgbm.Dataset(x, y), 30)
    mine = boosting._written(model.dump_model()["tree_info"]).logits(x)
    assert np.allclose(mine, model.predict(x, raw_score=True), atol=1e-9)
    stored = Ensemble(boosting._written(model.dump_model()["tree_info"]).arrays())
    assert np.array_equal(stored.logits(x), mine) and np.array_equal(np.concatenate([stored.logits(r[None]) for r in x]), mine)
    both = boosting.together(stored, stored, 0.5)
    assert np.allclose(both.logits(x), 1.5 * mine)


def meeting(text, items, rarity, local=False):
    return matched([Held(said(text), [shown(i) for i in items], local)], rarity)[0]


def test_words_meet_items_by_part_and_clause():
    found = dict(zip(NAMES, meeting(REQUEST, SHOPS, EVEN).T, strict=True))
    assert found["mass"][0] > 0.0 and found["mass"][1] > found["mass"][0] and found["mass"][2] == 0.0
    assert found["refused_mass"].tolist() == [0.0, 0.0, 0.0, 1.0]  # spicy
    assert found["name_mass"][1] >= 1.0 > found["name_mass"][0] and found["name_share"][1] == pytest.approx(0.5)  # the lake
    assert (found["covered"] <= 1.0).all() and (found["part_most"] < 1.0).all()


def test_a_pair_is_the_same_alone_and_among_others():
    together = meeting(REQUEST, SHOPS, EVEN)
    alone = np.concatenate([meeting(REQUEST, [s], EVEN) for s in SHOPS])
    assert np.array_equal(together, alone)
    backwards = meeting(REQUEST, SHOPS[::-1], EVEN, True)[::-1]
    assert np.array_equal(backwards, meeting(REQUEST, SHOPS, EVEN, True))
    assert not meeting("", SHOPS, EVEN).any()
    assert not meeting(REQUEST, [""], EVEN).any()


def test_what_meets_is_found_for_many_at_once_as_for_each_alone(monkeypatch):
    texts = [REQUEST, "", "tea by the lake", "不要辣，想吃火锅", "4.5 and 40", "nothing of that"]
    lists = [SHOPS, ["", *SHOPS], SHOPS[1:], [], ["火锅店；餐饮；评分: 4.5分；价格: 40元"]]
    held = [Held(said(t), [shown(i) for i in own], local) for t in texts for own in lists for local in (False, True)]
    rarity = Rarity({"tea": 3.0, "lake": 2.0}, 5.0)
    alone = [matched([own], rarity)[0].tobytes() for own in held]
    assert [found.tobytes() for found in matched(held, rarity)] == alone
    assert [found.shape for found in matched(held, rarity)] == [(len(own.items), len(NAMES)) for own in held]
    for name, value in (("_WORDS", 90), ("_TERMS", 40)):
        monkeypatch.setattr(matching, name, value)
        assert [found.tobytes() for found in matched(held[::-1], rarity)] == alone[::-1]
    assert matched([], rarity) == []


def test_words_in_common_add_up_as_by_hand():
    text, item = "red tea, no sugar", "Tea Tea House；red door；price: 4"
    found = dict(zip(NAMES, meeting(text, [item, "sugar"], Rarity({"tea": 3.0, "red": 2.0, "sugar": 7.0}, 1.0)).T, strict=True))
    assert found["mass"].tolist() == [5.0, 0.0] and found["refused_mass"].tolist() == [0.0, 7.0]
    assert found["rarest"].tolist() == [3.0, 0.0] and found["clause_most"][0] == 5.0 and found["sentence_most"][0] == 5.0
    words = len(shown(item).words)
    tf = {n: n * 2.5 / (n + 1.5 * (0.25 + 0.75 * words / 60.0)) for n in (1, 2)}
    assert found["bm25"][0] == pytest.approx(3.0 * tf[2] + 2.0 * tf[1])
    assert found["name_mass"][0] == 3.0 and found["name_share"][0] == pytest.approx(3.0 / 4.0)  # "house" weighs 1
    assert found["part_most"][0] == pytest.approx(3.0 / 5.0)
    listed = dict(zip(NAMES, meeting(text, [item, "sugar"], Rarity({"tea": 3.0, "red": 2.0}, 1.0), True).T, strict=True))
    assert listed["mass"][0] == pytest.approx(5.0 * np.log1p(1.5 / 1.5) / 2.0)  # one of two has each


def test_the_best_for_each_wish_stands_above_those_that_compete_with_it():
    """Of two wishes one is told at length: what is second for it is worth more by words than the best for the other."""
    text, items = said("a quiet tea house near the lake, and crayfish"), list(map(shown, (
        "Lake House; tea house; quiet; lake", "Willow; tea house; quiet", "Red Claw; crayfish", "Blue Claw; crayfish; closed")))
    best, second, other, last = above_rivals(text, items, EVEN, np.array([3.0, 2.0, 1.0, 0.0]))
    assert best > other > second > last


def test_without_rivals_and_with_a_constant_added_a_list_keeps_its_order():
    values, items = np.array([0.3, -1.0, 2.0, 0.5, 1.0]), list(map(shown, (*SHOPS, "Blue Claw; dining; dishes: crayfish")))
    alone = above_rivals(said("something else"), items, EVEN, values)
    assert np.allclose(alone - values, (alone - values)[0])  # all lose as much
    found = above_rivals(said(REQUEST), items, EVEN, values)
    moved = above_rivals(said(REQUEST), items, EVEN, values + 10.0)
    assert np.allclose(found - found.mean(), moved - moved.mean())
    assert not np.allclose(found - values, (found - values)[0])
    none = above_rivals(said(""), items, EVEN, values)
    assert np.allclose(none - values, (none - values)[0])


def test_many_items_are_held_against_all_others_as_a_few_are(monkeypatch):
    text, items = said(REQUEST), list(map(shown, SHOPS * 3))
    values = np.linspace(-1.0, 1.0, len(items))
    whole = above_rivals(text, items, EVEN, values)
    monkeypatch.setattr(rivals, "_ROWS", 5)
    assert np.allclose(above_rivals(text, items, EVEN, values), whole, rtol=0, atol=1e-12)


def test_a_trained_checkpoint_finds_the_word_and_scores_rows_alone(folder: Path):
    scorers, rows = load_scorers(folder), _rows(30)
    for d in ("query_item_relevance", "item_ranking"):
        own = [r for r in rows if r.dimension == d]
        found = scorers[d].score(own)
        for n, row in enumerate(own):
            one = scorers[d].score([row])
            assert one.values[0] == found.values[n]
            if d == "item_ranking":
                assert np.array_equal(one.lists[0], found.lists[n])
        if d == "query_item_relevance":
            assert auc(np.array([r.label for r in own]), found.values.astype(float)) > 0.95
        else:
            assert np.mean([v[1] > v[0] for v in found.lists]) > 0.95
    again = folder.with_name("again")
    with unexamined():
        train(_rows(), again, dimensions=("query_item_relevance", "item_ranking"), settings=SMALL)
    for name in ("model.safetensors", "words.json", "config.json"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()
    assert "boosted trees" in (folder / "CARD.md").read_text("utf-8")


@pytest.mark.parametrize("together", [1, 8])
def test_what_is_kept_of_a_text_changes_nothing_however_many_items_it_meets(together: int):
    """Some 300 items by turns of 40, of which each time some are known and some are not."""
    items, kept = [f"House {n}; features: {WORDS[n % 8]}, {WORDS[n // 8 % 8]}" for n in range(300)], Overlaps(EVEN)
    turns = [tuple(items[k] for k in rng.permutation(len(items), rng.word("turn"), n)[:40].tolist()) for n in range(30)]
    asked = [Asked("a quiet garden with tea", turn, n % 8 == 0) for n, turn in enumerate(turns)]
    for at in range(0, len(asked), together):
        kept.read(asked[at:at + together])
        for one in asked[at:at + together]:
            assert np.array_equal(kept(one), Overlaps(EVEN)(one))


def test_more_shared_words_never_count_against_an_item(folder: Path):
    """Monotone features, in every dimension that holds a request against items."""
    opened = open_scorers(folder)
    assert isinstance(opened, BoostedScorers)
    columns = names("query_item_relevance", ())
    up = [n for n, name in enumerate(columns) if boosting.direction(name) > 0]
    down = [n for n, name in enumerate(columns) if boosting.direction(name) < 0]
    assert len(up) > 20 and {columns[n] for n in down} >= {"query_refused_mass", "limits_missed"}
    x = 3.0 * rng.uniform(11, np.arange(200 * len(columns), dtype=np.uint64)).reshape(200, len(columns))
    more = x.copy()
    more[:, up] += rng.uniform(12, np.arange(200 * len(up), dtype=np.uint64)).reshape(200, len(up))
    more[:, down] = np.maximum(more[:, down] - 1.0, 0.0)
    trees = opened.ensembles["query_item_relevance"]
    assert (trees.logits(more) >= trees.logits(x) - 1e-9).all()
    assert (prior("query_item_relevance", more) >= prior("query_item_relevance", x)).all()


def _with(file: Path, name: str, array: np.ndarray) -> None:
    save_file({**load_file(str(file)), name: array}, str(file))


@pytest.mark.parametrize(("change", "words"), [
    (lambda f: (f / "words.json").write_text("[1]"), "words.json is not readable"),
    (lambda f: (f / "words.json").write_text('{"rarity": ["a"]}'), "weights do not fit"),
    (lambda f: _with(f / "model.safetensors", "sentences.runs", np.zeros(3, np.uint32)), "reader of sentences is damaged"),
    (lambda f: (f / "words.json").unlink(), "words.json missing"),
    (lambda f: (f / "config.json").write_text((f / "config.json").read_text().replace('"rating_excess"', '"rating_axcess"')),
     "train again"),
])
def test_damaged_checkpoints_say_what_to_do(folder: Path, tmp_path: Path, change, words: str):
    copy = tmp_path / "w"
    copy.mkdir()
    for file in folder.iterdir():
        if file.name != "seal.json":
            (copy / file.name).write_bytes(file.read_bytes())
    change(copy)
    with pytest.raises(WeightsError, match=words):
        load_scorers(copy)


def test_a_reader_of_sentences_trained_on_other_features_is_refused(tmp_path: Path):
    for file in resolve("fast").iterdir():
        if file.name != "seal.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert "factual_consistency" in load_scorers(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text("utf-8").replace('"limits_wrong"', '"limits_warped"'), "utf-8")
    with pytest.raises(WeightsError, match="reader of sentences was trained on other features"):
        load_scorers(tmp_path)


def test_settings_are_checked():
    assert settings_for("boosted", {"leaves": 6}) == BoostedSettings(leaves=6)
    with pytest.raises(InputError, match="leaves must be 2 to 16"):
        settings_for("boosted", {"leaves": 17})
    with pytest.raises(InputError, match="balance"):
        settings_for("boosted", {"balance": 2.0})


# -- a family of two ----------------------------------------------------------------------------------------------


class Constant:
    """A scorer that says one thing."""

    def __init__(self, dimension: str, value: float) -> None:
        self.value = value
        self.spec = ScorerSpec(name=f"c/{dimension}", dimension=dimension, kind="encoder", reads=("query", "item"),
                               fingerprint=str(value))

    def score(self, rows: list[ScorerRow]) -> Scores:
        return Scores(np.full(len(rows), self.value, np.float32), tuple(f"of {self.value}" for _ in rows))


def test_rows_are_divided_by_what_their_items_are():
    both = DividedScorer(Constant("query_item_relevance", 0.25), Constant("query_item_relevance", 0.75))
    base = ScorerRow(dimension="query_item_relevance", query="tea")
    rows = [msgspec.structs.replace(base, item=i) for i in
            ("How about The Sixth Sense?", SHOPS[0], "Bread made with walnuts", "茶馆；餐饮；评分: 4.5分；价格: 40元")]
    assert isinstance(both, Scorer)
    assert both.score(rows).values.tolist() == [0.25, 0.75, 0.25, 0.75] and both.score(rows).reasons[1] == "of 0.75"
    assert both.score([]).values.shape == (0,)
    coupon, shop = (ScorerRow(dimension="behavior_prediction", query="?", item=i) for i in
                    ("coupon: Coffee House; expires in: 2h", SHOPS[0]))
    assert not by_trees(coupon) and by_trees(shop)
    alone = {"factual_consistency": Constant("factual_consistency", 0.5)}
    assert divided(alone, {})["factual_consistency"] is alone["factual_consistency"]


@pytest.mark.parametrize(("evidence", "trees"), [
    ("Villa Rosa. Double from 98 CHF, breakfast 14 CHF. No sauna.\nHotel Spitz. Double from 236 CHF, ski lift 400 m.", True),
    ("听松寺 | 门票30元 | 07:30-17:30\n镜湖古堡 | 门票85元 | 周一闭馆 | 4.2分", True),
    ("Villa Rosa\n98 CHF, 14 rooms\n\nHotel Spitz\n236 CHF, 400 m to the lift", True),
    ("Villa Rosa has 14 rooms, from 98 CHF.", False),  # one place in prose
    ("Admission is $29.95 for adults and $19.95 for children.\nExploratorium; attraction; San Francisco", False),
    ("user: a table for 4 at 18:30\nassistant: there is one for 4 at 19:00", False),
    ("Skiing can be a means of transport.\nA dog learns from its surroundings.", False),
])
def test_what_is_told_of_several_places_with_figures_is_for_the_trees(evidence, trees):
    row = ScorerRow(dimension="factual_consistency", query="?", evidence=evidence, response="Villa Rosa is cheaper.")
    assert by_trees(row) is trees


def test_a_shipped_family_is_described_without_being_opened():
    specs = specs_of("thorough")
    assert list(specs) == list(DIMENSIONS)
    opened = load_scorers("thorough")
    assert {d: s.spec for d, s in opened.items()} == specs
    assert specs["query_item_relevance"].fingerprint != specs_of("fast")["query_item_relevance"].fingerprint
    assert json.loads(json.dumps(msgspec.to_builtins(specs["item_ranking"])))["dimension"] == "item_ranking"


def test_how_the_items_of_a_list_stand_matters_to_no_bit():
    scorer = load_scorers("fast")["item_ranking"]
    rows = [row for row in bench_rows() if row.dimension == "item_ranking"][:12]
    for row, p in zip(rows, scorer.score(rows).lists, strict=True):
        for turn in (1, 7):
            items = row.items[turn:] + row.items[:turn]
            turned = scorer.score([msgspec.structs.replace(row, items=items)]).lists[0]
            assert dict(zip(items, turned.tolist(), strict=True)) == dict(zip(row.items, p.tolist(), strict=True))


# -- on sets that people wrote ------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["fast", "thorough"])
def test_no_shipped_family_ranks_shops_worse_than_shared_words_do(family: str, tmp_path: Path):
    from recenv.data.rowsets import ROWSETS

    source = Path(__file__).resolve().parents[3] / "shared/data/vitabench"
    if not source.is_dir():
        pytest.skip(f"VitaBench is not at {source}")
    rows = [r for r in ROWSETS["vitabench"].convert(source) if r.dimension == "item_ranking" and not r.id.endswith(":p")
            and isinstance(r.label, tuple) and 0.0 < sum(r.label) < len(r.label)][::2]
    lists = load_scorers(family)["item_ranking"].score(rows).lists
    gains: list[float] = []
    for row, given in zip(rows, lists, strict=True):
        label = np.array(row.label)
        overlap = meeting(row.query, row.items, Rarity({}, 1.0), True)[:, 0]
        gains.append(auc(label, given.astype(float)) - auc(label, overlap))
    assert len(gains) > 60 and np.mean(gains) > 0.0
