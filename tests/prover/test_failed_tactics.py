"""Lean's time is not wasted: what is malformed, or was tried on a state before; and what failed is told to a model."""

from __future__ import annotations

import json

import pytest

from prover.generators.answers import complete, spelling
from prover.generators.model import ModelGenerator
from prover.generators.neural import Mixture, ModelTactics
from prover.generators.portfolio import Portfolio
from prover.generators.prompts import StateQuestion
from prover.generators.protocol import Position
from prover.lean.protocol import Limits
from prover.lean_search import MOST_FAILED, LeanChecker, LeanGenerator, LeanState
from prover.models import Failed, open_model
from prover.prove import prove
from prover.whole import WholeProofs
from search.protocols import Advanced, Candidate, Rejected, Solved, TimedOut

LIMITS = Limits(4_000, 20.0)
AND = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry"


class Counted:
    """A Lean that writes down what it was asked to run."""

    def __init__(self, lean):
        self.lean = lean
        self.ran = []

    def run(self, state, tactics, limits=LIMITS, explain=True):
        self.ran += tactics
        return self.lean.run(state, tactics, limits, explain)

    def __getattr__(self, name):
        return getattr(self.lean, name)


@pytest.fixture
def counted(lean):
    return Counted(lean)


def opened(lean, source):
    return LeanState(lean, lean.open(source).holes[0].state)


@pytest.mark.parametrize(
    ("tactic", "whole"),
    [
        ("simp [a, b]", True),
        ("simp [a, b", False),
        ("exact ⟨hp, hq⟩", True),
        ("exact (a]", False),
        ("rw [h] at *)", False),
        ('exact "("', True),
        ('exact "abc', False),
        ("simp -- (", True),
        ("simp /- ( -/", True),
        ("simp /- (", False),
        ("exact h' (a')", True),
        ("exact '('", True),
        ("show c = '\\''", True),
        ("exact «a(b»", True),
        ("exact «a", False),
        ("intro ⦃x⦄", True),
    ],
)
def test_a_text_that_was_cut_off_is_told_from_a_whole_one(tactic, whole):
    assert complete(tactic) == whole


def test_every_tactic_of_the_portfolio_is_complete(lean):
    state = opened(lean, "theorem t (xs : List Nat) (h : xs ≠ []) : ∃ n, n ∈ xs ∧ 2 * n ≤ n * 2 := by sorry")
    position = Position(state.lean_goals)
    general, special = Portfolio().opening(position)
    tactics = [*general, *special, *(c.action for c in Portfolio().propose([position])[0])]
    assert len(tactics) > 50
    assert [tactic for tactic in tactics if not complete(tactic)] == []


def test_a_model_s_malformed_tactics_are_no_candidates(tmp_path):
    path = tmp_path / "recorded.jsonl"
    samples = [{"text": "simp [Nat.add_comm"}, {"text": "exact ⟨a, b⟩"}, {"text": 'exact "'}]
    path.write_text(json.dumps({"prompt": "⊢ a:::", "completions": samples}))
    [found] = ModelGenerator(open_model(str(path)), n=3, format="bfs-prover").tactics([StateQuestion("⊢ a")])
    assert [tactic.text for tactic in found.candidates] == ["exact ⟨a, b⟩"]
    assert found.dropped == 2


def test_what_does_not_parse_is_not_elaborated(lean):
    state = opened(lean, AND)
    malformed = ["exact (hp", "wibble", "constructor)", "have h : p := by", "simp [,]", "exact hp hq := 3"]

    def evaluated(session):
        asked = []
        run = session.proofs.in_state
        session.proofs.in_state = lambda *args: asked.append(args[2]) or run(*args)
        try:
            outcomes = session.run(state.proof_state, [*malformed, "constructor"], LIMITS)
        finally:
            del session.proofs.in_state
        return outcomes, asked

    outcomes, asked = lean.ask(evaluated)
    assert all(type(outcome).__name__ == "Rejected" and outcome.message for outcome in outcomes[:-1])
    assert asked == ["l_Lean_Elab_Tactic_evalTactic"]


def test_no_tactic_is_tried_twice_on_a_state_in_whatever_spelling(counted):
    state = opened(counted, AND)
    checker = LeanChecker(counted, LIMITS)
    first = [checker.attempt(state, tactic) for tactic in ("exact hp", "constructor", "omega")]
    again = [checker.attempt(state, tactic) for tactic in ("exact   hp", "constructor -- both", "omega")]
    assert counted.ran == ["exact hp", "constructor", "omega"]
    assert again == first
    assert isinstance(first[0], Rejected)
    assert isinstance(first[1], Advanced)


def test_merged_states_share_what_was_refused(counted):
    source = "theorem t (p q : Prop) : p → q → p ∧ q := by sorry"
    root = opened(counted, source)
    checker = LeanChecker(counted, LIMITS)
    [one] = checker.attempt(root, "intro a b").states
    [other] = checker.attempt(root, "intro x y").states
    assert one.key == other.key
    before = len(counted.ran)
    assert isinstance(checker.attempt(one, "omega"), Rejected)
    assert isinstance(checker.attempt(other, "omega"), Rejected)
    assert counted.ran[before:] == ["omega"]
    # What advanced is run on each: its states have the names of their own way.
    assert checker.attempt(one, "constructor").states[0].text != checker.attempt(other, "constructor").states[0].text


def test_larger_limits_are_worth_another_try_and_smaller_ones_are_not(counted):
    state = opened(counted, "theorem t (a b : Nat) (h : 3 * a + 5 * b = 7) (k : a < b) : a + 2 * b < 9 := by sorry")
    checker = LeanChecker(counted, Limits(1, 20.0))
    assert isinstance(checker.attempt(state, "omega"), TimedOut)
    assert isinstance(checker.attempt(state, "omega"), TimedOut)
    assert counted.ran == ["omega"]
    checker.limits = LIMITS
    assert isinstance(checker.attempt(state, "omega"), Solved)
    assert counted.ran == ["omega", "omega"]


def test_of_two_lines_the_second_is_what_was_refused_on_the_state_between(counted):
    root = opened(counted, "theorem t : ∀ p q : Prop, p ∧ q → q := by sorry")
    checker = LeanChecker(counted, LIMITS, explain=True)
    [between] = checker.attempt(root, "unhygienic intros").states
    assert isinstance(checker.attempt(root, "unhygienic intros\nomega"), Rejected)
    [reached] = checker.attempt(root, "intro a b c").states
    before = len(counted.ran)
    assert isinstance(checker.attempt(reached, "omega"), Rejected)
    assert counted.ran[before:] == []
    assert [tactic for tactic, _ in checker.failed_on(between)] == ["omega"]
    # A line that belongs to the one above is no tactic of its own.
    checker.attempt(root, "unhygienic intros\n  rfl")
    assert [tactic for tactic, _ in checker.failed_on(between)] == ["omega"]


def test_the_latest_refusals_come_first_with_leans_messages(lean):
    state = opened(lean, AND)
    checker = LeanChecker(lean, LIMITS, explain=True)
    tactics = [f"exact h{k}" for k in range(12)] + ["constructor", "exact hp"]
    for tactic in tactics:
        checker.attempt(state, tactic)
    failed = checker.failed_on(state)
    assert [tactic for tactic, _ in failed] == ["exact hp", *(f"exact h{k}" for k in range(11, 12 - MOST_FAILED, -1))]
    assert "ype mismatch" in failed[0][1]
    [position] = [LeanGenerator(Portfolio(), failed=checker.failed_on).position(state)]
    assert position.failed == failed
    assert LeanChecker(lean, LIMITS).failed_on(state) == ()


class Asked:
    """A model without an answer that writes down its prompts."""

    name = "asked"

    def __init__(self):
        self.prompts = []

    def generate(self, requests):
        self.prompts += [request.prompt for request in requests]
        return [Failed("nothing comes to mind") for _ in requests]


def test_the_one_liners_that_failed_are_in_the_prompt_of_a_chat_model(lean):
    model = Asked()
    tactics = ModelTactics(ModelGenerator(model, n=2))
    generator = Mixture([(OneLiners("omega", "exact foo", "decide"), 1.0), (tactics, 1.0)])
    result = prove(AND, lean=lean, seconds=30, generator=generator, expansions=2, premises=0)
    assert not result.proved
    said = model.prompts[0][1].content
    assert "These tactics fail here:" in said
    for tactic in ("omega", "exact foo", "decide"):
        assert f"- `{tactic}`: " in said


def test_a_format_that_shows_no_failures_costs_no_messages(lean):
    generator = Mixture([(OneLiners("omega"), 1.0), (ModelTactics(ModelGenerator(Asked(), format="bfs-prover")), 1.0)])
    assert not generator.reads_failed
    assert Mixture([(generator, 1.0), (ModelTactics(ModelGenerator(Asked())), 1.0)]).reads_failed
    assert not Mixture([(Portfolio(), 1.0)]).reads_failed


def test_where_a_whole_proof_broke_off_is_told_where_the_tree_comes_there(lean, tmp_path):
    source = "theorem t (p q : Prop) (hp : p) (hq : q) : (p → p ∧ q) := by sorry"
    path = tmp_path / "proofs.jsonl"
    proof = "```lean4\ntheorem t (p q : Prop) (hp : p) (hq : q) : (p → p ∧ q) := by\n  intro h\n  exact h\n```"
    path.write_text(json.dumps({"id": "t", "samples": [proof]}))
    whole = WholeProofs(ModelGenerator(open_model(str(path)), n=1))
    model = Asked()
    generator = Mixture([(ModelTactics(ModelGenerator(model, n=1)), 1.0), (whole.hints, 2.0)], whole)
    result = prove(source, lean=lean, seconds=30, generator=generator, expansions=2, premises=0)
    assert not result.proved
    after = next(prompt[1].content for prompt in model.prompts if "h : p" in prompt[1].content)
    assert "- `exact h`: " in after
    assert "ype mismatch" in after


class OneLiners:
    """Whole proofs to try before the search, and nothing in it."""

    def __init__(self, *tactics):
        self.tactics = list(tactics)

    def opening(self, _position):
        return self.tactics, []

    def propose(self, positions):
        return [[Candidate("skip", -1.0)] for _ in positions]


def test_a_spelling_is_the_tactic_without_comments_and_repeated_spaces():
    assert spelling("  simp  [a,  b] -- c") == "simp [a, b]"
    assert spelling("exact h,") != spelling("exact h")
    assert spelling("cases h with\n  | inl  a => x") == "cases h with\n  | inl a => x"
