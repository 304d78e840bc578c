"""Files and folders that are whole or not there: written beside their place, then put into it.

A process that is killed leaves what it was making beside the place, under its own name; whoever comes to that place next takes
it away (``clear_left``), unless its maker lives: makers hold a lock, where the system has advisory locks, and their process's id
is in the name.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_UNFINISHED = ".partial"


def cache_folder() -> Path:
    """Where what can be made again is kept: ``$RECENV_CACHE``, else ``$XDG_CACHE_HOME/recenv``, else ``~/.cache/recenv``."""
    base = os.environ.get("RECENV_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "recenv"


def write_whole(target: Path, content: bytes) -> None:
    """Replace a file by content; a reader or a crash sees the old file or the new one."""
    with whole_file(target) as stream:
        stream.write(content)


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file ``target`` when the block ends; where it raises, ``target`` stays as it was."""
    clear_left(target)
    partial = beside(target)
    try:
        with partial.open("wb") as stream:
            _lock(stream.fileno())
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """An empty folder that becomes ``target`` when the block ends; where it raises, ``target`` stays as it was."""
    with Making(target) as making:
        yield making.folder
        making.finish()


class Making:
    """An empty folder, ``folder``, that ``finish`` puts at ``target``; until then, and where it never comes to that, ``target``
    stays as it was. What is left goes with the ``with`` block, or ``abandon``."""

    def __init__(self, target: Path) -> None:
        self.target, self.folder = target, beside(target)
        clear_left(target)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._held: int | None = None
        with suppress(OSError):  # a system that opens no folders
            self._held = os.open(self.folder, os.O_RDONLY)
            _lock(self._held)

    def finish(self) -> None:
        swap_in(self.folder, self.target)
        self.abandon()

    def abandon(self) -> None:
        """Away with what was made."""
        if self._held is not None:
            os.close(self._held)
            self._held = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Making:
        return self

    def __exit__(self, *exception: object) -> None:
        self.abandon()


def beside(target: Path, *, lasting: bool = False, what: str = _UNFINISHED) -> Path:
    """Where ``target`` is made before it is whole: a name of this process alone or, ``lasting``, one that a later process goes
    on with."""
    return target.with_name(f".{target.name}{'' if lasting else f'.{os.getpid()}'}{what}")


def left_behind(found: Path, name: str) -> bool:
    """Whether a file is what a killed process left of the making of ``name``."""
    return found.name.startswith(f".{name}.") and found.name.endswith(_UNFINISHED)


def swap_in(new: Path, target: Path) -> None:
    """Put folder ``new`` at ``target``; whoever looks sees the old folder or the new one, whole.

    Where the system cannot exchange two folders there is a moment without either, which ``clear_left`` mends if it lasts.
    """
    if not target.exists():
        os.rename(new, target)
    elif _exchange(new, target):
        shutil.rmtree(new, ignore_errors=True)
    else:
        old = beside(target, what=".old")
        os.rename(target, old)
        os.rename(new, target)
        shutil.rmtree(old, ignore_errors=True)


def clear_left(target: Path) -> None:
    """Take away what killed processes left beside a place; where they left it without its folder, put the old one back."""
    ours = re.compile(rf"\.+{re.escape(target.name)}\.(\d+)(\.partial|\.old|\.rows)(?:\.\d+\.partial)?")
    try:
        found = [(file, match) for file in target.parent.iterdir() if (match := ours.fullmatch(file.name))]
    except OSError:  # no such folder, or none of ours
        return
    for file, match in found:
        if _lives(int(match[1])) or _is_held(file):
            continue
        with suppress(OSError):
            if match[2] == ".old" and not target.exists():
                os.rename(file, target)
            elif file.is_dir():
                shutil.rmtree(file, ignore_errors=True)
            else:
                file.unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's
        return True
    return True


def _lock(descriptor: int) -> bool:
    """Hold an open file or folder until it is closed; whether nobody else does."""
    try:
        import fcntl
    except ImportError:  # no advisory locks here
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without them
        pass
    return True


def _is_held(file: Path) -> bool:
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders trade places in one step; whether that was done."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0
