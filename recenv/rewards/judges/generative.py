"""A local causal language model as reward model: the probability that it would answer yes rather than no.

Measures: with l(w) the log-probability of label w after the prompt, sum_positive exp l / sum_all exp l; for a list, the
softmax over items of log sum_positive exp l - log sum_negative exp l.
Reads: the fields in ``Dimension.reads``, in the checkpoint's own template or, without one, under the judge's rubrics.
Returns: ``Scores``; NaN with a reason where a required field is empty or the text does not fit the model.
Trained on: see the checkpoint. Any ``AutoModelForCausalLM`` folder with safetensors and a fast tokenizer will do.
Fails when: the labels are not those the model was trained to write; see ``generative.json``.
Cost: one pass a row, or an item of a list, over the prompt alone; a further one a label of several tokens.

A score is a pure function of the row: each prompt is a batch of its own, unpadded, so that no other row, nor its place among
them, can change a bit. Prompts of hundreds of tokens fill a processor by themselves, so little speed is lost by it.
"""

from __future__ import annotations

import codecs
import hashlib
import inspect
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from recenv.errors import UNREADABLE, UnknownName, WeightsError
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.fields import check_rows, missing
from recenv.rewards.judges.prompts import clean, fence_text, material, rubric, rubric_text, rubrics
from recenv.rewards.protocol import ScorerSpec, Scores
from recenv.rewards.ranking import shown_ndcg

CONFIG = "generative.json"
_HASHED = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", CONFIG)
_KEPT = 65_536  # results kept, each a number
_ENDLESS = 1 << 30  # tokenisers that know no limit name one beyond this
_PLACE = re.compile(r"\{(\w+)\}")


class GenerativeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``generative.json`` of a checkpoint, optional: how it was trained to be asked.

    positive, negative: spellings of either label, as ``["1"]`` and ``["0"]`` or ``["是"]`` and ``["否"]``; their probabilities
    add up. templates: by dimension, a prompt in which ``{field}`` stands for a field of the row; a list is asked about
    item by item as ``{item}``. max_tokens: longest prompt with label, 0 for the model's own limit. chat: put the prompt into the
    tokeniser's chat template, if it has one, as the user's message.
    """

    positive: tuple[str, ...] = ("yes",)
    negative: tuple[str, ...] = ("no",)
    templates: dict[str, str] = {}
    max_tokens: int = 0
    chat: bool = True
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"


class _Labels(NamedTuple):
    """Token ids of the spellings of both labels."""

    positive: tuple[tuple[int, ...], ...]
    negative: tuple[tuple[int, ...], ...]

    @property
    def longest(self) -> int:
        return max(len(ids) for ids in (*self.positive, *self.negative))


class GenerativeScorers:
    """One checkpoint; ``scorers`` are its dimensions behind the Scorer protocol, all by the same model.

    device: as torch names it; a GPU where there is one if None. Raises WeightsError for a folder that cannot be used.
    """

    def __init__(self, path: str | Path, device: str | None = None) -> None:
        folder = Path(path)
        self.config = _read_config(folder)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.tokenizer, model = _load(folder)
        self.model = model.to(self.device, getattr(torch, self.config.dtype)).eval().requires_grad_(False)
        self.labels = _labels(self.tokenizer, self.config, folder)
        own = (getattr(self.model.config, name, None) for name in ("max_position_embeddings", "n_positions"))
        limits = (self.config.max_tokens, getattr(self.tokenizer, "model_max_length", 0), *own)
        self.limit = min((n for n in limits if isinstance(n, int) and 0 < n < _ENDLESS), default=_ENDLESS)
        self.special = _special_tokens(self.tokenizer)
        self.name = folder.resolve().name
        self.fingerprint = _fingerprint(folder)
        self._partial = "logits_to_keep" in inspect.signature(self.model.forward).parameters
        self._gaps: OrderedDict[tuple[int, ...], float] = OrderedDict()
        self.scorers = {dimension: GenerativeScorer(self, dimension) for dimension in self.asked()}

    def asked(self) -> tuple[str, ...]:
        """The dimensions that a prompt can be made for: by a template or a rubric, for a list those of its items alone."""
        known = {*self.config.templates, *rubrics()}
        return tuple(d.name for d in DIMENSIONS.values() if (d.alone if d.listwise else d.name) in known)

    def prompt(self, row: ScorerRow, item: str) -> str:
        """What the model reads about a row and, for a list, one of its items."""
        template = self.config.templates.get(row.dimension)
        if DIMENSIONS[row.dimension].listwise:
            row = msgspec.structs.replace(row, dimension=DIMENSIONS[row.dimension].alone, item=item)
        fields = {name: self._guard(clean(str(getattr(row, name)))) for name in DIMENSIONS[row.dimension].reads}
        if template is not None:
            return _PLACE.sub(lambda m: fields.get(m[1], m[0]), template)  # one pass: a field cannot name another
        given = material(msgspec.structs.replace(row, **fields))
        ask = f"Answer with one word and nothing else: {self.config.positive[0]} or {self.config.negative[0]}."
        asked = rubric(row.dimension)._replace(grades=())
        return "\n\n".join((rubric_text(asked), fence_text(given.tag), given.text, f"The material ends here. {ask}"))

    def _guard(self, text: str) -> str:
        """A text in which nothing is a special token of this model."""
        return self.special.sub(lambda m: f"{m[0][0]} {m[0][1:]}", text) if self.special.pattern else text

    def tokens(self, prompt: str) -> tuple[int, ...]:
        """Ids of a prompt, up to where the answer begins."""
        if self.config.chat and getattr(self.tokenizer, "chat_template", None):
            text = self.tokenizer.apply_chat_template(  # templates may print a date, and may think; here neither
                [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True, enable_thinking=False,
                date_string="01 Jan 2025")
            return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        ids = tuple(self.tokenizer(prompt + "\n")["input_ids"])
        return ids[:-1] if ids and ids[-1] == self.tokenizer.eos_token_id else ids

    def gap(self, ids: tuple[int, ...]) -> float:
        """log sum_positive exp l - log sum_negative exp l after a prompt."""
        if ids in self._gaps:
            self._gaps.move_to_end(ids)
            return self._gaps[ids]
        after: dict[tuple[int, ...], NDArray[np.float64]] = {}
        for label in (*self.labels.positive, *self.labels.negative):
            if label[:-1] not in after:
                after[label[:-1]] = self._log_probabilities(ids, label[:-1])
        sums = [np.logaddexp.reduce([sum(after[w[:-1]][n, t] for n, t in enumerate(w)) for w in words])
                for words in self.labels]
        self._gaps[ids] = float(sums[0] - sums[1])
        if len(self._gaps) > _KEPT:
            self._gaps.popitem(last=False)
        return self._gaps[ids]

    def _log_probabilities(self, ids: tuple[int, ...], begun: tuple[int, ...]) -> NDArray[np.float64]:
        """(len(begun) + 1, V) log-probabilities of the next token, after the prompt and after each token that follows it."""
        keep = len(begun) + 1
        block = torch.tensor([ids + begun], device=self.device)
        options: dict[str, Any] = {"use_cache": False} | ({"logits_to_keep": keep} if self._partial else {})
        with torch.inference_mode():
            logits = self.model(input_ids=block, **options).logits[0, -keep:]
        return np.asarray(torch.log_softmax(logits.double(), -1).cpu().numpy(), np.float64)


class GenerativeScorer:
    """One dimension of a generative reward model as a Scorer."""

    def __init__(self, owner: GenerativeScorers, dimension: str) -> None:
        if dimension not in owner.asked():
            raise UnknownName("dimension", dimension, owner.asked())
        self._owner = owner
        blank = ScorerRow(dimension=dimension)
        self.spec = ScorerSpec(
            name=f"{owner.name}/{dimension}", dimension=dimension, kind="generative", reads=DIMENSIONS[dimension].reads,
            fingerprint=hashlib.sha256(f"{owner.fingerprint}\n{owner.prompt(blank, '')}".encode()).hexdigest())

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Values (N,) in [0, 1], NaN with a reason where a field is empty or the text too long.

        Raises InputError for rows of another dimension.
        """
        check_rows(rows, self.spec.dimension)
        values = np.full(len(rows), np.nan, np.float32)
        lists = [np.zeros(0, np.float32)] * len(rows)
        reasons = [missing(row) for row in rows]
        listed = DIMENSIONS[self.spec.dimension].listwise
        for n, row in enumerate(rows):
            if reasons[n]:
                continue
            gaps, reasons[n] = self._gaps(row, row.items if listed else ("",))
            if reasons[n]:
                continue
            if not listed:
                values[n] = 0.5 + 0.5 * np.tanh(0.5 * gaps[0])  # the logistic function, without overflow
                continue
            odds = np.exp(gaps - gaps.max())
            lists[n] = (odds / odds.sum()).astype(np.float32)
            values[n] = min(shown_ndcg(odds / odds.sum(), row.shown), 1.0)
        return Scores(values, tuple(reasons), tuple(lists) if listed else ())

    def _gaps(self, row: ScorerRow, items: Sequence[str]) -> tuple[NDArray[np.float64], str]:
        owner = self._owner
        prompts = [owner.tokens(owner.prompt(row, item)) for item in items]
        need = max(map(len, prompts)) + owner.labels.longest
        if need > owner.limit:
            return np.zeros(0), f"the text does not fit: {need} tokens with the prompt, the model reads {owner.limit}"
        gaps = np.array([owner.gap(ids) for ids in prompts], np.float64)
        if not np.isfinite(gaps).all():
            return gaps, "the model gave no number"
        return gaps, ""


def load_generative(path: str | Path, device: str | None = None) -> dict[str, GenerativeScorer]:
    """The scorers of a generative checkpoint by dimension; raises WeightsError for a folder that cannot be used."""
    return GenerativeScorers(path, device).scorers


# -- the checkpoint ------------------------------------------------------------------------------------------------------


def _read_config(folder: Path) -> GenerativeConfig:
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise WeightsError(f"no generative checkpoint at {folder}; expected a folder with config.json, *.safetensors and "
                           "tokenizer.json as transformers' save_pretrained writes them (pickled weights are not read)")
    file = folder / CONFIG
    try:
        written = file.read_bytes().removeprefix(codecs.BOM_UTF8) if file.is_file() else b"{}"
        config = msgspec.json.decode(written, type=GenerativeConfig)
    except UNREADABLE as error:
        raise WeightsError(f"{file} is damaged ({error}); known: {', '.join(GenerativeConfig.__struct_fields__)}") from None
    for dimension in config.templates:
        if dimension not in DIMENSIONS:
            raise WeightsError(f"{file}: unknown dimension {dimension!r} in templates; expected some of {', '.join(DIMENSIONS)}")
    if not config.positive or not config.negative:
        raise WeightsError(f"{file}: positive and negative need a label each")
    return config


def _load(folder: Path) -> tuple[Any, Any]:
    """Tokeniser and model; runs no code from the checkpoint and reads no pickle."""
    import transformers
    from transformers.utils import logging

    auto: Any = transformers.AutoModelForCausalLM
    chatter: Any = logging
    bars = chatter.is_progress_bar_enabled()
    chatter.disable_progress_bar()
    try:
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
            model, loading = auto.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True)
    except Exception as error:  # transformers raises many kinds
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"{folder} cannot be loaded as a causal language model: {line[:200]}") from None
    finally:
        if bars:
            chatter.enable_progress_bar()
    absent = sorted({*loading["missing_keys"], *(key[0] for key in loading["mismatched_keys"])})
    if absent:
        raise WeightsError(f"{folder} lacks {absent[0]}, or has it in another shape; it is not the checkpoint of a causal "
                           "language model, or its files are of two of them")
    return tokenizer, model


def _labels(tokenizer: Any, config: GenerativeConfig, folder: Path) -> _Labels:
    ids = [tuple(tuple(tokenizer(word, add_special_tokens=False)["input_ids"]) for word in words)
           for words in (config.positive, config.negative)]
    flat = [word for words in ids for word in words]
    if not all(flat) or len(set(flat)) < len(flat):
        words = ", ".join((*config.positive, *config.negative))
        raise WeightsError(f"{folder}: its tokeniser cannot tell the labels {words} apart; name others in {CONFIG}")
    return _Labels(*ids)


def _special_tokens(tokenizer: Any) -> re.Pattern[str]:
    """Matches every special token of more than one character; an empty pattern where there is none."""
    added = [str(t) for t in tokenizer.added_tokens_decoder.values() if t.special]
    words = sorted({w for w in (*tokenizer.all_special_tokens, *added) if len(w) > 1}, key=lambda w: (-len(w), w))
    return re.compile("|".join(map(re.escape, words)))


def _fingerprint(folder: Path) -> str:
    """sha256 over the files that make a score."""
    digest = hashlib.sha256()
    for file in sorted((*folder.glob("*.safetensors"), *(folder / name for name in _HASHED))):
        if file.is_file():
            with file.open("rb") as stream:
                digest.update(file.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
