"""Names that are legal in a target notation, one for each symbol, none for two.

Our formulas allow any text for a name, and the same name for a predicate, a function and a variable, at any
arity. Targets do not: Prover9 takes `zoe` for a variable, Lean has one name space. `Names` gives each symbol
a name of its own that is as near to the original as the target allows, the same for all formulas of a
problem.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from logic.syntax.formula import Formula, Quantified, Variable
from logic.syntax.tokens import WORD_OPERATORS, WORD_QUANTIFIERS
from logic.syntax.walk import free_variables, nodes, signature

Kind = Literal["predicate", "function", "numeral", "variable"]


class Symbol(NamedTuple):
    kind: Kind
    name: str
    arity: int


def symbols(formulas: Iterable[Formula]) -> list[Symbol]:
    """All symbols and variables of formulas, in a fixed order: free variables first, bound ones last."""
    formulas = list(formulas)
    found = signature(formulas)
    free = {name for formula in formulas for name in free_variables(formula)}
    variables = {n.variable for f in formulas for n in nodes(f) if isinstance(n, Quantified)}
    variables |= {n.name for f in formulas for n in nodes(f) if isinstance(n, Variable)}
    return (
        [Symbol("variable", name, 0) for name in sorted(free)]
        + [Symbol("predicate", name, arity) for name, arity in sorted(found.predicates)]
        + [Symbol("function", name, arity) for name, arity in sorted(found.functions)]
        + [Symbol("numeral", text, 0) for text in sorted(found.numerals)]
        + [Symbol("variable", name, 0) for name in sorted(variables - free)]
    )


@dataclass(frozen=True, slots=True)
class Rules:
    """What a notation asks of names.

    legal: whether a name may be used as it is for a symbol. adapt: the nearest name that is legal, not yet
    unique. spaces: which kinds of symbol share one name space; kinds in different spaces may have equal
    names. arities: whether one name may have several arities.
    """

    legal: Callable[[Symbol], bool]
    adapt: Callable[[Symbol], str]
    spaces: dict[Kind, str]
    arities: bool = False


class Names:
    """The names of the symbols of some formulas in one notation; `names[symbol]`."""

    def __init__(self, formulas: Iterable[Formula], rules: Rules) -> None:
        self._names: dict[Symbol, str] = {}
        self._taken: dict[tuple[str, str], Symbol] = {}
        wanted = symbols(formulas)
        # names that can stay as they are are given out first, so that no adapted name pushes one aside
        for symbol in sorted(wanted, key=lambda s: not rules.legal(s)):
            self._give(symbol, symbol.name if rules.legal(symbol) else rules.adapt(symbol), rules)

    def _give(self, symbol: Symbol, name: str, rules: Rules) -> None:
        space = rules.spaces[symbol.kind]
        holder = self._taken.get((space, name))
        if holder is not None and not (rules.arities and holder.kind == symbol.kind and holder.name == symbol.name):
            # the number of arguments says most about why there are two
            stem = f"{name}_{symbol.arity}" if symbol.arity else f"{name}_c"
            number, name = 1, stem
            while (space, name) in self._taken:
                number += 1
                name = f"{stem}_{number}"
            if symbol.kind == "variable":
                name = next(v for n in range(1, len(self._taken) + 2)
                            if (space, v := f"{stem[0]}{n}") not in self._taken)  # fmt: skip
        self._taken[space, name] = symbol
        self._names[symbol] = name

    def __getitem__(self, symbol: Symbol) -> str:
        return self._names[symbol]

    def items(self) -> Iterable[tuple[Symbol, str]]:
        """Each symbol with its name."""
        return self._names.items()


RESERVED = {
    *WORD_OPERATORS, *WORD_QUANTIFIERS, "not", "true", "false", "for", "there", "fof", "cnf", "tff",
}  # fmt: skip
_PLAIN = re.compile(r"[^\W\d_]\w*")
_ASCII = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LETTER_VARIABLE = re.compile(r"[a-df-z][0-9]*")
_READ_AS_VARIABLE = re.compile(r"[u-z][0-9]*")


_SIGNS = {"<": "less", ">": "greater", "<=": "at_most", ">=": "at_least",
          "+": "plus", "-": "minus", "*": "times", "/": "over"}  # fmt: skip


def ascii_name(name: str, initial: str = "n") -> str:
    """Letters, digits and underscores near to a name; not unique."""
    if name in _SIGNS:
        return _SIGNS[name]
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", bare.replace("'", "")) if part]
    joined = "_".join(parts) or "_".join(f"u{ord(c):x}" for c in name[:8])
    return joined if joined[0].isalpha() else f"{initial}{joined}"


def _nltk_legal(symbol: Symbol) -> bool:
    if symbol.kind == "numeral":
        return True
    if symbol.kind == "variable":
        return _LETTER_VARIABLE.fullmatch(symbol.name) is not None
    if symbol.name.lower() in RESERVED or not _ASCII.fullmatch(symbol.name):
        return False
    return not (symbol.arity == 0 and _READ_AS_VARIABLE.fullmatch(symbol.name))


def _nltk_adapt(symbol: Symbol) -> str:
    name = ascii_name(symbol.name)
    if symbol.kind == "variable":
        return name[0].lower() if name[0].lower() != "e" else "x"
    if name.lower() in RESERVED or _READ_AS_VARIABLE.fullmatch(name):
        name += "_n"
    return name


def _prover9_legal(symbol: Symbol) -> bool:
    if symbol.kind == "numeral":
        return symbol.name.isascii() and symbol.name.isdigit()
    if symbol.name.lower() in RESERVED or not _ASCII.fullmatch(symbol.name):
        return False
    begins_as_variable = symbol.name[0] in "uvwxyz"
    return begins_as_variable if symbol.kind == "variable" else not (begins_as_variable and symbol.arity == 0)


def _prover9_adapt(symbol: Symbol) -> str:
    name = ascii_name(symbol.name)
    if symbol.kind == "variable":
        return name if name[0] in "uvwxyz" else f"x_{name}"
    if name.lower() in RESERVED or name[0] in "uvwxyz":
        name = f"c_{name}" if symbol.kind != "predicate" else f"p_{name}"
    return name


def _tptp_legal(symbol: Symbol) -> bool:
    if symbol.kind == "variable":
        return symbol.name.isascii() and symbol.name[0].isupper() and _PLAIN.fullmatch(symbol.name) is not None
    return symbol.name.isprintable() and symbol.name.isascii()  # in quotes where it is no lower-case word


def _tptp_adapt(symbol: Symbol) -> str:
    name = ascii_name(symbol.name, "x")
    return name[0].upper() + name[1:] if symbol.kind == "variable" else name


# Bars around a name don't hide a built-in function: |and| is `and`.
_SMT_WORDS = {
    "and", "or", "not", "xor", "distinct", "ite", "true", "false", "let", "forall", "exists", "as", "par", "match",
    "abs", "div", "mod", "select", "store", "const", "lambda", "implies", "iff", "if", "is",
}  # fmt: skip


def _smt_legal(symbol: Symbol) -> bool:
    name = symbol.name
    simple = name.isascii() and name.isprintable() and not set(name) & {"|", "\\"}
    return simple and any(map(str.isalnum, name)) and name.lower() not in _SMT_WORDS


def _smt_adapt(symbol: Symbol) -> str:
    name = ascii_name(symbol.name)
    return f"{name}_n" if name.lower() in _SMT_WORDS else name


# Lean's own tokens that read as words (from its token table), names that a proof or theorem of ours uses, and `U`.
_LEAN_WORDS = frozenset((
    "abbrev all and at attribute axiom bif break by calc catch class classical coinductive continue "
    "decreasing_by def default deriving do elab else end eq example exists export extends false finally "
    "for forall from fun generalizing have hiding if iff import in include inductive infix infixl infixr "
    "initialize instance int intro lemma let local macro macro_rules match matches meta module mut mutual "
    "namespace nat ne nofun nomatch noncomputable nonempty nonrec not notation of omit opaque open or partial "
    "postfix prefix prelude private prop protected public rat renaming repeat return rfl run_cmd scoped seal "
    "section set set_option show simproc sorry sort structure suffices syntax termination_by then "
    "theorem this throw true try type u universe unless unsafe unseal until using variable where while with"
).split())


def _lean_legal(symbol: Symbol) -> bool:
    return _ASCII.fullmatch(symbol.name) is not None and symbol.name.lower() not in _LEAN_WORDS


def _lean_adapt(symbol: Symbol) -> str:
    name = ascii_name(symbol.name)
    return f"{name}_n" if name.lower() in _LEAN_WORDS else name


_APART: dict[Kind, str] = {"predicate": "p", "function": "t", "numeral": "t", "variable": "t"}
_TOGETHER: dict[Kind, str] = {kind: "" for kind in ("predicate", "function", "numeral", "variable")}  # type: ignore[misc]

RULES: dict[str, Rules] = {
    "nltk": Rules(_nltk_legal, _nltk_adapt, _APART, arities=True),
    "prover9": Rules(_prover9_legal, _prover9_adapt, _TOGETHER),
    "tptp": Rules(_tptp_legal, _tptp_adapt, _TOGETHER),
    "smtlib": Rules(_smt_legal, _smt_adapt, _TOGETHER),
    "lean": Rules(_lean_legal, _lean_adapt, _TOGETHER),
}
