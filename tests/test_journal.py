"""A journal: whole lines only, whoever is killed and whoever writes beside."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from recenv.errors import InputError
from recenv.journal import Keyed, append, cut_torn, held, line_of, recorded
from recenv.seals import seal_line


class Note(msgspec.Struct, frozen=True):
    text: str


def texts(file: Path) -> list[str]:
    return [entry.value.text for entry in recorded(file, Note, "not a note", "delete the line")]


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "new" / "notes.jsonl"
    assert texts(file) == []
    for text in ("a", "b"):
        append(file, Note(text))
    assert texts(file) == ["a", "b"] and file.read_bytes() == line_of(Note("a")) + line_of(Note("b"))
    assert [json.loads(line)["text"] for line in file.read_text().splitlines()] == ["a", "b"]


def test_no_flipped_bit_is_believed(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    whole = line_of(Note("some note, 1.25")) + line_of(Note("b"))
    for at in range(len(whole)):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << bit
            file.write_bytes(flipped)
            try:
                found = texts(file)
            except InputError:
                continue
            assert found == ["some note, 1.25"], (at, bit)  # the last line end is gone: as of a writer that was killed
            assert at == len(whole) - 1


@pytest.mark.parametrize("torn", [b'{"te', b"x" * 200_000, b'{"text":"whole but without its end"}'])
def test_a_torn_line_is_left_out_and_cut_off_before_the_next(tmp_path: Path, torn: bytes) -> None:
    file = tmp_path / "notes.jsonl"
    append(file, Note("a"))
    whole = file.read_bytes()
    file.write_bytes(whole + torn)
    assert texts(file) == ["a"] and file.read_bytes() == whole + torn  # reading touches nothing
    append(file, Note("b"))
    assert texts(file) == ["a", "b"]
    file.write_bytes(torn)
    append(file, Note("c"))
    assert texts(file) == ["c"]


@pytest.mark.parametrize("line", [
    b"{}\n", b"\n", b"{\n", b'{"text": "\xff"}\n', b'{"text":"c"}\n', seal_line(b'{"text":"\xff"}') + b"\n"])
def test_a_damaged_line_is_named(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "notes.jsonl"
    file.write_bytes(line_of(Note("a")) + line + line_of(Note("b")))
    with pytest.raises(InputError, match=r"notes.jsonl:2: not a note \(.*\); delete the line"):
        texts(file)


def test_many_writers_leave_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(file, Note(f"{n}" * 50)), range(200)))
    assert sorted(texts(file)) == sorted(f"{n}" * 50 for n in range(200))


def test_a_held_file_is_waited_for_or_refused(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    file = tmp_path / "notes.jsonl"
    with held(file) as stream:
        with pytest.raises(InputError, match="someone writes"), held(file, "someone writes"):
            pass
        stream.write(b"half")
        cut_torn(stream)
    with held(file, "someone writes") as stream:
        assert stream.read() == b""


def test_two_that_record_at_once_go_on_with_one_answer(tmp_path: Path) -> None:
    class Kept(msgspec.Struct, frozen=True):
        key: str
        answer: str

    def opened() -> Keyed[Kept]:
        return Keyed(tmp_path / "answers.jsonl", Kept, lambda kept: kept.key, "not an answer", "")

    first, second = opened(), opened()
    assert first.add(Kept("k", "one")).answer == "one"
    assert second.add(Kept("k", "another")).answer == "one"  # the first stays, also for who did not know of it
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: (first, second)[n % 2].add(Kept(f"{n % 50}", f"by {n}")), range(200)))
    third = opened()
    assert len(third) == 51
    for n in range(50):
        kept = third.get(f"{n}")
        assert kept is not None
        assert all(kept == side.add(Kept(f"{n}", "late")) for side in (first, second))
    assert len((tmp_path / "answers.jsonl").read_bytes().splitlines()) == 51
