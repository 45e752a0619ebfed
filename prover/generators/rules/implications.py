"""Printed implications taken apart, as far as their text shows them: what they conclude, and what they ask for.

Not here: tactics made of them. Whatever is misread costs one rejected tactic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from prover.brackets import split
from prover.generators.rules.base import NAME, names_in

_REMEMBERED = 1 << 12  # the states of a search share most of their hypotheses
_BINDERS = re.compile(r"([({\[⦃]?)([^(){}\[\]⦃⦄]+)[)}\]⦄]?")
_SHORT = re.compile(rf"({NAME.pattern}) [∈<≤>≥≠∉⊆] .+")  # `∀ x ∈ s, p x`
_INNER = re.compile(r"(?:[∃∀λ]|\bfun\b)([^,:=∈<≤>≥]*)")  # `∃ x y, …`, `fun x => …`
_SIGNS = "=≠<>≤≥∈∣⊆∧∨↔∃"
_SAME = {"≠": "=", ">": "<", "≥": "≤"}  # one unfolds to the other


def conclusion(type_: str) -> str:
    """A printed statement without its binders and premises."""
    rest = type_
    while rest.startswith("∀"):
        _, *body = split(rest, ",", 1)
        if not body:
            return rest
        rest = body[0].strip()
    return split(rest, "→")[-1].strip()


def is_equation(type_: str) -> bool:
    """Whether a printed proposition concludes with an equation or an equivalence."""
    end = conclusion(type_)
    return bool(re.search(r"(^|[^:<>≤≥!])=($|[^=>])|↔|==", end)) and "∃" not in end


@dataclass(frozen=True, slots=True)
class Demand:
    """What an implication asks for first: so many explicit variables, and then a proof of something.

    `mentions`: the names and relations in that, less the implication's own variables, and `open` whether it has one of
    these; None for what is no implication.
    """

    variables: int
    mentions: frozenset[str] | None = None
    open: bool = False

    def met_by(self, type_: str) -> bool:
        """Whether a hypothesis of this type may be the proof: Lean alone can tell `a ≠ b` from `¬a = b`."""
        if self.mentions is None:
            return False
        given = _mentioned(type_)
        return self.mentions <= given if self.open else self.mentions == given


@lru_cache(_REMEMBERED)
def demand(type_: str) -> Demand:
    """Of a printed implication: `∀ (a : Nat) {b : Nat}, a < f b → p b` asks for one variable, and mentions `<`, `f`."""
    rest, explicit, bound = " ".join(type_.split()), 0, set[str]()
    while rest.startswith("∀ "):
        binders, *body = split(rest[2:], ",", 1)
        rest = "".join(body).strip()
        if short := _SHORT.fullmatch(binders):
            explicit, rest = explicit + 1, f"{binders} → {rest}"
            bound.add(short.group(1))
            break
        for group in _BINDERS.finditer(binders):
            names = NAME.findall(group.group(2).partition(":")[0])
            bound.update(names)
            explicit += len(names) if group.group(1) in ("", "(") else 0
    wanted, *body = split(rest, "→", 1)
    if not body:
        if not rest.startswith("¬"):
            return Demand(explicit)
        wanted = rest[1:]
    asked = _mentioned(wanted)
    return Demand(explicit, asked - bound, bool(asked & bound))


@lru_cache(_REMEMBERED)
def _mentioned(text: str) -> frozenset[str]:
    """The names and relations of a printed expression, less the names that it binds itself."""
    bound = names_in(" ".join(_INNER.findall(text)))
    signs = {_SAME.get(c, c) for c in text if c in _SIGNS}
    return frozenset((names_in(text) | signs) - bound)
