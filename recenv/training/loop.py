"""The training loop: transformers' Trainer over batches that are planned in advance.

What the Trainer brings works unchanged: torchrun over several devices, mixed precision, gradient clipping, resuming from the
last whole epoch, best weights at the end. One item of its data set is one whole batch, of one dimension.
"""

from __future__ import annotations

import json
import math
import os
import random  # noqa: TID251  (its state is put back, nothing is drawn from it)
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler, SequentialSampler
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from recenv.rewards.models.threads import so_many_threads
from recenv.training.base import quiet
from recenv.training.examples import Progress
from recenv.training.learner import Learner
from recenv.training.losses import dimension_loss
from recenv.training.plan import epoch_plan
from recenv.training.warmstart import warm_start

Curve = list[dict[str, Any]]
"""One record an epoch: epoch (from 0), train (loss by dimension that was trained on), validation (mean), by_dimension."""

_CLIP = 1.0
_LAST = 0.05  # of the learning rate, at the end of the schedule


def train_network(learner: Learner, work: Path, tell: Progress) -> Curve:
    """Train, leave the best epoch's weights in the model, return the curve. Goes on with an unfinished run in ``work``."""
    runs = work.resolve() / "run"
    with quiet(), _generators_kept(), so_many_threads(learner.settings.threads):
        last = _last_whole(runs)
        if last is None:
            _warm_start(learner, tell)
        if not learner.pools():  # nothing is read: the features have been fitted to the end
            losses = {d: learner.validation_loss(d) for d in learner.data}
            return [{"epoch": 0, "train": {}, "validation": float(np.mean(list(losses.values()))), "by_dimension": losses}]
        trainer = _LearnerTrainer(learner, runs, tell)
        state = json.loads((last / "trainer_state.json").read_text("utf-8")) if last else {}
        curve = _curve(state.get("log_history", []))
        if last is None or not _done(curve, learner.settings.epochs, learner.settings.patience):
            trainer.train(resume_from_checkpoint=str(last) if last else None)
            learner.model.cpu()  # what follows fits and measures what will be stored
            return _curve(trainer.state.log_history)
        learner.model.load_state_dict(load_file(str(Path(state["best_model_checkpoint"]) / "model.safetensors")))
        return curve


def rank() -> int:
    """The number of this process under torchrun, 0 without it."""
    return int(os.environ.get("RANK", "0"))


def wait_for_everyone() -> None:
    """Let all processes of a torchrun come here; nothing without it."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available()).wait_for_everyone()


class _Epochs(Dataset[dict[str, Any]]):
    """The batches of the current epoch."""

    def __init__(self, learner: Learner) -> None:
        self.learner, self.pools = learner, learner.pools()
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        self.epoch, self.plan = epoch, epoch_plan(self.pools, self.learner.settings, epoch)

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, n: int) -> dict[str, Any]:
        dimension, rows = self.plan[n]
        return self.learner.batch(dimension, rows, self.epoch * len(self.plan) + n)


class _LearnerTrainer(Trainer):
    """Trainer with a learner's batches, losses by dimension, and a validation loss that is comparable between dimensions."""

    def __init__(self, learner: Learner, runs: Path, tell: Progress) -> None:
        s, epochs = learner.settings, _Epochs(learner)
        self.learner, self.epochs, self.sums = learner, epochs, {d: [0.0, 0.0] for d in learner.data}
        arguments = TrainingArguments(
            output_dir=str(runs), num_train_epochs=s.epochs, per_device_train_batch_size=1, max_grad_norm=_CLIP, seed=s.seed,
            bf16=s.bf16, use_cpu=not torch.cuda.is_available(), eval_strategy="epoch", save_strategy="epoch", save_total_limit=2,
            load_best_model_at_end=True, metric_for_best_model="eval_loss", greater_is_better=False, logging_strategy="no",
            report_to="none", disable_tqdm=True, remove_unused_columns=False, dataloader_pin_memory=False,
            label_names=["labels"], ddp_find_unused_parameters=True,  # a batch leaves the heads of other dimensions out
        )
        _ = arguments.device  # sets the number of devices
        arguments._n_gpu = min(1, arguments.n_gpu)  # several devices: torchrun, not threads of one process
        optimizer = torch.optim.AdamW(learner.parameter_groups())
        steps = math.ceil(len(epochs) / arguments.world_size)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, s.epochs * steps, s.warmup))
        super().__init__(
            model=learner.model, args=arguments, train_dataset=epochs, eval_dataset=epochs, data_collator=_only,
            optimizers=(optimizer, scheduler), callbacks=[_Follow(self.sums, epochs, s.patience, steps, tell)],
        )
        self.remove_callback(PrinterCallback)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return SequentialSampler(range(len(self.epochs)))

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False,
                     num_items_in_batch: Any = None) -> Any:
        told = {name: inputs.pop(name, None) for name in ("labels", "lists", "pair_weight")}
        logits = model(**inputs)
        loss = dimension_loss(inputs["dimension"], logits.float(), **told)
        own = self.sums[inputs["dimension"]]
        own[0] += float(loss.detach())
        own[1] += 1
        return (loss, {"logits": logits}) if return_outputs else loss

    def evaluate(self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval") -> dict[str, float]:
        """Validation losses; every process computes them all, so that all stop at the same epoch."""
        found = {d: self.learner.validation_loss(d) for d in self.learner.data}
        metrics = {"eval_loss": float(np.mean(list(found.values()))), **{f"eval_{d}": v for d, v in found.items()}}
        self.log({**metrics, **{f"train_{d}": total / count for d, (total, count) in self.sums.items() if count}})
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _save(self, output_dir: str | None = None, state_dict: Mapping[str, Tensor] | None = None) -> None:
        """Weights as safetensors alone.

        Optimizer, scheduler and generators are written by the Trainer with torch.save. They are read back with weights_only,
        which runs no code, and only from the working folder of this very run; a finished checkpoint holds none of them.
        """
        folder = Path(str(output_dir or self.args.output_dir))
        folder.mkdir(parents=True, exist_ok=True)
        tensors = state_dict if state_dict is not None else self.learner.model.state_dict()
        # Not by save_file, which hides what the disk says.
        (folder / "model.safetensors").write_bytes(save({k: v.detach().cpu().clone().contiguous() for k, v in tensors.items()}))


class _Follow(TrainerCallback):
    """Chooses the epoch's batches, reports progress, stops early. Keeps no state that a resumed run would miss."""

    def __init__(self, sums: dict[str, list[float]], epochs: _Epochs, patience: int, steps: int, tell: Progress) -> None:
        self.sums, self.epochs, self.patience, self.steps, self.tell = sums, epochs, patience, steps, tell

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.epochs.set_epoch(state.global_step // self.steps)
        for own in self.sums.values():
            own[:] = [0.0, 0.0]

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        epoch, step = divmod(state.global_step - 1, self.steps)
        self.tell(f"epoch {epoch + 1}", step + 1, self.steps)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
        if _done(_curve(state.log_history), math.inf, self.patience):
            control.should_training_stop = True


def _only(items: list[dict[str, Any]]) -> dict[str, Any]:
    return items[0]


def _curve(history: list[dict[str, Any]]) -> Curve:
    """The records of the Trainer's log that hold a validation loss."""
    found: Curve = []
    for entry in history:
        if "eval_loss" in entry:
            own = {k: v for k, v in entry.items() if k != "eval_loss"}
            train, validation = ({k.removeprefix(p): v for k, v in own.items() if k.startswith(p)} for p in ("train_", "eval_"))
            found.append({"epoch": len(found), "train": train, "validation": entry["eval_loss"], "by_dimension": validation})
    return found


def _done(curve: Curve, epochs: float, patience: int) -> bool:
    """Whether all epochs are over, or the last ``patience`` of them were no better than one before."""
    best = min(curve, key=lambda c: c["validation"])["epoch"] if curve else 0
    return len(curve) >= epochs or len(curve) - 1 - best >= patience


def _last_whole(runs: Path) -> Path | None:
    """The newest checkpoint of an unfinished run that was written to its end; torn ones are removed."""
    whole: dict[int, Path] = {}
    for folder in sorted(runs.glob("checkpoint-*")):
        try:
            whole[int(json.loads((folder / "trainer_state.json").read_text("utf-8"))["global_step"])] = folder
        except (OSError, ValueError, KeyError):
            shutil.rmtree(folder, ignore_errors=True)
    return whole[max(whole)] if whole else None


def _warm_start(learner: Learner, tell: Progress) -> None:
    for n, d in enumerate(learner.data):
        tell(f"fitting the features of {d}", n, len(learner.data))
        wide = learner.wide(d)
        if wide is not None:
            warm_start(wide, learner.given(d, "train"), learner.given(d, "validation"), learner.settings.seed)


def _rate(step: int, total: int, warmup: float) -> float:
    """Linear warm-up, then a cosine down to 5 %."""
    ramp = max(1, int(warmup * total))
    if step < ramp:
        return (step + 1) / ramp
    return _LAST + (1.0 - _LAST) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, (step - ramp) / max(1, total - ramp))))


@contextmanager
def _generators_kept() -> Iterator[None]:
    """The Trainer seeds the global generators; a caller finds them as they were."""
    plain, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng(devices=range(torch.cuda.device_count()) if torch.cuda.is_available() else []):
        try:
            yield
        finally:
            random.setstate(plain)
            np.random.set_state(legacy)  # noqa: NPY002
