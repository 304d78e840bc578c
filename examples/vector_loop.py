"""Two policies over arrays, 64 sessions at once, as any trainer would step them: python examples/vector_loop.py"""

import numpy as np

import recenv
from recenv.envs.spaces import CANDIDATE_FEATURES

SHOWN, PRESENT, BM25 = (CANDIDATE_FEATURES.index(name) for name in ("shown", "present", "bm25"))


def at_random(candidates, draws):
    return draws.random(candidates.shape[:2])


def by_words(candidates, draws):
    """The candidates whose records share most words with what the user said, new ones before those shown already."""
    return candidates[:, :, BM25] + 100 * (candidates[:, :, PRESENT] - candidates[:, :, SHOWN])


def mean_return(value, sessions=64, steps=40):
    envs = recenv.make_vec("Slate", num_envs=sessions, scenario="mixed", scorers="rules")
    places = envs.single_action_space.shape[0]
    draws, paid, ended = np.random.default_rng(0), 0.0, 0
    seen, _ = envs.reset(seed=7)
    for _ in range(steps):
        candidates = seen["candidates"].reshape(sessions, -1, len(CANDIDATE_FEATURES))  # (N, C, E)
        slates = np.argsort(-value(candidates, draws), axis=1)[:, :places]  # (N, K) candidate numbers, best first
        seen, rewards, terminated, truncated, _ = envs.step(slates)
        paid, ended = paid + rewards.sum(), ended + (terminated | truncated).sum()
    envs.close()
    return paid / ended  # sessions in play at the end count a little


if __name__ == "__main__":
    print(f"at random {mean_return(at_random):.3f}, by words {mean_return(by_words):.3f}")
