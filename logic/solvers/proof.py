"""E's proofs as typed steps over the user's formulas, and as text for people. Finding them is in
`eprover.py`.

A step's formula is in the user's vocabulary; symbols that E made up stay as E wrote them: `esk…` for Skolem
functions, `epred…` for names it gave to subformulas. Variables that E leaves implicit are bound by ∀.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from logic.solvers.encode import Vocabulary
from logic.syntax.formula import Formula
from logic.syntax.read import read
from logic.syntax.walk import closed, rename
from logic.syntax.write import write

# What E's rules do, in words; a rule that isn't here is shown by its own name.
RULES = {
    "assume_negation": "assume the opposite",
    "fof_simplification": "simplify",
    "fof_nnf": "move negations inwards",
    "variable_rename": "rename variables",
    "shift_quantors": "move quantifiers",
    "skolemize": "name what exists",
    "distribute": "distribute ∨ over ∧",
    "split_conjunct": "take one conjunct",
    "split_equiv": "take one direction",
    "apply_def": "use a definition",
    "spm": "resolve",
    "pm": "resolve",
    "er": "resolve an equation with itself",
    "ef": "factor",
    "rw": "rewrite",
    "sr": "cut a contradicted literal",
    "csr": "cut a contradicted literal",
    "cn": "simplify",
    "condense": "condense",
    "apply": "apply",
}
# Steps that only change a formula's form; the account in words leaves them out.
_FORM = {
    "fof_simplification", "fof_nnf", "variable_rename", "shift_quantors", "skolemize", "distribute",
    "split_conjunct", "split_equiv", "assume_negation",
}  # fmt: skip

_PREMISE = re.compile(r"h(\d+)$")
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Step:
    """`formula` by `rules` from the steps `parents` (indices into `Proof.steps`).

    `premise` is the index of the premise that the step repeats, and `goal` says that it repeats what was to
    be shown (before its negation is assumed); both have no parents.
    """

    formula: Formula
    rules: tuple[str, ...]
    parents: tuple[int, ...]
    premise: int | None = None
    goal: bool = False

    @property
    def reason(self) -> str:
        """The rules in words, each once."""
        if self.premise is not None:
            return f"premise {self.premise + 1}"
        if self.goal:
            return "to be shown"
        words = dict.fromkeys(RULES.get(rule, rule) for rule in self.rules)
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Proof:
    """A refutation: premises, the opposite of what was to be shown, and steps that end in ⊥."""

    steps: tuple[Step, ...]

    def renumbered(self, premises: tuple[int, ...]) -> Proof:
        """The proof with premise k called `premises[k]`, for a proof from some of a problem's premises."""
        return Proof(tuple(s if s.premise is None else replace(s, premise=premises[s.premise]) for s in self.steps))

    def essential(self) -> Proof:
        """Without the steps that only change a formula's form; their results keep their parents' place."""
        place: dict[int, tuple[int, ...]] = {}
        kept: list[Step] = []
        for number, step in enumerate(self.steps):
            parents = tuple(dict.fromkeys(p for parent in step.parents for p in place[parent]))
            rules = set(step.rules)
            form_only = bool(rules) and rules <= _FORM and "assume_negation" not in rules
            if form_only and number + 1 < len(self.steps):
                place[number] = parents
            else:
                place[number] = (len(kept),)
                kept.append(Step(step.formula, step.rules, parents, step.premise, step.goal))
        return Proof(tuple(kept))

    def text(self) -> str:
        """The proof, one numbered step on a line."""
        written = [write(step.formula) for step in self.steps]
        width = max((len(line) for line in written), default=0)
        lines = []
        for number, (step, formula) in enumerate(zip(self.steps, written, strict=True), start=1):
            sources = ", ".join(str(parent + 1) for parent in step.parents)
            reason = f"{step.reason} ({sources})" if sources else step.reason
            lines.append(f"{number:3}. {formula:{min(width, 60)}}  [{reason}]")
        return "\n".join(lines)


def parse_proof(text: str, vocabulary: Vocabulary) -> Proof:
    """E's TSTP derivation (one clause or formula a line) in the user's names.

    Raises:
        ReadError: where a line holds no formula, which would be a fault of this reader.
    """
    numbers: dict[str, int] = {}
    steps: list[Step] = []
    for name, statement, source in _lines(text):
        formula = _in_user_names(closed(read(statement, "tptp")), vocabulary)
        rules, parents = _source(source, numbers)
        premise = goal = None
        if source.startswith("file("):
            found = _PREMISE.match(name)
            premise, goal = (int(found[1]), None) if found else (None, True)
        numbers[name] = len(steps)
        steps.append(Step(formula, rules, parents, premise, bool(goal)))
    return Proof(tuple(steps))


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """(name, formula, source) of each annotated formula."""
    for line in text.splitlines():
        if not line.startswith(("fof(", "cnf(")):
            continue
        fields = _fields(line[4:])
        yield fields[0], fields[2], fields[3] if len(fields) > 3 else ""


def _fields(text: str) -> list[str]:
    """Cut at the commas outside brackets, up to the bracket that closes the whole."""
    fields, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        if depth < 0 or (character == "," and depth == 0):
            fields.append(text[start:position].strip())
            start = position + 1
            if depth < 0:
                break
    return fields


def _source(source: str, numbers: dict[str, int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The rules of a (nested) inference from the inside out, and the steps it rests on."""
    if source.startswith("file("):
        return (), ()
    names = _NAME.findall(source)
    rules = [name for before, name in pairwise(names) if before == "inference"]
    parents = [numbers[name] for name in names if name in numbers]
    if not rules:
        rules = ["definition"] if source.startswith("introduced") else ["repeat"]
    return tuple(reversed(rules)), tuple(dict.fromkeys(parents))


def _in_user_names(formula: Formula, vocabulary: Vocabulary) -> Formula:
    predicates = {f"p{i}": name for i, (name, _) in enumerate(vocabulary.predicates)}
    functions = {f"f{i}": name for i, (name, _) in enumerate(vocabulary.functions)}
    return rename(formula, lambda n, _: predicates.get(n, n), lambda n, _: functions.get(n, n))
