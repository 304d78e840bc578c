import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from five import DIMENSIONS
from unexamined import few_draws

from recenv.appraisal.held_out import measure_held_out
from recenv.records import ScorerRow
from recenv.rewards.protocol import ScorerSpec, Scores
from recenv.training.card import card_pictures, escaped


def test_a_card_says_what_a_reader_needs(toy: Path) -> None:
    card = (toy / "CARD.md").read_text("utf-8")
    assert all(f"`{d}`" in card or d in card for d in DIMENSIONS)
    assert "recenv train --input rows.jsonl --out toy" in card
    assert "CC-BY-4.0" in card  # of begin
    metrics = json.loads((toy / "metrics.json").read_text("utf-8"))
    assert all(source["sha256"] in card or source["sha256"][:12] in card for source in metrics["sources"].values())
    for picture in (p for p in toy.iterdir() if p.suffix == ".png"):
        assert picture.name in card and picture.read_bytes().startswith(b"\x89PNG")


def test_text_from_rows_is_escaped() -> None:
    hostile = "<script>x</script> | [a](http://b) `c` *d*"
    assert "<script" not in escaped(hostile)
    assert "|" not in escaped(hostile).replace("\\|", "").replace("&#124;", "")


class _Known:
    """Scores as the row's item says."""

    spec = ScorerSpec(name="known", dimension="query_item_relevance", kind="rule", reads=("item",), fingerprint="1")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        return Scores(np.array([float(r.item) for r in rows], np.float32), tuple("" for _ in rows))


@few_draws()
def test_confusion_counts_by_construction() -> None:
    made = [(0.9, 1.0)] * 5 + [(0.8, 0.0)] * 2 + [(0.2, 1.0)] * 3 + [(0.1, 0.0)] * 4
    rows = [ScorerRow(dimension="query_item_relevance", id=f"a/f:{n}", group=f"g{n}", query="q", item=str(p), label=y)
            for n, (p, y) in enumerate(made)]
    (found,) = measure_held_out(rows, {"query_item_relevance": _Known()}, rows).examined
    assert found.total.confusion == [4, 2, 3, 5]


def test_pictures_stay_small_and_a_card_can_be_drawn_again(toy: Path) -> None:
    pictures = {p.name: p.read_bytes() for p in toy.glob("card_*.png")}
    assert len(pictures) == len(DIMENSIONS) and sum(map(len, pictures.values())) < 500_000
    assert card_pictures(json.loads((toy / "metrics.json").read_bytes())) == pictures


@few_draws()
def test_mistakes_are_quoted_one_a_group_the_surest_first() -> None:
    made = [(0.9, 0.0, "a"), (0.95, 0.0, "a"), (0.1, 1.0, "b"), (0.7, 1.0, "c")]
    rows = [ScorerRow(dimension="query_item_relevance", id=f"a/f:{n}", group=g, query="<b>", item=str(p), label=y)
            for n, (p, y, g) in enumerate(made)]
    (found,) = measure_held_out(rows, {"query_item_relevance": _Known()}, rows).examined
    assert [w.id for w in found.wrong] == ["a/f:1", "a/f:2"]
