"""LLMBar (Zeng et al., ICLR 2024): which of two outputs follows the instruction.

Two rows a pair, ``:1`` and ``:2``; instruction: the input; response: the output. label: 1 for the better output, 0 for the other.
group: the input, which several pairs may share (then often with the same output). The ids of a pair differ in the last part only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import JSON, JSONL, Aside, Record, digest, refuse, rows_of
from recenv.records import ScorerRow


class Pair(msgspec.Struct):
    input: str
    output_1: str
    output_2: str
    label: Literal["1", "2", 1, 2]


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    return rows_of(folder, "llmbar", Pair, (JSON, JSONL), _rows, aside)


def _rows(record: Record[Pair]) -> Iterator[ScorerRow]:
    pair = record.value
    for n, output in ((1, pair.output_1), (2, pair.output_2)):
        yield ScorerRow(
            dimension="instruction_following", id=f"{record.id}:{n}", group=f"llmbar/{digest(pair.input)}", locale="en",
            instruction=pair.input, response=output, label=float(int(pair.label) == n))


ENTRY = RowSet("which of two outputs follows the instruction", ("instruction_following",), convert,
               licence="MIT", origin="princeton-nlp/LLMBar @ 900616b (Zeng et al., ICLR 2024)")
