"""Both environments through Gymnasium's interface: checkers, seeds, batches, resets, leaks."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import msgspec
import numpy as np
import pytest
from fakes import OverlapScorer, ScriptedUser, overlap_scorers
from five import DIMENSIONS, IR, QIR, D
from gymnasium.utils.env_checker import check_env

from recenv.data.constraints import MET, MISSED, UNKNOWN, status
from recenv.data.search import index_of
from recenv.data.store import user_fold
from recenv.data.world import World, read_manifest
from recenv.envs.chat_format import format_action
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.single import ChatEnv, SlateEnv
from recenv.envs.spaces import CANDIDATE_FEATURES
from recenv.envs.state import ENDINGS, REACTIONS
from recenv.envs.vector import ChatVectorEnv, SlateVectorEnv
from recenv.errors import InputError, UnknownName
from recenv.records import CATEGORIES, Action
from recenv.rewards.dimensions import DIMENSIONS as DIMENSIONS_BY_NAME
from recenv.rewards.hybrid import REWARDS
from recenv.rewards.protocol import SOURCES
from recenv.seals import hashes, seal
from recenv.testing.tiny import item_id

CONFIG = EnvConfig(candidates=16, horizon=6)


@pytest.fixture(scope="module")
def engine(tiny_world: World) -> Engine:
    return Engine(tiny_world, CONFIG, scorers=overlap_scorers(), user=ScriptedUser())


def same(a: Any, b: Any) -> bool:
    """Equality to the bit; NaN equals NaN."""
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return (a == b) or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b))


def chat_action(env: ChatEnv | ChatVectorEnv, row: int, turn: int) -> str:
    view = env.batch.views([row])[0]
    n = len(view.candidates)
    items = tuple(dict.fromkeys(view.candidates[(turn * 2 + k) % n].id for k in range(3)))
    text = "推荐这几家给您。" if view.locale == "zh" else "I would recommend these places."
    return format_action(Action(act="recommend", items=items, text=text))


def test_gymnasium_checks_the_slate_environment(engine: Engine) -> None:
    check_env(SlateEnv(engine), skip_render_check=True)


def test_gymnasium_checks_the_chat_environment(engine: Engine) -> None:
    check_env(ChatEnv(engine), skip_render_check=True)


def test_stable_baselines_checks_the_slate_environment(engine: Engine) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker", reason="needs the extra recenv[sb3]")
    checker.check_env(SlateEnv(engine), warn=True)


def test_spaces_hold_what_comes_out(engine: Engine) -> None:
    slate, chat = SlateEnv(engine), ChatEnv(engine)
    for env in (slate, chat):
        obs, _ = env.reset(seed=3)  # type: ignore[attr-defined]
        assert env.observation_space.contains(obs)
    obs, *_ = slate.step(np.array([0, 1, 2]))
    assert slate.observation_space.contains(obs)


def test_reset_and_step_carry_the_same_info(engine: Engine) -> None:
    for env in (SlateEnv(engine), ChatEnv(engine)):
        _, first = env.reset(seed=1)  # type: ignore[attr-defined]
        action = np.array([0, 1, 2]) if isinstance(env, SlateEnv) else chat_action(env, 0, 0)
        _, reward, _, _, second = env.step(action)  # type: ignore[attr-defined]
        assert list(first) == list(second)
        assert list(first["reward_components"]) == list(DIMENSIONS) == list(second["reward_sources"])
        assert not first["reward_vector"].any() and not any(first["applicable"].values()) and not first["paid"]
        assert first["reward_vector"].shape == second["reward_vector"].shape == (D,)
        assert second["reward_vector"].dtype == np.float32 and 0 <= reward <= 1 and second["paid"]
        assert (first["turn"], first["reaction"], first["ending"]) == (0, "", "running") and second["turn"] == 1
        assert set(first["reward_sources"].values()) == {"none"} and "none" not in second["reward_sources"].values()


def test_equal_seeds_give_equal_runs(engine: Engine) -> None:
    def run(seed: int) -> list[Any]:
        env, out = ChatEnv(engine), []
        for episode in range(3):
            out.append(env.reset(seed=seed if episode == 0 else None))
            for turn in range(CONFIG.horizon):
                out.append(env.step(chat_action(env, 0, turn)))
                if out[-1][2] or out[-1][3]:
                    break
        return out

    assert same(run(5), run(5))
    assert not same(run(5), run(6))


@pytest.mark.parametrize("kind", ["chat", "slate"])
def test_a_vector_row_equals_the_single_run(engine: Engine, kind: str) -> None:
    n, steps = 4, 14
    vector: Any = ChatVectorEnv(engine, n) if kind == "chat" else SlateVectorEnv(engine, n, info="full")
    singles: list[Any] = [ChatEnv(engine) if kind == "chat" else SlateEnv(engine, info="full") for _ in range(n)]
    observed, _ = vector.reset(seed=40)
    alone = [env.reset(seed=40 + i) for i, env in enumerate(singles)]
    over = [False] * n
    for turn in range(steps):
        for i in range(n):
            mine = observed[i] if kind == "chat" else {k: v[i] for k, v in observed.items()}
            assert same(mine, alone[i][0])
        actions: Any = (
            tuple(chat_action(vector, i, turn) for i in range(n)) if kind == "chat"
            else np.array([[turn % 4, (turn + 1) % 4, (turn + 2) % 4]] * n)
        )
        observed, rewards, terminated, truncated, infos = vector.step(actions)
        for i, env in enumerate(singles):
            if over[i]:
                alone[i] = env.reset()
                assert rewards[i] == 0 and not terminated[i] and not truncated[i]
                over[i] = False
                continue
            obs, reward, done, cut, info = env.step(actions[i])
            alone[i] = (obs, info)
            assert (reward, done, cut) == (rewards[i], terminated[i], truncated[i])
            assert same(info["reward_vector"], infos["reward_vector"][i]) and info["messages"] == infos["messages"][i]
            assert list(info["applicable"].values()) == infos["applicable"][i].tolist()
            assert list(info["reward_sources"].values()) == [SOURCES[s] for s in infos["reward_source"][i]]
            assert info["reaction"] == REACTIONS[infos["reaction"][i]] and info["ending"] == ENDINGS[infos["ending"][i]]
            for name in ("reward_value", "paid", "outcome", "turn", "needs_met"):
                assert info[name] == infos[name][i], name
            over[i] = done or cut


def test_rows_that_are_reset_are_not_scored(tiny_world: World) -> None:
    scorers = {d: OverlapScorer(d) for d in DIMENSIONS}
    env = SlateVectorEnv(Engine(tiny_world, EnvConfig(candidates=16, horizon=1), scorers=scorers, user=ScriptedUser()), 3)
    env.reset(seed=0)
    env.step(np.array([[0, 1, 2]] * 3))
    scored = {d: s.seen for d, s in scorers.items()}
    _, rewards, *_ = env.step(np.array([[0, 1, 2]] * 3))  # horizon 1: every row is reset here
    assert {d: s.seen for d, s in scorers.items()} == scored and not rewards.any()


def test_each_scorer_is_called_once_a_vector_step(tiny_world: World) -> None:
    scorers = {d: OverlapScorer(d) for d in DIMENSIONS}
    env = SlateVectorEnv(Engine(tiny_world, CONFIG, scorers=scorers, user=ScriptedUser()), 8)
    env.reset(seed=0)
    env.step(np.array([[0, 1, 2]] * 8))
    shown = {d: int(DIMENSIONS_BY_NAME[d].of == "slate") for d in DIMENSIONS}  # the environment's own words are not judged
    assert {d: s.calls for d, s in scorers.items()} == shown
    chat = ChatVectorEnv(Engine(tiny_world, CONFIG, scorers=scorers, user=ScriptedUser()), 8)
    chat.reset(seed=0)
    chat.step([chat_action(chat, i, 0) for i in range(8)])
    assert {d: s.calls - shown[d] for d, s in scorers.items()} == dict.fromkeys(DIMENSIONS, 1)


def test_what_a_scorer_said_of_a_candidate_is_not_asked_again(tiny_world: World) -> None:
    scorers = {d: OverlapScorer(d) for d in DIMENSIONS}
    env = SlateEnv(Engine(tiny_world, CONFIG, scorers=scorers, user=ScriptedUser()))
    for numbers, rows in (([0, 1, 2], 3), ([2, 1, 0], 3), ([2, 4, 0], 4)):
        env.reset(seed=0, options={"session": "zh-1"})
        env.step(np.array(numbers))
        assert scorers[DIMENSIONS[QIR]].seen == rows and scorers[DIMENSIONS[IR]].calls == 1


def test_the_state_is_saved_and_restored_to_the_bit(engine: Engine) -> None:
    env = ChatEnv(engine)
    env.reset(seed=2, options={"session": "zh-2"})
    env.step(chat_action(env, 0, 0))
    saved = env.save_state()
    rest = [env.step(chat_action(env, 0, t)) for t in (1, 2)]
    other = ChatEnv(engine)
    other.reset(seed=99)
    other.load_state(saved)
    assert same(rest, [other.step(chat_action(other, 0, t)) for t in (1, 2)])
    vector = SlateVectorEnv(engine, 2)
    vector.reset(seed=1)
    with pytest.raises(InputError, match=r"does not fit this environment: expected an array of shape \(2,\), got \(1,\)"):
        vector.load_state(saved)
    slate = SlateEnv(engine)
    slate.reset(seed=0)
    with pytest.raises(InputError, match="saved state is of Chat, this environment is Slate"):
        slate.load_state(saved)
    for what in (b"{}", b"xx", None):
        with pytest.raises(InputError, match="expected bytes that save_state wrote"):
            env.load_state(what)  # type: ignore[arg-type]


@pytest.mark.parametrize(("part", "change"), [
    ("horizon", {"config": {"horizon": 2}}), ("patience_scale", {"config": {"patience_scale": 2.0}}),
    ("reward", {"reward": REWARDS["weighted-sum"]}), ("scorers", {"scorers": {}}), ("split", {"split": "train"}),
    ("user", {"config": {"user": "replay"}})])
def test_a_state_is_taken_up_under_the_same_rules_alone(engine: Engine, part: str, change: dict[str, Any]) -> None:
    env = SlateEnv(engine)
    env.reset(seed=3)
    saved = env.save_state()
    own = Engine(
        engine.world, msgspec.structs.replace(engine.config, **change.get("config", {})),
        scorers=change.get("scorers", engine.scorers), reward=change.get("reward", engine.reward.spec),
        user=None if part == "user" else engine.user)
    other = SlateEnv(own, split=change.get("split", "all"))
    before = other.reset(seed=5)[0]
    with pytest.raises(InputError, match=f"played with another {part} than this environment has"):
        other.load_state(saved)
    assert same(before, other._observe())
    same_rules = SlateEnv(
        Engine(engine.world, engine.config, scorers=engine.scorers, reward=engine.reward.spec, user=engine.user))
    assert same(same_rules.load_state(saved)[0], env._observe())
    alike = msgspec.structs.replace(engine.reward.spec, name="mine", weights={
        **{d: np.float64(w) for d, w in engine.reward.spec.weights.items()}})
    vector = SlateVectorEnv(Engine(engine.world, engine.config, scorers=engine.scorers, reward=alike, user=engine.user), 1)
    vector.load_state(saved)


def test_the_vector_reward_has_a_space_and_a_component_each(engine: Engine) -> None:
    env = SlateEnv(engine, vector_reward=True)
    env.reset(seed=0)
    _, reward, *_ = env.step(np.array([0, 1, 2]))
    assert reward.shape == (D,) and env.reward_space.contains(reward)
    batch = SlateVectorEnv(engine, 3, vector_reward=True)
    batch.reset(seed=0)
    assert batch.step(np.array([[0, 1, 2]] * 3))[1].shape == (3, D)


def test_repeating_or_padding_turns_earns_nothing(engine: Engine) -> None:
    env = ChatEnv(engine)
    env.reset(seed=0, options={"session": "zh-1"})
    action = chat_action(env, 0, 0)
    first = env.step(action)[1]
    assert first > 0
    assert env.step(action)[1] == 0.0
    assert env.step(format_action(Action(act="ask", text="您的预算是多少？")))[1] == 0.0


def test_a_broken_rule_earns_nothing_and_says_why(engine: Engine) -> None:
    env = ChatEnv(engine)
    env.reset(seed=0, options={"session": "zh-1"})
    items = tuple(item_id("zh", "dining", n) for n in (1, 1, 2))
    _, reward, _, _, info = env.step(format_action(Action(act="recommend", items=items, text="推荐这几家给您。")))
    assert "again" in info["reasons"]["instruction_following"]
    assert reward == 0.0 and info["reward_components"]["instruction_following"] == 0.0
    assert info["reward_sources"]["instruction_following"] == "rule" and info["gates_failed"] == "instruction_following"


def test_a_number_that_repeats_counts_once_and_one_beyond_the_list_names_nothing(engine: Engine) -> None:
    env = SlateEnv(engine, info="full")
    runs = []
    for numbers in ([1, 2, 2], [1, 1, 2], [1, 2, 15], [15, 1, 2]):
        env.reset(seed=0, options={"session": "zh-3"})  # five candidates
        runs.append(env.step(np.array(numbers)))
        assert runs[-1][4]["messages"][1]["content"].count("zh-dining-") == 2
    assert all(same(run, runs[0]) for run in runs)
    env.reset(seed=0, options={"session": "zh-3"})
    *_, info = env.step(np.array([15, 15, 15]))
    assert (info["reaction"], info["reasons"]["instruction_following"]) == ("repeat", "expected items to recommend, came none")
    assert info["gates_failed"] == "instruction_following" and info["reward_value"] == 0.0


def test_malformed_text_is_a_turn_not_an_exception(engine: Engine) -> None:
    env = ChatEnv(engine)
    env.reset(seed=0)
    _, reward, done, _, info = env.step("I would rather not answer in JSON.")
    assert (reward, done, info["reaction"]) == (0.0, False, "repeat")
    assert info["reward_components"]["instruction_following"] == 0.0


def test_action_masks_admit_unseen_candidates(engine: Engine) -> None:
    env = SlateEnv(engine)
    env.reset(seed=0, options={"session": "zh-1"})
    assert env.action_masks().shape == (3 * 16,) and env.action_masks().all()
    env.step(np.array([0, 1, 2]))
    assert not env.action_masks().reshape(3, 16)[:, :3].any()


def test_unknown_sessions_and_options_are_named(engine: Engine) -> None:
    env = ChatEnv(engine)
    with pytest.raises(UnknownName, match="zh-1"):
        env.reset(options={"session": "zh1"})
    with pytest.raises(InputError, match="reset option"):
        env.reset(options={"sesion": "zh-1"})
    with pytest.raises(InputError, match="call reset"):
        ChatEnv(engine).step("{}")
    with pytest.raises(InputError, match="split"):
        ChatEnv(engine, split="dev")
    with pytest.raises(InputError, match="render_mode"):
        ChatEnv(engine, render_mode="human")


def test_registered_ids_pass_their_keywords_on() -> None:
    import recenv  # noqa: F401  (registers)

    for name in ("recenv/Chat-v1", "recenv/Slate-v1"):
        with pytest.raises(UnknownName, match="mixed"):
            gym.make(name, scenario="mixd")
        with pytest.raises(UnknownName, match="mixed"):
            gym.make_vec(name, num_envs=2, vectorization_mode="vector_entry_point", scenario="mixd")


# -- nothing privileged is reachable ---------------------------------------------------------------------------


def strings_and_numbers(value: Any) -> tuple[list[str], list[float]]:
    if isinstance(value, str):
        return [value], []
    if isinstance(value, dict):
        parts = [strings_and_numbers(v) for v in (*value.keys(), *value.values())]
    elif isinstance(value, np.ndarray) and value.dtype != object:
        return [], [float(v) for v in value.ravel()]
    elif isinstance(value, (list, tuple, np.ndarray)):
        parts = [strings_and_numbers(v) for v in value]
    else:
        return [], [float(value)] if isinstance(value, (int, float, np.number)) else []
    return [s for p in parts for s in p[0]], [n for p in parts for n in p[1]]


@pytest.mark.parametrize("kind", ["chat", "slate"])
def test_no_hidden_need_or_gold_utility_reaches_the_agent(engine: Engine, kind: str) -> None:
    world = engine.world
    for row in range(world.n_sessions):
        privileged, env = world.privileged(row), ChatEnv(engine) if kind == "chat" else SlateEnv(engine)
        hidden = [c.text for need in privileged.needs for c in need.constraints if c.disclosure == "hidden"]
        gold = {round(float(u), 5) for g in world.goal_rows(row) for u in world.goal(g).utility if abs(u - round(u)) > 1e-4}
        seen: list[Any] = [env.reset(seed=row, options={"session": row})]  # type: ignore[attr-defined]
        for turn in range(CONFIG.horizon):
            action = chat_action(env, 0, turn) if isinstance(env, ChatEnv) else np.array([turn % 4, 5 % 4, (turn + 2) % 4])
            seen.append(env.step(action))  # type: ignore[attr-defined]
            if seen[-1][2] or seen[-1][3]:
                break
        texts, numbers = strings_and_numbers(seen)
        assert not [t for t in texts for h in hidden if h in t]
        assert not gold & {round(n, 5) for n in numbers if not math.isnan(n)}


def test_what_is_seen_does_not_depend_on_what_is_privileged(
    tiny_world_path: Path, tiny_world: World, tmp_path: Path
) -> None:
    """Twin worlds that differ in one session's undisclosed need, outcomes, gold and patience look alike at the start."""
    twin = tmp_path / "twin"
    shutil.copytree(tiny_world_path, twin)
    row = tiny_world.session_row("zh-1")
    goal = tiny_world.goal_rows(row)[0]
    _poke(twin, tiny_world, "candidate_utility", "candidate_start", goal)
    _poke(twin, tiny_world, "candidate_outcome", "candidate_start", goal)
    _poke(twin, tiny_world, "candidate_position", "candidate_start", goal)
    old = tiny_world.privileged(row)
    need = old.needs[0]
    changed = msgspec.structs.replace(need, constraints=tuple(
        c if c.disclosure == "volunteered" else msgspec.structs.replace(c, text=c.text[::-1]) for c in need.constraints))
    line = msgspec.json.encode(msgspec.structs.replace(old, needs=(changed,)), order="deterministic") + b"\n"
    lines = (twin / "privileged.jsonl").read_bytes().splitlines(keepends=True)
    assert len(line) == len(lines[row]) and line != lines[row]
    lines[row] = line
    (twin / "privileged.jsonl").write_bytes(b"".join(lines))
    _seal(twin)
    other = World(twin)
    for kind in (ChatEnv, SlateEnv):
        one, two = (kind(Engine(w, CONFIG, scorers=overlap_scorers(), user=ScriptedUser())) for w in (tiny_world, other))
        assert same(one.reset(seed=1, options={"session": "zh-1"}), two.reset(seed=1, options={"session": "zh-1"}))


def _seal(store: Path) -> None:
    """Make a store that was changed on purpose look as if it had been written so."""
    manifest = read_manifest(store)
    manifest["files"] = hashes(store, manifest["files"])
    (store / "manifest.json").write_bytes(msgspec.json.encode(seal(manifest)))


def _poke(store: Path, world: World, column: str, starts: str, goal: int) -> None:
    values = np.array(world.column(column))
    a, b = world.column(starts)[goal : goal + 2]
    values[a:b] = values[a:b][::-1] + 1
    values.astype(world.column(column).dtype).tofile(store / f"{column}.col")


# -- what is observed, feature by feature ----------------------------------------------------------------------


def observed(env: SlateEnv) -> tuple[np.ndarray, list[float]]:
    """What the spaces say of the session of an environment, made of its records."""
    world, state, config = env.batch.engine.world, env.batch.playing, env.batch.engine.config
    row, told = int(state.session[0]), int(state.told[0])
    record = world.session(row)
    g = min(int(state.goal[0]), len(record.goals) - 1)
    need = world.privileged(row).needs[g]
    goal, fold = record.goals[g], user_fold(record.user_id)
    takes: dict[str, int] = {}
    for other in range(world.n_sessions):
        if user_fold(world.session(other).user_id) != fold:
            for outcome in (o for outcomes in world.privileged(other).outcomes for o in outcomes):
                takes[outcome.item_id] = takes.get(outcome.item_id, 0) + (outcome.event in ("click", "order"))
    said = [c.text for m, c in enumerate(need.constraints) if told >> m & 1 and c.disclosure != "volunteered"]
    items = [world.item(world.item_row(i)) for i in goal.candidates[: config.candidates]]
    bm25 = index_of(world).score("\n".join([goal.query, *said]), [world.item_row(item.id) for item in items])
    prices = [np.log1p(p) for item in items if isinstance(p := item.attributes.get("price"), float)]
    out = np.zeros((config.candidates, len(CANDIDATE_FEATURES)))
    for n, item in enumerate(items):
        statuses = [status(item, c) for m, c in enumerate(need.constraints) if told >> m & 1]
        rating, price = (item.attributes.get(name) for name in ("rating", "price"))
        out[n] = [
            rating - 4 if isinstance(rating, float) else 0, np.log1p(price) - np.mean(prices) if isinstance(price, float) else 0,
            np.log1p(takes.get(item.id, 0)), bm25[n] / 10, statuses.count(MET), statuses.count(MISSED), statuses.count(UNKNOWN),
            state.shown[0, n], 1]
    categories = [float(c == goal.category) for c in CATEGORIES]
    return out, [state.turn[0] / config.horizon, state.goal[0], float(record.locale == "zh"), 3 / config.slate_size, *categories]


@pytest.mark.parametrize(("session", "slates"), [
    ("zh-1", ([5, 4], [5, 6])), ("zh-3", ([4, 0], [1])), ("zh-2", ([0], [2, 1], [3], [4, 0])), ("en-2", ([0, 1], [2], [0]))])
def test_observations_by_hand(tiny_world: World, session: str, slates: Sequence[list[int]]) -> None:
    for candidates in (10, 18):
        config = EnvConfig(candidates=candidates, slate_size=4, horizon=8, patience_scale=10.0)
        env = SlateEnv(Engine(tiny_world, config, scorers={}, user=ScriptedUser()))
        seen, _ = env.reset(seed=1, options={"session": session})
        for numbers in ([], *slates):
            if numbers:
                seen, *_ = env.step(np.array((numbers * 4)[:4]))
            expected, standing = observed(env)
            assert seen["candidates"].reshape(candidates, -1) == pytest.approx(expected, abs=1e-6)
            assert seen["session"].tolist() == pytest.approx(standing)


def test_masks_admit_all_candidates_once_few_are_left(tiny_world: World) -> None:
    env = SlateEnv(Engine(tiny_world, EnvConfig(candidates=8, patience_scale=10.0), scorers={}, user=ScriptedUser(wants=False)))
    env.reset(seed=0, options={"session": "zh-3"})  # five candidates
    masks = [env.action_masks().reshape(3, 8)]
    for numbers in ([0, 2, 2], [4, 0, 0]):
        env.step(np.array(numbers))
        masks.append(env.action_masks().reshape(3, 8))
    for mask, admitted in zip(masks, ({0, 1, 2, 3, 4}, {1, 3, 4}, {0, 1, 2, 3, 4}), strict=True):
        assert (mask == mask[0]).all() and {*np.flatnonzero(mask[0]).tolist()} == admitted
