"""Kinds of places that answers say a place is of: a florist, a hostel, 烤鸭, 家政; one a line of
``reading/tables/genres.txt``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.clauses import Clause
from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.wording import NO, NONE
from recenv.rewards.reading import table
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.synonyms import any_of

_IS = re.compile(
    r"\b(?:is|are|as|being|both|only|another|your)\b|是|为|属|算|做|卖|主打|当|[:·|]|^\s?(?:an?|the)\b|(?:^|[,，])\s?$")


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


def called(clause: Clause, places: Sequence[Place]) -> dict[str, int]:
    """Of the kinds that a clause says its places are of, how many they are, and how many they are not."""
    found = {"kinds_right": 0, "kinds_wrong": 0, "kinds_other": 0}
    said = genres(clause.text)
    if not said or clause.open or not clause.about:
        return found
    denied = bool(NO.search(clause.text) or NONE.search(clause.text))
    for kind, at in said:
        fits = [any(kind == own for own, _ in genres(f"{places[n].name} ; {places[n].text}")) for n in clause.about]
        known = all(genres(f"{places[n].name} ; {places[n].kind}") for n in clause.about)
        if not known or denied:
            found["kinds_other"] += not all(fits)
        elif all(fits):
            found["kinds_right"] += 1
        else:
            found["kinds_wrong" if clause.own or _IS.search(clause.text, max(0, at - 16), at) else "kinds_other"] += 1
    return found
