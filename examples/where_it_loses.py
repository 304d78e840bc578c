"""Open a run and see where an agent loses: python examples/where_it_loses.py [RUN]  (without one, a small run is made)"""

import sys
import tempfile

import numpy as np

import recenv


def look(run):
    ours, other = run.agents[0], run.agents[-1]
    sessions = run.sessions()  # a row a session of an agent: pandas, else polars, else a dict of arrays
    mine = np.array(sessions["agent"]) == ours
    causes = {name: np.array(sessions[name])[mine].mean() for name in sessions if name.startswith("lost: ")}
    for name in sorted(causes, key=causes.get, reverse=True)[:3]:
        print(f"{ours} {name} {causes[name]:.3f} a session")

    both = run.compare(ours, other)
    print(both)
    worst = next(iter(both.sessions()["session"]))  # where ours loses most
    for turn in run.trace(worst, ours).record.turns:
        print(f"turn {turn.turn + 1}: showed {', '.join(turn.items) or 'nothing'}, paid {turn.reward:+.3f}")
        print(f"    user: {turn.reaction.text}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        look(recenv.open_run(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            look(recenv.evaluate(["random", "bm25"], f"{folder}/run", sessions=20, seed=7, scorers="rules"))
