"""Answers with labels: does one follow its instruction, and is what it claims in the evidence?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recenv.data.render import plain_response
from recenv.data.synthetic.catalogue import Pool
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.instructions import Demand, holds
from recenv.data.synthetic.responses import N_STYLES, Manner, compose_response, corrupted, put_in_words, stated_slots
from recenv.records import Item

_TRIES = 10
_SHOWN = ("rating", "price", "area", "tags", "dishes", "subcategory")


class Judged(NamedTuple):
    """An answer, the records it may be checked against (FC), and its true label before noise."""

    response: str
    evidence: tuple[Item, ...]
    label: int


def draw_followed(draws: Draws, locale: str, demands: Sequence[Demand], items: Sequence[Item]) -> Judged:
    """An answer that was meant to keep to all demands or, as often, to break one; the label is what the checks say."""
    good = draws.chance(0.5)
    broken = None if good else draws.pick(demands)
    kept = [d for d in demands if d is not broken]
    response, label = "", 0
    for _ in range(_TRIES):
        response, named = _attempt(draws, locale, kept, broken, items)
        label = int(all(holds(d, response, named) for d in demands))
        if label == good:
            break
    return Judged(response, (), label)


def _attempt(
    draws: Draws, locale: str, kept: Sequence[Demand], broken: Demand | None, items: Sequence[Item]
) -> tuple[str, list[Item]]:
    """One answer, steered towards the demands to keep and away from the one to break."""
    keep = {d.kind: d.value for d in kept}
    off = "" if broken is None else broken.kind
    count = draws.weighted((1, 2, 3, 4, 5, 6), (2, 3, 3, 2, 1, 1))
    if "places" in keep:
        count = draws.integer(1, int(keep["places"]))
    elif broken is not None and off == "places":
        count = int(broken.value) + draws.integer(1, 2)
    if "length" in keep and "places" not in keep and off != "places":
        count = min(count, 2)
    named = _named(draws, items, count, keep.get("avoid"), broken.value if broken is not None and off == "avoid" else None)
    language = str(keep.get("language", locale))
    if broken is not None and off == "language":
        language = "en" if broken.value == "zh" else "zh"
    if not keep.keys() & {"question", "polite"} and off in ("", "places", "avoid", "language") and draws.chance(0.25):
        return plain_response(named, language), named
    slots = tuple(s for s in _SHOWN if s in keep or (s != off and draws.chance(0.35)))
    lively = "calm" not in keep and draws.chance(0.5)  # exclamation marks are no sign of a breach by themselves
    opening = draws.integer(0, 3) if "calm" in keep else 4 if off == "calm" or lively else draws.integer(0, 4)
    if "polite" in keep or off == "polite":
        opening = 1 if off != "polite" else draws.pick((0, 3))
    closing = draws.pick((2, 4)) if "question" in keep else draws.pick((0, 1)) if off == "question" else draws.integer(0, 4)
    if ("calm" in keep and closing == 3) or (off == "polite" and locale == "zh"):
        closing = 0
    shape = 0 if "numbered" in keep or (off != "numbered" and draws.chance(0.35)) else draws.integer(1, 5)
    return put_in_words(named, language, Manner(shape, slots, opening, closing, draws.integer(0, 2))), named


def _named(draws: Draws, items: Sequence[Item], count: int, shunned: int | str | None, wanted: int | str | None) -> list[Item]:
    """Items to name: without those of a shunned subcategory, with one of a wanted one, where there are any."""
    pool = [i for i in items if i.attributes.get("subcategory") != shunned] or list(items)
    named = draws.sample(pool, count)
    extra = [i for i in items if i.attributes.get("subcategory") == wanted]
    if wanted is not None and extra:
        one = draws.pick(extra)
        named = [one, *(i for i in named if i.id != one.id)][:count]
    return named


def draw_grounded(draws: Draws, locale: str, items: Sequence[Item], pool: Pool) -> Judged:
    """An answer about one to three of two to five records; every other one claims something that the records deny."""
    evidence = tuple(draws.sample(items, draws.integer(2, 5)))
    shown = draws.sample(evidence, draws.integer(1, min(3, len(evidence))))
    style = 0 if draws.chance(0.25) else draws.integer(1, N_STYLES - 1)
    wrong = corrupted(draws, shown, evidence, pool, stated_slots(style)) if draws.chance(0.5) else None
    return Judged(compose_response(shown if wrong is None else wrong, locale, style=style), evidence, int(wrong is None))
