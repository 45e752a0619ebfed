"""A model as a tactic generator, and its mixture with a symbolic one."""

from __future__ import annotations

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.generators.answers import normalise
from prover.generators.model import ModelGenerator
from prover.generators.neural import Judged, Mixture, ModelTactics, mixed
from prover.generators.portfolio import Portfolio
from prover.generators.premises import LibraryPremises
from prover.generators.protocol import Position, Premise
from prover.lean.state import Goal
from prover.models import BadRequest, open_model
from search.protocols import Candidate


def position(*targets):
    return Position(tuple(Goal(f"⊢ {target}", target) for target in targets))


def model(tmp_path, **answers):
    """A recording: state → completions."""
    path = tmp_path / "recorded.jsonl"
    lines = [{"prompt": f"⊢ {state}:::", "completions": found} for state, found in answers.items()]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return ModelGenerator(open_model(str(path)), n=8, format="bfs-prover")


SIMP = {"text": "simp", "logprob": -0.5, "tokens": 3}
OMEGA = {"text": "omega", "logprob": -2.0, "tokens": 5}


def test_positions_are_asked_in_one_batch_and_answered_in_order(tmp_path):
    generator = model(tmp_path, a=[SIMP, OMEGA], b=[OMEGA])
    batches = []
    generate = generator.model.generate
    generator.model.generate = lambda requests: batches.append(len(requests)) or generate(requests)
    found = ModelTactics(generator).propose([position("a"), position(), position("b")])
    assert [[c.action for c in candidates] for candidates in found] == [["simp", "omega"], [], ["omega"]]
    assert found[0][0].log_probability == -0.5
    assert sum(c.tokens for c in found[0]) == 8
    assert batches == [2]


def test_all_goals_and_the_premises_are_in_the_prompt(tmp_path):
    asked = []

    class Notes:
        name = "notes"

        def generate(self, requests):
            asked.extend(requests)
            return open_model(f"recorded:{tmp_path}/none.jsonl").generate(requests)

    (tmp_path / "none.jsonl").write_text("")
    generator = ModelGenerator(Notes(), n=2, format="premises-state")
    tactics = ModelTactics(generator, premises=lambda p: [Premise("l", f"theorem l : {p.goals[0].target}")])
    assert tactics.propose([position("a", "b")]) == [[]]
    assert asked[0].prompt == "theorem l : a\n\n⊢ a\n\n⊢ b:::"


def test_premises_come_from_the_librarys_rankers_once_for_each_goal():
    from retrieval import records
    from retrieval.corpus import Corpus
    from retrieval.library import Library

    premises = (
        records.Premise("Nat.add_comm", "∀ (n m : Nat), n + m = m + n", constants=("Nat", "HAdd.hAdd", "Eq")),
        records.Premise(
            "List.append_nil", "∀ (xs : List α), xs ++ [] = xs", constants=("List", "HAppend.hAppend", "Eq")
        ),
    )
    library = Library.of(Corpus.of([records.Module("M", (), premises)]))
    find = LibraryPremises(library, count=1)
    place = Position((Goal("xs : List Nat\n⊢ xs ++ [] = xs", "xs ++ [] = xs"), Goal("⊢ True", "True")))
    assert find(place) == (Premise("List.append_nil", "∀ (xs : List α), xs ++ [] = xs"),)
    assert find(place) is find(place)
    assert find(Position(())) == ()


def test_trouble_with_a_state_is_kept_and_the_others_go_on(tmp_path):
    tactics = ModelTactics(model(tmp_path, a=[SIMP], b=[{"text": "sorry"}]))
    found = tactics.propose([position("a"), position("b"), position("c"), position("d")])
    assert [len(candidates) for candidates in found] == [1, 0, 0, 0]
    assert tactics.troubles["The model wrote nothing that could be a tactic."] == 1
    assert sum(count for said, count in tactics.troubles.items() if "no answer to this prompt" in said) == 2


def test_votes_stand_in_for_probabilities(tmp_path):
    found = ModelTactics(model(tmp_path, a=[{"text": "simp"}, {"text": "omega"}, {"text": "simp"}])).propose(
        [position("a")]
    )
    assert [(c.action, round(math.exp(c.log_probability), 3)) for c in found[0]] == [("simp", 0.667), ("omega", 0.333)]


def test_what_both_propose_is_heard_twice_and_sent_once():
    symbolic = [Candidate("omega", math.log(0.6)), Candidate("simp  [h]", math.log(0.4))]
    # Unnormalised: a model's few samples never hold all of its probability.
    neural = [Candidate("simp [h]", math.log(0.03)), Candidate("ring", math.log(0.01))]
    found = mixed([(symbolic, 1.0), (neural, 1.0)])
    assert [c.action for c in found] == ["simp  [h]", "omega", "ring"]
    assert [math.exp(c.log_probability) for c in found] == pytest.approx([0.2 + 0.375, 0.3, 0.125])


def test_a_silent_generator_has_no_say():
    symbolic = [Candidate("omega", math.log(0.5)), Candidate("simp", math.log(0.5))]
    assert [math.exp(c.log_probability) for c in mixed([(symbolic, 1.0), ([], 5.0)])] == pytest.approx([0.5, 0.5])
    assert mixed([([], 1.0), ([], 1.0)]) == []


CANDIDATES = st.lists(
    st.builds(Candidate, st.sampled_from(["simp", "simp ", "omega", "rw [h]", "rw  [h]", "intro x"]), st.floats(-60, 0))
)


@given(CANDIDATES, CANDIDATES, st.floats(0.1, 10))
def test_a_mixture_is_a_distribution_over_distinct_tactics(left, right, weight):
    found = mixed([(left, 1.0), (right, weight)])
    keys = [normalise(c.action) for c in found]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {normalise(c.action) for c in left + right} or any(
        c.log_probability < -50 for c in left + right
    )
    assert all(c.log_probability <= 0 for c in found)
    assert [c.log_probability for c in found] == sorted((c.log_probability for c in found), reverse=True)
    if found:
        assert math.fsum(math.exp(c.log_probability) for c in found) == pytest.approx(1)


def test_the_portfolio_goes_on_where_the_model_is_silent(tmp_path):
    portfolio = Portfolio()
    both = Mixture([(portfolio, 1.0), (ModelTactics(model(tmp_path, a=[{"text": "exact from_the_model"}])), 1.0)])
    places = [position("a"), position("unknown")]
    with_model, without = both.propose(places)
    alone = portfolio.propose(places)
    assert with_model[0].action == "exact from_the_model"
    assert {c.action for c in alone[0]} < {c.action for c in with_model}
    assert {c.action for c in without} == {c.action for c in alone[1]}
    assert both.opening(places[0]) == portfolio.opening(places[0])


@pytest.mark.parametrize("weights", [[], [0.0], [1.0, -1.0]])
def test_a_mixture_of_nothing_is_refused(weights):
    with pytest.raises(BadRequest):
        Mixture([(Portfolio(), weight) for weight in weights])


def test_a_model_may_take_a_share_of_the_time_that_is_left(tmp_path):
    generator = model(tmp_path, a=[SIMP])
    asked = []
    generate = generator.model.generate
    generator.model.generate = lambda requests: asked.extend(requests) or generate(requests)
    both = Mixture([(Portfolio(), 1.0), (ModelTactics(generator), 1.0)])
    both.propose([position("a")])
    now = time.monotonic()
    both.until(now + 100)
    both.propose([position("a")])
    assert asked[0].deadline is None
    assert now + 20 < asked[1].deadline < now + 30


def test_the_first_generator_leads_the_whole_proofs_of_a_mixture(tmp_path):
    class Arranging(Portfolio):
        def arrange(self, places):
            return [f"exact {len(places)}"], []

    tactics = ModelTactics(model(tmp_path, a=[SIMP]))
    assert Mixture([(Arranging(), 1.0), (tactics, 1.0)]).arrange([("", position("a"))]) == (["exact 1"], [])
    for plain in (Mixture([(Portfolio(), 1.0), (tactics, 1.0)]), Mixture([(tactics, 1.0), (Arranging(), 1.0)])):
        assert not hasattr(plain, "arrange")
        assert not hasattr(plain, "rounds")


class Scoring:
    """A model that finds a tactic the more probable the shorter it is, and writes nothing."""

    name = "scoring"

    def __init__(self):
        self.passes = []

    def generate(self, requests):
        from prover.models import Failed

        return [Failed("nothing comes to mind") for _ in requests]

    def score(self, prompt, continuations):
        from prover.models import Score

        self.passes.append((prompt, len(continuations)))
        return [Score(-float(len(text)), ()) for text in continuations]


def test_a_models_opinion_of_the_portfolios_candidates_takes_one_pass_and_changes_their_order():
    scorer = Scoring()
    tactics = ModelTactics(ModelGenerator(scorer, n=2, format="bfs-prover"))
    judged = Judged(Portfolio(), tactics, most=10)
    both = Mixture([(Portfolio(), 1.0), (tactics, 1.0), (judged, 1.0)])
    place = position("∀ n : Nat, n + 0 = n")
    [alone], [found] = Portfolio().propose([place]), both.propose([place])
    assert scorer.passes == [("⊢ ∀ n : Nat, n + 0 = n:::", 10)]
    assert {c.action for c in found} == {c.action for c in alone}
    best = sorted(alone, key=lambda c: -c.log_probability)[:10]
    shortest = min((c.action for c in best), key=len)
    assert found[0].action == shortest
    tactics.until(time.monotonic() - 1)
    assert judged.propose([place]) == [[]]


def test_what_cannot_score_is_kept_as_trouble(tmp_path):
    tactics = ModelTactics(model(tmp_path, a=[SIMP]))
    assert Judged(Portfolio(), tactics, most=4).propose([position("a")]) == [[]]
    assert any("cannot score given tactics" in sentence for sentence in tactics.troubles)
