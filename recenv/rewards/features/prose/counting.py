"""What is counted of one sentence: its numbers, its words, what it lists, each held against the records of its places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from recenv.rewards.features.prose import apart, bounds, days, grades, ordering, ranks, ratios, stock
from recenv.rewards.features.prose.bearing import Source, Sums, content, denied_in, holders
from recenv.rewards.features.prose.catalogue import Entry
from recenv.rewards.features.prose.clauses import MASK, Clause
from recenv.rewards.features.prose.figures import Figure, rounded, same
from recenv.rewards.features.prose.having import OF_ALL
from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.tally import Tally
from recenv.rewards.features.prose.wording import ADDS, COMPARES
from recenv.rewards.reading.limits import Limit

COUNTS = (
    "figures_own", "figures_own_labelled", "figures_own_other_label", "figures_contradicted", "figures_about_own",
    "figures_rounded", "figures_small", "figures_asked", "figures_gap", "figures_sum", "figures_derived", "figures_follow",
    "figures_others",
    "figures_nobodys", "clocks_nobodys", "money_nobodys", "distance_nobodys", "loose_nobodys", "clocks_others", "money_others",
    "words_own", "words_others", "words_asked", "words_nobodys", "words_nobodys_share", "denials_against", "denials_with",
    "borne_least", "borne_mean", "borne_by_others", "borne_gap",
    "says_all", "says_none", "says_only", "says_count", "denies", "open", "asks", "clauses", "subjects", "no_subject", "length",
    "listed", "all_missing", "only_gap", "only_others", "count_gap", "denies_all",
    "named", "figures_others_named", "words_others_named", "borne_seen", "kind_contradicted", "kind_contradicted_one",
    "kind_unheard", "kinds_right", "kinds_wrong", "kinds_other",
    "kinds_counted_right", "kinds_counted_wrong", "bare_nobodys", "gaps_right", "gaps_wrong",
    "words_asked_named", "hours_right", "hours_wrong", "nouns_right", "nouns_wrong", "sum_seen", "gap_seen", "left",
    "left_longest", "atom_least", "atoms", "atoms_nobodys", "atoms_others",
    "days_right", "days_wrong", "makers_right", "makers_wrong", "given_right", "given_wrong", "plain_wrong", "atoms_beyond",
    *grades.NAMES, *stock.NAMES, *ordering.NAMES, *bounds.NAMES, *apart.NAMES, *ranks.NAMES, *ratios.NAMES,
    *OF_ALL,
)
"""Names of what is counted of a sentence, besides ``tally.COUNTED``."""

_LISTED = re.compile(r"[、,/+&]|\b(?:and|or|with|plus|as well as)\b|以及|还有|[和与及]")
_BARE_AHEAD = re.compile(r"(?:^|[·,|、:：—–-])[\s¥$£€]{0,3}$")
_BARE_BEHIND = re.compile(r"\s{0,2}(?:$|[·,|、;。—–])")
_PLAIN = frozenset(("money", "rating", "distance", "hours", "days"))
_TOGETHER = re.compile(f"{COMPARES.pattern}|{ADDS.pattern}")  # where a figure may be worked out of several
_TIMES = re.compile(r"\s?(?:times\b|倍)")
_UNKNOWN_WORD = 0.5  # what a word that no record has counts, of one that some has


class Counting:
    """What is gathered of one sentence."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.counts = dict.fromkeys(COUNTS, 0.0)
        self.tally = Tally()
        self.borne: list[tuple[float, float, float]] = []
        self.atoms: list[float] = []
        self.left: list[str] = []
        self.kinds: list[str] = []  # what the numbers so far measure
        self.topic = ""  # what places are compared by
        self.members = 0  # of a place's lists, that the clause being read names

    def add(self, name: str, n: float = 1.0) -> None:
        self.counts[name] += n

    def most(self, name: str, value: float) -> None:
        self.counts[name] = max(self.counts[name], value)


class Evidence(NamedTuple):
    """All that clauses of one response are held against."""

    entries: Sequence[Entry]
    places: Sequence[Place]
    sources: Sequence[Source]
    measures: Sequence[dict[str, float]]
    asked: frozenset[str]
    asked_figures: Sequence[Figure]
    wished: Sequence[Limit]
    sums: Sums
    words: frozenset[str]
    labels: frozenset[str]  # what fields are called that every record may have


def atoms(rest: str, about: tuple[int, ...], held: Evidence, own: Counting) -> None:
    """The members of what a clause lists, each as a whole: borne out by the places, by another, by nobody."""
    for part in _LISTED.split(rest.replace(MASK, " ")):
        words = content(part) - held.asked - held.labels
        if not words:
            continue
        own.add("atoms")
        share = [sum(word in known.words for word in words) / len(words) for known in held.sources]
        least = min(share[n] for n in about)
        own.atoms.append(least)
        best = max((share[n] for n in range(len(share)) if n not in about), default=0.0)
        own.add("atoms_nobodys", float(not least and not best))
        own.add("atoms_others", float(not least and best == 1.0))
        own.add("atoms_beyond", float(not least and own.members > 0))  # one more of a list that a record has


def weekdays(clause: Clause, about: tuple[int, ...], held: Evidence, own: Counting) -> None:
    for said in days.days(clause.text) if clause.about or len(about) == 1 else ():
        if len(said) == 7 and not days.OPEN.search(clause.text):
            continue
        for n in about:
            known = days.open_on(held.entries[n].text)
            if known is not None:
                right = not said & known if days.SHUT.search(clause.text) else said <= known
                own.add("days_right" if right else "days_wrong")


def is_small(figure: Figure, records: int) -> bool:
    """Whether a number may count the places themselves."""
    return figure.value % 1 == 0 and 0 < figure.value <= records and figure.kind not in ("clock", "distance", "rating")


def figure(
    figure: Figure, clause: Clause, about: tuple[int, ...], words: frozenset[str], said: Sequence[Figure], held: Evidence,
    own: Counting, borne: tuple[list[float], list[float]],
) -> None:
    if is_small(figure, len(held.sources)):
        own.add("figures_small")
        return
    if _TIMES.match(clause.text, figure.end):
        fits = held.sums.times(figure, about)
        own.add("figures_gap" if fits else "figures_nobodys")
        return
    exact = holders(figure, held.sources)
    near = [n for n, known in enumerate(held.sources) if any(rounded(figure, f) for f in known.figures)]
    for n in range(len(held.sources)):
        borne[1][n] += 1.0
        borne[0][n] += float(n in exact or n in near)
    labelled = [(not label.isdisjoint(words), told) for n in about for label, told in held.sources[n].labelled]
    if set(exact) & {*about, *clause.beside}:
        own.add("figures_about_own" if figure.loose or not set(exact) & set(about) else "figures_own")
        held_by = [(cue, [f for f in told if same(figure, f)]) for cue, told in labelled]
        cued = any(found and (cue or any(f.kind and f.kind == figure.kind for f in found)) for cue, found in held_by)
        own.add("figures_own_labelled", float(cued))
        own.add("figures_own_other_label", float(not cued and any(cue for cue, _ in labelled)))
        return
    own.add("figures_contradicted", float(any(cue for cue, _ in labelled)))
    if len(about) == 1 and not near and figure.kind in _PLAIN and not figure.loose and not _TOGETHER.search(clause.text):
        own.add("plain_wrong", float(any(f.kind == figure.kind for f in held.sources[about[0]].figures)))
    gap, total = held.sums.gap(figure, about), held.sums.total(figure, about, said)
    seen = clause.seen if len(clause.seen) > 1 else tuple(range(len(held.sources)))
    if not gap and not total and not (set(near) & set(about)):
        own.add("gap_seen", float(bool(COMPARES.search(clause.text)) and held.sums.gap(figure, seen)))
        own.add("sum_seen", float(held.sums.total(figure, seen, said) or held.sums.all_of(figure, seen)))
        if figure.kind and not any(same(figure, f) for f in held.asked_figures):
            known = [sum(f.kind == figure.kind for f in held.sources[n].figures) for n in about]
            own.add("kind_contradicted", float(all(known)))
            own.add("kind_contradicted_one", float(len(known) == 1 and known[0] == 1 and clause.own))
            own.add("kind_unheard", float(not any(known)))
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
        own.add("figures_others_named", float(clause.own))
        own.add("clocks_others", float(figure.kind == "clock"))
        own.add("money_others", float(figure.kind == "money"))
    elif gap or total:
        own.add("figures_derived")
    elif held.sums.follows(figure, about, said):
        own.add("figures_follow")
    else:
        own.add("figures_nobodys")
        for name, kind in (("clocks_nobodys", "clock"), ("money_nobodys", "money"), ("distance_nobodys", "distance")):
            own.add(name, float(figure.kind == kind))
        own.add("loose_nobodys", float(bool(figure.loose)))
        alone = _BARE_AHEAD.search(clause.text[:figure.start]) and _BARE_BEHIND.match(clause.text, figure.end)
        own.add("bare_nobodys", float(alone is not None))


def noun(figure: Figure, about: tuple[int, ...], held: Evidence, own: Counting) -> None:
    """A count of something that records count, too: "8 languages"."""
    if figure.kind or not figure.noun:
        return
    known = [f for n in about for f in held.sources[n].figures if f.noun == figure.noun]
    if known:
        own.add("nouns_right" if any(same(figure, f) or f.value == figure.value for f in known) else "nouns_wrong")


def words(
    words: frozenset[str], about: tuple[int, ...], denies: bool, held: Evidence, own: Counting,
    borne: tuple[list[float], list[float]], named: bool,
) -> None:
    for word in sorted(words - held.labels):
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
            own.add("words_others_named", float(named))
        elif word in held.asked:
            own.add("words_asked")
            own.add("words_asked_named", float(named and not denies))
        else:
            own.add("words_nobodys")
