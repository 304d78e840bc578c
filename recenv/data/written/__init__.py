"""Answers about records, written one by one for recenv, each sentence labelled: true, none (it claims nothing), or what is wrong
with it. A file is one voice; half of the answers are true, the others hold one false sentence or two.

Files of ``told`` speak of the items of a world that is made of a public set, by kind of store: of records and requests they hold
ids alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from recenv.data import CACHES
from recenv.data.render import item_text
from recenv.data.world import World
from recenv.errors import InputError, StoreError

_FOLDER = Path(__file__).parent
_NOT_FALSE = frozenset(("true", "none"))


class Pool(msgspec.Struct, frozen=True):
    """One line of a file: a request with its records, or the session and goal of a world that ask for it and the items shown.
    answers: the sentences of each, as (label, text)."""

    pool: str
    locale: str
    answers: tuple[tuple[tuple[str, str], ...], ...]
    query: str = ""
    records: tuple[str, ...] = ()
    session: str = ""
    goal: int = 0
    items: tuple[str, ...] = ()


class Written(NamedTuple):
    """One answer. id: "written/AUTHOR:POOL:NUMBER"; group: its pool; sentences: (what is wrong with it or "", text)."""

    id: str
    group: str
    locale: str
    query: str
    evidence: str
    response: str
    sentences: tuple[tuple[str, str], ...]

    @property
    def true(self) -> bool:
        """Whether no sentence is false."""
        return not any(wrong for wrong, _ in self.sentences)


def read(folder: Path = _FOLDER, world: World | None = None) -> Iterator[Written]:
    """The answers of a folder of such files, in order; of pools of a world, without one, query and evidence are "". Raises
    InputError, naming file and line, and StoreError for a world that lacks what they speak of."""
    for file in sorted(folder.glob("*.jsonl")):
        for n, line in enumerate(file.read_bytes().splitlines(), 1):
            try:
                pool = msgspec.json.decode(line, type=Pool)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise InputError(f"{file}, line {n}: expected a pool with records and answers, got {error}") from None
            query, records = (pool.query, pool.records) if world is None or not pool.session else _of_world(pool, world)
            apart = "\n\n" if any("\n" in record for record in records) else "\n"
            for k, said in enumerate(pool.answers):
                sentences = tuple(("" if label in _NOT_FALSE else label, text) for label, text in said)
                yield Written(
                    f"written/{file.stem}:{pool.pool}:{k}", f"written/{file.stem}:{pool.pool}", pool.locale, query,
                    apart.join(records), _joined(pool.locale, [text for _, text in sentences]), sentences)


def told(world: World, folder: Path = _FOLDER) -> Iterator[Written]:
    """The answers of a folder about the items of a world. Raises InputError where none were written about its kind of store."""
    kinds = sorted(own.name for own in (folder / "told").iterdir())
    if world.kind not in kinds:
        raise InputError(f"no answers were written about a store of kind {world.kind!r} ({world.path}); expected one that "
                         f"recenv ingest {' or '.join(kinds)} wrote")
    return read(folder / "told" / world.kind, world)


def _of_world(pool: Pool, world: World) -> tuple[str, tuple[str, ...]]:
    """The request of a pool and the records of its items."""
    lacks = [item for item in pool.items if not world.has_item(item)]
    if lacks:
        raise StoreError(f"{world.path} has no item {lacks[0]!r}, of which answers were written; ingest the whole set again")
    goals = world.session(world.session_row(pool.session)).goals
    return goals[pool.goal].query, tuple(item_text(world.item(world.item_row(item))) for item in pool.items)


@CACHES.keep(1)
def by_id() -> dict[str, Written]:
    """The answers that come with recenv."""
    folders = (_FOLDER, *sorted((_FOLDER / "told").iterdir()))
    return {answer.id: answer for folder in folders for answer in read(folder)}


def _joined(locale: str, sentences: list[str]) -> str:
    """Sentences as one text: entries of a list, and whatever ends without a stop, on lines of their own."""
    text, apart = "", False
    for sentence in sentences:
        entry = sentence[:2] in ("- ", "* ", "• ") or (sentence[:1].isdigit() and sentence[1:2] in (".", "、", ")"))
        if text and (entry or apart):
            text = f"{text.rstrip()}\n"
        elif text and locale == "en" and not text.endswith("\n"):
            text += " "
        text += sentence
        last = sentence.rstrip("*_\"”)） ")[-1:]
        apart = last.isalnum() or ((entry or sentence.startswith("#")) and last not in _STOPS)
    return text


_STOPS = frozenset(".!?。！？…:：;；,，")
