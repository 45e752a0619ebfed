"""Training the re-ranker: a listwise loss over the candidates of each state, in numpy.

loss = -log of the summed softmax of the premises used (ListNet's top-one probability, Cao et al. 2007, with a
uniform choice among the used), and L2 on the weights. Full batches and a fixed seed: the same data give the same
weights. Not here: the model (rankers/rerank.py), the examples (examples.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.evaluate import query_of
from retrieval.examples import Example
from retrieval.rankers.features import FIELDS
from retrieval.rankers.rerank import Model, Reranked


@dataclass(frozen=True, slots=True)
class Options:
    """`hidden`: units, 0 for a linear model; `l2`: of all weights; `rounds` of Adam with this learning rate.

    Chosen by cross-validation over modules of the examples in data/premises: with so few, a linear model and strong
    decay; weak examples help, but not as much as those from proofs.
    """

    hidden: int = 0
    l2: float = 0.1
    rounds: int = 200
    learning_rate: float = 0.02
    seed: int = 0
    forget_theorem: float = 0.5  # share of the examples whose theorem's name is withheld
    weak: float = 0.1  # weight of a weak example against one from a proof


@dataclass(frozen=True)
class Lists:
    """Candidates of all examples, one after the other: `x` float32 [all, fields], `used` bool [all]."""

    x: np.ndarray
    used: np.ndarray
    starts: np.ndarray  # int64 [examples]: where each example's begin
    owner: np.ndarray  # int64 [all]: the example's number
    weight: np.ndarray  # float64 [examples], sum 1


def gather(
    ranker: Reranked, examples: Sequence[tuple[Example, bool, float]], progress: Callable[[int], None] | None = None
) -> Lists:
    """Features of the candidates of each example (with whether its theorem's name is given, and its weight).

    Examples without a used premise among the candidates, or with nothing else there, teach nothing and are left out.
    """
    xs, used, starts, owner, weights, total = [], [], [], [], [], 0
    for example, named, weight in examples:
        pool = ranker.pool(query_of(example, named))
        found = np.isin(pool.numbers[: len(pool.features)], example.positives)
        if found.any() and not found.all():
            xs.append(pool.features)
            used.append(found)
            owner.append(np.full(len(found), len(starts)))
            starts.append(total)
            weights.append(weight)
            total += len(found)
        if progress is not None:
            progress(1)
    if not xs:
        raise ValueError("no example has a premise that was used among its candidates")
    share = np.array(weights) / max(sum(weights), 1e-9)
    return Lists(np.concatenate(xs), np.concatenate(used), np.array(starts), np.concatenate(owner), share)


def fit(
    ranker: Reranked, examples: Sequence[Example], options: Options = Options(), weak: Sequence[Example] = (),
    progress: Callable[[int], None] | None = None,
) -> Model:  # fmt: skip
    """A model from examples, and from weak ones (alike.py), whose theorem's name it does not see.

    Raises ValueError where no example has a used premise among its candidates.
    """
    rng = np.random.default_rng(options.seed)
    named = (rng.random(len(examples)) >= options.forget_theorem).tolist()
    proofs = [(e, n, 1.0) for e, n in zip(examples, named, strict=True)]
    lists = gather(ranker, [*proofs, *((e, False, options.weak) for e in weak)], progress)
    mean, spread = lists.x.mean(0), lists.x.std(0)
    scale = np.where(spread > 1e-3, spread, 1)  # what never varied here must not decide elsewhere
    z = ((lists.x - mean) / scale).astype(np.float64)
    weights = {
        "linear": np.zeros(len(FIELDS)),
        "hidden": rng.standard_normal((options.hidden, len(FIELDS))) * 0.2,
        "bias": np.zeros(options.hidden),
        "out": rng.standard_normal(options.hidden) * 0.2,
    }
    moments = {n: (np.zeros_like(w), np.zeros_like(w)) for n, w in weights.items()}
    for step in range(1, options.rounds + 1):
        gradients = _gradients(z, lists, weights)
        rate = options.learning_rate * min(1.0, 2 * (1 - step / (options.rounds + 1)))
        for name, w in weights.items():
            g = gradients[name] + options.l2 * w
            first, second = moments[name]
            first += 0.1 * (g - first)
            second += 0.001 * (g * g - second)
            w -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    made = {"examples": len(lists.starts), "weak": len(weak), "seed": options.seed, "hidden": options.hidden,
            "l2": options.l2, "rounds": options.rounds, "corpus": ranker.corpus.fingerprint,
            "lean": ranker.corpus.lean}  # fmt: skip
    single = {n: w.astype(np.float32) for n, w in weights.items()}
    return Model(mean.astype(np.float32), scale.astype(np.float32), **single, made=made)


def _gradients(z: np.ndarray, lists: Lists, w: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Of the weighted mean loss over the examples."""
    active = z @ w["hidden"].T + w["bias"]
    units = np.maximum(active, 0)
    scores = z @ w["linear"] + units @ w["out"]
    p = np.exp(scores - np.maximum.reduceat(scores, lists.starts)[lists.owner])
    p_used = np.where(lists.used, p, 0)
    p /= np.add.reduceat(p, lists.starts)[lists.owner]
    p_used /= np.maximum(np.add.reduceat(p_used, lists.starts), 1e-300)[lists.owner]
    d = (p - p_used) * lists.weight[lists.owner]
    inner = (d[:, None] * w["out"]) * (active > 0)
    return {"linear": z.T @ d, "out": units.T @ d, "hidden": inner.T @ z, "bias": inner.sum(0)}


def digest(*contents: bytes) -> str:
    """Of the data a model was trained on."""
    return hashlib.sha256(b"".join(contents)).hexdigest()[:16]
