"""Steps out of logs of real searches, results, LeanDojo's files and pairs; what curation prunes."""

from __future__ import annotations

import json

import pytest

from prover import prove
from prover.models import BadRequest
from prover.train import curate, examples_of, read_examples, read_steps
from prover.train.steps import Step

THEOREMS = """theorem s (p q r : Prop) (hp : p) (hq : q) (hr : r) : (q ∧ p) ∧ r := by sorry
theorem l (xs : List Nat) : (xs ++ []).length + 0 = xs.length := by sorry
"""


@pytest.fixture(scope="module")
def proved(lean, tmp_path_factory):
    """A log and a result of one real search without one-liners."""
    folder = tmp_path_factory.mktemp("proved")
    result = prove(THEOREMS, lean=lean, openings=False, seconds=60, log=folder / "log.jsonl")
    assert result.proved
    (folder / "result.json").write_text(result.to_json())
    return folder, result


def test_steps_of_a_log_work_on_their_states(proved, lean):
    folder, _ = proved
    steps = read_steps(folder / "log.jsonl")
    assert {step.theorem for step in steps} == {"s", "l"}
    first = next(step for step in steps if step.theorem == "s")
    assert first.state.endswith("⊢ (q ∧ p) ∧ r")
    # Lean says the same of each: it leaves the states that the log has, or none.
    holes = {hole.theorem: hole.state for hole in lean.open(THEOREMS).holes}
    texts = {"\n\n".join(goal.text for goal in lean.goals(state)): state for state in holes.values()}
    checked = 0
    for step in steps:
        if step.state in texts:
            [outcome] = lean.run(texts[step.state], [step.tactic])
            left = [lean.goals(part)[0].text for part in outcome.state.split()] if hasattr(outcome, "state") else []
            assert tuple(left) == step.after
            checked += 1
    assert checked == 2


def test_steps_of_a_result_are_those_of_its_proofs(proved):
    folder, result = proved
    steps = read_steps(folder / "result.json")
    assert [step.tactic for step in steps] == [s.tactic for hole in result.holes for s in hole.steps]
    lengths = {hole.theorem: len(hole.steps) for hole in result.holes}
    assert all(step.length == lengths[step.theorem] for step in steps)
    assert steps[-1].after == ()


def test_a_folder_is_all_its_files_and_a_step_counts_once(proved):
    folder, _ = proved
    one, both = read_steps(folder / "log.jsonl"), read_steps(folder)
    assert len(both) > len(one)
    assert len(examples_of([*one, *one])) == len(examples_of(one))


def test_a_log_that_is_cut_off_gives_what_it_has(proved, tmp_path):
    text = (proved[0] / "log.jsonl").read_text()
    (tmp_path / "cut.jsonl").write_text(text[:-20])
    assert len(read_steps(tmp_path / "cut.jsonl")) == len(read_steps(proved[0] / "log.jsonl"))


def test_a_leandojo_split_is_its_traced_tactics(tmp_path):
    tactics = [
        {"tactic": "intro h", "annotated_tactic": ["intro h", []], "state_before": "⊢ p → p",
         "state_after": "h : p\n⊢ p"},
        {"tactic": "exact h", "annotated_tactic": ["exact h", []], "state_before": "h : p\n⊢ p",
         "state_after": "no goals"},
        {"tactic": "sorry", "annotated_tactic": ["sorry", []], "state_before": "⊢ q", "state_after": "no goals"},
    ]  # fmt: skip
    path = tmp_path / "train.json"
    path.write_text(json.dumps([{"full_name": "t", "traced_tactics": tactics}]))
    assert read_steps(path) == [
        Step("⊢ p → p", "intro h", ("h : p\n⊢ p",), 3, theorem="t"),
        Step("h : p\n⊢ p", "exact h", (), 3, theorem="t"),
    ]


def test_below_a_branching_the_state_that_follows_may_be_another_branch(tmp_path):
    steps = [("constructor", "⊢ a ∧ b", 0), ("simp", "⊢ a", 1), ("simp", "⊢ b", 1)]
    hole = {"theorem": "t", "status": "proved",
            "steps": [{"tactic": t, "state": s, "depth": d} for t, s, d in steps]}  # fmt: skip
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"holes": [hole, {**hole, "status": "not proved"}]}))
    assert [step.after for step in read_steps(path)] == [None, None, ()]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"kind": "search", "version": 99}\n', "version 99"),
        ('{"kind": "search", "version": 1, "root": {}, "perspectives": []}\nnonsense\n{"kind": "end"}\n', "damaged"),
        ('{"holes": [{"theorem": "t"}]}', "is no result"),
        ('[{"full_name": "t"}]', "theorem 0 is not in LeanDojo's form"),
        ('{"name": "t", "proved": true, "tactics": "simp"}', "give the logs"),
        ('{"state": "⊢ a"}', "line 1 has no 'tactic'"),
        ("\xff", "cannot be read"),
    ],
)
def test_what_has_no_steps_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "data.jsonl"
    path.write_bytes(content.encode("latin-1" if content == "\xff" else "utf-8"))
    with pytest.raises(BadRequest) as caught:
        read_steps(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


GOOD = [Step(f"h{k} : {'x ' * k}\n⊢ p{k}", f"apply h{k}", (f"⊢ q{k}",), length=3) for k in range(6)]
SAME = Step("h : a\n⊢ " + "x " * 40 + "= y", "simp at h", ("h' : a\n⊢ " + "x " * 40 + "= y",), length=3)
TRIVIAL = [Step(f"⊢ {k} = {k}", "rfl", (), length=1) for k in range(3)]


def test_curation_prunes_ineffective_steps_first_and_then_trivial_proofs():
    done = curate([*GOOD, SAME, *TRIVIAL])
    assert done.kept == GOOD
    assert done.pruned == {"ineffective step": 1, "trivial proof": 3}
    assert "40 % of the others pruned (1 ineffective steps, 3 trivial proofs): 6 pairs" in str(done)


def test_no_more_than_its_share_is_pruned_and_the_seed_says_which():
    done = curate([*GOOD[:1], *TRIVIAL])
    assert len(done.kept) == 3
    assert done.kept == curate([*GOOD[:1], *TRIVIAL]).kept
    assert GOOD[0] in done.kept
    assert {curate([*GOOD[:1], *TRIVIAL], seed=seed).kept[1].state for seed in range(20)} == {"⊢ 0 = 0", "⊢ 1 = 1"}


def test_two_spellings_of_a_tactic_on_a_state_are_one_step():
    done = curate([GOOD[0], Step(GOOD[0].state, "apply  h0 -- again", ("⊢ q0",), 3), GOOD[1]])
    assert done.kept == GOOD[:2]
    assert done.repeated == 1


def test_pairs_that_were_written_are_read_again(proved, tmp_path):
    from prover.generators.protocol import Premise
    from prover.train import write_examples

    examples = examples_of([*read_steps(proved[0]), Step("⊢ a", "simp", premises=(Premise("l", "theorem l : a"),))])
    write_examples(examples, tmp_path / "pairs.jsonl")
    assert read_examples(tmp_path / "pairs.jsonl") == examples


def test_an_outcome_table_gives_the_quickest_that_helped_on_states_as_lean_prints_them(lean, tmp_path):
    from prover.data.rows import Row
    from prover.policy.explore import explore

    row = Row("t", "theorem t (a b : Nat) (p q : Prop) (hp : p) (hq : q) : q ∧ p ∧ a + b = b + a")
    table = explore(lean, row, 6.0, 0, None, None)
    path = tmp_path / "tables.jsonl"
    path.write_text(json.dumps(table) + "\n")
    steps = read_steps(path)
    assert steps[0].theorem == "t"
    [hole] = lean.open(row.source(" := by sorry")).holes
    text = lean.goals(hole.state)[0].text
    on_theorem = [step for step in steps if step.state == text]
    assert 1 <= len(on_theorem) <= 2
    outcomes = lean.run(hole.state, [step.tactic for step in on_theorem])
    assert all(type(outcome).__name__ in ("Solved", "Advanced") for outcome in outcomes)
    path.write_text(json.dumps({"name": "t", "nodes": [[{}]], "tried": []}))
    with pytest.raises(BadRequest, match="line 1 is no outcome table"):
        read_steps(path)


def test_pairs_are_shown_the_premises_a_generator_would_be_shown_and_never_the_theorem():
    from prover.generators.premises import LibraryPremises
    from prover.train import with_premises
    from retrieval import records
    from retrieval.corpus import Corpus
    from retrieval.library import Library

    premises = tuple(
        records.Premise(name, f"∀ (xs : List α), {text}", constants=("List", "HAppend.hAppend", "Eq"))
        for name, text in (("List.append_nil", "xs ++ [] = xs"), ("List.nil_append", "[] ++ xs = xs"))
    )
    library = LibraryPremises(Library.of(Corpus.of([records.Module("M", (), premises)])), 1)
    state = "case a\nxs : List Nat\n⊢ xs ++ [] = xs\n\ncase b\n⊢ True"
    own, other, shown = with_premises(
        [Step(state, "simp", theorem="List.append_nil"), Step(state, "simp"), Step(state, "rfl", premises=("kept",))],
        library,
    )
    assert [premise.name for premise in own.premises] == ["List.nil_append"]
    assert [premise.name for premise in other.premises] == ["List.append_nil"]
    assert shown.premises == ("kept",)
