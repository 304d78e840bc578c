"""Where networks compute changes no decision, is part of who they are, and is refused clearly where there is no such place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from toyrows import toy_rows

from recenv.errors import InputError
from recenv.rewards.models import device
from recenv.rewards.models.described import specs_of
from recenv.rewards.models.open import load_scorers, open_scorers

NETWORKS = ("thorough", "audit")


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.delenv(device.DEVICE, raising=False)
    yield monkeypatch


def values(family: str, **where: str) -> np.ndarray:
    rows = toy_rows(12)
    scorers = open_scorers(family, **where).scorers
    return np.concatenate([
        s.score([r for r in rows if r.dimension == d]).values for d, s in scorers.items() if any(r.dimension == d for r in rows)])


@pytest.mark.parametrize("family", NETWORKS)
def test_batches_that_fill_a_device_decide_the_same(family: str, unset: pytest.MonkeyPatch) -> None:
    few = values(family)
    for module in ("sequence.scorers", "sequence.inputs", "compact.inputs"):
        unset.setattr(f"recenv.rewards.models.{module}.at_once", lambda where, least: 32)
    many = values(family)
    np.testing.assert_allclose(few, many, atol=1e-5)
    assert len(few) > 20 and np.ptp(few) > 0.2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("family", NETWORKS)
def test_a_gpu_decides_the_same(family: str, unset: pytest.MonkeyPatch) -> None:
    np.testing.assert_allclose(values(family), values(family, device="cuda"), atol=1e-4)


@pytest.mark.parametrize("name", ["cuda:99", "meta", "a toaster", "xpu:7"])
def test_a_device_that_is_not_there_is_refused(name: str, unset: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=rf"no device '{name}'.*expected cpu, auto, or a GPU"):
        load_scorers("audit", device=name)
    unset.setenv(device.DEVICE, name)
    with pytest.raises(InputError, match=rf"no device '{name}'.*RECENV_DEVICE"):
        load_scorers("audit")
    assert load_scorers("fast")  # trees need none


def test_what_a_device_says_is_not_taken_for_what_the_processor_says(unset: pytest.MonkeyPatch) -> None:
    assert device.marked("abc") == device.marked("abc", torch.device("cpu")) == "abc"
    assert len({"abc", device.marked("abc", torch.device("cuda:1")), device.marked("abc", torch.device("mps"))}) == 3
    assert device.marked("abc", torch.device("cuda:1")) == device.marked("abc", torch.device("cuda:0"))
    here = specs_of("thorough")
    unset.setattr(device, "find_device", lambda name=None: torch.device("cuda"))
    unset.setenv(device.DEVICE, "cuda")
    there = specs_of("thorough")
    assert all(here[d].fingerprint != there[d].fingerprint for d in here)
    unset.setenv(device.DEVICE, "cpu")
    assert specs_of("thorough") == here and specs_of("fast") == {d: s.spec for d, s in load_scorers("fast").items()}
