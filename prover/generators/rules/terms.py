"""Printed arithmetic read back: enough of Lean's notation for rules that look for moduli, powers and products.

Not a parser of Lean: what it does not know makes the whole text unreadable (`read` gives None), never wrong on
purpose. Terms keep the text that they came from, to be put into tactics.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple, TypeVar

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+)|(?P<name>[^\W\d][\w'!?₀-₉✝]*(?:\.[^\W\d][\w'!?₀-₉]*)*)|(?P<sign>[-+*/%^∣=≠≤<≥>∧∨→↔¬↑(),:]))"
)
_BINARY = {"∣": (50, 51), "+": (65, 66), "-": (65, 66), "*": (70, 71), "/": (70, 71), "%": (70, 71), "^": (76, 75)}
RELATIONS = ("=", "≠", "≤", "<", "≥", ">")
ORDER = {"≤", "<", "≥", ">"}
_DIGITS = 1200  # far more than rules can use, and less than Python refuses to turn into a number
_DEPTH = 60  # of nesting: real goals stay far below, and recursion must end


_Key = TypeVar("_Key")
_Number = TypeVar("_Number", int, Fraction)


class _Unreadable(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Term:
    """`op`: "number", "name" (a variable, constant or application), "-" with one argument, or a binary sign."""

    op: str
    args: tuple[Term, ...] = ()
    value: int = 0
    text: str = ""

    def walk(self) -> Iterator[Term]:
        """Itself and all subterms."""
        yield self
        for a in self.args:
            yield from a.walk()

    @property
    def names(self) -> list[str]:
        """The variables, constants and applications in it, each once, as they occur."""
        return list(dict.fromkeys(t.text for t in self.walk() if t.op == "name"))

    @property
    def wrapped(self) -> str:
        """Its text, in brackets where it needs them."""
        return self.text if re.fullmatch(r"[\w'₀-₉.]+", self.text) else f"({self.text})"

    @property
    def closed(self) -> bool:
        """Whether no name occurs in it."""
        return all(t.op != "name" for t in self.walk())

    def factors(self) -> list[Term]:
        """Of a product, flattened."""
        return [f for a in self.args for f in a.factors()] if self.op == "*" else [self]


@dataclass(frozen=True, slots=True)
class Relation:
    """`left sign right`; a divisibility is a relation too. `negated`: it stands behind ¬."""

    left: Term
    sign: str
    right: Term
    negated: bool = False

    @property
    def terms(self) -> tuple[Term, Term]:
        return self.left, self.right

    @property
    def ordered(self) -> tuple[Term, Term]:
        """The sides of an inequality, first the one that is said to be less."""
        return self.terms if self.sign in ("≤", "<") else (self.right, self.left)

    def walk(self) -> Iterator[Term]:
        """All subterms of both sides."""
        yield from self.left.walk()
        yield from self.right.walk()

    @property
    def names(self) -> list[str]:
        """Those of both sides, each once, as they occur."""
        return list(dict.fromkeys([*self.left.names, *self.right.names]))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int, int]] = []
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise _Unreadable
            kind = match.lastgroup or ""
            self.tokens.append((kind, match.group(kind), match.start(kind), match.end(kind)))
            at = match.end()
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, sign: str = "") -> tuple[str, str, int, int]:
        if self.at >= len(self.tokens) or (sign and self.peek() != sign):
            raise _Unreadable
        self.at += 1
        return self.tokens[self.at - 1]

    def _span(self, start: int) -> str:
        return self.text[self.tokens[start][2] : self.tokens[self.at - 1][3]]

    def expression(self, least: int = 0) -> Term:
        self.depth += 1
        if self.depth > _DEPTH:
            raise _Unreadable
        start = self.at
        if self.peek() == "-":
            self.take()
            inner = self.expression(75)
            left = Term("-", (inner,), 0, self._span(start))
        else:
            left = self.application()
        while (found := _BINARY.get(self.peek())) is not None and found[0] >= least:
            sign = self.take()[1]
            right = self.expression(found[1])
            left = Term(sign, (left, right), 0, self._span(start))
        self.depth -= 1
        return left

    def application(self) -> Term:
        start = self.at
        head = self.atom()
        arguments = 0
        while self.at < len(self.tokens) and (self.tokens[self.at][0] in ("number", "name") or self.peek() in "(↑"):
            self.atom()
            arguments += 1
        if not arguments:
            return head
        if head.op != "name":
            raise _Unreadable
        return Term("name", (), 0, self._span(start))

    def atom(self) -> Term:
        kind, text, _, _ = self.take()
        start = self.at - 1
        if kind == "number":
            if len(text) > _DIGITS:
                raise _Unreadable
            return Term("number", (), int(text), text)
        if kind == "name":
            return Term("name", (), 0, text)
        if text == "↑":
            self.atom()
            return Term("name", (), 0, self._span(start))
        if text != "(":
            raise _Unreadable
        inner = self.expression()
        if self.peek() == ":":
            while self.peek() != ")":
                self.take()
        self.take(")")
        return inner

    def relation(self) -> Relation:
        negated = self.peek() == "¬"
        if negated:
            self.take()
        left = self.expression()
        if left.op == "∣":
            return Relation(left.args[0], "∣", left.args[1], negated)
        if self.peek() not in RELATIONS:
            raise _Unreadable
        sign = self.take()[1]
        return Relation(left, sign, self.expression(), negated)


def read(text: str) -> list[Relation]:
    """The relations that a printed proposition joins by ∧ or ∨ (in brackets or not); empty when unreadable."""
    found: list[Relation] = []
    for part in re.split(r"∧|∨", " ".join(text.split())):
        part = _balanced(part.strip())
        try:
            reader = _Reader(part)
            relation = reader.relation()
            if reader.at == len(reader.tokens):
                found.append(relation)
        except _Unreadable:
            continue
    return found


def _balanced(part: str) -> str:
    """Without the brackets that splitting cut off from their partners."""
    while part.startswith("(") and part.count("(") > part.count(")"):
        part = part[1:].strip()
    while part.endswith(")") and part.count(")") > part.count("("):
        part = part[:-1].strip()
    return part


def read_term(text: str) -> Term | None:
    """One arithmetic term, or None."""
    try:
        reader = _Reader(" ".join(text.split()))
        term = reader.expression()
    except _Unreadable:
        return None
    return term if reader.at == len(reader.tokens) else None


def value(term: Term, limit: int = 4096, known: Mapping[str, int] | None = None) -> int | None:
    """The value of a term over the natural numbers or integers, None where there is none of `limit` bits.

    `known`: values of names; a term with another name has no value. Subtraction is that of the integers.
    """
    if term.op == "number":
        return term.value
    if term.op == "name":
        return known.get(term.text) if known else None
    values = [value(a, limit, known) for a in term.args]
    if any(v is None for v in values):
        return None
    match term.op, values:
        case "-", [int(a)]:
            return -a
        case "+", [int(a), int(b)]:
            return a + b
        case "-", [int(a), int(b)]:
            return a - b
        case "*", [int(a), int(b)] if a.bit_length() + b.bit_length() < limit:
            return a * b
        case "^", [int(a), int(b)] if b >= 0 and a.bit_length() * b < limit:
            return a**b
        case "/", [int(a), int(b)] if b:
            return a // b
        case "%", [int(a), int(b)] if b:
            return a % b
    return None


_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "=": operator.eq, "≠": operator.ne, "≤": operator.le, "<": operator.lt, "≥": operator.ge, ">": operator.gt,
    "∣": lambda left, right: right % left == 0 if left else right == 0,
}  # fmt: skip


def compare(relation: Relation, known: Mapping[str, int]) -> bool | None:
    """Whether a relation holds of these numbers; None where a side has no value."""
    left, right = (value(side, known=known) for side in relation.terms)
    if left is None or right is None:
        return None
    return _COMPARISONS[relation.sign](left, right) != relation.negated


class Bounds(NamedTuple):
    """A variable and its lowest and highest value, of natural numbers or integers, as far as a relation says."""

    name: str
    low: int | None
    high: int | None


def bounds(relation: Relation) -> Bounds | None:
    """What a relation of a variable and a number says; None for another, and for one that is negated."""
    left, right, sign = relation.left, relation.right, relation.sign
    if right.op == "name":
        left, right, sign = right, left, {"≤": "≥", "<": ">", "≥": "≤", ">": "<"}.get(sign, "")
    number = value(right)
    if left.op != "name" or number is None or relation.negated:
        return None
    if sign in ("≤", "<"):
        return Bounds(left.text, None, number - (sign == "<"))
    return Bounds(left.text, number + (sign == ">"), None) if sign in ("≥", ">") else None


def least(relation: Relation, name: str) -> int | None:
    """The number that a relation says a variable is not below; None where it says no such thing."""
    found = bounds(relation)
    return found.low if found is not None and found.name == name else None


def linear(term: Term, powers: bool = False) -> dict[str, int] | None:
    """Coefficients by variable, "" for the constant; None for what is not linear. Natural subtraction is not seen.

    `powers`: of sums of powers, `x ^ 2` as one more variable.
    """
    match term.op, term.args:
        case "number", _:
            return {"": term.value}
        case "name", _:
            return {term.text: 1}
        case "^", (base, exponent) if powers and base.op == "name" and exponent.op == "number":
            return {term.text: 1}
        case "^", _ if (number := value(term)) is not None:
            return {"": number}
        case "-", (a,):
            inner = linear(a, powers)
            return None if inner is None else {k: -v for k, v in inner.items()}
        case ("+" | "-"), (a, b):
            left, right = linear(a, powers), linear(b, powers)
            if left is None or right is None:
                return None
            sign = 1 if term.op == "+" else -1
            return {k: left.get(k, 0) + sign * right.get(k, 0) for k in {**left, **right}}
        case "*", (a, b):
            left, right = linear(a, powers), linear(b, powers)
            for one, other in ((left, right), (right, left)):
                if one is not None and other is not None and set(one) <= {""}:
                    return {k: v * one.get("", 0) for k, v in other.items()}
    return None


def substituted(term: Term, by: Mapping[str, Term]) -> Term:
    """A term with others in the place of those of these texts; what they stand in keeps the text that it had."""
    if term.text in by:
        return by[term.text]
    return replace(term, args=tuple(substituted(a, by) for a in term.args))


def printed(term: Term) -> str:
    """A term written out from its parts, in brackets wherever that may be needed."""
    if not term.args:
        return term.text
    parts = [printed(a) for a in term.args]
    return f"(-{parts[0]})" if len(parts) == 1 else f"({parts[0]} {term.op} {parts[1]})"


def congruence(r: Relation) -> tuple[Term, int] | None:
    """t and m, above zero, of `m ∣ t`, `t % m = c` and `t % m ≠ c` for a closed c; None for another relation."""
    if r.sign == "∣":
        t, modulus = r.right, r.left
    elif r.sign in ("=", "≠") and r.left.op == "%" and r.right.closed:
        t, modulus = r.left.args
    else:
        return None
    m = value(modulus)
    return (t, m) if m is not None and m > 0 else None


def difference(left: Mapping[_Key, _Number], right: Mapping[_Key, _Number]) -> dict[_Key, _Number]:
    """Coefficients of left - right, without those that are zero."""
    return {k: c for k in {**left, **right} if (c := left.get(k, 0) - right.get(k, 0))}  # type: ignore[misc, operator]


def solved(coefficients: Mapping[str, int], sign: int) -> str:
    """What a variable of coefficient `sign` is, where the sum of it and of these is zero: first what is added.

    So that, where that is right, the subtraction is also one of natural numbers.
    """
    plus, minus = (
        " + ".join(f"{abs(c)} * {n}" if n else f"{abs(c)}" for n, c in coefficients.items() if c * sign * side > 0)
        for side in (-1, 1)
    )
    return f"{plus or 0} - ({minus})" if minus else plus or "0"


def cycle(base: int, m: int, most: int) -> tuple[int, int] | None:
    """From which exponent on the remainders of powers repeat, and after how many steps; None for more than `most`."""
    seen: dict[int, int] = {}
    r = 1 % m
    while r not in seen:
        if len(seen) > most:
            return None
        seen[r] = len(seen)
        r = r * base % m
    return seen[r], len(seen) - seen[r]


def divisors(n: int) -> list[int]:
    """All positive divisors of n ≥ 1, ascending."""
    small = [d for d in range(1, math.isqrt(n) + 1) if n % d == 0]
    return sorted({*small, *(n // d for d in small)})
