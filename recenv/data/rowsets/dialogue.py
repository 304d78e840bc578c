"""Dialogues as text for scorers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Said(NamedTuple):
    """One utterance. speaker: "user" or "assistant"."""

    speaker: str
    text: str


def history_text(turns: Sequence[Said]) -> str:
    """Utterances in order, one ``speaker: text`` a line."""
    return "\n".join(f"{turn.speaker}: {turn.text}" for turn in turns)


def query_text(turns: Sequence[Said]) -> str:
    """What an answer replies to: the user's last utterance, then, on further lines, what was said before it.

    The last utterance comes first because scorers read a limited number of tokens of a query.
    """
    last = next((n for n in range(len(turns) - 1, -1, -1) if turns[n].speaker == "user"), None)
    if last is None:
        return history_text(turns)
    before = [turn for n, turn in enumerate(turns) if n != last]
    return "\n".join([turns[last].text, *([history_text(before)] if before else [])])
