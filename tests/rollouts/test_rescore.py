"""Old traces, new rewards: what must stay as it was, what must change, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from fakes import ConstantScorer, ScriptedUser, constant_scorers, overlap_scorers
from five import DIMENSIONS, IF

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.records import Action, AgentView
from recenv.rewards.hybrid import REWARDS
from recenv.rewards.protocol import Scorer
from recenv.rollouts.collect import collect
from recenv.rollouts.rescore import rescore
from recenv.rollouts.trace import SessionTrace, encode

CONFIG = EnvConfig(candidates=17, horizon=6)


class Rambling:
    """Asks, searches, shows three candidates, shows the same again, talks nonsense."""

    name = "rambling"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        return [self._one(v) for v in views]

    def _one(self, view: AgentView) -> Action:
        match view.turn % 5:
            case 0:
                return Action(act="ask", text="预算多少？" if view.locale == "zh" else "What is your budget?")
            case 1:
                return Action(act="search", query=view.query)
            case 4:
                return Action(act="malformed", error="no JSON object found", raw="hm")
        return Action(act="recommend", items=tuple(c.id for c in view.candidates[:3]), text="")


def engine(world: World, scorers: dict[str, Scorer], *, reward: str = "gated-mean", wants: bool = False) -> Engine:
    return Engine(world, CONFIG, scorers=scorers, reward=REWARDS[reward], user=ScriptedUser(wants=wants, hazard=0.1))


@pytest.fixture(scope="module", params=[False, True], ids=["refusing", "buying"])
def wants(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def played(tiny_world: World, wants: bool) -> list[SessionTrace]:
    return collect(engine(tiny_world, overlap_scorers(), wants=wants), Rambling(), range(5), 3)


def test_the_same_scorers_give_the_same_bytes(tiny_world: World, played: list[SessionTrace], wants: bool) -> None:
    for chunk in (1, 2, 256):
        again = list(rescore(engine(tiny_world, overlap_scorers(), wants=wants), played, chunk=chunk))
        assert [encode(t) for t in again] == [encode(t) for t in played]


def counted(trace: SessionTrace, goal: int) -> tuple[int, int]:
    """Of a goal: turns with a slate that has something new, and malformed ones. The others do not count."""
    fresh, broken, seen = 0, 0, set[str]()
    for turn in (t for t in trace.turns if t.goal == goal):
        fresh += bool(set(turn.action.items) - seen)
        broken += turn.action.act == "malformed"
        seen |= set(turn.action.items)
    return fresh, broken


def test_a_constant_scorer_gives_the_return_that_follows(tiny_world: World, played: list[SessionTrace], wants: bool) -> None:
    """The default spec pays a goal the mean worth of its turns: 0 for a malformed one, and for a new slate the mean of twice the
    constant and of 1, since in a list of equals none is better."""
    worth = (0.75 + 0.75 + 1) / 3
    for trace in rescore(engine(tiny_world, constant_scorers(0.75), wants=wants), played):
        goals = [counted(trace, g) for g in range(trace.goals)]
        assert trace.total == pytest.approx(sum(worth * f / (f + b) for f, b in goals if f + b), abs=1e-6)
        for turn in trace.turns:
            shown = turn.action.act == "recommend"
            assert turn.components[2:] == ((0.75, 0.75, 1.0) if shown else (None,) * 3)
            assert (turn.sources[IF], turn.value) == ("rule", pytest.approx(worth if shown else 0.0))


def test_another_reward_pays_otherwise_for_the_same_components(
    tiny_world: World, played: list[SessionTrace], wants: bool
) -> None:
    """This one pays every turn its worth."""
    for trace in rescore(engine(tiny_world, constant_scorers(0.5), reward="gated-mean-level", wants=wants), played):
        assert trace.total == pytest.approx((0.5 + 0.5 + 1) / 3 * sum(counted(trace, g)[0] for g in range(trace.goals)), abs=1e-6)


def test_a_failed_gate_of_the_new_scorers_pays_nothing(tiny_world: World, played: list[SessionTrace], wants: bool) -> None:
    scorers = {**constant_scorers(0.9), DIMENSIONS[IF]: ConstantScorer(DIMENSIONS[IF], 0.2)}
    change = msgspec.structs.replace  # a text to judge: without one the rules decide the dimension alone
    for trace in played:
        turns = [change(t, action=change(t.action, text="OK")) if t.action.act == "recommend" else t for t in trace.turns]
        again = next(rescore(engine(tiny_world, scorers, wants=wants), [change(trace, turns=tuple(turns))]))
        judged = [t for t in again.turns if t.sources[IF] == "scorer"]
        assert len(judged) == sum(t.action.act == "recommend" for t in turns)
        assert all((t.gate, t.value) == ((DIMENSIONS[IF],), 0.0) for t in judged) and again.total == 0.0


def test_actions_and_answers_stay_whatever_the_scores_say(tiny_world: World, played: list[SessionTrace], wants: bool) -> None:
    """Scores of 0, of 1 and none at all: the user's side of the session is the recorded one, and so is the gold value."""
    for scorers in (constant_scorers(0.0), constant_scorers(1.0), {}):
        for old, new in zip(played, rescore(engine(tiny_world, scorers, wants=wants), played), strict=True):
            assert (new.ending, new.goals_met) == (old.ending, old.goals_met)
            for before, after in zip(old.turns, new.turns, strict=True):
                assert (after.action, after.reaction, after.said, after.gold) == (
                    before.action, before.reaction, before.said, before.gold)


def test_a_missing_scorer_is_missing_with_a_reason(tiny_world: World, played: list[SessionTrace], wants: bool) -> None:
    for trace in rescore(engine(tiny_world, {}, wants=wants), played):
        assert trace.total == 0.0
        for turn in trace.turns:
            if turn.action.act == "recommend":
                assert turn.components[2:] == (None,) * 3
                assert set(turn.reasons[2:]) == {"no scorer for this dimension"}


def test_scorers_read_what_they_would_have_read_many_sessions_in_a_call(
    tiny_world: World, played: list[SessionTrace], wants: bool
) -> None:
    then, now = constant_scorers(0.5), constant_scorers(0.5)
    collect(engine(tiny_world, then, wants=wants), Rambling(), range(5), 3)
    list(rescore(engine(tiny_world, now, wants=wants), played))
    for d in DIMENSIONS:
        assert now[d].calls == then[d].calls
    longest = max(len(t.turns) for t in played)
    assert len(now["query_item_relevance"].calls) <= longest
    assert len(now["query_item_relevance"].calls[0]) == 15  # five sessions, three items each


def test_a_session_that_goes_otherwise_is_refused(tiny_world: World, played: list[SessionTrace], wants: bool) -> None:
    hasty = Engine(tiny_world, CONFIG, scorers=overlap_scorers(), user=ScriptedUser(wants=wants, hazard=1.0))
    with pytest.raises(InputError, match=r"does not go as it was recorded \(.*recorded .*, replayed .*\); rescore with"):
        list(rescore(hasty, played))
