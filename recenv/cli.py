"""The command line: the composition root, the one core module that may import upward, inside a subcommand.

Nothing heavy is imported before a command runs, so that ``recenv --help`` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recenv.errors import InputError, RecenvError, UnknownName

if TYPE_CHECKING:
    from recenv.rewards.protocol import Scorer

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="recenv")
def cli() -> None:
    """Multi-turn recommendation sessions with a named reward vector for every turn."""


def main() -> None:
    """Entry point: deliberate errors print their message alone and exit with 2, an interrupt with 130."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; what was finished before is kept", err=True)
        sys.exit(130)
    except (RecenvError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar fed with (done, total), on standard error and only at a terminal."""
    shown: list[Any] = []

    def update(done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if not shown:
            shown.append(click.progressbar(length=max(total, 1), label=label, file=sys.stderr, width=28))
            shown[0].__enter__()
        bar = shown[0]
        bar.length = max(total, 1)
        bar.update(done - bar.pos)

    try:
        yield update
    finally:
        if shown:
            shown[0].__exit__(None, None, None)


def _say(message: str) -> None:
    click.echo(message, err=True)


# -- data ------------------------------------------------------------------------------------------------------


@cli.command()
@click.option("--scenario", default="mixed", show_default=True, help="A built-in scenario, or a .toml file.")
@click.option("--sessions", type=click.IntRange(1), required=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--out", type=FOLDER, required=True)
def synth(scenario: str, sessions: int, seed: int, out: Path) -> None:
    """Write a synthetic world in the RecRM-Bench folder layout."""
    from recenv.data.synthetic import SynthSpec, generate
    from recenv.scenarios import load_scenario

    spec = load_scenario(scenario)
    if spec.world.kind != "synthetic":
        raise InputError(f"scenario {scenario!r} has no synthetic world; it plays in a store that you ingest")
    with _bar("sessions") as update:
        counts = generate(SynthSpec.from_mapping(spec.world.spec), sessions, seed, out, progress=update)
    for name, count in counts.items():
        click.echo(f"{name:24s} {count:>10,d}")
    click.echo(f"written to {out}; next: recenv ingest recrm {out} --out STORE")


@cli.group()
def ingest() -> None:
    """Turn a source into a store."""


def _ingest_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.argument("folder", type=click.Path(path_type=Path)),
        click.option("--out", type=FOLDER, required=True, help="The store to write."),
        click.option("--max-bad", type=click.FloatRange(0, 1), default=0.01, show_default=True,
                     help="Share of unusable rows above which nothing is written."),
        click.option("--overwrite", is_flag=True, help="Replace a store that is there already."),
    ):
        command = option(command)
    return command


@ingest.command()
@_ingest_options
@click.option("--field-map", type=FILE, help="TOML: which raw key feeds which canonical field.")
def recrm(folder: Path, out: Path, max_bad: float, overwrite: bool, field_map: Path | None) -> None:
    """Ingest a RecRM-Bench folder (five JSONL files)."""
    from recenv.data.recrm import ingest_recrm

    with _bar("reading") as update:
        report = ingest_recrm(folder, out, field_map=field_map, overwrite=overwrite, max_bad=max_bad, progress=update)
    click.echo(report.table())


@ingest.command()
@_ingest_options
def crosswoz(folder: Path, out: Path, max_bad: float, overwrite: bool) -> None:
    """Ingest a CrossWOZ folder (dialogues and entity databases)."""
    from recenv.data.crosswoz import ingest_crosswoz

    with _bar("reading") as update:
        report = ingest_crosswoz(folder, out, overwrite=overwrite, max_bad=max_bad, progress=update)
    click.echo(report.table())


@cli.command()
@click.argument("store", type=FOLDER)
def inspect(store: Path) -> None:
    """Show what a store holds."""
    from recenv.data.inspect import describe
    from recenv.data.world import World

    click.echo(describe(World(store)))


# -- models ----------------------------------------------------------------------------------------------------


@cli.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, multiple=True,
              help="A RecRM-Bench folder (recenv synth writes one) or a file of canonical rows; repeatable.")
@click.option("--out", type=FOLDER, required=True, help="The checkpoint folder to write.")
@click.option("--base", default=None, metavar="PATH_OR_HUB_ID",
              help="A sequence classifier to train on, as transformers saves it; without one, the compact encoder from scratch.")
@click.option("--dimension", "dimensions", multiple=True, help="Train only this head; repeatable. All five by default.")
@click.option("--epochs", type=click.IntRange(1), default=None, help="Passes over the rows; the family's default if absent.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--bf16", is_flag=True, help="Mixed precision: faster where the processor has it.")
@click.option("--max-length", type=click.IntRange(32), default=None, help="Tokens a sequence; with --base only.")
@click.option("--keep", default=None, metavar="LOW-HIGH",
              help="Use the groups whose hash falls into this part of 0-1: disjoint parts train on disjoint rows.")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="Any other training setting; repeatable.")
@click.option("--folds", type=click.IntRange(2), default=None, help="Cross-validate over so many parts of the groups instead.")
@click.option("--overwrite", is_flag=True, help="Replace a checkpoint that is there already.")
def train(
    data: tuple[Path, ...], out: Path, base: str | None, dimensions: tuple[str, ...], epochs: int | None, seed: int, bf16: bool,
    max_length: int | None, keep: str | None, changes: tuple[str, ...], folds: int | None, overwrite: bool,
) -> None:
    """Train scorers on canonical rows; after a kill the same command goes on from the last whole epoch.

    With --folds nothing is trained for use: OUT gets a checkpoint a fold, and the scores that each row has from the one that did
    not see its group.
    """
    from itertools import chain

    from recenv.data.rowfile import read_rows
    from recenv.records import DIMENSIONS

    for name in dimensions:
        if name not in DIMENSIONS:
            raise UnknownName("dimension", name, DIMENSIONS)
    from recenv.appraisal.comparison import table_text
    from recenv.training.settings import settings_for
    from recenv.training.train import train as fit_scorers

    if max_length is not None and base is None:
        raise InputError("--max-length is for --base; the compact encoder reads texts in segments of fixed lengths")
    settings = settings_for(base, {
        "seed": seed, **({"epochs": epochs} if epochs else {}), **({"bf16": True} if bf16 else {}),
        **({"max_length": max_length} if max_length else {}), **({"keep": _interval(keep)} if keep else {}), **_assigned(changes),
    })
    rows = chain.from_iterable(read_rows(path) for path in data)
    chosen = tuple(d for d in DIMENSIONS if not dimensions or d in dimensions)
    if folds is not None:
        from recenv.appraisal.scoring import outcome_text
        from recenv.training.crossval import cross_validate

        with _bar("cross-validation") as update:
            found = cross_validate(rows, out, folds, settings, dimensions=chosen, base=base,
                                   progress=lambda _, n, total: update(n, total))
        click.echo("\n\n".join(outcome_text(o) for o in found))
        click.echo(f"\nscored rows: {out}/scores.jsonl")
        return
    command = " ".join([
        "recenv train", *(f"--data {path}" for path in data), *([f"--base {base}"] if base else []),
        *(f"--dimension {d}" for d in dimensions), *([f"--epochs {epochs}"] if epochs else []), f"--seed {seed}",
        *(["--bf16"] if bf16 else []), *([f"--max-length {max_length}"] if max_length else []),
        *([f"--keep {keep}"] if keep else []), *(f"--set {c}" for c in changes), "--out DIR"])
    with _bar("training") as update:
        metrics = fit_scorers(
            rows, out, dimensions=chosen, settings=settings, base=base, overwrite=overwrite, command=command,
            progress=lambda _, n, total: update(n, total))
    if metrics:  # under torchrun only the first process has any
        click.echo(table_text(metrics["held_out"]))
        click.echo(f"checkpoint: {out}")


def _interval(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        found = float(low), float(high)
    except ValueError:
        found = (1.0, 0.0)
    if not 0.0 <= found[0] < found[1] <= 1.0:
        raise InputError(f"--keep must be LOW-HIGH within 0-1, such as 0.0-0.8; got {text!r}")
    return found


def _assigned(changes: tuple[str, ...]) -> dict[str, Any]:
    """FIELD=VALUE options as a mapping; a bare word is a string."""
    import json

    found: dict[str, Any] = {}
    for change in changes:
        field, equals, value = change.partition("=")
        if not equals:
            raise InputError(f"--set must be FIELD=VALUE; got {change!r}")
        try:
            found[field] = json.loads(value)
        except ValueError:
            found[field] = value
    return found


@cli.command()
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=FILE, required=True, help="The file of canonical rows to write.")
@click.option("--keep", default=None, metavar="LOW-HIGH",
              help="Only the groups whose hash falls into this part of 0-1: what recenv train --keep leaves out, to score on.")
def rows(name: str, folder: Path, out: Path, keep: str | None) -> None:
    """Turn a published set into canonical rows: one a labelled thing, in file order."""
    from recenv.data.rowfile import write_rows
    from recenv.data.rowsets import ROWSETS
    from recenv.data.rowsets.tally import Tally

    tally, found = Tally(), ROWSETS[name].convert(folder)
    if keep is not None:
        from recenv.training.batches import kept

        low, high = _interval(keep)
        found = (row for row in found if kept(row, low, high))
    count = write_rows(tally.watch(found), out)
    click.echo(tally.table())
    click.echo(f"{count:,} rows: {out}")


def _judge_options(command: Callable[..., None]) -> Callable[..., None]:
    """Flags of a language model judge, handed on together as ``judge``: fields of JudgeConfig."""

    @wraps(command)
    def bundled(**given: Any) -> None:
        own = {name: given.pop(name) for name in list(given) if name.startswith("judge_")}
        command(**given, judge={name.removeprefix("judge_"): value for name, value in own.items() if value})

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


@cli.command()
@click.option("--dimension", required=True)
@click.option("--scorer", default="default", show_default=True,
              help="The shipped scorers, a checkpoint folder, rules, judge, judge:FILE.toml, or generative:FOLDER.")
@click.option("--input", "source", type=click.Path(path_type=Path), required=True, help="Canonical rows of that dimension.")
@click.option("--output", type=FILE, required=True, help="The same rows with score and reason.")
@_judge_options
def score(dimension: str, scorer: str, source: Path, output: Path, judge: dict[str, Any]) -> None:
    """Score canonical rows; where they have labels, say how good the scores are."""
    from recenv.records import DIMENSIONS

    if dimension not in DIMENSIONS:
        raise UnknownName("dimension", dimension, DIMENSIONS)
    from recenv.appraisal.scoring import outcome_text, score_file

    chosen = _judge(dimension, judge) if scorer == "judge" else _scorer(scorer, dimension)
    outcome = score_file(source, output, chosen)
    click.echo(outcome_text(outcome))
    ledger = getattr(chosen, "ledger", None)
    if ledger is not None:
        click.echo(f"\n{ledger.text()}")
    click.echo(f"\nscored rows: {output}")


def _judge(dimension: str, options: dict[str, Any]) -> Scorer:
    from recenv.rewards.judges.judge import Judge, JudgeConfig

    if "model" not in options or not options.keys() & {"base_url", "replay"}:
        raise InputError("--scorer judge needs --judge-model, and --judge-url or --judge-replay")
    judge = Judge(JudgeConfig(**options))
    judge.connect()  # a key or package that is missing shows before anything is read
    return judge.scorers[dimension]


def _scorer(name: str, dimension: str) -> Scorer:
    if name == "rules":
        from recenv.rewards.rules.scorer import ChecksScorer

        rules = ChecksScorer()
        if dimension != rules.spec.dimension:
            raise InputError(f"--scorer rules judges {rules.spec.dimension} only; got --dimension {dimension}")
        return rules
    if name.startswith(("judge:", "generative:")):
        from recenv.rewards.named import scorer_set

        found = scorer_set(name)
        if dimension not in found:
            raise UnknownName("dimension of these scorers", dimension, found)
        return found[dimension]
    from recenv.rewards.models.open import load_scorers

    return load_scorers(name, [dimension])[dimension]


@cli.command()
@click.option("--scorers", "checkpoint", default="default", show_default=True, help="default, audit, or a checkpoint folder.")
@click.option("--seed", type=click.IntRange(0), default=None, help="Of the synthetic world; a fixed one if absent.")
@click.option("--rows", "files", type=FILE, multiple=True, help="Labelled canonical rows to probe on as well; repeatable.")
@click.option("--probe", "names", multiple=True, help="Run only this probe; repeatable. All by default.")
@click.option("--known", multiple=True, help="A probe known to be out of bounds: ends with 1 if it is not; repeatable.")
@click.option("--out", type=FOLDER, default=None, help="Where to write probes.json and pictures.")
def probe(
    checkpoint: str, seed: int | None, files: tuple[Path, ...], names: tuple[str, ...], known: tuple[str, ...], out: Path | None
) -> None:
    """Ask scorers what every scorer should pass: naive baselines, changes without meaning, injections, gold utilities ...

    Ends with 1 unless exactly the --known probes are out of bounds on the built-in rows; rows that are given are reported only.
    """
    from recenv.appraisal.probes import SEED, probe_scorers
    from recenv.appraisal.probes.report import failed, findings_text, write_report
    from recenv.rewards.models.open import load_scorers

    scorers_, world = load_scorers(checkpoint), SEED if seed is None else seed
    with _bar("probes") as update:
        findings = probe_scorers(scorers_, seed=world, files=files, names=names, progress=update)
    click.echo(findings_text(findings))
    if out is not None:
        click.echo("\nwritten: " + ", ".join(map(str, write_report(findings, scorers_, world, out))))
    if {f.probe for f in failed(findings)} != set(known):
        sys.exit(1)


@cli.command("bench-scorers")
@click.option("--scorers", "checkpoint", default="default", show_default=True, help="default, audit, or a checkpoint folder.")
@click.option("--rows", "files", type=FILE, multiple=True, help="Canonical rows to time; repeatable. Synthetic ones if absent.")
@click.option("--out", type=FILE, default=None, help="The JSON to write.")
def bench_scorers(checkpoint: str, files: tuple[Path, ...], out: Path | None) -> None:
    """Pairs a second by dimension, on one core and two, and as a share of what the matrix products alone would allow."""
    from recenv.appraisal.cost import MEANING, bench_rows, cost_text, scoring_cost, stored
    from recenv.rewards.models.checkpoint import write_json

    costs = scoring_cost(checkpoint, bench_rows(files))
    click.echo(f"{cost_text(costs)}\n\n{MEANING}")
    if out is not None:
        write_json(out, stored(costs))


@cli.command("fit-user")
@click.option("--store", type=FOLDER, required=True)
@click.option("--out", type=FILE, required=True, help="The JSON of parameters to write.")
def fit_user(store: Path, out: Path) -> None:
    """Fit the learned user model on a store's logs."""
    from recenv.data.world import World
    from recenv.users.learned import fit, save_params

    params, report = fit(World(store))
    save_params(params, out)
    click.echo(report.table())


# -- runs ------------------------------------------------------------------------------------------------------


def _world_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--scenario", default="mixed", show_default=True, help="See: recenv scenarios."),
        click.option("--store", type=FOLDER, default=None, help="The store to play in, for scenarios without a built-in world."),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True),
    ):
        command = option(command)
    return command


@cli.command()
@_world_options
@click.option("--agents", default="random,popularity,bm25,greedy", show_default=True, help="Comma-separated; see: recenv agents.")
@click.option("--sessions", type=click.IntRange(1), default=200, show_default=True)
@click.option("--out", type=FOLDER, required=True, help="The run folder.")
@click.option("--resume", is_flag=True, help="Go on with a run that was killed.")
@click.option("--user", type=click.Choice(["gold", "replay", "learned"]), default=None, help="Override the scenario's users.")
@click.option("--scorers", default=None, help="Not the scenario's but a checkpoint folder, judge:FILE.toml, generative:FOLDER.")
@click.option("--reward", default=None, help="A reward spec in place of the scenario's; see: recenv scorers.")
@click.option("--audit", default=None, help="A second set of scorers that judges the same turns: audit, a checkpoint folder, or "
              "none; audit if absent, where its weights are installed.")
@click.option("--agent-option", "options", multiple=True, metavar="AGENT.FIELD=VALUE", help="Set a field of an agent's config.")
def evaluate(
    scenario: str, store: Path | None, seed: int, agents: str, sessions: int, out: Path, resume: bool, user: str | None,
    scorers: str | None, reward: str | None, audit: str | None, options: tuple[str, ...],
) -> None:
    """Let agents play the same sessions; print the leaderboard."""
    from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard
    from recenv.evaluation.run import run_evaluation
    from recenv.rewards.named import second_family
    from recenv.scenarios import load_scenario

    second = second_family(scorers or load_scenario(scenario).env.scorers) if audit is None else audit
    if not second:
        _say("no second family: the weights of audit are not installed here; --audit DIR judges by a checkpoint of yours")
    second = "" if second == "none" else second
    names = [a.strip() for a in agents.split(",") if a.strip()]
    changes = {name: value for name, value in (("user", user), ("scorers", scorers), ("reward", reward)) if value}
    command = " ".join(["recenv evaluate", f"--scenario {scenario}", *([f"--store {store}"] if store else []),
                        f"--agents {','.join(names)} --sessions {sessions} --seed {seed}",
                        *(f"--{name} {value}" for name, value in changes.items()), f"--audit {second or 'none'}",
                        *(f"--agent-option {o}" for o in options)])
    with _bar("sessions") as update:
        run = run_evaluation(
            scenario, names, sessions, seed, out, store=store, configs=_agent_options(options), resume=resume,
            progress=lambda p: update(p.done, p.total), command=command, changes=changes, audit=second)
    click.echo(format_leaderboard(build_leaderboard(run)))
    _echo_judging(run)
    click.echo(f"\nrun folder: {run}; next: recenv report {run}")


@cli.command()
@click.argument("run", type=FOLDER)
@click.option("--scorers", required=True, help="default, audit, rules, a checkpoint folder, judge:FILE.toml, generative:FOLDER.")
@click.option("--reward", default=None, help="Another reward spec; the recorded one if absent. See: recenv scorers.")
@click.option("--store", type=FOLDER, default=None, help="The store the run was played in.")
@click.option("--out", type=FOLDER, required=True, help="The run folder to write.")
def rescore(run: Path, scorers: str, reward: str | None, store: Path | None, out: Path) -> None:
    """Score the turns of a run anew, without playing it again; agents' actions and users' answers stay as they were."""
    from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard
    from recenv.evaluation.rescore import columns_text, rescore_run

    with _bar("sessions") as update:
        made = rescore_run(run, scorers, out, reward=reward, store=store, progress=lambda p: update(p.done, p.total))
    click.echo(format_leaderboard(build_leaderboard(made)))
    _echo_judging(made)
    click.echo(f"\n{columns_text(made)}\n\nrun folder: {made}; next: recenv report {made}")


def _echo_judging(run: Path) -> None:
    """What judges took, where any were asked."""
    from recenv.evaluation.judging import judging_text

    if text := judging_text(run):
        click.echo(f"\n{text}")


def _agent_options(options: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    import json

    configs: dict[str, dict[str, Any]] = {}
    for option in options:
        name, equals, value = option.partition("=")
        agent, dot, field = name.partition(".")
        if not equals or not dot:
            raise InputError(f"--agent-option must be AGENT.FIELD=VALUE; got {option!r}")
        try:
            configs.setdefault(agent, {})[field] = json.loads(value)
        except ValueError:  # a bare word is a string
            configs.setdefault(agent, {})[field] = value
    return configs


@cli.command()
@click.argument("run", type=FOLDER)
def report(run: Path) -> None:
    """Write one self-contained HTML page, and PNGs, into a run folder."""
    from recenv.evaluation.report import write_report

    click.echo(f"report: {write_report(run)}")


@cli.command()
@click.argument("run", type=FOLDER)
@click.option("--session", required=True, help="A session id of the run.")
@click.option("--agent", required=True)
@click.option("--against", default=None, help="A second agent on the same session.")
@click.option("--out", type=FILE, required=True, help="The PNG to write.")
def trace(run: Path, session: str, agent: str, against: str | None, out: Path) -> None:
    """Draw the reward trace of one session."""
    from recenv.evaluation.plots import draw_trace
    from recenv.evaluation.select import find_trace

    other = None if against is None else find_trace(run, session, against)
    draw_trace(find_trace(run, session, agent), out, against=other)
    click.echo(f"trace: {out}")


@cli.command()
@click.argument("run", type=FOLDER)
@click.option("--store", type=FOLDER, default=None, help="The store the run was played in.")
def replay(run: Path, store: Path | None) -> None:
    """Play a run's recorded actions again and compare every trace to the bit."""
    from recenv.evaluation.run import replay_run

    verdicts = replay_run(run, store)
    wrong = [v for v in verdicts if not v.same]
    for v in wrong[:20]:
        click.echo(f"{v.agent} {v.session_id}: {v.difference}")
    click.echo(f"{len(verdicts) - len(wrong)} of {len(verdicts)} traces reproduced to the bit")
    if wrong or not verdicts:
        sys.exit(1)


@cli.command()
@_world_options
@click.option("--session", default=None, help="A session id; drawn by the seed if absent.")
def play(scenario: str, store: Path | None, seed: int, session: str | None) -> None:
    """Be the agent of one session, in the terminal."""
    from recenv.baselines.human import HumanAgent
    from recenv.evaluation.play import play_session

    play_session(scenario, HumanAgent("human"), seed, store=store, session=session, echo=click.echo)


@cli.command()
@_world_options
@click.option("--batch", "batches", multiple=True, type=click.IntRange(1), default=(1, 256), show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1), default=5.0, show_default=True, help="Per measurement.")
def bench(scenario: str, store: Path | None, seed: int, batches: tuple[int, ...], seconds: float) -> None:
    """Measure session steps per second of both environments."""
    from recenv.evaluation.bench import measure

    for line in measure(scenario, batches, seconds, seed, store=store):
        click.echo(line)


# -- lists -----------------------------------------------------------------------------------------------------


@cli.command()
def scenarios() -> None:
    """List the scenarios."""
    from recenv.scenarios import load_scenario, names

    for name in names():
        spec = load_scenario(name)
        world = "built-in world" if spec.world.kind == "synthetic" else f"needs --store ({spec.world.store_kind})"
        click.echo(f"{name:16s} v{spec.version}  {world:28s} {spec.summary}")


@cli.command()
def agents() -> None:
    """List the agents and the fields of their configs."""
    from recenv.baselines import AGENTS

    for name in AGENTS:
        entry = AGENTS[name]
        click.echo(f"{name:12s} {entry.summary}")
        if entry.config_type.__struct_fields__:
            click.echo(f"{'':12s}   options: {', '.join(entry.config_type.__struct_fields__)}")


@cli.command()
@click.option("--checkpoint", default="default", show_default=True, help="The shipped scorers, a checkpoint folder, or rules.")
def scorers(checkpoint: str) -> None:
    """List the scorers of a checkpoint with their held-out metrics."""
    import json

    from recenv.appraisal.comparison import table_text
    from recenv.rewards.hybrid import REWARDS
    from recenv.rewards.models.checkpoint import resolve
    from recenv.rewards.models.open import load_scorers

    for scorer in load_scorers(checkpoint).values():
        spec = scorer.spec
        reads = ", ".join(spec.reads)
        click.echo(f"{spec.dimension:24s} {spec.kind:8s} reads {reads:32s} {spec.calibration}  {spec.fingerprint[:12]}")
    metrics = json.loads((resolve(checkpoint) / "metrics.json").read_bytes())
    click.echo("\nheld-out rows:\n" + table_text(metrics["held_out"]))
    click.echo("\nreward specs: " + ", ".join(f"{n} v{REWARDS[n].version}" for n in REWARDS))


if __name__ == "__main__":
    main()
