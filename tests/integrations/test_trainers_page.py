"""docs/trainers.md: its programs run as they stand, and its table says what is so."""

from __future__ import annotations

import ast
import io
import os
import re
import socket
import subprocess
import sys
import time
import tokenize
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "trainers.md").read_text()
MOST = 60
MODULES = {
    "Gymnasium": "gymnasium", "Stable-Baselines3": "stable_baselines3", "TRL": "trl", "verifiers": "verifiers.v1", "OpenEnv":
    "openenv.core", "RLlib": "ray.rllib", "TorchRL": "torchrl", "MO-Gymnasium": "mo_gymnasium", "Minari": "minari"}
PROGRAMS = {**MODULES, "A cluster": "ray"}
PACKAGES = {**{name: name for name in MODULES}, "OpenEnv": "openenv-core", "RLlib": "ray"}
FILES = {**{name: name.lower().replace("-", "_") for name in MODULES}, "Stable-Baselines3": "sb3"}


class Block(NamedTuple):
    """A fenced program: its language and its lines."""

    kind: str
    text: str


def sections() -> dict[str, list[Block]]:
    found = {}
    for part in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        found[title] = [Block(*b) for b in re.findall(r"^```(\w+)\n(.*?)^```", body, flags=re.M | re.S)]
    return found


def lines_of_code(source: str) -> int:
    """Lines that hold code: no comments, docstrings or blank lines."""
    told = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(node):
            told |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    blank = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in blank:
            held |= set(range(token.start[0], token.end[0] + 1))
    return len(held - told)


def test_the_table_says_what_is_so() -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    pins = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins.items()}
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", PAGE, flags=re.M)][2:]
    assert [row[0] for row in rows] == list(MODULES) and set(MODULES) <= set(sections())
    for library, version, _, lines, _ in rows:
        assert version == pins[PACKAGES[library].lower()], library
        file = ROOT / "recenv" / "integrations" / f"{FILES[library]}.py"
        assert int(lines) == (lines_of_code(file.read_text()) if library != "Gymnasium" else 0) <= MOST, library
    shared = lines_of_code((ROOT / "recenv" / "integrations" / "acting.py").read_text())
    assert f"share {shared} lines more" in PAGE


@pytest.mark.integrations
@pytest.mark.parametrize("title", list(PROGRAMS))
def test_programs_run(title: str, tmp_path: Path) -> None:
    pytest.importorskip(PROGRAMS[title])
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "TRL_EXPERIMENTAL_SILENCE": "1", "OMP_NUM_THREADS": "1",
        "STEPS": "2", "PORT": str(free_port()),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    if title == "TRL":
        env["MODEL"] = tiny_model(tmp_path / "model")
    with server(title, env):
        for kind, text in sections()[title]:
            if title == "OpenEnv" and kind == "sh":
                continue  # which serves
            run(kind, text, tmp_path, env)


def run(kind: str, text: str, folder: Path, env: dict[str, str]) -> None:
    (folder / "program.py").write_text(text)
    command = [sys.executable, "program.py"] if kind == "python" else ["bash", "-ec", shell(text)]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def shell(text: str) -> str:
    """A shell program in which ``recenv`` is this checkout's."""
    return f'recenv() {{ "{sys.executable}" -m recenv.cli "$@"; }}\n{text}'


@contextmanager
def server(title: str, env: dict[str, str]) -> Iterator[None]:
    """What a program of the page talks to; its address is put into env."""
    if title == "verifiers":
        from loopback import loopback
        from test_verifiers import model

        with loopback(model) as running:
            env["URL"] = running.base_url
            yield
    elif title == "OpenEnv":
        serve = next(text for kind, text in sections()[title] if kind == "sh")
        env["URL"] = f"http://127.0.0.1:{env['PORT']}"
        process = subprocess.Popen(["bash", "-c", serve.replace("uvicorn", "exec uvicorn")], env=env, stderr=subprocess.DEVNULL)
        try:
            await_health(env["URL"], process)
            yield
        finally:
            process.terminate()
            process.wait(20)
    else:
        yield


def await_health(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/health", timeout=5).close()
        except OSError:
            assert process.poll() is None, "the server ended"
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not answer")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def tiny_model(folder: Path) -> str:
    """A folder with a model that has learned to ask one question by a tool call."""
    from tinymodel import model_that_calls, tokenizer_of
    from transformers.utils import get_json_schema
    from trl.chat_template_utils import qwen2_5_chat_template

    from recenv.integrations.trl import Session, tasks

    options = {"scenario": "mixed", "scorers": "rules", "candidates": 5}
    asked = tasks(1, split="train", **options)[0]["prompt"]
    call = {"type": "function", "function": {"name": "ask", "arguments": {"text": "?"}}}
    session = Session(**options)
    tools = [get_json_schema(tool) for tool in (session.ask, session.end, session.recommend, session.search)]
    tokenizer = tokenizer_of([str(asked)], qwen2_5_chat_template)
    model = model_that_calls(tokenizer, [[*asked, {"role": "assistant", "content": "", "tool_calls": [call]}]], tools, steps=60)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
