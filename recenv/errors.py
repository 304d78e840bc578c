"""Every error that recenv raises on purpose.

    RecenvError
    ├── UnknownName        a registry was asked for a name it does not hold
    ├── InputError         a file, row, flag or argument is not what it should be
    │   ├── StoreError     a store is missing, damaged or of another schema
    │   ├── WeightsError   a checkpoint is missing, damaged or of another schema
    │   ├── OptionError    an option that an environment does not have (also a TypeError)
    │   └── RowError       one row of an input file cannot be read (quarantined by readers)
    ├── MissingExtra       an optional package is not installed
    ├── WorkerError        processes that played sessions ended, again and again
    └── EndpointError      a remote model did not answer usefully
        └── Unanswered     it did not for some of the sessions of a batch

Messages say which parameter, what was expected, what came, and what to do.
The command line prints the message alone; a traceback from one of these is a bug.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args, get_type_hints

import msgspec

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""All that decoding JSON bytes may raise: of another shape, no JSON, no UTF-8, too deep."""


class RecenvError(Exception):
    """Base of all deliberate errors. What one process raises another can be told: it is made again of what it holds, not of what
    its class was given."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[RecenvError], args: tuple[Any, ...], held: dict[str, Any]) -> RecenvError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(held)
    return error


_SHOWN = 20  # of the names that there are


class UnknownName(RecenvError, KeyError):
    """A name that is not registered; the message lists the nearest ones. beside: what else there is to say."""

    def __init__(self, kind: str, name: str, known: Iterable[str], beside: str = "") -> None:
        names = sorted(known)
        near = nearest(name, names)
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        hint = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(names[:_SHOWN]) or 'none'}{more}."
        super().__init__(" ".join(filter(None, (f"unknown {kind} {name!r}.", beside, hint))))
        self.kind, self.name, self.near = kind, name, tuple(near)

    def __str__(self) -> str:  # KeyError would print the repr
        return str(self.args[0])


class InputError(RecenvError, ValueError):
    """Input that cannot be used as it is."""


class StoreError(InputError):
    """A store that cannot be opened or written."""


class WeightsError(InputError):
    """A checkpoint that cannot be loaded."""


class OptionError(InputError, TypeError):
    """An option that does not exist or cannot take that value; a TypeError too, as for any unknown argument."""


class RowError(InputError):
    """One unreadable row; readers quarantine it with file and line."""


class MissingExtra(RecenvError, ImportError):
    """An optional dependency is absent; the message carries the pip line."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'recenv[{extra}]'")


class WorkerError(RecenvError):
    """What was played elsewhere did not come back."""


class EndpointError(RecenvError):
    """A model endpoint timed out, refused, or answered out of protocol.

    kind: the same in one or two words (``timeout``, ``status 429``), without anything that a server may vary.
    """

    def __init__(self, message: str, kind: str = "failed") -> None:
        super().__init__(message)
        self.kind = kind


class Unanswered(EndpointError):
    """What an agent asks did not answer for some of its views, or what a user asks for some rows of a batch. No result: those
    sessions are played again later.

    answers: one a view or row; the error that says why where there is none.
    """

    def __init__(self, answers: Sequence[object]) -> None:
        self.answers = tuple(answers)
        first = next(a for a in answers if isinstance(a, EndpointError))
        super().__init__(str(first), first.kind)


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three names that are like a name, the most like it first."""
    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.4)


def misfit(error: Exception, shape: type[msgspec.Struct]) -> str:
    """What is wrong in a file that a person wrote: msgspec's words, with the keys or values that it might have meant. shape: what
    the file should be."""
    text = str(error)
    lacking = re.fullmatch(r"Object missing required field `([^`]*)`(?: - at `\$([.\w]*)`)?", text)
    if lacking is not None:
        return f"{'.'.join(filter(None, [lacking[2].lstrip('.') if lacking[2] else '', lacking[1]]))} is missing, and is needed"
    found = re.fullmatch(r"(?:Object contains unknown field `(?P<key>[^`]*)`|Invalid enum value '(?P<value>[^']*)')"
                         r"(?: - at `\$(?P<path>[.\w]*)`)?", text)
    if found is None:
        return text
    path = [name for name in (found["path"] or "").split(".") if name]
    kind: Any = shape
    for name in path:
        kind = get_type_hints(kind).get(name) if hasattr(kind, "__struct_fields__") else None
    if found["key"] is not None:
        known = list(getattr(kind, "__struct_fields__", ()))
        near = nearest(found["key"], known)
        hint = f"did you mean {', '.join(near)}?" if near else f"known keys: {', '.join(known)}"
        where = f" in [{'.'.join(path)}]" if path else ""
        return f"unknown key {found['key']!r}{where}; {hint}"
    values = [v for part in (kind, *get_args(kind)) for v in get_args(part) if isinstance(v, str)]
    return f"{'.'.join(path)} must be one of {', '.join(dict.fromkeys(values))}; got {found['value']!r}"
