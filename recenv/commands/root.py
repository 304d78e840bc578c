"""What commands share: kinds of arguments, the one vocabulary of options, how results are printed, and a progress bar.

A command's module imports click, errors and this file; all else inside the function that runs, so that help is quick.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import click

from recenv.errors import InputError
from recenv.terminal import bare, clean

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
SEED = click.IntRange(0, (1 << 64) - 1)
PATH = click.Path(path_type=Path)

_FIRST, _EVERY = 2.0, 10.0  # seconds between lines of progress
QUIET, AS_JSON = "quiet", "as_json"


def _noted(context: click.Context, option: click.Parameter, given: bool) -> bool:
    """Keep a flag for whoever prints below the command."""
    context.meta[str(option.name)] = given
    return given


json_option = click.option("--json", AS_JSON, is_flag=True, expose_value=False, callback=_noted,
                           help="Print one JSON document in place of text.")
"""For every command that prints a table; ``show`` heeds it."""


class Command(click.Command):
    """A command with ``--quiet``, which ``bar`` and ``hint`` heed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(click.Option(
            ["-q", "--quiet"], is_flag=True, expose_value=False, callback=_noted,
            help="Results, warnings and errors only: no progress, no hints."))


command = partial(click.command, cls=Command)


def told(flag: str) -> bool:
    """Whether the running command was given ``--quiet`` or ``--json``."""
    context = click.get_current_context(silent=True)
    return bool(context is not None and context.meta.get(flag))


def show(value: Callable[[], Any], text: Callable[[], str]) -> None:
    """Print a result: its value as one JSON document where ``--json`` was given, else its text. Numbers that do not exist are
    null."""
    if not told(AS_JSON):
        click.echo(text())
        return
    import msgspec

    found = value()
    encoded = found if isinstance(found, bytes) else msgspec.json.encode(found, enc_hook=_plain)
    click.echo(msgspec.json.format(encoded, indent=1).decode().strip())


def _plain(value: Any) -> Any:
    """Numbers of numpy as Python's, all else in words."""
    return value.item() if hasattr(value, "item") else str(value)


def hint(text: str) -> None:
    """Print what helps a person and is no result: where files are, what to do next. Beside JSON it goes to standard error."""
    if not told(QUIET):
        click.echo(text, err=told(AS_JSON))


class Update(Protocol):
    """Takes how much is done, of how much, and at what, such as an agent's name."""

    def __call__(self, done: int, total: int, what: str = "", /) -> None: ...


class Waiting:
    """At a terminal, one line on standard error that says what is waited for, until it is wiped; elsewhere, and where ``--quiet``
    was given, nothing."""

    def __init__(self) -> None:
        self._shown = 0

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def say(self, what: str) -> None:
        """Show this in place of what is shown."""
        self.wipe()
        if sys.stderr.isatty() and not told(QUIET):
            line = clean(f"{what} ...")
            self._shown = len(line)
            self._draw(line)

    def wipe(self) -> None:
        if self._shown:
            self._draw("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _draw(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


@contextmanager
def bar(label: str) -> Iterator[Update]:
    """Progress on standard error: a bar at a terminal, else a line every ten seconds, with the time that is still to come."""
    shown: list[Any] = []
    silent, lines, waiting = told(QUIET), _Lines(label), Waiting()
    waiting.say("opening, loading")

    def update(done: int, total: int, what: str = "", /) -> None:
        if silent:
            return
        if not sys.stderr.isatty():
            lines.update(done, total, what)
            return
        if not shown:
            waiting.wipe()
            shown.append(click.progressbar(length=max(total, 1), label=label, file=bare(sys.stderr), width=28))
            shown[0].__enter__()
        drawn = shown[0]
        drawn.length = max(total, 1)
        drawn.label = f"{label}{f' ({what})' if what else ''}"
        drawn.update(done - drawn.pos)

    with waiting:
        try:
            yield update
        finally:
            if shown:
                shown[0].__exit__(None, None, None)


class _Lines:
    """Progress where nobody watches a bar."""

    def __init__(self, label: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._label, self._clock = label, clock
        self._begun = self._said = clock()
        self._total = self._from = self._last = 0
        self._first = True

    def update(self, done: int, total: int, what: str) -> None:
        """Say how far it is and how long it will take: the first time as soon as that can be told, then every ten seconds."""
        now = self._clock()
        if self._total and (total != self._total or done < self._last):  # another part, whose pace is not known yet
            self._begun, self._from = now, done
        self._total, self._last = total, done
        if done <= self._from or done >= total or now - self._said < (_FIRST if self._first else _EVERY):
            return
        left = (now - self._begun) / (done - self._from) * (total - done)
        self._first, self._said = False, now
        click.echo(f"{self._label}: {done:,} of {total:,}{f', {what}' if what else ''}; about {_span(left)} to go", err=True)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


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


def assigned(changes: tuple[str, ...], option: str = "--set") -> dict[str, Any]:
    """FIELD=VALUE options as a mapping. option: how it is called, for errors."""
    found: dict[str, Any] = {}
    for change in changes:
        field, equals, text = change.partition("=")
        if not equals:
            raise InputError(f"{option} must be FIELD=VALUE; got {change!r}")
        found[field] = value(text)
    return found


def listed(names: str) -> list[str]:
    """Names of a comma-separated option."""
    return [name.strip() for name in names.split(",") if name.strip()]


def registered(kind: Literal["agent", "scorers", "reward", "scenario"]) -> list[str]:
    """The parts of a kind that installed packages have registered, by name."""
    from recenv.plugins import registered as names

    return list(names(kind))


def registered_lines(kind: Literal["agent", "scorers", "reward", "scenario"]) -> list[str]:
    """``registered`` as lines of a table."""
    return [f"{name:16s} registered by an installed package" for name in registered(kind)]
