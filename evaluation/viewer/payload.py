"""What the viewer shows, as data: players, a columnar table of all sessions, summaries, and packed blocks of transcripts.

A player is an agent of a run. Sessions of several runs are the same where store, seed and id are, so that two runs of one
allotment can be compared. The table is small and read at once; transcripts are gzipped in blocks and unpacked when looked at.
"""

from __future__ import annotations

import base64
import gzip
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from recenv.evaluation.aggregate import AgentSummary, SessionTurns, of_rows
from recenv.evaluation.cells import TONES
from recenv.evaluation.failures import told as lost_sessions
from recenv.evaluation.leaderboard import Leaderboard, audit_notes, build_leaderboard, ceiling_note, method
from recenv.evaluation.losses import cause_name, losses_in_words
from recenv.evaluation.panels import AGENTS
from recenv.evaluation.plan import RunPlan, read_plan
from recenv.evaluation.plots import reasons_of
from recenv.evaluation.rows import RunReader, SessionRow
from recenv.evaluation.session_values import RETURN
from recenv.evaluation.why import Told, TurnWhy
from recenv.measures.drawing import dimension_colours
from recenv.measures.intervals import Interval
from recenv.rewards.dimensions import DIMENSIONS

BLOCK = 40
"""Sessions whose transcripts are packed together."""

Progress = Callable[[int, int], None]

_Key = tuple[str, int, str]


class Payload(NamedTuple):
    """title: of the page. data: JSON of all but the transcripts. blocks: gzipped JSON in base64, ``BLOCK`` sessions each.
    characters: all that occur, for the font."""

    title: str
    data: bytes
    blocks: tuple[str, ...]
    characters: frozenset[str]


class _Words:
    """Texts by number, each once."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


class _Sessions:
    """Sessions of all runs by number, in the order in which they are met, with their transcripts."""

    def __init__(self) -> None:
        self.number: dict[_Key, int] = {}
        self.told: list[dict[str, Any]] = []
        self.traces: list[list[bytes]] = []

    def of(self, key: _Key, told: Told) -> int:
        at = self.number.setdefault(key, len(self.told))
        if at == len(self.told):
            self.told.append(_asked(told))
            self.traces.append([])
        return at


def payload(runs: Sequence[str | Path], progress: Progress = lambda done, total: None) -> Payload:
    """Read runs, finished or not. progress: (sessions read, of how many that are planned). Raises InputError where a folder is no
    run or its traces are damaged."""
    plans = [read_plan(run) for run in runs]
    names, planned = _run_names(runs), sum(len(p.agents) * len(p.sessions) for p in plans)
    sessions, table = _Sessions(), _Table()
    players: list[tuple[str, str]] = []
    characters: set[str] = set()
    for run, plan, name in zip(runs, plans, names, strict=True):
        reader = RunReader(run, plan)
        first = len(players)
        players += [(name, entry.name) for entry in plan.agents]
        number = {entry.name: first + i for i, entry in enumerate(plan.agents)}
        for n, told in enumerate(reader.told()):
            if not n % 500:
                progress(len(table.rows), planned)
            at = sessions.of((plan.store, plan.seed, told.trace.session_id), told)
            row = reader.row(told)
            table.add(at, number[row.agent], row, told)
            packed = msgspec.json.encode({
                "player": number[row.agent], "lost": losses_in_words(told.lost), "turns": [_turn(w) for w in told.turns]})
            characters |= set(packed.decode())
            sessions.traces[at].append(packed)
    progress(planned, planned)
    boards = [build_leaderboard(run) for run in runs]
    columns, about = table.columns(), table.sessions(sessions)
    several = len(runs) > 1
    title = ", ".join(dict.fromkeys(board.scenario for board in boards))
    data = msgspec.json.encode({
        "title": title,
        "runs": [_run(name, plan, board) for name, plan, board in zip(names, plans, boards, strict=True)],
        "players": [
            {"name": f"{run}: {agent}" if several else agent, "run": run, "agent": agent, "colour": AGENTS[i % len(AGENTS)]}
            for i, (run, agent) in enumerate(players)],
        "dimensions": [{"name": n.replace("_", " "), "short": DIMENSIONS[n].short, "colour": c}
                       for n, c in dimension_colours().items()],
        "tones": TONES,
        "sessions": about, "rows": columns, "words": list(table.words.texts), "block": BLOCK,
        "board": _board(boards, names, several), "summary": table.summary(len(players)),
    })
    characters = characters.union(data.decode(), *(msgspec.json.encode(told).decode() for told in sessions.told))
    return Payload(title, data, tuple(_blocks(sessions)), frozenset(characters))


def _run_names(runs: Sequence[str | Path]) -> list[str]:
    """What runs are called: the name of their folder, with as much of its path as tells them apart."""
    parts = [Path(run).resolve().parts for run in runs]
    for length in range(1, max(map(len, parts)) + 1):
        names = [str(Path(*p[-length:])) for p in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{Path(*p)} ({i + 1})" for i, p in enumerate(parts)]


def _run(name: str, plan: RunPlan, board: Leaderboard) -> dict[str, Any]:
    unfinished = [f"{row.agent} {row.sessions}" for row in board.rows if row.sessions < board.allotted]
    facts = f"{board.scenario} · {board.allotted} sessions each · seed {plan.seed} · scorers {plan.family} · reward "
    return {
        "name": name, "facts": facts + str(plan.reward.get("name", "?")),
        "unfinished": ". ".join([
            f"unfinished: of {board.allotted} sessions {', '.join(unfinished)}", *lost_sessions(board.lost, board.allotted),
        ]) if unfinished else "",
        "notes": [n for n in (f"95 % intervals: {method(board)}.", ceiling_note(board, shares=False), *audit_notes(board)) if n],
    }


# -- the table -------------------------------------------------------------------------------------------------


class _Table:
    """A row a session of a player, column by column."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, SessionRow]] = []
        self.turns: dict[int, list[SessionTurns]] = {}
        self.words = _Words()

    def add(self, session: int, player: int, row: SessionRow, told: Told) -> None:
        self.rows.append((session, player, row))
        self.turns.setdefault(player, []).append(SessionTurns.of(told.trace.turns))

    def columns(self) -> dict[str, Any]:
        words = self.words
        return {
            "session": [s for s, _, _ in self.rows], "player": [p for _, p, _ in self.rows],
            "return": [_short(r.total) for _, _, r in self.rows], "ceiling": [_short(r.ceiling) for _, _, r in self.rows],
            "turns": [r.turns for _, _, r in self.rows], "met": [r.goals_met for _, _, r in self.rows],
            "goals": [r.goals for _, _, r in self.rows], "ending": [words(r.ending) for _, _, r in self.rows],
            "cause": [words(cause_name(r.cause)) for _, _, r in self.rows],
            "gate": [words("; ".join(r.gates)) for _, _, r in self.rows],
        }

    def sessions(self, sessions: _Sessions) -> dict[str, Any]:
        first: dict[int, SessionRow] = {}
        for number, _, row in self.rows:
            first.setdefault(number, row)
        words, rows = self.words, [first[i] for i in range(len(first))]
        return {
            "id": [r.session for r in rows], "user": [r.user for r in rows], "category": [words(r.category) for r in rows],
            "locale": [words(r.locale) for r in rows], "source": [words(r.source) for r in rows],
            "constraints": [r.constraints for r in rows], "opening": [t["opening"] for t in sessions.told],
        }

    def summary(self, players: int) -> dict[str, Any]:
        by = {str(p): [r for _, q, r in self.rows if q == p] for p in range(players)}
        made = of_rows({p: rows for p, rows in by.items() if rows}, {str(p): turns for p, turns in self.turns.items()}, list(by))
        return {"low": made.low, "high": made.high, "players": [_summary(a) for a in made.agents]}


def _summary(a: AgentSummary) -> dict[str, Any]:
    return {
        "player": int(a.agent), "n": a.n, "ceiling": _short(a.ceiling), "total": _short(a.total),
        "lost": [[cause_name(s.cause), _short(s.lost), _short(s.sessions, 3)] for s in a.lost],
        "turns": [{"turn": t.turn, "n": t.n, "value": _ends(t.value), "paid": _ends(t.paid),
                   "dimensions": [_short(v, 3) for v in t.dimensions]} for t in a.turns],
        "histogram": a.histogram,
        "groups": [{"what": g.what, "name": g.name, "n": g.n, "total": _ends(g.total), "ceiling": _short(g.ceiling)}
                   for g in a.groups],
    }


def _board(boards: Iterable[Leaderboard], names: Sequence[str], several: bool) -> list[dict[str, Any]]:
    shown = (RETURN, *DIMENSIONS, "turns", "needs_met", "abandonment")
    rows = []
    for board, run in zip(boards, names, strict=True):
        if board.ceiling is not None:
            rows.append({"name": f"{run}: ceiling" if several else "ceiling", "n": board.allotted,
                         "cells": [_ends(board.ceiling.metrics[m]) if m in board.ceiling.metrics else None for m in shown]})
        rows += [{"name": f"{run}: {row.agent}" if several else row.agent, "n": row.sessions,
                  "cells": [_ends(row.metrics[m]) for m in shown]} for row in board.rows]
    return rows


def _ends(i: Interval) -> list[float | None]:
    return [_short(i.mean), _short(i.low), _short(i.high)]


def _short(value: float, digits: int = 4) -> float | None:
    return None if math.isnan(value) else round(value, digits)


# -- transcripts -----------------------------------------------------------------------------------------------


def _asked(told: Told) -> dict[str, Any]:
    trace, story = told.trace, told.story
    base = {"opening": trace.opening, "known": story is not None}
    if story is None:
        return base
    needs = [[{"text": w.text, "rule": w.rule, "disclosure": w.disclosure} for w in need] for need in told.needs]
    return {
        **base, "instruction": story.instruction, "context": story.context, "profile": story.user.profile,
        "goals": [{"query": g.query, "candidates": g.candidates, "need": need, "fitting": h.fitting}
                  for g, need, h in zip(story.goals, needs, story.hidden, strict=True)],
        "patience": story.patience,
    }


def _turn(why: TurnWhy) -> dict[str, Any]:
    turn = why.turn
    act = turn.action
    said: dict[str, Any] = {
        "goal": turn.goal, "act": act.act, "text": act.text, "kind": turn.reaction.kind, "reply": turn.reaction.text,
        "value": _short(turn.value), "paid": _short(turn.reward),
        "components": [None if c is None else _short(c) for c in turn.components], "sources": [n.source for n in why.notes],
        "gate": [list(DIMENSIONS).index(g) for g in turn.gate if g in DIMENSIONS],
        "reasons": [list(r) for r in reasons_of(why)],
    }
    if act.act == "search":
        said["query"], said["filters"] = act.query, act.filters
    if act.act == "malformed":
        said["error"], said["raw"] = act.error, act.raw
    if why.items:
        said["items"] = [_item(i, item_id) for i, item_id in zip(why.items, act.items, strict=True)]
        taken = turn.reaction.item_id
        if taken and turn.reaction.kind in ("order", "inquire") and taken in act.items:
            said["taken"] = act.items.index(taken)
    if why.told:
        said["told"] = why.told
    if why.behind:
        said["behind"] = why.behind
    if turn.reaction.extrapolated:
        said["extrapolated"] = True
    return said


def _item(item: Any, item_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {"id": item_id, "name": item.name}
    for name in ("missed", "unknown", "verdict"):
        if value := getattr(item, name):
            found[name] = value
    if item.shown.worth is not None:
        found["worth"] = item.shown.worth
    return found


def _blocks(sessions: _Sessions) -> Iterable[str]:
    for first in range(0, len(sessions.told), BLOCK):
        parts = []
        for told, traces in zip(sessions.told[first : first + BLOCK], sessions.traces[first : first + BLOCK], strict=True):
            parts.append(b'{"asked":' + msgspec.json.encode(told) + b',"traces":[' + b",".join(traces) + b"]}")
        yield base64.b64encode(gzip.compress(b"[" + b",".join(parts) + b"]", 6, mtime=0)).decode()
