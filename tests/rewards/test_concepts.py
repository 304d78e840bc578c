"""What a place may have, as rules read it in instructions and as features read it in answers."""

from __future__ import annotations

import pytest

from recenv.rewards.reading.concepts import concepts, told
from recenv.rewards.reading.lexical import norm
from recenv.rewards.rules.wishes import read_wishes


@pytest.mark.parametrize(("instruction", "said", "name"), [
    ("必须用英语回答", "老外去了也说得通", "english"),
    ("The answer must be useful for students.", "There is a fare for students.", "students"),
    ("You should exercise care with prices.", "Guests may exercise upstairs.", "gym"),
    ("It must mention the exchange rate.", "You can exchange it within a week.", "returns"),
    ("You must never back out of your role.", "You can back out for free.", "free-cancel"),
])
def test_what_means_a_service_in_an_answer_is_no_demand_in_an_instruction(instruction: str, said: str, name: str) -> None:
    assert not [wish for wish in read_wishes(instruction) if wish.slot == "offer"]
    assert name in {c.name for c in told(norm(said))} and name not in {c.name for c in concepts(norm(said))}


@pytest.mark.parametrize("text", ["停车方便、无线网络", "parking, wifi, open 24 hours", "不可带宠物"])
def test_what_is_said_in_so_many_words_is_read_by_both(text: str) -> None:
    assert concepts(norm(text)) == told(norm(text)) != ()
