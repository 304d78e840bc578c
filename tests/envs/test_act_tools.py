"""The acts as tools: a schema that fits the grammar, and calls that are read as the grammar reads its own text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recenv.envs.act_tools import act_tools, call_text
from recenv.envs.chat_format import parse_action
from recenv.envs.mending import FIELDS
from recenv.records import Action


def test_the_schema_has_the_acts_and_their_fields() -> None:
    tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in act_tools(slate_size=4)}
    assert set(tools) == set(FIELDS) and all(tool["type"] == "function" for tool in act_tools())
    for act, parameters in tools.items():
        assert set(parameters["required"]) <= set(parameters["properties"]) <= FIELDS[act]
        assert parameters["additionalProperties"] is False
    assert tools["recommend"]["properties"]["items"]["maxItems"] == 4
    assert act_tools(2) == json.loads(json.dumps(act_tools(2))) != act_tools(3) == act_tools()  # nothing is left in the next call


@pytest.mark.parametrize(("name", "arguments", "action"), [
    ("recommend", '{"items": ["a", "b"], "text": "好"}', Action(act="recommend", items=("a", "b"), text="好")),
    ("recommend", {"items": ["a"], "text": "x"}, Action(act="recommend", items=("a",), text="x")),
    ("ask", '{"text": "Where?",}', Action(act="ask", text="Where?", mended=("trailing comma",))),
    ("search", '{"query": "hotpot", "filters": {"area": "Old Town"}}',
     Action(act="search", query="hotpot", filters={"area": "Old Town"})),
    ("end", "", Action(act="end")), ("end", "{}", Action(act="end")),
    ("ask", '{"act": "end", "text": "Where?"}', Action(act="ask", text="Where?")),  # the tool's name says what is done
])
def test_a_call_is_the_act_that_it_names(name: str, arguments: str | dict[str, object], action: Action) -> None:
    text = call_text(name, arguments)
    found = parse_action(text)
    assert found.raw == text
    assert (found.act, found.items, found.text, found.query, found.filters, found.mended) == (
        action.act, action.items, action.text, action.query, action.filters, action.mended)


def test_arguments_that_no_act_has_are_seen_as_such() -> None:
    assert json.loads(call_text("ask", {"Text": "Where?", "act": "end", "why": 1})) == {"act": "ask", "Text": "Where?", "why": 1}


@pytest.mark.parametrize(("name", "arguments", "why"), [
    ("buy", '{"items": ["a"]}', "act must be one of"), ("recommend", '["a"]', "no JSON object"),
    ("recommend", "null", "no JSON object"), ("ask", "Where?", "no JSON object"), ("ask", '{"text": 3}', "must be strings"),
    ("recommend", '{"items": "a"}', "items must be a list"),
    ("recommend", '{"items": ["a"', "no JSON object"), ("end", "{" * 10_000, "no JSON object"),
])
def test_a_call_that_means_nothing_is_malformed_with_the_reason(name: str, arguments: str, why: str) -> None:
    found = parse_action(call_text(name, arguments))
    assert found.act == "malformed" and why in found.error


@given(st.text(max_size=30), st.text(max_size=60))
def test_no_call_raises(name: str, arguments: str) -> None:
    assert isinstance(parse_action(call_text(name, arguments)), Action)
