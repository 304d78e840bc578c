"""A turn end to end: the user reacts to what he is shown and told, rules and scorers judge it, the turn is paid.

Two ways in, one transition: ``step`` takes actions in words, ``step_slates`` candidate numbers. Reactions do not depend on
learned scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.data.world import World
from recenv.envs import CACHES, dynamics
from recenv.envs.config import EnvConfig
from recenv.envs.conversing import converse, situations
from recenv.envs.dealt import Dealt, deal
from recenv.envs.deck import Deck, askable
from recenv.envs.dynamics import Reactions
from recenv.envs.facts import Facts, by_item, by_number
from recenv.envs.hearing import hear
from recenv.envs.observer import Observer
from recenv.envs.state import ACTS, NO_ACT, RECOMMEND, RUNNING, Log, Spoken, State, over_places, row_starts
from recenv.envs.tables import EXTRAPOLATED, Tables
from recenv.envs.transcript import Transcript
from recenv.errors import InputError
from recenv.records import Action, AgentView, Item, Reaction
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import DEFAULT_REWARD, RULES_REWARD, HybridReward, RewardSpec, credit_of
from recenv.rewards.named import RULES, reward_spec, scorer_set
from recenv.rewards.protocol import SOURCES, Cost, Scorer
from recenv.rewards.rulings import Rulings
from recenv.rewards.turn import NO_ITEM, NO_SCORER, NO_VALUE, TurnScorer
from recenv.users import USERS
from recenv.users.protocol import Situation, Speaks, UserModel

NOT_JUDGED = "the environment's own words are not judged in play"
NOT_ASKABLE = "what this dimension reads is there in words alone"
NOTHING_SHOWN = "expected items to recommend, came none"
NO_SENTENCE = "the environment has no sentence that keeps this instruction with these items"
RULE, SCORER, NO_SOURCE = SOURCES.index("rule"), SOURCES.index("scorer"), SOURCES.index("none")


Explain = Callable[[], Mapping[tuple[int, int], str]]


class Step(NamedTuple):
    """What one turn of N sessions brought; rows that sat out have nothing in it.

    components (N, D) float32, 0 where missing; applicable (N, D): where not.  sources (N, D): index into ``SOURCES``.
    values (N,) hybrid scalar of the turn in [0, 1]; paid (N,): whether it counted.  rewards (N,), vector_rewards (N, D): what the
    turn is paid (``hybrid.credit``).  failed (N, D): failed gates.  met (N,): the outcome, whether this turn met a need.
    explain: gives ``reasons``, (row, dimension) -> why a component is missing or a rule failed, put together when they are read;
    standing (D): why one is missing where nothing is said of the row; read both by ``said_of``.
    costs: by row, what judges took.  left_out: by row, see ``TurnScores``.
    facts: what is true of the items shown; item_values (N, K, D), worth (N, K): what each of them is worth by itself, NaN where
    nobody says; None where numbers were given instead of words, since there the deck has them.
    """

    components: NDArray[np.float32]
    applicable: NDArray[np.bool_]
    sources: NDArray[np.int8]
    values: NDArray[np.float32]
    paid: NDArray[np.bool_]
    rewards: NDArray[np.float32]
    vector_rewards: NDArray[np.float32]
    failed: NDArray[np.bool_]
    met: NDArray[np.bool_]
    explain: Explain
    reactions: Reactions
    costs: Mapping[int, dict[str, Cost]]
    left_out: Mapping[int, dict[str, Item]]
    standing: tuple[str, ...]
    facts: Facts
    item_values: NDArray[np.float32] | None
    worth: NDArray[np.float32] | None

    @property
    def reasons(self) -> Mapping[tuple[int, int], str]:
        return self.explain()

    def said_of(self, row: int) -> list[str]:
        """(D,) why components of a row are missing or a rule failed, "" otherwise."""
        applicable = self.applicable[row].tolist()
        reasons = self.explain()
        if not reasons and False not in applicable:
            return [""] * len(applicable)
        standing = self.standing if self.reactions.kind[row] >= 0 else ("",) * len(applicable)
        return [
            reasons.get((row, d), "") or ("" if there else why)
            for d, (there, why) in enumerate(zip(applicable, standing, strict=True))]


_WHERE_ASKED = frozenset(
    ("base_url", "api_key_env", "timeout_s", "retries", "backoff_s", "max_backoff_s", "concurrency", "record", "replay_only"))


class _Judged(NamedTuple):
    """Components as they come with what else is told of them; see ``Step``. worths (N, 1 + D): what the turn is worth, then the
    components; there (N, 1 + D): where they are applicable, True in the first column; unpaid (N,): whether it cannot be said what
    the turn is worth, None where it always can; void (N,): whether a gate failed, None where none did."""

    worths: NDArray[np.float32]
    there: NDArray[np.bool_]
    sources: NDArray[np.int8]
    failed: NDArray[np.bool_]
    unpaid: NDArray[np.bool_] | None
    void: NDArray[np.bool_] | None
    explain: Explain
    costs: Mapping[int, dict[str, Cost]]
    item_values: NDArray[np.float32] | None = None
    worth: NDArray[np.float32] | None = None
    left_out: Mapping[int, dict[str, Item]] = MappingProxyType({})


class Engine:
    """World, user model, scorers and reward of one scenario; shared by all its environments of a process.

    dimensions: names of those registered when it was made, the columns D of all that it returns.
    scorers: by dimension; loaded by the name in ``config.scorers`` where not given. reward, user: likewise. decks: the folder
    in which what scorers say of candidates is kept from one process to the next; nothing is kept without one.
    origin: how another process makes the same engine, which pickling needs.
    """

    def __init__(
        self, world: World, config: EnvConfig, *, scorers: Mapping[str, Scorer] | None = None,
        reward: RewardSpec | None = None, user: UserModel | None = None, decks: Path | None = None,
    ) -> None:
        self.origin: Callable[[], Engine] | None = None
        self.reward = HybridReward(reward if reward is not None else reward_spec(reward_name(config)))
        self.world, self.config = world, msgspec.structs.replace(config, reward=config.reward or self.reward.spec.name)
        self.scorers = dict(scorers) if scorers is not None else scorer_set(config.scorers)
        self._score = TurnScorer(self.scorers, [name for name in self.scorers if askable(DIMENSIONS[name])])
        self.dimensions = tuple(d.name for d in self._score.dimensions)
        self.user = user if user is not None else user_model(world, config)
        self.tables = Tables(world, self.user, self.config)
        self.transcript = Transcript(self.tables)
        self.deck = Deck(self.tables, self.transcript, self.scorers, self._item_worth)
        self.observer = Observer(self.deck)
        self._standing = tuple(
            NOT_JUDGED if DIMENSIONS[name].of == "text" else NO_SCORER if name not in self.scorers
            else "" if name in self.deck.names else NOT_ASKABLE
            for name in self.dimensions)
        self._voices = tuple(DIMENSIONS[name].spoken for name in self.dimensions)
        obeys = np.array([voice == "obeys" for voice in self._voices])
        claims = np.array([voice not in (None, "obeys") for voice in self._voices])
        self._source = np.where([voice is None for voice in self._voices], SCORER, RULE).astype(np.int8)  # (D,) where applicable
        # what is so of the environment's own words, by what there is of a turn: 0 nothing, 1 no item, 2 a slate in breach of the
        # instruction, 3 a slate in keeping (4, D); with what the turn is worth before them (4, 1 + D)
        nothing = np.zeros_like(claims)
        self._there = np.insert(np.stack([nothing, obeys, obeys | claims, obeys | claims]), 0, True, axis=1)
        said = np.stack([nothing, nothing, claims, obeys | claims])
        self._worths = np.insert(said.astype(np.float32), 0, 0.0, axis=1)
        # gates that only the environment's own words can fail need no look at the scores
        spec = self.reward.spec
        breach = obeys & np.array([spec.gates.get(name, 0.0) > 0 for name in self.dimensions])
        self._failed = np.stack([nothing, breach, breach, nothing])
        self._void = self._failed.any(1)
        self._exact = spec.credit == "service" and not {*spec.gates} & {*self.deck.names}
        self._columns = _span([self.dimensions.index(name) for name in self.deck.names])
        self._share = np.array([spec.outcome, *[0.0] * len(self.dimensions)])  # (1 + D,) of outcome in what is paid
        if decks is not None:
            self.deck.open(decks)

    def rules(self) -> dict[str, Any]:
        """What decides, beside the world, how a session goes on and what it pays; not where a model that is the user is asked,
        nor what a reward is called."""
        named = {name: getattr(self.config, name) for name in self.config.__struct_fields__}
        asked = {name: value for name, value in (named.pop("user_options") or {}).items() if name not in _WHERE_ASKED}
        reward = self.reward.spec
        spec = {name: getattr(reward, name) for name in reward.__struct_fields__ if name not in ("name", "version")}
        spec["weights"] = {dimension: weight for dimension, weight in spec["weights"].items() if weight}
        kind = type(self.user)
        named["user"] = [f"{kind.__module__}.{kind.__qualname__}", getattr(self.user, "name", ""), asked]
        scorers = {name: scorer.spec.fingerprint for name, scorer in self.scorers.items()}
        return {**named, "reward": spec, "scorers": scorers}

    def __deepcopy__(self, memo: object) -> Engine:
        return self  # shared, and nothing in it changes what sessions do

    def __reduce__(self) -> tuple[Callable[[Callable[[], Engine]], Engine], tuple[Callable[[], Engine]]]:
        if self.origin is None:
            raise InputError(
                "an engine with scorers, rewards or users of its own cannot be sent to another process; make it there, by names")
        return _made, (self.origin,)

    def begin(self, sessions: NDArray[np.int64], seeds: NDArray[np.uint64]) -> State:
        """Open sessions. sessions (N,) world rows, seeds (N,) keys of the users' noise."""
        return dynamics.begin(self.tables, sessions, seeds, len(self.dimensions))

    def log(self, n: int, *, words: bool) -> Log:
        """An empty log for N sessions. words: whether agents bring words of their own."""
        return Log(n, self.config.horizon, self.config.slate_size, words=words)

    def views(self, state: State, log: Log, rows: Sequence[int]) -> list[AgentView]:
        return self.transcript.views(state, log, rows)

    def reaction(self, state: State, log: Log, r: int) -> Reaction:
        """What the user of a row said last."""
        return self.transcript.reaction(state, log, r, int(state.turn[r]) - 1)

    def item(self, item_id: str) -> Item | None:
        row = self.world.item_row(item_id)
        return self.world.item(row) if row >= 0 else None

    # -- words -----------------------------------------------------------------------------------------------

    def step(
        self, state: State, log: Log, actions: Sequence[Action | None], seen: Sequence[AgentView] | None = None
    ) -> tuple[State, Step]:
        """actions: N, None for rows that sit out; those are neither scored nor changed. ``log`` is written in place. seen: the N
        views of the state, where the caller has them. Raises Unanswered, its answers a row each, where a user who speaks for
        himself has none from outside; nothing has changed then, and the step can be taken again, with or without those rows."""
        n = len(actions)
        rows = [r for r, a in enumerate(actions) if a is not None and state.ending[r] == RUNNING]
        acted = [a for r in rows if (a := actions[r]) is not None]
        act = np.full(n, NO_ACT, np.int8)
        act[rows] = [ACTS.index(a.act) for a in acted]
        views = self.views(state, log, rows) if seen is None else [seen[r] for r in rows]
        slates = self._slates(actions, rows)
        items = [tuple(self.item(i) for i in a.items) if a.act == "recommend" else () for a in acted]
        facts = by_item(self.tables, state, slates)
        rulings = [Rulings(v, a, i) for v, a, i in zip(views, acted, items, strict=True)]
        heard, notes = hear(self.tables, state, rows, rulings, slates)
        stale = self._stale(state, log, facts)
        own = None
        if isinstance(self.user, Speaks):
            own = converse(self.user, self.transcript, state, log, dict(zip(rows, acted, strict=True)), facts)
        after, reactions = dynamics.transition(
            self.tables, state, act, facts, heard, None if own is None else own.decided)
        dealt = deal(self.deck, state, facts, act == _RECOMMEND)
        judged = self._judge_words(n, rows, rulings, facts, reactions, dealt)
        after, step = self._pay(state, after, act, stale, judged, reactions, facts)
        self._write(state, log, act, facts, reactions)
        if own is not None:
            log.extrapolated[rows, state.turn[rows]] |= own.decided.there[rows] & (reactions.place[rows] >= 0)
        if log.spoken is not None:
            spoken: list[Spoken] = []
            for r, action in zip(rows, acted, strict=True):
                hits, note = self.transcript.search(state, r, action) if action.act == "search" else ((), notes.get(r, ""))
                tells = 0 if own is None else int(own.decided.told[r]) & self._may_tell(state, r)
                said = ("", "") if own is None else own.outcome(r, reactions, tells)
                spoken.append(Spoken(action, hits, note, *said))
            for r, what in zip(rows, spoken, strict=True):
                log.spoken[r][state.turn.item(r):] = [what]  # in place of what a step that was interrupted has left
        return after, step

    def _slates(self, actions: Sequence[Action | None], rows: Sequence[int]) -> list[tuple[int, ...]]:
        """Item rows of N slates as users see them: those of the world, each once, cut at the slate's size; only in ``rows``."""
        slates: list[tuple[int, ...]] = [()] * len(actions)
        for r in rows:
            action = actions[r]
            if action is not None and action.act == "recommend":
                known = (self.world.item_row(i) for i in action.items)
                slates[r] = tuple(dict.fromkeys(i for i in known if i >= 0))[: self.config.slate_size]
        return slates

    def situations(self, state: State, log: Log, actions: Sequence[Action | None]) -> dict[int, Situation]:
        """What a user who speaks for himself would be asked about these actions (N, as for ``step``), by row."""
        rows = [r for r, a in enumerate(actions) if a is not None and state.ending[r] == RUNNING]
        facts = by_item(self.tables, state, self._slates(actions, rows))
        return situations(self.transcript, state, log, {r: a for r in rows if (a := actions[r]) is not None}, facts)

    def _may_tell(self, state: State, r: int) -> int:
        """Mask of the constraints that the user of a row has not told and may."""
        place = self.tables.at(self.tables.goal_row(state.session[r : r + 1], state.goal[r : r + 1]))[0]
        return ~int(state.told[r]) & int(self.tables.rows.sayable[place])

    def _judge_words(
        self, n: int, rows: list[int], rulings: list[Rulings], facts: Facts, reactions: Reactions, dealt: Dealt | None
    ) -> _Judged:
        d, scores = len(self.dimensions), self._score(rulings, None if dealt is None else dealt.there[rows].tolist())
        components, sources = np.full((n, d), np.nan, np.float32), np.full((n, d), NO_SOURCE, np.int8)
        items, unjudged = np.full((n, self.config.slate_size, d), np.nan, np.float32), np.zeros((n, d), np.bool_)
        components[rows], unjudged[rows] = scores.components, scores.unjudged
        if rows:
            items[rows] = scores.items
            sources[rows] = scores.sources
        costs, left_out = dict(zip(rows, scores.costs, strict=False)), dict(zip(rows, scores.left_out, strict=True))
        reasons = {(rows[n], d): why for (n, d), why in scores.reasons.items()}
        if dealt is not None:
            columns = np.arange(d)[self._columns]
            dealt.put(columns, components, items, unjudged)
            there = dealt.there[:, None] & np.isin(np.arange(d), columns)
            sources = np.where(there, np.where(unjudged, NO_SOURCE, SCORER), sources).astype(np.int8)
            left_out = {r: {**own, **dealt.left_out.get(r, {})} for r, own in left_out.items()}
            reasons |= {(r, int(columns[s])): why for (r, s), why in dealt.reasons.items()}
        applicable = ~np.isnan(components)
        hybrid = self.reward(components, unjudged)
        values, worth = hybrid.values, np.full(items.shape[:2], np.nan, np.float32)
        if self.reward.spec.credit == "service":
            each = np.where(np.isnan(items), components[:, None, :], items)
            own = facts.there & ~np.isnan(items).all(2)
            worth = np.where(own, self.reward(each.reshape(-1, d)).values.reshape(items.shape[:2]), worth)
            values = np.where(own.any(1), _served(np.where(own, worth, _NOTHING), own, reactions), values)
        worths, there = np.empty((n, 1 + d), np.float32), np.ones((n, 1 + d), np.bool_)
        worths[:, 0], worths[:, 1:], there[:, 1:] = values, np.where(applicable, components, np.float32(0.0)), applicable
        return _Judged(
            worths, there, sources, hybrid.failed, hybrid.unpaid, np.asarray(hybrid.failed.any(1)), lambda: reasons, costs, items,
            worth, left_out)

    # -- numbers ---------------------------------------------------------------------------------------------

    def step_slates(self, state: State, log: Log, numbers: NDArray[np.int64], playing: NDArray[np.bool_]) -> tuple[State, Step]:
        """numbers (N, K) of candidates, best first; playing (N,): rows that take part. ``log`` is written in place.

        The environment itself is the speaker, and what it says repeats the records and keeps the instruction: so these two
        dimensions are exact by construction, and nothing is read again.
        """
        playing = playing & (state.ending == _RUNNING)
        everyone = np.count_nonzero(playing) == len(state)
        act = _all_recommend(len(state)) if everyone else np.where(playing, _RECOMMEND, _NO_ACT)
        block = self.deck.block(state)
        facts = by_number(self.tables, state, numbers, None if everyone else playing)
        kept = self._keeps(state, facts)
        stale = self._stale(state, log, facts)
        after, reactions = dynamics.transition(self.tables, state, act, facts, None)
        judged = self._judge_numbers(block, facts, kept, playing, reactions)
        after, step = self._pay(state, after, act, stale, judged, reactions, facts)
        self._write(state, log, act, facts, reactions)
        return after, step

    def worth(self, state: State, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """(N,) what the first item of slates of candidate numbers (N, K) would be worth to who took it now; nothing is played."""
        block = self.deck.block(state)
        facts = by_number(self.tables, state, numbers)
        kept = self._keeps(state, facts)
        worth = self.deck.scores(block, facts, kept).worth
        return np.asarray(np.where(facts.there, worth, np.float32(0.0))[:, 0])

    def item_values(self, state: State, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """(N, D) by dimension, what the first item of slates of candidate numbers (N, K) would be worth to who took it now, NaN
        where nobody says; dimensions of the text as the environment's own sentence has them. Nothing is played."""
        block = self.deck.block(state)
        facts = by_number(self.tables, state, numbers)
        kept = self._keeps(state, facts)
        full = np.full((len(numbers), len(self.dimensions)), np.nan, np.float32)
        full[:, self._columns] = self.deck.items(block, self.deck.scores(block, facts, kept).cell)[:, 0]
        for column, voice in enumerate(self._voices):
            if voice is not None:
                full[:, column] = np.where(kept, np.float32(1.0), np.float32(0.0)) if voice == "obeys" else 1.0
        return np.where(facts.there[:, :1], full, np.float32(np.nan))

    def _keeps(self, state: State, facts: Facts) -> NDArray[np.bool_]:
        """(N,) whether the environment's sentence about N slates keeps the instruction, and their items do."""
        kept = facts.total >= self.tables.standing(state.session, state.goal).fewest
        ruled = self.tables.rows.ruled_at.take(facts.cell)
        return kept & ~ruled.any(1) if np.count_nonzero(ruled) else kept

    def _item_worth(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """See ``deck.Worth``: text dimensions as the environment's own sentence has them, breaking the instruction or not."""
        full = np.full((2, len(values), len(self.dimensions)), np.nan, np.float32)
        full[:, :, self._columns] = values
        for column, voice in enumerate(self._voices):
            if voice is not None:
                full[:, :, column] = [[0.0 if voice == "obeys" else 1.0], [1.0]]
        return self.reward(full.reshape(-1, full.shape[2])).values.reshape(2, -1).T

    def _judge_numbers(
        self, block: NDArray[np.int64], facts: Facts, kept: NDArray[np.bool_], playing: NDArray[np.bool_], reactions: Reactions
    ) -> _Judged:
        """kept (N,): whether the environment's sentence keeps the instruction."""
        scores = self.deck.scores(block, facts, kept)
        n, d, some, worth = len(block), len(self.dimensions), facts.some, scores.worth
        sound = np.count_nonzero(kept) == n  # each of the three only where the one before is so, see ``_there``
        level = _in_keeping(n) if sound else playing.view(np.int8) + some + kept
        worths, there = self._worths.take(level, 0), self._there.take(level, 0)
        components, applicable = worths[:, 1:], there[:, 1:]
        components[:, self._columns], applicable[:, self._columns] = scores.values, scores.present
        if self._exact and self.deck.whole:
            failed, unpaid, void = self._failed.take(level, 0), None, None if sound else self._void.take(level)
            worths[:, 0] = _served(worth, facts.there, reactions)
        else:
            unjudged = np.zeros((n, d), np.bool_)
            unjudged[:, self._columns] = some[:, None] & ~scores.present
            hybrid = self.reward(np.where(applicable, components, np.float32(np.nan)), unjudged)
            worths[:, 0], failed, unpaid = hybrid
            void = np.asarray(failed.any(1))
            if self.reward.spec.credit == "service":
                own = facts.there
                if len(self.deck.names):
                    own = own & ~np.isnan(self.deck.items(block, scores.cell)).all(2)
                worths[:, 0] = np.where(own.any(1), _served(np.where(own, worth, _NOTHING), own, reactions), worths[:, 0])
        explain: Explain = _no_reasons
        if not (sound and self.deck.whole):
            odd = playing > kept
            if not self.deck.whole:
                odd |= playing & ~scores.present.all(1)
            explain = partial(self._reasons, self.deck.said, odd, block, facts, kept, scores.present)
            if self.deck.fickle.any():  # who may say something else by the time that it is read
                explain = partial(dict[tuple[int, int], str], explain())
        return _Judged(worths, there, np.where(applicable, self._source, _NO_SOURCE), failed, unpaid, void, explain, {})

    def _reasons(
        self, said: Callable[[int, int, Sequence[int]], str], odd: NDArray[np.bool_], block: NDArray[np.int64], facts: Facts,
        kept: NDArray[np.bool_], present: NDArray[np.bool_],
    ) -> dict[tuple[int, int], str]:
        reasons, some = dict[tuple[int, int], str](), facts.some
        for r in odd.nonzero()[0].tolist():
            for s, name in enumerate(self.deck.names):
                if some[r] and not present[r, s]:
                    shown = facts.at[r, facts.there[r]].tolist()
                    reasons[r, self.dimensions.index(name)] = said(int(block[r]), s, shown) or NO_VALUE
            for column, voice in enumerate(self._voices):
                if voice == "obeys" and not kept[r]:
                    reasons[r, column] = NOTHING_SHOWN if not some[r] else NO_SENTENCE
                elif voice != "obeys" and not some[r]:
                    reasons[r, column] = NO_ITEM
        return reasons

    # -- pay -------------------------------------------------------------------------------------------------

    def _stale(self, state: State, log: Log, facts: Facts) -> NDArray[np.bool_]:
        """(N,) whether a slate has items, and this goal has seen them all."""
        seen = state.marked.take(facts.spot)  # (N, K), of candidates; True where there is none
        if log.spoken is not None:  # who speaks may show what is no candidate
            other = facts.there & (facts.at < 0)
            seen &= ~other
            for r in np.flatnonzero(other.any(1)).tolist():
                now = log.slate[r, log.goal[r] == state.goal[r]]
                seen[r] |= np.isin(facts.item[r], now) & other[r]
        return over_places(np.logical_and, seen) & facts.some

    def _pay(
        self, state: State, after: State, act: NDArray[np.int8], stale: NDArray[np.bool_], judged: _Judged, reactions: Reactions,
        facts: Facts,
    ) -> tuple[State, Step]:
        """A turn that fails a gate is worth 0 throughout. One that recommends nothing does not count, and neither does a slate
        without an item that is new to the goal (it would be paid for what the user said since) or one that nobody could judge."""
        spec, worths = self.reward.spec, judged.worths
        counts = (act == _RECOMMEND) > stale
        if judged.unpaid is not None:
            counts &= ~judged.unpaid
        owed = judged.there & counts[:, None]  # (N, 1 + D)
        if judged.void is not None and np.count_nonzero(judged.void):
            worths = worths.copy()
            worths[judged.void], owed[judged.void] = 0.0, True
        due = credit_of(worths, owed, state.earned, state.count, spec, reactions.met[:, None], self._share)
        earned, count = due.earned, due.counted
        if np.count_nonzero(reactions.met):
            moved = reactions.met[:, None]  # the next goal starts from nothing, see ``dynamics.enter_goal``
            earned, count = np.where(moved, after.earned, earned), np.where(moved, after.count, count)
        if spec.turn_price:
            due.reward[:, 0] -= np.where(act != NO_ACT, spec.turn_price, 0.0)
        paid = due.reward.astype(np.float32)
        return after.but(earned=earned, count=count), Step(
            judged.worths[:, 1:], judged.there[:, 1:], judged.sources, judged.worths[:, 0], counts, paid[:, 0], paid[:, 1:],
            judged.failed, reactions.met, judged.explain, reactions, judged.costs, judged.left_out, self._standing, facts,
            judged.item_values, judged.worth)

    def _write(self, state: State, log: Log, act: NDArray[np.int8], facts: Facts, reactions: Reactions) -> None:
        place = reactions.place
        there, at = place >= _ZERO, row_starts(*facts.item.shape) + place  # of the item before where there is none
        item, extrapolated = facts.item.take(at), facts.logged.take(at) & _EXTRAPOLATED
        if np.count_nonzero(there) < len(there):
            item, extrapolated = np.where(there, item, _NONE), extrapolated * there
        heard = {} if log.spoken is None else {"about": reactions.about, "objection": reactions.objection}
        log.write(
            act != _NO_ACT, state.turn, facts.item, act=act, reaction=reactions.kind, goal=state.goal, position=place, item=item,
            extrapolated=extrapolated, constraint=reactions.constraint, told=reactions.told, **heard)


_RUNNING, _RECOMMEND, _NO_ACT, _NO_SOURCE = (np.array(code, np.int8) for code in (RUNNING, RECOMMEND, NO_ACT, NO_SOURCE))
_ZERO, _NONE, _NOTHING = np.array(0), np.array(-1), np.array(0.0, np.float32)
_EXTRAPOLATED = np.array(EXTRAPOLATED)


@CACHES.keep(64)
def _all_recommend(n: int) -> NDArray[np.int8]:
    """(N,) acts where nobody sits out; not to be written to."""
    return np.full(n, RECOMMEND, np.int8)


@CACHES.keep(64)
def _in_keeping(n: int) -> NDArray[np.int64]:
    """(N,) what there is of turns that are all said in keeping, see ``Engine``; not to be written to."""
    return np.full(n, 3)


def _no_reasons() -> Mapping[tuple[int, int], str]:
    return _NO_REASONS


_NO_REASONS: Mapping[tuple[int, int], str] = MappingProxyType({})


def _span(columns: list[int]) -> slice | NDArray[np.int64]:
    """Columns as an index: a slice where they stand together, which is the cheaper one."""
    if columns and columns == list(range(columns[0], columns[0] + len(columns))):
        return slice(columns[0], columns[0] + len(columns))
    return np.array(columns, np.int64)


def _served(worth: NDArray[np.float32], own: NDArray[np.bool_], reactions: Reactions) -> NDArray[np.float32]:
    """(N,) worth of what was served: of the item that was taken, else of the best one shown; so that what stands beside an item
    neither raises nor lowers it. worth, own (N, K): of each item, and whether it has one, 0 where not."""
    best: NDArray[np.float32] = over_places(np.maximum, worth)
    if not np.count_nonzero(reactions.met):
        return best
    row, taken = np.arange(len(worth)), reactions.place  # which means nothing where no need was met
    return np.where(reactions.met & own[row, taken], worth[row, taken], best)


def _made(origin: Callable[[], Engine]) -> Engine:
    return origin()


def user_model(world: World, config: EnvConfig) -> UserModel:
    """The user model of a configuration."""
    return USERS[config.user](world, config.user_options or {})


def reward_name(config: EnvConfig) -> str:
    """The reward spec of a configuration: its own, else the one that its scorers can pay."""
    return config.reward or (RULES_REWARD if config.scorers == RULES else DEFAULT_REWARD)
