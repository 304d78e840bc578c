"""What scorers and the observation say of a goal's candidates once some constraints are told: a block for each (goal, told).

A block is a function of world, scorers and configuration, so it is looked up for as long as the user says nothing new. Cells
are asked for when a slate first shows them; all that a step lacks goes to each scorer in one call. Where there is no room for
more, the blocks that came last are dropped, and made again when they are reached again: a number of a block is good until the
next call of ``block`` or ``blocks``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.render import item_text, mapping_text, user_text
from recenv.data.search import index_of
from recenv.envs.blocks import ROOM, BlockNumbers, room_for_blocks
from recenv.envs.deck_files import Part, deck_folder, decode_part, encode_part, read_parts, write_part
from recenv.envs.facts import Facts
from recenv.envs.spaces import BOUND, CANDIDATE_FEATURES, SESSION_FEATURES
from recenv.envs.state import State, spread_starts
from recenv.envs.tables import MISSED_BY, UNKNOWN_BY, Standing, Tables
from recenv.envs.transcript import Transcript
from recenv.records import CATEGORIES, Item, ScorerRow
from recenv.rewards.dimensions import DIMENSIONS, Dimension
from recenv.rewards.protocol import Scorer, scores_of
from recenv.rewards.rows import Told
from recenv.rewards.rows import rows as make_rows

E = len(CANDIDATE_FEATURES)
_ZERO, _NEVER = np.array(0), np.array(np.inf)
_BM25_SCALE = 10.0
NO_LIST = "the scorer gave no probabilities of the list"
_BY_BLOCK = ("observation", "session", "_cell", "_asked", "_ideal", "_spoilt", "_value", "_fresh")
_Said = dict[tuple[int, int], dict[int, str]]
"""By block and dimension, what was said of candidates (-1: of the list)."""
Worth = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Values (R, S) of items in the slate dimensions -> what each is worth to a reward, (R, 2): said in breach, and in keeping."""


def askable(record: Dimension) -> bool:
    """Whether rows of a dimension about a slate follow from the goal and what was told: of one candidate, or of their list."""
    own = {"items"} if record.listwise else {"item"}
    return not record.checked and own <= {*record.reads} <= own | {"query", "instruction", "user", "context"}


class _Found(NamedTuple):
    """What was asked about last, and the answer."""

    standing: Standing
    told: NDArray[np.uint64]
    block: NDArray[np.int64]


class SlateScores(NamedTuple):
    """Of N slates, by the S dimensions of a deck: values (N, S), 0 where missing; present (N, S).

    cell (N, K, S): what the scorers said of each item, NaN where missing. worth (N, K): of each item to the reward, see
    ``Worth``. Both are 0 where there is no item.
    """

    values: NDArray[np.float64]
    present: NDArray[np.bool_]
    cell: NDArray[np.float32]
    worth: NDArray[np.float32]


class Deck:
    """Blocks of one world under one set of scorers and one reward; shared by all environments of a process.

    names: the S slate dimensions that have a scorer and of which a candidate can be asked alone, or the list (``askable``).
    listed, fickle (S,): whether lists are judged; whether the scorer may answer otherwise another time, at a cost. ruled: whether
    turns have to be held against a rule first.
    ``whole``: whether every cell that was asked for has a value. room: how many blocks are held, more where one step needs them;
    lasting: of these the first, which are kept on disk, and never dropped.
    """

    def __init__(self, tables: Tables, transcript: Transcript, scorers: Mapping[str, Scorer], worth: Worth) -> None:
        self.tables, self.transcript, self._worth = tables, transcript, worth
        self.room = room_for_blocks()
        self.lasting = self.room * 3 // 4
        self.names = tuple(d.name for d in DIMENSIONS.values() if d.name in scorers and askable(d))
        self._scorers = [scorers[name] for name in self.names]
        self.ruled = any(DIMENSIONS[name].rule is not None for name in self.names)
        self.fickle = np.array([s.spec.kind in ("judge", "generative") for s in self._scorers], np.bool_)  # (S,)
        self.listed = np.array([DIMENSIONS[name].listwise for name in self.names], np.bool_)  # (S,)
        config = tables.config
        self._discount = 1.0 / np.log2(np.arange(config.slate_size) + 2.0)
        self._discounts = np.concatenate([[0.0], self._discount])  # by rank from 1, 0 for no item
        self._mass = np.cumsum(self._discounts)
        self._lengths = np.array(1 + config.slate_size)
        self._scale = np.where(self.listed, 1.0, self._mass[:, None])  # (1 + K, S)
        self._scale[0] = np.inf
        self._category = np.asarray(tables.world.column("goal_category"), np.int64)
        self._goal_features = lru_cache(maxsize=4_096)(self._read_goal_features)
        self._text = lru_cache(maxsize=65_536)(self._read_text)
        self._warned = False
        self._home: Path | None = None
        self._begin()

    def _begin(self) -> None:
        """Hold nothing."""
        config, s = self.tables.config, len(self.names)
        self._numbers = BlockNumbers(self.tables.world)
        self._last: _Found | None = None
        self.observation = np.zeros((0, config.candidates, E), np.float32)  # (B, C, E), nothing shown yet
        self.session = np.zeros((0, len(SESSION_FEATURES)), np.float32)  # (B, S), turn and goal 0
        # arrays of cells have one place more, the last, which stands for no candidate (see ``State``) and is as if asked
        self._cell = np.zeros((0, config.candidates + 1, s), np.float32)
        self._asked = np.zeros((0, config.candidates + 1), np.bool_)
        # by how many items, what their discounted sum is divided by: of lists the best DCG, else the sum of discounts; where that
        # is nothing, infinity
        self._ideal = np.ones((0, 1 + config.slate_size, s))
        self._spoilt, self._value = (np.zeros((0, config.candidates + 1), np.float32) for _ in range(2))  # in breach, in keeping
        self._start = np.zeros((0, config.slate_size), np.int64)  # (B, K) where the cells of a block start, flattened
        self._said: _Said = {}
        self.whole = True
        self._fresh = np.zeros(0, np.bool_)  # (B,) blocks with cells that are not on disk
        self._torn = False  # whether someone left while blocks were made or dropped

    # -- on disk ---------------------------------------------------------------------------------------------

    def open(self, home: Path) -> None:
        """Take up what is kept of this deck in a home of decks, as far as it lasts, and keep what is new there when ``keep`` is
        called."""
        self._home = deck_folder(home, self.tables.world, self.tables.config, dict(zip(self.names, self._scorers, strict=True)))
        self._take_up(self._home)

    def _take_up(self, folder: Path) -> None:
        for _, part in read_parts(folder):
            new = self._found(part) < 0
            lasts = ~new | (new.cumsum() <= self.lasting - len(self))
            self._take({name: array[lasts] for name, array in part.items()})
            self._fresh[self._found(part)[lasts]] = False

    @property
    def cells(self) -> int:
        """How many cells have been asked for."""
        return int(self._known.sum())

    @property
    def _known(self) -> NDArray[np.bool_]:
        """(B, C) cells that have been asked for."""
        return self._asked[: len(self), :-1]

    def asked(self, cells: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(R,) whether cells, (R, 2) of block and candidate, have been asked for."""
        return np.asarray(self._asked[cells[:, 0], cells[:, 1]])

    def keep(self, *, anew: bool = False) -> None:
        """Write what is not on disk yet of the blocks that last: those that changed, as a part. anew: all of them in one part, in
        place of the parts that it holds whole."""
        if self._home is None or self._torn:  # what was left half done is never written
            return
        lasting = min(len(self), self.lasting)
        number = np.flatnonzero(self._known[:lasting].any(1) if anew else self._fresh[:lasting])
        if self.names and len(number):
            number = number[self._plain(number).any(1)]
        if not self.names or not len(number):
            return
        old = [file for file, part in read_parts(self._home) if self._has(part)] if anew else []
        new = write_part(self._home, self._part(number))
        for file in old:
            if file != new:
                file.unlink(missing_ok=True)
        self._fresh[:] = False

    def _part(self, number: NDArray[np.integer]) -> Part:
        """Blocks as a part, in the order of their keys, however they came."""
        keys = np.array([self._numbers.keys[n] for n in number.tolist()], np.uint64).reshape(-1, 2)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        keys, number = keys[order], number[order]
        return {
            "key": keys, "cell": self._cell[number, :-1], "asked": self._plain(number).astype(np.uint8),
            "ideal": np.where(self._ideal[number] < np.inf, self._ideal[number], 0.0)}

    def _plain(self, number: NDArray[np.integer]) -> NDArray[np.bool_]:
        """(R, C) cells of blocks that were asked for and of which nothing is said beside their value: these are kept, and the
        others asked again by who wants to know."""
        asked = self._asked[number, :-1].copy()
        place = {n: at for at, n in enumerate(number.tolist())}
        for (block, _), said in self._said.items():
            for candidate in said if block in place else ():
                asked[place[block], candidate if candidate >= 0 else slice(None)] = False
        return asked

    def part_of(self, goals: Sequence[int]) -> bytes:
        """What is known of some goals, for the ``take`` of a deck elsewhere."""
        wanted = np.isin(np.array([goal for goal, _ in self._numbers.keys], np.int64), np.array(goals, np.int64))
        return encode_part(self._part(np.flatnonzero(wanted & self._known.any(1))))

    def take(self, part: bytes) -> None:
        """Take up what ``part_of`` gave."""
        self._take(decode_part(part))

    def _found(self, part: Part) -> NDArray[np.int64]:
        return self._numbers.find(part["key"][:, 0].astype(np.int64), part["key"][:, 1])

    def _has(self, part: Part) -> bool:
        """Whether every cell of a part is in this deck, and would be kept."""
        found = self._found(part)
        lasts = (found >= 0) & (found < self.lasting)
        return bool(lasts.all()) and not bool((part["asked"].astype(np.bool_) & ~self._plain(found)).any())

    def _take(self, part: Part) -> None:
        goals, told = part["key"][:, 0].astype(np.int64), part["key"][:, 1]
        at = self.blocks(goals, told)
        asked = part["asked"].astype(np.bool_)
        self._ideal[at] = np.where(part["ideal"] > 0, part["ideal"], np.inf)
        given = np.where(self.listed, np.asarray(asked.any(1))[:, None, None], asked[:, :, None])  # a list as a whole
        self._cell[at, :-1] = np.where(given, part["cell"], self._cell[at, :-1])
        self._fresh[at] |= (asked & ~self._asked[at, :-1]).any(1)
        self._asked[at, :-1] |= asked
        self._valued(np.argwhere(asked), at)

    def __len__(self) -> int:
        return len(self._numbers.keys)

    # -- blocks ----------------------------------------------------------------------------------------------

    def block(self, state: State) -> NDArray[np.int64]:
        """(N,) blocks of the sessions of a state; looked up once while the arrays that say so are the same."""
        standing, last = self.tables.standing(state.session, state.goal), self._last
        if last is not None and last.standing is standing and last.told is state.told:
            return last.block
        block = self.blocks(standing.goal, state.told)
        self._last = _Found(standing, state.told, block)
        return block

    def blocks(self, goals: NDArray[np.int64], told: NDArray[np.uint64]) -> NDArray[np.int64]:
        """(N,) block numbers of goal rows with what was told; new ones are made, which may drop others."""
        if self._torn:
            self._begin()
            if self._home is not None:
                self._take_up(self._home)
        found = self._numbers.find(goals, told)
        if np.count_nonzero(found < _ZERO):
            if len(self) > self.lasting and len(self) + self._lacking(goals, told, found) > self.room:
                self._warn()
                self.drop()
            with self._changing():
                self._open(goals, told)
            found = self._numbers.find(goals, told)
        return found

    @staticmethod
    def _lacking(goals: NDArray[np.int64], told: NDArray[np.uint64], found: NDArray[np.int64]) -> int:
        lacking = found < 0
        return len({*zip(goals[lacking].tolist(), told[lacking].tolist(), strict=True)})

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Who interrupts a step in here may go on with the same deck, which begins anew then."""
        self._torn, self._last = True, None
        yield
        self._torn = False

    def _warn(self) -> None:
        if self.names and not self._warned:
            self._warned = True
            warnings.warn(
                f"a deck has room for {self.room:,} blocks and this world has more, so that scorers are asked about some of them "
                f"again; {ROOM}={4 * self.room} makes room where there is memory (docs/performance.md)", stacklevel=2)

    def drop(self) -> None:
        """Forget the blocks that do not last, once the others are kept. Who holds ``said`` has what was said in them."""
        with suppress(OSError):  # a disk that takes nothing ends no session: what is not kept stays, and ``keep`` says it later
            self.keep()
        with self._changing():
            self._numbers.drop(self.lasting)
            self._said = {at: said for at, said in self._said.items() if at[0] < self.lasting}

    def _open(self, goals: NDArray[np.int64], told: NDArray[np.uint64]) -> None:
        start = len(self)
        fresh = self._numbers.open(goals, told)
        if len(self) > len(self.observation):
            room = 64
            while room < len(self):  # as in ``Tables``
                room *= 2
            room = max(len(self), min(room, self.room))
            for name in _BY_BLOCK:
                old = getattr(self, name)
                larger = np.zeros((room, *old.shape[1:]), old.dtype)
                larger[:start] = old[:start]
                setattr(self, name, larger)
            self._asked[:, -1] = True  # of all: no candidate of the first block is found at the very end
            self._start = spread_starts(room, self._asked.shape[1], self.tables.config.slate_size)
        for name in _BY_BLOCK:  # there may have been others of these numbers
            getattr(self, name)[start : len(self)] = self._scale if name == "_ideal" else 0
        self._asked[start : len(self), -1] = True
        for number, (goal, mask) in enumerate(fresh, start):
            self.observation[number] = self._observe(goal, mask)
            place = int(self.tables.at(np.array([goal]))[0])
            self.session[number, 2] = self.tables.rows.chinese[place]
            self.session[number, 3] = self.tables.rows.allowed[place] / self.tables.config.slate_size
            if self._category[goal] < len(CATEGORIES):  # a category of the store's own has no place
                self.session[number, len(SESSION_FEATURES) - len(CATEGORIES) + self._category[goal]] = 1.0
            if not self.names:
                self._asked[number] = True
                self._spoilt[number, :-1], self._value[number, :-1] = self._worth(self._cell[number, :-1]).T

    def _observe(self, goal: int, told: int) -> NDArray[np.float32]:
        """(C, E) candidate features; see ``spaces.CANDIDATE_FEATURES``."""
        tables = self.tables
        place = int(tables.at(np.array([goal]))[0])
        rows, size = tables.rows, int(tables.rows.size[place])
        out = self._goal_features(goal).copy()
        score = index_of(tables.world).score(self._query(goal, told, place), rows.item[place, :size].tolist())
        out[:size, 3] = np.asarray(score, np.float64) / _BM25_SCALE
        mask = np.uint64(told)
        missed, unknown = (np.bitwise_count(rows.said[place, :size, of] & mask) for of in (MISSED_BY, UNKNOWN_BY))
        out[:size, 4] = told.bit_count() - missed.astype(np.float64) - unknown
        out[:size, 5], out[:size, 6] = missed, unknown
        return np.clip(out, -BOUND, BOUND).astype(np.float32)

    def _read_goal_features(self, goal: int) -> NDArray[np.float64]:
        world, rows = self.tables.world, self.tables.rows
        place = int(self.tables.at(np.array([goal]))[0])
        size = int(rows.size[place])
        item, (session, _) = rows.item[place, :size], self.tables.session_of(goal)
        logs = np.log1p(np.maximum(world.column("item_price")[item], 0.0))
        known = ~np.isnan(logs)
        out = np.zeros((self.tables.config.candidates, E), np.float64)
        out[:size, 0] = np.nan_to_num(world.column("item_rating")[item] - 4.0)
        out[:size, 1] = np.nan_to_num(logs - (float(logs[known].mean()) if known.any() else np.nan))
        out[:size, 2] = world.popularity(item, session)
        out[:size, 8] = 1.0
        return out

    def _query(self, goal: int, told: int, place: int) -> str:
        session, number = self.tables.session_of(goal)
        return self.transcript.said(session, number, told & ~int(self.tables.rows.volunteered[place]))

    # -- scores ----------------------------------------------------------------------------------------------

    def scores(self, block: NDArray[np.int64], facts: Facts, kept: NDArray[np.bool_]) -> SlateScores:
        """What the scorers say of N slates of candidates: means of item values discounted by position, nDCG of lists. kept (N,):
        whether the slates are said in keeping with the instruction."""
        n, k = facts.there.shape
        start = self._start.take(block, 0)
        flat = (start if k == start.shape[1] else start[:, :1]) + facts.at
        asked = self._asked.take(flat)
        if np.count_nonzero(asked) < n * k:
            row, place = np.nonzero(~asked)
            self.fill(np.unique(np.stack([block[row], facts.at[row, place]], 1), axis=0))  # each once, in one call a scorer
        worth = self._value.take(flat)
        if np.count_nonzero(kept) < n:
            worth = np.where(kept[:, None], worth, self._spoilt.take(flat))
        s = len(self.names)
        if not s:
            nothing = np.zeros((n, 0))
            return SlateScores(nothing, nothing.astype(np.bool_), np.zeros((n, k, 0), np.float32), worth)
        cell = self._cell.reshape(-1, s).take(flat, 0)  # (N, K, S)
        weight = self._discounts.take(facts.rank, mode="clip")[:, :, None]  # (N, K, 1)
        scale = self._ideal.reshape(-1, s).take(block * self._lengths + facts.total, 0)  # (N, S)
        if self.whole:
            part, present = weight * cell, scale < _NEVER
        else:
            known = facts.there[:, :, None] & ~np.isnan(cell)
            part, share = np.where(known, weight * cell, 0.0), np.where(known, weight, 0.0)
            mass = share[:, 0]
            for p in range(1, k):
                mass = mass + share[:, p]
            scale = np.where(self.listed, scale, np.where(mass > 0, mass, np.inf))
            present = (mass > 0) & (scale < np.inf)
        total = part[:, 0]
        for p in range(1, k):  # place by place, so that the order of additions is one
            total = total + part[:, p]
        return SlateScores(total / scale, present, cell, worth)

    def items(self, block: NDArray[np.int64], cell: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, K, S) what each item of slates is worth by itself, of lists its probability over the most probable one's; NaN
        where missing. cell: as in ``SlateScores``."""
        top = self._ideal[block, 1]  # (N, S): the highest probability of a list, 1 elsewhere
        return np.asarray(cell / np.where(top < np.inf, top, np.nan)[:, None, :], np.float32)

    @property
    def talkative(self) -> bool:
        """Whether anything was said beside values."""
        return bool(self._said)

    @property
    def said(self) -> Callable[[int, int, Sequence[int]], str]:
        """``said(block, s, candidates)`` gives what was said first of candidates in a block, or of their list, in the dimension
        at S, "" for nothing; of the blocks that there are now also when they have been dropped."""
        return partial(_said_first, self._said, self.listed)

    def first(self, s: int, block: int) -> Item:
        """The candidate of a block that the scorer of lists at S puts first; there is one."""
        place = int(self.tables.at(np.array([self._numbers.keys[block][0]]))[0])
        return self.tables.world.item(int(self.tables.rows.item[place, int(np.nanargmax(self._cell[block, :-1, s]))]))

    def fill(self, cells: NDArray[np.int64]) -> None:
        """Ask the scorers for cells, (R, 2) of block and candidate, those of a block together, each once."""
        if not len(cells):
            return
        bounds = [*np.flatnonzero(np.diff(cells[:, 0], prepend=-1)).tolist(), len(cells)]
        blocks = cells[bounds[:-1], 0].tolist()
        for s, (name, scorer) in enumerate(zip(self.names, self._scorers, strict=True)):
            record = DIMENSIONS[name]
            if record.listwise:
                self._ask_lists(s, record, scorer, [b for b in blocks if not self._known[b].any()])
                continue
            rows: list[ScorerRow] = []
            for b, (start, end) in zip(blocks, pairwise(bounds), strict=True):
                rows += self.rows(record, b, cells[start:end, 1].tolist())
            scores = scores_of(scorer, rows)
            self._cell[cells[:, 0], cells[:, 1], s] = scores.values
            for (b, c), reason in zip(cells.tolist(), scores.reasons, strict=True):
                self._hear(b, s, c, reason)
        # who may fail to answer now may answer later; a missing value is kept only of those who would say the same again
        missing = np.isnan(self._cell[cells[:, 0], cells[:, 1]])
        settled = ~(missing & self.fickle).any(1)
        self._valued(cells, np.arange(len(self)))
        self._fresh[cells[settled, 0]] = True
        self._asked[cells[:, 0], cells[:, 1]] = settled  # last: who interrupts a step finds cells that are there, or lacking

    def _hear(self, block: int, s: int, candidate: int, reason: str) -> None:
        """What is said of a candidate, or (-1) of the list, this time."""
        if reason:
            self._said.setdefault((block, s), {})[candidate] = reason
        elif said := self._said.get((block, s)):
            said.pop(candidate, None)

    def _valued(self, cells: NDArray[np.int64], number: NDArray[np.integer]) -> None:
        """What cells are worth to the reward, (R, 2) of index into number and candidate; number: blocks."""
        row, column = number[cells[:, 0]], cells[:, 1]
        values, top = self._cell[row, column], self._ideal[row, 1]
        self.whole = self.whole and not bool(np.isnan(values).any())
        worth = self._worth((values / np.where(top < np.inf, top, np.nan)).astype(np.float32))
        self._spoilt[row, column], self._value[row, column] = worth.T

    def _ask_lists(self, s: int, record: Dimension, scorer: Scorer, blocks: list[int]) -> None:
        if not blocks:
            return
        rows = [self.rows(record, b, [])[0] for b in blocks]
        scores = scores_of(scorer, rows)
        for n, b in enumerate(blocks):
            size = len(rows[n].items)
            told = bool(scores.lists) and not np.isnan(scores.values[n])
            p = scores.lists[n].astype(np.float64) if told else np.full(size, np.nan)
            self._cell[b, :size, s] = p
            gains = np.zeros(len(self._discount))
            best = np.sort(np.nan_to_num(p))[::-1][: len(gains)]
            gains[: len(best)] = best
            sums = np.cumsum(gains * self._discount)
            self._ideal[b, 1:, s] = np.where(sums > 0, sums, np.inf)
            self._hear(b, s, -1, scores.reasons[n] or ("" if told else NO_LIST))

    def rows(self, record: Dimension, block: int, numbers: list[int]) -> list[ScorerRow]:
        """What the scorer of a dimension is asked in a block: the rows of the given candidates, or the one of their list."""
        goal, told = self._numbers.keys[block]
        tables, (session, _) = self.tables, self.tables.session_of(goal)
        what, place = tables.world.session(session), int(tables.at(np.array([goal]))[0])
        texts = [self._text(int(i)) for i in tables.rows.item[place, : int(tables.rows.size[place])]]
        user = tables.world.user(int(tables.world.column("session_user")[session]))
        return make_rows(record, Told(
            what.locale, self._query(goal, told, place), what.instruction, user=user_text(user),
            context=mapping_text(what.context, what.locale), slate=tuple(texts[i] for i in numbers), items=tuple(texts)))

    def _read_text(self, item: int) -> str:
        return item_text(self.tables.world.item(item))


def _said_first(known: _Said, listed: NDArray[np.bool_], block: int, s: int, candidates: Sequence[int]) -> str:
    said = known.get((block, s))
    return "" if said is None else next((said[c] for c in ((-1,) if listed[s] else candidates) if c in said), "")

