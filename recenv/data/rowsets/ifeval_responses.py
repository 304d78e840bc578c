"""Answers of many models to IFEval prompts (M-IFEval; Zhou et al., 2023), labelled by the strict checkers.

instruction: the prompt; response: the answer ("" where the model gave none: still a row, labelled 0).
label: 1 where all constraints of the prompt are followed, else 0. group: the prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import JSON, JSONL, Aside, Record, digest, refuse, rows_of
from recenv.records import ScorerRow


class Answer(msgspec.Struct):
    prompt: str
    response: str | None
    follow_instruction_list: Annotated[list[bool], msgspec.Meta(min_length=1)]
    lang: str = "en"


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    return rows_of(folder, "ifeval_responses", Answer, (JSONL, JSON), _rows, aside)


def _rows(record: Record[Answer]) -> Iterator[ScorerRow]:
    answer = record.value
    yield ScorerRow(
        dimension="instruction_following", id=record.id, group=f"ifeval_responses/{digest(answer.prompt)}",
        locale=answer.lang, instruction=answer.prompt, response=answer.response or "",
        label=float(all(answer.follow_instruction_list)))


ENTRY = RowSet("does an answer follow all constraints of its prompt", ("instruction_following",), convert,
               licence="Apache-2.0", origin="shisa-ai/M-IFEval @ 06f08ff (M-IFEval; Zhou et al., 2023)")
