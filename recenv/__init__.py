"""Multi-turn recommendation sessions behind Gymnasium, with a named reward vector for every turn.

An agent talks to a user, turn by turn; every turn is judged in named dimensions (does it follow its instruction, is it true,
does it meet the query ...), each in [0, 1] or missing with a reason, and a hybrid scalar is made of them. Importing registers
``recenv/Chat-v1`` and ``recenv/Slate-v1`` with Gymnasium.

**An environment**, for whatever trains on Gymnasium:

    import recenv

    env = recenv.make("Slate", scenario="mixed")                 # or "Chat": text in, text out
    observation, info = env.reset(seed=7)
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
    info["reward_components"]                                    # {'instruction_following': 0.96, ...}
    envs = recenv.make_vec("Slate", num_envs=64, scenario="mixed")

**Play, and look at a trace** of what happened:

    traces = recenv.play("bm25", scenario="mixed", sessions=20, seed=7)
    trace = traces[0]
    print(trace.opening, trace.ending, trace.total)              # what the user said first, how it ended, the return
    for turn in trace.turns:
        print(turn.action.text, "|", turn.reaction.text, turn.reward, turn.components)

**An agent of your own** sees ``AgentView`` records and answers each with an ``Action``:

    from recenv.data.render import plain_response                # a sentence about items, in the user's language

    class Popular:
        name = "popular"

        def act(self, views):
            return [self.answer(view) for view in views]

        def answer(self, view):
            new = [(p, i) for p, i in zip(view.popularity, view.candidates) if i.id not in view.shown]
            best = [item for _, item in sorted(new, key=lambda pair: -pair[0])][:view.slate_size]
            return recenv.Action(act="recommend", items=tuple(i.id for i in best), text=plain_response(best, view.locale))

    traces = recenv.play(Popular(), sessions=20)
    print(sum(trace.total for trace in traces) / len(traces))

**A scorer of your own** maps rows of one dimension to values in [0, 1]; a dimension without a scorer is missing:

    import numpy
    from recenv.rewards.protocol import Scores, ScorerSpec

    class Overlap:
        spec = ScorerSpec(name="overlap", dimension="query_item_relevance", kind="rule", reads=("query", "item"), fingerprint="1")

        def score(self, rows):
            shares = [len(set(row.query) & set(row.item)) / len(set(row.query)) for row in rows]
            return Scores(numpy.array(shares, numpy.float32), ("",) * len(rows))

    traces = recenv.play("bm25", sessions=20, scorers={"query_item_relevance": Overlap()})

**A run** compares agents on the same sessions; on the command line it is ``recenv evaluate ... --out runs/first``:

    run = recenv.evaluate([Popular(), "bm25"], "runs/first", sessions=100, seed=7)
    run = recenv.open_run("runs/first")                          # the same, later
    print(run.table())                                           # the leaderboard as text
    best = run.leaderboard().rows[0].agent
    trace = next(run.traces(best))

Go on with ``recenv --help``; ``help`` of any name below; the scenarios and agents that are there: ``recenv scenarios`` and
``recenv agents``; docs/tour.md for what the numbers mean, docs/architecture.md for how it is built.
"""

import typing as _typing
from importlib import import_module as _import_module
from importlib import metadata as _metadata

from gymnasium.envs.registration import register as _register
from gymnasium.envs.registration import registry as _registry

if _typing.TYPE_CHECKING:
    from recenv.evaluation.folder import open_run
    from recenv.evaluation.play import evaluate, play
    from recenv.records import Action, AgentView
    from recenv.rewards.hybrid import RewardSpec
    from recenv.rewards.protocol import Scorer
    from recenv.rollouts.agent import Agent
    from recenv.scenarios.entry import open_world
    from recenv.scenarios.make import make, make_vec

__all__ = [
    "Action", "Agent", "AgentView", "RewardSpec", "Scorer", "__version__", "evaluate", "make", "make_vec", "open_run",
    "open_world", "play",
]

try:
    __version__ = _metadata.version("recenv")
except _metadata.PackageNotFoundError:  # an uninstalled checkout
    __version__ = "0+unknown"

# Entry points are strings: what composes world, scorers and rules is imported when an environment is made.
for _kind in ("Chat", "Slate"):
    if f"recenv/{_kind}-v1" not in _registry:
        _register(
            id=f"recenv/{_kind}-v1",
            entry_point=f"recenv.scenarios.entry:{_kind.lower()}_env",
            vector_entry_point=f"recenv.scenarios.entry:{_kind.lower()}_vector_env",
        )

_HOMES = {
    "Action": "recenv.records", "AgentView": "recenv.records", "Agent": "recenv.rollouts.agent",
    "RewardSpec": "recenv.rewards.hybrid", "Scorer": "recenv.rewards.protocol",
    "make": "recenv.scenarios.make", "make_vec": "recenv.scenarios.make", "open_world": "recenv.scenarios.entry",
    "open_run": "recenv.evaluation.folder", "play": "recenv.evaluation.play",
    "evaluate": "recenv.evaluation.play",
}
"""Where each name lives; its module is imported when the name is first asked for (PEP 562)."""

if not _typing.TYPE_CHECKING:  # a type checker reads the imports above, and still knows which names there are not

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'recenv' has no attribute {name!r}")
        found = globals()[name] = getattr(_import_module(_HOMES[name]), name)
        return found

    def __dir__() -> list[str]:
        return sorted(__all__)
