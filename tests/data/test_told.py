"""Answers about the items of a world: what was written is kept, records and requests come from the world."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recenv.data.render import item_text
from recenv.data.rowsets import ROWSETS
from recenv.data.world import World
from recenv.data.written import by_id, read, told
from recenv.errors import InputError, StoreError
from recenv.records import ScorerRow
from recenv.training.fits.reader import answers


def _folder(path: Path, world: World, items: list[str]) -> Path:
    session = world.session(0)
    line = {"pool": "0", "locale": "en", "session": session.id, "goal": 0, "items": items,
            "answers": [[["true", "Here are two."], ["number", "Both cost 7 yuan."]], [["none", "Hello!"]]]}
    own = path / "told" / world.kind
    own.mkdir(parents=True)
    (own / "voice.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    return path


def test_records_and_request_are_those_of_the_world(tmp_path: Path, tiny_world: World) -> None:
    items = [tiny_world.item(n) for n in (0, 1)]
    folder = _folder(tmp_path, tiny_world, [item.id for item in items])
    false, true = told(tiny_world, folder)
    assert false.evidence == "\n".join(map(item_text, items)) and false.query == tiny_world.session(0).goals[0].query
    assert (false.true, true.true) == (False, True) and false.id == "written/voice:0:0"
    assert [answer.evidence for answer in read(folder / "told" / tiny_world.kind)] == ["", ""]  # without the world


def test_a_world_that_lacks_an_item_or_that_nothing_was_written_about_says_so(tmp_path: Path, tiny_world: World) -> None:
    with pytest.raises(StoreError, match="has no item 'nowhere', of which answers were written"):
        list(told(tiny_world, _folder(tmp_path, tiny_world, ["nowhere"])))
    for name in ("told", "told_held"):
        with pytest.raises(InputError, match="recenv ingest crosswoz or vitabench"):
            list(ROWSETS[name].convert(tiny_world.path))


def test_what_comes_with_recenv_is_learned_with_the_records_of_its_row() -> None:
    answer = next(own for own in by_id().values() if own.id.startswith("written/ea:"))
    assert not answer.evidence and not answer.query
    row = ScorerRow(dimension="factual_consistency", id=answer.id, group=answer.group, locale="zh", query="q", evidence="e",
                    response=answer.response, label=1.0)
    (learned,) = answers([row])
    assert (learned.query, learned.evidence, learned.sentences) == ("q", "e", answer.sentences)
