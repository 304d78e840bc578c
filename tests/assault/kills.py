"""Commands that are killed at a random moment, or have no more room on the disk, and run again: what comes out has the bytes of
one that nobody disturbed, and nothing else is left. A command without room says so in one line."""

from __future__ import annotations

import os
import resource
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from recenv.data.recrm import ingest_recrm
from recenv.data.synthetic import SynthSpec, generate
from recenv.data.world import World
from recenv.errors import InputError, RecenvError
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import run_evaluation
from recenv.evaluation.verify import verify_path
from recenv.learning.learn import learn_agent
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


def _learn(given: Path, out: Path) -> None:
    try:
        learn_agent("linucb", str(given / "learnt.toml"), out, seed=3, config={"steps": 40, "sessions": 4}, tested=6, repeats=1)
    except InputError as error:  # a kill after the last byte
        assert "exists already" in str(error)


def _train(given: Path, out: Path) -> None:
    from toyrows import SETTINGS, toy_rows

    from recenv.training.train import train

    if not out.exists():
        train(toy_rows(24), out, dimensions=("query_item_relevance",), settings=SETTINGS)


FAST = (
    Killed("evaluate", _evaluate, lambda given, out: _evaluate(given, out, True), "*.jsonl"),
    Killed("ingest", _ingest, _ingest, "*.[cj][os][lo]*"), Killed("synth", _synth, _synth, "data/*/*"),
    Killed("rescore", _rescore, _rescore, "*.jsonl"), Killed("learn", _learn, _learn, "*.*"))
SLOW = (Killed("train", _train, _train, "*.safetensors"),)


def prepare(home: Path) -> Path:
    """What the commands work on."""
    from scenario_worlds import A_DOZEN

    (home / "small.toml").write_text(A_DOZEN)
    (home / "learnt.toml").write_text(A_DOZEN.replace("sessions = 12", "sessions = 48"))
    generate(SynthSpec.from_mapping(load_scenario("mixed").world.spec), 120, 5, home / "rows")
    _evaluate(home, home / "run")
    return home


_FULL = 3  # status of a command that said in one line why it could not go on


def _in_a_child(work: Work, given: Path, out: Path, *, kill_after: float | None = None, room: int | None = None) -> float:
    """Run in a process of its own; kill_after: seconds, None to let it end. room: no file may have more bytes, as if the disk
    were full. Returns the seconds that it took."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if room is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
            work(given, out)
            code = 0
        except (RecenvError, OSError) as error:
            code = _FULL if "\n" not in str(error) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    fine = (0, _FULL) if room is not None else (0,)
    assert kill_after is not None or os.waitstatus_to_exitcode(status) in fine, f"the command failed: status {status}"
    return time.monotonic() - start


def _kept(one: Killed, out: Path) -> dict[str, bytes]:
    """The files to compare; not the manifest of a store, which names its place."""
    found = {f.relative_to(out).as_posix(): f.read_bytes() for f in out.glob(one.kept) if f.name != "manifest.json"}
    assert found, f"{one.name}: nothing at {out}"
    return found


Whole = dict[str, tuple[dict[str, bytes], float]]
"""By command, what it writes where nobody kills it, and its seconds."""


def attack(
    one: Killed, given: Path, folder: Path, random: np.random.Generator, times: int, whole: Whole, *, full: bool = False
) -> None:
    """Kill a command so many times in one folder, or let it run into a full disk, then let it end."""
    if one.name not in whole:
        took = _in_a_child(one.run, given, folder / "whole" / "out")
        whole[one.name] = _kept(one, folder / "whole" / "out"), took
    expected, took = whole[one.name]
    out = folder / "killed" / "out"
    largest = max(map(len, expected.values()))
    for n in range(times):
        how = {"room": int(random.integers(largest))} if full else {"kill_after": float(random.uniform(0, took))}
        _in_a_child(one.run if n == 0 else one.again, given, out, **how)
        if one.name == "ingest" and (out / "manifest.json").exists():
            World(out)  # whoever looks sees a whole store
    _in_a_child(one.again if out.exists() else one.run, given, out)
    assert _kept(one, out) == expected, f"{one.name}: other bytes after a kill"
    left = sorted(f.name for f in out.parent.iterdir()) + [f.name for f in out.rglob("*") if f.name.startswith(".")]
    assert left == ["out"], f"{one.name}: left {left}"
    if one.name in ("evaluate", "ingest", "rescore"):
        assert not verify_path(out).wrong
