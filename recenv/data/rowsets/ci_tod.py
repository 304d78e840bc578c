"""CI-ToD (Qin et al., EMNLP 2021): does the last answer of a task dialogue contradict the knowledge base, itself, the user.

Three rows a dialogue, in this order:

    :kbi  factual_consistency    evidence: the knowledge base, one record a line
    :hi   factual_consistency    evidence: the dialogue before the last utterance
    :qi   instruction_following  instruction: the user's last utterance before the answer; query: what was said before that

response is the last utterance; query of the first two is the user's last utterance, then the earlier dialogue.
label: 1 where consistent, 0 where flagged inconsistent (the published flags are the other way round: "1" = inconsistent,
and published F1 looks for the inconsistent ones). group: the dialogue with its knowledge base.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from recenv.data.rowsets.dialogue import Said, history_text, query_text
from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import JSON, JSONL, Aside, Record, digest, refuse, rows_of
from recenv.records import ScorerRow

Flag = Literal["0", "1", 0, 1]
_EMPTY = "the knowledge base has no records"


class Utterance(msgspec.Struct):
    turn: Literal["driver", "assistant"]
    utterance: str


class Base(msgspec.Struct):
    items: list[dict[str, str | int | float | None]] | None = None


class Scenario(msgspec.Struct):
    kb: Base
    qi: Flag
    hi: Flag
    kbi: Flag


class Conversation(msgspec.Struct):
    dialogue: Annotated[list[Utterance], msgspec.Meta(min_length=1)]
    scenario: Scenario


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    return rows_of(folder, "ci_tod", Conversation, (JSON, JSONL), _rows, aside)


def _rows(record: Record[Conversation]) -> Iterator[ScorerRow]:
    scenario = record.value.scenario
    said = [Said("user" if u.turn == "driver" else "assistant", _plain(u.utterance)) for u in record.value.dialogue]
    before, response = said[:-1], said[-1].text
    asked = next((n for n in range(len(before) - 1, -1, -1) if before[n].speaker == "user"), None)
    known = _base_text(scenario.kb)
    group = f"ci_tod/{digest(known + history_text(said))}"
    for suffix, evidence, flag in (("kbi", known, scenario.kbi), ("hi", history_text(before), scenario.hi)):
        yield ScorerRow(
            dimension="factual_consistency", id=f"{record.id}:{suffix}", group=group, locale="en", evidence=evidence,
            query=query_text(before), response=response, label=_label(flag))
    yield ScorerRow(
        dimension="instruction_following", id=f"{record.id}:qi", group=group, locale="en",
        instruction="" if asked is None else before[asked].text,
        query=history_text([turn for n, turn in enumerate(before) if n != asked]), response=response,
        label=_label(scenario.qi))


def _label(flag: Flag) -> float:
    return 1.0 - float(flag)


def _plain(text: str) -> str:
    """Published texts join the words of a value with underscores."""
    return text.replace("_", " ")


def _base_text(base: Base) -> str:
    lines = []
    for item in base.items or ():
        told = {k: str(v) for k, v in item.items() if v not in (None, "", "-")}
        lines.append("; ".join(f"{_plain(k)}: {_plain(v)}" for k, v in told.items()))
    return "\n".join(lines) or _EMPTY


ENTRY = RowSet("does the last answer contradict the knowledge base (kbi), the dialogue (hi) or the user (qi)",
               ("factual_consistency", "instruction_following"), convert, found=0,
               licence="MIT", origin="yizhen20133868/CI-ToD @ a8664aa (Qin et al., EMNLP 2021)")
