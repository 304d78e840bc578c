"""A set of scorers of which a judge takes some or all dimensions, described in a TOML file, so that runs can name it.

    model = "qwen3-8b"                       # and any other field of judge.JudgeConfig
    base_url = "http://127.0.0.1:8000/v1"
    cache = "judge.jsonl"                    # beside this file
    dimensions = ["factual_consistency"]     # all that have a rubric if absent
    others = "thorough"                       # who scores the rest; nobody if absent
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from recenv.errors import InputError, UnknownName
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.judges.judge import Judge, JudgeConfig
from recenv.rewards.judges.prompts import rubrics
from recenv.rewards.protocol import Scorer


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """judge: who takes ``dimensions``; others: name of the scorers that take the rest, "" for none."""

    judge: JudgeConfig
    dimensions: tuple[str, ...] = msgspec.field(default_factory=lambda: tuple(rubrics()))
    others: str = ""

    def __post_init__(self) -> None:
        for dimension in self.dimensions:
            if dimension not in rubrics():
                raise UnknownName("dimension", dimension, rubrics())
        if self.others.startswith("judge:"):
            raise InputError(f"others must name scorers that are no judge; got {self.others!r}")
        if not self.dimensions:
            raise InputError("dimensions is empty; name what the judge shall judge, or leave the line out for all")


def read_panel(file: str | Path) -> Panel:
    """The panel of a TOML file; a relative ``cache`` lies beside it.

    Raises InputError for a file that is absent or not such a description, UnknownName for a dimension.
    """
    path = Path(file)
    try:
        fields = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"no judge at {path}; expected a TOML file with model, base_url and cache") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} is not readable TOML ({error})") from None
    own: dict[str, Any] = {name: fields.pop(name) for name in ("dimensions", "others") if name in fields}
    if isinstance(fields.get("cache"), str) and fields["cache"]:
        fields["cache"] = str(path.parent / fields["cache"])
    own["judge"] = fields
    try:
        return msgspec.convert(own, Panel)
    except msgspec.ValidationError as error:
        raise InputError(f"{path} does not describe a judge ({error})") from None


def open_panel(panel: Panel, scorers_of: Callable[[str], dict[str, Scorer]]) -> dict[str, Scorer]:
    """The scorers of a panel by dimension, in the order of ``DIMENSIONS``. scorers_of: from a name to its set."""
    judge = Judge(panel.judge)
    rest: dict[str, Scorer] = {}
    if panel.others and set(DIMENSIONS) - set(panel.dimensions):
        rest = scorers_of(panel.others)
    found: dict[str, Scorer] = {}
    for dimension in DIMENSIONS:
        if dimension in panel.dimensions:
            found[dimension] = judge.scorers[dimension]
        elif dimension in rest:
            found[dimension] = rest[dimension]
    return found
