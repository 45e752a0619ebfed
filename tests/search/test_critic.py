"""Critics on features: trained on logs of a puzzle, judged on searches they have not seen, shipped as one
file.
"""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest

import search
from search import Budget
from search.critic import features, models
from search.critic import samples as sampling
from search.critic.models import FeatureCritic, Mlp
from search.critic.train import FITS, by, judge, train, train_from_logs
from search.errors import SearchError
from search.graph import DONE
from search.log import LogWriter
from search.toy import Number, Numbers

sklearn = pytest.importorskip("sklearn", reason="pip install scikit-learn")


@dataclass(frozen=True)
class Trap:
    """A state from which nothing leads anywhere."""

    value: int
    size: int = 1

    @property
    def key(self):
        return ("trap", self.value)

    @property
    def goals(self):
        return (self.key,)

    @property
    def text(self):
        return f"h : False → {self.value} = 0\n⊢ ∃ x, x = {self.value} ∧ False"


class Trapped(Numbers):
    """`Numbers` with a tempting action that leads to a dead end."""

    def propose(self, states):
        return [
            [("rest", -1.0)]
            if isinstance(state, Trap)
            else [("trap", -0.1), *super(Trapped, self)._candidates(state.value)]
            for state in states
        ]

    def check(self, requests, deadline=None):
        return [
            [
                search.Rejected("no way out")
                if isinstance(request.state, Trap)
                else search.Advanced((Trap(request.state.value),))
                if action == "trap"
                else self.apply(request.state.value, action)
                for action in request.actions
            ]
            for request in requests
        ]


VALUES = range(2, 400, 5)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    path = tmp_path_factory.mktemp("logs") / "searches.jsonl"
    puzzle = Trapped(largest=800)
    for value in VALUES:
        with LogWriter(path, append=True, extra={"name": str(value)}) as log:
            search.run(
                Number(value), generator=puzzle, checker=puzzle, strategy="best-first", on_event=log
            )
    return path


@pytest.fixture(scope="module", params=list(FITS))
def trained(request, logs):
    return train_from_logs([logs], request.param, folds=3)


def test_a_trained_critic_orders_states_of_searches_it_has_not_seen(trained):
    quality = trained.curated
    assert quality.states == trained.samples > 1000
    least = {"trees": (0.85, 0.95), "mlp": (0.8, 0.88)}[trained.kind]
    assert quality.ranking > least[0] and quality.dead_ends > least[1]


def test_the_ablation_shows_that_curation_keeps_the_quality(trained):
    assert 0.35 < trained.curation.share_pruned <= 0.4
    assert len(trained.curation.kept) + sum(trained.curation.pruned.values()) == trained.samples
    assert trained.curated.ranking > trained.uncurated.ranking - {"trees": 0.05, "mlp": 0.12}[trained.kind]


def test_a_critic_trained_at_random_is_no_better_than_chance(logs):
    from search.critic.train import gather, results_of

    data = gather(results_of([logs]))
    rng = np.random.default_rng(0)
    shuffled = [
        replace(sample, distance=float(value))
        for sample, value in zip(data, rng.permutation([s.distance for s in data]), strict=True)
    ]
    model = FITS["trees"](
        features.of_texts([s.text for s in shuffled], [s.goals for s in shuffled]),
        np.log1p([s.distance for s in shuffled]),
        0,
    )
    assert judge(by(model), data).dead_ends < 0.85


def test_the_critic_saves_expansions_on_puzzles_it_has_not_seen(trained):
    puzzle = Trapped(largest=800)

    def expansions(**more) -> int:
        return sum(
            search.run(
                Number(value), generator=puzzle, checker=puzzle, budget=Budget(expansions=3000), **more
            ).statistics.expansions
            for value in range(301, 391, 9)
        )

    guided = expansions(strategy="a-star", critic=FeatureCritic(trained.model))
    assert guided * 2 < expansions(strategy="best-first")


def test_a_model_file_gives_the_same_scores_and_is_small(trained, tmp_path):
    path = tmp_path / "critic.npz"
    models.save(trained.model, path)
    assert path.stat().st_size < 400_000
    states = [Number(value) for value in range(1, 200)]
    scores = FeatureCritic.load(path).score(states)
    assert scores == FeatureCritic(trained.model).score(states)
    assert all(0 <= score < 2000 for score in scores)
    assert [entry.name for entry in tmp_path.iterdir()] == ["critic.npz"]


def test_the_numpy_models_predict_what_scikit_learn_predicts():
    from sklearn.ensemble import GradientBoostingRegressor

    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(300, features.FEATURES)).astype(np.float32)
    targets = matrix[:, 3] * 2 + (matrix[:, 5] > 0)
    trees = FITS["trees"](matrix, targets, 7)
    reference = GradientBoostingRegressor(
        n_estimators=150, max_depth=5, learning_rate=0.1, subsample=0.7, max_features="sqrt",
        min_samples_leaf=5, random_state=7,
    ).fit(matrix, targets)  # fmt: skip
    unseen = rng.normal(size=(50, features.FEATURES)).astype(np.float32)
    assert np.allclose(trees.predict(unseen), reference.predict(unseen), atol=1e-4)
    mlp = FITS["mlp"](matrix, targets, 7)
    error = np.abs(mlp.predict(matrix) - targets).mean()
    assert error < 0.5 * np.abs(targets - targets.mean()).mean()


def test_a_tree_sends_a_value_at_its_threshold_to_the_left():
    row = np.array([[0, 0, 0]])
    trees = models.Trees(
        np.array(1.0), np.array(0.5), row, np.array([[2.0, 0.0, 0.0]]),
        np.array([[1, 1, 2]]), np.array([[2, 1, 2]]), np.array([[0.0, 10.0, 20.0]]), np.array(1),
    )  # fmt: skip
    assert trees.predict(np.array([[2.0], [2.1]])).tolist() == [6.0, 11.0]


def test_using_a_critic_needs_no_scikit_learn(trained, tmp_path):
    models.save(trained.model, tmp_path / "critic.npz")
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from search.critic import FeatureCritic\nfrom search.toy import Number\n"
        "print(FeatureCritic.load(sys.argv[1]).score([Number(8), Number(300)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "critic.npz")], capture_output=True, text=True
    )
    near, far = eval(done.stdout)
    assert near < far


def damaged_npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, kind="mlp", format=models.FORMAT, features=features.VERSION, mean=np.zeros(3))
    return file.getvalue()


def pickled_npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, kind=np.array([print], dtype=object), format=1, features=1)
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04cut", damaged_npz(), pickled_npz()])
def test_a_damaged_model_file_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "critic.npz"
    path.write_bytes(content)
    with pytest.raises(SearchError, match=r"no critic|damaged"):
        FeatureCritic.load(path)


def test_a_missing_or_foreign_model_file_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(SearchError, match="cannot be read"):
        FeatureCritic.load(tmp_path / "none.npz")
    path = tmp_path / "old.npz"
    np.savez(path, kind="mlp", format=0, features=0)
    with pytest.raises(SearchError, match="train it again"):
        FeatureCritic.load(path)


def test_too_little_data_and_unknown_kinds_are_refused(tmp_path):
    numbers = Numbers()
    with LogWriter(tmp_path / "log.jsonl") as log:
        search.run(Number(9), generator=numbers, checker=numbers, on_event=log)
    with pytest.raises(SearchError, match="a critic needs"):
        train_from_logs([tmp_path / "log.jsonl"])
    with pytest.raises(SearchError, match="there are mlp, trees"):
        train_from_logs([tmp_path / "log.jsonl"], "oracle")
    with pytest.raises(SearchError, match="no log"):
        train_from_logs([])


def test_without_scikit_learn_training_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(SearchError, match="pip install scikit-learn"):
        train([], "mlp")


LEAN = "a b : Nat\nh : a = b\nhp : ∃ x, x < 17\n⊢ f (g (a + b)) = f (g (a + b))\n\ncase other\n⊢ True"


def test_features_read_a_proof_state():
    row = dict(zip(features.SHAPE, features.of_texts([LEAN], [2])[0].tolist(), strict=False))
    assert row["goals"] == 2 and row["depth of target"] == 2 and row["equal sides"] == 1
    assert row["log hypotheses"] == pytest.approx(np.log1p(3))
    assert row["numerals in target"] == 0 and row["hypotheses that are the target"] == 0
    assumed = features.of_texts(["h : p ∧ q\n⊢ p ∧ q"], [1])[0]
    assert assumed[features.SHAPE.index("hypotheses that are the target")] == 1


@pytest.mark.parametrize(
    "text", ["", "⊢", "no turnstile", "⊢ x¹ = ¹²", "⊢ ⊢ ⊢", "\ud800", "(" * 50_000, "9" * 50_000, "\x00\n\n"]
)
def test_features_of_any_text_are_finite(text):
    matrix = features.of_texts([text], [1])
    assert matrix.shape == (1, features.FEATURES) and np.isfinite(matrix).all()


def test_a_prediction_is_a_distance_whatever_the_features():
    wild = np.full((3, features.FEATURES), 1e30, np.float32)
    ones = np.ones(features.FEATURES, np.float32)
    mlp = Mlp(
        0 * ones, ones, np.ones((features.FEATURES, 2), np.float32), np.zeros(2, np.float32),
        np.ones((2, 2), np.float32), np.zeros(2, np.float32), np.ones((2, 1), np.float32), np.zeros(1, np.float32),
    )  # fmt: skip
    assert np.isfinite(models.distances(mlp, wild)).all()


def one(text: str, distance: float, **more) -> sampling.Sample:
    return sampling.Sample(text, 1, distance, 0, more.pop("proof_steps", 5), **more)


def test_curation_prunes_trivial_proofs_ineffective_steps_and_surpluses():
    def child(text: str, distance: float) -> sampling.Sample:
        solved = distance < sampling.DEAD_END
        return one(text, distance, solved=solved, parent="⊢ a", parent_distance=3.0)

    nearer = [one("⊢ a", 3.0), child("⊢ b c d", 2.0)]
    trivial = one("⊢ t", 1.0, proof_steps=1)
    swapped = one("⊢ x = y", 3.0, parent="⊢ y = x", parent_distance=3.0)
    long = " ".join(f"w{at}" for at in range(50))
    same = one(f"⊢ {long} x", sampling.DEAD_END, solved=False, parent=f"⊢ {long} y", parent_distance=3.0)
    detours = [child(f"⊢ aside {at}", 3.0) for at in range(5)]
    dead = [child(f"⊢ dead {at}", sampling.DEAD_END) for at in range(11)]
    data = [*nearer, trivial, swapped, same, *detours, *dead]
    assert sampling.curate(data, most=0.0).kept == data
    some = sampling.curate(data, most=0.4)
    assert some.pruned == {"trivial proof": 1, "ineffective step": 2, "dead end": 5, "detour": 0}
    assert some.share_pruned == pytest.approx(8 / 21) and set(nearer + detours) <= set(some.kept)
    assert sampling.curate(data, most=1.0).kept == nearer
    assert sampling.curate(data, seed=1).kept == sampling.curate(data, seed=1).kept


def test_samples_are_the_shortest_distances_and_the_dead_ends_of_a_search():
    puzzle = Trapped(largest=800)
    result = search.run(Number(6), generator=puzzle, checker=puzzle, strategy="best-first")
    data = {sample.text: sample for sample in sampling.samples_of(result, 0)}
    assert data["⊢ 6"].distance == len(result.proof) == data["⊢ 6"].proof_steps
    assert data["⊢ 1"].distance == 1 and data["⊢ 2"].distance == 2
    trap = data[Trap(6).text]
    assert not trap.solved and trap.distance == sampling.DEAD_END and trap.parent == "⊢ 6"
    unproved = search.run(
        Number(6), generator=puzzle, checker=puzzle, strategy="best-first", budget=Budget(expansions=3)
    )
    # What was expanded and not solved is a dead end; what was never expanded is no sample.
    samples = sampling.samples_of(unproved, 0)
    assert all(not sample.solved and sample.distance == sampling.DEAD_END for sample in samples)
    graph = unproved.graph
    expanded = {graph.states[node].text for node in range(len(graph)) if graph.expanded[node] == DONE}
    assert {sample.text for sample in samples} == expanded and "⊢ 6" in expanded and len(graph) > len(expanded)


def test_a_state_met_in_two_searches_is_one_sample_with_its_smaller_distance():
    puzzle = Trapped(largest=800)
    results = [
        search.run(Number(value), generator=puzzle, checker=puzzle, strategy="best-first")
        for value in (20, 21)
    ]
    data = sampling.gather(results)
    assert len({sample.text for sample in data}) == len(data)
    assert {sample.search for sample in data} == {0, 1}
