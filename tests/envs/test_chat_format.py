"""The action grammar: what follows it is parsed, what does not never raises."""

from __future__ import annotations

import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recenv.data.world import World
from recenv.envs.chat_format import (
    MAX_ACTION_CHARS,
    MAX_RAW_CHARS,
    follows,
    format_action,
    parse_action,
    render_messages,
    render_observation,
)
from recenv.json_text import json_objects
from recenv.records import Action, User
from recenv.testing.tiny import tiny_view

GOOD = '{"act": "recommend", "items": ["a", "b"], "text": "两家都不错"}'


@pytest.mark.parametrize("text", [GOOD, f"<think>maybe {{}}</think>{GOOD}", f"```json\n{GOOD}\n```", f"Sure:\n{GOOD}"])
def test_a_recommendation_is_read_with_its_wrapping(text: str) -> None:
    action = parse_action(text)
    assert (action.act, action.items, action.text, action.raw) == ("recommend", ("a", "b"), "两家都不错", text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"), ("hello", "no JSON"), ('{"act": "buy"}', "act must be"), ("{}", "act must be"),
        ('{"act": "recommend", "items": "a"}', "items must be"), ('{"act": "recommend", "items": [true]}', "items must be"),
        ('{"act": "ask", "text": 3}', "strings"), (GOOD + GOOD, "found 2"),
        ('{"act": "search", "query": "x", "filters": []}', "filters"), ("<think>" + GOOD, "no JSON"),
        ('{"act": "end", "text": "\\ud800"}', "Unicode"), ("x" * (MAX_ACTION_CHARS + 1), "longer"), ("{" * 20_000, "no JSON"),
        ('{"a": 1} {"b": 2}', "found 2"),
    ],
)
def test_what_breaks_the_grammar_is_malformed_with_the_reason(text: str, why: str) -> None:
    for action in (parse_action(text), parse_action(text, strict=True)):
        assert action.act == "malformed" and why in action.error


OK = Action(act="recommend", items=("a",), text="x")


@pytest.mark.parametrize(("text", "expected", "slips"), [
    ('{"act":"recommend","items":["a"],"text":"x",}', OK, ["trailing comma"]),
    ('{"act":"recommend","items":["a",],"text":"x"}', OK, ["trailing comma"]),
    ('{"act":"ask","text":"1. A\n2.\tB"}', Action(act="ask", text="1. A\n2.\tB"), ["line break in a string"]),
    ('{"act":"recommend","items":[12, 13.0, "14", 1.5],"text":"x"}',
     Action(act="recommend", items=("12", "13", "14", "1.5"), text="x"), ["number as id"]),
    ('{"act":"recommend","items":["a"],"text":null}', Action(act="recommend", items=("a",)), ["null text"]),
    ('{"act":"search","query":"x","filters":null}', Action(act="search", query="x"), ["null filters"]),
    ('{"act":"search","query":"x","filters":{"area":null,"price":5}}',
     Action(act="search", query="x", filters={"price": "5"}), ["null filter"]),
    ('{"act":"recommend","items":["a"],"text":"x","confidence":{"a":1},"why":"so"}', OK,
     ["key 'confidence' left out", "key 'why' left out"]),
    ('{"act":"end","' + "k" * 60 + '":1}', Action(act="end"), [f"key '{'k' * 36}... left out"]),
    ('{"act":"end","g":1,"f":1,"e":1,"d":1,"c":1,"b":1,"a":1}', Action(act="end"),
     [*(f"key '{k}' left out" for k in "abcde"), "2 more keys left out"]),
    ("{'act': 'ask', 'text': 'What\\'s a \"good\" price, if it isn't 50?'}",
     Action(act="ask", text="What's a \"good\" price, if it isn't 50?"), ["single quotes"]),
    ("{'act': 'ask', 'text': \"What's it?\"}", Action(act="ask", text="What's it?"), ["single quotes"]),
    ("{'act': 'recommend', 'items': ['a'], 'text': None}", Action(act="recommend", items=("a",)),
     ["single quotes", "None for null", "null text"]),
    ('{"act": "ask", "text": "what\\\'s it?"}', Action(act="ask", text="what's it?"), ["escaped apostrophe"]),
    ('{act: "ask", text: "?"}', Action(act="ask", text="?"), ["key without quotes"]),
    ('With filters {}: {"act":"ask","text":"x?"}', Action(act="ask", text="x?"), ["another object passed over"]),
    ('With {"area": "x"}: {"act":"ask","text":"x?"}', Action(act="ask", text="x?"), ["another object passed over"]),
    ('{"act":" Ask","text":"x?"}', Action(act="ask", text="x?"), ["spelling of the act"]),
    ('{"act":"ask","text":"x?","act":"ask"}', Action(act="ask", text="x?"), []),
])
def test_what_has_one_reading_is_mended_and_said(text: str, expected: Action, slips: list[str]) -> None:
    action = parse_action(text)
    assert msgspec.structs.replace(action, raw="", mended=()) == expected
    assert list(action.mended) == slips and action.raw == text
    strict = parse_action(text, strict=True)
    assert (strict.act == "malformed" or not slips) and not strict.mended


@pytest.mark.parametrize("text", [
    '{"act":"ask","text":"a"} {\'act\':\'end\'}', '{"act":"ask","act":"end"}', '{"act":"ask","text":"a","text":"b"}',
    '{"act":"ask","text":"say "yes", or "no"?"}', '{"act":"ask","text":"cut', '{"act":"ask","text":"cut"',
    '{"act":"ask" "text":"?"}',
    "{'act':'ask','text':'the dogs', he said'}", '{"act":"ask","text":"a"}{"act":"ask","text":"a"}',
    '{"act":"recommend","items":[NaN]}',
    '{"act":"recommend","items":[1e999]}', '{"act":"recommend","items":["a"', '{"act":ask}', '{"act":"ask, "text":"?"}',
])
def test_what_has_two_readings_or_none_stays_malformed(text: str) -> None:
    assert parse_action(text).act == "malformed"


THOUGHTS = [
    "<think>%s</think>", "<THINK>\n%s\n</THINK>", "<thinking>%s</thinking>", "<thought>%s</thought>", "[THINK]%s[/THINK]",
    "%s</think>",
    "%s\n[/THINK]\n", "<think>a</think>%s</think>", "<think>use <think> %s</think>", "<seed:think>%s</seed:think>",
    "◁think▷%s◁/think▷",
    "<|begin_of_thought|>%s<|end_of_thought|>", "<reasoning>%s</reasoning>", '<think time="3">%s</think >', "%s</thinking>",
    "<|channel|>analysis<|message|>%s<|end|><|start|>assistant<|channel|>final<|message|>",
    "<|START_THINKING|>%s<|END_THINKING|>",
]


@pytest.mark.parametrize("around", THOUGHTS)
@pytest.mark.parametrize("inside", ["hm", "{", '{"act": "end"}', "step. " * 7000])
def test_thoughts_are_no_part_of_an_answer(around: str, inside: str) -> None:
    action = parse_action(around % inside + GOOD)
    assert (action.act, action.items, action.mended) == ("recommend", ("a", "b"), ())
    assert follows(action) and parse_action(around % inside + GOOD, strict=True).act == "recommend"
    assert format_action(action) == GOOD  # what is sent again as history


@pytest.mark.parametrize("text", ["<think>" + GOOD, "[THINK] so {", "<think>" + "x" * 300_000])
def test_a_thought_cut_off_is_no_answer(text: str) -> None:
    action = parse_action(text)
    assert action.act == "malformed" and format_action(action).strip() and "think" not in format_action(action).lower()


@pytest.mark.parametrize("text", ["what is </think>?", "<think> or [THINK]?"])
def test_an_answer_may_speak_of_tags(text: str) -> None:
    for around in ("%s", " \n%s\n", "<think>hm</think>%s"):
        assert parse_action(around % json.dumps({"act": "ask", "text": text})).text == text


def test_a_long_thought_is_left_out_of_the_trace_and_a_long_answer_is_malformed() -> None:
    action = parse_action("<think>" + "x" * MAX_RAW_CHARS + "</think>" + GOOD)
    assert action.act == "recommend" and action.raw == GOOD and follows(action)
    long = parse_action("<think>x</think>" + " " * MAX_ACTION_CHARS + GOOD)
    assert long.act == "malformed" and "longer" in long.error and len(long.raw) == MAX_ACTION_CHARS and follows(long)


PIECES = st.sampled_from([
    "<think>", "</think>", "[THINK]", "[/THINK]", "{", "}", "[", "]", '"', "'", ",", ":", "\\", "\n", " ", "act", "ask",
    "text", "1",
    "null", "None", '"act": "ask"', '{"act": "ask", "text": "?"}', "{'act': 'end'}", "好"])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_an_action_follows_from_what_is_kept_of_it(text: str) -> None:
    for strict in (False, True):
        action = parse_action(text, strict=strict)
        assert follows(action, strict=strict) and not (strict and action.mended)
    exact = parse_action(text, strict=True)
    near = parse_action(text)
    if exact.act != "malformed" and near.act != "malformed":
        assert msgspec.structs.replace(near, mended=()) == exact  # mending never changes what was right


@pytest.mark.parametrize("piece", [
    "{", '{"a":', "{'", "{'a'", "{a:1,", "{'a':'b'c", '{"a":[1,', '{"a":"\\', "{'act':'ask'},", "<think>", "</think>",
    "<think></think>", "< <",
    "[THINK]{}", "{}</think>", "{'x\\'", "'", "{\n", '{"a":"\n', "{a", "9", "{a:9", "<|channel|>analysis"])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    begun = time.process_time()
    parse_action(piece * (MAX_ACTION_CHARS // len(piece)))
    parse_action(piece * (1_000_000 // len(piece)))
    json_objects(piece * 20_000, near=True)
    assert time.process_time() - begun < 5.0


FIELDS = st.sampled_from(["act", "items", "text", "query", "filters"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
    max_leaves=12)


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


def test_an_agents_own_words_are_told_as_they_are_but_for_its_thoughts() -> None:
    for raw, told in ((" hi \n", " hi \n"), ("<think>hm</think> hi ", "hi"), ("<think>hm</think> ", "(nothing was said)")):
        assert format_action(Action(act="malformed", raw=raw)) == told


def test_lines_of_a_prompt_that_have_nothing_to_say_are_left_out(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "zh-1")
    for profile, context, shown in (({}, {}, ()), ({"likes": "tea"}, {}, ()), ({}, {"city": "here"}, ()), ({}, {}, ("a", "b"))):
        bare = msgspec.structs.replace(view, user=User(id="u", profile=profile), context=context, shown=shown)
        prompt = render_messages(bare)[0].content
        assert ("\nUser: " in prompt, "\nContext: " in prompt, "\nAlready recommended: a, b" in prompt) == (
            bool(profile), bool(context), bool(shown))


def test_prompts_hold_what_the_agent_may_know(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "zh-1")
    messages = render_messages(view)
    assert messages[0].role == "system" and view.instruction in messages[0].content
    for item in view.candidates:
        assert item.id in messages[0].content
    assert view.query in render_observation(view)
