"""Things that shops sell, as answers call them: by a part of their name, or by their shop ("手抓饼", "周黑鸭家的").

Records of places have names; records of dishes and packages have long ones, and a shop beside them. A part counts where no other
record has it.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.wording import ENDS
from recenv.rewards.reading.aliases import Named, forms, standing

_PIECE = re.compile(r"[^()\[\]【】（）「」+＋·•,、/|&;:\s]+")
_BRACKETS = re.compile(r"[\[【（(「][^\]】）)」]{0,60}[\]】）)」]")
_HAN_RUN = re.compile("[\u3400-\u9fff]{2,24}")
_LATIN_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_SMALL = frozenset(("a", "an", "the", "of", "for", "with", "and", "in", "on", "to", "or", "by", "from", "at"))
_LEAST, _MOST_HAN, _MOST_WORDS = 3, 10, 6
_SELLS = re.compile(
    r"\s?(?:家|店)?(?:的|那[份款个道]|这[份款个道]|出品的?|卖的)?(?:招牌)?\s?|(?:'s|')\s?(?:own )?")
"""Between a shop and what it sells."""
_SOLD_BY = re.compile(
    r",?\s?\(?\s?(?:(?:is |are |it is )?(?:sold |made |offered |served )?(?:from|by|at)(?: the)?|来自|出自|出品自|"
    r"商家[是为]?:?|是)\s?")
_FROM = re.compile(r"(?:\b(?:from|by)(?: the)?|来自|出自|由)\s?$")
_REACH = 12


class Shops(NamedTuple):
    """named: where shops stand; made: where a thing is said to be a shop's, and whether it is."""

    named: list[Named]
    made: list[tuple[int, bool]]


def things(text: str, named: Sequence[Named], places: Sequence[Place]) -> list[Named]:
    """Where parts of names stand for what a shop sells."""
    return standing(text, _of_things(text, places), named)


def shops(text: str, named: Sequence[Named], places: Sequence[Place]) -> Shops:
    """Where shops stand for what they sell; one beside another's thing stands for nothing. named: in order."""
    kept, made = list[Named](), list[tuple[int, bool]]()
    starts = [m.start for m in named]
    for shop in standing(text, _of_shops(text, places), named):
        at = bisect.bisect_left(starts, shop.start)
        thing = _sold_by(text, shop, named[at - 1] if at else None, named[at] if at < len(named) else None)
        own = shop.places if thing is None else tuple(n for n in shop.places if n in thing.places)
        if thing is not None:
            made.append((shop.start, bool(own)))
        if own:
            kept.append(shop._replace(places=own))
    return Shops(kept, made)


def _sold_by(text: str, shop: Named, before: Named | None, behind: Named | None) -> Named | None:
    """The thing that is said to be a shop's: "the shop's thing", "thing, from the shop", "thing at 3 yuan, from the shop"."""
    if before is not None and _SOLD_BY.fullmatch(text, before.end, shop.start):
        return before
    if behind is not None and _SELLS.fullmatch(text, shop.end, behind.start):
        return behind
    if before is not None and _FROM.search(text[max(0, shop.start - _REACH):shop.start]):
        return before if ENDS.search(text, before.end, shop.start) is None else None
    return None


def _of_things(text: str, places: Sequence[Place]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for n, place in enumerate(places):
        if place.seller:
            others = [p.text for k, p in enumerate(places) if k != n]
            for part in parts_of(place.name):
                if part in text and not any(part in other for other in others):
                    found[part] = (n,)
    return found


def _of_shops(text: str, places: Sequence[Place]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for seller in dict.fromkeys(place.seller for place in places if place.seller):
        own = tuple(n for n, place in enumerate(places) if place.seller == seller)
        others = [place.text for place in places if place.seller != seller]
        for form in forms(seller):
            if form in text and not any(form in other for other in others):
                found.setdefault(form, own)
    return found


@CACHES.keep(8_192)
def parts_of(name: str) -> tuple[str, ...]:
    """What may stand for a normalised name: without what is in brackets; of Chinese any three characters of it and more, or the
    last two of a piece; of English two to six words."""
    bare = _BRACKETS.sub(" ", name).strip()
    found = [bare] if 2 < len(bare) < len(name) else []
    for piece in _PIECE.findall(bare):
        found += _of_piece(piece)
    words = [w for w in _LATIN_WORD.findall(bare) if w]
    for size in range(_MOST_WORDS, 1, -1):
        runs = (words[at:at + size] for at in range(len(words) - size + 1))
        found += [" ".join(run) for run in runs if run[0] not in _SMALL and run[-1] not in _SMALL and len(run) < len(words)]
    return tuple(dict.fromkeys(found))


def _of_piece(piece: str) -> Iterable[str]:
    for run in _HAN_RUN.findall(piece):
        for size in range(min(len(run), _MOST_HAN), _LEAST - 1, -1):
            yield from (run[at:at + size] for at in range(len(run) - size + 1))
        yield run[-2:]
