"""Synthetic worlds: reproducible bytes, honest queries, satisfiable needs, labels that follow the gold utility."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from five import DIMENSIONS

from recenv.data.constraints import MET, status
from recenv.data.synthetic import FILES, SynthSpec, generate
from recenv.data.synthetic.catalogue import build_catalogue
from recenv.data.synthetic.utility import gold_utility, gold_value, traits
from recenv.data.take_up import take_up_chances
from recenv.errors import InputError
from recenv.records import CATEGORIES, Item, Need, User

SPEC = SynthSpec(n_items=600)
SESSIONS = 120


class Gold(msgspec.Struct):
    need: Need
    utilities: list[float]
    patience: int
    left: bool


class Ranking(msgspec.Struct):
    session_id: str
    locale: str
    user: User
    context: dict[str, str]
    instruction: str
    query: str
    category: str
    items: list[Item]
    labels: list[int]
    gold: Gold
    prompt: str


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in (folder / FILES[name]).read_bytes().splitlines()]


def digest(folder: Path) -> str:
    return hashlib.sha256(b"".join((folder / FILES[name]).read_bytes() for name in DIMENSIONS)).hexdigest()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synthetic") / "world"
    generate(SPEC, SESSIONS, 7, out)
    return out


@pytest.fixture(scope="module")
def ranking(folder: Path) -> list[Ranking]:
    return [msgspec.json.decode(line, type=Ranking) for line in (folder / FILES["item_ranking"]).read_bytes().splitlines()]


def test_same_seed_same_bytes_another_seed_other_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("again", 7), ("other", 8)):
        generate(SPEC, 20, seed, tmp_path / name)
    assert digest(tmp_path / "again") == digest(tmp_path / "one") != digest(tmp_path / "other")


def test_bytes_do_not_depend_on_the_process_or_its_hash_seed(tmp_path: Path) -> None:
    script = (
        "import sys; from recenv.data.synthetic import SynthSpec, generate; "
        "generate(SynthSpec(n_items=200), 12, 3, sys.argv[1])"
    )
    other = {**os.environ, "PYTHONHASHSEED": "1" if os.environ.get("PYTHONHASHSEED") == "0" else "0"}
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "there")], check=True, env=other)
    generate(SynthSpec(n_items=200), 12, 3, tmp_path / "here")
    assert digest(tmp_path / "there") == digest(tmp_path / "here")


def test_counts_are_those_of_the_files_and_every_item_occurs(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    counts = generate(SPEC, 6, 1, tmp_path / "w", progress=lambda done, total: calls.append((done, total)))
    assert {name: len(rows(tmp_path / "w", name)) for name in DIMENSIONS} == {name: counts[name] for name in DIMENSIONS}
    assert calls == [(n + 1, 6) for n in range(6)]
    seen = {row["item"]["id"] for row in rows(tmp_path / "w", "query_item_relevance")}
    ranked = rows(tmp_path / "w", "item_ranking")
    seen |= {item["id"] for row in ranked for item in row["items"]}
    assert {item for row in ranked for item in row["user"]["history"]} <= seen


def test_every_row_has_prompt_locale_and_a_unique_id(folder: Path) -> None:
    for name in DIMENSIONS:
        found = rows(folder, name)
        assert len({row["id"] for row in found}) == len(found)
        assert all(row["locale"] in ("zh", "en") and row["prompt"] for row in found)
        assert all(row["query"] in row["prompt"] for row in found)


def test_some_candidate_meets_every_need(ranking: list[Ranking]) -> None:
    counts = []
    for row in ranking:
        assert len(row.items) == len({i.id for i in row.items}) == SPEC.candidates
        assert {i.category for i in row.items} == {row.category} and {i.locale for i in row.items} == {row.locale}
        constraints = row.gold.need.constraints
        assert SPEC.constraints[0] <= len(constraints) <= SPEC.constraints[1]
        counts.append(sum(all(status(i, c) == MET for c in constraints) for i in row.items))
    assert min(counts) >= 1
    assert np.mean([2 <= n <= 4 for n in counts]) > 0.9


def test_queries_say_what_is_volunteered_and_nothing_else(ranking: list[Ranking]) -> None:
    for row in ranking:
        query = row.query.casefold()
        order = [("volunteered", "on_ask", "hidden").index(c.disclosure) for c in row.gold.need.constraints]
        assert order == sorted(order)
        told = " ".join(c.text.casefold() for c in row.gold.need.constraints if c.disclosure == "volunteered")
        for c in row.gold.need.constraints:
            if c.disclosure == "volunteered":
                assert c.text.casefold() in query
            elif c.text.casefold() not in told:
                assert c.text.casefold() not in query
            if c.disclosure != "volunteered" and c.slot == "price" and not any(
                o.slot == "rating" and o.disclosure == "volunteered" for o in row.gold.need.constraints
            ):
                assert not any(ch.isdigit() for ch in query.replace("24", ""))


def test_ranking_by_gold_earns_more_than_by_popularity_than_the_inverse(ranking: list[Ranking]) -> None:
    taken: dict[str, int] = {}
    for row in ranking:
        for item, label in zip(row.items, row.labels, strict=True):
            taken[item.id] = taken.get(item.id, 0) + label
    earned = {"oracle": [], "popularity": [], "inverse": []}  # type: dict[str, list[float]]
    for row in ranking:
        utility = np.array(row.gold.utilities)
        popularity = np.array([taken[i.id] - label for i, label in zip(row.items, row.labels, strict=True)])
        for name, key in (("oracle", -utility), ("popularity", -popularity), ("inverse", utility)):
            earned[name].append(float(gold_value(utility[np.argsort(key, kind="stable")[:3]]).mean()))
    oracle, popular, inverse = (np.mean(earned[name]) for name in ("oracle", "popularity", "inverse"))
    assert oracle > popular + 0.2 and popular > inverse + 0.05


def test_labels_follow_the_gold_utility_with_noise(folder: Path, ranking: list[Ranking]) -> None:
    beaten = [np.mean(np.array(r.gold.utilities) < r.gold.utilities[r.labels.index(1)]) for r in ranking if 1 in r.labels]
    assert 0.8 < np.mean(beaten) < 0.97
    assert all(r.gold.left == (1 not in r.labels) and sum(r.labels) <= 1 for r in ranking)
    utility = {(r.session_id, i.id): u for r in ranking for i, u in zip(r.items, r.gold.utilities, strict=True)}
    behavior = rows(folder, "behavior_prediction")
    label = np.array([b["label"] for b in behavior])
    gold = np.array([utility[b["session_id"], b["item"]["id"]] for b in behavior])
    assert 0.1 < label.mean() < 0.45
    assert gold[label == 1].mean() > gold[label == 0].mean() + 1.0
    assert ((gold > 0) != (label == 1)).mean() > 0.03


def test_behaviour_labels_are_take_ups_of_items_shown_alone(folder: Path, ranking: list[Ranking]) -> None:
    chance: dict[tuple[str, str], float] = {}
    opening = {r.session_id: r.query for r in ranking}
    for r in ranking:
        fits = np.array([all(status(i, c) == MET for c in r.gold.need.constraints) for i in r.items])
        found = take_up_chances(np.array(r.gold.utilities), fits)
        chance |= {(r.session_id, i.id): float(p) for i, p in zip(r.items, found, strict=True)}
    behavior = rows(folder, "behavior_prediction")
    label = np.array([b["label"] for b in behavior])
    p = np.array([chance[b["session_id"], b["item"]["id"]] for b in behavior])
    assert set(label[p == 0.0]) == {0} and set(label[p == 1.0]) <= {1}
    for low, high in ((0.0, 0.5), (0.5, 1.01)):
        here = (p >= low) & (p < high)
        assert abs(label[here].sum() - p[here].sum()) <= 4 * np.sqrt((p * (1 - p))[here].sum()) + 1e-9
    said = [b["query"].removeprefix(opening[b["session_id"]]) for b in behavior]
    assert all(b["query"].startswith(opening[b["session_id"]]) for b in behavior)
    assert 0.1 < np.mean([bool(s) for s in said]) < 0.6  # in some he has told more by then


def test_judged_rows_are_balanced_and_length_does_not_tell(folder: Path) -> None:
    for name in ("instruction_following", "factual_consistency"):
        found = rows(folder, name)
        label = np.array([r["label"] for r in found])
        size = np.argsort(np.argsort([len(r["response"]) for r in found])) / len(found)
        assert 0.4 < label.mean() < 0.6
        assert abs(size[label == 1].mean() - size[label == 0].mean()) < 0.12  # 0.5 +- 0.12 in AUC
    assert {r["label"] for r in rows(folder, "query_item_relevance")} == {0.0, 0.5, 1.0}


def test_cold_start_has_no_history(tmp_path: Path) -> None:
    generate(SynthSpec.from_mapping({"history": [0, 0], "n_items": 100}), 5, 1, tmp_path / "w")
    assert all(row["user"]["history"] == [] for row in rows(tmp_path / "w", "item_ranking"))


def test_one_category_alone(tmp_path: Path) -> None:
    spec = SynthSpec.from_mapping({"categories": {"healthcare": 1.0}, "n_items": 60, "locales": {"zh": 1}})
    generate(spec, 5, 1, tmp_path / "w")
    for row in rows(tmp_path / "w", "item_ranking"):
        assert row["category"] == "healthcare" and row["locale"] == "zh"


def test_whoever_minds_the_price_more_prefers_the_cheaper_more() -> None:
    def priced(price: float) -> Item:
        return Item(id=str(price), category="dining", name="x", attributes={"subcategory": "川菜", "price": price, "rating": 4.2})

    base = {"base": 2.0, "no_choice": 0.0, "miss": 2.5, "mismatch": 6.0, "price_level": 0.0, "distance": 0.5, "rating": 0.5,
            "category:dining": 1.0}
    items, met = [traits(priced(p)) for p in (40.0, 75.0, 150.0)], np.full((3, 1), MET, np.int8)
    gaps = []
    for price in (0.2, 0.8, 1.6, 2.4):
        utility = gold_utility({**base, "price": price}, items, {}, met)
        assert utility[0] > utility[1] > utility[2]
        gaps.append(utility[0] - utility[2])
    assert gaps == sorted(gaps) and len(set(gaps)) == len(gaps)
    missed = gold_utility({**base, "price": 0.2}, items, {}, 1 - met)
    np.testing.assert_allclose(gold_utility({**base, "price": 0.2}, items, {}, met) - missed, 2.5, atol=2e-6)


def test_constraint_masks_agree_with_the_shared_definition() -> None:
    from recenv.data.synthetic.draws import Draws
    from recenv.data.synthetic.needs import draw_wish
    from recenv.data.synthetic.people import build_person, preferences

    catalogue = build_catalogue(SPEC, 5)
    assert {category for _, category in catalogue} == set(CATEGORIES)
    for u in range(20):
        person = build_person(SPEC, 5, u, catalogue)
        pool = catalogue[person.user.locale, "dining"]
        wish = draw_wish(Draws(5, "t", u), SPEC, pool, person.user.locale, "dining", preferences(SPEC, person, "dining"), {})
        shared = np.array([[status(item, c) == MET for c in wish.constraints] for item in pool.items])
        assert np.array_equal(shared, wish.meets)


@pytest.mark.parametrize(("table", "says"), [
    ({"n_itms": 3}, "n_items"),
    ({"candidates": "many"}, "candidates"),
    ({"categories": {"diner": 1.0}}, "dining"),
    ({"patience": [5, 2]}, "patience"),
    ({"label_noise": 2.0}, "label_noise"),
    ({"locales": {"zh": 0.0}}, "locales"),
])
def test_bad_specs_are_named(table: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        SynthSpec.from_mapping(table)


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="nothing was touched"):
        generate(SPEC, 3, 1, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_failed_run_leaves_the_old_world(tmp_path: Path) -> None:
    out = tmp_path / "w"
    generate(SynthSpec(n_items=100), 3, 1, out)
    before = digest(out)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(SynthSpec(n_items=100), 3, 2, out, progress=stop)
    assert digest(out) == before and [p.name for p in tmp_path.iterdir()] == ["w"]
