"""Kinds of places that answers say a place is of: a florist, a hostel, 烤鸭, 家政; one a line of
``reading/tables/genres.txt``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.places import Place
from recenv.rewards.reading import table
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.synonyms import any_of


def _forms() -> dict[str, int]:
    found: dict[str, int] = {}
    for n, line in enumerate(table("genres.txt")):
        for form in line.replace("; ", "/").split("/"):
            found.setdefault(norm(form), n)
            found.setdefault(form, n)
    return found


_FORMS = _forms()
_LATIN, _HAN = [form for form in _FORMS if form.isascii()], [form for form in _FORMS if not form.isascii()]
_EN = re.compile(r"(?<![a-z0-9])" + any_of(_LATIN) + r"(?:s|es)?(?![a-z0-9])")
_ZH = re.compile("(?=[" + "".join(sorted({form[0] for form in _HAN})) + "])" + any_of(_HAN))


@CACHES.keep(16_384)
def genres(text: str) -> tuple[tuple[int, int], ...]:
    """(kind, where it stands) of each kind that a normalised text names."""
    found = []
    for m in _EN.finditer(text):
        said = m.group()
        kind = next((_FORMS[form] for form in (said, said.removesuffix("s"), said.removesuffix("es")) if form in _FORMS), -1)
        if kind >= 0:
            found.append((kind, m.start()))
    if not text.isascii():
        found += [(_FORMS[m.group()], m.start()) for m in _ZH.finditer(text)]
    return tuple(sorted(found, key=lambda item: item[1]))


_IS_IN = re.compile(r"[在是]\s?$|\b(?:in|are|is)\s$")
_MANY = re.compile(r"(?:\b(?P<both>both)(?: the)? |俩|(?P<n>[2-9])[ 家个处间款座所]{0,2}(?:是|都是|are |of them are )?)$")


def of_kind(text: str, places: Sequence[Place]) -> tuple[int, ...]:
    """The places that "both museums", "2家书店" stand for: all of that kind, where there are as many; () where there is none. The
    same of an area: "both Changping places"."""
    for kind, at in genres(text):
        many = _MANY.search(text, max(0, at - 20), at)
        own = tuple(n for n, p in enumerate(places) if any(kind == k for k, _ in genres(f"{p.name} ; {p.kind}"))) if many else ()
        if many and len(own) == int(many.group("n") or 2) < len(places):
            return own
    for area in sorted({p.area.removesuffix("区") for p in places if len(p.area) > 1}):
        at = text.find(area)
        many = _MANY.search(text, max(0, at - 20), at) if at >= 0 else None
        own = tuple(n for n, p in enumerate(places) if p.area.removesuffix("区") == area)
        if many and len(own) == int(many.group("n") or 2) < len(places) and not _IS_IN.search(text, max(0, at - 8), at):
            return own
    return ()
