"""`--model` of the commands that prove: goes on without the model where it cannot be had, and says so.

Not here: joining model and generator (prover/with_model.py).
"""

from __future__ import annotations

import sys

from prover.generators.portfolio import make_generator
from prover.models import ModelError
from prover.with_model import WithModel, beside, check_mode


def with_model(
    spec: str, generator: str, seed: int, samples: int, mode: str = "search", judge: int = 0
) -> WithModel:
    """The generator of that name with the model beside it; alone, and said so, where the model cannot be had.

    Raises:
        BadRequest: there is no such mode.
    """
    check_mode(mode)
    try:
        return beside(spec, generator, seed, samples, mode, judge)
    except ModelError as error:
        print(f"entails: {error}", file=sys.stderr)
        print(f"entails: going on with the {generator} alone.", file=sys.stderr)
        return WithModel(make_generator(generator))
