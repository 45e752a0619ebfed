"""Printed implications taken apart, as far as their text shows them: what they conclude, and what they ask for.

Not here: tactics made of them. Whatever is misread costs one rejected tactic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[^\W\d][\w'!?₀-₉]*")
_BINDERS = re.compile(r"([({\[⦃]?)([^(){}\[\]⦃⦄]+)[)}\]⦄]?")
_SHORT = re.compile(r"([^\W\d][\w'!?₀-₉]*) (?:[∈<≤>≥≠∉⊆]) .+")  # `∀ x ∈ s, p x`
_NOTHING = re.compile(r"(?!)")
_PART = re.compile(r"(?P<name>(?<![\w.'])[^\W\d][\w.'!?₀-₉]*)|.", re.DOTALL)
#: Texts with more variables, or longer, are not matched: the time grows as the length to the power of the variables.
_OPEN, _LONG = 3, 200


def conclusion(type_: str) -> str:
    """A printed statement without its binders and premises."""
    rest = type_
    while rest.startswith("∀"):
        _, comma, body = _cut(rest, ",")
        if not comma:
            return rest
        rest = body.strip()
    while True:
        _, arrow, body = _cut(rest, "→")
        if not arrow:
            return rest.strip()
        rest = body


def is_equation(type_: str) -> bool:
    """Whether a printed proposition concludes with an equation or an equivalence."""
    end = conclusion(type_)
    return bool(re.search(r"(^|[^:<>≤≥!])=($|[^=>])|↔|==", end)) and "∃" not in end


@dataclass(frozen=True, slots=True)
class Demand:
    """What an implication asks for first: so many explicit variables, and then a proof of this, variables open."""

    variables: int
    _premise: re.Pattern[str] = _NOTHING

    def met_by(self, type_: str) -> bool:
        """Whether the text of a hypothesis's type fits."""
        text = " ".join(type_.split())
        return len(text) <= _LONG and self._premise.fullmatch(text) is not None


def demand(type_: str) -> Demand:
    """Of a printed implication; of what is none, one that nothing meets.

    `∀ (a : Nat) {b : Nat}, a < b → p b` asks for one variable and for `… < …`, `∀ x ∈ s, p x` for one and `… ∈ s`.
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
        return Demand(explicit)
    groups: dict[str, str] = {}

    def open_(word: re.Match[str]) -> str:
        name, dot, field = word.group().partition(".")
        if name not in bound:
            return re.escape(word.group())
        # The same variable is the same term everywhere.
        group = f"(?P={groups[name]})" if name in groups else f"(?P<{groups.setdefault(name, f'v{len(groups)}')}>.+)"
        return group + re.escape(dot + field)

    text = _without_brackets(wanted.strip())
    parts = [open_(part) if part.lastgroup else re.escape(part.group()) for part in _PART.finditer(text)]
    return Demand(explicit, re.compile("".join(parts))) if len(groups) <= _OPEN else Demand(explicit)


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
