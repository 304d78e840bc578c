"""Fixtures shared by all tests: the worlds of ``recenv.testing.tiny``, built once a run."""

from __future__ import annotations

import gc
import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

from recenv.data.world import World
from recenv.testing.tiny import build_tiny_world

# Machines are noisy and runs must agree: no deadlines, the same examples every time, nothing kept on disk.
settings.register_profile("recenv", deadline=None, derandomize=True, database=None)
settings.load_profile("recenv")

# Before torch is imported: threads of it that wait take no core from other tests.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


# No file of a test has to outlive its machine: nobody waits for the disk.
os.fsync = os.fstat  # type: ignore[assignment]  # which refuses what fsync refuses

# Nothing that is imported is ever garbage: not looked for while tests are collected, nor looked through while they run.
gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)  # tests leave little behind, and are looked through often enough
    gc.enable()


@pytest.fixture(scope="session")
def tiny_world_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny world's store. Do not write to it: copy it first."""
    return build_tiny_world(tmp_path_factory.mktemp("worlds") / "tiny")


@pytest.fixture(scope="session")
def tiny_world(tiny_world_path: Path) -> World:
    """Seventeen items in four checkerboard catalogues, five sessions, seven goals, with gold utilities."""
    return World(tiny_world_path)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without pictures and font, which take most of their time: for tests of what a report says."""
    monkeypatch.setattr("recenv.evaluation.report._pictures", lambda *_: defaultdict(list))
    for page in ("pages", "viewer.page"):
        monkeypatch.setattr(f"recenv.evaluation.{page}.embedded_font", lambda _: "data:,")


@pytest.fixture(scope="session")
def tiny_logged_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same sessions as if logged: no gold utilities, no preferences."""
    return World(build_tiny_world(tmp_path_factory.mktemp("worlds") / "logged", gold=False))
