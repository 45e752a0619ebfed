"""The strategies and perspectives by name, and critics from files: what is wrong is said before any work."""

from __future__ import annotations

import json

import pytest

from prover import guidance
from prover.lean_search import LeanState
from prover.prove import prove
from search import STRATEGIES, Candidate, SearchError
from search.critic.models import read_about
from search.log import read_logs
from search.replay import replay, rerun

MOVES = "theorem t (p q r : Prop) : ((p ∨ q) ∧ (r → p ∨ r)) ∧ (q ∨ (p ∧ q))"


class Moves:
    """Tactics that always find something to do."""

    def propose(self, positions):
        tactics = ("constructor", "intro x", "left", "right", "rw [or_comm]", "rw [and_comm]")
        return [[Candidate(t, -1.0 - at) for at, t in enumerate(tactics)] for _ in positions]


def test_weights_and_quotas_are_read():
    assert guidance.read_perspectives("critic=2, novelty = 1:20") == ({"critic": 2.0, "novelty": 1.0}, {"novelty": 20})


@pytest.mark.parametrize("text", ["", "critic", "critic=", "critic=two", "critic=1.2.3", "critic=1:x", "critic=-1"])
def test_what_is_no_weight_is_said(text):
    with pytest.raises(SearchError, match="is no perspective"):
        guidance.read_perspectives(text)


def test_wrong_settings_are_said_before_any_work(tmp_path):
    class NoLean:
        """Nothing is asked of it."""

    source = "theorem t : 1 = 1"
    damaged = tmp_path / "critic.npz"
    damaged.write_bytes(b"no critic")
    for settings, says in (
        ({"strategy": "nonsense"}, "there is no strategy 'nonsense'"),
        ({"perspectives": {"nonsense": 1.0}}, "there is no perspective 'nonsense'"),
        ({"perspectives": {"critic": 0.0}}, "one above 0"),
        ({"strategy": "mcts", "perspectives": {"critic": 1.0}}, "mcts has no perspectives"),
        ({"critic": tmp_path / "missing.npz"}, "cannot be read"),
        ({"critic": damaged}, "no critic"),
        ({"critic": tmp_path}, "holds no critic"),
    ):
        with pytest.raises(SearchError, match=says):
            prove(source, lean=NoLean(), **settings)


def test_every_strategy_proves_by_its_name(lean):
    source = "theorem t (p q r : Prop) (hp : p) (hq : q) (h : p → q → r) : (r ∧ q) ∧ p := by sorry"
    for name in STRATEGIES:
        [hole] = prove(source, lean=lean, strategy=name, openings=False, seconds=30, critic="none").holes
        assert hole.proved and hole.stage == name


def test_a_search_with_the_shipped_tables_can_be_run_again_from_its_log(lean, tmp_path):
    path = tmp_path / "log.jsonl"
    perspectives = {"effectiveness": 2, "novelty": 1}
    prove(MOVES, lean=lean, generator=Moves(), seconds=60, expansions=12, log=path, perspectives=perspectives)
    log = next(read_logs(path))
    again, run = replay(log), rerun(log)
    assert run.graph.actions == again.graph.actions and run.statistics.chosen_by == again.statistics.chosen_by
    assert run.statistics.chosen_by["effectiveness"] >= run.statistics.chosen_by["novelty"] > 0


def test_the_shipped_critic_is_small_says_what_it_is_from_and_tells_near_from_far(lean):
    assert guidance.CRITIC.stat().st_size < 1_000_000
    critic = guidance.load_critic(guidance.SHIPPED)
    assert guidance.load_critic(guidance.SHIPPED) is critic
    about = read_about(guidance.CRITIC)
    table = json.loads(guidance.EFFECTIVENESS.read_text(encoding="utf-8"))
    assert about["data_sha256"] == table["about"]["data_sha256"] and about["samples"] > 500

    def states(*statements):
        return [LeanState(lean, lean.open(f"theorem t {s} := by sorry").holes[0].state) for s in statements]

    near = states("(p : Prop) (h : p) : p", "(xs ys : List Nat) : xs ++ ys = xs ++ ys", "(n : Nat) (h : n = 0) : n = 0")
    far = states(
        "(xs ys zs : List Nat) (h : ∀ x ∈ xs, x ∈ ys) : (xs.map (· + 1)).filter (· % 2 = 0) ++ zs = zs ++ ys.reverse",
        "(n m : Nat) (f : Nat → Nat) (h : ∀ k, f (k + n) = f k + m) : f (n * m) = f 0 + m ^ 2",
    )
    assert max(critic.score(near)) < min(critic.score(far)), (critic.score(near), critic.score(far))


def test_the_default_search_is_led_by_the_critic(lean, tmp_path):
    path = tmp_path / "log.jsonl"
    prove(MOVES, lean=lean, generator=Moves(), seconds=60, expansions=12, log=path)
    log = next(read_logs(path))
    assert log.header["options"]["critic"] and log.scores
    assert log.header["options"]["settings"]["weights"] == dict(guidance.WEIGHTS)
    assert replay(log).statistics.chosen_by["plan"] >= 3
    assert rerun(log).graph.actions == replay(log).graph.actions
