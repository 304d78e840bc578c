"""Writing a synthetic world: five JSONL files in the RecRM-Bench layout, whole or not at all.

Items, users and logs come from one generative model, stated where its parts are: ``catalogue`` (items), ``people``
(users), ``needs`` (constraints, candidates), ``utility`` (what an item is worth), ``logs`` (what is shown and taken),
``judged`` (answers with labels). In short, for user u, session s, candidate i, with Gumbel noise e:

    theta_u ~ population;  profile_u, history_u | theta_u;  need_s | theta_u;  U_si = gold_utility(theta_u, x_i, c_s, met_si)
    examined_s ~ geometric(position_decay);  taken_s = argmax_i in examined (U_si + e_i) against no_choice + e_0

Every draw is a pure function of (seed, record, number of the draw): the same spec and seed give the same bytes in
any process. Faker supplies nothing but brand and street names, from an explicit seed; another release of Faker may word
these differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from recenv import rng
from recenv.data import rows
from recenv.data.fieldmap import listed
from recenv.data.synthetic import episodes
from recenv.data.synthetic.catalogue import Catalogue, build_catalogue
from recenv.data.synthetic.episodes import Episode, Row
from recenv.data.synthetic.people import Person, build_person
from recenv.data.synthetic.spec import SynthSpec
from recenv.errors import InputError
from recenv.files import whole_folder
from recenv.records import Item

GENERATOR_VERSION = 2
"""Raised whenever the same spec and seed would give other bytes."""

FILES = {dimension: f"data/{file}" for dimension, file in rows.FILES.items()}
"""Dimension -> file of the RecRM-Bench layout."""

ABOUT = "synthetic.json"
"""Beside ``data/``: spec, seed and counts, from which the folder can be made again."""


def generate(
    spec: SynthSpec, sessions: int, seed: int, out: str | Path, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Write a world of ``sessions`` sessions to folder ``out``; returns counts (sessions, users, items, rows by dimension).

    progress: called with (sessions done, sessions in all). An existing RecRM folder at ``out`` is replaced once the new
    one is whole. Raises InputError for an impossible spec, sessions < 1, or an ``out`` that holds something else.
    """
    spec.check()
    seed = rng.seed_of(seed)
    if sessions < 1:
        raise InputError(f"sessions must be at least 1; got {sessions}")
    target = Path(out).absolute()
    _check_target(target)
    with whole_folder(target) as folder:
        return _write(spec, sessions, seed, folder, progress)


def _check_target(out: Path) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or not any((out / name).is_file() for name in FILES.values()):
        raise InputError(f"{out} exists and is no RecRM-Bench folder; choose another --out, nothing was touched")


def _write(
    spec: SynthSpec, sessions: int, seed: int, folder: Path, progress: Callable[[int, int], None] | None
) -> dict[str, int]:
    catalogue = build_catalogue(spec, seed)
    n_users = spec.n_users or max(1, round(sessions / spec.sessions_per_user))
    counts = {"sessions": sessions, "users": 0, "items": sum(len(p.items) for p in catalogue.values())}
    counts |= dict.fromkeys(FILES, 0)
    encoder = msgspec.json.Encoder()
    files: dict[str, BinaryIO] = {}
    seen: set[str] = set()
    try:
        for name in FILES:
            (folder / FILES[name]).parent.mkdir(parents=True)
            files[name] = (folder / FILES[name]).open("wb")
        done = 0
        for name, row in _rows(spec, sessions, seed, n_users, catalogue, seen):
            files[name].write(encoder.encode(row) + b"\n")
            counts[name] += 1
            if listed(name):  # one a session
                done += 1
                if progress is not None:
                    progress(done, sessions)
    finally:
        for handle in files.values():
            handle.close()
    counts["users"] = min(n_users, sessions)
    about = {"generator": "recenv.data.synthetic", "version": GENERATOR_VERSION, "spec": spec, "seed": seed, "counts": counts}
    (folder / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n")
    return counts


def _rows(
    spec: SynthSpec, sessions: int, seed: int, n_users: int, catalogue: Catalogue, seen: set[str]
) -> Iterator[tuple[str, Row]]:
    """All rows, (dimension, row), session by session; users take turns. Last come the items that no row has shown."""
    people: dict[int, Person] = {}
    last: dict[str, Episode] = {}
    for index in range(sessions):
        u = index % n_users
        if u not in people:
            people[u] = build_person(spec, seed, u, catalogue)
        episode = episodes.build_episode(spec, seed, index, people[u], catalogue)
        last[episode.locale] = episode
        seen.update(item.id for item in episode.items)
        for name, row in episodes.session_rows(spec, seed, index, episode, catalogue):
            if "item" in row:
                seen.add(row["item"].id)
            yield name, row
    for number, item in enumerate(_unseen(catalogue, seen)):
        if item.locale in last:
            yield "query_item_relevance", episodes.item_row(spec, seed, number, last[item.locale], item, catalogue)


def _unseen(catalogue: Catalogue, seen: set[str]) -> list[Item]:
    return [item for pool in catalogue.values() for item in pool.items if item.id not in seen]
