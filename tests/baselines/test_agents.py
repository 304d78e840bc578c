"""What each baseline recommends, in worlds where it is known what it should."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import numpy as np
import pytest
from five import DIMENSIONS, FC, IR, QIR, UBP
from knownscorers import KnownScorer, hashed_scorers

from recenv.baselines import AGENTS, Runtime, make_agent
from recenv.baselines.slate import recommend
from recenv.data.render import item_text
from recenv.data.world import World
from recenv.errors import InputError, UnknownName
from recenv.records import AgentView
from recenv.rewards.hybrid import RewardSpec
from recenv.testing.tiny import SESSIONS, item_id, tiny_view


def numbers(view: AgentView, name: str, runtime: Runtime, **overrides: object) -> list[int]:
    """Item numbers of the slate that an agent recommends."""
    (action,) = make_agent(name, runtime, **overrides).act([view])
    return [int(i[-2:]) for i in action.items]


def test_unknown_names_and_fields_give_the_nearest(tiny_world: World) -> None:
    with pytest.raises(UnknownName, match="Did you mean random"):
        make_agent("ramdom", Runtime(tiny_world))
    with pytest.raises(InputError, match="Did you mean weights"):
        make_agent("greedy", Runtime(tiny_world, scorers=hashed_scorers), wieghts={})
    with pytest.raises(InputError, match="agent llm: Expected `float`"):
        make_agent("llm", Runtime(tiny_world), timeout_s="long")


def test_what_needs_no_scorer_imports_none() -> None:
    code = (
        "import sys, recenv.baselines\n"
        "heavy = [m for m in ('torch', 'transformers', 'matplotlib', 'httpx') if m in sys.modules]\n"
        "sys.exit(', '.join(heavy) or 0)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_config_has_defaults_that_survive_json() -> None:
    for name in AGENTS:
        config = AGENTS[name].config_type()
        assert msgspec.json.decode(msgspec.json.encode(config), type=AGENTS[name].config_type) == config


# -- the slate ---------------------------------------------------------------------------------------------------


def test_the_best_come_first_and_what_was_shown_last(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "en-2", slate_size=4, shown=(item_id("en", "dining", 7),))  # candidates 4, 5, 6, 7
    assert len(recommend(view, [0.0] * 4).items) == 3  # the instruction allows no more
    view = msgspec.structs.replace(view, instruction="")
    action = recommend(view, [0.1, np.nan, 0.3, 0.9])
    assert [int(i[-2:]) for i in action.items] == [6, 4, 5, 7]
    assert recommend(view, [0.0, 0.0, 0.0, 0.0]).items == tuple(item_id("en", "dining", n) for n in (4, 5, 6, 7))


def test_the_text_repeats_the_records(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "zh-2")
    action = recommend(view, [0, 0, 0, 1, 0, 0])
    assert action.text.startswith("为您推荐：1. 丁字小馆（") and "4.6分" in action.text and "33元" in action.text


# -- random, popularity, BM25 ------------------------------------------------------------------------------------


def test_random_is_uniform_and_changes_with_seed_session_and_turn(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "en-2", slate_size=1)
    firsts = [numbers(msgspec.structs.replace(view, turn=t), "random", Runtime(tiny_world))[0] for t in range(400)]
    counts = np.bincount(firsts, minlength=8)[4:]
    assert (np.abs(counts - 100) < 4 * np.sqrt(400 * 0.25 * 0.75)).all()  # four standard deviations
    wide = msgspec.structs.replace(view, slate_size=4)
    by_seed = {tuple(numbers(wide, "random", Runtime(tiny_world, seed=s))) for s in range(20)}
    by_session = {
        tuple(numbers(msgspec.structs.replace(wide, session_id=f"s{n}"), "random", Runtime(tiny_world))) for n in range(20)}
    assert len(by_seed) > 5 and len(by_session) > 5


def test_random_does_not_look_at_the_order_of_candidates(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "zh-1")
    turned = msgspec.structs.replace(view, candidates=view.candidates[::-1])
    assert numbers(view, "random", Runtime(tiny_world)) == numbers(turned, "random", Runtime(tiny_world))


def test_popularity_follows_the_counts(tiny_world: World) -> None:
    view = msgspec.structs.replace(tiny_view(tiny_world, "en-2", slate_size=2), popularity=(0.0, 1.5, 0.7, 1.0))
    assert numbers(view, "popularity", Runtime(tiny_world)) == [5, 7]


@pytest.mark.parametrize(("said", "expected"), [("停车场", {7, 13, 14}), ("找一家火锅店", {8, 9, 10, 11, 12, 13, 14, 15})])
def test_bm25_follows_the_words(tiny_world: World, said: str, expected: set[int]) -> None:
    ids = tuple(item_id("zh", "dining", n) for n in ((3, 5, 7, 13, 14) if said == "停车场" else range(16)))
    view = tiny_view(tiny_world, "zh-1", query=said, candidates=ids)
    assert set(numbers(view, "bm25", Runtime(tiny_world))) <= expected


# -- greedy ------------------------------------------------------------------------------------------------------


def test_greedy_ranks_by_the_weighted_mean(tiny_world: World) -> None:
    view = msgspec.structs.replace(tiny_view(tiny_world, "en-2", slate_size=4), instruction="")  # candidates 4, 5, 6, 7
    texts = [item_text(item) for item in view.candidates]
    table = {
        DIMENSIONS[QIR]: [0.9, 0.2, 0.5, np.nan],
        DIMENSIONS[UBP]: [0.1, 0.2, 0.6, 0.7],
        DIMENSIONS[IR]: [0.1, 0.4, 0.3, 0.2],
    }
    scorers = {d: KnownScorer(d, dict(zip(texts, values, strict=True)).__getitem__) for d, values in table.items()}
    runtime = Runtime(tiny_world, scorers=lambda: scorers)
    # Equal weights, ranking over its largest: (0.9 + 0.1 + 0.25) / 3 = 0.42, (0.2 + 0.2 + 1) / 3 = 0.47,
    # (0.5 + 0.6 + 0.75) / 3 = 0.62, (0.7 + 0.5) / 2 = 0.6.
    assert numbers(view, "greedy", runtime) == [6, 7, 5, 4]
    assert numbers(view, "greedy", runtime, weights={DIMENSIONS[QIR]: 1.0}) == [4, 6, 5, 7]
    behaviour = RewardSpec(name="b", weights={DIMENSIONS[UBP]: 2.0, DIMENSIONS[FC]: 1.0})
    assert numbers(view, "greedy", Runtime(tiny_world, scorers=lambda: scorers, reward_spec=behaviour)) == [7, 6, 5, 4]


def test_greedy_calls_each_scorer_once_a_batch(tiny_world: World) -> None:
    scorers = hashed_scorers()
    views = [tiny_view(tiny_world, s) for s in SESSIONS]
    make_agent("greedy", Runtime(tiny_world, scorers=lambda: scorers)).act(views)
    candidates = sum(len(view.candidates) for view in views)
    assert [s.calls for s in scorers.values()] == [[candidates], [candidates], [len(views)]]  # type: ignore[attr-defined]


def test_greedy_says_what_it_lacks(tiny_world: World) -> None:
    with pytest.raises(InputError, match="no scorers"):
        make_agent("greedy", Runtime(tiny_world))
    with pytest.raises(InputError, match="at least one of"):
        make_agent("greedy", Runtime(tiny_world, scorers=lambda: {}))
    for weights in ({"relevance": 1.0}, {DIMENSIONS[QIR]: -1.0}, {DIMENSIONS[QIR]: float("nan")}, {DIMENSIONS[FC]: 1.0}):
        with pytest.raises(InputError, match="weights"):
            make_agent("greedy", Runtime(tiny_world, scorers=hashed_scorers), weights=weights)


# -- gold --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session_id", list(SESSIONS))
def test_gold_and_antigold_are_the_ends_of_the_scale(tiny_world: World, session_id: str) -> None:
    runtime = Runtime(tiny_world)
    for goal, plan in enumerate(SESSIONS[session_id][1]):
        view = msgspec.structs.replace(tiny_view(tiny_world, session_id, goal=goal, slate_size=50), instruction="")
        best = numbers(view, "gold", runtime)
        assert tuple(best[: len(plan.satisfying)]) == plan.satisfying
        assert numbers(view, "antigold", runtime) == best[::-1]


def test_gold_knows_the_goal_after_more_was_said_and_with_fewer_candidates(tiny_world: World) -> None:
    plan = SESSIONS["zh-2"][1][1]
    ids = tuple(item_id("zh", "tourism", n) for n in (0, 5, 2, 1))
    view = tiny_view(tiny_world, "zh-2", goal=1, query=plan.query + "\n评分要4.5分以上", candidates=ids)
    assert numbers(view, "gold", Runtime(tiny_world))[0] == 5


def test_gold_needs_a_world_with_gold(tiny_world: World, tiny_logged_world: World) -> None:
    for name in ("gold", "antigold"):
        with pytest.raises(InputError, match=f"{name} needs a gold utility"):
            make_agent(name, Runtime(tiny_logged_world))
    agent = make_agent("gold", Runtime(tiny_world))
    with pytest.raises(UnknownName):
        agent.act([msgspec.structs.replace(tiny_view(tiny_world, "zh-1"), session_id="zh-9")])
    with pytest.raises(InputError, match="no goal with this query"):
        agent.act([tiny_view(tiny_world, "zh-1", query="something else")])
