"""What a manifest says a run was played under: scenario, world, rules and reward, checked against what is here."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.errors import InputError
from recenv.evaluation.plan import RunPlan
from recenv.rewards.hybrid import RewardSpec
from recenv.scenarios import Scenario
from recenv.scenarios.entry import open_world


def recorded_scenario(plan: RunPlan, run: str | Path) -> Scenario:
    """The scenario as the manifest defines it; raises InputError where that is not what its hash says."""
    try:
        scenario = msgspec.convert(plan.scenario.definition, Scenario)
    except msgspec.ValidationError as error:
        raise InputError(f"{run}: its manifest does not define a scenario of this version ({error}); evaluate again") from None
    same_as_recorded(run, "the scenario", plan.scenario.hash, scenario.fingerprint)
    return scenario


def recorded_store(plan: RunPlan, run: str | Path, store: str | Path | None) -> Path | None:
    """Where the run's store is: as given, else where it was when the run was played; None for a built-in world. Raises InputError
    where it is no longer there."""
    if store is not None or not plan.place:
        return None if store is None else Path(store)
    found = Path(run) / plan.place
    if not found.is_dir():
        raise InputError(f"{run} was played in a store that is no longer at {found}; say where it is now: --store STORE")
    return found


def placed(plan: RunPlan, run: str | Path, store: str | Path | None) -> RunPlan:
    """The plan with the way from the run folder to its store, so that both may move together."""
    way = "" if store is None else os.path.relpath(Path(store).resolve(), Path(run).resolve())
    return msgspec.structs.replace(plan, place=way)


def recorded_world(plan: RunPlan, scenario: Scenario, run: str | Path, store: str | Path | None) -> World:
    """The world that the run was played in; raises InputError where the one at hand is another."""
    world = open_world(scenario, recorded_store(plan, run, store))
    same_as_recorded(run, "the world's fingerprint", plan.store, world.fingerprint)
    return world


def recorded_rules(plan: RunPlan, run: str | Path) -> EnvConfig:
    """The rules of the sessions."""
    try:
        return msgspec.convert(plan.env, EnvConfig)
    except msgspec.ValidationError as error:
        raise InputError(f"{run}: its manifest has no rules of this version ({error}); evaluate again") from None


def recorded_reward(plan: RunPlan, run: str | Path) -> RewardSpec:
    """The reward spec that the run was paid by."""
    try:
        return msgspec.convert(plan.reward, RewardSpec)
    except msgspec.ValidationError as error:
        raise InputError(f"{run}: its manifest has no reward spec of this version ({error}); name one with --reward") from None


def same_as_recorded(run: str | Path, what: str, then: object, now: object) -> None:
    """Raise InputError where something a run depends on is not what it was."""
    if then != now:
        raise InputError(
            f"{run} cannot be played again here: {what} differs ({str(then)[:40]} in the run, {str(now)[:40]} here)")
