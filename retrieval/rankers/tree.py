"""A discrimination tree over flattened terms, in flat arrays that can be memory-mapped.

Not here: what is indexed (structural.py). It is a perfect discrimination tree (McCune 1992; Sekar,
Ramakrishnan and Voronkov 2001, section "Term indexing"): a path from the root spells a term in preorder,
variables are numbered by first occurrence, and looking a term up follows both its symbols and the
variables, remembering what each variable stands for, so that `?0 + ?0` does not match `a + b`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import numpy as np

ANONYMOUS = 15  # tokens 0 … 14 are numbered variables, 15 matches anything
VARIABLES = 16
STEPS = 3_000  # edges followed per look-up; a look-up that needs more has matched everything general


class DiscriminationTree:
    """Entries (numbers) at the end of token paths.

    Edges are grouped by node and sorted by token: `edge_token`, `edge_child` int32 [edges], `edges_at` int32
    [nodes + 1]; entries are grouped by node: `entry` int32 [entries], `entries_at` int32 [nodes + 1].
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = arrays
        # memoryviews: reading one integer of a numpy array costs ten times as much.
        self._token, self._child = memoryview(arrays["edge_token"]), memoryview(arrays["edge_child"])
        self._edges = memoryview(arrays["edges_at"])
        self._entries, self.entry = memoryview(arrays["entries_at"]), arrays["entry"]

    @classmethod
    def build(cls, paths: Sequence[tuple[int, ...]]) -> DiscriminationTree:
        """Entry i is the number i at the end of `paths[i]`."""
        order = sorted(range(len(paths)), key=paths.__getitem__)
        parent, token, owner = [-1], [-1], []
        open_nodes, previous = [0], ()
        for i in order:
            path = paths[i]
            common = 0
            for a, b in zip(path, previous, strict=False):
                if a != b:
                    break
                common += 1
            del open_nodes[common + 1 :]
            for t in path[common:]:
                parent.append(open_nodes[-1])
                token.append(t)
                open_nodes.append(len(parent) - 1)
            owner.append(open_nodes[-1])
            previous = path
        nodes = len(parent)
        parents, tokens = np.array(parent[1:], np.int64), np.array(token[1:], np.int32)
        by_parent = np.lexsort((tokens, parents))
        by_owner = np.argsort(np.array(owner, np.int64), kind="stable")
        return cls({
            "edge_token": tokens[by_parent],
            "edge_child": (by_parent + 1).astype(np.int32),
            "edges_at": _offsets(parents, nodes),
            "entry": np.array(order, np.int32)[by_owner],
            "entries_at": _offsets(np.array(owner, np.int64), nodes),
        })  # fmt: skip

    def generalisations(
        self, term: Sequence[int], skip: Sequence[int], prefix: int, start: int = 0
    ) -> list[tuple[int, int]]:
        """Ranges of `entry` whose term has the subterm of `term` at `start` as an instance.

        `term` is a flattened term, `skip[i]` the position after the subterm that starts at i; `prefix` is the
        token that stands before the indexed terms looked for (their role).
        """
        found: list[tuple[int, int]] = []
        root = self._step(0, prefix)
        if root is None:
            return found
        token, child, edges, entries, end = self._token, self._child, self._edges, self._entries, skip[start]
        stack: list[tuple[int, int, tuple[int, ...]]] = [(root, start, ())]
        steps = 0
        while stack and steps < STEPS:
            node, i, bound = stack.pop()
            steps += 1
            if i == end:
                a, b = entries[node], entries[node + 1]
                if b > a:
                    found.append((a, b))
                continue
            edge, last = edges[node], edges[node + 1]
            while edge < last and (v := token[edge]) < VARIABLES:
                j = skip[i]
                if v == ANONYMOUS:
                    stack.append((child[edge], j, bound))
                elif v >= len(bound):
                    stack.append((child[edge], j, (*bound, i)))
                else:
                    s = bound[v]
                    if term[s : skip[s]] == term[i:j]:
                        stack.append((child[edge], j, bound))
                edge += 1
            if edge < last:
                t = term[i]
                edge = bisect_left(token, t, edge, last)
                if edge < last and token[edge] == t:
                    stack.append((child[edge], i + 1, bound))
        return found

    def _step(self, node: int, token: int) -> int | None:
        a, b = self._edges[node], self._edges[node + 1]
        edge = bisect_left(self._token, token, a, b)
        return self._child[edge] if edge < b and self._token[edge] == token else None


def _offsets(groups: np.ndarray, count: int) -> np.ndarray:
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(groups, minlength=count), out=offsets[1:])
    return offsets
