"""What the native backend reads of a text without Lean: sources, positions, printed goals; and its gate's script."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.gate import FORBIDDEN, STANDARD_AXIOMS
from prover.lean.native import printed, scan, verify
from prover.lean.native.documents import Text
from prover.lean.protocol import Advanced

LIBRARY = Path(__file__).parents[2] / "data" / "library" / "train.jsonl"
_NAME = re.compile(r"theorem \S+?((?:\.\{[^}]*\})?)(?=[\s(\[{:])")


@given(st.text(alphabet='ab-/"\'\\\n«»r# 𝕜sory:=', max_size=60))
def test_blanking_keeps_every_place(source):
    blanked = scan.blank(source)
    assert len(blanked) == len(source)
    assert [i for i, c in enumerate(blanked) if c == "\n"] == [i for i, c in enumerate(source) if c == "\n"]
    assert all(b in (" ", c) for b, c in zip(blanked, source, strict=True))


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("theorem t : p := sorry", 1),
        ("theorem t : p := by sorry -- sorry", 1),
        ("/- sorry /- sorry -/ sorry -/ theorem t : p := sorry", 1),
        ('def s := "sorry \\" sorry"', 0),
        ('def s := r#"a " sorry"# ++ x', 0),
        ("def c := '\"'\ntheorem t : p := sorry", 1),
        ("def sorry' := not_sorry + x.sorry + sorry.x + «sorry» + h'sorry", 0),
        ("theorem t : p ∧ q := ⟨sorry, sorry⟩", 2),
        ("/- never closed sorry", 0),
        ('r#"' * 300_000 + "sorry", 0),
    ],
)
def test_only_a_word_by_itself_is_a_hole(source, count):
    found = scan.sorries(scan.blank(source))
    assert [source[a:b] for a, b in found] == ["sorry"] * count


@pytest.mark.parametrize(
    ("source", "imports", "end"),
    [
        ("theorem t : p", (), ""),
        ("import A.B\nimport «C d».E -- x\n/- y -/ theorem", ("A.B", "C d.E"), "import A.B\nimport «C d».E"),
        ("module\npublic import A\nmeta import all B\ndef", ("A", "B"), "module\npublic import A\nmeta import all B"),
        ("prelude\nimport Init.Core\n", ("Init.Core",), "prelude\nimport Init.Core"),
        ("importance", (), ""),
    ],
)
def test_the_header_is_read(source, imports, end):
    head = scan.header(scan.blank(source))
    assert (head.imports, source[: head.end], head.broken) == (imports, end, False)
    assert head.is_module == source.startswith("module")


def test_names_are_those_of_their_namespaces():
    source = """namespace A.B
theorem one : 1 = 1 := rfl
section S
  @[simp] protected theorem two (n : Nat) : n = n := rfl
  private def three.{u} := 3
end S
theorem _root_.C.four : 1 = 1 := rfl
mutual
inductive I | a
end
-- theorem no : False
end A.B
instance : Inhabited Nat := ⟨1⟩
instance named : Inhabited Nat := ⟨"theorem x"⟩
lemma «five six» : p := q
"""
    expected = ["A.B.one", "A.B.two", "A.B.three", "C.four", "A.B.I", "named", "«five six»"]
    assert scan.declared(scan.blank(source)) == expected


@given(st.text(alphabet="a𝕜é\n✝ ", max_size=40), st.data())
def test_positions_count_utf16_and_come_back(source, data):
    text, offset = Text(source), data.draw(st.integers(0, len(source)))
    position = text.position(offset)
    line = source[:offset].rpartition("\n")[2]
    assert position == {"line": source.count("\n", 0, offset), "character": len(line.encode("utf-16-le")) // 2}
    assert text.offset(position) == offset


def test_goals_read_from_text_are_the_goals(lean):
    """Against the expressions: statements of the library, as they stand and after a step."""
    rows = [json.loads(line) for line in LIBRARY.read_text().splitlines()][::15]
    heads, props, keys, texts = [], [], {}, {}
    for row in rows:
        source = _NAME.sub(r"theorem entails_t\1", row["statement"], count=1)
        opened = lean.open(source)
        if not opened.holes or any(m.severity == "error" for m in opened.messages):
            continue
        state = opened.holes[0].state
        outcomes = lean.run(state, ["constructor", "intros", "simp only []"])
        for reached in [state, *(o.state for o in outcomes if isinstance(o, Advanced))]:
            for goal, key in zip(lean.goals(reached), reached.keys, strict=True):
                read = printed.goal(goal.text)
                heads.append(read.head == goal.head)
                props += [(a.is_prop, b.is_prop) for a, b in zip(read.hypotheses, goal.hypotheses, strict=True)]
                keys.setdefault(key, set()).add(read.key)
                texts.setdefault(read.key, set()).add(key)
    assert len(heads) > 100
    assert sum(heads) / len(heads) > 0.97
    assert (True, False) not in props
    assert props.count((False, True)) < 0.15 * props.count((True, True))
    # Equal up to names of hypotheses exactly when the expressions are.
    assert all(len(found) == 1 for found in keys.values())
    assert all(len(found) == 1 for found in texts.values())


def test_the_gates_script_elaborates(lean):
    """All that can be shown of it without a native Lean: types and names are right for this version.

    `noncomputable`, since this Lean has no compiled library to compile it against.
    """
    script = verify.GATE.read_text().replace("namespace EntailsGate", "noncomputable section\nnamespace EntailsGate", 1)
    report = lean.check(script, 120.0)
    assert report.errors == ()
    assert {"main", "EntailsGate.needed", "EntailsGate.examine"} <= set(report.declarations)
    wrong = lean.check(script.replace("base.replay constants", "base.replay proofFile"), 120.0)
    assert wrong.errors


def test_the_gates_script_has_the_embedded_gates_tables():
    script = verify.GATE.read_text()
    for name, reason in FORBIDDEN.items():
        assert f'(`{name}, "{reason}")' in script
    assert f"[{', '.join(f'``{a}' for a in STANDARD_AXIOMS)}]" in script


