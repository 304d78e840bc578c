"""Users and items of rows: made once for equal JSON, while rows that name them lie near each other."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from recenv.data import coerce
from recenv.data.recent import Recent
from recenv.data.sound import decode_once
from recenv.records import Item, User

_RECENT = 36_000_000  # bytes, for each of users and items: their JSON and about what a record takes beyond it
_RECORD = 1000


def plain(value: Any) -> Any:
    """The value of what a layout left as JSON; other values as they are. Raises RowError where it names a key twice."""
    return decode_once(bytes(value)) if isinstance(value, msgspec.Raw) else value


def _json(value: Any) -> bytes:
    return bytes(value) if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)


class _MadeItem(NamedTuple):
    item: Item
    notes: list[str]
    own: bool  # it names its category, so that the row's does not matter


class _MadeUser(NamedTuple):
    user: User
    past: tuple[Item, ...]
    notes: list[str]


class Made:
    """Users and items of ``coerce``, made once for equal JSON, with what was assumed about them."""

    def __init__(self) -> None:
        self._items = Recent[tuple[bytes, str, str | None], _MadeItem](_RECENT)
        self._users = Recent[tuple[bytes, bytes, str, str], _MadeUser](_RECENT)

    def item(self, raw: Any, locale: str, category: str | None, assumed: list[str]) -> Item:
        json = _json(raw)
        made = self._item(raw, json, locale, None)
        if category is not None and not made.own:
            made = self._item(raw, json, locale, category)
        assumed += made.notes
        return made.item

    def _item(self, raw: Any, json: bytes, locale: str, category: str | None) -> _MadeItem:
        key = json, locale, category
        made = self._items.get(key)
        if made is None:
            notes: list[str] = []
            item = coerce.item_of(plain(raw), locale, category, notes)
            made = _MadeItem(item, notes, not any(note.startswith((coerce.ASSUMED, coerce.OWN)) for note in notes))
            self._items.put(key, made, len(json) + _RECORD)
        return made

    def user(self, raw: Any, history: Any, locale: str, id_: str, assumed: list[str]) -> tuple[User, tuple[Item, ...]]:
        key = _json(raw), _json(history), locale, id_
        made = self._users.get(key)
        if made is None:
            notes: list[str] = []
            made = _MadeUser(*coerce.user_of(plain(raw), plain(history), locale, id_, notes, self.item), notes)
            self._users.put(key, made, len(key[0]) + len(key[1]) + _RECORD)
        assumed += made.notes
        return made.user, made.past
