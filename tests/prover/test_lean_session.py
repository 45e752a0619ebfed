"""The embedded Lean over a long life: memory, traps, replay, several imports, several users of one worker pool."""

from __future__ import annotations

import gc
import signal
import sys
import threading

import pytest

from prover.lean.embedded.workers import LeanWorkers
from prover.lean.protocol import Advanced, Crashed, Limits, Rejected, Solved, TimedOut

COMM = "theorem t (a b : Nat) : a + b = b + a"
MIXED = ["omega", "intro x", "simp", "exact Nat.add_comm a b", "rfl", "induction a", "exact foo", "cases b", "rw ["]
RUNAWAY = "set_option maxRecDepth 100000000 in set_option maxHeartbeats 0 in decide"


@pytest.fixture
def no_collection():
    """Python drops what is raised inside a callback of its garbage collector, and Hypothesis has one: Ctrl-C that falls
    into it is lost for a reason that is none of the prover's."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("rounds", [8, pytest.param(26, marks=pytest.mark.slow)])
def test_thousands_of_mixed_steps_leave_memory_flat(lean, rounds):
    """3,000 as a rule; as much growth a step is refused as in 10,000."""
    state = lean.open(COMM).holes[0].state

    def round_of_steps(session) -> int:
        session.run(state, MIXED * 40, Limits(), False)
        return session.instance.used

    lean.ask(round_of_steps)
    restores = lean.ask(lambda s: s.restores)
    first = lean.ask(round_of_steps)
    for _ in range(rounds):
        last = lean.ask(round_of_steps)
    assert last - first < rounds * (8 << 20) // 24
    assert lean.ask(lambda s: s.restores) == restores


def test_sources_do_not_leak(lean):
    def used(session) -> int:
        for _ in range(20):
            session.check("theorem t (a b : Nat) : a + b = b + a := by omega\ndef f := 3\nexample : f = 3 := rfl")
        return session.instance.used

    first = lean.ask(used)
    for _ in range(4):
        last = lean.ask(used)
    assert last - first < 64 << 20


def test_a_state_outlives_traps_and_other_imports(lean):
    state = lean.open("theorem t (xs : List Nat) (p : Prop) (h : p) : xs ++ [] = xs ∧ p").holes[0].state
    [after] = lean.run(state, ["constructor"])
    assert isinstance(after, Advanced)
    long = lean.open("theorem long : ∀ n : Fin 20000, n.val < 20000").holes[0].state
    assert isinstance(lean.run(long, [RUNAWAY], Limits(0, 0.3))[0], TimedOut)
    with_std = lean.open("import Std\ntheorem s : 1 + 1 = 2").holes[0].state
    assert isinstance(lean.run(with_std, ["rfl"])[0], Solved)
    left, right = after.state.split()
    assert isinstance(lean.run(right, ["exact h"])[0], Solved)
    assert isinstance(lean.run(left, ["simp"])[0], Solved)


def test_the_memory_is_brought_back_at_the_threshold(lean, monkeypatch):
    state = lean.open(COMM).holes[0].state
    lean.run(state, ["omega"])
    before = lean.ask(lambda s: s.restores)
    monkeypatch.setattr("prover.lean.embedded.session.MEMORY_GROWTH", -1)
    assert isinstance(lean.run(state, ["omega"])[0], Solved)
    assert lean.ask(lambda s: s.restores) > before


def test_ctrl_c_in_the_asking_thread_leaves_lean_usable(lean):
    long = lean.open("theorem long : ∀ n : Fin 20000, n.val < 20000").holes[0].state
    timer = threading.Timer(0.3, lean.interrupt)
    timer.start()
    [outcome] = lean.run(long, [RUNAWAY], Limits(0, 60))
    timer.join()
    assert isinstance(outcome, TimedOut)
    assert isinstance(lean.run(lean.open(COMM).holes[0].state, ["omega"])[0], Solved)


def test_an_interrupted_request_tries_no_further_tactic(lean):
    long = lean.open("theorem long : ∀ n : Fin 20000, n.val < 20000").holes[0].state
    timer = threading.Timer(0.3, lean.interrupt)
    timer.start()
    first, second = lean.run(long, [RUNAWAY, "exact fun n => n.2"], Limits(0, 60))
    timer.join()
    assert isinstance(first, TimedOut) and second == TimedOut("interrupted before it was tried")
    assert isinstance(lean.run(long, ["exact fun n => n.2"])[0], Solved)


def test_ctrl_c_at_any_moment_of_a_request_is_not_lost(lean, no_collection):
    state = lean.open(COMM).holes[0].state
    fired = []

    def on_alarm(*_):
        fired.append(None)
        if len(fired) > 1:
            raise AssertionError("a request that Ctrl-C met never came to its end")
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, on_alarm)
    try:
        for i in range(150):
            fired.clear()
            with pytest.raises(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 0.001 + 0.00003 * i, 30)
                while True:
                    lean.run(state, ["exact Nat.add_comm a b"])
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert isinstance(lean.run(state, ["omega"])[0], Solved)


def test_ctrl_c_at_any_line_of_a_request_leaves_lean_usable(lean, no_collection):
    # An alarm rarely meets the few instructions that matter; a trace function meets every line on the way.
    state = lean.open(COMM).holes[0].state
    own = threading.get_ident()
    line = 0
    interrupted = True
    while interrupted:
        line += 1
        passed, interrupted = 0, False

        def trace(frame, event, _, line=line):
            nonlocal passed, interrupted
            if event == "line" and threading.get_ident() == own and not interrupted:
                passed += 1
                if passed == line:
                    interrupted = True
                    raise KeyboardInterrupt
            return trace

        previous = sys.gettrace()
        sys.settrace(trace)
        try:
            lean.run(state, ["exact Nat.add_comm a b"])
        except KeyboardInterrupt:
            assert interrupted
        finally:
            sys.settrace(previous)
        assert isinstance(lean.run(state, ["omega"])[0], Solved)
    assert line > 4


def test_a_tactic_that_logs_an_error_and_goes_on_is_rejected(lean):
    state = lean.open(COMM).holes[0].state
    [outcome] = lean.run(state, ["have h : a = a := by simp [no_such_lemma]"])
    assert isinstance(outcome, Rejected)


def test_without_explanations_the_outcomes_are_the_same(lean):
    state = lean.open(COMM).holes[0].state
    loud, quiet = lean.run(state, MIXED), lean.run(state, MIXED, Limits(), False)
    assert [type(o) for o in loud] == [type(o) for o in quiet]
    assert [o for o in loud if isinstance(o, Advanced)] == [o for o in quiet if isinstance(o, Advanced)]


def test_keys_are_the_same_in_another_process(lean, prepared):
    state = lean.open(COMM).holes[0].state
    with LeanWorkers(prepared, 1) as pool:
        assert pool.open(COMM).holes[0].state == state
        assert pool.run(pool.open(COMM).holes[0].state, ["induction a"]) == lean.run(state, ["induction a"])


def test_a_worker_that_dies_is_replaced_and_its_request_crashed(prepared):
    with LeanWorkers(prepared, 1) as pool:
        state = pool.open("theorem long : ∀ n : Fin 20000, n.val < 20000").holes[0].state
        [worker] = pool._all
        threading.Timer(1.0, worker.process.kill).start()
        [outcome] = pool.run(state, [RUNAWAY], Limits(0, 30))
        assert isinstance(outcome, Crashed)
        assert pool.replaced == 1
        assert isinstance(pool.run(pool.open(COMM).holes[0].state, ["omega"])[0], Solved)


def test_any_worker_goes_on_from_any_state(prepared):
    with LeanWorkers(prepared, 2) as pool:
        state = pool.open(COMM).holes[0].state
        [after] = pool.run(state, ["induction a"])
        outcomes: list = []
        jobs = [
            threading.Thread(target=lambda: outcomes.extend(pool.run(after.state, ["simp", "omega"]))) for _ in range(4)
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
        assert len(outcomes) == 8
        assert not any(isinstance(o, Crashed) for o in outcomes)
        assert len({repr(o) for o in outcomes}) == 2


def test_a_closed_lean_says_so(prepared):
    from prover.lean.embedded.lean import EmbeddedLean

    lean = EmbeddedLean(prepared)
    lean.close()
    with pytest.raises(RuntimeError, match="closed"):
        lean.check("example : 1 = 1 := rfl")


def test_a_proof_with_an_undetermined_argument_is_not_solved(lean):
    # `simpa` takes an argument of which it needs nothing, and Lean complains when the theorem ends.
    statement = "prelude\nimport Init.SimpLemmas\nimport Init.Grind.Tactics\ntheorem t (n : Nat) : n ≠ n + 1"
    tactic = "simpa using Ne.symm .."
    [hole] = lean.open(f"{statement} := by sorry").holes
    assert any("synthesize implicit" in error.text for error in lean.check(f"{statement} := by {tactic}").errors)
    [refused] = lean.run(hole.state, [tactic])
    assert isinstance(refused, Rejected) and "nothing determines" in refused.message


def test_a_proof_whose_parts_were_filled_in_later_is_solved(lean):
    [hole] = lean.open("theorem t (p q : Prop) (hp : p) (hq : q) : ∃ n : Nat, n = 3 ∧ p ∧ q := by sorry").holes
    state = hole.state
    for tactic in ("refine ⟨?n, ?h, ?p, ?_⟩", "rotate_left", "rfl", "exact hp"):
        [outcome] = lean.run(state, [tactic])
        assert isinstance(outcome, Advanced), (tactic, outcome)
        state = outcome.state
    assert isinstance(lean.run(state, ["exact hq"])[0], Solved)
