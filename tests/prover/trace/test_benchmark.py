"""The files of a LeanDojo Benchmark: splits, rows, corpus; and that this repository's own readers read them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.trace.benchmark import LIBRARY_PATH, Library, Origin, write
from prover.trace.library import imported, used
from prover.trace.splits import SPLITS, at_random, novel_premises, size
from retrieval.corpus import Corpus
from retrieval.leandojo import read_corpus, read_examples
from retrieval.records import Module, Premise

TEXT = """theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by
  constructor
  · exact h.right
  · exact And.left h

theorem again (p q : Prop) (h : p ∧ q) : p ∧ q := by
  have h' := swap p q h
  skip
  exact swap q p h'

theorem sum (a b : Nat) : a + b = b + a := by rw [Nat.add_comm]

theorem both : (1 = 1 ∧ 1 = 1) ∧ True := by
  refine ⟨⟨?_, ?_⟩, And.rec (fun _ h => h) (⟨trivial, trivial⟩ : True ∧ True)⟩
  next => exact rfl
  next => exact rfl

theorem sorry_ : 1 = 1 := by sorry
"""
LIBRARY = (
    Module("Init.Prelude", (), (Premise("And.left", "a ∧ b → a"), Premise("And.right", "a ∧ b → b")), ordered=False),
    Module("Init.Data.Nat.Basic", ("Init.Prelude",), (Premise("Nat.add_comm", "n + m = m + n"),), ordered=False),
    Module("Init", ("Init.Data.Nat.Basic",), (), ordered=False),
)


@pytest.fixture
def folder(trace, tmp_path):
    files = [trace(TEXT, "A/One.lean"), trace("theorem lone : 1 = 1 := rfl\n", "Two.lean")]
    write(tmp_path, files, Origin("here", "c" * 40), Library(LIBRARY, "of the test"), seed=1, command="the command")
    return tmp_path


def rows(folder, strategy="random"):
    return {r["full_name"]: r for name in SPLITS for r in json.loads((folder / strategy / f"{name}.json").read_text())}


def test_rows_are_leandojos(folder):
    swap = rows(folder)["swap"]
    assert {k: v for k, v in swap.items() if k != "traced_tactics"} == {
        "url": "here", "commit": "c" * 40, "file_path": "A/One.lean", "full_name": "swap", "start": [1, 1],
        "end": [4, 21], "theorem_statement": "theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p",
    }  # fmt: skip
    assert set(rows(folder)) == {"swap", "again", "sum", "both", "lone"}
    assert rows(folder)["lone"]["traced_tactics"] == []
    assert rows(folder) == rows(folder, "novel_premises")
    library = f"{LIBRARY_PATH}/Init/Prelude.lean"
    assert swap["traced_tactics"][1:] == [
        {"tactic": "exact h.right", "state_before": "case left\np q : Prop\nh : p ∧ q\n⊢ q", "state_after": "no goals",
         "annotated_tactic": ["exact h.<a>right</a>", [{"full_name": "And.right", "def_path": library,
                                                        "def_pos": [2, 1], "def_end_pos": [2, 2]}]]},
        {"tactic": "exact And.left h", "state_before": "case right\np q : Prop\nh : p ∧ q\n⊢ p",
         "state_after": "no goals",
         "annotated_tactic": ["exact <a>And.left</a> h", [{"full_name": "And.left", "def_path": library,
                                                           "def_pos": [1, 1], "def_end_pos": [1, 2]}]]},
    ]  # fmt: skip


def test_what_leandojo_leaves_out_is_left_out(folder):
    tactics = {name: [t["tactic"] for t in row["traced_tactics"]] for name, row in rows(folder).items()}
    assert tactics["swap"] == ["constructor", "exact h.right", "exact And.left h"]  # without `· …`
    assert tactics["again"] == ["have h' := swap p q h", "exact swap q p h'"]  # without `skip`
    assert tactics["both"].count("exact rfl") == 1  # twice from the same state to the same
    recursor = rows(folder)["both"]["traced_tactics"][0]["annotated_tactic"]
    assert recursor == ["refine ⟨⟨?_, ?_⟩, And.rec (fun _ h => h) (⟨trivial, trivial⟩ : True ∧ True)⟩", []]
    # None of these is in the corpus: a mark that leads nowhere is no use.


def test_the_corpus_and_the_examples_are_read_back(folder):
    corpus = read_corpus(folder / "corpus.jsonl")
    assert list(corpus.modules) == ["Init.Prelude", "Init.Data.Nat.Basic", "Init", "A.One", "Two"]
    assert corpus[corpus.find("again")].span == (6, 1, 9, 20)
    found = {}
    for name in SPLITS:
        for example in read_examples(folder / "random" / f"{name}.json", corpus):
            found[example.tactic] = [corpus.names[i] for i in example.positives]
            visible = corpus.accessible.mask(example.position).allowed
            assert all(visible[i] for i in example.positives)
    assert found["exact h.right"] == ["And.right"] and found["rw [Nat.add_comm]"] == ["Nat.add_comm"]
    assert found["have h' := swap p q h"] == ["swap"]


def test_metadata_and_what_is_not_traced(folder):
    metadata = json.loads((folder / "metadata.json").read_text())
    assert metadata["from_repo"] == {"url": "here", "commit": "c" * 40} and metadata["command"] == "the command"
    assert metadata["theorems"] == 5 and metadata["files"] == 2
    assert set(metadata["sha256"]) == {"A/One.lean", "Two.lean"}
    assert sum(metadata["splits"]["random"].values()) == 5 and metadata["library"]["premises"] == "of the test"
    [left_out] = json.loads((folder / "not_traced.json").read_text())
    assert left_out == {"file": "A/One.lean", "theorem": "sorry_", "tactic": "", "place": [18, 1],
                        "reason": "its proof uses sorry"}  # fmt: skip


def test_a_file_of_a_modules_name_stays_apart(trace, tmp_path):
    files = [trace("theorem t : 1 = 1 := by rfl\n", name) for name in ("Init/Prelude.lean", "B.lean")]
    write(tmp_path, files, Origin("", ""), Library(LIBRARY, ""), seed=1, command="")
    corpus = read_corpus(tmp_path / "corpus.jsonl", duplicates="allow")
    assert len(corpus.modules) == 5 and sum(name == "t" for name in corpus.names) == 2
    found = [json.loads((tmp_path / "random" / f"{name}.json").read_text()) for name in SPLITS]
    assert sorted(r["file_path"] for part in found for r in part) == ["B.lean", "Init/Prelude.lean"]


def test_the_library_is_what_files_import_or_else_what_they_use(trace):
    traced = trace(TEXT)
    corpus = Corpus.of(LIBRARY)
    modules, missing = imported(corpus, [traced])
    assert [m.name for m in modules] == ["Init.Prelude", "Init.Data.Nat.Basic", "Init"] and not missing
    assert imported(corpus, [trace("import Std.Data.HashMap\n")]) == ([], "Std.Data.HashMap")
    assert "Nat.add_comm" in used([traced])["Init.Data.Nat.Basic"]


def test_without_an_index_the_corpus_says_so(trace, tmp_path, monkeypatch):
    from prover.trace import library

    monkeypatch.setattr(library, "cache_folder", lambda name: tmp_path / "nothing")
    known = library.library([trace(TEXT)])
    assert not known.whole and "there is no index" in known.source and "`entails index` makes one" in known.source
    premises = {p.name: p.code for m in known.modules for p in m.premises}
    assert premises["Nat.add_comm"] == "∀ (n m : Nat), n + m = m + n"
    write(tmp_path, [trace(TEXT)], Origin("", ""), known, seed=1, command="")
    corpus = read_corpus(tmp_path / "corpus.jsonl")
    examples = [e for name in SPLITS for e in read_examples(tmp_path / "random" / f"{name}.json", corpus)]
    assert any(corpus.names[i] == "Nat.add_comm" for e in examples for i in e.positives)


@given(st.lists(st.lists(st.integers(0, 12), max_size=4), max_size=60), st.integers(0, 3))
def test_splits_keep_every_theorem_once(premises, seed):
    theorems = list(enumerate(premises))
    for split in (at_random(theorems, seed), novel_premises(theorems, lambda t: t[1], seed)):
        assert list(split) == list(SPLITS)
        assert sorted(i for part in split.values() for i, _ in part) == list(range(len(theorems)))
    assert at_random(theorems, seed) == at_random(theorems, seed)


@given(st.lists(st.lists(st.integers(0, 12), max_size=4), min_size=3, max_size=60), st.integers(0, 3))
def test_what_is_held_out_needs_premises_that_training_lacks(premises, seed):
    theorems = list(enumerate(premises))
    split = novel_premises(theorems, lambda t: t[1], seed)
    trained = {p for _, used_ in split["train"] for p in used_}
    assert split["train"]
    assert all(set(used_) - trained for part in ("val", "test") for _, used_ in split[part])


@pytest.mark.parametrize(("theorems", "held"), [(0, 0), (1, 0), (2, 0), (3, 1), (99, 1), (150, 3), (122_517, 2000)])
def test_sizes_of_val_and_test(theorems, held):
    assert size(theorems) == held


def test_small_sets_have_one_of_each():
    split = novel_premises(range(3), lambda t: [t], 0)
    assert [len(split[name]) for name in SPLITS] == [1, 1, 1]
