"""Scoring files of rows: order, missing scores, atomic output, and measures with answers that can be redone by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from unexamined import few_draws

from recenv.appraisal.published import published
from recenv.appraisal.scoring import outcome_text, score_file, score_rows
from recenv.appraisal.sheet import Sheet, part_of_id
from recenv.data.rowfile import write_rows
from recenv.errors import InputError
from recenv.measures import metrics
from recenv.measures.intervals import group_intervals
from recenv.records import ScorerRow
from recenv.rewards.protocol import ScorerSpec, Scores

FC, IR = "factual_consistency", "item_ranking"


class Fake:
    """The value of a row is value(its response), of an item value(its text); NaN for an empty response."""

    def __init__(self, dimension: str, value: Callable[[str], float] = float) -> None:
        self.spec = ScorerSpec(name="fake", dimension=dimension, kind="rule", reads=("response",), fingerprint="fake")
        self.sizes: list[int] = []
        self._value = value

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        self.sizes.append(len(rows))
        if self.spec.dimension == IR:
            lists = tuple(np.array([self._value(i) for i in row.items], np.float32) for row in rows)
            return Scores(np.ones(len(rows), np.float32), ("",) * len(rows), lists)
        values = np.array([self._value(r.response) if r.response else math.nan for r in rows], np.float32)
        return Scores(values, tuple("" if r.response else "no response" for r in rows))


def fact(n: int, said: str, label: float | None, group: str = "", kind: str = "") -> ScorerRow:
    return ScorerRow(dimension=FC, id=f"s/f:{n}{kind}", group=group, evidence="e", response=said, label=label)


def listed(n: int, items: tuple[str, ...], label: tuple[float, ...] | None) -> ScorerRow:
    return ScorerRow(dimension=IR, id=f"s/f:{n}", query="q", items=items, label=label)


def scored(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_rows_keep_their_order_and_missing_scores_are_null_with_a_reason(tmp_path: Path) -> None:
    given = [fact(0, "0.25", 1.0), fact(1, "", 1.0), fact(2, "0.75", None)]
    write_rows(given, tmp_path / "in.jsonl")
    outcome = score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", Fake(FC))
    made = scored(tmp_path / "out.jsonl")
    assert [(r["id"], r["score"], r["reason"]) for r in made] == [
        ("s/f:0", 0.25, ""), ("s/f:1", None, "no response"), ("s/f:2", 0.75, "")]
    assert made[0] == scored(tmp_path / "in.jsonl")[0] | {"score": 0.25, "reason": ""}
    total = outcome.total
    assert (total.rows, total.labelled, total.scored, total.reasons) == (3, 2, 1, {"no response": 1})
    assert "1 without a score" in outcome_text(outcome) and "no response" in outcome_text(outcome)


def test_lists_come_out_as_lists_in_the_order_of_the_items(tmp_path: Path) -> None:
    write_rows([listed(0, ("0.5", "0.125", "0.375"), None)], tmp_path / "in.jsonl")
    outcome = score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", Fake(IR))
    assert scored(tmp_path / "out.jsonl")[0]["score"] == [0.5, 0.125, 0.375]
    assert "no labels" in outcome_text(outcome)


def test_rows_of_other_dimensions_keep_their_place_unscored(tmp_path: Path) -> None:
    other = ScorerRow(dimension="instruction_following", id="x", instruction="i", response="0.5", label=1.0)
    write_rows([other, fact(0, "0.5", 1.0)], tmp_path / "in.jsonl")
    outcome = score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", Fake(FC))
    assert [r["score"] for r in scored(tmp_path / "out.jsonl")] == [None, 0.5] and (outcome.rows, outcome.others) == (1, 1)
    write_rows([other], tmp_path / "in.jsonl")
    with pytest.raises(InputError, match="no row of factual_consistency; the first, x, is of instruction_following"):
        score_file(tmp_path / "in.jsonl", tmp_path / "none.jsonl", Fake(FC))
    assert not (tmp_path / "none.jsonl").exists()


def test_rows_are_read_in_batches() -> None:
    fake, taken = Fake(FC), 0

    def given() -> object:
        nonlocal taken
        for n in range(10):
            taken += 1
            yield fact(n, "0.5", None)

    stream = score_rows(given(), fake, batch=4)  # type: ignore[arg-type]
    next(stream)
    assert taken == 4
    assert len(list(stream)) == 9 and fake.sizes == [4, 4, 2]


def test_a_bad_line_leaves_no_output(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"dimension": "factual_consistency", "response": "0.5"}\n{"dimension": 3}\n')
    with pytest.raises(InputError, match=":2"):
        score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", Fake(FC))
    assert [f.name for f in tmp_path.iterdir()] == ["in.jsonl"]
    write_rows([fact(0, "0.5", 1.5)], tmp_path / "in.jsonl")
    with pytest.raises(InputError, match=r"s/f:0: a label of factual_consistency is one number in \[0, 1\]; got 1.5"):
        score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", Fake(FC))


def test_measures_of_binary_labels() -> None:
    sheet = Sheet(FC)
    for n, (score, label) in enumerate([(0.9, 1.0), (0.4, 1.0), (0.6, 0.0), (0.1, 0.0)]):
        sheet.add(fact(n, "", label, group=str(n // 2)), score)
    made = sheet.evaluate()
    assert made["AUC"].value == 3 / 4 and made["accuracy"].value == 0.5 and made["balanced accuracy"].value == 0.5
    assert made["F1"].value == made["F1 of class 0"].value == 2 * 1 / (2 + 2)
    assert made["NLL"].value == pytest.approx(-(math.log(0.9) + math.log(0.4) + math.log(0.4) + math.log(0.9)) / 4)
    assert made["ECE"].value == pytest.approx((0.1 + 0.6 + 0.6 + 0.1) / 4)  # four rows, each a bin of its own
    assert math.isnan(made["Pearson"].value) and math.isnan(made["pairs right"].value) and made.groups == 2
    assert made["accuracy"].low == made["accuracy"].high == 0.5  # each group is half right


def test_graded_labels_are_correlated_and_the_middle_is_not_positive() -> None:
    sheet = Sheet(FC)
    labels, scores = (0.0, 0.5, 0.75, 1.0), (0.1, 0.2, 0.3, 0.9)
    for n, (label, score) in enumerate(zip(labels, scores, strict=True)):
        sheet.add(fact(n, "", label), score)
    made = sheet.evaluate()
    assert made.positives == 0.5 and made["AUC"].value == 1.0 and made["Spearman"].value == pytest.approx(1.0)
    assert made["Pearson"].value == pytest.approx(np.corrcoef(labels, scores)[0, 1])


def test_pairs_are_told_by_their_ids() -> None:
    sheet = Sheet(FC)
    for n, (first, second) in enumerate([(0.9, 0.1), (0.2, 0.3), (0.5, 0.5), (0.9, 0.8)]):
        sheet.add(fact(n, "", 1.0, group=str(n), kind=":1"), first)
        sheet.add(fact(n, "", 0.0, group=str(n), kind=":2"), second)
    assert sheet.evaluate()["pairs right"].value == (1 + 0 + 0.5 + 1) / 4
    rows_alone = Sheet(FC)
    for n in range(4):  # 1 and 2 are records here, not halves of one
        rows_alone.add(fact(n, "", float(n % 2)), 0.5)
    assert math.isnan(rows_alone.evaluate()["pairs right"].value)


def test_parts_are_measured_alone() -> None:
    assert part_of_id("ci_tod/x_dev:3:kbi") == "ci_tod/x_dev:kbi" and part_of_id("begin/a:3") == "begin/a"
    assert part_of_id("crosswoz/val:0:need:6:hotel:item0") == "crosswoz/val:need" and part_of_id("llmbar/S:0:1") == "llmbar/S"
    sheet = Sheet(FC)
    for n in range(4):
        sheet.add(fact(n, "", float(n % 2), kind=":kbi" if n < 2 else ":hi"), 0.9 if n % 2 == (n < 2) else 0.1)
    assert [(p.part, p.scored, p["AUC"].value) for p in sheet.parts()] == [("s/f:kbi", 2, 1.0), ("s/f:hi", 2, 0.0)]


def test_measures_of_lists() -> None:
    sheet = Sheet(IR)
    sheet.add(listed(0, ("a", "b", "c"), (1.0, 0.0, 0.0)), (0.5, 0.3, 0.2))
    sheet.add(listed(1, ("a", "b", "c"), (0.0, 0.0, 1.0)), (0.5, 0.3, 0.2))
    sheet.add(listed(2, ("a", "b"), (0.0, 0.0)), (0.5, 0.5))  # nothing to find: in no measure
    made = sheet.evaluate()
    assert made["top-1"].value == 0.5 and made["MRR"].value == pytest.approx((1 + 1 / 3) / 2)
    assert made["nDCG"].value == pytest.approx((1 + 1 / math.log2(4)) / 2) and made["AUC in lists"].value == 0.5
    assert made["NLL"].value == pytest.approx(-(math.log(0.5) + math.log(0.2)) / 2)


@few_draws()
def test_a_constant_gains_nothing_from_lists_that_put_the_right_item_first() -> None:
    sheet = Sheet(IR)
    for n in range(200):
        sheet.add(listed(n, ("a", "b", "c", "d", "e"), (1.0, 0.0, 0.0, 0.0, 0.0)), (0.2,) * 5)
    made = sheet.evaluate()
    assert made["top-1"].value == pytest.approx(0.2, abs=0.09) and made["AUC in lists"].value == 0.5


def test_intervals_resample_whole_groups() -> None:
    groups = np.repeat(np.arange(50), 20)
    values = np.repeat(np.arange(50) % 2, 20).astype(float)  # rows of a group are all alike: 50 coins, not 1,000
    low, high = group_intervals(groups, lambda i: [float(values[i].mean()), math.nan], 400, "test")
    assert 0.30 < low[0] < 0.40 and 0.60 < high[0] < 0.70 and math.isnan(low[1])


def test_rank_correlation_and_reciprocal_rank() -> None:
    labels, scores = np.array([1.0, 2, 2, 4]), np.array([1.0, 3, 2, 4])
    # ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4
    assert metrics.spearman(labels, scores) == pytest.approx(np.corrcoef([1, 2.5, 2.5, 4], [1, 3, 2, 4])[0, 1])
    assert math.isnan(metrics.pearson(np.ones(3), np.arange(3.0)))
    assert metrics.reciprocal_rank(np.array([0.0, 1, 0]), np.array([0.2, 0.3, 0.5])) == 1 / 2
    assert metrics.f1(np.array([0.0, 0, 1]), np.array([0.1, 0.9, 0.9]), positive=0) == pytest.approx(2 * 1 / (2 + 1))


def test_published_figures_stand_beside(tmp_path: Path) -> None:
    table = {row.model: row.figures for row in published(FC)}
    assert table["RecRM-RL (trained)"] == {"accuracy": 0.7071, "f1": 0.8284}
    assert published("behavior_prediction")[-1].figures == {"accuracy": 0.7778, "auc": 0.8146}
    for f in table.values():  # the tested rows have one class only
        assert f["f1"] == pytest.approx(2 * f["accuracy"] / (1 + f["accuracy"]), abs=2e-4)
    write_rows([fact(0, "0.9", 1.0), fact(1, "0.1", 0.0)], tmp_path / "in.jsonl")
    text = outcome_text(score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", Fake(FC)))
    assert "RecRM-RL" in text and "AUC" in text and "labels above 0.5: 50.0%" in text


def test_a_few_pairs_among_many_rows_do_not_lead() -> None:
    sheet, other = Sheet(FC), Sheet(FC)
    for s in (sheet, other):
        for n in range(2):
            s.add(fact(n, "", 1.0, group=str(n), kind=":1"), 0.9)
            s.add(fact(n, "", 0.0, group=str(n), kind=":2"), 0.1)
    assert sheet.margin(other)[0].name == "pairs right"
    for n in range(9):
        sheet.add(fact(10 + n, "", float(n % 2), group=str(10 + n)), 0.5)
    assert sheet.margin(sheet)[0].name == "AUC" and "pairs right" in [m.name for m in sheet.evaluate().measures]


def test_a_scorer_reads_fields_that_rows_have() -> None:
    with pytest.raises(InputError, match=r"scorer 'x' reads .*'qurey'.* rows have .*query"):
        ScorerSpec(name="x", dimension="query_item_relevance", kind="rule", reads=("qurey", "item"), fingerprint="1")
    with pytest.raises(InputError, match=r"the kind of scorer 'x' is 'model'; expected rule, encoder, judge, generative"):
        ScorerSpec(name="x", dimension="query_item_relevance", kind="model", reads=("item",), fingerprint="1")  # type: ignore[arg-type]
