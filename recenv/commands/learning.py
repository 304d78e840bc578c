"""The command that lets agents learn."""

from __future__ import annotations

from pathlib import Path

import click

from recenv.commands.root import FOLDER, SEED, assigned, bar


@click.command()
@click.argument("learner")
@click.option("--scenario", default="mixed", show_default=True,
              help="See: recenv scenarios; or a .toml file, or package.module:attribute.")
@click.option("--store", type=FOLDER, default=None, help="The store to play in, for scenarios without a built-in world.")
@click.option("--scorers", default="rules", show_default=True, help="What pays while it learns.")
@click.option("--reward", default="", help="A reward spec in place of the scenario's; see: recenv scorers.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="A setting of the learner; repeatable.")
@click.option("--out", type=FOLDER, required=True, help="The folder to write, which plays as an agent.")
def learn(
    learner: str, scenario: str, store: Path | None, scorers: str, reward: str, seed: int, changes: tuple[str, ...], out: Path
) -> None:
    """Let an agent learn from a scenario's train users: LEARNER is ppo, linucb or itemcf.

    Ends with a run against bm25 on users that it never met.
    """
    from recenv.learning.learn import CARD, PICTURE, learn_agent, tested_text

    with bar("learning") as update:
        made = learn_agent(
            learner, scenario, out, store=store, scorers=scorers, reward=reward, seed=seed, config=assigned(changes),
            progress=update)
    click.echo(tested_text(made))
    where = f" --store {store}" if store else ""
    click.echo(f"\nlearning curve: {made / PICTURE}; card: {made / CARD}; "
               f"next: recenv evaluate --scenario {scenario}{where} --split test --agents {made},bm25,greedy --out RUN")
