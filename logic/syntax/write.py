"""Formulas to text: NLTK, FOLIO's Unicode, Prover9, TPTP fof, SMT-LIB 2 and Lean 4. One loop, one style each.

What is written in the first four reads back (`read.py`) as the same formula, up to the names of bound
variables, the names a notation cannot have (`names.py`) and ⊕, which NLTK and Prover9 lack: there it is the
negated ↔.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from logic.errors import InputError
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
from logic.syntax.names import RESERVED, RULES, Names, Symbol
from logic.syntax.walk import closed


@dataclass(frozen=True, slots=True)
class Style:
    """How one infix notation writes things. `connectives` without "xor" writes it as a negated ↔."""

    connectives: dict[str, str]
    negation: str
    quantifier: Callable[[str, str], str]
    truths: tuple[str, str]  # ⊥, ⊤
    not_equal: str | None = None
    infix: dict[str, str] | None = None  # comparisons and arithmetic written between their arguments
    applied: bool = True  # f(a, b); else f a b, with brackets around arguments (Lean)


_ARITHMETIC = {"+": "+", "*": "*", "/": "/", "-": "-"}
_WORDED = {"and": "&", "or": "|", "implies": "->", "iff": "<->"}
STYLES: dict[str, Style] = {
    "nltk": Style(_WORDED, "-", lambda q, v: f"{'all' if q == 'forall' else 'exists'} {v}.", ("false", "true")),
    "folio": Style(
        {"and": "∧", "or": "∨", "xor": "⊕", "implies": "→", "iff": "↔"},
        "¬",
        lambda q, v: f"{'∀' if q == 'forall' else '∃'}{v} ",
        ("⊥", "⊤"),
        not_equal="≠",
        infix={"<": "<", ">": ">", "<=": "≤", ">=": "≥", **_ARITHMETIC},
    ),
    "prover9": Style(
        _WORDED,
        "-",
        lambda q, v: f"{'all' if q == 'forall' else 'exists'} {v} ",
        ("$F", "$T"),
        not_equal="!=",
    ),
    "tptp": Style(
        {"and": "&", "or": "|", "xor": "<~>", "implies": "=>", "iff": "<=>"},
        "~ ",
        lambda q, v: f"{'!' if q == 'forall' else '?'} [{v}] : ",
        ("$false", "$true"),
        not_equal="!=",
    ),
    "lean": Style(
        {"and": "∧", "or": "∨", "implies": "→", "iff": "↔"},
        "¬",
        lambda q, v: f"{'∀' if q == 'forall' else '∃'} {v} : U, ",
        ("False", "True"),
        not_equal="≠",
        applied=False,
    ),
}
NOTATIONS = ("folio", "nltk", "prover9", "tptp", "smtlib", "lean")


def write(formula: Formula, notation: str = "folio", names: Names | None = None) -> str:
    """One formula in a notation.

    Args:
        notation: one of `NOTATIONS`; "smtlib" gives the term only, "lean" the proposition over a type U.
        names: the names of a whole problem's symbols; else those of this formula alone.

    Raises:
        InputError: for a notation there is none of.
    """
    if notation not in NOTATIONS:
        raise InputError(f"there is no notation {notation!r}; there are {', '.join(NOTATIONS)}")
    if notation == "smtlib":
        return _smt_term(formula, names or Names([formula], RULES["smtlib"]))
    if names is None and notation in RULES:
        names = Names([formula], RULES[notation])
    return _infix(formula, STYLES[notation], _namer(notation, names))


def write_problem(premises: Sequence[Formula], conclusion: Formula | None, notation: str) -> str:
    """Premises and conclusion as one input for a prover, with one set of names for all formulas.

    "prover9" is an input file, "tptp" a list of fof formulas, "smtlib" a script that is `unsat` if the
    conclusion follows, "lean" a theorem without its proof; "nltk" and "folio" have one formula a line, the
    conclusion last. Free variables are bound by ∀.
    """
    if notation not in NOTATIONS:
        raise InputError(f"there is no notation {notation!r}; there are {', '.join(NOTATIONS)}")
    given = [closed(premise) for premise in premises]
    goal = closed(conclusion) if conclusion is not None else None
    everything = given if goal is None else [*given, goal]
    names = Names(everything, RULES[notation]) if notation in RULES else None
    if notation == "smtlib":
        assert names is not None
        return _smt_script(given, goal, names)
    if notation == "lean":
        assert names is not None
        return _lean_theorem(given, goal, names)
    lines = [write(formula, notation, names) for formula in everything]
    if notation == "prover9":
        count = len(given)
        text = "formulas(assumptions).\n" + "".join(f"  {line}.\n" for line in lines[:count]) + "end_of_list.\n"
        if goal is not None:
            text += f"\nformulas(goals).\n  {lines[-1]}.\nend_of_list.\n"
        return text
    if notation == "tptp":
        roles = ["axiom"] * len(given) + ["conjecture"]
        labels = [f"premise_{n + 1}" for n in range(len(given))] + ["conclusion"]
        return "".join(
            f"fof({label}, {role}, {line}).\n" for label, role, line in zip(labels, roles, lines, strict=False)
        )
    return "".join(f"{line}\n" for line in lines)


# -- names -------------------------------------------------------------------------------------------------

_PLAIN_NAME = re.compile(r"[^\W\d_]\w*(?:['’]\w+)*")
_TPTP_WORD = re.compile(r"[a-z][A-Za-z0-9_]*")
_READ_AS_VARIABLE = re.compile(r"[u-z][0-9]*'*")


def _quoted(name: str, quote: str = '"') -> str:
    return quote + name.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


def _namer(notation: str, names: Names | None) -> Callable[[Symbol, bool], str]:
    """How a symbol is written; the second argument says whether a variable of that name is bound around
    it."""
    if notation == "tptp":
        assert names is not None

        def tptp(symbol: Symbol, _: bool) -> str:
            name = names[symbol]
            return name if symbol.kind == "variable" or _TPTP_WORD.fullmatch(name) else _quoted(name, "'")

        return tptp
    if names is not None:
        return lambda symbol, _: names[symbol]

    def folio(symbol: Symbol, shadowed: bool) -> str:
        name = symbol.name
        if symbol.kind in ("numeral", "variable"):
            return name
        bare = symbol.arity == 0  # without arguments a name may read as a variable
        plain = _PLAIN_NAME.fullmatch(name) and name.lower() not in RESERVED
        return name if plain and not (bare and (shadowed or _READ_AS_VARIABLE.fullmatch(name))) else _quoted(name)

    return folio


# -- the infix notations -----------------------------------------------------------------------------------


def _infix(formula: Formula, style: Style, name: Callable[[Symbol, bool], str]) -> str:
    written: list[str] = []
    bound: dict[str, int] = {}
    # a piece is text, (node, in brackets if compound), or ("leave", variable)
    stack: list = [(formula, False)]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            written.append(piece)
            continue
        node, bracketed = piece
        if node == "leave":
            bound[bracketed] -= 1
            continue
        pieces = _pieces(node, bracketed, style, name, bound)
        stack.extend(reversed(pieces))
    return "".join(written)


def _pieces(
    node: Formula | Term,
    bracketed: bool,
    style: Style,
    name: Callable[[Symbol, bool], str],
    bound: dict[str, int],
) -> list:
    match node:
        case Variable():
            return [name(Symbol("variable", node.name, 0), False)]
        case Numeral():
            return [name(Symbol("numeral", node.text, 0), False)]
        case Truth():
            return [style.truths[node.value]]
        case Predicate() | Function():
            return _application(node, bracketed, style, name, bound)
        case Equal():
            pieces = [(node.left, True), " = ", (node.right, True)]
            return ["(", *pieces, ")"] if bracketed else pieces
        case Not():
            if isinstance(node.body, Equal) and style.not_equal:
                pieces = [(node.body.left, True), f" {style.not_equal} ", (node.body.right, True)]
                return ["(", *pieces, ")"] if bracketed else pieces
            return [style.negation, (node.body, True)]
        case Quantified():
            bound[node.variable] = bound.get(node.variable, 0) + 1
            opening = style.quantifier(node.quantifier, name(Symbol("variable", node.variable, 0), False))
            # Lean's scope runs as far as it can, so there the quantifier needs brackets, not its body
            pieces = [opening, (node.body, style.applied), ("leave", node.variable)]
            return ["(", *pieces, ")"] if bracketed and not style.applied else pieces
        case Binary():
            return _binary(node, bracketed, style)
    raise TypeError(f"{node!r} is no formula or term")


def _binary(node: Binary, bracketed: bool, style: Style) -> list:
    if node.operator not in style.connectives:
        equal = Not(Binary("iff", node.left, node.right))
        return [(equal, bracketed)]
    left = node.left
    # `A & B & C` reads from the left in every notation; all else gets brackets
    chained = node.operator in ("and", "or") and isinstance(left, Binary) and left.operator == node.operator
    if not style.applied:
        chained = False  # Lean's ∧ and ∨ group to the right
    pieces = [(left, not chained), f" {style.connectives[node.operator]} ", (node.right, True)]
    return ["(", *pieces, ")"] if bracketed else pieces


def _application(
    node: Predicate | Function,
    bracketed: bool,
    style: Style,
    name: Callable[[Symbol, bool], str],
    bound: dict[str, int],
) -> list:
    kind = "predicate" if isinstance(node, Predicate) else "function"
    # A function that is called `<` has a name like any other: between terms it would read as a comparison.
    of_its_kind = (node.name in _ARITHMETIC) == (kind == "function")
    if style.infix and node.name in style.infix and len(node.arguments) == 2 and of_its_kind:
        pieces = [(node.arguments[0], True), f" {style.infix[node.name]} ", (node.arguments[1], True)]
        return ["(", *pieces, ")"] if bracketed else pieces
    head = name(Symbol(kind, node.name, len(node.arguments)), bound.get(node.name, 0) > 0)
    if not node.arguments:
        return [head]
    pieces = [head, "("] if style.applied else ["(", head] if bracketed else [head]
    for position, argument in enumerate(node.arguments):
        pieces.append(", " if style.applied and position else "" if style.applied else " ")
        pieces.append((argument, not style.applied))
    return [*pieces, ")"] if style.applied or bracketed else pieces


# -- SMT-LIB -----------------------------------------------------------------------------------------------

_SMT_CONNECTIVES = {"and": "and", "or": "or", "xor": "xor", "implies": "=>", "iff": "="}


def _smt_name(name: str) -> str:
    # names stand between bars: a bare `and` or `Int` would be the theory's
    return f"|{name}|"


def _smt_term(formula: Formula, names: Names) -> str:
    written: list[str] = []
    stack: list = [formula]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            written.append(node)
            continue
        pieces: list
        match node:
            case Variable():
                pieces = [_smt_name(names[Symbol("variable", node.name, 0)])]
            case Numeral():
                pieces = [_smt_name(names[Symbol("numeral", node.text, 0)])]
            case Truth():
                pieces = ["true" if node.value else "false"]
            case Predicate() | Function():
                kind = "predicate" if isinstance(node, Predicate) else "function"
                head = _smt_name(names[Symbol(kind, node.name, len(node.arguments))])
                inner = [piece for argument in node.arguments for piece in (" ", argument)]
                pieces = ["(", head, *inner, ")"] if inner else [head]
            case Equal():
                pieces = ["(= ", node.left, " ", node.right, ")"]
            case Not():
                pieces = ["(not ", node.body, ")"]
            case Binary():
                pieces = [f"({_SMT_CONNECTIVES[node.operator]} ", node.left, " ", node.right, ")"]
            case Quantified():
                variable = _smt_name(names[Symbol("variable", node.variable, 0)])
                pieces = [f"({node.quantifier} (({variable} U)) ", node.body, ")"]
            case _:
                raise TypeError(f"{node!r} is no formula or term")
        stack.extend(reversed(pieces))
    return "".join(written)


def _declared(names: Names) -> Iterable[tuple[Symbol, str]]:
    return ((symbol, name) for symbol, name in names.items() if symbol.kind != "variable")


def _smt_script(premises: list[Formula], goal: Formula | None, names: Names) -> str:
    lines = ["(set-logic UF)", "(declare-sort U 0)"]
    for symbol, name in _declared(names):
        result = "Bool" if symbol.kind == "predicate" else "U"
        lines.append(f"(declare-fun {_smt_name(name)} ({' '.join(['U'] * symbol.arity)}) {result})")
    lines += [f"(assert {_smt_term(premise, names)})" for premise in premises]
    if goal is not None:
        lines.append(f"(assert (not {_smt_term(goal, names)}))")
    return "\n".join([*lines, "(check-sat)", ""])


# -- Lean --------------------------------------------------------------------------------------------------


def _lean_theorem(premises: list[Formula], goal: Formula | None, names: Names) -> str:
    lines = ["theorem conclusion_follows {U : Type} [Nonempty U]"]
    taken = {name for _, name in names.items()}
    for symbol, name in _declared(names):
        result = "Prop" if symbol.kind == "predicate" else "U"
        lines.append(f"    ({name} : {'U → ' * symbol.arity}{result})")
    prefix = "h"
    while any(name.startswith(prefix) and name[len(prefix) :].isdigit() for name in taken):
        prefix += "h"
    lines += [f"    ({prefix}{n} : {write(f, 'lean', names)})" for n, f in enumerate(premises, 1)]
    return "\n".join(lines) + f" :\n    {write(goal, 'lean', names) if goal is not None else 'False'}\n"
