"""The data sets of theorems: their format, that every row can be posed, and that they can be made again."""

from __future__ import annotations

import random
from itertools import groupby
from pathlib import Path

import pytest

from prover.data import library
from prover.data.areas import AREAS
from prover.data.rows import BadRows, Row, read_rows, write_rows
from prover.lean.embedded.environment import Environment

DATA = Path(__file__).parents[2] / "data"
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def splits():
    return {split: list(read_rows(DATA / "library" / f"{split}.jsonl")) for split in SPLITS}


def test_the_splits_have_their_sizes_and_share_no_module_and_no_theorem(splits):
    assert {s: len(rows) for s, rows in splits.items()} == {"train": 1400, "validation": 300, "test": 400}
    modules = [{r.module for r in rows} for rows in splits.values()]
    assert sum(map(len, modules)) == len(set().union(*modules)) > 100
    names = [r.name for rows in splits.values() for r in rows]
    assert len(set(names)) == len(names)


def test_every_row_says_where_it_comes_from_and_what_it_imports(splits):
    for row in (r for rows in splits.values() for r in rows):
        assert row.area in AREAS and row.imports and row.module not in row.imports
        assert row.statement.startswith(f"theorem {row.name}")
        assert "sorry" not in row.statement and "⋯" not in row.statement and "✝" not in row.statement


def test_no_environment_holds_the_theorem_s_module(lean, splits):
    """Whatever a row imports, its own module is not among it, directly or through others."""

    def graph(session):
        session.fresh(library.LIBRARY)
        return {m.name: m.imports for m in Environment(session).modules}

    imports = lean.ask(graph)
    reached: dict[str, set[str]] = {}
    for name in imports:  # each after its imports
        reached[name] = {name}.union(*(reached[i] for i in imports[name]))
    for row in (r for rows in splits.values() for r in rows):
        assert row.imports == imports[row.module]
        assert row.module not in set().union(*(reached[i] for i in row.imports)), row.name


def test_a_sample_opens_as_one_proposition_to_prove(lean, splits):
    rows = [r for rows in splits.values() for r in rows]
    modules = random.Random(11).sample(sorted({r.module for r in rows}), 7)
    chosen = [r for r in rows if r.module in modules]
    by_module = [list(group) for _, group in groupby(sorted(chosen, key=lambda r: r.module), key=lambda r: r.module)]
    sample = [r for group in by_module for r in group[:3]]
    assert len(sample) >= 14
    for row in sample:
        opened = lean.open(row.source())
        (hole,) = opened.holes
        assert hole.is_prop and hole.theorem == row.name, row.name
        assert [m for m in opened.messages if m.severity == "error"] == []


def test_one_module_made_again_gives_the_same_rows(lean, splits):
    module = "Init.Data.List.Perm"
    wanted = {r.name: r for rows in splits.values() for r in rows if r.module == module}
    found = [c for c in lean.ask(lambda s: library.candidates(s, {module})) if c.name in wanted]
    (split,) = {c.split for c in found}
    assert len(wanted) >= 3 and set(wanted.values()) <= set(splits[split])
    assert lean.ask(lambda s: library.check(s, found)) == wanted


def test_a_statement_that_means_something_else_is_not_kept(lean):
    text = "theorem Nat.sub_le (n m : Nat) : n - m ≤ n"
    other = library.Candidate("Nat.add_sub_cancel", "Init.Data.Nat.Basic", "train", ("Init.SimpLemmas",), (text,))
    assert lean.ask(lambda s: library.check(s, [other])) == {}


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("{α✝ : Type u} (x : α✝) : x = x", "{α_1 : Type u} (x : α_1) : x = x"),
        ("(a✝ a✝¹ : Nat) : a✝ = a✝¹", "(a_1 a_2 : Nat) : a_1 = a_2"),
        ("(a_1 a✝ : Nat) : a_1 = a✝", "(a_1 a_101 : Nat) : a_1 = a_101"),
        ("(x : Nat) : x = x", "(x : Nat) : x = x"),
    ],
)
def test_names_that_cannot_be_written_are_replaced(printed, written):
    assert library.accessible(printed) == written


def test_areas_of_three_modules_reach_every_split():
    sizes = {f"Init.Data.Nat.M{i}": 10 for i in range(3)} | {f"Init.Data.List.M{i}": 5 + i for i in range(12)}
    splits = library.assign(sizes)
    assert set(splits) == set(sizes)
    for area in ("Nat", "List"):
        assert {s for m, s in splits.items() if f".{area}." in m} == set(SPLITS)


def test_a_row_is_posed_with_its_imports_alone():
    row = Row("t", "theorem t : True", ("Init.Core", "Init.Data.Nat.Basic"), "open Nat")
    assert row.source(" := trivial") == (
        "prelude\nimport Init.Core\nimport Init.Data.Nat.Basic\nopen Nat\ntheorem t : True := trivial\n"
    )
    default = Row("t", "theorem t : True")
    assert default.source() == "import Init\nimport Std\nset_option autoImplicit false\ntheorem t : True\n"


def test_rows_are_written_and_read_back(tmp_path, splits):
    rows = [*splits["validation"][:5], Row("x", "theorem x : 1 = 1", preamble="")]
    write_rows(tmp_path / "a" / "rows.jsonl", rows)
    assert list(read_rows(tmp_path / "a" / "rows.jsonl")) == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1: not JSON"),
        ("[1]", "line 1: no JSON object"),
        ('{"name": "a"}', "line 1: `statement` is missing"),
        ('{"name": "a", "statement": 3}', "line 1: `statement` is missing or no text"),
        ('{"name": "a", "statement": "theorem a : True", "imports": "Init"}', "line 1: `imports` is no list"),
        ('{"name": "", "statement": "theorem a : True"}', "line 1: `name` or `statement` is empty"),
        ('{"name": "a", "statement": "s"}\n\n{"name": "a", "statement": "s"}', "line 3: the name a is there twice"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, message):
    (tmp_path / "rows.jsonl").write_text(text)
    with pytest.raises(BadRows, match=message):
        list(read_rows(tmp_path / "rows.jsonl"))


def test_rows_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadRows, match="not UTF-8"):
        list(read_rows(tmp_path / "rows.jsonl"))


def test_minif2f_statements_open(lean):
    rows = list(read_rows(DATA / "minif2f-core" / "valid.jsonl"))
    assert len(rows) == 60
    for row in random.Random(2).sample(rows, 6):
        (hole,) = lean.open(row.source()).holes
        assert hole.is_prop and hole.theorem == row.name
