"""The values of LeanDojo's interface by themselves, and against lean-dojo's own where that is installed."""

from __future__ import annotations

import importlib.util
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from prover.dojo import goals, repos, values

PRINTED = [
    "⊢ True",
    "n : Nat\n⊢ n + 0 = n",
    "case inl\np q : Prop\nh✝ : p ∨\n  q\nx y : Nat := 3\n⊢ p →\n  q\n\ncase inr\np q : Prop\n⊢ q",
    "α : Type u_1\ninst✝ : DecidableEq α\nxs : List α\nf : α → (α → Nat)\nh : ∀ (x : α), x ∈ xs → f x = f x\n⊢ xs = xs",
    "no goals",
    "",
]
TEXTS = ["", "a", "a\n", "ab\n\ncd\n", "theorem 𝕜 : α = 𝕜 := by\n  rfl -- ✝\n\nend", "\n\n"]


@pytest.fixture(scope="module")
def package():
    return pytest.importorskip("lean_dojo", reason="the package lean-dojo is not installed")


def _plain(found):
    return [([(a.ident, a.lean_type) for a in g.assumptions], g.conclusion) for g in found]


def test_goals_are_taken_apart():
    state = values.TacticState(PRINTED[2], 5)
    first, second = state.goals
    assert [(a.ident, a.lean_type) for a in first.assumptions] == [
        ("p", "Prop"), ("q", "Prop"), ("h✝", "p ∨\n  q"), ("x", "Nat := 3"), ("y", "Nat := 3")
    ]  # fmt: skip
    assert (first.conclusion, second.conclusion, state.num_goals) == ("p →\n  q", "q", 2)
    assert values.TacticState("", 0).num_goals == 0


def test_states_are_equal_by_their_goals_and_go_into_dictionaries():
    one, other = values.TacticState("⊢ True", 1), values.TacticState("⊢ True", 2, "said")
    assert one == other and hash(one) == hash(other)
    assert one != values.TacticState("⊢ False", 1)
    assert values.ProofFinished(3, "a") == values.ProofFinished(3) != values.ProofFinished(4)
    assert values.LeanError("x") != values.LeanError("y")
    assert len({one, other, values.ProofGivenUp(), values.LeanError("x"), values.ProofGivenUp()}) == 3
    assert pickle.loads(pickle.dumps(one)) == one
    assert isinstance(one, values.TacticResult) and not isinstance(values.CommandState(1), values.TacticResult)
    assert values.DojoCrashError("OOM").is_out_of_memory and not values.DojoCrashError("x").is_out_of_memory


def test_positions():
    assert values.Pos(3, 4) < values.Pos(3, 5) <= values.Pos(3, 5) < values.Pos(4, 1)
    assert values.Pos.from_str(repr(values.Pos(3, 14))) == values.Pos(3, 14)
    assert tuple(values.Pos(1, 2)) == (1, 2)
    with pytest.raises(AssertionError):
        values.Pos.from_str("3, 4")


def test_a_file_by_its_positions(tmp_path):
    (tmp_path / "F.lean").write_text(TEXTS[4], encoding="utf-8")
    file = values.LeanFile(tmp_path, Path("F.lean"))
    assert (file.num_lines, file.end_pos, file.endwith_newline) == (4, values.Pos(4, 4), False)
    assert file[values.Pos(1, 9) : values.Pos(1, 10)] == "𝕜"
    assert file[values.Pos(2, 3) : values.Pos(4, 1)] == "rfl -- ✝\n\n"
    assert file[file.start_pos : file.end_pos] == TEXTS[4]
    (tmp_path / "W.lean").write_bytes(b"a\r\n")
    with pytest.raises(RuntimeError, match="Windows"):
        values.LeanFile(tmp_path, Path("W.lean"))


def test_goals_are_those_of_the_package(package):
    for printed in PRINTED:
        assert _plain(goals.parse_goals(printed)) == _plain(package.parse_goals(printed))
        ours, theirs = values.TacticState(printed, 1, "m"), package.TacticState(printed, 1, "m")
        assert (ours.num_goals, repr(ours)) == (theirs.num_goals, repr(theirs))


def test_files_are_those_of_the_package(package, tmp_path):
    for i, text in enumerate(TEXTS):
        path = tmp_path / f"F{i}.lean"
        path.write_bytes(text.encode())
        ours, theirs = (c(tmp_path, path.relative_to(tmp_path)) for c in (values.LeanFile, package.LeanFile))
        for name in ("code", "endwith_newline", "num_bytes", "num_lines", "abs_path"):
            assert getattr(ours, name) == getattr(theirs, name)
        assert tuple(ours.end_pos) == tuple(theirs.end_pos)
        ends = {0}
        for character in text:
            ends.add(max(ends) + len(character.encode()))
        for at in ends:
            for delta in range(4):
                answers = []
                for file in (ours, theirs):
                    try:
                        place = file.convert_pos(at)
                        answers.append((tuple(place), tuple(file.offset(place, delta))))
                    except (ValueError, IndexError) as error:
                        answers.append(type(error))
                assert answers[0] == answers[1], (text, at, delta)


def test_the_rest_is_that_of_the_package(package):
    repo = repos.LeanGitRepo("https://github.com/a/b.git", "0" * 40)
    ours, theirs = (c(repo, "A/B.lean", "x.y") for c in (values.Theorem, package.Theorem))
    assert (ours.uid, ours.uhash, ours.file_path) == (theirs.uid, theirs.uhash, theirs.file_path)
    made = {"Pos": (1, 2), "ProofFinished": (3,), "LeanError": ("x",), "ProofGivenUp": (), "CommandState": (1,)}
    for name, arguments in made.items():
        assert repr(getattr(values, name)(*arguments)) == repr(getattr(package, name)(*arguments))


def _face(environment, code):
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    return done.returncode, done.stdout.strip(), done.stderr


def test_the_package_s_classes_are_used_where_it_is_installed_and_equal_ones_where_not(package):
    code = "import prover.dojo.classes as c, lean_dojo; print(c.OWN, c.TacticState is lean_dojo.TacticState)"
    assert _face({}, code)[1] == "False True"
    assert _face({"ENTAILS_DOJO_CLASSES": "own"}, code)[1] == "True False"


@pytest.mark.parametrize(
    ("text", "words"),
    [("raise RuntimeError('no git\\nmore')", "cannot be imported (RuntimeError: no git)"),
     ("__version__ = '1.0'", "lean-dojo 1.0 that is installed has no CommandState")],
)  # fmt: skip
def test_a_package_that_cannot_be_used_is_said(tmp_path, text, words):
    (tmp_path / "lean_dojo.py").write_text(text)
    code = "import prover.dojo.classes as c; print(c.OWN)"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    status, out, err = _face({"PYTHONPATH": path}, code)
    assert (status, out) == (0, "True")
    assert words in err


def test_the_package_is_imported_only_when_its_classes_are_needed(tmp_path):
    (tmp_path / "lean_dojo.py").write_text("print('imported')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    code = "import prover.dojo, prover.dojo.repos, prover.dojo.evaluate, prover.lean.leandojo; prover.dojo.LeanGitRepo"
    assert _face({"PYTHONPATH": path}, code)[:2] == (0, "")
    assert _face({"PYTHONPATH": path}, "from prover.dojo import TacticState")[:2] == (0, "imported")


def test_names_of_traced_data_are_explained():
    import prover.dojo

    with pytest.raises(AttributeError, match="entails trace"):
        _ = prover.dojo.TracedRepo
    with pytest.raises(AttributeError, match="no attribute"):
        _ = prover.dojo.nothing
    assert set(prover.dojo.__all__) <= set(dir(prover.dojo))


# Where sources are

COMMIT, OTHER = "a" * 40, "b" * 40


def _checkout(folder, how="ref"):
    git = folder / ".git"
    git.mkdir(parents=True)
    (folder / "A.lean").write_text("theorem t : 1 = 1 := rfl\n")
    if how == "detached":
        (git / "HEAD").write_text(COMMIT + "\n")
        return
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    if how == "ref":
        (git / "refs/heads").mkdir(parents=True)
        (git / "refs/heads/main").write_text(COMMIT + "\n")
    else:
        (git / "packed-refs").write_text(f"# pack-refs with: peeled\n{OTHER} refs/heads/x\n{COMMIT} refs/heads/main\n")


@pytest.mark.parametrize("how", ["ref", "packed", "detached"])
def test_the_commit_of_a_checkout_is_read_without_git(tmp_path, how):
    _checkout(tmp_path / "r", how)
    repo = repos.LeanGitRepo.from_path(tmp_path / "r")
    assert (repo.commit, repo.name) == (COMMIT, "r")
    assert repos.get_latest_commit(tmp_path / "r") == COMMIT
    assert repos.read(repo, "A.lean").startswith("theorem")
    with pytest.raises(repos.SourceMissing, match="is at commit aaaaaaaaaaaa, not at bbbbbbbbbbbb"):
        repos.read(repos.LeanGitRepo(str(tmp_path / "r"), OTHER), "A.lean")


def test_a_worktree_s_commit(tmp_path):
    _checkout(tmp_path / "main", "packed")
    own = tmp_path / "main/.git/worktrees/w"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text("../..\n")
    (tmp_path / "w").mkdir()
    (tmp_path / "w/.git").write_text(f"gitdir: {own}\n")
    assert repos.head(tmp_path / "w") == COMMIT


def test_a_folder_that_is_no_checkout(tmp_path):
    repo = repos.LeanGitRepo.from_path(tmp_path)
    assert repo.commit == repos.NO_COMMIT
    assert repos.is_available_in_cache(repo)
    with pytest.raises(ValueError, match="no local git checkout"):
        repos.get_latest_commit(tmp_path)


def test_a_repository_known_by_its_address_has_to_be_here(tmp_path, monkeypatch):
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    repo = repos.LeanGitRepo("git@github.com:user/name.git", COMMIT)
    assert (repo.url, repo.name) == ("https://github.com/user/name", "name")
    assert not repos.is_available_in_cache(repo)
    with pytest.raises(repos.SourceMissing, match=f"git clone .*{repos.REPOS_VARIABLE}"):
        repos.folder_of(repo)
    _checkout(tmp_path / "checkouts/name")
    monkeypatch.setenv(repos.REPOS_VARIABLE, str(tmp_path / "checkouts"))
    assert repos.folder_of(repo) == tmp_path / "checkouts/name"
    traced = tmp_path / "cache" / f"user-name-{COMMIT}" / "name"
    traced.mkdir(parents=True)
    assert repos.folder_of(repo) == traced
    monkeypatch.setattr(repos, "_provided", {})
    repos.provide("https://github.com/user/name/", tmp_path)
    assert repos.folder_of(repo) == tmp_path


@pytest.mark.skipif(importlib.util.find_spec("git") is None, reason="GitPython, which comes with lean-dojo, is missing")
def test_lean_dojo_s_own_repository_is_read_too(package, tmp_path, monkeypatch):
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "A.lean").write_text("theorem t : 1 = 1 := rfl\n")
    (folder / "lean-toolchain").write_text("leanprover/lean4:v4.9.0\n")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", "m"]):
        subprocess.run(["git", *command], cwd=folder, check=True, env={**os.environ, "HOME": str(tmp_path)})
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    code = (
        "import lean_dojo, prover.dojo as d\n"
        f"repo = lean_dojo.LeanGitRepo.from_path({str(folder)!r})\n"
        "with d.Dojo(lean_dojo.Theorem(repo, 'A.lean', 't')) as (dojo, state):\n"
        "    print(state.pp, type(state) is lean_dojo.TacticState, dojo.run_tac(state, 'rfl'))\n"
    )
    status, out, err = _face({"CACHE_DIR": str(tmp_path / "cache"), "DISABLE_REMOTE_CACHE": "1"}, code)
    assert status == 0, err
    assert out.startswith("⊢ 1 = 1 True ProofFinished(")
