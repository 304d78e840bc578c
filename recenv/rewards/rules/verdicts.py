"""What can be checked exactly about a turn. A scorer never overrules a failed rule."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from recenv.records import Action, AgentView, Item, ScorerRow
from recenv.rewards.rules import CACHES, assertions
from recenv.rewards.rules.checks import languages, read_checks
from recenv.rewards.rules.checks.check import short
from recenv.rewards.rules.checks.counts import HAN, LATIN
from recenv.rewards.rules.held import decided, decided_in_row

MAX_CHARACTERS = 4_000
"""No answer may be longer, whatever the instruction says."""


class Verdict(NamedTuple):
    """reason: what was expected and what came, in English; "" when passed. about: what a failed one is about; ``grammar`` (of
    the action), ``items`` (their number), ``ids``, ``language``, ``form`` (of the text), ``wordless``, ``which`` (items that the
    instruction rules out), ``claim``.

    wanted: the language, the kind of the check of the form (``checks.KINDS``), or the words about the items, that was not kept.
    item: id of the item that was ruled out.
    item, slot, said, record: of the first refuted claim, the item's id, the slot, the words of the claim and what the record
    holds; refuted: ids of all items about which a claim is refuted.
    """

    failed: bool
    reason: str
    about: str = ""
    wanted: str = ""
    item: str = ""
    slot: str = ""
    said: str = ""
    record: str = ""
    refuted: frozenset[str] = frozenset()


PASSED = Verdict(False, "")


class Demands(NamedTuple):
    """The language and the bounds on items that an instruction states; None (language: "") where it states none."""

    language: str = ""
    min_items: int | None = None
    max_items: int | None = None


@CACHES.keep(4096)
def read_demands(instruction: str) -> Demands:
    """The demands of an instruction. Contradictory languages count as none."""
    found = read_checks(instruction)
    language = next((c.words[0] for c in found if c.kind == "language"), "")
    items = next((c for c in found if c.kind == "items"), None)
    return Demands(language, items.least, items.most) if items else Demands(language)


def instruction_verdict(view: AgentView, action: Action, items: Sequence[Item | None]) -> Verdict:
    """Whether an action keeps to the format and to what the instruction says in so many words.

    items: the records of ``action.items``, None where the id is unknown. Checked: the grammar of the action; for a
    recommendation 1 to ``view.slate_size`` items and no more than the instruction allows, known ids, ids that were
    candidates or retrieved, no repeats; a query to search for, a text to ask; the language of the text (the one the
    instruction demands, else the session's); every exactly checkable demand of the instruction on the text
    (``recenv.rewards.rules.checks``), and MAX_CHARACTERS; what the instruction demands of the items
    (``recenv.rewards.rules.wishes``), of all that are shown, whatever the text names.
    """
    said = _of_the_words(view, action, items)
    if said.failed or action.act != "recommend":
        return said
    shown = [item for item in items if item is not None]
    for kept in decided(view.instruction, shown, _at_hand(view)):
        if kept.reason:
            return Verdict(True, kept.reason, "which", kept.wish.said, kept.item)
    return PASSED


def _of_the_words(view: AgentView, action: Action, items: Sequence[Item | None]) -> Verdict:
    """All but what is demanded of the items themselves."""
    if action.act == "malformed":
        return Verdict(True, action.error or "malformed action", "grammar")
    reason, about = "", ""
    if action.act == "recommend":
        reason, about = _slate(view, action, items)
    elif action.act == "search" and not action.query.strip():
        reason, about = "search: expected a query, came none", "grammar"
    elif action.act == "ask" and not action.text.strip():
        reason, about = "ask: expected a question in text, came none", "grammar"
    if reason:
        return Verdict(True, reason, about)
    if action.act == "recommend" and not action.text.strip():
        missing = wordless(view.instruction)
        return Verdict(True, missing, "wordless") if missing else PASSED
    if action.act == "search":
        return PASSED
    broken = text_broken(view.instruction, view.locale, action.text, items, _at_hand(view))
    return Verdict(True, broken.reason, broken.about, broken.wanted) if broken else PASSED


def items_broken(row: ScorerRow) -> str:
    """Why the items that a row's answer recommends break its instruction, as far as the row's evidence decides; "" else."""
    return next((kept.reason for kept in decided_in_row(row.instruction, row.evidence, row.response) if kept.reason), "")


def wordless(instruction: str) -> str:
    """Why a slate without a word has not followed an instruction, "" where that asks nothing of the text."""
    asked = {c.kind for c in read_checks(instruction)}
    if not instruction.strip() or (asked == {"items"} and _ITEMS_ONLY.fullmatch(instruction.strip())):
        return ""
    return "expected a text, as the instruction asks, came none"


_ITEMS_ONLY = re.compile(r"\A(?!.*\b(?:and|then|with)\b|.*[并且和])[^.。!！?？,，;；\n]{1,60}[.。]?", re.IGNORECASE)
"""An instruction of one short clause, whose one demand is then the number of items that was read in it."""


def factual_verdict(view: AgentView, action: Action, items: Sequence[Item | None]) -> Verdict | None:
    """Whether the values that the text claims of recommended items agree with their records.

    Ratings, prices, free entry, distances and areas are read in the neighbourhood of each item's name (see
    ``recenv.rewards.rules.assertions``). A number may be rounded to the decimals it is given with. What the record does not
    hold, and claims about items that are not recommended, cannot be checked and are no failure.
    None where there is no text or no known item: the dimension does not apply.
    """
    if not action.text.strip() or not any(item is not None for item in items):
        return None
    refuted = list(_refuted_claims(view, action, items))
    return refuted[0]._replace(refuted=frozenset(v.item for v in refuted)) if refuted else PASSED


def _refuted_claims(view: AgentView, action: Action, items: Sequence[Item | None]) -> Iterator[Verdict]:
    """A failed verdict for each claim of the text that no record of the items it may be about agrees with."""
    known = tuple(item for item in items if item is not None)
    others, text = _at_hand(view), action.text
    if len(text) > MAX_CHARACTERS:  # it has failed the instruction already: read what is whole of its head
        text = text[:max(text.rfind(mark, 0, MAX_CHARACTERS) for mark in " \n,;。，；、") + 1]
    for claim in assertions.read_assertions(text, known, others, {**_areas(known), **_areas_of_list(others)}):
        if not any(assertions.agrees(claim, owner) for owner in claim.owners):
            owner = claim.owners[0]
            have = assertions.record(claim, owner)
            reason = f"{short(owner.name)}: {claim.slot} claimed {claim.said}, record {have}"
            yield Verdict(True, reason, "claim", "", owner.id, claim.slot, str(claim.said), str(have))


def _at_hand(view: AgentView) -> tuple[Item, ...]:
    """What may be recommended: where nothing was searched for the list of candidates itself, of which much is kept."""
    return (*view.candidates, *view.retrieved) if view.retrieved else view.candidates


def _ids(items: tuple[Item, ...]) -> frozenset[str]:
    return frozenset(item.id for item in items)


def _areas(items: tuple[Item, ...]) -> dict[str, None]:
    return {str(area): None for item in items if (area := item.attributes.get("area"))}


_ids_of_list, _areas_of_list = CACHES.keep_same(4_096)(_ids), CACHES.keep_same(4_096)(_areas)


def _slate(view: AgentView, action: Action, items: Sequence[Item | None]) -> tuple[str, str]:
    """What is wrong with the items of a slate, and what that is about; "" twice for nothing."""
    most = view.slate_size
    asked = read_demands(view.instruction)
    if asked.max_items is not None:
        most = min(most, asked.max_items)
    count = len(action.items)
    if not 1 <= count <= most:
        return f"expected {'1 item' if most == 1 else f'1 to {most} items'}, came {count}", "items"
    if asked.min_items is not None and count < min(asked.min_items, view.slate_size):
        return f"expected at least {min(asked.min_items, view.slate_size)} items, came {count}", "items"
    unknown = [i for i, item in zip(action.items, items, strict=True) if item is None]
    if unknown:
        return f"expected known item ids, came {short(unknown[0])}", "ids"
    allowed = _ids_of_list(_at_hand(view))
    for position, item_id in enumerate(action.items):
        if item_id not in allowed:
            return f"expected ids of candidates or retrieved items, came {short(item_id)}", "ids"
        if item_id in action.items[:position]:
            return f"expected each item once, came {short(item_id)} again", "ids"
    return "", ""


class Broken(NamedTuple):
    """What a text breaks: see ``Verdict``; false where it breaks nothing."""

    reason: str = ""
    about: str = ""
    wanted: str = ""

    def __bool__(self) -> bool:
        return bool(self.reason)


def text_broken(instruction: str, locale: str, text: str, slate: Sequence[Item | None], others: Sequence[Item]) -> Broken:
    """What a text breaks of its language and of the instruction's demands on it. slate: what it recommends, if anything; others:
    items that it may name besides. A text without words breaks nothing here (see ``wordless``)."""
    if len(text) > MAX_CHARACTERS:
        return Broken(f"expected at most {MAX_CHARACTERS} characters, came {len(text)}", "form", "characters")
    if not text.strip():
        return Broken()
    language = demanded_language(instruction) or locale
    if not _in_one_script(language, text):
        known = [item for item in (*slate, *others) if item is not None]
        reason = _language(language, text, [item.name for item in known] + [v for i in known[:len(slate)] for v in _strings(i)])
        if reason:
            return Broken(reason, "language", language)
    return _demanded(instruction, text, len(slate))


def demanded_language(instruction: str) -> str:
    """The language that an instruction demands, "" for none or for several."""
    return read_demands(instruction).language


def _language(language: str, text: str, names: Sequence[str]) -> str:
    if language in _LANGUAGES:
        came = language_of(text, names)
    else:
        came = languages.detect(without(text, names))
    if not came or came == language or language not in languages.NAMES:
        return ""
    return f"expected text in {languages.NAMES[language]}, came {languages.NAMES[came]}"


def _in_one_script(language: str, text: str) -> bool:
    """Whether a text that should be Chinese has no Latin letter, or one that should be English no Chinese character: then names,
    which keep their own language, decide nothing."""
    if language not in _LANGUAGES:
        return False
    foreign = HAN if language == "en" else LATIN
    return not foreign.search(text) and (text.isascii() or not foreign.search(unicodedata.normalize("NFKC", text)))


def _demanded(instruction: str, text: str, items: int) -> Broken:
    """The first demand of the instruction that a text breaks. items: 0 where it recommends none; only maxima apply then."""
    for check in read_checks(instruction):
        if check.kind in ("items", "language") or (not items and check.least is not None):
            continue
        if check.kind == "numbered":
            check = check._replace(least=items)
        count = check.measure(text)
        if not check.within(count):
            return Broken(check.reason(count), "form", check.kind)
    return Broken()


_LANGUAGES = ("zh", "en")


def language_of(text: str, names: Sequence[str] = ()) -> str:
    """``zh`` or ``en`` by the share of Chinese characters against Latin words; "" with fewer than three of both.

    names: item names, which keep their own language in any text and do not count.
    """
    text = unicodedata.normalize("NFKC", without(text, names))
    han, latin = len(HAN.findall(text)), len(LATIN.findall(text))
    if han + latin < 3:
        return ""
    return "zh" if han >= latin else "en"


def _strings(item: Item) -> list[str]:
    """Values of an item that keep their own language, as its name does."""
    found: list[str] = []
    for value in item.attributes.values():
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, tuple):
            found += [v for v in value if isinstance(v, str)]
    return found


def without(text: str, names: Sequence[str]) -> str:
    """A text with a blank for each of the names that it holds, the longest first."""
    for name in sorted(sorted({n for n in names if len(n) > 1 and n in text}), key=len, reverse=True):
        text = text.replace(name, " ")
    return text
