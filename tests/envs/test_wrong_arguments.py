"""What callers get wrong has one clear line, the same from one environment and from several."""

from __future__ import annotations

from typing import Any

import gymnasium
import msgspec
import numpy as np
import pytest

import recenv  # noqa: F401  (registers the environments)
from recenv.envs.config import EnvConfig
from recenv.errors import RecenvError
from recenv.measures.intervals import mean_interval
from recenv.rewards.hybrid import REWARDS, RewardSpec
from recenv.users.learned import load_params

RULES = {"scenario": "mixed", "scorers": "rules"}
END = '{"act": "end", "text": "bye"}'


def one(kind: str, **more: Any) -> Any:
    return gymnasium.make(f"recenv/{kind}-v1", **{**RULES, **more}).unwrapped


def two(kind: str, **more: Any) -> Any:
    return gymnasium.make_vec(f"recenv/{kind}-v1", num_envs=2, vectorization_mode="vector_entry_point", **{**RULES, **more})


@pytest.fixture(scope="module", params=["Slate", "Chat"])
def pair(request: pytest.FixtureRequest) -> Any:
    return one(request.param), two(request.param)


def one_line(call: Any, error: type[Exception] = RecenvError) -> str:
    with pytest.raises(error) as caught:
        call()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
    return str(caught.value)


@pytest.mark.parametrize("seed", [-1, 1.5, "3", True, np.float64(3.0), [], ["a", 1], [1.5, 2], [1, 2, 3], b"3", {1: 2}])
def test_seeds_that_are_none(pair: Any, seed: Any) -> None:
    for env in pair:
        assert "seed must be" in one_line(lambda env=env: env.reset(seed=seed))


@pytest.mark.parametrize("seed", [np.int64(3), np.uint8(3), 2**64, 2**70, 2**128, 0])
def test_seeds_of_any_size_and_kind(pair: Any, seed: Any) -> None:
    single, several = pair
    single.reset(seed=seed)
    several.reset(seed=seed)
    assert single.batch.state.session[0] == several.batch.state.session[0]
    several.reset(seed=[seed, None])
    assert single.batch.state.session[0] == several.batch.state.session[0]


@pytest.mark.parametrize("options", ["s-1", 3, [1], {"x": 1}, {3: 1}])
def test_options_that_are_none(pair: Any, options: Any) -> None:
    for env in pair:
        assert "option" in one_line(lambda env=env: env.reset(seed=1, options=options))


@pytest.mark.parametrize("session", [None, 1.5, True, [1], -1, 10**9, "nobody"])
def test_sessions_that_are_none(pair: Any, session: Any) -> None:
    single, several = pair
    alone = one_line(lambda: single.reset(seed=1, options={"session": session}))
    assert alone == one_line(lambda: several.reset(seed=1, options={"sessions": [0, session]}))
    for sessions in (3, "ab", None if session is None else [session]):
        if sessions is not None:
            one_line(lambda sessions=sessions: several.reset(seed=1, options={"sessions": sessions}))


@pytest.mark.parametrize("action", [
    [0, 1], [0, 1, 2, 3], [0, 1, -1], [0, 1, 20], [0, 1, 99], [0.0, 1.0, 2.0], [0, np.nan, 1], ["a", "b", "c"], None,
    [True, False, True], [[0, 1, 2]], 3, object(), [2**70, 0, 1], "hello", {"a": 1}, [[0], [1, 2]],
])
def test_slates_that_are_none(action: Any) -> None:
    single, several = one("Slate"), two("Slate")
    single.reset(seed=1)
    several.reset(seed=1)
    for env, given in ((single, action), (several, [action, action])):
        told = one_line(lambda env=env, given=given: env.step(given))
        assert "expected an array of integers" in told or "must be in [0, 20)" in told


@pytest.mark.parametrize("kind", ["Slate", "Chat"])
def test_a_step_before_the_first_or_after_the_last(kind: str) -> None:
    action = np.array([0, 1, 2]) if kind == "Slate" else END
    assert "reset" in one_line(lambda: one(kind).step(action))
    assert "reset" in one_line(lambda: two(kind).step([action, action]))
    single, several = one(kind, horizon=1), two(kind, horizon=1, autoreset_mode=gymnasium.vector.AutoresetMode.DISABLED)
    for env, given in ((single, action), (several, [action, action])):
        env.reset(seed=1)
        env.step(given)
        assert "ended" in one_line(lambda env=env, given=given: env.step(given))


@pytest.mark.parametrize(("option", "value"), [
    ("slate_size", "3"), ("slate_size", 2.5), ("slate_size", 0), ("slate_size", 99), ("horizon", "a"), ("horizon", None),
    ("horizon", True), ("candidates", 10**9), ("ask_cost", "x"), ("strict", "yes"), ("user", 3), ("user", "nobody"),
    ("scenario", 3), ("scenario", None), ("scenario", "mixd"), ("split", "x"), ("store", 3),
    ("vector_reward", "False"), ("vector_reward", 1),
])
def test_options_of_an_environment_that_cannot_be_used(option: str, value: Any) -> None:
    for make in (one, two):
        one_line(lambda make=make: make("Slate", **{option: value}), (RecenvError, TypeError))  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers() -> None:
    assert one("Slate", horizon=np.int64(5), ask_cost=np.float32(1.0)).batch.engine.config.horizon == 5
    for wrong in (0, -1, 1.5, "2", None):
        with pytest.raises(RecenvError, match="number of environments"):
            gymnasium.make_vec("recenv/Slate-v1", num_envs=wrong, vectorization_mode="vector_entry_point", **RULES)


RANGES = {"slate_size": (1, 50), "candidates": (1, 1000), "horizon": (1, 1000), "search_results": (1, 50), "answers": (1, 64),
          "ask_cost": (0, 100), "objection_cost": (0, 100)}


@pytest.mark.parametrize(("name", "low", "high"), [(name, *ends) for name, ends in RANGES.items()])
def test_rules_have_ranges_with_both_ends(name: str, low: int, high: int) -> None:
    others = {} if name == "slate_size" else {"slate_size": 1}
    most = {"candidates": 1000} if name == "slate_size" else {}
    for value in (low, high):
        assert getattr(EnvConfig(**{**others, **most, name: value}), name) == value  # type: ignore[arg-type]
    for value in (low - 1, high + 1):
        assert f"{name} must be in [{low}, {high}]; got {value}" == one_line(
            lambda value=value: EnvConfig(**{**others, **most, name: value}))


def test_the_rules_where_none_are_given() -> None:
    rules = EnvConfig()
    assert (rules.user, rules.reward, rules.slate_size, rules.candidates, rules.horizon) == ("learned", "", 3, 20, 10)
    assert (rules.patience_scale, rules.search_results, rules.answers) == (1.0, 5, 1)
    assert (rules.ask_cost, rules.objection_cost) == (0.5, 0.5)
    assert (rules.reveals, rules.strict) == ("missed", False)
    assert EnvConfig(patience_scale=100).patience_scale == 100 and EnvConfig(slate_size=5, candidates=5).candidates == 5
    for wrong in ({"patience_scale": 100.1}, {"patience_scale": 0}, {"slate_size": 6, "candidates": 5}):
        one_line(lambda wrong=wrong: EnvConfig(**wrong))


def test_what_is_said_once_is_not_changed_and_has_no_other_fields() -> None:
    made = (EnvConfig(), REWARDS["service"], mean_interval([0.0, 1.0], ["a", "b"], 0), load_params())
    for record in made:
        name = record.__struct_fields__[0]
        with pytest.raises(AttributeError):
            setattr(record, name, getattr(record, name))
        with pytest.raises(TypeError):
            type(record)(getattr(record, name))  # type: ignore[call-arg]
    for kind, fields in ((EnvConfig, {}), (RewardSpec, {"name": "x", "weights": {"item_ranking": 1.0}})):
        with pytest.raises(msgspec.ValidationError, match="unknown field `colour`"):
            msgspec.convert({**fields, "colour": 1}, kind)


@pytest.mark.parametrize(("name", "version", "outcome"), [
    ("service", 1, 0.9), ("outcome", 1, 0.95), ("weighted-sum", 2, 0.9), ("product", 2, 0.9), ("min", 2, 0.9),
    ("lexicographic", 2, 0.9),
    ("chebyshev", 2, 0.9), ("gated-mean", 1, 0.9), ("gated-mean-gain", 1, 0.9), ("gated-mean-level", 1, 0.9)])
def test_the_numbers_of_shipped_rewards(name: str, version: int, outcome: float) -> None:
    spec = REWARDS[name]
    assert (spec.version, spec.outcome, spec.turn_price, spec.levels) == (version, outcome, 0.0, 10)
    assert set(spec.gates.values()) <= {0.5} and len(spec.gates) == (0 if version == 2 else 2)
    weights = list(spec.weights.values())
    assert weights == [5.0, 4.0, 3.0, 2.0, 1.0] if name == "lexicographic" else set(weights) == {1.0}
    assert len(weights) == {"service": 3, "outcome": 1}.get(name, 5 if version == 2 else 3)
