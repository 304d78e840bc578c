"""VitaBench (Meituan, 2025): real needs of life services become sessions.

A task is a session, an order of it a goal, a shop or product an item with every field that its record holds. The need is known
by its label alone: the order's products and its shop meet it (its shop, for a booking), nothing else does. What the user says are
the sentences of the request about that order, the first at once, the others one at a time. How patient they are is read from
their temper. Sessions are ``constructed``: nobody held these dialogues, and candidates that nobody ordered count as passed over.

- Candidates are what the order's kind is, products or shops: the right ones, then those of the task, from each shop in turn,
  then, up to twenty, those of the same category from tasks in the same city and elsewhere, of shops that are right in no task,
  since orders would show in their popularity. They stand in a drawn order.
- In the files right shops stand first, have more products and lower ids. So items' ids are hashes, a shop's products are no part
  of its record (``vitabench_items``), and lists take from every shop in turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from recenv import rng
from recenv.data.candidates import C
from recenv.data.ingest import IngestReport, Progress, Quarantine, sha256
from recenv.data.rowsets.reading import JSON, JSONL, Record, files, into, made_of, scan_records
from recenv.data.sound import check_item, check_user
from recenv.data.store import StoreWriter
from recenv.data.vitabench_items import product_item, shop_item
from recenv.data.vitabench_needs import Wish, constraints, patience, query_of, wishes
from recenv.data.vitabench_people import city_of, context_of, temper_of, user_of
from recenv.data.vitabench_tasks import RawTask, Task, task_of
from recenv.errors import RowError
from recenv.records import Goal, Item, Need, Outcome, Privileged, Session, User

INSTRUCTION = {
    "zh": "请根据用户的需求推荐商家或商品，每次最多推荐3家，用中文回答。",
    "en": "Recommend places or products for what the user asks for, at most 3 at a time, and answer in English.",
}
_PICK, _ORDER = rng.word("vitabench/pick"), rng.word("vitabench/order")


class _Offer(NamedTuple):
    """What a task has to offer: the items of a shop, by kind, and where. spare: the shop is right in no task."""

    shop: Item
    products: tuple[Item, ...]
    city: str
    spare: bool


class _Case(NamedTuple):
    """One task that can be played."""

    id: str
    task: Task
    user: User
    context: dict[str, str]
    wishes: tuple[Wish, ...]
    offers: tuple[_Offer, ...]


def ingest_vitabench(
    folder: str | Path, out: str | Path, *, overwrite: bool = False, progress: Progress | None = None, max_bad: float = 0.01
) -> IngestReport:
    """Build a store from a folder of VitaBench task files (JSON arrays, plain, gzipped or zipped); all tasks are held in memory.

    max_bad: the share of unusable tasks, in [0, 1], above which nothing is written.
    Raises InputError for a missing or damaged file, StoreError for an unusable target or too many bad tasks.
    """
    sources = files(folder, "vitabench", (JSON, JSONL))
    with Quarantine() as quarantine, StoreWriter(out, kind="vitabench", overwrite=overwrite) as writer:
        rows, cases = 0, list[_Case]()
        for record in scan_records(folder, "vitabench", RawTask, (JSON, JSONL)):
            rows += 1
            case = made_of(record, _case, into(quarantine))
            if case is not None:
                cases.append(case)
        quarantine.judge(rows, max_bad)
        counts: Counter[str] = Counter()
        for user in _users(cases):
            writer.add_user(user)
        for n, case in enumerate(cases):
            _add(writer, case, cases, counts)
            if progress is not None:
                progress(n + 1, len(cases))
        quarantine.write(writer.attach("quarantine.jsonl"))
        report = _report(writer, rows, quarantine, counts, cases)
        notes = {"source": "constructed", "report": msgspec.to_builtins(report)}
        writer.finish(source={path.name: sha256(path) for path, _ in sources}, notes=notes)
    return report


def _case(record: Record[RawTask]) -> _Case:
    task = task_of(record.value)
    made = wishes(task)
    if not made:
        raise RowError("evaluation_criteria: no required order names a shop of the task, and none is marked as right")
    city = city_of(task)
    offers = tuple(
        _Offer(shop_item(s, task.locale), tuple(product_item(s, p, task.locale) for p in s.products), city, s.right is False)
        for s in task.shops)
    user = user_of(task)
    check_user(user)
    for item in (i for offer in offers for i in (offer.shop, *offer.products)):
        check_item(item)
    return _Case(record.id, task, user, context_of(task), made, offers)


def _users(cases: Sequence[_Case]) -> list[User]:
    """Each user once: the profile of their first task, the earlier orders of all."""
    users: dict[str, User] = {}
    for user in (case.user for case in cases):
        first = users.setdefault(user.id, user)
        users[user.id] = msgspec.structs.replace(first, history=tuple(dict.fromkeys((*first.history, *user.history))))
    return list(users.values())


def _add(writer: StoreWriter, case: _Case, cases: Sequence[_Case], counts: Counter[str]) -> None:
    task = case.task
    for item in (i for offer in case.offers for i in (offer.shop, *offer.products)):
        writer.add_item(item)
    goals, needs, outcomes = [], [], []
    for g, wish in enumerate(case.wishes):
        aim = _aim(case, wish)
        listed = _candidates(case, g, aim, cases)
        for item in listed:  # of tasks to come
            writer.add_item(item)
        told = constraints(wish)
        meets = tuple(item.id for item in (*aim.right, *aim.also))
        passed = tuple(item.id for item in listed if item.id not in meets)
        goals.append(Goal(category=aim.right[0].category, query=query_of(wish, task.locale),
                          candidates=tuple(item.id for item in listed)))
        needs.append(Need(constraints=told, meets=meets))
        outcomes.append(tuple(Outcome(item_id=i, event="order" if i in meets else "offered") for i in (*meets, *passed)))
        counts["sentences"] += len(told)
        counts["goals_of_products" if wish.products else "goals_of_shops"] += 1
    writer.add_session(
        Session(id=case.id, user_id=case.user.id, locale=task.locale, instruction=INSTRUCTION[task.locale],
                context=case.context, goals=tuple(goals), source="constructed"),
        Privileged(needs=tuple(needs), outcomes=tuple(outcomes), patience=patience(temper_of(task))))


class _Aim(NamedTuple):
    """What meets a wish. right: of the candidates' kind, at least one; also: the shop of right products."""

    right: tuple[Item, ...]
    also: tuple[Item, ...]


def _aim(case: _Case, wish: Wish) -> _Aim:
    offer = case.offers[case.task.shops.index(wish.shop)]
    right = tuple(item for item, p in zip(offer.products, wish.shop.products, strict=True) if p.id in wish.products)
    return _Aim(right, (offer.shop,)) if right else _Aim((offer.shop,), ())


def _candidates(case: _Case, goal: int, aim: _Aim, cases: Sequence[_Case]) -> list[Item]:
    """Up to C candidates of a goal, in an order that carries no meaning: pure in the task's id, the goal and the tasks read."""
    key, city, mine = rng.word(case.id), city_of(case.task), {o.shop.id for o in case.offers}
    others = [o for other in cases if other.task.locale == case.task.locale for o in other.offers
              if o.spare and o.shop.id not in mine and o.shop.category == aim.right[0].category]
    chosen = {item.id: item for item in aim.right[:C]}
    for group in (case.offers, [o for o in others if o.city == city], [o for o in others if o.city != city]):
        for item in _in_turn(group, bool(aim.also), key, goal):
            if len(chosen) < C:
                chosen.setdefault(item.id, item)
    items = sorted(chosen.values(), key=lambda item: item.id)
    return [items[j] for j in rng.permutation(len(items), key, goal, _ORDER)]


def _in_turn(offers: Sequence[_Offer], products: bool, key: int, goal: int) -> Iterator[Item]:
    """Items of shops in a drawn order: the first of each, then the second of each, and so on."""
    shops = [offers[j] for j in rng.permutation(len(offers), key, goal, _PICK)]
    lists = []
    for offer in shops:
        own = offer.products if products else (offer.shop,)
        lists.append([own[j] for j in rng.permutation(len(own), key, goal, rng.word(offer.shop.id))])
    for n in range(max(map(len, lists), default=0)):
        yield from (own[n] for own in lists if n < len(own))


def _report(writer: StoreWriter, rows: int, quarantine: Quarantine, counts: Counter[str], cases: Sequence[_Case]) -> IngestReport:
    tables: dict[str, dict[str, float | int | str]] = {
        "tasks by environment": dict(Counter(" + ".join(sorted({s.kind for s in c.task.shops})) for c in cases)),
        "tasks by language": dict(Counter(c.task.locale for c in cases)),
    }
    return IngestReport(
        kind="vitabench", out=str(writer.out), rows=rows, quarantined=quarantine.count,
        counts={**writer.counts, **dict(sorted(counts.items()))}, tables={k: v for k, v in tables.items() if v},
        notes=("sessions are constructed: needs, users and shops are the benchmark's, the dialogues are nobody's",
               "a need is known by its order alone; candidates that were not ordered count as passed over",
               "assumed: patience of 3 to 6 turns, from the words for the user's temper",
               "assumed: which sentence is about which order, from the words that they share"),
        examples=tuple(quarantine.examples))
