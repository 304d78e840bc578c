"""Ids in memory and on disk, what was made lately, hashing beside reading."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from test_recrm import OWN, folder

from recenv.data import ingest, store
from recenv.data.ids import IdTable, Place
from recenv.data.ingest import hashing, sha256
from recenv.data.recrm import ingest_recrm
from recenv.data.world import World

KEYS = [0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 12345]


@pytest.mark.parametrize("in_memory", [0, 2, 100])
def test_keys_have_their_rows_wherever_they_are_held(in_memory: int) -> None:
    table = IdTable(in_memory)
    for row, key in enumerate(KEYS):
        assert table.find(key) is None
        assert table.add(key, (1 << 64) - 1 - row) == row
    assert [table.find(key) for key in KEYS] == [Place(row, (1 << 64) - 1 - row) for row in range(len(KEYS))]
    assert table.find(7) is None
    table.close()


def test_a_store_has_the_same_bytes_with_ids_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "in", OWN)
    ingest_recrm(tmp_path / "in", tmp_path / "memory")
    monkeypatch.setattr(store, "IdTable", lambda: IdTable(1))
    ingest_recrm(tmp_path / "in", tmp_path / "disk")
    assert World(tmp_path / "memory").fingerprint == World(tmp_path / "disk").fingerprint


def test_files_are_hashed_while_a_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "_BLOCK", 7)
    for name, content in {"a": b"", "b": b"x" * 50}.items():
        (tmp_path / name).write_bytes(content)
    with hashing({name: tmp_path / name for name in "ab"}) as found:
        assert found() == {"a": hashlib.sha256(b"").hexdigest(), "b": hashlib.sha256(b"x" * 50).hexdigest()}
    assert sha256(tmp_path / "b") == hashlib.sha256(b"x" * 50).hexdigest()
    with pytest.raises(KeyboardInterrupt), hashing({"a": tmp_path / "a"}):
        raise KeyboardInterrupt
