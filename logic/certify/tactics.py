"""Lean proofs to try for a claim that something follows: `grind` first, then guided by what the solvers found.

Strings only; running them is in `certificate.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from logic.certify.claim import Claim
from logic.solvers.proof import Proof
from logic.syntax.formula import Formula, Predicate, Quantified, Truth
from logic.syntax.names import Names, Symbol
from logic.syntax.walk import closed, free_variables, nodes, signature
from logic.syntax.write import write

#: `grind` settles 121 of the 129 FOLIO validation problems that have gold formulas and a definite label.
FIRST = "grind"
_MOST_INSTANCES = 48
_MOST_STEPS = 60
_MOST_ATOMS = 7  # a case split on all of them makes 2^7 goals


def candidates(claim: Claim, names: Names, proof: Proof | None) -> Iterator[str]:
    """Proofs in order of how often they work for what they cost. `proof`: a solver's, if there is one."""
    hypotheses = claim.hypotheses(names)
    yield FIRST
    yield "grind (splitImp := true)"
    yield "simp_all"
    if proof is not None:
        steps = replay(claim, names, hypotheses, proof)
        if steps:
            yield steps
    instances = instantiated(claim, names, hypotheses)
    if instances:
        yield "\n".join([*instances, "grind (splitImp := true)"])
        yield "\n".join([*instances, "simp_all"])
    yield "grind (splits := 30) (gen := 20) (instances := 5000) (splitImp := true)"
    refute = ["apply Classical.byContradiction", "intro opposite"]
    yield "\n".join([*refute, "simp only [Classical.not_forall, not_exists] at *", "grind (splitImp := true)"])
    atoms = ground_atoms(claim, names)
    if atoms:
        splits = " <;> ".join(f"by_cases ({atom})" for atom in atoms)
        yield "\n".join([*refute, *instances, f"{splits} <;> simp_all"])


def replay(claim: Claim, names: Names, hypotheses: Sequence[str], proof: Proof) -> str | None:
    """The solver's steps as `have`s, each closed by `grind`; None where no step can be said.

    Steps below the assumed opposite, or with symbols of the solver's own (Skolem functions), end the replay:
    what is known by then is left to `grind`.
    """
    known = set(signature([*claim.formulas(), closed(claim.conclusion.formula)]).predicates)
    functions = set(signature([*claim.formulas(), closed(claim.conclusion.formula)]).functions)
    place: dict[int, str] = {}
    lines: list[str] = []
    for number, step in enumerate(proof.essential().steps):
        if len(lines) >= _MOST_STEPS:
            break
        if step.premise is not None:
            if step.premise < len(hypotheses):
                place[number] = hypotheses[step.premise]
            continue
        if step.goal or isinstance(step.formula, Truth):
            continue
        used = signature([step.formula])
        sayable = set(used.predicates) <= known and set(used.functions) <= functions and not used.numerals
        if not sayable or not step.parents or any(parent not in place for parent in step.parents):
            continue
        name = f"step_{len(lines) + 1}"
        shown = write(closed(step.formula), "lean", names)
        lines.append(f"have {name} : {shown} := by grind (splitImp := true)")
        place[number] = name
    return "\n".join([*lines, "grind (splitImp := true)"]) if lines else None


def instantiated(claim: Claim, names: Names, hypotheses: Sequence[str]) -> list[str]:
    """`have`s for the universal premises at the constants, the shortest premises first."""
    constants = [
        names[Symbol("function", name, 0)]
        for name, arity in sorted(signature([*claim.formulas(), claim.conclusion.formula]).functions)
        if arity == 0
    ]
    if not constants:
        constants = ["default"]
    lines: list[str] = []
    for hypothesis, formula in zip(hypotheses, claim.formulas(), strict=True):
        count = leading_universals(formula)
        if not 0 < count <= 3:
            continue
        for point in itertools.product(constants, repeat=count):
            if len(lines) >= _MOST_INSTANCES:
                return lines
            lines.append(f"have := {hypothesis} {' '.join(point)}")
    return lines


def ground_atoms(claim: Claim, names: Names) -> list[str]:
    """The claim's atoms without variables, if they are few enough for a case split on all of them."""
    atoms: dict[str, None] = {}
    for formula in [*claim.formulas(), closed(claim.conclusion.formula)]:
        for node in nodes(formula):
            if isinstance(node, Predicate) and not free_variables(node):
                atoms[write(node, "lean", names)] = None
    return list(atoms) if len(atoms) <= _MOST_ATOMS else []


def leading_universals(formula: Formula) -> int:
    """How many ∀ a formula begins with."""
    count = 0
    while isinstance(formula, Quantified) and formula.quantifier == "forall":
        count, formula = count + 1, formula.body
    return count
