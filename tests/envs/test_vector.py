"""Vector and single environments keep to Gymnasium's semantics: resets, seeds, shapes, saving, and infos for machines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from fakes import ConstantScorer, ScriptedUser, constant_scorers, overlap_scorers
from five import DIMENSIONS, D
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from recenv.data.world import World
from recenv.envs.chat_format import format_action
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.single import ChatEnv, SlateEnv
from recenv.envs.state import ENDINGS, REACTIONS
from recenv.envs.vector import ChatVectorEnv, SlateVectorEnv
from recenv.errors import InputError, OptionError
from recenv.records import Action, ScorerRow
from recenv.rewards.named import scorer_set
from recenv.rewards.protocol import SOURCES, Scores
from recenv.testing.tiny import SESSIONS

N = 6
PER_TURN = ("reward_vector", "applicable", "reward_source", "reward_value", "paid", "outcome", "gate_failed", "reaction")


def engine_of(world: World, given: Any, **config: Any) -> Engine:
    return Engine(world, EnvConfig(candidates=16, **config), scorers=given, user=ScriptedUser(hazard=0.1, decay=0.7))


@pytest.fixture(scope="module")
def engine(tiny_world: World) -> Engine:
    return engine_of(tiny_world, overlap_scorers(), horizon=4)


def numbers(turn: int, n: int = N) -> np.ndarray:
    return (np.arange(n)[:, None] + 3 * turn + np.arange(3)) % 16


def texts(env: ChatVectorEnv, turn: int) -> tuple[str, ...]:
    out = []
    for r, view in enumerate(env.batch.views()):
        ids = dict.fromkeys(view.candidates[(r + 3 * turn + k) % len(view.candidates)].id for k in range(3))
        out.append(format_action(Action(act="recommend", items=tuple(ids), text="推荐" if view.locale == "zh" else "OK")))
    return tuple(out)


def actions(env: Any, turn: int) -> Any:
    return texts(env, turn) if isinstance(env, ChatVectorEnv) else numbers(turn, env.num_envs)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray) and a.dtype != object:
        return a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple, np.ndarray)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def rows(value: Any, at: slice) -> Any:
    return {k: rows(v, at) for k, v in value.items()} if isinstance(value, dict) else value[at]


KINDS = pytest.mark.parametrize("kind", [ChatVectorEnv, SlateVectorEnv])


# -- Gymnasium's own checks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ChatEnv, SlateEnv])
@pytest.mark.parametrize("scorers", ["rules", "constant", "down", "none"])
def test_gymnasium_checks_both_with_any_scorers(tiny_world: World, kind: Any, scorers: str) -> None:
    found = {"rules": lambda: scorer_set("rules"), "constant": lambda: constant_scorers(0.5), "none": dict,
             "down": lambda: constant_scorers(float("nan"), "the server is down")}[scorers]()
    check_env(kind(engine_of(tiny_world, found, scorers=scorers if scorers == "rules" else "given")), skip_render_check=True)


# -- the batch ---------------------------------------------------------------------------------------------------


@KINDS
def test_the_size_of_the_batch_changes_nothing(engine: Engine, kind: Any) -> None:
    large, small = kind(engine, N), kind(engine, 2)
    seen, _ = large.reset(seed=9)
    few, _ = small.reset(seed=9)
    for turn in range(8):
        assert same(rows(seen, slice(0, 2)), few)
        mine = actions(large, turn)
        seen, rewards, terminated, truncated, infos = large.step(mine)
        few, *rest = small.step(mine[:2])
        assert same([rewards[:2], terminated[:2], truncated[:2], rows(infos, slice(0, 2))], rest)


@KINDS
def test_a_state_saved_in_the_middle_goes_on_to_the_bit(engine: Engine, kind: Any) -> None:
    env, other = kind(engine, N), kind(engine, N)
    env.reset(seed=3)
    for turn in range(6):  # past the first ends
        env.step(actions(env, turn))
    saved = env.save_state()
    other.reset(seed=77)
    seen, infos = other.load_state(saved)
    assert same(seen, env._observe()) and infos["turn"].tolist() == env.batch.playing.turn.tolist()
    for turn in range(6, 14):
        mine = actions(env, turn)
        assert same(env.step(mine), other.step(mine))
    with pytest.raises(InputError, match="expected bytes that save_state wrote"):
        env.load_state(b"{}")


@pytest.mark.parametrize("seed", [0, 7, np.int64(7), np.uint8(7), 2**31, 2**63, 2**64 - 1, 2**64, 10**40])
def test_seeds_are_integers_of_any_type_and_size(engine: Engine, seed: Any) -> None:
    single, vector = SlateEnv(engine), SlateVectorEnv(engine, 2)
    seen, _ = single.reset(seed=seed)
    first, _ = vector.reset(seed=seed)
    assert same(rows(first, slice(0, 1)), {k: v[None] for k, v in seen.items()})
    second, _ = single.reset(seed=int(seed) + 1)
    assert same(rows(first, slice(1, 2)), {k: v[None] for k, v in second.items()})
    again, _ = vector.reset(seed=[seed, None])
    assert same(rows(again, slice(0, 1)), {k: v[None] for k, v in seen.items()})


def test_large_seeds_differ(engine: Engine) -> None:
    env, found = SlateEnv(engine), set()
    for seed in (5, 5 + 2**64, 5 + 2**65, 5 + 2**128):
        env.reset(seed=seed)
        found.add(int(env.batch.seeds[0]))
    assert len(found) == 4


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True])
def test_other_seeds_are_refused(engine: Engine, seed: Any) -> None:
    for env in (SlateEnv(engine), SlateVectorEnv(engine, 2)):
        with pytest.raises((InputError, TypeError)):
            env.reset(seed=seed)
    with pytest.raises(InputError, match="seed"):
        SlateVectorEnv(engine, 2).reset(seed=[1, 2, 3])


# -- ends and resets -----------------------------------------------------------------------------------------------


@KINDS
def test_a_step_that_failed_and_is_taken_again_shows_a_new_session_before_it_is_played(engine: Engine, kind: Any) -> None:
    """By actions of another number, where sessions have just ended."""
    env, plain = kind(engine, N), kind(engine, N)
    env.reset(seed=1), plain.reset(seed=1)
    failed = 0
    for turn in range(10):
        if env.batch.over.any():
            with pytest.raises(InputError, match=r"expected"):
                env.step(actions(env, turn)[:1])
            failed += 1
        assert same(env.step(actions(env, turn)), plain.step(actions(plain, turn)))
    assert failed > 1


def test_rows_of_a_vector_have_no_attributes_of_their_own(engine: Engine) -> None:
    with pytest.raises(InputError, match="share their options, so 'info' cannot be set"):
        SlateVectorEnv(engine, N).set_attr("info", "full")


@KINDS
def test_next_step_resets_rows_in_the_step_after_their_end(engine: Engine, kind: Any) -> None:
    env = kind(engine, N)
    env.reset(seed=1)
    assert env.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    over = np.zeros(N, np.bool_)
    seen = 0
    for turn in range(10):
        _, rewards, terminated, truncated, infos = env.step(actions(env, turn))
        assert (infos["turn"][over] == 0).all() and not rewards[over].any() and not (terminated | truncated)[over].any()
        assert not infos["applicable"][over].any() and (infos["reaction"][over] == -1).all() and not infos["paid"][over].any()
        assert (infos["turn"][~over] > 0).all()
        over = terminated | truncated
        assert [ENDINGS[e] != "running" for e in infos["ending"]] == over.tolist()
        assert [ENDINGS[e] == "horizon" for e in infos["ending"]] == truncated.tolist()
        seen += int(over.sum())
    assert seen > N


@KINDS
def test_same_step_returns_the_next_session_and_keeps_what_the_last_one_ended_with(engine: Engine, kind: Any) -> None:
    same_step, plain = kind(engine, N, autoreset_mode="SameStep"), kind(engine, N, autoreset_mode=AutoresetMode.DISABLED)
    one, _ = same_step.reset(seed=1)
    two, _ = plain.reset(seed=1)
    ends = 0
    for turn in range(10):
        assert same(one, two)
        mine = actions(plain, turn)
        one, *rest, infos = same_step.step(mine)
        two, *others, told = plain.step(mine)
        assert same(rest, others)
        over = rest[1] | rest[2]
        assert all(same(infos[name], told[name]) for name in PER_TURN)
        assert ("final_obs" in infos) == bool(over.any())
        if over.any():
            assert same(infos["final_info"], told)
            assert infos["_final_obs"].tolist() == infos["_final_info"].tolist() == over.tolist()
            for r in range(N):
                assert (infos["final_obs"][r] is not None) == over[r]
                if over[r]:
                    assert same(infos["final_obs"][r], two[r] if isinstance(two, tuple) else {k: v[r] for k, v in two.items()})
            assert (infos["turn"][over] == 0).all() and (infos["ending"][over] == ENDINGS.index("running")).all()
            two, _ = plain.reset(options={"reset_mask": over})
        ends += int(over.sum())
    assert ends > N


def test_disabled_refuses_rows_that_have_ended_until_they_are_reset(engine: Engine) -> None:
    env = SlateVectorEnv(engine, N, autoreset_mode=AutoresetMode.DISABLED)
    env.reset(seed=1)
    turn, over = 0, np.zeros(N, np.bool_)
    while not over.any():
        _, _, terminated, truncated, _ = env.step(numbers(turn))
        over, turn = terminated | truncated, turn + 1
    with pytest.raises(InputError, match="reset_mask"):
        env.step(numbers(turn))
    before = env.batch.playing
    env.reset(options={"reset_mask": over})
    after = env.batch.playing
    assert (after.turn[over] == 0).all() and (after.turn[~over] == before.turn[~over]).all()
    assert (after.session[~over] == before.session[~over]).all()
    env.step(numbers(turn))


def test_reset_options_that_do_not_fit_are_refused(engine: Engine) -> None:
    env = SlateVectorEnv(engine, 2)
    env.reset(seed=0)
    for mask in ([True], [1, 0], np.ones((2, 1), np.bool_)):
        with pytest.raises(InputError, match="reset_mask must be 2 bools"):
            env.reset(options={"reset_mask": mask})
    with pytest.raises(InputError, match="'session'"):
        env.reset(options={"session": "zh-1"})
    for some in (["zh-1"], ["zh-1", "zh-2", "zh-3"]):
        with pytest.raises(InputError, match="expected 2 sessions"):
            env.reset(options={"sessions": some})
    env.reset(options={"sessions": ["zh-3", 1]})
    assert [engine.world.session(int(s)).id for s in env.batch.playing.session] == ["zh-3", list(SESSIONS)[1]]
    with pytest.raises(OptionError, match="autoreset_mode"):
        SlateVectorEnv(engine, 2, autoreset_mode="sometimes")
    with pytest.raises(InputError, match="at least 1"):
        SlateVectorEnv(engine, 0)


def test_steps_after_the_end_and_before_the_start_are_refused(engine: Engine) -> None:
    for kind, action in ((SlateEnv, np.array([0, 1, 2])), (ChatEnv, '{"act": "end"}')):
        env: Any = kind(engine)
        with pytest.raises(InputError, match="call reset"):
            env.step(action)
        env.reset(seed=0)
        for _ in range(4):
            if env.step(action)[2:4] != (False, False):
                break
        with pytest.raises(InputError, match="has ended; call reset"):
            env.step(action)
        env.reset()
        env.step(action)
    with pytest.raises(InputError, match="call reset"):
        SlateVectorEnv(engine, 2).step(numbers(0, 2))


def test_actions_of_another_shape_are_refused(engine: Engine) -> None:
    single, vector, chats = SlateEnv(engine), SlateVectorEnv(engine, 2), ChatVectorEnv(engine, 2)
    for env in (single, vector, chats):
        env.reset(seed=0)  # type: ignore[attr-defined]
    for wrong in (np.array([0, 1]), np.array([[0, 1, 2]]), np.array(0), np.array([0.0, 1.0, 2.0]), np.array(["0", "1", "2"])):
        with pytest.raises(InputError, match=r"integers of shape \(3,\)"):
            single.step(wrong)
    for wrong in (np.array([0, 1, 2]), np.zeros((3, 3), np.int64), np.zeros((2, 2), np.int64), np.zeros((2, 3))):
        with pytest.raises(InputError, match=r"integers of shape \(2, 3\)"):
            vector.step(wrong)
    for texts_ in (("{}",), ("{}",) * 3, "{}"):
        with pytest.raises(InputError, match="expected 2 action texts"):
            chats.step(texts_)  # type: ignore[arg-type]
    assert [e.batch.playing.turn.max() for e in (single, vector, chats)] == [0, 0, 0]


# -- infos -------------------------------------------------------------------------------------------------------


def numbers_in(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [n for v in value.values() for n in numbers_in(v)]
    if isinstance(value, (list, tuple)):
        return [n for v in value for n in numbers_in(v)]
    if isinstance(value, np.ndarray):
        return numbers_in(value.tolist())
    return [float(value)] if isinstance(value, (int, float, np.number)) else []


class Listless(ConstantScorer):
    """Judges lists, and does not say how probable each item is."""

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        return super().score(rows)._replace(lists=())


def test_a_scorer_of_lists_without_probabilities_is_refused(tiny_world: World) -> None:
    env = SlateVectorEnv(engine_of(tiny_world, {d: Listless(d, 0.5) for d in DIMENSIONS}), N)
    with pytest.raises(InputError, match="a probability for each item"):
        env.reset(seed=2)
        env.step(numbers(0))


@pytest.mark.parametrize("scorers", [overlap_scorers, dict, lambda: constant_scorers(float("nan"), "down")])
def test_no_info_holds_nan_and_missing_has_a_reason(tiny_world: World, scorers: Any) -> None:
    engine = engine_of(tiny_world, scorers(), horizon=4)
    for env in (ChatEnv(engine), SlateEnv(engine), ChatVectorEnv(engine, N), SlateVectorEnv(engine, N)):
        observed: list[Any] = [env.reset(seed=2)]  # type: ignore[attr-defined]
        for turn in range(4):
            if isinstance(env, (ChatEnv, SlateEnv)) and env.batch.over[0]:
                break
            action: Any = (
                '{"act": "ask", "text": "?"}' if isinstance(env, ChatEnv) else numbers(turn, 1)[0] if isinstance(env, SlateEnv)
                else actions(env, turn))
            observed.append(env.step(action))  # type: ignore[arg-type]
            info = observed[-1][-1]
            if isinstance(env, (ChatEnv, SlateEnv)):
                for name in DIMENSIONS:
                    assert info["applicable"][name] or (info["reward_components"][name] == 0.0 and info["reasons"][name]), name
                    assert info["applicable"][name] == (info["reward_sources"][name] != "none")
        assert not any(math.isnan(n) for n in numbers_in(observed))


@pytest.mark.parametrize("kind", [ChatVectorEnv, SlateVectorEnv])
@pytest.mark.parametrize("scorers", [overlap_scorers, dict, lambda: constant_scorers(float("nan"), "down")])
def test_reasons_are_those_of_the_single_run_whenever_they_are_read(tiny_world: World, scorers: Any, kind: Any) -> None:
    """Those of a turn do not change with the turns that come after it."""
    env = kind(engine_of(tiny_world, scorers(), horizon=4), N)
    env.reset(seed=2)
    played = []
    for turn in range(4):
        given = actions(env, turn)
        played.append((given, env.step(given)[-1]))
    for row in range(N):
        single = (ChatEnv if kind is ChatVectorEnv else SlateEnv)(engine_of(tiny_world, scorers(), horizon=4))
        single.reset(seed=2 + row)
        for given, infos in played:
            info = single.step(given[row])[-1]
            assert dict(zip(env.metadata["names"]["reward_vector"], infos["reasons"][row], strict=True)) == info["reasons"]
            if single.batch.over[0]:
                break


def test_vector_infos_are_arrays_of_one_type_each(engine: Engine) -> None:
    env = SlateVectorEnv(engine, N)
    _, first = env.reset(seed=0)
    *_, infos = env.step(numbers(0))
    assert list(first) == list(infos) and "messages" not in infos
    for name, shape, kind in (
        ("reward_vector", (N, D), np.float32), ("applicable", (N, D), np.bool_), ("reward_source", (N, D), np.int8),
        ("reward_value", (N,), np.float32), ("paid", (N,), np.bool_), ("outcome", (N,), np.float32),
        ("gate_failed", (N, D), np.bool_), ("reaction", (N,), np.int8), ("turn", (N,), np.int64), ("ending", (N,), np.int8),
        ("needs_met", (N,), np.int64),
    ):
        for found in (first, infos):
            assert (found[name].shape, found[name].dtype) == (shape, kind), name
    assert {SOURCES[s] for s in infos["reward_source"][infos["applicable"]].tolist()} == {"rule", "scorer"}
    assert {REACTIONS[r] for r in np.unique(infos["reaction"])} <= {"order", "inquire", "refine", "reject", "repeat", "leave"}
    full = SlateVectorEnv(engine, N, info="full")
    assert full.reset(seed=0)[1]["messages"].shape == (N,)


def test_vector_rewards_have_spaces(engine: Engine) -> None:
    env = SlateVectorEnv(engine, N, vector_reward=True)
    env.reset(seed=0)
    rewards = env.step(numbers(0))[1]
    assert rewards.shape == (N, D) and env.reward_space.contains(rewards)
    assert all(env.single_reward_space.contains(r) for r in rewards)


def test_calls_give_one_value_a_row(engine: Engine) -> None:
    env = SlateVectorEnv(engine, 3)
    env.reset(seed=0)
    assert env.call("num_envs") == env.get_attr("num_envs") == (3, 3, 3)
    assert [m.shape for m in env.call("action_masks")] == [(48,)] * 3
