"""Published figures of RecRM-Bench (arXiv 2605.11874, tables of results), to stand beside ours.

They were measured on RecRM-Bench's own test rows, so they compare with rows of that set only; on other rows they show the
order of magnitude. Its factual-consistency test has one class only (F1 = 2 acc / (1 + acc) in every row of the table).
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """One model's figures for a dimension, as shares in [0, 1], by measure."""

    model: str
    figures: dict[str, float]


_MEASURES = {
    "instruction_following": ("accuracy", "f1"), "factual_consistency": ("accuracy", "f1"),
    "query_item_relevance": ("accuracy", "f1"),
    "item_ranking": ("accuracy", "auc", "hit rate"), "behavior_prediction": ("accuracy", "auc"),
}
_PERCENT = {
    "GPT-4.1 zero-shot": (55.47, 58.33, 62.96, 77.27, 79.26, 79.48, 42.54, 51.32, 75.37, 39.28, 49.31),
    "LongCat-Flash-Chat": (64.84, 65.19, 67.34, 80.48, 73.18, 72.82, 62.48, 54.93, 82.93, 46.49, 52.22),
    "DeepSeek-V3.2": (30.47, 29.94, 43.43, 60.56, 74.60, 74.76, 52.32, 50.57, 82.53, 47.80, 52.10),
    "Qwen3-Max": (36.80, 40.33, 53.20, 69.45, 76.64, 77.02, 50.11, 50.18, 77.17, 42.79, 52.08),
    "RecRM-RL (trained)": (72.66, 72.40, 70.71, 82.84, 89.36, 89.12, 86.78, 86.32, 83.67, 77.78, 81.46),
}


def published(dimension: str) -> tuple[Published, ...]:
    """The published figures for a dimension, in the order of the paper, the trained model last; none of one that it has not."""
    if dimension not in _MEASURES:
        return ()
    start = 0
    for name, measures in _MEASURES.items():
        if name == dimension:
            break
        start += len(measures)
    return tuple(
        Published(model, {m: round(values[start + n] / 100.0, 4) for n, m in enumerate(measures)})
        for model, values in _PERCENT.items()
    )
