"""docs/run-folder.md names every field of what a run folder holds, and the schemas as they are."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from recenv.evaluation.ceiling import SessionCeilings
from recenv.evaluation.plan import RUN_SCHEMA
from recenv.rollouts.story import STORY_SCHEMA, Asked, SessionStory, Wanted
from recenv.rollouts.trace import TRACE_SCHEMA, SessionTrace, Shown, TurnTrace

PAGE = (Path(__file__).parents[2] / "docs" / "run-folder.md").read_text("utf-8")


@pytest.mark.parametrize("kind", [SessionTrace, TurnTrace, Shown, SessionStory, Asked, Wanted, SessionCeilings])
def test_every_field_is_named(kind: type[msgspec.Struct]) -> None:
    names = set(re.findall(r"`(\w+)`", PAGE))
    assert set(kind.__struct_fields__) <= names


@pytest.mark.parametrize(("file", "schema"), [
    ("manifest.json", RUN_SCHEMA), ("sessions.jsonl", STORY_SCHEMA), ("traces.jsonl", TRACE_SCHEMA)])
def test_schemas_are_as_they_are(file: str, schema: int) -> None:
    assert re.search(rf"\| `{re.escape(file)}` \|[^|]*\| {schema} \|", PAGE)
