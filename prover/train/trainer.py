"""Fine-tuning a causal or encoder-decoder transformer on (state, premises) → tactic pairs, full or LoRA.

The training loop is transformers' `Trainer` (mixed precision, gradient accumulation, checkpoints); here is what is
ours: the same tokens that inference uses, checkpoints that are checked before they are trusted, and errors as
sentences. Same data, settings and seed give the same weights, also when the run was stopped in between. Not here:
where pairs come from, the small policy, expert iteration.
"""

from __future__ import annotations

import math
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from prover.generators.prompts import FORMATS, Format, StateQuestion
from prover.models.checkpoint import Checkpoint, is_out_of_memory, load, quiet
from prover.models.errors import BadRequest, need
from prover.models.registry import split_spec
from prover.models.tokens import encode, encode_continuation
from prover.train.examples import Example, data_hash
from prover.train.folder import MODEL, Trained, begin, end

Method: TypeAlias = Literal["full", "lora"]
Precision: TypeAlias = Literal["auto", "fp32", "bf16", "fp16"]

# Positions of the loss that are not counted: the prompt's, and padding.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Settings:
    """One training run.

    base: a checkpoint, as `open_model` takes it. out: folder for checkpoints, logs and the model.
    format: a text format of `FORMATS`; None takes the base's own, else "reprover-retrieval" for an encoder-decoder
        and "premises-state" for a decoder.
    steps: optimiser steps; 0 trains `epochs` passes. batch_size: pairs at a time; accumulate: batches a step.
    max_length: most tokens of prompt and tactic together. precision: "auto" is BF16 or FP16 on a GPU, FP32 on a CPU.
    save_every: steps between checkpoints. lora_rank: of the update matrices; alpha is twice that.
    """

    base: str
    out: str
    format: str | None = None
    method: Method = "full"
    epochs: float = 1.0
    steps: int = 0
    batch_size: int = 8
    accumulate: int = 1
    learning_rate: float = 1e-4
    warmup: int = 0
    max_length: int = 1024
    precision: Precision = "auto"
    device: str = "auto"
    seed: int = 0
    save_every: int = 500
    lora_rank: int = 16

    def check(self) -> None:
        """Raises BadRequest where a value makes no sense."""
        for name in ("batch_size", "accumulate", "save_every", "lora_rank"):
            if getattr(self, name) < 1:
                raise BadRequest(f"`{name}` must be at least 1.")
        if self.method not in ("full", "lora"):
            raise BadRequest(f"`method` is 'full' or 'lora', not {self.method!r}.")
        if self.precision not in ("auto", "fp32", "bf16", "fp16"):
            raise BadRequest(f"`precision` is 'auto', 'fp32', 'bf16' or 'fp16', not {self.precision!r}.")
        if self.steps < 0 or self.warmup < 0 or not self.epochs > 0 or not self.learning_rate > 0:
            raise BadRequest("`epochs` and `learning_rate` must be positive, `steps` and `warmup` not negative.")
        if self.max_length < 8:
            raise BadRequest("`max_length` must be at least 8.")


def finetune(
    examples: Sequence[Example],
    settings: Settings,
    validation: Sequence[Example] = (),
    resume: bool = False,
    report: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> Trained:
    """Train, and save the model as a checkpoint that `open_model` opens (LoRA weights merged).

    Ctrl-C saves a checkpoint and ends the run; `resume` goes on from the newest checkpoint that is whole, and returns
    what a finished run returned.

    Args:
        report: called with step, number of steps and loss as the run goes.

    Raises:
        BadRequest: too few pairs, settings that make no sense, checkpoints of another run or damaged ones, a loss that
            is not a number, or too little memory.
        ModelMissing: the base or a package is not there.
    """
    settings.check()
    if len(examples) < 2:
        counted = "no example" if not examples else "one example"
        raise BadRequest(f"The training set has {counted}: there is nothing to learn from fewer than two.")
    torch, transformers, _ = need("torch"), need("transformers"), need("accelerate")
    out = Path(settings.out).expanduser()
    kind, source = split_spec(settings.base)
    if kind != "transformers":
        raise BadRequest(f"Only a transformers checkpoint can be trained, and {settings.base!r} is of kind {kind!r}.")
    begun = begin(out, _identity(settings, examples), resume)
    if begun.finished is not None:
        return begun.finished

    transformers.set_seed(settings.seed)
    checkpoint = load(source, device=settings.device, dtype="float32", limit=settings.max_length)
    form = _format(settings.format, checkpoint)
    model = checkpoint.model.requires_grad_(True).train()
    # The cache is of no use in training, and some architectures warn about it.
    model.config.use_cache = False
    if settings.method == "lora":
        model = _with_lora(model, checkpoint.encoder_decoder, settings)
    pairs = [_encoded(example, form, checkpoint) for example in examples]
    held_out = [_encoded(example, form, checkpoint) for example in validation]
    log = need("torch.utils.tensorboard").SummaryWriter(str(out / "logs"))
    watch = _watch(transformers, report)
    trainer = transformers.Trainer(
        model=model,
        args=_arguments(torch, transformers, settings, checkpoint, out),
        train_dataset=pairs,
        eval_dataset=held_out or None,
        data_collator=_collate,
        callbacks=[transformers.integrations.TensorBoardCallback(log), watch],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    try:
        with _stoppable(watch), quiet(transformers):
            trainer.train(resume_from_checkpoint=str(begun.checkpoint) if begun.checkpoint else None)
        stopped = watch.stop
        value = float(trainer.evaluate()["eval_loss"]) if held_out and not stopped else None
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise BadRequest(
            f"A batch of {settings.batch_size} does not fit into memory: halve `batch_size` and double "
            "`accumulate`; checkpoints are kept."
        ) from error
    finally:
        log.close()
    steps = trainer.state.global_step
    if stopped:
        return Trained(None, steps, watch.loss, notes=begun.notes)
    folder = _save(trainer.model, checkpoint, form, out, settings)
    trained = Trained(str(folder), steps, watch.loss, value, begun.notes)
    end(out, trained)
    return trained


def _identity(settings: Settings, examples: Sequence[Example]) -> dict[str, Any]:
    """What determines the weights: where a run lies, on what it runs and how often it saves do not."""
    fields = asdict(settings)
    for name in ("out", "device", "save_every"):
        del fields[name]
    return {**fields, "data": data_hash(examples)}


def _format(name: str | None, checkpoint: Checkpoint) -> Format:
    default = "reprover-retrieval" if checkpoint.encoder_decoder else "premises-state"
    form = FORMATS.get(name or checkpoint.prompt_format or default)
    if form is None or form.level != "tactic" or not form.single:
        texts = ", ".join(entry.name for entry in FORMATS.values() if entry.level == "tactic" and entry.single)
        raise BadRequest(f"{name!r} is no format to train on: it is one of {texts}.")
    return form


def _with_lora(model: Any, encoder_decoder: bool, settings: Settings) -> Any:
    """Low-rank updates on every linear layer (Hu et al., 2022; all layers as in QLoRA: Dettmers et al., 2023)."""
    peft = need("peft")
    config = peft.LoraConfig(
        task_type="SEQ_2_SEQ_LM" if encoder_decoder else "CAUSAL_LM",
        r=settings.lora_rank,
        lora_alpha=2 * settings.lora_rank,
        target_modules="all-linear",
    )
    return peft.get_peft_model(model, config)


def _encoded(example: Example, form: Format, checkpoint: Checkpoint) -> dict[str, list[int]]:
    """Token ids and labels, exactly as generation will see the prompt and has to write the tactic."""
    target = list(encode_continuation(checkpoint, example.tactic))[: checkpoint.limit // 2]
    prompt, _ = encode(checkpoint, form.write(StateQuestion(example.state, example.premises)), len(target))
    if checkpoint.encoder_decoder:
        return {"input_ids": list(prompt), "labels": target}
    return {"input_ids": [*prompt, *target], "labels": [IGNORED] * len(prompt) + target}


def _collate(batch: Sequence[dict[str, list[int]]]) -> dict[str, Any]:
    """Padded on the right: `input_ids`, `attention_mask`, `labels`, each `[pairs, tokens]`."""
    import torch

    def padded(name: str, value: int) -> Any:
        width = max(len(pair[name]) for pair in batch)
        return torch.tensor([pair[name] + [value] * (width - len(pair[name])) for pair in batch])

    width = max(len(pair["input_ids"]) for pair in batch)
    mask = [[1] * len(pair["input_ids"]) + [0] * (width - len(pair["input_ids"])) for pair in batch]
    return {
        "input_ids": padded("input_ids", 0),
        "attention_mask": torch.tensor(mask),
        "labels": padded("labels", IGNORED),
    }


def _arguments(torch: Any, transformers: Any, settings: Settings, checkpoint: Checkpoint, out: Path) -> Any:
    cuda = checkpoint.device.type == "cuda"
    precision = settings.precision
    if precision == "auto":
        precision = ("bf16" if torch.cuda.is_bf16_supported() else "fp16") if cuda else "fp32"
    if precision == "fp16" and not cuda:
        raise BadRequest("FP16 training needs a GPU: use 'bf16' or 'fp32'.")
    return transformers.TrainingArguments(
        output_dir=str(out),
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        num_train_epochs=settings.epochs,
        max_steps=settings.steps or -1,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=settings.warmup,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=checkpoint.device.type == "cpu",
        seed=settings.seed,
        data_seed=settings.seed,
        save_strategy="steps",
        save_steps=settings.save_every,
        # The one before the newest is what is left if the newest is cut off.
        save_total_limit=2,
        logging_steps=1,
        # A NaN is reported, not averaged away.
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        dataloader_pin_memory=cuda,
    )


def _watch(transformers: Any, report: Callable[[int, int, float], None]) -> Any:
    """A callback that reports the loss, refuses one that is not a number, and ends the run when asked."""

    class Watch(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
        loss = math.nan
        stop = False

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
            if logs and "loss" in logs:
                self.loss = float(logs["loss"])
                if not math.isfinite(self.loss):
                    raise BadRequest(
                        f"The loss is not a number at step {state.global_step}: lower the learning rate or train in "
                        "fp32; the checkpoints before it are kept."
                    )
                report(state.global_step, state.max_steps, self.loss)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if self.stop:
                control.should_save = control.should_training_stop = True

    return Watch()


@contextmanager
def _stoppable(watch: Any) -> Iterator[None]:
    """Ctrl-C ends the run after the step it is in, with a checkpoint; a second one at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def asked(_number: int, _frame: Any) -> None:
        if watch.stop:
            raise KeyboardInterrupt
        watch.stop = True

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _save(model: Any, checkpoint: Checkpoint, form: Format, out: Path, settings: Settings) -> Path:
    """The trained model, written beside its place and then moved there, so that it is never half a model."""
    if settings.method == "lora":
        model = model.merge_and_unload()
    model.config.use_cache = True
    model.config.entails_prompt_format = form.name
    part, folder = out / f"{MODEL}.part", out / MODEL
    with quiet(need("transformers")):
        model.save_pretrained(part)
        checkpoint.tokenizer.save_pretrained(part)
    # A run that had ended and was resumed has a model already.
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder
