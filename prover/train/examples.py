"""Training pairs: a proof state, the premises at hand, and the tactic that worked.

JSON lines: `{"state": "n : Nat\\n⊢ n + 0 = n", "tactic": "simp", "premises": [{"name": …, "statement": …}]}`; premises
may be missing. Not here: where pairs come from (`steps.py`), tokens (`trainer.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.generators.protocol import Premise
from prover.models.errors import BadRequest
from prover.train.steps import Step, read_steps


@dataclass(frozen=True, slots=True)
class Example:
    """One step of a proof. premises: best first, as a generator would be given them."""

    state: str
    tactic: str
    premises: tuple[Premise, ...] = ()


def read_examples(path: str | Path) -> list[Example]:
    """All steps of a file that `read_steps` reads, each once, in their order, without any curation.

    Raises:
        BadRequest: the file cannot be read; the sentence says where and why.
    """
    return examples_of(read_steps(path))


def examples_of(steps: Iterable[Step]) -> list[Example]:
    """Steps as pairs, each once, in their order."""
    return list(dict.fromkeys(Example(step.state, step.tactic, step.premises) for step in steps))


def write_examples(examples: Iterable[Example], path: Path) -> None:
    """Pairs as JSON lines, which `read_steps` reads.

    Raises:
        BadRequest: the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8") as out:
            for example in examples:
                out.write(json.dumps(_line(example), ensure_ascii=False) + "\n")
    except OSError as error:
        raise BadRequest(f"The pairs cannot be written to {path}: {error.strerror or error}.") from error


def _line(example: Example) -> dict[str, object]:
    line: dict[str, object] = {"state": example.state, "tactic": example.tactic}
    if example.premises:
        line["premises"] = [{"name": premise.name, "statement": premise.statement} for premise in example.premises]
    return line


def data_hash(examples: Sequence[Example]) -> str:
    """SHA-256 of the pairs in their order: what a model was trained on."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(_line(example), sort_keys=True).encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()
