"""Prompt formats, lenient reading of answers, and candidates from a model."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.generators import answers
from prover.generators.model import ModelGenerator
from prover.generators.prompts import (
    FORMATS,
    REPROVER_BYTES,
    Premise,
    ProofQuestion,
    StateQuestion,
    format_for,
    stub,
)
from prover.models import BadRequest, open_model

STATE = "n : Nat\n⊢ n + 0 = n"
ADD_COMM = Premise("Nat.add_comm", "theorem Nat.add_comm (n m : Nat) : n + m = m + n")


@pytest.mark.parametrize(
    ("model", "level", "name"),
    [
        ("transformers:kaiyuy/leandojo-lean4-tacgen-byt5-small@hub:float32", "tactic", "reprover"),
        ("transformers:kaiyuy/leandojo-lean4-retriever-tacgen-byt5-small", "tactic", "reprover-retrieval"),
        ("transformers:bytedance-research/BFS-Prover@x", "tactic", "bfs-prover"),
        ("openai:ByteDance-Seed/BFS-Prover-V2-7B@http://localhost:8000/v1", "tactic", "bfs-prover"),
        ("openai:gpt-4o@https://api.openai.com/v1", "tactic", "chat"),
        ("transformers:deepseek-ai/DeepSeek-Prover-V1.5-RL", "proof", "deepseek-prover-v1.5"),
        ("transformers:deepseek-ai/DeepSeek-Prover-V2-7B", "proof", "whole-proof"),
        ("transformers:Goedel-LM/Goedel-Prover-SFT", "proof", "goedel-prover-v1"),
        ("transformers:Goedel-LM/Goedel-Prover-V2-8B", "proof", "whole-proof"),
        ("openai:gpt-4o@https://api.openai.com/v1", "proof", "chat-proof"),
    ],
)
def test_the_format_is_chosen_by_the_models_name(model, level, name):
    assert format_for(model, level).name == name


def test_a_format_can_be_overridden_and_a_wrong_one_is_refused():
    assert format_for("anything", "tactic", "bfs-prover").name == "bfs-prover"
    for wrong in ("nothing", "whole-proof"):
        with pytest.raises(BadRequest, match="reprover"):
            format_for("anything", "tactic", wrong)


def test_reprover_gets_the_bare_state_without_the_number_of_goals():
    question = StateQuestion("2 goals\ncase a\n⊢ p\n\ncase b\n⊢ q", premises=(ADD_COMM,))
    assert FORMATS["reprover"].write(question) == "case a\n⊢ p\n\ncase b\n⊢ q"


def test_reprover_gets_marked_premises_with_the_best_next_to_the_state():
    other = Premise("Foo.bar", "def Foo.bar : Nat := 0")
    prompt = FORMATS["reprover-retrieval"].write(StateQuestion(STATE, (ADD_COMM, other)))
    assert prompt == (
        "def <a>Foo.bar</a> : Nat := 0\n\ntheorem <a>Nat.add_comm</a> (n m : Nat) : n + m = m + n\n\n" + STATE
    )


def test_reprover_premises_are_marked_where_the_source_has_a_shorter_name():
    write = FORMATS["reprover-retrieval"].write
    inside = Premise("Nat.Sub.zero_le", "theorem Sub.zero_le (n : Nat) : 0 ≤ n")
    assert "theorem <a>Nat.Sub.zero_le</a> (n" in write(StateQuestion(STATE, (inside,)))
    unnamed = Premise("instFoo", "instance : Foo Nat := ⟨0⟩")
    assert "<a>instFoo</a> : instance" in write(StateQuestion(STATE, (unnamed,)))


def test_reprover_premises_stay_within_its_bytes_and_a_shorter_one_still_fits():
    long = Premise("long", "theorem long : " + "∀" * 900)
    prompt = FORMATS["reprover-retrieval"].write(StateQuestion(STATE, (ADD_COMM, long, Premise("s", "def s := 1"))))
    assert len(prompt.encode()) <= REPROVER_BYTES
    assert "<a>s</a>" in prompt
    assert "∀∀" not in prompt


def test_bfs_prover_gets_the_state_and_three_colons():
    assert FORMATS["bfs-prover"].write(StateQuestion(STATE)) == STATE + ":::"


def test_chat_has_the_state_premises_and_failed_tactics():
    question = StateQuestion(STATE, (ADD_COMM,), (("ring", "unknown\n  tactic"),))
    system, user = FORMATS["chat"].write(question)
    assert "never use sorry" in system.content
    assert STATE in user.content
    assert ADD_COMM.statement in user.content
    assert "- `ring`: unknown tactic" in user.content


def test_whole_proof_prompts_hold_header_and_statement_and_no_old_proof():
    question = ProofQuestion("theorem t : 1 = 1 := by sorry", header="import Std\n")
    open_block = FORMATS["deepseek-prover-v1.5"].write(question)
    assert open_block.endswith("```lean4\nimport Std\n\ntheorem t : 1 = 1 := by\n")
    [message] = FORMATS["whole-proof"].write(question)
    assert "import Std\n\ntheorem t : 1 = 1 := by\n  sorry\n```" in message.content


def test_a_repair_round_shows_the_attempt_and_the_errors():
    question = ProofQuestion("theorem t : p", attempt="theorem t : p := by\n  simp", errors=("simp failed",))
    first, attempt, errors = FORMATS["whole-proof"].write(question)
    assert (first.role, attempt.role, errors.role) == ("user", "assistant", "user")
    assert "simp" in attempt.content
    assert "simp failed" in errors.content


@pytest.mark.parametrize("end", ["", " := by", " := by sorry", " := by\n  sorry", " := sorry", " :=\n  by sorry\n"])
def test_a_stub_ends_with_by_whatever_stood_there(end):
    assert stub("theorem t : sorry_free 1 = 1" + end) == "theorem t : sorry_free 1 = 1 := by"


CHAT_ANSWERS = {
    "a fence": ("```lean\nsimp\nomega\n```", ["simp", "omega"]),
    "a fence after thinking": (
        "<think>maybe ```lean\nring\n``` no</think>\n```lean4\nexact h\n```",
        ["exact h"],
    ),
    "thinking cut at its beginning": ("so simp?</think>```\nrfl\n```", ["rfl"]),
    "thinking that never ends": ("<think>simp\nor omega", []),
    "a fence that is not closed": ("Here:\n```lean\nsimp [foo]", ["simp [foo]"]),
    "several fences": ("```lean\nsimp\n```\nor\n```tactics\nomega\n```", ["simp", "omega"]),
    "another language": ("```python\nprint(1)\n```\n", []),
    "numbered in a fence": ("```lean\n1. simp\n2. omega\n```", ["simp", "omega"]),
    "numbered lines": ("1. simp\n2) `rw [h]`\n- omega", ["simp", "rw [h]", "omega"]),
    "quoted in prose": ("You could try `exact h.1` or `simp`, where `h` is given.", ["exact h.1", "simp"]),
    "a label": ("Tactic: intro x", ["intro x"]),
    "prose": ("I would first think about the goal.\nThen we have that it holds.", []),
    "nothing": ("", []),
    "by": ("```lean\nby simp\n```", ["simp"]),
    "structure": (
        "```lean\ninduction n with\n| zero => rfl\n| succ n ih => simp [ih]\nomega\n```",
        ["induction n with\n| zero => rfl\n| succ n ih => simp [ih]", "omega"],
    ),
    "indented structure": (
        "```lean\n  have h : a = b := by\n    simp\n  exact h\n```",
        ["have h : a = b := by\n  simp", "exact h"],
    ),
    "the theorem repeated": (
        "```lean\ntheorem t (n : Nat := 3) : n = n := by\n  intro x\n  rfl\n```",
        ["intro x\nrfl"],
    ),
    "giving up": ("```lean\nsorry\nsimp; sorry\nadmit\nexact sorry_lemma\n```", ["exact sorry_lemma"]),
    "comments": ("```lean\n-- first\nsimp -- closes it\n/- no -/ omega\n```", ["simp", "omega"]),
    "twice": ("```lean\nsimp  [a,  b]\nsimp [a, b]\n```", ["simp [a, b]"]),
    "marks": ("`rw [<a>Nat.add_comm</a>]`", ["rw [Nat.add_comm]"]),
}


@pytest.mark.parametrize("name", CHAT_ANSWERS)
def test_chat_answers_are_read_leniently(name):
    text, wanted = CHAT_ANSWERS[name]
    assert answers.tactics(text) == wanted


def test_a_trained_models_answer_is_one_tactic_even_if_it_echoes_the_state():
    assert answers.one_tactic("simp [<a>Nat.add_comm</a>]\n") == ["simp [Nat.add_comm]"]
    assert answers.one_tactic(STATE + ":::simp") == ["simp"]
    assert answers.one_tactic("  \n") == []
    assert answers.one_tactic("by\n  intro x\n  exact x") == ["intro x\nexact x"]


@given(st.text())
def test_any_text_is_read_without_an_error_and_never_gives_up(text):
    for read in (answers.tactics, answers.one_tactic):
        for tactic in read(text):
            assert tactic == answers.normalise(tactic) != ""
            assert not answers.gives_up(tactic)
    for source in answers.lean_blocks(text) + answers.rest_of_block(text):
        answers.proof_body(source, "theorem t : p")


@pytest.mark.parametrize(
    ("lean", "wanted"),
    [
        ("exact sorry", True),
        ("by admit", True),
        ("simp -- sorry", False),
        ("/- sorry -/ simp", False),
        ('exact "sorry"', False),
        ("exact sorry'", True),
        ("exact not_sorry", False),
    ],
)
def test_giving_up_is_seen_outside_comments_and_strings(lean, wanted):
    assert answers.gives_up(lean) == wanted


PROOFS = {
    "the statement repeated": ("theorem t (a : Nat) : a = a := by\n  intro\n  rfl\n", "intro\nrfl"),
    "on the line of by": ("theorem t : p := by simp\n", "simp"),
    "on the line of by and below": ("theorem t : p := by simp\n                     omega\n", "simp\nomega"),
    "lemmas before": ("lemma a : q := by omega\n\ntheorem t : p := by\n  exact a\n", "exact a"),
    "something after": ("theorem t : p := by\n  simp\n\nexample : q := by omega\n", "simp"),
    "a default value": ("theorem t (n : Nat := by exact 0) : p := by\n  simp\n", "simp"),
    "a longer name": ("theorem t' : q := by omega\ntheorem t : p := by\n  simp", "simp"),
    "the block alone": ("  intro x\n  simp\n", "intro x\nsimp"),
    "by and the block": ("by\n  simp\n", "simp"),
    "structure": (
        "theorem t : p ∧ q := by\n  constructor\n  · simp\n  · omega",
        "constructor\n· simp\n· omega",
    ),
    "a term": ("theorem t : p := h", None),
    "another theorem": ("theorem u : q := by simp", None),
    "no proof": ("theorem t : p", None),
}


@pytest.mark.parametrize("name", PROOFS)
def test_the_body_of_a_proof_is_found(name):
    source, wanted = PROOFS[name]
    assert answers.proof_body(source, "theorem t : p := by sorry") == wanted


def test_the_last_block_with_a_declaration_is_the_answer():
    plan, proof, check = "theorem t : p := by\n  sorry", "theorem t : p := by\n  simp", "#check t"
    text = "".join(f"Now:\n```lean4\n{block}\n```\n" for block in (plan, proof, check))
    assert answers.lean_blocks(text) == ["theorem t : p := by\n  simp"]
    assert answers.lean_blocks("no code at all") == []
    assert answers.lean_blocks("theorem t : p := by simp") == ["theorem t : p := by simp"]


def recorded(tmp_path, *lines):
    path = tmp_path / "recorded.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return open_model(f"recorded:{path}")


def test_spellings_of_a_tactic_are_one_candidate_with_the_probability_of_all(tmp_path):
    completions = [
        {"text": "simp", "logprob": -1.0},
        {"text": "simp ", "logprob": -2.0},
        {"text": "omega", "logprob": -0.5},
        {"text": "simp", "logprob": -1.0},
        {"text": "sorry", "logprob": -0.1},
        {"text": "ring", "logprob": -0.2},
    ]
    model = recorded(tmp_path, {"prompt": STATE + ":::", "completions": completions})
    generator = ModelGenerator(model, n=6, format="bfs-prover")
    [found] = generator.tactics([StateQuestion(STATE, failed=(("ring", "unknown tactic"),))])
    assert [(t.text, t.votes) for t in found.candidates] == [("omega", 1), ("simp", 3)]
    assert found.candidates[1].logprob == pytest.approx(-0.6867, abs=1e-3)  # log(e^-1 + e^-2)
    assert found.dropped == 2


def test_without_probabilities_votes_decide(tmp_path):
    samples = ["```lean\nsimp\nomega\n```", "```lean\nomega\n```", "I do not know."]
    model = recorded(tmp_path, {"id": "q", "samples": samples})
    [found] = ModelGenerator(model, n=3).tactics([StateQuestion(STATE, id="q")])
    assert [(t.text, t.votes, t.logprob) for t in found.candidates] == [("omega", 2, None), ("simp", 1, None)]
    assert found.dropped == 1


def test_a_generation_without_a_tactic_is_one_sentence_and_the_batch_goes_on(tmp_path):
    model = recorded(tmp_path, {"id": "a", "samples": ["No idea."]}, {"id": "b", "samples": ["`simp`"]})
    generator = ModelGenerator(model, n=1)
    first, second, third = generator.tactics([StateQuestion(STATE, id=name) for name in "abc"])
    assert first.failure == "The model wrote nothing that could be a tactic."
    assert second.candidates[0].text == "simp"
    assert "no answer to this prompt" in third.failure


def test_a_whole_proof_keeps_our_statement(tmp_path):
    changed = "```lean4\ntheorem t : True := by\n  trivial\n```"
    good = "```lean4\nlemma h : q := by omega\n\ntheorem t : p := by\n  constructor\n  · simp\n```"
    model = recorded(tmp_path, {"id": "t", "samples": [changed, good, "```lean4\ntheorem t : p := by\n  sorry\n```"]})
    question = ProofQuestion("theorem t : p := by sorry", header="import Std", id="t")
    [found] = ModelGenerator(model, n=3).proofs([question])
    assert [proof.source for proof in found.candidates] == [
        "import Std\n\ntheorem t : p := by\n  trivial\n",
        "import Std\n\ntheorem t : p := by\n  constructor\n  · simp\n",
    ]
    assert "lemma h" in found.candidates[1].written
    assert found.dropped == 1


def test_beams_are_used_where_the_format_wants_them(asked_of):
    generator, asked = asked_of("kaiyuy/leandojo-lean4-tacgen-byt5-small")
    generator.tactics([StateQuestion(STATE)])
    assert (asked[0].beams, asked[0].n, asked[0].temperature) == (8, 8, 0.0)
    generator, asked = asked_of("BFS-Prover")
    generator.tactics([StateQuestion(STATE)])
    assert (asked[0].beams, asked[0].n, asked[0].temperature) == (0, 8, 1.0)


@pytest.fixture
def asked_of():
    """A generator over a model that only writes down what it is asked."""

    def make(name):
        asked = []

        class Notes:
            def generate(self, requests):
                from prover.models import Failed

                asked.extend(requests)
                return [Failed("no") for _ in requests]

        model = Notes()
        model.name = name
        return ModelGenerator(model, n=8), asked

    return make
