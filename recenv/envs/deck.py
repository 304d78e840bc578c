"""What scorers and the observation say of a goal's candidates once some constraints are told: a block for each (goal, told).

A block is a function of world, scorers and configuration, so it is looked up for as long as the user says nothing new. Cells
are asked for when a slate first shows them; all that a step lacks goes to each scorer in one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.render import item_text, mapping_text, user_text
from recenv.data.search import index_of
from recenv.envs.facts import Facts
from recenv.envs.spaces import BOUND, CANDIDATE_FEATURES
from recenv.envs.state import State
from recenv.envs.tables import Tables
from recenv.envs.transcript import Transcript
from recenv.records import CATEGORIES, ScorerRow
from recenv.rewards.dimensions import DIMENSIONS, Dimension
from recenv.rewards.protocol import Scorer
from recenv.rewards.rows import Told
from recenv.rewards.rows import rows as make_rows

E = len(CANDIDATE_FEATURES)
_BM25_SCALE = 10.0
SHOWN = CANDIDATE_FEATURES.index("shown")


class SlateScores(NamedTuple):
    """Of N slates: values (N, D) float32, 0 where missing; present (N, D); unjudged (N, D): asked for and not given.

    items (N, K, D): what each item is worth by itself, NaN where missing; of lists its probability over the most probable one's.

    Dimensions that a deck does not know (those of text) are missing here.
    """

    values: NDArray[np.float32]
    present: NDArray[np.bool_]
    unjudged: NDArray[np.bool_]
    items: NDArray[np.float32]


class _Sheet:
    """One dimension's cells: values and whether they were asked for, a row a block. ideal: of lists, the best
    DCG of 1 .. K items, whose first is the highest probability."""

    def __init__(self, candidates: int, slate_size: int) -> None:
        self.value = np.zeros((0, candidates), np.float32)
        self.asked = np.zeros((0, candidates), np.bool_)
        self.ideal = np.zeros((0, slate_size), np.float64)

    def grow(self, n: int) -> None:
        for name in ("value", "asked", "ideal"):
            setattr(self, name, _grown(getattr(self, name), n))


class Deck:
    """Blocks of one world under one set of scorers; shared by all environments of a process."""

    def __init__(self, tables: Tables, transcript: Transcript, scorers: Mapping[str, Scorer]) -> None:
        self.tables, self.transcript = tables, transcript
        self.names = tuple(DIMENSIONS)
        self._scorers = {d: s for d, s in scorers.items() if d in DIMENSIONS and DIMENSIONS[d].of == "slate"}
        config = tables.config
        self._sheets = {d: _Sheet(config.candidates, config.slate_size) for d in self._scorers}
        self._numbers: dict[tuple[int, int], int] = {}
        self._keys: list[tuple[int, int]] = []
        self.observation = np.zeros((0, config.candidates, E), np.float32)  # (B, C, E), nothing shown yet
        self._fixed: dict[int, NDArray[np.float64]] = {}
        self._reasons: dict[tuple[str, int], str] = {}
        self._texts: dict[int, str] = {}
        self.discount = 1.0 / np.log2(np.arange(config.slate_size) + 2.0)

    def __len__(self) -> int:
        return len(self._keys)

    # -- blocks ----------------------------------------------------------------------------------------------

    def blocks(self, goals: NDArray[np.int64], told: NDArray[np.uint64]) -> NDArray[np.int32]:
        """(N,) block numbers of goal rows with what was told; new ones are made."""
        keys = list(zip(goals.tolist(), told.tolist(), strict=True))
        try:
            return np.array([self._numbers[key] for key in keys], np.int32)
        except KeyError:
            self._open(dict.fromkeys(key for key in keys if key not in self._numbers))
            return np.array([self._numbers[key] for key in keys], np.int32)

    def _open(self, keys: dict[tuple[int, int], None]) -> None:
        start = len(self._keys)
        if start + len(keys) > len(self.observation):
            room = max(64, 2 * (start + len(keys)))
            self.observation = _grown(self.observation, room)
            for sheet in self._sheets.values():
                sheet.grow(room)
        for number, key in enumerate(keys, start):
            self._numbers[key] = number
            self._keys.append(key)
            self.observation[number] = self._observe(*key)

    def _observe(self, goal: int, told: int) -> NDArray[np.float32]:
        """(C, E) candidate features; see ``spaces.CANDIDATE_FEATURES``."""
        tables = self.tables
        place = int(tables.at(np.array([goal]))[0])
        rows, size = tables.rows, int(tables.rows.size[place])
        out = self._goal_features(goal, place).copy()
        session, number = self._session(goal)
        query = self.transcript.said(session, number, told & ~int(rows.volunteered[place]))
        score = index_of(tables.world).score(query, rows.item[place, :size].tolist())
        out[:size, 3] = np.asarray(score, np.float64) / _BM25_SCALE
        mask = np.uint64(told)
        missed, unknown = (np.bitwise_count(m[place, :size] & mask) for m in (rows.missed, rows.unknown))
        out[:size, 4] = told.bit_count() - missed.astype(np.float64) - unknown
        out[:size, 5], out[:size, 6] = missed, unknown
        return np.clip(out, -BOUND, BOUND).astype(np.float32)

    def _goal_features(self, goal: int, place: int) -> NDArray[np.float64]:
        if goal not in self._fixed:
            world, rows = self.tables.world, self.tables.rows
            size = int(rows.size[place])
            item, (session, _) = rows.item[place, :size], self._session(goal)
            logs = np.log1p(np.maximum(world.column("item_price")[item], 0.0))
            known = ~np.isnan(logs)
            out = np.zeros((self.tables.config.candidates, E), np.float64)
            out[:size, 0] = np.nan_to_num(world.column("item_rating")[item] - 4.0, nan=0.0)
            out[:size, 1] = np.nan_to_num(logs - (float(logs[known].mean()) if known.any() else 0.0), nan=0.0)
            out[:size, 2] = world.popularity(item, session)
            out[:size, 8] = 1.0
            self._fixed[goal] = out
        return self._fixed[goal]

    def _session(self, goal: int) -> tuple[int, int]:
        session = int(np.searchsorted(self.tables.first_goal, goal, side="right")) - 1
        return session, goal - int(self.tables.first_goal[session])

    # -- scores ----------------------------------------------------------------------------------------------

    def scores(self, block: NDArray[np.int32], facts: Facts) -> SlateScores:
        """What the scorers say of N slates of candidates: discounted means of item values, nDCG of lists."""
        n, d = len(block), len(self.names)
        values, present, unjudged = np.zeros((n, d), np.float32), np.zeros((n, d), np.bool_), np.zeros((n, d), np.bool_)
        items = np.full((n, facts.there.shape[1], d), np.nan, np.float32)
        some = facts.there.any(1)
        at, where = np.where(facts.there, facts.at, 0), (block[:, None], np.where(facts.there, facts.at, 0))
        for column, name in enumerate(self.names):
            if name not in self._sheets:
                continue
            sheet, listed = self._sheets[name], DIMENSIONS[name].listwise
            lacks = facts.there & ~sheet.asked[where]
            if lacks.any():
                self._ask(name, block, at, lacks)
            cell = sheet.value[where].astype(np.float64)  # (N, K)
            value, known = self._listed(sheet, block, cell, facts.there) if listed else self._mean(cell, facts.there)
            worth = cell / np.where(sheet.ideal[block, :1] > 0, sheet.ideal[block, :1], np.nan) if listed else cell
            items[:, :, column] = np.where(facts.there, worth, np.nan)
            values[:, column] = np.where(known, value, 0.0)
            present[:, column], unjudged[:, column] = known, some & ~known
        return SlateScores(values, present, unjudged, items)

    def _mean(
        self, cell: NDArray[np.float64], there: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The mean over a slate, discounted by position; cells without a value are left out. Added up place by place."""
        rank = np.cumsum(there, 1) - 1
        total, mass = np.zeros(len(cell)), np.zeros(len(cell))
        for k in range(cell.shape[1]):
            kept = there[:, k] & ~np.isnan(cell[:, k])
            weight = np.where(kept, self.discount[rank[:, k]], 0.0)
            total += weight * np.where(kept, cell[:, k], 0.0)
            mass += weight
        return total / np.where(mass > 0, mass, 1.0), mass > 0

    def _listed(
        self, sheet: _Sheet, block: NDArray[np.int32], cell: NDArray[np.float64], there: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        rank = np.cumsum(there, 1) - 1
        gain = np.zeros(len(cell))
        for k in range(cell.shape[1]):
            gain += np.where(there[:, k], self.discount[rank[:, k]] * np.nan_to_num(cell[:, k]), 0.0)
        count = np.maximum(there.sum(1), 1)
        best = sheet.ideal[block, count - 1]
        known = there.any(1) & (best > 0)
        return gain / np.where(known, best, 1.0), known

    def reason(self, dimension: str, block: int) -> str:
        """Why a scorer gave no value in a block, "" where it gave them."""
        return self._reasons.get((dimension, block), "")

    def _ask(self, name: str, block: NDArray[np.int32], at: NDArray[np.int32], lacks: NDArray[np.bool_]) -> None:
        """Fill the cells that are lacking, each once, in one call of the scorer."""
        record, sheet = DIMENSIONS[name], self._sheets[name]
        row, k = np.nonzero(lacks)
        if record.listwise:
            wanted = np.unique(block[row])
            rows = [self._rows(record, int(b), [])[0] for b in wanted]
            scores = self._scorers[name].score(rows)
            for n, b in enumerate(wanted.tolist()):
                size = len(rows[n].items)
                p = np.full(size, np.nan) if np.isnan(scores.values[n]) else scores.lists[n].astype(np.float64)
                sheet.value[b, :size], sheet.asked[b] = p, True
                gains = np.sort(np.nan_to_num(p))[::-1][: len(self.discount)]
                sheet.ideal[b, : len(gains)] = np.cumsum(gains * self.discount[: len(gains)])
                sheet.ideal[b, len(gains):] = sheet.ideal[b, len(gains) - 1] if size else 0.0
                if scores.reasons[n]:
                    self._reasons[name, b] = scores.reasons[n]
            return
        cells = np.unique(np.stack([block[row], at[row, k]], 1), axis=0)
        asked: list[ScorerRow] = []
        for b in dict.fromkeys(cells[:, 0].tolist()):
            asked += self._rows(record, b, cells[cells[:, 0] == b, 1].tolist())
        scores = self._scorers[name].score(asked)
        sheet.value[cells[:, 0], cells[:, 1]] = scores.values
        sheet.asked[cells[:, 0], cells[:, 1]] = True
        for b, reason in zip(cells[:, 0].tolist(), scores.reasons, strict=True):
            if reason:
                self._reasons[name, b] = reason

    def _rows(self, record: Dimension, block: int, numbers: list[int]) -> list[ScorerRow]:
        """The rows of the given candidates, or the one of their list."""
        goal, told = self._keys[block]
        session, number = self._session(goal)
        world, what = self.tables.world, self.tables.world.session(session)
        place = int(self.tables.at(np.array([goal]))[0])
        rows = self.tables.rows
        texts = [self._text(int(i)) for i in rows.item[place, : int(rows.size[place])]]
        query = self.transcript.said(session, number, told & ~int(rows.volunteered[place]))
        user = world.user(int(world.column("session_user")[session]))
        return make_rows(record, Told(
            what.locale, query, user=user_text(user), context=mapping_text(what.context, what.locale),
            slate=tuple(texts[i] for i in numbers), items=tuple(texts)))

    def _text(self, item: int) -> str:
        if item not in self._texts:
            self._texts[item] = item_text(self.tables.world.item(item))
        return self._texts[item]


class Observer:
    """The observations of N slate sessions, from their blocks and their state."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        world = deck.tables.world
        category = np.asarray(world.column("goal_category"), np.int64)
        self._category = np.eye(len(CATEGORIES), dtype=np.float32)[category]  # (G, 6)
        self._chinese: dict[int, bool] = {}

    def candidates(self, state: State, block: NDArray[np.int32]) -> NDArray[np.float32]:
        """(N, C * E)"""
        out = self.deck.observation[block]
        out[:, :, SHOWN] = state.shown
        return out.reshape(len(block), -1)

    def session(self, state: State) -> NDArray[np.float32]:
        """(N, S), see ``spaces.SESSION_FEATURES``."""
        tables = self.deck.tables
        row = tables.goal_row(state.session, state.goal)
        place = tables.at(row)
        out = np.empty((len(state), 4 + len(CATEGORIES)), np.float32)
        out[:, 0] = state.turn / tables.config.horizon
        out[:, 1] = np.minimum(state.goal, BOUND)
        out[:, 2] = [self._is_chinese(s) for s in state.session.tolist()]
        out[:, 3] = tables.rows.allowed[place] / tables.config.slate_size
        out[:, 4:] = self._category[row]
        return out

    def _is_chinese(self, session: int) -> bool:
        if session not in self._chinese:
            self._chinese[session] = self.deck.tables.world.session(session).locale == "zh"
        return self._chinese[session]


def _grown(array: NDArray[Any], n: int) -> NDArray[Any]:
    larger = np.zeros((n, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
