"""What a run is, decided before it starts and written to ``manifest.json``."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from recenv.differences import first_difference
from recenv.errors import InputError, UnknownName
from recenv.files import write_whole
from recenv.rewards.models import DEFAULT
from recenv.seals import SEAL, Broken, check_seal, seal

RUN_SCHEMA = 2
READABLE = (1, RUN_SCHEMA)
"""Schemas that are read; manifests of schema 1 lack their seal."""

MANIFEST = "manifest.json"
TRACES = "traces.jsonl"
LEADERBOARD = "leaderboard.json"
AUDIT = "audit"


_VECTORS = {"avx512": "AVX512_SKX", "avx2": "AVX2", "sve": "SVE", "neon": "NEON"}


class ScenarioRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which scenario: hash is over its parsed content, so that an edited file cannot pass for the named version.

    definition: the scenario itself, so that a run of a file that is gone can be replayed.
    """

    name: str
    version: int
    hash: str
    definition: dict[str, Any] = {}


class AgentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as it took part: its name in the table and the JSON of its config."""

    name: str
    config: dict[str, Any] = {}


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A second set of scorers that judges the turns of a run. name: as it was asked for; scorers: JSON of their specs."""

    name: str
    scorers: tuple[dict[str, Any], ...]


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """How the sessions of a rescored run were played: nobody acted by the scorers of that run itself.

    traces: sha256 of the traces.jsonl that was scored anew. command: what played it. reward, scorers: what the agents were paid
    by, and could rank by, when they acted.
    """

    traces: str
    command: str
    reward: dict[str, Any]
    scorers: tuple[dict[str, Any], ...]


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A run: who plays what. Sessions are allotted in advance, the same to every agent.

    "The first n that finish" would favour short sessions; a fixed list cannot. sessions: row numbers in the store;
    session_ids: their ids, aligned. split: whose they are. store: the store's fingerprint; place: the way from the run folder
    to the store that was named, empty for a built-in world. env: the rules of the sessions; reward, scorers: JSON of the specs
    that make the numbers. versions: of recenv, python, numpy and torch. command: how to run it again, without --out and
    --resume. audit: the second family that judges the same turns into the folder ``audit``; None for none. played: set where
    the rewards were computed afterwards (``recenv rescore``). repeat: which one of these sessions it is
    (``evaluation.repeats``), 1 for the run itself. Raises InputError on construction when agents or sessions repeat, or lists
    do not align.
    """

    scenario: ScenarioRef
    store: str
    agents: tuple[AgentEntry, ...]
    sessions: tuple[int, ...]
    session_ids: tuple[str, ...]
    seed: int
    split: str = "all"
    env: dict[str, Any] = {}
    reward: dict[str, Any]
    scorers: tuple[dict[str, Any], ...]
    versions: dict[str, str]
    command: str = ""
    audit: Family | None = None
    played: Played | None = None
    repeat: int = 1
    place: str = ""
    schema: int = RUN_SCHEMA

    @property
    def family(self) -> str:
        """Name of the scorers that the run is paid by."""
        return str(self.env.get("scorers", DEFAULT))

    def __post_init__(self) -> None:
        if not self.agents or not self.sessions:
            raise InputError("a run needs at least one agent and one session")
        if len(self.sessions) != len(self.session_ids):
            raise InputError(f"{len(self.sessions)} session rows but {len(self.session_ids)} session ids; they must align")
        for what, names in (("agent", [a.name for a in self.agents]), ("session", list(self.session_ids))):
            twice = [n for i, n in enumerate(names) if n in names[:i]] if len(set(names)) < len(names) else []
            if twice:
                raise InputError(f"{what} {twice[0]!r} occurs twice in the plan; give each once")

    def agent(self, name: str) -> AgentEntry:
        """The entry of an agent; raises UnknownName with the nearest names."""
        for entry in self.agents:
            if entry.name == name:
                return entry
        raise UnknownName("agent of this run", name, [a.name for a in self.agents])


def cpu_class() -> str:
    """What the last bits of a network depend on, such as ``x86_64 avx512``: the machine, and the widest vectors that are used."""
    limited = os.environ.get("ATEN_CPU_CAPABILITY", "").strip().lower()  # torch's own switch
    core: Any = getattr(np, "_core", None) or np.core  # numpy 2, numpy 1
    has = core._multiarray_umath.__cpu_features__
    widest = limited or next((name for name, flag in _VECTORS.items() if has.get(flag)), "default")
    return f"{platform.machine()} {widest}"


def installed_versions() -> dict[str, str]:
    """Versions that the numbers of a run depend on; "absent" where a package is not installed. ``cpu``: see ``cpu_class``."""
    found = {"python": platform.python_version(), "cpu": cpu_class()}
    for package in ("recenv", "numpy", "torch"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "absent"
    return found


def write_plan(plan: RunPlan, run: Path) -> None:
    """Write the manifest: whole or not at all."""
    text = msgspec.json.format(msgspec.json.encode(seal(msgspec.to_builtins(plan))), indent=1)
    write_whole(run / MANIFEST, text + b"\n")


def read_plan(run: str | Path) -> RunPlan:
    """The plan of a run folder. Raises InputError where there is none, or one of another schema or damaged."""
    file = Path(run) / MANIFEST
    if not file.is_file():
        raise InputError(f"no run at {run} ({MANIFEST} is missing); make one with: recenv evaluate ... --out {run}")
    try:
        raw = msgspec.json.decode(file.read_bytes())
        found = raw.get("schema") if isinstance(raw, dict) else None
        if found not in READABLE:
            raise InputError(f"{file}: this version reads run schema {RUN_SCHEMA}, found {found!r}; evaluate again")
        if found == RUN_SCHEMA or SEAL in raw:
            check_seal(raw)
        return msgspec.convert(raw, RunPlan)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Broken) as error:
        raise InputError(f"{file} is not a run manifest ({error}); evaluate again into another folder") from None


def check_same(run: Path, plan: RunPlan) -> None:
    """Raise InputError naming the first difference between the plan in a run folder and this one."""
    there = read_plan(run)
    found = first_difference(msgspec.structs.replace(there, place=plan.place), plan)  # the store may have moved
    if found is not None:
        raise InputError(
            f"{run} was started with another plan: {found.path} is {found.before} there, {found.now} now; "
            "give the same arguments to resume, or another --out"
        )


def traces_digest(run: str | Path) -> str:
    """sha256 of a run's traces.jsonl."""
    file = Path(run) / TRACES
    if not file.is_file():
        raise InputError(f"no traces at {file}; go on with: recenv evaluate ... --out {run} --resume")
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Audited(NamedTuple):
    """Whether the second family has judged the traces as they are now; ``run`` is its run folder."""

    done: bool
    run: Path


def audited(run: str | Path, plan: RunPlan) -> Audited:
    """Where the second family's judgement of a run is, and whether it is there, of these traces and by the planned scorers."""
    folder = Path(run) / AUDIT
    if plan.audit is None or not folder.is_dir() or not (Path(run) / TRACES).is_file():
        return Audited(False, folder)
    theirs = read_plan(folder)
    same = theirs.played is not None and theirs.played.traces == traces_digest(run)
    return Audited(same and theirs.scorers == plan.audit.scorers and _lines(folder) == _lines(Path(run)), folder)


def _lines(run: Path) -> int:
    file = run / TRACES
    if not file.is_file():
        return 0
    with file.open("rb") as stream:
        return sum(1 for _ in stream)
