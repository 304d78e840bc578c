"""Files and folders are whole or not there, also when the writer raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from recenv.files import beside, left_behind, whole_file, whole_folder, write_whole


def names(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    with whole_file(tmp_path / "a") as stream:
        stream.write(b"new")
        assert (tmp_path / "a").read_bytes() == b"old"
    assert (tmp_path / "a").read_bytes() == b"new" and names(tmp_path) == ["a"]


def test_a_file_whose_writer_raises_stays_as_it_was(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    with pytest.raises(KeyError), whole_file(tmp_path / "a") as stream:
        stream.write(b"half")
        raise KeyError
    assert (tmp_path / "a").read_bytes() == b"old" and names(tmp_path) == ["a"]


def test_a_folder_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "folder"
    for text in ("old", "new"):
        with whole_folder(target) as new:
            (new / text).write_text(text)
        assert names(target) == [text]
    with pytest.raises(KeyError), whole_folder(target) as new:
        (new / "half").write_text("")
        raise KeyError
    assert names(target) == ["new"] and names(target.parent) == ["folder"]


def test_what_a_killed_writer_left_is_known_by_its_name(tmp_path: Path) -> None:
    assert left_behind(beside(tmp_path / "a.json"), "a.json") and left_behind(beside(tmp_path / "a.json", lasting=True), "a.json")
    assert not left_behind(tmp_path / "a.json", "a.json") and not left_behind(beside(tmp_path / "b.json"), "a.json")
