"""A critic that reads states with a transformer encoder and a linear head.

Not here: small critics for a CPU (search/critic/models.py). Needs `torch` and `transformers` (the `models`
extra). All children of a batch come in one call; they are sorted by length, so that little is padding, and
run in batches that fit: an out-of-memory halves the batch and goes on, and the size that worked is kept. On
a GPU in half precision (bfloat16 where the card has it: T5 encoders overflow in float16).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from search.batching import halving
from search.critic.models import MAX_LOG
from search.critic.samples import Curation, Sample, curate
from search.critic.train import Quality, enough, judge, split
from search.errors import MissingLibrary, SearchError
from search.protocols import State

if TYPE_CHECKING:
    import torch

HEAD = "critic_head.safetensors"


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingLibrary(
            f"a transformer critic needs {error.name}, which is not installed: pip install 'entails[models]'"
        ) from None
    return torch, transformers


def pick_device(wanted: str | None = None) -> str:
    """`wanted`, or the best there is: "cuda", "mps" or "cpu"."""
    torch, _ = _libraries()
    if wanted:
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch says that the device's memory does not suffice."""
    torch, _ = _libraries()
    return isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(error)


class TransformerCritic:
    """A `Critic`: encoder → mean over the tokens → linear → log(1 + distance)."""

    def __init__(
        self,
        encoder: Any,
        tokenizer: Any,
        head: torch.nn.Linear | None = None,
        device: str | None = None,
        max_tokens: int = 1024,
        batch: int = 64,
    ) -> None:
        torch, _ = _libraries()
        self.device = pick_device(device)
        self.encoder = encoder.to(self.device).eval()
        self.tokenizer = tokenizer
        self.head = (head or torch.nn.Linear(encoder.config.hidden_size, 1)).to(self.device)
        self.max_tokens = max_tokens
        self.batch = batch  # as large as the memory has allowed so far
        self._half = None
        if self.device.startswith("cuda"):
            self._half = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16

    @classmethod
    def load(cls, folder: Path | str, device: str | None = None, **options: Any) -> TransformerCritic:
        """The critic that `save` wrote. Errors: `SearchError` where the folder holds none."""
        torch, transformers = _libraries()
        from safetensors.torch import load_file

        folder = Path(folder)
        if not (folder / HEAD).is_file():
            raise SearchError(f"{folder} holds no critic: {HEAD} is missing")
        try:
            encoder = transformers.AutoModelForTextEncoding.from_pretrained(folder)
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
            weights = load_file(folder / HEAD)
            head = torch.nn.Linear(encoder.config.hidden_size, 1)
            head.load_state_dict(weights)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise SearchError(f"the critic in {folder} cannot be loaded: {error}") from None
        return cls(encoder, tokenizer, head, device, **options)

    @classmethod
    def start(cls, checkpoint: str, device: str | None = None, **options: Any) -> TransformerCritic:
        """An untrained head on an encoder, by folder or hub id. Errors: `SearchError`."""
        _, transformers = _libraries()
        try:
            encoder = transformers.AutoModelForTextEncoding.from_pretrained(checkpoint)
            tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
        except (OSError, ValueError) as error:
            raise SearchError(f"the encoder {checkpoint} cannot be loaded: {error}") from None
        return cls(encoder, tokenizer, None, device, **options)

    def save(self, folder: Path | str) -> None:
        """Encoder, tokenizer and head into one folder."""
        from safetensors.torch import save_file

        folder = Path(folder)
        self.encoder.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        save_file({name: part.cpu().contiguous() for name, part in self.head.state_dict().items()}, folder / HEAD)

    def score(self, states: Sequence[State]) -> list[float]:
        """Predicted distance of each state, ≥ 0, [states]."""
        return self.score_texts([state.text for state in states])

    def score_texts(self, texts: Sequence[str]) -> list[float]:
        """As `score`, for texts; of a long text the end, where the target is, is kept."""
        torch, _ = _libraries()
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))

        def call(batch: list[int]) -> list[float]:
            with torch.inference_mode():
                logs = self._forward([texts[at] for at in batch]).clamp(0.0, MAX_LOG)
                return torch.expm1(logs).tolist()

        def fits(error: BaseException) -> bool:
            if not out_of_memory(error):
                return False
            if self.device.startswith("cuda"):
                torch.cuda.empty_cache()  # what the failed batch reserved is in the way of the next
            return True

        if not texts:
            return []
        found, size = halving(call, order, fits, self.batch)
        if size < min(self.batch, len(texts)):
            self.batch = size
        scores = [0.0] * len(texts)
        for at, score in zip(order, found, strict=True):
            scores[at] = score
        return scores

    def _forward(self, texts: list[str]) -> torch.Tensor:
        """Texts → log(1 + distance), float32 [texts]."""
        torch, _ = _libraries()
        # A token is at least a byte: cutting first keeps a text of 10 MB away from the tokenizer.
        cut = [text.encode("utf-8", "replace")[-4 * self.max_tokens :].decode("utf-8", "ignore") for text in texts]
        self.tokenizer.truncation_side = "left"
        tokens = self.tokenizer(
            cut, padding=True, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        ).to(self.device)
        with torch.autocast(self.device.split(":")[0], dtype=self._half, enabled=self._half is not None):
            hidden = self.encoder(
                input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
            ).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1).float()
        mean = (hidden.float() * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1.0)
        return self.head(mean)[:, 0]


def fit(
    critic: TransformerCritic,
    samples: Sequence[Sample],
    steps: int = 1000,
    batch: int = 16,
    learning_rate: float = 1e-4,
    seed: int = 0,
    on_step: Callable[[int, float], None] | None = None,
) -> list[float]:
    """Fine-tune encoder and head on samples (curate them first); returns the loss of each step.

    AdamW with linear warm-up and decay, Huber loss on log(1 + distance). An out-of-memory halves the
    micro-batch; the gradients of a step's micro-batches add up, so `batch` keeps its meaning. Errors:
    `SearchError` without samples.
    """
    torch, transformers = _libraries()
    if not samples:
        raise SearchError("there are no samples to train the critic on")
    rng = random.Random(seed)
    torch.manual_seed(seed)
    parameters = [*critic.encoder.parameters(), *critic.head.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=0.01)
    schedule = transformers.get_linear_schedule_with_warmup(optimiser, max(1, steps // 20), steps)
    losses: list[float] = []
    micro = batch
    critic.encoder.train()
    try:
        for step in range(steps):
            chosen = [samples[rng.randrange(len(samples))] for _ in range(batch)]
            while True:
                optimiser.zero_grad()
                try:
                    loss = sum(_backward(critic, chosen[at : at + micro], batch) for at in range(0, batch, micro))
                    break
                except Exception as error:
                    # The whole step again: a backward pass that failed half-way has left gradients behind.
                    if micro == 1 or not out_of_memory(error):
                        raise
                    micro = max(1, micro // 2)
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss)
            if on_step is not None:
                on_step(step, losses[-1])
    finally:
        critic.encoder.eval()
    return losses


def train(
    samples: Sequence[Sample],
    checkpoint: str,
    steps: int = 1000,
    batch: int = 16,
    seed: int = 0,
    device: str | None = None,
    on_step: Callable[[int, float], None] | None = None,
) -> tuple[TransformerCritic, Curation, Quality]:
    """A critic from an encoder (folder or hub id), on curated samples, judged on searches it has not seen.

    Errors: `SearchError` for an encoder that cannot be loaded or too few samples.
    """
    training, unseen = split(samples, seed)
    curation = curate(training, seed)
    enough(curation.kept, unseen)
    critic = TransformerCritic.start(checkpoint, device)
    fit(critic, curation.kept, steps, batch, seed=seed, on_step=on_step)

    def predict(asked: Sequence[Sample]) -> np.ndarray:
        return np.array(critic.score_texts([sample.text for sample in asked]))

    return critic, curation, judge(predict, unseen, seed)


def _backward(critic: TransformerCritic, samples: list[Sample], batch: int) -> float:
    """Add the gradients of some samples' share in the mean loss of `batch`; returns that share."""
    torch, _ = _libraries()
    truth = torch.log1p(torch.tensor([sample.distance for sample in samples], device=critic.device))
    predicted = critic._forward([sample.text for sample in samples])
    loss = torch.nn.functional.smooth_l1_loss(predicted, truth, reduction="sum") / batch
    loss.backward()
    return float(loss.item())
