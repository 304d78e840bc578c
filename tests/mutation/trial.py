"""Some tests, run against code of which one file is changed, in a child of a process that has the large libraries in memory."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def preload() -> None:
    """Take in what most tests import, and nothing of recenv."""
    import gymnasium  # noqa: F401
    import hypothesis  # noqa: F401
    import msgspec  # noqa: F401
    import torch

    torch.set_num_threads(1)


_IDLE = 1800.0  # seconds on the clock after which nothing will come any more


def notices(copy: Path, tests: Sequence[str], limit: float) -> bool:
    """Whether one of the tests fails in that copy of the repository, or they need more than so many seconds of a CPU."""
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit)))
            code = _run(copy, tests)
        finally:
            os._exit(code)
    until = time.monotonic() + _IDLE
    try:
        while time.monotonic() < until:
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                return status != 0
            time.sleep(0.05)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True
    except BaseException:
        os.killpg(child, signal.SIGKILL)
        raise


def _run(copy: Path, tests: Sequence[str]) -> int:
    import pytest

    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True  # or the change before would be read from the cache of this one
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1), os.dup2(nowhere, 2)
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests]))
