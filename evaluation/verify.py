"""Whether a store, a run, a checkpoint, a learned agent or a journal is as it was written: every byte read, whatever was found
before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from recenv.baselines.learned import is_learned
from recenv.data.world import read_manifest
from recenv.errors import InputError
from recenv.evaluation.ceiling import CEILING, read_ceiling
from recenv.evaluation.failures import read_failures
from recenv.evaluation.leaderboard import build_leaderboard, encode_leaderboard
from recenv.evaluation.plan import AUDIT, LEADERBOARD, MANIFEST, RUN_SCHEMA, RunPlan, audited, read_plan
from recenv.evaluation.repeats import REPEATED, REPEATS, build_repeated, encode_repeated, repeat_folders
from recenv.evaluation.stories import STORIES, read_stories
from recenv.evaluation.traces import run_traces
from recenv.journal import recorded
from recenv.rewards.models.described import specs_of
from recenv.seals import LISTED, check_files, listed, seal_folder


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """kind: store, run, checkpoint, learned agent or journal. found: what was looked at, in words. wrong: what is not as it was
    written; empty where all is."""

    kind: str
    found: str
    wrong: tuple[str, ...] = ()


def kind_of(path: str | Path) -> str:
    """What is at a path: store, run, checkpoint, learned agent or journal; raises InputError where there is nothing of ours."""
    place = Path(path)
    if place.is_file() and place.suffix == ".jsonl":
        return "journal"
    if (place / "config.json").is_file():
        return "checkpoint"
    if is_learned(place):
        return "learned agent"
    if not (place / MANIFEST).is_file():
        what = "a store, a run, a checkpoint, a learned agent, or a .jsonl file of recorded answers"
        raise InputError(f"nothing that recenv wrote at {place}: expected {what}")
    return "store" if any(place.glob("*.col")) else "run"


def verify_path(path: str | Path) -> Verified:
    """Read all of what is at a path and compare it with its hashes. Raises InputError where there is nothing of ours."""
    place = Path(path)
    return _VERIFIED[kind_of(place)](place)


def seal_checkpoint(folder: str | Path) -> None:
    """List a checkpoint's files as they are now; for who changed one by hand. Raises InputError where it is none."""
    if not (Path(folder) / "config.json").is_file():
        raise InputError(f"{folder} is no checkpoint; stores, runs and journals are sealed when they are written")
    seal_folder(Path(folder))


def _store(place: Path) -> Verified:
    try:
        manifest = read_manifest(place)
    except InputError as error:
        return Verified(kind="store", found=MANIFEST, wrong=(str(error),))
    files = manifest["files"]
    extra = sorted({f.name for f in place.iterdir()} - {*files, MANIFEST})
    found = f"{len(files)} files, fingerprint {manifest['fingerprint'][:16]}{_beside(extra)}"
    return Verified(kind="store", found=found, wrong=tuple(check_files(place, files, anew=True)))


def _run(place: Path) -> Verified:
    wrong: list[str] = []
    traces = 0
    try:
        plan = read_plan(place)
        for _ in run_traces(place, plan):
            traces += 1
        if (place / STORIES).is_file():
            read_stories(place, plan)
        read_ceiling(place, plan)
        read_failures(place)
        allotted = len(plan.agents) * len(plan.sessions)
        wrong += _leaderboard(place, plan, finished=traces == allotted)
        if audited(place, plan).run.is_dir():
            wrong += [f"{AUDIT}: {one}" for one in _run(place / AUDIT).wrong]
        folders = repeat_folders(place)
        for repeat in folders[1:]:
            wrong += [f"{repeat.relative_to(place)}: {one}" for one in _run(repeat).wrong]
        wrong += _repeats(place, folders)
        if len(folders) > 1 and not (place / REPEATED).is_file() and all((f / LEADERBOARD).is_file() for f in folders):
            wrong.append(f"{REPEATED} is missing")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Verified(kind="run", found=f"{traces:,} traces", wrong=(*wrong, f"{LEADERBOARD} or {REPEATED}: {error}"))
    except InputError as error:
        return Verified(kind="run", found=f"{traces:,} traces", wrong=(*wrong, str(error)))
    times = f", {len(folders)} times each" if len(folders) > 1 else ""
    return Verified(kind="run", found=f"{traces:,} of {allotted:,} traces{times}", wrong=tuple(wrong))


def _leaderboard(place: Path, plan: RunPlan, *, finished: bool) -> list[str]:
    """What is wrong with a run's leaderboard, or missing of what a finished run has."""
    kept = place / LEADERBOARD
    if not kept.is_file():
        return [f"{LEADERBOARD} is missing"] if finished else []
    told = msgspec.json.decode(kept.read_bytes(), type=_Told)
    made_with = ((CEILING, told.ceiling is not None), (AUDIT, any(row.audit is not None for row in told.rows)))
    gone = [name for name, there in made_with if there and not (place / name).exists()]
    wrong = []
    if told.ceiling is not None and plan.schema == RUN_SCHEMA and not (place / STORIES).is_file():  # both are made of the world
        wrong.append(f"{STORIES} is missing")
    if not gone and kept.read_bytes() != encode_leaderboard(build_leaderboard(place)):
        wrong.append(f"{LEADERBOARD} is not what the traces make")
    return [*wrong, *(f"{name} is missing, which {LEADERBOARD} was made with" for name in gone)]


class _ToldRow(msgspec.Struct):
    audit: Any = None


class _Told(msgspec.Struct):
    """What a leaderboard says it was made of."""

    rows: tuple[_ToldRow, ...] = ()
    ceiling: Any = None


def _repeats(place: Path, folders: list[Path]) -> list[str]:
    """What is missing or wrong of a run that was played several times, as far as it is finished."""
    file, there = place / REPEATED, {int(folder.name) for folder in folders[1:]}
    told = msgspec.json.decode(file.read_bytes(), type=_Times).repeats if file.is_file() else max(there, default=1)
    wrong = [f"{REPEATS}/{n} is missing" for n in range(2, told + 1) if n not in there]
    if not wrong and file.is_file() and file.read_bytes() != encode_repeated(build_repeated(place)):
        wrong.append(f"{REPEATED} is not what the repeats make")
    return wrong


class _Times(msgspec.Struct):
    repeats: int


def _checkpoint(place: Path) -> Verified:
    files = listed(place)
    wrong = check_files(place, files, anew=True)
    if not wrong:
        try:
            specs_of(place)
        except InputError as error:
            wrong = [str(error)]
    if not files:
        wrong = [*wrong, f"{LISTED} is missing: nothing says how its files were written (--seal lists them as they are)"]
    extra = sorted({f.name for f in place.iterdir()} - {*files, LISTED})
    return Verified(kind="checkpoint", found=f"{len(files)} files{_beside(extra)}", wrong=tuple(wrong))


def _learned(place: Path) -> Verified:
    files = listed(place)
    return Verified(kind="learned agent", found=f"{len(files)} files", wrong=tuple(check_files(place, files, anew=True)))


def _journal(place: Path) -> Verified:
    lines = 0
    try:
        for _ in recorded(place, dict[str, Any], "damaged"):
            lines += 1
    except InputError as error:
        return Verified(kind="journal", found=f"{lines:,} lines before it", wrong=(str(error),))
    return Verified(kind="journal", found=f"{lines:,} lines")


def _beside(extra: list[str]) -> str:
    return f"; not looked at: {', '.join(extra)}" if extra else ""


_VERIFIED = {"store": _store, "run": _run, "checkpoint": _checkpoint, "learned agent": _learned, "journal": _journal}
