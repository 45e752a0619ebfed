"""A problem as text for the solvers: SMT-LIB and TPTP with symbols that no solver can misread.

The user's names never reach a solver (`and`, `x y`, `P'`, Greek letters are all possible): predicates become
`p0, p1, …`, functions and constants `f0, f1, …`, bound variables `X0, X1, …`, and `Vocabulary` leads back.
The printers for people are in `logic/syntax/write.py`. A symbol used with two arities is two symbols, and a
numeral is a constant, as in ordinary first-order logic; joining or refusing such uses is `logic/repair.py`.

The texts are flat strings, so they cross a process border however deep the formula is (pickling the nodes
would recurse), and they are equal exactly when two problems are the same up to the names of symbols and bound
variables.
"""

from __future__ import annotations

from collections.abc import Sequence
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

# operator → (SMT-LIB, TPTP)
_CONNECTIVES = {
    "and": ("and", "&"),
    "or": ("or", "|"),
    "xor": ("xor", "<~>"),
    "implies": ("=>", "=>"),
    "iff": ("=", "<=>"),
}
_ASSOCIATIVE = ("and", "or")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`predicates[i]` is the (name, arity) that solvers know as `p{i}`; `functions[i]` likewise `f{i}`."""

    predicates: tuple[tuple[str, int], ...]
    functions: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A problem in text. `smt_*` are SMT-LIB terms over the sort `U`, `tptp_*` are `fof` formulas."""

    vocabulary: Vocabulary
    smt_premises: tuple[str, ...]
    smt_conclusion: str
    tptp_premises: tuple[str, ...]
    tptp_conclusion: str

    @property
    def declarations(self) -> str:
        """SMT-LIB declarations of every symbol; the sort `U` is declared by whoever knows its size."""
        lines = [
            f"(declare-fun p{i} ({' '.join(['U'] * arity)}) Bool)"
            for i, (_, arity) in enumerate(self.vocabulary.predicates)
        ]
        lines += [
            f"(declare-fun f{i} ({' '.join(['U'] * arity)}) U)"
            for i, (_, arity) in enumerate(self.vocabulary.functions)
        ]
        return "\n".join(lines)


class _Symbols:
    def __init__(self) -> None:
        self.predicates: dict[tuple[str, int], int] = {}
        self.functions: dict[tuple[str, int], int] = {}

    def predicate(self, name: str, arity: int) -> str:
        return f"p{self.predicates.setdefault((name, arity), len(self.predicates))}"

    def function(self, name: str, arity: int) -> str:
        return f"f{self.functions.setdefault((name, arity), len(self.functions))}"


def encode(premises: Sequence[Formula], conclusion: Formula) -> Encoded:
    """Encode a problem. Raises `InputError` where a variable is bound by no quantifier."""
    symbols = _Symbols()
    texts = [_texts(premise, symbols, f"premise {i + 1}") for i, premise in enumerate(premises)]
    smt_conclusion, tptp_conclusion = _texts(conclusion, symbols, "the conclusion")
    return Encoded(
        Vocabulary(tuple(symbols.predicates), tuple(symbols.functions)),
        tuple(smt for smt, _ in texts),
        smt_conclusion,
        tuple(tptp for _, tptp in texts),
        tptp_conclusion,
    )


@dataclass(frozen=True, slots=True)
class _Unbind:
    """A mark on the stack: the scope of `variable` ends here, and what it named outside returns."""

    variable: str
    outer: str | None


def _texts(formula: Formula, symbols: _Symbols, where: str) -> tuple[str, str]:
    smt: list[str] = []
    tptp: list[str] = []
    scope: dict[str, str] = {}
    fresh = 0
    stack: list[Formula | _Unbind | tuple[str, str]] = [formula]
    while stack:
        node = stack.pop()
        match node:
            case (smt_text, tptp_text):
                smt.append(smt_text)
                tptp.append(tptp_text)
            case _Unbind(variable, outer):
                if outer is None:
                    del scope[variable]
                else:
                    scope[variable] = outer
                smt.append(")")
                tptp.append("))")
            case Predicate(name, arguments):
                symbol = symbols.predicate(name, len(arguments))
                a, b = _applied(symbol, arguments, scope, symbols, where)
                smt.append(a)
                tptp.append(b)
            case Equal(left, right):
                a, b = _term(left, scope, symbols, where), _term(right, scope, symbols, where)
                smt.append(f"(= {a[0]} {b[0]})")
                tptp.append(f"({a[1]}={b[1]})")
            case Truth(value):
                smt.append("true" if value else "false")
                tptp.append("$true" if value else "$false")
            case Not(body):
                smt.append("(not ")
                tptp.append("~(")
                stack += [(")", ")"), body]
            case Binary(operator, _, _):
                smt_operator, tptp_operator = _CONNECTIVES[operator]
                operands = _operands(node)
                smt.append(f"({smt_operator} ")
                tptp.append("(")
                stack.append((")", ")"))
                for position, operand in enumerate(reversed(operands), start=1):
                    stack.append(operand)
                    if position < len(operands):
                        stack.append((" ", tptp_operator))
            case Quantified(quantifier, variable, body):
                bound = f"X{fresh}"
                fresh += 1
                smt.append(f"({quantifier} (({bound} U)) ")
                tptp.append(f"({'!' if quantifier == 'forall' else '?'}[{bound}]:(")
                stack += [_Unbind(variable, scope.get(variable)), body]
                scope[variable] = bound
            case _:
                raise InputError(f"{where} holds {type(node).__name__}, which is not a formula")
    return "".join(smt), "".join(tptp)


def _operands(node: Binary) -> list[Formula]:
    """`(a ∧ b) ∧ c` as [a, b, c]: a long chain would otherwise nest as deep as it is long."""
    if node.operator not in _ASSOCIATIVE:
        return [node.left, node.right]
    chain = []
    left: Formula = node
    while isinstance(left, Binary) and left.operator == node.operator:
        chain.append(left.right)
        left = left.left
    return [left, *reversed(chain)]


def _applied(
    symbol: str, arguments: tuple[Term, ...], scope: dict[str, str], symbols: _Symbols, where: str
) -> tuple[str, str]:
    if not arguments:
        return symbol, symbol
    inner = [_term(argument, scope, symbols, where) for argument in arguments]
    return f"({symbol} {' '.join(a for a, _ in inner)})", f"{symbol}({','.join(b for _, b in inner)})"


def _term(term: Term, scope: dict[str, str], symbols: _Symbols, where: str) -> tuple[str, str]:
    """A term nests a few levels in practice, but a hostile one may be deep: no recursion here either."""
    smt: list[str] = []
    tptp: list[str] = []
    stack: list[Term | tuple[str, str]] = [term]
    while stack:
        node = stack.pop()
        match node:
            case (smt_text, tptp_text):
                smt.append(smt_text)
                tptp.append(tptp_text)
            case Variable(name):
                if name not in scope:
                    raise InputError(f"{where} has the variable {name!r}, which no quantifier binds")
                smt.append(scope[name])
                tptp.append(scope[name])
            case Numeral(text):
                symbol = symbols.function(text, 0)
                smt.append(symbol)
                tptp.append(symbol)
            case Function(name, arguments):
                symbol = symbols.function(name, len(arguments))
                if not arguments:
                    smt.append(symbol)
                    tptp.append(symbol)
                    continue
                smt.append(f"({symbol} ")
                tptp.append(f"{symbol}(")
                stack.append((")", ")"))
                for position, argument in enumerate(reversed(arguments), start=1):
                    stack.append(argument)
                    if position < len(arguments):
                        stack.append((" ", ","))
            case _:
                raise InputError(f"{where} holds {type(node).__name__}, which is not a term")
    return "".join(smt), "".join(tptp)
