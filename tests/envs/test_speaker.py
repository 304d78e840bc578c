"""What the environment says for an agent that gives numbers: it tells the truth and keeps the instruction, and none is dead."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scenario_worlds import shortened
from sessions import opened

from recenv import rng
from recenv.data.world import World
from recenv.envs.engine import Engine
from recenv.envs.speaker import leave_to_speak, speak
from recenv.envs.state import RUNNING
from recenv.envs.tables import fitting
from recenv.records import Action
from recenv.rewards.rules.held import decided
from recenv.rewards.rules.verdicts import factual_verdict, instruction_verdict, language_of
from recenv.scenarios import load_scenario, names
from recenv.testing.tiny import tiny_item

SAMPLE = 30
SYNTHETIC = [n for n in names() if load_scenario(n).world.kind == "synthetic"]
PLACES = [tiny_item("en", "dining", n) for n in range(17)]
ZH = [tiny_item("zh", "dining", n) for n in range(17)]


@pytest.fixture(scope="module", params=SYNTHETIC)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A shipped scenario with its first sessions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield shortened(request.param, SAMPLE)


def test_no_session_is_dead(engine: Engine) -> None:
    """In each there is a sentence that keeps the instruction, and a candidate that the user orders when it is shown alone."""
    tables = engine.tables
    place = tables.at(np.arange(engine.world.n_goals))
    rows = tables.rows
    fits = fitting(rows.missed[place], rows.unknown[place], rows.logged[place]) & (rows.item[place] >= 0)
    assert rows.speaks[place].all() and (rows.allowed[place] >= np.maximum(rows.least[place], 1)).all()
    assert fits.any(1).all()
    left, k = np.arange(engine.world.n_sessions), engine.config.slate_size
    for number in range(engine.config.candidates):
        n = len(left)
        state, log = engine.begin(left, np.full(n, 7, np.uint64)), engine.log(n, words=False)
        shown = np.tile(np.array([number, *[-1] * (k - 1)], np.int64), (n, 1))
        _, step = engine.step_slates(state, log, shown, np.ones(n, np.bool_))
        if not len(left := left[~step.met]):
            break
    assert not len(left)


def test_every_sentence_tells_the_truth_and_keeps_the_instruction(engine: Engine) -> None:
    world, tables, languages = engine.world, engine.tables, set()
    n = world.n_sessions
    state, log = engine.begin(np.arange(n), np.full(n, 3, np.uint64)), engine.log(n, words=False)
    for r, view in enumerate(engine.views(state, log, range(n))):
        place = int(tables.at(tables.goal_row(state.session, state.goal))[r])
        allowed, least = int(tables.rows.allowed[place]), int(tables.rows.least[place])
        for draw in range(4):
            size = max(1, least) + int(rng.integers(allowed - max(1, least) + 1, r, draw))
            items = [view.candidates[i] for i in rng.permutation(len(view.candidates), r, draw)[:size]]
            text = speak(view.instruction, view.locale, items)
            action = Action(act="recommend", items=tuple(i.id for i in items), text=text)
            verdict, facts = instruction_verdict(view, action, items), factual_verdict(view, action, items)
            ruled = tables.rows.ruled[place][[view.candidates.index(i) for i in items]].any()
            assert verdict.failed == ruled and verdict.about in ("", "which"), (view.instruction, text, verdict.reason)
            assert facts is not None and not facts.failed, (text, facts.reason)
            languages.add(language_of(text, [i.name for i in items]))
    assert {"zh", "en"} <= languages


def test_the_slate_environments_words_are_these(engine: Engine) -> None:
    n, k = 8, engine.config.slate_size
    state, log = engine.begin(np.arange(n), np.full(n, 3, np.uint64)), engine.log(n, words=False)
    state, step = engine.step_slates(state, log, np.tile(np.arange(k), (n, 1)), np.ones(n, np.bool_))
    for r in range(n):
        action = engine.transcript.action(state, log, r, 0)
        items = [engine.world.item(engine.world.item_row(i)) for i in action.items]
        record = engine.world.session(r)
        place = int(engine.tables.at(engine.tables.first_goal[r : r + 1])[0])
        assert action.text == speak(record.instruction, record.locale, items)
        assert len(items) == min(k, int(engine.tables.rows.allowed[place]))
        ruled = any(i.reason for i in decided(record.instruction, items, items))
        assert step.components[r, 0] == float(not ruled) and step.applicable[r, 0]
    assert (state.turn[state.ending == RUNNING] == 1).all()


# -- by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("instruction", "holds"), [
    ("", lambda text: text.startswith("I recommend: 1. Kitchen No 3 (rating 4.6 stars, price 33 yuan, Old Town)")),
    ("End with a question.", lambda text: text.endswith("?")),
    ("Answer in Chinese.", lambda text: text.startswith("为您推荐")),
    ("Use no more than 12 words.", lambda text: len(text.split()) <= 12),
    ("Use a numbered list.", lambda text: "\n1. " in text and "\n2. " in text),
    ("Greet the user first.", lambda text: text.startswith("Hello")),
])
def test_ways_to_put_it(instruction: str, holds: object) -> None:
    assert holds(speak(instruction, "en", [PLACES[3], PLACES[5]]))  # type: ignore[operator]


def test_the_fullest_sentence_that_fits_is_taken() -> None:
    lengths = [len(speak(f"Use no more than {n} words.", "en", PLACES[:2]).split()) for n in (60, 20, 14, 10)]
    assert lengths == sorted(lengths, reverse=True) and len(set(lengths)) > 2


def test_nothing_is_said_of_nothing_and_what_cannot_be_kept_is_said_in_full() -> None:
    assert speak("End with a question.", "en", []) == ""
    impossible = "Use at least 300 words."
    assert speak(impossible, "en", PLACES[:2]) == speak("", "en", PLACES[:2])
    assert not leave_to_speak(impossible, "en", PLACES, 3).speaks


@pytest.mark.parametrize(("instruction", "allowed", "least"), [
    ("", 3, 0), ("Recommend at most 2 places.", 2, 0), ("Recommend exactly 2 places.", 2, 2),
    ("Recommend at most 9 places.", 3, 0), ("Recommend at least 2 places.", 3, 2), ("请只推荐一家。", 1, 0),
])
def test_how_many_may_be_named(instruction: str, allowed: int, least: int) -> None:
    items, locale = (ZH, "zh") if "请" in instruction else (PLACES, "en")
    assert leave_to_speak(instruction, locale, items, 3) == (allowed, least, True)


def test_a_tight_length_allows_fewer_items() -> None:
    leave = leave_to_speak("Use no more than 12 words.", "en", PLACES, 3)
    assert leave == (2, 0, True)
    for least, found in ((1, (2, 1, True)), (2, (2, 2, True)), (3, (3, 3, False))):  # but no fewer than it asks for
        assert leave_to_speak(f"Recommend at least {least} places. Use no more than 12 words.", "en", PLACES, 3) == found
    assert leave_to_speak("Use no more than 12 words.", "en", PLACES[:1], 3) == (1, 0, True)
    assert leave_to_speak("Recommend at least 9 places.", "en", PLACES, 3) == (3, 3, True)


def test_the_order_of_candidates_is_the_numbers_order(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-3")
    play.numbers(4, 0)
    action = play.engine.transcript.action(play.state, play.log, 0, 0)
    assert [i[-2:] for i in action.items] == ["16", "08"]
