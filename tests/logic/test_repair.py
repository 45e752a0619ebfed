"""Repairs: each rule mends what it is for, says so, and leaves alone what needs no mending."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logic.errors import LogicError, ReadError
from logic.mending import TEXT_RULES, TREE_RULES, mend
from logic.repair import REPAIRS, UnrepairableFormula, repair
from logic.spelling import parts, root, stem
from logic.syntax.read import read
from logic.syntax.walk import alpha_equivalent, free_variables

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    ("text", "meant", "kind"),
    [
        (
            "PartOf(South Shetland Islands, Antarctica)",
            "PartOf(South_Shetland_Islands, Antarctica)",
            "words of a name joined",
        ),
        ("Lives In(ann, New York)", "Lives_In(ann, New_York)", "words of a name joined"),
        ("Valued(Yale, 42.3 billion)", 'Valued(Yale, "42.3_billion")', "words of a name joined"),
        ("Fever(x) & Headache(x) & ...", "Fever(x) & Headache(x)", "ellipsis"),
        ("Tie(descampe, ..., ...)", "Tie(descampe)", "ellipsis"),
        ("Translated(book, Italian, _)", "∃x1 Translated(book, Italian, x1)", "something left open"),
        ("∀x (Movie(x), Named(x, a) → Good(a))", "∀x (Movie(x) ∧ Named(x, a) → Good(a))", "comma for conjunction"),
        ("forall(x, P(x) -> Q(x))", "∀x (P(x) → Q(x))", "connective as a function"),
        ("forall(x, exists(y, R(x, y)))", "∀x ∃y R(x, y)", "connective as a function"),
        ("ForAll([x, y], Implies(P(x), R(x, y)))", "∀x ∀y (P(x) → R(x, y))", "connective as a function"),
        ("Or(Not(P(a)), Q(b))", "-P(a) | Q(b)", "connective as a function"),
        ("-No(P(a) & Q(b))", "--(P(a) & Q(b))", "connective as a function"),
        ("∀x ∈ Dogs, Barks(x)", "∀x (Dogs(x) → Barks(x))", "quantifier over a kind"),
        ("exists x in Dogs. (Barks(x) & Bites(x))", "∃x (Dogs(x) ∧ (Barks(x) ∧ Bites(x)))", "quantifier over a kind"),
        ("∀ x, Man x → ∃ y, Loves x y", "∀x (Man(x) → ∃y Loves(x, y))", "arguments without brackets"),
        ("For all x, if Dog(x) then Animal(x)", "∀x (Dog(x) → Animal(x))", "if and then"),
        ("all x. (P(x -> Q(x))", "all x. (P(x) -> Q(x))", "arguments closed"),
        ("R(a, b & P(a)", "R(a, b) & P(a)", "arguments closed"),
        ("a < b < c", "a < b & b < c", "chained comparison"),
        ("a != b != c != d", "a != b & b != c & c != d", "chained comparison"),
        ("(P(a) & Q(a)) = R(a)", "(P(a) & Q(a)) <-> R(a)", "equality of formulas"),
        ("all x. P(x) -> Q(x)", "all x. (P(x) -> Q(x))", "scope"),
        ("-no x. (P(x) & Q(x))", "-exists x. (P(x) & Q(x))", "“-no x” read as “no x”"),
        (
            "Piloted(show, BBCTwo | BBCThree)",
            "Piloted(show, BBCTwo) | Piloted(show, BBCThree)",
            "connective among arguments",
        ),
        (
            "College(yale, [berkeley, davenport])",
            "College(yale, berkeley) & College(yale, davenport)",
            "connective among arguments",
        ),
        ("Wins(ann, -tokyo)", "-Wins(ann, tokyo)", "connective among arguments"),
        ("Person(ann, born=1995)", "Person(ann, 1995)", "named argument"),
        (
            "-Teaches(x) for all x such that Young(x)",
            "all x. (Young(x) -> -Teaches(x))",
            "quantifier behind its formula",
        ),
        ("((Happy(x) | Sad(x)) for all x)", "all x. (Happy(x) | Sad(x))", "quantifier behind its formula"),
        ("There is an x such that (P(x) & Q(x))", "exists x. (P(x) & Q(x))", "such that"),
        ('Show("Black Mirror)', "Show(Black_Mirror)", "quotation marks"),
        ("P(a) (Note: a is the plane)", "P(a)", "words around the formula"),
        ("Formula: P(a) & Q(a)", "P(a) & Q(a)", "words around the formula"),
        ("✓ P(a)", "P(a)", "odd characters"),
        ("P(a, b", "P(a, b)", "unclosed arguments"),
        ("(P(a) & Q(b)", "P(a) & Q(b)", "brackets"),
    ],
)  # fmt: skip
def test_a_formula_is_mended_and_the_repair_is_named(text: str, meant: str, kind: str) -> None:
    reading = mend(text)
    assert alpha_equivalent(reading.formula, read(meant))
    assert kind in {note.repair for note in reading.notes}
    assert kind in REPAIRS


@pytest.mark.parametrize(
    "text",
    ["?", "", "Bel(a, ∀x P(x))", "P(a) & &", "just some words", "\\x.P(x)", "∀x x", "-((x. P(x)) -> Q)", "P(x -> y)"],
)
def test_what_no_rule_helps_stays_an_error(text: str) -> None:
    with pytest.raises(ReadError):
        mend(text)


@given(st.text(alphabet="PQfxya ()[],.&|->~∀∃=<_\"'?…", max_size=25))
@settings(max_examples=400, deadline=None)
def test_mending_any_text_gives_a_formula_or_the_readers_error(text: str) -> None:
    try:
        reading = mend(text)
    except ReadError:
        return
    try:
        plain = read(text)
    except ReadError:
        assert reading.notes, "a text that does not read was mended without a note"
    else:
        kinds = {note.repair for note in reading.notes}
        if not kinds & {"such that", "something left open", "ellipsis"}:
            assert reading.formula == plain, "a text that reads was changed"


def test_every_rule_is_in_the_documented_list() -> None:
    assert set(TEXT_RULES) | set(TREE_RULES) <= set(REPAIRS)


def problem(*texts: str, without=()):
    return repair(texts[:-1], texts[-1], without=without)


def kinds(found) -> set[str]:
    return {r.kind for r in found.repairs}


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("bird_of_prey", "BirdOfPrey", "two spellings"),
        ("HUMAN", "human", "two spellings"),
        ("Students", "Student", "singular and plural"),
        ("IsTall", "Tall", "singular and plural"),
        ("Studies", "Study", "singular and plural"),
        ("WorksAt", "WorkAt", "singular and plural"),
        ("FourSided", "FourSides", "forms of a verb"),
        ("Teaching", "Teaches", "forms of a verb"),
        ("Named", "Name", "forms of a verb"),
    ],
)
def test_spellings_of_one_predicate_become_one(one: str, other: str, kind: str) -> None:
    found = problem(f"all x. ({one}(x) -> Goal(x))", f"{other}(tom)", "Goal(tom)")
    assert kind in kinds(found)
    names = {str(f).split("Predicate('")[1].split("'")[0] for f in found.premises}
    assert len(names) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Student", "Study"), ("Human", "Humane"), ("C", "C++"), ("Bus", "Bu"), ("Love", "LovedBy"),
     ("Rent1500", "Rent2000"), ("Writer", "Write"), ("Glass", "Glas"), ("King", "K"), ("Bed", "B")],
)  # fmt: skip
def test_different_predicates_stay_apart(one: str, other: str) -> None:
    found = problem(f"all x. ({one}(x) -> Goal(x))", f"{other}(tom)", "Goal(tom)")
    assert not kinds(found)


def test_constants_are_unified_too_but_never_with_another_arity() -> None:
    found = problem("P(Rose)", "Q(rose, f(rose))", "P(rose)")
    assert found.conclusion == read("P(rose)")
    assert found.premises[0] == read("P(rose)")


def test_a_negation_inside_a_name_is_a_negation_where_the_positive_is_there() -> None:
    found = problem("NotTall(tom)", "all x. (Tall(x) -> Seen(x))", "isNotSeen(tom)")
    assert found.premises[0] == read("-Tall(tom)")
    assert found.conclusion == read("-Seen(tom)")
    alone = problem("NotTall(tom)", "P(tom)")
    assert alone.premises[0] == read("NotTall(tom)")


def test_a_shorter_atom_leaves_the_missing_arguments_open() -> None:
    found = problem("Reads(ann)", "Reads(bob, walden)", "Reads(bob)")
    assert alpha_equivalent(found.premises[0], read("∃y Reads(ann, y)"))
    assert alpha_equivalent(found.conclusion, read("∃y Reads(bob, y)"))
    assert "two arities" in kinds(found)


def test_the_open_argument_does_not_capture_a_variable() -> None:
    found = problem("all y. (Reads(y) -> Wise(y))", "Reads(bob, walden)", "Wise(bob)")
    assert alpha_equivalent(found.premises[0], read("∀y ((∃z Reads(y, z)) → Wise(y))"))


def test_a_name_that_is_a_constant_and_a_predicate_is_two_symbols_and_that_is_recorded() -> None:
    found = problem("all x. (Rose(x) -> Red(x))", "Red(rose)")
    assert found.assumed == ()
    assert kinds(found) == {"constant and predicate"}
    assert found.premises[0] == read("all x. (Rose(x) -> Red(x))")


def test_free_variables_are_bound_by_a_universal_quantifier() -> None:
    found = problem("P(x) -> Q(x)", "Q(a)")
    assert found.premises[0] == read("all x. (P(x) -> Q(x))")
    assert "free variable" in kinds(found)
    assert not free_variables(found.conclusion)


def test_a_formula_that_cannot_be_repaired_is_named_with_its_place() -> None:
    with pytest.raises(UnrepairableFormula, match=r"formula 2 can't be read: .* at column 8") as raised:
        repair(["P(a)", "P(a) & &"], "Q(a)")
    assert raised.value.index == 1
    assert isinstance(raised.value, LogicError)
    with pytest.raises(UnrepairableFormula, match="must be a text, not int"):
        repair(["P(a)"], 7)  # type: ignore[arg-type]


def test_no_premises_are_a_problem_too() -> None:
    assert repair([], "P(a) | -P(a)").given == ()


def test_well_formed_problems_are_left_alone() -> None:
    found = problem("all x. (Man(x) -> Mortal(x))", "Man(socrates)", "Mortal(socrates)")
    assert found.repairs == () and found.assumed == ()


def test_words_of_names() -> None:
    assert parts("BachelorOfArts_2") == ("bachelor", "of", "arts", "2")
    assert parts("isTVShow") == ("is", "tv", "show")
    assert [stem(w) for w in ("parties", "classes", "boxes", "bus", "is", "dogs")] == [
        "party",
        "class",
        "box",
        "bus",
        "is",
        "dog",
    ]
    assert len({root(w) for w in ("named", "name", "names", "naming")}) == 1
    assert len({root(w) for w in ("studied", "study", "studies", "studying")}) == 1
    assert len({root(w) for w in ("stopped", "stop", "stops", "stopping")}) == 1


def test_all_gold_problems_of_folio_read() -> None:
    rows = [json.loads(line) for line in (DATA / "folio" / "validation.jsonl").read_text(encoding="utf-8").splitlines()]
    read_ones = 0
    for row in rows:
        try:
            repair(row["premises-FOL"], row["conclusion-FOL"])
            read_ones += 1
        except UnrepairableFormula:
            pass
    assert len(rows) == 204
    assert read_ones / len(rows) >= 0.95
