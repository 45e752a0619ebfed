"""`--model` of the commands that prove: a language model beside the generator, and what it had trouble with.

Not here: the mixture itself (prover/generators/neural.py), whole proofs (prover/whole.py).
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass

from prover.generators.model import ModelGenerator
from prover.generators.neural import Mixture, ModelTactics
from prover.generators.portfolio import make_generator
from prover.generators.protocol import TacticGenerator
from prover.models import BadRequest, ModelError, open_model
from prover.whole import WholeProofs

# What the model does. search: proposes tactics beside the generator. whole: writes whole proofs, with rounds of repair,
# before the generator searches alone. hybrid: both, and the good prefixes of failed proofs become candidates.
MODES = ("search", "whole", "hybrid")


@dataclass(frozen=True, slots=True)
class WithModel:
    """A generator to prove with, and what there is to say of the model afterwards."""

    generator: TacticGenerator
    asked: ModelGenerator | None = None
    tactics: ModelTactics | None = None
    whole: WholeProofs | None = None

    def say(self) -> None:
        """What it took and what went wrong, on standard error."""
        if self.asked is None:
            return
        usage = self.asked.model.usage
        cost = "" if usage.cost is None else f", cost {usage.cost:.4f}"
        print(f"model: {usage.requests} questions asked, {usage.cached} answered by the cache, "
              f"{usage.completion_tokens} tokens{cost}", file=sys.stderr)  # fmt: skip
        troubles: Counter[str] = Counter(self.tactics.troubles if self.tactics else {})
        troubles.update(self.whole.troubles if self.whole else [])
        for sentence, count in troubles.most_common():
            print(f"model, {count} times: {sentence}", file=sys.stderr)


def with_model(
    spec: str, generator: str, seed: int, samples: int, mode: str = "search"
) -> WithModel:
    """The generator of that name with the model beside it; alone, and said so, where the model cannot be had.

    Raises:
        BadRequest: there is no such mode.
    """
    if mode not in MODES:
        raise BadRequest(f"There is no mode {mode!r}: it is one of {', '.join(MODES)}.")
    symbolic = make_generator(generator, seed)
    try:
        asked = ModelGenerator(open_model(spec, cache=True), samples, seed=seed)
    except ModelError as error:
        print(f"entails: {error}", file=sys.stderr)
        print(f"entails: going on with the {generator} alone.", file=sys.stderr)
        return WithModel(symbolic)
    tactics = None if mode == "whole" else ModelTactics(asked)
    whole = None if mode == "search" else WholeProofs(asked)
    parts: list[tuple[TacticGenerator, float]] = [(symbolic, 1.0)]
    if tactics is not None:
        parts.append((tactics, 1.0))
    if whole is not None and mode == "hybrid":
        # Twice the say of the others: what is on this path went through Lean already.
        parts.append((whole.hints, 2.0))
    return WithModel(Mixture(parts, whole), asked, tactics, whole)
