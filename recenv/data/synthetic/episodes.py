"""One session of a synthetic world, and the rows that it leaves in the five files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.constraints import status
from recenv.data.render import evidence_text
from recenv.data.synthetic import logs, prompts
from recenv.data.synthetic.catalogue import Catalogue, Pool
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.geography import DISTRICTS, area_name
from recenv.data.synthetic.instructions import Demand, draw_demands, instruction_text
from recenv.data.synthetic.judged import draw_followed, draw_grounded
from recenv.data.synthetic.needs import Wish, draw_candidates, draw_wish
from recenv.data.synthetic.people import Person, preferences
from recenv.data.synthetic.phrasing import opening_query
from recenv.data.synthetic.spec import SynthSpec
from recenv.data.synthetic.utility import gold_utility
from recenv.records import CATEGORIES, Item, Need

Row = dict[str, Any]
_TIMES = {"zh": ("上午", "中午", "下午", "晚上"), "en": ("morning", "noon", "afternoon", "evening")}
_DAYS = {"zh": ("工作日", "周末", "节假日"), "en": ("weekday", "weekend", "holiday")}
_WEATHER = {"zh": ("晴", "多云", "小雨", "大风"), "en": ("sunny", "cloudy", "light rain", "windy")}


class Episode(NamedTuple):
    """A session with all that is known about it. utility (C,) is aligned with ``shown.rows``."""

    id: str
    person: Person
    pool: Pool
    locale: str
    category: str
    context: dict[str, str]
    demands: tuple[Demand, ...]
    instruction: str
    query: str
    need: Need
    wish: Wish
    shown: logs.Shown
    utility: NDArray[np.float64]
    patience: int
    wanted: str  # the subcategory that the need names, "" for none

    @property
    def items(self) -> list[Item]:
        """The candidates in displayed order."""
        return [self.pool.items[row] for row in self.shown.rows]

    @property
    def texts(self) -> list[str]:
        """The candidates' texts, aligned with ``items``."""
        return [self.pool.texts[row] for row in self.shown.rows]


def build_episode(spec: SynthSpec, seed: int, index: int, person: Person, catalogue: Catalogue) -> Episode:
    """The index-th session of a world."""
    draws = Draws(seed, "session", index)
    locale = person.user.locale
    categories = [name for name in CATEGORIES if spec.categories.get(name)]
    category = draws.weighted(categories, [spec.categories[name] for name in categories])
    pool = catalogue[locale, category]
    here = person.home if draws.chance(0.7) else draws.weighted(range(len(DISTRICTS)), [d.weight for d in DISTRICTS])
    context = {
        "city": "北京" if locale == "zh" else "Beijing", "area": area_name(here, locale), "time": draws.pick(_TIMES[locale]),
        "day": draws.pick(_DAYS[locale]), "weather": draws.pick(_WEATHER[locale]),
    }
    tastes = preferences(spec, person, category)
    wish = draw_wish(draws, spec, pool, locale, category, tastes, context)
    rows = logs.display(draws, spec, pool, wish, draw_candidates(draws, spec, pool, wish))
    met = np.array([[status(pool.items[r], c) for c in wish.constraints] for r in rows], np.int8)  # (C, M)
    utility = gold_utility(tastes, [pool.traits[r] for r in rows], context, met)
    shown = logs.choose(draws, spec, rows, utility)
    wanted = next((str(c.value) for c in wish.constraints if c.slot == "subcategory"), "")
    demands = draw_demands(draws, locale, category, draws.chance(spec.hard_instructions), wanted)
    need = Need(constraints=wish.constraints, preferences=tastes)
    return Episode(
        f"s-{index:06d}", person, pool, locale, category, context, demands, instruction_text(draws, locale, demands),
        opening_query(draws, locale, category, wish.constraints), need, wish, shown, utility, draws.integer(*spec.patience),
        wanted,
    )


def session_rows(
    spec: SynthSpec, seed: int, index: int, episode: Episode, catalogue: Catalogue
) -> Iterator[tuple[str, Row]]:
    """All rows that the index-th session leaves, each with the dimension whose file it belongs to."""
    yield "item_ranking", ranking_row(episode)
    for dimension, made in (
        ("behavior_prediction", behavior_rows(spec, seed, index, episode)),
        ("query_item_relevance", relevance_rows(spec, seed, index, episode, catalogue)),
        ("instruction_following", instruction_rows(spec, seed, index, episode)),
        ("factual_consistency", factual_rows(spec, seed, index, episode)),
    ):
        yield from ((dimension, row) for row in made)


def ranking_row(episode: Episode) -> Row:
    e = episode
    labels = [int(n == e.shown.taken) for n in range(len(e.shown.rows))]
    return {
        "id": f"ir-{e.id}", "locale": e.locale, "session_id": e.id, "user": e.person.user, "context": e.context,
        "instruction": e.instruction, "query": e.query, "category": e.category, "items": e.items, "labels": labels,
        "gold": {"need": e.need, "utilities": e.utility.tolist(), "patience": e.patience, "left": e.shown.taken < 0},
        "prompt": prompts.ranking_prompt(e.person.user, e.context, e.query, e.texts),
    }


def behavior_rows(spec: SynthSpec, seed: int, index: int, episode: Episode) -> Iterator[Row]:
    """Single items met in the session, the examined ones first, each taken or not by the choice model."""
    e, draws = episode, Draws(seed, "behavior", index)
    looked = draws.sample(range(e.shown.examined), spec.behavior_rows)
    rest = draws.sample(range(e.shown.examined, len(e.shown.rows)), spec.behavior_rows - len(looked))
    for n, position in enumerate(looked + rest):
        row = e.shown.rows[position]
        yield {
            "id": f"ubp-{e.id}-{n}", "locale": e.locale, "session_id": e.id, "user": e.person.user, "context": e.context,
            "query": e.query, "item": e.pool.items[row], "label": logs.liked(draws, float(e.utility[position])),
            "prompt": prompts.behavior_prompt(e.person.user, e.context, e.query, e.pool.texts[row]),
        }


def relevance_rows(spec: SynthSpec, seed: int, index: int, episode: Episode, catalogue: Catalogue) -> Iterator[Row]:
    """Items of graded relevance to the query: in turn one that meets all of it, a near miss, and any other."""
    e, draws = episode, Draws(seed, "relevance", index)
    stated = [m for m, c in enumerate(e.wish.constraints) if c.disclosure == "volunteered"]
    kinds = [m for m in stated if e.wish.constraints[m].slot == "subcategory"]
    hits, kind = e.wish.meets[:, stated].sum(1), e.wish.meets[:, kinds].all(1)
    full = np.flatnonzero(hits == len(stated)).tolist()
    near = np.flatnonzero(kind & (hits < len(stated)) & (2 * hits >= len(stated))).tolist() or list(e.shown.rows)
    for n in range(spec.relevance_rows):
        if n % 3 < 2:
            yield _relevance(spec, draws, e, e.category, e.pool, draws.pick((full, near)[n % 3]), n)
        elif draws.chance(0.5):
            yield _relevance(spec, draws, e, e.category, e.pool, draws.integer(0, len(e.pool.items) - 1), n)
        else:
            category = draws.pick([c for locale, c in catalogue if locale == e.locale])
            pool = catalogue[e.locale, category]
            yield _relevance(spec, draws, e, category, pool, draws.integer(0, len(pool.items) - 1), n)


def item_row(spec: SynthSpec, seed: int, index: int, episode: Episode, item: Item, catalogue: Catalogue) -> Row:
    """A relevance row for one given item of the catalogue, so that no item stays unseen."""
    pool = catalogue[item.locale, item.category]
    row = next(r for r, other in enumerate(pool.items) if other.id == item.id)
    made = _relevance(spec, Draws(seed, "unseen", index), episode, item.category, pool, row, 0)
    return {**made, "id": f"qir-x-{index:05d}"}


def _relevance(spec: SynthSpec, draws: Draws, e: Episode, category: str, pool: Pool, row: int, n: int) -> Row:
    item = pool.items[row]
    stated = [c for c in e.wish.constraints if c.disclosure == "volunteered"]
    meets = np.array([status(item, c) == 1 for c in stated], bool)
    kind = all(met for met, c in zip(meets.tolist(), stated, strict=True) if c.slot == "subcategory")
    label = logs.grade(meets, category == e.category, kind)
    if draws.chance(spec.relevance_noise):
        label = draws.pick([g for g in (0.0, 0.5, 1.0) if g != label])
    return {
        "id": f"qir-{e.id}-{n}", "locale": e.locale, "user_id": e.person.user.id, "query": e.query, "item": item, "label": label,
        "prompt": prompts.relevance_prompt(e.locale, e.query, pool.texts[row]),
    }


def instruction_rows(spec: SynthSpec, seed: int, index: int, episode: Episode) -> Iterator[Row]:
    """Answers to the session's instruction, then to others that are as often hard as not."""
    e, draws = episode, Draws(seed, "instruction", index)
    for n in range(spec.instruction_rows):
        demands, instruction = e.demands, e.instruction
        if n:
            demands = draw_demands(draws, e.locale, e.category, draws.chance(0.5), e.wanted)
            instruction = instruction_text(draws, e.locale, demands)
        judged = draw_followed(draws, e.locale, demands, e.items)
        yield {
            "id": f"if-{e.id}-{n}", "locale": e.locale, "session_id": e.id, "user_id": e.person.user.id,
            "instruction": instruction, "query": e.query, "response": judged.response, "label": _noisy(draws, spec, judged.label),
            "prompt": prompts.instruction_prompt(e.locale, instruction, e.query, judged.response),
        }


def factual_rows(spec: SynthSpec, seed: int, index: int, episode: Episode) -> Iterator[Row]:
    """Answers about some candidates, half of them with one false claim."""
    e, draws = episode, Draws(seed, "factual", index)
    for n in range(spec.factual_rows):
        judged = draw_grounded(draws, e.locale, e.items, e.pool)
        evidence = evidence_text(judged.evidence)
        yield {
            "id": f"fc-{e.id}-{n}", "locale": e.locale, "session_id": e.id, "user_id": e.person.user.id, "evidence": evidence,
            "query": e.query, "response": judged.response, "label": _noisy(draws, spec, judged.label),
            "prompt": prompts.factual_prompt(e.locale, evidence, e.query, judged.response),
        }


def _noisy(draws: Draws, spec: SynthSpec, label: int) -> int:
    return 1 - label if draws.chance(spec.label_noise) else label
