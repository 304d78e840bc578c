"""Large stores: that they were found sound is remembered from process to process, and forgotten where anything was touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recenv import seals
from recenv.seals import check_files, hashes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(seals, "LARGE", 8)
    made = tmp_path / "store"
    made.mkdir()
    (made / "a").write_text("one")
    (made / "b").write_text("more")
    (made / "c").write_text("!")
    return made


def another_process(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Nothing is known of what was found sound before; gathers what is read."""
    read: list[Path] = []
    monkeypatch.setattr(seals, "_SOUND", {})
    real = seals.file_hash

    def noted(file: Path) -> str:
        read.append(file)
        return real(file)

    monkeypatch.setattr(seals, "file_hash", noted)
    return read


def test_what_was_found_sound_is_not_read_again_by_another_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, memory = hashes(folder, "abc"), folder.parent / "sound"
    assert check_files(folder, wanted, memory=memory) == []
    read = another_process(monkeypatch)
    assert check_files(folder, wanted, memory=memory) == [] and read == []
    assert check_files(folder, wanted, anew=True, memory=memory) == [] and len(read) == 3
    os.utime(folder / "a")  # touched, with what it had in it
    read = another_process(monkeypatch)
    assert check_files(folder, wanted, memory=memory) == [] and len(read) == 3


@pytest.mark.parametrize("damage", ["same size, time put back", "another list", "gone"])
def test_damage_is_found_whatever_is_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    wanted, memory = hashes(folder, "abc"), folder.parent / "sound"
    assert check_files(folder, wanted, memory=memory) == []
    file, stat = folder / "b", (folder / "b").stat()
    if damage == "gone":
        file.unlink()
    elif damage == "another list":
        wanted = wanted | {"b": "0" * 64}
    else:
        file.write_text("MORE")
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    another_process(monkeypatch)
    told = "b is missing" if damage == "gone" else "b is not as it was written"
    assert [check_files(folder, wanted, memory=memory) for _ in range(2)] == [[told], [told]]


def test_small_folders_and_places_that_cannot_be_written_remember_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = hashes(folder, "abc")
    (folder.parent / "file").write_text("")
    assert check_files(folder, wanted, memory=folder.parent / "file") == []
    monkeypatch.setattr(seals, "LARGE", 9)
    assert check_files(folder, wanted, memory=folder.parent / "sound") == [] and not (folder.parent / "sound").exists()
