"""Recorded answers of a judge, so that a run replays without the server, at the cost and latency that it had."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from recenv.journal import append, recorded
from recenv.rewards.judges.answer import Alternatives


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answered question: a line of the cache.

    key: sha256 over the request, that is model, prompt and parameters. alternatives: the likeliest tokens where each label
    begins; empty where the server gave none. Token counts are None where it did not report them. latency_s, attempts: of the
    call that brought the answer. without: what the server refused of the request, and was not asked for.
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
    without: tuple[str, ...] = ()


class JudgeCache:
    """Answers by key, in memory and, with a path, in a journal (``recenv.journal``).

    Safe to use from several threads, and from several processes where the system has advisory locks. Raises InputError for a
    damaged line.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path else None
        self._calls: dict[str, Call] = {}
        self._lock = threading.Lock()
        if self.path is not None:
            remedy = "delete the line, or give another file"
            for entry in recorded(self.path, Call, "not a judge's recorded answer", remedy):
                self._calls.setdefault(entry.value.key, entry.value)

    def __len__(self) -> int:
        return len(self._calls)

    def get(self, key: str) -> Call | None:
        return self._calls.get(key)

    def add(self, call: Call) -> Call:
        """Keep an answer, at once on disk; of two for one key the first stays, and is returned."""
        with self._lock:
            kept = self._calls.setdefault(call.key, call)
            if kept is call and self.path is not None:
                append(self.path, call)
            return kept
