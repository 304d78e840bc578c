"""What users say: every kind in both languages, and names that look like templates."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recenv.data.render import label
from recenv.records import LOCALES, Constraint, ReactionKind
from recenv.users.utterances import _EN, _ZH, objection, say

KINDS = [k for k in get_args(ReactionKind) if k not in ("results", "object")]
WISH = Constraint(slot="rating", op="ge", value=4.5, text="评分4.5分以上")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_four_wordings_and_bits_pick_one(kind: ReactionKind, locale: str) -> None:
    said = {say(kind, locale, constraint=WISH, item_name="X馆", slot="rating", bits=b) for b in range(60)}
    assert len(said) >= 4
    assert all(s and "<" not in s for s in said)
    assert say(kind, locale, item_name="X馆", bits=2**64 - 1)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("about", "wanted", "carries"), [
    ("claim", "", ("X馆", "4.9", "4.1")), ("language", "zh", (("中文", "Chinese"),)),
    ("form", "question", (("问句", "question"),)),
    ("form", "never heard of", (("形式", "form"),)), ("items", "", (("数量", "how many"),)), ("wordless", "", ()),
])
def test_every_objection_has_four_wordings_and_names_its_matter(
    about: str, wanted: str, carries: tuple[str | tuple[str, str], ...], locale: str
) -> None:
    said = {
        objection(about, locale, b, item_name="X馆", slot="rating", said="4.9", record="4.1", wanted=wanted)  # type: ignore[arg-type]
        for b in range(60)}
    assert len(said) >= 4 and all("<" not in s for s in said)
    for matter in carries:
        word = matter if isinstance(matter, str) else matter[0 if locale == "zh" else 1]
        assert all(word in s for s in said), word


def test_what_objects_and_what_a_search_finds_is_not_for_say_to_word() -> None:
    assert say("object", "zh") == say("results", "en") == ""


def test_both_languages_have_the_same_wordings() -> None:
    assert list(_ZH) == list(_EN)
    assert all(len(v) >= 4 for table in (_ZH, _EN) for v in table.values())


@pytest.mark.parametrize(("kind", "constraint", "wanted"), [
    ("order", None, "X馆"), ("inquire", WISH, "评分4.5分以上"), ("inquire", None, "X馆"), ("refine", WISH, "评分4.5分以上"),
    ("reject", WISH, "评分4.5分以上"), ("answer", WISH, "评分4.5分以上"), ("indifferent", None, "评分"),
])
def test_the_sentence_carries_its_matter(kind: ReactionKind, constraint: Constraint | None, wanted: str) -> None:
    for bits in range(10):
        assert wanted in say(kind, "zh", constraint=constraint, item_name="X馆", slot="rating", bits=bits)


def test_a_question_that_was_not_understood_names_no_slot() -> None:
    for bits in range(8):
        assert "rating" not in say("indifferent", "en", bits=bits)


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
    | st.sampled_from(["{slot}", "<need>", "<item>", "%s", "{0}", "{", "}}", "\\1", "\\g<0>", "{constraint.text}"]),
    st.sampled_from(LOCALES), st.integers(0, 2**64 - 1),
)
def test_names_come_out_literally(name: str, locale: str, bits: int) -> None:
    said = say("inquire", locale, constraint=WISH, item_name=name, bits=bits)
    assert name in said and WISH.text in said
    around = say("inquire", locale, constraint=WISH, item_name="\x00", bits=bits)
    assert said == around.replace("\x00", name)


@pytest.mark.parametrize(("kind", "wish", "slot", "anything", "wording"), [
    ("order", False, "", False, "order"), ("inquire", True, "", False, "inquire"), ("inquire", False, "", False, "inquire_any"),
    ("refine", True, "", False, "refine"), ("refine", False, "", False, "reject"), ("reject", True, "", False, "reject_need"),
    ("reject", False, "", False, "reject"), ("answer", True, "rating", False, "answer"),
    ("answer", False, "rating", False, "indifferent"),
    ("answer", True, "", False, "refine"), ("answer", False, "", False, "unclear"), ("answer", True, "", True, "refine"),
    ("answer", False, "", True, "nothing_more"), ("indifferent", False, "rating", False, "indifferent"),
    ("indifferent", False, "", False, "unclear"), ("indifferent", False, "", True, "nothing_more"),
    ("indifferent", True, "rating", False, "indifferent"), ("leave", False, "", True, "leave"),
    ("repeat", True, "", False, "repeat"), ("repeat", False, "", False, "repeat"),
    ("farewell", False, "rating", False, "farewell"), ("refine", True, "rating", True, "refine"),
    ("order", True, "", True, "order")])
def test_which_wording_a_reaction_has(kind: ReactionKind, wish: bool, slot: str, anything: bool, wording: str) -> None:
    for locale, table in (("zh", _ZH), ("en", _EN)):
        for bits in range(2 * len(table[wording])):
            said = say(kind, locale, constraint=WISH if wish else None, item_name="X馆", slot=slot, anything=anything, bits=bits)
            template = table[wording][bits % len(table[wording])]
            for hole, filling in (("<item>", "X馆"), ("<need>", WISH.text if wish else ""), ("<slot>", label(slot, locale))):
                template = template.replace(hole, filling)
            assert said == template


def test_wishes_told_in_one_breath_are_told_without_their_full_stops() -> None:
    more = [Constraint(slot="area", op="eq", value="x", text=text) for text in ("in town. ", "cheap!")]
    for locale, told in (("en", "评分4.5分以上; in town; cheap"), ("zh", "评分4.5分以上；in town；cheap")):
        assert told in say("refine", locale, constraint=WISH, more=more)
    assert "in town" not in say("reject", "en", more=more)
