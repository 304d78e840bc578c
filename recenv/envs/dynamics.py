"""How sessions unfold: pure functions over an explicit state, batched; the single environment is a batch of one.

A turn, seen from the user (all draws are keyed on (seed, session, ...), see ``recenv.rng``):
1. Looks at the slate from the top; position k is examined with probability decay^k (Craswell et al., WSDM 2008).
2. Prefers the examined item of highest utility, against an outside option (multinomial logit, McFadden 1974). An
   item's taste draw is fixed for the goal, so showing it again does not change the answer.
3. Takes it up if it beats the outside option and meets every constraint. Otherwise tells the next undisclosed
   constraint that it misses, reminds of a disclosed one, or rejects; each such turn costs patience and may end the session.
A question is answered when it is about a constraint that is not hidden. Goals are met one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.constraints import MET, UNKNOWN, asked_slots
from recenv.data.search import index_of
from recenv.data.store import DISCLOSURES
from recenv.data.world import GoalArrays, World
from recenv.envs.chat_format import format_action, search_results
from recenv.envs.config import EnvConfig
from recenv.envs.state import ENDED, HORIZON, LEFT, MET_ALL, RUNNING, Dialogue, State
from recenv.records import Action, AgentView, Message, Privileged, Reaction, ReactionKind, Session
from recenv.rewards.dimensions import DIMENSIONS
from recenv.users.protocol import UserModel
from recenv.users.utterances import say

HIDDEN = DISCLOSURES.index("hidden")
VOLUNTEERED = DISCLOSURES.index("volunteered")
ASK_COST = 0.5  # a question wears a user out less than a failed slate
_LOOK, _TASTE, _OUTSIDE, _LEAVE, _WORDS = (rng.word(p) for p in ("look", "taste", "outside", "leave", "words"))


@dataclass(frozen=True)
class Case:
    """One session of the world with what belongs to it, decoded once. Privileged."""

    row: int
    key: int
    session: Session
    privileged: Privileged
    goals: tuple[GoalArrays, ...]
    place: tuple[dict[int, int], ...]  # item row -> candidate position, per goal


class Dynamics:
    """Transition functions over a world and a user model. Holds no session state of its own."""

    def __init__(self, world: World, user: UserModel, config: EnvConfig) -> None:
        self.world, self.user, self.config = world, user, config
        self.paid = 1 + len(DIMENSIONS)  # rewards of a turn: of the scalar, then of each dimension
        self.case = lru_cache(maxsize=8192)(self._case)

    def _case(self, row: int) -> Case:
        session, goals = self.world.session(row), tuple(self.world.goal(g) for g in self.world.goal_rows(row))
        cut = self.config.candidates
        goals = tuple(GoalArrays(*(a if n == "disclosure" else a[:cut] for n, a in g._asdict().items())) for g in goals)
        place = tuple({int(r): at for at, r in enumerate(g.candidates)} for g in goals)
        return Case(row, rng.word(session.id), session, self.world.privileged(row), goals, place)

    # -- beginning -------------------------------------------------------------------------------------------

    def begin(self, sessions: NDArray[np.int64], seeds: NDArray[np.uint64]) -> State:
        """Open a batch of sessions. sessions (N,) world rows, seeds (N,)."""
        cases = [self.case(int(r)) for r in sessions]
        n = len(cases)
        return State(
            session=np.array(sessions, np.int64), seed=np.array(seeds, np.uint64), goal=np.zeros(n, np.int64),
            turn=np.zeros(n, np.int64), patience=np.array([self._patience(c) for c in cases], np.float64),
            ending=np.full(n, RUNNING, np.int8), earned=np.zeros((n, self.paid)), count=np.zeros((n, self.paid), np.int64),
            told=tuple(c.goals[0].disclosure == VOLUNTEERED for c in cases),
            dialogue=tuple(Dialogue((Message("user", q),), q) for q in (c.session.goals[0].query for c in cases)),
        )

    def _patience(self, case: Case) -> float:
        return max(1.0, case.privileged.patience * self.config.patience_scale)

    # -- what agents see -------------------------------------------------------------------------------------

    def views(self, state: State, rows: Sequence[int]) -> list[AgentView]:
        """The agent's view of each given row of the batch."""
        return [self._view(state, r) for r in rows]

    def _view(self, state: State, r: int) -> AgentView:
        case, talk = self.case(int(state.session[r])), state.dialogue[r]
        g = min(int(state.goal[r]), len(case.goals) - 1)  # after the last goal the view stays on it
        world, session, arrays = self.world, case.session, case.goals[g]
        return AgentView(
            session_id=session.id, locale=session.locale, category=session.goals[g].category, turn=int(state.turn[r]),
            horizon=self.config.horizon, slate_size=self.config.slate_size, instruction=session.instruction,
            user=world.user(int(world.column("session_user")[case.row])), context=session.context, query=talk.query,
            messages=talk.messages, candidates=tuple(world.item(int(i)) for i in arrays.candidates),
            popularity=tuple(world.popularity(arrays.candidates, case.row).tolist()),
            retrieved=tuple(world.item(i) for i in talk.retrieved), shown=tuple(world.item(i).id for i in talk.shown),
        )

    # -- one turn --------------------------------------------------------------------------------------------

    def step(self, state: State, actions: Sequence[Action | None]) -> tuple[State, list[Reaction | None]]:
        """Play one turn. actions: N, None for rows that sit out (they are returned unchanged, reaction None)."""
        slates = [self._slate(a) if a is not None and a.act == "recommend" else () for a in actions]
        picks = self._choose(state, slates)
        reactions: list[Reaction | None] = [None] * len(actions)
        changes = {name: list(getattr(state, name)) for name in ("goal", "turn", "patience", "ending", "told", "dialogue")}
        for r, action in enumerate(actions):
            if action is None or state.ending[r] != RUNNING:
                continue
            after = self._turn(state, r, action, slates[r], picks[r])
            for name in changes:
                changes[name][r] = getattr(after, name)
            reactions[r] = after.reaction
        return replace(
            state, goal=np.array(changes["goal"], np.int64), turn=np.array(changes["turn"], np.int64),
            patience=np.array(changes["patience"], np.float64), ending=np.array(changes["ending"], np.int8),
            told=tuple(changes["told"]), dialogue=tuple(changes["dialogue"]),
        ), reactions

    def _slate(self, action: Action) -> tuple[int, ...]:
        """Rows of the items that the user gets to see: known ones, once each, at most K; rules judge the rest."""
        rows = (self.world.item_row(i) for i in action.items)
        return tuple(dict.fromkeys(r for r in rows if r >= 0))[: self.config.slate_size]

    def satisfaction(self, case: Case, goal: int, item: int) -> NDArray[np.int8]:
        """(M,) status of an item against a goal's constraints; from the store for candidates."""
        at = case.place[goal].get(item)
        return case.goals[goal].satisfaction[at] if at is not None else self.world.satisfaction(case.row, goal, item)

    def _choose(self, state: State, slates: Sequence[tuple[int, ...]]) -> list[Pick | None]:
        """The item that each user would take, one call of the user model for the whole batch."""
        flat = [(r, k, item) for r, slate in enumerate(slates) for k, item in enumerate(slate)]
        picks: list[Pick | None] = [None] * len(slates)
        if not flat:
            return picks
        row, position, item = (np.array(column, np.int64) for column in zip(*flat, strict=True))
        cases = [self.case(int(s)) for s in state.session]
        statuses = [self.satisfaction(cases[r], int(state.goal[r]), i) for r, _, i in flat]
        padded = np.full((len(flat), max(len(s) for s in statuses)), MET, np.int8)
        for at, s in enumerate(statuses):
            padded[at, : len(s)] = s
        appeal = self.user.appeal(state.session[row], state.goal[row], item, padded)
        key = np.array([c.key for c in cases], np.uint64)[row]
        item_key = self.world.item_keys(item)
        seed, goal, turn = state.seed[row], state.goal[row], state.turn[row]
        utility = appeal.utility + rng.gumbel(seed, key, goal, item_key, _TASTE)
        outside = appeal.outside + rng.gumbel(seed, key, goal, _OUTSIDE)
        looked = rng.uniform(seed, key, turn, item_key, _LOOK) < self.user.temper.position_decay ** position
        seen = np.where(looked, utility, -np.inf)
        for r in np.unique(row):
            mine = np.flatnonzero(row == r)
            best = int(mine[np.argmax(seen[mine])])  # the first position is always examined
            picks[int(r)] = Pick(
                int(item[best]), bool(seen[best] > outside[best]), statuses[best],
                bool(appeal.extrapolated[best]), appeal.taken is not None and bool(appeal.taken[best]),
            )
        return picks

    def _turn(self, state: State, r: int, action: Action, slate: tuple[int, ...], pick: Pick | None) -> _After:
        case, goal = self.case(int(state.session[r])), int(state.goal[r])
        talk = state.dialogue[r]
        said = Message("assistant", format_action(action))
        if action.act == "search":
            return self._search(state, r, action, said)
        told, cost = state.told[r], 1.0
        if action.act == "end":
            answer = self._say(state, r, "farewell")
        elif action.act == "ask":
            answer, told, cost = self._answer(state, r, action)
        elif pick is None:  # malformed, or nothing in the slate that exists
            answer = self._say(state, r, "repeat")
        else:
            answer, told = self._judge(state, r, pick)
        talk = talk._replace(shown=tuple(dict.fromkeys((*talk.shown, *slate))))
        fresh = told & ~state.told[r]
        if fresh.any():
            constraint = case.privileged.needs[goal].constraints[int(np.argmax(fresh))]
            talk = talk._replace(query=f"{talk.query}\n{constraint.text}")
        after = _After(goal, int(state.turn[r]) + 1, float(state.patience[r]), RUNNING, told, talk, answer)
        if answer.kind == "order":
            after = self._advance(case, after)
        elif answer.kind == "farewell":
            after = after._replace(ending=ENDED)
        else:
            after = self._tire(state, r, after, cost)
        messages = (*talk.messages, said, Message("user", after.reaction.text))
        ending = HORIZON if after.ending == RUNNING and after.turn >= self.config.horizon else after.ending
        return after._replace(dialogue=after.dialogue._replace(messages=messages), ending=ending)

    def _search(self, state: State, r: int, action: Action, said: Message) -> _After:
        talk, goal = state.dialogue[r], int(state.goal[r])
        category = self.case(int(state.session[r])).session.goals[goal].category
        found = index_of(self.world).search(action.query, self.config.search_results, category, action.filters)
        hits = found.rows
        text = search_results(tuple(self.world.item(i) for i in hits), found.ignored_filters)
        talk = talk._replace(
            messages=(*talk.messages, said, Message("tool", text)), retrieved=tuple(dict.fromkeys((*talk.retrieved, *hits)))
        )
        turn = int(state.turn[r]) + 1
        ending = HORIZON if turn >= self.config.horizon else RUNNING
        reaction = Reaction(kind="results", text=text)
        return _After(goal, turn, float(state.patience[r]), ending, state.told[r], talk, reaction)

    def _answer(self, state: State, r: int, action: Action) -> tuple[Reaction, NDArray[np.bool_], float]:
        """To a question: the first undisclosed, unhidden constraint of a slot it is about; otherwise no preference."""
        case, goal, told = self.case(int(state.session[r])), int(state.goal[r]), state.told[r]
        constraints, slots = case.privileged.needs[goal].constraints, asked_slots(action.text)
        open_ = ~told & (case.goals[goal].disclosure != HIDDEN)
        for m, constraint in enumerate(constraints):
            if open_[m] and constraint.slot in slots:
                told = told.copy()
                told[m] = True
                return self._say(state, r, "answer", m, slot=constraint.slot), told, ASK_COST
        hidden = any(c.slot in slots and not told[m] for m, c in enumerate(constraints))
        slot = slots[0] if slots and not hidden else ""  # a user who cannot say it does not claim to have no wish either
        return self._say(state, r, "indifferent", slot=slot), told, ASK_COST if slots else 1.0

    def _judge(self, state: State, r: int, pick: Pick) -> tuple[Reaction, NDArray[np.bool_]]:
        """To a slate: take the preferred item up, or say what is wrong with it, one thing at a time."""
        case, goal, told = self.case(int(state.session[r])), int(state.goal[r]), state.told[r]
        missed = pick.status != MET
        if pick.wanted and (pick.taken or not missed.any()):
            return self._say(state, r, "order", item=pick), told
        sayable = ~told & (case.goals[goal].disclosure != HIDDEN)
        for kind, mask in (("miss", missed & sayable), ("reject", missed & told), ("next", sayable)):
            if not mask.any():
                continue
            m = int(np.argmax(mask))
            if kind == "reject":
                return self._say(state, r, "reject", m, item=pick), told
            told = told.copy()
            told[m] = True
            unknown = kind == "miss" and pick.wanted and pick.status[m] == UNKNOWN
            return self._say(state, r, "inquire" if unknown else "refine", m, item=pick), told
        return self._say(state, r, "reject", item=pick), told

    def _advance(self, case: Case, after: _After) -> _After:
        """A goal is met: on to the next one with fresh patience, or done."""
        goal = after.goal + 1
        if goal == len(case.goals):
            return after._replace(goal=goal, ending=MET_ALL)
        query = case.session.goals[goal].query
        reaction = Reaction(
            kind="order", text=f"{after.reaction.text} {query}", item_id=after.reaction.item_id,
            extrapolated=after.reaction.extrapolated,
        )
        return after._replace(
            goal=goal, patience=self._patience(case), told=case.goals[goal].disclosure == VOLUNTEERED,
            dialogue=Dialogue(after.dialogue.messages, query), reaction=reaction,
        )

    def _tire(self, state: State, r: int, after: _After, cost: float) -> _After:
        """A turn without a take-up costs patience; out of it, or by the leave hazard, the user goes."""
        patience = after.patience - cost
        key = self.case(int(state.session[r])).key
        chance = float(rng.uniform(state.seed[r], key, state.turn[r], _LEAVE))
        if patience <= 0 or chance < self.user.temper.leave_hazard * cost:
            talk = after.dialogue._replace(query=state.dialogue[r].query)  # the user goes without another word on the need
            return after._replace(
                patience=patience, ending=LEFT, told=state.told[r], dialogue=talk, reaction=self._say(state, r, "leave"))
        return after._replace(patience=patience)

    def _say(
        self, state: State, r: int, kind: ReactionKind, constraint: int = -1, *, item: Pick | None = None, slot: str = ""
    ) -> Reaction:
        case, goal = self.case(int(state.session[r])), int(state.goal[r])
        concerned = None if item is None else self.world.item(item.item)
        text = say(
            kind, case.session.locale, slot=slot, item_name="" if concerned is None else concerned.name,
            constraint=case.privileged.needs[goal].constraints[constraint] if constraint >= 0 else None,
            bits=int(rng.bits(state.seed[r], case.key, state.turn[r], _WORDS)),
        )
        return Reaction(
            kind=kind, text=text, item_id="" if concerned is None else concerned.id,
            extrapolated=item is not None and item.extrapolated,
        )


class Pick(NamedTuple):
    """The item a user would take. wanted: it beats the outside option; taken: the log says it was taken up."""

    item: int
    wanted: bool
    status: NDArray[np.int8]  # (M,)
    extrapolated: bool
    taken: bool


class _After(NamedTuple):
    """One row of the next state, and the reaction that led to it."""

    goal: int
    turn: int
    patience: float
    ending: int
    told: NDArray[np.bool_]
    dialogue: Dialogue
    reaction: Reaction
