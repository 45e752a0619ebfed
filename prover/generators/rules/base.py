"""What the rules share: a weighted tactic, and questions about a goal that several of them ask.

Not here: any tactic. A weight is relative to the others of the same position: 1 for a guess that is worth a try.
Types are read as Lean prints them, since that is what a hypothesis carries; whatever is misread costs one rejected
tactic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from prover.generators.protocol import Position
from prover.lean.state import Goal, Hypothesis


class Suggestion(NamedTuple):
    """A tactic and how much it is worth a try."""

    weight: float
    tactic: str


Rule: TypeAlias = Callable[[Position], Iterator[Suggestion]]

NAME = re.compile(r"[^\W\d][\w'!?₀-₉]*")
#: Notation and its instances: constants that name no definition worth unfolding.
_NOTATION = re.compile(
    r"^(inst|Eq$|HEq$|Ne$|Not$|And$|Or$|Iff$|Exists$|True$|False$|ite$|dite$|H?(Add|Sub|Mul|Div|Mod|Pow|Neg)\.|"
    r"H?(Append|AndThen|OrElse|And|Or|Xor|Shift\w+)\.|Neg\.|OfNat\.|LE\.|LT\.|GE\.|GT\.|BEq\.|Dvd\.|Membership\.|"
    r"GetElem\??\.|Nat$|Int$|Rat$|Bool|List$|Array$|Option$|Prod$|Sum$|Fin$|BitVec$|String$|Char$|Type|Decidable|"
    r"Nat\.(zero|succ|cast)$|NatCast\.|IntCast\.|Coe\w*\.|id$|Function\.|Subtype|Prop$|Unit|PUnit|Inhabited\.|"
    r"EmptyCollection\.|Insert\.|Singleton\.|Union\.|Inter\.|SDiff\.|HasSubset|Bind\.|Pure\.|Functor\.|Seq\w*\.)"
)


def propositions(goal: Goal) -> list[Hypothesis]:
    """Accessible hypotheses that are proofs, the latest first."""
    return [h for h in reversed(goal.hypotheses) if h.is_prop and h.accessible]


def variables(goal: Goal) -> list[Hypothesis]:
    """Accessible local variables that are data: no proofs, instances or types; in the goal's order."""
    return [
        h for h in goal.hypotheses
        if not h.is_prop and not h.is_instance and h.accessible and not h.type.startswith(("Type", "Sort", "Prop"))
    ]  # fmt: skip


def mentions(text: str, name: str) -> bool:
    """Whether a printed expression mentions a variable."""
    return name in NAME.findall(text)


def names_in(text: str) -> set[str]:
    """The identifiers of a printed expression."""
    return set(NAME.findall(text))


def defined(goal: Goal) -> list[str]:
    """Constants of the target that may be definitions to unfold, as they occur."""
    return [c for c in goal.constants if not _NOTATION.search(c) and not _is_constructor(c)]


_CONSTRUCTORS = {"nil", "cons", "none", "some", "zero", "succ", "mk", "inl", "inr", "true", "false"}


def _is_constructor(name: str) -> bool:
    return name.rsplit(".", 1)[-1] in _CONSTRUCTORS
