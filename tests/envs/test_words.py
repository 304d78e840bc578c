"""What users make of words: what they object to, what it costs, what it undoes; by exact rules and never by a scorer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fakes import ScriptedUser, ValuedUser, constant_scorers, overlap_scorers
from sessions import Played, ask, opened, rows_of, slate

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.hearing import OBJECTIONS
from recenv.records import Action
from recenv.rewards.protocol import Scorer
from recenv.testing.tiny import build_tiny_world, item_id

ENGLISH = "Here is a nice quiet place for tonight."
CHINESE = "这里有一家安静的小店，适合今晚。"


@pytest.fixture(scope="module")
def asking_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tiny world with instructions that ask something of the text."""
    return World(build_tiny_world(tmp_path_factory.mktemp("asking"), instructions={
        "zh": "请推荐不超过2个地点，用一个问句结尾。", "en": "Recommend at most 2 places. Use no more than 12 words."}))


def name(world: World, number: int, locale: str = "zh") -> str:
    (row,) = rows_of(world, {number: 0.0}, locale=locale)
    return world.item(row).name


def objection(play: Played) -> str:
    assert play.step is not None
    return OBJECTIONS[play.step.reactions.objection[0]]


def test_a_false_claim_about_the_very_item_undoes_the_order_and_is_named(tiny_world: World) -> None:
    for session, locale, fits in (("zh-1", "zh", 7), ("en-1", "en", 5)):
        play = opened(tiny_world, session)
        what = name(tiny_world, fits, locale)
        lie = f"推荐{what}，评分3.1分。" if locale == "zh" else f"I recommend {what}, rated 3.1 stars."
        reaction = play(slate(fits, 0, locale=locale, text=lie))
        assert (reaction.kind, objection(play), play.state.goal[0], play.ending) == ("object", "claim", 0, "running")
        assert what in reaction.text and "3.1" in reaction.text and "4.6" in reaction.text
        assert play.patience == 4.0 - 1.0 - 0.5 and play.told == {0}
        assert play(slate(fits, 0, locale=locale)).kind == "order"


def test_a_false_claim_about_another_item_is_only_objected_to(tiny_world: World) -> None:
    lie = f"推荐{name(tiny_world, 7)}，评分4.6分；{name(tiny_world, 0)}，评分4.9分。"
    play = opened(tiny_world, "zh-1")
    reaction = play(slate(7, 0, text=lie))
    assert (reaction.kind, reaction.item_id, objection(play)) == ("order", item_id("zh", "dining", 7), "claim")
    assert name(tiny_world, 7) in reaction.text and "4.9" in reaction.text and play.ending == "met"
    play = opened(tiny_world, "zh-1")
    reaction = play(slate(0, 4, text=f"推荐{name(tiny_world, 0)}，评分4.9分。"))
    assert (reaction.kind, reaction.item_id) == ("object", "") and "4.9" in reaction.text and play.told == {0}
    assert play.patience == 2.5


def test_the_taken_item_decides_and_not_the_first_that_was_lied_about(tiny_world: World) -> None:
    """7 and 15 both fit: the lie is about 15, and which of them he would have taken tells what it undoes."""
    lie = f"推荐{name(tiny_world, 15)}，评分3.1分。"
    for liked, kind in ((7, "order"), (15, "object")):
        play = opened(tiny_world, "zh-1", ValuedUser(rows_of(tiny_world, {liked: 60.0, 22 - liked: 5.0})))
        assert play(slate(7, 15, text=lie)).kind == kind


def test_what_is_false_is_objected_to_before_what_is_rude(asking_world: World) -> None:
    play = opened(asking_world, "zh-1")
    reaction = play(slate(0, text=f"推荐{name(asking_world, 0)}，评分4.9分。"))  # and it ends without a question
    assert (reaction.kind, objection(play)) == ("object", "claim") and "4.9" in reaction.text


def test_a_claim_that_no_record_refutes_is_believed(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    truth = f"推荐{name(tiny_world, 7)}，评分4.6分，人均37元，味道一流。"
    assert play(slate(7, text=truth)).kind == "order" and objection(play) == ""


@pytest.mark.parametrize(("session", "locale", "text", "fits", "asked"), [
    ("zh-1", "zh", ENGLISH, 7, "中文"), ("en-1", "en", CHINESE, 5, "English"),
])
def test_the_wrong_language_is_objected_to(
    tiny_world: World, session: str, locale: str, text: str, fits: int, asked: str
) -> None:
    play = opened(tiny_world, session)
    reaction = play(slate(0, locale=locale, text=text))
    assert (reaction.kind, objection(play), play.patience) == ("object", "language", 2.5) and asked in reaction.text
    reaction = play(slate(fits, locale=locale, text=text))  # rude in form only: the order stands
    assert (reaction.kind, objection(play), play.ending) == ("order", "language", "met") and asked in reaction.text


def test_a_broken_form_is_objected_to_by_name(asking_world: World) -> None:
    play = opened(asking_world, "zh-1")
    reaction = play(slate(0, text="推荐这一家给您。"))
    assert (reaction.kind, objection(play), play.patience) == ("object", "form", 2.5) and "问句" in reaction.text
    assert play(slate(0, text="这一家您看可以吗？")).kind == "refine" and objection(play) == ""
    reaction = play(slate(7, text="推荐这一家给您。"))
    assert (reaction.kind, objection(play)) == ("order", "form") and "问句" in reaction.text
    play = opened(asking_world, "en-1")
    long = "I would very much like to recommend this one to you, and I hope you will like it."
    assert play(slate(0, locale="en", text=long)).kind == "object" and "words" in play.last.text


def test_more_items_than_asked_for_are_objected_to(tiny_world: World, asking_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    reaction = play(slate(0, 4, 6, 7))
    assert (reaction.kind, objection(play), play.patience) == ("object", "items", 2.5) and "数量" in reaction.text
    assert not play.state.shown[0, 7]  # a slate ends at its size
    assert play(slate(7, 0, 4, 6)).kind == "order" and objection(play) == "items"
    play = opened(asking_world, "zh-1")
    assert play(slate(0, 4, 6, text="这几家您看可以吗？")).kind == "object" and objection(play) == "items"


def test_a_slate_without_a_word_is_objected_to_where_words_were_asked_for(asking_world: World, tiny_world: World) -> None:
    wordless = [Action(act="recommend", items=(item_id("zh", "dining", n),), text=text) for n in (0, 7) for text in ("", " ")]
    for action in wordless:
        play = opened(asking_world, "zh-1")
        kind = play(action).kind
        assert objection(play) == "wordless"
        assert kind == ("order" if action.items[0].endswith("07") else "object")
        play = opened(tiny_world, "zh-1")  # nothing is asked of the text
        assert play(action).kind in ("order", "refine") and objection(play) == ""


def test_numbers_alone_are_never_objected_to(asking_world: World) -> None:
    for session in ("zh-1", "zh-2", "zh-3", "en-1", "en-2"):
        play = opened(asking_world, session)
        play.numbers(0, 1)
        assert objection(play) == "" and play.last.kind != "object"


def test_a_question_in_the_wrong_language_is_not_answered(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1", ask_cost=0.25, objection_cost=0.75)
    reaction = play(ask("What is your budget for tonight?"))
    assert (reaction.kind, objection(play), play.told, play.patience) == ("object", "language", {0}, 3.0)


@pytest.mark.parametrize("cost", [0.0, 0.5, 2.0])
def test_an_objection_costs_what_the_rules_say_on_top_of_the_turn(tiny_world: World, cost: float) -> None:
    play = opened(tiny_world, "zh-1", objection_cost=cost)
    play(slate(0, text=ENGLISH))
    assert play.patience == 4.0 - 1.0 - cost


def test_who_runs_out_of_patience_leaves_without_an_objection(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1", objection_cost=3.0)
    assert (play(slate(0, text=ENGLISH)).kind, play.ending, objection(play)) == ("leave", "left", "")


def test_wording_that_nothing_can_be_checked_in_changes_nothing(tiny_world: World) -> None:
    """Praise, thanks and length are words as any other."""
    said = []
    for text in ("推荐这家。", "这家真是太棒了，您一定会喜欢！", "好" * 200):
        play = opened(tiny_world, "zh-1")
        said.append([play(slate(n, text=text)) for n in (0, 5, 7)])
    assert said[0] == said[1] == said[2]


def test_reactions_do_not_depend_on_learned_scorers(tiny_world: World, asking_world: World) -> None:
    actions: Sequence[Action] = (
        slate(0, 4), ask("您的预算是多少？"), slate(5, text=ENGLISH), slate(0, text=f"{name(tiny_world, 0)}评分4.9分。"),
        Action(act="recommend", items=(item_id("zh", "dining", 3),)), slate(7, text=ENGLISH))
    sets: tuple[dict[str, Scorer], ...] = (
        overlap_scorers(), constant_scorers(0.0), constant_scorers(1.0), constant_scorers(float("nan"), "down"), {})
    for world in (tiny_world, asking_world):
        runs = []
        for scorers in sets:
            engine = Engine(world, EnvConfig(patience_scale=10.0), scorers=scorers, user=ScriptedUser(hazard=0.05))
            play = Played(engine, world.session_row("zh-1"), 5)
            reactions = []
            for action in actions:
                if play.ending == "running":
                    reactions.append((play(action), play.patience, play.told, play.ending))
            runs.append(reactions)
        assert all(run == runs[0] for run in runs) and len(runs[0]) > 3
