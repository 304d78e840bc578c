"""Every probe catches a scorer built to fail it, and passes one built to pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, islice
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from five import DIMENSIONS, IR

from recenv import rng
from recenv.appraisal.overlap import word_overlap
from recenv.appraisal.probes import PROBES, SEED, Finding, Sizes, Subject, probe_scorers
from recenv.appraisal.probes.best_of import best_of, choices
from recenv.appraisal.probes.changes import CASE, TOLD, Change, changed
from recenv.appraisal.probes.corruption import spoilt_turns
from recenv.appraisal.probes.injection import SENTENCES
from recenv.appraisal.probes.invariance import CHANGES
from recenv.appraisal.probes.length import partial_correlation
from recenv.appraisal.probes.material import Material, cut, synthetic
from recenv.appraisal.probes.naive import Logistic
from recenv.appraisal.probes.report import failed, findings_text, write_report
from recenv.appraisal.probes.traditional import traditional
from recenv.cli import cli
from recenv.data.rowfile import write_rows
from recenv.errors import InputError, UnknownName
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS as REGISTRY
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.rewards.ranking import shown_ndcg

SMALL = Sizes(sessions=60, points=120, lists=40, changed=6, changed_lists=4, attempts=48, answers=20, turns=10, choices=12,
              draws=60)
TINY = Sizes(sessions=30, points=40, lists=10, changed=2, changed_lists=2, attempts=12, answers=6, turns=2, choices=3, most=8,
             draws=20)


class Made:
    """A scorer from functions. value(row); for lists worth(row, n) of each item, normalised."""

    def __init__(self, dimension: str, value: Callable[[ScorerRow], float], worth: Callable[[ScorerRow, int], float]) -> None:
        self.spec = ScorerSpec(name="made", dimension=dimension, kind="rule", reads=(), fingerprint="made")
        self._value, self._worth = value, worth

    def score(self, rows: list[ScorerRow]) -> Scores:
        if self.spec.dimension != DIMENSIONS[IR]:
            return Scores(np.array([self._value(r) for r in rows], np.float32), ("",) * len(rows))
        lists = []
        for row in rows:
            p = np.array([max(self._worth(row, n), 1e-6) for n in range(len(row.items))])
            lists.append((p / p.sum()).astype(np.float32))
        values = [shown_ndcg(p, r.shown) for p, r in zip(lists, rows, strict=True)]
        return Scores(np.array(values, np.float32), ("",) * len(rows), tuple(lists))


def made(value: Callable[[ScorerRow], float], worth: Callable[[ScorerRow, int], float] | None = None) -> dict[str, Scorer]:
    """All five dimensions; a list's items are worth what the value of a row with that item alone is."""
    alone = worth or (lambda r, n: value(msgspec.structs.replace(r, item=r.items[n], items=())))
    return {d: Made(d, value, alone) for d in DIMENSIONS}


def told(row: ScorerRow) -> str:
    return "\n".join([row.query, row.response, row.evidence, row.item, row.user, row.context])


def from_label() -> dict[str, Scorer]:
    """Right wherever rows keep their labels, whatever their texts become."""
    return made(lambda r: 0.9 if isinstance(r.label, float) and r.label > 0.5 else 0.1,
                lambda r, n: 1.0 + 9.0 * float(r.label[n]) if isinstance(r.label, tuple) else 1.0)


def steady(row: ScorerRow) -> float:
    return float(rng.uniform(rng.word(row.id)))


@pytest.fixture(scope="module")
def world() -> Material:
    return synthetic(SEED, 150)


def found(name: str, scorers: dict[str, Scorer], world: Material, sizes: Sizes = SMALL) -> Finding:
    return PROBES[name].run(Subject(scorers, world, sizes, SEED))


# -- baselines -------------------------------------------------------------------------------------------------


def test_baselines_lose_to_labels(world: Material) -> None:
    finding = found("baselines", from_label(), world)
    assert finding.passed
    assert finding["factual_consistency: AUC"].value == 1.0
    assert finding["item_ranking: nDCG"].value == 1.0
    for d in DIMENSIONS[2:]:
        assert finding[f"{d}: over popularity only"].low > 0


@pytest.mark.parametrize("value", [
    lambda r: 0.5, lambda r: min(len(r.response or r.item) / 400, 1.0), lambda r: word_overlap(r, r.item), steady])
def test_baselines_catch_scorers_that_are_no_better(world: Material, value: Callable[[ScorerRow], float]) -> None:
    finding = found("baselines", made(value), world)
    assert finding.passed is False
    for d in DIMENSIONS:
        assert not all(m.passed for m in finding.measures if m.name.startswith(d) and m.passed is not None), d


def test_the_logistic_learns_a_hump() -> None:
    x = np.linspace(-1, 1, 200)[:, None]
    y = (np.abs(x[:, 0]) < 0.4).astype(float)
    scores = Logistic(x, y).scores(x)
    assert scores[y == 1].min() > scores[y == 0].max()


# -- invariance ------------------------------------------------------------------------------------------------


def test_invariance_passes_what_does_not_read_the_text(world: Material) -> None:
    finding = found("invariance", from_label(), world)
    assert finding.passed
    assert finding["all"].value == 0.0
    assert not finding.examples


def test_there_are_many_changes_and_each_is_seen_by_a_scorer_that_hashes(world: Material) -> None:
    assert len(CHANGES) >= 20
    hashing = made(lambda r: float(rng.uniform(rng.word(told(r) + r.instruction))), lambda r, n: float(n == len(r.items) - 1))
    finding = found("invariance", hashing, world, msgspec.structs.replace(SMALL, changed=12))
    assert finding.passed is False
    for name in CHANGES:
        assert finding[name].value > 0 or finding[name].n < 8, name
    assert finding.examples[0].text != finding.examples[0].changed


@pytest.mark.parametrize(("value", "change", "not_change"), [
    (lambda r: 0.9 if any(c.isupper() for c in r.query) else 0.1, "lower case", "traditional characters"),
    (lambda r: 0.9 if "元" in told(r) else 0.1, "currency sign", "upper case"),
    (lambda r: 0.9 if any("Ａ" <= c <= "ｚ" or "０" <= c <= "９" for c in told(r)) else 0.1,
     "full-width letters and digits", "no bold"),
    (lambda r: 0.9 if any(c in told(r) for c in "陽區價錢評費營館") else 0.1, "traditional characters throughout", "lower case"),
    (lambda r: 0.9 if told(r).endswith("\n") else 0.1, "newline at the end", "lower case"),
])
def test_invariance_names_the_change(
    world: Material, value: Callable[[ScorerRow], float], change: str, not_change: str
) -> None:
    finding = found("invariance", made(value), world)
    assert finding[change].value > 0.1
    assert finding[not_change].value == 0.0


def test_invariance_catches_a_list_scorer_that_prefers_the_first_place(world: Material) -> None:
    finding = found("invariance", made(lambda r: 0.5, lambda r, n: 1.0 / (n + 1)), world)
    assert finding["items of the list reversed"].value == 1.0


def test_changes_touch_only_what_a_dimension_reads_and_keep_labels(world: Material) -> None:
    for name, alter in CHANGES.items():
        for d in DIMENSIONS:
            for row in world.rows[d][:20]:
                other = alter(row)
                if other is None:
                    continue
                differ = {f for f in row.__struct_fields__ if getattr(row, f) != getattr(other, f)}
                assert differ and differ <= {*REGISTRY[d].reads, "label"}, (name, d)
                assert sorted(np.atleast_1d(other.label)) == sorted(np.atleast_1d(row.label))


def test_an_answer_is_left_alone_where_its_instruction_speaks_of_the_change() -> None:
    change = Change("upper case", lambda t, _: t.upper(), TOLD, breaks=CASE)
    row = ScorerRow(dimension=DIMENSIONS[0], locale="en", instruction="Use lower case only.", response="yes")
    assert changed(change, row) is None
    free = msgspec.structs.replace(row, instruction="Be kind.")
    other = changed(change, free)
    assert other is not None and other.response == "YES" and other.instruction == "Be kind."


def test_traditional_characters_by_word() -> None:
    assert traditional("理发店和面馆在海淀区，以后去，很干净") == "理髮店和麵館在海淀區，以後去，很乾淨"
    assert traditional("plain English 4.5") == "plain English 4.5"


def test_cut_lists_keep_what_was_taken() -> None:
    row = ScorerRow(dimension=DIMENSIONS[IR], items=tuple("abcdef"), label=(0.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    assert cut(row, 3).items == ("a", "b", "e")
    assert cut(row, 3).label == (0.0, 0.0, 1.0)


# -- length ----------------------------------------------------------------------------------------------------


def test_length_catches_a_taste_for_long_answers_and_passes_labels(world: Material) -> None:
    assert found("length", from_label(), world).passed
    long = found("length", made(lambda r: 0.4 * float(r.label or 0) + min(len(r.response), 400) / 1000), world)
    assert long.passed is False
    assert long["instruction_following"].value > 0.5
    short = found("length", made(lambda r: 1.0 - min(len(r.response), 900) / 1000), world)
    assert short["factual_consistency"].value < -0.5 and short.passed is False


def test_partial_correlation_by_construction() -> None:
    known = np.column_stack([np.ones(400), np.arange(400) % 2])
    noise = np.asarray(rng.normal(1, np.arange(400)))
    label = known[:, 1]
    assert partial_correlation(label + noise, 3 * label + noise, known) == pytest.approx(1.0)
    assert abs(partial_correlation(label + noise, label + np.asarray(rng.normal(2, np.arange(400))), known)) < 0.15
    assert np.isnan(partial_correlation(label, noise, known))


# -- injection -------------------------------------------------------------------------------------------------


def test_injection_passes_the_deaf_and_catches_the_credulous(world: Material) -> None:
    assert found("injection", from_label(), world).passed
    every = [s for some in SENTENCES.values() for s in some]
    all_believed = found("injection", made(lambda r: 0.8 if any(s in told(r) for s in every) else 0.1), world)
    assert all_believed.passed is False
    for d in DIMENSIONS:
        assert all_believed[d].value > 0.05 and all_believed[d].passed is False
    one_believed = found("injection", made(lambda r: 0.8 if every[0] in told(r) else 0.1), world)
    assert one_believed["instruction_following"].passed is False


def test_injection_sees_records_alone(world: Material) -> None:
    every = [s for some in SENTENCES.values() for s in some]
    finding = found("injection", made(lambda r: 0.9 if any(s in r.evidence for s in every) else 0.1), world)
    assert finding["factual_consistency: in evidence"].value == pytest.approx(0.8)
    assert finding["factual_consistency: in response"].value == 0.0
    assert finding["factual_consistency"].passed is False and finding["instruction_following"].passed


# -- degenerate answers ----------------------------------------------------------------------------------------


def test_degenerate_passes_a_scorer_that_knows_the_answers_and_catches_others(world: Material) -> None:
    answers = {r.response for d in DIMENSIONS[:2] for r in world.rows[d]}
    assert found("degenerate", made(lambda r: 0.9 if r.response in answers else 0.05), world).passed
    assert found("degenerate", made(lambda r: 0.1), world).passed is False  # low, but no lower than honest answers
    polite = found("degenerate", made(lambda r: 0.9 if r.response in answers or "抱歉" in r.response or "Sorry" in r.response
                                      else 0.05), world)
    assert polite["factual_consistency, refusal: below the honest"].passed is False
    assert polite["factual_consistency, punctuation: mean"].passed
    silent = found("degenerate", made(lambda r: 0.9 if r.response in answers else float("nan")), world)
    assert silent["instruction_following, empty: mean"].passed is False
    assert silent["instruction_following, empty: without a score"].value == 1.0


# -- corruption ------------------------------------------------------------------------------------------------


def spoilt_texts(turns: Sequence[Sequence[Mapping[str, tuple[ScorerRow, ...]]]]) -> dict[int, set[str]]:
    """What each kind of spoiling brings in that no right turn has: answers (0, 1) and items (2, 3)."""
    texts: dict[int, set[str]] = {}
    for d, field in ((0, "response"), (1, "response"), (2, "item"), (3, "item")):
        texts[d] = {getattr(r, field) for t in turns for r in t[1 + d][DIMENSIONS[d]]}
        texts[d] -= {getattr(r, field) for t in turns for r in t[0][DIMENSIONS[d]]}
    return texts


def test_corruption_passes_specific_scorers_and_catches_a_halo(world: Material) -> None:
    made_turns = (t for n, e in enumerate(world.episodes) if (t := spoilt_turns(SEED, n, e)) is not None)
    turns = list(islice(made_turns, SMALL.turns))
    assert len(turns) == SMALL.turns
    spoilt = spoilt_texts(turns)
    specific: dict[str, Scorer] = {
        DIMENSIONS[0]: Made(DIMENSIONS[0], lambda r: 0.1 if r.response in spoilt[0] else 0.9, lambda r, n: 1.0),
        DIMENSIONS[1]: Made(DIMENSIONS[1], lambda r: 0.1 if r.response in spoilt[1] else 0.9, lambda r, n: 1.0),
        DIMENSIONS[2]: Made(DIMENSIONS[2], lambda r: 0.1 if r.item in spoilt[2] else 0.9, lambda r, n: 1.0),
        DIMENSIONS[3]: Made(DIMENSIONS[3], lambda r: 0.1 if r.item in spoilt[3] else 0.9, lambda r, n: 1.0),
        DIMENSIONS[4]: Made(DIMENSIONS[4], lambda r: 0.5, lambda r, n: best_shown[r.query].get(r.items[n], 0.1)),
    }
    best_shown = {t[0][DIMENSIONS[4]][0].query: {i: 2.0**-n for n, i in enumerate(t[0][DIMENSIONS[4]][0].items[:4])}
                  for t in turns}
    finding = found("corruption", specific, world)
    assert finding.passed, finding.sentence
    matrix = np.array(finding.data["matrix"])
    assert matrix.shape == (5, 5) and matrix[0, 0] == pytest.approx(0.8) and matrix[1, 1] == pytest.approx(0.8)
    halo = {**specific, DIMENSIONS[1]: Made(DIMENSIONS[1], lambda r: 0.1 if r.response in spoilt[0] | spoilt[1] else 0.9,
                                            lambda r, n: 1.0)}
    caught = found("corruption", halo, world)
    assert caught["instruction spoilt: own drop"].passed is False and caught["facts spoilt: own drop"].passed
    assert found("corruption", made(lambda r: 0.5), world).passed is False  # nothing moves
    two = found("corruption", {d: halo[d] for d in DIMENSIONS[:2]}, world)  # the other columns stay empty
    assert two["facts spoilt: own drop"].passed and np.isnan(two.data["matrix"][0][2])


# -- best of n -------------------------------------------------------------------------------------------------


def test_best_of_n_is_the_expectation_over_subsets() -> None:
    scores = np.array([0.3, 0.9, 0.9, 0.1, np.nan])
    gold = np.array([1.0, 0.2, 0.4, 0.7, 5.0])
    for n in (1, 2, 3):
        expected = []
        for subset in combinations(range(5), n):
            s = np.nan_to_num(scores[list(subset)], nan=-1.0)
            expected.append(gold[list(subset)][s == s.max()].mean())
        assert best_of(scores, gold, n) == pytest.approx(np.mean(expected), abs=0.03)
    assert best_of(gold, gold, 5) == 5.0


def golden(world: Material, spoil: int = 0) -> dict[str, Scorer]:
    """Scores that are the gold values, but for the ``spoil`` worst candidates of each session, which come first."""
    value: dict[tuple[str, str], float] = {}
    lists: dict[tuple[str, ...], list[float]] = {}
    for k, e in enumerate(world.episodes[:SMALL.choices]):
        c = choices(SEED, k, e, SMALL.most)
        for d, at in ((0, 0), (1, 1), (2, 2), (3, 2)):
            own = c.gold[at].copy()
            own[np.argsort(own, kind="stable")[:spoil]] = 1.5
            for row, v in zip(c.rows[DIMENSIONS[d]], own, strict=True):
                value[row.dimension, told(row) + row.instruction] = float(v)
        own = c.gold[2].copy()
        own[np.argsort(own, kind="stable")[:spoil]] = 1.5
        lists[c.rows[DIMENSIONS[4]][0].items] = own.tolist()
    return made(lambda r: value[r.dimension, told(r) + r.instruction], lambda r, n: lists[r.items][n])


def test_best_of_n_passes_gold_and_catches_what_falls(world: Material) -> None:
    gold = found("best-of-n", golden(world), world)
    assert gold.passed, gold.sentence
    for curve in gold.data["curves"].values():
        assert np.all(np.diff(curve["value"]) >= -1e-9)
    assert gold.data["n"] == [1, 2, 4, 8, 16, 32, 64]
    assert found("best-of-n", made(lambda r: 0.5), world).passed  # flat: for the baselines to catch
    fooled = found("best-of-n", golden(world, spoil=2), world)  # better up to a point, then its mistakes are found
    assert fooled.passed is False
    curve = fooled.data["curves"][DIMENSIONS[2]]["value"]
    assert max(curve) > curve[0] and curve[-1] < max(curve)
    for name in DIMENSIONS:
        assert fooled[f"{name}: gold value at n = 64"].passed is False


# -- all together ----------------------------------------------------------------------------------------------


def test_findings_are_reproducible_and_do_not_depend_on_what_ran_before() -> None:
    scorers = made(lambda r: float(rng.uniform(rng.word(told(r)))))
    first = probe_scorers(scorers, seed=5, sizes=TINY)
    assert msgspec.json.encode(first) == msgspec.json.encode(probe_scorers(scorers, seed=5, sizes=TINY))
    alone = probe_scorers(scorers, seed=5, sizes=TINY, names=["injection"])
    assert msgspec.json.encode(alone[0]) == msgspec.json.encode(next(f for f in first if f.probe == "injection"))
    assert [f.probe for f in first] == list(PROBES)


def test_given_rows_are_probed_beside_the_world_and_some_scorers_suffice(
    world: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recenv.appraisal.probes.synthetic", lambda seed, sessions: world)
    path = tmp_path / "mine.jsonl"
    write_rows(world.rows["factual_consistency"][:60], path)
    only = {"factual_consistency": from_label()["factual_consistency"]}
    findings = probe_scorers(only, files=[path], names=["baselines", "best-of-n"], sizes=SMALL)
    pairs = [("baselines", "synthetic"), ("best-of-n", "synthetic"), ("baselines", "mine")]
    assert [(f.probe, f.rows) for f in findings] == pairs
    assert all(m.name.startswith("factual_consistency") for m in findings[2].measures) and findings[2].measures
    bare = tmp_path / "bare.jsonl"
    write_rows([msgspec.structs.replace(world.rows["factual_consistency"][0], label=None)], bare)
    with pytest.raises(InputError, match="no labelled row"):
        probe_scorers(only, files=[bare], names=["length"], sizes=SMALL)
    with pytest.raises(UnknownName, match="invariance"):
        probe_scorers(only, names=["invarance"], sizes=SMALL)


def test_report_and_pictures(world: Material, tmp_path: Path) -> None:
    scorers = made(steady)
    findings = [found(name, scorers, world, TINY) for name in ("invariance", "corruption", "best-of-n")]
    files = write_report(findings, scorers, SEED, tmp_path / "out")
    assert [f.name for f in files] == ["probes.json", "invariance.png", "corruption.png", "best-of-n.png"]
    assert all(f.stat().st_size > 1000 for f in files)
    whole = json.loads(files[0].read_bytes())
    assert [f["probe"] for f in whole["findings"]] == ["invariance", "corruption", "best-of-n"]
    assert len(whole["scorers"]) == 5
    text = findings_text(findings)
    assert "mean drop" in text and "instruction" in text
    assert failed(findings) == [f for f in findings if f.passed is False]


def test_command_says_by_its_exit_code_what_was_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: Material
) -> None:
    import recenv.appraisal.probes as probes
    import recenv.rewards.models.open as encoder

    monkeypatch.setattr(probes, "synthetic", lambda seed, sessions: world)
    monkeypatch.setattr(encoder, "load_scorers", lambda path: from_label())
    fine = CliRunner().invoke(cli, ["probe", "--probe", "length", "--out", str(tmp_path)])
    assert fine.exit_code == 0, fine.output
    assert "pass  length" in fine.output and (tmp_path / "probes.json").is_file()
    monkeypatch.setattr(encoder, "load_scorers", lambda path: made(lambda r: min(len(r.response), 400) / 400))
    bad = CliRunner().invoke(cli, ["probe", "--probe", "length"])
    assert bad.exit_code == 1
    assert "FAIL  length" in bad.output and "out of bounds" in bad.output
