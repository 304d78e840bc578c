"""README and docs/, line by line: commands and programs of a page run one after the other in an empty folder, with less to play.

The pages of own parts (tests/test_own_parts.py) and of trainers (test_trainers_page.py) run whole, and so are not here.
"""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import recenv
from recenv import cli

pytestmark = pytest.mark.integrations

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"own-agent", "own-reward", "own-scenario", "own-scorer", "trainers", "api"}
PAGES = [ROOT / "README.md", *(p for p in sorted(ROOT.glob("docs/*.md")) if p.stem not in ELSEWHERE)]
FIRST = "recenv|make|pip|source|pytest|pre-commit|git|cd|MINARI_DATASETS_PATH=datasets"
BLOCK = re.compile(rf"^```(\w+)\n(?s:(.*?))^```$|^ {{4}}((?:{FIRST}) .*)$", re.M)

QUICK = "--scorers rules --audit none --sessions 6"
LEARNED = ("linucb --out runs/linucb", "itemcf --out runs/itemcf")  # the page itself learns ppo
BEFORE = {
    "README": [f"recenv evaluate --agents bm25,random {QUICK} --out runs/demo"],
    "export": [f"recenv evaluate --agents bm25,random {QUICK} --out RUN"],
    "learning": [f"recenv learn {learner}" for learner in LEARNED],
}
"""What a page takes for granted, by name."""

NOT_RUN = {
    r"(make|pip|source|pytest|pre-commit|git|cd) ": "sets up, or is run by .ci/run itself",
    r"recenv (probe|validate) ": "make probes and make validate run them",
    r"recenv train ": "takes minutes; tests/rewards/test_training.py does it with less",
    r"recenv .*\b(NAME|DIMENSION|PATH_OR_HUB_ID|FILE)\b": "shows a shape, or needs a set that is not shipped",
    r"recenv (ingest (crosswoz|vitabench) |.*(stores/beijing|localhost|127\.0\.0\.1))": "needs a set or a server",
    r"recenv .*--engine ray": "needs an extra; tests/integrations/test_ray_run.py runs it",
    r"MINARI_DATASETS_PATH=": "needs an extra; tests/integrations/test_export_readers.py reads datasets",
}
"""Lines that only have to be right (tests/test_pages.py), by how they begin, and why."""


def put_data(page: Path, folder: Path) -> None:
    """What docs/data.md calls ratings.csv, movies.csv, and DIR, of whose lines it shows one."""
    ratings = [f"{user},{user * 7 % 60 + n},{1 + (user + n * n) % 5},{user * 100 + n}" for user in range(30) for n in range(20)]
    movies = [f"{n},Film {n},{'Drama' if n % 2 else 'Comedy'}|{('War', 'Music', 'Crime')[n % 3]},{1950 + n}" for n in range(80)]
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *ratings, ""]), "utf-8")
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres,year", *movies, ""]), "utf-8")
    (row,) = re.findall(r"^```json\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    rows = folder / "DIR" / "data" / "item_ranking" / "item_ranking_rewrite.jsonl"
    rows.parent.mkdir(parents=True)
    lines = (row.replace("\n", " ").replace('"id": "1"', f'"id": "{n}"').replace("u1", f"u{n}") for n in range(12))
    rows.write_text("\n".join([*lines, ""]), "utf-8")


def made(command: str) -> bool:
    """Whether a page that names a command twice has had it run."""
    out = re.search(r"--out (\S+)", command)
    return command.startswith("recenv ingest") and out is not None and Path(out[1]).exists()


class Step(NamedTuple):
    """kind: ``python``, or ``sh`` for one command."""

    kind: str
    text: str


def steps(page: Path) -> Iterator[Step]:
    for kind, fenced, line in BLOCK.findall(page.read_text("utf-8").replace("\\\n", " ")):
        if kind == "python":
            yield Step(kind, fenced)
        elif kind in ("", "sh"):
            yield from (Step("sh", command) for command in (fenced or line).splitlines())


LESS = {"recenv evaluate": "--sessions 12", "recenv learn ppo": "--set steps=4096", "recenv bench": "--seconds 0.1"}


def smaller(command: str) -> str:
    """The same with less to play; of an option that is given twice the last one counts."""
    command = command.split(" #")[0]
    return " ".join([command, *(less for begins, less in LESS.items() if command.startswith(begins))])


def here(text: str, folder: Path) -> str:
    """The same, with sessions of the page's own run in place of those that it names."""
    if "@" in text or not (folder / "runs" / "first" / "manifest.json").is_file():
        return text
    played = recenv.open_run(folder / "runs" / "first").session_ids
    for name, other in zip(dict.fromkeys(re.findall(r"s-\d{6}", text)), played, strict=False):
        text = text.replace(name, other)
    return text


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def view(command: str) -> None:
    """A server: it says its address, and ends when it is told to."""
    words = shlex.split(command)
    with subprocess.Popen([sys.executable, "-m", "recenv.cli", *words[1:]], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and "http://127.0.0.1" in process.stdout.readline()
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    if page.stem == "data":
        put_data(page, tmp_path)
    for command in BEFORE.get(page.stem, []):
        assert run(command, monkeypatch) == 0, command
    for kind, text in steps(page):
        text = here(text, tmp_path)
        if kind == "python":
            (tmp_path / "program.py").write_text(text, "utf-8")
            runpy.run_path("program.py", run_name="__main__")
        elif not made(text) and not any(re.match(pattern, text) for pattern in NOT_RUN):
            command = smaller(text)
            assert command.startswith("recenv "), f"{command!r} is neither run nor known not to be"
            if command.startswith("recenv view") and "--html" not in command:
                view(command)
            else:
                assert run(command, monkeypatch) == 0, f"{command}\n{capsys.readouterr().err}"
