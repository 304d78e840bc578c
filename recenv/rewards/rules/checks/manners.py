"""Demands on the manner of an answer: no emoji, no prices, one sentence, bullet points."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recenv.rewards.rules.checks.check import Check
from recenv.rewards.rules.checks.prompt import Prompt

_EMOJI = re.compile(
    r"\b(?:no|without(?: any)?|avoid(?: using)?(?: any)?|(?:do not|don't|never) (?:use|add|include)(?: any)?|skip(?: the)?) "
    r"(?:emojis?|emoticons?)\b|(?:不要|别|不|勿|避免|禁止)(?:再)?(?:使用|用|加|带|出现|发)?(?:任何)?(?:表情符号|表情|emoji|颜文字)",
    re.IGNORECASE)
_PRICES = re.compile(
    r"\b(?:do not|don't|never) (?:mention|state|give|quote|include|list|tell me|write|name|show)(?: me)?(?: any| the)? prices?\b|"
    r"\bno prices\b|\bleave out (?:the |any |all )?prices\b|\bwithout (?:any |the )?prices\b|"
    r"(?:不要|别|勿)(?:跟我|对我|给我)?(?:提及|提到|提|说|写出?|列出?|报|讲|标注)(?:任何)?(?:价格|价钱|票价)", re.IGNORECASE)
_ONE = re.compile(
    r"\b(?:1|one|a single) sentence only\b|\bkeep it to (?:1|one|a single) sentence\b|"
    r"用(?:一|1)句话|(?:一|1)句话(?:说完|回答|概括|讲完|就行|即可|介绍)", re.IGNORECASE)
_BULLETS = re.compile(
    r"\bas (?:a )?(?:bullet(?:ed)?(?:[ -]points?)? list|bullet(?:ed)?[ -]?points)\b|\bin (?:a bullet(?:ed)?(?:[ -]points?)? list|"
    r"bullet[ -]?points|bullets)\b|(?:用|以)(?:项目符号|分点)(?:列|的形式|来)", re.IGNORECASE)


def read_manners(prompt: Prompt) -> Iterator[Check]:
    text = prompt.text
    if _EMOJI.search(text):
        yield Check("emoji", (), None, 0)
    if _PRICES.search(text):
        yield Check("prices", (), None, 0)
    if _ONE.search(text):
        yield Check("sentences", (), None, 1)
    if _BULLETS.search(text):
        yield Check("bullets", (), 1, None)
