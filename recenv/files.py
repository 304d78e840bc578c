"""Files and folders that are whole or not there: written beside their place, then put into it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_UNFINISHED = ".partial"


def write_whole(target: Path, content: bytes) -> None:
    """Replace a file by content; a reader or a crash sees the old file or the new one."""
    with whole_file(target) as stream:
        stream.write(content)


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file ``target`` when the block ends; where it raises, ``target`` stays as it was."""
    partial = beside(target)
    try:
        with partial.open("wb") as stream:
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
    new = beside(target)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        swap_in(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def beside(target: Path, *, lasting: bool = False) -> Path:
    """Where ``target`` is made before it is whole: a name of this process alone or, ``lasting``, one that a later process goes
    on with."""
    return target.with_name(f".{target.name}{'' if lasting else f'.{os.getpid()}'}{_UNFINISHED}")


def left_behind(found: Path, name: str) -> bool:
    """Whether a file is what a killed process left of the making of ``name``."""
    return found.name.startswith(f".{name}.") and found.name.endswith(_UNFINISHED)


def swap_in(new: Path, target: Path) -> None:
    """Put folder ``new`` at ``target``; whoever looks sees the old folder or the new one, whole."""
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    if target.exists():
        os.rename(target, old)
    os.rename(new, target)
    shutil.rmtree(old, ignore_errors=True)
