from recenv.records import ScorerRow
from recenv.training.augment import augmented

_SHEETS = (("Blue Inn", "4.5", "12 Hill Road"), ("Red Inn", "3.9", "7 Lake Street"), ("Old Mill", "4.1", "3 Main Square"))


def facts() -> list[ScorerRow]:
    return [
        ScorerRow(dimension="factual_consistency", id=f"set/{n}:{i}", group=f"g{n}", locale="en", query="Where can I stay?",
                  evidence=f"name: {name}; rating: {rating}; address: {address}", response=f"{name} is rated {rating}.",
                  label=1.0)
        for i in range(40) for n, (name, rating, address) in enumerate(_SHEETS)
    ]


def instructions() -> list[ScorerRow]:
    topics = ("a poem about rain", "a poem about snow", "a list of pasta dishes", "a list of rice dishes")
    return [
        ScorerRow(dimension="instruction_following", id=f"set/{n}:{i}", group=f"g{n}", locale="en",
                  instruction=f"Write {topic}", response=f"Here you are: {topic}, number {i}.", label=1.0)
        for i in range(25) for n, topic in enumerate(topics)
    ]


def test_added_rows_keep_group_and_say_that_they_are_added() -> None:
    rows = facts()
    made = augmented(rows, 0.5, 0)
    origin = {r.id: r for r in rows}
    assert 0.8 * 60 <= len(made) <= 60
    for row in made:
        assert row.id.startswith("augmented/")
        assert row.group == origin[row.id.removeprefix("augmented/")].group


def test_the_same_seed_adds_the_same_rows() -> None:
    assert augmented(facts(), 0.3, 4) == augmented(facts(), 0.3, 4)
    assert augmented(facts(), 0.3, 4) != augmented(facts(), 0.3, 5)


def test_a_claimed_value_is_labelled_by_the_record() -> None:
    seen = set()
    for row in augmented(facts(), 1.0, 0):
        values = {"rating": (s[1] for s in _SHEETS), "address": (s[2].casefold() for s in _SHEETS)}
        for slot, known in values.items():
            if row.query not in ("Where can I stay?",) and slot in row.query and slot in row.response:
                named = [v for v in known if v in row.response.casefold()]
                if len(named) == 1:
                    assert row.label == float(named[0] in row.evidence.casefold())
                    seen.add((slot, row.label))
    assert seen == {("rating", 0.0), ("rating", 1.0), ("address", 0.0), ("address", 1.0)}


def test_an_answer_to_the_nearest_other_instruction_does_not_follow_this_one() -> None:
    swapped = [r for r in augmented(instructions(), 1.0, 0) if r.response.startswith("Here you are") and r.label == 0.0]
    assert len(swapped) > 40
    for row in swapped:
        kind = "poem" if "poem" in row.instruction else "list"
        assert kind in row.response
        assert row.instruction.removeprefix("Write ") not in row.response


def test_dimensions_without_a_way_to_add_rows_add_none() -> None:
    row = ScorerRow(dimension="behavior_prediction", id="a", query="q", user="u", item="i", label=1.0)
    assert augmented([row] * 20, 1.0, 0) == []
    assert augmented(facts(), 0.0, 0) == []
    assert augmented([], 1.0, 0) == []
