"""Tasks of VitaBench (Meituan, 2025): delivery, in-store and travel, Chinese and English, told apart by their shape alone.

An environment member is a list of shops where its members have a name and no order, booking or customer: stores, shops, hotels,
attractions, flights, trains. Which of them are right is what their authors marked (``shop_type``, ``product_type``: target or
distraction) and, where nothing is marked, what the required orders name. Marks, and what was written to explain them, never get
into ``fields``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from recenv.data.coerce import locale_of, text_of
from recenv.errors import RowError

Fields = Mapping[str, Any]

_MARKS = {"target": True, "distraction": False, "distractor": False, "目标": True, "干扰": False, "干扰项": False}
_EXPLAINS = ("target_reason", "distraction_reason", "special_note")
_OF_ORDERS = ("order_id", "book_id", "reservation_id", "customer_id", "user_id")
_KINDS = ("room_type", "ticket_type", "seat_type")


class RawTask(msgspec.Struct):
    """A task as it lies in a file; ``task_of`` says what is wrong with one that cannot be used."""

    id: Any = ""
    environment: Any = None
    user_scenario: Any = None
    instructions: Any = None
    evaluation_criteria: Any = None


class Product(NamedTuple):
    """What a shop sells. right: it is what the task asks for; None where nothing in the task says."""

    id: str
    name: str
    fields: Fields
    right: bool | None


class Shop(NamedTuple):
    """A shop, hotel, attraction, flight or train, with its products in the order of the file. kind: the member of the
    environment that it is from."""

    id: str
    kind: str
    name: str
    fields: Fields
    products: tuple[Product, ...]
    right: bool | None


class Order(NamedTuple):
    """A required order or booking. shop, products: ids that the task's shops have. old: it was there before the request;
    dropped: its outcome is to be cancelled."""

    id: str
    shop: str
    products: tuple[str, ...]
    old: bool
    dropped: bool


class Task(NamedTuple):
    """One request with its world. request: as written for a simulated user, in the second person. habits: what is known of the
    user's past, by section. rubrics: sentences by state that is to be reached. past: shops and products ordered before."""

    id: str
    locale: str
    request: str
    user_id: str
    profile: dict[str, str]
    habits: Fields
    environment: Fields
    shops: tuple[Shop, ...]
    orders: tuple[Order, ...]
    rubrics: tuple[tuple[str, ...], ...]
    past: tuple[Order, ...]


def task_of(raw: RawTask) -> Task:
    """A task from its record. Raises RowError for one without request, shops, or names."""
    request = raw.instructions.strip() if isinstance(raw.instructions, str) else ""
    if not request:
        raise RowError(f"instructions: expected the request as text, got {raw.instructions!r:.60}")
    environment = _mapping(raw.environment, "environment")
    scenario = _mapping(raw.user_scenario or {}, "user_scenario")
    profile = _mapping(scenario.get("user_profile") or {}, "user_scenario.user_profile")
    found = dict(_shops(environment))
    if not found:
        raise RowError("environment: no member lists shops (members with a name, such as stores, shops, hotels, attractions)")
    states = _states(raw.evaluation_criteria)
    before = _mapping(environment.get("orders") or {}, "environment.orders")
    orders = tuple(dict.fromkeys(
        o for state in states for raw_order in _listed(state.get("required_orders")) for o in _orders(raw_order, found, before)))
    user = environment.get("user_id") or next((v for k, v in profile.items() if k in ("user id", "用户id", "user_id")), "")
    return Task(
        id=text_of(raw.id, "id"), locale=locale_of((request,)), request=request, user_id=text_of(user, "user_id"),
        profile={str(k): text_of(v, str(k)) for k, v in profile.items() if v not in (None, "") and v != user},
        habits=_mapping(environment.get("user_historical_behaviors") or {}, "environment.user_historical_behaviors"),
        environment=environment, shops=_marked(found, orders), orders=orders,
        rubrics=tuple(tuple(r for r in _listed(state.get("state_rubrics")) if isinstance(r, str)) for state in states),
        past=tuple(o for raw_order in before.values() for o in _orders(raw_order, found, {})))


def _mapping(value: object, where: str) -> Fields:
    if not isinstance(value, Mapping):
        raise RowError(f"{where}: expected an object, got {type(value).__name__}")
    return value


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


# -- shops ---------------------------------------------------------------------------------------------------------------


def _shops(environment: Fields) -> Iterator[tuple[str, tuple[str, Fields]]]:
    """Id -> (environment member, fields), in the order of the file."""
    for kind, members in environment.items():
        if isinstance(members, Mapping) and members and all(_is_shop(m) for m in members.values()):
            yield from ((str(key), (kind, fields)) for key, fields in members.items())


def _is_shop(member: object) -> bool:
    return isinstance(member, Mapping) and bool(_name(member)) and not any(k in member for k in _OF_ORDERS)


def _name(fields: Fields) -> str:
    """A shop's name: ``name``, else ``hotel_name``, ``flight_number`` and the like."""
    keys = ("name", *(k for k in fields if str(k).endswith("_name")), *(k for k in fields if str(k).endswith("_number")))
    return next((str(fields[k]).strip() for k in keys if isinstance(fields.get(k), str) and fields[k].strip()), "")


def _product_name(fields: Fields, shop: str) -> str:
    """A product's name; of rooms, tickets and seats their type and date, after the shop's name."""
    if isinstance(fields.get("name"), str) and fields["name"].strip():
        return str(fields["name"]).strip()
    told = [str(fields[k]) for k in (*_KINDS, "date") if fields.get(k)]
    return " ".join((shop, *told))


def _marked(found: Mapping[str, tuple[str, Fields]], orders: tuple[Order, ...]) -> tuple[Shop, ...]:
    """The shops with what is right among them and their products."""
    listed = {id_: _products(id_, fields) for id_, (_, fields) in found.items()}
    shop_marks = {id_: _mark(fields) for id_, (_, fields) in found.items()}
    product_marks = {(id_, n): _mark(p) for id_, products in listed.items() for n, p in enumerate(products)}
    ordered = {o.shop for o in orders}
    bought = {(o.shop, p) for o in orders for p in o.products}
    out = []
    for id_, (kind, fields) in found.items():
        products = []
        for n, p in enumerate(listed[id_]):
            product = str(p.get("product_id") or n)
            right = _right(product_marks[id_, n], True in product_marks.values(), (id_, product) in bought, bool(bought))
            products.append(Product(product, _product_name(p, _name(fields)), _open(p), right))
        right = _right(shop_marks[id_], True in shop_marks.values(), id_ in ordered, bool(ordered))
        out.append(Shop(id_, kind, _name(fields), _open(fields), tuple(products), right))
    return tuple(out)


def _products(shop: str, fields: Fields) -> list[Fields]:
    products = fields.get("products") or []
    if not isinstance(products, list) or not all(isinstance(p, Mapping) for p in products):
        raise RowError(f"products of {shop}: expected a list of objects")
    return products


def _right(mark: bool | None, marked: bool, named: bool, known: bool) -> bool | None:
    return mark is True if marked else named if known else None


def _mark(fields: Fields) -> bool | None:
    return next((_MARKS[v.strip().casefold()] for k, v in fields.items() if _is_mark(k, v)), None)


def _is_mark(key: object, value: object) -> bool:
    return str(key).endswith("_type") and isinstance(value, str) and value.strip().casefold() in _MARKS


def _open(fields: Fields) -> Fields:
    """Fields without marks, explanations and what lies deeper."""
    return {str(k): v for k, v in fields.items() if not _is_mark(k, v) and k not in (*_EXPLAINS, "products", "field")}


# -- orders --------------------------------------------------------------------------------------------------------------


def _states(criteria: object) -> list[Fields]:
    states = criteria.get("expected_states") if isinstance(criteria, Mapping) else None
    return [s for s in _listed(states) if isinstance(s, Mapping)]


def _orders(raw: object, shops: Mapping[str, tuple[str, Fields]], before: Fields) -> Iterator[Order]:
    """An order that names a known shop, and those that were put among its products by mistake."""
    if not isinstance(raw, Mapping):
        return
    parts = [p for p in _listed(raw.get("products")) if isinstance(p, Mapping)]
    shop = next((v for k, v in raw.items() if str(k).endswith("_id") and isinstance(v, str) and v in shops), None)
    if shop is not None:
        own = {str(p.get("product_id") or n) for n, p in enumerate(_products(shop, shops[shop][1]))}
        id_ = str(next((raw[k] for k in _OF_ORDERS[:3] if raw.get(k)), ""))
        products = tuple(dict.fromkeys(str(p["product_id"]) for p in parts if str(p.get("product_id")) in own))
        yield Order(id_, shop, products, id_ in before, raw.get("status") == "cancelled")
    for part in parts:
        if "order_id" in part:
            yield from _orders(part, shops, before)
