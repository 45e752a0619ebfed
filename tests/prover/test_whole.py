"""Whole proofs and repair rounds on the real embedded Lean, with recorded generations for the model."""

from __future__ import annotations

import json
import math
import time

import pytest

from prover import open_lean
from prover.generators.answers import top_level
from prover.generators.hints import Hints
from prover.generators.model import ModelGenerator
from prover.generators.protocol import Position
from prover.lean.protocol import Solved
from prover.models import open_model
from prover.whole import WholeProofs, posed

SOURCE = """def one : Nat := 1

theorem first : one = 1 := rfl

theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q ∧ one = 1 := by sorry

theorem other : True := trivial
"""


@pytest.fixture(scope="module")
def lean():
    with open_lean() as opened:
        yield opened


def block(body):
    lines = "\n".join("  " + line for line in body.split("\n"))
    return f"```lean4\ntheorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q ∧ one = 1 := by\n{lines}\n```"


class Scripted:
    """A model with the answers of each round; writes down what it was asked."""

    name = "scripted"

    def __init__(self, tmp_path, *rounds):
        self.asked = []
        self.models = []
        for number, samples in enumerate(rounds):
            path = tmp_path / f"{number}.jsonl"
            path.write_text(json.dumps({"id": "t", "samples": [block(body) for body in samples]}))
            self.models.append(open_model(str(path)))

    def generate(self, requests):
        self.asked.append(list(requests))
        return self.models[len(self.asked) - 1].generate(requests)


def attempts(lean, model, **options):
    whole = WholeProofs(ModelGenerator(model, n=4), **options)
    opened = lean.open(SOURCE)
    found = list(whole.attempts(lean, opened.source, opened.holes[0], time.monotonic() + 60))
    return whole, found


GOOD = "refine ⟨hp, ?_⟩\nconstructor\n· exact hq\n· rfl"
LATE = "refine ⟨hp, ?_⟩\nconstructor\n· exact hp\n· rfl"
EARLY = "exact foo"
UNFINISHED = "refine ⟨hp, ?_⟩"


def test_a_right_proof_is_solved_and_no_repair_is_asked_for(lean, tmp_path):
    model = Scripted(tmp_path, [GOOD])
    _, found = attempts(lean, model)
    assert [type(attempt.outcome) for attempt in found] == [Solved]
    assert len(model.asked) == 1
    prompt = model.asked[0][0].prompt[0].content
    assert "theorem first" in prompt
    assert "one = 1 := by\n  sorry" in prompt
    assert "other" not in prompt


def test_a_failed_proof_goes_back_with_leans_message_best_first(lean, tmp_path):
    model = Scripted(tmp_path, [EARLY, LATE, EARLY], [GOOD])
    _, found = attempts(lean, model, repairs=1)
    assert [(attempt.body, attempt.round) for attempt in found] == [(EARLY, 0), (LATE, 0), (GOOD, 1)]
    assert [attempt.prefix for attempt in found] == [(), ("refine ⟨hp, ?_⟩", "constructor"), ()]
    assert isinstance(found[-1].outcome, Solved)
    [repair] = model.asked[1]
    assert [message.role for message in repair.prompt] == ["user", "assistant", "user"]
    assert "· exact hp" in repair.prompt[1].content
    assert "Type mismatch" in repair.prompt[2].content


def test_a_proof_that_leaves_goals_is_not_solved(lean, tmp_path):
    model = Scripted(tmp_path, [UNFINISHED], [UNFINISHED])
    _, found = attempts(lean, model)
    assert [attempt.prefix for attempt in found] == [(UNFINISHED,)]
    assert not isinstance(found[0].outcome, Solved)
    assert "unsolved goals" in model.asked[1][0].prompt[2].content


def test_rounds_end(lean, tmp_path):
    model = Scripted(tmp_path, [EARLY], [LATE], [GOOD])
    _, found = attempts(lean, model, rounds=2)
    assert [attempt.body for attempt in found] == [EARLY, LATE]


def test_a_deadline_that_has_passed_asks_nothing(lean, tmp_path):
    model = Scripted(tmp_path, [GOOD])
    opened = lean.open(SOURCE)
    whole = WholeProofs(ModelGenerator(model, n=4))
    assert list(whole.attempts(lean, opened.source, opened.holes[0], time.monotonic() - 1)) == []
    assert model.asked == []


def test_an_answer_without_a_proof_is_kept_as_trouble(lean, tmp_path):
    model = Scripted(tmp_path, ["sorry"])
    whole, found = attempts(lean, model)
    assert found == []
    assert "The model wrote nothing that could be a proof." in whole.troubles


def test_the_good_prefix_is_proposed_on_the_states_it_leads_to(lean, tmp_path):
    whole, _ = attempts(lean, Scripted(tmp_path, [LATE, "refine ⟨hp, ?_⟩\nexact foo", EARLY], [EARLY]))
    start, after, elsewhere = whole.hints.propose(
        [Position((), ()), Position((), ("refine ⟨hp, ?_⟩",)), Position((), ("simp",))]
    )
    assert [c.action for c in start] == ["refine ⟨hp, ?_⟩"]
    assert [c.action for c in after] == ["constructor"]
    assert elsewhere == []


def test_hints_are_weighed_by_how_often_they_were_seen():
    hints = Hints()
    for steps in (("a", "b"), ("a", "c"), ("a", "b")):
        hints.add(steps)
    [found] = hints.propose([Position((), ("a",))])
    assert [(c.action, round(math.exp(c.log_probability), 3)) for c in found] == [("b", 0.667), ("c", 0.333)]


def test_what_stands_before_the_hole_is_posed(lean):
    source = "namespace A\n@[simp] theorem t' : True := trivial\ntheorem t : True ∧ True := by\n  sorry\nend A"
    opened = lean.open(source)
    header, statement = posed(opened.source, opened.holes[0])
    assert header == "namespace A\n@[simp] theorem t' : True := trivial"
    assert statement == "theorem t : True ∧ True := by"


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("intro x\nsimp", ["intro x", "simp"]),
        ("constructor\n· simp\n· intro y\n  exact y", ["constructor", "· simp", "· intro y\n  exact y"]),
        (
            "induction n with\n| zero => rfl\n| succ n ih =>\n  simp",
            ["induction n with\n| zero => rfl\n| succ n ih =>\n  simp"],
        ),
        ("have h : p := by\n  simp\n\n-- now\nexact h", ["have h : p := by\n  simp", "exact h"]),
        ("simp\n<;> omega", ["simp\n<;> omega"]),
    ],
)
def test_a_block_is_cut_into_its_tactics(body, wanted):
    assert top_level(body) == wanted
