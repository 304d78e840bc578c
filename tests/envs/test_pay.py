"""What turns are paid, through the environment: outcome and quality, and what is not counted."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from fakes import ConstantScorer, ScriptedUser, ValuedUser, constant_scorers, overlap_scorers
from five import DIMENSIONS, FC, IF, IR, QIR, UBP, D
from knownscorers import KnownScorer
from sessions import Played, ask, opened, rows_of, slate

from recenv.data.render import item_text
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import NOT_JUDGED, Engine
from recenv.records import Action, AgentView
from recenv.rewards.hybrid import REWARDS, RewardSpec
from recenv.rewards.protocol import Scorer
from recenv.rollouts.collect import collect
from recenv.rollouts.trace import encode
from recenv.testing.tiny import item_id


def played(
    world: World, scorers: dict[str, Scorer], session: str = "zh-1", *, reward: RewardSpec | str = "service", words: bool = True,
    user: ScriptedUser | None = None, seed: int = 3,
) -> Played:
    spec = REWARDS[reward] if isinstance(reward, str) else reward
    engine = Engine(
        world, EnvConfig(candidates=17, patience_scale=10.0), scorers=scorers, reward=spec, user=user or ScriptedUser())
    return Played(engine, world.session_row(session), seed, words=words)


def known(world: World, table: dict[int, float], other: float = 0.2) -> dict[str, Scorer]:
    """Scorers of slates by item number of the zh dining catalogue; texts are worth 1."""
    texts = {item_text(world.item(row)): v for row, v in rows_of(world, table).items()}
    out: dict[str, Scorer] = {DIMENSIONS[d]: KnownScorer(DIMENSIONS[d], lambda t: texts.get(t, other)) for d in (QIR, UBP, IR)}
    return {**out, DIMENSIONS[IF]: ConstantScorer(DIMENSIONS[IF], 1.0), DIMENSIONS[FC]: ConstantScorer(DIMENSIONS[FC], 1.0)}


BOTH = pytest.mark.parametrize("words", [True, False])


def show(play: Played, *numbers: int, words: bool) -> float:
    if words:
        play(slate(*numbers))
    else:
        play.numbers(*numbers)
    return play.reward


@BOTH
def test_the_best_item_shown_so_far_is_the_quality_of_a_goal(tiny_world: World, words: bool) -> None:
    """An item is worth the mean of relevance, take-up and its share over the largest share: v, v and v / 0.8."""
    def worth(v: float) -> float:
        return (v + v + v / 0.8) / 3

    play = played(tiny_world, known(tiny_world, {0: 0.4, 4: 0.1, 6: 0.8}), words=words)
    assert show(play, 0, 4, words=words) == pytest.approx(0.1 * worth(0.4), abs=1e-6)
    assert show(play, 4, 0, words=words) == 0.0  # nothing new
    assert show(play, 4, 1, words=words) == 0.0  # new, and not better
    assert show(play, 4, 6, 0, words=words) == pytest.approx(0.1 * (worth(0.8) - worth(0.4)), abs=1e-6)


@BOTH
def test_what_was_taken_is_the_quality_of_a_goal_that_was_met(tiny_world: World, words: bool) -> None:
    """Not what stood beside it: a neighbour neither raises nor lowers it."""
    totals = []
    for numbers in ((7,), (7, 6), (6, 7), (7, 0, 4)):
        play = played(tiny_world, known(tiny_world, {0: 0.1, 4: 0.0, 6: 0.8, 7: 0.4}), words=words)
        totals.append(show(play, *numbers, words=words))
        assert play.step is not None and play.step.met[0] and play.ending == "met"
    assert totals == pytest.approx([0.9 + 0.1 * (0.4 + 0.4 + 0.5) / 3] * 4, abs=1e-6)


@BOTH
def test_a_need_that_is_met_by_what_was_shown_before_pays_the_outcome(tiny_world: World, words: bool) -> None:
    """A slate with nothing new is not judged again; that he takes something of it still counts as served."""
    user = ScriptedUser(decay=1e-9)
    play = played(tiny_world, known(tiny_world, {0: 0.8, 7: 0.4}), words=words, user=user)
    first = show(play, 0, 7, words=words)
    second = show(play, 7, 0, words=words)
    assert play.ending == "met" and first == pytest.approx(0.1 * 2.6 / 3, abs=1e-6) and second == pytest.approx(0.9, abs=1e-6)


@BOTH
def test_a_goal_sums_to_at_most_one_and_the_next_starts_from_nothing(tiny_world: World, words: bool) -> None:
    play = played(tiny_world, constant_scorers(1.0), "zh-2", words=words)
    first = show(play, 0, 1, words=words) + show(play, 3, words=words)
    assert first == pytest.approx(1.0, abs=1e-6) and play.state.goal[0] == 1
    if words:
        play(slate(0, 5, category="tourism"))
    else:
        play.numbers(0, 5)
    assert play.reward == pytest.approx(1.0, abs=1e-6) and play.ending == "met"


def test_an_item_from_a_search_is_new_once_a_goal(tiny_world: World) -> None:
    """10 is on no list of zh-2: shown twice in the first goal, and again in the second."""
    play = played(tiny_world, constant_scorers(1.0), "zh-2", user=ValuedUser(rows_of(tiny_world, {10: -50.0, 3: 50.0})))
    found = Action(act="search", query="子字小馆")
    play(found)
    rewards, paid = [], []
    for action in (slate(10), slate(10), slate(10, 3), slate(10), slate(10)):
        play(action)
        assert play.step is not None
        rewards.append(play.reward)
        paid.append(bool(play.step.paid[0]))
    assert play.state.goal[0] == 1 and paid == [True, False, True, True, False]
    assert rewards == pytest.approx([0.1, 0.0, 0.9, 0.0, 0.0], abs=1e-6)  # in the second goal it is no id to be shown


def test_numbers_and_words_are_paid_alike(tiny_world: World) -> None:
    """Where the text is worth 1 in both dimensions; the environment's own is, by construction."""
    for session, seed in (("zh-1", 1), ("zh-2", 2), ("zh-3", 3)):
        one = played(tiny_world, known(tiny_world, {n: n / 20 for n in range(17)}), session, seed=seed)
        two = played(tiny_world, known(tiny_world, {n: n / 20 for n in range(17)}), session, seed=seed, words=False)
        listed = [int(i.id[-2:]) for i in one.view.candidates]
        for start in range(2):
            if one.ending != "running" or one.state.goal[0]:
                break
            one(slate(*listed[start : start + 3]))
            two.numbers(start, start + 1, start + 2)
            assert one.step is not None and two.step is not None
            assert (one.step.components == two.step.components).all() and one.last.kind == two.last.kind
            assert one.reward == two.reward and (one.step.vector_rewards == two.step.vector_rewards).all()
            assert (one.step.values == two.step.values).all()


# -- what does not count ------------------------------------------------------------------------------------------


def test_only_slates_are_paid(tiny_world: World) -> None:
    for spec in ("service", "outcome", "weighted-sum"):
        play = played(tiny_world, constant_scorers(1.0), reward=spec)
        for action in (ask("您的预算是多少？"), ask("嗯嗯好的呢"), Action(act="search", query="火锅"), ask("您的预算是多少？")):
            play(action)
            assert play.step is not None and play.reward == 0.0 and not play.step.paid[0]
            assert not play.state.earned.any() and not play.state.count.any()


def test_a_turn_that_fails_a_gate_is_worth_nothing(tiny_world: World) -> None:
    scorers = {**constant_scorers(1.0), DIMENSIONS[FC]: ConstantScorer(DIMENSIONS[FC], 0.49)}
    play = played(tiny_world, scorers)
    play(slate(0))
    assert play.step is not None and play.step.failed[0].tolist() == [False, True, False, False, False]
    assert (play.reward, play.step.values[0]) == (0.0, 0.0)
    assert not play.step.vector_rewards.any() and play.step.components[0, QIR] == 1.0  # in no dimension, though it is told
    play(slate(7))
    assert play.reward == pytest.approx(0.9)  # what was met was met
    play = played(tiny_world, constant_scorers(1.0))
    play(Action(act="malformed", error="?"))
    assert play.step is not None and play.step.failed[0, IF] and play.reward == 0.0


@BOTH
def test_a_turn_that_nobody_could_judge_is_unpaid_and_uncounted(tiny_world: World, words: bool) -> None:
    """A judge that is down: not worthless, and the next turn is paid as if it had not been."""
    for reward in ("service", "gated-mean"):
        scorers = constant_scorers(1.0)
        scorers[DIMENSIONS[UBP]] = down = ConstantScorer(DIMENSIONS[UBP], float("nan"), "the server is down")
        play = played(tiny_world, scorers, words=words, reward=reward)
        assert show(play, 0, 4, words=words) == 0.0
        assert play.step is not None and not play.step.paid[0] and not play.step.applicable[0, UBP]
        assert play.step.reasons[0, UBP] == "the server is down" and not play.state.count[0, [0, 1 + UBP]].any()
        down.value, down.reason = 1.0, ""
        full = 0.1 if reward == "service" else 1.0
        assert show(play, 6, 1, words=words) == pytest.approx(full, abs=1e-6) and play.step.paid[0]
        if words:
            play = played(tiny_world, {d: s for d, s in scorers.items() if d != DIMENSIONS[UBP]}, reward=reward)
            assert show(play, 6, 1, words=True) == pytest.approx(full, abs=1e-6)  # nobody was asked: nothing is lacking


def test_what_was_met_is_paid_though_nobody_could_judge_it(tiny_world: World) -> None:
    play = played(tiny_world, constant_scorers(float("nan"), "down"))
    play(slate(7))
    assert play.reward == pytest.approx(0.9) and play.step is not None and not play.step.paid[0]


def test_each_turn_may_have_a_price(tiny_world: World) -> None:
    spec = msgspec.structs.replace(REWARDS["service"], name="dear", turn_price=0.125)
    play = played(tiny_world, constant_scorers(1.0), reward=spec)
    rewards = []
    for action in (ask("您的预算是多少？"), slate(0), slate(0), Action(act="malformed"), slate(7)):
        play(action)
        rewards.append(play.reward)
    assert rewards == pytest.approx([-0.125, -0.025, -0.125, -0.125, 0.775])
    engine = play.engine
    state, log = engine.begin(np.array([0, 1]), np.array([1, 1], np.uint64)), engine.log(2, words=True)
    assert engine.step(state, log, [slate(0), None])[1].rewards[1] == 0.0  # who sits out pays nothing


# -- by rules alone ------------------------------------------------------------------------------------------------


@BOTH
def test_exact_rules_alone_earn_something(tiny_world: World, words: bool) -> None:
    play = opened(tiny_world, "zh-1")
    assert play.engine.reward.spec.name == play.engine.config.reward == "outcome"
    said = (lambda *n: Action(act="recommend", items=tuple(item_id("zh", "dining", i) for i in n))) if words else None
    if said:
        play(said(0, 4))
    else:
        play.numbers(0, 4)
    assert play.reward == pytest.approx(0.05)
    if said:
        play(said(7))
    else:
        play.numbers(7)
    assert play.reward == pytest.approx(0.95) and play.ending == "met"


def test_the_reward_of_scorers_is_another_than_that_of_rules(tiny_world: World) -> None:
    for scorers, reward, name in (("rules", "", "outcome"), ("audit", "", "service"), ("rules", "product", "product")):
        config = EnvConfig(scorers=scorers, reward=reward)
        assert Engine(tiny_world, config, scorers={}, user=ScriptedUser()).reward.spec.name == name


# -- the vector ----------------------------------------------------------------------------------------------------


def test_the_vector_reward_pays_each_dimension_its_best_or_what_was_taken(tiny_world: World) -> None:
    play = played(tiny_world, constant_scorers(0.5))
    play(slate(0, 4))
    assert play.step is not None
    assert play.step.vector_rewards[0].tolist() == pytest.approx(play.step.components[0].tolist())
    play(slate(0, 4))
    assert play.step.vector_rewards[0].tolist() == [0.0] * D
    play(slate(7))
    assert play.step.vector_rewards[0].tolist() == pytest.approx([0.0] * D, abs=1e-6)


def test_the_five_components_are_not_changed_by_the_outcome(tiny_world: World) -> None:
    for numbers, met in (((0, 4), False), ((7, 15), True)):
        play = played(tiny_world, constant_scorers(0.5))
        play(slate(*numbers))
        assert play.step is not None and bool(play.step.met[0]) == met
        assert play.step.components[0].tolist() == [1.0 if d == IR else 0.5 for d in range(D)]  # none of equals is better


# -- traces --------------------------------------------------------------------------------------------------------


class Mixed:
    """Asks, shows, shows without words, errs."""

    name = "mixed"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        def one(v: AgentView) -> Action:
            text = ("推荐" if v.locale == "zh" else "OK") if v.turn % 2 else ""
            return ask("预算多少？" if v.locale == "zh" else "What is your budget?") if v.turn == 0 else Action(
                act="malformed", error="?") if v.turn == 3 else Action(
                act="recommend", items=tuple(i.id for i in v.candidates[2 * v.turn % 4 : 2 * v.turn % 4 + 2]), text=text)

        return [one(v) for v in views]


def test_missing_is_never_nought_in_a_trace(tiny_world: World) -> None:
    for scorers in (overlap_scorers(), {}, constant_scorers(float("nan"), "down")):
        engine = Engine(tiny_world, EnvConfig(candidates=17), scorers=scorers, user=ScriptedUser())
        for trace in collect(engine, Mixed(), range(5), 3):
            assert b"NaN" not in encode(trace)
            for turn in trace.turns:
                for value, source, reason in zip(turn.components, turn.sources, turn.reasons, strict=True):
                    assert (value is None) == (source == "none") and (value is not None or reason)
                if turn.action.act == "ask":
                    assert turn.components[1:] == (None,) * 4 and not turn.paid
                assert turn.outcome == (turn.reaction.kind == "order")


def test_a_text_that_is_not_judged_says_so(tiny_world: World) -> None:
    """Of the shipped dimensions the environment's own words are exact in both; what it says of nothing is missing."""
    play = played(tiny_world, {}, words=False)
    play.numbers(0, 4)
    assert play.step is not None and NOT_JUDGED not in play.step.reasons.values()
    assert play.step.components[0, :2].tolist() == [1.0, 1.0] and play.step.applicable[0].tolist() == [True, True, *[False] * 3]
    play.numbers(-1)
    assert play.step.applicable[0].tolist() == [True, *[False] * 4] and play.step.components[0, 0] == 0.0


def test_a_liking_of_the_user_is_not_what_pays(tiny_world: World) -> None:
    """Quality is what scorers say of what was served, whatever he thinks of it."""
    totals = set()
    for liking in (-5.0, 0.0, 40.0):
        user = ValuedUser(rows_of(tiny_world, {0: liking, 4: liking}))
        play = played(tiny_world, known(tiny_world, {0: 0.4}), user=user)
        play(slate(0, 4))
        totals.add(play.reward)
    assert len(totals) == 1


def test_what_the_first_of_a_slate_is_worth(tiny_world: World) -> None:
    """Whatever stands beside it; nothing where nothing stands there."""
    play = played(tiny_world, known(tiny_world, {0: 0.4, 6: 0.8}), words=False)
    engine, state = play.engine, play.state

    def first(*numbers: int) -> tuple[float, list[float]]:
        slates = np.array([[*numbers, *[-1] * (3 - len(numbers))]])
        return float(engine.worth(state, slates)[0]), engine.item_values(state, slates)[0].tolist()

    worth, values = first(0)
    assert worth == pytest.approx((0.4 + 0.4 + 0.5) / 3) and values == pytest.approx([1.0, 1.0, 0.4, 0.4, 0.5])
    assert first(0, 6) == first(0, 1, 6) == (worth, values) and first(6)[0] == pytest.approx((0.8 + 0.8 + 1.0) / 3)
    assert first()[0] == 0.0 and np.isnan(first()[1]).all()


@pytest.mark.parametrize("k", [1, 2, 4, 5])
def test_slates_that_are_looked_at_may_have_fewer_or_more_places_than_the_most(tiny_world: World, k: int) -> None:
    play = played(tiny_world, known(tiny_world, {0: 0.4, 4: 0.1, 6: 0.8}), words=False)
    for shown in ([6], [0, 4], [4, 0, 6])[:k]:
        found = []
        for places in (3, k):
            slates = np.array([[*shown, *[-1] * (places - len(shown))]] * 4)
            state = play.engine.begin(np.zeros(4, np.int64), np.arange(4, dtype=np.uint64))
            found.append((play.engine.worth(state, slates), play.engine.item_values(state, slates)))
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*found, strict=True))
        assert (found[0][0] > 0).all()


@BOTH
@pytest.mark.parametrize("shown", [(7, 0), (0, 7), (7,), (0, 4, 7)])
def test_an_item_that_nobody_could_judge_is_worth_what_stands_beside_it(
    tiny_world: World, words: bool, shown: tuple[int, ...]
) -> None:
    """7 is taken and of no known worth: the best of those that have one counts."""
    found = known(tiny_world, {0: 0.4, 4: 0.1, 7: float("nan")})
    play = played(tiny_world, {name: found[name] for name in DIMENSIONS if name != DIMENSIONS[IR]}, words=words)
    assert show(play, *shown, words=words) == pytest.approx(0.9 + 0.1 * (0.4 if 0 in shown else 0.0), abs=1e-6)
    assert play.ending == "met"
