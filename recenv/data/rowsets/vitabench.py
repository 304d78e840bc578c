"""VitaBench (Meituan, 2025): which shops, and which products of the right shops, meet a request of life services.

A task gives, with ids ``vitabench/FILE:INDEX`` and what follows here:
- item_ranking: a list of its shops; ``:p``, a list of the products of its right shops. label: 1 for a right one, 0 for another,
  as the authors marked them or, without marks, as the required orders name them; None where neither tells.
- query_item_relevance: ``:N`` and ``:p:N``, one row a member N of those lists, counted from 0 in the order of the file.
- behavior_prediction: ``:h:SECTION:N``, what the user lately ordered at breakfast, say, and what another user of the file ordered
  then (label 0), with the rest of that section as the user's habits; from the first task of a user.

query: the whole request, in the second person of the file; user: profile and habits; context: time, weather, place.
group: the user, who is the same in the Chinese and the English file.

In the files right shops stand first and have more products, and so do right products within a shop. A scorer must see neither:
- The items of a list stand in an order drawn from the task's id. ``order`` says for each where it stood in the file, and ``recenv
  score`` writes items, labels and scores back in the order of the file.
- A shop's record shows as many products as the task's smallest shop has, those that share most words with the request, in a drawn
  order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from recenv import rng
from recenv.data.render import item_text, mapping_text, user_text
from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import JSON, JSONL, Aside, Record, made_of, refuse, scan_records
from recenv.data.search import tokenize
from recenv.data.vitabench_items import product_item, product_text, shop_item
from recenv.data.vitabench_people import Habits, context_of, habits_of, habits_text, profile_of, user_of
from recenv.data.vitabench_tasks import Product, RawTask, Shop, Task, task_of
from recenv.records import ScorerRow

_LIST, _SHOWN, _PAIRED = (rng.word(f"vitabench/{purpose}") for purpose in ("list", "shown", "paired"))


class _Read(NamedTuple):
    """A task with its id and the user's habits by section."""

    id: str
    task: Task
    habits: dict[str, Habits]


class _Made(NamedTuple):
    """A task with the rows of its lists."""

    read: _Read
    rows: list[ScorerRow]


class _Member(NamedTuple):
    """One member of a list: its text and its label."""

    text: str
    right: bool | None


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    file, read = "", list[_Read]()
    for record in scan_records(folder, "vitabench", RawTask, (JSON, JSONL)):
        made = made_of(record, _made, aside)
        if made is None:
            continue
        if record.id.rpartition(":")[0] != file:
            yield from _habit_rows(file, read)
            file, read = record.id.rpartition(":")[0], []
        read.append(made.read)
        yield from made.rows
    yield from _habit_rows(file, read)


def _made(record: Record[RawTask]) -> _Made:
    task = task_of(record.value)
    shops = [_Member(text, s.right) for text, s in zip(_shop_texts(task), task.shops, strict=True)]
    products = [_Member(item_text(product_item(s, p, task.locale)), p.right)
                for s in task.shops if s.right for p in s.products]
    rows = [*_task_rows(record.id, task, shops), *_task_rows(f"{record.id}:p", task, products)]
    return _Made(_Read(record.id, task, habits_of(task)), rows)


def _task_rows(id_: str, task: Task, members: Sequence[_Member]) -> Iterator[ScorerRow]:
    """A list and its members one by one; nothing of an empty list."""
    if not members:
        return
    group, labels = _group(task), [None if m.right is None else float(m.right) for m in members]
    order = tuple(int(n) for n in rng.permutation(len(members), rng.word(id_), _LIST))
    known = [labels[n] for n in order]
    yield ScorerRow(
        dimension="item_ranking", id=id_, group=group, locale=task.locale, query=task.request, user=user_text(user_of(task)),
        context=mapping_text(context_of(task), task.locale), items=tuple(members[n].text for n in order), order=order,
        label=None if None in known else tuple(value for value in known if value is not None))
    for n, member in enumerate(members):
        yield ScorerRow(dimension="query_item_relevance", id=f"{id_}:{n}", group=group, locale=task.locale, query=task.request,
                        item=member.text, label=labels[n])


def _group(task: Task) -> str:
    return f"vitabench/{task.user_id or task.id}"


def _shop_texts(task: Task) -> list[str]:
    """The record of each shop with equally many products."""
    shown = min((len(s.products) for s in task.shops if s.products), default=0)
    asked = frozenset(tokenize(task.request))
    out = []
    for shop in task.shops:
        item = shop_item(shop, task.locale)
        products = tuple(product_text(p, task.locale) for p in _nearest(shop, asked, shown, task.locale))
        out.append(item_text(msgspec.structs.replace(item, attributes={**item.attributes, "products": products} if products
                                                     else item.attributes)))
    return out


def _nearest(shop: Shop, asked: frozenset[str], shown: int, locale: str) -> list[Product]:
    """The ``shown`` products that share most terms with a request, ties and order as drawn."""
    drawn = [shop.products[n] for n in rng.permutation(len(shop.products), rng.word(shop.id), _SHOWN)]
    shared = [len(asked & frozenset(tokenize(product_text(p, locale)))) for p in drawn]
    best = sorted(sorted(range(len(drawn)), key=lambda n: -shared[n])[:shown])
    return [drawn[n] for n in best]


class _Past(NamedTuple):
    """A section of a user's habits, with the first task of that user."""

    read: _Read
    habits: Habits


def _habit_rows(file: str, read: Sequence[_Read]) -> Iterator[ScorerRow]:
    """Rows of recent orders: each is once what its user took up, and once what the next user in a drawn circle did not."""
    users = {_group(r.task): r for r in reversed(read)}
    sections: dict[str, list[_Past]] = {}
    for reader in reversed(users.values()):
        for name, habits in reader.habits.items():
            if habits.recent and habits.told:
                sections.setdefault(name, []).append(_Past(reader, habits))
    for name, pasts in sections.items():
        circle = [pasts[n] for n in rng.permutation(len(pasts), rng.word(f"{file}/{name}"), _PAIRED)]
        for at, past in enumerate(circle if len(circle) > 1 else ()):
            own, others = past.habits.recent, circle[at - 1].habits.recent
            pairs = [(text, 1.0) for text in own] + [(text, 0.0) for text in others if text not in own]
            for n, (text, label) in enumerate(pairs):
                yield _habit_row(f"{past.read.id}:h:{name}:{n}", past, name, text, label)


def _habit_row(id_: str, past: _Past, name: str, item: str, label: float) -> ScorerRow:
    task = past.read.task
    joint = "；" if task.locale == "zh" else "; "
    user = joint.join((mapping_text(profile_of(task), task.locale), habits_text(past.habits, task.locale, recent=False)))
    return ScorerRow(dimension="behavior_prediction", id=id_, group=_group(task), locale=task.locale, user=user, query=name,
                     item=item, label=label)


ENTRY = RowSet("which shops and products meet a request of life services; what a user with such habits ordered",
               ("item_ranking", "query_item_relevance", "behavior_prediction"), convert,
               licence="MIT", origin="meituan-longcat/vitabench @ 96f3b85 (Meituan, 2025)")
