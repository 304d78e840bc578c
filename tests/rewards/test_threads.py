import pytest
import torch

from recenv.rewards.models.threads import one_thread, steady


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
