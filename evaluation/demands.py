"""From why a rule failed back to the words of the instruction that demanded it, and to a short name of the cause."""

from __future__ import annotations

import re

from recenv.evaluation.session_values import shorts
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import LEAST_BORNE
from recenv.rewards.rules.checks import KINDS, Check, read_checks
from recenv.rewards.rules.checks.languages import NAMES
from recenv.rollouts.trace import TurnTrace

_SENTENCE = re.compile(r"[^.!?。！？；;\n]*(?:[.!?。！？；;\n]+(?!\d)|$)")
_CLAUSE = re.compile(r"[^,，、:：]+")
_ITEMS = re.compile(r"expected (?:1 item|\d+ to \d+ items|at least \d+ items)$")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_FORBIDDEN = re.compile(r"expected no (?:'[^']*'|\"[^\"]*\")$")
_CLAIM = re.compile(r": (\w+) claimed .*, record ", re.DOTALL)
_NAMED = {
    "expected known item ids": "item ids", "expected ids of": "item ids", "expected each item once": "item ids",
    "expected text in": "language", "expected a text": "no text",
}
BELOW_GATE = "scored below the gate"


def demanded(instruction: str, reason: str) -> str:
    """The words of an instruction that demanded what a rule found broken, as few as say it; "" where no words of it did (the
    format of actions, ids, the session's own language, claims about items)."""
    expected = _expected(reason)
    if expected.startswith("expected a text, as the instruction asks"):
        return instruction.strip()
    if not expected.startswith("expected "):
        return ""
    sentence = next((s for s in _parts(_SENTENCE, instruction) if _demands(s, expected)), "")
    return next((c for c in _parts(_CLAUSE, sentence) if _demands(c, expected)), sentence)


def cause(reason: str) -> str:
    """A short name for why a gate failed, with N for numbers and X for words, so that like is counted with like. reason: of a
    rule; "" where a scorer's value lies below the gate."""
    if not reason or reason.startswith(LEAST_BORNE):
        return BELOW_GATE
    if claim := _CLAIM.search(reason):
        return f"false claim: {claim[1]}"
    expected = _expected(reason)
    if _ITEMS.match(expected):
        return "number of items"
    for start, name in _NAMED.items():
        if expected.startswith(start):
            return name
    if _FORBIDDEN.match(expected):
        return "forbidden words"
    if expected.startswith("expected "):
        return re.sub(r"\d+", "N", _QUOTED.sub("X", expected.removeprefix("expected ")))[:40]
    return "malformed action"


def gate_cause(turn: TurnTrace) -> str:
    """Why the turn failed its gate, short: the first dimension that did, and its cause; "" where none failed."""
    for name, short, reason in zip(DIMENSIONS, shorts(), turn.reasons, strict=True):
        if name in turn.gate:
            return f"{short}: {cause(reason)}"
    return ""


def _expected(reason: str) -> str:
    return reason.rsplit(", came", 1)[0]


def _parts(pattern: re.Pattern[str], text: str) -> list[str]:
    return [p for m in pattern.finditer(text) if (p := m[0].strip())]


def _demands(words: str, expected: str) -> bool:
    return any(_expects(check, expected) for check in read_checks(words))


def _expects(check: Check, expected: str) -> bool:
    if check.kind == "items":
        return bool(_ITEMS.match(expected)) and (
            str(check.least) in expected if expected.startswith("expected at least") else check.most is not None)
    if check.kind == "language":
        return expected == f"expected text in {NAMES.get(check.words[0], check.words[0])}"
    if check.kind == "numbered":  # bounded by what the turn shows
        return expected.endswith(KINDS["numbered"].label)
    return _expected(check.reason(-1)) == expected or _expected(check.reason(1)) == expected
