"""The card of a checkpoint, generated from its configuration and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recenv.rewards.checkpoint import Config
from recenv.rewards.comparison import table_text
from recenv.rewards.segments import CAPS, READS

_READING = {
    "instruction_following": "whether the response obeys the instruction (counts, lengths, language, mentions, form)",
    "factual_consistency": "whether what the response says about items is in the evidence",
    "query_item_relevance": "whether the item meets what the query states",
    "behavior_prediction": "whether the user takes the item up, given profile and context",
    "item_ranking": "how likely each item of a list is the one taken up; a row's value is the nDCG of the shown order under "
                    "these probabilities",
}


def card_text(config: Config, metrics: Mapping[str, Any], command: str = "") -> str:
    """Markdown: what each head reads, what it was trained on, held-out figures, where it fails, what it costs."""
    a, rows = config.architecture, metrics["rows"]
    lines = [
        f"# Scorers `{config.name}`", "",
        f"One BERT encoder of {a.layers} layers x {a.hidden} over single segments (vocabulary {a.vocabulary}; at most "
        f"{', '.join(f'{k} {n}' for k, n in CAPS.items())} tokens), late interaction between pairs of segments, explicit text "
        f"features (version {config.features_version}), one head a dimension. Trained from scratch; no pretrained weights.", "",
        "| dimension | measures | reads | calibration | train / validation / test rows |", "|---|---|---|---|---|",
    ]
    for d in a.dimensions:
        counts = " / ".join(str(rows[p][d]) for p in ("train", "validation", "test"))
        lines.append(f"| {d} | {_READING[d]} | {', '.join(READS[d])} | {config.calibration[d]} | {counts} |")
    lines += [
        "", "## Trained on", "", f"Rows with sha256 `{config.training_data}` (their canonical JSON, one a line, in order), "
        "split by user: the test part was seen by neither training, early stopping nor calibration.", "",
        *(["Reproduced by:", "", f"    {command}", ""] if command else []),
        f"Epochs run: {config.trained['epochs']} (the best by validation loss is kept). Settings: "
        + ", ".join(f"{k} {v}" for k, v in config.trained["settings"].items()) + ".", "",
        "## Held-out test rows", "", table_text(metrics["held_out"]),
        "Intervals: bootstrap over users. Overlap: logistic on the share of words (pairs of Chinese characters) found on the "
        "other side. "
        "Majority: the base rate; for lists, random order.", "",
        "## Where it fails", "",
        "- Rows of other sources than those it was trained on: probabilities are calibrated on the validation part only.",
        "- factual_consistency: truthful answers in free prose, unlike the listings it was trained on, often score below 0.5 "
        "(other words around a fact are taken for claims), and so are answers that claim nothing (\"How about these two?\").",
        "- Claims that are neither numbers with a unit or label nor short phrases; reviews and opinions are not checked.",
        "- Paraphrases of services and kinds of place that training never showed are matched by shared characters alone.",
        "- Orders that words and counts cannot check (tone, style) rest on the network and are weak.",
        "- Responses to a scorer, not to a user: it has not been hardened against text written to raise its score.",
    ]
    cost = metrics.get("cost")
    if cost:
        each = ", ".join(f"{d} {v['cold']:.0f} new, {v['warm']:.0f} with items and queries seen before" for d, v in cost.items())
        lines += ["", "## Cost", "", f"One thread, fp32, rows a second: {each}. Rows scored before are looked up."]
    return "\n".join(lines) + "\n"
