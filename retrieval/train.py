"""Fine-tunes an encoder for premise retrieval with ReProver's loss; checkpoints that resume exactly.

Not here: batches (negatives.py), loading checkpoints (encoder.py), judging (evaluate.py). The loss is the
mean squared error between the cosine similarities of all pairs of state and premise in a batch and 1 or 0
(Yang et al. 2023, section 5.1), over the pairs whose premise is accessible.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from retrieval.corpus import Corpus
from retrieval.encoder import SETTINGS, TransformerEncoder, load_encoder
from retrieval.errors import TrainingError, missing_extra
from retrieval.evaluate import evaluate
from retrieval.examples import Example
from retrieval.negatives import Batch, Sampler

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
KEPT = 2  # checkpoints kept; each has the optimiser's state, three times the model


@dataclass(frozen=True, slots=True)
class Options:
    """How to train. The defaults are ReProver's, where it has one.

    One step is `accumulate` batches of `batch_size` examples, each with `negatives` premises that were not
    used, `in_file` of these from the module of the used one.
    """

    steps: int = 1000
    batch_size: int = 8
    accumulate: int = 1
    negatives: int = 3
    in_file: int = 1
    learning_rate: float = 1e-4
    warmup: int = 100
    clip: float = 1.0
    max_length: int | None = None
    precision: str = "auto"
    device: str | None = None
    seed: int = 0
    save_every: int = 500
    validate_every: int = 0  # steps; 0: only at the end, if there are validation examples

    def check(self) -> None:
        """Raises TrainingError for values that make no sense."""
        if min(self.steps, self.batch_size, self.accumulate, self.save_every) < 1:
            raise TrainingError("steps, batch size, accumulation and save-every must be at least 1")
        if not 0 <= self.in_file <= self.negatives:
            raise TrainingError(f"of {self.negatives} negatives, {self.in_file} cannot be from the same file")
        if self.precision not in PRECISIONS:
            raise TrainingError(f"there is no precision {self.precision!r}; there are {', '.join(PRECISIONS)}")


@dataclass(frozen=True, slots=True)
class Trained:
    """The result: the folder of the encoder (for `load_encoder`), the steps done, the last loss."""

    encoder: Path
    steps: int
    loss: float
    finished: bool


def train(
    checkpoint: str, corpus: Corpus, examples: Sequence[Example], out: Path, options: Options | None = None,
    validation: Sequence[Example] = (), resume: bool = False, progress: Callable[[int, float], None] | None = None,
) -> Trained:  # fmt: skip
    """Fine-tune the encoder `checkpoint` (a folder or hub id) on examples; writes into the folder `out`.

    `out/encoder` is the result, `out/checkpoints` what `resume` goes on from, `out/logs` for TensorBoard. The
    same seed, data and machine give the same weights, whether or not the run was interrupted and resumed.
    Interrupted (KeyboardInterrupt), it saves a checkpoint and returns with `finished` False. `progress` is
    called with (steps done, loss). Raises TrainingError, EncoderError or MissingExtra.
    """
    options = options or Options()
    options.check()
    if not examples:
        raise TrainingError("there are no examples to train on")
    run = _Run(checkpoint, corpus, examples, out, options, resume)
    with run.writer() as log:
        try:
            while run.step < options.steps:
                run.advance()
                log.add_scalar("train/loss", run.loss, run.step)
                log.add_scalar("train/learning_rate", run.rate(), run.step)
                if progress is not None:
                    progress(run.step, run.loss)
                if run.step % options.save_every == 0 and run.step < options.steps:
                    run.save()
                every = options.validate_every
                if validation and (run.step == options.steps or (every and run.step % every == 0)):
                    run.validate(validation, log)
        except KeyboardInterrupt:
            run.save()
            return Trained(run.latest(), run.step, run.loss, finished=False)
    run.save()
    run.export()
    return Trained(out / "encoder", run.step, run.loss, finished=True)


class _Run:
    """Model, optimiser and place of a run."""

    def __init__(
        self,
        checkpoint: str,
        corpus: Corpus,
        examples: Sequence[Example],
        out: Path,
        options: Options,
        resume: bool,
    ) -> None:
        try:
            import torch
        except ImportError:
            raise missing_extra("training", "torch with transformers", "models") from None
        self.torch, self.corpus, self.options, self.out = torch, corpus, options, out
        self.folder = out / "checkpoints"
        saved = _newest(self.folder)
        if saved is not None and not resume:
            raise TrainingError(f"{out} has checkpoints of an earlier run; go on with --resume, or name another folder")
        if saved is None and resume:
            raise TrainingError(f"there is no checkpoint in {self.folder} to resume from")
        self.step, self.loss = 0, float("nan")
        self.identity = _identity(checkpoint, corpus, examples, options)
        torch.manual_seed(options.seed)
        loaded = load_encoder(str(saved or checkpoint), options.device, dtype="float32", max_length=options.max_length)
        if not isinstance(loaded, TransformerEncoder):
            raise TrainingError(f"{checkpoint!r} has layers beyond its encoder, which this trainer "
                                f"would not train; take "
                                "a checkpoint with mean pooling")  # fmt: skip
        self.encoder, self.model = loaded, loaded.model
        self.device = self.model.device
        self.precision = _precision(options.precision, self.device, torch)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=options.learning_rate)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")
        self.sampler = Sampler(corpus, examples, options.batch_size, options.negatives, options.in_file, options.seed)
        if saved is not None:
            self._restore(saved)

    def rate(self) -> float:
        """Learning rate of the next step: linear warm-up, then constant."""
        return self.options.learning_rate * min(1.0, (self.step + 1) / max(1, self.options.warmup))

    def advance(self) -> None:
        torch, options = self.torch, self.options
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        total = 0.0
        for part in range(options.accumulate):
            number = self.step * options.accumulate + part
            # Dropout is seeded by the batch's number: resuming needs no generator state.
            torch.manual_seed(options.seed * 1_000_003 + number)
            loss = self._loss(self.sampler.batch(number)) / options.accumulate
            self.scaler.scale(loss).backward()
            total += float(loss.detach())
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), options.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.step, self.loss = self.step + 1, total

    def _loss(self, batch: Batch) -> Any:
        torch = self.torch
        form = self.encoder.format
        kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(self.precision, torch.float32)
        with torch.autocast(self.device.type, dtype=kind, enabled=self.precision != "fp32"):
            states = self.encoder.features([form.query(s) for s in batch.states])  # [batch, dimension]
            texts = [form.premise(self.corpus[i]) for i in batch.premises.tolist()]
            premises = self.encoder.features(texts)  # [batch · (1 + negatives), dimension]
        similarity = states.float() @ premises.float().T
        label = torch.from_numpy(batch.label).to(self.device)
        weight = torch.from_numpy(batch.weight).to(self.device)
        return (weight * (similarity - label) ** 2).sum() / weight.sum()

    def validate(self, examples: Sequence[Example], log: Any) -> None:
        from retrieval.rankers.dense import Dense

        score = evaluate(Dense.build(self.corpus, self.encoder, kind="flat"), examples)
        log.add_scalar("validation/recall@1", score.recall_1, self.step)
        log.add_scalar("validation/recall@10", score.recall_10, self.step)
        log.add_scalar("validation/mrr", score.mrr, self.step)

    @contextlib.contextmanager
    def writer(self) -> Iterator[Any]:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise missing_extra("training's log", "tensorboard", "models") from None
        # purge_step: what an interrupted run logged after its last checkpoint is logged again
        writer = SummaryWriter(str(self.out / "logs"), purge_step=self.step + 1 if self.step else None)
        try:
            yield writer
        finally:
            writer.close()

    # checkpoints

    def latest(self) -> Path:
        return self.folder / f"step-{self.step:08d}"

    def save(self) -> None:
        """Write a checkpoint; the folder gets its name when it is whole."""
        partial = self.folder / ".partial"
        shutil.rmtree(partial, ignore_errors=True)
        self._write(partial)
        state = {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict(), "step": self.step,
                 "loss": self.loss, "identity": self.identity}  # fmt: skip
        self.torch.save(state, partial / "trainer.pt")
        shutil.rmtree(self.latest(), ignore_errors=True)
        os.replace(partial, self.latest())
        for old in _checkpoints(self.folder)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def export(self) -> None:
        """`out/encoder`: the weights without the trainer's state."""
        partial, final = self.out / ".encoder", self.out / "encoder"
        shutil.rmtree(partial, ignore_errors=True)
        self._write(partial)
        shutil.rmtree(final, ignore_errors=True)
        os.replace(partial, final)

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.model.save_pretrained(folder)
        self.encoder.tokenizer.save_pretrained(folder)
        settings = {"format": self.encoder.form, "max_length": self.encoder.max_length}
        (folder / SETTINGS).write_text(json.dumps(settings))

    def _restore(self, saved: Path) -> None:
        state = self.torch.load(saved / "trainer.pt", map_location=self.device, weights_only=True)
        other = [k for k, v in state["identity"].items() if self.identity.get(k) != v]
        if other:
            raise TrainingError(f"the checkpoint {saved} belongs to another run (different: {', '.join(other)}); name "
                                "another folder or the same settings")  # fmt: skip
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.step, self.loss = state["step"], state["loss"]


def _identity(checkpoint: str, corpus: Corpus, examples: Sequence[Example], options: Options) -> dict[str, str]:
    """What must be the same for a run to go on; the number of steps and how often to save may change."""
    same = replace(options, steps=1, save_every=1, validate_every=0, device=None)
    return {"checkpoint": checkpoint, "corpus": corpus.fingerprint, "examples": str(len(examples)),
            **{k: str(v) for k, v in asdict(same).items()}}  # fmt: skip


def _precision(wanted: str, device: Any, torch: Any) -> str:
    if wanted == "auto":
        return ("bf16" if torch.cuda.is_bf16_supported() else "fp16") if device.type == "cuda" else "fp32"
    if wanted == "fp16" and device.type == "cpu":
        raise TrainingError("FP16 needs a GPU; on the CPU take --precision bf16 or fp32")
    return wanted


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"))


def _newest(folder: Path) -> Path | None:
    return next(reversed(_checkpoints(folder)), None)
