"""Reasons in words: which words demanded what failed, which item was behind a low value, and what was paid for what."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from scenario_worlds import A_DOZEN
from trace_builders import plan, session, turn

from recenv.evaluation.demands import cause, demanded, gate_cause
from recenv.evaluation.plan import read_plan
from recenv.evaluation.run import run_evaluation
from recenv.evaluation.stories import STORIES, read_stories
from recenv.evaluation.why import BY_LABEL, explain, wishes
from recenv.records import Constraint, User
from recenv.rewards.hybrid import REWARDS
from recenv.rewards.rules.verdicts import text_broken
from recenv.rollouts.story import STORY_SCHEMA, Asked, SessionStory, Wanted
from recenv.rollouts.trace import Shown, TurnTrace


@pytest.mark.parametrize(("instruction", "reason", "words"), [
    ("Be friendly. Recommend at most 2 places, and say why.", "expected 1 to 2 items, came 3", "Recommend at most 2 places"),
    ("你是助手。推荐不超过4家，写明评分。", "expected 1 to 4 items, came 5", "推荐不超过4家"),
    ("You help with travel. Answer in English. Use no exclamation marks.", "expected text in English, came Chinese",
     "Answer in English."),
    ("Be brief.", "expected text in English, came Chinese", ""),
    ("Be brief.", "expected known item ids, came 'x'", ""),
    ("Recommend three places and say why.", "expected a text, as the instruction asks, came none",
     "Recommend three places and say why."),
    ("Be kind.", "Nelson: price claimed 89, record 120", ""),
    ("", "expected 1 to 2 items, came 3", ""),
])
def test_the_words_that_demanded_it(instruction: str, reason: str, words: str) -> None:
    assert demanded(instruction, reason) == words


@pytest.mark.parametrize(("instruction", "text"), [
    ("Please help. Answer in at most 5 words, warmly.", "one two three four five six seven"),
    ("你是助手。不要使用感叹号，要有耐心。", "好的！为您推荐这一家店铺，欢迎光临"),
    ("Be kind. Use no commas. Be quick.", "well, here is one place"),
])
def test_what_a_rule_says_is_traced_to_a_part_of_the_instruction(instruction: str, text: str) -> None:
    broken = text_broken(instruction, "zh" if "助手" in instruction else "en", text, [], [])
    words = demanded(instruction, broken.reason)
    assert broken and words and words in instruction and len(words) < len(instruction) / 1.5


@pytest.mark.parametrize(("reason", "name"), [
    ("expected 1 to 2 items, came 3", "number of items"), ("expected 1 item, came 3", "number of items"),
    ("A, B: price claimed 8, record 9", "false claim: price"), ("", "scored below the gate"),
    ("expected at most 60 words, came 70", "at most N words"), ("no JSON object found", "malformed action"),
    ("expected text in English, came Chinese", "language"),
    ("expected no '服装', came '李家服饰' with '服装'", "forbidden words"), ("expected no commas, came 2", "no commas"),
    ("expected the ending 'please', came none", "the ending X"),
])
def test_causes_are_counted_without_their_numbers(reason: str, name: str) -> None:
    assert cause(reason) == name


NEED = (
    Constraint(slot="area", op="eq", value="东城区", text="在东城区", disclosure="volunteered"),
    Constraint(slot="price", op="le", value=80.0, text="不超过80元", disclosure="hidden"),
)
STORY = SessionStory(
    schema=STORY_SCHEMA, session_id="s0", locale="zh", source="synthetic", user=User(id="u0"), context={},
    instruction="推荐不超过2家。", goals=(Asked(category="dining", query="找家店", candidates=9),),
    hidden=(Wanted(constraints=NEED, fitting=1),), patience=4)


def explained(*turns: TurnTrace, spec: str = "service") -> list[str]:
    return [w.pay for w in explain(session(turns), STORY, plan(), REWARDS[spec])]


def shown(worth: float, *missed: int, relevance: float = 0.5, seen: bool = True) -> Shown:
    return Shown(seen=seen, missed=missed, worth=worth, values=(None, None, relevance, None, None), liked=True)


def of(made: TurnTrace, **changes: object) -> TurnTrace:
    return msgspec.structs.replace(made, **changes)


def test_a_low_value_names_its_worst_item_and_what_it_misses_of_what_was_said() -> None:
    made = of(turn(components=(1.0, 1.0, 0.3, None, None)), said=(0,),
              shown=(shown(0.4), shown(0.1, 0, 1, relevance=0.05), shown(0.3, 1)))
    why, = explain(session([made]), STORY, plan(), REWARDS["service"])
    relevance = why.notes[2]
    assert relevance.source == "scorer thorough" and "lowest at 2 中国国家博物馆 (0.05)" in relevance.text
    assert "在东城区" in relevance.text and "80" not in relevance.text
    later = of(made, said=(0, 1), shown=(shown(0.4), shown(0.1, 1, relevance=0.05), shown(0.3)))
    notes = [w.notes[2].text for w in explain(session([later, of(later, turn=1)]), STORY, plan(), REWARDS["service"])]
    assert "80" not in notes[0] and "80" in notes[1]  # he said it after the first turn
    assert [i.missed for i in why.items] == [(), ("在东城区", "不超过80元"), ("不超过80元",)]
    assert why.said == ("在东城区",) and why.told == () and why.behind.startswith("1 天安门广场 meets the whole need")


def test_of_a_need_known_by_its_right_items_no_sentence_is_said_to_be_missed() -> None:
    need = tuple(Constraint(slot="tags", op="told", value=t, text=t, disclosure="volunteered") for t in ("a date", "not dear"))
    story = msgspec.structs.replace(STORY, hidden=(Wanted(constraints=need, meets=("b",), fitting=1),))
    made = of(turn(components=(1.0, 1.0, 0.3, None, None)), said=(0, 1),
              shown=(shown(0.4), shown(0.1, 0, 1, relevance=0.05), shown(0.3, 0, 1, seen=False)))
    why, = explain(session([made]), story, plan(), REWARDS["service"])
    assert why.notes[2].text == "lowest at 2 中国国家博物馆 (0.05)"
    assert [i.missed for i in why.items] == [(), (), ()]
    assert [i.verdict for i in why.items] == ["fits", "not one of the right items", "not one of the right items; not looked at"]
    assert [w.rule for w in wishes(story)[0]] == [BY_LABEL] * 2


def test_what_the_user_tells_is_named_in_the_turn_in_which_he_tells_it() -> None:
    made = session([of(turn(0), said=(0,)), of(turn(1), said=(0, 1)), of(turn(2), said=(0, 1))])
    assert [w.told for w in explain(made, STORY, plan(), REWARDS["service"])] == [(), ("不超过80元",), ()]


def test_a_fitting_item_that_nobody_looked_at_is_named() -> None:
    made = of(turn(), shown=(shown(0.1, 0), shown(0.1, 0), shown(0.9, seen=False)))
    why, = explain(session([made]), STORY, plan(), REWARDS["service"])
    assert why.items[2].verdict == "not looked at" and "did not look that far down" in why.behind


def test_what_is_paid_for_an_order_is_split_and_a_loss_of_quality_said() -> None:
    first = of(turn(reward=0.08), value=0.8, shown=(shown(0.8), shown(0.1), shown(0.1)))
    slate = (shown(0.6), shown(0.5), shown(0.1))
    order = of(turn(1, reward=0.9 - 0.03, kind="order", taken=1), outcome=True, value=0.5, shown=slate)
    pay = explained(first, order)
    assert pay[0] == "worth 0.80, that of the best item, 1 天安门广场; +0.080 quality"
    assert pay[1] == ("worth 0.50, that of the item taken, 2 中国国家博物馆; +0.90 need met; "
                      "-0.030 quality, below the 0.080 paid for the best slate before")


def test_what_was_not_paid_says_why() -> None:
    same = turn(1, reward=0.0)
    pay = explained(turn(reward=0.05), of(same, paid=False), of(turn(2, reward=0.0), gate=("instruction_following",)),
                    turn(3, act="ask", reward=0.0))
    assert "nothing new in the slate" in pay[1] and "the gate of IF failed" in pay[2] and "nothing was recommended" in pay[3]


def test_without_a_story_nothing_is_made_up() -> None:
    made = of(turn(), shown=(shown(0.4, 0), shown(0.1), shown(0.3)))
    why, = explain(session([made]), None, plan(), REWARDS["service"])
    assert why.said == () and why.items[0].missed == ("wish 1",) and all(not n.words for n in why.notes)
    assert gate_cause(made) == ""
    assert gate_cause(of(made, gate=("factual_consistency",), reasons=("", "A: price claimed 8, record 9", "", "", ""))) == (
        "FC: false claim: price")


def test_a_run_writes_its_stories_and_they_are_told_again_where_the_file_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECENV_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small.toml").write_text(A_DOZEN)
    run = run_evaluation(str(tmp_path / "small.toml"), ["random"], 6, 3, tmp_path / "run", changes={"scorers": "rules"})
    made = read_plan(run)
    stories = read_stories(run, made)
    assert tuple(stories) == made.session_ids and all(s.instruction and s.hidden for s in stories.values())
    (run / STORIES).unlink()
    assert read_stories(run, made) == stories
    assert read_stories(run, msgspec.structs.replace(made, store="0" * 64)) == {}
