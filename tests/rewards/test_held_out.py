"""One pass over held-out rows gives the table at a glance and the figures of the card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from unexamined import few_draws

from recenv.appraisal.comparison import table_text
from recenv.appraisal.held_out import measure_held_out, opened, stored
from recenv.records import ScorerRow
from recenv.rewards.protocol import ScorerSpec, Scores

QIR, IR = "query_item_relevance", "item_ranking"


class Said:
    """Scores as the row's (or its items') first word says; NaN for a "?"."""

    def __init__(self, dimension: str) -> None:
        self.spec = ScorerSpec(name="said", dimension=dimension, kind="rule", reads=("item",), fingerprint="1")
        self.rows = 0

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        self.rows += len(rows)
        lists = tuple(np.array([float(i.split()[0]) for i in r.items], np.float32) for r in rows)
        values = np.array([float(r.item.split()[0].replace("?", "nan")) if r.item else 1.0 for r in rows], np.float32)
        return Scores(values, tuple("no answer" if np.isnan(v) else "" for v in values), lists if rows and rows[0].items else ())


def point(n: int, said: str, label: float, words: str = "") -> ScorerRow:
    return ScorerRow(dimension=QIR, id=f"s/f:{n}", group=f"g{n}", query="quiet garden", item=f"{said} {words}", label=label)


POINTS = [point(0, "0.9", 1.0, "quiet garden"), point(1, "0.75", 0.5, "quiet"), point(2, "0.25", 0.0),
          point(3, "0.5", 0.0, "garden"), point(4, "?", 1.0)]
LISTS = [
    ScorerRow(dimension=IR, id=f"l/f:{n}", group=f"g{n}", query="quiet garden", items=items, label=label)
    for n, (items, label) in enumerate([
        (("0.5 quiet", "0.25", "0.25 garden"), (1.0, 0.0, 0.0)), (("0.75 quiet", "0.25"), (0.0, 1.0)),
        (("0.5", "0.5"), (0.0, 0.0)),
    ])
]


@few_draws()
def test_rows_are_scored_once_for_the_table_and_for_the_card() -> None:
    scorers = {QIR: Said(QIR), IR: Said(IR)}
    found = measure_held_out([*POINTS, *LISTS], scorers, [*POINTS, *LISTS])
    assert [s.rows for s in scorers.values()] == [5, 3]
    assert [r["dimension"] for r in found.table] == [e.dimension for e in found.examined] == [QIR, IR]
    assert opened(stored(found.examined)) == found.examined
    assert table_text(found.table).count("\n") == 2 + 2


@few_draws()
def test_the_table_counts_labels_from_one_half_and_the_parts_those_above() -> None:
    found = measure_held_out(POINTS, {QIR: Said(QIR)}, POINTS)
    row, total = found.table[0], found.examined[0].total
    assert (row["n"], row["nan"], row["groups"], row["positives"]) == (5, 1, 4, 2 / 4)
    assert (total.rows, total.scored, total.positives) == (5, 4, 1 / 4)
    assert row["scorer"]["accuracy"] == 3 / 4 and row["scorer"]["auc"] == 1.0  # 0.5 against 0 is wrong
    assert row["overlap"]["auc"] == (1 + 1 + 1 / 2 + 1) / 4  # quiet and garden alone tie
    assert row["majority"]["auc"] == 0.5 and row["majority"]["nll"] == pytest.approx(np.log(2.0))
    assert row["interval"]["scorer"][0] <= row["scorer"]["auc"] <= row["interval"]["scorer"][1]


@few_draws()
def test_lists_without_a_right_item_are_in_no_line_of_the_table() -> None:
    row = measure_held_out(LISTS, {IR: Said(IR)}, LISTS).table[0]
    assert (row["n"], row["nan"], row["positives"]) == (2, 0, (1 / 3 + 1 / 2) / 2)
    assert row["scorer"]["top1"] == 1 / 2 and row["scorer"]["auc"] == (1.0 + 0.0) / 2
    assert row["majority"]["top1"] == (1 / 3 + 1 / 2) / 2 and row["majority"]["auc"] == 0.5
    assert row["majority"]["ndcg"] == pytest.approx(((1 + 1 / np.log2(3) + 1 / 2) / 3 + (1 + 1 / np.log2(3)) / 2) / 2)


def test_a_dimension_without_rows_or_scorer_is_left_out() -> None:
    found = measure_held_out(POINTS, {IR: Said(IR)}, POINTS)
    assert found == ([], [])
