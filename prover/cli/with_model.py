"""`--model` of the commands that prove: a language model beside the generator, and what it had trouble with.

Not here: the mixture itself (prover/generators/neural.py).
"""

from __future__ import annotations

import sys

from prover.generators.neural import Mixture, ModelTactics
from prover.generators.portfolio import make_generator
from prover.generators.protocol import TacticGenerator


def with_model(spec: str, generator: str, seed: int, samples: int) -> tuple[TacticGenerator, ModelTactics | None]:
    """The generator of that name, mixed in equal parts with the model; alone, and said so, where it cannot be had."""
    from prover.generators.model import ModelGenerator
    from prover.models import ModelError, open_model

    symbolic = make_generator(generator, seed)
    try:
        tactics = ModelTactics(ModelGenerator(open_model(spec, cache=True), samples, seed=seed))
    except ModelError as error:
        print(f"entails: {error}", file=sys.stderr)
        print(f"entails: going on with the {generator} alone.", file=sys.stderr)
        return symbolic, None
    return Mixture([(symbolic, 1.0), (tactics, 1.0)]), tactics


def say(tactics: ModelTactics | None) -> None:
    """What it took and what went wrong, on standard error."""
    if tactics is None:
        return
    usage = tactics.generator.model.usage
    cost = "" if usage.cost is None else f", cost {usage.cost:.4f}"
    print(f"model: {usage.requests} states asked, {usage.cached} from the cache, "
          f"{usage.completion_tokens} tokens{cost}", file=sys.stderr)  # fmt: skip
    for sentence, count in tactics.troubles.most_common():
        print(f"model, {count} times: {sentence}", file=sys.stderr)
