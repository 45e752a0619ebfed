"""What a certificate claims, as a value, and as the Lean theorems that state it.

A claim and nothing else fixes the theorems' text, so that whoever reads a certificate can make the text again from
the claim and let Lean compare: the words that describe a certificate come from the claim, never from its comments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from logic.errors import InputError
from logic.syntax.formula import Formula, Not
from logic.syntax.names import RULES, Names, Symbol
from logic.syntax.read import read
from logic.syntax.walk import closed
from logic.syntax.write import write
from logic.verdict import Verdict

FORMAT = 1
MARK = "entails-certificate"
#: Beyond this a theorem would take Lean minutes to read, whatever its proof.
MOST_PREMISES = 1_000

Kind: TypeAlias = Literal["follows", "refuted", "contradictory", "open"]
KINDS: dict[Verdict, Kind] = {
    Verdict.TRUE: "follows",
    Verdict.FALSE: "refuted",
    Verdict.CONTRADICTORY: "contradictory",
    Verdict.UNCERTAIN: "open",
}
#: The theorems that state each kind of claim.
THEOREMS: dict[Kind, tuple[str, ...]] = {
    "follows": ("conclusion_follows",),
    "refuted": ("negation_follows",),
    "contradictory": ("premises_contradict",),
    "open": ("conclusion_does_not_follow", "negation_does_not_follow"),
}


@dataclass(frozen=True, slots=True)
class Stated:
    """A formula, and the sentence that it stands for ("" for a formula given as such)."""

    formula: Formula
    text: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """That the conclusion, its negation, ⊥ or neither follows from the premises, over any non-empty domain.

    `premises`: those of the core alone for a claim that something follows, all of them where nothing does.
    `numbers`: their numbers in the question, from 1.
    """

    kind: Kind
    premises: tuple[Stated, ...]
    conclusion: Stated
    numbers: tuple[int, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return next(v for v, kind in KINDS.items() if kind == self.kind)

    @property
    def numbering(self) -> tuple[int, ...]:
        """A number for each premise: the question's, else from 1."""
        return self.numbers or tuple(range(1, len(self.premises) + 1))

    def names(self) -> Names:
        """Lean's names for the user's symbols: readable, legal, one for each."""
        return Names([*self.formulas(), closed(self.conclusion.formula)], RULES["lean"])

    def formulas(self) -> list[Formula]:
        """The premises' formulas, free variables bound by ∀."""
        return [closed(p.formula) for p in self.premises]

    def vocabulary(self, names: Names) -> list[tuple[Symbol, str]]:
        """Predicates, functions, constants and numerals with their Lean names, in the theorems' order."""
        return [(symbol, name) for symbol, name in names.items() if symbol.kind != "variable"]

    # Lean

    def statement(self, theorem: str, names: Names | None = None) -> str:
        """One theorem, up to `:=`; each premise under a comment with the sentence that it stands for."""
        names = names or self.names()
        goal = closed(self.conclusion.formula)
        if theorem == "conclusion_does_not_follow":
            return self._not_entailed(theorem, names, goal)
        if theorem == "negation_does_not_follow":
            return self._not_entailed(theorem, names, Not(goal))
        lines = [f"theorem {theorem} (U : Type) [Inhabited U]"]
        for symbol, name in self.vocabulary(names):
            lines += [*_comment(symbol.name, name), f"    ({name} : {kind_of(symbol)})"]
        for stated, formula, name in zip(self.premises, self.formulas(), self.hypotheses(names), strict=True):
            lines += [*_comment(stated.text), f"    ({name} : {write(formula, 'lean', names)})"]
        shown = {"follows": goal, "refuted": Not(goal)}.get(self.kind)
        if shown is None:
            return "\n".join(lines) + " :\n    False"
        below = "\n".join(_comment(self.conclusion.text))
        return "\n".join(lines) + " :\n" + (f"{below}\n" if below else "") + f"    {write(shown, 'lean', names)}"

    def hypotheses(self, names: Names) -> list[str]:
        """Names of the premises as hypotheses, none of which is one of the vocabulary's."""
        taken = {name for _, name in names.items()}
        prefix = "premise_"
        while any(f"{prefix}{n}" in taken for n in self.numbering):
            prefix = f"the_{prefix}"
        return [f"{prefix}{n}" for n in self.numbering]

    def _not_entailed(self, theorem: str, names: Names, goal: Formula) -> str:
        """That the implication does not hold over every non-empty domain."""
        lines = [f"theorem {theorem} : ¬ ∀ (U : Type) [Inhabited U]"]
        for symbol, name in self.vocabulary(names):
            lines += [*_comment(symbol.name, name), f"    ({name} : {kind_of(symbol)})"]
        lines[-1] += ","
        for stated, formula in zip(self.premises, self.formulas(), strict=True):
            lines += [*_comment(stated.text), f"    ({write(formula, 'lean', names)}) →"]
        lines += [*_comment(self.conclusion.text), f"    ({write(goal, 'lean', names)})"]
        return "\n".join(lines)

    # The claim as data

    def to_json(self) -> str:
        """The claim on one line, with nothing in it that would end a Lean comment."""
        data = {
            "format": FORMAT,
            "answer": self.verdict.value,
            "premises": [{"formula": write(p.formula), "text": p.text} for p in self.premises],
            "numbers": list(self.numbers),
            "conclusion": {"formula": write(self.conclusion.formula), "text": self.conclusion.text},
        }
        return json.dumps(data, ensure_ascii=True).replace("-/", "-\\u002f").replace("/-", "\\u002f-")

    @classmethod
    def from_json(cls, text: str) -> Claim:
        """Raises InputError where the text is no claim."""
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise InputError(f"the certificate has format {data['format']}, this program reads {FORMAT}")
            premises = tuple(Stated(read(p["formula"]), str(p["text"])) for p in data["premises"])
            conclusion = Stated(read(data["conclusion"]["formula"]), str(data["conclusion"]["text"]))
            numbers = tuple(int(n) for n in data["numbers"])
            kind = KINDS[Verdict(data["answer"])]
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise InputError(f"the certificate's claim cannot be read: {error}") from None
        if numbers and len(numbers) != len(premises):
            raise InputError("the certificate's claim numbers other premises than it has")
        return cls(kind, premises, conclusion, numbers)

    def words(self) -> Iterator[str]:
        """What the claim says, one sentence a line, formulas in logical notation."""
        goal = _said(self.conclusion)
        if self.kind == "contradictory":
            yield "The premises contradict each other: no situation over any non-empty domain makes all of them true."
        elif self.kind == "open":
            yield f"Neither {goal} nor its negation follows from the premises: each fails in some situation."
        else:
            negated = "The negation of " if self.kind == "refuted" else ""
            yield f"{negated}{goal} follows from the premises, over every non-empty domain."
        for number, premise in zip(self.numbering, self.premises, strict=True):
            yield f"  premise {number}: {_said(premise)}"


def kind_of(symbol: Symbol) -> str:
    """The Lean type of a symbol over the domain U."""
    return "U → " * symbol.arity + ("Prop" if symbol.kind == "predicate" else "U")


def _said(stated: Stated) -> str:
    formula = write(stated.formula)
    return f"“{stated.text}” ({formula})" if stated.text else formula


def _comment(text: str, unless: str = "") -> Sequence[str]:
    """A line comment; none for an empty text or one that says what stands there anyway."""
    flat = " ".join(text.split())
    return [] if not flat or flat == unless else [f"    -- {flat}"]
