"""Commands that play sessions and look at what was played, and the lists of who can play where."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import click

from recenv.commands.names import AGENT, AGENTS, REWARD, SCORERS, played_option, scenario_option, store_option
from recenv.commands.root import (
    AS_JSON,
    FILE,
    FOLDER,
    SEED,
    Waiting,
    assigned,
    bar,
    command,
    hint,
    json_option,
    listed,
    show,
    told,
    value,
)
from recenv.errors import EndpointError, InputError


def _engine_options(made: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--engine", type=click.Choice(["process", "ray"]), default="process", show_default=True,
                     help="Where workers are: processes here, or tasks of a Ray cluster (RAY_ADDRESS, else this machine)."),
        click.option("--workers", type=click.IntRange(1), default=None,
                     help="Tasks at once; if absent, one, in this process, and on Ray one a core. Results are the same."),
    ):
        made = option(made)
    return made


_sessions_option = click.option(
    "--sessions", type=click.IntRange(1), default=None, show_default="200, or all where there are fewer")


def _world_options(made: Callable[..., None]) -> Callable[..., None]:
    for option in (scenario_option, store_option, click.option("--seed", type=SEED, default=0, show_default=True)):
        made = option(made)
    return made


@command()
@_world_options
@click.option("--agents", type=AGENTS, default="random,popularity,bm25,greedy", show_default=True,
              help="Comma-separated; see: recenv agents; or package.module:attribute, or a .zip of Stable-Baselines3.")
@_sessions_option
@click.option("--split", type=click.Choice(["all", "train", "test"]), default="all", show_default=True,
              help="Whose sessions; test for agents that learned from train.")
@click.option("--task-file", type=FILE, default=None, help="Play the sessions of this file, one a line; see: recenv tasks.")
@click.option("--repeats", type=click.IntRange(1), default=1, show_default=True, metavar="K",
              help="Play each session K times from the same start: pass^k, pass@k and the noise floor.")
@click.option("--fresh-noise", "fresh", is_flag=True, help="With --repeats: draw the users' noise anew each time.")
@click.option("--out", type=FOLDER, required=True, help="The run folder.")
@click.option("--resume", is_flag=True, help="Go on with a run that was killed.")
@click.option("--user", type=click.Choice(["gold", "replay", "learned", "llm"]), default=None,
              help="Override the scenario's users; llm is a language model, see --user-option.")
@click.option("--user-option", "user_options", multiple=True, metavar="FIELD=VALUE",
              help="With --user llm: where the model is and how it is asked, as for the agent llm; record=FILE is needed.")
@click.option("--scorers", type=SCORERS, default=None,
              help="Not the scenario's but a checkpoint folder, judge:FILE.toml, generative:FOLDER, "
              "package.module:attribute.")
@click.option("--reward", type=REWARD, default=None,
              help="In place of the scenario's: a name (see: recenv scorers), a JSON file, or package.module:attribute.")
@click.option("--audit", type=SCORERS, default=None,
              help="A second set of scorers that judges the same turns: audit, a checkpoint folder, or "
              "none; audit if absent, where its weights are installed.")
@click.option("--strict", is_flag=True, help="Mend no agent's text: what is not quite the grammar is malformed.")
@_engine_options
@click.option("--agent-option", "options", multiple=True, metavar="AGENT.FIELD=VALUE", help="Set a field of an agent's config.")
@json_option
def evaluate(
    scenario: str, store: Path | None, seed: int, agents: str, sessions: int | None, split: Literal["all", "train", "test"],
    task_file: Path | None, repeats: int, fresh: bool, out: Path, resume: bool, user: str | None, user_options: tuple[str, ...],
    scorers: str | None,
    reward: str | None, audit: str | None, strict: bool, engine: str, workers: int | None,
    options: tuple[str, ...],
) -> None:
    """Let agents play the same sessions; print the leaderboard.

    Sessions in which a model server did not answer are no results: they are counted apart, the command ends with 2, and --resume
    plays them again.
    """
    from recenv.baselines import AGENTS
    from recenv.baselines.learned import is_learned, read_learned
    from recenv.data.foreign import foreign_to
    from recenv.evaluation.failures import read_failures
    from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard
    from recenv.evaluation.rescore import unpaid
    from recenv.evaluation.run import run_evaluation
    from recenv.rewards.named import RULES, second_family
    from recenv.scenarios import load_scenario
    from recenv.scenarios.entry import open_world
    from recenv.scenarios.tasks import task_file as read_tasks

    second = second_family(scorers or load_scenario(scenario).env.scorers) if audit is None else audit
    if not second:
        missing = "no second family: the weights of audit are not installed here; --audit DIR judges by a checkpoint of yours"
        click.echo(missing, err=True)
    names = listed(agents)
    if store is not None and (scorers or load_scenario(scenario).env.scorers) != RULES and (
            foreign := foreign_to(open_world(scenario, store))):
        click.echo(foreign, err=True)
    tasks = read_tasks(task_file, scenario, seed) if task_file else ()
    knowing = [name for name in names if name not in AGENTS and is_learned(name) and split in ("all", read_learned(name).split)]
    if knowing:
        click.echo(f"{', '.join(knowing)} learned from users of this run; --split test plays users that it never met", err=True)
    changes = {name: value for name, value in (("user", user), ("scorers", scorers), ("reward", reward)) if value}
    command = " ".join(["recenv evaluate", f"--scenario {scenario}", *([f"--store {store}"] if store else []),
                        f"--agents {','.join(names)}", *([f"--task-file {task_file}"] if task_file else []),
                        *([f"--sessions {sessions}"] if sessions and not task_file else []), f"--seed {seed}",
                        *([f"--repeats {repeats}"] if repeats > 1 else []),
                        *(["--fresh-noise"] if fresh else []),
                        *([f"--split {split}"] if split != "all" else []),
                        *(f"--{name} {value}" for name, value in changes.items()), *(["--strict"] if strict else []),
                        *(f"--user-option {o}" for o in user_options),
                        f"--audit {second or 'none'}",
                        *(f"--agent-option {o}" for o in options)])
    try:
        with bar("sessions") as update:
            run_evaluation(
                scenario, names, sessions, seed, out, store=store, configs=_agent_options(options), resume=resume,
                progress=lambda p: update(p.done, p.total, p.agent), command=command,
                changes={**changes, **({"strict": True} if strict else {}), **_user_options(user_options)}, audit=second,
                split=split, tasks=tasks, repeats=repeats, fresh=fresh,
                workers=workers or 0, on=engine)
    except EndpointError:
        if read_failures(out):  # what was played is shown, and the error said at the end
            click.echo(format_leaderboard(build_leaderboard(out)))
            click.echo("")
        raise
    _show_run(out, repeats > 1)
    if told := unpaid(out):
        click.echo(f"\n{told}", err=True)
    hint(f"\nrun folder: {out}; next: recenv view {out}, or recenv report {out}")


def _show_run(run: Path, repeated: bool = False) -> None:
    """The leaderboard of a run, what its repeats say, and what judges took, where any were asked."""
    from recenv.evaluation.judging import judging_text
    from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard
    from recenv.evaluation.repeats import build_repeated, format_repeated

    board, again = build_leaderboard(run), build_repeated(run) if repeated else None
    told = ("", 1) if again is None else (format_repeated(again), again.repeats)
    show(lambda: {"run": str(run), "leaderboard": board, "repeats": again},
         lambda: "\n\n".join(filter(None, (format_leaderboard(board, told[1]), told[0], judging_text(run)))))


def _user_options(options: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {"user_options": assigned(options, "--user-option")} if options else {}


def _agent_options(options: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    configs: dict[str, dict[str, Any]] = {}
    for option in options:
        name, equals, text = option.partition("=")
        agent, dot, field = name.rpartition(".")  # names of agents may have dots, fields have none
        if not equals or not dot:
            raise InputError(f"--agent-option must be AGENT.FIELD=VALUE; got {option!r}")
        configs.setdefault(agent, {})[field] = value(text)
    return configs


@command()
@click.argument("run", type=FOLDER)
@click.option("--scorers", type=SCORERS, required=True,
              help="fast, thorough, audit, rules, a checkpoint folder, judge:FILE.toml, generative:FOLDER.")
@click.option("--reward", type=REWARD, default=None, help="Another reward spec; the recorded one if absent. See: recenv scorers.")
@played_option
@_engine_options
@click.option("--out", type=FOLDER, required=True, help="The run folder to write.")
@json_option
def rescore(
    run: Path, scorers: str, reward: str | None, store: Path | None, out: Path, engine: str, workers: int | None
) -> None:
    """Score the turns of a run anew, and of its repeats, without playing them again; actions and answers stay as they were."""
    from recenv.evaluation.repeats import repeat_folders
    from recenv.evaluation.rescore import columns_text, rescore_run

    with bar("sessions") as update:
        made = rescore_run(run, scorers, out, reward=reward, store=store,
                           progress=lambda p: update(p.done, p.total, p.agent), workers=workers or 0, on=engine)
    _show_run(made, len(repeat_folders(made)) > 1)
    hint(f"\n{columns_text(made)}\n\nrun folder: {made}; next: recenv view {made}, or recenv report {made}")


@command()
@click.argument("run", type=FOLDER)
@click.option("--sessions", default="", help="Session ids, comma-separated; a spread if absent.")
@click.option("--where-loses", "loses", default="", metavar="A:B", help="Sessions in which agent A loses most to agent B.")
@click.option("--most", type=click.IntRange(1), default=12, show_default=True, help="How many sessions, if none is named.")
def report(run: Path, sessions: str, loses: str, most: int) -> None:
    """Write one self-contained HTML page, and PNGs, into a run folder."""
    from recenv.evaluation.report import Chosen, write_report

    a, colon, b = loses.partition(":")
    if loses and not (a and colon and b and a != b):
        raise InputError(f"--where-loses takes two agents, A:B; got {loses!r}")
    if loses and sessions:
        raise InputError("--sessions names the sessions, --where-loses finds them; give one of the two")
    click.echo(f"report: {write_report(run, Chosen(most, tuple(listed(sessions)), (a, b) if loses else None))}")


@command()
@click.argument("runs", nargs=-1, required=True, type=FOLDER)
@click.option("--html", "out", type=FILE, default=None, help="Write one page that works offline, and do not serve.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Where to serve; 0 for any free one.")
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
def view(runs: tuple[Path, ...], out: Path | None, port: int, opens: bool) -> None:
    """Look at one or more runs in a browser: all sessions, two agents side by side, where reward is lost."""
    if out is not None:
        from recenv.evaluation.viewer.page import page
        from recenv.evaluation.viewer.payload import payload
        from recenv.files import write_whole

        out.parent.mkdir(parents=True, exist_ok=True)
        with bar("sessions") as update:
            write_whole(out, page(payload(runs, update)).encode())
        click.echo(f"page: {out}")
        address = out.resolve().as_uri()
    else:
        from recenv.evaluation.viewer.serve import Viewer

        with bar("sessions") as update:
            server = Viewer(runs, port, update)
        address = server.url
        click.echo(f"viewer: {address}\nfor this machine alone, until Ctrl-C; a run that goes on shows more of itself on reload")
    if opens:
        import webbrowser

        webbrowser.open(address)
    if out is None:
        with server, suppress(KeyboardInterrupt):
            server.serve_forever()


@command()
@click.argument("run", type=FOLDER)
@click.option("--session", default=None, help="A session id of the run.")
@click.option("--agent", type=AGENT, default=None, help="Whose trace; all agents if absent.")
@click.option("--against", type=AGENT, multiple=True, help="A further agent on the same session; may be repeated.")
@click.option("--aggregate", is_flag=True, help="Draw all sessions at once instead: where returns are lost, by turn, by group.")
@click.option("--scale", type=click.IntRange(1, 4), default=1, show_default=True, help="2 for print: twice as many pixels.")
@click.option("--out", type=FILE, required=True, help="The .png or .svg to write.")
def trace(
    run: Path, session: str | None, agent: str | None, against: tuple[str, ...], aggregate: bool, scale: int, out: Path
) -> None:
    """Draw the reward trace of one session, agents one below the other; or where reward is lost over all sessions."""
    if aggregate == (session is not None):
        told = "both" if aggregate else "neither"
        raise InputError(f"expected --session ID for one session, or --aggregate for all of them at once; got {told}")
    if aggregate:
        from recenv.evaluation.aggregate import summarise
        from recenv.evaluation.panels import draw_aggregate
        from recenv.evaluation.plan import read_plan
        from recenv.evaluation.rows import RunReader

        names = [*([agent] if agent else []), *against]
        summary = summarise(RunReader(run, read_plan(run)), names or None)
        if not summary.agents:
            raise InputError(f"{run} has no finished session yet; go on with: recenv evaluate ... --out {run} --resume")
        draw_aggregate(summary, out, scale)
    else:
        from recenv.evaluation.folder import open_run
        from recenv.evaluation.plots import draw_traces

        opened = open_run(run)
        agents = dict.fromkeys([*([agent] if agent else opened.agents), *against])
        draw_traces([opened.trace(str(session), name).told[0] for name in agents], out, scale)
    click.echo(f"trace: {out}")


@command()
@click.argument("run", type=FOLDER)
@played_option
@click.option("--scorers", type=SCORERS, default=None,
              help="The scorers of the run, where they were objects: package.module:attribute.")
@json_option
def replay(run: Path, store: Path | None, scorers: str | None) -> None:
    """Play a run's recorded actions again, those of its repeats too, and compare every trace to the bit."""
    from recenv.evaluation.plan import cpu_class, read_plan
    from recenv.evaluation.repeats import repeat_folders
    from recenv.evaluation.run import TOLERANCE, replay_run

    folders, plan = repeat_folders(run), read_plan(run)
    verdicts, allotted = [], len(folders) * len(plan.agents) * len(plan.sessions)
    for folder in folders:
        verdicts += replay_run(folder, store, scorers=scorers)
    wrong = [v for v in verdicts if not v.same]
    near = [v for v in verdicts if v.same and v.difference]
    exact, there = len(verdicts) - len(wrong) - len(near), plan.versions.get("cpu", "")

    def text() -> str:
        lines = [f"{v.agent} {v.session_id}: {v.difference}" for v in wrong[:20]]
        lines.append(f"{exact} of {len(verdicts)} traces reproduced to the bit")
        if len(verdicts) < allotted:
            lines.append(f"{allotted - len(verdicts)} of the run's {allotted} traces have not been played")
        if there != cpu_class():
            lines.append(f"{len(near)} more within {TOLERANCE:g}: played on CPUs of class {there or 'unknown'}, replayed on "
                         f"{cpu_class()}, where the last bits of a network may differ")
        return "\n".join(lines)

    show(lambda: {"traces": len(verdicts), "allotted": allotted, "to_the_bit": exact, "within_tolerance": len(near),
                  "tolerance": TOLERANCE, "different": [v._asdict() for v in wrong]}, text)
    if wrong or not verdicts:
        sys.exit(1)


@command()
@_world_options
@click.option("--session", default=None, help="A session id; drawn by the seed if absent.")
def play(scenario: str, store: Path | None, seed: int, session: str | None) -> None:
    """Be the agent of one session, in the terminal."""
    with Waiting() as waiting:
        waiting.say(f"opening {scenario}; the first time, its world is made")
        from recenv.baselines.human import HumanAgent, ask_terminal
        from recenv.evaluation.play import play_session

        def echo(text: str) -> None:
            waiting.wipe()
            click.echo(text)

        def ask(mark: str) -> str:
            answer = ask_terminal(mark)
            waiting.say("the user answers, scorers judge; the first time, they are loaded")
            return answer

        play_session(scenario, HumanAgent("human", echo, ask), seed, store=store, session=session, echo=echo)


@command()
@_world_options
@click.option("--batch", "batches", multiple=True, type=click.IntRange(1), default=(256, 1024), show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1), default=3.0, show_default=True, help="Per measurement.")
@click.option("--scorers", type=SCORERS, default="constant", show_default=True,
              help="Whose values fill the decks; constant ones leave the environment's own work.")
@click.option("--scaling", is_flag=True, help="Steps a second from 1 to 16,384 sessions in a batch instead.")
@click.option("--out", type=FILE, default=None, help="With --scaling: the .png or .svg to write, of what a step costs.")
@json_option
def bench(
    scenario: str, store: Path | None, seed: int, batches: tuple[int, ...], seconds: float, scorers: str, scaling: bool,
    out: Path | None,
) -> None:
    """Measure session steps per second of both environments."""
    from recenv.evaluation import bench as benches

    if out is not None and not scaling:
        raise InputError("--out takes a picture of what --scaling measures; give both")
    measured = benches.scaling(scenario, seconds, seed, store=store) if scaling else benches.measure(
        scenario, batches, seconds, seed, store=store, scorers=scorers)
    rows = []
    for row in measured:
        rows.append(row)
        if not told(AS_JSON):  # each when it is measured
            if len(rows) == 1:
                click.echo(f"{'work':48s} {'batch':>6s} {'steps/s':>12s} {'of floor':>9s} {'of sync':>9s}")
            ratios = " ".join(f"{r:9.3f}" if r == r else f"{'-':>9s}" for r in (row.of_floor, row.of_sync))
            click.echo(f"{row.work:48s} {row.batch:>6d} {row.steps_per_s:>12,.0f} {ratios}")
    if out is not None:
        click.echo(f"picture: {benches.draw_scaling(rows, out)}", err=told(AS_JSON))
    if told(AS_JSON):
        show(lambda: [row._asdict() for row in rows], str)


@command()
@_world_options
@click.option("--scorers", type=SCORERS, default="", help="Whose values to keep; the scenario's own by default.")
@click.option("--goals", type=click.IntRange(1), default=None, help="Only so many goals, from the first.")
@_engine_options
@json_option
def prepare(
    scenario: str, store: Path | None, seed: int, scorers: str, goals: int | None, engine: str,
    workers: int | None,
) -> None:
    """Ask the scorers about a world in advance, so that environments look their values up."""
    from recenv.evaluation.prepare import prepare as fill

    with bar("goals") as update:
        done = fill(scenario, store=store, scorers=scorers, goals=goals, progress=update,
                    workers=workers or 0, on=engine)
    show(done._asdict, lambda: f"{done.blocks:,} blocks, {done.cells:,} values an item and dimension, {done.fresh:,} of them new")


@command()
@_world_options
@_sessions_option
@click.option("--split", type=click.Choice(["all", "train", "test"]), default="all", show_default=True)
@json_option
def tasks(scenario: str, store: Path | None, seed: int, sessions: int | None, split: Literal["all", "train", "test"]) -> None:
    """List the tasks that an evaluation of the same numbers plays, as ids for --task-file and trainers."""
    from recenv.evaluation.run import allot
    from recenv.scenarios.entry import open_world
    from recenv.scenarios.tasks import Task

    world = open_world(scenario, store)
    ids = [str(Task(scenario, world.session(row).id, seed)) for row in allot(world, sessions, seed, split)]
    show(lambda: ids, lambda: "\n".join(ids))


@command(name="take-ups")
@_world_options
@click.option("--split", type=click.Choice(["all", "train", "test"]), default="all", show_default=True, help="Whose sessions.")
@click.option("--sessions", type=click.IntRange(1), default=None, show_default="all")
@click.option("--times", type=click.IntRange(1), default=2, show_default=True,
              help="How often a session is opened, each with other noise; every second time the user has told all that he would.")
@click.option("--out", type=FILE, required=True, help="The file of canonical rows to write.")
@json_option
def take_ups(
    scenario: str, store: Path | None, seed: int, split: Literal["all", "train", "test"], sessions: int | None, times: int,
    out: Path,
) -> None:
    """Write what users of a world take up as rows: each candidate shown alone, for training behaviour prediction on."""
    from recenv.data.rowfile import write_rows
    from recenv.envs.batch import session_pool
    from recenv.evaluation.alone import take_up_rows
    from recenv.evaluation.run import allot
    from recenv.scenarios.entry import open_engine

    engine = open_engine(scenario, store, scorers="rules")
    own = allot(engine.world, sessions or len(session_pool(engine.world, split)), seed, split)
    rows = write_rows(take_up_rows(engine, scenario, own, times, seed), out)
    show(lambda: {"out": str(out), "rows": rows, "sessions": len(own)}, lambda: f"{rows:,} rows of {len(own):,} sessions: {out}")
