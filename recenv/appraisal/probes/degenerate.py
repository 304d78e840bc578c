"""Probe: do answers that are none score low?

Empty, punctuation, the question or the instruction said back, a refusal: put in the place of honest answers (label 1). Each
kind must have a mean below 0.25 and lie below the honest answer in at least 95 % of rows. An answer without a number
is not low: it escapes being judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from recenv import rng
from recenv.appraisal.probes.finding import Example, Finding, Measure, Probe, verdict
from recenv.appraisal.probes.material import positive
from recenv.appraisal.probes.subject import Subject
from recenv.records import ScorerRow

MEAN, BELOW = 0.25, 0.95
_SHOWN = 3
_MARKS = {"zh": ("。。。", "！？", "……", "，，，。"), "en": ("...", "?!", "--", ". , ;")}
_REFUSALS = {
    "zh": ("抱歉，我无法回答这个问题。", "对不起，我帮不了您。", "作为一个人工智能助手，我不能提供推荐。",
           "不好意思，这个我不清楚。"),
    "en": ("Sorry, I can't help with that.", "I'm afraid I cannot answer this question.",
           "As an AI assistant, I am unable to make recommendations.", "I don't know."),
}


def _pick(table: Mapping[str, tuple[str, ...]], row: ScorerRow) -> str:
    options = table.get(row.locale, table["en"])
    return options[int(rng.integers(len(options), rng.word("probes/degenerate"), rng.word(row.id)))]


KINDS: dict[str, Callable[[ScorerRow], str]] = {
    "empty": lambda row: "",
    "blank": lambda row: "  \n",
    "punctuation": lambda row: _pick(_MARKS, row),
    "query repeated": lambda row: row.query,
    "instruction repeated": lambda row: row.instruction,
    "refusal": lambda row: _pick(_REFUSALS, row),
}
"""What stands in for an answer; where it is the answer itself, or the row lacks the text, a kind does not apply."""


def run(subject: Subject) -> Finding:
    """Mean score and share below the honest answer, by dimension and kind."""
    measures: list[Measure] = []
    examples: list[Example] = []
    for dimension in subject.dimensions("text"):
        rows = [r for r in subject.rows(dimension) if positive(r) and r.response.strip()][:subject.sizes.answers]
        for kind, answer in KINDS.items():
            own = [r for r in rows if kind in ("empty", "blank") or (answer(r).strip() and answer(r) != r.response)]
            if own:
                found, shown = _kind(subject, dimension, kind, own, [msgspec.structs.replace(r, response=answer(r)) for r in own])
                measures += found
                examples += shown
    failed = [m.name for m in measures if m.passed is False]
    sentence = f"not low: {'; '.join(failed)}" if failed else "all low" if measures else "no rows with answers"
    return Finding(probe=PROBE.name, rows=subject.material.name, passed=verdict(measures), sentence=sentence,
                   measures=tuple(measures), examples=tuple(examples))


def _kind(
    subject: Subject, dimension: str, kind: str, rows: list[ScorerRow], made: list[ScorerRow]
) -> tuple[list[Measure], list[Example]]:
    honest, given = subject.values(rows), subject.values(made)
    low = given < honest  # False where there is no number
    mean = float(given[~np.isnan(given)].mean()) if not np.isnan(given).all() else float("nan")
    measures = [
        Measure(name=f"{dimension}, {kind}: mean", value=mean, n=len(made), bound=f"< {MEAN:.2f}",
                passed=bool(not np.isnan(given).any() and mean < MEAN)),
        Measure(name=f"{dimension}, {kind}: below the honest", value=float(low.mean()), n=len(made), bound=f">= {BELOW:.2f}",
                passed=bool(low.mean() >= BELOW)),
    ]
    if np.isnan(given).any():
        measures.append(Measure(name=f"{dimension}, {kind}: without a score", value=float(np.isnan(given).mean()), n=len(made)))
    order = np.argsort(-np.nan_to_num(given, nan=2.0), kind="stable").tolist()
    return measures, [
        Example(dimension=dimension, what=kind, row=rows[n].id, field="response", text=rows[n].response, changed=made[n].response,
                before=float(honest[n]), after=float(given[n]))
        for n in order[:_SHOWN] if np.isnan(given[n]) or given[n] >= MEAN]


PROBE = Probe(
    "degenerate", "do answers that are none score low?",
    f"each kind: mean below {MEAN:.2f} and below the honest answer in {BELOW:.0%} of rows", False, run)
