"""An answer sentence by sentence: counts of what its records bear out, contradict or do not know, for a trained reader to weigh.

Nothing is decided here. A number may be the place's own, rounded, another's, a gap, a sum, or nobody's; a word may be in the
record, in another's, or in none; records may deny what a sentence affirms.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import NamedTuple

from recenv.rewards.features.prose import days
from recenv.rewards.features.prose.amounts import free, numbers
from recenv.rewards.features.prose.bearing import Source, Sums, content, denied_in, holders, source
from recenv.rewards.features.prose.catalogue import Entry, entries
from recenv.rewards.features.prose.clauses import MASK, Clause, clauses_of
from recenv.rewards.features.prose.figures import Figure, figures, figures_of, rounded, same
from recenv.rewards.features.prose.having import areas, having, listed
from recenv.rewards.features.prose.ordering import measures, ordered
from recenv.rewards.features.prose.places import Place, place_of
from recenv.rewards.features.prose.tally import COUNTED, Tally
from recenv.rewards.features.prose.wording import ADDS, ALL, COMPARES, ENDS, NO, NO_NO, NONE, ONLY

COUNTS = (
    "figures_own", "figures_own_labelled", "figures_own_other_label", "figures_contradicted", "figures_about_own",
    "figures_rounded", "figures_small", "figures_asked", "figures_gap", "figures_sum", "figures_derived", "figures_others",
    "figures_nobodys", "clocks_nobodys", "money_nobodys", "distance_nobodys", "loose_nobodys", "clocks_others", "money_others",
    "words_own", "words_others", "words_asked", "words_nobodys", "words_nobodys_share", "denials_against", "denials_with",
    "borne_least", "borne_mean", "borne_by_others", "borne_gap",
    "says_all", "says_none", "says_only", "says_count", "denies", "open", "asks", "clauses", "subjects", "no_subject", "length",
    "listed", "all_missing", "only_gap", "only_others", "count_gap", "denies_all",
    "days_right", "days_wrong", "compared_right", "compared_wrong", "top_right", "top_wrong", "compared_unknown",
)
"""Names of what is counted of a sentence, besides ``tally.COUNTED``."""

NAMES = (*COUNTS, *(f"tally_{name}" for name in COUNTED))
"""Names of the features of a sentence."""

_SUMMED = {
    "compared_right": "compared_right", "top_right": "compared_right", "compared_wrong": "compared_wrong",
    "top_wrong": "compared_wrong"}
_MOST_RECORDS, _MOST_FIGURES, _MOST_PER_CLAUSE = 24, 80, 12
_UNKNOWN_WORD = 0.5  # what a word that no record has counts, of one that some has
_HOLDS = 0.75  # of the best borne out record, from which on another counts as a holder


class Sentence(NamedTuple):
    """text: normalised, without names; features: NAMES; unknown: words that no record has; foreign: words of other records."""

    text: str
    features: tuple[float, ...]
    unknown: frozenset[str]
    foreign: frozenset[str]


class _Counting:
    """What is gathered of one sentence."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.counts = dict.fromkeys(COUNTS, 0.0)
        self.tally = Tally()
        self.borne: list[tuple[float, float, float]] = []
        self.unknown: set[str] = set()
        self.foreign: set[str] = set()

    def add(self, name: str, n: float = 1.0) -> None:
        self.counts[name] += n

    def most(self, name: str, value: float) -> None:
        self.counts[name] = max(self.counts[name], value)


class _Evidence(NamedTuple):
    """All that clauses of one response are held against."""

    entries: Sequence[Entry]
    places: Sequence[Place]
    sources: Sequence[Source]
    measures: Sequence[dict[str, float]]
    asked: frozenset[str]
    asked_figures: Sequence[Figure]
    sums: Sums


def read(evidence: str, query: str, text: str) -> tuple[list[Sentence], list[Tally], list[Clause], list[str]]:
    """The sentences of a normalised text with their tallies, all its clauses, and what of each no rule accounts for."""
    known = entries(evidence)[:_MOST_RECORDS]
    places = [place_of(entry) for entry in known]
    sources = [source(entry) for entry in known]
    asked = figures_of(query)
    held = _Evidence(known, places, sources, [dict(measures(e)) for e in known], content(query), asked, Sums(sources, asked))
    asked_values = frozenset(f.value for f in asked)
    clauses = clauses_of(text, places, query)
    bounds = [0, *(m.end() for m in ENDS.finditer(text)), len(text)]
    counted: dict[int, _Counting] = {}
    left: list[str] = []
    figures_left = _MOST_FIGURES
    for clause in clauses:
        at = min(bisect.bisect_right(bounds, clause.start) - 1, len(bounds) - 2)
        own = counted.get(at)
        if own is None:
            own = counted[at] = _Counting(bounds[at], bounds[at + 1])
        rest = having(clause, places, own.tally)
        rest = listed(clause, rest, places, own.tally)
        numbers(clause, places, asked_values, own.tally)
        free(clause, places, own.tally)
        areas(clause, places, own.tally)
        for name, n in ordered(clause, held.measures).items():
            own.add(name, n)
            if not clause.open and name in _SUMMED:
                own.tally.add(_SUMMED[name], n)
        figures_left -= _clause(clause, held, own, max(0, figures_left))
        if not clause.open:
            left.append(rest)
    kept = [counted[at] for at in sorted(counted)]
    return [_sentence(own, text) for own in kept], [own.tally for own in kept], clauses, left


def _sentence(own: _Counting, text: str) -> Sentence:
    said = text[own.start:own.end]
    counts = own.counts
    if own.borne:
        counts["borne_least"] = min(b[0] for b in own.borne)
        counts["borne_mean"] = sum(b[1] for b in own.borne) / len(own.borne)
        counts["borne_by_others"] = max(b[2] for b in own.borne)
        counts["borne_gap"] = max(b[2] - b[0] for b in own.borne)
    else:
        counts["borne_least"] = counts["borne_mean"] = 1.0
    words = counts["words_own"] + counts["words_others"] + counts["words_nobodys"]
    counts["words_nobodys_share"] = counts["words_nobodys"] / words if words else 0.0
    counts["length"] = math.log1p(counts["length"])
    counts["asks"] = float(said.rstrip().endswith("?"))
    counts["listed"] = float(said.lstrip()[:1] in ("-", "*", *"123456"))
    features = (*(counts[name] for name in COUNTS), *(float(own.tally.get(name, 0)) for name in COUNTED))
    return Sentence(said.strip(), features, frozenset(own.unknown), frozenset(own.foreign))


def _clause(clause: Clause, held: _Evidence, own: _Counting, most: int) -> int:
    """Count what one clause says; returns how many numbers it has."""
    every = range(len(held.sources))
    about = clause.about or clause.seen or tuple(every)
    others = tuple(n for n in every if n not in about)
    says_all, says_none, says_only = (bool(p.search(clause.text)) for p in (ALL, NONE, ONLY))
    denies = bool(NO.search(clause.text) and NO.search(NO_NO.sub(" ", clause.text)))
    own.add("clauses")
    own.most("subjects", float(len(clause.about)))
    own.counts["no_subject"] += not clause.about
    own.counts["open"] += clause.open
    own.counts["says_all"] += says_all
    own.counts["says_none"] += says_none
    own.counts["says_only"] += says_only
    own.counts["denies"] += denies
    own.add("length", float(len(clause.text)))
    _days(clause, about, held, own)
    words = content(clause.text.replace(MASK, " "))
    said = figures(clause.text)[:min(most, _MOST_PER_CLAUSE)]
    hits, weights = [0.0] * len(held.sources), [0.0] * len(held.sources)
    for figure in said:
        _figure(figure, clause, about, words, said, held, own, (hits, weights))
    _words(words, about, denies, held, own, (hits, weights))
    if not any(weights):
        return len(said)
    borne = [hit / weight if weight else 1.0 for hit, weight in zip(hits, weights, strict=True)]
    least, best = min(borne[n] for n in about), max((borne[n] for n in others), default=0.0)
    own.borne.append((least, sum(borne[n] for n in about) / len(about), best))
    if says_all:
        own.most("all_missing", 1.0 - min(borne[n] for n in (about if len(about) > 1 else every)))
    if says_only:
        own.add("only_gap", best - least)
        own.most("only_others", best)
    told = [f.value for f in said if _is_small(f, len(borne)) and not f.kind]
    if told and not clause.own and len(borne) > 1:
        top = max(borne)
        own.add("count_gap", abs((sum(b >= _HOLDS * top for b in borne) if top else 0) - told[-1]))
        own.add("says_count")
    own.add("denies_all", float(denies and (says_all or says_only)))
    return len(said)


def _days(clause: Clause, about: tuple[int, ...], held: _Evidence, own: _Counting) -> None:
    for said in days.days(clause.text) if clause.about or len(about) == 1 else ():
        if len(said) == 7 and not days.OPEN.search(clause.text):
            continue
        for n in about:
            known = days.open_on(held.entries[n].text)
            if known is not None:
                right = not said & known if days.SHUT.search(clause.text) else said <= known
                own.add("days_right" if right else "days_wrong")


def _is_small(figure: Figure, records: int) -> bool:
    """Whether a number may count the places themselves."""
    return figure.value % 1 == 0 and 0 < figure.value <= records and figure.kind not in ("clock", "distance", "rating")


def _figure(
    figure: Figure, clause: Clause, about: tuple[int, ...], words: frozenset[str], said: Sequence[Figure], held: _Evidence,
    own: _Counting, borne: tuple[list[float], list[float]],
) -> None:
    if _is_small(figure, len(held.sources)):
        own.add("figures_small")
        return
    exact = holders(figure, held.sources)
    near = [n for n, known in enumerate(held.sources) if any(rounded(figure, f) for f in known.figures)]
    for n in range(len(held.sources)):
        borne[1][n] += 1.0
        borne[0][n] += float(n in exact or n in near)
    labelled = [(label & words, told) for n in about for label, told in held.sources[n].labelled]
    if set(exact) & set(about):
        own.add("figures_about_own" if figure.loose else "figures_own")
        held_by = [(bool(cue), [f for f in told if same(figure, f)]) for cue, told in labelled]
        cued = any(found and (cue or any(f.kind and f.kind == figure.kind for f in found)) for cue, found in held_by)
        own.add("figures_own_labelled", float(cued))
        own.add("figures_own_other_label", float(not cued and any(cue and told for cue, told in labelled)))
        return
    own.add("figures_contradicted", float(any(cue and told for cue, told in labelled)))
    gap, total = held.sums.gap(figure, about), held.sums.total(figure, about, said)
    if set(near) & set(about):
        own.add("figures_rounded")
    elif any(same(figure, f) for f in held.asked_figures):
        own.add("figures_asked")
    elif gap and COMPARES.search(clause.text):
        own.add("figures_gap")
    elif total and ADDS.search(clause.text):
        own.add("figures_sum")
    elif exact:
        own.add("figures_others")
        own.add("clocks_others", float(figure.kind == "clock"))
        own.add("money_others", float(figure.kind == "money"))
    elif gap or total:
        own.add("figures_derived")
    else:
        own.add("figures_nobodys")
        for name, kind in (("clocks_nobodys", "clock"), ("money_nobodys", "money"), ("distance_nobodys", "distance")):
            own.add(name, float(figure.kind == kind))
        own.add("loose_nobodys", float(bool(figure.loose)))


def _words(
    words: frozenset[str], about: tuple[int, ...], denies: bool, held: _Evidence, own: _Counting,
    borne: tuple[list[float], list[float]],
) -> None:
    for word in sorted(words):
        known = [n for n, s in enumerate(held.sources) if word in s.words]
        for n in range(len(held.sources)):
            if word in held.asked and n not in known:
                continue
            borne[1][n] += 1.0 if known else _UNKNOWN_WORD
            if n in known:
                denied = denied_in(held.sources[n], word)
                against = bool(denied) and (denied == {False} if denies else denied == {True})
                borne[0][n] += float(not against)
                if n in about and denied:
                    own.add("denials_against" if against else "denials_with")
        if any(n in about for n in known):
            own.add("words_own")
        elif known:
            own.add("words_others")
            own.foreign.add(word)
        elif word in held.asked:
            own.add("words_asked")
        else:
            own.add("words_nobodys")
            own.unknown.add(word)
