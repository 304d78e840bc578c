"""What each draw of a session is keyed by: written out once more, so that a change of any key is a change that someone means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes import ScriptedUser, ValuedUser, overlap_scorers
from sessions import Played, opened, rows_of, slate

from recenv import rng
from recenv.data.world import World
from recenv.envs.batch import SessionBatch
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.facts import by_number
from recenv.users.utterances import objection, say

SEEDS = range(30)


def key(world: World, session: str) -> int:
    return int(world.session_keys(np.array([world.session_row(session)]))[0])


def item_key(world: World, number: int, category: str = "dining") -> int:
    (row,) = rows_of(world, {number: 0.0}, category)
    return int(world.item_keys(np.array([row]))[0])


def at_goal(world: World, goal: int, seed: int, user: ScriptedUser) -> Played:
    """zh-2, at its first or second goal."""
    play = opened(world, "zh-2", user, seed=seed, patience_scale=10.0)
    if goal:
        assert play(slate(3)).kind == "order"
    return play


@pytest.mark.parametrize(("goal", "fits", "category"), [(0, 3, "dining"), (1, 5, "tourism")])
def test_a_look_is_keyed_by_session_goal_and_item_and_not_by_the_turn(
    tiny_world: World, goal: int, fits: int, category: str
) -> None:
    user = ScriptedUser(decay=0.6)
    for seed in SEEDS:
        looks = rng.uniform(
            seed, key(tiny_world, "zh-2"), goal, item_key(tiny_world, fits, category), rng.word("look"))
        for turns_before in (0, 1, 2):
            for position, below in ((1, (0, fits)), (2, (0, 1 if goal == 0 else 4, fits))):
                play = at_goal(tiny_world, goal, seed, user)
                for _ in range(turns_before):
                    play(slate(0, category=category))
                assert (play(slate(*below, category=category)).kind == "order") == (looks < 0.6**position)


def test_a_taste_is_keyed_by_session_goal_and_item_and_the_bar_by_session_and_goal(tiny_world: World) -> None:
    values = rows_of(tiny_world, {7: 0.25, 15: 0.75})
    engine = Engine(tiny_world, EnvConfig(candidates=16), scorers={}, user=ValuedUser(values))
    row = np.array([tiny_world.session_row("zh-1")])
    bars = []
    for seed in SEEDS:
        state = engine.begin(row, np.array([seed], np.uint64))
        head = (seed, key(tiny_world, "zh-1"), 0)
        value = {n: u + rng.gumbel(*head, item_key(tiny_world, n), rng.word("taste")) for n, u in ((7, 0.25), (15, 0.75))}
        facts = by_number(engine.tables, state, np.array([[7, 15, 0]]))
        assert facts.value[0, :2].tolist() == [value[7], value[15]]
        outside = rng.gumbel(*head, rng.word("outside"))
        assert state.bar[0] == min(outside, max(value.values()))
        bars.append(state.bar[0] == outside)
    assert 0 < sum(bars) < len(bars)  # both kinds are among them
    # the second goal has draws of its own
    play = at_goal(tiny_world, 1, 5, ScriptedUser())
    facts = by_number(play.engine.tables, play.state, np.array([[5, 7, 0]]))
    assert facts.value[0, 0] == 50.0 + rng.gumbel(
        5, key(tiny_world, "zh-2"), 1, item_key(tiny_world, 5, "tourism"), rng.word("taste"))


def test_leaving_is_keyed_by_session_and_turn(tiny_world: World) -> None:
    user = ScriptedUser(hazard=0.3)
    for seed in SEEDS:
        for turn in range(3):
            leaves = rng.uniform(seed, key(tiny_world, "zh-1"), turn, rng.word("leave")) < 0.3
            play = opened(tiny_world, "zh-1", user, seed=seed, patience_scale=10.0)
            play.state = replace(play.state, turn=np.array([turn]))
            play.numbers(0)
            assert (play.ending == "left") == bool(leaves)


def test_wordings_are_keyed_by_session_and_turn(tiny_world: World) -> None:
    for seed in SEEDS:
        play = opened(tiny_world, "zh-1", seed=seed)
        head = (seed, key(tiny_world, "zh-1"))
        need = tiny_world.privileged(tiny_world.session_row("zh-1")).needs[0]
        for turn, (action, kind) in enumerate(((slate(5), "refine"), (slate(5), "reject"))):
            name = tiny_world.item(next(iter(rows_of(tiny_world, {5: 0.0})))).name
            bits = int(rng.bits(*head, turn, rng.word("words")))
            assert play(action).text == say(
                kind, "zh", constraint=need.constraints[1], item_name=name, bits=bits)  # type: ignore[arg-type]
        bits = int(rng.bits(*head, 2, rng.word("objection")))
        said = play(slate(5, text="Why not try this nice and quiet place?")).text
        assert said == objection("language", "zh", bits, wanted="zh")


def test_the_session_is_keyed_by_seed_and_episode(tiny_world: World) -> None:
    engine = Engine(tiny_world, EnvConfig(candidates=16), scorers=overlap_scorers(), user=ScriptedUser())
    batch = SessionBatch(engine, 3, words=False)
    batch.seed(11)
    for episode in range(6):
        batch.reset()
        drawn = [int(batch.pool[rng.integers(len(batch.pool), 11 + i, episode, rng.word("session"))]) for i in range(3)]
        assert batch.playing.session.tolist() == drawn and batch.playing.seed.tolist() == [11, 12, 13]
