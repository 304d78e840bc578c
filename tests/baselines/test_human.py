"""A person at the terminal: lines become actions, and data cannot reach the terminal's controls."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from recenv.baselines.human import HumanAgent, plain
from recenv.data.world import World
from recenv.records import Action, AgentView, Message
from recenv.testing.tiny import item_id, tiny_view


def play(view: AgentView, *typed: str) -> tuple[Action, list[str]]:
    """The action after these lines and then EOF, and what was printed."""
    lines: Iterator[str] = iter(typed)
    printed: list[str] = []

    def prompt(text: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    (action,) = HumanAgent("me", printed.append, prompt).act([view])
    return action, printed


def test_numbers_recommend(tiny_world: World) -> None:
    action, printed = play(tiny_view(tiny_world, "zh-1"), "1, 3 2")
    assert action.act == "recommend" and action.items == tuple(item_id("zh", "dining", n) for n in (0, 2, 1))
    assert action.text.startswith("为您推荐：1. 甲字小馆")
    assert "想找一家评分4.5分以上的餐馆" in "\n".join(printed)


def test_search_results_are_numbered_after_the_candidates(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "en-2")
    found = tiny_world.item(tiny_world.item_row(item_id("en", "dining", 12)))
    action, _ = play(msgspec.structs.replace(view, retrieved=(view.candidates[0], found)), "5")
    assert action.items == (item_id("en", "dining", 12),)


@pytest.mark.parametrize(("typed", "expected"), [
    ("ask 预算是多少？", Action(act="ask", text="预算是多少？")),
    ("  SEARCH hot pot ", Action(act="search", query="hot pot")),
    ("end", Action(act="end")),
    ("end 再见", Action(act="end", text="再见")),
])
def test_verbs(tiny_world: World, typed: str, expected: Action) -> None:
    assert play(tiny_view(tiny_world, "zh-1"), typed)[0] == expected


@pytest.mark.parametrize("typed", [
    "", "   ", "0", "17", "1 1", "1 2 3 4", "-1", "١", "buy 1", "ask", "search", "9" * 5000, "1 \x1b[2J",
])
def test_what_cannot_be_read_is_asked_again(tiny_world: World, typed: str) -> None:
    action, printed = play(tiny_view(tiny_world, "zh-1"), typed, "2")
    assert action.items == (item_id("zh", "dining", 1),)
    assert "Type help" in printed[-1] and len(printed[-1]) < 200 and "\x1b" not in printed[-1]


def test_help_and_the_end_of_input(tiny_world: World) -> None:
    action, printed = play(tiny_view(tiny_world, "zh-1"), "help")
    assert action == Action(act="end") and "search TEXT" in printed[-1]


def test_data_cannot_drive_the_terminal(tiny_world: World) -> None:
    evil = "a\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\r\nb\u200b"
    view = tiny_view(tiny_world, "zh-2")
    item = msgspec.structs.replace(view.candidates[0], name=evil, attributes={"area": evil, evil: evil})
    view = msgspec.structs.replace(
        view, candidates=(item,), instruction=evil, context={evil: evil}, category=evil, messages=(Message("user", evil),))
    _, printed = play(view, "7")
    assert all(line.isprintable() for line in printed)
    assert plain(evil) == "a]0;owned[2J31mgnp.exe  b"


def test_the_list_comes_again_only_when_it_changed_or_is_asked_for(tiny_world: World) -> None:
    printed: list[str] = []
    typed = iter(["1", "list", "2", "3"])
    agent = HumanAgent("me", printed.append, lambda _: next(typed))
    view = tiny_view(tiny_world, "zh-1")
    name = view.candidates[0].name

    def said(next_view: AgentView) -> str:
        printed.clear()
        agent.act([next_view])
        return "\n".join(printed)

    first = said(view)
    assert name in first and view.instruction in first
    messages = (*view.messages, Message("assistant", "{}"), Message("user", "换一批"))
    later = msgspec.structs.replace(view, turn=1, shown=(view.candidates[0].id,), messages=messages)
    again = said(later)
    assert "换一批" in again and "the same 16 candidates; type list" in again and view.instruction not in again
    assert f"  1* {name}" in again and again.index("type list") < again.index(name)  # because it was asked for
    found = tiny_world.item(tiny_world.item_row(item_id("en", "dining", 12)))
    assert found.name in said(msgspec.structs.replace(later, turn=2, retrieved=(found,)))
