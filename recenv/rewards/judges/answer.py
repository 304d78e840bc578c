"""What a judge's answer says: labels from its JSON object, and probabilities from the tokens that wrote them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from recenv.completion import Token
from recenv.json_text import json_objects
from recenv.rewards.judges.prompts import Scale
from recenv.thoughts import without_thoughts

Alternatives = tuple[tuple[str, float], ...]
"""Tokens that could have stood where a label begins, with their log-probabilities."""

_EDGES = " \t\r\n\"'`:,.{}[]▁Ġ"  # what tokenisers join to a label


class Reading(NamedTuple):
    """labels: one, or one an item; starts: where in the text each begins. problem: why there are none, "" otherwise."""

    labels: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()
    problem: str = ""


def read_answer(text: str, scale: Scale, items: int = 0) -> Reading:
    """The labels of an answer: ``label``, or with items > 0 the ``grades`` of items "1" to "items". Never raises.

    Thoughts (``recenv.thoughts``) are passed over, and so are words and code fences around the object; there must be just one
    object.
    """
    blank = without_thoughts(text, blank=True)  # places stay as they are
    objects = json_objects(blank, once=True)
    if len(objects) != 1:
        return Reading(problem="no JSON object" if not objects else "more than one JSON object")
    value, start, end, _ = objects[0]
    key = "grades" if items else "label"
    given = value.get(key)
    if items:
        wanted = [str(n) for n in range(1, items + 1)]
        if not isinstance(given, dict) or sorted(given) != sorted(wanted):
            return Reading(problem=f"no grades for exactly the items 1 to {items}")
        values = [given[n] for n in wanted]
    else:
        wanted, values = ["label"], [given]
    labels = tuple(scale.label(_word(v)) for v in values)
    if not all(labels):
        return Reading(problem=f"no {key} among {', '.join(scale.labels)}")
    begin = start
    if items:
        found = re.compile(r'"grades"\s*:\s*').search(blank, start, end)
        begin = found.end() if found else end
    places = [re.compile(rf'"{name}"\s*:\s*"?\s*').search(blank, begin, end) for name in wanted]
    return Reading(labels, tuple(-1 if p is None else p.end() for p in places))


def alternatives(text: str, starts: Sequence[int], tokens: Sequence[Token]) -> tuple[Alternatives, ...]:
    """What else could have stood where each label begins; empty where the tokens do not show it for every label."""
    if not tokens or min(starts, default=-1) < 0:
        return ()
    joined = "".join(t.text for t in tokens)
    head = text[text.rfind("{", 0, min(starts)):max(starts)]  # up to the last label; what follows may hold cut characters
    at = joined.rfind(head)
    if at < 0:
        return ()
    shift, edges, place = at + len(head) - max(starts), [], 0
    for token in tokens:
        edges.append(place)
        place += len(token.text)
    out = []
    for start in starts:
        n = next((i for i in range(len(tokens) - 1, -1, -1) if edges[i] <= start + shift), -1)
        if n < 0 or not tokens[n].top:
            return ()
        out.append(tuple((word.encode("utf-8", "replace").decode(), lp) for word, lp in tokens[n].top))
    return tuple(out)


def expected_worth(choices: Alternatives, scale: Scale) -> float | None:
    """sum_k P(k) worth(k), with P over the scale's labels alone: for yes and no, P(yes) / (P(yes) + P(no)).

    Spellings of a label add up. None where no token among the alternatives begins a label.
    """
    mass = dict.fromkeys(scale.labels, 0.0)
    for token, logprob in choices:
        label = _begun(token, scale)
        if label and not math.isnan(logprob):
            mass[label] += math.exp(min(logprob, 0.0))
    total = math.fsum(mass.values())
    if total <= 0.0:
        return None
    return min(1.0, math.fsum(p * scale.worth(label) for label, p in mass.items()) / total)


def _begun(token: str, scale: Scale) -> str:
    """The one label that a token spells or begins, "" for none or several."""
    word = token.strip(_EDGES).lower()
    if not word:
        return ""
    if scale.label(word):
        return scale.label(word)
    spellings = {**{label: label for label in scale.labels}, **scale.variants}
    meant = sorted({label for spelling, label in spellings.items() if spelling.startswith(word)})
    return meant[0] if len(meant) == 1 else ""


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, (str, int)) else ""
