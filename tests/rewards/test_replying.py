import math

from recenv.rewards.features import replying
from recenv.rewards.features.vector import FOLLOWING, following


def reply(query: str, text: str) -> dict[str, float]:
    return dict(zip(replying.NAMES, replying.replying(query, text), strict=True))


def follow(instruction: str, response: str) -> dict[str, float]:
    return dict(zip(FOLLOWING, following(instruction, "", response), strict=True))


def test_an_answer_that_was_given_before_is_known_as_such() -> None:
    query = "another one\nuser: a film please\nassistant: How about Alien (1979)?"
    again, new = reply(query, "How about Alien (1979)?"), reply(query, "Then try Heat (1995).")
    assert again["same_as_earlier"] == 1.0 and new["same_as_earlier"] == 0.0
    assert again["repeats_earlier"] > new["repeats_earlier"]
    assert again["titles_known"] == 1.0 and new["titles_known"] == 0.0


def test_a_first_turn_has_nothing_to_compare_with() -> None:
    found = reply("a film please", "Try Heat (1995).")
    assert math.isnan(found["repeats_earlier"]) and math.isnan(found["reply_in_history"])
    assert found["turns_before"] == 0.0


def test_values_are_bounded_for_any_text() -> None:
    for query in ("", "\n\n", "x" * 9_000, "想找餐厅\nassistant: 好的"):
        for text in ("", "？！" * 400, "a" * 9_000, "抱歉，我不知道。"):
            assert all(math.isnan(v) or 0.0 <= v <= 1.0 for v in reply(query, text).values())


def test_demands_kept_and_broken() -> None:
    instruction = "Answer in lower case and use no commas."
    assert follow(instruction, "yes it is")["demands_all_held"] == 1.0
    broken = follow(instruction, "Yes, it is")
    assert broken["demands_all_held"] == 0.0 and broken["demands_score"] == 0.0 and broken["demands_broken"] > 0.0
    assert math.isnan(follow("Tell me about rain.", "It falls.")["demands_score"])
