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

_NAME = re.compile(r"[^\W\d][\w'!?₀-₉]*")
_BINDERS = re.compile(r"([({\[⦃]?)([^(){}\[\]⦃⦄]+)[)}\]⦄]?")
_SHORT = re.compile(r"([^\W\d][\w'!?₀-₉]*) (?:[∈<≤>≥≠∉⊆]) .+")  # `∀ x ∈ s, p x`
_NOTHING = re.compile(r"(?!)")
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
    return name in _NAME.findall(text)


def names_in(text: str) -> set[str]:
    """The identifiers of a printed expression."""
    return set(_NAME.findall(text))


def defined(goal: Goal) -> list[str]:
    """Constants of the target that may be definitions to unfold, as they occur."""
    return [c for c in goal.constants if not _NOTATION.search(c) and not _is_constructor(c)]


_CONSTRUCTORS = {"nil", "cons", "none", "some", "zero", "succ", "mk", "inl", "inr", "true", "false"}


def _is_constructor(name: str) -> bool:
    return name.rsplit(".", 1)[-1] in _CONSTRUCTORS


def conclusion(type_: str) -> str:
    """A printed statement without its binders and premises, as far as text shows them."""
    rest = type_
    while rest.startswith("∀"):
        depth = 0
        for i, c in enumerate(rest):
            depth += c in "([{⟨"
            depth -= c in ")]}⟩"
            if c == "," and not depth:
                rest = rest[i + 1 :].strip()
                break
        else:
            return rest
    depth = at = 0
    for i, c in enumerate(rest):
        depth += c in "([{⟨"
        depth -= c in ")]}⟩"
        if c == "→" and not depth:
            at = i + 1
    return rest[at:].strip()


def is_equation(type_: str) -> bool:
    """Whether a printed proposition concludes with an equation or an equivalence."""
    end = conclusion(type_)
    return bool(re.search(r"(^|[^:<>≤≥!])=($|[^=>])|↔|==", end)) and "∃" not in end


def demand(type_: str) -> tuple[int, re.Pattern[str]]:
    """What a printed implication asks for first: how many explicit variables come before, and the text of a premise
    that would do, the variables open; for what is no implication, a pattern that nothing matches.

    `∀ (a : Nat) {b : Nat}, a < b → p b` gives 1 and the pattern `.+ < .+`, `∀ x ∈ s, p x` gives 1 and `.+ ∈ s`.
    """
    rest, explicit, bound = " ".join(type_.split()), 0, set[str]()
    while rest.startswith("∀ "):
        binders, _, rest = _cut(rest[2:], ",")
        rest = rest.strip()
        if short := _SHORT.fullmatch(binders):
            explicit, rest = explicit + 1, f"{binders} → {rest}"
            bound.add(short.group(1))
            break
        for group in _BINDERS.finditer(binders):
            names = _NAME.findall(group.group(2).partition(":")[0])
            bound.update(names)
            explicit += len(names) if group.group(1) in ("", "(") else 0
    wanted, arrow, _ = _cut(rest, "→")
    if not arrow:
        return explicit, _NOTHING
    pattern = re.escape(_without_brackets(wanted.strip()))
    for name in bound:
        pattern = re.sub(rf"(?<![\w.']){re.escape(name)}(?![\w.'!?])", ".+", pattern)
    return explicit, re.compile(pattern)


def _without_brackets(text: str) -> str:
    """As a hypothesis a premise is printed without the brackets around it."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([{⟨") - (c in ")]}⟩")
        if not depth:
            return text[1:-1] if c == ")" and i == len(text) - 1 else text
    return text


def _cut(text: str, sign: str) -> tuple[str, str, str]:
    """As `str.partition`, at the first sign outside brackets."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([{⟨") - (c in ")]}⟩")
        if c == sign and not depth:
            return text[:i], sign, text[i + 1 :]
    return text, "", ""
