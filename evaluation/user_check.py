"""How far a user who speaks for himself answers as another does in the same situations, and what his words give away.

Agents play sessions of the user that is compared with. Every slate and every question of theirs is also put to the one who is
checked, as it stood then; his answers change nothing, so that both are asked about the same moments. He is taken at his word:
what play would overrule (``envs.conversing``) is counted here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from recenv.envs.dynamics import LEAVE, OBJECT, ORDER
from recenv.envs.engine import Engine, Step
from recenv.envs.state import NO_SLOT, RUNNING, State
from recenv.envs.tables import REFUSED, TAKEN, fitting
from recenv.errors import EndpointError
from recenv.measures.intervals import Interval, mean_interval
from recenv.rollouts.agent import Agent
from recenv.users.leaks import named
from recenv.users.protocol import Answer, Situation, Speaks

CHUNK = 64
NAN = float("nan")


class Case(NamedTuple):
    """One moment that both were asked about. person: the user's id. Values are 1 for yes, 0 for no, NaN where it is not asked.

    took, takes: whether the other one took something, and the one who is checked.  alike: both or neither.  same: the same item,
    where both took one.  known: ``alike`` where the log says what became of an item of the slate.  misfit: he takes what misses
    the need.  understood: a question is understood by both or neither.  told: both tell the same wishes.
    named, right: his words name a candidate that was not shown, and one that meets the need.  wish: they tell what he never says.
    """

    person: str
    took: float = NAN
    takes: float = NAN
    alike: float = NAN
    same: float = NAN
    known: float = NAN
    misfit: float = NAN
    understood: float = NAN
    told: float = NAN
    named: float = NAN
    right: float = NAN
    wish: float = NAN
    unread: float = 0.0


class Checked(NamedTuple):
    """cases: the moments that were answered; lost: why the others were not."""

    cases: list[Case]
    lost: list[EndpointError]


def check_user(
    engine: Engine, own: Speaks, agents: Sequence[Agent], sessions: Sequence[int], seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Checked:
    """Let agents play sessions (world rows) of the engine's own user, and ask ``own`` about every slate and question.

    Stops where a whole batch of situations had no answer.
    """
    found = Checked([], [])
    chunks = [(agent, list(sessions[at : at + CHUNK])) for agent in agents for at in range(0, len(sessions), CHUNK)]
    for done, (agent, rows) in enumerate(chunks):
        if progress is not None:
            progress(done, len(chunks))
        if not _play(engine, own, agent, rows, seed, found):
            break
    return found


def _play(engine: Engine, own: Speaks, agent: Agent, rows: list[int], seed: int, found: Checked) -> bool:
    state = engine.begin(np.array(rows, np.int64), np.full(len(rows), seed, np.uint64))
    log = engine.log(len(rows), words=True)
    while (active := np.flatnonzero(state.ending == RUNNING).tolist()):
        acted = dict(zip(active, agent.act(engine.views(state, log, active)), strict=True))
        actions = [acted.get(r) for r in range(len(rows))]
        asked = engine.situations(state, log, actions)
        answers = dict(zip(asked, own.answer(list(asked.values())), strict=True))
        before, (state, step) = state, engine.step(state, log, actions)
        for r, answer in answers.items():
            if isinstance(answer, EndpointError):
                found.lost.append(answer)
            elif step.reactions.kind[r] != OBJECT:  # what rules object to is not the user's to decide
                found.cases.append(_case(engine, before, step, r, asked[r], answer))
        if answers and all(isinstance(a, EndpointError) for a in answers.values()):
            return False
    return True


def _case(engine: Engine, before: State, step: Step, r: int, asked: Situation, answer: Answer) -> Case:
    person = engine.world.user(int(engine.world.column("session_user")[before.session[r]])).id
    if answer.flaw == "unread":
        return Case(person, unread=1.0)
    kind, leaked = int(step.reactions.kind[r]), named(answer.text, asked)
    told = int(step.reactions.told[r]), answer.tells & ~asked.said & ~asked.secret
    same_told = NAN if kind == LEAVE else float(told[0] == told[1])
    case = Case(
        person, named=float(bool(leaked)), wish=float(answer.tells & asked.secret != 0),
        right=float(bool({*leaked} & _right(engine, before, r))))
    if asked.act == "ask":
        return case._replace(understood=float((int(step.reactions.about[r]) != NO_SLOT) == answer.understood), told=same_told)
    took, takes = kind == ORDER, answer.takes >= 0
    place = int(np.flatnonzero(step.facts.there[r])[answer.takes]) if takes else 0
    facts, at = step.facts, (slice(r, r + 1), place)
    logged = bool((facts.logged[r][facts.there[r]] & (TAKEN | REFUSED)).any())
    return case._replace(
        took=float(took), takes=float(takes), alike=float(took == takes),
        same=float(place == step.reactions.place[r]) if took and takes else NAN,
        known=float(took == takes) if logged else NAN,
        misfit=float(takes and not fitting(facts.missed[at], facts.unknown[at], facts.logged[at])[0]),
        told=NAN if took or takes else same_told)


def _right(engine: Engine, state: State, r: int) -> set[str]:
    """Names of the candidates that meet the need of a row."""
    tables = engine.tables
    place = tables.at(tables.goal_row(state.session[r : r + 1], state.goal[r : r + 1]))[0]
    rows = tables.rows
    fits = fitting(rows.missed[place], rows.unknown[place], rows.logged[place]) & (rows.item[place] >= 0)
    return {engine.world.item(int(i)).name for i in rows.item[place][fits]}


def kappa(took: Sequence[float], takes: Sequence[float]) -> float:
    """Agreement beyond what the two rates alone would bring (Cohen, 1960); NaN where that would be all."""
    a, b = np.asarray(took, np.float64), np.asarray(takes, np.float64)
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float(((a == b).mean() - chance) / (1 - chance)) if chance < 1 else NAN


def check_text(found: Checked, against: str, seed: int = 0) -> str:
    """What was found, for a terminal."""
    from recenv.evaluation.leaderboard import aligned, interval_text

    cases = found.cases
    columns = {name: [getattr(c, name) for c in cases] for name in Case._fields[1:]}
    people = [c.person for c in cases]

    def over(name: str) -> Interval:
        return mean_interval(columns[name], people, seed)

    def count(name: str) -> str:
        values = [v for v in columns[name] if v == v]
        return f"{int(sum(values)):,} of {len(values):,}"

    slates = [c for c in cases if c.took == c.took]
    table = [[f"as the {against} user", "moments", "share"]]
    for name, what in (
        ("alike", "takes something or nothing"), ("known", "... where the log says what became of an item"),
        ("same", "takes the same item, where both take one"), ("understood", "understands the question"),
        ("told", "tells the same wishes"),
    ):
        share = over(name)
        table.append([what, f"{share.n:,}", interval_text(share) if share.n else "-"])
    agreed = kappa([c.took for c in slates], [c.takes for c in slates]) if slates else NAN
    beyond = f"kappa of taking {agreed:.3f}" if agreed == agreed else "kappa of taking: not defined, one of them never varies"
    taken = "; ".join(f"{who} takes something {np.mean([getattr(c, name) for c in slates]):.3f} of the time" for who, name in (
        (f"the {against} user", "took"), ("he", "takes"))) if slates else "no slate was shown"
    return "\n".join([
        *aligned(table), "", f"{beyond}; {taken}", "", "What play would not let stand:",
        f"  takes what misses the need       {count('misfit')} slates",
        f"  names a candidate not yet shown  {count('named')} answers, {count('right')} one that meets the need",
        f"  tells a wish that he never says  {count('wish')} answers",
        f"  cannot be read                   {count('unread')} answers"])
