"""Charitable readings: what each one adds, what it leaves alone, and that none of it is a sample's own verdict."""

from __future__ import annotations

import pytest

from logic.readings import READINGS, charitable
from logic.repair import repair
from logic.samples import Decider, translate_samples
from logic.syntax.read import read
from logic.verdict import Verdict


def read_charitably(*texts: str, sentences=()):
    return charitable(repair(texts[:-1], texts[-1]), sentences)


def added(*texts: str, sentences=()) -> set:
    problem = repair(texts[:-1], texts[-1])
    found = charitable(problem, sentences)
    return set(found.assumed) - set(problem.assumed) if found is not None else set()


def test_either_is_exclusive_where_the_sentence_says_either() -> None:
    texts = ("all x. (Task(x) -> (Small(x) | Large(x)))", "Task(mt) & Small(mt)", "Large(mt)")
    sentences = ("A task is either small or large.", "MT is a small task.", "MT is large.")
    found = read_charitably(*texts, sentences=sentences)
    assert found is not None and found.premises[0] == read("all x. (Task(x) -> (Small(x) ⊕ Large(x)))")
    assert found.premises[1] == read("Task(mt) & Small(mt)")
    assert read_charitably(*texts, sentences=("A task is small or large.", *sentences[1:])) is None
    assert read_charitably(*texts) is None


def test_a_fact_about_a_kind_is_about_all_of_the_kind() -> None:
    found = added("Deadly(cancer)", "Cancer(melanoma)", "Deadly(melanoma)")
    assert found == {read("all x. (Cancer(x) -> Deadly(x))"), read("Cancer(cancer)")}


def test_a_constant_that_is_a_predicate_too_is_one_of_the_kind() -> None:
    assert added("all x. (Cancer(x) -> Deadly(x))", "Deadly(cancer)") == {read("Cancer(cancer)")}


def test_who_is_named_after_a_kind_is_of_the_kind_unless_a_preposition_stands_in_between() -> None:
    assert added("all x. (Island(x) -> Wet(x))", "In(SnowIsland, a)", "Wet(SnowIsland)") == {read("Island(SnowIsland)")}
    assert added("all x. (Island(x) -> Wet(x))", "In(KingOfIsland, a)", "Wet(KingOfIsland)") == set()


def test_a_guard_is_presupposed_only_if_it_is_idle_and_a_noun_for_everything_or_sorts_things() -> None:
    rule = "all x. (Person(x) & Reads(x) -> Wise(x))"
    assert added(rule, "Reads(ann)", "Wise(ann)") == {read("Person(ann)")}
    assert added(rule, "Reads(ann)", "Person(bob)", "Wise(ann)") == set(), "people are asserted"
    assert added(rule, "Reads(ann)", "Person(ann)") == set(), "the conclusion asks for it"
    sorting = "all x. (Animal(x) -> (Rabbit(x) | Squirrel(x)))"
    assert added(sorting, "-Rabbit(rock)", "Squirrel(rock)") == {read("Animal(rock)")}
    assert added("all x. (Kind(x) -> Nice(x))", "Big(bob)", "Nice(bob)") == set(), "an ordinary unmet condition"
    assert added("all x. (Kind(x) & Big(x) -> Nice(x))", "Big(bob)", "Nice(bob)") == set()


def test_a_problem_that_nothing_applies_to_has_no_charitable_reading() -> None:
    assert read_charitably("all x. (Man(x) -> Mortal(x))", "Man(socrates)", "Mortal(socrates)") is None


def test_each_reading_is_recorded() -> None:
    found = read_charitably("all x. (Person(x) & Reads(x) -> Wise(x))", "Reads(ann)", "Wise(ann)")
    assert found is not None
    assert [repair.kind for repair in found.repairs] == ["presupposed"]
    assert set(READINGS) >= {"presupposed"}


def test_a_samples_own_verdict_stays_what_follows_from_its_formulas() -> None:
    text = """TEXT: Any person who reads is wise.
FOL: all x. (Person(x) & Reads(x) -> Wise(x))
TEXT: Ann reads.
FOL: Reads(ann)
TEXT: Ann is wise.
FOL: Wise(ann)"""
    ((sample,),) = Decider().decide([translate_samples([text])])
    assert sample.verdict is Verdict.UNCERTAIN
    assert sample.charitable is Verdict.TRUE
    assert sample.read_charitably is not None and sample.problem is not None
    assert sample.problem.assumed == ()
    ((strict,),) = Decider(charitable=False).decide([translate_samples([text])])
    assert (strict.verdict, strict.charitable) == (Verdict.UNCERTAIN, None)


@pytest.mark.parametrize(
    ("formulas", "verdict"),
    [
        (["P(a)", "P(a)"], Verdict.TRUE),
        (["-P(a)", "P(a)"], Verdict.FALSE),
        (["Q(a)", "P(a)"], Verdict.UNCERTAIN),
        (["P(a) & -P(a)", "Q(a)"], Verdict.CONTRADICTORY),
        (["P(a) & & Q", "Q(a)"], Verdict.ERROR),
        (["Q(a) | -Q(a)"], Verdict.TRUE),
    ],
)
def test_samples_are_decided_by_the_solvers(formulas: list[str], verdict: Verdict) -> None:
    text = "\n".join(f"TEXT: sentence {n}\nFOL: {formula}" for n, formula in enumerate(formulas))
    ((sample,),) = Decider().decide([translate_samples([text])])
    assert sample.verdict is verdict
    assert (sample.trouble is not None) == (verdict is Verdict.ERROR)


def test_a_problem_no_solver_decides_in_time_is_unknown_and_never_uncertain() -> None:
    # Associativity and an idempotent product without a finite countermodel nearby: far too much for a millisecond.
    hard = """FOL: all x. all y. all z. (m(x, m(y, z)) = m(m(x, y), z))
FOL: all x. (m(x, i(x)) = e)
FOL: all x. (m(x, e) = x)
FOL: all x. all y. (m(i(m(x,y)), m(x, y)) = m(m(i(y), i(x)), m(x, y)) & i(i(i(i(x)))) = m(i(i(x)), m(e, e)))"""
    ((sample,),) = Decider(deadline=0.001).decide([translate_samples([hard])])
    assert sample.verdict is Verdict.UNKNOWN
    assert sample.trouble is not None and "0.001" in sample.trouble
