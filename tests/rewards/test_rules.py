"""Rules: format, ids, language, lengths; claimed values against the records. Truthful texts never fail."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recenv.data.render import plain_response
from recenv.data.synthetic.responses import N_STYLES, compose_response
from recenv.data.world import World
from recenv.records import Action, AgentView, Item, Value
from recenv.rewards import rules
from recenv.rewards.rules.verdicts import (
    MAX_CHARACTERS,
    PASSED,
    Demands,
    Verdict,
    factual_verdict,
    instruction_verdict,
    language_of,
    read_demands,
    text_broken,
)
from recenv.testing.tiny import tiny_item, tiny_view


@pytest.fixture(scope="module")
def zh(tiny_world: World) -> AgentView:
    return tiny_view(tiny_world, "zh-1")


@pytest.fixture(scope="module")
def en(tiny_world: World) -> AgentView:
    return tiny_view(tiny_world, "en-1")


def recommend(view: AgentView, *items: Item, text: str = "") -> tuple[AgentView, Action, tuple[Item, ...]]:
    return view, Action(act="recommend", items=tuple(i.id for i in items), text=text), items


def told(view: AgentView, instruction: str) -> AgentView:
    return msgspec.structs.replace(view, instruction=instruction)


# -- instruction -----------------------------------------------------------------------------------------------------------


def test_a_plain_recommendation_passes(zh: AgentView, en: AgentView) -> None:
    for view in (zh, en):
        slate = view.candidates[:3]
        for text in ("", plain_response(slate, view.locale)):
            assert instruction_verdict(*recommend(view, *slate, text=text)) == PASSED


def test_a_malformed_action_fails_with_its_error(zh: AgentView) -> None:
    verdict = instruction_verdict(zh, Action(act="malformed", error="no JSON object"), ())
    assert verdict == Verdict(True, "no JSON object", "grammar")
    assert instruction_verdict(zh, Action(act="malformed"), ()).failed


def test_a_farewell_needs_no_words(en: AgentView) -> None:
    assert instruction_verdict(told(en, "Use no commas."), Action(act="end"), ()) == PASSED
    assert instruction_verdict(told(en, "Use no commas."), Action(act="end", text="Bye, bye"), ()).failed


FRENCH = "La maison est dans la ville et elle est très grande avec un jardin"
SPANISH = "La casa es muy grande y está en el centro de la ciudad"
CHINESE = "这里很好，适合晚上去。"


@pytest.mark.parametrize(("instruction", "locale", "text", "reason"), [
    ("", "en", FRENCH, ""), ("", "zh", FRENCH, "expected text in Chinese, came English"),  # one of two scripts, no more
    ("", "en", CHINESE, "expected text in English, came Chinese"), ("Answer in French.", "en", FRENCH, ""),
    ("Answer in French.", "en", SPANISH, "expected text in French, came Spanish"),
    ("Answer in French.", "en", CHINESE, "expected text in French, came Chinese")])
def test_a_language_that_is_asked_for_is_told_from_all_others(instruction: str, locale: str, text: str, reason: str) -> None:
    assert text_broken(instruction, locale, text, (), ()).reason == reason


@pytest.mark.parametrize(("instruction", "wanted"), [
    ("Use at least 9 words. Use no commas.", "marks"), ("Recommend at most 2 places. Answer in English. Use no commas.", "marks"),
    ("Use no commas. Use no hashtags.", "marks"), ("Use at least 9 words.", "")])
def test_of_demands_that_do_not_hold_for_a_question_the_others_do(instruction: str, wanted: str) -> None:
    broken = text_broken(instruction, "en", "Which one, please?", (), ())
    assert (broken.about, broken.wanted) == (("form", wanted) if wanted else ("", ""))


def test_the_number_of_items(zh: AgentView) -> None:
    assert "came 0" in instruction_verdict(*recommend(zh)).reason
    assert instruction_verdict(*recommend(zh, *zh.candidates[:4])).reason == "expected 1 to 3 items, came 4"
    only_two = told(zh, "每次最多推荐两家。")
    assert instruction_verdict(*recommend(only_two, *zh.candidates[:3])).reason == "expected 1 to 2 items, came 3"
    assert not instruction_verdict(*recommend(only_two, *zh.candidates[:2])).failed
    exactly = told(zh, "Recommend exactly 2 places, in Chinese.")
    assert instruction_verdict(*recommend(exactly, zh.candidates[0])).failed
    assert not instruction_verdict(*recommend(exactly, *zh.candidates[:2], text="推荐这两家给您。")).failed


def test_a_wordless_slate_follows_an_instruction_that_asks_nothing_of_the_text(zh: AgentView, en: AgentView) -> None:
    for view, asked in ((zh, "推荐两家，语气亲切。"), (zh, "最多推荐2家，写明每家的评分。"),
                        (zh, "用中文回答。"), (zh, "推荐2家并写明评分。"),
                        (en, "Recommend at most 2 places and give the price of each."), (en, "Be kind."),
                        (en, "Recommend 2 places. Say why.")):
        verdict = instruction_verdict(*recommend(told(view, asked), *view.candidates[:2]))
        assert (verdict.failed, verdict.about) == (True, "wordless"), asked
    for view, asked in ((zh, ""), (zh, "每次最多推荐两家。"), (zh, "请推荐不超过2个地点"), (en, "Recommend at most two places."),
                        (en, "List up to 3 places.")):
        assert instruction_verdict(*recommend(told(view, asked), *view.candidates[:2])) == PASSED, asked


def test_failures_say_what_they_are_about(zh: AgentView) -> None:
    item = zh.candidates[0]
    asks = told(zh, "请用一个问句结尾。")
    for verdict, about in (
        (instruction_verdict(zh, Action(act="malformed"), ()), "grammar"), (instruction_verdict(*recommend(zh)), "items"),
        (instruction_verdict(zh, Action(act="recommend", items=("x",)), (None,)), "ids"),
        (instruction_verdict(*recommend(zh, item, text="A nice and quiet place.")), "language"),
        (instruction_verdict(*recommend(asks, item, text="就去这家吧。")), "form"),
    ):
        assert verdict.failed and verdict.about == about
    assert instruction_verdict(*recommend(asks, item, text="就去这家吧。")).wanted == "question"
    claim = factual_verdict(*recommend(zh, item, text=f"推荐{item.name}，评分1.2分。"))
    assert claim is not None
    assert (claim.about, claim.item, claim.slot, claim.said, claim.record) == ("claim", item.id, "rating", "1.2", "4")


def test_ids(zh: AgentView) -> None:
    known = zh.candidates[0]
    verdict = instruction_verdict(zh, Action(act="recommend", items=(known.id, "no-such")), (known, None))
    assert verdict.failed and "'no-such'" in verdict.reason
    stranger = tiny_item("zh", "tourism", 1)
    assert "candidates or retrieved" in instruction_verdict(*recommend(zh, stranger)).reason
    assert not instruction_verdict(*recommend(msgspec.structs.replace(zh, retrieved=(stranger,)), stranger)).failed
    assert "again" in instruction_verdict(*recommend(zh, known, known)).reason


def test_a_long_unknown_id_is_cut(zh: AgentView) -> None:
    verdict = instruction_verdict(zh, Action(act="recommend", items=("x" * 10_000,)), (None,))
    assert verdict.failed and len(verdict.reason) < 120


def test_search_and_ask_need_words(zh: AgentView) -> None:
    for act, good in (("search", {"query": "火锅"}), ("ask", {"text": "预算多少？"})):
        assert instruction_verdict(zh, Action(act=act), ()).failed  # type: ignore[arg-type]
        assert not instruction_verdict(zh, Action(act=act, **good), ()).failed  # type: ignore[arg-type]
    assert instruction_verdict(zh, Action(act="search", query="  "), ()).failed
    assert not instruction_verdict(zh, Action(act="end"), ()).failed


def test_language(zh: AgentView, en: AgentView) -> None:
    english, chinese = "Here is a nice quiet place for tonight.", "这里有一家安静的小店，适合今晚。"
    first_zh, first_en = zh.candidates[0], en.candidates[0]
    assert instruction_verdict(*recommend(zh, first_zh, text=english)).reason == "expected text in Chinese, came English"
    assert instruction_verdict(*recommend(en, first_en, text=chinese)).reason == "expected text in English, came Chinese"
    asks_english = told(zh, "请用英文回答。")
    assert not instruction_verdict(*recommend(asks_english, first_zh, text=english)).failed
    assert instruction_verdict(*recommend(asks_english, first_zh, text=chinese)).failed
    assert instruction_verdict(*recommend(told(en, "Answer in Chinese."), first_en, text=english)).failed
    named = f"I recommend {first_zh.name}, a good place."  # a name keeps its language
    assert not instruction_verdict(*recommend(asks_english, first_zh, text=named)).failed


def test_language_of_little_text_is_left_open() -> None:
    assert language_of("4.6分 OK") == ""
    assert language_of("") == ""
    assert language_of("wifi 很好很方便") == "zh"
    assert language_of("a bowl of 面 and tea") == "en"
    assert language_of("tea and") == "" and language_of("tea and rice") == "en"  # three of both are enough
    assert language_of("很好 ok no") == "zh" and language_of("很好 ok no yes") == "en"  # a tie is Chinese
    assert language_of("Blue Sea Bar 很好吃", ["Blue Sea Bar"]) == "zh" and language_of("I a I 好好", ["I"]) == "en"


def test_lengths(zh: AgentView, en: AgentView) -> None:
    item = en.candidates[0]
    short = told(en, "Answer in at most 5 words.")
    assert not instruction_verdict(*recommend(short, item, text="One two three four five.")).failed
    verdict = instruction_verdict(*recommend(short, item, text="One two three four five six."))
    assert verdict.reason == "expected at most 5 words, came 6"
    chars = told(zh, "回答不超过十个字。")
    assert not instruction_verdict(*recommend(chars, zh.candidates[0], text="就去这家吧味道不错。")).failed
    verdict = instruction_verdict(*recommend(chars, zh.candidates[0], text="就去这家吧味道真不错。"))
    assert verdict.reason == "expected at most 10 characters, came 11"
    assert instruction_verdict(*recommend(zh, zh.candidates[0], text="好" * (MAX_CHARACTERS + 1))).failed


@pytest.mark.parametrize(("text", "expected"), [
    ("请根据用户需求推荐商家，每次最多推荐3家，用中文回答，并说明每家的价格和评分。", Demands("zh", None, 3)),
    ("Recommend at most 3 places.", Demands(max_items=3)),
    ("Recommend up to three restaurants in English, at most 60 words.", Demands("en", None, 3)),
    ("Please suggest two quiet places and keep it under 50 words", Demands(max_items=2)),
    ("Give exactly 2 options; no more than 200 characters.", Demands("", 2, 2)),
    ("推荐五家餐厅，80字以内", Demands(max_items=5)),
    ("回答少于100字，只推荐一家", Demands(max_items=1)),
    ("至少推荐2家，不超过120个字", Demands(min_items=2)),
    ("Recommend at least 2 places", Demands(min_items=2)),
    ("不要用英文回答", Demands()),
    ("Do not answer in English; answer in Chinese.", Demands("zh")),
    ("Be kind to the user, who is with 3 people.", Demands()),
    ("推荐适合3个人的餐厅", Demands()),
    ("", Demands()),
])
def test_demands(text: str, expected: Demands) -> None:
    assert read_demands(text) == expected


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_instruction_can_be_read(text: str) -> None:
    assert isinstance(read_demands(text), Demands)


# -- facts -----------------------------------------------------------------------------------------------------------------


def place(name: str, locale: str = "zh", **attributes: Value) -> Item:
    return Item(id=name, category="dining", name=name, locale=locale, attributes=attributes)


TEA = place("798艺术区茶馆", rating=4.6, price=58.5, area="朝阳区", distance=1.2)
DUCK = place("大董（工体店）", rating=4.2, price=285.0, area="东城区")
PARK = place("龙潭公园", rating=4.1, price=0.0, area="东城区")
FORK = place("Golden Fork 88", "en", rating=4.6, price=58.0, area="Riverside")
GATE = place("Old Gate", "en", rating=3.9, price=120.0, area="Old Town")


def failed(view: AgentView, text: str, *items: Item) -> str:
    view = msgspec.structs.replace(view, candidates=(TEA, DUCK, PARK, FORK, GATE))
    verdict = factual_verdict(*recommend(view, *items, text=text))
    assert verdict is not None
    assert verdict.failed == bool(verdict.reason)
    return verdict.reason


def test_no_text_or_no_item_does_not_apply(zh: AgentView) -> None:
    assert factual_verdict(*recommend(zh, TEA)) is None
    assert factual_verdict(zh, Action(act="recommend", items=("x",), text="评分4.9"), (None,)) is None


@pytest.mark.parametrize("text", [
    "798艺术区茶馆评分4.6分，人均58.5元，位于朝阳区。",
    "推荐798艺术区茶馆，评分 4.6，人均约60元。",
    "798艺术区茶馆（评分：4.6分，¥58.5，朝阳区）",
    "798艺术区茶馆，评分4.6分，价格59元以内。",
    "您要求评分4.5分以上，798艺术区茶馆评分4.6分。",
    "798艺术区茶馆符合您要求的评分4.5分，人均50元的预算也差不多。",
    "798艺术区茶馆评分4.6分。您想要人均80元的店，这家更便宜。",
    "798艺术区茶馆评分在4.5-4.8分，满100元减20元，停车费10元。",
    "798艺术区茶馆距离您1.2公里，步行15.5分钟。",
    "798艺术区茶馆（评分4.6分）比大董（工体店）好，后者评分4.9分。",
    "这里没有名字，评分4.9分，价格1元。",
    "评分4.6分的798艺术区茶馆。",
    "798艺术区茶馆有免费停车，靠近东城区。",
    "平均评分4.9分。798艺术区茶馆不错。",
])
def test_true_or_unverifiable_texts_pass(zh: AgentView, text: str) -> None:
    assert failed(zh, text, TEA) == ""


@pytest.mark.parametrize(("text", "slot"), [
    ("798艺术区茶馆评分4.9分。", "rating"),
    ("７９８艺术区茶馆（评分：４．９分）", "rating"),
    ("推荐798艺术区茶馆，人均消费38元。", "price"),
    ("推荐798艺术区茶馆：价格为¥158。", "price"),
    ("798艺术区茶馆，门票免费。", "price"),
    ("798艺术区茶馆（评分4.6分，免费，朝阳区）", "price"),
    ("798艺术区茶馆位于东城区。", "area"),
    ("798艺术区茶馆（评分4.6分，东城区）", "area"),
    ("798艺术区茶馆距离约3.5公里", "distance"),
    ("评分4.9分的798艺术区茶馆。", "rating"),
    ("按您的要求，798艺术区茶馆评分4.9分。", "rating"),
    ("798艺术区茶馆评分5分。", "rating"),
    ("798艺术区茶馆，4.9分好评。", "rating"),
])
def test_false_texts_fail(zh: AgentView, text: str, slot: str) -> None:
    assert f": {slot} claimed" in failed(zh, text, TEA)


def test_the_reason_names_item_claim_and_record(zh: AgentView) -> None:
    assert failed(zh, "798艺术区茶馆评分4.9分", TEA) == "'798艺术区茶馆': rating claimed 4.9, record 4.6"


@pytest.mark.parametrize("text", [
    "I recommend Golden Fork 88 (rating 4.6 stars, price 58 yuan, Riverside).",
    "Golden Fork 88 is rated 4.6 and costs about 60 yuan.",
    "Golden Fork 88, located in Riverside, has a rating of 4.6/5.",
    "You asked for places rated 4.5 or above: Golden Fork 88 fits.",
    "Golden Fork 88 is close to your budget of 70 yuan.",
    "Golden Fork 88 is near the Old Gate, rated 3.9.",
    "Golden Fork 88 is near a 5-star hotel and has free wifi.",
    "Try the 4.6-star Golden Fork 88, price under 100 yuan.",
])
def test_true_english_texts_pass(en: AgentView, text: str) -> None:
    assert failed(en, text, FORK) == ""


@pytest.mark.parametrize(("text", "slot"), [
    ("Golden Fork 88 is rated 4.9.", "rating"),
    ("Golden Fork 88 (4.9 stars)", "rating"),
    ("Golden Fork 88 costs only 20 yuan.", "price"),
    ("Golden Fork 88: free entry!", "price"),
    ("Golden Fork 88 is located in Old Town.", "area"),
    ("GOLDEN FORK 88 (rating 4.6 stars, price 1,058 yuan)", "price"),
])
def test_false_english_texts_fail(en: AgentView, text: str, slot: str) -> None:
    assert f": {slot} claimed" in failed(en, text, FORK)


def test_each_claim_goes_to_its_own_item(zh: AgentView) -> None:
    assert failed(zh, "推荐大董（工体店），评分4.2分。还有评分4.6分的798艺术区茶馆。", DUCK, TEA) == ""
    assert failed(zh, "798艺术区茶馆（评分4.6分）、大董(工体店)（评分4.2分）、龙潭公园（免费）", TEA, DUCK, PARK) == ""
    assert "龙潭公园" in failed(zh, "798艺术区茶馆（评分4.6分）；龙潭公园（评分4.6分）", TEA, PARK)
    assert failed(zh, "798艺术区茶馆靠近大董（工体店），评分4.2分", TEA, DUCK) == ""  # whose rating is it?
    assert failed(zh, "798艺术区茶馆靠近大董（工体店），评分4.9分", TEA, DUCK) != ""


def test_two_items_of_one_name_share_their_claims(zh: AgentView) -> None:
    other = msgspec.structs.replace(TEA, id="other", attributes={"rating": 3.3})
    text = plain_response((TEA, other), "zh")
    assert failed(zh, text, TEA, other) == ""
    assert failed(zh, text.replace("3.3", "3.7"), TEA, other) != ""


def test_a_long_adversarial_text_is_read_quickly(zh: AgentView) -> None:
    assert failed(zh, "798艺术区茶馆 评分 " * 100_000, TEA) == ""
    assert failed(zh, "798艺术区茶馆" + "评分是为约" * 100_000, TEA) == ""


ratings = st.integers(0, 50).map(lambda n: n / 10)
prices = st.one_of(st.integers(0, 5000).map(float), st.floats(0, 2e6, allow_nan=False))
zh_names = st.text(st.sampled_from("北京798艺术区茶馆4.6分58元(店)·A免费朝阳"), min_size=2, max_size=12)
en_names = st.text(st.sampled_from("Golden Fork 88 rated 4.6 price free"), min_size=3, max_size=20).map(lambda s: f"Q{s}Q")


@st.composite
def slates(draw: st.DrawFn) -> tuple[str, list[Item]]:
    locale = draw(st.sampled_from(["zh", "en"]))
    names = draw(st.lists(zh_names if locale == "zh" else en_names, min_size=1, max_size=4, unique_by=str.strip))
    areas = ["朝阳区", "海淀区"] if locale == "zh" else ["Riverside", "Old Town"]
    items = []
    for name in names:
        every = {"rating": draw(ratings), "price": draw(prices), "area": draw(st.sampled_from(areas))}
        kept = draw(st.sets(st.sampled_from(sorted(every))))
        items.append(place(f"{name}馆" if locale == "zh" else name, locale, **{k: v for k, v in every.items() if k in kept}))
    return locale, items


@given(slates())
def test_truthful_plain_responses_never_fail(zh: AgentView, slate: tuple[str, list[Item]]) -> None:
    locale, items = slate
    view = msgspec.structs.replace(zh, candidates=tuple(items))
    verdict = factual_verdict(*recommend(view, *items, text=plain_response(items, locale)))
    assert verdict is not None and not verdict.failed, verdict


@given(st.lists(ratings, min_size=1, max_size=4), st.data(), st.sampled_from(["zh", "en"]))
def test_any_swapped_rating_is_caught(zh: AgentView, values: list[float], data: st.DataObject, locale: str) -> None:
    zh_names = ["甲字798小馆", "乙字4.6分小馆", "丙字小馆(2店)", "丁字小馆"]
    names = zh_names if locale == "zh" else ["One 4.6", "Two 58 yuan", "Three", "Four"]
    items = [place(n, locale, rating=v, price=40.0) for n, v in zip(names, values, strict=False)]
    at = data.draw(st.integers(0, len(items) - 1))
    wrong = data.draw(ratings.filter(lambda r: r != values[at]))
    lie = [msgspec.structs.replace(i, attributes={"rating": wrong, "price": 40.0}) if n == at else i for n, i in enumerate(items)]
    view = msgspec.structs.replace(zh, candidates=tuple(items))
    verdict = factual_verdict(*recommend(view, *items, text=plain_response(lie, locale)))
    assert verdict is not None and verdict.failed and "rating claimed" in verdict.reason


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_a_verdict(zh: AgentView, text: str) -> None:
    verdict = factual_verdict(*recommend(zh, TEA, DUCK, text=text))
    assert (verdict is None) == (not text.strip())
    instruction_verdict(*recommend(zh, *zh.candidates[:2], text=text))


def test_truthful_texts_about_a_real_catalogue(zh: AgentView) -> None:
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "crosswoz"
    if not folder.is_dir():
        pytest.skip(f"needs the CrossWOZ files at {folder}")
    import gzip

    slots = {"评分": "rating", "价格": "price", "人均消费": "price", "门票": "price"}
    items = []
    for file in sorted(folder.glob("*_db.json.gz")):
        for name, row in msgspec.json.decode(gzip.decompress(file.read_bytes())):
            values: dict[str, Value] = {s: float(row[k]) for k, s in slots.items() if isinstance(row.get(k), (int, float))}
            items.append(place(name, **values))
    assert len(items) > 2000
    for start in range(0, len(items) - 10, 4):
        slate = items[start:start + 4]
        view = msgspec.structs.replace(zh, candidates=tuple(items[start:start + 10]))
        verdict = factual_verdict(*recommend(view, *slate, text=plain_response(slate, "zh")))
        assert verdict is not None and not verdict.failed, verdict


@given(
    st.sampled_from(["zh-1", "en-1"]), st.integers(0, N_STYLES - 1),
    st.lists(st.integers(0, 11), min_size=1, max_size=3, unique=True),
)
def test_truthful_answers_of_every_phrasing_never_fail(
    tiny_world: World, session: str, style: int, numbers: list[int]
) -> None:
    view = tiny_view(tiny_world, session)
    slate = tuple(view.candidates[n] for n in numbers)
    verdict = factual_verdict(*recommend(view, *slate, text=compose_response(slate, view.locale, style=style)))
    assert verdict is not None and not verdict.failed, verdict


@pytest.mark.parametrize(("ends_at", "refuted"), [
    (MAX_CHARACTERS, True), (MAX_CHARACTERS + 1, True), (MAX_CHARACTERS + 7, False), (MAX_CHARACTERS + 8, False)])
def test_of_a_text_that_is_too_long_only_whole_words_are_read(en: AgentView, ends_at: int, refuted: bool) -> None:
    """A number that is cut would be another one."""
    head, tail = "Golden Fork 88, ", " costs 99 yuan, a good price"
    text = head + "x" * (ends_at - len(head) - len(" costs 99 yuan,")) + tail
    assert len(text) > MAX_CHARACTERS and text.index(",", len(head)) + 1 == ends_at
    assert bool(failed(en, text, FORK)) == refuted


@pytest.mark.parametrize(("instruction", "count", "reason"), [
    ("Recommend at least 2 places.", 1, "expected at least 2 items, came 1"), ("Recommend at least 2 places.", 2, ""),
    ("Recommend at least 9 places.", 2, "expected at least 3 items, came 2"), ("Recommend at least 9 places.", 3, ""),
    ("Recommend one place.", 2, "expected 1 item, came 2"), ("Recommend at most 9 places.", 4, "expected 1 to 3 items, came 4")])
def test_bounds_of_the_number_of_items(en: AgentView, instruction: str, count: int, reason: str) -> None:
    assert instruction_verdict(*recommend(told(en, instruction), *en.candidates[:count])).reason == reason


def test_only_maxima_hold_for_a_text_that_recommends_nothing(en: AgentView) -> None:
    view = told(en, "Use at least 5 words and no more than 7 words. Use a numbered list.")
    for words, broken in ((1, False), (7, False), (8, True)):
        assert instruction_verdict(view, Action(act="ask", text="What " + "x " * (words - 1)), ()).failed == broken
    for places, entries, broken in ((2, 2, False), (2, 1, True), (1, 1, False)):
        listed = " ".join(f"{n}. place" for n in range(1, entries + 1)) + " one two three"[: 14 - 4 * entries]
        verdict = instruction_verdict(*recommend(told(en, "Use a numbered list."), *en.candidates[:places], text=listed))
        assert (verdict.about == "form") == broken


def test_names_keep_their_language_and_short_ones_decide_nothing(en: AgentView) -> None:
    assert language_of("阿好 阿好 tea and rice now", ["阿好"]) == "en" and language_of("阿 好 tea", ["阿"]) == "zh"
    values: dict[str, Value] = {"dishes": ("红烧肉套餐",), "area": "朝阳区大望路"}
    item = msgspec.structs.replace(en.candidates[0], name="清茶居", attributes=values)
    text = "Go to 清茶居 for 红烧肉套餐 at 朝阳区大望路 now"
    view = msgspec.structs.replace(en, candidates=(item,))
    assert not instruction_verdict(*recommend(view, item, text=text)).failed  # its own values keep theirs, too
    assert instruction_verdict(*recommend(view, item, text=f"{text}，味道非常非常好，一定要去试试看")).about == "language"


ASKED_AGAIN = """assertions._amounts assertions._area_patterns assertions._called assertions._names assertions._normal
assertions._short checks.check._simplified checks.counts._plain checks.lengths._scopes
checks.prompt._sentence_ends checks.quantity._unit checks.read_checks held._all_types held._areas held._is
held._items held._parts kinds.district kinds.kind_names offers._had opening.closes verdicts._areas
verdicts._ids verdicts.read_demands whole.read_in_full wishes.read_wishes"""


def test_what_is_asked_again_is_kept_up_to_a_power_of_two() -> None:
    for module in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}."):
        importlib.import_module(module.name)
    kept = {name.removeprefix(f"{rules.__name__}."): size.limit for name, size in rules.CACHES.sizes().items()}
    assert sorted(kept) == ASKED_AGAIN.split() and all(limit & (limit - 1) == 0 for limit in kept.values())
