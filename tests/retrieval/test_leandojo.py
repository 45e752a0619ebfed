import json

import pytest

from retrieval.accessible import Mask
from retrieval.errors import CorpusError
from retrieval.leandojo import module_name, position, read_corpus, read_examples, write_corpus
from retrieval.records import At

STD = ".lake/packages/std/Std/Data/List.lean"
FILES = [
    {"path": "src/Init/Prelude.lean", "imports": [], "premises": [
        {"full_name": "id", "code": "def id (a : α) : α := a", "start": [1, 1], "end": [1, 25], "kind": "d"},
        {"full_name": "user__.n.1", "code": "x", "start": [2, 1], "end": [2, 5], "kind": ""},
        {"full_name": "[a, b]", "code": "mutual", "start": [3, 1], "end": [3, 5], "kind": ""},
        {"full_name": None, "code": "x", "start": [4, 1], "end": [4, 5], "kind": ""},
    ]},
    {"path": STD, "imports": ["src/Init/Prelude.lean"], "premises": [
        {"full_name": "List.foo", "code": "theorem foo (l : List α) : l = l", "start": [5, 1], "end": [6, 10],
         "kind": "t"},
        {"full_name": "List.bar", "code": "theorem List.bar : id 1 = 1", "start": [8, 1], "end": [8, 40], "kind": "t"},
    ]},
]  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps(f) + "\n" for f in FILES))
    return path


def test_a_corpus_is_read_as_it_is(file):
    corpus = read_corpus(file)
    assert list(corpus.names) == ["id", "List.foo", "List.bar"]
    assert corpus.modules == ("Init.Prelude", "Std.Data.List") and corpus.paths == (FILES[0]["path"], STD)
    assert corpus[1].code == "theorem foo (l : List α) : l = l" and corpus[1].span == (5, 1, 6, 10)


def test_what_is_written_is_what_was_read(file, tmp_path):
    write_corpus(read_corpus(file), tmp_path / "out.jsonl")
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    usable = [{**FILES[0], "premises": FILES[0]["premises"][:1]}, FILES[1]]
    assert out == usable


def test_a_corpus_without_positions_keeps_its_order_of_accessibility(tmp_path, corpus):
    write_corpus(corpus, tmp_path / "out.jsonl")
    again = read_corpus(tmp_path / "out.jsonl")
    assert list(again.names) == list(corpus.names) and again.modules == corpus.modules
    third = position(again, "Init/Data/Nat/Basic.lean", 3, 1)
    assert third == At("Init.Data.Nat.Basic", 2)


@pytest.mark.parametrize(
    ("place", "seen"), [((5, 1), []), ((6, 9), []), ((6, 10), ["List.foo"]), ((8, 1), ["List.foo"])]
)
def test_a_position_sees_what_ends_before_it(file, place, seen):
    corpus = read_corpus(file)
    mask: Mask = corpus.accessible.mask(position(corpus, STD, *place))
    assert [corpus.names[i] for i in range(len(corpus)) if mask.allowed[i]] == ["id", *seen]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: not JSON"),
        ("[]", "line 1: not a file of a LeanDojo corpus"),
        ('{"path": "a"}', "line 1: not a file"),
        (
            '{"path": "a", "imports": [], "premises": [{"full_name": "x", "code": "y", "start": 3, "end": 4}]}',
            "line 1",
        ),
        ('{"path": "a", "imports": ["b"], "premises": []}', "imports 'b', which is not in the corpus"),
    ],
)
def test_a_broken_corpus_is_an_error_with_the_line(tmp_path, line, message):
    path = tmp_path / "corpus.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(CorpusError, match=message):
        read_corpus(path)


def test_a_missing_a_binary_and_a_repeated_file_are_errors(tmp_path, file):
    with pytest.raises(CorpusError, match="cannot be read"):
        read_corpus(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00" * 100)
    with pytest.raises(CorpusError, match="cannot be read"):
        read_corpus(tmp_path / "binary")
    file.write_text(file.read_text() * 2)
    with pytest.raises(CorpusError, match=r"line 3: the file .* is there twice"):
        read_corpus(file)


def test_a_cycle_in_a_corpus_is_an_error(tmp_path):
    path = tmp_path / "corpus.jsonl"
    rows = [{"path": a, "imports": [b], "premises": []} for a, b in ("ab", "ba")]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    with pytest.raises(CorpusError, match="circle"):
        read_corpus(path)


def split(tmp_path, **changes):
    theorem = {
        "url": "u", "commit": "c", "file_path": STD, "full_name": "List.bar", "start": [8, 1], "end": [8, 40],
        "traced_tactics": [
            {"tactic": "exact foo l", "annotated_tactic": ["exact <a>foo</a> l", [
                {"full_name": "List.foo", "def_path": STD, "def_pos": [5, 9], "def_end_pos": [5, 12]}]],
             "state_before": "l : List α\n⊢ l = l", "state_after": "no goals"},
            {"tactic": "rfl", "annotated_tactic": ["rfl", []], "state_before": "⊢ 1 = 1", "state_after": "no goals"},
        ],
    } | changes  # fmt: skip
    path = tmp_path / "val.json"
    path.write_text(json.dumps([theorem]))
    return path


def test_examples_are_the_traced_tactics_that_use_a_premise(tmp_path, file):
    corpus = read_corpus(file)
    [example] = read_examples(split(tmp_path), corpus)
    assert example.positives == (corpus.find("List.foo"),) and example.position == At("Std.Data.List", 1)
    assert example.state == "l : List α\n⊢ l = l" and example.theorem == "List.bar"


def test_a_broken_split_is_an_error(tmp_path, file):
    corpus = read_corpus(file)
    with pytest.raises(CorpusError, match="theorem 0 is not in LeanDojo's form"):
        read_examples(split(tmp_path, start="here"), corpus)
    (tmp_path / "no.json").write_text("[")
    with pytest.raises(CorpusError, match="no LeanDojo split"):
        read_examples(tmp_path / "no.json", corpus)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Mathlib/Algebra/Group/Basic.lean", "Mathlib.Algebra.Group.Basic"),
        (".lake/packages/batteries/Batteries/Data/List.lean", "Batteries.Data.List"),
        (".lake/packages/lean4/src/lean/Init/Core.lean", "Init.Core"),
        ("lake-packages/std/Std/Logic.lean", "Std.Logic"),
    ],
)
def test_paths_become_module_names(path, name):
    assert module_name(path) == name
