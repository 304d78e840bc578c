"""The command line: a door to ``recenv.commands``.

A command's module is imported when the command is asked for, to run it or to print what it is; those modules import
nothing heavy until a command runs, so that ``recenv --help`` is quick.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import nullcontext
from importlib import import_module

import click

from recenv.errors import RecenvError
from recenv.terminal import clean, cleaned_streams

ROOMS: dict[str, tuple[str, ...]] = {
    "data": ("ingest", "rows", "synth"),
    "inspection": ("agents", "inspect", "scenarios", "scorers", "verify"),
    "scorers": ("bench-scorers", "fit-user", "probe", "score", "train"),
    "export": ("export",),
    "runs": ("bench", "evaluate", "play", "prepare", "replay", "report", "rescore", "take-ups", "tasks", "trace", "view"),
    "validation": ("check-user", "validate"),
    "learning": ("learn",),
}
"""Module of ``recenv.commands`` -> the commands in it; each is a function of its name, with ``_`` for ``-``."""


class Commands(MutableMapping[str, click.Command]):
    """Commands by name, each imported when it is asked for; what click keeps in a plain dict."""

    def __init__(self) -> None:
        self._room_of = {name: room for room, names in ROOMS.items() for name in names}
        self._added: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._added:
            room = import_module(f"recenv.commands.{self._room_of[name]}")
            self._added[name] = getattr(room, name.replace("-", "_"))
        return self._added[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._added[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError("commands are not taken away")

    def __iter__(self) -> Iterator[str]:
        return iter({**self._room_of, **self._added})

    def __len__(self) -> int:
        return len(list(iter(self)))


COMPLETION = """\b
Names are completed after: eval "$(_RECENV_COMPLETE=bash_source recenv)"
(zsh_source in zsh; in fish: _RECENV_COMPLETE=fish_source recenv | source)"""


@click.group(commands=Commands(), epilog=COMPLETION,
             context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="recenv")
def cli() -> None:
    """Multi-turn recommendation sessions with a named reward vector for every turn."""


def main() -> None:
    """Entry point: deliberate errors print their message alone and exit with 2, an interrupt with 130."""
    try:
        with nullcontext() if "_RECENV_COMPLETE" in os.environ else cleaned_streams():  # a shell reads bytes
            code = _run()
    except OSError as error:  # what was written last did not get through
        if not isinstance(error, BrokenPipeError):
            print(f"error: {clean(str(error))}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor will it when Python ends
        code = 2
    if code:
        sys.exit(code)


def _run() -> int:
    """Run the command that was asked for; returns the exit status."""
    try:
        cli(standalone_mode=False)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; what was finished before is kept", err=True)
        return 130
    except BrokenPipeError:
        raise
    except (RecenvError, OSError) as error:
        click.echo(f"error: {error}{_what_to_do(error)}", err=True)
        return 2
    return 0


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _what_to_do(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in _FULL:
        return "; what was there before is whole: make room, and run the command again"
    return ""


if __name__ == "__main__":
    main()
