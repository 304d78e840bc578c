"""An answer sentence by sentence: counts of what its records bear out, contradict or do not know, for a trained reader to weigh.

Nothing is decided here. A number may be the place's own, rounded, another's, a gap, a sum, or nobody's; a word may be in the
record, in another's, or in none; records may deny what a sentence affirms.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import NamedTuple

from recenv.rewards.features.prose import apart, bounds, counting, grades, hours, ranks, ratios, stock
from recenv.rewards.features.prose.alike import alike
from recenv.rewards.features.prose.amounts import free, numbers
from recenv.rewards.features.prose.bearing import Sums, content, in_turn, source
from recenv.rewards.features.prose.catalogue import entries
from recenv.rewards.features.prose.clauses import MASK, MOST_CLAUSES, Clause, clauses_of
from recenv.rewards.features.prose.counting import COUNTS, Counting, Evidence, is_small
from recenv.rewards.features.prose.figures import Figure, figures, figures_of
from recenv.rewards.features.prose.having import areas, called, having, listed, of_all
from recenv.rewards.features.prose.leftover import unaccounted
from recenv.rewards.features.prose.measures import measures
from recenv.rewards.features.prose.ordering import ordered, topic_of
from recenv.rewards.features.prose.places import place_of
from recenv.rewards.features.prose.silence import given, silent
from recenv.rewards.features.prose.tally import COUNTED, Tally
from recenv.rewards.features.prose.wording import ALL, ENDS, NO, NO_NO, NONE, ONLY
from recenv.rewards.reading.limits import limits

NAMES = (*COUNTS, *(f"tally_{name}" for name in COUNTED))
"""Names of the features of a sentence."""

_SUMMED = {
    "compared_right": "compared_right", "top_right": "compared_right", "compared_wrong": "compared_wrong",
    "top_wrong": "compared_wrong"}
_MOST_RECORDS, _MOST_FIGURES, _MOST_PER_CLAUSE = 24, 160, 24
_PLAIN = ("rating", "price", "area", "kind", "dishes", "facilities", "hours")
_HOLDS = 0.75  # of the best borne out record, from which on another counts as a holder


class Sentence(NamedTuple):
    """text: normalised, without names; features: NAMES."""

    text: str
    features: tuple[float, ...]


class Read(NamedTuple):
    """sentences; tallies: of each; clauses: all; left: what of each no rule accounts for; whole: whether all was read."""

    sentences: list[Sentence]
    tallies: list[Tally]
    clauses: list[Clause]
    left: list[str]
    whole: bool


def read(evidence: str, query: str, text: str) -> Read:
    """A normalised text, read as far as there is room: so many clauses, so many numbers."""
    known = entries(evidence)[:_MOST_RECORDS]
    places = [place_of(entry) for entry in known]
    sources = [source(entry) for entry in known]
    asked = figures_of(query)
    held = Evidence(known, places, sources, [dict(measures(e)) for e in known], content(query), asked, limits(query),
                    Sums(sources, asked), frozenset(word for known in sources for word in known.words),
                    frozenset(w for e in known for f in e.fields if f.role in _PLAIN for w in content(f.label.replace("_", " "))))
    asked_values = frozenset(f.value for f in asked)
    clauses = clauses_of(text, places, query)
    ends = [0, *(m.end() for m in ENDS.finditer(text)), len(text)]
    counted: dict[int, Counting] = {}
    left: list[str] = []
    figures_left, whole = _MOST_FIGURES, len(clauses) < MOST_CLAUSES
    for clause in clauses:
        at = min(bisect.bisect_right(ends, clause.start) - 1, len(ends) - 2)
        own = counted.get(at)
        if own is None:
            own = counted[at] = Counting(ends[at], ends[at + 1])
        rest = having(clause, places, own.tally)
        before = own.tally["members_own"]
        rest = listed(clause, rest, places, own.tally)
        own.members = own.tally["members_own"] - before
        numbers_said = figures(clause.text)
        said = numbers_said[:max(0, min(figures_left, _MOST_PER_CLAUSE))]
        whole = whole and len(said) == len(numbers_said)
        kept = bounds.NOTHING
        if places and not clause.open:
            kept = bounds.limits_kept(clause, said, places, held.measures, held.wished)
        rest = bounds.without(clause, rest, said, kept)
        for verdict in ("right", "wrong"):
            own.tally.add(f"compared_{verdict}", kept.counts[f"limits_{verdict}"] if kept.spans else 0)
        alikes, rest = alike(clause, rest, places, held.measures)
        if alikes is not None:
            own.add("compared_right" if alikes else "compared_wrong")
            own.tally.add("compared_right" if alikes else "compared_wrong")
        numbers(clause, places, asked_values, own.tally, kept.spans)
        free(clause, places, own.tally)
        areas(clause, places, own.tally)
        for name, n in {**called(clause, places), **of_all(clause, places)}.items():
            own.add(name, n)
        figures_left -= len(said)
        _clause(clause, rest, said, kept, held, own)
        if not clause.open:
            left.append(rest)
            own.left.append(rest)
    every = [counted[at] for at in sorted(counted)]
    for own in every:
        over = unaccounted(own.left, evidence, query)
        own.counts["left"], own.counts["left_longest"] = float(over.left), float(over.longest)
    return Read([_sentence(own, text) for own in every], [own.tally for own in every], clauses, left, whole)


def _sentence(own: Counting, text: str) -> Sentence:
    said = text[own.start:own.end]
    counts = own.counts
    if own.borne:
        counts["borne_least"] = min(b[0] for b in own.borne)
        counts["borne_mean"] = sum(b[1] for b in own.borne) / len(own.borne)
        counts["borne_by_others"] = max(b[2] for b in own.borne)
        counts["borne_gap"] = max(b[2] - b[0] for b in own.borne)
    else:
        counts["borne_least"] = counts["borne_mean"] = 1.0
    counts["atom_least"] = min(own.atoms, default=1.0)
    words = counts["words_own"] + counts["words_others"] + counts["words_nobodys"]
    counts["words_nobodys_share"] = counts["words_nobodys"] / words if words else 0.0
    counts["length"] = math.log1p(counts["length"])
    counts["asks"] = float(said.rstrip().endswith("?"))
    counts["listed"] = float(said.lstrip()[:1] in ("-", "*", *"123456"))
    features = (*(counts[name] for name in COUNTS), *(float(own.tally.get(name, 0)) for name in COUNTED))
    return Sentence(said.strip(), features)


def _ordered(clause: Clause, said: Sequence[Figure], kept: bounds.Kept, held: Evidence, own: Counting) -> None:
    """Count limits that are kept, gaps and ranks; what its numbers measure is kept for the clauses that follow."""
    own.kinds += [f.kind for f in said if f.kind]
    own.topic = topic_of(clause.text) or own.topic
    for name, n in ordered(clause, said, held.measures, own.topic).items():
        own.add(name, n)
        if not clause.open and name in _SUMMED:
            own.tally.add(_SUMMED[name], n)
    if clause.open or not held.places:
        return
    gaps = apart.apart(clause, said, kept.limits, held.measures, bounds.edges_of(held.wished), held.sums)
    times = ratios.ratios(clause, own.topic, held.measures)
    for name, n in {**kept.counts, **gaps, **ranks.ranked(clause, own.kinds, held.measures), **times}.items():
        own.add(name, n)


def _clause(
    clause: Clause, rest: str, said: Sequence[Figure], kept: bounds.Kept, held: Evidence, own: Counting
) -> None:
    """Count what one clause says. rest: of it, without what is known of places; said: its numbers; kept: limits among them."""
    every = range(len(held.sources))
    about = clause.about or clause.seen or tuple(every)
    others = tuple(n for n in every if n not in about)
    says_all, says_none, says_only = (bool(p.search(clause.text)) for p in (ALL, NONE, ONLY))
    denies = bool(NO.search(clause.text) and NO.search(NO_NO.sub(" ", clause.text)))
    own.add("clauses")
    own.most("subjects", float(len(clause.about)))
    own.counts["no_subject"] += not clause.about
    own.counts["open"] += clause.open
    own.counts["named"] += clause.own
    own.counts["says_all"] += says_all
    own.counts["says_none"] += says_none
    own.counts["says_only"] += says_only
    own.counts["denies"] += denies
    own.add("length", float(len(clause.text)))
    counting.weekdays(clause, about, held, own)
    right, wrong = silent(clause.text, about, held.measures)
    own.add("gaps_right", float(right))
    own.add("gaps_wrong", float(wrong))
    own.add("makers_right", float(sum(clause.made)))
    own.add("makers_wrong", float(len(clause.made) - sum(clause.made)))
    if not clause.open:
        counting.atoms(rest, about, held, own)
        right, wrong = given(clause.text, clause.about or tuple(every), held.measures)
        own.add("given_right", float(right))
        own.add("given_wrong", float(wrong))
        graded, left = grades.grades(clause.text, about, held.places), stock.stock(clause.text, about, held.entries)
        for name, n in {**graded, **left}.items():
            own.add(name, float(n))
    words, free_words = content(clause.text.replace(MASK, " ")), content(rest.replace(MASK, " "))
    words = words & (held.words | free_words)  # what a record says in other words is no unknown word
    _ordered(clause, said, kept, held, own)
    hits, weights = [0.0] * len(held.sources), [0.0] * len(held.sources)
    each = in_turn(said, about, held.sources)
    own.add("figures_own", float(each and len(said)))
    for figure in said if not each else ():
        if kept.judged(figure):
            continue  # a limit is no value that a place has
        counting.figure(figure, clause, about, words, said, held, own, (hits, weights))
        counting.noun(figure, about, held, own)
    held.sums.tell(said)
    counting.words(words, about, denies, held, own, (hits, weights), clause.own)
    if said and len(about) == 1 and not each:
        right, wrong = hours.told(clause.text, said, held.sources[about[0]].figures)
        own.add("hours_right", float(right))
        own.add("hours_wrong", float(wrong))
    if not any(weights):
        return
    borne = [hit / weight if weight else 1.0 for hit, weight in zip(hits, weights, strict=True)]
    least, best = min(borne[n] for n in about), max((borne[n] for n in others), default=0.0)
    own.borne.append((least, sum(borne[n] for n in about) / len(about), best))
    own.most("borne_seen", max((borne[n] for n in clause.seen if n not in about), default=0.0) - least if not clause.own else 0.0)
    if says_all:
        own.most("all_missing", 1.0 - min(borne[n] for n in (about if len(about) > 1 else every)))
    if says_only:
        own.add("only_gap", best - least)
        own.most("only_others", best)
    told = [f.value for f in said if is_small(f, len(borne)) and not f.kind]
    if told and not clause.own and len(borne) > 1:
        top = max(borne)
        own.add("count_gap", abs((sum(b >= _HOLDS * top for b in borne) if top else 0) - told[-1]))
        own.add("says_count")
    own.add("denies_all", float(denies and (says_all or says_only)))
