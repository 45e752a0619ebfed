import json

import numpy as np
import pytest

from retrieval.errors import CorpusError
from retrieval.evaluate import evaluate, split_by_module
from retrieval.examples import Example, read_jsonl, write_jsonl
from retrieval.rankers.base import Ranking
from retrieval.records import At


class Listed(Ranking):
    """Answers the n-th query with the n-th list."""

    name = "listed"

    def __init__(self, corpus, *lists):
        self.corpus, self.lists = corpus, lists

    def top_batch(self, queries, k):
        return [(np.array(l[:k], np.int64), np.zeros(len(l[:k]), np.float32)) for l in self.lists]


def example(*positives, module="Init.Data.List.Lemmas"):
    return Example("⊢ x", "", At(module, 0), positives)


def test_figures_are_leandojos(corpus):
    # R@1: 1/2, 0, 0; R@10: 2/2, 1/1, 0; reciprocal ranks 1, 1/3, 0
    ranker = Listed(corpus, [4, 9, 5], [1, 2, 3], [1, 2])
    score = evaluate(ranker, [example(4, 5), example(3), example(7)])
    assert (score.examples, score.recall_1, score.recall_10) == (
        3,
        pytest.approx(100 / 6),
        pytest.approx(200 / 3),
    )
    assert score.mrr == pytest.approx((1 + 1 / 3) / 3)


def test_ten_and_not_eleven_count(corpus):
    score = evaluate(Listed(corpus, [*range(10), 15]), [example(15, 3)])
    assert score.recall_10 == pytest.approx(50) and score.mrr == pytest.approx(1 / 4)


def test_no_examples_is_zero_of_zero(corpus):
    assert evaluate(Listed(corpus), []).examples == 0


def test_a_split_keeps_modules_together_and_is_stable():
    examples = [example(1, module=f"M{i % 50}") for i in range(500)]
    parts = split_by_module(examples, 0.2, 0.2)
    modules = {name: {e.position.module for e in part} for name, part in parts.items()}
    assert sum(map(len, parts.values())) == 500 and all(modules.values())
    assert not (modules["train"] & modules["test"] or modules["train"] & modules["validation"])
    fewer = split_by_module([e for e in examples if e.position.module != "M7"], 0.2, 0.2)
    assert {e.position.module for e in fewer["test"]} == modules["test"] - {"M7"}
    assert split_by_module(examples, 0.2, 0.2, seed=1)["test"] != parts["test"]


def test_examples_round_trip(tmp_path, corpus):
    positives = (corpus.find("Nat.add_comm"), corpus.find("List.length_append"))
    examples = [Example("⊢ a = b", "List.append_assoc", At("Init.Data.List.Lemmas", 1), positives, "simp")]
    write_jsonl(examples, corpus, tmp_path / "e.jsonl")
    assert read_jsonl(tmp_path / "e.jsonl", corpus).examples == tuple(examples)


def test_premises_that_cannot_be_positives_are_counted(tmp_path, corpus):
    row = {"state": "⊢ x", "module": "Init.Data.List.Lemmas", "theorem": "List.append_assoc",
           "premises": ["Nat.add_comm", "List.map_append", "No.name"]}  # fmt: skip
    (tmp_path / "e").write_text(json.dumps(row) + "\n\n")
    read = read_jsonl(tmp_path / "e", corpus)
    assert [corpus.names[i] for i in read.examples[0].positives] == ["Nat.add_comm"]
    assert (read.unknown, read.inaccessible) == (1, 1) and read.examples[0].position == At("Init.Data.List.Lemmas", 1)


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"state": "x"}', '{"state": 3, "premises": [], "module": "Init.Prelude"}',
             '{"state": "x", "premises": [], "module": "Nowhere"}',
             '{"state": "x", "premises": [], "module": "Init.Prelude", "declaration": 99}',
             '{"state": "x", "premises": [], "module": "Init.Prelude", "theorem": "Nat.add_comm"}'],
)  # fmt: skip
def test_a_broken_example_is_an_error_with_its_line(tmp_path, corpus, line):
    (tmp_path / "e").write_text("\n" + line)
    with pytest.raises(CorpusError, match="line 2: not an example"):
        read_jsonl(tmp_path / "e", corpus)
