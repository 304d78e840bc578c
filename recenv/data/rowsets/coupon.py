"""In-vehicle coupon recommendation (Wang et al., JMLR 2017; UCI 603): would a driver accept a coupon.

user: the person's profile and habits; context: the drive; item: the coupon; all as ``label: value`` pairs, empty cells left out.
query: the question that the survey put, the same in every row. label: the column ``class``.
group: the person, known by the whole profile (people with the same profile count as one).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from recenv.data.render import mapping_text
from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import JSON, JSONL, Aside, Record, digest, refuse, rows_of
from recenv.records import ScorerRow

Cell = str | int | float | None
QUESTION = "Would you accept this coupon?"

PROFILE = {
    "gender": "gender", "age": "age", "maritalStatus": "marital status", "has_children": "has children", "education": "education",
    "occupation": "occupation", "income": "income", "car": "car", "Bar": "visits to bars a month",
    "CoffeeHouse": "visits to coffee houses a month", "CarryAway": "take-away meals a month",
    "RestaurantLessThan20": "visits to restaurants below $20 a month",
    "Restaurant20To50": "visits to restaurants of $20 to $50 a month",
}
DRIVE = {
    "destination": "destination", "passanger": "passenger", "weather": "weather", "temperature": "temperature", "time": "time",
    "toCoupon_GEQ5min": "5 minutes or more to the place", "toCoupon_GEQ15min": "15 minutes or more to the place",
    "toCoupon_GEQ25min": "25 minutes or more to the place", "direction_same": "in the direction of travel",
    "direction_opp": "against the direction of travel",
}
COUPON = {"coupon": "coupon", "expiration": "expires in"}
_YES_NO = ("has_children", "toCoupon_GEQ5min", "toCoupon_GEQ15min", "toCoupon_GEQ25min", "direction_same", "direction_opp")


class Offer(msgspec.Struct):
    """One survey answer; columns may be missing, but not the coupon and the class."""

    coupon: str
    accepted: Literal["0", "1", 0, 1] = msgspec.field(name="class")
    expiration: Cell = None
    destination: Cell = None
    passanger: Cell = None
    weather: Cell = None
    temperature: Cell = None
    time: Cell = None
    toCoupon_GEQ5min: Cell = None
    toCoupon_GEQ15min: Cell = None
    toCoupon_GEQ25min: Cell = None
    direction_same: Cell = None
    direction_opp: Cell = None
    gender: Cell = None
    age: Cell = None
    maritalStatus: Cell = None
    has_children: Cell = None
    education: Cell = None
    occupation: Cell = None
    income: Cell = None
    car: Cell = None
    Bar: Cell = None
    CoffeeHouse: Cell = None
    CarryAway: Cell = None
    RestaurantLessThan20: Cell = None
    Restaurant20To50: Cell = None


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    return rows_of(folder, "coupon", Offer, (JSONL, JSON), _rows, aside)


def _rows(record: Record[Offer]) -> Iterator[ScorerRow]:
    offer = record.value
    user = _pairs(offer, PROFILE)
    yield ScorerRow(
        dimension="behavior_prediction", id=record.id, group=f"coupon/{digest(user)}", locale="en", user=user,
        context=_pairs(offer, DRIVE), query=QUESTION, item=_pairs(offer, COUPON), label=float(offer.accepted))


def _pairs(offer: Offer, columns: Mapping[str, str]) -> str:
    told = {name: _said(column, getattr(offer, column)) for column, name in columns.items()}
    return mapping_text({name: value for name, value in told.items() if value}, "en")


def _said(column: str, cell: Cell) -> str:
    text = "" if cell is None else str(cell).strip()
    return {"1": "yes", "0": "no"}.get(text, text) if column in _YES_NO else text


ENTRY = RowSet("would a driver accept a coupon", ("behavior_prediction",), convert,
               licence="CC-BY-4.0",
               origin="UCI Machine Learning Repository 603, via AnhNH01/ml-learning @ 593efdd (Wang et al., JMLR 2017)")
