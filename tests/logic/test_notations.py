"""Reading and writing first-order logic: round trips in every notation, and fuzz of the reader."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logic.errors import InputError, ReadError
from logic.syntax.formula import (
    Binary,
    Equal,
    Formula,
    Function,
    Not,
    Numeral,
    Predicate,
    Quantified,
    Truth,
    Variable,
)
from logic.syntax.names import RULES, Names, Symbol
from logic.syntax.read import read
from logic.syntax.walk import alpha_equivalent, closed, fold, rename, with_children
from logic.syntax.write import NOTATIONS, write, write_problem

PLAIN = st.sampled_from(["P", "Q", "Student", "likes", "f", "rose", "Tom", "zoe", "u2", "R2D2", "and", "Owner"])
ODD = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=6)
NAMES = PLAIN | ODD
VARIABLES = st.sampled_from(["x", "y", "z", "x1", "person", "X", "Éa"])
NUMERALS = st.from_regex(r"[0-9]{1,3}(\.[0-9])?", fullmatch=True)


def terms(names: st.SearchStrategy[str]) -> st.SearchStrategy:
    leaves = st.builds(Variable, VARIABLES) | st.builds(Function, names) | st.builds(Numeral, NUMERALS)
    return st.recursive(
        leaves,
        lambda inner: st.builds(Function, names, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        max_leaves=4,
    )


def formulas(names: st.SearchStrategy[str] = NAMES) -> st.SearchStrategy[Formula]:
    term = terms(names)
    atoms = (
        st.builds(Predicate, names, st.lists(term, max_size=3).map(tuple))
        | st.builds(Equal, term, term)
        | st.builds(Truth, st.booleans())
    )
    return st.recursive(
        atoms,
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(Binary, st.sampled_from(["and", "or", "xor", "implies", "iff"]), inner, inner)
            | st.builds(Quantified, st.sampled_from(["forall", "exists"]), VARIABLES, inner)
        ),
        max_leaves=8,
    )


def as_written(formula: Formula, notation: str) -> Formula:
    """The formula that a notation can express: its own names, ⊕ as ¬↔ in NLTK and Prover9, TPTP's constants."""
    names = Names([formula], RULES[notation])

    def express(node, kids):
        node = with_children(node, kids)
        if isinstance(node, Binary) and node.operator == "xor" and notation in ("nltk", "prover9"):
            return Not(Binary("iff", node.left, node.right))
        if isinstance(node, Numeral):
            name = names[Symbol("numeral", node.text, 0)]
            plain = notation == "nltk" or (notation == "prover9" and name.isdigit())
            return Numeral(name) if plain else Function(name)
        return node

    named = rename(
        formula,
        lambda name, arity: names[Symbol("predicate", name, arity)],
        lambda name, arity: names[Symbol("function", name, arity)],
    )
    return fold(named, express)


@given(formulas().map(closed))
@settings(max_examples=150, deadline=None)
@example(Quantified("forall", "x", Predicate("and", (Function("x"), Variable("x")))))
@example(Predicate("<=", (Function("f", (Numeral("1"),)), Function("g", (Numeral("2"),)))))
@example(Predicate("P", (Function('a"b\\c'),)))
@example(Predicate("P", (Function("<", (Numeral("1"), Numeral("2"))),)))
@example(Predicate("+", (Numeral("1"), Numeral("2"))))
@example(Not(Not(Equal(Numeral("1"), Numeral("2")))))
def test_folio_notation_reads_back_as_the_same_formula(formula: Formula) -> None:
    assert alpha_equivalent(read(write(formula, "folio")), formula)


@pytest.mark.parametrize("notation", ["nltk", "prover9", "tptp"])
@given(formula=formulas().map(closed))
@settings(max_examples=120, deadline=None)
def test_other_notations_read_back_up_to_the_names_they_allow(notation: str, formula: Formula) -> None:
    hint = notation if notation != "nltk" else None
    assert alpha_equivalent(read(write(formula, notation), hint), as_written(formula, notation))


@pytest.mark.parametrize("notation", ["nltk", "prover9", "tptp"])
@given(formula=formulas(st.sampled_from(["p", "q", "likes", "tom", "rose", "f"])).map(closed))
@settings(max_examples=60, deadline=None)
def test_names_every_notation_allows_are_kept(notation: str, formula: Formula) -> None:
    names = Names([formula], RULES[notation])
    clash = {symbol.name for symbol, name in names.items() if symbol.kind != "variable" and symbol.name != name}
    used = [s for s, _ in names.items() if s.kind in ("predicate", "function")]
    for name in clash - {s.name for s in used if sum(o.name == s.name for o in used) > 1}:
        assert re.fullmatch(r"[\d.]+", name), f"{name} was renamed without need"


@given(formulas())
@settings(max_examples=60, deadline=None)
def test_every_notation_writes_every_formula(formula: Formula) -> None:
    for notation in NOTATIONS:
        assert write(formula, notation).strip()
        assert write_problem([formula], formula, notation).strip()


@given(formulas())
@settings(max_examples=60, deadline=None)
def test_z3_accepts_the_smtlib_script_and_finds_a_formula_to_follow_from_itself(formula: Formula) -> None:
    z3 = pytest.importorskip("z3")
    solver = z3.Solver()
    solver.set("timeout", 2000)
    solver.from_string(write_problem([formula], formula, "smtlib"))
    assert solver.check() != z3.sat


def test_an_unknown_notation_is_refused_with_the_list_of_those_there_are() -> None:
    with pytest.raises(InputError, match="folio, nltk, prover9, tptp, smtlib, lean"):
        write(Predicate("P"), "latex")


WRITTEN = {
    "folio": "∀x (Student(x) → (Human(x) ⊕ ¬Tall(x, zoe)))",
    "nltk": "all x.(Student(x) -> -(Human(x) <-> -Tall(x, zoe)))",
    "prover9": "all x (Student(x) -> -(Human(x) <-> -Tall(x, c_zoe)))",
    "tptp": "! [X] : ('Student'(X) => ('Human'(X) <~> ~ 'Tall'(X, zoe)))",
    "smtlib": "(forall ((|x| U)) (=> (|Student| |x|) (xor (|Human| |x|) (not (|Tall| |x| |zoe|)))))",
    "lean": "∀ x : U, (Student x) → ¬((Human x) ↔ ¬(Tall x zoe))",
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_formula_is_written_as_people_write_it(notation: str) -> None:
    assert write(read("∀x (Student(x) → (Human(x) ⊕ ¬Tall(x, zoe)))"), notation) == WRITTEN[notation]


def test_a_problem_in_lean_is_a_theorem_over_one_nonempty_type() -> None:
    text = write_problem([read("∀x (Man(x) → Mortal(x))"), read("Man(socrates)")], read("Mortal(socrates)"), "lean")
    assert text == (
        "theorem conclusion_follows {U : Type} [Nonempty U]\n"
        "    (Man : U → Prop)\n    (Mortal : U → Prop)\n    (socrates : U)\n"
        "    (h1 : ∀ x : U, (Man x) → (Mortal x))\n    (h2 : Man socrates) :\n    Mortal socrates\n"
    )


def test_symbols_that_share_a_name_get_different_ones_where_they_must() -> None:
    text = write_problem([read("Owner(owner) & P(a) & P(a, b)")], read("owner"), "prover9")
    assert "Owner(owner_c)" in text or "Owner(owner)" in text
    assert "P(a)" in text and "P_2(a, b)" in text


# -- fuzz --------------------------------------------------------------------------------------------------

_PIECES = (
    "( ) [ ] { } ∀ ∃ all exists forall x y P Q P( f( , . : & | -> <-> <=> => ~ - ¬ ! ? = != < <= >= ∧ ∨ → ↔ ⊕ not and "
    "or xor iff implies fof( cnf( axiom, $true $false ⊤ ⊥ ' \" “ ” ’ _ ... 3 4.5 \\forall \\land é Ж 中 \u0301 \u200b "
    "no some every there is for such that \n \t ; # % @ + * / ^"
)
PIECES = st.sampled_from(_PIECES.split(" "))


def outcome(text: str) -> Formula | ReadError:
    try:
        return read(text)
    except ReadError as error:
        return error


@given(st.lists(PIECES, max_size=30).map(" ".join) | st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=600, deadline=None)
def test_pieces_of_formulas_in_any_order_give_a_formula_or_a_read_error(text: str) -> None:
    result = outcome(text)
    if isinstance(result, ReadError):
        assert 0 <= result.position <= len(text)
        assert str(result)
    else:
        assert alpha_equivalent(read(write(closed(result), "folio")), closed(result))


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_formula_or_a_read_error(text: str) -> None:
    outcome(text)


@given(formulas(), st.integers(0, 10_000), st.text(max_size=3))
@settings(max_examples=200, deadline=None)
def test_a_formula_with_an_edit_in_it_gives_a_formula_or_a_read_error(formula: Formula, place: int, extra: str) -> None:
    text = write(formula, "folio")
    place %= len(text) + 1
    outcome(text[:place] + extra + text[place + 1 :])
