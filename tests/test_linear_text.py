"""No pattern, rule or reader takes more than linear time in its text, and no text is read beyond its bound."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import growth
import gymnasium
import pytest

from recenv.data import constraints
from recenv.records import Item
from recenv.rewards.features import CACHES as FEATURES
from recenv.rewards.features import vector
from recenv.rewards.reading import CACHES as READING
from recenv.rewards.reading import cover, limits, polarity, quantities, records
from recenv.rewards.reading.lexical import MOST_CHARACTERS, norm
from recenv.rewards.rules import CACHES as RULES
from recenv.rewards.rules import assertions
from recenv.rewards.rules.checks import compliance, read_checks

NASTY = ("a", "1、", "ﷺ", " ", "\n", "with a ", "1元", "¥1 ", "有", "a\n", '"a" ', "5分 ", "at least 5 words ", "(1",
         "our", "a: b; ")
SLOW = 1.0
"""Seconds for 32,000 characters: several times what any reader here takes, far below what a quadratic one takes."""
ITEMS = (Item(id="1", category="dining", name="Old Gate", attributes={"rating": 4.6, "price": 30.0, "area": "Haidian"}),
         Item(id="2", category="dining", name="aa", attributes={"rating": 4.1}))
TEXTS = {
    "query": "Find a quiet restaurant with wifi, rated at least 4.5", "item": "Old Gate; dining; rating: 4.6; price: 30 yuan",
    "user": "budget: low", "context": "near Haidian", "response": "Old Gate is rated 4.6 and quiet.",
    "evidence": "Old Gate; dining; rating: 4.6; price: 30 yuan\naa; dining; rating: 4.1; area: Haidian",
    "instruction": "Answer in at most 60 words, use the word \"quiet\" and no commas.",
}
READERS: dict[str, Callable[[str], object]] = {
    "norm": norm, "tokens": cover.tokens, "records": records.in_one_layout, "limits": limits.limits, "requests": limits.requests,
    "quantities": quantities.quantities, "claims": polarity.claims, "charged": polarity.charged,
    "asked_slots": constraints.asked_slots, "read_checks": read_checks,
    "compliance": lambda text: compliance(TEXTS["instruction"], text),
    "assertions": lambda text: assertions.read_assertions(text, ITEMS, [], ["Haidian"]),
    **{f"{group}.{field}": lambda text, group=group, field=field: vector.GROUPS[group].make(TEXTS | {field: text})  # type: ignore[misc]
       for group, field in (
           ("query_item", "query"), ("query_item", "item"), ("person_item", "user"), ("evidence_response", "response"),
           ("evidence_response", "evidence"), ("instruction_response", "response"), ("query_response", "response"),
           ("wants", "query"), ("wants", "item"), ("replying", "item"), ("grounding", "response"), ("grounding", "evidence"),
           ("following", "response"))},
}


def test_every_pattern_of_the_package_is_linear():
    found = growth.patterns()
    assert len(found) > 300
    assert growth.report(found.items()) == {}


@pytest.mark.parametrize("pattern", [r"\s*x", r"\d+a", r"[a-z]*?[aeiou]ll", r"(?:^|\n)\s*-", r"\(.*\d+%",
                                     r"(?:[A-Z]\w*\s+)+\(\d{4}\)"])
def test_the_sweep_finds_what_is_quadratic(pattern: str):
    assert growth.superlinear(re.compile(pattern), 1_000)  # there is no bound in them that a text must be longer than


@pytest.mark.parametrize("pattern", [r"\s{0,2}x", r"(?<!\d)\d++a", r"\w+", r"(?:^|\n)\s{0,2}-"])
def test_the_sweep_lets_linear_ones_pass(pattern: str):
    assert not growth.superlinear(re.compile(pattern))


@pytest.mark.parametrize(("pattern", "expected"), [
    (r"\s{0,2}x", True), (r"(?:a|b)c?\d{1,9}", True), (r"(?<!\d)(?=x{0,3}y)z", True), (r"(?:a?b?){0,5}", True), (r"\s*x", False),
    (r"(?=\w+x)a", False), (r"(?>a{2,})", False), (r"(?:a{0,20}){0,20}", False), (r"(?:a|b{0,9}){0,99}", False),
    (r"a{0,99}b{0,99}c{0,99}", False)])
def test_patterns_with_few_ways_on_from_a_place_are_not_timed(pattern: str, expected: bool):
    assert growth.bounded(re.compile(pattern)) == expected


@pytest.mark.parametrize("name", READERS)
def test_readers_take_any_text_of_32_000_characters(name: str):
    for unit in NASTY:
        text = (unit * 32_000)[:32_000]
        for caches in (RULES, READING, FEATURES):
            caches.clear()
        assert growth.seconds(lambda text=text: READERS[name](text), 1) < SLOW, repr(unit)


def test_the_bound_holds_after_normalising():
    assert len(norm("ﷺ" * 32_000)) <= MOST_CHARACTERS
    head = "quiet rooms. " * 1_000
    assert norm(head + "x" * MOST_CHARACTERS)[:1_000] == norm(head)[:1_000]


def test_a_chat_step_takes_any_action():
    env = gymnasium.make("recenv/Chat-v1", scorers="rules")
    told, _ = env.reset(seed=0)
    ids = re.findall(r'"id": "([^"]+)"', str(told))[:3]
    for unit in NASTY:
        for size in (3_900, 31_900):
            text = (unit * size)[:size]
            for act in ({"act": "recommend", "items": ids, "text": text}, {"act": "ask", "text": text},
                        {"act": "search", "query": text}):
                env.reset(seed=0)
                action = json.dumps(act, ensure_ascii=False)
                assert growth.seconds(lambda action=action: env.step(action), 1) < SLOW, (unit, size, act["act"])
