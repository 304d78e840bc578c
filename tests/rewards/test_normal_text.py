"""Texts for matching: what a text has nothing of is not looked for in it, which must change none."""

from __future__ import annotations

import unicodedata

import numpy as np

from recenv.rewards.reading import lexical as own
from recenv.rewards.reading.hanzi import _TABLE as SCRIPT

FRAGMENTS = (
    "Free Parking", "wi-fi", "café", "colour", "centres", "organised", "travelled", "analyse", "grey", "catalogue", "two",
    "seven",
    "can't", "can not", "it's", "n't", "I'd", "rmb 5", "5 rmb", "¥ 12.00", "20-30 yuan", "77 yuan", "12块", "12块钱", "人民币",
    "1,234", "4.50", "3.0", "三家", "二十元", "十公里", "餐廳", "臺灣", "免费停车", "火锅店", "的", "近地铁", "gym",
    "place", "r", "our",
    "(1) ", "• ", "*", "* a", "．", "Ａ１", "①", "ﬁ", "İ", "ß",
    "😀", "é", "“", "’", "`", "，", "；", "。", ".", ",", "\r\n", "\n\n", "\t",
    "\x1c", "\x85", "\u3000", "\u200b", "  ", " ", " ", " ")


def everywhere(text: str) -> str:
    """What ``norm`` makes of a text, with everything looked for in it."""
    text = unicodedata.normalize("NFKC", text.translate(own._QUOTES)).translate(own._QUOTES).translate(SCRIPT)
    text = own._BULLETS.sub("- ", own._LINES.sub("\n", own._SPACES.sub(" ", text)).strip())
    text = own._BRACKETED.sub(r"\1. ", text)
    text = (own._HAN_SPACE.sub("", own._HAN_STOP.sub("。", text)) if own._HAN_CHAR.search(text) else text).casefold()
    text = own._COUNT_EN.sub(own._figures, own._COUNT_ZH.sub(own._figures, own._THOUSANDS.sub("", text)))
    text = own._ZEROS.sub(r"\1\2", own._EMOJI.sub("", text).strip())
    unit = "元" if own._HAN_CHAR.search(text) else " yuan"
    text = own._MONEY.sub(lambda m: (m.group(1) or m.group(2)).replace("¥", "") + unit, text)
    if own._LATIN.search(text):
        text = own._ENGLISH.sub(lambda m: own._EN[m.group()], own._spelled(own._CONTRACTED.sub(own._expanded, text)))
    return own._CHINESE.sub(lambda m: own._ZH[m.group()], text) if own._HAN_CHAR.search(text) else text


def test_lines_that_nothing_joins_are_read_one_by_one():
    draw = np.random.default_rng(1)
    lines = ["".join(draw.choice(FRAGMENTS, draw.integers(1, 7))).strip() for _ in range(2_000)]
    lines = [line for line in lines if line and "\n" not in line]
    texts = ["\n".join(draw.choice(lines, draw.integers(2, 4))) for _ in range(4_000)]
    assert sum(own._apart(text, text.split("\n")) for text in texts) > 150
    assert [text for text in texts if own.norm(text) != own._norm(text)] == []


def test_nothing_is_missed_that_is_not_looked_for():
    draw = np.random.default_rng(0)
    texts = ["".join(draw.choice(FRAGMENTS, draw.integers(1, 9))) for _ in range(1_500)]
    assert [t for t in texts if own.norm(t) != everywhere(t)] == []
    assert sum(own.norm(t) != t for t in texts) > 1_000
    letters = [t for t in map(own.norm, texts) if own.squeeze(t) != "".join(c for c in own.norm(t) if c.isalnum())]
    assert letters == []
