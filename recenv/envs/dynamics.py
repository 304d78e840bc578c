"""How sessions unfold: one transition over arrays of N sessions, for text and numbers, single and vector alike.

A turn with a slate, seen from the user (all draws are keyed on (seed, session, ...), see ``recenv.rng``):

1. He looks from the top; position k is examined with probability decay^k (Craswell et al., WSDM 2008). How far down he looks
   for an item is drawn once a goal, so that showing a slate again changes nothing; shown higher up, an item may be seen.
2. What he sees to miss a wish of his is put aside (elimination by aspects, Tversky 1972), told or not. Of an item whose record
   cannot tell, he asks.
3. Of what fits he takes the one of highest value, if that reaches his bar. Value is utility less that of taking nothing plus a
   taste draw fixed for the goal, so that the choice is a multinomial logit (McFadden 1974). The bar is the draw for taking
   nothing, but never more than the best fitting item of his list: he does not hold out for what is not to be had (aspiration
   adapts to what is attainable, Simon 1955).
4. He reads what was said (``hearing``): what is refuted, in the wrong language or form, or not said although words were asked
   for, draws an objection. A false claim about the very item undoes the order.
5. Where nothing is taken he says what the best item misses, and is a turn's patience poorer; out of it, or by hazard, he leaves.

So an item added at the end of a slate never lowers the chance of an order: what stands above it is looked at, fits and is worth
what it was. A question is answered when it is about a wish that is not hidden. Goals are met one after the other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.envs import CACHES
from recenv.envs.config import EnvConfig
from recenv.envs.facts import Facts
from recenv.envs.state import (
    ANYTHING,
    ASK,
    END,
    ENDED,
    HORIZON,
    LEFT,
    MET_ALL,
    NO_ACT,
    NO_SLOT,
    REACTIONS,
    RUNNING,
    SEARCH,
    State,
    row_starts,
    unmarked,
)
from recenv.envs.tables import ASKED_BY, FITS, LACKED_BY, WANTED_GRADE, Mask, Tables

(ORDER, INQUIRE, REFINE, REJECT, OBJECT, ANSWER, INDIFFERENT, RESULTS, REPEAT, LEAVE, FAREWELL) = (
    REACTIONS.index(kind) for kind in (
        "order", "inquire", "refine", "reject", "object", "answer", "indifferent", "results", "repeat", "leave", "farewell"))
TURN_COST = 1.0
"""Patience that a turn without a take-up costs."""
_LEAVE = np.uint64(rng.word("leave"))
_ONE, _NONE = np.array(1, np.uint64), np.array(0, np.uint64)
_NOTHING, _NOUGHT, _UNSEEN = np.array(-1), np.array(0.0), np.array(0j)
_NO_ACT = np.array(NO_ACT, np.int8)


class Heard(NamedTuple):
    """What users make of the words of N turns. objection (N,): index into ``hearing.OBJECTIONS``, 0 for none.

    refuted (N, K): a false claim is made about the item at that place.  asked (N,): constraints that a question is about.
    about (N,): the slot to name in the answer, NO_SLOT for a question that was not understood, ANYTHING for an open one.
    """

    objection: NDArray[np.int8]
    refuted: NDArray[np.bool_]
    asked: Mask
    about: NDArray[np.int8]


class Decided(NamedTuple):
    """What users decided themselves, in the rows that are ``there`` (N,); elsewhere the rest means nothing. takes (N,): place of
    the item taken, -1 for none.  told (N,): constraints that they tell.  understood (N,): whether they know what was asked."""

    there: NDArray[np.bool_]
    takes: NDArray[np.int64]
    told: Mask
    understood: NDArray[np.bool_]


class Reactions(NamedTuple):
    """What N users did. kind: index into REACTIONS, -1 for rows that sat out.  place: position of the item concerned, -1 for
    none.  constraint: the one it names, -1 for none.  told: constraints disclosed.  met (N,): this turn met a goal.
    about: slot to name, where a question was answered.  objection: index into OBJECTIONS, of what is said aloud.
    """

    kind: NDArray[np.int8]
    place: NDArray[np.int64]
    constraint: NDArray[np.int64]
    told: Mask
    met: NDArray[np.bool_]
    about: NDArray[np.int8]
    objection: NDArray[np.int8]


def begin(tables: Tables, sessions: NDArray[np.int64], seeds: NDArray[np.uint64], dimensions: int) -> State:
    """Open N sessions. sessions (N,) world rows, seeds (N,) keys of the users' noise."""
    n = len(sessions)
    rows, words = np.asarray(sessions, np.int64), np.asarray(seeds, np.uint64)
    key, goal = rng.bits(words, tables.world.session_keys(rows)), np.zeros(n, np.int64)
    return State(
        session=rows, seed=words, key=key, goal=goal, turn=np.zeros(n, np.int64), ending=np.full(n, RUNNING, np.int8),
        **_entered(tables, rows, goal, key, 1 + dimensions))


def enter_goal(tables: Tables, state: State, at: NDArray[np.int64]) -> State:
    """The given rows, ascending, at the start of their current goal: fresh patience, nothing shown or earned, told what the
    opening says."""
    if not len(at):
        return state
    values = _entered(tables, state.session[at], state.goal[at], state.key[at], state.earned.shape[1])
    if len(at) == len(state):
        return state.but(**values)
    changed = {}
    for name, value in values.items():
        changed[name] = getattr(state, name).copy()
        changed[name][at] = value
    return state.but(**changed)


def _entered(
    tables: Tables, session: NDArray[np.int64], goal: NDArray[np.int64], key: NDArray[np.uint64], width: int
) -> dict[str, NDArray[Any]]:
    """The fields of a state that start anew with a goal. width: 1 + D."""
    n, place = len(session), tables.at(tables.goal_row(session, goal))
    goal_key = rng.bits(goal, start=key)
    return {
        "goal_key": goal_key, "patience": tables.patience.take(session), "told": tables.rows.volunteered.take(place),
        **tables.liking(place, goal_key)._asdict(), "marked": unmarked(n, tables.config.candidates),
        "earned": np.zeros((n, width)), "count": np.zeros((n, width), np.int64)}


def recalled(tables: Tables, state: State) -> State:
    """A state that was saved with what follows from it: what users make of their candidates."""
    liking = tables.liking(tables.at(tables.goal_row(state.session, state.goal)), state.goal_key)
    return state.but(preference=liking.preference, reach=liking.reach)


def transition(
    tables: Tables, state: State, act: NDArray[np.int8], facts: Facts, heard: Heard | None,
    decided: Decided | None = None,
) -> tuple[State, Reactions]:
    """One turn of N sessions. act (N,): index into ACTS, NO_ACT for rows that sit out and stay as they are; facts: of the items
    that rows recommend, none in other rows; heard: what users make of the words, None where nobody but the environment speaks,
    which is of slates alone; decided: what users decided themselves on what they heard, in place of what follows from what items
    are worth to them.

    Rows that met a goal stand at the start of the next one, or at the end of the session.
    """
    config, standing = tables.config, tables.standing(state.session, state.goal)
    playing, slate = act != _NO_ACT, facts.some

    considered = _consider(state, facts, heard, standing.sayable, config)
    if decided is not None and heard is not None:
        considered = _overruled(considered, decided, state, facts, heard, standing.sayable, config)
    chosen, ordered, told, constraint, kind = considered
    orders = np.count_nonzero(ordered)
    if orders:
        kind[ordered], told[ordered], constraint[ordered] = ORDER, _NONE, -1
    tires, named = playing ^ ordered, slate
    all_named = np.count_nonzero(slate) == len(state)
    if not all_named:
        kind = np.where(slate, kind, _WITHOUT_SLATE.take(act))
    about, aloud = _unheard(len(state))
    if heard is not None:
        all_named = False
        cost, about, aloud, asks = np.full(len(state), TURN_COST), heard.about, heard.objection, act == ASK
        tires &= (act != SEARCH) & (act != END)
        if asks.any():
            asked = heard.asked & ~state.told & standing.sayable
            if decided is not None:
                asked = np.where(decided.there, decided.told & ~state.told & standing.sayable, asked)
                about = np.where(asks & decided.there, _about(about, decided, asked), about)
            answer = np.where(asks, _answers(asked, config.answers), _NONE)
            kind[asks] = np.where(answer[asks] != 0, ANSWER, INDIFFERENT)
            told, constraint = told | answer, np.where(answer != 0, _place(_lowest(answer)), constraint)
            cost[asks & (about != NO_SLOT)] = config.ask_cost
            # whoever cannot say what he wants does not claim to have no wish either
            unsaid = heard.asked & ~state.told & tables.rows.hidden.take(standing.place)
            about = np.where(asks & ((answer != 0) | (unsaid == 0)), about, NO_SLOT)
        if heard.objection.any():
            objects = playing & (heard.objection > 0) & ~ordered & (slate | asks)
            kind[objects] = OBJECT
            told, constraint = np.where(objects, _NONE, told), np.where(objects, -1, constraint)
            cost[objects] += config.objection_cost
            named = slate & ~objects

    # a turn costs TURN_COST, which is 1, where nobody but the environment speaks
    patience = state.patience - (tires if heard is None else tires * cost)
    hazard = tables.hazard if heard is None else tables.hazard * cost
    leaves = tires & ((patience <= _NOUGHT) | (rng.uniform(state.turn, _LEAVE, start=state.key) < hazard))
    turn = state.turn + playing
    late = playing & (turn >= tables.horizon)
    ending = state.ending
    if heard is not None or np.count_nonzero(late | leaves):
        kind[leaves], told[leaves], constraint[leaves] = LEAVE, _NONE, -1
        named, all_named = named & ~leaves, False
        ending = np.where(late, np.int8(HORIZON), ending)
        ending[leaves] = LEFT
        if heard is not None:
            ending[act == END] = ENDED
    if heard is not None and heard.objection.any():
        aloud = np.where((objects & ~leaves) | ordered, heard.objection, 0)

    marked = state.marked.copy()
    marked.put(facts.spot, True)
    # what did not change stays the same array, by which others see that it did not
    heard_so_far = state.told | told if np.count_nonzero(told) else state.told
    after = state.but(turn=turn, patience=patience, ending=ending, told=heard_so_far, marked=marked)
    if orders:
        goal = state.goal + ordered
        done = ordered & (goal >= tables.n_goals.take(state.session))
        ending = ending.copy()
        ending[done] = MET_ALL
        after = enter_goal(tables, after.but(goal=goal, ending=ending), np.flatnonzero(ordered & ~done))
    place = chosen if all_named else np.where(named, chosen, _NOTHING)
    return after, Reactions(kind, place, constraint, told, ordered, about, aloud)


@CACHES.keep(64)
def _unheard(n: int) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """(N,) slots asked about and objections, where nobody asks or objects; not to be written to."""
    about, aloud = np.full(n, NO_SLOT, np.int8), np.zeros(n, np.int8)
    about.flags.writeable = aloud.flags.writeable = False
    return about, aloud


def _about(about: NDArray[np.int8], decided: Decided, asked: Mask) -> NDArray[np.int8]:
    """What a question is about to users who say themselves whether they know: something, where they tell anything of it."""
    known = decided.understood | (asked != 0)
    return np.where(known, np.where(about == NO_SLOT, np.int8(ANYTHING), about), np.int8(NO_SLOT))


_WITHOUT_SLATE = np.array([REPEAT, ANSWER, RESULTS, FAREWELL, REPEAT, -1], np.int8)
"""By act (NO_ACT last): the reaction where there is no slate to consider; of questions, where they are answered."""


class _Considered(NamedTuple):
    """(N,) each: position of the item he speaks of, whether he orders it, and, where he does not, what he tells, the constraint
    he names, -1 for none, and the kind of his reaction. Where nothing is shown the kind means nothing."""

    place: NDArray[np.int64]
    ordered: NDArray[np.bool_]
    told: Mask
    constraint: NDArray[np.int64]
    kind: NDArray[np.int8]


def _consider(state: State, facts: Facts, heard: Heard | None, sayable: Mask, config: EnvConfig) -> _Considered:
    """What users make of slates by what the items are worth to them."""
    # an item that is seen is put aside, kept, or wanted; of the best ones he likes one best
    seen = np.where(looked_at(facts), facts.preference, _UNSEEN)
    best = seen.argmax(1)
    at = row_starts(*seen.shape) + best
    ordered = facts.preference.take(at).real == WANTED_GRADE
    said = facts.said.reshape(-1, 4).take(at, 0)
    lacks = said[:, LACKED_BY]
    again = lacks & state.told
    fresh = (lacks ^ again) & sayable if config.reveals == "missed" else np.zeros_like(lacks)
    tells, reveal = fresh != _NONE, _lowest(fresh)
    constraint = _place(np.where(tells, reveal, _lowest(again)))  # what he would say for the first time, or once more
    asks_back = (reveal & said[:, ASKED_BY]) != _NONE
    kind = _SAYS.take(tells.view(np.int8) + asks_back)
    if heard is not None:
        undone = ordered & heard.refuted.take(at)
        ordered = ordered & ~undone
        kind[undone] = OBJECT
    return _Considered(best, ordered, reveal, constraint, kind)


_SAYS = np.array([REJECT, REFINE, INQUIRE], np.int8)
"""By how many of these are so, the second only where the first is: he tells something, and asks."""


def _overruled(
    considered: _Considered, decided: Decided, state: State, facts: Facts, heard: Heard, sayable: Mask, config: EnvConfig
) -> _Considered:
    """The same, with what users decided themselves. What misses the need by its record is not taken, and draws what it misses."""
    takes, open_ = decided.takes >= 0, ~state.told & sayable
    at = np.arange(len(state)), np.where(takes, decided.takes, considered.place)
    wanted = takes & facts.some & ((facts.logged[at] & FITS) != 0)
    ordered = wanted & ~heard.refuted[at]
    lacks = facts.missed[at] | facts.unknown[at]
    tells = np.where(takes, _lowest(lacks & open_), _answers(decided.told & open_, config.answers))
    told = np.zeros_like(tells) if config.reveals == "nothing" else tells
    told = np.where(facts.some, told, _NONE)
    names = np.where(told != 0, _lowest(told), _lowest(lacks & state.told))
    constraint = _place(names)
    kind = np.where(ordered, ORDER, np.where(wanted, OBJECT, np.where(told != 0, REFINE, REJECT))).astype(np.int8)
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = list(
        zip(_Considered(at[1], ordered, told, constraint, kind), considered, strict=True))
    return _Considered(*(np.where(decided.there, mine, theirs) for mine, theirs in pairs))


def looked_at(facts: Facts) -> NDArray[np.bool_]:
    """(N, K) whether users look at the items of their slates; the top of a list always."""
    return np.asarray(facts.rank <= facts.reach)


def _answers(mask: Mask, most: int) -> Mask:
    """The ``most`` first constraints of each mask."""
    out, rest = np.zeros_like(mask), mask
    for _ in range(most):
        bit = _lowest(rest)
        if not bit.any():
            break
        out, rest = out | bit, rest & ~bit
    return out


def _lowest(mask: Mask) -> Mask:
    """The lowest bit of each mask, 0 for none."""
    return mask & -mask


def _place(bit: Mask) -> NDArray[np.int64]:
    """The number of the one bit of each mask, -1 for none."""
    return np.asarray(_NUMBERS.take(np.bitwise_count(bit - _ONE)))


_NUMBERS = np.array([*range(64), -1])
