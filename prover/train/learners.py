"""What expert iteration can train: the small policy, and transformers. See `loop.Learner`.

Not here: the rounds (`loop.py`), exploring a theorem (`prover/policy/explore.py`), fine-tuning (`trainer.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from prover.data.rows import Row
from prover.models.errors import BadRequest
from prover.models.registry import check_model
from prover.train.loop import LoopSettings, Proof

TABLES, WEIGHTS, RESULTS, LOGS = "tables.jsonl", "weights.npz", "results.jsonl", "logs"
_NOISE = 0.7


class PolicyLearner:
    """The small policy. The first round explores in a random order, later ones in the policy's, with some noise."""

    def __init__(self, settings: LoopSettings, command: str = "") -> None:
        self.settings = settings
        self.command = command

    def prove(self, rows: Sequence[Row], folder: Path, learned: str, tell: Callable[[Proof], None]) -> list[Proof]:
        """See `Learner`."""
        from prover.policy.collect import collect, read

        seed = self.settings.seed + int(folder.name.rpartition("-")[2])
        collect(
            rows, folder / TABLES, seconds=self.settings.seconds, workers=self.settings.workers, seed=seed,
            weights=Path(learned) if learned else None, noise=_NOISE if learned else 0.0,
            on_record=lambda record: tell(_proof(record["name"], record["proof"])),
        )  # fmt: skip
        by_name = {record["name"]: record for record in read(folder / TABLES)}
        return [_proof(row.name, by_name[row.name]["proof"]) for row in rows]

    def learn(self, folders: Sequence[Path], learned: str) -> str:
        """See `Learner`."""
        from prover.policy.train import train

        out = folders[-1] / WEIGHTS
        train([folder / TABLES for folder in folders], out, seed=self.settings.seed, command=self.command)
        return str(out)


class ModelLearner:
    """A transformer beside the symbolic generator, fine-tuned in every round on the proofs of all rounds so far."""

    def __init__(self, settings: LoopSettings, generator: str = "portfolio") -> None:
        self.settings = settings
        self.generator = generator

    def prove(self, rows: Sequence[Row], folder: Path, learned: str, tell: Callable[[Proof], None]) -> list[Proof]:
        """See `Learner`."""
        from prover.bench import resume, run
        from prover.with_model import FUNCTION

        settings = self.settings
        model = learned or str(settings.base)
        # Said once, before any work, and not by every worker at every theorem.
        check_model(model)
        run(
            rows, folder / RESULTS, seconds=settings.seconds, workers=settings.workers, seed=settings.seed,
            logs=folder / LOGS, function=FUNCTION, generator=self.generator, model=model,
            samples=settings.samples, mode="search", judge=0,
            on_result=lambda result: tell(_proof(result.name, result.tactics if result.proved else "")),
        )  # fmt: skip
        found = resume(folder / RESULTS)
        return [_proof(row.name, found[row.name].tactics if found[row.name].proved else "") for row in rows]

    def learn(self, folders: Sequence[Path], learned: str) -> str:
        """See `Learner`. Starts from the base in every round, so that a round's model depends on its data alone."""
        from prover.train import Settings, curate, examples_of, finetune, read_steps

        steps = [step for folder in folders for step in read_steps(folder / LOGS)]
        examples = examples_of(curate(steps, self.settings.seed).kept)
        assert self.settings.base is not None
        out = folders[-1] / "model"
        settings = Settings(
            base=self.settings.base,
            out=str(out),
            method="lora" if self.settings.lora else "full",
            epochs=self.settings.epochs,
            seed=self.settings.seed,
        )
        trained = finetune(examples, settings, resume=True)
        if trained.model is None:
            raise BadRequest(f"Fine-tuning was stopped after step {trained.steps}: the same command goes on.")
        return trained.model


def _proof(name: str, block: str) -> Proof:
    """A tactic block as steps: its lines, and what `<;>` joins."""
    lines = [line.strip(" ·") for line in block.split("\n")]
    return Proof(name, tuple(part for line in lines for part in line.split(" <;> ") if part))
