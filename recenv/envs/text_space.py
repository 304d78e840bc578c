"""The spaces of text: any Unicode string, also where Gymnasium flattens it or hands it from process to process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from gymnasium import spaces
from gymnasium.spaces.utils import flatten, unflatten
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory
from numpy.typing import NDArray

from recenv.errors import InputError

_CODES = 0x110000
_PRINTABLE = (32, 127)


class _EveryCharacter(Sequence[str]):
    """All characters there are, in the order of their numbers: a charset that holds none of them."""

    def __len__(self) -> int:
        return _CODES

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(map(chr, range(_CODES)[index]))
        return chr(range(_CODES)[index])

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and len(value) == 1

    def __iter__(self) -> Iterator[str]:
        return map(chr, range(_CODES))


_EVERY = _EveryCharacter()


class UnicodeText(spaces.Text):
    """Any string up to ``max_length``; ``sample`` draws from the printable ASCII characters.

    Gymnasium's Text admits only the characters of a fixed charset, which dialogue in two languages does not have. Here it is all
    characters, a character's index its number; flattened, a text is its numbers and then 0x110000.
    """

    def __init__(self, max_length: int) -> None:
        super().__init__(max_length=max_length, min_length=0, charset="")

    @property
    def character_set(self) -> Any:
        return _EVERY

    @property
    def character_list(self) -> Any:
        return _EVERY

    @property
    def characters(self) -> str:
        return "".join(_EVERY)

    def character_index(self, char: str) -> np.int32:
        return np.int32(ord(char))

    def contains(self, x: Any) -> bool:
        return isinstance(x, str) and len(x) <= self.max_length

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        given = mask if probability is None else probability
        if given is not None and (given[1] is not None or probability is mask):
            return str(super().sample(mask, probability))
        length = int(self.np_random.integers(self.max_length + 1) if given is None or given[0] is None else given[0])
        return bytes(self.np_random.integers(*_PRINTABLE, size=length, dtype=np.uint8)).decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnicodeText) and other.max_length == self.max_length

    def __repr__(self) -> str:
        return f"UnicodeText({self.max_length})"


class ActionText(UnicodeText):
    """Any text is an action; ``sample`` draws a well-formed recommendation of one to three of the given item ids."""

    def __init__(self, max_length: int, item_ids: Sequence[str]) -> None:
        super().__init__(max_length)
        self._item_ids = tuple(item_ids)

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        count = int(self.np_random.integers(1, 4))
        ids = [self._item_ids[int(i)] for i in self.np_random.integers(len(self._item_ids), size=count)]
        return json.dumps({"act": "recommend", "items": list(dict.fromkeys(ids)), "text": "How about " + ", ".join(ids) + "?"})


# -- as numbers --------------------------------------------------------------------------------------------------------------


@flatten.register(UnicodeText)
def _flatten(space: UnicodeText, x: str) -> NDArray[np.int32]:  # type: ignore[misc]  # declared for any Space[T]
    out, codes = np.full(space.max_length, _CODES, np.int32), _codes(space, x)
    out[: len(codes)] = codes
    return out


@unflatten.register(UnicodeText)
def _unflatten(space: UnicodeText, x: NDArray[Any]) -> str:  # type: ignore[misc]
    return _text(np.asarray(x)[np.asarray(x) < _CODES])


def _codes(space: UnicodeText, text: str) -> NDArray[np.int32]:
    if len(text) > space.max_length:
        raise InputError(f"a text of {len(text):,} characters is longer than the {space.max_length:,} of its space")
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<i4").astype(np.int32)


def _text(codes: NDArray[Any]) -> str:
    return codes.astype("<i4").tobytes().decode("utf-32-le", "surrogatepass")


# -- from process to process -------------------------------------------------------------------------------------------------


class TextMemory(NamedTuple):
    """Shared memory of n texts: how long each is, and n times ``width`` characters. Opening it in a process of its own imports
    this package, which registers the environments there."""

    lengths: Any
    codes: Any
    width: int

    def write(self, row: int, codes: NDArray[np.int32]) -> None:
        place = row * self.width
        np.frombuffer(self.codes.get_obj(), np.int32)[place : place + len(codes)] = codes
        np.frombuffer(self.lengths.get_obj(), np.int64)[row] = len(codes)

    def read(self, row: int) -> str:
        place, length = row * self.width, int(np.frombuffer(self.lengths.get_obj(), np.int64)[row])
        return _text(np.frombuffer(self.codes.get_obj(), np.int32)[place : place + length])


class LiveTexts(Sequence[str]):
    """The texts in shared memory as they are now; a deep copy, which is what vector environments return, is a tuple of them.

    Gymnasium reads shared memory once, when the environment is made, and expects arrays that change under it.
    """

    def __init__(self, memory: TextMemory, n: int) -> None:
        self._memory, self._n = memory, n

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self._memory.read(row) for row in range(self._n)[index])
        return self._memory.read(range(self._n)[index])

    def __deepcopy__(self, memo: dict[int, Any]) -> tuple[str, ...]:
        return tuple(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # what it holds changes

    def __repr__(self) -> str:
        return repr(tuple(self))


@create_shared_memory.register(UnicodeText)
def _create(space: UnicodeText, n: int = 1, ctx: Any = None) -> TextMemory:
    if ctx is None:
        import multiprocessing as ctx
    return TextMemory(ctx.Array("q", n), ctx.Array("i", n * space.max_length), space.max_length)


@read_from_shared_memory.register(UnicodeText)
def _read(space: UnicodeText, shared_memory: TextMemory, n: int = 1) -> LiveTexts:
    return LiveTexts(shared_memory, n)


@write_to_shared_memory.register(UnicodeText)
def _write(space: UnicodeText, index: int, value: str, shared_memory: TextMemory) -> None:
    shared_memory.write(index, _codes(space, value))
