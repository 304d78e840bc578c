"""What exact rules read in answers and instructions: ``python tests/golden/readings_run.py`` records it anew.

Texts are put together of pieces that are drawn: what answers say of places, and what instructions demand.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from five import DIMENSIONS, IF

from recenv import rng
from recenv.records import Item, ScorerRow, Value
from recenv.rewards.rules.assertions import agrees, read_assertions, record
from recenv.rewards.rules.checks import read_checks
from recenv.rewards.rules.held import decided, decided_in_row
from recenv.rewards.rules.verdicts import text_broken
from recenv.rewards.rules.whole import kept_whole, read_in_full

FILE = Path(__file__).with_name("readings.tsv")
LOCALES = ("en", "zh")
TEXTS = 150  # of each kind and language


def place(number: int, name: str, locale: str, **attributes: Value) -> Item:
    return Item(id=f"{locale}{number}", category="dining", name=name, locale=locale, attributes=attributes)


PLACES = {
    "en": (
        place(0, "Harbor Grill", "en", rating=4.6, price=296.0, distance=1.2, area="Riverside", subcategory="Hotpot",
              hours="10:00-22:00", tags=("parking", "pets welcome"), dishes=("set for 2 at 188 yuan",)),
        place(1, "Willow Court", "en", rating=4.1, price=2145.0, distance=5.4, area="Old Town", subcategory="Teahouse",
              hours="24 hours", tags=("wifi",), fee=5.0, minimum=20.0),
        place(2, "Blue Lantern 88", "en", rating=5.0, price=58.0, distance=0.8, area="Riverside district",
              subcategory="BBQ, Steakhouse", hours="18:00-2:00", tags=("wifi", "private rooms")),
        place(3, "Fig", "en", area="Harbour", tags=())),
    "zh": (
        place(0, "望江楼", "zh", rating=4.6, price=296.0, distance=1.2, area="朝阳区", subcategory="火锅",
              hours="10:00-22:00", tags=("停车", "可带宠物"), dishes=("双人餐188元",)),
        place(1, "听雨轩(国贸店)", "zh", rating=4.1, price=2145.0, distance=5.4, area="东城区", subcategory="茶馆",
              hours="24小时", tags=("无线网络",), fee=5.0, minimum=20.0),
        place(2, "半亩园", "zh", rating=5.0, price=58.0, distance=0.8, area="朝阳", subcategory="烧烤、西餐",
              hours="18:00-次日2:00", tags=("无线网络", "包间")),
        place(3, "无名", "zh", area="海淀区", tags=())),
}
SAYS = {
    "en": (
        "{n} costs {p} yuan", "{n} is rated {r}", "{n} ({r} stars, {p} yuan, {a})", "{n}: {r}/5, ¥{p} per person",
        "{n} is {d} km away", "{n} is located in {a}", "{n}: free entry", "at about {p} yuan {n} is a bargain",
        "{n} and {m} both cost {p} yuan", "{n} and {m} cost {p} and {q} yuan respectively",
        "{n} and {m} are near. The former costs {p} yuan, the latter {q} yuan", "{n} is cheaper than {m}",
        "{n} is {q} yuan pricier than {m}", "{n} is rated higher than {m}", "Is {n} closer than {m}?",
        "prices start from {p} yuan at {n}", "your budget of {p} yuan fits {n}", "{n} is {p} yuan cheaper than {m}",
        "together {n} and {m} cost {p} yuan", "near {m}, {n} is rated {r}", "for {p} yuan: {n}", "{p} yuan ({n})",
        "{n}, {m}: all two are rated {r}", "The second costs {p} yuan", "{n}'s set menu is {p} yuan",
        "food at {n} is rated {r}", "{n} is {d} km away from the station", "{n} costs at least {p} yuan",
        "{n} costs {p}-{q} yuan", "{n} costs {p} yuan or less", "one of them costs {p} yuan", "rated {r}, {n} is fine",
        "{n} {r} vs {m} 4.1 stars", "{n} takes a deposit of {p} yuan", "the gap between {n} and {m} is {p} yuan",
        "{n} costs {p} yuan per person for two nights", "{n} and {m} cost {p} and {q} yuan", "{n}, in {a}, is nice",
        "the first is {n}, the second {m}. The first one costs {p} yuan", "{n} has {r}-star food, distance {d} km",
        "{n} offers parking: {r} stars", "{n} is about {d} km away", "{n} is rated {r} out of 5 and open 24 hours",
        "{n} asks ¥{p} per bowl", "each of {n} and {m} is rated {r}", "{n} is a little farther away than {m}",
        "all three, {n}, {m} and Fig, cost {p} yuan", "{n}: roughly {p} yuan, deposit {q} yuan"),
    "zh": (
        "{n}人均{p}元", "{n}评分{r}分", "{n}（{r}分，{p}元，{a}）", "{n}：口碑{r}星，¥{p}/人", "{n}距离您{d}公里",
        "{n}位于{a}", "{n}免门票", "{n}大约{p}元", "{n}和{m}人均都是{p}元", "{n}和{m}人均分别为{p}元和{q}元",
        "{n}和{m}不错。前者人均{p}元，后者{q}元", "{n}比{m}便宜", "{n}比{m}贵{q}元", "{n}评分比{m}高", "{n}比{m}近吗？",
        "{n}人均{p}元起", "您的预算是{p}元，{n}合适", "{n}比{m}便宜{p}元", "{n}和{m}加起来{p}元", "{m}附近的{n}评分{r}分",
        "{p}元：{n}", "{p}元（{n}）", "{n}、{m}两家评分都是{r}分", "第二家人均{p}元", "{n}的套餐{p}元", "{n}口味评分{r}分",
        "{n}离地铁站距离{d}公里", "{n}人均不低于{p}元", "{n}人均{p}-{q}元", "{n}人均{p}元以下", "其中一家人均{p}元",
        "评分{r}的{n}", "{n}{r}分对{m}4.1分", "{n}押金{p}元", "{n}和{m}相差{p}元", "{n}两晚{p}元",
        "{n}和{m}人均{p}元和{q}元", "{n}，在{a}，不错", "第一家是{n}，第二家是{m}。第一家人均{p}元",
        "{n}是{a}的店，满{p}减{q}",
        "{n}有停车优惠：{r}分", "{n}约{d}公里", "{n}一碗{p}元",
        "{n}、{m}和无名三家人均{p}元", "{n}比{m}远一点", "{n}的评分低于{r}分",
        "{n}和{m}都在{a}", "{n}只要{p}元，押金{q}元"),
}
JOINS = {"en": (". ", ".\n", "; ", ", but ", ", and "), "zh": ("。", "。\n", "；", "，但", "，")}
DEMANDS = {
    "en": (
        "Avoid {k}", "No {k}, please", "Anything but {k} and {j}", "Do not recommend any {k} restaurants",
        "The user cannot eat {k}", "Only places rated {l} {r}", "Ratings of {r} or above", "{r}+ stars",
        "Nothing rated below {r}", "Stay within {d} km", "No more than {p} m away", "Keep it under {p} yuan",
        "Between {p} and {q} yuan", "Budget {l} {p} yuan per person", "Recommend places in {a}",
        "Only places in {a} or {b}", "Nothing in {a}", "Places must be open until {h}", "Open past {h}:30 pm",
        "They must have {o}", "Free entry only", "Free delivery", "Delivery fee {l} {p} yuan", "Minimum order {l} {p} yuan",
        "Answer in {l} {c} words", "Use {l} {c} sentences", "Write exactly {c} paragraphs", "{l} {c} places",
        "Use bullet points", "Use {c} bullet points", "Answer in {t}", 'Use the word "{o}" {l} {c} times',
        "Do not mention {k}", "Include the words {k} and {o}", "Do not use commas", "Use {l} {c} exclamation marks",
        'End with "Bye"', 'Start with "Hi"', "Use JSON format", "All in lowercase", "The letter q {l} {c} times",
        "Highlight {l} {c} phrases", "If possible {l} {p} yuan", "Ideally near {a}", "I live in {a}",
        "One of them under {p} yuan", "Within {d} km of the station", "Thanks", "Write {c} to {c} words",
        "Give a title in double quotes", "Use {l} {c} words in all capital letters", "Number the places",
        "Each place in {l} {c} words", "No exclamation marks",
        "Only places in {a} district", "Stay away from chains; nothing in {a} district", "Open until {h}:30, no buffet"),
    "zh": (
        "不要{k}", "别推荐{k}店", "除了{k}都可以", "不吃{k}和{j}", "{k}除外", "只推荐评分{l}{r}分的店", "评分{r}分以上",
        "不推荐评分低于{r}的", "{d}公里以内", "不超过{p}米", "人均{l}{p}元", "人均{p}到{q}元", "预算{p}元以下",
        "人均超过{p}元的不要", "只要{a}的店", "位于{a}或{b}", "不要{a}的", "要营业到晚上{h}点", "{h}点半以后还开",
        "要有{o}", "免门票", "免配送费", "配送费{l}{p}元", "起送价{l}{p}元", "回答{l}{c}字", "{l}{c}句话", "分{c}段",
        "{l}{c}家", "用列表", "列出{c}个要点", "用{t}回答", "提到“{o}”{l}{c}次", "不要提到{k}",
        "请包含以下关键词：“{k}”、“{o}”", "不要使用逗号", "使用{l}{c}个感叹号", "以“再见”结尾", "以“你好”开头",
        "用JSON格式", "最好{p}元以内", "我住在{a}", "其中一家{p}元以下", "离地铁站{d}公里以内", "谢谢", "{c}到{c}字",
        "每家{l}{c}字", "编号列出", "不要感叹号",
        "只看{a}的", "在{a}找", "不去{a}", "{d}公里内，{r}星以上"),
}
WORDS = {
    "en": {
        "k": ("hot pot", "barbecue", "tea houses", "chains"), "j": ("spicy food", "steak"), "h": ("9", "22", "midnight", "11"),
        "l": ("at least", "at most", "under", "more than"),
        "a": ("Riverside", "Old Town", "Chaoyang"), "b": ("Haidian", "Old Town"),
        "o": ("parking", "wifi", "private rooms"), "t": ("French", "Chinese", "English")},
    "zh": {
        "k": ("火锅", "烧烤", "茶馆", "连锁店"), "j": ("辣", "西餐"), "h": ("9", "十", "22", "12"),
        "l": ("至少", "不超过", "少于", "超过"), "a": ("朝阳区", "东城", "海淀区"), "b": ("海淀区", "西城"),
        "o": ("停车位", "无线网络", "包间"), "t": ("英文", "中文", "法语")},
}
FIGURES = {"p": ("296", "58", "300", "2,145", "188"), "q": ("58", "2145", "238"), "r": ("4.6", "4.1", "5", "4.5"),
           "d": ("1.2", "5.4", "1", "0.8"), "c": ("3", "40", "two", "5", "1")}

ANSWERS = (
    "Hi! These are good places with parking, wifi and hot pot: go there, \"now\".\n\n* one\n* TWO\nBye",
    "你好！推荐火锅店望江楼，有停车位、无线网络。\n1. 一家\n2. 两家！再见",
    "les deux maisons sont dans la ville et elles sont très bien q q")


class Draws:
    """One of several each time, the same ones for the same text."""

    def __init__(self, *key: int) -> None:
        self._key, self._drawn = key, 0

    def one(self, several: Sequence[Any]) -> Any:
        self._drawn += 1
        return several[int(rng.integers(len(several), *self._key, self._drawn))]


def filled(pattern: str, locale: str, draws: Draws) -> str:
    names = [item.name for item in PLACES[locale]]
    one = draws.one(range(len(names)))
    area = str(PLACES[locale][draws.one(range(2))].attributes["area"])
    words = {"n": names[one], "m": names[one - 1], "a": area}
    for name, several in {**FIGURES, **WORDS[locale]}.items():
        words.setdefault(name, draws.one(several))
    return pattern.format(**words)


def text(kind: int, locale: str, number: int) -> str:
    """The text of a kind (0 what is said, 1 what is demanded): every piece once as the first one, with others behind it."""
    pieces, draws = (SAYS, DEMANDS)[kind][locale], Draws(kind, LOCALES.index(locale), number)
    chosen = [pieces[number % len(pieces)], *(draws.one(pieces) for _ in range(number // len(pieces) % 3))]
    out = filled(chosen[0], locale, draws)
    for piece in chosen[1:]:
        out += draws.one(JOINS[locale]) + filled(piece, locale, draws)
    return out + ("." if locale == "en" else "。")


def said(text_: str, locale: str) -> list[str]:
    """The claims of an answer, each with whom it is about, who bears it out, and what the first record holds."""
    items, out = PLACES[locale], list[str]()
    shown, areas = items[:3], [str(item.attributes["area"]) for item in items]
    for claim in read_assertions(text_, shown, items, areas):
        owners = ",".join(f"{owner.id}{'+' if agrees(claim, owner) else '-'}" for owner in claim.owners)
        amount = f"{claim.value:g}~{claim.tolerance:.3g} {claim.order:+d}"
        out.append(f"{claim.slot} {claim.said} {amount} {owners} {record(claim, claim.owners[0])}")
    return out


def demanded(text_: str, locale: str) -> list[str]:
    """The demands of an instruction: on the text, on the items with what their records decide, and whether there is no more."""
    items, out = PLACES[locale], list[str]()
    out += [f"{c.kind} {c.least}..{c.most} {' '.join(c.words)}" for c in read_checks(text_)]
    for found in (decided(text_, items[:1], items), decided(text_, items[1:3], items)):
        out.append(" & ".join(f"{k.wish.slot} {k.wish.said}: {k.reason}{k.item}" for k in found))
    out += [text_broken(text_, locale, answer, items[:2], items).reason for answer in ANSWERS]
    fields = [[f"{slot}: {', '.join(v) if isinstance(v, tuple) else v}" for slot, v in i.attributes.items()] for i in items]
    evidence = "\n".join("; ".join([item.name, *told]) for item, told in zip(items, fields, strict=True))
    out.append(" & ".join(k.reason + k.item for k in decided_in_row(text_, evidence, f"{items[0].name}, {items[2].name}")))
    whole = [kept_whole(ScorerRow(
        dimension=DIMENSIONS[IF], instruction=text_, query="", response=f"{item.name}. {ANSWERS[locale == 'zh']}",
        evidence=evidence)) for item in items]
    return [*out, str(read_in_full(text_)), "".join("+" if kept else "-" for kept in whole)]


def readings(kind: int, locale: str, number: int) -> str:
    """A line: the text, and what is read in it."""
    what = text(kind, locale, number)
    return "\t".join(part.replace("\n", "\\n").replace("\t", " ") for part in (what, *(said, demanded)[kind](what, locale)))


def lines(kind: int, locale: str) -> list[str]:
    return [readings(kind, locale, number) for number in range(TEXTS)]


if __name__ == "__main__":
    FILE.write_text("".join(f"{line}\n" for kind in (0, 1) for locale in LOCALES for line in lines(kind, locale)), "utf-8")
    print(f"recorded {FILE}")
