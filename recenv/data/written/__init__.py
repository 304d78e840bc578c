"""Answers about records, written one by one for recenv, each sentence labelled: true, none (it claims nothing), or what is wrong
with it. A file is one voice; half of the answers are true, the others hold one false sentence or two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from recenv.data import CACHES
from recenv.errors import InputError

_FOLDER = Path(__file__).parent
_NOT_FALSE = frozenset(("true", "none"))


class Pool(msgspec.Struct, frozen=True):
    """One line of a file. answers: the sentences of each, as (label, text)."""

    pool: str
    locale: str
    query: str
    records: tuple[str, ...]
    answers: tuple[tuple[tuple[str, str], ...], ...]


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


def read(folder: Path = _FOLDER) -> Iterator[Written]:
    """The answers of a folder of such files, in order. Raises InputError, naming file and line."""
    for file in sorted(folder.glob("*.jsonl")):
        for n, line in enumerate(file.read_bytes().splitlines(), 1):
            try:
                pool = msgspec.json.decode(line, type=Pool)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise InputError(f"{file}, line {n}: expected a pool with records and answers, got {error}") from None
            apart = "\n\n" if any("\n" in record for record in pool.records) else "\n"
            for k, said in enumerate(pool.answers):
                sentences = tuple(("" if label in _NOT_FALSE else label, text) for label, text in said)
                yield Written(
                    f"written/{file.stem}:{pool.pool}:{k}", f"written/{file.stem}:{pool.pool}", pool.locale, pool.query,
                    apart.join(pool.records), _joined(pool.locale, [text for _, text in sentences]), sentences)


@CACHES.keep(1)
def by_id() -> dict[str, Written]:
    """The answers that come with recenv."""
    return {answer.id: answer for answer in read()}


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
