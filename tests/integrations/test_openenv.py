"""OpenEnv: one server process, many sessions at once, none mixed up; and the folder that its tools take."""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from recenv.integrations.acting import OVER, Acting

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "recenv" / "integrations" / "openenv_env"
OPTIONS: dict[str, Any] = {"scenario": "mixed", "scorers": "rules", "horizon": 12, "patience_scale": 10.0}
CLIENTS, TURNS = 64, 10


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("openenv.core")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    where = {"RECENV_OPTIONS": json.dumps(OPTIONS), "PORT": str(port), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "server.app"], env={**os.environ, **where}, cwd=FOLDER,
                               stderr=subprocess.DEVNULL)
    try:
        for _ in range(1800):
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
                    assert json.load(answer)["status"] == "healthy"
                    break
            except OSError:
                assert process.poll() is None, "the server ended"
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


class Played(NamedTuple):
    """What a client was told, turn by turn, and how long it waited for each step, in seconds."""

    told: list[Any]
    waits: list[float]


def acts(briefing: list[dict[str, str]], number: int) -> list[tuple[str, dict[str, Any]]]:
    """What client ``number`` does: two of three turns recommend, each client other candidates."""
    ids = re.findall(r'^\{"id": "([^"]+)"', briefing[0]["content"], flags=re.M)
    return [
        ("ask", {"text": "What matters most?"}) if turn % 3 == 2 else
        ("recommend", {"items": [ids[(number + 5 * turn) % len(ids)]], "text": "OK"}) for turn in range(TURNS)]


def connected(url: str) -> Any:
    """A client that waits for its answers; from 0.3 on they are asynchronous unless asked not to be."""
    from recenv.integrations.openenv import RecenvClient

    client = RecenvClient(url, message_timeout_s=120)
    return client.sync() if hasattr(client, "sync") else client


def by_client(url: str, number: int) -> Played:
    from recenv.integrations.openenv import Act

    told: list[Any] = []
    waits = []
    with connected(url) as client:
        told.append(client.reset(seed=number).observation.messages)
        for act, arguments in acts(told[0], number):
            began = time.perf_counter()
            result = client.step(Act(act=act, arguments=arguments))
            waits.append(time.perf_counter() - began)
            seen = result.observation
            assert seen.applicable == {name: value is not None for name, value in seen.components.items()}
            told.append((seen.messages[0]["content"], result.reward, result.done, seen.components))
            if result.done:
                break
        assert client.state().step_count == len(waits)
    return Played(told, waits)


def by_hand(number: int) -> list[Any]:
    acting = Acting(**OPTIONS)
    told: list[Any] = [acting.open(number)]
    for act, arguments in acts(told[0], number):
        answer = acting.call(act, arguments)
        told.append((answer, acting.rewards[-1], acting.over, acting.components[-1]))
        if acting.over:
            break
    return told


def told_of(file: Path) -> dict[str, str]:
    """The lines ``key: value`` of a manifest."""
    return dict(line.split(": ", 1) for line in file.read_text().splitlines())


def test_the_folder_has_what_the_tools_look_for() -> None:
    manifest, docker = told_of(FOLDER / "openenv.yaml"), (FOLDER / "server" / "Dockerfile").read_text()
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text())["project"]
    assert manifest["runtime"] == "fastapi" and f"EXPOSE {manifest['port']}\n" in docker and "/health" in docker
    assert f'"{manifest["app"]}", "--host", "0.0.0.0", "--port", "{manifest["port"]}"' in docker
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    assert project["version"] == config["metadata"]["version"]
    assert config["options.extras_require"]["openenv"].strip() in project["dependencies"]
    for file in (manifest["app"].partition(":")[0].replace(".", "/") + ".py", "client.py", "models.py", "__init__.py"):
        ast.parse((FOLDER / file).read_text())


@pytest.mark.integrations
@pytest.mark.filterwarnings("default")
def test_openenv_validates_the_folder() -> None:
    validation = pytest.importorskip("openenv.cli._validation")
    _, issues = validation.validate_multi_mode_deployment(FOLDER)
    assert [i for i in issues if "uv.lock" not in i] == []  # a lock names an index, which who publishes the folder chooses
    assert validation.get_deployment_modes(FOLDER)["docker"]


@pytest.mark.integrations
@pytest.mark.filterwarnings("default")
def test_many_clients_at_once_and_none_mixed_up(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    by_client(server, 0)  # what is made at first use
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        played = list(pool.map(lambda n: by_client(server, n), range(CLIENTS)))
    took = time.perf_counter() - began
    waits = sorted(wait for one in played for wait in one.waits)
    assert [one.told for one in played] == [by_hand(n) for n in range(CLIENTS)]
    assert len(waits) > 3 * CLIENTS
    with capsys.disabled():
        print(f"\nOpenEnv: {CLIENTS} clients, {len(waits)} steps, {len(waits) / took:.0f} steps/s, "
              f"p50 {1e3 * waits[len(waits) // 2]:.0f} ms, p99 {1e3 * waits[int(0.99 * len(waits))]:.0f} ms")


@pytest.mark.integrations
@pytest.mark.filterwarnings("default")
def test_after_the_end_nothing_is_paid_and_json_has_no_nan(server: str) -> None:
    from recenv.integrations.openenv import Act

    with connected(server) as client:
        client.reset(seed=3)
        assert client.step(Act(act="end")).done
        after = client.step(Act(act="ask", arguments={"text": "?"}))
        assert after.done and after.reward is None and after.observation.messages[0]["content"] == OVER
        client.reset(seed=3)
        broken = client.step(Act(act="recommend", arguments={"items": 5}))
        assert broken.reward == 0.0 and not broken.done  # what is no act costs a turn
        assert broken.observation.components["item_ranking"] is None
