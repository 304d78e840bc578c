"""An agent of one's own against one that is shipped, on the same sessions: python examples/own_agent.py"""

import tempfile

import recenv
from recenv.data.render import plain_response


class Stars:
    """Shows the best rated candidates that it has not shown yet."""

    name = "stars"

    def act(self, views):
        return [self.answer(view) for view in views]

    def answer(self, view):
        new = [item for item in view.candidates if item.id not in view.shown]
        best = sorted(new, key=lambda item: -item.attributes.get("rating", 0.0))[: view.slate_size]
        if not best:
            return recenv.Action(act="end", text="That was all.")
        ids = tuple(item.id for item in best)
        return recenv.Action(act="recommend", items=ids, text=plain_response(best, view.locale))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run = recenv.evaluate([Stars(), "random", "bm25"], f"{folder}/run", sessions=20, seed=7, scorers="rules")
        print(run.table())
