"""Answers, instructions and their checks."""

from __future__ import annotations

import re

import pytest

from recenv.data.render import evidence_text, plain_response
from recenv.data.synthetic import SynthSpec
from recenv.data.synthetic.catalogue import build_catalogue
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.instructions import Demand, draw_demands, holds, instruction_text
from recenv.data.synthetic.judged import draw_followed, draw_grounded
from recenv.data.synthetic.responses import N_STYLES, compose_response, corrupted, stated_slots
from recenv.records import Item

ZH = Item(id="a", category="dining", name="老胡同川菜馆", locale="zh",
          attributes={"rating": 4.6, "price": 58.0, "area": "朝阳区"})
EN = Item(id="b", category="dining", name="Jade Grill", locale="en",
          attributes={"rating": 4.0, "price": 140.0, "area": "Chaoyang", "tags": ("wifi", "quiet"), "subcategory": "Western"})


def test_the_plain_template() -> None:
    assert plain_response([ZH], "zh") == "为您推荐：1. 老胡同川菜馆（评分4.6分，价格58元，朝阳区）。"
    twice = "I recommend: 1. Jade Grill (price 140 yuan); 2. Jade Grill (price 140 yuan)."
    assert plain_response([EN, EN], "en", ("price",)) == twice
    assert plain_response([ZH], "zh", ("duration",)) == "为您推荐：1. 老胡同川菜馆。"
    assert plain_response([], "en") == ""


@pytest.mark.parametrize("style", range(0, N_STYLES, 37))
def test_every_style_names_the_items_and_tells_its_slots(style: int) -> None:
    text = compose_response([EN], "en", style=style)
    assert EN.name in text
    for slot in stated_slots(style):
        if slot in EN.attributes:
            value = EN.attributes[slot]
            assert (value[0] if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else value) in text


def test_a_corrupted_answer_differs_in_a_stated_claim_or_names_a_stranger() -> None:
    pool = build_catalogue(SynthSpec(n_items=200), 1)["en", "dining"]
    evidence = pool.items[:4]
    for n in range(60):
        draws = Draws(1, "test", n)
        style = draws.integer(0, N_STYLES - 1)
        wrong = corrupted(draws, evidence[:2], evidence, pool, stated_slots(style))
        assert wrong is not None
        assert compose_response(wrong, "en", style=style) != compose_response(evidence[:2], "en", style=style)
        for item, true in zip(wrong, evidence[:2], strict=True):
            changed = [s for s in item.attributes if item.attributes[s] != true.attributes.get(s)]
            assert item.id != true.id or set(changed) <= set(stated_slots(style))


def test_grounded_answers_are_true_of_their_evidence() -> None:
    pool = build_catalogue(SynthSpec(n_items=200), 1)["zh", "shopping"]
    labels = []
    for n in range(80):
        judged = draw_grounded(Draws(2, "test", n), "zh", pool.items[:20], pool)
        numbers = set(re.findall(r"(?<![\d.])\d+\.\d", judged.response))
        if judged.label:
            assert numbers <= set(re.findall(r"\d+\.\d", evidence_text(judged.evidence)))
        labels.append(judged.label)
    assert 20 < sum(labels) < 60


@pytest.mark.parametrize(("demand", "good", "bad"), [
    (Demand("language", "en"), "I recommend Jade Grill.", "推荐您去Jade Grill，环境很好。"),
    (Demand("rating"), "Jade Grill, rated 4 stars.", "Jade Grill, rated 4.5 stars."),
    (Demand("price"), "Jade Grill at 140 yuan", "Jade Grill at 1400 yuan"),
    (Demand("area"), "Jade Grill in Chaoyang", "Jade Grill"),
    (Demand("length", 4), "Try the Jade Grill", "You should try the Jade Grill"),
    (Demand("question"), "Jade Grill. Shall I go on?", "Shall I go on? Jade Grill."),
    (Demand("calm"), "Jade Grill.", "Jade Grill!"),
    (Demand("polite"), "Hello, try Jade Grill.", "Try Jade Grill."),
    (Demand("numbered"), "1. Jade Grill", "- Jade Grill"),
])
def test_checks(demand: Demand, good: str, bad: str) -> None:
    assert holds(demand, good, [EN]) and not holds(demand, bad, [EN])


def test_checks_on_the_items_named() -> None:
    assert holds(Demand("places", 1), "x", [EN]) and not holds(Demand("places", 1), "x", [EN, EN])
    assert holds(Demand("avoid", "snacks"), "x", [EN]) and not holds(Demand("avoid", "Western"), "x", [EN])


def test_labels_of_followed_answers_are_what_the_checks_say_and_both_occur() -> None:
    pool = build_catalogue(SynthSpec(n_items=200), 1)["en", "dining"]
    labels = []
    for n in range(80):
        draws = Draws(3, "test", n)
        demands = draw_demands(draws, "en", "dining", hard=n % 2 == 0)
        text = instruction_text(draws, "en", demands)
        assert text.endswith(".") and 2 <= len(demands) <= 4
        labels.append(draw_followed(draws, "en", demands, pool.items[:20]).label)
    assert 25 < sum(labels) < 60
