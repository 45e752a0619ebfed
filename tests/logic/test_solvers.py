"""The solvers one by one, the portfolio over them, and their processes. Problems are decided by the real solvers."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logic.errors import InputError, SolverDisagreement, SolverMissing
from logic.solvers import SOLVERS, Counterexample, Derived, decide, decide_async, decide_many
from logic.solvers import disagreement as kept
from logic.solvers.encode import encode
from logic.solvers.jobs import CONCLUSION, NEGATION, QUESTIONS, Job, Satisfiable, Unsatisfiable
from logic.solvers.process import Lane
from logic.solvers.race import Race
from logic.solvers.table import require
from logic.syntax.evaluate import holds
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
from logic.syntax.read import read
from logic.verdict import Verdict

SYLLOGISM = ("∀x (Man(x) → Mortal(x))", "Man(socrates)", "Greek(plato)")
# No finite model; whether P(a) follows is for no solver to say.
INFINITE = ("∀x R(x, f(x))", "∀x ¬R(x, x)", "∀x ∀y ∀z ((R(x, y) ∧ R(y, z)) → R(x, z))")


def formulas(*texts: str) -> list[Formula]:
    return [read(text) for text in texts]


def answers(name: str, premises: list[Formula], conclusion: Formula, seconds: float = 10.0) -> dict:
    """What one solver says in its own process: question → last message."""
    lane, said = Lane(), {}
    try:
        process = lane.process(name)
        jobs = {process.submit(name, Job(encode(premises, conclusion), QUESTIONS, seconds, explain=True))}
        end = time.monotonic() + seconds + 5
        while jobs and time.monotonic() < end:
            for _, number, message in lane.listen(1.0):
                if message is None:
                    jobs.discard(number)
                else:
                    said[message.question] = message
    finally:
        lane.close()
    return said


@pytest.mark.parametrize("name", SOLVERS)
def test_each_solver_derives_and_names_a_core(name):
    said = answers(name, formulas(*SYLLOGISM), read("Mortal(socrates)"))
    assert isinstance(said[CONCLUSION], Unsatisfiable)
    assert said[CONCLUSION].core == (0, 1)
    assert isinstance(said[NEGATION], Satisfiable)


@pytest.mark.parametrize("name", SOLVERS)
def test_each_solver_shows_that_neither_follows(name):
    said = answers(name, formulas(*SYLLOGISM), read("Mortal(plato)"))
    assert all(isinstance(said[question], Satisfiable) for question in QUESTIONS)


@pytest.mark.parametrize("name", SOLVERS)
def test_names_no_solver_could_take_are_no_obstacle(name):
    odd = [Predicate(n, (Function(c),)) for n, c in (("and", "x y"), ("P'", "∀"), ("(assert", "$false"), ("é", ""))]
    said = answers(name, list(odd), odd[2])
    assert isinstance(said[CONCLUSION], Unsatisfiable)
    assert said[CONCLUSION].core == (2,)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_that_runs_out_of_time_gives_up_and_claims_nothing(name):
    said = answers(name, formulas(*INFINITE), read("P(a)"), seconds=1.0)
    assert not any(isinstance(message, Unsatisfiable | Satisfiable) for message in said.values())


@pytest.mark.parametrize(
    ("premises", "conclusion", "verdict", "core"),
    [
        (SYLLOGISM, "Mortal(socrates)", Verdict.TRUE, (0, 1)),
        (SYLLOGISM, "¬Mortal(socrates)", Verdict.FALSE, (0, 1)),
        (SYLLOGISM, "Mortal(plato)", Verdict.UNCERTAIN, ()),
        ((*SYLLOGISM, "¬Mortal(socrates)"), "Greek(plato)", Verdict.CONTRADICTORY, (0, 1, 3)),
        ((), "P(a) ∨ ¬P(a)", Verdict.TRUE, ()),
        ((), "P(a)", Verdict.UNCERTAIN, ()),
        (("a = b", "P(a)"), "P(b)", Verdict.TRUE, (0, 1)),
        ((), "∃x (x = x)", Verdict.TRUE, ()),  # domains are not empty
        ((), "∃x ∃y ¬(x = y)", Verdict.UNCERTAIN, ()),
    ],
)
@pytest.mark.parametrize("first", SOLVERS)
def test_the_verdict_and_core_are_the_same_whichever_solver_is_first(first, premises, conclusion, verdict, core):
    order = (first, *(name for name in SOLVERS if name != first))
    found = decide(formulas(*premises), read(conclusion), solvers=order, deadline=20)
    assert found.verdict is verdict
    assert found.core == core


def test_a_core_is_minimal_although_premises_are_redundant():
    premises = formulas("P(a)", "∀x (P(x) → Q(x))", "P(a) ∧ R(a)", "∀x (R(x) → Q(x))", "Q(b)")
    found = decide(premises, read("Q(a)"), deadline=20)
    assert found.conclusion.minimal
    for left_out in found.core:
        rest = [premises[i] for i in found.core if i != left_out]
        assert decide(rest, read("Q(a)"), deadline=20).verdict is not Verdict.TRUE


def test_countermodels_make_the_premises_true_and_differ_on_the_conclusion():
    premises, conclusion = formulas(*SYLLOGISM), read("Mortal(plato)")
    fails, succeeds = decide(premises, conclusion, deadline=20).countermodels
    assert all(holds(premise, model) for model in (fails, succeeds) for premise in premises)
    assert not holds(conclusion, fails)
    assert holds(conclusion, succeeds)


def test_a_model_larger_than_a_few_elements_is_found():
    group = formulas("∀x ∀y ∀z (m(m(x, y), z) = m(x, m(y, z)))", "∀x (m(e, x) = x)", "∀x (m(i(x), x) = e)")
    found = decide(group, read("∀x ∀y (m(x, y) = m(y, x))"), deadline=60)
    assert found.verdict is Verdict.UNCERTAIN
    assert found.countermodels[0].size == 6  # S₃ is the smallest


def test_what_nobody_can_settle_is_unknown_with_every_solver_accounted_for():
    found = decide(formulas(*INFINITE), read("P(a)"), deadline=1.0)
    assert found.verdict is Verdict.UNKNOWN
    assert {report.solver for report in found.reports} == set(SOLVERS)
    assert found.countermodels == ()


def test_a_conclusion_that_follows_from_premises_without_a_known_model_is_true_but_not_called_consistent():
    found = decide(formulas(*INFINITE), read("∃x ∃y ¬(x = y)"), deadline=5.0)
    assert found.verdict is Verdict.TRUE
    assert found.consistent is None


def test_cross_checking_hears_every_solver_on_both_questions():
    found = decide(formulas(*SYLLOGISM), read("Mortal(socrates)"), cross_check=True, deadline=20)
    definite = {(r.solver, r.question) for r in found.reports if r.said in ("derived", "counterexample")}
    assert definite == set(itertools.product(SOLVERS, QUESTIONS))


def test_solvers_that_contradict_each_other_raise_and_the_problem_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "folder", lambda: tmp_path)
    encoded = encode(formulas("P(a)"), read("Q(a)"))
    race = Race(Lane(), encoded, time.monotonic() + 5, lambda solver, message: None)
    running = type("Running", (), {"solver": "z3", "questions": QUESTIONS, "improves": False})
    race._take(running, Satisfiable(CONCLUSION, "model"))
    running.solver = "eprover"
    with pytest.raises(SolverDisagreement) as raised:
        race._take(running, Unsatisfiable(CONCLUSION, (0,)))
    text = (tmp_path / os.path.basename(raised.value.path)).read_text(encoding="utf-8")
    assert '"proved_by": "eprover"' in text
    assert "p1(f0)" in text


def test_a_model_that_fails_the_check_is_not_believed():
    from logic.countermodel import FiniteModel, checked

    model = FiniteModel(1, {("P", 1): frozenset()}, {("a", 0): {(): 0}})
    assert checked(model, formulas("¬P(a)")) is None
    assert "fails formula 2" in checked(model, formulas("¬P(a)", "P(a)"))
    assert "incomplete" in checked(model, formulas("Q(a)"))


def test_a_missing_solver_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(
        SOLVERS, "cvc5", type(SOLVERS["cvc5"])("logic.solvers.cvc5", "no_such_package", "pip install cvc5", False)
    )
    with pytest.raises(SolverMissing, match="pip install cvc5"):
        require(("z3", "cvc5"))


def test_a_free_variable_is_refused_before_any_solver_sees_it():
    with pytest.raises(InputError, match="no quantifier binds"):
        decide([Predicate("P", (Variable("x"),))], Truth(True))


def test_two_arities_are_two_symbols_and_a_numeral_is_a_constant():
    premises = [Predicate("P", (Function("a"),)), Predicate("P", (Function("a"), Function("a")))]
    assert decide([premises[0]], premises[1], deadline=20).verdict is Verdict.UNCERTAIN
    one, two = Numeral("1"), Numeral("2")
    assert decide([], Equal(one, two), deadline=20).verdict is Verdict.UNCERTAIN


# ── proofs ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_proof_is_in_the_users_names_and_ends_in_falsity():
    proof = decide(formulas(*SYLLOGISM), read("Mortal(socrates)"), proof=True, deadline=20).proof
    assert proof.steps[-1].formula == Truth(False)
    assert {step.premise for step in proof.steps} - {None} == {0, 1}
    assert "Mortal(socrates)" in proof.text()
    for step in proof.steps:
        assert all(parent < len(proof.steps) for parent in step.parents)


def test_each_step_of_a_proof_follows_from_its_parents():
    premises = formulas("∀x (P(x) → (Q(x) ∨ R(x)))", "P(a)", "¬R(a)", "∀x ∀y ((Q(x) ∧ S(x, y)) → T(y))", "S(a, b)")
    proof = decide(premises, read("T(b)"), proof=True, deadline=20).proof
    for step in proof.steps:
        if not step.parents or step.rules[0] == "assume_negation" or "skolemize" in step.rules:
            continue
        parents = [proof.steps[parent].formula for parent in step.parents]
        assert decide(parents, step.formula, deadline=20, explain=False).verdict in (
            Verdict.TRUE,
            Verdict.CONTRADICTORY,
        )


def test_a_proof_of_a_contradiction_needs_no_goal():
    found = decide(formulas("P(a)", "Q(a)", "¬P(a)"), read("Q(b)"), proof=True, deadline=20)
    assert found.verdict is Verdict.CONTRADICTORY
    assert not any(step.goal for step in found.proof.steps)
    assert {step.premise for step in found.proof.steps} - {None} == {0, 2}


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_batch_keeps_its_order_decides_equal_problems_once_and_goes_on_after_an_error():
    seen: list[int] = []
    problems = [
        (formulas("P(a)"), read("P(a)")),
        ([Predicate("P", (Variable("x"),))], read("P(a)")),
        (formulas("P(a)"), read("¬P(a)")),
        (formulas("Q(b)"), read("Q(b)")),  # the first up to names
        (formulas("P(a)"), read("P(b)")),
    ]
    found = decide_many(problems, workers=2, deadline=20, on_answer=lambda index, answer: seen.append(index))
    assert [getattr(answer, "verdict", None) for answer in found] == [
        Verdict.TRUE, None, Verdict.FALSE, Verdict.TRUE, Verdict.UNCERTAIN,
    ]  # fmt: skip
    assert isinstance(found[1], InputError)
    assert sorted(seen) == list(range(5))
    assert found[0] is found[3]


def test_a_batch_asked_for_models_gives_each_problem_its_own_names():
    first, second = decide_many(
        [(formulas("P(a)"), read("P(b)")), (formulas("Q(c)"), read("Q(d)"))], explain=True, deadline=20
    )
    assert ("P", 1) in first.countermodels[0].predicates
    assert ("Q", 1) in second.countermodels[0].predicates


def test_a_cancelled_call_stops_its_solvers():
    async def run() -> None:
        task = asyncio.create_task(decide_async(formulas(*INFINITE), read("P(a)"), deadline=60))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())  # joins the thread at the end, so it returns only when the solvers are stopped
    assert decide(formulas("P(a)"), read("P(a)"), deadline=20).verdict is Verdict.TRUE


# ── processes ───────────────────────────────────────────────────────────────────────────────────────────────

_BUSY = """
from logic.solvers import decide
from logic.syntax.read import read
print("started", flush=True)
decide([read(t) for t in {infinite!r}], read("P(a)"), deadline=60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_solver_outlives_the_program_that_started_it(ending):
    program = subprocess.Popen(
        [sys.executable, "-c", _BUSY.format(infinite=INFINITE)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "ENTAILS_TEST_MARK": str(os.getpid())},
    )  # fmt: skip
    program.stdout.readline()
    mark = f"ENTAILS_TEST_MARK={os.getpid()}"
    assert _wait_until(lambda: len(_marked(mark)) > 3), "the solvers never started"
    program.send_signal(ending)
    program.wait()
    assert _wait_until(lambda: not _marked(mark)), _marked(mark)


def _wait_until(condition, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def _marked(mark: str) -> list[str]:
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environment:
                if mark.encode() in environment.read():
                    found.append(pid)
        except OSError:
            continue
    return found


def test_a_job_that_is_stopped_says_no_more_and_the_next_one_is_answered():
    lane = Lane()
    try:
        for name in SOLVERS:
            process = lane.process(name)
            hard = process.submit(name, Job(encode(formulas(*INFINITE), read("P(a)")), QUESTIONS, 60))
            time.sleep(0.3)
            process.stop(hard)
            easy = process.submit(name, Job(encode(formulas("P(a)"), read("P(a)")), QUESTIONS, 20))
            heard, end = [], time.monotonic() + 30
            while (easy, None) not in heard and time.monotonic() < end:
                heard += [(number, message) for _, number, message in lane.listen(1.0)]
            assert {number for number, _ in heard} == {easy}
            assert any(isinstance(message, Unsatisfiable) for _, message in heard)
    finally:
        lane.close()


def test_a_solver_process_that_dies_is_replaced():
    lane = Lane()
    try:
        process = lane.process("z3")
        lane.warm(("z3",))
        process._popen.kill()
        process._popen.wait()
        job = Job(encode(formulas("P(a)"), read("P(a)")), QUESTIONS, 20)
        heard = []
        for _ in range(2):  # the first may meet the dead process and end without an answer
            number = process.submit("z3", job)
            while (number, None) not in heard:
                heard += [(n, message) for _, n, message in lane.listen(5.0)]
        assert any(isinstance(message, Unsatisfiable) for _, message in heard)
    finally:
        lane.close()


def test_a_solver_whose_package_is_broken_gives_up_with_the_reason_and_leaves_the_others_alone(tmp_path):
    (tmp_path / "cvc5.py").write_text("raise RuntimeError('this package is broken')", encoding="utf-8")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from logic.solvers import host
from logic.solvers.encode import encode
from logic.solvers.jobs import QUESTIONS, Job
from logic.syntax.read import read
job = Job(encode([read("P(a)")], read("P(a)")), QUESTIONS, 20)
for name in ("cvc5", "eprover"):
    print(host.perform(name, 1, job, print))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "this package is broken" in said
    assert "Unsatisfiable" in said


@pytest.mark.parametrize(
    "premise",
    ["".join(f"∀x{i} ∃y{i} " for i in range(250)) + "P(x0, y249)", "¬" * 20_000 + "P(a)",
     " ∧ ".join(f"P{i}(a)" for i in range(20_000)), "P(" + "f(" * 5_000 + "a" + ")" * 5_000 + ")"],
    ids=["500 quantifiers", "deep negation", "wide conjunction", "deep term"],
)  # fmt: skip
def test_enormous_formulas_are_decided_or_given_up_without_an_exception(premise):
    formula = read(premise)
    found = decide([formula], formula, deadline=20, explain=False)
    assert found.verdict in (Verdict.TRUE, Verdict.UNKNOWN)


# ── against an oracle ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class World:
    """A model of two unary predicates and two constants."""

    size: int
    predicates: dict
    functions: dict


def worlds() -> list[World]:
    """Every model there need be: a monadic formula without equality can't tell elements of one type apart."""
    kinds = list(itertools.product((False, True), repeat=2))
    found = []
    for count in range(1, 5):
        for types in itertools.combinations(kinds, count):
            predicates = {(name, 1): {(i,) for i, kind in enumerate(types) if kind[k]} for k, name in enumerate("PQ")}
            for a, b in itertools.product(range(count), repeat=2):
                found.append(World(count, predicates, {("a", 0): {(): a}, ("b", 0): {(): b}}))
    return found


WORLDS = worlds()
_VARIABLES = ("x", "y")


def _atoms(bound: tuple[str, ...]) -> st.SearchStrategy[Formula]:
    terms = [Function("a"), Function("b"), *(Variable(v) for v in bound)]
    return st.builds(lambda n, t: Predicate(n, (t,)), st.sampled_from("PQ"), st.sampled_from(terms))


def _monadic(depth: int, bound: tuple[str, ...] = ()) -> st.SearchStrategy[Formula]:
    if depth == 0:
        return _atoms(bound)
    below = _monadic(depth - 1, bound)
    choices = [
        _atoms(bound),
        st.builds(Not, below),
        st.builds(Binary, st.sampled_from(("and", "or", "xor", "implies", "iff")), below, below),
    ]
    for variable in _VARIABLES:
        inside = _monadic(depth - 1, tuple(dict.fromkeys((*bound, variable))))
        choices.append(st.builds(Quantified, st.sampled_from(("forall", "exists")), st.just(variable), inside))
    return st.one_of(choices)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_monadic(2), max_size=3), _monadic(2))
def test_every_verdict_agrees_with_all_models_of_a_decidable_fragment(premises, conclusion):
    of_premises = [w for w in WORLDS if all(holds(premise, w) for premise in premises)]
    truths = {holds(conclusion, w) for w in of_premises}
    expected = {
        frozenset({True}): Verdict.TRUE,
        frozenset({False}): Verdict.FALSE,
        frozenset({True, False}): Verdict.UNCERTAIN,
        frozenset(): Verdict.CONTRADICTORY,
    }[frozenset(truths)]
    found = decide(premises, conclusion, deadline=30, cross_check=True, explain=False)
    assert found.verdict is expected
    kinds = {Verdict.TRUE: (Derived, Counterexample), Verdict.FALSE: (Counterexample, Derived)}
    if expected in kinds:
        assert (type(found.conclusion), type(found.negation)) == kinds[expected]
