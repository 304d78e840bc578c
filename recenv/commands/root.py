"""What commands share: kinds of arguments, how options are read, and a progress bar.

A command's module imports click, errors and this file; all else inside the function that runs, so that help is quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import click

from recenv.errors import InputError
from recenv.terminal import bare

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
SEED = click.IntRange(0, (1 << 64) - 1)


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar fed with (done, total), on standard error and only at a terminal."""
    shown: list[Any] = []

    def update(done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if not shown:
            shown.append(click.progressbar(length=max(total, 1), label=label, file=bare(sys.stderr), width=28))
            shown[0].__enter__()
        drawn = shown[0]
        drawn.length = max(total, 1)
        drawn.update(done - drawn.pos)

    try:
        yield update
    finally:
        if shown:
            shown[0].__exit__(None, None, None)


def interval(text: str) -> tuple[float, float]:
    """The two numbers of ``--keep LOW-HIGH``; raises InputError unless 0 <= LOW < HIGH <= 1."""
    low, _, high = text.partition("-")
    try:
        found = float(low), float(high)
    except ValueError:
        found = (1.0, 0.0)
    if not 0.0 <= found[0] < found[1] <= 1.0:
        raise InputError(f"--keep must be LOW-HIGH within 0-1, such as 0.0-0.8; got {text!r}")
    return found


def value(text: str) -> Any:
    """The value of an option FIELD=VALUE: as JSON where it is that, else the bare word as a string."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def assigned(changes: tuple[str, ...]) -> dict[str, Any]:
    """FIELD=VALUE options as a mapping."""
    found: dict[str, Any] = {}
    for change in changes:
        field, equals, text = change.partition("=")
        if not equals:
            raise InputError(f"--set must be FIELD=VALUE; got {change!r}")
        found[field] = value(text)
    return found


def echo_registered(kind: Literal["agent", "scorers", "reward", "scenario"]) -> None:
    """Print the parts of a kind that installed packages have registered, by name."""
    from recenv.plugins import registered

    for name in registered(kind):
        click.echo(f"{name:16s} registered by an installed package")
