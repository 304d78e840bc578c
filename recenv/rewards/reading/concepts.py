"""What a place may be said to have, in Chinese and English: one concept a line of ``tables/concepts.txt``, so that a record in
one wording bears out, or does not, an answer in another. Forms are met in text that is normalised (``lexical.norm``).

Some are what records list; others are what only answers speak of, like prizes, discounts and things for children. The forms of
``tables/concepts_told.txt`` mean a place's service where an answer tells of places ("your dog may come", "说英语"), and may mean
anything else in an instruction: exact rules do not read them.
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


class _Vocabulary:
    """Concepts by their forms; of a form that several have the first one counts. files: whose lines of one concept go
    together."""

    def __init__(self, *files: str) -> None:
        lines = [dict(line.split(": ", 1) for line in table(file)) for file in files]
        self.names: dict[str, str] = {}
        for name in lines[0]:
            for form in (form for own in lines if name in own for form in own[name].replace("; ", "/").split("/")):
                self.names.setdefault(norm(form.strip()), name)
                self.names.setdefault(form.strip(), name)
        han = [form for form in self.names if not form.isascii()]
        latin = any_of(form for form in self.names if form.isascii())
        self.english = re.compile(r"(?<![a-z0-9])" + latin + r"(?:s|es)?(?![a-z0-9])")
        self.chinese = re.compile("(?=[" + "".join(dict.fromkeys(re.escape(form[0]) for form in han)) + "])" + any_of(han))

    def mentions(self, text: str) -> tuple[Concept, ...]:
        """The concepts of a normalised text, in its order."""
        found = []
        for match in self.english.finditer(text):
            said = match.group()
            forms = (said, said.removesuffix("s"), said.removesuffix("es"))
            name = next((self.names[form] for form in forms if form in self.names), "")
            if name:
                found.append(Concept(name, *match.span()))
        if not text.isascii():
            found += [Concept(self.names[m.group()], *m.span()) for m in self.chinese.finditer(text)]
        return tuple(sorted(found, key=lambda c: c.start))


_PLAIN, _TOLD = _Vocabulary("concepts.txt"), _Vocabulary("concepts.txt", "concepts_told.txt")


@CACHES.keep(16_384)
def concepts(text: str) -> tuple[Concept, ...]:
    """Those that a normalised text mentions in so many words, in its order."""
    return _PLAIN.mentions(text)


@CACHES.keep(16_384)
def told(text: str) -> tuple[Concept, ...]:
    """Those that a normalised text which tells of places mentions, in whatever words."""
    return _TOLD.mentions(text)
