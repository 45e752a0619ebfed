"""The backend over the package lean-dojo: what is missing is said, and a Lean that misbehaves is an outcome.

The real package over a stand-in of Lean (`leandojo_stand_in.py`), skipped where the package is not installed. That the
backend is a Lean is tested with the others, in `test_lean_contract.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from prover.lean import leandojo
from prover.lean.open import open_lean
from prover.lean.protocol import Advanced, Crashed, LeanError, LeanMissing, Limits, Rejected, Solved, TimedOut
from prover.lean.state import ProofState
from tests.prover import native_stand_in as stand_in
from tests.prover.leandojo_stand_in import cache_in, need_the_package, repository, trace, traced_repository

AND = "theorem t (p q r : Prop) (h : p ∧ q ∧ r) : (p ∧ q) ∧ r"


# What is missing


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "lean_dojo", None)
    with pytest.raises(LeanMissing, match=r"lean-dojo is not installed: install it with `pip install"):
        open_lean("leandojo", project=tmp_path)
    with pytest.raises(LeanMissing, match="name it with --project"):
        open_lean("leandojo")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_that_name", "lacks nothing_of_that_name"),
        ("raise RuntimeError('a\\nb')", "cannot be imported: RuntimeError: a."),
        ("import subprocess\nraise subprocess.CalledProcessError(127, 'git --version')", "it needs git"),
        ("class BadCredentialsException(Exception): pass\nraise BadCredentialsException(401)",
         "does not accept the token in GITHUB_ACCESS_TOKEN"),
        ("raise ConnectionError('Max retries exceeded')", "GitHub, which lean-dojo asks, cannot be reached"),
        ("class RateLimitExceeded(Exception): pass\nraise RateLimitExceeded(403)", "raises its limit"),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_imported_is_one_sentence(tmp_path, text, words):
    (tmp_path / "lean_dojo.py").write_text(text)
    (tmp_path / "P.lean").write_text(AND)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "logic.main", "prove", str(tmp_path / "P.lean"), "--lean", "leandojo"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 3
    assert words in done.stderr and done.stderr.count("\n") == 1


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """The package, and the stand-in's commands on the PATH."""
    need_the_package()
    stand_in.install(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")


def test_a_repository_that_cannot_be_used_is_one_sentence(prepared, commands, tmp_path):
    with cache_in(tmp_path / "cache") as cache:
        with pytest.raises(LeanMissing, match="in no git repository"):
            open_lean("leandojo", project=tmp_path)
        repo = repository(tmp_path / "repo")
        with pytest.raises(LeanMissing, match=r"has not traced .*repo at its commit .* trace it with `python -c"):
            open_lean("leandojo", project=repo)
        trace(repo, cache)
        open_lean("leandojo", project=repo / "P.lean").close()
        with pytest.raises(LeanMissing, match=r"does not support Lean v4\.2\.0"):
            open_lean("leandojo", project=repository(tmp_path / "old", "leanprover/lean4:v4.2.0"))
        with pytest.raises(LeanMissing, match="Invalid config"):
            open_lean("leandojo", project=repository(tmp_path / "other", "nonsense"))
        (repo / "lean-toolchain").unlink()
        with pytest.raises(LeanMissing, match="has no lean-toolchain"):
            open_lean("leandojo", project=repo)


def test_the_folder_of_a_trace_does_as_well(prepared, commands, tmp_path):
    at = trace(repository(tmp_path / "repo"), tmp_path / "elsewhere")
    with open_lean("leandojo", project=at / "P.lean") as lean:
        assert isinstance(lean.run(lean.open(AND).holes[0].state, ["simp_all"])[0], Solved)


def test_without_a_lean_on_the_path_that_is_said_first(monkeypatch, tmp_path):
    need_the_package()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LeanMissing, match="no `lean` and no `lake`"):
        open_lean("leandojo", project=tmp_path)


# At work


@pytest.fixture(scope="module")
def lean(prepared, tmp_path_factory):
    need_the_package()
    with traced_repository(tmp_path_factory.mktemp("traced")) as repo, open_lean("leandojo", project=repo) as opened:
        yield opened


def _processes() -> list[int]:
    """The files that lean-dojo has in a Lean."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if "--threads=1" in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


@pytest.mark.parametrize(("how", "words"), [("die", "139|EOF"), ("oom", "memory|EOF"), ("garbage", "Invalid JSON")])
def test_a_lean_that_is_lost_is_a_crash_and_the_search_goes_on(lean, how, words):
    state = lean.open(AND).holes[0].state
    [before] = lean.run(state, ["constructor"])
    [outcome] = lean.run(before.state, [f"skip -- {stand_in.HOSTILE} {how}"], Limits(seconds=20))
    assert isinstance(outcome, Crashed)
    assert any(word in outcome.message for word in words.split("|"))
    assert [g.target for g in lean.goals(before.state)] == ["p ∧ q", "r"]
    assert isinstance(lean.run(state, ["simp_all"])[0], Solved)


def test_a_lean_that_hangs_is_a_time_out_and_the_search_goes_on(lean):
    state = lean.open(AND).holes[0].state
    [outcome] = lean.run(state, [f"skip -- {stand_in.HOSTILE} hang"], Limits(seconds=0.5))
    assert isinstance(outcome, TimedOut)
    assert isinstance(lean.run(state, ["simp_all"])[0], Solved)


def test_a_goal_by_itself_is_reached_again_after_a_crash(lean):
    state = lean.open(AND).holes[0].state
    [both] = lean.run(state, ["constructor"])
    first, second = both.state.split()
    lean.run(second, [f"skip -- {stand_in.HOSTILE} die"], Limits(seconds=20))
    assert [g.target for g in lean.goals(second)] == ["r"]
    assert isinstance(lean.run(second, ["exact h.2.2"])[0], Solved)
    [inner] = lean.run(first, ["constructor"])
    assert isinstance(inner, Advanced)
    assert [g.target for g in lean.goals(inner.state.split()[1])] == ["q"]


def test_a_tactic_that_a_terminal_cannot_take_is_rejected(lean):
    [outcome] = lean.run(lean.open(AND).holes[0].state, [f"skip -- {'x' * 5000}"])
    assert isinstance(outcome, Rejected) and "terminal" in outcome.message


def test_a_state_of_another_lean_is_said(lean):
    with pytest.raises(LeanError, match="not open in this Lean"):
        lean.run(ProofState("nothing.0", (1,)), ["skip"])


def test_only_a_few_processes_are_kept_and_none_is_left(prepared, tmp_path):
    need_the_package()
    before = set(_processes())
    with traced_repository(tmp_path) as repo:
        with open_lean("leandojo", project=repo) as opened:
            for n in range(leandojo._PROCESSES + 2):
                state = opened.open(f"theorem t{n} : {n} + 1 = 1 + {n}").holes[0].state
                assert isinstance(opened.run(state, ["omega"])[0], Solved)
            assert len(opened._dojos) == leandojo._PROCESSES
        assert not set(_processes()) - before
        assert not list(Path(opened.folder).glob("Entails*"))
