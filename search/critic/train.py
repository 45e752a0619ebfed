"""Trains a critic on features from search logs, with the ablation that shows what curation costs.

Not here: the models themselves (search/critic/models.py). Needs scikit-learn (`pip install scikit-learn`);
what is trained runs without it. Trains in minutes on a CPU.
"""

from __future__ import annotations

import hashlib
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search.critic import features
from search.critic.models import Mlp, Model, Trees, distances
from search.critic.samples import Curation, Sample, curate, gather
from search.errors import LogError, MissingLibrary, SearchError
from search.log import read_logs
from search.replay import replay
from search.results import Result

HOLDOUT = 0.2
FOLDS = 5
FEWEST = 40  # samples to train on; with fewer no figure would mean anything


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a critic orders states of searches that gave no sample to its training."""

    states: int
    ranking: float  # share of pairs (of one search, unlike distances) put in the right order; 0.5 is chance
    dead_ends: float  # share of pairs (a dead end, a proved state of any search) put in the right order
    error: float  # mean |log(1 + predicted) - log(1 + true)|


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, how good its kind is on searches it has not seen, and the ablation: the same without curation."""

    model: Model
    kind: str
    curation: Curation
    samples: int
    curated: Quality
    uncurated: Quality


def _need_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise MissingLibrary(
            "training a critic needs scikit-learn, which is not installed: pip install scikit-learn"
        ) from None


def _targets(samples: Sequence[Sample]) -> np.ndarray:
    return np.log1p(np.array([sample.distance for sample in samples], np.float32))


def _matrix(samples: Sequence[Sample]) -> np.ndarray:
    return features.of_texts([sample.text for sample in samples], [sample.goals for sample in samples])


def fit_mlp(matrix: np.ndarray, targets: np.ndarray, seed: int) -> Mlp:
    """[states, features], [states] → a perceptron of 64 and 32 units."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor
    from threadpoolctl import threadpool_limits

    mean, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale[scale < 1e-3] = 1.0
    net = MLPRegressor(
        hidden_layer_sizes=(64, 32),
        alpha=1e-3,
        batch_size=min(256, len(matrix)),
        early_stopping=len(matrix) >= 500,
        max_iter=200,
        n_iter_no_change=15,
        tol=1e-4,
        random_state=seed,
    )
    # One thread: the matrices are so small that several only wait for each other (5 times as long on a busy
    # machine).
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is a budget, and ending by it no fault
        net.fit(np.clip((matrix - mean) / scale, -8, 8), targets)
    (w1, w2, w3), (b1, b2, b3) = net.coefs_, net.intercepts_
    return Mlp(*(part.astype(np.float32) for part in (mean, scale, w1, b1, w2, b2, w3, b3)))


def fit_trees(matrix: np.ndarray, targets: np.ndarray, seed: int) -> Trees:
    """[states, features], [states] → 150 boosted trees of depth 5."""
    from sklearn.ensemble import GradientBoostingRegressor

    depth = 5
    forest = GradientBoostingRegressor(
        n_estimators=150,
        max_depth=depth,
        learning_rate=0.1,
        subsample=0.7,
        max_features="sqrt",
        min_samples_leaf=5,
        random_state=seed,
    )
    forest.fit(matrix, targets)
    trees = [tree.tree_ for tree in forest.estimators_[:, 0]]
    nodes = max(tree.node_count for tree in trees)

    def table(values: Callable[[object], np.ndarray], kind: type) -> np.ndarray:
        rows = np.zeros((len(trees), nodes), kind)
        for row, tree in zip(rows, trees, strict=True):
            found = values(tree)
            row[: len(found)] = found
        return rows

    def child(side: str) -> Callable[[object], np.ndarray]:
        return lambda tree: np.where(
            tree.children_left < 0,  # type: ignore[attr-defined]
            np.arange(tree.node_count),  # type: ignore[attr-defined]
            getattr(tree, side),
        )

    return Trees(
        base=np.array(forest.init_.constant_[0, 0]),
        rate=np.array(forest.learning_rate),
        feature=table(lambda tree: np.maximum(tree.feature, 0), np.int16),  # type: ignore[attr-defined]
        threshold=table(lambda tree: tree.threshold, np.float64),  # type: ignore[attr-defined]
        left=table(child("children_left"), np.int16),
        right=table(child("children_right"), np.int16),
        value=table(lambda tree: tree.value[:, 0, 0], np.float32),  # type: ignore[attr-defined]
        depth=np.array(depth),
    )


FITS: dict[str, Callable[[np.ndarray, np.ndarray, int], Model]] = {"mlp": fit_mlp, "trees": fit_trees}


def split(samples: Sequence[Sample], seed: int) -> tuple[list[Sample], list[Sample]]:
    """Samples to train on and samples to judge by, whole searches on either side."""
    searches = sorted({sample.search for sample in samples})
    random.Random(seed).shuffle(searches)
    held = set(searches[: round(len(searches) * HOLDOUT)])
    return [s for s in samples if s.search not in held], [s for s in samples if s.search in held]


def judge(
    predict: Callable[[Sequence[Sample]], np.ndarray],
    samples: Sequence[Sample],
    seed: int = 0,
    pairs: int = 20_000,
) -> Quality:
    """The quality of a critic on samples it has not seen; `predict` gives a distance for each, [samples]."""
    predicted = predict(samples) if samples else np.zeros(0)
    true = np.array([sample.distance for sample in samples])
    groups: dict[int, list[int]] = {}
    for at, sample in enumerate(samples):
        groups.setdefault(sample.search, []).append(at)
    rng = random.Random(seed)
    within = _pairs_within([group for group in groups.values() if len(group) > 1], rng, pairs)
    proved = [at for at, sample in enumerate(samples) if sample.solved]
    dead = [at for at, sample in enumerate(samples) if not sample.solved]
    across = [(rng.choice(proved), rng.choice(dead)) for _ in range(pairs)] if proved and dead else []
    return Quality(
        len(samples),
        _right(within, predicted, true),
        _right(across, predicted, true),
        float(np.abs(np.log1p(predicted) - np.log1p(true)).mean()) if samples else float("nan"),
    )


def _pairs_within(groups: list[list[int]], rng: random.Random, pairs: int) -> list[tuple[int, int]]:
    if not groups:
        return []
    return [tuple(rng.sample(rng.choice(groups), 2)) for _ in range(pairs)]  # type: ignore[misc]


def _right(pairs: Sequence[tuple[int, int]], predicted: np.ndarray, true: np.ndarray) -> float:
    """Share of the pairs with unlike truths in the right order; a tie counts half. NaN without such a pair.
    """
    unlike = [(a, b) for a, b in pairs if true[a] != true[b]]
    if not unlike:
        return float("nan")
    first, second = np.array(unlike).T
    order = np.sign(predicted[first] - predicted[second]) * np.sign(true[first] - true[second])
    return float((order + 1).mean() / 2)


def log_files(paths: Sequence[Path | str]) -> list[Path]:
    """The files named, and those of the folders named (`*.jsonl`, by name). Errors: `LogError`.

    Of a folder, empty files are left out: a run that is killed leaves some.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        found = sorted(f for f in path.glob("*.jsonl") if f.stat().st_size) if path.is_dir() else [path]
        if not found:
            raise LogError(f"the folder {path} holds no log (*.jsonl)")
        files += found
    return files


def results_of(paths: Sequence[Path | str]) -> Iterator[Result]:
    """The searches of log files. Errors: `LogError`."""
    for path in log_files(paths):
        for log in read_logs(path):
            yield replay(log)


def digest(paths: Sequence[Path | str]) -> str:
    """SHA-256 of the logs' contents in their order, so that a model can say what it was trained on."""
    whole = hashlib.sha256()
    for path in log_files(paths):
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def by(model: Model) -> Callable[[Sequence[Sample]], np.ndarray]:
    """What `judge` takes, of a model on features."""
    return lambda samples: distances(model, _matrix(samples))


def enough(kept: Sequence[Sample], unseen: Sequence[Sample]) -> None:
    """Raises `SearchError` where there is too little to train on or to judge by."""
    if len(kept) < FEWEST or not unseen:
        raise SearchError(
            f"there are {len(kept)} samples to train on and {len(unseen)} to judge by; a critic needs {FEWEST} of "
            "the first, and some of the second: log more searches"
        )


def folds_of(samples: Sequence[Sample], count: int, seed: int) -> list[list[int]]:
    """Indices of the samples in `count` parts, whole searches in each."""
    searches = sorted({sample.search for sample in samples})
    random.Random(seed).shuffle(searches)
    part = {search: at % count for at, search in enumerate(searches)}
    folds: list[list[int]] = [[] for _ in range(count)]
    for at, sample in enumerate(samples):
        folds[part[sample.search]].append(at)
    return folds


def train(samples: Sequence[Sample], kind: str = "trees", seed: int = 0, folds: int = FOLDS) -> Trained:
    """Train on curated samples, and judge by cross-validation what that gives, with curation and without.

    Each of `folds` parts is predicted by models that have seen nothing of its searches; the model returned is fitted
    on the curated samples of all. Errors: `SearchError` without scikit-learn, with an unknown `kind` or with too few
    samples.
    """
    if kind not in FITS:
        raise SearchError(f"there is no critic {kind!r} to train; there are {', '.join(FITS)}")
    _need_sklearn()
    curation = curate(samples, seed)
    parts = folds_of(samples, folds, seed)
    enough(curation.kept, samples if all(parts) else [])
    curated, uncurated = np.zeros(len(samples)), np.zeros(len(samples))
    for part in parts:
        unseen, held = [samples[at] for at in part], set(part)
        training = [sample for at, sample in enumerate(samples) if at not in held]
        for predicted, used in ((curated, curate(training, seed).kept), (uncurated, training)):
            predicted[part] = by(FITS[kind](_matrix(used), _targets(used), seed))(unseen)
    model = FITS[kind](_matrix(curation.kept), _targets(curation.kept), seed)
    qualities = [judge(lambda _, known=known: known, samples, seed) for known in (curated, uncurated)]
    return Trained(model, kind, curation, len(samples), *qualities)


def train_from_logs(
    paths: Sequence[Path | str], kind: str = "trees", seed: int = 0, folds: int = FOLDS
) -> Trained:
    """As `train`, from log files; each file may hold many searches. Errors: those of `train`, and
    `LogError`.
    """
    if not paths:
        raise LogError("there is no log to train on")
    return train(gather(results_of(paths)), kind, seed, folds)
