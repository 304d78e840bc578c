"""CrossWOZ (Zhu et al., TACL 2020): human-human dialogues about Beijing become sessions.

Entities become items; each restaurant, hotel or attraction goal becomes a Goal with a Need; what the human wizard
offered and what the user took up become logged outcomes. Taxi and metro goals are left out and counted.

- Constraints: goal entries with a value. Those that the user stated in the utterance that opens the goal (and that the
  query still shows) are volunteered, those stated later are told on asking, in that order, the rest is hidden.
- Queries: the user's own utterance, unless it names a place logged for that very goal; then a sentence made from the
  volunteered constraints.
- Where no place of the database meets a whole goal, the human gave way; the constraints that the place they took misses are
  then left out of the need (and counted), since otherwise no agent could ever meet it.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import msgspec
import numpy as np

from recenv.data.candidates import Pool, candidate_list, missed
from recenv.data.crosswoz_dialogue import Dialogue, GoalLog, parse, read_dialogue
from recenv.data.crosswoz_needs import DOMAINS, FACILITY, constraints_of, entities
from recenv.data.ingest import IngestReport, Progress, Quarantine, sha256
from recenv.data.jsonl import members
from recenv.data.sound import STRANGE, strangely
from recenv.data.store import StoreWriter
from recenv.errors import InputError, RowError
from recenv.records import Constraint, Disclosure, Goal, Item, Need, Outcome, Privileged, Session, User

INSTRUCTION = "请根据用户需求推荐商家，每次最多推荐3家，用中文回答，并说明每家的价格和评分。"


class Catalogue(NamedTuple):
    """Items by domain, their ids by name, and one pool a domain for candidate lists."""

    items: dict[str, list[Item]]
    ids: dict[str, dict[str, str]]
    pools: dict[str, Pool]


class _Built(NamedTuple):
    """One goal, ready for the store."""

    goal: Goal
    need: Need
    outcomes: tuple[Outcome, ...]


class _Tally:
    """Counters behind the report."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.mapped: Counter[str] = Counter()
        self.unmapped: dict[str, list[str]] = {}
        self.given_up: Counter[str] = Counter()
        self.disclosure: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.fitting: Counter[int] = Counter()
        self.per_goal: Counter[int] = Counter()


def ingest_crosswoz(
    folder: str | Path, out: str | Path, *, overwrite: bool = False, progress: Progress | None = None, max_bad: float = 0.01
) -> IngestReport:
    """Build a store from a CrossWOZ folder: ``{restaurant,hotel,attraction}_db.json[.gz]`` and dialogue files.

    Dialogue files are all other ``*.json``, ``*.json.gz`` and ``*.json.zip``; they are read one dialogue at a time.
    max_bad: the share of unusable dialogues, in [0, 1], above which nothing is written.
    Raises InputError for a missing or damaged file, StoreError for an unusable target or too many bad dialogues.
    """
    root = Path(folder)
    dialogues = dialogue_files(root)
    catalogue = load_catalogue(root)
    tally, rows, done, total = _Tally(), 0, 0, sum(_size(file) for file in dialogues)
    with Quarantine() as quarantine, StoreWriter(out, kind="crosswoz", overwrite=overwrite) as writer:
        for domain, spec in DOMAINS.items():
            for item in catalogue.items[domain]:
                with _named(_entity_file(root, spec.stem)):
                    writer.add_item(item)
        for file in dialogues:
            with _open(file) as stream:
                for number, (key, raw, at) in enumerate(members(stream, str(file)), 1):
                    rows += 1
                    try:
                        msgspec.json.encode((key, raw))  # half a surrogate pair can be in no store
                        _add(writer, key, parse(raw), catalogue, tally)
                    except (RowError, *STRANGE) as error:
                        told = ascii(key)[1:-1] if _torn(key) else key
                        quarantine.add(file.name, number, f"dialogue {told}: {strangely(error)}")
                    if progress is not None:
                        progress(min(done + at, total), total)
            done += _size(file)
        quarantine.judge(rows, max_bad)
        quarantine.write(writer.attach("quarantine.jsonl"))
        report = _report(writer, rows, quarantine, tally)
        notes = {"report": msgspec.to_builtins(report)}
        writer.finish(source={f.name: sha256(f) for f in (*dialogues, *_entity_files(root))}, notes=notes)
    return report


# -- files -----------------------------------------------------------------------------------------------------------


def _entity_files(root: Path) -> list[Path]:
    return [_entity_file(root, spec.stem) for spec in DOMAINS.values()]


def _entity_file(root: Path, stem: str) -> Path:
    for name in (f"{stem}_db.json.gz", f"{stem}_db.json", f"{stem}_db.json.zip"):
        if (root / name).is_file():
            return root / name
    raise InputError(f"{root} has no {stem}_db.json[.gz]; expected a CrossWOZ folder with restaurant_, hotel_ and attraction_db")


def dialogue_files(root: Path) -> list[Path]:
    """The files of a CrossWOZ folder that hold dialogues, sorted by name. Raises InputError where there is none."""
    if not root.is_dir():
        raise InputError(f"no folder at {root}; expected a CrossWOZ folder with *_db.json.gz and val.json.zip or the like")
    files = [f for f in sorted(root.iterdir()) if re.search(r"\.json(\.gz|\.zip)?$", f.name) and "_db.json" not in f.name]
    if not files:
        raise InputError(f"{root} has no dialogue file (*.json, *.json.gz or *.json.zip beside the *_db files)")
    return files


def _entity_table(root: Path, stem: str) -> list[tuple[str, dict[str, Any]]]:
    file = _entity_file(root, stem)
    with _open(file) as stream:
        try:
            data = stream.read()
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"{file}: cannot be read to its end ({error}); copy it again") from None
        try:
            return msgspec.convert(json.loads(data), list[tuple[str, dict[str, Any]]])
        except (ValueError, msgspec.ValidationError, RecursionError) as error:
            raise InputError(f"{file}: expected a JSON list of [name, {{attribute: value}}] pairs; {error}") from None


def _torn(text: str) -> bool:
    """Whether a text has half a surrogate pair."""
    return any("\ud800" <= c <= "\udfff" for c in text)


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """Names the file of entities that is at fault: without it there is no catalogue."""
    try:
        yield
    except (RowError, *STRANGE) as error:
        raise InputError(f"{file}: {strangely(error)}; mend the entry or leave it out") from None


def _member(file: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one JSON file that a zip file holds; what a Mac adds aside."""
    found = [one for one in archive.infolist() if one.filename.endswith(".json") and not one.filename.startswith("__MACOSX/")]
    if len(found) != 1:
        raise InputError(f"{file}: expected a zip file that holds one .json file; it holds {len(found)}"
                         + (f": {', '.join(one.filename for one in found)[:200]}; unpack it beside" if found else ""))
    return found[0]


def _size(file: Path) -> int:
    if file.suffix == ".zip":
        try:
            with zipfile.ZipFile(file) as archive:
                return _member(file, archive).file_size
        except zipfile.BadZipFile as error:
            raise InputError(f"{file}: not a zip file with a member ({error}); copy it again") from None
    return file.stat().st_size


@contextmanager
def _open(file: Path) -> Iterator[IO[bytes]]:
    """The JSON inside a file, unpacked."""
    if file.suffix == ".zip":
        try:
            with zipfile.ZipFile(file) as archive, archive.open(_member(file, archive)) as stream:
                yield stream
        except zipfile.BadZipFile as error:
            raise InputError(f"{file}: not a sound zip file ({error}); copy it again") from None
        return
    with file.open("rb") as raw:
        yield cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if file.suffix == ".gz" else raw


def load_catalogue(root: Path) -> Catalogue:
    """The entities of a CrossWOZ folder. Raises InputError for a missing or damaged entity file."""
    tables = {domain: _entity_table(root, spec.stem) for domain, spec in DOMAINS.items()}
    for domain, spec in DOMAINS.items():
        with _named(_entity_file(root, spec.stem)):
            msgspec.json.encode(tables[domain])  # half a surrogate pair can be in no store
            entities({**dict.fromkeys(DOMAINS, ()), domain: tables[domain]})  # which of the three is at fault
    items = entities(tables)
    ids = {domain: {item.name: item.id for item in reversed(items[domain])} for domain in items}
    return Catalogue(items, ids, {domain: Pool(items[domain]) for domain in items})


# -- sessions --------------------------------------------------------------------------------------------------------


def _add(writer: StoreWriter, key: str, dialogue: Dialogue, catalogue: Catalogue, tally: _Tally) -> None:
    session_id = f"crosswoz/{key}"
    reading = read_dialogue(dialogue, catalogue.ids)
    if not reading.goals:
        raise RowError("no restaurant, hotel or attraction goal")
    taken = {log.id: log.taken for log in reading.goals if log.taken}
    built = [_goal(dialogue, log, g, taken, catalogue, session_id, tally) for g, log in enumerate(reading.goals)]
    tally.counts["goals_unmapped_transport"] += reading.unmapped
    user_turns = sum(m.role == "usr" for m in dialogue.messages)
    user_id = f"crosswoz/user/{dialogue.sys_usr[1]}"
    user = User(id=user_id, locale="zh", profile={"city": "北京"})
    session = Session(
        id=session_id, user_id=user_id, locale="zh", instruction=INSTRUCTION, context={"city": "北京"},
        goals=tuple(b.goal for b in built), source="logged")
    hidden = Privileged(
        needs=tuple(b.need for b in built), outcomes=tuple(b.outcomes for b in built),
        patience=int(np.clip(round(user_turns / len(built)), 3, 6)), left=not taken)
    writer.check((), user, session, hidden)
    writer.add_user(user)
    writer.add_session(session, hidden)


def _goal(
    dialogue: Dialogue, log: GoalLog, g: int, taken: dict[int, str], catalogue: Catalogue, session_id: str, tally: _Tally
) -> _Built:
    pool, ids = catalogue.pools[log.domain], catalogue.ids[log.domain]
    outcomes = tuple(_outcome(name, log, ids) for name in dict.fromkeys((*log.offers, *([log.taken] if log.taken else []))))
    stated = _stated(dialogue, log, taken, tally)
    kept = _satisfiable(pool, [c for c, _ in stated], ids.get(log.taken, ""), tally)
    query, constraints = _say(dialogue, log, g, [(c, t) for c, t in stated if c in kept], tally)
    order = [o.item_id for event in ("order", "click", "offered") for o in outcomes if o.event == event]
    candidates = candidate_list(pool, constraints, order, session_id, g)
    misses = missed(pool, constraints)
    tally.fitting[sum(int(misses[pool.row[i]] == 0) for i in candidates)] += 1
    tally.per_goal[len(constraints)] += 1
    tally.events.update(o.event for o in outcomes)
    tally.disclosure.update(c.disclosure for c in constraints)
    if log.taken:
        tally.counts["take_ups"] += 1
        tally.counts["take_ups_that_satisfy_the_need"] += int(misses[pool.row[ids[log.taken]]] == 0)
    goal = Goal(category=DOMAINS[log.domain].category, query=query, candidates=tuple(candidates))
    return _Built(goal, Need(constraints=constraints), outcomes)


def _outcome(name: str, log: GoalLog, ids: dict[str, str]) -> Outcome:
    event = "order" if name == log.taken else "click" if name in log.asked else "offered"
    return Outcome(item_id=ids[name], event=event, position=log.offers.get(name, -1))  # type: ignore[arg-type]


def _stated(dialogue: Dialogue, log: GoalLog, taken: dict[int, str], tally: _Tally) -> list[tuple[Constraint, int]]:
    """Constraints with the turn in which the user brought them up, -1 for never, in the order of the goal."""
    out: list[tuple[Constraint, int]] = []
    for slot, value in log.entries:
        made = constraints_of(slot, value, taken)
        name = FACILITY.rstrip("-") if slot.startswith(FACILITY) else slot
        if made is None:
            tally.unmapped.setdefault(f"{log.domain}-{name}", []).append(str(value))
            continue
        if not made:
            tally.counts["requests"] += 1
        tally.mapped.update(f"{log.domain}-{name}" for _ in made)
        out += [(c, _turn(dialogue, log, slot, c)) for c in made if c not in (x for x, _ in out)]
    return out


def _turn(dialogue: Dialogue, log: GoalLog, slot: str, constraint: Constraint) -> int:
    turn = log.told.get(slot, -1)
    if constraint.slot != "dishes" or turn < 0:
        return turn
    for t in range(turn, len(dialogue.messages)):  # several dishes share a slot: each by its own act
        acts = dialogue.messages[t].dialog_act if dialogue.messages[t].role == "usr" else []
        if any(a == "Inform" and s == slot and v == constraint.value for a, _, s, v in acts):
            return t
    return -1


def _satisfiable(pool: Pool, constraints: list[Constraint], taken: str, tally: _Tally) -> list[Constraint]:
    """All constraints where some place meets them; otherwise those that the place taken up meets, at the least one."""
    if not constraints or (missed(pool, constraints) == 0).any():
        return constraints
    if not taken:
        tally.counts["goals_nothing_satisfies"] += 1
        return constraints
    kept = [c for c in constraints if pool.met(c)[pool.row[taken]]]
    kept = kept or [c for c in constraints if pool.met(c).any()][:1]  # a need that anything meets would be none
    tally.counts["goals_user_gave_way"] += 1
    tally.given_up.update(c.slot for c in constraints if c not in kept)
    return kept


def _say(
    dialogue: Dialogue, log: GoalLog, g: int, stated: list[tuple[Constraint, int]], tally: _Tally
) -> tuple[str, tuple[Constraint, ...]]:
    """The goal's query, and its constraints in the order of disclosure."""
    opening = 0 if g == 0 else log.opened
    said = dialogue.messages[opening].content if opening >= 0 else ""
    opens = {opening, log.opened} if g == 0 and opening == log.opened else {log.opened}
    own = not said or _leaks(dialogue, log, opening, [c for c, _ in stated])
    told: list[tuple[int, Constraint]] = []
    for constraint, turn in stated:
        shown = turn in opens and (own or constraint.slot != "nearby" or str(constraint.value) in said)
        disclosure: Disclosure = "hidden" if turn < 0 else "volunteered" if shown and turn == opening else "on_ask"
        rank = {"volunteered": -1, "on_ask": turn, "hidden": len(dialogue.messages)}[disclosure]
        told.append((rank, msgspec.structs.replace(constraint, disclosure=disclosure)))
    told.sort(key=lambda pair: pair[0])  # stable: the order of the goal within a turn
    constraints = tuple(c for _, c in told)
    if own:
        tally.counts["queries_replaced_for_leaking" if said else "queries_made_for_unopened_goals"] += 1
        wishes = [c.text for c in constraints if c.disclosure == "volunteered"]
        said = "，".join([f"{'接下来' if g else '你好，'}想找{DOMAINS[log.domain].one}", *wishes]) + "。"
    return said, constraints


def _leaks(dialogue: Dialogue, log: GoalLog, turn: int, constraints: list[Constraint]) -> bool:
    """Whether an utterance names a place logged for this goal that the user had no reason to name (anchor, explicit name)."""
    meant = [str(c.value) for c in constraints if c.slot in ("name", "nearby")]
    text = dialogue.messages[turn].content
    for name in meant:
        text = text.replace(name, " ")
    logged = [n for n in dict.fromkeys((*log.offers, log.taken)) if n and n not in meant]
    named = {v for a, d, s, v in dialogue.messages[turn].dialog_act if a == "Inform" and d == log.domain and s == "名称"}
    return any(n in text or n in named or (len(b := re.split(r"[(（]", n)[0]) >= 3 and b in text) for n in logged)


# -- report ----------------------------------------------------------------------------------------------------------


def _report(writer: StoreWriter, rows: int, quarantine: Quarantine, tally: _Tally) -> IngestReport:
    mapped, lost = sum(tally.mapped.values()), sum(len(v) for v in tally.unmapped.values())
    n = max(1, sum(tally.disclosure.values()))
    shares: dict[str, float | int | str] = {
        slot: tally.mapped[slot] / (tally.mapped[slot] + len(tally.unmapped.get(slot, ())))
        for slot in sorted({*tally.mapped, *tally.unmapped})
    }
    tables: dict[str, dict[str, float | int | str]] = {
        "constraints mapped, share by slot": shares | {"all": mapped / max(1, mapped + lost)},
        "constraints mapped, number by slot": dict(sorted(tally.mapped.items())),
        "entries not mapped, by slot": {
            s: f"{len(v)}: {', '.join(sorted(set(v))[:5])}" for s, v in sorted(tally.unmapped.items())
        },
        "constraints the user gave up, by slot (no place meets the whole goal)": dict(sorted(tally.given_up.items())),
        "disclosure shares": {d: tally.disclosure[d] / n for d in ("volunteered", "on_ask", "hidden")},
        "logged outcomes": {e: tally.events[e] for e in ("offered", "click", "order")},
        "candidates that satisfy everything -> goals": {str(k): v for k, v in sorted(tally.fitting.items())},
        "constraints of a goal -> goals": {str(k): v for k, v in sorted(tally.per_goal.items())},
        "shares": {"take-ups that satisfy the need":
                   tally.counts["take_ups_that_satisfy_the_need"] / max(1, tally.counts["take_ups"])},
    }
    return IngestReport(
        kind="crosswoz", out=str(writer.out), rows=rows, quarantined=quarantine.count,
        counts={**writer.counts, "constraints": mapped, "entries_not_mapped": lost, **dict(sorted(tally.counts.items()))},
        tables={k: v for k, v in tables.items() if v}, examples=tuple(quarantine.examples),
    )
