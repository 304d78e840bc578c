"""The card of a checkpoint, generated from its configuration and metrics; its pictures are drawn from the same numbers.

Rows are quoted in it, and names come from files: everything that was not written here is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recenv.appraisal import cost, held_out
from recenv.appraisal.comparison import table_text
from recenv.appraisal.diagrams import draw_examined
from recenv.appraisal.held_out import Examined, Figure, Part
from recenv.appraisal.mistakes import PLACES, Wrong
from recenv.data.rowsets import ROWSETS
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.blend import even
from recenv.rewards.models.boosted.checkpoint import BoostedConfig
from recenv.rewards.models.compact.segments import CAPS
from recenv.rewards.models.sequence.checkpoint import SequenceConfig
from recenv.training.learner import Config

_MEANING = (
    "Intervals are 95 %, expanded percentiles of a bootstrap that draws whole groups (users, prompts, conversations). ECE has "
    "15 bins of equal mass. ECE excess is the ECE less the median of what a perfectly calibrated model shows on as many rows, "
    "found by drawing labels from the probabilities; its interval is the ECE less the 2.5 and 97.5 % points of that, so one "
    "that holds 0 cannot be told from perfect. Words in common: the same measure of the share of words (pairs of Chinese "
    "characters) found on the other side."
)
_ASIDE = 0.02  # ECE beyond a perfect model's that is called a failure
_WORST, _FEW = 3, 30
_SPECIAL = re.compile(r"([\\`*_\[\]|~$@]|:(?=//))")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def card_text(config: Config, metrics: Mapping[str, Any], command: str = "") -> str:
    """Markdown: what was trained on what, then a section a dimension (what it reads, held-out measures, where it fails), cost."""
    examined = {e.dimension: e for e in held_out.opened(metrics.get("examined", []))}
    costs = {c.dimension: c for c in cost.opened(metrics.get("cost"))}
    lines = [f"# Scorers {_code(config.name)}", "", _network(config), "", *_training(config, metrics, command)]
    lines += ["## All dimensions at a glance", "", table_text(metrics["held_out"]),
              "Excess: ECE beyond a perfect model's. Overlap: logistic on the share of words in common. Majority: the base rate; "
              "for lists, random order.", "", _MEANING, ""]
    for d in config.architecture.dimensions:
        lines += _section(d, config, metrics, examined.get(d))
        if d in costs:
            lines += ["### Cost", "", cost.cost_text([costs[d]]), ""]
    lines += ["## Limits of all of them", "", *_limits(config)]
    if costs:
        lines += ["", "## How cost was measured", "", cost.MEANING]
    return "\n".join(lines) + "\n"


def card_pictures(metrics: Mapping[str, Any]) -> dict[str, bytes]:
    """The PNGs that the card shows, by file name."""
    return {_picture(e.dimension): draw_examined(e) for e in held_out.opened(metrics.get("examined", []))}


def escaped(text: str) -> str:
    """Text that was not written by us, on one line, so that Markdown and HTML show it and do nothing else with it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    parts = re.split("([&<>\"'])", line)
    return "".join(_HTML.get(p) or re.sub(r"(?i)\bwww\.", r"www\\.", _SPECIAL.sub(r"\\\1", p)) for p in parts)


def _code(text: str) -> str:
    """A name as a code span; a backtick would end it."""
    return f"`{' '.join(text.split()).replace('`', chr(39)) or ' '}`"


def _picture(dimension: str) -> str:
    return f"card_{dimension}.png"


# -- training ------------------------------------------------------------------------------------------------------------


def _network(config: Config) -> str:
    if isinstance(config, SequenceConfig):
        b = config.architecture
        fused = f", explicit text features (version {config.features_version}) added to it" if b.features else ""
        return (f"Network sequence: a cross-encoder trained from the base checkpoint {_code(config.base)} (its licence applies "
                f"to these weights), one sequence of at most {b.max_length} tokens a row or item (vocabulary {b.vocabulary}), "
                f"one logit a dimension{fused}. Stored as {config.storage}; every figure below is of the stored weights.")
    if isinstance(config, BoostedConfig):
        return ("No network: boosted trees over what is read of texts (explicit text features, version "
                f"{config.features_version}), each text read once; where items are held against a request, trees correct a "
                "measure of the words that they share and are monotone in it.")
    a = config.architecture
    return (f"Network compact: one BERT encoder of {a.layers} layers x {a.hidden} over single segments (vocabulary "
            f"{a.vocabulary}; at most {', '.join(f'{k} {n}' for k, n in CAPS.items())} tokens), late interaction between pairs "
            f"of segments, explicit text features (version {config.features_version}), one head a dimension. Trained from "
            "scratch; no pretrained weights.")


def _training(config: Config, metrics: Mapping[str, Any], command: str) -> list[str]:
    rows = metrics["rows"]
    lines = ["## Trained on", "", f"Rows with sha256 `{config.training_data}` (their canonical JSON, one a line, in order), "
             "split by group: the test part was seen by neither training, early stopping nor calibration.", ""]
    lines += _sources(metrics.get("sources", {}))
    lines += ["| dimension | train rows | validation rows | test rows |", "|---|---|---|---|"]
    lines += [f"| {d} | " + " | ".join(f"{rows[p][d]:,}" for p in ("train", "validation", "test")) + " |"
              for d in config.architecture.dimensions]
    lines += ["", *(["Reproduced by:", "", f"    {' '.join(command.split())}", ""] if command else []),
              ("" if isinstance(config, BoostedConfig) else
               f"Epochs run: {config.trained['epochs']} (the best by validation loss is kept; `curves.png`). ") + "Settings: "
              + _code(", ".join(f"{k} {v}" for k, v in config.trained["settings"].items())) + ".", ""]
    return lines


def _sources(sources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A table of the sources of training rows: what stands before the first "/" of their ids."""
    if not sources:
        return []
    lines = ["| set | rows | sha256 of its rows | licence | origin |", "|---|---|---|---|---|"]
    for name, s in sorted(sources.items()):
        licence, origin = _terms(name)
        lines.append(f"| {escaped(name) or '(none)'} | {s['rows']:,} | `{s['sha256']}` | {licence} | {origin} |")
    return [*lines, ""]


def _terms(name: str) -> tuple[str, str]:
    """Licence and origin of a set, as far as the package knows it."""
    if name in ROWSETS:
        return escaped(ROWSETS[name].licence), escaped(ROWSETS[name].origin)
    if name == "augmented":
        return "those of the other rows", "derived from them by rules"
    return "not known", "the user's own rows"


# -- a dimension ---------------------------------------------------------------------------------------------------------


def _section(d: str, config: Config, metrics: Mapping[str, Any], found: Examined | None) -> list[str]:
    own = DIMENSIONS[d]
    lines = [f"## {d}", "", f"Measures {own.says}.", "", f"- Reads: {', '.join(own.reads)}; nothing else of a row.",
             f"- Calibration, on the validation rows: {config.calibration[d]}."]
    lines += _opinions(d, config)
    by_set = {n: s["dimensions"][d] for n, s in sorted(metrics.get("sources", {}).items()) if s.get("dimensions", {}).get(d)}
    if by_set:
        lines.append("- Rows (training, validation and test) from: "
                     + ", ".join(f"{escaped(n) or '(none)'} {c:,}" for n, c in by_set.items()) + ".")
    if found is None:
        return [*lines, ""]
    lines += ["", f"![reliability, confusion, and the leading measure by part]({_picture(d)})", "", "### Held-out rows", "",
              *_measures(found), *_confusions(found), "### Where it fails", "", *_failures(found), *_wrong(found)]
    return lines


def _opinions(d: str, config: Config) -> list[str]:
    """What judges, and with which weights."""
    if isinstance(config, BoostedConfig):
        return [f"- Judges: boosted trees over {len(config.features[d])} features."]
    sequence = config.architecture if isinstance(config, SequenceConfig) else None
    judges = []
    if sequence is None or d in sequence.read:
        judges.append("the network, which reads these rows")
    if sequence is None or sequence.features:
        judges.append("a small network over the features")
    if len(next(iter(config.blends.get(d, {}).values()), even(len(judges))).weights) > len(judges):
        second = "a forest over the features"
        if "table" in DIMENSIONS[d].opinions:
            second = 'a Gaussian process over "key: value" texts, where a row has them'
        if "topic" in DIMENSIONS[d].opinions and sequence is not None and sequence.semantic:
            second += ", with a line over likenesses of topic beside it where an instruction states nothing that can be checked"
        judges.append(second)
    weights = "; ".join((f"{kind} " if kind else "") + " + ".join(f"{w:.2f}" for w in b.weights) + f" {b.shift:+.2f}"
                        for kind, b in sorted(config.blends.get(d, {}).items()))
    return [f"- Judges: {'; '.join(judges)}." + (f" Their logits are summed with weights {weights}." if weights else "")]


def _measures(found: Examined) -> list[str]:
    """All measures, one column a measure, one line a part."""
    parts = [found.total, *found.parts]
    names = list(dict.fromkeys(m.name for p in parts for m in p.measures))
    lines = [f"| part | rows | groups | positive | {' | '.join(names)} | words in common: {found.total.lead.name} |",
             "|---" * (len(names) + 5) + "|"]
    for p in parts:
        by_name = {m.name: m for m in p.measures}
        cells = [_interval(by_name.get(n)) for n in names]
        lines.append(f"| {escaped(p.name) or '**all**'} | {p.scored:,} | {p.groups:,} | {_share(p.positives)} | "
                     f"{' | '.join(cells)} | {_interval(p.baseline, p.baseline.name != found.total.lead.name)} |")
    unscored = found.total.rows - found.total.scored
    return [*lines, "", *([f"Left out: {unscored:,} rows without a score.", ""] if unscored else []),
            f"A perfect model's ECE on these rows: {_interval(found.perfect)}.", ""]


def _confusions(found: Examined) -> list[str]:
    if DIMENSIONS[found.dimension].listwise:
        places = [*(str(n + 1) for n in range(PLACES - 1)), f"{PLACES} or later"]
        lines = ["Place of the first right item by score, in lists:", "", f"| part | {' | '.join(places)} |",
                 "|---" * (PLACES + 1) + "|"]
    else:
        lines = ["Confusion at 0.5 (labels above 0.5 are 1), in rows:", "",
                 "| part | label 0, score below 0.5 | label 0, from 0.5 | label 1, below 0.5 | label 1, from 0.5 |",
                 "|---|---|---|---|---|"]
    lines += [f"| {escaped(p.name) or '**all**'} | {' | '.join(f'{c:,}' for c in p.confusion)} |"
              for p in (found.total, *found.parts)]
    return [*lines, ""]


def _failures(found: Examined) -> list[str]:
    """The weakest parts, those no better than counting words, and those out of calibration."""
    parts = [p for p in found.parts or [found.total] if p.scored >= _FEW and p.lead.value is not None]
    lines = [f"- {'Weakest part' if n == 0 else 'Then'}: {_where(p)}: {p.lead.name} {_interval(p.lead)}; words in common "
             f"{_interval(p.baseline)}, margin {_interval(p.margin, signed=True)}." for n, p in enumerate(parts[:_WORST])]
    level = [p for p in parts if p.margin.low is not None and p.margin.low <= 0.0]
    if level:
        lines.append("- Not shown to be better than the words in common: " + ", ".join(_where(p) for p in level) + ".")
    excess = [(p, m) for p in parts for m in p.measures
              if m.name == "ECE excess" and (m.value or 0.0) > _ASIDE and (m.low or 0.0) > 0.0]
    if excess:
        listed = ", ".join(f"{_where(p)} {_interval(m)}" for p, m in excess)
        lines.append(f"- More than {_ASIDE} out of calibration (ECE excess): {listed}.")
    few = [p for p in found.parts if p.scored < _FEW or p.lead.value is None]
    if few:
        lines.append(f"- Too few rows, or one class only, to say: {', '.join(_where(p) for p in few)}.")
    return lines or ["- Too few rows to say."]


def _where(part: Part) -> str:
    return f"{escaped(part.name) or 'all rows'} ({part.scored:,} rows)"


def _wrong(found: Examined) -> list[str]:
    if not found.wrong:
        return ["", "No row was on the wrong side.", ""]
    lines = ["", "The most confident mistakes, at most one a group, texts shortened:", ""]
    return [*lines, *(_quoted(w, found.dimension) for w in found.wrong), ""]


def _quoted(wrong: Wrong, dimension: str) -> str:
    what = (f"picked an item at {wrong.said:.3f}, the right one at {wrong.label:.3f}" if DIMENSIONS[dimension].listwise
            else f"score {wrong.said:.3f}, label {wrong.label:.2f}")
    texts = "".join(f"\n  - {name}: {escaped(text)}" for name, text in wrong.texts.items())
    return f"- {escaped(wrong.id) or '(no id)'}: {what}{texts}"


def _limits(config: Config) -> list[str]:
    cut = (f"Of texts beyond {config.architecture.max_length} tokens a row, beginnings and ends alone are read by the network."
           if isinstance(config, SequenceConfig) else "Of a long text the beginning counts."
           if isinstance(config, BoostedConfig) else "What lies beyond the tokens named above is seen by the features only.")
    return [
        "- The figures are for rows of the sources above. Probabilities are calibrated on their validation part: rows of other "
        "sources are judged less well, and with the wrong confidence.",
        f"- {cut}",
        "- An instruction that states nothing that can be checked is judged by whether the answer is about it. Which of two "
        "fluent answers to one such instruction is the better one is hardly told.",
        "- Reviews, opinions, tone and style cannot be looked up in a record; scores of them rest on the network and are weak.",
        "- Text written to raise a score: see `recenv probe`.",
    ]


def _interval(m: Figure | None, hidden: bool = False, signed: bool = False) -> str:
    if m is None or m.value is None or hidden:
        return "-"
    form = "+.3f" if signed or m.name == "ECE excess" else ".3f"
    inside = "" if m.low is None or m.high is None else f" [{m.low:{form}}, {m.high:{form}}]"
    return f"{m.value:{form}}{inside}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
