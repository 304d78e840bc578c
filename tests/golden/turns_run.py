"""Turns with all that is told of them: ``python tests/golden/turns_run.py`` records them anew.

Sessions of small worlds are played by number and in words, under scorers that know some items and users of several kinds, by
agents that ask, search, err, repeat themselves and say what is false.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec
import numpy as np
from fakes import ScriptedUser, ValuedUser, overlap_scorers
from five import DIMENSIONS, IF, IR, QIR, UBP
from knownscorers import KnownScorer

from recenv import rng
from recenv.data.world import World
from recenv.envs.batch import SessionBatch
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine, Step
from recenv.records import Action, AgentView
from recenv.rewards.hybrid import REWARDS, RewardSpec
from recenv.rewards.protocol import Scorer
from recenv.testing.tiny import build_tiny_world
from recenv.users.learned import LearnedUser
from recenv.users.protocol import UserModel
from recenv.users.replay import ReplayUser

FILE = Path(__file__).with_name("turns.jsonl")
N, TURNS, PLACES = 7, 6, 4  # rows, and decimals
STRICT = {"zh": "请推荐至少2个、不超过3个地点，不要火锅。", "en": "Recommend 2 places rated 4.5 or higher."}
SAID = {
    "zh": ("推荐您去这些地方。", "第一家评分4.9分，人均20元，在朝阳区。", "You will love this place, I am sure.", ""),
    "en": ("I recommend these.", "The first one is rated 4.9 and costs 20 yuan.", "推荐您去这些地方，一定不错。", ""),
}
ASKED = {
    "zh": ("您的预算是多少？", "评分和区域有要求吗？", "还有什么要求？", "嗯嗯好的呢"),
    "en": ("What is your budget?", "Which area and what rating?", "Anything else?", "Well well"),
}


def patchy(dimension: int, lacking: float) -> Scorer:
    """An arbitrary but fixed value of any text, of some none."""
    def value(text: str) -> float:
        drawn = float(rng.uniform(dimension, rng.word(text)))
        return float("nan") if rng.uniform(dimension, 1, rng.word(text)) < lacking else round(drawn, 2)

    return KnownScorer(DIMENSIONS[dimension], value)


def slate(view: AgentView, row: int, turn: int, *, more: Sequence[str] = ()) -> tuple[str, ...]:
    size = len(view.candidates)
    return (*more, *(view.candidates[(row + 2 * turn + k) % size].id for k in range(3 - len(more))))


def action(view: AgentView, row: int) -> Action | None:
    """What an agent does in a row, by the turn; it sits out now and then."""
    turn, said, asked = view.turn, SAID[view.locale], ASKED[view.locale]
    match (row + 2 * turn + turn // 3) % 9:
        case 0:
            return Action(act="ask", text=asked[(row + turn) % 4])
        case 1:
            return Action(act="search", query=view.query, filters={"price": "<= 60", "colour": "red"}, text="")
        case 2:
            return Action(act="malformed", error="no JSON object found", raw="?")
        case 3:  # what is no candidate, what nobody knows, and one twice
            other = f"{view.locale}-tourism-1{row % 7}"
            return Action(act="recommend", items=slate(view, row, turn, more=(other, "nobody", other)), text=said[0])
        case 4 if row % 3 == 2 and turn > 2:
            return Action(act="end", text="Bye.")
        case _:
            return Action(act="recommend", items=slate(view, row, turn), text=said[(row + 3 * turn) % 4])


def numbers(row: int, turn: int) -> list[int]:
    shown = [(row + 2 * turn + k) % 16 for k in range(3)]
    return [[*shown], [shown[0], shown[0], shown[2]], [-1, shown[1], -1], [-1, -1, -1], [*shown[::-1]]][(row + turn) % 5]


PLAYS = (
    *(f"{name} {how}" for how in ("in words", "by number") for name in ("learned", "valued", "gated", "rules")),
    "replay by number", "quiet in words")


def engines(folder: Path) -> dict[str, Engine]:
    """By the first word of a play."""
    tiny, strict = World(build_tiny_world(folder / "tiny")), World(build_tiny_world(folder / "strict", instructions=STRICT))
    logged = World(build_tiny_world(folder / "logged", gold=False))
    some = {DIMENSIONS[d]: patchy(d, 0.3) for d in (QIR, UBP)}
    lists: dict[str, Scorer] = {DIMENSIONS[QIR]: patchy(QIR, 0.3), DIMENSIONS[IR]: patchy(IR, 0.0)}
    valued = ValuedUser(
        {i: 3.0 * float(rng.normal(5, i)) for i in range(tiny.n_items)}, hazard=0.1, decay=0.7, taken=(7, 40, 59),
        refused=(3, 9, 21), outside=0.5)
    gated = RewardSpec(
        name="gated", aggregation="product", weights=dict.fromkeys(DIMENSIONS, 1.0), turn_price=0.125,
        gates={DIMENSIONS[QIR]: 0.3, DIMENSIONS[IF]: 0.5})

    def engine(world: World, user: UserModel, scorers: dict[str, Scorer], reward: str | RewardSpec, **config: Any) -> Engine:
        rules = EnvConfig(**{"candidates": 16, "horizon": TURNS, "patience_scale": 2.0, **config})
        spec = REWARDS[reward] if isinstance(reward, str) else reward
        return Engine(world, rules, scorers=scorers, reward=spec, user=user)

    return {
        "learned": engine(tiny, LearnedUser(tiny), overlap_scorers(), "service"),
        "valued": engine(strict, valued, some, "service", patience_scale=1.0),
        "gated": engine(tiny, valued, lists, gated, candidates=9),
        "rules": engine(strict, ScriptedUser(wants=False), {}, "outcome"),
        "replay": engine(logged, ReplayUser(logged), overlap_scorers(), "gated-mean", candidates=20),
        "quiet": engine(
            tiny, valued, lists, "gated-mean-gain", reveals="nothing", ask_cost=0.25, answers=2, objection_cost=1.5, horizon=5)}


def plain(value: Any) -> Any:
    """Arrays as lists, flags as words of 0 and 1, numbers cut to some decimals, missing as None, and of texts a mark of each."""
    if isinstance(value, np.ndarray) and value.dtype == np.bool_:
        return "".join(map(str, value.astype(int))) if value.ndim == 1 else [plain(v) for v in value]
    if isinstance(value, (np.ndarray, list)):
        return [plain(v) for v in value]
    if isinstance(value, (np.floating, float)):
        return None if np.isnan(value) else round(float(value), PLACES)
    return int(value) if isinstance(value, np.integer) else hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:8]


def told(batch: SessionBatch, step: Step, *, words: bool) -> dict[str, Any]:
    """What there is to know of a turn."""
    engine, state, d = batch.engine, batch.playing, range(N)
    out = {name: plain(getattr(step, name)) for name in (
        "components", "applicable", "sources", "values", "paid", "rewards", "vector_rewards", "failed", "met")}
    out |= {f"reaction {name}": plain(array) for name, array in step.reactions._asdict().items()}
    out |= {name: plain(getattr(state, name)) for name in (
        "session", "goal", "turn", "patience", "ending", "told", "bar", "earned", "count", "shown")}
    acted = [r for r in d if step.reactions.kind[r] >= 0]
    out["reasons"] = plain(tuple(step.said_of(r) for r in d))
    out["answers"] = plain([engine.reaction(state, batch.log, r) for r in acted])
    out["left out"] = plain({r: sorted(found) for r, found in step.left_out.items()})
    if words:
        out["items"] = plain(step.item_values), plain(step.worth)
        out["query"] = plain(tuple(batch.observations()))
    else:
        block, facts = engine.deck.block(state), np.array([[0, 3, 5]] * N)
        out["features"] = plain(engine.deck.observation[block].sum(1)), plain(engine.deck.session[block])
        out["first"] = plain(engine.worth(state, facts)), plain(engine.item_values(state, facts))
    return out


def turns_run(play: str, engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each turn of a play, which it was and what is known of it."""
    words = play.endswith("in words")
    batch = SessionBatch(engine, N, words=words)
    batch.seed(3)
    batch.reset(sessions=[r % engine.world.n_sessions for r in range(N)])
    for turn in range(TURNS):
        playing = ~batch.over & (np.arange(N) + turn != 5)
        if not playing.any():
            continue
        if words:
            step = batch.step([action(view, r) if playing[r] else None for r, view in enumerate(batch.views())])
        else:
            step = batch.step_slates(np.array([numbers(r, turn) for r in range(N)]), playing)
        yield f"{play}, turn {turn}", told(batch, step, words=words)
    log = {field: plain(getattr(batch.log, field)) for field in (
        "act", "reaction", "goal", "item", "position", "constraint", "told", "about", "objection", "extrapolated", "slate")}
    yield f"{play}, log", {**log, "deck": [engine.deck.cells, int(engine.deck.whole)], "talk": plain(batch.dialogues())}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        known = engines(Path(made))
        recorded = [json.dumps(turn, separators=(",", ":")) for play in PLAYS for turn in turns_run(play, known[play.split()[0]])]
    FILE.write_text("\n".join(recorded) + "\n", "utf-8")
    print(f"recorded {FILE}")
