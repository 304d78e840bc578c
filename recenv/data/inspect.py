"""A store in plain text: what ``recenv inspect`` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from recenv.data.constraints import MET
from recenv.data.ingest import columns
from recenv.data.store import DISCLOSURES, EVENTS
from recenv.data.world import World

_EXAMPLES = 2
_SHOWN = 5


def figures(world: World) -> dict[str, dict[str, Any]]:
    """Title -> name -> number or text: counts, shares, how long sessions and lists are."""
    shape = {"store": str(world.path), "kind": world.kind, "fingerprint": world.fingerprint[:16], **world.manifest["counts"]}
    column = world.column
    return {
        "store": shape,
        "share of items by category": _shares(column("item_category"), world.categories),
        "share of goals by category": _shares(column("goal_category"), world.categories),
        "share of candidates by logged outcome": _shares(column("candidate_outcome"), EVENTS),
        "share of constraints by disclosure": _shares(column("constraint_disclosure"), DISCLOSURES),
        "sessions by": {
            "goals": _spread(np.diff(column("goal_start"))), "patience, turns": _spread(column("session_patience")),
            "source": _sources(world), "sessions of a user": _spread(np.bincount(column("session_user"))),
        },
        "goals by": {
            "candidates": _spread(np.diff(column("candidate_start"))),
            "constraints": _spread(np.diff(column("constraint_start"))),
            "candidates that satisfy everything": _spread(_satisfying(world)),
            "items taken up": _spread(_taken(world)),
        },
    }


def describe(world: World) -> str:
    """The figures, two example sessions, the report of the ingest. Needs and logged labels are in it."""
    parts = [line for title, rows in figures(world).items() for line in (title, *columns(rows))]
    for row in _example_rows(world):
        parts += session_lines(world, row)
    parts += _notes(world)
    return "\n".join(parts)


def _shares(codes: Any, names: tuple[str, ...]) -> dict[str, float | str]:
    counts = np.bincount(np.asarray(codes, np.int64), minlength=len(names))
    total = int(counts.sum())
    return {name: int(n) / total for name, n in zip(names, counts, strict=True)} if total else {"none": "-"}


def _spread(values: Any) -> str:
    """value x how often, most frequent first, with the mean."""
    values = np.asarray(values)
    if not len(values):
        return "none"
    found = Counter(values.tolist()).most_common()
    shown = ", ".join(f"{v} x {n:,}" for v, n in found[:8])
    return f"mean {values.mean():.2f}, {values.min()} to {values.max()}: {shown}{', ...' if len(found) > 8 else ''}"


def _sources(world: World) -> str:
    step = max(1, world.n_sessions // 500)
    found = Counter(world.session(row).source for row in range(0, world.n_sessions, step))
    return ", ".join(f"{name} {n / found.total():.0%}" for name, n in found.most_common())


def _satisfying(world: World) -> list[int]:
    """(G,) candidates that meet every constraint; of goals without constraints all do."""
    return [int((world.goal(row).satisfaction == MET).all(1).sum()) for row in range(world.n_goals)]


def _taken(world: World) -> Any:
    """(G,) candidates clicked or ordered."""
    taken = np.asarray(world.column("candidate_outcome")) >= EVENTS.index("click")
    return np.add.reduceat(taken, world.column("candidate_start")[:-1], dtype=np.int64) if len(taken) else np.zeros(0, np.int64)


def _example_rows(world: World) -> list[int]:
    return [row for row in (0, world.n_sessions // 2) if row < world.n_sessions][: min(_EXAMPLES, world.n_sessions)]


def session_lines(world: World, row: int) -> list[str]:
    """A session in words, with what is hidden of it."""
    session, hidden = world.session(row), world.privileged(row)
    user = world.user(int(world.column("session_user")[row]))
    lines = [f"example session {session.id} ({session.source}, {session.locale})", *columns({
        "user": f"{user.id} {user.profile}", "context": str(session.context), "instruction": session.instruction})]
    for g, goal in enumerate(session.goals):
        logged = {o.item_id: o for o in hidden.outcomes[g]}
        lines += [f"  goal {g + 1}: {goal.category}, {len(goal.candidates)} candidates", f"    query: {goal.query}"]
        lines += [f"    wants: {c.text} ({f'about {c.slot}' if c.op == 'told' else f'{c.slot} {c.op} {c.value}'}, {c.disclosure})"
                  for c in hidden.needs[g].constraints]
        taken = [o for o in hidden.outcomes[g] if o.event != "offered"] or list(logged.values())
        for outcome in taken[:_SHOWN]:
            name = world.item(world.item_row(outcome.item_id)).name
            place = f" (position {outcome.position})" if outcome.position >= 0 else ""
            lines.append(f"    logged: {outcome.event} {name}{place}")
    return lines


def _notes(world: World) -> list[str]:
    """The report of the ingest as it stands in the manifest."""
    report = world.manifest.get("notes", {}).get("report")
    if not isinstance(report, Mapping):
        return ["no report of an ingest in this store"]
    lines = [f"ingest: {report.get('rows', 0):,} rows read, {report.get('quarantined', 0):,} quarantined"]
    lines += columns(report.get("counts", {}))
    for title, rows in report.get("tables", {}).items():
        lines += [title, *columns(rows)]
    return lines + [f"  - {note}" for note in report.get("notes", ())]
