"""JSON objects in text: what is found where, by both of those who look, and how long hostile text takes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from recenv.envs.chat_format import parse_action
from recenv.json_text import json_objects
from recenv.rewards.judges.answer import read_answer
from recenv.rewards.judges.prompts import rubric, scale
from recenv.thoughts import without_thoughts

FOUND: list[tuple[str, list[tuple[dict[str, Any], str]]]] = [
    ("", []),
    ("no object [1, 2] here", []),
    ('{"a": 1}', [({"a": 1}, '{"a": 1}')]),
    ('Sure:\n```json\n{"a": {"b": [1]}}\n```', [({"a": {"b": [1]}}, '{"a": {"b": [1]}}')]),
    ('{"a": 1} or {"b": 2}', [({"a": 1}, '{"a": 1}'), ({"b": 2}, '{"b": 2}')]),
    ('{ {"a": "}{"}', [({"a": "}{"}, '{"a": "}{"}')]),
    ('{"a": 1', []),
    ("{'a': 1}", []),
    ('{"a": {"b": 2}', [({"b": 2}, '{"b": 2}')]),  # the outer one never ends
    ("{}", [({}, "{}")]),
    (f'{{"a": {"9" * 5000}}}', []),  # a number that Python does not read
    ("{" * 31 + '{"a": 1}', [({"a": 1}, '{"a": 1}')]),
    ("{" * 32 + '{"a": 1}', []),  # looked for no longer
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_objects_are_found_in_their_places(text: str, expected: list[tuple[dict[str, Any], str]]) -> None:
    found = json_objects(text)
    assert [(f.value, text[f.start:f.end]) for f in found] == expected
    assert json_objects(text, once=True) == found


def test_a_key_twice_is_the_last_one_or_leaves_nothing() -> None:
    text = '{"b": 1} {"a": {"k": 1, "k": 2}}'
    assert [f.value for f in json_objects(text)] == [{"b": 1}, {"a": {"k": 2}}]
    assert json_objects(text, once=True) == []


def test_thoughts_are_cut_out_or_blanked() -> None:
    text = "a<think>{}</think>b<think>never closed {}"
    assert without_thoughts(text) == "ab"
    assert without_thoughts(text, blank=True) == "a" + " " * 17 + "b" + " " * 22


def test_agents_and_judges_find_the_same_object() -> None:
    asked = scale(rubric("factual_consistency"))
    label = asked.labels[0]
    for around in ("%s", "<think>{\"act\": 1}</think>\n```json\n%s\n```", "so { it is: %s"):
        assert parse_action(around % '{"act": "ask", "text": "why?"}').text == "why?"
        assert read_answer(around % f'{{"label": "{label}"}}', asked).labels == (label,)


@pytest.mark.parametrize("piece", ["{", '{"a":', '{"a":[', '{"a":1,', "{}", "<think>", '{"a', "{\n", '{"a":{"a":1},'])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    begun = time.process_time()
    for once in (False, True):
        json_objects(without_thoughts(piece * 100_000), once=once)
    assert time.process_time() - begun < 3.0
