"""The native backend without a native Lean: reading texts, a stand-in process, and one that misbehaves.

What a stand-in cannot show, the gate's script at work above all, is tested where a native Lean is installed (marker
`native`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from prover.lean.native import NativeLean, server, session, toolchain, verify
from prover.lean.open import open_lean
from prover.lean.protocol import (
    Advanced,
    BadSource,
    Crashed,
    LeanError,
    LeanMissing,
    Limits,
    Rejected,
    Solved,
    TimedOut,
)
from tests.prover import native_stand_in as stand_in
from tests.prover.gate_attacks import ATTACKS
from tests.prover.gate_honest import HONEST

COMM = "theorem t (a b : Nat) : a + b = b + a"
LIMITS = Limits(seconds=2.0)


@pytest.fixture
def stand_in_path(prepared, tmp_path_factory, monkeypatch) -> Path:
    """A PATH with the stand-in; the log of its commands and messages."""
    folder = tmp_path_factory.mktemp("bin")
    stand_in.install(folder)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    log = folder / "log"
    monkeypatch.setenv(stand_in.LOG, str(log))
    return log


@pytest.fixture(scope="module")
def shared(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bin")
    stand_in.install(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        lean = NativeLean.start()
    with lean:
        yield lean


@pytest.fixture
def native(shared, stand_in_path):
    """One backend for all tests, whatever they did to its servers."""
    return shared


@pytest.fixture
def fresh(stand_in_path):
    with NativeLean.start() as lean:
        yield lean


def _group(lean: NativeLean) -> int:
    return lean._sessions[0].server().process.pid


def _living(group: int) -> list[int]:
    """Processes of a group that are no zombies."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found


def _gone(group: int) -> bool:
    """Whether a group ends, given a moment."""
    for _ in range(100):
        if not _living(group):
            return True
        time.sleep(0.05)
    return False


# The toolchain


def test_without_lean_the_message_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LeanMissing, match=r"no `lean` and no `lake` on the PATH.*elan"):
        open_lean("native")


def test_the_command_line_says_it_with_its_exit_code(tmp_path):
    command = [sys.executable, "-m", "logic.main", "prove", COMM, "--lean", "native"]
    done = subprocess.run(command, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stderr.startswith("entails: There is no `lean`")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'error: no default toolchain configured' >&2; exit 1", "no default toolchain configured"),
        ("echo 'Lean (version 3.51.1, commit 1, Release)'", "does not run as Lean 4"),
        ("exit 0", "it said: nothing"),
    ],
)
def test_a_lean_that_does_not_run_is_missing(monkeypatch, tmp_path, script, words):
    for name in ("lean", "lake"):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    with pytest.raises(LeanMissing, match=words):
        toolchain.find(None)


def test_a_project_whose_dependencies_were_never_fetched_is_not_made_to(stand_in_path, tmp_path):
    (tmp_path / "lakefile.toml").write_text('name = "p"\n[[require]]\nname = "mathlib"\n')
    with pytest.raises(LeanMissing, match="lake update"):
        toolchain.find(tmp_path)


# In a project


def test_a_project_is_used_as_it_is_and_left_as_it_was(stand_in_path, tmp_path):
    inside = tmp_path / "Some" / "Deep"
    inside.mkdir(parents=True)
    (tmp_path / "lakefile.toml").write_text('name = "p"\n')
    with open_lean("auto", project=inside) as lean:
        assert lean.info.backend == "native"
        opened = lean.open(COMM)
        assert isinstance(lean.run(opened.holes[0].state, ["omega"])[0], Solved)
        assert lean.verify(f"{COMM} := by omega", COMM).accepted
        uri = next(iter(lean._sessions[0]._server._documents.values())).uri
    assert uri.startswith(tmp_path.resolve().as_uri())
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*")) == [
        Path("Some"), Path("Some/Deep"), Path("lakefile.toml")
    ]  # fmt: skip
    commands = stand_in_path.read_text()
    assert "lake env lean --server" in commands
    assert "lake env lean -o" in commands


def test_auto_outside_of_a_project_is_the_embedded_lean(stand_in_path, tmp_path):
    with open_lean("auto", project=tmp_path) as lean:
        assert lean.info.backend == "embedded"


def test_one_environment_serves_all_theorems_of_a_header(fresh, stand_in_path):
    states = [fresh.open(f"theorem t{i} (a b : Nat) : a + b = b + a + {i} - {i}").holes[0].state for i in range(4)]
    assert all(isinstance(fresh.run(s, ["omega"])[0], Solved) for s in states)
    assert stand_in_path.read_text().split().count("textDocument/didOpen") == 1
    fresh.open(f"import Init.Data.List.Lemmas\n{COMM}")
    assert stand_in_path.read_text().split().count("textDocument/didOpen") == 2
    assert stand_in_path.read_text().split().count("initialize") == 1


def test_the_oldest_document_makes_room(fresh, stand_in_path, monkeypatch):
    monkeypatch.setattr(server, "DOCUMENTS", 2)
    for header in ("", "import Init", "import Init\nimport Init.Core", "import Init"):
        assert fresh.check(f"{header}\n{COMM} := by sorry").declarations
    messages = stand_in_path.read_text().split()
    assert (messages.count("textDocument/didOpen"), messages.count("textDocument/didClose")) == (3, 1)


# Holes and steps


def test_characters_beyond_the_first_plane_do_not_shift_anything(native):
    source = "theorem t (𝕜 n : Nat) (h𝕜 : 𝕜 = n) : n = 𝕜 ∧ 𝕜 = n := ⟨sorry, by 𝕜𝕜; sorry⟩"
    opened = native.open(source.replace("by 𝕜𝕜; sorry", "by rw [h𝕜]; sorry"))
    first = opened.holes[0]
    assert opened.source[first.start : first.end] == "sorry"
    assert isinstance(native.run(first.state, ["exact h𝕜.symm"])[0], Solved)
    report = native.check("def 𝕜𝕜 := 1 theorem t : 1 = 2 := by decide")
    assert report.errors[0].column == 36


def test_holes_in_every_place_are_the_embedded_ones(native, lean):
    source = """theorem a (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · sorry
  · have h : q := by sorry
    exact h
theorem b (n : Nat) : n + 0 = n := by
  induction n with
  | zero => sorry
  | succ k ih =>
    skip; sorry
def c : Nat → Nat := fun x => sorry
theorem d (p : Prop) (h : p) : p := id sorry
example : 1 = 1 := by first | sorry | rfl
private theorem e (x y : Nat) (h : x = y) : y = x :=
  calc y = x := sorry
    _ = x := rfl
macro "q" : tactic => `(tactic| sorry)
def s := "sorry"
"""
    ours, theirs = native.open(source), lean.open(source)
    expected = [(h.start, h.end, h.line, h.column, h.prefix, h.is_prop) for h in theirs.holes]
    assert [(h.start, h.end, h.line, h.column, h.prefix, h.is_prop) for h in ours.holes] == expected
    assert [h.theorem for h in ours.holes] == [h.theorem for h in theirs.holes]
    for ours_, theirs_ in zip(ours.holes, theirs.holes, strict=True):
        assert [g.text for g in native.goals(ours_.state)] == [g.text for g in lean.goals(theirs_.state)]


def test_errors_that_were_there_before_are_not_a_tactics(native):
    source = "theorem t : 1 = 1 := by\n  have : 1 = 2 := by decide\n  sorry\n  rfl\ntheorem u : 2 = 3 := by decide\n"
    opened = native.open(source)
    assert {m.line for m in opened.messages if m.severity == "error"} == {2, 4, 5}
    outcomes = native.run(opened.holes[0].state, ["rfl", "exact foo", "skip"])
    assert [type(o) for o in outcomes] == [Solved, Rejected, Advanced]


def test_outcomes_are_those_of_the_embedded_lean(native, lean):
    source = "theorem t (p q r : Prop) (h : p ∨ q) (f : p → r) (g : q → r) : r ∧ (q → r)"
    tactics = [
        "constructor", "cases h", "exact ⟨h.elim f g, g⟩", "simp_all", "intro x", "refine ⟨?_, ?_⟩", "exact ⟨_, g⟩",
        "rcases h with h | h\n· exact ⟨f h, g⟩\n· exact ⟨g h, g⟩", "skip", "have := f", "trace_state", "(skip", "skip)",
        "by simp", "-- nothing", "/- open", "exact g; skip", "all_goals skip", "theorem x : 1 = 1 := rfl", "· skip",
        "have h2 : r := by", "constructor <;> intros", "sorry", "exact sorryAx _", "rotate_left 7",
    ]  # fmt: skip
    ours = native.run(native.open(source).holes[0].state, tactics, LIMITS)
    theirs = lean.run(lean.open(source).holes[0].state, tactics, LIMITS)
    assert dict(zip(tactics, map(type, ours), strict=True)) == dict(zip(tactics, map(type, theirs), strict=True))
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(one, Advanced):
            assert [g.text for g in native.goals(one.state)] == [g.text for g in lean.goals(other.state)]


def test_a_split_of_a_split_goes_on_from_its_own_goal(native):
    state = native.open("theorem t (p q r : Prop) (h : p ∧ q ∧ r) : (p ∧ q) ∧ r ∧ p").holes[0].state
    [top] = native.run(state, ["constructor"])
    left, right = top.state.split()
    [inner] = native.run(right, ["constructor"])
    last = inner.state.split()[1]
    assert [g.target for g in native.goals(last)] == ["p"]
    assert native.run(last, ["exact h.1"])[0] == Solved(("constructor", "constructor", "exact h.1"))
    assert isinstance(native.run(left, ["exact ⟨h.1, h.2.1⟩"])[0], Solved)


def test_two_servers_share_their_states(stand_in_path):
    with NativeLean.start(workers=2) as lean:
        state = lean.open(COMM).holes[0].state
        outcomes = lean.run(state, ["omega", "exact Nat.add_comm a b", "simp only []", "induction a"])
        assert [type(o) for o in outcomes] == [Solved, Solved, Rejected, Advanced]
        assert {s._server is not None for s in lean._sessions} == {True}
        groups = [s._server.process.pid for s in lean._sessions]
    assert all(_gone(group) for group in groups)


# A server that misbehaves


@pytest.mark.parametrize("how", ["die", "leave", "cut", "garbage", "nojson", "list", "crash", "endless"])
def test_a_server_that_is_lost_is_a_crash_and_the_search_goes_on(native, how):
    state = native.open(COMM).holes[0].state
    [before] = native.run(state, ["induction a"])
    group, restarts = _group(native), native.restarts
    [outcome] = native.run(state, [f"skip -- {stand_in.HOSTILE} {how}"], Limits(seconds=10))
    assert isinstance(outcome, Crashed)
    assert "Lean server" in outcome.message
    assert _gone(group)
    assert [g.case for g in native.goals(before.state)] == ["zero", "succ"]
    assert isinstance(native.run(before.state, ["simp"])[0], Advanced)
    assert isinstance(native.run(state, ["omega"])[0], Solved)
    assert native.restarts == restarts + 1


@pytest.mark.parametrize("how", ["hang", "half"])
def test_a_server_that_hangs_is_a_timeout_and_the_search_goes_on(native, how, monkeypatch):
    monkeypatch.setattr(session, "_GRACE", 0.2)
    state = native.open(COMM).holes[0].state
    group = _group(native)
    [outcome] = native.run(state, [f"skip -- {stand_in.HOSTILE} {how}"], Limits(seconds=0.3))
    assert isinstance(outcome, TimedOut)
    assert _gone(group)
    assert isinstance(native.run(state, ["omega"])[0], Solved)


def test_a_tactic_that_runs_too_long_is_given_up_without_a_new_server(native):
    state = native.open("theorem t : ∀ n : Fin 20000, n.val < 20000").holes[0].state
    runaway = "set_option maxRecDepth 100000000 in set_option maxHeartbeats 0 in decide"
    restarts = native.restarts
    [outcome] = native.run(state, [runaway], Limits(heartbeats=0, seconds=0.5))
    assert isinstance(outcome, TimedOut)
    assert isinstance(native.run(state, ["intro n"])[0], Advanced)
    assert native.restarts == restarts


@pytest.mark.parametrize("how", ["stale", "chatty"])
def test_what_does_not_concern_the_text_is_passed_over(native, how):
    state = native.open(COMM).holes[0].state
    outcomes = native.run(state, [f"omega -- {stand_in.HOSTILE} {how}", f"exact foo -- {stand_in.HOSTILE} {how}"])
    assert [type(o) for o in outcomes] == [Solved, Rejected]
    assert "stale" not in outcomes[1].message


def test_a_message_of_many_megabytes_is_read(native):
    state = native.open(COMM).holes[0].state
    [outcome] = native.run(state, [f"skip -- {stand_in.HOSTILE} huge"], Limits(seconds=30))
    assert isinstance(outcome, Rejected)
    assert len(outcome.message) > 20_000_000


def test_malformed_diagnostics_are_a_crash_and_no_solution(native):
    [outcome] = native.run(native.open(COMM).holes[0].state, [f"omega -- {stand_in.HOSTILE} malformed"])
    assert isinstance(outcome, Crashed)


def test_a_lost_server_while_a_source_is_opened_is_said(native):
    with pytest.raises(BadSource, match="Lean stopped while it elaborated the source"):
        native.open(f"-- {stand_in.HOSTILE} die\n{COMM}")
    assert native.open(COMM).holes


@pytest.mark.parametrize(("how", "words"), [("exit", "no toolchain installed"), ("garbage", "no message")])
def test_a_server_that_does_not_start_is_one_sentence(fresh, monkeypatch, how, words):
    monkeypatch.setenv(stand_in.START, how)
    with pytest.raises(LeanError, match=words):
        fresh.open(COMM)


def test_a_server_that_hangs_at_its_start_is_one_sentence(fresh, monkeypatch):
    monkeypatch.setenv(stand_in.START, "hang")
    monkeypatch.setattr(server, "START_SECONDS", 1.0)
    with pytest.raises(LeanError, match="did not answer within 1 s"):
        fresh.open(COMM)


# No process is left


def test_nothing_lives_on_after_close(fresh):
    fresh.open(COMM)
    group = _group(fresh)
    fresh.close()
    fresh.close()
    assert _gone(group)
    with pytest.raises(RuntimeError, match="closed"):
        fresh.open(COMM)


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGKILL])
def test_nothing_lives_on_after_the_process_that_asked(stand_in_path, signal_):
    code = (
        "from prover.lean.native import NativeLean\n"
        f"lean = NativeLean.start()\nstate = lean.open({COMM!r}).holes[0].state\n"
        "print(lean._sessions[0].server().process.pid, flush=True)\n"
        "from prover.lean.protocol import Limits\n"
        f"lean.run(state, ['skip -- {stand_in.HOSTILE} hang'], Limits(seconds=600))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    group = int(process.stdout.readline())
    assert _living(group)
    process.send_signal(signal_)
    process.wait(20)
    assert _gone(group)


def test_ctrl_c_at_the_command_line_leaves_nothing(stand_in_path, tmp_path):
    (tmp_path / "lakefile.toml").write_text('name = "p"\n')
    (tmp_path / "t.lean").write_text("theorem t (f : Nat → Nat) : f 1 = f 2 := by\n  sorry\n")
    command = [sys.executable, "-m", "logic.main", "prove", str(tmp_path / "t.lean"), "--lean", "native"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not stand_in_path.exists() or "plainGoal" not in stand_in_path.read_text():
        assert process.poll() is None
        time.sleep(0.05)
    groups = {os.getpgid(p.pid) for p in psutil.Process(process.pid).children(recursive=True)}
    assert groups
    process.send_signal(signal.SIGINT)
    assert "Traceback" not in process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert all(_gone(group) for group in groups)


# The gate


def test_the_command_line_verifies_with_it(stand_in_path, tmp_path):
    proof, statement = tmp_path / "p.lean", tmp_path / "s.lean"
    statement.write_text(COMM)
    command = [sys.executable, "-m", "logic.main", "verify", str(proof), "--statement", str(statement), "--json"]
    for text, code in ((f"{COMM} := by omega", 0), (f"{COMM} := by sorry", 1)):
        proof.write_text(text)
        done = subprocess.run([*command, "--lean", "native"], capture_output=True, text=True)
        assert done.returncode == code
        answer = json.loads(done.stdout)
        assert (answer["accepted"], answer["backend"]) == (code == 0, "native")


@pytest.mark.parametrize(
    ("statement", "proof", "reason"),
    [
        (COMM, f"{COMM} := by exact foo", "does not elaborate"),
        (COMM, f"import Init.Omega\n{COMM} := by omega", "imports Init.Omega, the statement nothing"),
        (COMM, f"import\n{COMM} := by omega", "header of the proof"),
        (COMM, f"run_cmd pure ()\n{COMM} := by omega", "run_cmd"),
        (COMM, f'elab "x" : tactic => pure ()\n{COMM} := by omega', "elab"),
        (COMM, f"@[init] def x : IO Unit := pure ()\n{COMM} := by omega", "init"),
        (COMM, f"@[«implemented_by» x] def y := 1\n{COMM} := by omega", "implemented_by"),
    ],
)
def test_the_gate_refuses_before_its_script_is_asked(fresh, stand_in_path, statement, proof, reason):
    answer = fresh.verify(proof, statement)
    assert not answer.accepted
    assert reason in answer.reason
    assert "--run" not in stand_in_path.read_text()


def test_a_word_in_a_comment_or_as_a_name_is_no_offence(native):
    proof = "-- run_cmd elab unsafe\ntheorem t (init n : Nat) : init + n = n + init := by omega"
    assert native.verify(proof, "theorem t (init n : Nat) : init + n = n + init").accepted


def test_an_unusable_statement_is_the_askers_error(native):
    with pytest.raises(BadSource, match="does not elaborate"):
        native.verify(f"{COMM} := by omega", "theorem t : 1 = Foo.bar := by sorry")
    with pytest.raises(BadSource, match="no theorem u"):
        native.verify(f"{COMM} := by omega", COMM, "u")


@pytest.mark.parametrize("answer", ["", "{}", '{"accepted": 1}', "accepted", '[true]\n{"accepted": "true"}'])
def test_a_gate_that_does_not_run_accepts_nothing(native, monkeypatch, answer):
    monkeypatch.setattr(verify, "execute", lambda c, *_: (0, answer if "--run" in c else _compiled(c)))
    with pytest.raises(LeanError, match="gate does not run"):
        native.verify(f"{COMM} := by omega", COMM)


def test_an_answer_after_a_failure_is_no_answer(native, monkeypatch):
    yes = '{"accepted": true, "axioms": []}'
    monkeypatch.setattr(verify, "execute", lambda c, *_: (1, yes) if "--run" in c else (0, _compiled(c)))
    with pytest.raises(LeanError, match="gate does not run"):
        native.verify(f"{COMM} := by omega", COMM)


def _compiled(command) -> str:
    Path(command[command.index("-o") + 1]).write_text("")
    return ""


def test_a_verification_past_its_time_is_refused(native):
    answer = native.verify(f"{COMM} := by omega", COMM, seconds=0.001)
    assert (answer.accepted, "time" in answer.reason) == (False, True)


@pytest.fixture(scope="module")
def real_native():
    try:
        lean = open_lean("native")
    except LeanMissing as missing:
        pytest.skip(str(missing))
    with lean:
        yield lean


@pytest.mark.native
@pytest.mark.parametrize(("name", "statement", "proof", "reason"), ATTACKS, ids=[a[0] for a in ATTACKS])
def test_a_native_gate_refuses_attacks(real_native, name, statement, proof, reason):
    answer = real_native.verify(proof, statement)
    assert not answer.accepted
    assert answer.reason


@pytest.mark.native
@pytest.mark.parametrize(("statement", "end"), HONEST[::4])
def test_a_native_gate_accepts_honest_proofs(real_native, statement, end):
    closing = end.partition("\nend ")[2]
    posed = f"{statement} := by sorry" + (f"\nend {closing}" if closing else "")
    answer = real_native.verify(f"{statement} := {end}", posed, "t")
    assert answer.accepted, answer.reason
