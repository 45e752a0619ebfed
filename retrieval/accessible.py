"""Which premises a proof can use at its position: the import graph's transitive closure as bit sets.

Not here: the premises themselves. The rule is LeanDojo's (Yang et al. 2023, section 4.1 "Benchmark", on
accessible premises): everything in the modules imported, directly or through others, and what stands
before the theorem in its own module.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from retrieval.errors import CorpusError, UnknownModule
from retrieval.records import At, Everywhere, Importing, Module, Position

KEPT = 64  # masks kept at hand; a proof search asks from one position over and over


def closure(modules: Sequence[Module]) -> tuple[list[Module], np.ndarray]:
    """The modules, each after its imports, and their closure.

    The closure is uint8 [modules, ceil(modules / 8)], little-endian bits: bit j of row i says that module i
    imports module j, directly or not (no module imports itself). Raises CorpusError for a module that is
    there twice, an unknown import, or a cycle.
    """
    # Here and not at the top: only building needs it, and importing it takes a quarter of the time that
    # loading an index may take.
    import networkx as nx

    by_name: dict[str, Module] = {}
    for module in modules:
        if module.name in by_name:
            raise CorpusError(f"the module {module.name!r} is there twice")
        by_name[module.name] = module
    graph = nx.DiGraph()
    graph.add_nodes_from(by_name)
    for module in modules:
        for imported in module.imports:
            if imported not in by_name:
                raise CorpusError(f"the module {module.name!r} imports {imported!r}, which is not in the corpus")
            graph.add_edge(imported, module.name)
    try:
        order = list(nx.lexicographical_topological_sort(graph))
    except nx.NetworkXUnfeasible:
        cycle = [a for a, _ in nx.find_cycle(graph)]
        shown = [*reversed(cycle), cycle[-1]] if len(cycle) <= 6 else [*reversed(cycle[-5:]), "…"]
        raise CorpusError(f"the imports go round in a circle: {' → '.join(shown)}") from None
    number = {name: i for i, name in enumerate(order)}
    rows = np.zeros((len(order), -(-len(order) // 8)), np.uint8)
    for i, name in enumerate(order):
        for imported in by_name[name].imports:
            j = number[imported]
            rows[i] |= rows[j]
            rows[i, j >> 3] |= 1 << (j & 7)
    return [by_name[name] for name in order], rows


class Accessibility:
    """Masks over the premises of a corpus, by position."""

    def __init__(
        self,
        modules: Sequence[str],
        starts: np.ndarray,
        rows: np.ndarray,
        ordered: np.ndarray,
        number: Callable[[str], int],
    ) -> None:
        self._modules, self._starts, self._rows, self._ordered = modules, starts, rows, ordered
        self._number = number  # a module's number by its name or path; raises UnknownModule
        self._counts = np.diff(starts)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple, Mask] = OrderedDict()

    def imports(self, module: str) -> tuple[str, ...]:
        """All modules that `module` imports, directly or not."""
        bits = np.unpackbits(self._rows[self._number(module)], count=len(self._modules), bitorder="little")
        return tuple(self._modules[j] for j in np.flatnonzero(bits))

    def mask(self, position: Position, within: tuple[str, ...] = ()) -> Mask:
        """The premises accessible at a position, in modules with one of the prefixes `within` if given.

        Raises UnknownModule for a module, a declaration number or a prefix that the corpus does not have.
        """
        key = (position, within)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        narrowed = not isinstance(position, Everywhere) or bool(within)
        mask = Mask(self._allowed(position, within), narrowed)
        with self._lock:
            self._kept[key] = mask
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return mask

    def _allowed(self, position: Position, within: tuple[str, ...]) -> np.ndarray:
        count = len(self._modules)
        match position:
            case Everywhere():
                modules = np.ones(count, bool)
            case At(module, declaration):
                m = self._number(module)
                if not 0 <= declaration <= self._counts[m]:
                    raise UnknownModule(f"the module {module!r} has {self._counts[m]} premises; there is no "
                                        f"position {declaration} in it")  # fmt: skip
                modules = np.unpackbits(self._rows[m], count=count, bitorder="little").view(bool)
            case Importing(names):
                modules = np.zeros(count, bool)
                for name in names:
                    m = self._number(name)
                    modules |= np.unpackbits(self._rows[m], count=count, bitorder="little").view(bool)
                    modules[m] = True
        allowed = np.repeat(modules, self._counts)
        if isinstance(position, At) and self._ordered[m]:
            allowed[self._starts[m] : self._starts[m] + position.declaration] = True
        if within:
            inside = np.zeros(count, bool)
            for prefix in within:
                found = [m for m, name in enumerate(self._modules) if name == prefix or name.startswith(f"{prefix}.")]
                if not found:
                    raise UnknownModule(f"the corpus has no module {prefix!r} and none below it")
                inside[found] = True
            allowed &= np.repeat(inside, self._counts)
        return allowed


class Mask:
    """A set of premises: as booleans [premises], and packed as FAISS's bitmap selector wants them."""

    def __init__(self, allowed: np.ndarray, narrowed: bool) -> None:
        allowed.flags.writeable = False
        self.allowed = allowed
        self.narrowed = narrowed  # False: every premise is in it, and filters can be left out
        self.count = int(np.count_nonzero(allowed))
        self._packed: np.ndarray | None = None

    @property
    def packed(self) -> np.ndarray:
        """uint8 [ceil(premises / 8)], little-endian bits."""
        if self._packed is None:
            self._packed = np.packbits(self.allowed, bitorder="little")
        return self._packed
