"""The shipped scorers: small, described, apart from each other, better than both baselines, and sensible on like texts."""

from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from five import DIMENSIONS

from recenv import rng
from recenv.data.constraints import MET
from recenv.data.crosswoz import ingest_crosswoz
from recenv.data.render import evidence_text, item_text, plain_response
from recenv.data.world import World
from recenv.measures.metrics import auc
from recenv.records import Item, ScorerRow
from recenv.rewards.models import FAMILIES
from recenv.rewards.models.described import FILES, network_of, resolve
from recenv.rewards.models.heads import CheckpointScorers
from recenv.rewards.models.open import open_scorers

QUERY = "您好，周末我想和家人一起玩，请帮我推荐一个票价是免费的、评分是4.5分以上的景点。"


@pytest.fixture(scope="module")
def owner() -> CheckpointScorers:
    begun = time.process_time()
    loaded = open_scorers("thorough")
    assert time.process_time() - begun < 10.0
    return loaded


def _sight(n: int, price: float, rating: float, area: str = "东城区") -> Item:
    names = ("天安门广场", "中国国家博物馆", "恭王府", "日坛公园", "清华大学", "北海公园")
    return Item(
        id=f"s{n}",
        category="tourism",
        name=names[n],
        attributes={"price": price, "rating": rating, "area": area, "duration": "1小时 - 2小时", "nearby": ("故宫", "天坛")},
    )


_MADE = ((0.0, 4.7), (0.0, 4.6), (40.0, 4.7), (0.0, 4.1), (120.0, 4.0), (10.0, 4.4))
SIGHTS = [_sight(n, price, rating) for n, (price, rating) in enumerate(_MADE)]
"""The first two meet both stated constraints, the next two one, the fifth none."""


@pytest.mark.parametrize("name", FAMILIES)
def test_a_folder_is_small_and_complete(name: str):
    sizes = {p.name: p.stat().st_size for p in resolve(name).iterdir()}
    curves = () if network_of(name) == "boosted" else ("curves.png",)  # trees have no epochs
    assert {*FILES[network_of(name)], "metrics.json", "CARD.md", *curves} <= set(sizes)
    assert not any(n.endswith((".bin", ".pt", ".pkl")) for n in sizes)
    assert sum(sizes.values()) < (12_000_000 if name == "fast" else 40_000_000)


def test_the_families_share_neither_architecture_nor_seed_nor_a_training_row():
    *ours, audit = (json.loads((resolve(n) / "config.json").read_text("utf-8")) for n in FAMILIES)
    assert [own["family"] for own in (*ours, audit)] == ["boosted", "sequence", "compact"]
    theirs = audit["trained"]["settings"]
    for own in ours:
        assert own["trained"]["settings"]["seed"] != theirs["seed"] and own["training_data"] != audit["training_data"]
        assert own["trained"]["settings"]["keep"][1] <= theirs["keep"][0]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_dimension_beats_both_baselines_on_held_out_rows(name: str):
    table = json.loads((resolve(name) / "metrics.json").read_text("utf-8"))["held_out"]
    assert [r["dimension"] for r in table] == list(DIMENSIONS)
    for r in table:
        assert r["scorer"]["nll"] < min(r["majority"]["nll"], r["overlap"]["nll"])
        assert r["scorer"]["auc"] > max(r["majority"]["auc"], r["overlap"]["auc"])
        assert r["interval"]["margin"][0] > 0.0  # over word overlap, 95 % interval over users
        if r["dimension"] == "item_ranking":
            assert all(r["scorer"][k] > max(r["majority"][k], r["overlap"][k]) for k in ("ndcg", "top1"))


def test_relevance_rises_with_each_stated_constraint_met(owner: CheckpointScorers):
    rows = [ScorerRow(dimension="query_item_relevance", query=QUERY, item=item_text(i)) for i in SIGHTS]
    values = owner.scorers["query_item_relevance"].score(rows).values
    assert values[:2].min() > values[2:4].max() and values[2:4].min() > values[4]


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_plain_truth_passes_the_gates_and_a_swapped_value_does_not(owner: CheckpointScorers, locale: str):
    items = [msgspec.structs.replace(i, locale=locale) for i in SIGHTS[:3]]
    evidence, truth = evidence_text(items), plain_response(items, locale)
    lie = [msgspec.structs.replace(items[0], attributes={**items[0].attributes, "rating": 4.1}), *items[1:]]
    order = {"zh": "最多推荐3个，用中文回答。", "en": "Recommend at most 3 places and answer in English."}[locale]
    told = (truth, plain_response(lie, locale))
    facts = [ScorerRow(dimension="factual_consistency", evidence=evidence, query=QUERY, response=r) for r in told]
    values = owner.scorers["factual_consistency"].score(facts).values
    assert values[0] > 0.5 > values[1]
    orders = [
        ScorerRow(dimension="instruction_following", instruction=order, query=QUERY, response=truth),
        ScorerRow(dimension="instruction_following", instruction=order.replace("3", "2"), query=QUERY, response=truth),
    ]
    values = owner.scorers["instruction_following"].score(orders).values
    assert values[0] > 0.5 > values[1]


@pytest.fixture(scope="module")
def beijing(tmp_path_factory: pytest.TempPathFactory) -> World:
    source = Path(__file__).resolve().parents[3] / "shared/data/crosswoz"
    if not source.is_dir():
        pytest.skip(f"CrossWOZ is not at {source}")
    out = tmp_path_factory.mktemp("crosswoz") / "store"
    ingest_crosswoz(source, out)
    return World(out)


def test_real_chinese_queries_find_what_meets_them(owner: CheckpointScorers, beijing: World):
    rows, met = [], []
    for session in range(0, beijing.n_sessions, 20):
        for n, goal in enumerate(beijing.session(session).goals):
            arrays = beijing.goal(beijing.goal_rows(session)[n])
            told = arrays.disclosure == 0
            for candidate, satisfied in zip(arrays.candidates, arrays.satisfaction, strict=True) if told.any() else ():
                text = item_text(beijing.item(int(candidate)))
                rows.append(ScorerRow(dimension="query_item_relevance", query=goal.query, item=text))
                met.append(float((satisfied[told] == MET).all()))
    assert auc(np.array(met), owner.scorers["query_item_relevance"].score(rows).values.astype(float)) > 0.8


def test_real_chinese_listings_pass_when_true_and_fail_when_swapped(owner: CheckpointScorers, beijing: World):
    true, swapped, orders = [], [], []
    for session in range(0, beijing.n_sessions, 5):
        candidates = beijing.goal(beijing.goal_rows(session)[0]).candidates[:3].tolist()
        items = [beijing.item(c) for c in candidates]
        first = items[0].attributes.get("rating")
        played = beijing.session(session)
        base = {"query": played.goals[0].query}
        response = plain_response(items, "zh")
        facts = {**base, "evidence": evidence_text(items)}
        true.append(ScorerRow(dimension="factual_consistency", response=response, **facts))
        orders.append(ScorerRow(dimension="instruction_following", instruction=played.instruction, response=response, **base))
        if isinstance(first, float):
            lie = [msgspec.structs.replace(items[0], attributes={**items[0].attributes, "rating": 3.1}), *items[1:]]
            swapped.append(ScorerRow(dimension="factual_consistency", response=plain_response(lie, "zh"), **facts))
    facts_scorer = owner.scorers["factual_consistency"]
    assert (facts_scorer.score(true).values > 0.5).mean() > 0.9
    assert (facts_scorer.score(swapped).values < 0.5).mean() > 0.95
    assert (owner.scorers["instruction_following"].score(orders).values > 0.5).mean() > 0.95


def test_scores_are_the_same_to_the_bit_alone_shuffled_and_on_two_threads(owner: CheckpointScorers):
    texts = [item_text(_sight(n % 6, 7.0 * n, 3.5 + n % 15 / 10)) for n in range(40)]
    rows = [ScorerRow(dimension="query_item_relevance", query=QUERY, item=text) for text in texts]
    scorer, threads = owner.scorers["query_item_relevance"], torch.get_num_threads()
    owner.clear()
    together = scorer.score(rows).values
    try:
        torch.set_num_threads(2)
        order = rng.permutation(len(rows), 1)
        owner.clear()
        shuffled = scorer.score([rows[i] for i in order]).values
    finally:
        torch.set_num_threads(threads)
    owner.clear()
    alone = np.concatenate([scorer.score([row]).values for row in rows[:5]])
    assert (shuffled == together[order]).all() and (alone == together[:5]).all()
