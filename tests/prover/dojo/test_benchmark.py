"""Folders of LeanDojo Benchmark: read, trained on, proved with ReProver's options, and what is wrong with them said."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from prover.bench import run
from prover.cli import COMMANDS
from prover.cli.lazy import run as command
from prover.cli.premises import benchmark_files
from prover.dojo.evaluate import work
from prover.dojo.repos import SourceMissing
from prover.train.steps import read_steps
from retrieval.benchmark import Benchmark, chosen, unique_names
from retrieval.errors import CorpusError
from retrieval.leandojo import module_name, read_corpus, read_examples
from tests.prover.dojo.benchmark_folder import FILES, make, row
from tests.prover.native_stand_in import LOG, install


@pytest.fixture
def folders(tmp_path):
    return make(tmp_path)


@pytest.fixture
def data(folders):
    return folders[0]


def entails(*arguments):
    done = subprocess.run([sys.executable, "-m", "logic.main", *map(str, arguments)], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done


# Reading


def test_a_folder_is_read_as_it_is(data):
    benchmark = Benchmark(data)
    assert benchmark.splits == ("train", "val")
    assert benchmark.corpus == data.parent / "corpus.jsonl"
    assert set(benchmark.metadata) == {"from_repo", "sha256"}
    twice = benchmark.theorems("train")[1]
    assert (twice.full_name, twice.start, twice.end) == ("Small.twice_eq", (11, 1), (13, 3))
    assert [tactic for _, tactic, _ in twice.tactics] == ["unfold twice", "omega"]
    corpus = read_corpus(benchmark.corpus, duplicates="allow")
    [example] = read_examples(benchmark.split("train"), corpus)
    assert [corpus.names[i] for i in example.positives] == ["Small.twice"]


def test_lean_3_paths_are_modules_too():
    assert module_name("_target/deps/lean/library/init/core.lean") == "init.core"
    assert module_name("src/algebra/group.lean") == "algebra.group"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.parent / "nothing", "there is no folder"),
        (lambda d: d.parent, "holds the splits novel_premises and random"),
        (lambda d: d.parent.parent / "repo", "is none of LeanDojo Benchmark"),
    ],
)
def test_what_is_no_folder_of_splits(data, change, words):
    with pytest.raises(CorpusError, match=words):
        Benchmark(change(data))


def test_a_split_that_is_not_there_or_no_split(data):
    benchmark = Benchmark(data)
    with pytest.raises(CorpusError, match=r"no split test \(test.json\); it has train, val"):
        benchmark.theorems("test")
    with pytest.raises(CorpusError, match="choose from train, val, test"):
        benchmark.theorems("valid")
    for text in ("{", "{}", "[3]", '[{"url": "u"}]', json.dumps([{**row(0, "u"), "start": 3}]),
                 json.dumps([{**row(0, "u"), "traced_tactics": [{}]}]), "[" * 100_000):  # fmt: skip
        (data / "test.json").write_text(text)
        with pytest.raises(CorpusError, match=r"test\.json"):
            benchmark.theorems("test")
    (data.parent / "corpus.jsonl").unlink()
    with pytest.raises(CorpusError, match=r"no corpus\.jsonl"):
        _ = benchmark.corpus
    (data.parent / "metadata.json").write_text("[]")
    with pytest.raises(CorpusError, match="no metadata"):
        _ = benchmark.metadata


def test_a_corpus_with_unknown_modules_is_said(data, capsys):
    corpus = data.parent / "corpus.jsonl"
    nothing = '"imports": ["Small/Nothing.lean"]'
    corpus.write_text(corpus.read_text().replace('"imports": ["Small/Basic.lean"]', nothing))
    assert command(COMMANDS, ["bench", "retrieval", str(data), "--split", "train"]) == 2
    assert "imports 'Small/Nothing.lean', which is not in the corpus" in capsys.readouterr().err
    corpus.write_text("".join(line for line in corpus.open() if '"path": "Small/Basic.lean"' not in line))
    corpus.write_text(corpus.read_text().replace(nothing, '"imports": []'))
    assert command(COMMANDS, ["bench", "retrieval", str(data), "--split", "train"]) == 2
    assert "Small/Basic.lean" in capsys.readouterr().err


def test_retrieval_is_judged_on_a_folder(data, capsys):
    assert command(COMMANDS, ["bench", "retrieval", str(data), "--split", "train", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert {r["examples"] for r in figures["rankers"]} == {1}
    assert command(COMMANDS, ["bench", "retrieval", str(data), "--split", "test"]) == 2
    assert "no split test" in capsys.readouterr().err
    assert command(COMMANDS, ["bench", "retrieval", str(data / "train.json"), "--split", "val"]) == 2
    assert "--split is for a folder" in capsys.readouterr().err


def test_a_retriever_is_trained_on_the_split_for_it(data):
    files = (data / "train.json", data.parent / "corpus.jsonl", True)
    assert benchmark_files(data, None, False, None, "train") == files
    given = (data / "train.json", None, False)
    assert benchmark_files(*given, None, "train") == given


def test_tactics_are_learned_from_the_split_for_it_alone(data):
    steps = read_steps(data)
    assert [(s.theorem, s.tactic) for s in steps] == [
        ("Small.twice_zero", "rfl"), ("Small.twice_eq", "unfold twice"), ("Small.twice_eq", "omega"),
        ("Small.swap", "exact ⟨h.2, h.1⟩"),
    ]  # fmt: skip


# ReProver's choice of theorems


def test_theorems_are_chosen_and_ordered_as_reprover_does(data):
    theorems = Benchmark(data).theorems("val")
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
    order = [t.order for t in chosen(theorems)]
    assert order == sorted(md5(f"{t.file_path}:{t.full_name}") for t in theorems)
    assert chosen(theorems, number=2) == chosen(theorems)[:2]
    assert {t.file_path for t in chosen(theorems, full_name="same")} == {"Small/Logic.lean", "Small/More.lean"}
    assert [t.full_name for t in chosen(theorems, file_path="Small/Basic.lean")] == ["Small.zero_add'"]
    digest = md5("same")
    assert {t.full_name for t in chosen(theorems, name_filter=digest[:3])} == {"same"}
    assert chosen(theorems, name_filter="z") == []


def test_shared_names_are_told_apart(data):
    names = [name for name, _ in unique_names(Benchmark(data).theorems("val"))]
    assert names == ["Small.zero_add'", "same (Small/Logic.lean)", "same (Small/More.lean)"]
    theorems = Benchmark(data).theorems("val")
    twice = [name for name, _ in unique_names([theorems[0], theorems[0]])]
    assert twice == ["Small.zero_add' (Small/Basic.lean:3:1)"] * 2


# Proving


def test_a_split_is_proved(prepared, lean, data, tmp_path):
    found = work(Benchmark(data), "val")
    assert not found.left_out
    out = tmp_path / "out.jsonl"
    summary = run(found.rows, out, seconds=20, workers=1, own=found.own)
    assert (summary.total, summary.proved) == (3, 3)
    results = {r["name"]: r for r in map(json.loads, out.read_text().splitlines())}
    assert set(results) == {"Small.zero_add'", "same (Small/Logic.lean)", "same (Small/More.lean)"}
    result = results["same (Small/More.lean)"]
    posed = FILES["Small/More.lean"].replace("exact 𝕜", "sorry")
    assert lean.verify(result["proof"], posed, "same").accepted


def test_the_command_takes_reprovers_options(prepared, data, tmp_path):
    out = tmp_path / "out.jsonl"
    done = entails("bench", "prove", data, "--out", out, "--split", "train", "--timeout", 20, "--num-workers", 1,
                   "--num-sampled-tactics", 8, "--max-expansions", 20, "--full-name", "Small.twice_zero",
                   "--num-theorems", 1)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 of 1 proved")
    [result] = map(json.loads, out.read_text().splitlines())
    assert (result["name"], result["proved"]) == ("Small.twice_zero", True)


def test_theorems_are_proved_on_the_native_lean_of_their_repository(prepared, folders, tmp_path, monkeypatch):
    data, repo = folders
    (repo / "lakefile.toml").write_text('name = "small"\n')
    install(tmp_path / "bin")
    monkeypatch.setenv(LOG, str(tmp_path / "log"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    out = tmp_path / "out.jsonl"
    done = entails("bench", "prove", data, "--out", out, "--lean", "native", "--full-name", "Small.zero_add'",
                   "--timeout", 30, "--num-workers", 1)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 of 1 proved")
    assert any(line.startswith("lake env lean --server") for line in (tmp_path / "log").read_text().splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--split", "test"], 2, "has no split test (test.json); it has train, val."),
        (["--split", "dev"], 2, "choose from train, val, test"),
        (["--full-name", "nobody"], 2, "No theorem of the split val"),
        (["--repo", "nowhere"], 3, "There is no folder"),
        (["--lean", "nothing"], 2, "There is no Lean backend 'nothing'"),
    ],
)
def test_the_command_says_what_is_wrong(data, tmp_path, capsys, arguments, code, words):
    assert command(COMMANDS, ["bench", "prove", str(data), "--out", str(tmp_path / "o"), *arguments]) == code
    assert words in capsys.readouterr().err


def test_options_of_a_benchmark_are_for_folders(data, tmp_path, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name": "t", "statement": "theorem t : 1 = 1"}\n')
    assert command(COMMANDS, ["bench", "prove", str(rows), "--out", str(tmp_path / "o"), "--name-filter", "a"]) == 2
    assert "--name-filter is for a folder of LeanDojo Benchmark" in capsys.readouterr().err


# What cannot be proved is left out, with the reason


def _left_out(data, split="val", **more):
    return {name: why for why, names in work(Benchmark(data), split, **more).left_out.items() for name in names}


def test_sources_are_named_or_where_the_metadata_says(tmp_path):
    data, repo = make(tmp_path, "https://github.com/user/small")
    with pytest.raises(SourceMissing, match=r"github\.com/user/small at 0+ are not here: .* with --repo\."):
        work(Benchmark(data), "val")
    assert len(work(Benchmark(data), "val", repo).rows) == 3
    git = repo / ".git"
    git.mkdir()
    (git / "HEAD").write_text("a" * 40)
    metadata = json.loads((data.parent / "metadata.json").read_text())
    metadata["from_repo"]["commit"] = "b" * 40
    (data.parent / "metadata.json").write_text(json.dumps(metadata))
    with pytest.raises(SourceMissing, match="is at commit aaaaaaaaaaaa, not at bbbbbbbbbbbb"):
        work(Benchmark(data), "val", repo)


def test_a_benchmark_without_metadata_has_its_origin_in_its_theorems(folders):
    (folders[0].parent / "metadata.json").unlink()
    assert len(work(Benchmark(folders[0]), "val").rows) == 3


def test_a_benchmark_of_lean_3_cannot_be_proved(tmp_path):
    data, repo = make(tmp_path, "https://github.com/leanprover-community/mathlib")
    with pytest.raises(SourceMissing, match="of Lean 3"):
        work(Benchmark(data), "val", repo)


def test_a_file_that_changed_since_it_was_traced(folders):
    data, repo = folders
    (repo / "Small/More.lean").write_text(FILES["Small/More.lean"] + "\n")
    assert _left_out(data) == {
        "same (Small/More.lean)": "Small/More.lean has changed since it was traced: trace it again."
    }


def test_without_hashes_a_theorem_that_moved_tells(tmp_path):
    data, repo = make(tmp_path, hashes=False)
    (repo / "Small/More.lean").write_text("\n\n\n" + FILES["Small/More.lean"])
    assert "in line 4, not in 1 to 2" in _left_out(data)["same (Small/More.lean)"]
    (repo / "Small/More.lean").write_bytes(FILES["Small/More.lean"].replace("\n", "\r\n").encode())
    assert _left_out(data) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff", "not UTF-8"),
        (b"theorem other : 1 = 1 := rfl\n", "Small/More.lean: There is no theorem `same` there"),
        (b"def same := 1\n", "`same` is no theorem there but a def."),
    ],
)
def test_a_theorem_that_is_not_in_its_file(tmp_path, text, words):
    data, repo = make(tmp_path, hashes=False)
    file = repo / "Small/More.lean"
    file.unlink() if text is None else file.write_bytes(text)
    assert words in _left_out(data)["same (Small/More.lean)"]


def test_two_theorems_of_a_name_in_a_file_are_told_apart_by_their_place(tmp_path):
    data, repo = make(tmp_path, hashes=False)
    text = "section\ntheorem same : 1 = 1 := by\n  rfl\nend\nsection\ntheorem same : 2 = 2 := by\n  rfl\nend\n"
    (repo / "Small/More.lean").write_text(text)
    rows = [{**row(5, str(repo)), "start": [line, 1], "end": [line + 1, 3]} for line in (2, 6)]
    (data / "test.json").write_text(json.dumps(rows))
    found = work(Benchmark(data), "test")
    assert {name: own["theorem"]["start"] for name, own in found.own.items()} == {
        "same (Small/More.lean:2:1)": (2, 1), "same (Small/More.lean:6:1)": (6, 1)
    }  # fmt: skip


def test_a_theorem_that_lean_does_not_read_is_a_result_with_its_reason(prepared, tmp_path):
    data, repo = make(tmp_path, hashes=False)
    (repo / "Small/More.lean").write_text("theorem same (p : Prop) (k : Nothing.at) : p := by\n  exact k\n")
    found = work(Benchmark(data), "val", file_path="Small/More.lean")
    out = tmp_path / "out.jsonl"
    summary = run(found.rows, out, seconds=5, workers=1, own=found.own)
    [result] = map(json.loads, out.read_text().splitlines())
    assert summary.proved == 0
    assert "Lean does not read the statement of `same`" in result["reason"]
