"""A standing assault: seeded attacks with oracles, for so many seconds. ``make assault``, or ``make assault HOURS=1``.

Prints what was tried and what was lost; ends with 1 where anything was.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "evaluation"), str(HERE.parent / "rewards")]

import kills  # noqa: E402
import numpy as np  # noqa: E402
from fuzz import ATTACKS, Attack  # noqa: E402
from hypothesis import HealthCheck, Verbosity, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

_SLOW = 600  # seconds from which on training is killed too


def fuzz(attack: Attack, number: int, home: Path) -> tuple[int, str]:
    """A round of an attack: how many tries, and the smallest that was lost, "" for none."""
    tried = 0

    @seed(number)
    @settings(max_examples=attack.round, database=None, deadline=None, verbosity=Verbosity.quiet,
              suppress_health_check=list(HealthCheck))
    @given(st.data())
    def held(data: st.DataObject) -> None:
        nonlocal tried
        tried += 1
        folder = home / f"{attack.name}-{number}-{tried}"
        folder.mkdir()
        try:
            attack.holds(data, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    try:
        held()
    except Exception as error:
        return tried, "".join(traceback.format_exception(error))[-3000:]
    return tried, ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20, help="of commands, and full disks, in all rounds of the first minutes")
    given_ = parser.parse_args()
    warnings.simplefilter("ignore")
    home = Path(tempfile.mkdtemp(prefix="recenv-assault-"))
    os.environ.setdefault("RECENV_CACHE", str(home / "cache"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        os.environ.pop(name, None)
    start = time.monotonic()
    until = start + given_.seconds
    names = [*(attack.name for attack in ATTACKS), "kills", "full"]
    tried, lost = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    told: list[str] = []
    try:
        _kill(given_, home, tried, lost, told, until)
        number = given_.seed
        while time.monotonic() < until:
            for attack in ATTACKS:
                if time.monotonic() > until:
                    break
                count, wrong = fuzz(attack, number, home)
                tried[attack.name] += count
                if wrong:
                    lost[attack.name] += 1
                    told.append(f"{attack.name}, seed {number}:\n{wrong}")
            number += 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"{'attack':10s} {'tried':>7s} {'survived':>9s} {'lost':>5s}")
    for name in tried:
        print(f"{name:10s} {tried[name]:>7,} {tried[name] - lost[name]:>9,} {lost[name]:>5,}")
    print(f"seed {given_.seed}, {time.monotonic() - start:.0f} s")
    print("\n".join(told))
    return int(any(lost.values()))


def _kill(
    asked: argparse.Namespace, home: Path, tried: dict[str, int], lost: dict[str, int], told: list[str], until: float
) -> None:
    prepared = home / "given"
    prepared.mkdir()
    kills.prepare(prepared)
    random, whole = np.random.default_rng(asked.seed), dict[str, tuple[dict[str, bytes], float]]()
    works = (*kills.FAST, *(kills.SLOW if asked.seconds >= _SLOW else ()))
    number = 0
    while tried["kills"] + tried["full"] < asked.kills and time.monotonic() < until:
        one = works[number % len(works)]
        times = 1 + number // len(works) % 2
        folder = home / f"kill-{number}"
        folder.mkdir()
        (folder / "whole").mkdir()
        (folder / "killed").mkdir()
        full = one in kills.FAST and number % 3 == 2  # a full disk in place of a kill; training has a library's own files too
        kind = "full" if full else "kills"
        tried[kind] += times
        try:
            kills.attack(one, prepared, folder, random, times, whole, full=full)
        except Exception:
            lost[kind] += 1
            told.append(f"{kind}: {one.name}, number {number}:\n{traceback.format_exc()[-2000:]}")
        shutil.rmtree(folder, ignore_errors=True)
        number += 1


if __name__ == "__main__":
    sys.exit(main())
