"""A scorer and a reward of one's own, for an environment and a comparison: python examples/own_scorer_and_reward.py"""

import numpy as np

import recenv
from recenv.rewards.protocol import ScorerSpec, Scores


class Overlap:
    """Relevance as the share of the query's characters that the item's record has."""

    spec = ScorerSpec(name="overlap", dimension="query_item_relevance", kind="rule", reads=("query", "item"), fingerprint="1")

    def score(self, rows):
        shares = [len(set(row.query) & set(row.item)) / len(set(row.query)) for row in rows]
        return Scores(np.array(shares, np.float32), ("",) * len(rows))


SCORERS = {"query_item_relevance": Overlap()}
REWARD = recenv.RewardSpec(  # half for the need that was met, half for relevance; what is untrue is worth nothing
    name="half", outcome=0.5, weights={"query_item_relevance": 1.0}, gates={"factual_consistency": 0.9})

if __name__ == "__main__":
    env = recenv.make("Slate", scorers=SCORERS, reward=REWARD)
    env.reset(seed=7)
    _, reward, _, _, info = env.step(env.action_space.sample())
    print(f"one random slate: paid {reward:.3f}; {info['reward_components']}")
    for agent in ("random", "bm25"):
        traces = recenv.play(agent, sessions=20, seed=7, scorers=SCORERS, reward=REWARD)
        print(f"{agent}: {np.mean([trace.total for trace in traces]):.3f} a session")
