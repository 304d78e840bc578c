"""How far a record bears out a clause: its words, its numbers, and whether it denies what the clause affirms."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.catalogue import Entry
from recenv.rewards.features.prose.figures import Figure, figures_of, same
from recenv.rewards.reading import cover, polarity
from recenv.rewards.reading.words import is_han, stem

_MOST_FIGURES, _MOST_OWN, _MOST_ALL, _MOST_TIMES = 60, 30, 60, 12
_MOST_TOLD, _MOST_UNITS = 8, 60
_NO_TERMS = ("clock", "rating", "percent")  # what is not added up
_NEAR = 0.12  # how far off a sum or a gap may be that is said to be about so much
_PIECE = re.compile(r"[;,、|(){}\[\]/。\n]|\.\s")
_DENIES = re.compile(
    r"\b(?:no|not|none|never|without|n/a|false|unavailable|cannot|except|neither|nor|closed|null)\b|"
    r"没|无(?!线|烟|障)|(?<!差)不(?!错|限|打烊|仅|只|过|少)|未|否")
_SAYS_LITTLE = cover.FILL_HAN | frozenset("里着用还又正就只而且呗咯嘛想得选能找都也才这那么样说让帮您更最比较们另")

_SAYS_LITTLE_EN = frozenset(map(stem, (
    "within", "under", "over", "above", "below", "away", "everything", "everyone", "except", "apart", "same", "tied", "equally",
    "kilometer", "kilometers", "rated", "costs", "priced")))


class Source(NamedTuple):
    """A record as clauses are held against it. words: all content; pieces: words of each part, and whether it denies them;
    figures: its numbers; labelled: words of each label with the numbers of its value, where it has any."""

    words: frozenset[str]
    pieces: tuple[tuple[frozenset[str], bool], ...]
    figures: tuple[Figure, ...]
    labelled: tuple[tuple[frozenset[str], tuple[Figure, ...]], ...]


@CACHES.keep(32_768)
def content(text: str) -> frozenset[str]:
    """Content words: stems of Latin words, pairs of Chinese characters of which neither is a particle; no numbers."""
    return frozenset(
        word for word in polarity.content(text)
        if not (word in _SAYS_LITTLE_EN or any(map(str.isdigit, word))
                or (is_han(word) and len(word) == 2 and not _SAYS_LITTLE.isdisjoint(word))))


@CACHES.keep(8_192)
def source(entry: Entry) -> Source:
    pieces = tuple((content(p), bool(_DENIES.search(p))) for p in _PIECE.split(entry.text) if p.strip())
    labelled = tuple((content(f.label.replace("_", " ")), told) for f in entry.fields if (told := figures_of(f.value)))
    return Source(content(entry.text), pieces, figures_of(entry.text)[:_MOST_FIGURES], labelled)


def denied_in(known: Source, word: str) -> frozenset[bool]:
    """Whether the parts of a record that have a word deny it: {True}, {False} or both; empty where none has it."""
    return frozenset(denies for words, denies in known.pieces if word in words)


class Sums:
    """Gaps between numbers of records, and sums and multiples of them, each computed once a response; and what follows from
    numbers that the response told before."""

    def __init__(self, sources: Sequence[Source], asked: Sequence[Figure]) -> None:
        self.sources, self.asked = sources, asked
        self._told: list[Figure] = []
        self._gaps: dict[tuple[tuple[int, ...], str], list[float]] = {}
        self._sums: dict[tuple[tuple[int, ...], str], list[float]] = {}

    def gap(self, said: Figure, about: tuple[int, ...]) -> bool:
        """Whether a number is how far one of the places is from another, or from what was asked for."""
        key = (about, said.kind)
        if key not in self._gaps:
            own = [v for n in about for v in self._values(n, said.kind)][:_MOST_OWN]
            every = [v for n in range(len(self.sources)) for v in self._values(n, said.kind)][:_MOST_ALL]
            every += [f.value for f in self.asked]
            self._gaps[key] = sorted({round(abs(a - b), 3) for a in own for b in every})
        return _among(said, self._gaps[key])

    def total(self, said: Figure, about: tuple[int, ...], times: Sequence[Figure]) -> bool:
        """Whether a number is a sum of two of the places' numbers, or so many times one of them; times: numbers of the clause."""
        key = (about, said.kind)
        if key not in self._sums:
            own = [v for n in about for v in self._values(n, said.kind)][:_MOST_OWN]
            counts = {2.0, 3.0, 4.0} | {f.value for f in self.asked if f.value % 1 == 0 and 2 <= f.value <= _MOST_TIMES}
            found = {round(a + b, 3) for a, b in combinations(own, 2)}
            found |= {round(v * k, 3) for v in own for k in counts} | {round(v / k, 3) for v in own for k in counts}
            found |= {round(a * k + b, 3) for a in own[:12] for b in own[:12] for k in counts}
            self._sums[key] = sorted(found)
        own = [v for n in about for v in self._values(n, said.kind)][:_MOST_OWN]
        here = [f.value for f in times if f is not said and f.value % 1 == 0 and 2 <= f.value <= _MOST_TIMES][:4]
        return _among(said, self._sums[key]) or _among(said, [v * k for v in own for k in here])

    def times(self, said: Figure, about: tuple[int, ...]) -> bool:
        """Whether a number is how many times the number of one place is that of another."""
        return any(
            abs(a / b - said.value) <= _NEAR * said.value for n in about for kind in ("money", "distance", "minutes")
            for a in self._values(n, kind) for m in range(len(self.sources)) if m != n for b in self._values(m, kind) if b)

    def tell(self, said: Sequence[Figure]) -> None:
        """Numbers that a clause says: later ones may follow from them."""
        self._told = [*self._told, *(f for f in said if f.kind not in _NO_TERMS)][-_MOST_TOLD:]

    def follows(self, said: Figure, about: tuple[int, ...], here: Sequence[Figure]) -> bool:
        """Whether a number comes of two numbers that were told before or beside it, or of one of them and one of the places': as
        their sum, the gap between them, one so many times the other, or as the sum of all that were told last."""
        if said.kind in _NO_TERMS:
            return False
        told = [*self._told, *(f for f in here if f is not said and f.kind not in _NO_TERMS)][-_MOST_TOLD:]
        terms = [f.value for f in told if not f.kind or not said.kind or f.kind == said.kind]
        counts = [f.value for f in (*told, *self.asked) if f.value % 1 == 0 and 2 <= f.value <= _MOST_TIMES]
        others = [*terms, *(v for n in about for v in self._values(n, said.kind)[:_MOST_OWN])]
        if any(_among(said, (a + b, abs(a - b))) for n, a in enumerate(terms) for b in others[n + 1:]):
            return True
        counts += [f.value for f in here if f is not said and f.value % 1 == 0 and _MOST_TIMES < f.value <= _MOST_UNITS]
        if any(_among(said, (a * k, a / k)) for k in counts for a in others):
            return True
        return any(_among(said, (math.fsum(terms[-n:]),)) for n in range(3, min(len(terms), 5) + 1))

    def all_of(self, said: Figure, places: tuple[int, ...]) -> bool:
        """Whether a number is the sum of the first such number of each of the places."""
        own = [next(iter(self._values(n, said.kind)), None) for n in places]
        return len(own) > 2 and None not in own and _among(said, [sum(v for v in own if v is not None)])

    def _values(self, place: int, kind: str) -> list[float]:
        return [
            f.value for f in self.sources[place].figures
            if not kind or not f.kind or f.kind == kind or (kind == "minutes" and f.kind == "clock")]


def _among(said: Figure, values: Sequence[float]) -> bool:
    near = _NEAR * said.value if said.loose else 1e-3
    return any(abs(value - said.value) <= near for value in values)


def holders(said: Figure, sources: Sequence[Source]) -> list[int]:
    """The records that have a number."""
    return [n for n, known in enumerate(sources) if any(same(said, f) for f in known.figures)]


def in_turn(said: Sequence[Figure], about: Sequence[int], sources: Sequence[Source]) -> bool:
    """Whether the numbers of a clause are those of its places in their order: "3.8 / 4.5" of two."""
    return len(said) == len(about) > 1 and len({f.value for f in said}) > 1 and all(
        any(same(f, known) for known in sources[n].figures) for f, n in zip(said, about, strict=True))
