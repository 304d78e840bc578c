"""From a learner's name to a folder that plays: model, learning curve, card, and how it does with users that it never met."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

import msgspec

from recenv.baselines.by_name import open_agent
from recenv.baselines.learned import AGENT, MODEL, Learned, is_learned, read_learned
from recenv.baselines.linucb import WEIGHTS
from recenv.envs.batch import session_pool
from recenv.errors import InputError
from recenv.evaluation.folder import Run
from recenv.evaluation.repeats import format_repeated
from recenv.evaluation.run import allot, run_evaluation
from recenv.evaluation.runtimes import runtime_of
from recenv.files import whole_folder, write_whole
from recenv.learning import LEARNERS
from recenv.learning.curve import ALL_MET, RETURN, draw_curve
from recenv.learning.setting import Curve, Progress, Setting
from recenv.registry import configured
from recenv.rng import seed_of
from recenv.rollouts.collect import collect
from recenv.scenarios.entry import open_engine, open_world
from recenv.scenarios.loader import Scenario, load_scenario
from recenv.seals import seal_folder

CURVE, PICTURE, CARD, TEST = "curve.json", "curve.png", "CARD.md", "test"
AGAINST = "bm25"
_TESTED = "## Users that it never met"


def learn_agent(
    learner: str, scenario: str | Scenario, out: str | Path, *, store: str | Path | None = None, scorers: str = "rules",
    reward: str = "", seed: int = 0, config: Mapping[str, Any] | None = None, tested: int = 500, repeats: int = 5,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Let an agent learn from the train users of a scenario, and play the test users beside ``bm25``; returns ``out``.

    learner: a name of ``LEARNERS``, with fields of its Config in ``config``. scorers, reward: what pays while it learns;
    ``rules`` pays by what users do and by exact rules, so that nothing of a scorer's errors is learned. tested: most test
    sessions that are played, and as many of train for the curve's reference; repeats: how often each of the former, with the
    user's noise drawn anew. progress: (done, total).
    ``out`` plays as an agent by its path. It holds ``agent.json``, the model, ``curve.json`` and ``curve.png``, ``CARD.md``, and
    the run folder ``test``. The same call goes on where a process ended while it played the test users. Raises UnknownName for a
    learner, InputError for what cannot be used; nothing is left then.
    """
    entry = LEARNERS[learner]
    settings = configured(learner, entry.config_type, config or {})
    target, spec, seed = Path(out), load_scenario(scenario), seed_of(seed)
    world = open_world(spec, store)
    setting = Setting(spec, store, scorers, reward, seed)
    session_pool(world, setting.split), session_pool(world, "test")  # both have users, or it is said now
    about = Learned(
        learner=learner, config=msgspec.to_builtins(settings), scenario=f"{spec.name}-v{spec.version}", store=world.fingerprint,
        split=setting.split, scorers=scorers, reward=reward, seed=seed, model="")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(target) as folder:
            curve = _with_reference(entry.learn(settings, setting, folder, progress), setting, tested)
            _write(folder / CURVE, curve)
            title = f"{learner} on {about.scenario}, users of {about.split}, seed {seed}"
            (folder / PICTURE).write_bytes(draw_curve(curve, title))
            _write(folder / AGENT, msgspec.structs.replace(about, model=_model(folder)))
            seal_folder(folder)  # but for the card, which the test is written into
            (folder / CARD).write_text(card(about, entry.summary, curve, target.name), "utf-8")
    elif not _only_untested(target, about):
        raise InputError(f"{target} exists already; choose another --out")
    run_evaluation(
        spec, [str(target), AGAINST], min(len(session_pool(world, "test")), tested), seed, target / TEST, store=store,
        resume=True, changes={"scorers": scorers, **({"reward": reward} if reward else {})}, split="test", repeats=repeats,
        fresh=repeats > 1)
    told = (target / CARD).read_text("utf-8")
    write_whole(target / CARD, f"{told}\n{_TESTED}\n\n```\n{tested_text(target)}\n```\n".encode())
    return target


def _model(folder: Path) -> str:
    model = folder / (MODEL if (folder / MODEL).is_file() else WEIGHTS)
    return hashlib.sha256(model.read_bytes()).hexdigest()


def _only_untested(target: Path, about: Learned) -> bool:
    """Whether a folder holds what would be learned, and lacks no more than the run of the test users."""
    if not is_learned(target) or _TESTED in (target / CARD).read_text("utf-8"):
        return False
    wanted = msgspec.structs.replace(about, model=_model(target))
    return _json(read_learned(target)) == _json(wanted)


def tested_text(learned: Path) -> str:
    """How a learned agent did with users that it never met: the leaderboard, and what the repeats say."""
    test = Run(learned / TEST)
    repeated = test.repeated()
    return test.table() + (f"\n\n{format_repeated(repeated)}" if repeated is not None else "")


def _with_reference(curve: Curve, setting: Setting, most: int) -> Curve:
    """The curve of an agent that was paid, beside what an agent that learns nothing is paid by the same users."""
    if RETURN not in curve.measures:
        return curve
    engine = open_engine(setting.scenario, setting.store, scorers=setting.scorers, reward=setting.reward or None)
    rows = allot(engine.world, min(len(session_pool(engine.world, setting.split)), most), setting.seed, setting.split)
    traces = collect(engine, open_agent(AGAINST, runtime_of(engine, setting.seed)), rows, setting.seed)
    found = {RETURN: mean([t.total for t in traces]), ALL_MET: mean([float(t.ending == "met") for t in traces])}
    return msgspec.structs.replace(curve, reference=found, reference_name=AGAINST)


def card(about: Learned, summary: str, curve: Curve, name: str) -> str:
    """What was learned, from whom, by which settings, and how to play it."""
    settings = "\n".join(f"- `{field}`: {value}" for field, value in about.config.items())
    first, last = curve.points[0], curve.points[-1]
    told = "; ".join(
        f"{measure}: {first[n]:.3f} at first, {last[n]:.3f} at last" for n, measure in enumerate(curve.measures, 1))
    pays = f"`{about.scorers}`, reward `{about.reward or 'of the scenario'}`"
    pays = "nobody, it counts" if about.learner == "itemcf" else pays
    return (
        f"# {name}\n\n{about.learner}: {summary}.\n\n"
        f"- learned in: `{about.scenario}`, users of `{about.split}`, seed {about.seed}, world `{about.store[:16]}`\n"
        f"- paid by: {pays}\n{settings}\n- {told}\n\n![learning curve]({PICTURE})\n\n"
        f"    recenv evaluate --scenario {about.scenario.rpartition('-')[0]} --split test --agents {name},bm25 --out RUN\n")


def _write(file: Path, value: msgspec.Struct) -> None:
    file.write_bytes(_json(value))


def _json(value: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1) + b"\n"
