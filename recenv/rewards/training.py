"""Training the compact scorer: all heads over one encoder, a plain seeded loop that can be killed and resumed.

Losses: binary cross-entropy (graded labels as they are) for four dimensions, listwise softmax cross-entropy for
item_ranking. Rows are split by group into train, validation (early stopping, calibration) and test (reported figures only).
The same rows and settings give the same weights on one machine.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from recenv import rng
from recenv.errors import InputError, UnknownName
from recenv.records import DIMENSIONS, ScorerRow
from recenv.rewards import calibration, checkpoint, features
from recenv.rewards.batches import Augment, Prepared, Table, choose_units, collate, data_hash, part_of, prepare, usable
from recenv.rewards.calibration import Calibration
from recenv.rewards.card import card_text
from recenv.rewards.comparison import comparison_table
from recenv.rewards.cost import rows_per_second
from recenv.rewards.encoder import load_scorers
from recenv.rewards.metrics import list_nll, nll
from recenv.rewards.model import Architecture, CompactScorer, state
from recenv.rewards.tokenizer import VOCABULARY, load_tokenizer, train_tokenizer
from recenv.rewards.warmstart import Given, warm_start

Split = dict[str, list[ScorerRow]]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to train; written into the checkpoint.

    batch: units a step (lists count by their items). rows_per_epoch: most rows of a query and an
    item seen in an epoch, drawn anew each time; half as many lists or responses, which cost more.
    list_items: most items of a list seen at once. patience: epochs without a better validation loss before stopping.
    """

    seed: int = 0
    epochs: int = 6
    patience: int = 3
    batch: int = 64
    rows_per_epoch: int = 4_000
    list_items: int = 8
    learning_rate: float = 4e-4
    weight_decay: float = 0.02
    warmup: float = 0.05
    mask_share: float = 0.05
    rename_share: float = 0.1
    validation_share: float = 0.12
    test_share: float = 0.15
    vocabulary: int = VOCABULARY
    layers: int = 2
    hidden: int = 128


def train(
    rows: Iterable[ScorerRow], out: str | Path, *, dimensions: Sequence[str] = DIMENSIONS, settings: Settings | None = None,
    name: str = "compact", command: str = "", progress: Progress | None = None, resume: bool = True, overwrite: bool = False,
) -> dict[str, Any]:
    """Train scorers for the dimensions on labelled rows, write the checkpoint folder ``out``, return its metrics.

    command: how to repeat this run, for the card.
    A run that was killed goes on from its last whole epoch when called again with the same rows and settings (``resume``).
    Raises InputError for rows that cannot be trained on and for an ``out`` that holds something else.
    """
    settings = settings or Settings()
    folder = Path(out)
    _check_out(folder, overwrite)
    kept = [row for row in rows if row.dimension in dimensions and usable(row)]
    splits = _split(kept, dimensions, settings)
    digest = data_hash(kept)
    work = folder.with_name(f".{folder.name}.training")
    identity = {"data": digest, "features": [features.VERSION, {d: list(features.NAMES[d]) for d in dimensions}],
                "settings": msgspec.to_builtins(settings), "dimensions": list(dimensions)}
    _open_work(work, identity, resume)
    tokenizer = _tokenizer(work, splits, settings)
    table = Table()
    tell = progress or (lambda *_: None)
    data: dict[str, dict[str, Prepared]] = {}
    for n, d in enumerate(dimensions):
        tell(f"preparing {d}", n, len(dimensions))
        data[d] = {part: prepare(splits[part][d], table) for part in ("train", "validation")}
    table.tokenise(tokenizer)
    model = _new_model(tokenizer, dimensions, settings, {d: data[d]["train"].features for d in dimensions})
    with _one_thread():
        curve = _Loop(model, data, table, tokenizer, settings, work, tell).run()
        config = _config(model, data, table, dimensions, name, digest, settings, len(curve))
    metrics: dict[str, Any] = {"curve": curve, "rows": {p: {d: len(splits[p][d]) for d in dimensions} for p in splits}}
    checkpoint.write(folder, model, tokenizer, config, metrics, "")
    metrics["held_out"] = comparison_table([r for d in dimensions for r in splits["test"][d]], load_scorers(folder),
                                           [r for d in dimensions for r in splits["train"][d]])
    metrics["cost"] = rows_per_second(folder, [r for d in dimensions for r in splits["test"][d]])
    checkpoint.write(folder, model, tokenizer, config, metrics, card_text(config, metrics, command))
    shutil.rmtree(work, ignore_errors=True)
    return metrics


@contextmanager
def _one_thread() -> Iterator[None]:
    """Gradients that several threads add up differ in the last bit from run to run; with one thread weights are the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _check_out(folder: Path, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder} exists and is not a scorer checkpoint; choose another out folder, nothing was touched")
    if not overwrite:
        raise InputError(f"{folder} holds a checkpoint already; choose another out folder, or pass overwrite to replace it")


def _split(rows: Sequence[ScorerRow], dimensions: Sequence[str], settings: Settings) -> dict[str, Split]:
    splits: dict[str, Split] = {part: {d: [] for d in dimensions} for part in ("train", "validation", "test")}
    for d in dimensions:
        if d not in DIMENSIONS:
            raise UnknownName("dimension", d, DIMENSIONS)
    for row in rows:
        splits[part_of(row, settings.validation_share, settings.test_share)][row.dimension].append(row)
    for part, by_dimension in splits.items():
        for d, found in by_dimension.items():
            if not found:
                raise InputError(f"no usable {d} row falls into the {part} part; expected labelled rows of several groups "
                                 f"(users, prompts), got {sum(r.dimension == d for r in rows)} rows")
    return splits


def _open_work(work: Path, identity: dict[str, Any], resume: bool) -> None:
    """Keep the folder of an unfinished run only when it is this very run."""
    file = work / "run.json"
    if not resume or not file.is_file() or json.loads(file.read_text("utf-8")) != identity:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        checkpoint.write_json(file, identity)


def _tokenizer(work: Path, splits: dict[str, Split], settings: Settings) -> Tokenizer:
    file = work / "tokenizer.json"
    if file.is_file():
        return load_tokenizer(file)
    texts = (t for rows in splits["train"].values() for r in rows
             for t in (r.instruction, r.query, r.response, r.evidence, r.user, r.context, r.item, *r.items) if t)
    tokenizer = train_tokenizer(texts, settings.vocabulary)
    tokenizer.save(str(file))
    return tokenizer


def _new_model(
    tokenizer: Tokenizer, dimensions: Sequence[str], settings: Settings, given: dict[str, NDArray[np.float32]]
) -> CompactScorer:
    architecture = Architecture(
        vocabulary=tokenizer.get_vocab_size(), layers=settings.layers, hidden=settings.hidden, dimensions=tuple(dimensions)
    )
    model = CompactScorer(architecture)
    model.initialise(torch.Generator().manual_seed(settings.seed))
    for d in dimensions:
        mean, scale = _moments(given[d])
        model.head(d).mean.copy_(torch.from_numpy(mean))
        model.head(d).scale.copy_(torch.from_numpy(scale))
    return model


def _moments(given: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and scale of features (U, E), NaN left out.

    The scale is at least 0.05, so that a feature that hardly varies in training does not explode on other text; one that
    does not vary at all is muted by a huge scale, since its weights are never trained.
    """
    known = ~np.isnan(given)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, given, 0.0).sum(0) / count
    deviation = np.sqrt(np.where(known, (given - mean) ** 2, 0.0).sum(0) / count)
    scale = np.where(deviation > 1e-4, np.maximum(deviation, 0.05), 6e4)  # 6e4 still fits float16
    return mean.astype(np.float32), scale.astype(np.float32)


class _Loop:
    """Epochs over all dimensions, with the state on disk after each."""

    def __init__(self, model: CompactScorer, data: dict[str, dict[str, Prepared]], table: Table, tokenizer: Tokenizer,
                 settings: Settings, work: Path, tell: Progress) -> None:
        self.model, self.data, self.table, self.settings, self.work, self.tell = model, data, table, settings, work, tell
        self.augment = Augment(tokenizer, settings.mask_share, settings.rename_share)
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        self.curve: list[dict[str, Any]] = []
        self.per_epoch = len(self._plan(0))

    def run(self) -> list[dict[str, Any]]:
        """Train, leave the best epoch's weights in the model, return the curve."""
        if not self._restore():
            self._warm_start()
        for epoch in range(len(self.curve), self.settings.epochs):
            best = min((c["validation"] for c in self.curve), default=math.inf)
            since = sum(1 for c in self.curve if c["epoch"] > self._best_epoch())
            if self.curve and since >= self.settings.patience:
                break
            losses = self._epoch(epoch)
            validation = {d: validation_loss(self.model, parts["validation"], self.table, d) for d, parts in self.data.items()}
            mean = float(np.mean(list(validation.values())))
            self.curve.append({"epoch": epoch, "train": losses, "validation": mean, "by_dimension": validation})
            self._save(better=mean < best)
        self.model.load_state_dict(load_file(str(self.work / "best.safetensors")))
        return self.curve

    def _best_epoch(self) -> int:
        return int(min(self.curve, key=lambda c: c["validation"])["epoch"]) if self.curve else -1

    def _plan(self, epoch: int) -> list[tuple[str, NDArray[np.int64]]]:
        """The batches of an epoch as (dimension, row numbers), mixed over dimensions."""
        s, plan = self.settings, []
        for d, parts in self.data.items():
            most = s.rows_per_epoch // (1 if d in ("query_item_relevance", "behavior_prediction") else 2)
            order = rng.permutation(len(parts["train"].rows), s.seed, rng.word(d), epoch)[:most]
            size = max(1, s.batch // s.list_items) * 2 if d == "item_ranking" else s.batch
            plan += [(d, order[at:at + size]) for at in range(0, len(order), size)]
        return [plan[i] for i in rng.permutation(len(plan), s.seed, rng.word("plan"), epoch)]

    def _epoch(self, epoch: int) -> dict[str, float]:
        s, sums = self.settings, {d: [0.0, 0.0] for d in self.data}
        self.model.train()
        plan = self._plan(epoch)
        for n, (d, rows) in enumerate(plan):
            step = epoch * self.per_epoch + n
            for group in self.optimizer.param_groups:
                group["lr"] = s.learning_rate * _schedule(step, s.epochs * self.per_epoch, s.warmup)
            parts = self.data[d]["train"]
            batch = collate(parts, self.table, choose_units(parts, rows, s.list_items, s.seed, step), d == "item_ranking")
            self.augment(batch, s.seed, step)
            loss = self.model(d, **batch)["loss"]
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            sums[d][0] += loss.item()
            sums[d][1] += 1
            self.tell(f"epoch {epoch + 1}", n + 1, len(plan))
        return {d: total / max(count, 1) for d, (total, count) in sums.items()}

    def _save(self, better: bool) -> None:
        """Weights, optimizer and curve, each file replaced whole; the curve last, since it says how far the run is."""
        tensors = {f"model.{k}": v for k, v in state(self.model).items()}
        for n, p in enumerate(self.model.parameters()):
            for k, v in self.optimizer.state.get(p, {}).items():
                tensors[f"optimizer.{n}.{k}"] = torch.as_tensor(v).detach().clone().contiguous()
        epoch = len(self.curve)
        save_file(tensors, str(self.work / f"state-{epoch}.safetensors"))
        if better:
            save_file(state(self.model), str(self.work / "best.part"))
            (self.work / "best.part").replace(self.work / "best.safetensors")
        checkpoint.write_json(self.work / "curve.json", self.curve)
        (self.work / f"state-{epoch - 1}.safetensors").unlink(missing_ok=True)

    def _warm_start(self) -> None:
        for n, (d, parts) in enumerate(self.data.items()):
            self.tell(f"fitting the features of {d}", n, len(self.data))
            warm_start(self.model.head(d), _given(parts["train"], d), _given(parts["validation"], d), self.settings.seed)

    def _restore(self) -> bool:
        """Whether there was an unfinished run to go on from."""
        file = self.work / "curve.json"
        if not file.is_file():
            return False
        self.curve = json.loads(file.read_text("utf-8"))
        tensors = load_file(str(self.work / f"state-{len(self.curve)}.safetensors"))
        self.model.load_state_dict({k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")})
        for n, p in enumerate(self.model.parameters()):
            own = {k.split(".", 2)[2]: v for k, v in tensors.items() if k.startswith(f"optimizer.{n}.")}
            if own:
                self.optimizer.state[p].update(own)
        return True


def _given(data: Prepared, dimension: str) -> Given:
    lists = np.repeat(np.arange(len(data.rows)), np.diff(data.start)) if dimension == "item_ranking" else None
    return Given(data.features, data.labels, lists)


def _schedule(step: int, total: int, warmup: float) -> float:
    """Linear warm-up, then a cosine down to 5 %."""
    ramp = max(1, int(warmup * total))
    if step < ramp:
        return (step + 1) / ramp
    return 0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, (step - ramp) / max(1, total - ramp))))


def predict(model: CompactScorer, data: Prepared, table: Table, dimension: str) -> NDArray[np.float64]:
    """(U,) logits of all units."""
    model.eval()
    out = []
    with torch.inference_mode():
        for at in range(0, len(data.labels), 128):
            units = np.arange(at, min(at + 128, len(data.labels)))
            batch = collate(data, table, [units], False)
            batch.pop("labels")
            out.append(model(dimension, **batch)["logits"].double().numpy())
    return np.concatenate(out)


def validation_loss(model: CompactScorer, data: Prepared, table: Table, dimension: str) -> float:
    """Negative log-likelihood relative to a constant's (or, for lists, a uniform guess's): below 1 is better than that."""
    z = predict(model, data, table, dimension)
    if dimension == "item_ranking":
        gains = _per_row(data, data.labels)
        uniform = list_nll(gains, [np.full(len(g), 1.0 / len(g)) for g in gains])
        return list_nll(gains, [Calibration().apply_list(v) for v in _per_row(data, z)]) / max(uniform, 1e-9)
    labels = data.labels.astype(np.float64)
    base = np.full(len(z), labels.mean())
    return nll(labels, Calibration().apply(z)) / max(nll(labels, base), 1e-9)


def _per_row(data: Prepared, values: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    return [np.asarray(v, np.float64) for v in np.split(values, data.start[1:-1])]


def _config(model: CompactScorer, data: dict[str, dict[str, Prepared]], table: Table, dimensions: Sequence[str],
            name: str, digest: str, settings: Settings, epochs: int) -> checkpoint.Config:
    """Round the weights to what is stored, then calibrate those on the validation rows."""
    model.load_state_dict({k: v.half().float() for k, v in model.state_dict().items()})
    found: dict[str, Calibration] = {}
    for d in dimensions:
        held = data[d]["validation"]
        z = predict(model, held, table, d)
        if d == "item_ranking":
            found[d] = calibration.fit_lists(_per_row(held, z), _per_row(held, held.labels))
        else:
            fold = np.array([rng.word(r.group or r.id) % 2 for r in held.rows])
            found[d] = calibration.fit(z, held.labels.astype(np.float64), fold)
    return checkpoint.Config(
        schema=checkpoint.SCHEMA, name=name, architecture=model.architecture, features_version=features.VERSION,
        features={d: features.NAMES[d] for d in dimensions}, calibration=found, training_data=digest,
        trained={"settings": msgspec.to_builtins(settings), "epochs": epochs, "threads": torch.get_num_threads(),
                 "torch": str(torch.__version__)},
    )
