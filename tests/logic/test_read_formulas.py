"""The one reader: each notation, what they disagree on, depth, and errors with positions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logic.errors import ReadError
from logic.syntax.formula import Binary, Equal, Function, Not, Numeral, Predicate, Quantified, Truth, Variable
from logic.syntax.read import read, read_noting
from logic.syntax.walk import alpha_equivalent, nodes
from logic.syntax.write import write

x, y, a, b = Variable("x"), Variable("y"), Function("a"), Function("b")
P, Q = Predicate("P", (x,)), Predicate("Q", (x,))
DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    "text",
    [
        "all x. (P(x) -> Q(x))",
        "all x.(P(x) -> Q(x))",
        "∀x (P(x) → Q(x))",
        "∀x(P(x)→Q(x))",
        "(∀x)(P(x) → Q(x))",
        "all x (P(x) -> Q(x)).",
        "! [x] : (P(x) => Q(x))",
        "fof(rule, axiom, ! [x] : (P(x) => Q(x))).",
        "fof(rule, axiom, ! [x] : (P(x) => Q(x)), file('a.p', rule)).",
        "forall x, P(x) -> Q(x)",
        "for all x, (P(x) implies Q(x))",
        "For every x: (P(x) ⇒ Q(x))",
        "\\forall x (P(x) \\rightarrow Q(x))",
        "all x. P(x) -> Q(x)",
        "∀ x [P(x) ⊃ Q(x)]",
        "all x. (Q(x) <- P(x))",
    ],
)
def test_one_rule_in_many_notations(text: str) -> None:
    assert read(text) == Quantified("forall", "x", Binary("implies", P, Q))


@pytest.mark.parametrize("negated", ["-P(x)", "~P(x)", "¬P(x)", "not P(x)", "!P(x)", "\\neg P(x)"])
def test_one_negation_in_many_notations(negated: str) -> None:
    assert read(f"exists x. ({negated})") == Quantified("exists", "x", Not(P))


@pytest.mark.parametrize(
    ("text", "operator"),
    [("A & B", "and"), ("A ∧ B", "and"), ("A and B", "and"), ("A && B", "and"), ("A \\land B", "and"),
     ("A | B", "or"), ("A ∨ B", "or"), ("A or B", "or"), ("A || B", "or"),
     ("A ⊕ B", "xor"), ("A xor B", "xor"), ("A <~> B", "xor"),
     ("A -> B", "implies"), ("A => B", "implies"), ("A ⟶ B", "implies"), ("A IMPLIES B", "implies"),
     ("A <-> B", "iff"), ("A <=> B", "iff"), ("A ⟷ B", "iff"), ("A ≡ B", "iff"), ("A iff B", "iff")],
)  # fmt: skip
def test_connectives_by_all_their_names(text: str, operator: str) -> None:
    assert read(text) == Binary(operator, Predicate("A"), Predicate("B"))  # type: ignore[arg-type]


def test_precedence_is_not_and_or_implies_iff_and_implication_groups_to_the_right() -> None:
    assert read("-A & B | C -> D -> E <-> F") == read("((((-A) & B) | C) -> (D -> E)) <-> F")
    assert read("A ⊕ B → C ⊕ D") == read("(A ⊕ B) → (C ⊕ D)")
    assert read("A & B & C") == read("(A & B) & C")


def test_a_quantifier_binds_tightly_unless_its_variable_would_be_free() -> None:
    assert read("all x. P(x) -> Q(a)") == read("(all x. P(x)) -> Q(a)")
    wide = read_noting("all x. P(x) -> Q(x)")
    assert wide.formula == read("all x. (P(x) -> Q(x))")
    assert [note.repair for note in wide.notes] == ["scope"]
    assert read("all x. P(x) & all x. Q(x) -> R(x)") == read("(all x. P(x)) & (all x. (Q(x) -> R(x)))")
    assert read("A & -exists x. P(x) & Q(x) | B") == read("A & -(exists x. (P(x) & Q(x) | B))")


@pytest.mark.parametrize("text", ["∀x y (R(x, y))", "∀x, y R(x, y)", "all x,y. R(x, y)", "all x y. R(x, y)",
                                  "![x,y]: R(x,y)", "all x all y R(x,y)"])  # fmt: skip
def test_several_variables_after_one_quantifier(text: str) -> None:
    assert read(text) == read("∀x ∀y R(x, y)")


def test_prover9_predicates_of_one_letter_are_not_taken_for_variables() -> None:
    assert read("all x p(x)") == Quantified("forall", "x", Predicate("p", (x,)))


def test_free_variables_are_what_nltk_and_prover9_agree_on_and_tptps_capitals() -> None:
    assert read("P(x)") == P
    assert read("P(rose)") == Predicate("P", (Function("rose"),))
    assert read("P(yellow)") == Predicate("P", (Function("yellow"),))
    assert read("P(yellow)", "prover9") == Predicate("P", (Variable("yellow"),))
    assert read("cnf(c, axiom, p(Xa) | q(b)).") == read("p(Xa) | q(b)", "tptp")
    assert Variable("Xa") in set(nodes(read("p(Xa) | q(b)", "tptp")))


def test_equality_comparison_and_numbers() -> None:
    assert read("a = b & x != y") == Binary("and", Equal(a, b), Not(Equal(x, y)))
    assert read("-a = b") == Not(Equal(a, b))
    assert read("Deposit(x) <= 1500") == Predicate("<=", (Function("Deposit", (x,)), Numeral("1500")))
    assert read(">(x, 3.5)") == Predicate(">", (x, Numeral("3.5")))
    assert read("p(a) <= q(b)") == Binary("implies", Predicate("q", (b,)), Predicate("p", (a,)))
    assert read("x + 1 > 2") == Predicate(">", (Function("+", (x, Numeral("1"))), Numeral("2")))


def test_names_with_signs_digits_quotes_and_other_scripts() -> None:
    names = ["Tom'sPlate", "GrowthCompanies’Stocks", "y42.3billion", "2008SummerOlympics", "$1500", "50%", "Świątek"]
    names += ["北京", "Москва", "Asia-Pacific", "24/7", "J.K.Rowling"]
    for name in names:
        assert read(f"P({name})") == Predicate("P", (Function(name),)), name
    assert read('Show("Black Mirror")') == Predicate("Show", (Function("Black Mirror"),))
    assert read("p('it\\'s')") == Predicate("p", (Function("it's"),))
    assert read("∀x P('x')") == Quantified("forall", "x", Predicate("P", (Function("x"),)))


def test_a_predicate_may_be_called_like_a_connective_or_quantifier() -> None:
    assert read("and(x) and or(a, b)") == Binary("and", Predicate("and", (x,)), Predicate("or", (a, b)))
    assert read("all(x) & some(a)") == Binary("and", Predicate("all", (x,)), Predicate("some", (a,)))


def test_unique_existence_and_none() -> None:
    unique = Quantified("exists", "x", Quantified("forall", "y", Binary("iff", Predicate("P", (y,)), Equal(y, x))))
    assert alpha_equivalent(read("∃!x P(x)"), unique)
    assert read("no x. (P(x) & Q(x))") == read("-(exists x. (P(x) & Q(x)))")
    assert read("∄x P(x)") == read("¬∃x P(x)")


def test_truth_values() -> None:
    assert read("true & ⊥") == Binary("and", Truth(True), Truth(False))
    assert read("$true | $F") == Binary("or", Truth(True), Truth(False))


def test_brackets_missing_or_left_over_at_the_end_are_harmless_and_noted() -> None:
    for text in ["(P(a) ∧ Q(a)) ∨ ¬P(a) ∧ ¬Q(a))", "((P(a) ∧ Q(a)) ∨ ¬P(a) ∧ ¬Q(a)"]:
        reading = read_noting(text)
        assert reading.formula == read("(P(a) ∧ Q(a)) ∨ ¬P(a) ∧ ¬Q(a)")
        assert [note.repair for note in reading.notes] == ["brackets"]


@pytest.mark.parametrize(
    ("text", "problem", "position"),
    [
        ("", "empty text", 0),
        ("   ", "empty text", 3),
        ("P(a", "never closed", 1),
        ("P(a) &", "something must follow", 6),
        ("& P(a)", "nothing on its left", 0),
        ("P(a) Q(b)", "connective is missing between “P” and “Q”", 5),
        ("()", "nothing between these brackets", 0),
        ("P(a) ) & Q(b)", "closes no bracket", 5),
        ("3", "the number 3 is no formula", 0),
        ("∀x x", "variable x stands where a formula is needed", 3),
        ("P(∀x Q(x))", "formula stands where a term is needed", 2),
        ("P(a & b)", "formula stands where a term is needed", 4),
        ("P(a), Q(b)", "comma stands between two formulas", 4),
        ("∀ (P(x))", "quantifier has no variable", 0),
        ("P(a) \x00", "belongs to no formula", 5),
        ("P(a)\n& Q(b) § R", "belongs to no formula", 12),
        ("P(a) & ...", "“...” stands where", 7),
    ],
)
def test_an_error_says_what_is_wrong_and_where(text: str, problem: str, position: int) -> None:
    with pytest.raises(ReadError) as raised:
        read(text)
    assert problem in str(raised.value)
    assert raised.value.position == position


def test_an_error_in_a_later_line_names_the_line() -> None:
    with pytest.raises(ReadError, match="line 2, column 3"):
        read("P(a) &\n  | Q(a)")


def test_something_that_is_no_text_is_refused() -> None:
    with pytest.raises(ReadError, match="must be a text, not int"):
        read(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000 + "P" + ")" * 20_000,
        "".join(f"∀x{i} (" for i in range(20_000)) + "P(x7)" + ")" * 20_000,
        "all x. exists y. " * 250 + "R(x, y)",
        "-" * 20_000 + "P",
        "P -> " * 20_000 + "P",
        "P(" + "f(" * 20_000 + "a" + ")" * 20_001,
        "∀x (P(x) & " * 5_000 + "P(x)" + ")" * 5_000,
    ],
    ids=["brackets", "quantifiers", "500 quantifiers", "negations", "implications", "functions", "scopes"],
)
def test_depth_costs_no_stack(text: str) -> None:
    formula = read(text)
    assert read(write(formula, "folio")) == formula
    assert hash(formula) == hash(read(text))


def test_a_formula_of_a_megabyte_reads() -> None:
    count = 16_000
    text = " & ".join(f"(Likes(the_person_with_the_number_{i}, x) -> HasTheQuality{i}(x))" for i in range(count))
    assert len(text) > 1_000_000
    assert sum(isinstance(node, Predicate) for node in nodes(read(text))) == 2 * count


def test_brackets_that_are_opened_a_hundred_thousand_times_and_never_closed_are_one_error_or_formula() -> None:
    with pytest.raises(ReadError):
        read("(" * 100_000)
    with pytest.raises(ReadError, match="never closed"):
        read("f(" * 100_000)


def test_every_gold_formula_of_folio_reads_or_has_a_comma_for_a_connective() -> None:
    seen = refused = 0
    for line in (DATA / "folio" / "validation.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for text in [*row["premises-FOL"], row["conclusion-FOL"]]:
            seen += 1
            try:
                read(text)
            except ReadError as error:
                assert "comma" in str(error)
                refused += 1
    assert seen > 1000
    assert refused <= 2
