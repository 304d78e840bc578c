"""Commands that are killed at a random moment and run again: what comes out has the bytes of one that nobody killed, and nothing
else is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from recenv.data.recrm import ingest_recrm
from recenv.data.synthetic import SynthSpec, generate
from recenv.data.world import World
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import run_evaluation
from recenv.evaluation.verify import verify_path
from recenv.scenarios import load_scenario

Work = Callable[[Path, Path], None]
"""(what it works on, where it writes)"""


class Killed(NamedTuple):
    """A command that is killed. again: the same command, or what a person would type after a kill. kept: the files to compare."""

    name: str
    run: Work
    again: Work
    kept: str


def _evaluate(given: Path, out: Path, resume: bool = False) -> None:
    run_evaluation(str(given / "small.toml"), ["random", "bm25"], 6, 3, out, chunk=2, changes={"scorers": "rules"}, resume=resume)


def _ingest(given: Path, out: Path) -> None:
    ingest_recrm(given / "rows", out, overwrite=True)


def _synth(given: Path, out: Path) -> None:
    generate(SynthSpec.from_mapping(load_scenario("mixed").world.spec), 40, 5, out)


def _rescore(given: Path, out: Path) -> None:
    if not out.exists():
        rescore_run(given / "run", "rules", out, chunk=2)


def _train(given: Path, out: Path) -> None:
    from toyrows import SETTINGS, toy_rows

    from recenv.training.train import train

    if not out.exists():
        train(toy_rows(24), out, dimensions=("query_item_relevance",), settings=SETTINGS)


FAST = (
    Killed("evaluate", _evaluate, lambda given, out: _evaluate(given, out, True), "*.jsonl"),
    Killed("ingest", _ingest, _ingest, "*.[cj][os][lo]*"), Killed("synth", _synth, _synth, "data/*/*"),
    Killed("rescore", _rescore, _rescore, "*.jsonl"))
SLOW = (Killed("train", _train, _train, "*.safetensors"),)


def prepare(home: Path) -> Path:
    """What the commands work on."""
    from scenario_worlds import A_DOZEN

    (home / "small.toml").write_text(A_DOZEN)
    generate(SynthSpec.from_mapping(load_scenario("mixed").world.spec), 120, 5, home / "rows")
    _evaluate(home, home / "run")
    return home


def _in_a_child(work: Work, given: Path, out: Path, kill_after: float | None) -> float:
    """Run in a process of its own; kill_after: seconds, None to let it end. Returns the seconds that it took."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work(given, out)
            code = 0
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert kill_after is not None or status == 0, f"the command failed: status {status}"
    return time.monotonic() - start


def _kept(one: Killed, out: Path) -> dict[str, bytes]:
    """The files to compare; not the manifest of a store, which names its place."""
    found = {f.relative_to(out).as_posix(): f.read_bytes() for f in out.glob(one.kept) if f.name != "manifest.json"}
    assert found, f"{one.name}: nothing at {out}"
    return found


Whole = dict[str, tuple[dict[str, bytes], float]]
"""By command, what it writes where nobody kills it, and its seconds."""


def attack(one: Killed, given: Path, folder: Path, random: np.random.Generator, times: int, whole: Whole) -> None:
    """Kill a command so many times in one folder, then let it end."""
    if one.name not in whole:
        took = _in_a_child(one.run, given, folder / "whole" / "out", None)
        whole[one.name] = _kept(one, folder / "whole" / "out"), took
    expected, took = whole[one.name]
    out = folder / "killed" / "out"
    for n in range(times):
        _in_a_child(one.run if n == 0 else one.again, given, out, float(random.uniform(0, took)))
        if one.name == "ingest" and (out / "manifest.json").exists():
            World(out)  # whoever looks sees a whole store
    _in_a_child(one.again if out.exists() else one.run, given, out, None)
    assert _kept(one, out) == expected, f"{one.name}: other bytes after a kill"
    left = sorted(f.name for f in out.parent.iterdir()) + [f.name for f in out.rglob("*") if f.name.startswith(".")]
    assert left == ["out"], f"{one.name}: left {left}"
    if one.name in ("evaluate", "ingest", "rescore"):
        assert not verify_path(out).wrong
