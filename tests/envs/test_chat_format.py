"""The action grammar: what follows it is parsed, what does not never raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import tiny_view

from recenv.data.world import World
from recenv.envs.chat_format import MAX_ACTION_CHARS, format_action, parse_action, render_messages, render_observation
from recenv.records import Action

GOOD = '{"act": "recommend", "items": ["a", "b"], "text": "两家都不错"}'


@pytest.mark.parametrize("text", [GOOD, f"<think>maybe {{}}</think>{GOOD}", f"```json\n{GOOD}\n```", f"Sure:\n{GOOD}"])
def test_a_recommendation_is_read_with_its_wrapping(text: str) -> None:
    action = parse_action(text)
    assert (action.act, action.items, action.text, action.raw) == ("recommend", ("a", "b"), "两家都不错", text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"), ("hello", "no JSON"), ('{"act": "buy"}', "act must be"), ("{}", "act must be"),
        ('{"act": "recommend", "items": "a"}', "items must be"), ('{"act": "recommend", "items": [1]}', "items must be"),
        ('{"act": "ask", "text": 3}', "strings"), (GOOD + GOOD, "found 2"), ('{"act": "ask", "texts": "?"}', "unknown field"),
        ('{"act": "search", "query": "x", "filters": []}', "filters"), ("<think>" + GOOD, "no JSON"),
        ('{"act": "end", "text": "\\ud800"}', "Unicode"), ("x" * (MAX_ACTION_CHARS + 1), "longer"), ("{" * 20_000, "no JSON"),
    ],
)
def test_what_breaks_the_grammar_is_malformed_with_the_reason(text: str, why: str) -> None:
    action = parse_action(text)
    assert action.act == "malformed" and why in action.error


FIELDS = st.sampled_from(["act", "items", "text", "query", "filters"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner))


@settings(max_examples=300, deadline=None)
@given(st.text() | JSON.map(json.dumps))
def test_parsing_never_raises(text: str) -> None:
    assert parse_action(text).act in {"recommend", "ask", "search", "end", "malformed"}


def test_formatting_and_parsing_are_inverse() -> None:
    for action in (
        Action(act="recommend", items=("a",), text="好"), Action(act="ask", text="?"), Action(act="end"),
        Action(act="search", query="茶", filters={"area": "朝阳区"}),
    ):
        again = parse_action(format_action(action))
        assert (again.act, again.items, again.text, again.query, again.filters) == (
            action.act, action.items, action.text, action.query, action.filters)


def test_prompts_hold_what_the_agent_may_know(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "zh-1")
    messages = render_messages(view)
    assert messages[0].role == "system" and view.instruction in messages[0].content
    for item in view.candidates:
        assert item.id in messages[0].content
    assert view.query in render_observation(view)
