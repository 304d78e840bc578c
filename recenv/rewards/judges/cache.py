"""Recorded answers of a judge, so that a run replays without the server, at the cost and latency that it had."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from recenv.errors import InputError
from recenv.rewards.judges.answer import Alternatives


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answered question: a line of the cache.

    key: sha256 over the request, that is model, prompt and parameters. alternatives: the likeliest tokens where each label
    begins; empty where the server gave none. Token counts are None where it did not report them. latency_s, attempts: of the
    call that brought the answer.
    """

    key: str
    model: str
    dimension: str
    text: str
    finish_reason: str = ""
    alternatives: tuple[Alternatives, ...] = ()
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_s: float = 0.0
    attempts: int = 1


class JudgeCache:
    """Answers by key, in memory and, with a path, in a JSON Lines file that is only ever appended to, a whole line at a time.

    Safe to use from several threads, and from several processes where the system has advisory locks. A torn last line (a
    killed run) is left out, and cut off before the next is written. Raises InputError for a damaged line elsewhere.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path else None
        self._calls: dict[str, Call] = {}
        self._lock = threading.Lock()
        if self.path is None or not self.path.is_file():
            return
        decoder = msgspec.json.Decoder(Call)
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    call = decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    raise InputError(f"{self.path}:{number}: not a judge's recorded answer ({error}); delete the line, "
                                     "or give another file") from None
                self._calls.setdefault(call.key, call)

    def __len__(self) -> int:
        return len(self._calls)

    def get(self, key: str) -> Call | None:
        return self._calls.get(key)

    def add(self, call: Call) -> Call:
        """Keep an answer, at once on disk; of two for one key the first stays, and is returned."""
        with self._lock:
            kept = self._calls.setdefault(call.key, call)
            if kept is call and self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with _appending(self.path) as stream:
                    stream.write(msgspec.json.encode(call) + b"\n")
            return kept


@contextmanager
def _appending(path: Path) -> Iterator[BinaryIO]:
    """The file's end for one writer at a time, behind a whole line."""
    with path.open("ab+") as stream:
        try:
            import fcntl
        except ImportError:
            pass
        else:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX)
        _cut_torn(stream)
        yield stream
        stream.flush()


def _cut_torn(stream: BinaryIO) -> None:
    """Cut off what stands behind the last line end; under the lock no writer is in the middle of a line."""
    end = stream.seek(0, os.SEEK_END)
    if not end:
        return
    stream.seek(end - 1)
    if stream.read(1) == b"\n":
        return
    stream.seek(0)
    stream.truncate(stream.read().rfind(b"\n") + 1)
    stream.seek(0, os.SEEK_END)
