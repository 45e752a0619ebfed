"""Tactic effectiveness: states made by the kinds of action that have been of use come first.

Not here: what an action means. MPS-Prover (Liang et al., 2025, section 3.3) gives each tactic a
hand-written score; here it is counted: for each kind of action (its first word) how often it applied and
how often it was of use. `Table` comes from search logs (`count`), where of use means part of a proof;
during a search, an action is of use when it solves its state or leaves only smaller ones, and is counted on
top of the table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from search.errors import SearchError
from search.graph import Graph
from search.perspectives.base import Perspective, tie
from search.shortest import costs

Table = Mapping[str, tuple[float, float]]  # kind → (times applied, times of use)
# Words that say how the action after them is run, and not which it is.
_MODIFIERS = r"(?:(?:unhygienic|try|repeat|all_goals|any_goals)\s+)*"
_FIRST = re.compile(rf"[·\s(<;>]*{_MODIFIERS}[(\s]*([^\s()\[{{⟨;,]*)")
PRIOR = (2.0, 1.0)  # an unknown kind counts as one of two


@lru_cache(maxsize=65_536)
def first_word(action: str) -> str:
    """The kind of an action: what comes before the first blank or bracket, without words like `try`."""
    found = _FIRST.match(action)
    return found.group(1) if found else ""


def count(
    graphs: Iterable[Graph], kind: Callable[[str], str] = first_word
) -> dict[str, tuple[float, float]]:
    """Counts over finished searches; of use is an action that begins a shortest proof of its state."""
    table: dict[str, tuple[float, float]] = {}
    for graph in graphs:
        best, _ = costs(graph)
        for edge, action in enumerate(graph.actions):
            steps = [best[child] for child in graph.children(edge) if child in best]
            proved = len(steps) == len(graph.children(edge))
            of_use = proved and 1 + sum(steps) == best[graph.edge_parent[edge]]
            applied, used = table.get(kind(action), (0.0, 0.0))
            table[kind(action)] = (applied + 1, used + of_use)
    return table


def save(table: Table, path: Path, about: Mapping[str, object] | None = None) -> None:
    """Write a table as JSON: {"about": how it was made, "kinds": {kind: [applied, of use]}}."""
    kinds = {kind: list(counts) for kind, counts in sorted(table.items())}
    path.write_text(json.dumps({"about": dict(about or {}), "kinds": kinds}, indent=0, ensure_ascii=False) + "\n",
                    encoding="utf-8")  # fmt: skip


def load(path: Path) -> dict[str, tuple[float, float]]:
    """Read a table. Errors: `SearchError` for a file that is missing or none."""
    try:
        kinds = json.loads(path.read_text(encoding="utf-8"))["kinds"]
        return {str(kind): (float(applied), float(used)) for kind, (applied, used) in kinds.items()}
    except OSError as error:
        raise SearchError(f"the table {path} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SearchError(f"{path} is no table of tactic effectiveness: {error}") from None


class Effectiveness(Perspective):
    """The share of times an action of the kind that made the state was of use, the largest first.

    `table` counts as `trust` applications of each of its kinds at most, so that a search can outgrow it.
    """

    name = "effectiveness"

    def __init__(
        self, table: Table | None = None, kind: Callable[[str], str] = first_word, trust: float = 200.0
    ) -> None:
        self.kind = kind
        self._prior: dict[str, tuple[float, float]] = {}
        for name, (applied, used) in (table or {}).items():
            scale = min(1.0, trust / applied) if applied else 0.0
            self._prior[name] = (PRIOR[0] + applied * scale, PRIOR[1] + used * scale)

    def start(self, graph: Graph) -> None:
        super().start(graph)
        self._counts = {kind: list(counts) for kind, counts in self._prior.items()}

    def rate(self, kind: str) -> float:
        """Share of applications of a kind that were of use, 0 to 1."""
        applied, used = self._counts.get(kind, PRIOR)
        return used / applied

    def score(self, node: int) -> float:
        origin = self.graph.origin[node]
        rate = 1.0 if origin < 0 else self.rate(self.kind(self.graph.actions[origin]))
        return 1.0 - rate + tie(self.graph, node)

    def expanded(self, nodes: Sequence[int]) -> None:
        graph = self.graph
        for node in nodes:
            size = graph.states[node].size
            for edge in graph.out(node):
                of_use = all(graph.states[child].size < size for child in graph.children(edge))
                counts = self._counts.setdefault(self.kind(graph.actions[edge]), list(PRIOR))
                counts[0] += 1
                counts[1] += of_use
