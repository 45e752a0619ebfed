"""What the rules share: a weighted tactic, and questions about a goal that several of them ask.

Not here: any tactic. A weight is relative to the others of the same position: 1 for a guess that is worth a try.
Types are read as Lean prints them, since that is what a hypothesis carries; whatever is misread costs one rejected
tactic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from prover.generators.protocol import Position
from prover.generators.rules.terms import Relation, read
from prover.lean.state import Goal, Hypothesis


class Suggestion(NamedTuple):
    """A tactic and how much it is worth a try."""

    weight: float
    tactic: str


Rule: TypeAlias = Callable[[Position], Iterator[Suggestion]]

#: The types of numbers that the arithmetic rules are about.
NUMBERS = ("Nat", "Int", "Rat")
#: That a square is not negative, in any ordered ring.
SQUARE = "Lean.Grind.OrderedRing.sq_nonneg"
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


def kind_of(names: Iterable[str], kinds: Mapping[str, str]) -> str:
    """The one type, by `kinds`, of all these variables; "" where there is none."""
    found = {kinds.get(n, "") for n in names}
    return found.pop() if len(found) == 1 else ""


def relations(goal: Goal) -> list[Relation]:
    """What can be read of the target, then of the hypotheses."""
    return [r for text in (goal.target, *(h.type for h in propositions(goal))) for r in read(text)]


def asserted(goal: Goal) -> Iterator[tuple[Hypothesis, Relation]]:
    """The relations that hypotheses state, also several joined by ∧, with the hypothesis."""
    for h in propositions(goal):
        if "∨" not in h.type:
            yield from ((h, r) for r in read(h.type))


def single(goal: Goal) -> Iterator[tuple[Hypothesis, Relation]]:
    """The hypotheses that are one relation, with it."""
    return ((h, r) for h, r in asserted(goal) if "∧" not in h.type)


def arguments(f: str, text: str) -> list[int]:
    """The numbers that a printed expression applies a function to, as they occur."""
    return [int(number) for number in re.findall(rf"(?<![\w.]){re.escape(f)} (\d{{1,6}})\b", text)]


def usable(goal: Goal, names: list[str]) -> tuple[list[str], list[str]]:
    """Hypotheses that evaluation can use: about nothing but the variables; and the others, which stand in its way."""
    use, drop = [], []
    others = [v.name for v in variables(goal) if v.name not in names]
    for h in propositions(goal):
        quantified = any(c in h.type for c in "∀∃") or any(mentions(h.type, o) for o in others)
        (drop if quantified else use).append(h.name)
    return use[::-1], drop


def shown(h: str, fact: str, tactic: str) -> str:
    """`h`, a fact that a tactic of several lines shows."""
    return f"have {h} : {fact} := by\n  " + tactic.replace("\n", "\n  ")


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
