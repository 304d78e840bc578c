"""CRSArena-Eval (Joko et al., 2025): is a recommender agent's turn relevant to what the user said.

One row a turn with a human relevance rating, ``:TURN`` being its ``turn_ind``; the few turns that were rated for
interestingness alone carry no label of this dimension and make no row.
query: the user's last utterance, then the dialogue before it; item: the agent's turn.
label: relevance 0 to 3, divided by 3. group: the conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from recenv.data.rowsets.dialogue import Said, query_text
from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import JSON, JSONL, Aside, Record, refuse, rows_of
from recenv.records import ScorerRow


class Rated(msgspec.Struct):
    relevance: Annotated[float, msgspec.Meta(ge=0, le=3)] | None = None


class Turn(msgspec.Struct):
    turn_ind: int
    role: Literal["USER", "ASST"]
    utterance: str
    turn_level_aggregated: Rated | None = None


class Conversation(msgspec.Struct):
    conv_id: str
    dialogue: list[Turn]


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    return rows_of(folder, "crsarena_eval", Conversation, (JSONL, JSON), _rows, aside)


def _rows(record: Record[Conversation]) -> Iterator[ScorerRow]:
    said: list[Said] = []
    for turn in record.value.dialogue:
        rated = turn.turn_level_aggregated
        if rated is not None and rated.relevance is not None:
            yield ScorerRow(
                dimension="query_item_relevance", id=f"{record.id}:{turn.turn_ind}",
                group=f"crsarena_eval/{record.value.conv_id}", locale="en", query=query_text(said), item=turn.utterance,
                label=rated.relevance / 3.0)
        said.append(Said("user" if turn.role == "USER" else "assistant", turn.utterance))


ENTRY = RowSet("is a recommender agent's turn relevant (human rating)", ("query_item_relevance",), convert,
               licence="MIT", origin="informagi/face @ cd4b3f7 (Joko et al., 2025)")
