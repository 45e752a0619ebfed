"""Premises found by what they are called. Libraries name the same fact alike for one type and the next.

The same theorem of another type (`Int16.and_assoc` from `BitVec.and_assoc`) is where many proofs start, and an
equation that says what a function does (`Raw.modify_eq`, `Array.mem_def`) carries the theorem to that type. The field
calls the former proof by analogy; ReProver's rankers (Yang et al. 2023) see statements alone.

Not here: ranking by statements (`retrieval`), what is made of premises (`rules/premises.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from retrieval.corpus import Corpus

#: What the values of a type are made of: where its theorems come from. Nearest first.
_MADE_OF = {
    "Array": ("List",), "Vector": ("Array", "List"), "ByteArray": ("Array", "List"), "String": ("List",),
    "Fin": ("Nat",), "Rat": ("Int",), "Int": ("Nat",), "BitVec": ("Fin", "Nat", "Bool"), "Char": ("UInt32",),
    **{f"UInt{n}": ("BitVec", "Fin", "Nat") for n in (8, 16, 32, 64)}, "USize": ("BitVec", "Nat"),
    **{f"Int{n}": ("BitVec", f"UInt{n}") for n in (8, 16, 32, 64)}, "ISize": ("BitVec", "USize"),
    "HashSet": ("HashMap", "DHashMap"), "HashMap": ("DHashMap",), "TreeSet": ("TreeMap", "DTreeMap"),
    "TreeMap": ("DTreeMap",), "ExtHashSet": ("ExtHashMap",), "ExtHashMap": ("ExtDHashMap",),
    "ExtDHashMap": ("DHashMap",), "ExtTreeSet": ("ExtTreeMap",), "ExtTreeMap": ("ExtDTreeMap",),
    "ExtDTreeMap": ("DTreeMap",),
}  # fmt: skip
_EQUATIONS = ("_eq", "_def")
_FAR = 50


class NameIndex:
    """The names of a corpus by their last part; numbers are places in `names`."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._by_last: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(names):
            self._by_last[name.rpartition(".")[2]].append(number)

    def analogues(self, theorem: str, allowed: np.ndarray, most: int) -> list[int]:
        """Accessible premises called as the theorem is but for the type, nearest types first. allowed: bool [names]."""
        space, _, last = theorem.rpartition(".")
        found = [i for i in self._by_last.get(last, ()) if allowed[i] and self.names[i] != theorem]
        return sorted(found, key=lambda i: _distance(space, self.names[i].rpartition(".")[0]))[:most]

    def equations(self, functions: Iterable[str], types: Iterable[str], allowed: np.ndarray, most: int) -> list[int]:
        """Accessible premises that say what functions do, by the usual names for these.

        `functions`, `types`: full names of those that a goal mentions; of a class's function (`Max.max`), there is an
        equation for each type.
        """
        spaces = {name.rpartition(".")[2] for name in types}
        found: dict[int, None] = {}
        for function in functions:
            space, _, last = function.rpartition(".")
            parts = set(space.split("."))
            for ending in _EQUATIONS:
                for i in self._by_last.get(last + ending, ()):
                    here = self.names[i].split(".")[:-1]
                    if allowed[i] and (parts.issubset(here) or (here and here[-1] in spaces)):
                        found[i] = None
        return list(found)[:most]


@lru_cache(maxsize=4)
def names_of(corpus: Corpus) -> NameIndex:
    """A corpus's index of names, made once in a process: a run asks for it at every theorem."""
    return NameIndex(list(corpus.names))


def _distance(space: str, other: str) -> int:
    """Between namespaces: a type that the other is made of is nearest, then what shares the beginning."""
    mine, theirs = space.split("."), other.split(".")
    for part in mine:
        for steps, made_of in enumerate(_MADE_OF.get(part, ())):
            if made_of in theirs:
                return steps
    shared = 0
    for a, b in zip(mine, theirs, strict=False):
        if a != b:
            break
        shared += 1
    return _FAR - shared if space and other else _FAR
