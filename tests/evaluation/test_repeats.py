"""Sessions played more than once: estimators known by counting, noise that is there and noise that is not, tasks by their ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import recenv
from recenv import cli, rng
from recenv.baselines import Runtime
from recenv.baselines.random import RandomAgent
from recenv.errors import InputError, UnknownName
from recenv.evaluation.export.write import export_run
from recenv.evaluation.folder import Run
from recenv.evaluation.plan import read_plan
from recenv.evaluation.repeats import format_repeated, pass_at, pass_hat, repeat_folders, repeat_seed, shown_k
from recenv.evaluation.report import write_report
from recenv.evaluation.run import replay_run, run_evaluation
from recenv.rollouts.trace import encode
from recenv.scenarios.tasks import Task, read_task, task_file

RULES = {"scorers": "rules"}
SESSIONS = 12


@pytest.mark.parametrize(("trials", "successes"), [(4, 0), (4, 1), (5, 3), (3, 3)])
def test_the_estimators_count_every_choice_of_k(trials: int, successes: int) -> None:
    outcomes = [True] * successes + [False] * (trials - successes)
    for k in range(1, trials + 1):
        chosen = list(combinations(outcomes, k))
        assert pass_hat(successes, trials, k) == pytest.approx(sum(map(all, chosen)) / len(chosen))
        assert pass_at(successes, trials, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))
    assert shown_k(1) == (1,) and shown_k(4) == (1, 2, 4) and shown_k(5) == (1, 2, 4, 5)


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("repeats") / "run"
    return Run(run_evaluation("mixed", ["bm25", "random"], SESSIONS, 3, out, changes=RULES, repeats=3))


def test_repeats_start_alike_and_only_agents_that_draw_differ(repeated: Run) -> None:
    folders = repeat_folders(repeated.path)
    assert [f.name for f in folders] == ["run", "2", "3"]
    plans = [read_plan(f) for f in folders]
    assert [p.repeat for p in plans] == [1, 2, 3] and {(p.seed, p.sessions) for p in plans} == {(3, plans[0].sessions)}
    runs = [Run(f) for f in folders]
    bm25 = [b"".join(map(encode, run.traces("bm25"))) for run in runs]
    drawn = [b"".join(map(encode, run.traces("random"))) for run in runs]
    assert len(set(bm25)) == 1 and len(set(drawn)) == 3
    assert [t.opening for t in runs[0].traces("random")] == [t.opening for t in runs[2].traces("random")]
    assert all(verdict.same for run in runs for verdict in replay_run(run.path))


def test_repeats_from_one_start_are_a_group_of_rollouts(repeated: Run, tmp_path: Path) -> None:
    exported = export_run(repeated.path, "grpo", tmp_path / "g.jsonl", agents=["random"], chunk=7)
    rows = [json.loads(line) for line in (tmp_path / "g.jsonl").read_bytes().splitlines()]
    assert exported.rows == len(rows) == 3 * SESSIONS
    traces = [list(Run(folder).traces("random")) for folder in repeat_folders(repeated.path)]
    for n in range(SESSIONS):
        group = rows[3 * n:3 * n + 3]
        assert [row["repeat"] for row in group] == [1, 2, 3] and len({json.dumps(row["prompt"]) for row in group}) == 1
        assert [row["session_return"] for row in group] == [of[n].total for of in traces]
        assert sum(row["advantage"] for row in group) == pytest.approx(0.0, abs=1e-6)
    export_run(repeated.path, "grpo", tmp_path / "both.jsonl")
    lines = (tmp_path / "both.jsonl").read_bytes().splitlines()
    assert len(lines) == 6 * SESSIONS and [json.loads(line)["agent"] for line in lines][:6] == ["bm25", "random"] * 3


def test_what_repeats_say_is_what_their_traces_say(repeated: Run) -> None:
    found = repeated.repeated()
    assert found is not None and found.repeats == 3 and not found.fresh
    rows = {row.agent: row for row in found.rows}
    met = np.array([[t.ending == "met" for t in Run(f).traces("random")] for f in repeat_folders(repeated.path)])  # (3, N)
    row = rows["random"]
    assert [row.pass_hat[0].mean, row.pass_at[0].mean] == pytest.approx([met.mean()] * 2)
    assert row.pass_hat[2].mean == pytest.approx(met.all(0).mean()) and row.pass_at[2].mean == pytest.approx(met.any(0).mean())
    returns = np.array([[t.total for t in Run(f).traces("random")] for f in repeat_folders(repeated.path)])
    assert row.returns.mean == pytest.approx(returns.mean())
    assert row.noise == pytest.approx(np.sqrt(returns.var(0, ddof=1).sum()) / SESSIONS) and row.noise > 0 and not row.alike
    assert rows["bm25"].alike and rows["bm25"].noise == 0.0
    assert [p.mean for p in rows["bm25"].pass_hat] == pytest.approx([rows["bm25"].pass_at[0].mean] * 3)
    (difference,) = found.differences
    assert (difference.better, difference.worse) == ("bm25", "random")
    assert difference.returns.mean == pytest.approx(rows["bm25"].returns.mean - row.returns.mean)
    text = format_repeated(found)
    assert "bm25: every repeat went the same" in text and "pass^3" in text and "random: every" not in text


@pytest.mark.usefixtures("undrawn")
def test_the_report_shows_them(repeated: Run, tmp_path: Path) -> None:
    page = write_report(repeated.path).read_text("utf-8")
    for words in ("The same sessions, 3 times", "pass^3", "pass@3", "0: every repeat went the same", "over all repeats"):
        assert words in page
    once = run_evaluation("mixed", ["bm25"], 2, 3, tmp_path / "once", changes=RULES)
    assert "The same sessions" not in write_report(once).read_text("utf-8")


def test_noise_drawn_anew_moves_an_agent_that_draws_nothing(tmp_path: Path) -> None:
    run = Run(run_evaluation("mixed", ["bm25"], SESSIONS, 3, tmp_path / "run", changes=RULES, repeats=2, fresh=True))
    found = run.repeated()
    assert found is not None and found.fresh and not found.rows[0].alike and found.rows[0].noise > 0
    plans = [read_plan(f) for f in repeat_folders(run.path)]
    assert plans[1].seed == repeat_seed(3, 2) != 3 and plans[0].sessions == plans[1].sessions and plans[1].seed < 2**31
    assert all(verdict.same for verdict in replay_run(run.path / "repeats" / "2"))


def test_one_repeat_is_the_run_as_it_was_and_a_killed_one_goes_on(repeated: Run, tmp_path: Path) -> None:
    once = run_evaluation("mixed", ["bm25", "random"], SESSIONS, 3, tmp_path / "once", changes=RULES)
    assert (once / "traces.jsonl").read_bytes() == (repeated.path / "traces.jsonl").read_bytes()
    assert Run(once).repeated() is None and not (once / "repeats").exists()
    again = run_evaluation("mixed", ["bm25", "random"], SESSIONS, 3, once, changes=RULES, repeats=3, resume=True)
    file, other = (folder / "repeats" / "3" / "traces.jsonl" for folder in (again, repeated.path))
    whole = other.read_bytes()
    assert file.read_bytes() == whole
    file.write_bytes(whole[: len(whole) // 2])
    run_evaluation("mixed", ["bm25", "random"], SESSIONS, 3, again, changes=RULES, repeats=3, resume=True)
    assert file.read_bytes() == whole
    assert (again / "repeats.json").read_bytes() == (repeated.path / "repeats.json").read_bytes()
    with pytest.raises(InputError, match="2 for fresh noise"):
        run_evaluation("mixed", ["bm25"], 2, 3, tmp_path / "x", changes=RULES, fresh=True)


class Fickle:
    """Draws by the runtime's seed and repeat."""

    def __init__(self, runtime: Runtime) -> None:
        self.name, self._key = f"fickle{runtime.repeat and ''}", (runtime.seed, runtime.repeat)

    def act(self, views: Sequence[recenv.AgentView]) -> list[recenv.Action]:
        number = [int(rng.integers(len(v.candidates), *self._key, rng.word(v.session_id), v.turn)) for v in views]
        return [
            recenv.Action(act="recommend", items=(v.candidates[n].id,), text=v.candidates[n].name)
            for v, n in zip(views, number, strict=True)]


def test_an_agent_of_ones_own_is_built_for_each_repeat(tmp_path: Path) -> None:
    run = run_evaluation("mixed", [f"{__name__}:Fickle"], 6, 1, tmp_path / "run", changes=RULES, repeats=2)
    assert (run / "traces.jsonl").read_bytes() != (run / "repeats" / "2" / "traces.jsonl").read_bytes()


# -- tasks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", [
    Task("mixed", "s-000531", 7), Task("my/own.toml", "a/b@c", 0), Task("package.module:scenario", "会话 1", 2**63)])
def test_a_task_is_read_from_its_id(task: Task) -> None:
    assert read_task(str(task)) == task


@pytest.mark.parametrize("text", [
    "", "mixed", "mixed/s-1", "s-1@7", "mixed/@7", "/s-1@7", "mixed/s-1@", "mixed/s-1@-1", "a\n/b@1"])
def test_what_is_no_task_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InputError, match="SCENARIO/SESSION@SEED"):
        read_task(text)


def test_rollouts_of_a_task_start_alike_and_as_an_evaluation_does() -> None:
    traces = recenv.play("bm25", "mixed", 3, 7, **RULES)
    task = Task("mixed", traces[1].session_id, 7)
    envs = recenv.make_vec("Chat", num_envs=4, **RULES)
    seen, infos = envs.reset(**task.starts(4))
    alone, info = recenv.make("Chat", **RULES).reset(**task.start)
    assert set(seen) == {alone} and traces[1].opening in alone and info["session_id"] == task.session
    action = '{"act": "ask", "text": "Anything else?"}'
    first = envs.step([action] * 4)
    assert len(set(first[0])) == 1 and np.ptp(first[1]) == 0
    slates = recenv.make_vec("Slate", num_envs=3, **RULES)
    slates.reset(**task.starts(3))
    played = [slates.step(np.tile([0, 1, 2], (3, 1))) for _ in range(2)]
    assert all(np.ptp(step[1]) == 0 for step in played)  # the same noise to the same answers
    assert infos is not None


def test_a_file_of_tasks_is_played_in_its_order(tmp_path: Path) -> None:
    ids = [t.session_id for t in recenv.play("random", "mixed", 4, 7, **RULES)][::-1]
    file = tmp_path / "tasks.txt"
    file.write_text(f"# mine\n{ids[0]}\n\nmixed/{ids[1]}@7\n{ids[2]}  # the third\n", "utf-8")
    tasks = task_file(file, "mixed", 7)
    assert list(tasks) == ids[:3]
    run = recenv.evaluate(["random"], tmp_path / "run", "mixed", seed=7, tasks=tasks, **RULES)
    assert list(run.plan.session_ids) == ids[:3]
    with pytest.raises(UnknownName, match="s-0"):
        recenv.evaluate(["random"], tmp_path / "other", "mixed", seed=7, tasks=["s-none"], **RULES)


@pytest.mark.parametrize(("text", "words"), [
    ("", "names no task"), ("# nothing\n", "names no task"), ("s-1\ns-1\n", "line 1 too"),
    ("mixed/s-1@8\n", "of another scenario or seed"),
    ("dining/s-1@7\n", "of another scenario or seed"),
])
def test_a_file_of_no_use_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "t").write_text(text)
    with pytest.raises(InputError, match=words):
        task_file(tmp_path / "t", "mixed", 7)
    with pytest.raises(InputError, match="cannot be read"):
        task_file(tmp_path, "mixed", 7)


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def recenv_(*arguments: object) -> str:
        monkeypatch.setattr("sys.argv", ["recenv", *map(str, arguments)])
        cli.main()
        return capsys.readouterr().out

    listed = recenv_("tasks", "--sessions", 5, "--seed", 7, "--split", "test")
    assert [read_task(line).seed for line in listed.splitlines()] == [7] * 5
    (tmp_path / "tasks").write_text(listed)
    given = ("--agents", "random", "--scorers", "rules", "--audit", "none", "--seed", 7, "--repeats", 2)
    out = recenv_("evaluate", *given, "--task-file", tmp_path / "tasks", "--out", tmp_path / "run")
    assert "every session played 2 times, from the same start" in out and "pass^2" in out
    plan = read_plan(tmp_path / "run")
    assert [str(Task("mixed", session, 7)) for session in plan.session_ids] == listed.splitlines()
    assert "--task-file" in plan.command and "--repeats 2" in plan.command and "--sessions" not in plan.command


def test_an_agent_without_a_name_and_a_letter_for_a_number_are_refused(tmp_path: Path) -> None:
    nameless = RandomAgent(3)
    nameless.name = " "
    with pytest.raises(InputError, match="has an empty name"):
        recenv.evaluate([nameless], tmp_path / "a", sessions=2, scorers="rules", audit="none")
    with pytest.raises(InputError, match=r"whole number in .*got '3'"):
        recenv.evaluate("bm25", tmp_path / "b", sessions="3", scorers="rules", audit="none")
    assert recenv.evaluate("bm25", tmp_path / "c", sessions=2, scorers="rules", audit="none").agents == ("bm25",)
