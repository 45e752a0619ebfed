"""Synthetic premises, states and vectors, to measure (bench.py) at sizes that the library at hand does not have.

Not here: measuring. Names follow a Zipf law, as constants in a library do; nothing is said about relevance,
so these are for speed and never for quality.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from retrieval.records import Module, Premise

TYPES = "Nat Int List Array Option String Bool Fin BitVec HashMap TreeMap Vector Rat Char Sum Prod".split()
FUNCTIONS = (
    "add mul sub div mod pow length append reverse map filter foldl foldr zip take drop head tail insert erase get set "
    "contains count join flatten bind find all any sum min max gcd lcm succ pred abs neg toNat ofNat "
    "size push pop swap "
    "cast shift rotate and or xor not compare beq mem keys values union inter diff"
).split()
RELATIONS = "= ≤ < ∈ ∣ ↔ ≠".split()
INFIX = "+ * - ++ ∪ % / ∘".split()


def modules(count: int, size: int = 200, seed: int = 0, after: Sequence[str] = ()) -> Iterator[Module]:
    """`count` premises in modules of `size`; a module imports up to three of those before it and of `after`."""
    rng = np.random.default_rng(seed)
    names = list(after)
    for number in range(-(-count // size)):
        name = f"Synthetic.M{number:04}"
        imports = sorted({names[int(i)] for i in rng.integers(max(0, len(names) - 60), len(names), 3)} if names else ())
        here = min(size, count - number * size)
        yield Module(name, tuple(imports), tuple(premise(rng, f"S{number:04}x{j}") for j in range(here)), "synthetic")
        names.append(name)


def _zipf(rng: np.random.Generator, items: Sequence[str]) -> str:
    return items[int(len(items) ** rng.random()) - 1]


def _term(rng: np.random.Generator, kind: str, depth: int) -> str:
    draw = rng.random()
    if depth == 0 or draw < 0.25:
        return "abcxyz"[int(rng.integers(6))]
    if draw < 0.6:
        return f"({_term(rng, kind, depth - 1)} {_zipf(rng, INFIX)} {_term(rng, kind, depth - 1)})"
    # A numbered variant of a function stands for the many constants of a real library.
    function = f"{kind}.{_zipf(rng, FUNCTIONS)}{'' if rng.random() < 0.6 else int(200 ** rng.random())}"
    return (
        f"({function} {_term(rng, kind, depth - 1)}{' ' + _term(rng, kind, depth - 1) if rng.random() < 0.4 else ''})"
    )


def proposition(rng: np.random.Generator, kind: str) -> str:
    return f"{_term(rng, kind, 3)} {_zipf(rng, RELATIONS)} {_term(rng, kind, 2)}"


def premise(rng: np.random.Generator, name: str) -> Premise:
    kind = _zipf(rng, TYPES)
    hypotheses = "".join(f"{proposition(rng, kind)} → " for _ in range(int(rng.integers(3))))
    words = "_".join(_zipf(rng, FUNCTIONS) for _ in range(3))
    return Premise(f"{kind}.{words}_{name}", f"∀ (a b c x y z : {kind}), {hypotheses}{proposition(rng, kind)}")


def state(rng: np.random.Generator) -> str:
    """A proof state, as Lean would print it."""
    kind = _zipf(rng, TYPES)
    lines = [f"h{i} : {proposition(rng, kind)}" for i in range(int(rng.integers(4)))]
    return "\n".join([f"a b c x y z : {kind}", *lines, f"⊢ {proposition(rng, kind)}"])


def vectors(count: int, dimension: int, seed: int = 0, clusters: int = 2000) -> np.ndarray:
    """Unit vectors in clusters of Zipf sizes, float32 [count, dimension], as encoders place texts."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((clusters, dimension)).astype(np.float32)
    of = (clusters ** rng.random(count)).astype(np.int64) - 1
    out = centres[of] + 0.7 * rng.standard_normal((count, dimension)).astype(np.float32)
    return out / np.linalg.norm(out, axis=1, keepdims=True)
