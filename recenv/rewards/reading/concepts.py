"""What a place may be said to have, in Chinese and English: one concept a line of ``tables/concepts.txt``, so that a record in
one wording bears out, or does not, an answer in another. Forms are met in text that is normalised (``lexical.norm``).

Some are what records list; others are what only answers speak of, like prizes, discounts and things for children.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from recenv.rewards.reading import CACHES, table
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.synonyms import any_of


class Concept(NamedTuple):
    """A mention: which, and where in the normalised text."""

    name: str
    start: int
    end: int


def _forms() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in table("concepts.txt"):
        name, _, forms = line.partition(": ")
        for form in forms.replace("; ", "/").split("/"):
            found.setdefault(norm(form.strip()), name)
            found.setdefault(form.strip(), name)
    return found


_FORMS = _forms()
_EN = re.compile(r"(?<![a-z0-9])" + any_of(f for f in _FORMS if f.isascii()) + r"(?:s|es)?(?![a-z0-9])")
_ZH = re.compile("(?=[" + "".join(dict.fromkeys(re.escape(f[0]) for f in _FORMS if not f.isascii())) + "])" + any_of(
    f for f in _FORMS if not f.isascii()))


@CACHES.keep(16_384)
def concepts(text: str) -> tuple[Concept, ...]:
    """Those that a normalised text mentions, in its order."""
    found = []
    for match in _EN.finditer(text):
        said = match.group()
        name = next((_FORMS[form] for form in (said, said.removesuffix("s"), said.removesuffix("es")) if form in _FORMS), "")
        if name:
            found.append(Concept(name, *match.span()))
    if not text.isascii():
        found += [Concept(_FORMS[m.group()], *m.span()) for m in _ZH.finditer(text)]
    return tuple(sorted(found, key=lambda c: c.start))
