"""What a checkpoint says of itself, read without a tensor library: enough to know its scorers before they are loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from recenv import seals
from recenv.errors import WeightsError
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models import FAMILIES, WEIGHTS
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.device import marked
from recenv.rewards.models.divided import DIVIDED, divided_specs
from recenv.rewards.protocol import ScorerSpec

SCHEMA = 1
FILES: dict[str, tuple[str, ...]] = {
    "compact": ("config.json", "model.safetensors", "tokenizer.json"),
    "boosted": ("config.json", "model.safetensors", "words.json"),
    "sequence": ("config.json", "trunk.json", "model.safetensors", "tokenizer.json"),
}
"""By network: the files that make a score; metrics.json and CARD.md only describe."""


def resolve(path: str | Path) -> Path:
    """The folder of a checkpoint; "fast", "thorough" and "audit" are the shipped ones."""
    return WEIGHTS / str(path) if str(path) in FAMILIES else Path(path)


def check_files(folder: Path, files: Sequence[str]) -> None:
    """Raise WeightsError unless all files are there, as they were written where the folder lists its files (``recenv.seals``)."""
    missing = [f for f in files if not (folder / f).is_file()]
    if missing:
        raise WeightsError(
            f"no scorer checkpoint at {folder} ({', '.join(missing)} missing); "
            "pass a folder that recenv train wrote, or 'thorough'"
        )
    own = seals.listed(folder)
    wrong = seals.check_files(folder, {name: own[name] for name in files if name in own})
    if wrong:
        raise WeightsError(f"{folder}: {', '.join(wrong)}; copy the checkpoint again (or, if you changed it yourself: "
                           f"recenv verify {folder} --seal)")


def read_raw(file: Path) -> dict[str, Any]:
    """config.json undecoded, its schema checked."""
    try:
        raw = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{file} is not readable JSON ({error}); copy the checkpoint again") from None
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if schema != SCHEMA:
        raise WeightsError(f"{file}: this version reads checkpoint schema {SCHEMA}, found {schema!r}; "
                           "train again with: recenv train")
    return dict(raw)


def network_of(path: str | Path) -> str:
    """The kind of network, by "family" in config.json; raises WeightsError where there is none, or another."""
    folder = resolve(path)
    check_files(folder, ("config.json",))
    found = read_raw(folder / "config.json").get("family", "compact")
    if found not in FILES:
        raise WeightsError(f"{folder / 'config.json'}: family must be {' or '.join(FILES)}, found {found!r}; "
                           "the checkpoint is of a newer version or damaged, update recenv or copy it again")
    return str(found)


def fingerprint(folder: Path, files: Sequence[str]) -> str:
    """sha256 over the files that make a score."""
    digest = hashlib.sha256()
    for name in files:
        digest.update(name.encode())
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()


def spec_of(name: str, dimension: str, fingerprint: str, calibration: Calibration, training_data: str) -> ScorerSpec:
    """Identity of one dimension's scorer in a checkpoint called ``name``."""
    return ScorerSpec(
        name=f"{name}/{dimension}", dimension=dimension, kind="encoder", reads=DIMENSIONS[dimension].reads,
        fingerprint=fingerprint, calibration=str(calibration), training_data=training_data)


def specs_of(path: str | Path) -> dict[str, ScorerSpec]:
    """The scorers of a checkpoint, or of a shipped family, by dimension, without opening it. Raises WeightsError where files are
    missing or damaged."""
    other = DIVIDED.get(str(path))
    return _specs_of(path) if other is None else divided_specs(_specs_of(path), _specs_of(other))


def _specs_of(path: str | Path) -> dict[str, ScorerSpec]:
    folder, files = resolve(path), FILES[network_of(path)]
    check_files(folder, files)
    raw = read_raw(folder / "config.json")
    try:
        calibrations = msgspec.convert(raw["calibration"], dict[str, Calibration])
        dimensions = msgspec.convert(raw["architecture"]["dimensions"], list[str])
        name, data = str(raw["name"]), str(raw["training_data"])
        mark = fingerprint(folder, files)
        mark = mark if network_of(path) == "boosted" else marked(mark)
        return {d: spec_of(name, d, mark, calibrations[d], data) for d in dimensions}
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise WeightsError(f"{folder / 'config.json'} is damaged ({error}); copy the checkpoint again or train anew") from None
