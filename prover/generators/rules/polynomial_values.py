"""Remainders of a polynomial in one variable: those of its values at the remainders of the variable.

With n = m * q + r, the polynomial differs from its value at r by a multiple of m, which is written out; the kernel
evaluates all r. Not here: several variables (`power_residues.py`), variable exponents (`modular.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import lcm

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, single, variables
from prover.generators.rules.polynomials import Polynomial, expanded, monomials
from prover.generators.rules.terms import Relation, Term, congruence, difference, read, read_term, substituted

_MOST_VALUES = 1_000


def polynomial_values(position: Position) -> Iterator[Suggestion]:
    """For targets that are one congruence or divisibility by a number."""
    goal = position.goals[0]
    kinds = {v.name: v.head for v in variables(goal) if v.head in ("Nat", "Int")}
    for r in read(goal.target)[:1] if not any(c in goal.target for c in "∧∨") else ():
        found = congruence(r)
        if found is None or found[1] < 2 or len(r.names) != 1 or r.names[0] not in kinds:
            continue
        (t, own), [name] = found, r.names
        kind = kinds[name]
        given = [(h, m) for h, g in single(goal) if (m := _of_variable(g, name)) is not None]
        m = lcm(own, *(k for _, k in given))
        if m > _MOST_VALUES or (kind == "Nat" and any(s.op == "-" for s in t.walk())):
            continue
        tactic = _tactic(r, t, name, kind, m, [h.type for h, _ in given])
        if tactic:
            yield Suggestion(1.0, tactic)


def _of_variable(r: Relation, name: str) -> int | None:
    """The modulus of a congruence of the variable itself."""
    found = congruence(r)
    return found[1] if found is not None and found[1] > 1 and found[0].text == name else None


def _tactic(wanted: Relation, t: Term, name: str, kind: str, m: int, given: list[str]) -> str:
    """What proves a congruence of t under those of the variable, all by divisors of m; "" for no polynomial."""
    spread = read_term(f"{m} * q + {name}")
    part = monomials(t)
    whole = monomials(substituted(t, {name: spread})) if spread is not None else None
    if whole is None or part is None or any(c.denominator != 1 for c in part.values()):
        return ""
    r, least = ("r", f"{name} % {m}") if kind == "Nat" else ("(r : Int)", f"({name} % {m}).toNat")

    def at(polynomial: Polynomial) -> str:
        return expanded({tuple(r if n == name else n for n in names): c for names, c in polynomial.items()})

    there, multiple = at(part), at({k: c / m for k, c in difference(whole, part).items()})
    remainder = f"{wanted.left.text} ∣ {there}" if wanted.sign == "∣" else (
        f"({there}) % {wanted.left.args[1].text} {wanted.sign} {wanted.right.text}")  # fmt: skip
    variable = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])")
    premises = "".join(f"{variable.sub(r, h)} → " for h in given)
    return "\n".join([
        f"obtain ⟨r, hr, q, hq⟩ : ∃ r ∈ List.range {m}, ∃ q, {name} = {m} * q + {r} :=",
        f"  ⟨{least}, List.mem_range.mpr (by omega), {name} / {m}, by omega⟩",
        f"have key : ∀ r ∈ List.range {m}, {premises}{'¬' if wanted.negated else ''}{remainder} := by decide +kernel",
        f"replace key := key r hr{' (by omega)' * len(given)}",
        f"obtain ⟨s, hs⟩ : ∃ s, {t.text} = {m} * s + ({there}) := ⟨{multiple}, by subst hq; grind⟩",
        "omega",
    ])  # fmt: skip
