"""Whole proofs from a model, run on Lean, with rounds of repair; what was right of the failed ones is kept as hints.

Each proof is run as one tactic block on the theorem's own state, so the statement is the user's whatever the model
repeats of it. A failed one is taken apart: its longest prefix that goes through becomes hints for the search, and
Lean's message goes back to the model (repair rounds as in Goedel-Prover-V2, section 3.2). Not here: what counts as a
proof (`prover.lean.gate`), asking a model (`prover.generators.model`), the search.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prover.generators.answers import top_level
from prover.generators.hints import Hints
from prover.generators.model import ModelGenerator, Proof
from prover.generators.prompts import ProofQuestion
from prover.generators.protocol import Premise
from prover.lean.protocol import Advanced, Crashed, Hole, Lean, Limits, Outcome, Rejected, Solved, TimedOut
from prover.lean.state import ProofState

# One whole proof may take as long as several tactics.
WHOLE_LIMITS = Limits(heartbeats=1_000_000, seconds=20.0)
# Of the time that is left the model may take so much for one round; Lean and the search have the rest.
SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Refused:
    """The tactic at which a whole proof broke off, and the state that it was refused on."""

    state: ProofState
    tactic: str
    message: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One whole proof and what Lean made of it. prefix: its first tactics, as far as they go through."""

    body: str
    outcome: Outcome
    prefix: tuple[str, ...] = ()
    round: int = 0
    refused: Refused | None = None


class WholeProofs:
    """Proves a hole by whole proofs of a model.

    Args:
        rounds: 1 is no repair; in each further round the best failed proofs are sent back with Lean's message.
        repairs: how many of them a round.

    Attributes:
        hints: prefixes that went through, for the search that follows.
        troubles: sentences of the model's that were no proofs, and notes.
    """

    def __init__(self, generator: ModelGenerator, rounds: int = 2, repairs: int = 4) -> None:
        self.generator = generator
        self.rounds = rounds
        self.repairs = repairs
        self.hints = Hints()
        self.troubles: list[str] = []

    def attempts(
        self,
        lean: Lean,
        source: str,
        hole: Hole,
        deadline: float,
        limits: Limits = WHOLE_LIMITS,
        premises: Sequence[Premise] = (),
    ) -> Iterator[Attempt]:
        """Every different proof the model writes, with its outcome; ends at the deadline (`time.monotonic`).

        `premises`: what may help with the theorem, best first.

        A `Solved` one is a candidate for the gate; asking for more goes on.

        Raises:
            ModelError: the model cannot be used at all.
        """
        header, statement = posed(source, hole)
        if time.monotonic() >= deadline:
            return
        first = ProofQuestion(statement, header, tuple(premises), id=hole.theorem)
        questions = [first]
        tried: set[str] = set()
        for number in range(self.rounds):
            if time.monotonic() >= deadline:
                return
            failed: list[Attempt] = []
            for proof in self._proofs(questions, deadline):
                if proof.body in tried or time.monotonic() >= deadline:
                    continue
                tried.add(proof.body)
                attempt = self._attempt(lean, hole.state, proof.body, limits, number)
                yield attempt
                if not isinstance(attempt.outcome, Solved):
                    failed.append(attempt)
            # The further a proof went through, the likelier it is that little is missing.
            failed.sort(key=lambda attempt: -len(attempt.prefix))
            questions = [_repair(first, attempt) for attempt in failed[: self.repairs]]
            if not questions:
                return

    def _proofs(self, questions: list[ProofQuestion], deadline: float) -> Iterator[Proof]:
        now = time.monotonic()
        self.generator.deadline = now + SHARE * (deadline - now)
        for proposed in self.generator.proofs(questions):
            self.troubles += [sentence for sentence in (proposed.failure, *proposed.notes) if sentence]
            yield from (candidate for candidate in proposed.candidates if isinstance(candidate, Proof))

    def _attempt(self, lean: Lean, state: ProofState, body: str, limits: Limits, number: int) -> Attempt:
        [outcome] = lean.run(state, [body], limits, True)
        if isinstance(outcome, Solved):
            return Attempt(body, outcome, round=number)
        prefix, refused = _prefix(lean, state, body, limits)
        if prefix:
            self.hints.add(prefix)
        return Attempt(body, outcome, prefix, number, refused)


def _prefix(lean: Lean, state: ProofState, body: str, limits: Limits) -> tuple[tuple[str, ...], Refused | None]:
    """The first tactics of the block, while they go through and leave something to prove; what was refused then."""
    prefix: list[str] = []
    for tactic in top_level(body):
        [outcome] = lean.run(state, [tactic], limits, True)
        if not isinstance(outcome, Advanced):
            refused = Refused(state, tactic, outcome.message) if isinstance(outcome, Rejected) else None
            return tuple(prefix), refused
        prefix.append(tactic)
        state = outcome.state
    return tuple(prefix), None


def posed(source: str, hole: Hole) -> tuple[str, str]:
    """What comes before the hole's declaration, and the declaration up to the hole, ending in `:= by`."""
    before = source[: hole.start]
    name = re.escape(hole.theorem.rpartition(".")[2])
    pattern = rf"^[^\S\n]*(?:@\[[^\]]*\]\s*)?(?:(?:private|protected)\s+)*(?:theorem|lemma)\s+\S*{name}\b"
    starts = [match.start() for match in re.finditer(pattern, before, re.MULTILINE)]
    if not starts:
        starts = [match.start() for match in re.finditer(r"^[^\S\n]*(?:theorem|lemma|example)\b", before, re.MULTILINE)]
    start = starts[-1] if starts else 0
    return before[:start].rstrip(), before[start:].strip()


def _repair(first: ProofQuestion, attempt: Attempt) -> ProofQuestion:
    body = "\n".join(f"  {line}" for line in attempt.body.split("\n"))
    return ProofQuestion(
        first.statement, first.header, first.premises, f"{first.statement}\n{body}", (_said(attempt.outcome),), first.id
    )


def _said(outcome: Outcome) -> str:
    match outcome:
        case Rejected(message) | TimedOut(message) | Crashed(message):
            return message
        case Advanced():
            return "unsolved goals are left at the end of the proof"
        case Solved():
            return ""
