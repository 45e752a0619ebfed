"""`entails search`, `index`, `train retriever` and `bench retrieval`, as a user calls them, on a LeanDojo benchmark."""

import json
import subprocess
import sys
import types

import pytest

from prover.cli import COMMANDS
from prover.cli.bench_retrieval import app as bench_app
from prover.cli.lazy import run
from prover.lean.embedded.engine import LEAN_VERSION
from retrieval.records import Module, Premise

LIST = "src/Init/Data/List.lean"
CORPUS = [
    {"path": "src/Init/Core.lean", "imports": [], "premises": [
        {"full_name": n, "code": c, "start": [i, 1], "end": [i, 60], "kind": "commanddeclaration"}
        for i, (n, c) in enumerate([
            ("Nat.add_comm", "theorem Nat.add_comm (n m : Nat) : n + m = m + n"),
            ("Nat.mul_comm", "theorem Nat.mul_comm (n m : Nat) : n * m = m * n"),
            ("Nat.le_trans", "theorem Nat.le_trans {n m k : Nat} : n ≤ m → m ≤ k → n ≤ k"),
        ], 1)]},
    {"path": LIST, "imports": ["src/Init/Core.lean"], "premises": [
        {"full_name": "List.length_append", "code": "theorem length_append (l m : List α) : (l ++ "
                                                    "m).length = l.length + m.length",
         "start": [3, 1], "end": [4, 9], "kind": "t"},
        {"full_name": "List.length_comm", "code": "theorem length_comm (l m : List α) : (l ++ m).length "
                                                  "= (m ++ l).length",
         "start": [6, 1], "end": [9, 9], "kind": "t"},
    ]},
]  # fmt: skip
THEOREMS = [
    {"url": "u", "commit": "c", "file_path": LIST, "full_name": "List.length_comm", "start": [6, 1], "end": [9, 9],
     "traced_tactics": [
         {"tactic": f"rw [{name}]", "state_before": f"l m : List α\n⊢ {goal}", "state_after": "", "annotated_tactic": [
             f"rw [<a>{name}</a>]",
             [{"full_name": name, "def_path": path, "def_pos": [line, 3], "def_end_pos": [line, 9]}]]}
         for name, path, line, goal in [
             ("List.length_append", LIST, 3, "(l ++ m).length = (m ++ l).length"),
             ("Nat.add_comm", "src/Init/Core.lean", 1, "l.length + m.length = m.length + l.length"),
         ]]},
]  # fmt: skip


@pytest.fixture
def bench(tmp_path):
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(f) + "\n" for f in CORPUS))
    (tmp_path / "val.json").write_text(json.dumps(THEOREMS))
    return tmp_path


@pytest.fixture
def indexed(bench):
    assert entails("index", "--corpus", bench / "corpus.jsonl", "--name", bench / "index") == 0
    return bench


def entails(*arguments):
    commands = {**COMMANDS, "bench": ("tests:none", "")}
    if arguments[0] == "bench":
        module = types.ModuleType("bench_for_tests")
        module.app = bench_app
        sys.modules["bench_for_tests"] = module
        commands["bench"] = ("bench_for_tests:app", "")
    return run(commands, [str(a) for a in arguments])


def test_a_leandojo_corpus_is_indexed_and_searched(indexed, capsys):
    assert entails("search", "commutativity of addition", "--index", indexed / "index", "-k", 1) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Nat.add_comm : theorem Nat.add_comm (n m : Nat) : n + m = m + n",
        "    commanddeclaration of Init.Core",
    ]
    assert entails("search", "(_ ++ _).length", "--index", indexed / "index", "-m", "Init.Data", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == 1 and answer["total"] == 2
    assert {r["name"] for r in answer["results"]} == {"List.length_append", "List.length_comm"}


def test_exit_codes_of_a_search(indexed, capsys, monkeypatch):
    assert entails("search", '"zzz"', "--index", indexed / "index") == 1
    assert "nothing found" in capsys.readouterr().err
    assert entails("search", " ", "--index", indexed / "index") == 2
    assert entails("search", "x", "--index", indexed / "index", "-m", "Mathlib") == 2
    assert "no module 'Mathlib'" in capsys.readouterr().err
    monkeypatch.setenv("XDG_CACHE_HOME", str(indexed / "empty"))
    assert entails("search", "x") == 3
    assert "build one with `entails index`" in capsys.readouterr().err


def test_a_damaged_index_is_one_sentence(indexed, capsys):
    path = indexed / "index" / "bm25.index"
    path.write_bytes(path.read_bytes()[:100])
    assert entails("search", "x", "--index", indexed / "index") == 2
    error = capsys.readouterr().err
    assert error.startswith("entails: the index ") and "entails index --rebuild" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "line 1: not JSON"), ('{"path": "a", "imports": ["a"], "premises": []}', "circle: a → a")],
)
def test_a_broken_corpus_is_one_sentence_and_leaves_no_index(tmp_path, capsys, text, message):
    (tmp_path / "c.jsonl").write_text(text)
    assert entails("index", "--corpus", tmp_path / "c.jsonl", "--name", tmp_path / "x") == 2
    assert message in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_the_lean_at_hand_is_indexed_incrementally_and_exported(tmp_path, capsys, monkeypatch):
    """With the contract that prover.lean.corpus.extract keeps: version, fingerprints, records(names)."""
    modules = {
        "A": Module("A", (), (Premise("A.x", "∀ (a : Nat), a = a"),)),
        "B": Module("B", ("A",), (Premise("B.y", "∀ (a b : Nat), a + b = b + a"),)),
    }
    asked = []

    def extract(libraries, lean, project):
        assert (libraries, lean, project) == (("Init", "Std"), "embedded", None)
        prints = {name: str(hash(m)) for name, m in modules.items()}

        def records(names):
            asked.append(tuple(names))
            for name in names:
                yield Module(name, modules[name].imports, modules[name].premises, prints[name])

        return types.SimpleNamespace(version=LEAN_VERSION, fingerprints=prints, records=records)

    module = types.ModuleType("prover.lean.corpus")
    module.extract = extract
    monkeypatch.setitem(sys.modules, "prover.lean.corpus", module)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert entails("index", "--json") == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["premises"], first["extracted"]) == (2, ["A", "B"])
    modules["B"] = Module("B", ("A",), (Premise("B.z", "∀ (a b : Nat), a * b = b * a"),))
    assert entails("index", "--json", "--export", tmp_path / "c.jsonl") == 0
    assert json.loads(capsys.readouterr().out)["extracted"] == ["B"] and asked == [("A", "B"), ("B",)]
    assert entails("search", "?a * ?b = ?b * ?a") == 0 and "B.z" in capsys.readouterr().out
    assert [json.loads(line)["path"] for line in (tmp_path / "c.jsonl").read_text().splitlines()] == [
        "A.lean",
        "B.lean",
    ]


@pytest.mark.parametrize("arguments", [("--lean", "wrong"), ("--project", "/no/such/folder")])
def test_wrong_options_of_index_are_bad_input(arguments):
    assert entails("index", *arguments) == 2


def test_the_rankers_are_judged_on_a_leandojo_split(indexed, capsys):
    assert entails("bench", indexed / "val.json", "--index", indexed / "index", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    rows = {r["ranker"]: r for r in figures["rankers"]}
    assert list(rows) == ["bm25", "structural", "fusion", "rerank"] and "dense" in figures["left_out"]
    # Three premises are accessible at the theorem, so all are among the first ten.
    assert all((r["examples"], r["recall@10"]) == (2, 100) and 1 / 3 < r["mrr"] <= 1 for r in rows.values())
    assert entails("bench", indexed / "val.json", "--corpus", indexed / "corpus.jsonl", "--limit", 1) == 0
    assert "(1 examples)" in capsys.readouterr().out
    assert entails("bench", indexed / "val.json", "--index", indexed / "index", "--part", "wrong") == 2
    assert entails("bench", indexed / "none.json", "--index", indexed / "index") == 2


def test_a_reranker_is_trained_and_judged(indexed, capsys):
    example = {"state": "l m : List α\n⊢ (l ++ m).length = (m ++ l).length", "module": "src/Init/Data/List.lean"}
    data, bad = indexed / "e.jsonl", indexed / "bad.jsonl"
    data.write_text(json.dumps({**example, "premises": ["List.length_append"], "theorem": "List.length_comm"}))
    bad.write_text(json.dumps({**example, "premises": ["No.name"]}))
    arguments = ("--index", indexed / "index", "--out", indexed / "m.json", "--rounds", 20)
    assert entails("train", "reranker", data, *arguments, "--validation", data) == 0
    assert "1 of 1 examples" in (out := capsys.readouterr().out) and "re-ranked, with the theorem's name: R@1" in out
    made = json.loads((indexed / "m.json").read_text())["made"]
    assert made["command"].startswith(f"entails train reranker {data}") and made["examples"] == 1
    assert entails("train", "reranker", bad, *arguments) == 2
    assert "no example" in capsys.readouterr().err
    judged = ("bench", data, "--index", indexed / "index", "--part", "all")
    assert entails(*judged, "--rankers", "structural,rerank", "--json") == 0
    assert [r["ranker"] for r in json.loads(capsys.readouterr().out)["rankers"]] == ["structural", "rerank"]
    (indexed / "names.jsonl").write_text('{"name": "List.length_comm"}\n{"name": "List.length_append"}\n')
    assert entails("bench", indexed / "names.jsonl", "--alike", "--index", indexed / "index") == 2  # no namesakes
    assert entails("train", "reranker", data, *arguments, "--alike", indexed / "val.json") == 2
    assert "no list of theorems" in capsys.readouterr().err
    assert entails(*judged, "--rankers", "bm52") == 2 and entails(*judged, "--rankers", "dense") == 2


def test_a_retriever_is_trained_indexed_and_used(indexed, capsys, byt5_folder):
    pytest.importorskip("faiss", reason="pip install 'entails[retrieval]'")
    options = ("--corpus", indexed / "corpus.jsonl", "--encoder", byt5_folder, "--steps", 2, "--batch-size", 2,
               "--max-length", 64, "--device", "cpu", "--out", indexed / "run")  # fmt: skip
    assert entails("train", "retriever", indexed / "val.json", *options, "--json") == 0
    encoder = json.loads(capsys.readouterr().out)["encoder"]
    assert entails("train", "retriever", indexed / "val.json", *options) == 2
    assert "--resume" in capsys.readouterr().err
    assert entails("train", "retriever", indexed / "val.json", *options, "--steps", 3, "--resume") == 0
    assert (
        entails("index", "--corpus", indexed / "corpus.jsonl", "--name", indexed / "index", "--encoder", encoder) == 0
    )
    capsys.readouterr()
    assert entails("search", "addition", "--index", indexed / "index", "--encoder", encoder, "--json") == 0
    assert json.loads(capsys.readouterr().out)["rankers"] == ["bm25", "dense"]
    assert entails("search", "addition", "--index", indexed / "index", "--encoder", byt5_folder) == 3


def test_training_data_without_use_is_bad_input(indexed, capsys):
    (indexed / "e.jsonl").write_text(json.dumps({"state": "⊢ x", "premises": ["No.name"], "module": "Init.Core"}))
    arguments = ("--index", indexed / "index", "--out", indexed / "run")
    assert entails("train", "retriever", indexed / "e.jsonl", *arguments) == 2
    assert "no example with an accessible premise" in capsys.readouterr().err
    assert entails("train", "retriever", indexed / "e.jsonl", *arguments, "--steps", 0) == 2
    assert not (indexed / "run").exists()


@pytest.fixture(scope="module")
def byt5_folder(tmp_path_factory):
    torch = pytest.importorskip("torch", reason="pip install 'entails[models]'")
    transformers = pytest.importorskip("transformers", reason="pip install 'entails[models]'")
    folder = tmp_path_factory.mktemp("byt5")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = transformers.T5Config(vocab_size=384, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    transformers.T5EncoderModel(config).save_pretrained(folder)
    transformers.ByT5Tokenizer().save_pretrained(folder)
    return folder


def test_the_commands_import_no_model_library():
    code = ("import sys, prover.cli.search, prover.cli.index, prover.cli.train, prover.cli.bench_retrieval;"
            "print([m for m in ('torch', 'transformers', 'faiss', 'scipy', 'networkx', 'numpy') if m in "
            "sys.modules])")  # fmt: skip
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_an_index_of_another_lean_is_refused(tmp_path, capsys, monkeypatch):
    from retrieval.library import build, cache_folder

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    build(cache_folder("embedded"), {"A": "1"}, lambda names: [Module("A", (), (Premise("x", "x = x"),), "1")], "3.4.2")
    assert entails("search", "x") == 2
    assert f"built from Lean 3.4.2, the Lean at hand is {LEAN_VERSION}" in capsys.readouterr().err
