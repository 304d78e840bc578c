"""Sessions played from Python: some by an agent, for their traces, a whole run, or one in the terminal by a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from recenv import rng
from recenv.baselines.by_name import open_agent
from recenv.envs.batch import Split
from recenv.evaluation.folder import Run
from recenv.evaluation.run import allot, run_evaluation
from recenv.evaluation.runner import CHUNK
from recenv.evaluation.runtimes import runtime_of
from recenv.evaluation.session_values import shorts
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import RewardSpec
from recenv.rewards.protocol import Scorer
from recenv.rollouts.agent import Agent
from recenv.rollouts.collect import collect
from recenv.rollouts.trace import SessionTrace, TurnTrace
from recenv.scenarios import Scenario
from recenv.scenarios.entry import open_engine
from recenv.terminal import clean

_PLAY = rng.word("play")


def play(
    agent: str | Agent, scenario: str | Scenario = "mixed", sessions: int = 20, seed: int = 0, store: str | Path | None = None, *,
    config: Mapping[str, Any] | None = None, scorers: str | Mapping[str, Scorer] | None = None,
    reward: str | RewardSpec | None = None, **changes: Any,
) -> list[SessionTrace]:
    """Let an agent play sessions; returns their traces, one a session.

    agent: a name (see ``recenv agents``), with fields of its Config in ``config``; or an object with a ``name`` and a method
    ``act(views)`` that gives one ``Action`` a view, in order. scenario: a name, or the path of a .toml file. sessions: how many;
    ``seed`` draws them and keys the users' noise, so that two agents meet the same users, and are those that a run of the same
    number and seed plays. store: the folder of an ingested store, where the scenario has no built-in world.
    scorers: ``fast``, ``thorough``, ``audit``, ``rules``, a checkpoint folder, or scorers of your own by dimension. reward: the
    name of a spec, or a ``RewardSpec``. changes: other rules of the sessions, such as ``horizon=5`` (turns) or ``user="gold"``.

    Raises UnknownName for a name, InputError for anything else that cannot be used, before a session is played.
    """
    engine = open_engine(scenario, store, scorers=scorers, reward=reward, **changes)
    player = open_agent(agent, runtime_of(engine, seed), config)
    rows = allot(engine.world, sessions, seed)
    return [
        trace for first in range(0, len(rows), CHUNK)
        for trace in collect(engine, player, rows[first:first + CHUNK], seed, first_order=first)
    ]


def evaluate(
    agents: str | Sequence[str | Agent], out: str | Path, scenario: str | Scenario = "mixed", sessions: int | None = None,
    seed: int = 0, store: str | Path | None = None, *, configs: Mapping[str, Mapping[str, Any]] | None = None,
    scorers: str | Mapping[str, Scorer] | None = None, reward: str | RewardSpec | None = None, audit: str = "",
    split: Split = "all", tasks: Sequence[str] = (), repeats: int = 1, fresh: bool = False, resume: bool = False,
    workers: int = 1, **changes: Any,
) -> Run:
    """Let agents play the same sessions into the run folder ``out``, and open it: traces, leaderboard, paired differences.

    agents: a name, or names and objects, as for ``play``; configs: name -> fields of its Config. split: whose sessions, ``test``
    for agents that learned from ``train``. sessions: how many; None for 200, or all where there are fewer. tasks: ids of the
    sessions to play, in place of a draw. repeats: how often each is played, from the same start or, fresh, with the users' noise
    drawn anew. audit: a second set of scorers that judges the same turns, or "none". resume: go on with what is in ``out``.
    workers: processes that play at once; above one, agents, scorers and rewards are names, and a program guards what it does by
    ``if __name__ == "__main__":``. All else is as for ``play``, and as ``recenv evaluate`` has it, which writes the same bytes.

    Raises UnknownName for a name, InputError for anything else that cannot be used, before anything is written.
    """
    given = {name: value for name, value in (("scorers", scorers), ("reward", reward)) if value is not None}
    named = [agents] if isinstance(agents, str) else agents
    return Run(run_evaluation(
        scenario, named, sessions, seed, out, store=store, configs=configs, resume=resume, changes={**changes, **given},
        audit=audit, split=split, tasks=tasks, repeats=repeats, fresh=fresh, workers=workers))


def play_session(
    scenario: str, agent: Agent, seed: int, *, store: str | Path | None = None, session: str | None = None,
    echo: Callable[[str], None],
) -> SessionTrace:
    """Play one session (by id, or drawn by the seed) and print after each turn what it earned and why."""
    engine = open_engine(scenario, store)
    if session is not None:
        row = engine.world.session_row(session)
    else:
        row = int(rng.integers(engine.world.n_sessions, seed, _PLAY))

    def tell(turn: TurnTrace) -> None:
        for line in turn_lines(turn):
            echo(line)

    trace = collect(engine, agent, [row], seed, turned=tell)[0]
    echo(f"\nending: {trace.ending}; goals met {trace.goals_met} of {trace.goals}; return {trace.total:.3f}")
    return trace


def turn_lines(turn: TurnTrace) -> list[str]:
    """What a turn earned, by dimension, and the reasons that rules and scorers gave."""
    cells = "  ".join(f"{short} {'-' if v is None else f'{v:.2f}'}" for short, v in zip(shorts(), turn.components, strict=True))
    failed = [short for d, short in zip(DIMENSIONS, shorts(), strict=True) if d in turn.gate]
    gate = f"; worth nothing: the gate of {', '.join(failed)} failed" if failed else ""
    lines = [f"-- {turn.reaction.kind}: paid {turn.reward:+.3f}, worth {turn.value:.3f}{gate}", f"   {cells}"]
    return lines + [f"   {short}: {clean(why)}" for short, why in zip(shorts(), turn.reasons, strict=True) if why]
