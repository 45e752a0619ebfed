"""How a proof is searched for: the settings of one call of `prove`, and the limits behind them.

Not here: what they are used for (`prover.prove` for a source, `prover.hole` for one hole).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prover.generators.premises import DEFAULT_INDEX, LibraryPremises
from prover.generators.protocol import TacticGenerator
from prover.guidance import SHIPPED
from prover.lean.protocol import Limits
from search.protocols import Critic
from search.strategies import DEFAULT_STRATEGY

DEFAULT_SECONDS = 60.0
DEFAULT_GENERATOR = "portfolio"
#: 4,000 heartbeats are about a second; steps that help hardly ever take more than a tenth of one. Time is the second
#: line: to stop at it, the instance has to be restored.
TACTIC_LIMITS = Limits(heartbeats=1_000, seconds=1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for every hole of a call.

    `generator`: a name in `GENERATORS`, or one made elsewhere. `seconds`, `expansions`, `checks`, `tokens`: the
    budget of each hole; `checks` are tactics given to Lean by the tree search, `tokens` those that a model wrote for
    it. `candidates`: tactics kept for a state; by default a first tree keeps those that the generator calls `few`, and
    a second, where there is time, all. `workers`: how many tactics Lean can run at once. `limits`: of one tactic in the
    tree search (a first tree has less). `openings`: whether whole one-line proofs are tried before the tree.
    `critic`: see `prover.guidance.load_critic`. `perspectives`, `quotas`: of the default strategy, see
    `MultiPerspective`. `minimise`: whether a found proof is made shorter. `premises`: how many of the library are
    retrieved for a goal, or where they come from; a number above 0 needs the index that `entails index` builds.
    `index`: which one, by its name or folder.
    """

    generator: str | TacticGenerator = DEFAULT_GENERATOR
    seconds: float = DEFAULT_SECONDS
    expansions: int | None = None
    checks: int | None = None
    tokens: int | None = None
    strategy: str = DEFAULT_STRATEGY
    candidates: int | None = None
    seed: int = 0
    workers: int = 1
    limits: Limits = TACTIC_LIMITS
    openings: bool = True
    premises: int | LibraryPremises = 0
    index: str = DEFAULT_INDEX
    critic: str | Path | Critic | None = SHIPPED
    perspectives: Mapping[str, float] | None = None
    quotas: Mapping[str, int] | None = None
    minimise: bool = True
