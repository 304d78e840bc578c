"""A turn end to end: the user reacts to what he is shown and told, rules and scorers judge it, the turn is paid.

Two ways in, one transition: ``step`` takes actions in words, ``step_slates`` candidate numbers. Reactions do not depend on
learned scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.world import World
from recenv.envs import dynamics
from recenv.envs.config import EnvConfig
from recenv.envs.deck import Deck
from recenv.envs.dynamics import Reactions
from recenv.envs.facts import Facts, by_item, by_number
from recenv.envs.hearing import Spoke, hear, silence
from recenv.envs.state import ACTS, NO_ACT, RECOMMEND, RUNNING, Log, Spoken, State
from recenv.envs.tables import Tables
from recenv.envs.transcript import Transcript
from recenv.records import Action, AgentView, Item, Reaction
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import DEFAULT_REWARD, REWARDS, RULES_REWARD, HybridReward, RewardSpec, credit
from recenv.rewards.named import RULES, scorer_set
from recenv.rewards.protocol import SOURCES, Cost, Scorer
from recenv.rewards.turn import TurnScorer
from recenv.users import USERS
from recenv.users.protocol import UserModel

NOT_JUDGED = "the environment's own words are not judged in play"
RULE, SCORER, NO_SOURCE = SOURCES.index("rule"), SOURCES.index("scorer"), SOURCES.index("none")


@dataclass(frozen=True)
class Step:
    """What one turn of N sessions brought; rows that sat out have nothing in it.

    components (N, D) float32, 0 where missing; applicable (N, D): where not.  sources (N, D): index into ``SOURCES``.
    values (N,) hybrid scalar of the turn in [0, 1]; paid (N,): whether it counted.  rewards (N,), vector_rewards (N, D): what the
    turn is paid (``hybrid.credit``).  failed (N, D): failed gates.  met (N,): the outcome, whether this turn met a need.
    reasons: (row, dimension) -> why a component is missing or a rule failed.  costs: by row, what judges took.
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
    reasons: Mapping[tuple[int, int], str]
    reactions: Reactions
    costs: Mapping[int, dict[str, Cost]]


class _Judged(NamedTuple):
    """Components as they come, NaN where missing, with what else is told of them; see ``Step``. items (N, K, D): of each item of
    a slate by itself, NaN where a dimension is not one of items."""

    components: NDArray[np.float32]
    items: NDArray[np.float32]
    sources: NDArray[np.int8]
    unjudged: NDArray[np.bool_]
    reasons: dict[tuple[int, int], str]
    costs: dict[int, dict[str, Cost]]


class Engine:
    """World, user model, scorers and reward of one scenario; shared by all its environments of a process.

    dimensions: names of those registered when it was made, the columns D of all that it returns.
    scorers: by dimension; loaded by the name in ``config.scorers`` where not given. reward, user: likewise.
    """

    def __init__(
        self, world: World, config: EnvConfig, *, scorers: Mapping[str, Scorer] | None = None,
        reward: RewardSpec | None = None, user: UserModel | None = None,
    ) -> None:
        self.world, self.config = world, config
        self.reward = HybridReward(reward if reward is not None else REWARDS[reward_name(config)])
        self.scorers = dict(scorers) if scorers is not None else scorer_set(config.scorers)
        self._score = TurnScorer(self.scorers)
        self.dimensions = tuple(d.name for d in self._score.dimensions)
        self.user = user if user is not None else USERS[config.user](world)
        self.tables = Tables(world, self.user, config)
        self.transcript = Transcript(self.tables)
        self.deck = Deck(self.tables, self.transcript, self.scorers)

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

    def step(self, state: State, log: Log, actions: Sequence[Action | None]) -> tuple[State, Step]:
        """actions: N, None for rows that sit out; those are neither scored nor changed. ``log`` is written in place."""
        n = len(actions)
        rows = [r for r, a in enumerate(actions) if a is not None and state.ending[r] == RUNNING]
        acted = [a for r in rows if (a := actions[r]) is not None]
        act = np.full(n, NO_ACT, np.int8)
        act[rows] = [ACTS.index(a.act) for a in acted]
        views = self.views(state, log, rows)
        slates: list[tuple[int, ...]] = [()] * n
        items = [tuple(self.item(i) for i in a.items) if a.act == "recommend" else () for a in acted]
        for r, action in zip(rows, acted, strict=True):
            if action.act == "recommend":
                known = (self.world.item_row(i) for i in action.items)
                slates[r] = tuple(dict.fromkeys(i for i in known if i >= 0))[: self.config.slate_size]
        facts = by_item(self.tables, state, slates)
        turns = [Spoke(r, v, a, i) for r, v, a, i in zip(rows, views, acted, items, strict=True)]
        heard, notes = hear(self.tables, state, turns, slates)
        fresh = self._fresh(state, log, facts)
        after, reactions = dynamics.transition(self.tables, state, act, facts, heard)
        judged = self._judge_words(n, rows, views, acted, items)
        after, step = self._pay(state, after, act, facts, fresh, judged, reactions)
        self._write(state, log, act, facts, reactions)
        if log.spoken is not None:
            for r, action in zip(rows, acted, strict=True):
                hits, note = self.transcript.search(state, r, action) if action.act == "search" else ((), notes.get(r, ""))
                log.spoken[r].append(Spoken(action, hits, note))
        return after, step

    def _judge_words(
        self, n: int, rows: list[int], views: list[AgentView], actions: list[Action], slates: list[tuple[Item | None, ...]]
    ) -> _Judged:
        scores = self._score(views, actions, slates)
        d = len(self.dimensions)
        components, sources = np.full((n, d), np.nan, np.float32), np.full((n, d), NO_SOURCE, np.int8)
        unjudged = np.zeros((n, d), np.bool_)
        items = np.full((n, self.config.slate_size, d), np.nan, np.float32)
        components[rows], unjudged[rows] = scores.components, scores.unjudged
        if rows:
            items[rows] = scores.items
        if rows:
            sources[rows] = [[SOURCES.index(s) for s in row] for row in scores.sources]
        reasons = {(r, c): why for r, row in zip(rows, scores.reasons, strict=True) for c, why in enumerate(row) if why}
        return _Judged(components, items, sources, unjudged, reasons, dict(zip(rows, scores.costs, strict=False)))

    # -- numbers ---------------------------------------------------------------------------------------------

    def step_slates(self, state: State, log: Log, numbers: NDArray[np.int64], playing: NDArray[np.bool_]) -> tuple[State, Step]:
        """numbers (N, K) of candidates, best first; playing (N,): rows that take part. ``log`` is written in place.

        The environment itself is the speaker, and what it says repeats the records and keeps the instruction: so these two
        dimensions are exact by construction, and nothing is read again.
        """
        n = len(state)
        playing = playing & (state.ending == RUNNING)
        act = np.where(playing, RECOMMEND, NO_ACT).astype(np.int8)
        facts = by_number(self.tables, state, numbers)
        facts = facts._replace(there=facts.there & playing[:, None])
        block = self.deck.blocks(self.tables.goal_row(state.session, state.goal), state.told)
        fresh = self._fresh(state, log, facts)
        after, reactions = dynamics.transition(self.tables, state, act, facts, silence(n, self.config.slate_size))
        judged = self._judge_numbers(state, block, facts, playing)
        after, step = self._pay(state, after, act, facts, fresh, judged, reactions)
        self._write(state, log, act, facts, reactions)
        return after, step

    def worth(self, state: State, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """(N,) what the first item of slates of candidate numbers (N, K) would be worth to who took it now; nothing is played."""
        facts = by_number(self.tables, state, numbers)
        block = self.deck.blocks(self.tables.goal_row(state.session, state.goal), state.told)
        judged = self._judge_numbers(state, block, facts, np.ones(len(state), np.bool_))
        whole = self.reward(judged.components, judged.unjudged).values
        return self._served(judged, facts, np.ones(len(state), np.bool_), np.zeros(len(state), np.int64), whole)

    def _judge_numbers(
        self, state: State, block: NDArray[np.int32], facts: Facts, playing: NDArray[np.bool_]
    ) -> _Judged:
        scores = self.deck.scores(block, facts)
        some = facts.there.any(1) & playing
        components = np.where(scores.present, scores.values, np.float32(np.nan))
        sources = np.where(scores.present, SCORER, NO_SOURCE).astype(np.int8)
        place = self.tables.at(self.tables.goal_row(state.session, state.goal))
        kept = self.tables.rows.speaks[place] & (facts.there.sum(1) >= self.tables.rows.least[place]) & some
        reasons: dict[tuple[int, int], str] = {}
        for column, name in enumerate(self.dimensions):
            spoken = DIMENSIONS[name].spoken
            if spoken is None:
                if DIMENSIONS[name].of == "text":
                    reasons.update(dict.fromkeys(((r, column) for r in np.flatnonzero(playing).tolist()), NOT_JUDGED))
                continue
            value = {"obeys": np.where(kept, 1.0, 0.0), "true": np.where(some, 1.0, np.nan)}[spoken]
            components[:, column] = np.where(playing, value, np.nan)
            sources[:, column] = np.where(np.isnan(components[:, column]), NO_SOURCE, RULE)
        odd = playing & (scores.unjudged.any(1) | ~kept)
        for r in np.flatnonzero(odd).tolist():
            for column, name in enumerate(self.dimensions):
                if scores.unjudged[r, column]:
                    reasons[r, column] = self.deck.reason(name, int(block[r])) or "the scorer gave no value"
                elif DIMENSIONS[name].spoken == "obeys" and not kept[r]:
                    reasons[r, column] = "expected items to recommend, came none" if not some[r] else (
                        "the environment has no sentence that keeps this instruction with these items")
        return _Judged(components, scores.items, sources, scores.unjudged, reasons, {})

    # -- pay -------------------------------------------------------------------------------------------------

    def _fresh(self, state: State, log: Log, facts: Facts) -> NDArray[np.bool_]:
        """(N,) whether a slate has an item that this goal has not seen."""
        at = np.where(facts.at >= 0, facts.at, 0)
        seen = state.shown[np.arange(len(state))[:, None], at] & (facts.at >= 0)  # (N, K)
        other = facts.there & (facts.at < 0)
        for r in np.flatnonzero(other.any(1)).tolist():
            now = log.slate[r][(log.act[r] == RECOMMEND) & (log.goal[r] == state.goal[r])]
            seen[r] |= np.isin(facts.item[r], now) & other[r]
        return np.asarray((facts.there & ~seen).any(1))

    def _pay(
        self, state: State, after: State, act: NDArray[np.int8], facts: Facts, fresh: NDArray[np.bool_], judged: _Judged,
        reactions: Reactions,
    ) -> tuple[State, Step]:
        """A turn that fails a gate is worth 0 throughout. One that recommends nothing does not count, and neither does a slate
        without an item that is new to the goal (it would be paid for what the user said since) or one that nobody could judge."""
        spec, playing = self.reward.spec, act != NO_ACT
        hybrid = self.reward(judged.components, judged.unjudged)
        values = hybrid.values
        if spec.credit == "service":
            values = self._served(judged, facts, reactions.met, reactions.place, values)
        counts = playing & (act == RECOMMEND) & (fresh | ~facts.there.any(1)) & ~hybrid.unpaid
        void = hybrid.failed.any(1)
        worth = np.concatenate([values[:, None], judged.components], axis=1).astype(np.float64)  # (N, 1 + D)
        worth[void] = 0.0
        worth[~(counts | (playing & void))] = np.nan
        scalar = credit(worth[:, :1], state.earned[:, :1], state.count[:, :1], spec, reactions.met[:, None])
        each = credit(worth[:, 1:], state.earned[:, 1:], state.count[:, 1:], spec, reactions.met[:, None], outcome=0.0)
        on = (playing & (after.goal == state.goal))[:, None]  # the next goal starts from nothing
        off = playing & ~on[:, 0]
        earned = np.where(on, np.concatenate([scalar.earned, each.earned], 1), state.earned)
        count = np.where(on, np.concatenate([scalar.counted, each.counted], 1), state.count)
        earned[off], count[off] = 0.0, 0
        applicable = ~np.isnan(judged.components)
        rewards = np.where(playing, scalar.reward[:, 0] - spec.turn_price, 0.0)
        return replace(after, earned=earned, count=count), Step(
            np.where(applicable, judged.components, np.float32(0.0)), applicable, judged.sources,
            np.where(playing, values, np.float32(0.0)), counts, rewards.astype(np.float32),
            np.where(playing[:, None], each.reward, 0.0).astype(np.float32), hybrid.failed, reactions.met, judged.reasons,
            reactions, judged.costs)

    def _served(
        self, judged: _Judged, facts: Facts, met: NDArray[np.bool_], place: NDArray[np.integer], whole: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(N,) worth of what was served: of the item at ``place`` where it was taken, else of the best one shown; so that what
        stands beside an item neither raises nor lowers it. Rows whose items have no values of their own keep the whole's."""
        n, k, d = judged.items.shape
        each = np.where(np.isnan(judged.items), judged.components[:, None, :], judged.items)
        worth = self.reward(each.reshape(n * k, d)).values.reshape(n, k)
        own = ~np.isnan(judged.items).all(2) & facts.there  # (N, K)
        taken = np.where(met, place, 0)
        best = np.where(own, worth, -1.0).max(1)
        served = np.where(met & own[np.arange(n), taken], worth[np.arange(n), taken], best)
        return np.where(own.any(1), served, whole).astype(np.float32)

    def _write(self, state: State, log: Log, act: NDArray[np.int8], facts: Facts, reactions: Reactions) -> None:
        row = np.flatnonzero(act != NO_ACT)
        turn = state.turn[row]
        log.act[row, turn], log.reaction[row, turn], log.goal[row, turn] = act[row], reactions.kind[row], state.goal[row]
        place = reactions.place[row]
        log.position[row, turn] = place
        log.item[row, turn] = np.where(place >= 0, facts.item[row, place], -1)
        log.extrapolated[row, turn] = np.where(place >= 0, facts.extrapolated[row, place], False)
        log.constraint[row, turn], log.told[row, turn] = reactions.constraint[row], reactions.told[row]
        log.about[row, turn], log.objection[row, turn] = reactions.about[row], reactions.objection[row]
        log.slate[row, turn] = np.where(facts.there[row], facts.item[row], -1)


def reward_name(config: EnvConfig) -> str:
    """The reward spec of a configuration: its own, else the one that its scorers can pay."""
    return config.reward or (RULES_REWARD if config.scorers == RULES else DEFAULT_REWARD)
