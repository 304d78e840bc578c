"""The runner: killed anywhere, resumed to the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from trace_builders import finished_run, plan, run_chunk

from recenv.errors import InputError
from recenv.evaluation.failures import GIVE_UP, Lost, read_failures
from recenv.evaluation.folder import open_run
from recenv.evaluation.plan import LEADERBOARD, MANIFEST, TRACES, AgentEntry, RunPlan, read_plan
from recenv.evaluation.runner import Chunk, Progress, RunChunk, evaluate, part_of
from recenv.journal import line_of
from recenv.rollouts.trace import SessionTrace, read_traces

PLAN = plan(("random", "greedy"), sessions=7)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an uninterrupted run writes."""
    return (finished_run(tmp_path_factory.mktemp("whole"), PLAN) / TRACES).read_bytes()


def killed_at(calls: int) -> RunChunk:
    """A run_chunk that is interrupted in its n-th call."""
    play, left = run_chunk(PLAN), [calls]

    def run(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace]:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return play(agent, rows, first)

    return run


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 100])
def test_the_chunk_size_changes_nothing(tmp_path: Path, whole: bytes, chunk: int) -> None:
    run = evaluate(PLAN, tmp_path / "run", run_chunk=run_chunk(PLAN), chunk=chunk)
    assert (run / TRACES).read_bytes() == whole
    assert [(t.agent, t.order) for t in read_traces(run / TRACES)] == [(a.name, i) for a in PLAN.agents for i in range(7)]


@pytest.mark.parametrize("calls", range(8))
def test_a_killed_run_resumes_to_the_same_bytes(tmp_path: Path, whole: bytes, calls: int) -> None:
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        evaluate(PLAN, out, run_chunk=killed_at(calls), chunk=2)
    assert not (out / LEADERBOARD).exists()
    played: list[tuple[str, int]] = []

    def counting(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace]:
        played.extend((agent, first + i) for i in range(len(rows)))
        return run_chunk(PLAN)(agent, rows, first)

    there = [(t.agent, t.order) for t in read_traces(out / TRACES)]
    evaluate(PLAN, out, run_chunk=counting, resume=True, chunk=3)
    assert (out / TRACES).read_bytes() == whole
    assert there + played == [(a.name, i) for a in PLAN.agents for i in range(7)]  # nothing repeated, nothing lost


def test_every_cut_of_the_file_resumes_to_the_same_bytes(tmp_path: Path, whole: bytes) -> None:
    run = evaluate(PLAN, tmp_path / "run", run_chunk=run_chunk(PLAN))
    ends = [i + 1 for i, b in enumerate(whole) if b == 10]
    for cut in [0, 1, *ends, *(e - 1 for e in ends), *(e + 40 for e in ends[:-1]), *range(2, len(whole), 9973)]:
        (run / TRACES).write_bytes(whole[:cut])
        (run / LEADERBOARD).unlink(missing_ok=True)
        evaluate(PLAN, run, run_chunk=run_chunk(PLAN), resume=True, chunk=5)
        assert (run / TRACES).read_bytes() == whole
        assert (run / LEADERBOARD).exists()


def test_resuming_a_finished_run_plays_nothing(tmp_path: Path, whole: bytes) -> None:
    run = finished_run(tmp_path, PLAN)
    evaluate(PLAN, run, run_chunk=killed_at(0), resume=True)
    assert (run / TRACES).read_bytes() == whole


def test_a_kill_before_the_manifest_was_whole_leaves_a_folder_to_start_in(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / f".{MANIFEST}.partial").write_bytes(b'{"sche')
    run = evaluate(PLAN, tmp_path / "run", run_chunk=run_chunk(PLAN), resume=True)
    assert (run / TRACES).read_bytes() == whole and read_plan(run) == PLAN


def test_an_existing_run_is_not_touched_without_resume(tmp_path: Path) -> None:
    run = finished_run(tmp_path, PLAN)
    before = {f.name: f.read_bytes() for f in run.iterdir()}
    with pytest.raises(InputError, match="--resume"):
        evaluate(PLAN, run, run_chunk=run_chunk(PLAN))
    assert {f.name: f.read_bytes() for f in run.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 8}, r"seed is 7 there, 8 now"),
        ({"agents": (PLAN.agents[0], AgentEntry(name="greedy", config={"slate_size": 3}))},
         r"agents\[1\].config.slate_size is 5 there, 3 now"),
        ({"agents": PLAN.agents[:1]}, r"the number of agents is 2 there, 1 now"),
        ({"session_ids": (*PLAN.session_ids[:6], "other")}, r"session_ids\[6\] is 's6' there, 'other' now"),
        ({"reward": {**PLAN.reward, "power": 2}}, r"reward.power is absent there, 2 now"),
        ({"versions": {**PLAN.versions, "torch": "9"}}, r"versions.torch is '2.13.0' there, '9' now"),
    ],
)
def test_another_plan_is_refused_and_the_first_difference_named(tmp_path: Path, change: dict[str, object], named: str) -> None:
    run = finished_run(tmp_path, PLAN)
    (run / TRACES).write_bytes((run / TRACES).read_bytes()[:-5])
    before = (run / TRACES).read_bytes()
    with pytest.raises(InputError, match=named):
        evaluate(msgspec.structs.replace(PLAN, **change), run, run_chunk=run_chunk(PLAN), resume=True)
    assert (run / TRACES).read_bytes() == before


def test_tuples_in_a_config_do_not_look_like_a_change(tmp_path: Path) -> None:
    made = msgspec.structs.replace(PLAN, agents=(AgentEntry(name="greedy", config={"weights": (1, 2.5)}),))
    run = evaluate(made, tmp_path / "run", run_chunk=run_chunk(made))
    evaluate(made, run, run_chunk=run_chunk(made), resume=True)


Spoiler = Callable[[list[bytes]], list[bytes]]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda lines: [lines[0], b"{broken}\n", *lines[2:]], "traces.jsonl:2: damaged"),
        (lambda lines: [b"\xff\xfe\n", *lines[1:]], "traces.jsonl:1: damaged"),
        (lambda lines: [lines[0].replace(b'"order":0', b'"order":1'), *lines[1:]], "traces.jsonl:1: damaged .its seal is broken"),
        (lambda lines: [line_of({**msgspec.json.decode(lines[0].replace(b',"seal"', b',"was"')), "seed": 8}), *lines[1:]],
         "traces.jsonl:1: a trace of seed 7 was expected, 8 came"),
        (lambda lines: [*lines, lines[-1]], "stands in line 14 already"),
        (lambda lines: [lines[0]] * 30 + lines[1:], "stands in line 1 already"),
    ],
)
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, spoil: Spoiler, message: str) -> None:
    run = finished_run(tmp_path, PLAN)
    (run / TRACES).write_bytes(b"".join(spoil((run / TRACES).read_bytes().splitlines(keepends=True))))
    before = (run / TRACES).read_bytes()
    with pytest.raises(InputError, match=message):
        evaluate(PLAN, run, run_chunk=run_chunk(PLAN), resume=True)
    assert (run / TRACES).read_bytes() == before


def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    run = finished_run(tmp_path, PLAN)
    with (run / TRACES).open("rb") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process"):
            evaluate(PLAN, run, run_chunk=run_chunk(PLAN), resume=True)


@pytest.mark.parametrize("wrong", ["few", "order", "agent", "seed"])
def test_traces_that_do_not_follow_the_plan_are_not_written(tmp_path: Path, wrong: str) -> None:
    def play(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace]:
        traces = run_chunk(PLAN)(agent, rows, first)
        changes = {"order": {"order": 99}, "agent": {"agent": "x"}, "seed": {"seed": 1}}
        return traces[:-1] if wrong == "few" else [msgspec.structs.replace(t, **changes[wrong]) for t in traces]

    with pytest.raises(InputError, match="came"):
        evaluate(PLAN, tmp_path / "run", run_chunk=play)
    assert (tmp_path / "run" / TRACES).read_bytes() == b""


def test_folders_that_are_no_runs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="not a run folder"):
        evaluate(PLAN, tmp_path / "notes", run_chunk=run_chunk(PLAN), resume=True)
    with pytest.raises(InputError, match="is a file"):
        evaluate(PLAN, tmp_path / "notes" / "thesis.txt", run_chunk=run_chunk(PLAN))
    with pytest.raises(InputError, match="chunk"):
        evaluate(PLAN, tmp_path / "x", run_chunk=run_chunk(PLAN), chunk=0)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"schema": 99}', b'{"schema": 1, "seed": "x"}', b"\xff"])
def test_a_corrupt_manifest_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    run = finished_run(tmp_path, PLAN)
    (run / MANIFEST).write_bytes(content)
    with pytest.raises(InputError, match="evaluate again"):
        read_plan(run)


def test_progress_counts_sessions_over_all_agents(tmp_path: Path) -> None:
    seen: list[Progress] = []
    evaluate(PLAN, tmp_path / "run", run_chunk=run_chunk(PLAN), progress=seen.append, chunk=5)
    assert seen == [Progress("random", 0, 14), Progress("random", 5, 14), Progress("greedy", 7, 14), Progress("greedy", 12, 14),
                    Progress("greedy", 14, 14)]


@pytest.mark.parametrize(
    "change", [{"agents": ()}, {"sessions": (1,)}, {"agents": (PLAN.agents[0],) * 2}, {"session_ids": ("s",) * 7}])
def test_plans_that_cannot_be_run(change: dict[str, object]) -> None:
    fields = {f: getattr(PLAN, f) for f in PLAN.__struct_fields__}
    with pytest.raises(InputError):
        RunPlan(**{**fields, **change})


# -- sessions that nobody answered in --------------------------------------------------------------------------------


def losing(orders: set[int], played: list[tuple[str, int]] | None = None) -> RunChunk:
    """A run_chunk in which some sessions of ``random`` find nobody."""
    play = run_chunk(PLAN)

    def run(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace | Lost]:
        found: list[SessionTrace | Lost] = list(play(agent, rows, first))
        for n in range(len(rows)):
            if played is not None:
                played.append((agent, first + n))
            if agent == "random" and first + n in orders:
                found[n] = Lost(agent=agent, order=first + n, session_id=f"s{first + n}", why="status 503: overloaded \x1b[31m")
        return found

    return run


@pytest.mark.parametrize("chunk", [1, 2, 7])
@pytest.mark.parametrize("orders", [{0}, {6}, {1, 2, 5}, set(range(4))])
def test_what_was_lost_is_counted_apart_and_played_again(tmp_path: Path, whole: bytes, chunk: int, orders: set[int]) -> None:
    run = evaluate(PLAN, tmp_path / "run", run_chunk=losing(orders), chunk=chunk)
    assert {one.order for one in read_failures(run)} == orders
    board, lines = open_run(run).leaderboard(), (run / TRACES).read_bytes().splitlines()
    assert {row.agent: row.sessions for row in board.rows} == {"random": 7 - len(orders), "greedy": 7}
    assert len(lines) == 14 - len(orders)
    table = open_run(run).table()
    assert f"random: {len(orders)} of 7 sessions were not played" in table and "status 503: overloaded" in table
    assert "\x1b" not in table
    played: list[tuple[str, int]] = []
    evaluate(PLAN, run, run_chunk=losing(set(), played), chunk=chunk, resume=True)
    assert sorted(played) == [("random", order) for order in sorted(orders)]
    assert (run / TRACES).read_bytes() == whole and read_failures(run) == ()


def test_a_kill_while_gaps_are_filled_is_gone_on_from(tmp_path: Path, whole: bytes) -> None:
    run = evaluate(PLAN, tmp_path / "run", run_chunk=losing({0, 3}))
    play, left = losing(set()), [1]

    def killed(agent: str, rows: Sequence[int], first: int) -> Sequence[SessionTrace | Lost]:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return play(agent, rows, first)

    with pytest.raises(KeyboardInterrupt):
        evaluate(PLAN, run, run_chunk=killed, resume=True)
    assert {row.agent: row.sessions for row in open_run(run).leaderboard().rows} == {"random": 6, "greedy": 7}
    played: list[tuple[str, int]] = []
    evaluate(PLAN, run, run_chunk=losing(set(), played), resume=True)
    assert played == [("random", 3)] and (run / TRACES).read_bytes() == whole


def test_an_agent_whom_nobody_answers_is_given_up_and_the_others_play(tmp_path: Path) -> None:
    played: list[tuple[str, int]] = []
    run = evaluate(PLAN, tmp_path / "run", run_chunk=losing(set(range(7)), played), chunk=1)
    assert played == [("random", order) for order in range(GIVE_UP)] + [("greedy", order) for order in range(7)]
    assert [(one.order, one.session_id, one.agent) for one in read_failures(run)] == [(n, f"s{n}", "random") for n in range(7)]
    assert {one.why for one in read_failures(run)} == {"status 503: overloaded \x1b[31m"}
    assert open_run(run).leaderboard().rows[-1].sessions == 0


def test_agents_are_given_up_for_losses_in_a_row_alone(tmp_path: Path) -> None:
    made = plan(("random", "greedy"), sessions=2 * GIVE_UP + 1)
    lost, play, asked = {*range(GIVE_UP - 1), *range(GIVE_UP, 2 * GIVE_UP - 1)}, run_chunk(made), list[tuple[str, int]]()

    def run(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace | Lost]:
        asked.append((agent, first))
        found: list[SessionTrace | Lost] = list(play(agent, rows, first))
        return [Lost(agent=agent, order=first, session_id=f"s{first}", why="?")] if first in lost else found

    evaluate(made, tmp_path / "run", run_chunk=run, chunk=1)
    assert asked == [(agent.name, n) for agent in made.agents for n in range(2 * GIVE_UP + 1)]


def test_what_is_coming_is_told_before_it_is_asked_for(tmp_path: Path) -> None:
    told: list[Chunk] = []
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        evaluate(PLAN, out, run_chunk=killed_at(1), chunk=3)
    evaluate(PLAN, out, run_chunk=run_chunk(PLAN), resume=True, chunk=4, coming=told.extend)
    rows = tuple(PLAN.sessions)
    assert told == [Chunk("random", rows[3:], 3), Chunk("greedy", rows[:4], 0), Chunk("greedy", rows[4:], 4)]


def test_progress_of_one_of_several_passes_is_progress_of_the_whole() -> None:
    seen: list[Progress] = []
    one = part_of(seen.append, 2, 3)
    assert one is not None and part_of(None, 2, 3) is None
    one(Progress("greedy", 5, 14))
    assert seen == [Progress("greedy", 2 * 14 + 5, 3 * 14)]
