"""Reading one CrossWOZ dialogue: who said what about which goal, what was offered, what was taken up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from recenv.data.crosswoz_needs import DOMAINS, NEIGHBOURS, REFERENCE
from recenv.errors import RowError

Entry = tuple[int, str, str, str | list[str], bool]
"""Goal entry as published: goal id, domain, slot, value ("" or [] for a request), whether it has been expressed."""

Act = tuple[str, str, str, str]
"""Dialogue act as published: intent, domain, slot, value."""


class Message(msgspec.Struct):
    role: str
    content: str
    dialog_act: list[Act] = []
    user_state: list[Entry] = []
    sys_state: dict[str, dict[str, Any]] = {}


class Dialogue(msgspec.Struct):
    """A published dialogue; other fields are not read."""

    goal: list[Entry]
    final_goal: list[Entry]
    messages: list[Message]
    sys_usr: tuple[int, int] = msgspec.field(name="sys-usr")


class GoalLog(msgspec.Struct):
    """What the dialogue shows of one goal. Turns are indices into ``messages``.

    told: slot -> turn in which the user first brought it up. opened: turn that opens the goal, -1 if none does.
    offers: name -> position in the utterance that first offered it. asked: names the user came back to.
    taken: the name that the user ended with, "" where none.
    """

    id: int
    domain: str
    entries: list[tuple[str, str | list[str]]]
    told: dict[str, int]
    opened: int = -1
    offers: dict[str, int] = {}
    asked: dict[str, None] = {}
    taken: str = ""


class Reading(NamedTuple):
    """The goals that can be mapped, in the order of their ids, and how many cannot (taxi, metro)."""

    goals: list[GoalLog]
    unmapped: int


def parse(raw: object) -> Dialogue:
    """A dialogue from decoded JSON; raises RowError that says which field is not as published."""
    try:
        dialogue = msgspec.convert(raw, Dialogue)
    except msgspec.ValidationError as error:
        raise RowError(f"not a CrossWOZ dialogue: {error}") from None
    if not dialogue.messages or dialogue.messages[0].role != "usr":
        raise RowError("not a CrossWOZ dialogue: the first message must be the user's")
    return dialogue


def read_dialogue(dialogue: Dialogue, known: Mapping[str, Mapping[str, str]]) -> Reading:
    """Follow a dialogue. known: domain -> entity name -> item id; other names are not offers."""
    logs: dict[int, GoalLog] = {}
    unmapped: dict[int, None] = {}
    for id_, domain, slot, value, _ in dialogue.goal:
        if domain not in DOMAINS:
            unmapped[id_] = None
            continue
        logs.setdefault(id_, GoalLog(id=id_, domain=domain, entries=[], told={})).entries.append((slot, value))
    for id_, _, slot, value, _ in dialogue.final_goal:
        if id_ in logs and slot == "名称" and isinstance(value, str) and value in known[logs[id_].domain]:
            logs[id_].taken = value
    _follow(dialogue, logs, known)
    for log in logs.values():
        log.opened = _opening(log)
    return Reading([logs[i] for i in sorted(logs)], len(unmapped))


def _opening(log: GoalLog) -> int:
    stated = [log.told[slot] for slot, value in log.entries if value and slot in log.told]
    return min(stated or log.told.values(), default=-1)


def _follow(dialogue: Dialogue, logs: dict[int, GoalLog], known: Mapping[str, Mapping[str, str]]) -> None:
    current: dict[str, int] = {}  # domain -> the goal now talked about
    for turn, message in enumerate(dialogue.messages):
        if message.role == "usr":
            fresh: dict[str, int] = {}
            for id_, domain, slot, _, expressed in message.user_state:
                if expressed and id_ in logs and slot not in logs[id_].told:
                    logs[id_].told[slot] = turn
                    fresh[domain] = max(id_, fresh.get(domain, 0))
            current.update(fresh)
            for act, domain, slot, value in message.dialog_act:
                if act == "Inform" and slot == "名称" and domain in current and value in logs[current[domain]].offers:
                    logs[current[domain]].asked.setdefault(value)
        else:
            _offers(message, current, logs, known)


def _offers(
    message: Message, current: Mapping[str, int], logs: Mapping[int, GoalLog], known: Mapping[str, Mapping[str, str]]
) -> None:
    """Book what the wizard names in one utterance: on the goal now talked about, or on one that looks near it."""
    heard: list[tuple[int, str]] = []
    for domain in DOMAINS:
        goal = current.get(domain) or min((i for i, log in logs.items() if log.domain == domain), default=0)
        if not goal:
            continue
        elsewhere = {log.taken for i, log in logs.items() if i != goal and log.domain == domain}
        results = message.sys_state.get(domain, {}).get("selectedResults") or []
        names = [v for act, d, slot, v in message.dialog_act if d == domain and slot == "名称" and act in ("Inform", "Recommend")]
        names += [v for v in results if isinstance(v, str)]
        heard += [(goal, n) for n in names if n in known[domain] and (n not in elsewhere or n == logs[goal].taken)]
        for act, d, slot, value in message.dialog_act:
            if d == domain and act == "Inform" and NEIGHBOURS.get(slot, "") in DOMAINS and value in known[NEIGHBOURS[slot]]:
                heard += [(i, value) for i in _looking_near(goal, NEIGHBOURS[slot], logs)]
    for goal in dict.fromkeys(g for g, _ in heard):
        names = list(dict.fromkeys(n for g, n in heard if g == goal))
        names.sort(key=lambda n: message.content.find(n) % (len(message.content) + 1))  # -1, not said, comes last
        for position, name in enumerate(names):
            logs[goal].offers.setdefault(name, position)


def _looking_near(goal: int, domain: str, logs: Mapping[int, GoalLog]) -> list[int]:
    """Goals of a domain whose place is to be near that of ``goal``: its neighbours, when read out, are offers for them."""
    out = []
    for id_, log in logs.items():
        references = [REFERENCE.match(v) for s, v in log.entries if s == "名称" and isinstance(v, str)]
        if log.domain == domain and any(r is not None and int(r[1]) == goal for r in references):
            out.append(id_)
    return out
