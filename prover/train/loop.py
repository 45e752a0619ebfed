"""Expert iteration: prove the training theorems, learn from what was found, prove again (Anthony et al., 2017).

A round has three phases, each with a file at its end: proving (`proofs.jsonl`, a line for each theorem), learning (what
the learner makes), the report (`report.json`). A run that was killed, wherever, goes on from the last whole line or
file. A proof counts when the gate accepted it. Not here: how to prove and to learn (`learners.py`).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from prover.compare import wilson
from prover.data.rows import Row, sampled
from prover.models.errors import BadRequest
from retrieval.files import write_whole

RUN_FILE, REPORT = "run.json", "report.json"


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """rounds: how often to prove and learn. sample: theorems proved in a run, drawn by the seed; None for all.

    seconds: for each theorem and round. workers: processes that prove. base: a checkpoint to fine-tune in every round
    instead of the small policy. epochs: passes over the pairs when fine-tuning; lora: low-rank updates instead of all
    weights.
    """

    rounds: int = 2
    sample: int | None = None
    seconds: float = 5.0
    workers: int = 1
    seed: int = 0
    base: str | None = None
    epochs: float = 1.0
    lora: bool = False
    samples: int = 8

    def check(self) -> None:
        """Raises BadRequest where a value makes no sense."""
        if self.rounds < 1 or self.workers < 1 or self.samples < 1 or (self.sample is not None and self.sample < 1):
            raise BadRequest("`rounds`, `workers`, `samples` and `sample` must be at least 1.")
        if not 0 < self.seconds < math.inf or not 0 < self.epochs < math.inf:
            raise BadRequest("`seconds` and `epochs` must be positive.")


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a theorem in a round; `tactics`: one a step, empty where it was not proved."""

    name: str
    tactics: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        return bool(self.tactics)


@dataclass(frozen=True, slots=True)
class Report:
    """One round. `new`: proved for the first time; `length`: mean number of tactics in the round's proofs;

    `entropy`: of the tactics' first words in them, in bits: how varied the proofs are. `learned`: what came out.
    """

    round: int
    theorems: int
    proved: int
    new: int
    length: float
    entropy: float
    learned: str

    def to_dict(self) -> dict[str, object]:
        """As in the JSON."""
        return asdict(self)

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share proved, 95 % (Wilson 1927)."""
        share = wilson(self.proved, self.theorems)
        return share.low, share.high

    def __str__(self) -> str:
        low, high = self.interval
        counts = f"{self.round:5}  {self.theorems:8}  {self.proved:6}  {low:5.0%} to {high:4.0%}  {self.new:4}"
        return f"{counts}  {self.length:12.2f}  {self.entropy:7.2f}"


HEADER = "round  theorems  proved  95 % interval   new  proof length  entropy"


class Learner(Protocol):
    """Proves with what it has learned so far, and learns. Both are called again after a kill, and then go on."""

    def prove(self, rows: Sequence[Row], folder: Path, learned: str, tell: Callable[[Proof], None]) -> list[Proof]:
        """Prove the rows; all lasting results go into `folder`. `learned`: what the round before made, "" at first."""
        ...

    def learn(self, folders: Sequence[Path], learned: str) -> str:
        """Learn from the proofs of all rounds so far, the last of `folders` being this round's; where it is."""
        ...


def run(
    rows: Sequence[Row],
    out: Path,
    learner: Learner,
    settings: LoopSettings,
    on_proof: Callable[[int, Proof], None] = lambda number, proof: None,
    on_report: Callable[[Report], None] = lambda report: None,
) -> list[Report]:
    """The reports of all rounds, those of an earlier start included.

    Raises:
        BadRequest: settings that make no sense, no theorems, or a folder of another run.
    """
    settings.check()
    if not rows:
        raise BadRequest("There are no theorems to learn from.")
    _begin(out, settings, rows)
    rows = sampled(rows, settings.sample, settings.seed)
    reports: list[Report] = []
    known: set[str] = set()
    learned = ""
    for number in range(1, settings.rounds + 1):
        folder = out / f"round-{number}"
        folder.mkdir(exist_ok=True)
        proofs = learner.prove(rows, folder, learned, lambda proof, number=number: on_proof(number, proof))
        report = _read_report(folder / REPORT)
        if report is None:
            folders = [out / f"round-{earlier}" for earlier in range(1, number + 1)]
            learned = learner.learn(folders, learned)
            report = _report(number, proofs, known, learned)
            write_whole(folder / REPORT, json.dumps(report.to_dict(), indent=1) + "\n")
        learned = report.learned
        known.update(proof.name for proof in proofs if proof.proved)
        reports.append(report)
        on_report(report)
    return reports


def _begin(out: Path, settings: LoopSettings, rows: Sequence[Row]) -> None:
    """Makes sure that the folder is this run's."""
    identity = {**asdict(settings), "theorems": [row.name for row in rows]}
    # More rounds go on where the last one ended; how many processes work changes nothing else.
    for name in ("rounds", "workers"):
        del identity[name]
    record = out / RUN_FILE
    try:
        if record.exists():
            before = _read_run(record)
            changed = sorted(name for name in identity if before.get(name) != identity[name])
            if changed:
                raise BadRequest(f"The run in {out} cannot go on with another {', '.join(changed)}.")
            return
        if out.exists() and any(out.iterdir()):
            raise BadRequest(f"{out} is not empty and holds no run: choose another folder.")
        out.mkdir(parents=True, exist_ok=True)
        write_whole(record, json.dumps(identity, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise BadRequest(f"{out} cannot be written: {error.strerror or error}.") from error


def _read_run(record: Path) -> dict[str, object]:
    try:
        before = json.loads(record.read_text(encoding="utf-8"))
    except ValueError:
        before = None
    if not isinstance(before, dict):
        raise BadRequest(f"{record} is damaged, so that the run in {record.parent} cannot go on.")
    return before


def _read_report(path: Path) -> Report | None:
    try:
        return Report(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise BadRequest(f"{path} is damaged: delete it, and the round is learned from again.") from None


def _report(number: int, proofs: Sequence[Proof], known: set[str], learned: str) -> Report:
    proved = [proof for proof in proofs if proof.proved]
    words = Counter(tactic.split()[0] for proof in proved for tactic in proof.tactics)
    length = sum(len(proof.tactics) for proof in proved) / len(proved) if proved else 0.0
    fresh = sum(proof.name not in known for proof in proved)
    return Report(number, len(proofs), len(proved), fresh, length, entropy(words.values()), learned)


def entropy(counts: Iterable[int]) -> float:
    """Shannon's, of the distribution that the counts estimate, in bits."""
    values = [count for count in counts if count]
    total = sum(values)
    return sum(-count / total * math.log2(count / total) for count in values) if total else 0.0
