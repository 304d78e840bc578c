"""PPO of Stable-Baselines3 on 64 sessions at once, then users that it never met: python examples/train_ppo.py [STEPS]

Needs the extra sb3: pip install 'recenv[sb3]'
"""

import sys
import tempfile

from stable_baselines3 import PPO

import recenv
from recenv.integrations.sb3 import RecVecEnv
from recenv.integrations.sb3_policy import PerCandidatePolicy

if __name__ == "__main__":
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    env = RecVecEnv(num_envs=64, scenario="mixed", scorers="rules", split="train")
    model = PPO(PerCandidatePolicy, env, n_steps=16, batch_size=256, n_epochs=4, learning_rate=1e-3, gamma=0.98, seed=1)
    model.learn(steps)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/mine.zip")
        agents = [f"{folder}/mine.zip", "random", "bm25"]
        run = recenv.evaluate(agents, f"{folder}/run", sessions=20, seed=7, scorers="rules", split="test")
        print(run.table())
