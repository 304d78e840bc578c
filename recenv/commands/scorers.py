"""Commands about what judges a turn: scorers are trained, asked and examined, the user model is fitted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recenv.commands.names import DIMENSION, PROBE, SCORERS
from recenv.commands.root import FILE, FOLDER, PATH, SEED, assigned, bar, command, hint, interval, json_option, show
from recenv.errors import InputError, UnknownName

if TYPE_CHECKING:
    from recenv.rewards.protocol import Scorer


@command()
@click.option("--input", "--data", "data", type=PATH, required=True, multiple=True,
              help="A RecRM-Bench folder (recenv synth writes one) or a file of canonical rows; repeatable.")
@click.option("--out", type=FOLDER, required=True, help="The checkpoint folder to write.")
@click.option("--network", type=click.Choice(["compact", "sequence", "boosted"]), default=None,
              help="What is trained; sequence with a --base, else compact if absent.")
@click.option("--base", default=None, metavar="PATH_OR_HUB_ID",
              help="A sequence classifier to train on, as transformers saves it; without one, the compact encoder from scratch.")
@click.option("--dimension", "dimensions", type=DIMENSION, multiple=True,
              help="Train only this head; repeatable. All five by default.")
@click.option("--epochs", type=click.IntRange(1), default=None, help="Passes over the rows; the network's default if absent.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--bf16", is_flag=True, help="Mixed precision: faster where the processor has it.")
@click.option("--max-length", type=click.IntRange(32), default=None, help="Tokens a sequence; with --base only.")
@click.option("--keep", default=None, metavar="LOW-HIGH",
              help="Use the groups whose hash falls into this part of 0-1: disjoint parts train on disjoint rows.")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="Any other training setting; repeatable.")
@click.option("--folds", type=click.IntRange(2), default=None, help="Cross-validate over so many parts of the groups instead.")
@click.option("--overwrite", is_flag=True, help="Replace a checkpoint that is there already.")
@json_option
def train(
    data: tuple[Path, ...], out: Path, network: str | None, base: str | None, dimensions: tuple[str, ...], epochs: int | None,
    seed: int, bf16: bool, max_length: int | None, keep: str | None, changes: tuple[str, ...], folds: int | None, overwrite: bool,
) -> None:
    """Train scorers on canonical rows; after a kill the same command goes on from the last whole epoch.

    With --folds nothing is trained for use: OUT gets a checkpoint a fold, and the scores that each row has from the one that did
    not see its group.
    """
    from itertools import chain

    from recenv.data.rowfile import read_rows
    from recenv.rewards.dimensions import DIMENSIONS

    for name in dimensions:
        if name not in DIMENSIONS:
            raise UnknownName("dimension", name, DIMENSIONS)
    from recenv.appraisal.comparison import table_text
    from recenv.training.settings import settings_for
    from recenv.training.train import train as fit_scorers

    if max_length is not None and base is None:
        raise InputError("--max-length is for --base; the compact encoder reads texts in segments of fixed lengths")
    kind = network or ("compact" if base is None else "sequence")
    if (kind == "sequence") != (base is not None):
        raise InputError(f"the network sequence is trained on a --base, no other is; got network {kind}, base {base}")
    settings = settings_for(kind, {
        "seed": seed, **({"epochs": epochs} if epochs else {}), **({"bf16": True} if bf16 else {}),
        **({"max_length": max_length} if max_length else {}), **({"keep": interval(keep)} if keep else {}), **assigned(changes),
    })
    rows = chain.from_iterable(read_rows(path, DIMENSIONS) for path in data)
    chosen = tuple(d for d in DIMENSIONS if not dimensions or d in dimensions)
    if folds is not None:
        from recenv.appraisal.scoring import outcome_text
        from recenv.training.crossval import cross_validate

        with bar("cross-validation") as update:
            found = cross_validate(rows, out, folds, settings, dimensions=chosen, base=base,
                                   progress=lambda what, n, total: update(n, total, what))
        show(lambda: [o._asdict() for o in found], lambda: "\n\n".join(outcome_text(o) for o in found))
        hint(f"\nscored rows: {out}/scores.jsonl")
        return
    command = " ".join([
        "recenv train", *(f"--input {path}" for path in data), *([f"--network {network}"] if network else []),
        *([f"--base {base}"] if base else []),
        *(f"--dimension {d}" for d in dimensions), *([f"--epochs {epochs}"] if epochs else []), f"--seed {seed}",
        *(["--bf16"] if bf16 else []), *([f"--max-length {max_length}"] if max_length else []),
        *([f"--keep {keep}"] if keep else []), *(f"--set {c}" for c in changes), "--out DIR"])
    with bar("training") as update:
        metrics = fit_scorers(
            rows, out, dimensions=chosen, settings=settings, base=base, overwrite=overwrite, command=command,
            progress=lambda what, n, total: update(n, total, what))
    if metrics:  # under torchrun only the first process has any
        show(lambda: {"out": str(out), "held_out": metrics["held_out"]}, lambda: table_text(metrics["held_out"]))
        hint(f"checkpoint: {out}")


def _judge_options(made: Callable[..., None]) -> Callable[..., None]:
    """Flags of a language model judge, handed on together as ``judge``: fields of JudgeConfig."""

    @wraps(made)
    def bundled(**given: Any) -> None:
        own = {name: given.pop(name) for name in list(given) if name.startswith("judge_")}
        made(**given, judge={name.removeprefix("judge_"): value for name, value in own.items() if value})

    for option in (
        click.option("--judge-url", "judge_base_url", default="", help="An OpenAI-compatible endpoint, up to its /v1."),
        click.option("--judge-model", "judge_model", default="", help="The model's name at the endpoint."),
        click.option("--judge-key-env", "judge_api_key_env", default="", help="The variable that holds the API key, if any."),
        click.option("--judge-cache", "judge_cache", default="", metavar="FILE", help="Where answers are kept."),
        click.option("--judge-replay", "judge_replay", is_flag=True, help="Ask nobody: recorded answers only."),
        click.option("--judge-concurrency", "judge_concurrency", type=click.IntRange(1), default=8, show_default=True),
    ):
        bundled = option(bundled)
    return bundled


@command()
@click.option("--dimension", type=DIMENSION, required=True)
@click.option("--scorers", "scorer", type=SCORERS, default="thorough", show_default=True,
              help="The shipped scorers, a checkpoint folder, rules, judge, judge:FILE.toml, generative:FOLDER, or "
              "package.module:attribute.")
@click.option("--input", "source", type=PATH, required=True, help="Canonical rows of that dimension.")
@click.option("--out", type=FILE, required=True, help="The same rows with score and reason.")
@_judge_options
@json_option
def score(dimension: str, scorer: str, source: Path, out: Path, judge: dict[str, Any]) -> None:
    """Score canonical rows; where they have labels, say how good the scores are."""
    from recenv.rewards.dimensions import DIMENSIONS

    if dimension not in DIMENSIONS:
        raise UnknownName("dimension", dimension, DIMENSIONS)
    from recenv.appraisal.scoring import outcome_text, score_file
    from recenv.data.rowfile import strange_fields
    from recenv.records import ScorerRow

    chosen = _judge(dimension, judge) if scorer == "judge" else _scorer(scorer, dimension)
    if strange := strange_fields(source):
        hint(f"not read, since no row has such fields: {', '.join(strange)}; a row has {', '.join(ScorerRow.__struct_fields__)}")
    outcome = score_file(source, out, chosen)
    ledger = getattr(chosen, "ledger", None)
    show(lambda: {**outcome._asdict(), "asked": ledger, "out": str(out)},
         lambda: outcome_text(outcome) + ("" if ledger is None else f"\n\n{ledger.text()}"))
    hint(f"\nscored rows: {out}")


def _judge(dimension: str, options: dict[str, Any]) -> Scorer:
    from recenv.rewards.judges.judge import Judge, JudgeConfig

    if "model" not in options or not options.keys() & {"base_url", "replay"}:
        raise InputError("--scorers judge needs --judge-model, and --judge-url or --judge-replay")
    judge = Judge(JudgeConfig(**options))
    judge.connect()  # a key or package that is missing shows before anything is read
    return judge.scorers[dimension]


def _scorer(name: str, dimension: str) -> Scorer:
    if name == "rules":
        from recenv.rewards.rules.scorer import ChecksScorer

        rules = ChecksScorer()
        if dimension != rules.spec.dimension:
            raise InputError(f"--scorers rules judges {rules.spec.dimension} only; got --dimension {dimension}")
        return rules
    from recenv.rewards.named import is_own, scorer_set

    if is_own(name) or name.startswith(("judge:", "generative:")):
        found = scorer_set(name)
        if dimension not in found:
            raise UnknownName("dimension of these scorers", dimension, found)
        return found[dimension]
    from recenv.rewards.models.open import load_scorers

    return load_scorers(name, [dimension])[dimension]


@command()
@click.option("--scorers", "checkpoint", type=SCORERS, default="thorough", show_default=True,
              help="fast, thorough, audit, a checkpoint folder, or package.module:attribute.")
@click.option("--seed", type=SEED, default=None, help="Of the synthetic world; a fixed one if absent.")
@click.option("--input", "files", type=FILE, multiple=True, help="Labelled canonical rows to probe on as well; repeatable.")
@click.option("--probe", "names", type=PROBE, multiple=True, help="Run only this probe; repeatable. All by default.")
@click.option("--known", type=PROBE, multiple=True,
              help="A probe known to be out of bounds: ends with 1 if it is not; repeatable.")
@click.option("--out", type=FOLDER, default=None, help="Where to write probes.json and pictures.")
@json_option
def probe(
    checkpoint: str, seed: int | None, files: tuple[Path, ...], names: tuple[str, ...], known: tuple[str, ...], out: Path | None
) -> None:
    """Ask scorers what every scorer should pass: naive baselines, changes without meaning, injections, gold utilities ...

    Ends with 1 unless exactly the --known probes are out of bounds on the built-in rows; rows that are given are reported only.
    """
    from recenv.appraisal.probes import SEED, probe_scorers
    from recenv.appraisal.probes.report import failed, findings_text, write_report
    from recenv.rewards.models.open import load_scorers
    from recenv.rewards.named import is_own, scorer_set

    scorers_: Mapping[str, Scorer] = scorer_set(checkpoint) if is_own(checkpoint) else load_scorers(checkpoint)
    world = SEED if seed is None else seed
    with bar("probes") as update:
        findings = probe_scorers(scorers_, seed=world, files=files, names=names, progress=update)
    show(lambda: findings, lambda: findings_text(findings))
    if out is not None:
        hint("\nwritten: " + ", ".join(map(str, write_report(findings, scorers_, world, out))))
    if {f.probe for f in failed(findings)} != set(known):
        sys.exit(1)


@command("bench-scorers")
@click.option("--scorers", "checkpoint", type=SCORERS, default="thorough", show_default=True,
              help="fast, thorough, audit, or a checkpoint folder.")
@click.option("--input", "files", type=FILE, multiple=True, help="Canonical rows to time; repeatable. Synthetic ones if absent.")
@click.option("--out", type=FILE, default=None, help="The JSON to write.")
@json_option
def bench_scorers(checkpoint: str, files: tuple[Path, ...], out: Path | None) -> None:
    """Pairs a second by dimension, on one core and two, and as a share of what the matrix products alone would allow."""
    from recenv.appraisal.cost import MEANING, bench_rows, cost_text, scoring_cost, stored
    from recenv.rewards.models.checkpoint import write_json

    costs = scoring_cost(checkpoint, bench_rows(files))
    show(lambda: stored(costs), lambda: f"{cost_text(costs)}\n\n{MEANING}")
    if out is not None:
        write_json(out, stored(costs))


@command("fit-user")
@click.option("--store", type=FOLDER, required=True, help="Whose logs to fit on.")
@click.option("--out", type=FILE, required=True, help="The JSON of parameters to write.")
@json_option
def fit_user(store: Path, out: Path) -> None:
    """Fit the learned user model on a store's logs."""
    from recenv.data.world import World
    from recenv.users.learned import fit, save_params

    params, report = fit(World(store))
    save_params(params, out)
    show(report._asdict, report.table)
