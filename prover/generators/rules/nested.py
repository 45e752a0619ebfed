"""Functions that hand what they make of the rest to another: `isort (x :: xs)` is `insert x (isort xs)`.

The step of an induction is then about `insert x ys`, whatever `ys` is, once the induction hypothesis is used in it: so
the term is generalised, and a second induction goes down it (cross-fertilisation and generalisation: Boyer and Moore, A
Computational Logic, 1979, chapters X and XII).

Not here: inductions that need one only (`programs.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prover.generators.rules.base import NAME
from prover.generators.rules.own import Own, applications
from prover.lean.state import Goal, Hypothesis

#: Type → the names of the cases of its induction, what the variable is in the second, and what simplifies that.
_CASES = {
    "List": ("nil", "cons x xs ih", "xs", "List.length_cons, List.sum_cons, List.map_cons"),
    "Nat": ("zero", "succ n ih", "n", ""),
}
_REST = "ys"


def nested(goal: Goal, found: Own, places: Sequence[Hypothesis], close: str) -> Iterator[str]:
    """Whole proofs by induction on one of `places`; `close` ends each case."""
    for v in places:
        if v.head not in _CASES:
            continue
        first, second, rest, lemmas = _CASES[v.head]
        for function in found.recursive:
            calls = [a for a in applications(goal.target, function) if _is_about(goal.target, a.arguments, v.name)]
            for call in dict.fromkeys(goal.target[a.start : a.end] for a in calls):
                term = NAME.sub(lambda m, v=v, rest=rest: rest if m[0] == v.name else m[0], call)
                told = f", {lemmas}" if lemmas else ""
                yield "\n".join([
                    f"induction {v.name} with",
                    f"| {first} => {close}",
                    f"| {second} =>",
                    f"  simp only [{function}{told}]",
                    f"  generalize {term} = {_REST} at *",
                    "  first",
                    f"  | (rw [← ih]; clear ih; induction {_REST} <;> {close})",
                    f"  | (induction ih <;> {close})",
                    f"  | (induction {_REST} generalizing {rest} <;> {close})",
                    f"  | (induction {_REST} <;> {close})",
                ])  # fmt: skip


def _is_about(target: str, arguments: Sequence[tuple[int, int]], name: str) -> bool:
    return any(target[slice(*span)] == name for span in arguments)
