"""No flipped byte of a store, a run, a checkpoint or a record changes a result in silence, or shows a traceback."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from trace_builders import finished_run, plan

from recenv import seals
from recenv.cli import cli
from recenv.data.world import World, read_manifest
from recenv.errors import InputError, RecenvError, StoreError, WeightsError
from recenv.evaluation.leaderboard import build_leaderboard, encode_leaderboard
from recenv.evaluation.plan import TRACES
from recenv.evaluation.verify import verify_path
from recenv.rewards.models.described import specs_of
from recenv.rewards.models.open import load_scorers
from recenv.seals import check_files, file_hash


def flips(file: Path, most: int) -> Iterator[tuple[int, bytes]]:
    """Contents of a file with one bit flipped: every k-th byte, so that there are at most so many; the bit goes round."""
    whole = file.read_bytes()
    for n, at in enumerate(range(0, len(whole), max(1, len(whole) // most))):
        yield at, whole[:at] + bytes([whole[at] ^ 1 << n % 8]) + whole[at + 1:]


def world_digest(path: Path) -> bytes:
    """All that a world says."""
    world, digest = World(path), hashlib.sha256()
    for name in sorted(world.manifest["columns"]):
        digest.update(world.column(name).tobytes())
    for read, size in ((world.item, world.n_items), (world.user, world.n_users), (world.session, world.n_sessions),
                       (world.privileged, world.n_sessions)):
        for row in range(size):
            digest.update(repr(read(row)).encode())
    digest.update(repr((world.kind, world.fingerprint, sorted(world.manifest["notes"]))).encode())
    return digest.digest()


def sweep(folder: Path, look: Callable[[Path], bytes], most: int) -> dict[str, int]:
    """Flip bytes of every file of a folder, one at a time: how often that was refused, and how often it changed nothing.

    A changed result, or an error that is none of ours, fails.
    """
    expected, found = look(folder), {"refused": 0, "unchanged": 0}
    for file in sorted(f for f in folder.rglob("*") if f.is_file()):
        whole = file.read_bytes()
        for at, flipped in flips(file, most):
            file.write_bytes(flipped)
            try:
                assert look(folder) == expected, f"byte {at} of {file.name} changed a result in silence"
                found["unchanged"] += 1
            except RecenvError:
                found["refused"] += 1
        file.write_bytes(whole)
    assert look(folder) == expected
    return found


def test_no_flipped_byte_of_a_store_is_believed(tiny_world_path: Path, tmp_path: Path) -> None:
    store = Path(shutil.copytree(tiny_world_path, tmp_path / "store"))
    found = sweep(store, world_digest, 12)
    assert found["refused"] > 200 and found["unchanged"] <= 4, found  # white space of the manifest


def test_no_flipped_byte_of_a_run_is_believed(tmp_path: Path) -> None:
    run = finished_run(tmp_path, plan(("random", "greedy"), sessions=4))
    for derived in run.iterdir():
        if derived.name not in (TRACES, "manifest.json"):
            derived.unlink()

    def look(folder: Path) -> bytes:
        return encode_leaderboard(build_leaderboard(folder, resamples=10))

    found = sweep(run, look, 150)
    # the last line end: as of a run that was killed, so that the board says it is unfinished
    assert found["refused"] > 200 and found["unchanged"] <= 40, found


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", seals.LISTED])
def test_no_flipped_byte_of_a_checkpoint_is_believed(tmp_path: Path, name: str) -> None:
    from recenv.rewards.models import WEIGHTS

    copy = Path(shutil.copytree(WEIGHTS / "audit", tmp_path / "audit"))
    seals.seal_folder(copy)
    whole = (copy / name).read_bytes()
    for at, flipped in flips(copy / name, 12):
        (copy / name).write_bytes(flipped)
        try:
            specs_of(copy)
        except InputError:
            continue
        assert name == seals.LISTED and whole[at:at + 1].isspace(), at
    (copy / name).write_bytes(whole)
    assert set(specs_of(copy)) == set(load_scorers("audit"))


def test_what_was_found_sound_is_not_read_again_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, read = tmp_path / "a", list[Path]()
    file.write_bytes(b"one")
    wanted = {"a": file_hash(file)}

    def counting(path: Path) -> str:
        read.append(path)
        return file_hash(path)

    monkeypatch.setattr(seals, "file_hash", counting)
    assert check_files(tmp_path, wanted) == check_files(tmp_path, wanted) == [] and len(read) == 1
    assert check_files(tmp_path, wanted, anew=True) == [] and len(read) == 2
    file.write_bytes(b"two")
    assert check_files(tmp_path, wanted) == ["a is not as it was written"]
    os.unlink(file)
    assert check_files(tmp_path, wanted) == ["a is missing"]


def test_verify_says_what_is_wrong(tiny_world_path: Path, tmp_path: Path) -> None:
    def said(*arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["verify", *map(str, arguments)])
        return done.exit_code, done.output

    store = Path(shutil.copytree(tiny_world_path, tmp_path / "store"))
    code, out = said(store)
    assert code == 0 and "as it was written" in out and "fingerprint" in out
    (store / "item_price.col").write_bytes(b"\0" * (store / "item_price.col").stat().st_size)
    code, out = said(store)
    assert code == 1 and "item_price.col is not as it was written" in out
    run = finished_run(tmp_path, plan(("random", "greedy"), sessions=3))
    assert said(run)[0] == 0 and verify_path(run).found == "6 of 6 traces"
    (run / "leaderboard.json").write_bytes((run / "leaderboard.json").read_bytes().replace(b"0", b"1", 1))
    code, out = said(run)
    assert code == 1 and "leaderboard.json is not what the traces make" in out
    (run / TRACES).write_bytes((run / TRACES).read_bytes() * 2)
    code, out = said(run)
    assert code == 1 and "stands in line 1 already" in out


def test_a_run_that_is_named_as_a_store_is_called_a_run(tmp_path: Path) -> None:
    run = finished_run(tmp_path, plan(("random",), sessions=3))
    with pytest.raises(StoreError, match="is a run, not a store"):
        read_manifest(run)


def test_a_checkpoint_that_was_changed_by_hand_is_sealed_anew(tmp_path: Path) -> None:
    from recenv.rewards.models import WEIGHTS

    copy = Path(shutil.copytree(WEIGHTS / "audit", tmp_path / "audit"))
    seals.seal_folder(copy)
    (copy / "config.json").write_bytes((copy / "config.json").read_bytes() + b"\n")
    with pytest.raises(WeightsError, match="--seal"):
        specs_of(copy)
    assert CliRunner().invoke(cli, ["verify", str(copy)]).exit_code == 1
    done = CliRunner().invoke(cli, ["verify", str(copy), "--seal"])
    assert done.exit_code == 0 and specs_of(copy)
    assert CliRunner().invoke(cli, ["verify", str(tmp_path)]).exception is not None
