"""LeanDojo's interface: the answers of a `Dojo`, what it refuses, and a prover written for lean-dojo running on it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from prover.dojo import (
    Dojo,
    DojoCrashError,
    DojoInitError,
    DojoTacticTimeoutError,
    LeanError,
    LeanGitRepo,
    Pos,
    ProofFinished,
    ProofGivenUp,
    TacticState,
    Theorem,
    check_proof,
    close_all,
    theorem_in,
)
from prover.lean.embedded.lean import EmbeddedLean
from tests.prover.native_stand_in import LOG, install

AND = "theorem t (p q : Prop) : p ∧ q → q ∧ p"
RUNAWAY = "set_option maxRecDepth 100000000 in set_option maxHeartbeats 0 in decide"
FILE = """/-! Examples. -/
namespace Ex.Sets
variable {α : Type} [DecidableEq α]

/-- A comment with := in it. -/
@[simp] theorem defaulted (n : Nat := 3) (h : n = n) : let m := n; m + 0 = n := by -- by what?
  simp

private theorem cases_ : ∀ n : Nat, n + 0 = n
  | 0 => rfl
  | _ + 1 => rfl

theorem matched (n : Nat) : match n with
  | 0 => True
  | k + 1 => k < n := by
  cases n <;> simp

theorem swap (p q : Prop) : p ∧ q → q ∧ p := fun ⟨a, b⟩ => ⟨b, a⟩
theorem comment (xs : List α) : xs ++ [] = xs -- the end
  := by simp
theorem Deep.er (f : Nat → Nat) (h : ∀ n, f n = n) (𝕜 : Nat) : f 𝕜 + f 𝕜 = 2 * 𝕜 := by
  simp [h]; omega
end Ex.Sets

theorem unprovable (a b : Nat) : a = b := sorry
theorem bare (a b : Nat) : a + b = b + a
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repo")
    (folder / "Ex").mkdir()
    (folder / "Ex" / "Sets.lean").write_text(FILE)
    return folder


@pytest.fixture(scope="module")
def repo(folder):
    return LeanGitRepo.from_path(folder)


# A prover written for lean-dojo


@pytest.fixture(scope="module")
def prover_module():
    source = Path(__file__).with_name("best_first.py").read_text()
    assert source.count("from lean_dojo import") == 1
    path = "tests_best_first_on_entails"
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path, loader=None))
    sys.modules[path] = module
    exec(compile(source.replace("from lean_dojo import", "from prover.dojo import"), "best_first.py", "exec"),
         module.__dict__)  # fmt: skip
    yield module
    del sys.modules[path]


@pytest.mark.parametrize(
    "name",
    ["Ex.Sets.defaulted", "Ex.Sets.cases_", "Ex.Sets.matched", "Ex.Sets.swap", "Ex.Sets.comment", "Ex.Sets.Deep.er",
     "bare"],
)  # fmt: skip
def test_a_best_first_prover_written_for_lean_dojo_proves_theorems(prover_module, repo, lean, name):
    tactics = [("simp", -0.5), ("omega", -1.0), ("rfl", -1.1), ("simp_all", -1.5), ("constructor", -2.0),
               ("cases n <;> simp", -3.0)]  # fmt: skip
    prover = prover_module.BestFirstSearchProver(prover_module.FixedTactics(tactics), 60, 30, 16)
    theorem = Theorem(repo, "Ex/Sets.lean", name)
    result = prover.search(repo, theorem, Pos(1, 1))
    assert result is not None and result.status is prover_module.Status.PROVED
    proof = "by\n" + "".join(f"  {tactic}\n" for tactic in result.proof)
    assert check_proof(theorem, proof, lean=lean)


def test_the_prover_finds_no_proof_of_what_is_not_so_and_none_for_what_is_not_there(prover_module, repo):
    prover = prover_module.BestFirstSearchProver(
        prover_module.FixedTactics([("simp", -1.0), ("sorry", -1.0), ("omega", -2.0), ("symm", -3.0)]), 20, 6, 8
    )
    result = prover.search(repo, Theorem(repo, "Ex/Sets.lean", "unprovable"), Pos(1, 1))
    assert result is not None and result.proof is None
    assert result.num_searched_nodes >= 1
    assert prover.search(repo, Theorem(repo, "Ex/Sets.lean", "no_such"), Pos(1, 1)) is None


# Answers


def test_a_proof_step_by_step(lean):
    with Dojo(theorem_in(AND), lean=lean) as (dojo, first):
        assert first == TacticState("p q : Prop\n⊢ p ∧ q → q ∧ p", 17)
        assert (first.id, first.message, first.num_goals) == (0, None, 1)
        assert dojo.is_successful is False
        second = dojo.run_tac(first, "intro h")
        assert (second.id, second.message) == (1, "")
        third = dojo.run_tac(second, "constructor")
        assert third.pp == "case left\np q : Prop\nh : p ∧ q\n⊢ q\n\ncase right\np q : Prop\nh : p ∧ q\n⊢ p"
        assert [g.conclusion for g in third.goals] == ["q", "p"]
        assert [(a.ident, a.lean_type) for a in third.goals[0].assumptions] == [
            ("p", "Prop"), ("q", "Prop"), ("h", "p ∧ q")
        ]  # fmt: skip
        fourth = dojo.run_tac(third, "exact h.2")
        assert fourth.num_goals == 1
        assert dojo.is_successful is False
        done = dojo.run_tac(fourth, "exact h.1")
        assert isinstance(done, ProofFinished)
        assert dojo.is_successful is True
        assert dojo.proof == "intro h\nconstructor\nexact h.2\nexact h.1"
        # Another way to the same state, and another path on from an earlier one.
        assert dojo.run_tac(first, "rintro h") == second
        assert isinstance(dojo.run_tac(first, "rintro ⟨a, b⟩; exact ⟨b, a⟩"), ProofFinished)


@pytest.mark.parametrize("tactic", ["exact foo", "rw [", "", "intro x y z", "omega", "theorem x : 1 = 1 := rfl"])
def test_what_does_not_work_is_a_lean_error(lean, tactic):
    with Dojo(theorem_in(AND), lean=lean) as (dojo, first):
        answer = dojo.run_tac(first, tactic)
        assert isinstance(answer, LeanError)
        assert answer.error.strip() == answer.error != ""
        assert dojo.is_successful is False


@pytest.mark.parametrize(
    "tactics",
    [["sorry"], ["admit"], ["exact sorryAx _ true"], ["have h : p := sorry", "exact fun x => ⟨x.2, h⟩"],
     ["intro h", "constructor", "sorry", "exact h.1"], ["stop simp"]],
)  # fmt: skip
def test_a_proof_that_leans_on_sorry_is_given_up(lean, tactics):
    with Dojo(theorem_in(AND), lean=lean) as (dojo, state):
        for tactic in tactics[:-1]:
            state = dojo.run_tac(state, tactic)
            assert isinstance(state, TacticState)
        assert dojo.run_tac(state, tactics[-1]) == ProofGivenUp()
        assert dojo.is_successful is False and dojo.proof is None


@pytest.mark.parametrize(
    ("source", "tactic"),
    [
        ("axiom cheat : False\ntheorem t : 1 = 2", "exact cheat.elim"),
        ("theorem t : 1 = 2", "set_option debug.skipKernelTC true in decide +kernel"),
        ("theorem t : (List.range 10).length = 10", "native_decide"),
        ("theorem t : 1 = 2", "exact t"),
    ],
)
def test_what_the_gate_refuses_is_no_finished_proof(lean, source, tactic):
    with Dojo(theorem_in(source, "t"), lean=lean) as (dojo, state):
        answer = dojo.run_tac(state, tactic)
        assert isinstance(answer, LeanError)
        assert dojo.is_successful is False and dojo.proof is None


def test_a_time_out_leaves_the_state_usable(lean):
    with Dojo(theorem_in("theorem t : ∀ n : Fin 20000, n.val < 20000"), timeout=1, lean=lean) as (dojo, state):
        with pytest.raises(DojoTacticTimeoutError):
            dojo.run_tac(state, RUNAWAY)
        assert dojo.has_timedout
        assert isinstance(dojo.run_tac(state, "exact fun n => n.isLt"), ProofFinished)


def test_a_limit_that_is_not_the_time_out_is_an_error(lean):
    source = "theorem t (n : Nat) : Nonempty (Decidable ((n = n ∧ n ≤ n) ∧ n = 5 ∧ (n < 3 ∨ n = 1)))"
    with Dojo(theorem_in(source), lean=lean) as (dojo, state):
        answer = dojo.run_tac(state, "set_option synthInstance.maxHeartbeats 1 in exact ⟨inferInstance⟩")
        assert isinstance(answer, LeanError)
        assert "maximum number of heartbeats" in answer.error


def test_a_lack_of_memory_is_a_crash_and_leaves_the_state_usable(prepared):
    source = "theorem t : ∀ n : Fin 20000, n.val < 20000"
    with EmbeddedLean(prepared, memory_limit=272 << 20) as small, Dojo(theorem_in(source), lean=small) as (dojo, state):
        with pytest.raises(DojoCrashError) as crash:
            dojo.run_tac(state, RUNAWAY)
        assert crash.value.is_out_of_memory
        assert dojo.is_crashed
        assert isinstance(dojo.run_tac(state, "exact fun n => n.isLt"), ProofFinished)


def test_states_that_are_none(lean):
    with Dojo(theorem_in(AND), lean=lean) as (dojo, state):
        with pytest.raises(RuntimeError, match="invalid state"):
            dojo.run_tac(LeanError("x"), "simp")
        with pytest.raises(AssertionError, match="Invalid tactic"):
            dojo.run_tac(state, 3)
        with pytest.raises(DojoCrashError, match="another Dojo"):
            dojo.run_tac(TacticState("⊢ True", 99), "simp")
        with pytest.raises(RuntimeError, match="invalid state"):
            dojo.run_cmd(state, "#eval 1")
    with pytest.raises(RuntimeError, match="outside"):
        dojo.run_tac(state, "simp")
    with pytest.raises(TypeError, match="Theorem"):
        Dojo("theorem t")


def test_a_dojo_opens_and_closes_a_lean_of_its_own(repo):
    with Dojo(Theorem(repo, "Ex/Sets.lean", "bare"), 60) as (dojo, state):
        mine = dojo.lean
        assert isinstance(dojo.run_tac(state, "omega"), ProofFinished)
    with pytest.raises(RuntimeError, match="closed"):
        mine.check("")


def test_steps_of_any_layout_make_one_proof(lean):
    source = "theorem t (p q r : Prop) (h : p ∨ q) (f : p → r) (g : q → r) : r ∧ r"
    with Dojo(theorem_in(source), lean=lean) as (dojo, state):
        state = dojo.run_tac(state, "constructor")
        state = dojo.run_tac(state, "· rcases h with h | h\n  · exact f h\n  · exact g h")
        assert state.num_goals == 1
        done = dojo.run_tac(state, "cases h with\n| inl a => exact f a\n| inr b =>\n  have := g b\n  exact this")
        assert isinstance(done, ProofFinished)


KINDS = """macro "done_by " t:term : tactic => `(tactic| exact $t)
local notation "two" => 2
theorem t (𝕜 m : Nat) (h : 𝕜 = m) (o : 𝕜 = 0 ∨ 0 < 𝕜) : m + two = 𝕜 + 2 ∧ (m = 0 ∨ 0 < m) := by
  sorry
"""


@pytest.mark.parametrize(
    "tactics",
    [
        ["constructor", "calc m + two = m + 2 := rfl\n  _ = 𝕜 + 2 := by rw [h]", "exact h ▸ o"],
        ["subst h", "constructor <;> first | rfl | exact o"],
        ["refine ⟨?_, ?_⟩", "conv => lhs; rw [← h]", "rw [← h]; exact o"],
        ["match o with\n| .inl a => exact ⟨by rw [h], .inl (by rw [← h]; exact a)⟩\n| .inr b =>\n  subst h; simp [b]"],
        ["have e : m = 𝕜 := by\n  have := h.symm\n  exact this", "done_by ⟨by rw [e], by rw [e]; exact o⟩"],
        ["rw [← h]", "exact ⟨rfl, o⟩ -- the end"],
        ["subst h /- with ⊢ and := -/", "case' _ => constructor", "case left => rfl", "exact o"],
    ],
)
def test_tactics_of_every_kind(lean, tactics):
    with Dojo(theorem_in(KINDS), lean=lean) as (dojo, state):
        for tactic in tactics[:-1]:
            state = dojo.run_tac(state, tactic)
            assert isinstance(state, TacticState), state
        assert isinstance(dojo.run_tac(state, tactics[-1]), ProofFinished)


# Getting ready


def _refused(entry, words, **more):
    with pytest.raises(DojoInitError) as problem, Dojo(entry, **more):
        pass
    assert words in str(problem.value)
    assert "\n" not in str(problem.value)


def test_the_statement_of_each_theorem_is_found(repo, lean):
    expected = {
        "Ex.Sets.defaulted": "n : Nat\nh : n = n\n⊢ let m := n;\n  m + 0 = n",
        "Ex.Sets.cases_": "⊢ ∀ (n : Nat), n + 0 = n",
        "Ex.Sets.matched": "n : Nat\n⊢ match n with\n  | 0 => True\n  | k.succ => k < n",
        "Ex.Sets.swap": "p q : Prop\n⊢ p ∧ q → q ∧ p",
        "Ex.Sets.comment": "α : Type\ninst✝ : DecidableEq α\nxs : List α\n⊢ xs ++ [] = xs",
        "Ex.Sets.Deep.er": "f : Nat → Nat\nh : ∀ (n : Nat), f n = n\n𝕜 : Nat\n⊢ f 𝕜 + f 𝕜 = 2 * 𝕜",
        "unprovable": "a b : Nat\n⊢ a = b",
        "bare": "a b : Nat\n⊢ a + b = b + a",
    }
    for name, printed in expected.items():
        with Dojo(Theorem(repo, "Ex/Sets.lean", name), lean=lean) as (_, state):
            assert state.pp == printed


def test_what_comes_after_the_theorem_does_not_matter(lean):
    source = f"{AND} := by\n  exact nonsense\n\ntheorem u : 1 = 2 := by decide\n#nonsense"
    with Dojo(theorem_in(source, "t"), lean=lean) as (dojo, state):
        assert isinstance(dojo.run_tac(state, "simp_all"), ProofFinished)


def test_a_theorem_in_a_mutual_block_keeps_the_block(lean):
    proofs = "\n  | 0 => rfl\n  | n + 1 => congrArg (· + 1) ({} n)\n"
    theorems = "".join(f"theorem {a} : ∀ n : Nat, n = n{proofs.format(b)}" for a, b in ("xy", "yx"))
    source = f"mutual\n{theorems}end\n"
    with Dojo(theorem_in(source, "x"), lean=lean) as (dojo, state):
        assert state.pp == "⊢ ∀ (n : Nat), n = n"
        assert isinstance(dojo.run_tac(state, "exact fun n => rfl"), ProofFinished)


def test_windows_line_ends_are_read_and_tabs_are_said(tmp_path, lean):
    text = "theorem a : 1 = 1 :=\r\n  rfl\r\n\r\ntheorem b (p : Prop) :\r\n  p -> p := id\r\n"
    (tmp_path / "W.lean").write_bytes(text.encode())
    with Dojo(Theorem(LeanGitRepo.from_path(tmp_path), "W.lean", "b"), lean=lean) as (dojo, state):
        assert isinstance(dojo.run_tac(state, "exact id"), ProofFinished)
    _refused(theorem_in("theorem a : 1 = 1 :=\n\trfl\n" + AND, "t"), "tabs are not allowed", lean=lean)


@pytest.mark.parametrize(
    ("source", "name", "words"),
    [
        (AND, "u", "no theorem `u`"),
        ("def d : Nat := 3", "d", "no theorem there but a def"),
        ("section\ntheorem a : 1 = 1 := rfl\nend\ntheorem a : 2 = 2 := rfl", "a", "lines 2, 4"),
        ("instance i : Inhabited Nat where\n  default := 3", "i", "instance"),
        ("theorem w : ∃ n : Nat, n = 1 where\n  w := 1", "w", "`where` keyword"),
        ("theorem e : 1 = 2 := rfl\n" + AND, "t", "line 1"),
        ("theorem t : Foo.bar = 1 := rfl", "t", "Foo.bar"),
        ("theorem t : 1 + := rfl", "t", "Lean does not read the statement"),
        ("import Mathlib\n" + AND, "t", "Mathlib"),
        ("import\n" + AND, "t", "header"),
    ],
)
def test_what_cannot_be_worked_on_is_said_in_a_sentence(lean, source, name, words):
    _refused(theorem_in(source, name), words, lean=lean)


def test_files_that_are_not_there_or_no_text(tmp_path, lean):
    repo = LeanGitRepo.from_path(tmp_path)
    (tmp_path / "L.lean").write_bytes(b"theorem t : \xff = 1")
    _refused(Theorem(repo, "No.lean", "t"), "No such file", lean=lean)
    _refused(Theorem(repo, "L.lean", "t"), "not UTF-8", lean=lean)
    _refused(Theorem(LeanGitRepo(str(tmp_path / "gone")), "No.lean", "t"), "There is no folder", lean=lean)
    with pytest.raises(AssertionError, match=r"\.lean"):
        Theorem(repo, "L.txt", "t")
    with pytest.raises(ValueError, match="no folder"):
        LeanGitRepo.from_path(tmp_path / "gone")
    with pytest.raises(DojoInitError, match="several theorems"):
        theorem_in("theorem a : 1 = 1 := rfl\ntheorem b : 1 = 1 := rfl")


def test_of_two_theorems_of_a_name_the_position_tells(lean):
    source = "section\ntheorem a : 1 = 1 := rfl\nend\nsection\n@[simp] theorem a : 2 = 2 := rfl\nend"
    _refused(theorem_in(source, "a"), "lines 2, 5", lean=lean)
    _refused(theorem_in(source, "a"), "already been declared", start=(5, 1), lean=lean)  # Lean itself refuses it
    with Dojo(theorem_in(source, "a"), start=(2, 1), lean=lean) as (_, state):
        assert state.pp == "⊢ 1 = 1"


def test_more_imports(lean):
    source = "theorem t : (Std.HashSet.emptyWithCapacity 1 : Std.HashSet Nat).size = 0"
    _refused(theorem_in(source), "Std", lean=lean)
    with Dojo(theorem_in(source), additional_imports=["Std.Data.HashSet"], lean=lean) as (dojo, state):
        assert isinstance(dojo.run_tac(state, "simp"), ProofFinished)
    _refused(theorem_in(source), "No.Such.Module", additional_imports=["No.Such.Module"], lean=lean)


def test_check_proof_goes_through_the_gate(repo, lean):
    theorem = Theorem(repo, "Ex/Sets.lean", "bare")
    assert check_proof(theorem, "by omega", lean=lean)
    assert check_proof(theorem, "Nat.add_comm a b", lean=lean)
    assert not check_proof(theorem, "by sorry", lean=lean)
    assert not check_proof(theorem, "by simp", lean=lean)
    assert not check_proof(theorem, "sorry\naxiom x : False", lean=lean)
    with pytest.raises(DojoInitError):
        check_proof(Theorem(repo, "Ex/Sets.lean", "none"), "by omega", lean=lean)


# Commands


def test_commands_run_on_the_state_before_a_line(tmp_path, lean):
    (tmp_path / "C.lean").write_text("namespace A\ndef three := 3\ntheorem t : three = 3 := rfl\nend A\n")
    repo = LeanGitRepo.from_path(tmp_path)
    with Dojo((repo, Path("C.lean"), 3), lean=lean) as (dojo, state):
        assert (state.id, state.message, dojo.is_successful) == (0, None, None)
        said = dojo.run_cmd(state, "#check three")
        assert said.message == "A.three : Nat"
        after = dojo.run_cmd(state, "theorem mine : three = 3 := rfl\ndef four := three + 1")
        assert dojo.run_cmd(after, "#check @mine").message == "mine : three = 3"
        assert isinstance(dojo.run_cmd(state, "#check mine"), LeanError)
        assert isinstance(dojo.run_cmd(after, "example : four = 5 := rfl"), LeanError)
        with pytest.raises(RuntimeError, match="invalid state"):
            dojo.run_tac(state, "simp")
    for line in (0, 9, "1"):
        _refused((repo, "C.lean", line), "no line", lean=lean)


# On the native Lean


def test_dojos_of_a_project_share_its_server(tmp_path, monkeypatch, prepared):
    install(tmp_path / "bin")
    log = tmp_path / "log"
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv(LOG, str(log))
    project = tmp_path / "project"
    project.mkdir()
    (project / "lakefile.toml").write_text('name = "p"\n')
    (project / "P.lean").write_text("theorem a (n : Nat) : n + 0 = n := by simp\ntheorem b : 1 + 1 = 2 := rfl\n")
    before = sorted((f, f.stat().st_mtime_ns) for f in project.rglob("*"))
    repo = LeanGitRepo.from_path(project)
    try:
        for name, tactic in (("a", "induction n <;> rfl"), ("b", "decide")):
            with Dojo(Theorem(repo, "P.lean", name), 60) as (dojo, state):
                assert dojo.lean.info.backend == "native"
                assert isinstance(dojo.run_tac(state, "exact nothing"), LeanError)
                assert isinstance(dojo.run_tac(state, tactic), ProofFinished)
        messages = log.read_text().split()
        assert messages.count("initialize") == 1
        assert messages.count("textDocument/didOpen") == 1  # one environment for both
    finally:
        close_all()
    assert sorted((f, f.stat().st_mtime_ns) for f in project.rglob("*")) == before
