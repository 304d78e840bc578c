import os
import sys

import pytest
import torch

from recenv.rewards.models.threads import keep_to_one, one_thread, steady


def test_few_rows_meet_one_thread_and_many_all_of_them() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with steady(64):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
        with steady(4_096):
            assert torch.get_num_threads() == 2
        with pytest.raises(KeyError), one_thread():
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_one_thread_is_kept_whether_or_not_the_library_is_there_already(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # what the library looks at when it is imported
    torch.set_num_threads(2)
    try:
        with monkeypatch.context() as without:
            without.delitem(sys.modules, "torch")
            keep_to_one()
            assert os.environ["OMP_NUM_THREADS"] == "1" and torch.get_num_threads() == 2
        keep_to_one()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
