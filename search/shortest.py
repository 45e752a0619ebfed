"""Reads the proof with the fewest steps out of a search graph.

Not here: making a proof shorter than the graph has it (search/minimise.py). The method is Knuth's
generalisation of Dijkstra's algorithm to AND/OR graphs (A generalization of Dijkstra's algorithm, 1977): the
cost of an edge is 1 plus the costs of its states, so costs grow along every edge, nodes are settled in order
of their cost, and cycles need no care.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from search.errors import ProofTooLong
from search.graph import PROVED, ROOT, Graph
from search.proof import Proof, Step


def costs(graph: Graph) -> tuple[dict[int, int], dict[int, int]]:
    """For each proved node the fewest steps that solve it, and the edge that begins such a proof."""
    best: dict[int, int] = {}
    choice: dict[int, int] = {}
    missing: dict[int, int] = {}
    total: dict[int, int] = {}
    heap: list[tuple[int, int, int]] = []  # (cost, edge, node): the earlier edge wins a tie
    proved = [node for node in range(len(graph)) if graph.status[node] == PROVED]
    for node in proved:
        for edge in graph.out(node):
            children = graph.children(edge)
            if all(graph.status[child] == PROVED for child in children):
                missing[edge] = len(children)
                total[edge] = 1
                if not children:
                    heap.append((1, edge, node))
    heapq.heapify(heap)
    while heap:
        cost, edge, node = heapq.heappop(heap)
        if node in best:
            continue
        best[node] = cost
        choice[node] = edge
        for above in graph.into(node):
            if above not in missing:
                continue
            missing[above] -= 1
            total[above] += cost
            if not missing[above]:
                heapq.heappush(heap, (total[above], above, graph.edge_parent[above]))
    return best, choice


def shortest_proof(
    graph: Graph, root: int = ROOT, perspectives: Sequence[str] = (), limit: int = 100_000
) -> Proof | None:
    """The proof of `root` with the fewest steps, or None while it is not proved.

    Errors: `ProofTooLong` when it has more than `limit` steps (a proof that shares states can be
    exponentially larger as a tree).
    """
    if graph.status[root] != PROVED:
        return None
    best, choice = costs(graph)
    if best[root] > limit:
        raise ProofTooLong(f"the shortest proof has {best[root]} steps, more than the limit of {limit}")
    steps: list[Step] = []
    stack = [root]
    while stack:
        node = stack.pop()
        edge = choice[node]
        children = graph.children(edge)
        by = graph.chosen_by[node]
        name = perspectives[by] if 0 <= by < len(perspectives) else ""
        steps.append(Step(graph.actions[edge], len(children), node, graph.states[node].text, name))
        stack.extend(reversed(children))
    return Proof(tuple(steps))
