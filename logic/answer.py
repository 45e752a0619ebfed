"""The result of a question: one frozen value, its text for people and its versioned JSON for programs.

The schema is described in `README.md`. How a question is answered is in `qa.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from logic.certify.certificate import Certification, NotCertified
from logic.countermodel import FiniteModel
from logic.repair import Repair
from logic.solvers.decision import SolverReport
from logic.solvers.proof import Proof
from logic.syntax.formula import Formula
from logic.syntax.write import write
from logic.verdict import Verdict

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Sentence:
    """One text of the question and what it was taken to say (None: the samples disagree)."""

    text: str
    formula: Formula | None


@dataclass(frozen=True, slots=True)
class SampleVerdict:
    """One translation's own verdict; `trouble` says what was wrong with an ERROR or UNKNOWN."""

    verdict: Verdict
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What follows, how sure that is, and why.

    answer: None where it was withheld, because the confidence is below the threshold asked for.
    confidence: in [0, 1]. Without a model: 1 where every reading gives this answer, 0.5 where a warning says
        that another reading of the rules gives a different one, 0 for UNKNOWN. With a model: the vote's.
    assumed: what the reading takes for granted (“the cat” is a cat), after the premises.
    used: indices of the premises that the answer rests on, from 0; those of `assumed` follow the premises'.
    minimal: whether each of them was shown to be needed.
    consistent: whether the premises have a model; None where that was not shown.
    proof: steps to the answer: by the rules of the text where that is enough, else E's where asked for.
    countermodels: for UNCERTAIN, one where the conclusion fails and one where it holds, as far as found.
    by_rules: what forward chaining says (`logic/rules.py`), where every premise is a rule or a fact.
    samples: with a model, each translation's verdict. timings: seconds by stage.
    certificate: where one was asked for: what Lean's kernel accepted, or why there is none.
    """

    answer: Verdict | None
    confidence: float
    premises: tuple[Sentence, ...]
    conclusion: Sentence
    assumed: tuple[Sentence, ...] = ()
    used: tuple[int, ...] = ()
    minimal: bool = False
    consistent: bool | None = None
    proof: Proof | None = None
    countermodels: tuple[FiniteModel, ...] = ()
    by_rules: Verdict | None = None
    repairs: tuple[Repair, ...] = ()
    samples: tuple[SampleVerdict, ...] = ()
    warnings: tuple[str, ...] = ()
    reports: tuple[SolverReport, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    certificate: Certification | None = None

    def json(self) -> dict[str, Any]:
        """The answer for programs; `schema` grows with any change that a reader must know of."""
        return {
            "schema": SCHEMA,
            "answer": None if self.answer is None else self.answer.value,
            "confidence": round(self.confidence, 4),
            "premises": [_sentence(s) for s in self.premises],
            "conclusion": _sentence(self.conclusion),
            "assumed": [_sentence(s) for s in self.assumed],
            "premises_used": list(self.used),
            "minimal": self.minimal,
            "consistent": self.consistent,
            "proof": None if self.proof is None else _proof(self.proof),
            "countermodels": [model.json() for model in self.countermodels],
            "by_rules": None if self.by_rules is None else self.by_rules.value,
            "repairs": [
                {"kind": repair.kind, "detail": repair.detail, "formula": repair.formula} for repair in self.repairs
            ],
            "samples": [{"verdict": s.verdict.value, "trouble": s.trouble} for s in self.samples],
            "warnings": list(self.warnings),
            "solvers": [
                {"solver": r.solver, "question": r.question, "said": r.said, "seconds": round(r.seconds, 4)}
                for r in self.reports
            ],
            "certificate": None if self.certificate is None else self.certificate.json(),
            "timings": {stage: round(seconds, 4) for stage, seconds in self.timings.items()},
        }

    def text(self, verbose: bool = False) -> str:
        """The answer for people; `verbose` adds the formulas and what each solver said."""
        said = "no answer (withheld)" if self.answer is None else self.answer.value
        lines = [said if self.confidence == 1 else f"{said} (confidence {self.confidence:.2f})"]
        lines += [f"warning: {warning}" for warning in self.warnings]
        if self.answer in (Verdict.TRUE, Verdict.FALSE) and self.consistent is None:
            lines.append("note: the premises were not shown to be consistent")
        if self.answer is Verdict.UNKNOWN or verbose:
            lines += [f"  {r.solver} on the {r.question}: {r.said} ({r.seconds:.2f} s)" for r in self.reports]
        if self.used:
            lines.append("because:")
            given = [*self.premises, *self.assumed]
            for i in self.used:
                granted = "" if i < len(self.premises) else "  (taken for granted)"
                lines.append(f"  {i + 1}. {given[i].text}{granted}")
        if self.proof is not None:
            lines += ["proof:", self.proof.essential().text()]
        titles = ("a world where the premises hold and the conclusion fails:", "and one where it holds:")
        if len(self.countermodels) == 2:
            for title, model in zip(titles, self.countermodels, strict=True):
                lines += [title, _indented(model.text())]
        if isinstance(self.certificate, NotCertified):
            lines.append(f"not certified: {self.certificate.reason}")
        elif self.certificate is not None:
            lines.append(f"certified by Lean {self.certificate.lean}:")
            lines += [f"  {line}" for line in self.certificate.explanation]
        if self.repairs:
            lines.append("repairs:")
            lines += [f"  {repair.kind}: {repair.detail}" for repair in self.repairs]
        if self.samples:
            counted = ", ".join(s.verdict.value for s in self.samples)
            lines.append(f"samples: {counted}")
        if verbose:
            lines.append("formulas:")
            for sentence in (*self.premises, *self.assumed, self.conclusion):
                lines.append(f"  {sentence.text}")
                if sentence.formula is not None and (shown := write(sentence.formula)) != sentence.text:
                    lines.append(f"    {shown}")
        return "\n".join(lines)


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "formula": None if sentence.formula is None else write(sentence.formula),
    }


def _proof(proof: Proof) -> list[dict[str, Any]]:
    return [
        {
            "formula": write(step.formula),
            "reason": step.reason,
            "parents": list(step.parents),
            "premise": step.premise,
        }
        for step in proof.steps
    ]


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())
