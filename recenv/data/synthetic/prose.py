"""Answers in the prose of language models about given records, true ones and such as lie in one place.

A style is a choice of wordings, layout, openings and closings; the sentences of two styles share only some of their wordings, so
that styles can be kept apart for testing. A false answer is a true one with one claim changed: a value, whose it is, what a place
has, how many have it, who is the cheapest, when it closes, or something that no record holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.prose_words import FEATURES, INVENTED, PLANS

N_STYLES = 64

_FREE_OF = ("免办卡", "no membership needed")  # to lack it is a demand, no fault

_FLIPS = {
    "has ": "have ", "is ": "are ", "offers ": "offer ", "allows ": "allow ", "takes ": "take ", "accepts ": "accept ",
    "comes ": "come ", "provides ": "provide ", "welcomes ": "welcome ", "lets ": "let ", "sits ": "sit ", "stays ": "stay ",
    "never closes": "never close", "serves ": "serve ", "does ": "do ", "makes ": "make ", "needs ": "need ",
    "doesn't ": "don't ", "delivers ": "deliver ", "gives ": "give ", "wraps ": "wrap ", "includes ": "include ",
    "sells ": "sell ", "guarantees ": "guarantee ", "speaks ": "speak ", "opens ": "open ", "suits ": "suit ",
}


class Record(NamedTuple):
    """What an answer may speak of. fields: label -> value as text, in order; far in km, shut in minutes, None where not told."""

    name: str
    genus: str
    fields: dict[str, str]
    price: float | None
    rating: float | None
    area: str
    kind: str
    tags: tuple[str, ...]
    dishes: tuple[str, ...]
    far: float | None = None
    shut: int | None = None


class Answer(NamedTuple):
    """response about an evidence, and whether all that it says is there."""

    response: str
    evidence: str
    label: float
    style: int


_SLOTS = {
    "价格": "price", "price": "price", "评分": "rating", "rating": "rating", "区域": "area", "area": "area", "类型": "kind",
    "type": "kind", "特色": "tags", "features": "tags", "推荐菜": "dishes", "dishes": "dishes",
}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def read(line: str, locale: str) -> Record:
    """A record from its line, as ``data.render`` writes it."""
    parts = line.split("；" if locale == "zh" else "; ")
    pairs = [part.split(": ", 1) for part in parts[2:]]
    fields = {p[0]: p[1] for p in pairs if len(p) == 2}
    own = {_SLOTS[label]: value for label, value in fields.items() if label in _SLOTS}

    def number(slot: str) -> float | None:
        match = _NUMBER.search(own.get(slot, ""))
        return float(match.group()) if match else None

    def members(slot: str) -> tuple[str, ...]:
        return tuple(m for m in own.get(slot, "").split("、" if locale == "zh" else ", ") if m)

    return Record(
        parts[0], parts[1] if len(parts) > 1 else "", fields, number("price"), number("rating"), own.get("area", ""),
        own.get("kind", ""), members("tags"), members("dishes"),
    )


def answers(draws: Draws, locale: str, lines: Sequence[str], areas: Sequence[str]) -> tuple[Answer, Answer]:
    """One true answer and one false one, in one style, about some of the records. areas: names that a false one may use."""
    style = draws.integer(0, N_STYLES - 1)
    records = [
        _more(draws, read(line, locale), locale) for line in draws.sample(lines, draws.weighted((1, 2, 3, 4), (2, 4, 5, 1)))
    ]
    writer = _Writer(draws, locale, records, style, areas)
    true, false = writer.both()
    evidence = _laid_out(draws, locale, records)
    return Answer(true, evidence, 1.0, style), Answer(false, evidence, 0.0, style)


def _more(draws: Draws, record: Record, locale: str) -> Record:
    """Sometimes a distance and opening hours, which worlds lack."""
    far = shut = None
    fields = dict(record.fields)
    if draws.chance(0.4):
        far = round(draws.uniform(0.3, 9.0), 1)
        fields["距离" if locale == "zh" else "distance"] = _distance(far, locale)
    if draws.chance(0.4) and not {"24小时", "open 24 hours"} & set(record.tags):
        shut = 30 * draws.integer(36, 47)
        opens = 30 * draws.integer(13, 23)
        fields["营业时间" if locale == "zh" else "opening hours"] = f"{_hour(opens)}-{_hour(shut)}"
    return record._replace(fields=fields, far=far, shut=shut)


def _distance(far: float, locale: str) -> str:
    if far < 1:
        return f"{far * 1000:g}米" if locale == "zh" else f"{far * 1000:g} m"
    return f"{far:g}公里" if locale == "zh" else f"{far:g} km"


def _hour(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


_OTHER_LABELS = {
    "价格": ("人均", "均价", "价位"), "评分": ("打分", "口碑评分"), "区域": ("所在区域", "商圈"), "特色": ("标签", "服务"),
    "类型": ("菜系",), "推荐菜": ("招牌菜",), "营业时间": ("开放时间",),
    "price": ("average price", "cost"), "rating": ("score", "user rating"), "area": ("district",),
    "features": ("tags", "amenities"),
    "type": ("kind",), "dishes": ("recommended dishes",), "opening hours": ("hours",),
}
"""What other catalogues call a field."""


def _laid_out(draws: Draws, locale: str, records: Sequence[Record]) -> str:
    """Records as some catalogue would write them: a line or a block each, JSON, or sentences."""
    zh = locale == "zh"
    how = draws.weighted(("line", "json", "objects", "bar", "block", "told"), (8, 1, 1, 1, 2, 1))
    if how != "line" and draws.chance(0.5):
        called = {label: draws.pick(names) for label, names in _OTHER_LABELS.items()}
        records = [r._replace(fields={called.get(k, k): v for k, v in r.fields.items()}) for r in records]
    name, genus = ("名称", "类别") if zh else ("name", "category")
    if how == "json":
        return json.dumps([{name: r.name, **r.fields} for r in records], ensure_ascii=False)
    if how == "objects":
        return "\n".join(json.dumps({name: r.name, genus: r.genus, **r.fields}, ensure_ascii=False) for r in records)
    if how == "block":
        return "\n".join(f"{k}: {v}" for r in records for k, v in ((name, r.name), (genus, r.genus), *r.fields.items()))
    if how == "told":
        comma, stop = ("，", "。") if zh else (", ", ".")
        return "\n".join(
            f"{r.name}：{comma.join((r.genus, *(k + v for k, v in r.fields.items())))}{stop}" if zh else
            f"{r.name}: {comma.join((r.genus, *(f'{k} {v}' for k, v in r.fields.items())))}{stop}" for r in records)
    between = ("；" if zh else "; ") if how == "line" else " | "
    return "\n".join(between.join([r.name, r.genus, *(f"{k}: {v}" for k, v in r.fields.items())]) for r in records)


class _Said(NamedTuple):
    """A sentence, true, and how it lies: "" where it cannot."""

    true: str
    false: str = ""


class _Writer:
    """One answer about records in a style, and its false twin."""

    def __init__(self, draws: Draws, locale: str, records: Sequence[Record], style: int, areas: Sequence[str]) -> None:
        self.draws, self.locale, self.records, self.style, self.areas = draws, locale, list(records), style, areas
        self.zh = locale == "zh"
        self.plans = PLANS[locale]

    def both(self) -> tuple[str, str]:
        """The answer as it is true, and with one sentence that lies."""
        layout = ("prose", "prose", "bullets", "numbers", "dashes", "brackets")[self.style % 6]
        if self.draws.chance(0.06):
            names = self._names()
            return names, f"{names}{self._gap()}{self._invented(self.records[0])}{self._stop()}"
        said = [self._of(r, n, layout) for n, r in enumerate(self.records)]
        if len(self.records) > 1:
            makers = self.draws.sample(
                (self._all, self._count, self._only, self._most, self._more_than, self._pair),
                self.draws.weighted((0, 1, 2), (2, 5, 3)),
            )
            if layout == "prose" and makers and self.draws.chance(0.35):
                said = []
            said += [s for make in makers if (s := make()) is not None]
        for _ in range(self.draws.weighted((0, 1, 2), (4, 4, 2))):
            said.insert(self.draws.integer(0, len(said)), _Said(self._one("idle")))
        lying = [n for n, s in enumerate(said) if s.false and s.false != s.true]
        if not lying:
            said.append(_Said("", self._invented(self.records[0]) + self._stop()))
            lying = [len(said) - 1]
        wrong = self.draws.pick(lying)
        head, tail = self._one("open"), self._one("close")
        between = "\n" if layout in ("bullets", "numbers", "dashes") else "" if self.zh else " "
        if between == "\n":
            head, tail = (f"{head.rstrip()}\n" if head else "", f"\n{tail.strip()}" if tail else "")
        texts = [
            between.join(t for t in (s.true if n != wrong or not lie else s.false for n, s in enumerate(said)) if t)
            for lie in (False, True)
        ]
        return f"{head}{texts[0]}{tail}", f"{head}{texts[1]}{tail}"

    # -- wordings

    def _one(self, kind: str) -> str:
        """A wording of a kind, of those that the style has: two of three."""
        options = self.plans[kind]
        own = [t for n, t in enumerate(options) if (n * 7 + self.style * 5 + len(kind)) % 3] or options
        return self.draws.pick(own)

    def _stop(self) -> str:
        return "。" if self.zh else "."

    def _gap(self) -> str:
        return "" if self.zh else " "

    def _name(self, record: Record) -> str:
        """A name, sometimes without its branch."""
        bare = re.sub(r"\s?[(（][^()（）]*[)）]$", "", record.name)
        if any(r is not record and bare in r.name for r in self.records):
            bare = record.name
        return bare if self.draws.chance(0.4) else record.name

    def _names(self) -> str:
        names = [self._name(r) for r in self.records]
        joined = "、".join(names) if self.zh else names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"{self._one('open')}{self._one('names').format(ns=joined)}"

    def _has(self, tag: str) -> str:
        return self.draws.pick(FEATURES[self.locale][tag].has)

    def _noun(self, tag: str) -> str:
        return self.draws.pick(FEATURES[self.locale][tag].nouns)

    def _invented(self, record: Record) -> str:
        return f"{self._name(record)}{'还' if self.zh else ' '}{self.draws.pick(INVENTED[self.locale])}"

    def _known(self, record: Record) -> list[str]:
        return [t for t in record.tags if t in FEATURES[self.locale]]

    def _foreign(self, record: Record) -> list[str]:
        """Tags that a record lacks; those that others have come twice."""
        mine = set(record.tags)
        near = [t for r in self.records for t in self._known(r) if t not in mine]
        return [*near, *near, *(t for t in FEATURES[self.locale] if t not in mine and t not in _FREE_OF)]

    # -- what is said of one place

    def _of(self, record: Record, place: int, layout: str) -> _Said:
        claims = self._claims(record)[: self.draws.integer(1, 4)]
        if not claims:
            return _Said(self._name(record) + self._stop())
        wrong = self.draws.integer(0, len(claims) - 1)
        true = [c.true for c in claims]
        false = [c.false if n == wrong else c.true for n, c in enumerate(claims)]
        name = self._name(record)
        if layout in ("bullets", "numbers", "dashes"):
            mark = {"bullets": "- ", "numbers": f"{place + 1}. ", "dashes": "* "}[layout]
            head = (
                mark
                + (f"**{name}**" if self.style % 4 == 1 else name)
                + ("：" if self.zh else " — " if self.style % 2 else ": ")
            )
            end = ""
        elif layout == "brackets":
            head, end = name + ("（" if self.zh else " ("), ("）" if self.zh else ")") + self._stop()
        else:
            head, end = self._one("first" if place == 0 else "next").format(n=name), self._stop()
            if self.draws.chance(0.2):
                end = (f"，{self._one('hedge')}" if self.zh else f", and {self._one('hedge')}") + end
            if self.draws.chance(0.15):
                wish = self._one("wish").format(f=self._noun(self.draws.pick(list(FEATURES[self.locale]))))
                head = wish + head if self.zh else wish + head[:1].lower() + head[1:] if not head.startswith(name) else head
        between = "，" if self.zh else ", "
        joined = [between.join(t) if self.zh or len(t) < 2 else f"{', '.join(t[:-1])} and {t[-1]}" for t in (true, false)]
        return _Said(f"{head}{joined[0]}{end}", f"{head}{joined[1]}{end}")

    def _claims(self, record: Record) -> list[_Said]:
        made: list[_Said] = []
        for make in self.draws.sample(
            (
                self._price, self._rating, self._area, self._tag, self._tag, self._kind, self._dish, self._far, self._shut,
                self._lack,
            ),
            10,
        ):
            said = make(record)
            if said is not None:
                made.append(said)
        return made

    def _value(self, kind: str, true: str, false: str) -> _Said:
        wording = self._one(kind)
        return _Said(wording.format(v=true), wording.format(v=false))

    def _others(self, record: Record, slot: Callable[[Record], float | None], own: float) -> list[float]:
        return [v for r in self.records if r is not record and (v := slot(r)) is not None and v != own]

    def _price(self, record: Record) -> _Said | None:
        own = record.price
        if own is None:
            return None
        near = self._others(record, lambda r: r.price, own)
        wrong = (
            self.draws.pick(near)
            if near and self.draws.chance(0.5)
            else max(5.0, round(own * self.draws.pick((0.5, 0.7, 0.8, 1.3, 1.6, 2.0))) + 1)
        )
        return self._value("price", f"{own:g}", f"{wrong:g}")

    def _rating(self, record: Record) -> _Said | None:
        own = record.rating
        if own is None:
            return None
        near = self._others(record, lambda r: r.rating, own)
        wrong = (
            self.draws.pick(near)
            if near and self.draws.chance(0.5)
            else own + self.draws.pick((0.2, 0.3, 0.4, 0.5)) * (1 if own < 4.5 else -1)
        )
        return self._value("rating", f"{own:g}", f"{round(wrong, 1):g}")

    def _area(self, record: Record) -> _Said | None:
        others = [a for a in self.areas if a != record.area]
        return self._value("area", record.area, self.draws.pick(others)) if record.area and others else None

    def _tag(self, record: Record) -> _Said | None:
        own, foreign = self._known(record), self._foreign(record)
        if not own or not foreign:
            return None
        kind = self.draws.weighted(("foreign", "invented", "denied"), (5, 4, 2))
        tag = self.draws.pick(own)
        if kind == "foreign":
            return _Said(self._has(tag), self._has(self.draws.pick(foreign)))
        if kind == "invented":
            return _Said(self._has(tag), self.draws.pick(INVENTED[self.locale]))
        return _Said(
            self._has(tag), self._one("lack").format(f=self._noun(tag)) if tag not in _FREE_OF else ""
        )

    def _lack(self, record: Record) -> _Said | None:
        foreign = self._foreign(record)
        own = [t for t in self._known(record) if t not in _FREE_OF]
        if not foreign or not own or self.draws.chance(0.6):
            return None
        wording = self._one("miss")
        return _Said(
            wording.format(f=self._noun(self.draws.pick(foreign))), self._one("lack").format(f=self._noun(self.draws.pick(own)))
        )

    def _kind(self, record: Record) -> _Said | None:
        others = [r.kind for r in self.records if r.kind and r.kind != record.kind]
        return (
            self._value("kind", record.kind, self.draws.pick(others))
            if record.kind and others and self.draws.chance(0.5)
            else None
        )

    def _dish(self, record: Record) -> _Said | None:
        others = [d for r in self.records for d in r.dishes if d not in record.dishes]
        return (
            self._value("dish", self.draws.pick(record.dishes), self.draws.pick(others)) if record.dishes and others else None
        )

    def _far(self, record: Record) -> _Said | None:
        own = record.far
        if own is None:
            return None
        near = self._others(record, lambda r: r.far, own)
        wrong = (
            self.draws.pick(near)
            if near and self.draws.chance(0.6)
            else round(own * self.draws.pick((0.4, 0.6, 1.7, 2.5)) + 0.1, 1)
        )
        return self._value("far", _distance(own, self.locale), _distance(wrong, self.locale))

    def _shut(self, record: Record) -> _Said | None:
        own = record.shut
        if own is None:
            return None
        wrong = own + 30 * self.draws.pick((-6, -4, -3, -2, 2, 3, 4, 5))
        return self._value("shut", self._clock(own), self._clock(wrong))

    def _clock(self, minutes: int) -> str:
        hour, minute = minutes // 60 % 24, minutes % 60
        if self.zh:
            figure = self.draws.chance(0.5)
            count = (
                str(hour % 12 or 12)
                if figure
                else "零一二三四五六七八九十"[hour % 12]
                if 0 < hour % 12 <= 10
                else {11: "十一", 0: "十二"}[hour % 12]
            )
            part = "凌晨" if hour < 6 else "上午" if hour < 12 else "下午" if hour < 18 else "晚上"
            return f"{hour}:{minute:02d}" if figure and self.draws.chance(0.5) else f"{part}{count}点{'半' if minute else ''}"
        if minutes % 1440 == 0 and self.draws.chance(0.7):
            return "midnight"
        return f"{hour % 12 or 12}{f':{minute:02d}' if minute else ''} {'am' if hour < 12 else 'pm'}"

    # -- what is said of several

    def _plural(self, has: str) -> str:
        if self.zh:
            return has
        return next((many + has[len(one) :] for one, many in _FLIPS.items() if has.startswith(one)), f"each {has}")

    def _counted(self, n: int, capital: bool = False) -> str:
        if self.zh:
            return "一两三四五"[n - 1] if self.draws.chance(0.7) else str(n)
        word = ("one", "two", "three", "four", "five")[n - 1]
        return word.capitalize() if capital else word

    def _holders(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for r in self.records:
            for tag in self._known(r):
                found[tag] = found.get(tag, 0) + 1
        return found

    def _sentence(self, kind: str, **values: str) -> str:
        wording = self._one(kind)
        if not self.zh and kind == "count" and wording.startswith("{k}"):
            values["k"] = values["k"].capitalize()
        return wording.format(**values) + self._stop()

    def _all(self) -> _Said | None:
        size, holders = len(self.records), self._holders()
        every = [t for t, n in holders.items() if n == size]
        some = [t for t, n in holders.items() if 0 < n < size]
        c = self._counted(size)
        if every and (some or self.draws.chance(0.5)):
            has = self._has(self.draws.pick(every))
            wrong = self._has(self.draws.pick(some or self._foreign(self.records[0])))
            return _Said(
                self._sentence("all", c=c, h=has, s=self._plural(has)),
                self._sentence("all", c=c, h=wrong, s=self._plural(wrong)),
            )
        absent = [t for t in FEATURES[self.locale] if t not in holders and t not in _FREE_OF]
        if not some or not absent:
            return None
        if self.draws.chance(0.5):  # said only where it is wrong
            wrong = self._has(self.draws.pick(some))
            return _Said("", self._sentence("all", c=c, h=wrong, s=self._plural(wrong)))
        none, held = self.draws.pick(absent), self.draws.pick(some)
        return _Said(
            self._sentence("none", c=c, f=self._noun(none), h=self._has(none)),
            self._sentence("none", c=c, f=self._noun(held), h=self._has(held)),
        )

    def _count(self) -> _Said | None:
        size, holders = len(self.records), self._holders()
        some = [t for t, n in holders.items() if 0 < n < size]
        if size < 3 or not some:
            return None
        tag = self.draws.pick(some)
        own, has, c = holders[tag], self._has(tag), self._counted(size)
        wrong = self.draws.pick([n for n in range(1, size) if n != own])
        return _Said(
            *(
                self._sentence("count", c=c, k=self._counted(n), h=has, s=self._plural(has) if n > 1 or self.zh else has)
                for n in (own, wrong)
            )
        )

    def _only(self) -> _Said | None:
        holders = self._holders()
        alone = [t for t, n in holders.items() if n == 1]
        if not alone:
            return None
        tag = self.draws.pick(alone)
        own = next(r for r in self.records if tag in r.tags)
        other = self.draws.pick([r for r in self.records if r is not own])
        has = self._has(tag)
        wording = self._one("only")
        return _Said(*(wording.format(n=self._name(r), h=has) + self._stop() for r in (own, other)))

    def _most(self) -> _Said | None:
        kind, slot, sign = self.draws.pick(
            (("cheap", "price", 1), ("best", "rating", -1), ("near", "far", 1))
        )
        known = [(v * sign, n) for n, r in enumerate(self.records) if (v := getattr(r, slot)) is not None]
        if len(known) < len(self.records) or len({v for v, _ in known}) < len(known):
            return None
        known.sort()
        wording, c = self._one(kind), self._counted(len(self.records))
        wrong = self.draws.pick(known[1:])[1]
        return _Said(*(wording.format(n=self._name(self.records[n]), c=c) + self._stop() for n in (known[0][1], wrong)))

    def _more_than(self) -> _Said | None:
        a, b = self.draws.sample(self.records, 2)
        kind, slot, sign = self.draws.pick((("cheaper", "price", 1), ("better", "rating", -1)))
        one, two = getattr(a, slot), getattr(b, slot)
        if one is None or two is None or one == two:
            return None
        if (one - two) * sign > 0:
            a, b = b, a
        wording, gap = self._one(kind), abs(one - two)
        wrong = wording.format(a=self._name(b), b=self._name(a), d=f"{gap:g}")
        if "{d}" in wording and self.draws.chance(0.5):
            wrong = wording.format(
                a=self._name(a), b=self._name(b), d=f"{max(3, round(gap * self.draws.pick((0.5, 1.5, 2)))) + 1:g}"
            )
        return _Said(wording.format(a=self._name(a), b=self._name(b), d=f"{gap:g}") + self._stop(), wrong + self._stop())

    def _pair(self) -> _Said | None:
        a, b = self.draws.sample(self.records, 2)
        makers: Mapping[int, Callable[[Record], _Said | None]] = {0: self._price, 1: self._rating, 2: self._tag, 3: self._area}
        make = makers[self.draws.integer(0, 3)]
        x, y = make(a), make(b)
        if x is None or y is None or not x.false or not y.false:
            return None
        wording, names = self._one("pair"), {"a": self._name(a), "b": self._name(b)}
        first = self.draws.chance(0.5)
        return _Said(
            wording.format(x=x.true, y=y.true, **names) + self._stop(),
            wording.format(x=x.false if first else x.true, y=y.true if first else y.false, **names) + self._stop(),
        )
