"""RecRM-Bench folders (arXiv 2605.11874, and the synthetic generator's) as a store.

The rows are single-turn, so sessions are made from them: an item-ranking row is a session of one goal with its user, query, list
and behaviour labels. Behaviour and relevance rows add users and items. Where the ranking file is absent, behaviour rows
of one user (and session, where rows name one) that lie near each other become a list. Such sessions are ``constructed``;
rows with a ``gold`` part are ``synthetic``, and only they have a need.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from recenv import rng
from recenv.data.coerce import NUMBERED, READ, UNPARSED
from recenv.data.fieldmap import TABLES, listed, load_field_map, of_user
from recenv.data.foreign import foreign_text
from recenv.data.ingest import IngestReport, Progress, Quarantine, hashing, uncollected
from recenv.data.made import Made
from recenv.data.rows import FILES, Bad, Row, RowFile, open_rows
from recenv.data.store import StoreWriter
from recenv.errors import InputError, RowError
from recenv.records import Event, Goal, Item, Need, Outcome, Privileged, Session, User

INSTRUCTION = {
    "zh": "请根据用户需求推荐商家，每次最多推荐3家，用中文回答。",
    "en": "Recommend places for what the user asks for, at most 3 at a time, and answer in English.",
}
"""The instruction of sessions whose rows have none."""

_LISTS = next(d for d in TABLES if listed(d))
_TAKEN = next(d for d in TABLES if of_user(d))
_ORDER = rng.word("recrm/order")
_OPEN_GROUPS, _OPEN_BYTES, _LIST = 256, 32 << 20, 20
_EVERY = 1000  # rows between calls of progress


class _Tally:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.labels: dict[str, list[float]] = {d: [0.0, 0.0] for d in TABLES}  # sum, number
        self.lists: Counter[int] = Counter()

    def label(self, row: Row) -> None:
        values = row.labels if listed(row.dimension) else (row.label,)
        self.labels[row.dimension][0] += sum(values)
        self.labels[row.dimension][1] += len(values)


def ingest_recrm(
    folder: str | Path, out: str | Path, *, field_map: str | Path | None = None, max_bad: float = 0.01, overwrite: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Build a store from a RecRM-Bench folder, streaming; peak memory does not grow with the files.

    field_map: TOML of ``fieldmap``, needed where keys cannot be told apart. max_bad: the share of unusable rows, in [0, 1],
    above which nothing is written. Raises InputError for files or keys that cannot be used, StoreError for an
    unusable target, too many bad rows, or rows from which no session can be made.
    """
    mapped = None if field_map is None else load_field_map(field_map)
    made = Made()
    files = {d: file for d in TABLES if (file := open_rows(folder, d, mapped, made)) is not None}
    if not {_LISTS, _TAKEN} & files.keys():
        raise InputError(f"{folder} has neither {FILES[_LISTS]} nor {FILES[_TAKEN]} (below data/ or the folder itself); sessions "
                         "are made from one of them")
    tally, total = _Tally(), sum(file.path.stat().st_size for file in files.values())
    paths = {FILES[d]: file.path for d, file in files.items()}
    with (Quarantine() as quarantine, StoreWriter(out, kind="recrm", overwrite=overwrite) as writer, hashing(paths) as source,
          uncollected()):
        done = 0
        for dimension in reversed(TABLES):  # sessions first, so that their users and items come first
            if dimension in files:
                _read(writer, files[dimension], _LISTS not in files, quarantine, tally, progress, done, total)
                done += files[dimension].path.stat().st_size
        rows = sum(tally.rows.values())
        quarantine.judge(rows, max_bad)
        quarantine.write(writer.attach("quarantine.jsonl"))
        report = _report(writer, files, quarantine, tally)
        writer.finish(source=source(), notes={"report": msgspec.to_builtins(report)})
    return report


def _read(
    writer: StoreWriter, file: RowFile, group: bool, quarantine: Quarantine, tally: _Tally, progress: Progress | None, done: int,
    total: int,
) -> None:
    grouping = _Groups() if group and of_user(file.dimension) else None
    for row in file:
        tally.rows[file.dimension] += 1
        if progress is not None and tally.rows[file.dimension] % _EVERY == 0:
            progress(done + row.end, total)
        if isinstance(row, Bad):
            quarantine.add(FILES[file.dimension], row.line, row.reason)
            continue
        try:
            _add(writer, row, tally)
        except RowError as error:
            quarantine.add(FILES[file.dimension], row.line, str(error))
            continue
        tally.label(row)
        for made in grouping.add(row) if grouping is not None else ():
            _add_group(writer, made, quarantine, tally)
    for made in grouping.rest() if grouping is not None else ():
        _add_group(writer, made, quarantine, tally)
    if progress is not None:
        progress(done + file.path.stat().st_size, total)


def _add(writer: StoreWriter, row: Row, tally: _Tally) -> None:
    """Items, user and, for a ranking row, the session; all of them or, where a RowError is raised, none."""
    items = [*row.past, *row.items, *(() if row.item is None else (row.item,))]
    user = row.user
    if user is not None and not user.id:
        user = msgspec.structs.replace(user, id=f"recrm/{row.dimension}/{row.line - 1}")
    made = _session(row, user) if listed(row.dimension) and user is not None else None
    writer.check(items, user, *(made or ()))
    for item in items:
        writer.add_item(item)
    if user is not None:
        writer.add_user(user)
        tally.counts["rows_without_any_user"] += user is not row.user
    if made is not None:
        _add_session(writer, row, made, tally)


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


def _add_session(writer: StoreWriter, row: Row, made: _Made, tally: _Tally) -> None:
    writer.add_session(*made)
    candidates = made.session.goals[0].candidates
    tally.counts["listed_twice"] += len(row.items) - len(candidates)
    tally.lists[len(candidates)] += 1
    tally.counts["sessions_without_instruction"] += not row.instruction
    tally.counts["sessions_with_gold"] += row.gold is not None
    tally.counts["sessions_nothing_taken"] += all(o.event == "offered" for o in made.privileged.outcomes[0])


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


def _add_group(writer: StoreWriter, group: _Group, quarantine: Quarantine, tally: _Tally) -> None:
    row = group.first
    if len(group.items) < 2 or not row.query or row.user is None:
        tally.counts["behaviour_groups_too_short_or_without_query"] += 1
        return
    items = tuple(item for item, _ in group.items.values())
    ranking = msgspec.structs.replace(
        row, dimension=_LISTS, session_id=f"recrm/behavior/{group.number}", items=items, item=None,
        labels=tuple(label for _, label in group.items.values()),
        category=Counter(item.category for item in items).most_common(1)[0][0],
    )
    made = _session(ranking, msgspec.structs.replace(row.user, id=row.user_id))
    try:
        writer.check((), None, *made)
        _add_session(writer, ranking, made, tally)
    except RowError as error:
        quarantine.add(FILES[_TAKEN], row.line, str(error))


# -- report ----------------------------------------------------------------------------------------------------------


def _report(writer: StoreWriter, files: dict[str, RowFile], quarantine: Quarantine, tally: _Tally) -> IngestReport:
    notes = [f"{FILES[d]} is missing: {_LACK[d]}" for d in TABLES if d not in files]
    foreign = {d: file for d, file in files.items() if any(str(source) != field for field, source in file.sources.items())}
    notes += [f"{d}: every field has a key of its own name" for d in files if d not in foreign]
    notes += [f"{d}: keys that feed nothing: {', '.join(file.unused)}" for d, file in foreign.items() if file.unused]
    assumed: Counter[str] = Counter()
    for file in files.values():
        assumed.update(file.assumed)
    for dimension, file in files.items():
        notes += [f"{dimension}: {READ}, such as {one}" for one in file.preview]
    unparsed, _ = assumed.pop(UNPARSED, 0), assumed.pop(READ, 0)
    notes += [f"WARNING: {UNPARSED}: {unparsed:,} rows"] if unparsed else []
    notes += [told] if (told := foreign_text(writer.items_by_category)) else []
    numbered = assumed.pop(NUMBERED, 0)
    notes += [f"{NUMBERED}: {numbered:,} rows"] if numbered else []
    if tally.counts["sessions_without_instruction"]:
        assumed["instruction of the session (a fixed sentence)"] = tally.counts["sessions_without_instruction"]
    tables: dict[str, dict[str, float | int | str]] = {
        "rows by file": {d: tally.rows[d] for d in files},
        "mean label": {d: s / n for d, (s, n) in tally.labels.items() if n},
        "field <- raw key": {f"{d}.{field}": str(s) for d, file in foreign.items() for field, s in file.sources.items()},
        "assumed, rows": dict(sorted(assumed.most_common(30))),
        "candidates of a session -> sessions": {str(k): v for k, v in sorted(tally.lists.items())[:30]},
    }
    return IngestReport(
        kind="recrm", out=str(writer.out), rows=sum(tally.rows.values()), quarantined=quarantine.count,
        counts={**writer.counts, **dict(sorted(tally.counts.items()))}, tables={k: v for k, v in tables.items() if v},
        notes=tuple(notes), examples=tuple(quarantine.examples),
    )


_LACK = {
    "instruction_following": "no labelled rows for this dimension",
    "factual_consistency": "no labelled rows for this dimension",
    "query_item_relevance": "no labelled rows for this dimension, no further items from it",
    "behavior_prediction": "no labelled rows for this dimension, no further users and items from it",
    "item_ranking": "no labelled rows for this dimension; sessions are made from behaviour rows of one user near each other",
}
