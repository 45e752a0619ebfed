"""Files that import one another: each is traced with what it needs in front of it, and places are those of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.lean.protocol import BadSource
from prover.trace import projects
from prover.trace.projects import CannotJoin, Imports, join
from prover.trace.replay import FileChanged, replay
from prover.trace.sources import Sources, modules_of
from prover.trace.tracer import Tracer

A = """/-! 𝕜 -/
namespace My
open Nat
variable (a : Nat)
def f (n : Nat) := n + 1
theorem f_eq : f a = succ a := by
  unfold f
  rfl
local notation "one" => 1
theorem open_ : 1 = 1 := by sorry
"""
B = """-- 𝕜
import Init
import My.A -- the other

theorem g (one : Nat) : My.f one = one + 1 := by
  exact My.f_eq one
theorem h : 1 = 1 := by exact My.open_
theorem wrong : 1 = 2 := by rfl
theorem last : 1 = 1 := by rfl
"""
CLOSED = A + "end My\n"


@pytest.fixture
def traced(lean):
    tracer = lean.ask(Tracer)

    def run(text, *before):
        return lean.ask(lambda _: tracer.trace("B.lean", text.encode(), 60.0, before))

    return run


def test_a_file_is_traced_after_what_it_imports(lean, traced):
    before = ("src/My/A.lean", CLOSED.encode())
    file = traced(B, before)
    assert file.imports == ("Init",) and [path for path, _ in file.needs] == ["src/My/A.lean"]
    g, last = file.theorems
    assert (g.name, g.place, g.end, g.steps[0].place) == ("g", (5, 1), (6, 20), (6, 3))
    [premise] = g.steps[0].premises
    assert (premise.name, premise.file, premise.start, premise.end) == ("My.f_eq", "src/My/A.lean", (6, 9), (6, 13))
    assert [d.name for d in file.declarations] == ["g", "h", "last"] and last.place == (9, 1)
    assert {n.theorem: (n.reason, n.place) for n in file.not_traced} == {
        "h": ("it leans on My.open_, which is not proved", (7, 1)),
        "wrong": (next(n.reason for n in file.not_traced if n.theorem == "wrong"), (8, 1)),
    }
    assert "it does not elaborate: line 8: " in next(n.reason for n in file.not_traced if n.theorem == "wrong")
    done = replay(lean, file, B.encode(), [before])
    assert len(done) == 2 and not [r for r in done if r.problem]
    with pytest.raises(FileChanged, match=r"src/My/A\.lean changed"):
        replay(lean, file, B.encode(), [("src/My/A.lean", A.encode())])


def test_an_error_in_what_is_imported_is_the_end_of_it(traced):
    for text in (A, CLOSED + "theorem no : 1 = 2 := by rfl\n"):  # an open namespace would leak
        file = traced(B, ("My/A.lean", text.encode()))
        assert [n.reason for n in file.not_traced] == ["it imports My/A.lean, which does not elaborate"]
    assert traced(B, ("My/A.lean", b"\xff")).not_traced[0].reason == (
        "it imports My/A.lean, which is no UTF-8 text (byte 0)"
    )


def test_texts_are_joined_with_their_lines():
    joined = join("B.lean", B, [("My/A.lean", CLOSED)])
    assert joined.text.startswith("import Init\nsection\n/-! 𝕜 -/\n") and joined.text.count("import") == 1
    own = joined.parts[-1]
    assert joined.text[own.start :].split("\n")[4:] == B.split("\n")[4:]
    assert joined.text[: own.start].count("\n") == own.line
    assert join("B.lean", B, []).text == B
    with pytest.raises(BadSource, match=r"My/A\.lean: the embedded Lean does not read `module` files"):
        join("B.lean", B, [("My/A.lean", "module\n")])


def test_needs_come_in_order_and_circles_are_found(monkeypatch):
    files = ("Loop.lean", "My.lean", "My/A.lean", "src/My/B.lean", "Other/Init.lean")
    headers = {"My.lean": ("My.B", "My.A", "Init"), "src/My/B.lean": ("My.A",), "Loop.lean": ("Loop",)}
    imports = Imports(Sources(Path(), files, True), headers, dict.fromkeys(files, 100))
    assert imports.needs("My.lean") == ["My/A.lean", "src/My/B.lean"] and imports.needs("My/A.lean") == []
    with pytest.raises(CannotJoin, match=r"it imports itself, through Loop\.lean"):
        imports.needs("Loop.lean")
    monkeypatch.setattr(projects, "LARGEST", 150)
    assert imports.needs("src/My/B.lean") == ["My/A.lean"]
    with pytest.raises(CannotJoin, match="it imports too much of the folder"):
        imports.needs("My.lean")


def test_a_long_chain_of_imports_is_no_recursion():
    files = tuple(f"M{i}.lean" for i in range(3000))
    headers = {f"M{i}.lean": (f"M{i + 1}",) for i in range(2999)}
    found = Imports(Sources(Path(), files, True), headers, {}).needs("M0.lean")
    assert found == [f"M{i}.lean" for i in range(2999, 0, -1)]


def test_modules_that_a_file_may_be():
    assert modules_of("lean/src/My/A.lean") == ["lean.src.My.A", "src.My.A", "My.A"]
    assert modules_of("Other/Init.lean") == ["Other.Init"] and modules_of("a.lean") == ["a"]
