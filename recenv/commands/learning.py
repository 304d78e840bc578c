"""The command that lets agents learn."""

from __future__ import annotations

from pathlib import Path

import click

from recenv.commands.names import LEARNER, REWARD, SCORERS, scenario_option, store_option
from recenv.commands.root import FOLDER, SEED, assigned, bar, command, hint, json_option, show


@command()
@click.argument("learner", type=LEARNER)
@scenario_option
@store_option
@click.option("--scorers", type=SCORERS, default="rules", show_default=True, help="What pays while it learns.")
@click.option("--reward", type=REWARD, default="", help="A reward spec in place of the scenario's; see: recenv scorers.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="A setting of the learner; repeatable.")
@click.option("--out", type=FOLDER, required=True, help="The folder to write, which plays as an agent.")
@json_option
def learn(
    learner: str, scenario: str, store: Path | None, scorers: str, reward: str, seed: int, changes: tuple[str, ...], out: Path
) -> None:
    """Let an agent learn from a scenario's train users: LEARNER is ppo, linucb or itemcf.

    Ends with a run against bm25 on users that it never met.
    """
    from recenv.evaluation.leaderboard import build_leaderboard
    from recenv.learning.learn import CARD, PICTURE, TEST, learn_agent, tested_text

    with bar("learning") as update:
        made = learn_agent(
            learner, scenario, out, store=store, scorers=scorers, reward=reward, seed=seed, config=assigned(changes),
            progress=update)
    show(lambda: {"out": str(made), "leaderboard": build_leaderboard(made / TEST)}, lambda: tested_text(made))
    where = f" --store {store}" if store else ""
    hint(f"\nlearning curve: {made / PICTURE}; card: {made / CARD}; "
         f"next: recenv evaluate --scenario {scenario}{where} --split test --agents {made},bm25,greedy --out RUN")
