"""The grade of a hotel that a clause tells: "舒适型", "高档型"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.wording import NO

NAMES = ("grades_right", "grades_wrong")

_GRADE = re.compile("(经济|舒适|高档|豪华|奢华|商务|快捷)型")


def grades(text: str, about: Sequence[int], places: Sequence[Place]) -> dict[str, int]:
    """Of how many places a clause rightly tells the grade, and of how many wrongly; nothing of places without one."""
    said = frozenset(_GRADE.findall(text))
    known = [own for n in about if (own := frozenset(_GRADE.findall(places[n].kind)))] if said else []
    if not known:
        return {}
    if NO.search(text):  # "没有一家是豪华型"
        wrong = sum(bool(own & said) for own in known)
        return {"grades_right": int(not wrong), "grades_wrong": wrong}
    right = sum(own <= said for own in known)
    return {"grades_right": right, "grades_wrong": len(known) - right}
