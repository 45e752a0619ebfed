"""A language model beside a generator: what a proof is searched with, and what the model had trouble with.

Not here: the mixture (`prover.generators.neural`), whole proofs (`prover.whole`).
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from prover.generators.model import ModelGenerator
from prover.generators.neural import Judged, Mixture, ModelTactics
from prover.generators.portfolio import make_generator
from prover.generators.prompts import StateQuestion
from prover.generators.protocol import TacticGenerator
from prover.models import BadRequest, open_model
from prover.whole import WholeProofs

if TYPE_CHECKING:
    from prover.data.rows import Row
    from prover.lean.protocol import Lean

# What the model does. search: proposes tactics beside the generator. whole: writes whole proofs, with rounds of repair,
# before the generator searches alone. hybrid: both, and the good prefixes of failed proofs become candidates.
MODES = ("search", "whole", "hybrid")


@dataclass(frozen=True, slots=True)
class WithModel:
    """A generator to prove with, and the parts of it that ask the model."""

    generator: TacticGenerator
    asked: ModelGenerator | None = None
    tactics: ModelTactics | None = None
    whole: WholeProofs | None = None

    @property
    def troubles(self) -> Counter[str]:
        """Sentence → how often it was met."""
        troubles: Counter[str] = Counter(self.tactics.troubles if self.tactics else {})
        troubles.update(self.whole.troubles if self.whole else [])
        return troubles

    def say(self) -> None:
        """What the model took and what went wrong, on standard error."""
        if self.asked is None:
            return
        usage = self.asked.model.usage
        cost = "" if usage.cost is None else f", cost {usage.cost:.4f}"
        print(f"model: {usage.requests} questions asked, {usage.cached} answered by the cache, "
              f"{usage.completion_tokens} tokens{cost}", file=sys.stderr)  # fmt: skip
        for sentence, count in self.troubles.most_common():
            print(f"model, {count} times: {sentence}", file=sys.stderr)


def check_mode(mode: str) -> None:
    """Raises BadRequest where there is no such mode."""
    if mode not in MODES:
        raise BadRequest(f"There is no mode {mode!r}: it is one of {', '.join(MODES)}.")


def beside(spec: str, generator: str, seed: int, samples: int, mode: str = "search", judge: int = 0) -> WithModel:
    """The generator of that name with the model `spec` beside it.

    Args:
        judge: so many of the generator's candidates for a state are scored by the model, too.

    Raises:
        BadRequest: there is no such mode, the specification makes no sense, or the model cannot score.
        ModelMissing: the model cannot be had here.
        UnknownGenerator: there is no such generator.
    """
    check_mode(mode)
    symbolic = make_generator(generator)
    asked = ModelGenerator(open_model(spec, cache=True), samples, seed=seed)
    tactics = None if mode == "whole" else ModelTactics(asked)
    whole = None if mode == "search" else WholeProofs(asked)
    parts: list[tuple[TacticGenerator, float]] = [(symbolic, 1.0)]
    if tactics is not None:
        parts.append((tactics, 1.0))
        if judge:
            asked.scores(StateQuestion("⊢ True"), ["trivial"])
            parts.append((Judged(symbolic, tactics, judge), 1.0))
    if whole is not None and mode == "hybrid":
        # Twice the say of the others: what is on this path went through Lean already.
        parts.append((whole.hints, 2.0))
    return WithModel(Mixture(parts, whole), asked, tactics, whole)


#: For `prover.bench.run(function=…)`.
FUNCTION = "prover.with_model:prove_row"
_one = lru_cache(maxsize=1)(beside)
_said: set[str] = set()


def prove_row(lean: Lean, row: Row, settings: dict[str, Any]) -> dict[str, Any]:
    """As `prover.bench.prove_row`, with a model (`model`, `samples`, `mode`, `judge`) beside the generator.

    The model is opened once in a process; what it has trouble with is said once, on standard error.
    """
    from prover import bench

    own = [settings.pop(name) for name in ("samples", "mode", "judge")]
    joined = _one(settings.pop("model"), settings.pop("generator"), settings["seed"], *own)
    result = bench.prove_row(lean, row, {**settings, "generator": joined.generator})
    for sentence in joined.troubles:
        if sentence not in _said:
            _said.add(sentence)
            print(f"entails: the model: {sentence}", file=sys.stderr)
    return result
