"""Text to formulas: one reader for NLTK's, FOLIO's, Prover9's and TPTP's notation, without being told which.

Not here: mending what is not a formula (`logic/repair.py`) and printing (`write.py`). What the notations
disagree on is settled by what stands there: a name is a variable where a quantifier binds it; otherwise x, y,
z, u, v, w, with digits or not, are free variables (NLTK's and Prover9's convention) and in TPTP every name
with a capital; all other names are constants. Predicates and functions have separate name spaces, so
`Owner(owner)` is no clash.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from logic.errors import ReadError
from logic.syntax.formula import (
    Binary,
    Equal,
    Formula,
    Function,
    Not,
    Numeral,
    Predicate,
    Quantified,
    Term,
    Truth,
    Variable,
)
from logic.syntax.loose import Loose, Note, parse
from logic.syntax.tokens import Token, tokenize
from logic.syntax.walk import free_variables, fresh_name, substitute

# NLTK takes every single lower-case letter but `e` for a variable, Prover9 every name that begins with u to
# z; what both agree on and what people write for variables is u to z alone or with digits.
FREE_VARIABLE = re.compile(r"[u-z][0-9]*'*")
PROVER9_VARIABLE = re.compile(r"[u-z].*")
TPTP_VARIABLE = re.compile(r"[A-Z].*")
TRUE_WORDS = {"true", "$true"}
FALSE_WORDS = {"false", "$false"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A formula, and what was read otherwise than written."""

    formula: Formula
    notes: tuple[Note, ...] = ()


def read(text: str, notation: str | None = None) -> Formula:
    """The formula a text stands for.

    Args:
        text: one formula, in any of the notations; a TPTP formula may stand in its `fof(name, role, ...).`.
        notation: None, or "prover9" or "tptp" to apply that notation's convention for free variables in full.

    Raises:
        ReadError: where the text is no formula, with the position.
    """
    return read_noting(text, notation).formula


def read_noting(text: str, notation: str | None = None) -> Reading:
    """As `read`, with notes on brackets added or dropped at the end and scopes widened."""
    if not isinstance(text, str):
        raise ReadError(f"a formula must be a text, not {type(text).__name__}")
    tokens = tokenize(text)
    tokens, tptp = _unwrap(tokens)
    tree, notes = parse(tokens, text)
    if tptp or any(t.kind == "quant" and text[t.start] in "!?" for t in tokens):
        notation = notation or "tptp"
    return Reading(shape(tree, text, notation), tuple(notes))


def _unwrap(tokens: list[Token]) -> tuple[list[Token], bool]:
    """The formula inside `fof(name, role, formula, source).`"""
    if len(tokens) < 6 or tokens[0].value not in ("fof", "cnf", "tff") or tokens[1].value != "(":
        return tokens, False
    if tokens[3].kind != "comma" or tokens[5].kind != "comma":
        return tokens, False
    depth, end = 1, len(tokens)
    for index in range(6, len(tokens)):
        token = tokens[index]
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 or (depth == 1 and token.kind == "comma"):
            end = index
            break
    return tokens[6:end], True


COMPARISONS = {"<": "<", ">": ">", ">=": ">=", "<=": "<=", "le": "<="}
_INFIX_FUNCTIONS = {"+": "+", "*": "*", "/": "/", "minus": "-"}


def shape(tree: Loose, text: str, notation: str | None = None) -> Formula:
    """The formula of a loose tree; strict, so what only a repair accepts is an error here.

    Raises:
        ReadError: for a term where a formula is needed, or the other way round, and the like.
    """
    pattern = {"prover9": PROVER9_VARIABLE, "tptp": TPTP_VARIABLE}.get(notation or "", FREE_VARIABLE)
    bound: Counter[str] = Counter()
    results: list = []
    # (node, whether a term is needed, None on the way down or what to build on the way up)
    stack: list[tuple[Loose, bool, bool]] = [(tree, False, False)]
    while stack:
        node, term, built = stack.pop()
        if built:
            _build(node, term, bound, results, pattern, text)
            continue
        kids_are_terms = _check(node, term, text)
        stack.append((node, term, True))
        if node.kind == "quant":
            bound[node.value] += 1
        stack.extend((kid, kids_are_terms, False) for kid in reversed(node.kids))
    return results[0]


def _check(node: Loose, term: bool, text: str) -> bool:
    """Whether the children of a node must be terms; refuses a node that cannot stand where it stands."""

    def refuse(problem: str) -> ReadError:
        return ReadError(problem, text, node.start)

    if node.kind == "op":
        if node.value == "beside":
            raise refuse(f"a connective is missing between “{describe(node.kids[0])}” and “{describe(node.kids[1])}”")
        if node.value == "comma":
            raise refuse("a comma stands between two formulas")
        if node.value == "in":
            raise refuse("membership (∈) is not first-order syntax")
        if node.value in _INFIX_FUNCTIONS:
            if not term:
                raise refuse(f"“{node.value}” makes a term, and a formula is needed")
            return True
        if term:
            raise refuse("a formula stands where a term is needed")
        if node.value == "le":
            return comparing(node)
        return node.value in ("=", "!=") or node.value in COMPARISONS
    if node.kind == "number" and not term:
        raise refuse(f"the number {node.value} is no formula")
    if node.kind in ("not", "quant", "truth") and term:
        raise refuse("a formula stands where a term is needed")
    return True if node.kind == "apply" else node.kind not in ("not", "quant")


def comparing(node: Loose) -> bool:
    """Whether `<=` compares terms; between two formulas it is TPTP's reversed implication."""
    return any(
        kid.kind in ("number", "name") or (kid.kind == "op" and kid.value in _INFIX_FUNCTIONS)
        for kid in node.kids
    )  # fmt: skip


def describe(node: Loose) -> str:
    return node.value if node.kind in ("name", "number", "apply") else "…"


def _build(node: Loose, term: bool, bound: Counter[str], results: list, pattern: re.Pattern, text: str) -> None:
    count = len(node.kids)
    kids = tuple(results[len(results) - count :]) if count else ()
    if count:
        del results[len(results) - count :]
    results.append(_made(node, term, kids, bound, pattern, text))


def _made(node: Loose, term: bool, kids: tuple, bound: Counter[str], pattern: re.Pattern, text: str) -> Formula | Term:
    value = node.value
    if node.kind == "name":
        if term:
            # what stands in quotes is a name, never a variable
            variable = not node.quoted and (bound[value] > 0 or pattern.fullmatch(value))
            return Variable(value) if variable else Function(value)
        if bound[value] > 0 and not node.quoted:
            raise ReadError(f"the variable {value} stands where a formula is needed", text, node.start)
        if not node.quoted and value.lower() in TRUE_WORDS | FALSE_WORDS:
            return Truth(value.lower() in TRUE_WORDS)
        return Predicate(value)
    if node.kind == "number":
        return Numeral(value)
    if node.kind == "truth":
        return Truth(value == "true")
    if node.kind == "apply":
        return Function(value, kids) if term else Predicate(value, kids)
    if node.kind == "not":
        return Not(kids[0])
    if node.kind == "quant":
        bound[value] -= 1
        return _quantified(node, kids[0])
    return _operation(value, kids, node)


def _quantified(node: Loose, body: Formula) -> Formula:
    if node.quantifier != "exists1":
        return Quantified(node.quantifier, node.value, body)  # type: ignore[arg-type]
    # ∃!x φ(x) is ∃x ∀y (φ(y) ↔ y = x)
    other = fresh_name(node.value, free_variables(body) | {node.value})
    same = Equal(Variable(other), Variable(node.value))
    again = substitute(body, {node.value: Variable(other)})
    return Quantified("exists", node.value, Quantified("forall", other, Binary("iff", again, same)))


def _operation(value: str, kids: tuple, node: Loose) -> Formula | Term:
    left, right = kids
    if value in _INFIX_FUNCTIONS:
        return Function(_INFIX_FUNCTIONS[value], (left, right))
    if value == "=":
        return Equal(left, right)
    if value == "!=":
        return Not(Equal(left, right))
    if value == "implied" or (value == "le" and not comparing(node)):
        return Binary("implies", right, left)
    if value in COMPARISONS:
        return Predicate(COMPARISONS[value], (left, right))
    if value in ("nor", "nand"):
        return Not(Binary("or" if value == "nor" else "and", left, right))
    return Binary(value, left, right)  # type: ignore[arg-type]
