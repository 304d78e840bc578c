"""Decks on disk: what scorers said of a world, so that nobody asks them twice. Safe to delete.

A deck's folder is named by what its values depend on: the world, the scorers' fingerprints, the reward code. It holds parts,
each written whole and named by its own hash; whoever opens it reads all that are sound and leaves out the rest with a warning.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.files import write_whole
from recenv.rewards.protocol import Scorer

SCHEMA = 1
Part = dict[str, NDArray[Any]]

_PACKAGE = Path(__file__).parents[1]
_CODE = ("rewards/**/*.py", "data/render.py", "data/constraints.py", "data/search.py", "envs/deck.py", "envs/transcript.py")


def code_fingerprint() -> str:
    """sha256 of the code that a deck's values come from."""
    digest = hashlib.sha256()
    for file in sorted(f for pattern in _CODE for f in _PACKAGE.glob(pattern)):
        digest.update(file.relative_to(_PACKAGE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def deck_folder(home: Path, world: World, config: EnvConfig, scorers: Mapping[str, Scorer]) -> Path:
    """Where the deck of a world under given scorers is kept in a home of decks."""
    specs = [(name, scorers[name].spec.kind, scorers[name].spec.fingerprint) for name in sorted(scorers)]
    key = msgspec.json.encode(
        [SCHEMA, world.fingerprint, config.candidates, config.slate_size, specs, code_fingerprint()])
    return home / hashlib.sha256(key).hexdigest()[:24]


def encode_part(part: Part) -> bytes:
    """A part as bytes; equal parts give equal ones."""
    return save({name: np.ascontiguousarray(array) for name, array in part.items()})


def decode_part(data: bytes) -> Part:
    """The inverse of ``encode_part``."""
    return load(data)


def write_part(folder: Path, part: Part) -> Path:
    """Keep some blocks; several processes may write at once. Returns the file."""
    data = encode_part(part)
    file = folder / f"{hashlib.sha256(data).hexdigest()[:24]}.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(file, data)
    return file


def read_parts(folder: Path) -> Iterator[tuple[Path, Part]]:
    """The sound parts of a deck, in the order of their names; damaged ones are left out with a warning."""
    for file in sorted(folder.glob("*.safetensors")):
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            continue  # another process has put it together with others since
        if hashlib.sha256(data).hexdigest()[:24] != file.stem:
            warnings.warn(f"{file} is damaged and is left out; delete it", stacklevel=2)
            continue
        try:
            yield file, load(data)
        except SafetensorError as error:
            warnings.warn(f"{file} cannot be read ({error}) and is left out; delete it", stacklevel=2)
