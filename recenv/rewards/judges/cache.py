"""Recorded answers of a judge, so that a run replays without the server, at the cost and latency that it had."""

from __future__ import annotations

from pathlib import Path

import msgspec

from recenv.journal import Keyed
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


def judge_cache(path: str | Path | None = None) -> Keyed[Call]:
    """Answers by key, in memory and, with a path, in a journal. Raises InputError for a damaged line."""
    return Keyed(Path(path) if path else None, Call, lambda call: call.key, "not a judge's recorded answer",
                 "delete the line, or give another file")
