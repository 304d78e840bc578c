"""What probes look at: rows of the dimensions, made on the spot from a synthetic world or read from files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from recenv import rng
from recenv.data.render import item_text, mapping_text, user_text
from recenv.data.rowfile import read_rows
from recenv.data.synthetic import SynthSpec, episodes
from recenv.data.synthetic.catalogue import Catalogue, build_catalogue
from recenv.data.synthetic.episodes import Episode, Row
from recenv.data.synthetic.people import build_person
from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS

SEED = 990_017
"""The world that probes are run on unless told otherwise; no shipped scorer is trained on it."""

SPEC = SynthSpec(
    locales={"zh": 0.5, "en": 0.5}, n_items=1200, sessions_per_user=2.0, label_noise=0.0, relevance_noise=0.0,
    hard_instructions=0.5, instruction_rows=2, factual_rows=2, relevance_rows=2, behavior_rows=4,
)
"""Both languages alike, hard instructions as often as easy ones, and labels without noise."""

_ORDER = rng.word("probes/order")


class Material(NamedTuple):
    """rows: by dimension, labelled, in an order without meaning. popularity: item text -> how often users took it before.

    episodes, catalogue: the world behind the rows; empty where rows were read from files.
    """

    name: str
    rows: dict[str, tuple[ScorerRow, ...]]
    popularity: Mapping[str, int]
    episodes: tuple[Episode, ...] = ()
    catalogue: Catalogue | None = None


def synthetic(seed: int = SEED, sessions: int = 320) -> Material:
    """Rows of a world that is made in memory."""
    catalogue = build_catalogue(SPEC, seed)
    texts = {item.id: text for pool in catalogue.values() for item, text in zip(pool.items, pool.texts, strict=True)}
    people = [build_person(SPEC, seed, u, catalogue) for u in range(max(1, round(sessions / SPEC.sessions_per_user)))]
    rows: dict[str, list[ScorerRow]] = {d: [] for d in DIMENSIONS}
    met = []
    for index in range(sessions):
        episode = episodes.build_episode(SPEC, seed, index, people[index % len(people)], catalogue)
        met.append(episode)
        for dimension, row in episodes.session_rows(SPEC, seed, index, episode, catalogue):
            rows[dimension].append(_row(dimension, row, episode.person.user.id))
    taken = Counter(texts[i] for person in people for i in person.user.history)
    return Material("synthetic", {d: _shuffled(rows[d]) for d in DIMENSIONS}, taken, tuple(met), catalogue)


def read_material(path: str | Path) -> Material:
    """The labelled rows of a file of canonical rows. Raises InputError where there are none."""
    rows: dict[str, list[ScorerRow]] = {d: [] for d in DIMENSIONS}
    for row in read_rows(path, DIMENSIONS):
        if row.label is not None:
            rows[row.dimension].append(row)
    if not any(rows.values()):
        raise InputError(f"{path} has no labelled row; probes compare scores with labels")
    return Material(Path(path).stem, {d: _shuffled(own) for d, own in rows.items()}, {})


def _row(dimension: str, row: Row, group: str) -> ScorerRow:
    label = tuple(float(v) for v in row["labels"]) if "labels" in row else float(row["label"])
    return ScorerRow(
        dimension=dimension, id=f"probe/{row['id']}", group=group, locale=row["locale"], instruction=row.get("instruction", ""),
        query=row["query"], response=row.get("response", ""), evidence=row.get("evidence", ""),
        user=user_text(row["user"]) if "user" in row else "",
        context=mapping_text(row["context"], row["locale"]) if "context" in row else "",
        item=item_text(row["item"]) if "item" in row else "", items=tuple(map(item_text, row.get("items", ()))), label=label)


def _shuffled(rows: Sequence[ScorerRow]) -> tuple[ScorerRow, ...]:
    return tuple(rows[n] for n in rng.permutation(len(rows), _ORDER).tolist())


def positive(row: ScorerRow) -> bool:
    """Whether a single label counts as positive: above 0.5, as in ``recenv score``."""
    return isinstance(row.label, float) and row.label > 0.5


def cut(row: ScorerRow, most: int) -> ScorerRow:
    """A list row with at most ``most`` items, its positive ones among them, in the given order."""
    if len(row.items) <= most or not isinstance(row.label, tuple):
        return row
    order = sorted(range(len(row.items)), key=lambda n: (-row.label[n], n))[:most]  # type: ignore[index]  # a tuple: see above
    kept = sorted(order)
    return msgspec.structs.replace(
        row, items=tuple(row.items[n] for n in kept), label=tuple(row.label[n] for n in kept), shown=0)
