"""Critics on features: a small multi-layer perceptron and gradient-boosted trees, in plain NumPy.

Not here: training (search/critic/train.py, which alone needs scikit-learn). A model file is an .npz of some
100 kB; loading it runs no code. Both predict log(1 + distance), since being 1 or 2 steps away differs more
than being 21 or 22 away.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np

from search.critic import features
from search.errors import SearchError
from search.protocols import State

FORMAT = 1
MAX_LOG = 7.0  # e^7: beyond a thousand steps a prediction is a mistake, not news


@dataclass(frozen=True, eq=False)
class Mlp:
    """Standardised features, two layers of rectified linear units, one number."""

    mean: np.ndarray  # [features]
    scale: np.ndarray  # [features]
    weights_1: np.ndarray  # [features, first]
    bias_1: np.ndarray  # [first]
    weights_2: np.ndarray  # [first, second]
    bias_2: np.ndarray  # [second]
    weights_3: np.ndarray  # [second, 1]
    bias_3: np.ndarray  # [1]

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """[states, features] → log(1 + distance), [states]."""
        hidden = (matrix - self.mean) / self.scale
        # A count never seen in training must not carry a prediction to anywhere.
        np.clip(hidden, -8.0, 8.0, out=hidden)
        hidden = np.maximum(hidden @ self.weights_1 + self.bias_1, 0.0)
        hidden = np.maximum(hidden @ self.weights_2 + self.bias_2, 0.0)
        return (hidden @ self.weights_3 + self.bias_3)[:, 0]


@dataclass(frozen=True, eq=False)
class Trees:
    """The sum of regression trees; a leaf points to itself, so that all trees go down in step."""

    base: np.ndarray  # []
    rate: np.ndarray  # []
    feature: np.ndarray  # [trees, nodes]
    threshold: np.ndarray  # [trees, nodes]
    left: np.ndarray  # [trees, nodes]
    right: np.ndarray  # [trees, nodes]
    value: np.ndarray  # [trees, nodes]
    depth: np.ndarray  # []

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """[states, features] → log(1 + distance), [states]."""
        states = np.arange(len(matrix))[:, None]
        trees = np.arange(len(self.feature))[None, :]
        at = np.zeros((len(matrix), len(self.feature)), np.int64)
        for _ in range(int(self.depth)):
            smaller = matrix[states, self.feature[trees, at]] <= self.threshold[trees, at]
            at = np.where(smaller, self.left[trees, at], self.right[trees, at])
        return self.base + self.rate * self.value[trees, at].sum(axis=1)


Model: TypeAlias = Mlp | Trees
MODELS: dict[str, type[Mlp] | type[Trees]] = {"mlp": Mlp, "trees": Trees}


class Predicts(Protocol):
    def predict(self, matrix: np.ndarray) -> np.ndarray: ...


class FeatureCritic:
    """A `Critic` from a model on features."""

    def __init__(self, model: Predicts) -> None:
        self.model = model

    def score(self, states: Sequence[State]) -> list[float]:
        """Predicted distance of each state, ≥ 0, [states]."""
        return distances(self.model, features.of_states(states)).tolist()

    @classmethod
    def load(cls, path: Path | str) -> FeatureCritic:
        """The critic of a model file. Errors: `SearchError`."""
        return cls(load(path))


def distances(model: Predicts, matrix: np.ndarray) -> np.ndarray:
    """Predictions as numbers of steps, [states]."""
    return np.expm1(np.clip(model.predict(matrix), 0.0, MAX_LOG))


def save(model: Model, path: Path | str, about: Mapping[str, object] | None = None) -> None:
    """Write a model file, whole or not at all; `about` is kept in it as JSON, see `read_about`.

    The same model and `about` give the same bytes.
    """
    path = Path(path)
    kind = next(name for name, made in MODELS.items() if isinstance(model, made))
    parts = {field.name: getattr(model, field.name) for field in fields(model)}
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez_compressed(
            file, kind=kind, format=FORMAT, features=features.VERSION, about=json.dumps(dict(about or {})), **parts
        )
    partial.replace(path)


def read_about(path: Path | str) -> dict[str, object]:
    """How a model file says it was made; empty where it does not."""
    with np.load(path, allow_pickle=False) as file:
        return dict(json.loads(str(file["about"]))) if "about" in file else {}


def load(path: Path | str) -> Model:
    """Read a model file. Errors: `SearchError` for one that is missing, damaged or of another version."""
    try:
        with np.load(path, allow_pickle=False) as file:
            kind, version, layout = str(file["kind"]), int(file["format"]), int(file["features"])
            if version != FORMAT or layout != features.VERSION or kind not in MODELS:
                raise SearchError(
                    f"the critic {path} is of another version (format {version}, features {layout}): train it again"
                )
            model = MODELS[kind](**{field.name: file[field.name] for field in fields(MODELS[kind])})
        model.predict(np.zeros((1, features.FEATURES), np.float32))
        return model
    except OSError as error:
        raise SearchError(f"the critic {path} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, IndexError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise SearchError(f"{path} is no critic, or a damaged one: {error}") from None
