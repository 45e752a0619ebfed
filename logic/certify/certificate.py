"""Certificates for answers: a Lean proof is found for what the solvers say, and the soundness gate checks it.

What the kernel did not accept is never called certified: it is `NotCertified`, with the reason.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from logic.certify import structures, tactics
from logic.certify.claim import KINDS, MARK, MOST_PREMISES, THEOREMS, Claim, Stated
from logic.certify.words import account
from logic.errors import LogicError
from logic.solvers.disagreement import keep
from logic.verdict import Verdict

if TYPE_CHECKING:
    from logic.answer import Answer
    from logic.countermodel import FiniteModel
    from logic.solvers.proof import Proof
    from prover.lean.protocol import Lean

SCHEMA = 1
SECONDS = 10.0
_TACTIC_SECONDS = 3.0


class VerdictContradicted(LogicError):
    """Lean's kernel accepts a proof against the solvers' verdict. `path` is the file that keeps the problem."""

    exit_code = 3

    def __init__(self, verdict: Verdict, path: str) -> None:
        self.path = path
        super().__init__(
            f"the solvers answer {verdict.value}, and Lean's kernel accepts a proof of the opposite: one of them is "
            f"wrong. The problem is kept in {path}; please report it"
        )


class LeanUnavailable(LogicError):
    """There is no Lean to certify with; the message says why and how to get it."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Certificate:
    """An answer that Lean's kernel accepted. `source` stands alone: any Lean checks it again.

    axioms: which of Lean's three the proofs use themselves. method: what found the proof. explanation: the account in
    words, from the core premises to the conclusion. seconds: what certifying took, checking included.
    """

    claim: Claim
    source: str
    axioms: tuple[str, ...]
    method: str
    explanation: tuple[str, ...]
    lean: str
    seconds: float

    def json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "certified": True,
            "source": self.source,
            "axioms": list(self.axioms),
            "method": self.method,
            "explanation": list(self.explanation),
            "lean": self.lean,
            "seconds": round(self.seconds, 4),
        }


@dataclass(frozen=True, slots=True)
class NotCertified:
    """No certificate, and why."""

    reason: str
    seconds: float = 0.0

    def json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "certified": False, "reason": self.reason, "seconds": round(self.seconds, 4)}


Certification: TypeAlias = Certificate | NotCertified


def claim_of(answer: Answer) -> Claim | NotCertified:
    """What a certificate of this answer would claim."""
    if answer.answer not in KINDS:
        said = "withheld" if answer.answer is None else answer.answer.value
        return NotCertified(f"the answer is {said}: there is nothing to certify")
    sentences = [*answer.premises, *answer.assumed]
    if answer.conclusion.formula is None or any(s.formula is None for s in sentences):
        return NotCertified("the translations of a sentence disagree, so that there is no one formula to certify")
    chosen = range(len(sentences)) if answer.answer is Verdict.UNCERTAIN else answer.used
    if len(chosen) > MOST_PREMISES:
        return NotCertified(f"the answer rests on {len(chosen)} premises; a certificate takes {MOST_PREMISES} at most")
    stated = [Stated(sentences[i].formula, _sentence(sentences[i].text, sentences[i].formula)) for i in chosen]
    goal = Stated(answer.conclusion.formula, _sentence(answer.conclusion.text, answer.conclusion.formula))
    return Claim(KINDS[answer.answer], tuple(stated), goal, tuple(i + 1 for i in chosen))


def _sentence(text: str, formula: object) -> str:
    """The sentence, or "" where the text is a formula and would only say the same twice."""
    from logic.syntax.read import read

    try:
        return "" if read(text) == formula else text
    except LogicError:
        return text


class Certifier:
    """Certifies answers with one Lean, which is opened when it is first needed; close it, or use it in a `with`."""

    def __init__(self, lean: Lean | None = None, *, seconds: float = SECONDS, workers: int = 1) -> None:
        self._own = lean is None
        self._lean = lean
        self._opening = threading.Lock()
        self.seconds = seconds
        self.workers = workers

    @property
    def lean(self) -> Lean:
        """Opened now, if it is not open yet. With several workers certifying is thread-safe. Raises LeanUnavailable."""
        with self._opening:
            if self._lean is None:
                from prover.lean.open import open_lean
                from prover.lean.protocol import LeanError

                try:
                    self._lean = open_lean("embedded", workers=self.workers)
                except LeanError as error:
                    raise LeanUnavailable(str(error)) from error
            return self._lean

    def close(self) -> None:
        if self._own and self._lean is not None:
            self._lean.close()
            self._lean = None

    def __enter__(self) -> Certifier:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def certify(self, answer: Answer) -> Certification:
        """A certificate for an answer.

        Raises:
            VerdictContradicted: the kernel accepts a proof of the opposite.
            LeanUnavailable: there is no Lean.
        """
        claim = claim_of(answer)
        if isinstance(claim, NotCertified):
            return claim
        proof = answer.proof
        if proof is not None:
            place = {i: n for n, i in enumerate(answer.used)}
            proof = _renumbered(proof, place)
        return self.certify_claim(claim, proof, answer.countermodels)

    def certify_claim(
        self, claim: Claim, proof: Proof | None = None, models: tuple[FiniteModel, ...] = ()
    ) -> Certification:
        """As `certify`; `proof` numbers the claim's premises from 0, `models` are two for an open claim."""
        if claim.kind == "open" and len(models) != 2:
            return NotCertified("the solvers gave no finite countermodel for the conclusion and for its negation")
        lean = self.lean  # opening it is not part of certifying
        started = time.monotonic()
        work = _Work(lean, claim, started, self.seconds)
        result = work.open(models) if claim.kind == "open" else work.follows(proof)
        if isinstance(result, NotCertified):
            work.look_for_the_opposite()
            return NotCertified(result.reason, time.monotonic() - started)
        blocks, axioms, method = result
        return Certificate(claim, work.source(blocks), axioms, method, account(claim, proof, models),
                           self.lean.info.version, time.monotonic() - started)  # fmt: skip


def _renumbered(proof: Proof, place: dict[int, int]) -> Proof | None:
    """The proof with premises numbered within the core; None where it uses another."""
    from dataclasses import replace

    steps = []
    for step in proof.steps:
        if step.premise is not None and step.premise not in place:
            return None
        steps.append(step if step.premise is None else replace(step, premise=place[step.premise]))
    return type(proof)(tuple(steps))


_Found: TypeAlias = tuple[dict[str, str], tuple[str, ...], str]


class _Work:
    """One certification: candidates in, a text that the gate accepted out. `started`: of `time.monotonic()`."""

    def __init__(self, lean: Lean, claim: Claim, started: float, seconds: float) -> None:
        self.lean = lean
        self.claim = claim
        self.seconds = seconds
        self.deadline = started + seconds
        self.names = claim.names()
        self.theorems = THEOREMS[claim.kind]
        self.posed = statement(claim)

    def source(self, blocks: dict[str, str]) -> str:
        return certificate_text(self.claim, blocks)

    def left(self) -> float:
        return self.deadline - time.monotonic()

    def follows(self, proof: Proof | None) -> _Found | NotCertified:
        [theorem] = self.theorems
        candidates = tactics.candidates(self.claim, self.names, proof)
        first = next(candidates)
        accepted = self._verify({theorem: first})
        if accepted is not None:
            return {theorem: first}, accepted, first
        for block in self._solving(candidates):
            accepted = self._verify({theorem: block})
            if accepted is not None:
                return {theorem: block}, accepted, block.splitlines()[-1] if "\n" in block else block
        block = self._search()
        accepted = self._verify({theorem: block}) if block else None
        if accepted is not None:
            return {theorem: block}, accepted, "search"
        if self.left() <= 0:
            return NotCertified(f"no proof was found that Lean's kernel accepts within {self.seconds:g} s")
        return NotCertified("none of the proofs tried is one that Lean's kernel accepts")

    def open(self, models: tuple[FiniteModel, ...]) -> _Found | NotCertified:
        ways = zip(*(structures.proofs(self.claim, self.names, model) for model in models), strict=True)
        for pair in ways:
            blocks = dict(zip(self.theorems, pair, strict=True))
            accepted = self._verify(blocks)
            if accepted is not None:
                return blocks, accepted, "countermodels"
        return NotCertified("Lean does not confirm the solvers' countermodels in time")

    def _verify(self, blocks: dict[str, str]) -> tuple[str, ...] | None:
        """The axioms used, or None where the gate refuses."""
        if self.left() <= 0:
            return None
        answer = self.lean.verify(self.source(blocks), self.posed, self.theorems, max(self.left(), 0.1))
        return answer.axioms if answer.accepted else None

    def _solving(self, candidates: Iterator[str]) -> Iterator[str]:
        """Those candidates that leave no goal."""
        from prover.lean.protocol import Limits, Solved

        state = self.lean.open(self.posed).holes[0].state
        for block in candidates:
            if self.left() <= 0:
                return
            limits = Limits(heartbeats=400_000, seconds=min(_TACTIC_SECONDS, self.left()))
            if isinstance(self.lean.run(state, [block], limits)[0], Solved):
                yield block

    def _search(self) -> str | None:
        """The prover's own search, with what is left of the time."""
        if self.left() < 0.5:
            return None
        from prover.prove import prove

        result = prove(self.posed, lean=self.lean, seconds=self.left())
        return result.proof or None

    def look_for_the_opposite(self) -> None:
        """A claim that fails might be wrong: see in a moment whether its opposite is a theorem."""
        opposites = {"follows": ("refuted",), "refuted": ("follows",), "open": ("follows", "refuted")}
        for kind in opposites.get(self.claim.kind, ()):
            other = Claim(kind, self.claim.premises, self.claim.conclusion, self.claim.numbers)
            [theorem] = THEOREMS[kind]
            text = certificate_text(other, {theorem: tactics.FIRST})
            if self.claim.kind != "open" and self._contradictory():
                return  # from contradictory premises everything follows: both are theorems
            if self.lean.verify(text, statement(other), theorem, 2.0).accepted:
                kept = keep({"claim": self.claim.to_json(), "accepted": text}, "lean-")
                raise VerdictContradicted(self.claim.verdict, str(kept))

    def _contradictory(self) -> bool:
        both = Claim("contradictory", self.claim.premises, self.claim.conclusion, self.claim.numbers)
        [theorem] = THEOREMS["contradictory"]
        return self.lean.verify(
            certificate_text(both, {theorem: tactics.FIRST}), statement(both), theorem, 2.0
        ).accepted


def statement(claim: Claim) -> str:
    """The claim's theorems, posed with `sorry`."""
    names = claim.names()
    return "\n\n".join(f"{claim.statement(t, names)} := by sorry" for t in THEOREMS[claim.kind]) + "\n"


def certificate_text(claim: Claim, blocks: dict[str, str]) -> str:
    """The whole text: the claim as data, the claim in words, the theorems with their proofs."""
    names = claim.names()
    said = "\n".join(claim.words()).replace("-/", "- /").replace("/-", "/ -")
    parts = [f"/- {MARK} {claim.to_json()} -/\n/-\n{said}\n-/"]
    for theorem in THEOREMS[claim.kind]:
        block = blocks.get(theorem, "sorry").replace("\n", "\n  ")
        parts.append(f"{claim.statement(theorem, names)} := by\n  {block}")
    return "\n\n".join(parts) + "\n"
