"""Some tests, run against code of which one file is changed, in a child of a process that has the large libraries in memory."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest


def preload() -> None:
    """Take in what most tests import, and nothing of recenv."""
    import faker  # noqa: F401
    import gymnasium  # noqa: F401
    import httpx  # noqa: F401
    import hypothesis  # noqa: F401
    import jinja2  # noqa: F401
    import matplotlib.figure  # noqa: F401
    import msgspec  # noqa: F401
    import torch

    torch.set_num_threads(1)


_PATIENCE = 3600.0  # seconds on the clock


def notices(copy: Path, tests: Mapping[str, float]) -> bool | None:
    """Whether one of the tests fails in that copy of the repository, or takes far more of a CPU than the seconds that it is known
    to need. None where the clock ran out first: of a machine that is busy, or of tests that wait for ever."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)  # not setsid: the child of a process of low priority has the same
        code = 1
        try:
            code = _run(copy, tests)
        finally:
            os._exit(code)
    until = time.monotonic() + _PATIENCE
    try:
        while time.monotonic() < until:
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                return status != 0
            time.sleep(0.05)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None
    except BaseException:
        os.killpg(child, signal.SIGKILL)
        raise


class _Bounded:
    """Lets no test take much more of a CPU than it is known to, but for what it builds that others built before: SIGPROF ends the
    process."""

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self._seconds = seconds

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        signal.setitimer(signal.ITIMER_PROF, 20 + 4 * self._seconds.get(item.nodeid, 0.0))


def _run(copy: Path, tests: Mapping[str, float]) -> int:
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True  # or the change before would be read from the cache of this one
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # plugins that are in memory already would be warned of, and warnings fail
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1), os.dup2(nowhere, 2)
    signal.setitimer(signal.ITIMER_PROF, 120)  # for what is imported
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests], plugins=[_Bounded(tests)]))
