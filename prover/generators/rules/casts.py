"""Natural numbers and integers spoken of as rationals: to the rationals for the target, from them for what is told.

Not here: rationals themselves (`algebra.py`, `inequalities.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import lcm

from prover.generators.protocol import Position
from prover.generators.rules.algebra import roots
from prover.generators.rules.base import Suggestion, propositions, single, variables
from prover.generators.rules.bounded import finite_search
from prover.generators.rules.rational_functions import quotient, written
from prover.generators.rules.terms import ORDER, Relation, read, read_term
from prover.lean.state import Goal, Hypothesis


def casts(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    for tactic in [*lifted(goal), *lowered(goal)]:
        yield Suggestion(1.0, tactic)


def lifted(goal: Goal) -> Iterator[str]:
    """An equation of natural numbers or integers that follows over the rationals."""
    if any("Rat" in h.type or "↑" in h.type for h in propositions(goal)):
        for r in read(goal.target)[:1]:
            if r.sign in {"=", *ORDER} and "↑" not in goal.target:
                for kind in ("Rat", "Int"):
                    left, right = (f"(({side.text} : _) : {kind})" for side in r.terms)
                    yield f"have hc : {left} {r.sign} {right} := by grind\nexact_mod_cast hc"


def lowered(goal: Goal) -> Iterator[str]:
    """Equations of natural numbers as rationals, without denominators and casts; then arithmetic, or finite search."""
    kinds = {v.name: v.head for v in variables(goal)}
    lines: list[str] = []
    hypotheses: list[Hypothesis] = []
    casts = {h.name: r for h, r in single(goal) if "↑" in h.type and r.sign == "=" and not r.negated}
    for h in goal.hypotheses:
        found = _without_casts(casts[h.name], kinds) if h.name in casts else None
        if found is None:
            hypotheses.append(h)
            continue
        equation, denominators = found
        left, right = equation.split(" = ")
        name = f"hl{len(lines)}"
        lines.append("\n".join([
            f"have {name} : {equation} := by",
            *(f"  have hz{i} : ({d} : Rat) ≠ 0 := by\n    have h0 : {d} ≠ 0 := by omega\n    exact_mod_cast h0"
              for i, d in enumerate(denominators)),
            f"  have hc : (({left} : Nat) : Rat) = (({right} : Nat) : Rat) := by push_cast; grind",
            "  exact_mod_cast hc",
            f"clear {h.name}",
        ]))  # fmt: skip
        hypotheses.append(Hypothesis(name, equation, is_prop=True))
    if not lines:
        return
    enriched = replace(goal, hypotheses=tuple(hypotheses))
    for tactic in ["first | omega | grind", *finite_search(enriched), *roots(enriched)]:
        yield "\n".join([*lines, tactic])


def _without_casts(r: Relation, kinds: Mapping[str, str]) -> tuple[str, list[str]] | None:
    """The equation between natural numbers that one of their casts amounts to, and the denominators it had."""
    difference = read_term(f"{r.left.wrapped} - {r.right.wrapped}")
    found = quotient(difference) if difference is not None else None
    if found is None:
        return None
    product, denominators = found.above, [written(factor) for factor in found.below]
    names = {*denominators, *(n for m in product for n in m)}
    if any(not n.startswith("↑") or kinds.get(n[1:]) != "Nat" for n in names):
        return None
    scale = lcm(*(c.denominator for c in product.values()))
    parts = {side: [(m, abs(int(c * scale))) for m, c in product.items() if c * side > 0] for side in (1, -1)}
    plus, minus = (" + ".join(" * ".join([str(c), *(n[1:] for n in m)]) for m, c in of) for of in parts.values())
    return f"{plus or 0} = {minus or 0}", [n[1:] for n in denominators]
