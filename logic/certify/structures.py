"""Countermodels as Lean proofs: a structure on `Fin n` given by cases, checked by the kernel's `decide`."""

from __future__ import annotations

from collections.abc import Iterator

from logic.certify.claim import Claim
from logic.countermodel import FiniteModel
from logic.syntax.names import Names, Symbol

_VARIABLES = "x y z v w".split()


def proofs(claim: Claim, names: Names, model: FiniteModel) -> Iterator[str]:
    """Tactic blocks that show the claim's `…_does_not_follow` by the model, the surest first."""
    given = "\n".join(f"    ({_table(symbol, model)}) -- {name}" for symbol, name in claim.vocabulary(names))
    said = "\n".join(f"-- {line}" for line in model.text().splitlines())
    holds = " ?_" * len(claim.premises)
    # Premise by premise: as one proposition, Lean gives up looking for a way to decide some twenty premises.
    start = f"{said}\nintro follows\nrefine absurd (@follows (Fin {model.size}) ⟨0⟩\n{given}\n   {holds}) ?_\n"
    for ending in ("decide +kernel", "decide", "simp"):
        yield f"{start}all_goals {ending}"


def _table(symbol: Symbol, model: FiniteModel) -> str:
    """A symbol's meaning as a Lean function on `Fin n`, by cases."""
    variables = _variables(symbol.arity)
    bound = f"fun {' '.join(variables)} => " if variables else ""
    if symbol.kind == "predicate":
        held = sorted(model.predicates.get((symbol.name, symbol.arity), ()))
        if not symbol.arity:
            return "True" if held else "False"
        everything = model.size**symbol.arity
        if len(held) == everything:
            return f"{bound}True"
        return bound + (" ∨ ".join(f"({_case(variables, point)})" for point in held) or "False")
    values = model.functions.get((symbol.name, symbol.arity), {})
    if not symbol.arity:
        return str(values.get((), 0))
    text = "0"
    for point, value in sorted(values.items(), reverse=True):
        if value:
            text = f"if {_case(variables, point)} then {value} else {text}"
    return bound + text


def _variables(arity: int) -> list[str]:
    return [_VARIABLES[i] if arity <= len(_VARIABLES) else f"x{i}" for i in range(arity)]


def _case(variables: list[str], point: tuple[int, ...]) -> str:
    return " ∧ ".join(f"{v} = {n}" for v, n in zip(variables, point, strict=True))
