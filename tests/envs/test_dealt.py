"""What the deck knows of a slate is not asked again in words, and is what the scorers would have said."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from fakes import ConstantScorer, OverlapScorer, ScriptedUser, overlap_scorers
from five import DIMENSIONS, IR, QIR, UBP

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine, Step
from recenv.records import Action, ScorerRow
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores

N = 6
SLATES = [DIMENSIONS[d] for d in (QIR, UBP, IR)]


class Judge(OverlapScorer):
    """The same values by one who might say something else another time, so that every turn is asked about."""

    @property
    def spec(self) -> ScorerSpec:
        return msgspec.structs.replace(super().spec, kind="judge")


class Talking(OverlapScorer):
    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        return super().score(rows)._replace(reasons=("as the words say",) * len(rows))


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


def test_who_says_what_a_value_is_due_to_is_asked_about_every_turn(tiny_world: World) -> None:
    talking: dict[str, Scorer] = {d: Talking(d) for d in DIMENSIONS}
    steps = play(tiny_world, talking)
    for step in steps:
        shown = [r for r in range(N) if step.sources[r, QIR] == 1]
        assert shown and all(step.reasons[r, d] == "as the words say" for r in shown for d in (QIR, UBP, IR))
    np.testing.assert_allclose(steps[1].components, play(tiny_world, overlap_scorers())[1].components, atol=1e-6)


@pytest.mark.parametrize("silent", SLATES)
def test_a_value_that_is_missing_has_its_reason(tiny_world: World, silent: str) -> None:
    for step in play(tiny_world, {**overlap_scorers(), silent: ConstantScorer(silent, float("nan"), "nothing to go by")}):
        d = DIMENSIONS.index(silent)
        shown = [r for r in range(N) if step.sources[r, QIR if d != QIR else UBP] == 1]
        assert shown and not step.applicable[shown, d].any()
        assert {step.reasons[r, d] for r in shown} == {"nothing to go by"}
