"""What users make of words: claims that the record refutes, the wrong language, a broken form, and what a question is about.

Exact rules alone decide (``recenv.rewards.rules``), never a learned scorer, so that reactions do not depend on who judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from recenv import rng
from recenv.data.constraints import SLOTS
from recenv.data.questions import Asked, read_question
from recenv.envs.dynamics import Heard
from recenv.envs.state import ANYTHING, NO_SLOT, State
from recenv.envs.tables import SLOT_NAMES, Tables
from recenv.rewards.rules.verdicts import Verdict, factual_verdict, instruction_verdict
from recenv.rewards.rulings import Rulings
from recenv.users.utterances import objection

About = Literal["claim", "language", "form", "items", "wordless"]
OBJECTIONS: tuple[str, ...] = ("", *get_args(About))
"""What a user can object to; "" for nothing."""

_WORDS = rng.word("objection")


def silence(n: int, slate_size: int) -> Heard:
    """N turns in which nothing was said that could be objected to or answered."""
    return Heard(np.zeros(n, np.int8), np.zeros((n, slate_size), np.bool_), np.zeros(n, np.uint64), np.full(n, NO_SLOT, np.int8))


def hear(
    tables: Tables, state: State, rows: Sequence[int], turns: Sequence[Rulings], slates: Sequence[Sequence[int]]
) -> tuple[Heard, dict[int, str]]:
    """What N users hear in the turns of the given rows, and by row the words of their objections. slates: N, item rows as users
    see them."""
    heard = silence(len(state), tables.config.slate_size)
    notes: dict[int, str] = {}
    bits = rng.bits(state.turn, _WORDS, start=state.key)
    for row, turn in zip(rows, turns, strict=True):
        act = turn.action.act
        if act == "ask":
            _ask(tables, state, row, read_question(turn.action.text), heard)
        if act not in ("recommend", "ask"):
            continue
        faults = [v for v in (turn(instruction_verdict),) if v is not None and v.failed and v.about in OBJECTIONS]
        claims = turn(factual_verdict) if act == "recommend" else None
        if claims is not None and claims.failed:
            faults.insert(0, claims)
            heard.refuted[row, : len(slates[row])] = [tables.world.item(item).id in claims.refuted for item in slates[row]]
        if faults:
            heard.objection[row] = OBJECTIONS.index(faults[0].about)
            notes[row] = _words(faults[0], turn, int(bits[row]))
    return heard, notes


def _words(fault: Verdict, turn: Rulings, bits: int) -> str:
    name = next((i.name for i in turn.items if i is not None and i.id == fault.item), "")
    return objection(
        fault.about, turn.view.locale, bits, item_name=name, slot=fault.slot, said=fault.said,  # type: ignore[arg-type]
        record=fault.record, wanted=fault.wanted)


def _ask(tables: Tables, state: State, row: int, asked: Asked, heard: Heard) -> None:
    need = tables.need(int(state.session[row]), int(state.goal[row]))
    wanted = [m for m, c in enumerate(need.constraints) if asked.anything or c.slot in asked.slots]
    heard.asked[row] = sum(1 << m for m in wanted)
    if asked.slots:
        told = [c.slot for m, c in enumerate(need.constraints) if m in wanted and not int(state.told[row]) >> m & 1]
        heard.about[row] = SLOT_NAMES.index(next((s for s in told if s in SLOTS), asked.slots[0]))
    elif asked.anything:
        heard.about[row] = ANYTHING
