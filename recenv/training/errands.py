"""Long requests of several wishes, made from requests of one: what is right for one of them is right for the request.

Data sets and worlds ask for one thing at a time, and all of a request then speaks of it. People ask for a class, a meal after it
and a taxi home in one breath: a limit of one wish says nothing of what another is about. Only training rows are added to.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from recenv import rng
from recenv.appraisal.sheet import source
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.reading.records import is_record
from recenv.training.augment import ADDED
from recenv.training.examples import labels_of

_LINKS = {
    "en": (" ", " Also, ", " After that, ", " Then, ", " Something else, too: ", " For later: ", " On the way home: "),
    "zh": ("", "另外，", "之后，", "然后，", "还有一件事，", "晚些时候，", "回家路上，"),
}
_WISHES = (2, 4)  # of a request
_ROWS = 3  # of a wish, where items stand alone
_RIGHT, _OTHERS = 2, 5  # members of a wish's list: the best, and any


def errands(rows: Sequence[ScorerRow], share: float, seed: int) -> list[ScorerRow]:
    """About ``share`` times as many requests again as rows of one dimension have about items with records, drawn from the seed.

    Each joins the words of two to four requests of one language from different groups. Its rows, or the members of its list, are
    those of its parts with their labels; its id begins with "augmented/", and it is a group of its own.
    """
    if not rows or share <= 0.0:
        return []
    dimension = rows[0].dimension
    key = rng.bits(rng.word("errands"), rng.word(dimension), seed, np.arange(2, dtype=np.uint64))
    generator = np.random.Generator(np.random.Philox(key=key))
    found: list[ScorerRow] = []
    for language, wishes in _wishes(rows).items():
        for n in range(round(share * len(wishes)) if len(wishes) >= _WISHES[1] else 0):
            count = int(generator.integers(_WISHES[0], _WISHES[1] + 1))
            chosen = [wishes[i] for i in generator.choice(len(wishes), count, replace=False).tolist()]
            query = _joined([own[0].query for own in chosen], language, generator)
            group = f"{ADDED}errands-{language}-{n}"
            made = [_list(chosen, generator)] if DIMENSIONS[dimension].listwise else [r for own in chosen for r in own[:_ROWS]]
            found += [msgspec.structs.replace(row, id=f"{group}/{m}", group=group, query=query) for m, row in enumerate(made)]
    return found


def _wishes(rows: Sequence[ScorerRow]) -> dict[str, list[list[ScorerRow]]]:
    """By language, the rows of each request whose items are records."""
    found: dict[tuple[str, str, str], list[ScorerRow]] = {}
    for row in rows:
        if all(map(is_record, row.items[:1] or (row.item,))):
            found.setdefault((source(row), row.group, row.query), []).append(row)
    out: dict[str, list[list[ScorerRow]]] = {}
    for own in found.values():
        out.setdefault("zh" if own[0].locale.startswith("zh") else "en", []).append(own)
    return out


def _joined(queries: Sequence[str], language: str, generator: np.random.Generator) -> str:
    links, stop = _LINKS[language], "。" if language == "zh" else "."
    out = ""
    for n, query in enumerate(q.strip() for q in queries):
        out += (links[int(generator.integers(len(links)))] if n else "") + query
        out += "" if query[-1:] in tuple(".?!。？！") else stop
    return out


def _list(wishes: Sequence[Sequence[ScorerRow]], generator: np.random.Generator) -> ScorerRow:
    """One list of some members of each wish's own, in a drawn order."""
    members: list[tuple[str, float]] = []
    for own in wishes:
        row, labels = own[0], labels_of(own[0])
        best = sorted(range(len(labels)), key=lambda n: -labels[n])[:_RIGHT]
        rest = generator.permutation(len(labels))[:_OTHERS].tolist()
        members += [(row.items[n], labels[n]) for n in dict.fromkeys([*best, *rest])]
    members = [members[n] for n in generator.permutation(len(members)).tolist()]
    return msgspec.structs.replace(wishes[0][0], items=tuple(m[0] for m in members), label=tuple(m[1] for m in members), order=())
