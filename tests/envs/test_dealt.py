"""What the deck knows of a slate is not asked again in words, and is what the scorers would have said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from fakes import ConstantScorer, OverlapScorer, ScriptedUser, overlap_scorers
from five import DIMENSIONS, IR, QIR, UBP

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine, Step
from recenv.records import Action, ScorerRow
from recenv.rewards.dimensions import DIMENSIONS as REGISTRY
from recenv.rewards.dimensions import Dimension
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.rewards.turn import NO_SCORER

N = 6
SLATES = [DIMENSIONS[d] for d in (QIR, UBP, IR)]


class Judge(OverlapScorer):
    """The same values by one who might say something else another time, so that every turn is asked about."""

    @property
    def spec(self) -> ScorerSpec:
        return msgspec.structs.replace(super().spec, kind="judge")


def play(world: World, scorers: dict[str, Scorer], candidates: int = 9) -> list[Step]:
    """Two turns of N sessions: slates of one, two and three items, the last row's with one that is no candidate, the first row's
    second turn a question."""
    engine = Engine(world, EnvConfig(candidates=candidates), scorers=scorers, user=ScriptedUser(wants=False))
    state = engine.begin(np.arange(N) % world.n_sessions, np.arange(N, dtype=np.uint64))
    log, steps = engine.log(N, words=True), []
    for turn in range(2):
        actions = []
        for r, view in enumerate(engine.views(state, log, range(N))):
            ids = [i.id for i in view.candidates[turn + r % 2:turn + r % 2 + 1 + r % 3]]
            if r == N - 1:
                ids[0] = next(world.item(i).id for i in range(world.n_items) if world.item(i) not in view.candidates)
            actions.append(Action(act="recommend", items=tuple(ids), text="OK 好的"))
        if turn:
            actions[0] = Action(act="ask", text="What is your budget?")
        state, step = engine.step(state, log, actions)
        steps.append(step)
    return steps


def same(one: list[Step], two: list[Step]) -> None:
    for a, b in zip(one, two, strict=True):
        assert (a.applicable == b.applicable).all() and (a.sources == b.sources).all() and a.reasons == b.reasons
        np.testing.assert_allclose(a.components, b.components, atol=1e-6)
        np.testing.assert_allclose(a.item_values, b.item_values, atol=1e-6)
        np.testing.assert_allclose(a.rewards, b.rewards, atol=1e-6)
        assert {r: own for r, own in a.left_out.items() if own} == {r: own for r, own in b.left_out.items() if own}


def test_the_deck_says_what_the_scorers_say(tiny_world: World) -> None:
    dealt = play(tiny_world, overlap_scorers())
    same(dealt, play(tiny_world, {d: Judge(d) for d in DIMENSIONS}))
    assert any(own for step in dealt for own in step.left_out.values())
    assert len({float(v) for step in dealt for v in step.components[step.applicable]}) > 10


def test_what_is_known_is_not_asked_again(tiny_world: World) -> None:
    scorers = overlap_scorers()
    engine = Engine(tiny_world, EnvConfig(candidates=9), scorers=scorers, user=ScriptedUser(wants=False))
    seen = []
    for seed in (1, 2):  # another user of the same session: what he was shown before is known
        state, log = engine.begin(np.zeros(1, np.int64), np.full(1, seed, np.uint64)), engine.log(1, words=True)
        (view,) = engine.views(state, log, [0])
        engine.step(state, log, [Action(act="recommend", items=(view.candidates[0].id,), text=f"OK {seed} 好的")])
        seen.append({d: s.seen for d, s in scorers.items()})  # type: ignore[attr-defined]
    for d in DIMENSIONS:
        assert seen[1][d] == seen[0][d] * (1 if d in SLATES else 2) > 0


class Talking(OverlapScorer):
    """Says of every other item what its value is due to."""

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        odd = [len(row.item + row.query) % 2 for row in rows]
        return super().score(rows)._replace(reasons=tuple("as the words say" if o else "" for o in odd))


class TalkingJudge(Talking, Judge):
    pass


def test_what_is_said_of_a_value_is_told_whoever_asked_before(tiny_world: World) -> None:
    talking = play(tiny_world, {d: Talking(d) for d in DIMENSIONS})
    same(talking, play(tiny_world, {d: TalkingJudge(d) for d in DIMENSIONS}))
    assert "as the words say" in {why for (_, d), why in talking[1].reasons.items() if d in (QIR, UBP)}


@pytest.mark.parametrize("talks", [False, True])
def test_a_kept_deck_says_what_a_fresh_one_says(tiny_world: World, tmp_path: Path, talks: bool) -> None:
    """Whatever it holds: of items that were not shown when it was kept, of lists, of what is said beside values."""
    def step(engine: Engine, *places: int) -> Step:
        state, log = engine.begin(np.zeros(1, np.int64), np.zeros(1, np.uint64)), engine.log(1, words=True)
        (view,) = engine.views(state, log, [0])
        action = Action(act="recommend", items=tuple(view.candidates[p].id for p in places), text="OK 好的")
        return engine.step(state, log, [action])[1]

    def engine(decks: Path | None) -> Engine:
        scorers: dict[str, Scorer] = {d: (Talking if talks else OverlapScorer)(d) for d in DIMENSIONS}
        return Engine(tiny_world, EnvConfig(candidates=9), scorers=scorers, user=ScriptedUser(wants=False), decks=decks)

    first = engine(tmp_path)
    step(first, 0, 1)
    first.deck.keep()
    for places in ((5, 6), (0, 1), (1, 7)):
        kept, fresh = step(engine(tmp_path), *places), step(engine(None), *places)
        same([kept], [fresh])
        assert kept.components.tobytes() == fresh.components.tobytes()
        second = engine(tmp_path)
        step(second, *places)
        second.deck.keep()


def test_a_dimension_without_a_scorer_says_so_beside_others_that_are_dealt(tiny_world: World) -> None:
    some: dict[str, Scorer] = {SLATES[0]: OverlapScorer(SLATES[0])}
    same(play(tiny_world, some), play(tiny_world, {SLATES[0]: Judge(SLATES[0])}))
    assert {why for (_, d), why in play(tiny_world, some)[0].reasons.items() if d in (UBP, IR)} == {NO_SCORER}


READS = (
    ("query", "instruction", "item"), ("query", "user", "evidence"), ("query", "items"), ("query",),
    ("response", "items", "query"))


@pytest.mark.parametrize("reads", READS, ids=",".join)
def test_a_dimension_of_ones_own_is_asked_what_it_reads(tiny_world: World, reads: tuple[str, ...]) -> None:
    class Own(OverlapScorer):
        def score(self, rows: Sequence[ScorerRow]) -> Scores:
            read = ["".join(map(str, (getattr(row, name) for name in reads))) for row in rows]
            lists = tuple(np.full(len(row.items), 1 / max(len(row.items), 1), np.float32) for row in rows)
            return Scores(np.array([len(text) % 97 / 97 for text in read], np.float32), ("",) * len(rows), lists)

    class OwnJudge(Own, Judge):
        pass

    needs = ("instruction",) if "instruction" in reads else ()
    REGISTRY.add("own", Dimension(
        "own", "OWN", "says little", reads, needs, "response" if "response" in reads else "", lambda row, item: ("", "")))
    try:
        same(play(tiny_world, {**overlap_scorers(), "own": Own("own")}),
             play(tiny_world, {d: Judge(d) for d in DIMENSIONS} | {"own": OwnJudge("own")}))
    finally:
        REGISTRY.remove("own")


@pytest.mark.parametrize("silent", SLATES)
def test_a_value_that_is_missing_has_its_reason(tiny_world: World, silent: str) -> None:
    for step in play(tiny_world, {**overlap_scorers(), silent: ConstantScorer(silent, float("nan"), "nothing to go by")}):
        d = DIMENSIONS.index(silent)
        shown = [r for r in range(N) if step.sources[r, QIR if d != QIR else UBP] == 1]
        assert shown and not step.applicable[shown, d].any()
        assert {step.reasons[r, d] for r in shown} == {"nothing to go by"}
