"""Times of day in words, as digits."""

from __future__ import annotations

import re

_HOURS_ZH = {word: n for n, words in enumerate(("", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for word in words}
_HOURS_ZH |= {
    f"{ten}{one}": tens + n for ten, tens in (("十", 10), ("二十", 20)) for n, one in enumerate(("", *"一二三四五六七八九"))}
_HOUR_ZH = "(?:二?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_TO_TWELVE = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_HOURS_EN = {word: n for n, word in enumerate(_TO_TWELVE, 1)}
_CLOCK_ZH = re.compile(
    r"(?:(?<=凌晨)|(?<=早上)|(?<=上午)|(?<=中午)|(?<=下午)|(?<=晚上)|(?<=夜里)|(?<=到)|(?<=至))" + _HOUR_ZH + "(?=点)|"
    r"(?<![一二两三四五六七八九十])(?!一点)" + _HOUR_ZH + "(?=点(?:半|钟|整|关|打烊|开|营业|才))")
_HALVES = re.compile(r"(?<=\d)\s?([ap])\.\s?m\b\.?(?!\s?$)|(?<=\d)\s?([ap])\.m\.")
_RUN_ON = re.compile(r"(\d:\d{2})(?=[\u4e00-\u9fff])")
_CLOCK_EN = re.compile(
    r"\bhalf (?:past )?(\w{1,7})\b|\b(\d{1,2}|ten|eleven|twelve)(?: o'clock)? (?:in the (morning|afternoon|evening)|"
    r"at (night))\b|\b(midnight)\b|\b(noon)\b"
)
_OF_CLOCKS = ("half ", " in the ", " at night", "midnight", "noon")


def clocks(text: str) -> str:
    """Times of day in words as digits. What a text has nothing of is not looked for in it."""
    if "." in text:
        text = _HALVES.sub(lambda m: f" {m.group(1) or m.group(2)}m", text)
    if "点" in text:
        text = _CLOCK_ZH.sub(lambda m: str(_HOURS_ZH[m.group()]), text)
    if ":" in text:
        text = _RUN_ON.sub(r"\1,", text)
    return _CLOCK_EN.sub(_clock, text) if any(word in text for word in _OF_CLOCKS) else text


def _clock(match: re.Match[str]) -> str:
    half, hour, part, _, midnight, _ = match.groups()
    if half:
        own = _HOURS_EN.get(half, int(half) if half.isdigit() and len(half) < 3 else 0)
        return f"{own}:30" if own else match.group()
    if hour:
        return f"{_HOURS_EN.get(hour, hour)} {'am' if part == 'morning' else 'pm'}"
    return "0:00" if midnight else "12:00"
