"""Instructions composed of demands that can be checked on an answer, and the checks.

| demand | holds when |
|---|---|
| places | at most N of the items are named |
| language | the answer, item names left out, is mostly in the language |
| rating, price, area | the value is there for every item named |
| length | at most N characters without spaces (zh) or words (en) |
| avoid | no named item is of the subcategory |
| question | the last character is a question mark |
| calm | there is no exclamation mark |
| polite | 您 (zh); a greeting at the start (en) |
| numbered | the items are numbered |

The session demands are those that a plain template answer of a suitable length can keep to; the hard ones go beyond.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.taxonomy import SUBCATEGORIES
from recenv.records import Item


class Demand(NamedTuple):
    """One checkable demand. value: N for places and length, the locale for language, the subcategory for avoid."""

    kind: str
    value: int | str = ""


_EASY = ("places", "language", "rating", "price", "area", "calm", "numbered")
_HARD = ("length", "avoid", "question", "polite")
_TEXTS: dict[str, dict[str, tuple[str, ...]]] = {
    "zh": {
        "places": ("最多推荐{v}家", "推荐不超过{v}家", "只推荐{v}家以内"),
        "language/zh": ("用中文回答", "请使用中文回复"), "language/en": ("用英文回答", "请使用英语回复"),
        "rating": ("写明每家的评分", "每家都要给出评分"), "price": ("写明每家的价格", "每家都要给出价格"),
        "area": ("说明每家在哪个区", "每家都要说明所在区域"), "length": ("回答不超过{v}个字", "控制在{v}字以内"),
        "avoid": ("不要推荐{v}", "{v}除外，不要推荐"), "question": ("最后用一个问句结尾", "以提问结束回答"),
        "calm": ("不要使用感叹号", "不用感叹号"), "polite": ("用“您”称呼用户", "对用户用敬称“您”"),
        "numbered": ("用编号列出", "给每家编号"),
    },
    "en": {
        "places": ("recommend at most {v} places", "suggest no more than {v} places", "list up to {v} places"),
        "language/zh": ("answer in Chinese", "reply in Chinese"), "language/en": ("answer in English", "reply in English"),
        "rating": ("give the rating of each", "state each rating"), "price": ("give the price of each", "state each price"),
        "area": ("say which district each is in", "mention the district of each"),
        "length": ("use no more than {v} words", "keep it within {v} words"), "avoid": ("do not suggest {v}", "leave out {v}"),
        "question": ("end with a question", "finish by asking a question"),
        "calm": ("do not use exclamation marks", "avoid exclamation marks"),
        "polite": ("start with a greeting", "greet the user first"), "numbered": ("number the places", "use a numbered list"),
    },
}
_ROLES = {
    "zh": ("你是本地生活推荐助手。", "你帮助用户找到合适的商家。", "你是一名耐心的客服。", ""),
    "en": ("You are a local services assistant. ", "You help people find the right place. ", "You are a patient concierge. ", ""),
}
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-z]+")
_GREETINGS = ("hello", "hi", "good morning", "good afternoon", "dear")


def draw_demands(draws: Draws, locale: str, category: str, hard: bool, wanted: str = "") -> tuple[Demand, ...]:
    """Two to four demands that go together; the hard ones only where asked for. wanted: a subcategory never to avoid."""
    kinds = draws.sample(_EASY, draws.integer(2, 3))
    if hard:
        kinds += draws.sample(_HARD, draws.integer(1, 2 if len(kinds) == 2 else 1))
    told = sum(kind in ("rating", "price", "area") for kind in kinds)
    out = []
    for kind in kinds:
        value: int | str = ""
        if kind == "places":
            value = draws.integer(2, 5)
        elif kind == "language":
            value = locale if not hard or draws.chance(0.7) else ("en" if locale == "zh" else "zh")
        elif kind == "length":
            value = draws.pick((60, 80, 100, 120) if locale == "zh" else (25, 35, 45, 60)) + 10 * told
        elif kind == "avoid":
            value = draws.pick([s.name(locale) for s in SUBCATEGORIES[category] if s.name(locale) != wanted])
        out.append(Demand(kind, value))
    return tuple(out)


def instruction_text(draws: Draws, locale: str, demands: Sequence[Demand]) -> str:
    """The instruction as an operator writes it."""
    parts = []
    for demand in demands:
        key = f"language/{demand.value}" if demand.kind == "language" else demand.kind
        parts.append(draws.pick(_TEXTS[locale][key]).format(v=demand.value))
    role = draws.pick(_ROLES[locale])
    if locale == "zh":
        return f"{role}{'，'.join(parts)}。"
    return f"{role}{parts[0][0].upper()}{parts[0][1:]}" + "".join(f", {p}" for p in parts[1:-1]) + f" and {parts[-1]}."


def holds(demand: Demand, response: str, items: Sequence[Item]) -> bool:
    """Whether an answer that names the items keeps to a demand."""
    kind, value = demand
    if kind == "places":
        return len(items) <= int(value)
    if kind == "language":
        return _language(response, items) == value
    if kind in ("rating", "price"):
        return all(_states(response, item, kind) for item in items)
    if kind == "area":
        return all(str(item.attributes.get("area", "")) in response for item in items)
    if kind == "length":
        return _length(response, _language(response, items)) <= int(value)
    if kind == "avoid":
        return all(item.attributes.get("subcategory") != value for item in items)
    if kind == "question":
        return response.rstrip().endswith(("?", "？"))
    if kind == "calm":
        return "!" not in response and "！" not in response
    if kind == "polite":
        return "您" in response or response.casefold().startswith(_GREETINGS)
    return all(re.search(rf"(?m)(?:^|[\s：:；;])\s*{n}[.、．]", response) for n in range(1, len(items) + 1))


def _states(response: str, item: Item, slot: str) -> bool:
    value = item.attributes.get(slot)
    return isinstance(value, float) and re.search(rf"(?<![\d.]){value:g}(?!\d|\.\d)", response) is not None


def _language(response: str, items: Sequence[Item]) -> str:
    """By the share of Chinese characters against Latin words, what the items hold left out."""
    for item in sorted(items, key=lambda i: -len(i.name)):
        for text in (item.name, *(str(v) for v in item.attributes.values() if isinstance(v, str))):
            response = response.replace(text, " ")
    return "zh" if len(_HAN.findall(response)) >= len(_WORD.findall(response)) else "en"


def _length(response: str, language: str) -> int:
    if language == "zh":
        return sum(not c.isspace() for c in response)
    return sum(any(c.isalnum() for c in part) for part in response.split())
