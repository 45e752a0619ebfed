"""Equations that have no solution in integers, as they have none modulo some number: residues case by case.

The number need not occur in the goal: it is found here, by trying all residues. Not here: remainders that the goal
itself speaks of (`modular.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, asserted, variables
from prover.generators.rules.terms import Relation, Term, read, value

_MODULI = (3, 4, 5, 7, 8, 9, 11, 13, 16)
_CASES_LIMIT = 130  # each takes `grind` some 50 ms
_RESIDUES_LIMIT = 5_000


def diophantine(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    kinds = {v.name: v.head for v in variables(goal) if v.head in ("Nat", "Int")}
    equations = [("intro h", r) for r in read(goal.target)[:1] if (r.sign == "≠") != (r.negated and r.sign == "=")]
    given = [r for _, r in asserted(goal) if r.sign == "=" and not r.negated]
    equations += [("exfalso", r) for r in given]
    remainders = {r.left.args[0].text: (r.left.args[1].value, r.right.value) for r in given
                  if r.left.op == "%" and r.left.args[1].op == r.right.op == "number"}  # fmt: skip
    for start, equation in equations:
        found = _refuted(equation, kinds, remainders)
        if found is not None:
            yield Suggestion(1.0, "\n".join([start, *_by_cases(*found)]))


def _refuted(
    equation: Relation, kinds: dict[str, str], remainders: dict[str, tuple[int, int]]
) -> tuple[int, list[str]] | None:
    """A modulus by which the sides differ whatever the variables, and those whose remainders are to be told apart.

    `remainders`: of variables by a modulus of their own, as far as hypotheses give them.
    """
    names = equation.names
    if not names or any(n not in kinds for n in names) or not all(_polynomial(side) for side in equation.terms):
        return None
    if "Nat" in (kinds[n] for n in names) and any(t.op == "-" for side in equation.terms for t in side.walk()):
        return None  # natural subtraction stops at zero
    told = [remainders.get(n, (1, 0)) for n in names]
    for m in _MODULI:
        if m ** len(names) > _RESIDUES_LIMIT:
            return None
        differences: dict[tuple[int, ...], int] = {}
        for residues in product(range(m), repeat=len(names)):
            d = differences[residues] = _difference(equation, dict(zip(names, residues, strict=True)), m)
            if d == 0 and not any(m % k == 0 and x % k != r for x, (k, r) in zip(residues, told, strict=True)):
                break  # a solution
        else:
            needed = [n for i, n in enumerate(names) if _depends(differences, i) and n not in remainders]
            if m ** len(needed) <= _CASES_LIMIT:
                return m, needed
    return None


def _polynomial(term: Term) -> bool:
    """Of numbers and variables, by sums, products, and powers with a number as exponent."""
    return all(
        t.op in ("number", "name", "+", "-", "*") or (t.op == "^" and t.args[1].op == "number" and t.args[1].value < 20)
        for t in term.walk()
    )


def _difference(equation: Relation, known: dict[str, int], m: int) -> int:
    left, right = (value(side, known=known) for side in equation.terms)
    return 0 if left is None or right is None else (left - right) % m


def _depends(differences: dict[tuple[int, ...], int], i: int) -> bool:
    return any(d != differences[(*r[:i], 0, *r[i + 1 :])] for r, d in differences.items())


def _by_cases(m: int, names: Sequence[str]) -> Iterator[str]:
    """Each variable as a multiple and a remainder; then each remainder."""
    for i, name in enumerate(names):
        cases = " ∨ ".join(f"r{i} = {r}" for r in range(m))
        yield (f"obtain ⟨q{i}, r{i}, rfl, hr{i}⟩ : ∃ q{i} r{i}, {name} = {m} * q{i} + r{i} ∧ ({cases}) := "
               f"⟨{name} / {m}, {name} % {m}, by omega, by omega⟩")  # fmt: skip
    split = (f"rcases hr{i} with {' | '.join(['rfl'] * m)}" for i in range(len(names)))
    yield " <;> ".join([*split, "grind"])
