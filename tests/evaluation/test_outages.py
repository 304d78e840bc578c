"""A failure of a model server is no result: not scored, counted apart, said in the server's words, made good by --resume."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import Reply, loopback
from scenario_worlds import A_DOZEN

from recenv.cli import cli, main
from recenv.evaluation.plan import TRACES
from recenv.scenarios.entry import _engine

pytest.importorskip("httpx", reason="judges and the llm agent need the extra recenv[llm]")

NO = '{"take": 0, "tell": [], "say": "No."}'
ASK = '{"act": "ask", "text": "What do you want?"}'


def judged(body: dict[str, Any]) -> Reply:
    """What a judge that likes everything answers."""
    return Reply('{"label": "yes"}' if "yes" in json.dumps(body["messages"][0]) else '{"label": "4"}')


def recenv(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["recenv", *map(str, arguments)])
    try:
        main()
    except SystemExit as stop:
        told = capsys.readouterr()
        return int(stop.code or 0), told.out, told.err
    told = capsys.readouterr()
    return 0, told.out, told.err


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "small.toml").write_text(A_DOZEN)
    return tmp_path


DOWN = [
    (Reply(status=401, body=b'{"error":{"message":"Incorrect API key provided"}}'), "Incorrect API key provided"),
    (Reply(status=404, body=b'{"error":{"message":"The model `m` does not exist"}}'), "does not exist"),
    (Reply(status=503, body=b'{"error":{"message":"overloaded"}}'), "overloaded"),
    (Reply(status=400, body=b'{"detail":"no such deployment"}'), "no such deployment"),
    (Reply(drop=True), "cannot reach"), (Reply("x", pause_s=5), "did not answer within"),
    (Reply(body=b"<html>login"), "no completion"),
]


@pytest.mark.parametrize(("role", "reply", "words"), [
    *(("agent", *how) for how in DOWN), *((role, *DOWN[n]) for role in ("judge", "user") for n in (0, 2, 5))])
def test_an_outage_is_no_result_and_is_made_good(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], role: str, reply: Reply, words: str
) -> None:
    down, limit = [True], 1.0 if reply.pause_s else 20.0

    def script(body: dict[str, Any], times: int) -> Reply:
        return reply if down[0] else judged(body) if role == "judge" else Reply(ASK if role == "agent" else NO)

    with loopback(script) as server:
        judge = f'model="m"\nbase_url="{server.base_url}"\nretries=0\n'
        (small / "judge.toml").write_text(judge + f"timeout_s={limit / 5}\n")  # a dozen questions wait as long, one by one
        asked = ["evaluate", "--scenario", small / "small.toml", "--audit", "none", "--seed", 1, "--sessions", 2]
        options = {"model": "m", "base_url": server.base_url, "retries": 0, "timeout_s": limit}
        if role == "agent":
            asked += ["--scorers", "rules", "--agents", "random,llm"]
            asked += [part for field, value in options.items() for part in ("--agent-option", f"llm.{field}={value}")]
        elif role == "user":
            asked += ["--scorers", "rules", "--agents", "random", "--user", "llm"]
            options["record"] = small / "users.jsonl"
            asked += [part for field, value in options.items() for part in ("--user-option", f"{field}={value}")]
        else:
            asked += ["--scorers", f"judge:{small / 'judge.toml'}", "--agents", "random"]
        code, out, err = recenv(monkeypatch, capsys, *asked, "--out", small / "run")
        lost = "llm" if role == "agent" else "random"
        assert code != 0 and words in err and words in out and "Traceback" not in err
        assert f"{lost}: 2 of 2 sessions were not played, and are no results" in out
        traces = [json.loads(line) for line in (small / "run" / TRACES).read_text().splitlines()]
        assert [t["agent"] for t in traces] == ["random"] * 2 * (role == "agent")
        down[0] = False
        (small / "judge.toml").write_text(judge)
        _engine.cache_clear()  # engines are kept by names, and the file's is the same
        code, out, err = recenv(monkeypatch, capsys, *asked, "--out", small / "run", "--resume")
        assert code == 0 and "were not played" not in out, err
        code, out, err = recenv(monkeypatch, capsys, *asked, "--out", small / "never-down")
        assert code == 0
    if role != "judge":  # whose latencies differ
        assert (small / "run" / TRACES).read_bytes() == (small / "never-down" / TRACES).read_bytes()
    else:
        assert len((small / "run" / TRACES).read_bytes().splitlines()) == 2
    if role == "user":  # the server is gone, and all that reads a run goes on without
        for command in (["replay"], ["rescore", "--scorers", "rules", "--reward", "outcome", "--out", small / "again"],
                        ["export", "--format", "sft", "--out", small / "rows.jsonl"]):
            code, out, err = recenv(monkeypatch, capsys, command[0], small / "run", *command[1:])
            assert code == 0, err
        assert "No." in (small / "rows.jsonl").read_text()


def test_a_judge_that_fails_now_and_then_loses_those_sessions_alone(small: Path) -> None:
    seen: list[int] = []

    def script(body: dict[str, Any], times: int) -> Reply:
        seen.append(1)
        return Reply(status=503, body=b"busy") if len(seen) == 3 else judged(body)

    with loopback(script) as server:
        (small / "judge.toml").write_text(f'model="m"\nbase_url="{server.base_url}"\nretries=0\nconcurrency=1\n')
        arguments = ["evaluate", "--scenario", str(small / "small.toml"), "--audit", "none", "--sessions", "3", "--agents",
                     "random", "--scorers", f"judge:{small / 'judge.toml'}", "--out", str(small / "run")]
        done = CliRunner().invoke(cli, arguments)
        assert "1 of 3 sessions were not played" in done.output and "busy" in done.output and done.exit_code != 0
        assert len((small / "run" / TRACES).read_text().splitlines()) == 2
        assert CliRunner().invoke(cli, [*arguments, "--resume"]).exit_code == 0
    assert len((small / "run" / TRACES).read_text().splitlines()) == 3


def test_a_rescoring_whose_judge_goes_down_is_gone_on_with(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    down = [True]
    with loopback(lambda body, times: Reply(status=503, body=b"busy") if down[0] else judged(body)) as server:
        (small / "judge.toml").write_text(f'model="m"\nbase_url="{server.base_url}"\nretries=0\n')
        code, _, err = recenv(monkeypatch, capsys, "evaluate", "--scenario", small / "small.toml", "--audit", "none", "--agents",
                              "random", "--sessions", 2, "--scorers", "rules", "--out", small / "run")
        assert code == 0, err
        again = ["rescore", small / "run", "--scorers", f"judge:{small / 'judge.toml'}", "--out", small / "again"]
        code, _, err = recenv(monkeypatch, capsys, *again)
        assert code == 2 and "busy" in err and not (small / "again").exists()
        down[0] = False
        code, _, err = recenv(monkeypatch, capsys, *again)
        assert code == 0 and len((small / "again" / TRACES).read_bytes().splitlines()) == 2, err
