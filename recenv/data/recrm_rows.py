"""Rows of a RecRM-Bench folder as users, items and sessions of a store."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from recenv import rng
from recenv.data.fieldmap import TABLES, listed, of_user
from recenv.data.rows import FILES, Bad, Row, RowFile
from recenv.data.store import StoreWriter
from recenv.errors import RowError
from recenv.records import Event, Goal, Item, Need, Outcome, Privileged, Session, User

INSTRUCTION = {
    "zh": "请根据用户需求推荐商家，每次最多推荐3家，用中文回答。",
    "en": "Recommend places for what the user asks for, at most 3 at a time, and answer in English.",
}
"""The instruction of sessions whose rows have none."""

LISTS = next(d for d in TABLES if listed(d))
TAKEN = next(d for d in TABLES if of_user(d))
_ORDER = rng.word("recrm/order")
_OPEN_GROUPS, _OPEN_BYTES, _LIST = 256, 32 << 20, 20
_EVERY = 1000  # rows between calls of progress

UNNAMED = "rows_without_any_user"
"""What counts rows whose user has no id."""


class Tally:
    """What rows were read, by dimension, and what was found in them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.labels: dict[str, list[float]] = {d: [0.0, 0.0] for d in TABLES}  # sum, number
        self.lists: Counter[int] = Counter()

    def label(self, row: Row) -> None:
        values = row.labels if listed(row.dimension) else (row.label,)
        self.labels[row.dimension][0] += sum(values)
        self.labels[row.dimension][1] += len(values)


Take = Callable[[Row], None]
"""Takes what a row holds, all of it or, raising RowError, nothing."""
Refuse = Callable[[str, int, str], None]
"""Takes the file, the line (1-based) and the reason of a row that cannot be used."""


def read(file: RowFile, take: Take, refuse: Refuse, tally: Tally, told: Callable[[int], None] | None = None) -> None:
    """Give every row of a file to ``take``. told: called now and then with the bytes that were read."""
    name = FILES[file.dimension]
    for row in file:
        tally.rows[file.dimension] += 1
        if told is not None and tally.rows[file.dimension] % _EVERY == 0:
            told(row.end)
        if isinstance(row, Bad):
            refuse(name, row.line, row.reason)
            continue
        try:
            take(row)
        except RowError as error:
            refuse(name, row.line, str(error))
            continue
        tally.label(row)

def records(row: Row) -> tuple[list[Item], User | None]:
    """Items and user of a row; a user without an id is named by the row."""
    user = row.user
    if user is not None and not user.id:
        user = msgspec.structs.replace(user, id=f"recrm/{row.dimension}/{row.line - 1}")
    return [*row.past, *row.items, *(() if row.item is None else (row.item,))], user


class Builder:
    """Adds rows to a store: users, items and, of ranking rows, sessions. group: behaviour rows become sessions, too."""

    def __init__(self, writer: StoreWriter, refuse: Refuse, tally: Tally, group: bool) -> None:
        self._writer, self._refuse, self._tally = writer, refuse, tally
        self._groups = _Groups() if group else None

    def take(self, row: Row) -> None:
        items, user = records(row)
        made = _session(row, user) if listed(row.dimension) and user is not None else None
        self._writer.check(items, user, *(made or ()))
        for item in items:
            self._writer.add_item(item)
        if user is not None:
            self._writer.add_user(user)
            self._tally.counts[UNNAMED] += user is not row.user
        if made is not None:
            self._add(row, made)
        for group in self._groups.add(row) if self._groups is not None and of_user(row.dimension) else ():
            self._add_group(group)

    def close(self) -> None:
        """Add the lists that are still being collected."""
        for group in self._groups.rest() if self._groups is not None else ():
            self._add_group(group)

    def _add(self, row: Row, made: _Made) -> None:
        self._writer.add_session(*made)
        candidates, counts = made.session.goals[0].candidates, self._tally.counts
        counts["listed_twice"] += len(row.items) - len(candidates)
        self._tally.lists[len(candidates)] += 1
        counts["sessions_without_instruction"] += not row.instruction
        counts["sessions_with_gold"] += row.gold is not None
        counts["sessions_nothing_taken"] += all(o.event == "offered" for o in made.privileged.outcomes[0])

    def _add_group(self, group: _Group) -> None:
        row = group.first
        if len(group.items) < 2 or not row.query or row.user is None:
            self._tally.counts["behaviour_groups_too_short_or_without_query"] += 1
            return
        items = tuple(item for item, _ in group.items.values())
        ranking = msgspec.structs.replace(
            row, dimension=LISTS, session_id=f"recrm/behavior/{group.number}", items=items, item=None,
            labels=tuple(label for _, label in group.items.values()),
            category=Counter(item.category for item in items).most_common(1)[0][0],
        )
        made = _session(ranking, msgspec.structs.replace(row.user, id=row.user_id))
        try:
            self._writer.check((), None, *made)
            self._add(ranking, made)
        except RowError as error:
            self._refuse(FILES[TAKEN], row.line, str(error))


class _Made(NamedTuple):
    """A session with what is hidden of it, and its gold utilities where there are any."""

    session: Session
    privileged: Privileged
    utilities: list[list[float]] | None


def _session(row: Row, user: User) -> _Made:
    """A session of one goal; the candidates are shuffled by the session's id, so that their order carries no meaning."""
    session_id = row.session_id or f"recrm/{row.dimension}/{row.line - 1}"
    first: dict[str, int] = {}
    for position, item in enumerate(row.items):
        first.setdefault(item.id, position)
    label: dict[str, float] = {}
    for item, value in zip(row.items, row.labels, strict=True):
        label[item.id] = max(value, label.get(item.id, value))
    positions, ids, gold = list(first.values()), list(first), row.gold
    order = [int(p) for p in rng.permutation(len(ids), rng.word(session_id), _ORDER)]
    taken = any(v >= 0.5 for v in label.values())
    return _Made(
        Session(id=session_id, user_id=user.id, locale=row.locale, instruction=row.instruction or INSTRUCTION[row.locale],
                context=row.context, source="constructed" if gold is None else "synthetic",
                goals=(Goal(category=row.category, query=row.query, candidates=tuple(ids[p] for p in order)),)),
        Privileged(needs=(Need() if gold is None else gold.need,),
                   outcomes=(tuple(Outcome(item_id=i, event=_event(label[i]), position=first[i]) for i in ids),),
                   patience=4 if gold is None else gold.patience, left=not taken if gold is None else gold.left),
        None if gold is None else [[gold.utilities[positions[p]] for p in order]],
    )


def _event(label: float) -> Event:
    return "order" if label >= 0.5 else "offered"


class _Group(msgspec.Struct):
    """Behaviour rows of one user (and session) that are still being collected."""

    key: str
    number: int
    first: Row
    items: dict[str, tuple[Item, float]]
    size: int = 0


class _Groups:
    """Collects behaviour rows into lists of up to twenty, with a bound on open lists and on their bytes."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, _Group] = OrderedDict()
        self._bytes = 0
        self._number = 0

    def add(self, row: Row) -> Iterator[_Group]:
        """Take a row; yields the lists that are now complete or have to make room."""
        if row.item is None or not row.user_id:
            return
        key = f"{row.user_id}\n{row.session_id}"
        group = self._open.get(key)
        if group is None:
            group = self._open[key] = _Group(key, self._number, row, {})
            self._number += 1
        group.items.setdefault(row.item.id, (row.item, row.label))
        group.size += row.size
        self._bytes += row.size
        if len(group.items) == _LIST:
            yield self._close(key)
        while self._open and (len(self._open) > _OPEN_GROUPS or self._bytes > _OPEN_BYTES):
            yield self._close(next(iter(self._open)))

    def rest(self) -> Iterator[_Group]:
        while self._open:
            yield self._close(next(iter(self._open)))

    def _close(self, key: str) -> _Group:
        group = self._open.pop(key)
        self._bytes -= group.size
        return group
