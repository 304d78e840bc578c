"""What is drawn, and how users answer, is pinned: a key in another order, a cost, a counter or a log left out moves it.

A change that means to move it records anew: ``python tests/envs/test_pinned.py`` prints the values.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes import overlap_scorers

from recenv import rng
from recenv.data.search import K1, B, Bm25Index, tokenize
from recenv.data.store import FOLDS
from recenv.data.world import World
from recenv.envs.batch import TEST_FOLD, SessionBatch
from recenv.envs.chat_format import MAX_ACTION_CHARS, MAX_RAW_CHARS
from recenv.envs.config import EnvConfig
from recenv.envs.dynamics import TURN_COST
from recenv.envs.engine import Engine
from recenv.envs.single import MAX_TEXT
from recenv.envs.spaces import BOUND
from recenv.envs.state import REACTIONS
from recenv.envs.tables import MOST_CONSTRAINTS
from recenv.records import Action
from recenv.rewards.rules.verdicts import MAX_CHARACTERS
from recenv.testing.tiny import build_tiny_world
from recenv.users.learned import MISMATCH, PRIOR_DECAY
from recenv.users.llm import MAX_ANSWER, MAX_WORDS
from recenv.users.llm_prompt import MAX_HEARD, MAX_LINES
from recenv.users.replay import CERTAIN

PINNED = {"learned": "59a4a54af1d98614", "replay": "171f3e1551f13a85"}


def played(world: World, user: str) -> str:
    """A digest of who was met in which episode and what was answered: asks, then slates, over two episodes and 32 rows."""
    engine = Engine(world, EnvConfig(user=user, candidates=16, horizon=6), scorers=overlap_scorers())
    batch, digest = SessionBatch(engine, 32, words=True), hashlib.sha256()
    batch.seed(7)
    for episode in range(2):
        batch.reset()
        digest.update(f"{episode} {batch.playing.session.tolist()}".encode())
        for turn in range(6):
            acts: list[Action | None] = []
            for view, over in zip(batch.views(), batch.over.tolist(), strict=True):
                ask = Action(act="ask", text="您的预算是多少？" if view.locale == "zh" else "What is your budget?")
                slate = view.candidates[turn % 3:turn % 3 + 3]
                acts.append(None if over else ask if turn < 2 else Action(
                    act="recommend", items=tuple(i.id for i in slate), text=" ".join(i.name for i in slate)))
            step = batch.step(acts)
            kinds = [REACTIONS[k] if act is not None else "" for k, act in zip(step.reactions.kind.tolist(), acts, strict=True)]
            digest.update(f"{kinds} {batch.playing.ending.tolist()} {batch.playing.told.tolist()}".encode())
            if batch.over.all():
                break
    return digest.hexdigest()[:16]


@pytest.mark.parametrize("user", ["learned", "replay"])
def test_draws_and_answers_are_pinned(tiny_world: World, user: str) -> None:
    assert played(tiny_world, user) == PINNED[user]


def test_a_draw_depends_on_the_order_of_its_key() -> None:
    assert float(rng.uniform(1, 2, 3)) == 0.814259011529328
    assert float(rng.uniform(2, 1, 3)) == 0.7684201926204703
    assert rng.permutation(5, 11, 3).tolist() == [4, 0, 1, 2, 3]


def test_limits_that_are_told_to_others_stay() -> None:
    assert (MAX_ACTION_CHARS, MAX_RAW_CHARS, MAX_TEXT, MAX_CHARACTERS) == (32_768, 262_144, 1_000_000, 4_000)
    assert (MAX_WORDS, MAX_ANSWER, MAX_HEARD, MAX_LINES) == (1_000, 32_768, 4_000, 24)
    assert (FOLDS, TEST_FOLD, BOUND, MOST_CONSTRAINTS, TURN_COST) == (5, 0, 10.0, 64, 1.0)
    assert (MISMATCH, PRIOR_DECAY) == (6.0, 0.9) and 1 + np.exp(CERTAIN) == pytest.approx(160_000, rel=0.05)


def test_questions_cost_half_a_slate_that_fails() -> None:
    assert (EnvConfig().ask_cost, EnvConfig().objection_cost) == (0.5, 0.5)


def test_who_took_something_up_takes_it_up_again(tiny_world: World) -> None:
    """Over the whole log: an item that was ordered is ordered when it is shown, in any place, and one refused is not."""
    engine = Engine(tiny_world, EnvConfig(user="replay", candidates=16), scorers=overlap_scorers())
    tried = 0
    for row in range(tiny_world.n_sessions):
        logged = tiny_world.privileged(row).outcomes[0]
        for outcome in logged:
            if outcome.event == "none" or all(o.event == "offered" for o in logged):
                continue
            wanted = outcome.event == "order" or (outcome.event == "click" and all(o.event != "order" for o in logged))
            item = np.array([tiny_world.item_row(outcome.item_id)])
            goal = tiny_world.goal_rows(row)[0]
            met = np.asarray([tiny_world.satisfaction(row, 0, int(item[0]))])
            answer = engine.user.appeal(np.array([row]), np.array([0]), item, met)
            assert bool(answer.taken[0]) == wanted and bool(answer.refused[0]) != wanted and goal >= 0
            assert (answer.utility[0] > answer.outside[0]) == wanted
            tried += 1
    assert tried > 3


def test_bm25_is_the_sum_that_it_is(tiny_world: World) -> None:
    """One term, by hand: idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / mean length))."""
    from recenv.data.render import item_text

    texts = [tokenize(item_text(tiny_world.item(n))) for n in range(tiny_world.n_items)]
    term = max(sorted(set(texts[0])), key=lambda t: sum(t in text for text in texts))
    df, mean = sum(term in text for text in texts), sum(map(len, texts)) / len(texts)
    idf = np.log1p((len(texts) - df + 0.5) / (df + 0.5))
    tf = texts[0].count(term)
    expected = idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * len(texts[0]) / mean))
    index = Bm25Index(tiny_world)
    if tokenize(term) == [term]:
        assert float(index.score(term, [0])[0]) == pytest.approx(expected, rel=1e-5)
    assert (K1, B) == (1.5, 0.75)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found = World(build_tiny_world(Path(folder) / "tiny"))
        print({user: played(found, user) for user in ("learned", "replay")})
        print(float(rng.uniform(1, 2, 3)), float(rng.uniform(2, 1, 3)), rng.permutation(5, 11, 3).tolist(), K1, B)
