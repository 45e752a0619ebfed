"""The policy's scores: the chance that a tactic helps on a state, and what trying it costs.

Log-linear in hashed features: each part of a tactic (its template, its first move, its closer) with each feature of
the state, its arguments, and the parts of what has failed on this state already. The last is what tells tactics that
fail together from those that make up for each other. Weights: one vector of 2**BITS numbers for the chance, one of
2**COST_BITS for the logarithm of the cost. Not here: learning them (`fit.py`), choosing (`generator.py`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from prover.generators.portfolio import UnknownGenerator
from prover.generators.protocol import Position
from prover.policy import features
from prover.policy.templates import Abstraction, Template
from retrieval.files import write_whole

BITS, COST_BITS = 18, 14
VERSION = 2
_FAILED = np.uint32(0x5BD1E995)
#: Where the weights say nothing: one in a hundred helps, and takes 30 ms.
PRIOR_LOGIT, PRIOR_LOG_SECONDS = -4.5, -3.5
_LEAST_SECONDS, _MOST_SECONDS = 0.002, 5.0


class BadWeights(UnknownGenerator):
    """The file of weights is missing, damaged, or of another version."""

    exit_code = 3


def mix(left: np.ndarray, right: np.ndarray, bits: int = BITS) -> np.ndarray:
    """Places in a vector of 2**bits for pairs of features, uint32 arrays that broadcast; multiplicative hashing."""
    product = (left * np.uint32(0x9E3779B1)) ^ (right * np.uint32(0x85EBCA77))
    product ^= product >> np.uint32(15)
    return (product * np.uint32(0xC2B2AE3D)) >> np.uint32(32 - bits)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Candidates of one position as numbers.

    state: [features]; parts: [candidates, 3], template, move and closer; arguments: [arguments, 2] places in the
    weights, and the candidates that these belong to, `owners`, [arguments].
    """

    state: np.ndarray
    parts: np.ndarray
    arguments: np.ndarray
    owners: np.ndarray

    @property
    def failures(self) -> np.ndarray:
        """[candidates, 3]: the numbers under which a candidate's failure is remembered."""
        return self.parts ^ _FAILED


class Encoder:
    """Theorems, and tactics that may be whole proofs of them, as numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def _number(self, name: str) -> int:
        value = self._numbers.get(name)
        if value is None:
            if len(self._numbers) > 200_000:
                self._numbers.clear()
            value = self._numbers[name] = features.number(name)
        return value

    def encode(self, position: Position, tactics: Sequence[str]) -> Encoded:
        abstraction = Abstraction(position)
        read = features.Arguments(position)
        state = np.array([self._number(f) for f in features.of_state(position)], np.uint32)
        parts: list[tuple[int, ...]] = []
        arguments: list[int] = []
        owners: list[int] = []
        known: dict[tuple[str, str], tuple[int, ...]] = {}
        for at, tactic in enumerate(tactics):
            template = abstraction(tactic)
            shape = (template.move, template.closer)
            numbers = known.get(shape)
            if numbers is None:
                numbers = known[shape] = tuple(self._number(name) for name in _names(template))
            parts.append(numbers)
            if template.arguments:
                found = dict.fromkeys(n for argument in template.arguments for n in read(argument))
                arguments += found
                owners += [at] * len(found)
        table = np.array(parts, np.uint32).reshape(-1, 3)
        owner = np.array(owners, np.intp)
        # An argument's feature counts for its template, and for all templates of its kind.
        named = np.array(arguments, np.uint32)
        any_template = np.array([self._number("any")], np.uint32)
        places = np.stack([mix(table[owner, 0], named), mix(any_template, named)], axis=1)
        return Encoded(state, table, places, owner)


def _names(template: Template) -> tuple[str, str, str]:
    """The parts that weights are shared by: the whole, the first move, what closes."""
    move, closer = (template.move, template.closer) if template.closer else ("", template.move)
    return template.text, f"{move} <;>", f"<;> {closer}"


class Policy:
    """Weights, and the scores they give.

    Args:
        weights: float32 [2**BITS], for the log-odds of helping.
        costs: float32 [2**COST_BITS], for the natural logarithm of the seconds.
        metadata: what made them; see `fit.py`.
    """

    def __init__(self, weights: np.ndarray, costs: np.ndarray, metadata: Mapping[str, Any]) -> None:
        self.weights = weights
        self.costs = costs
        self.metadata = dict(metadata)
        self.encoder = Encoder()

    def logits(self, encoded: Encoded) -> np.ndarray:
        """Log-odds that each candidate helps, before anything has failed; float32 [candidates]."""
        places = mix(encoded.parts[:, :, None], encoded.state)
        scores = PRIOR_LOGIT + self.weights[places].sum(axis=(1, 2))
        if len(encoded.owners):
            worth = self.weights[encoded.arguments].sum(axis=1)
            scores = scores + np.bincount(encoded.owners, worth, len(scores))
        return scores.astype(np.float32)

    def after_failure(self, encoded: Encoded, failed: Sequence[int]) -> np.ndarray:
        """What is added to the log-odds of all candidates by a failure of the parts with these numbers."""
        return self.weights[mix(encoded.parts[:, :, None], np.asarray(failed, np.uint32))].sum(axis=(1, 2))

    def seconds(self, encoded: Encoded) -> np.ndarray:
        """What trying each candidate is expected to take; float32 [candidates]."""
        logs = PRIOR_LOG_SECONDS + self.costs[mix(encoded.parts[:, :, None], encoded.state, COST_BITS)].sum(axis=(1, 2))
        return np.clip(np.exp(logs), _LEAST_SECONDS, _MOST_SECONDS)

    def save(self, path: Path) -> None:
        """The same weights and metadata give the same bytes."""
        import zipfile

        half = {"weights.npy": self.weights.astype(np.float16), "costs.npy": self.costs.astype(np.float16)}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            def write(name: str, content: bytes) -> None:
                # A fixed date: the time of writing is no part of the content.
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 9)

            for name, array in half.items():
                write(name, _npy(array))
            text = json.dumps({**self.metadata, "version": VERSION}, ensure_ascii=False, indent=1, sort_keys=True)
            write("metadata.json", text.encode())
        write_whole(path, packed.getvalue())


def _npy(array: np.ndarray) -> bytes:
    import io

    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def load(path: Path) -> Policy:
    """Raises BadWeights, with what to do about it."""
    import zipfile

    again = "`entails train policy` makes it from outcome tables; a reinstalled package brings its own."
    try:
        with zipfile.ZipFile(path) as archive:
            import io

            arrays = [np.load(io.BytesIO(archive.read(name)), allow_pickle=False).astype(np.float32)
                      for name in ("weights.npy", "costs.npy")]  # fmt: skip
            metadata = json.loads(archive.read("metadata.json"))
    except FileNotFoundError:
        raise BadWeights(f"The policy's weights are missing: there is no {path}; {again}") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise BadWeights(f"The policy's weights in {path} are damaged ({error}); {again}") from None
    if metadata.get("version") != VERSION or [a.shape for a in arrays] != [(1 << BITS,), (1 << COST_BITS,)]:
        raise BadWeights(f"The policy's weights in {path} are of another version; {again}")
    return Policy(arrays[0], arrays[1], metadata)
