"""What was said, told again from the log: messages, queries, views and reactions, rendered when somebody reads them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from recenv import rng
from recenv.data.search import index_of
from recenv.envs.chat_format import catalogue_line, format_action, render_about, render_observation, search_results
from recenv.envs.speaker import speak
from recenv.envs.state import ANYTHING, NO_SLOT, REACTIONS, Log, State
from recenv.envs.tables import SLOT_NAMES, Tables
from recenv.records import Action, AgentView, Constraint, Item, Message, Reaction, Session, User
from recenv.users.utterances import say

_WORDS = rng.word("words")
_MOST_KEPT = 16_384  # goals whose texts are kept


class _Place(NamedTuple):
    """What is the same in every view of a goal: the candidates, and what of each is popular."""

    record: Session
    category: str
    user: User
    listed: tuple[Item, ...]
    popularity: tuple[float, ...]


class Transcript:
    """Texts of sessions of one world; holds no session state of its own."""

    def __init__(self, tables: Tables) -> None:
        self.tables, self.world = tables, tables.world
        self._about: dict[tuple[str, str, int, str], str] = {}
        self._place = lru_cache(maxsize=16_384)(self._read_place)
        self.said = lru_cache(maxsize=65_536)(self._read_said)
        self._line = lru_cache(maxsize=65_536)(self._read_line)
        self._volunteered = lru_cache(maxsize=65_536)(self._read_volunteered)

    def _read_place(self, session: int, goal: int) -> _Place:
        world, record = self.world, self.world.session(session)
        rows = world.goal(int(self.tables.first_goal[session]) + goal).candidates[: self.tables.config.candidates]
        return _Place(
            record, record.goals[goal].category, world.user(int(world.column("session_user")[session])),
            tuple(world.item(int(i)) for i in rows), tuple(world.popularity(rows, session).tolist()))

    def _read_line(self, item_id: str) -> str:
        return catalogue_line(self.world.item(self.world.item_row(item_id)))

    def observation(self, view: AgentView) -> str:
        """A view as one text; what stays the same within a goal is kept from one turn to the next."""
        first = view.candidates[0].id if view.candidates else ""
        key = view.session_id, first, len(view.candidates), view.query.partition("\n")[0]
        if key not in self._about:
            if len(self._about) >= _MOST_KEPT:
                self._about.clear()
            self._about[key] = render_about(view, lambda item: self._line(item.id))
        return render_observation(view, self._about[key])

    # -- one session -----------------------------------------------------------------------------------------

    def query(self, state: State, r: int) -> str:
        """What the user has said about the current goal: the opening, then what he told since, in the need's order."""
        return self._query(*self._where(state, r), state.told.item(r))

    def _query(self, session: int, goal: int, told: int) -> str:
        return self.said(session, goal, told & ~self._volunteered(session, goal))

    def _read_said(self, session: int, goal: int, told: int) -> str:
        """The opening of a goal with the texts of the told constraints."""
        constraints = self.tables.need(session, goal).constraints
        return "\n".join([self.tables.goal(session, goal).query, *(c.text for m, c in enumerate(constraints) if told >> m & 1)])

    def messages(self, state: State, log: Log, r: int) -> tuple[Message, ...]:
        """The dialogue so far, the user's opening first."""
        told, turns = log.told_so_far.setdefault(r, []), state.turn.item(r)
        if not told:
            told.append(Message("user", self.tables.goal(state.session.item(r), 0).query))
        for t in range(len(told) // 2, turns):
            reaction = self.reaction(state, log, r, t)
            told += [
                Message("assistant", format_action(self.action(state, log, r, t))),
                Message("tool" if reaction.kind == "results" else "user", reaction.text),
            ]
        return tuple(told[: 1 + 2 * turns])

    def action(self, state: State, log: Log, r: int, t: int) -> Action:
        """What the agent did in a turn; where it gave numbers, with the words that the environment lent it."""
        if log.spoken is not None:
            return log.spoken[r][t].action
        record = self.world.session(int(state.session[r]))
        items = [self.world.item(i) for i in log.slate[r, t].tolist() if i >= 0]
        return Action(
            act="recommend", items=tuple(i.id for i in items), text=speak(record.instruction, record.locale, items))

    def reaction(self, state: State, log: Log, r: int, t: int) -> Reaction:
        """What the user answered in a turn."""
        session, goal, item = state.session.item(r), log.goal.item(r, t), log.item.item(r, t)
        record, kind = self.world.session(session), REACTIONS[log.reaction.item(r, t)]
        concerned = None if item < 0 else self.world.item(item)
        note, words = ("", "") if log.spoken is None else (log.spoken[r][t].note, log.spoken[r][t].words)
        if kind == "results":
            text = self._results(log, r, t)
        elif kind == "object":
            text = note
        else:
            need = self.tables.need(session, goal)
            named, more = _named(need.constraints, log.constraint.item(r, t), log.told.item(r, t))
            about = log.about.item(r, t)
            text = words or say(
                kind, record.locale, constraint=named, more=more, item_name="" if concerned is None else concerned.name,
                slot="" if about in (NO_SLOT, ANYTHING) else SLOT_NAMES[about], anything=about == ANYTHING,
                bits=rng.fold(rng.fold(state.key.item(r), t), _WORDS))
            if kind == "order" and log.objection.item(r, t):
                text = f"{text} {note}"
            if kind == "order" and goal + 1 < len(record.goals):
                text = f"{text} {record.goals[goal + 1].query}"
        return Reaction(
            kind=kind, text=text, item_id="" if concerned is None else concerned.id,
            extrapolated=bool(log.extrapolated[r, t]))

    def _results(self, log: Log, r: int, t: int) -> str:
        if log.spoken is None:
            return ""
        spoken = log.spoken[r][t]
        return search_results(tuple(self.world.item(i) for i in spoken.hits), tuple(spoken.note.splitlines()))

    # -- what agents see -------------------------------------------------------------------------------------

    def views(self, state: State, log: Log, rows: Sequence[int]) -> list[AgentView]:
        """The agent's view of each given row of the batch."""
        sessions = state.session.tolist()  # at once: far cheaper than number by number
        turns, goals, told = state.turn.tolist(), state.goal.tolist(), state.told.tolist()
        return [self._view(state, log, r, sessions[r], turns[r], goals[r], told[r]) for r in rows]

    def _view(self, state: State, log: Log, r: int, session: int, turns: int, goal: int, told: int) -> AgentView:
        g = self._last(session, goal)
        place, world, config = self._place(session, g), self.world, self.tables.config
        spoken = () if log.spoken is None else log.spoken[r]
        now = [t for t, at in enumerate(log.goal[r, :turns].tolist()) if at == goal] if turns else ()
        slate = log.slate[r, :turns].tolist() if now else ()
        shown = dict.fromkeys([i for t in now for i in slate[t] if i >= 0])
        hits = dict.fromkeys([i for t in now for i in spoken[t].hits]) if spoken else ()
        return AgentView(
            session_id=place.record.id, locale=place.record.locale, category=place.category, turn=turns, horizon=config.horizon,
            slate_size=config.slate_size, instruction=place.record.instruction, user=place.user, context=place.record.context,
            query=self._query(session, g, told), messages=self.messages(state, log, r), candidates=place.listed,
            popularity=place.popularity, retrieved=tuple([world.item(i) for i in hits]),
            shown=tuple([world.item(i).id for i in shown]))

    def _where(self, state: State, r: int) -> tuple[int, int]:
        session = state.session.item(r)
        return session, self._last(session, state.goal.item(r))

    def _last(self, session: int, goal: int) -> int:
        """The goal that is played, of a session that has ended its last one."""
        return min(goal, int(self.tables.n_goals[session]) - 1)

    def _read_volunteered(self, session: int, goal: int) -> int:
        place = self.tables.at(np.array([int(self.tables.first_goal[session]) + goal]))
        return int(self.tables.rows.volunteered[place[0]])

    def search(self, state: State, r: int, action: Action) -> tuple[tuple[int, ...], str]:
        """What a search brings up: item rows, and a line for each filter that could not be applied."""
        session, g = self._where(state, r)
        category = self.world.session(session).goals[g].category
        found = index_of(self.world).search(action.query, self.tables.config.search_results, category, action.filters)
        return tuple(found.rows), "\n".join(found.ignored_filters)


def _named(constraints: Sequence[Constraint], first: int, told: int) -> tuple[Constraint | None, list[Constraint]]:
    """The constraint that a reaction names, and what it tells besides."""
    if first < 0:
        return None, []
    return constraints[first], [c for m, c in enumerate(constraints) if m != first and told >> m & 1]
