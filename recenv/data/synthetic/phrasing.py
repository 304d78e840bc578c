"""What users say: constraints in words, and opening queries that state exactly the volunteered ones.

A query is composed of an opening, the thing wanted, the constraints' own texts (verbatim, in drawn order) and a
closing. Nothing that the user keeps back is in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.service_terms import TAGS
from recenv.data.synthetic.taxonomy import NOUNS, SUBCATEGORIES
from recenv.records import Constraint

_PRICE_ZH = ("{v}元以内", "不超过{v}元", "预算{v}元以内", "{v}块钱以下", "最多{v}元")
_PRICE_EN = ("under {v} yuan", "for at most {v} yuan", "no more than {v} yuan", "with a budget of {v} yuan", "up to {v} yuan")
_RANGE_ZH = ("{a}到{b}元", "{a}-{b}元之间", "价格在{a}元和{b}元之间", "预算{a}到{b}元")
_RANGE_EN = ("between {a} and {b} yuan", "priced {a} to {b} yuan", "with a budget of {a}-{b} yuan", "from {a} to {b} yuan")
_RATING_ZH = ("评分{v}分以上", "评分不低于{v}", "口碑好一点，至少{v}分", "{v}分以上", "评价{v}分起")
_RATING_EN = ("rated {v} or higher", "with a rating of at least {v}", "rated {v} stars and up", "scoring {v} or better",
              "with {v}+ stars")
_AREA_ZH = ("在{v}", "在{v}附近", "{v}的", "位于{v}", "最好在{v}")
_AREA_EN = ("in {v}", "around {v}", "in the {v} district", "located in {v}", "somewhere in {v}")
_DISH_ZH = ("想吃{v}", "有{v}", "要有{v}", "{v}做得好")
_DISH_EN = ("with {v}", "that serves {v}", "known for {v}", "where I can have {v}")

_OPEN_ZH = ("帮我找一下", "我想找", "请推荐", "有没有", "麻烦推荐几家", "今天想找", "你好，推荐一下",
            "求推荐", "周末想去", "朋友来了，想找", "给我看看", "最近想试试")
_CLOSE_ZH = ("", "", "。", "，谢谢。", "，有合适的吗？", "，有什么推荐？", "，帮我看看吧。", "，急。",
             "，你觉得哪家好？", "，越快越好。")
_OPEN_EN = ("I'm looking for", "Can you recommend", "Please find me", "I need", "Any suggestions for", "Do you know",
            "Hi, could you suggest", "We want", "Show me", "Help me find", "I'd like", "What's a good option for")
_CLOSE_EN = ("", "", ".", ", please.", ", thanks.", ". Any ideas?", ". What would you pick?",
             ", if there is one.", ". I'm in a bit of a hurry.", ", that would be great.")


def constraint_text(
    draws: Draws, locale: str, category: str, slot: str, value: float | str | tuple[float, float], row: int
) -> str:
    """How a user says one constraint, in the session's language. row: index of the subcategory or the service term."""
    zh = locale == "zh"
    if slot == "subcategory":
        sub = SUBCATEGORIES[category][row]
        return draws.pick(sub.nouns_zh if zh else sub.nouns_en)
    if slot == "tags":
        tag = TAGS[category][row]
        return draws.pick(tag.asks_zh if zh else tag.asks_en)
    if isinstance(value, tuple):
        return draws.pick(_RANGE_ZH if zh else _RANGE_EN).format(a=f"{value[0]:g}", b=f"{value[1]:g}")
    table = {"price": (_PRICE_ZH, _PRICE_EN), "rating": (_RATING_ZH, _RATING_EN), "area": (_AREA_ZH, _AREA_EN),
             "dishes": (_DISH_ZH, _DISH_EN)}[slot]
    said = f"{value:g}" if isinstance(value, float) else value
    return draws.pick(table[0] if zh else table[1]).format(v=said)


def opening_query(draws: Draws, locale: str, category: str, constraints: Sequence[Constraint]) -> str:
    """The user's first message: the category or subcategory, and every volunteered constraint's text, no other."""
    told = [c for c in constraints if c.disclosure == "volunteered"]
    kinds = [c.text for c in told if c.slot == "subcategory"]
    noun = kinds[0] if kinds else draws.pick(NOUNS[category][0 if locale == "zh" else 1])
    rest = draws.sample([c.text for c in told if c.slot != "subcategory"], len(told))
    return _zh(draws, noun, rest) if locale == "zh" else _en(draws, noun, rest)


def _zh(draws: Draws, noun: str, rest: list[str]) -> str:
    close = draws.pick(_CLOSE_ZH)
    form = draws.integer(0, 2)
    listed = "，".join(rest)
    if form == 0 and rest:
        return f"{listed}，{draws.pick(('有没有这样的', '想找这样的', '求'))}{noun}{close}"
    if form == 1 and rest:
        return f"{draws.pick(_OPEN_ZH)}{noun}，{draws.pick(('要求', '条件是', '希望'))}{listed}{close}"
    return f"{draws.pick(_OPEN_ZH)}{noun}" + (f"，{listed}" if rest else "") + close


def _en(draws: Draws, noun: str, rest: list[str]) -> str:
    close = draws.pick(_CLOSE_EN)
    opening = draws.pick(_OPEN_EN)
    listed = " and ".join([", ".join(rest[:-1]), rest[-1]]) if len(rest) > 1 else "".join(rest)
    form = draws.integer(0, 2)
    if form == 0 and rest:
        return f"{opening} {noun}. {draws.pick(('It should be', 'My wishes', 'What matters'))}: {listed}{close}"
    if form == 1 and rest:
        return f"{noun[0].upper()}{noun[1:]}, {listed}{close}"
    return f"{opening} {noun}" + (f" {listed}" if rest else "") + close
