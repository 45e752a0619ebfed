"""The search graph: states merged by their key, actions as AND edges, status propagated as it becomes known.

Not here: which node is expanded next (search/strategies), how a proof is read out (search/shortest.py).

Nodes are OR (one good edge is enough), edges are AND (all their states have to be solved). Everything about a
node or edge is a slot in an array, so that a node costs a few hundred bytes at most and a million of them is
no event; every propagation is a loop with its own stack and touches each link a bounded number of times. The
status follows ReProver's search tree (`prover/search_tree.py` there), extended to AND edges and to cycles.

Invariants, at rest:
- PROVED: some edge has all its states proved, and `proof_edge` is that edge. It was set after the proofs of
  its states, so following `proof_edge` always ends, also in a graph full of cycles.
- FAILED: expanded (DONE), and every edge has a failed state. `settle` adds nodes that could only be solved
  by way of themselves. PROVED and FAILED are final.
- `edge_live[e]`: the edge is open, its parent is open and still needed; `needed[n]` counts the links from
  live edges into n (+1 for the root). An open node with needed 0 is asleep: solving it would not help, as
  its parents are solved or hopeless. It wakes when a new live edge reaches it. Cycles can keep each other
  awake; `settle` recounts from the root.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator, Sequence

from search.protocols import State

OPEN, PROVED, FAILED = 0, 1, 2
LEAF, DONE, IN_FLIGHT = 0, 1, 2  # Graph.expanded
STATUS_NAMES = ("open", "proved", "failed")
ROOT = 0


class Graph:
    """Nodes and edges are numbers, in order of insertion; node 0 is the root."""

    def __init__(self, root: State) -> None:
        self.ids: dict[Hashable, int] = {root.key: ROOT}
        # per node, filled ahead in blocks: each append saved is 3 % of an insertion
        self.status = bytearray(1)
        self.expanded = bytearray(1)
        self.needed = array("i", [1])
        self.open_edges = array("i", [0])
        self.proof_edge = array("i", [-1])
        self.distance = array("d", [0.0])  # the critic's; 0 without a critic
        self.chosen_by = array("b", [-1])  # index of the perspective that had it expanded
        self.order = array("i", [-1])  # the how-manieth expansion it was
        self.seconds = array("f", [0.0])  # when it was expanded, since the start
        self._out_head = array("i", [-1])  # last edge out of the node
        self._node_room = 1
        # per node
        self.states: list[State] = [root]
        self.depth = array("i", [0])  # actions from the root along `origin`
        self.splits = array("i", [0])  # extra states opened along `origin`
        self.log_probability = array("d", [0.0])  # cumulative, the best known way from the root
        self.origin = array("i", [-1])  # the edge of the best known way from the root
        self._in_head = array("i", [-1])  # last link into the node
        # per edge, filled ahead
        self.edge_failed = bytearray()
        self.edge_live = bytearray()
        self._edge_room = 0
        # per edge; its links are [edge_start[e], edge_start[e + 1])
        self.actions: list[str] = []
        self.edge_parent = array("i")
        self.edge_log_probability = array("f")
        self.edge_unproved = array("i")
        self.edge_start = array("i", [0])
        self._out_next = array("i")
        # per link (edge, state)
        self.link_node = array("i")
        self._link_edge = array("i")
        self._in_next = array("i")
        self.and_edges = 0
        self.merges = 0
        # unexpanded nodes whose best way got better since the driver last looked
        self.improved: list[int] = []
        self.woken: list[int] = []  # unexpanded nodes that are needed again since the driver last looked
        self.changes = 0  # proofs and failures so far: what `settle` could follow up
        self._settled_at = (1, 0)  # nodes and changes at the last `settle`

    def __len__(self) -> int:
        return len(self.states)

    @property
    def edges(self) -> int:
        return len(self.actions)

    def selectable(self, node: int) -> bool:
        """Whether expanding the node could help to solve the root."""
        return not self.expanded[node] and not self.status[node] and self.needed[node] > 0

    def reserve(self, node: int) -> None:
        """The node has been chosen and is being expanded."""
        self.expanded[node] = IN_FLIGHT

    def children(self, edge: int) -> Sequence[int]:
        """The nodes of an edge's states, in the checker's order."""
        return self.link_node[self.edge_start[edge] : self.edge_start[edge + 1]]

    def out(self, node: int) -> Iterator[int]:
        """The edges of a node, the latest first."""
        edge = self._out_head[node]
        while edge >= 0:
            yield edge
            edge = self._out_next[edge]

    def into(self, node: int) -> Iterator[int]:
        """The edges that lead to a node, the latest first; an edge that holds it twice comes twice."""
        link = self._in_head[node]
        while link >= 0:
            yield self._link_edge[link]
            link = self._in_next[link]

    def path(self, node: int) -> list[int]:
        """The edges from the root to the node along `origin`."""
        edges: list[int] = []
        while (edge := self.origin[node]) >= 0:
            edges.append(edge)
            node = self.edge_parent[edge]
        edges.reverse()
        return edges

    def _more_nodes(self) -> None:
        room = len(self.states)
        more = 64 + room // 8
        self._node_room = room + more
        zeros, ones = bytes(4 * more), array("i", [-1]) * more
        self.status.extend(bytes(more))
        self.expanded.extend(bytes(more))
        self.needed.frombytes(zeros)
        self.open_edges.frombytes(zeros)
        self.seconds.frombytes(zeros)
        self.distance.frombytes(bytes(8 * more))
        self.proof_edge.extend(ones)
        self.order.extend(ones)
        self._out_head.extend(ones)
        self.chosen_by.extend(array("b", [-1]) * more)

    def _more_edges(self) -> None:
        more = 64 + len(self.actions) // 8
        self._edge_room = len(self.actions) + more
        self.edge_failed.extend(bytes(more))
        self.edge_live.extend(bytes(more))

    def trim(self) -> None:
        """Cut off what was filled ahead, so that the arrays are as long as there are nodes and edges."""
        nodes, edges = len(self.states), len(self.actions)
        del self.status[nodes:], self.expanded[nodes:], self.distance[nodes:], self.seconds[nodes:]
        for slots in (self.needed, self.open_edges, self.proof_edge, self.chosen_by, self.order, self._out_head):
            del slots[nodes:]
        del self.edge_failed[edges:], self.edge_live[edges:]
        self._node_room, self._edge_room = nodes, edges

    def connect(self, parent: int, action: str, log_probability: float, states: Sequence[State] = ()) -> int:
        """Add the edge `parent` -action-> `states`; returns its number, or -1 where it leads back to
        `parent`.

        New states become nodes, numbered from the old `len(graph)`. No states: the action solves the parent.
        """
        ids, status, link_node = self.ids, self.status, self.link_node
        link_edge, in_next = self._link_edge, self._in_next
        edge = len(self.actions)
        if edge == self._edge_room:
            self._more_edges()
        failed = False
        unproved = 0
        first_new = len(self.states)
        cumulative = self.log_probability[parent] + log_probability
        depth = self.depth[parent] + 1
        splits = self.splits[parent]
        arity = len(states)
        if arity > 1:
            splits += arity - 1
            if any(ids.get(state.key) == parent for state in states):
                return -1
            self.and_edges += 1
        for state in states:
            known = len(ids)
            child = ids.setdefault(state.key, known)
            if child == known:
                if child == self._node_room:
                    self._more_nodes()
                self.states.append(state)
                self.depth.append(depth)
                self.splits.append(splits)
                self.log_probability.append(cumulative)
                self.origin.append(edge)
                in_next.append(-1)
                self._in_head.append(len(link_node))
                unproved += 1
            else:
                if child == parent:
                    return -1
                if child < first_new:
                    self.merges += 1
                known_status = status[child]
                if known_status == OPEN:
                    unproved += 1
                    # An expanded node keeps its way: its descendants' sums were made from it, and correcting
                    # them all would make an insertion cost as much as the graph is large.
                    if cumulative > self.log_probability[child] and not self.expanded[child]:
                        self.log_probability[child] = cumulative
                        self.origin[child] = edge
                        self.depth[child] = depth
                        self.splits[child] = splits
                        self.improved.append(child)
                elif known_status == FAILED:
                    failed = True
                    unproved += 1
                in_next.append(self._in_head[child])
                self._in_head[child] = len(link_node)
            link_edge.append(edge)
            link_node.append(child)
        self.actions.append(action)
        self.edge_parent.append(parent)
        self.edge_log_probability.append(log_probability)
        self.edge_unproved.append(unproved)
        self.edge_start.append(len(link_node))
        self._out_next.append(self._out_head[parent])
        self._out_head[parent] = edge
        if failed:
            self.edge_failed[edge] = 1
            return edge
        self.open_edges[parent] += 1
        if not unproved:
            if status[parent] == OPEN:
                self._prove(parent, edge)
        elif status[parent] == OPEN and self.needed[parent] > 0:
            if arity == 1 and len(self.states) > first_new:  # by far the most common: one new state
                self.edge_live[edge] = 1
                self.needed[first_new] = 1
            else:
                self._wake(edge)
        return edge

    def close(self, node: int, chosen_by: int = 0, order: int = 0, seconds: float = 0.0) -> None:
        """The node has been expanded: all its edges are there. Until then it cannot fail."""
        self.expanded[node] = DONE
        self.chosen_by[node] = chosen_by
        self.order[node] = order
        self.seconds[node] = seconds
        if not self.open_edges[node] and self.status[node] == OPEN:
            self._fail(node)

    def _prove(self, node: int, edge: int) -> None:
        stack = [(node, edge)]
        status = self.status
        while stack:
            node, edge = stack.pop()
            if status[node]:
                continue
            status[node] = PROVED
            self.proof_edge[node] = edge
            self.changes += 1
            for other in self.out(node):
                if self.edge_live[other]:
                    self._kill(other)
            link = self._in_head[node]
            while link >= 0:
                above = self._link_edge[link]
                self.edge_unproved[above] -= 1
                if not self.edge_unproved[above]:
                    stack.append((self.edge_parent[above], above))
                link = self._in_next[link]

    def _fail(self, node: int) -> None:
        stack = [node]
        status = self.status
        while stack:
            node = stack.pop()
            if status[node]:
                continue
            status[node] = FAILED
            self.changes += 1
            for other in self.out(node):
                if self.edge_live[other]:
                    self._kill(other)
            link = self._in_head[node]
            while link >= 0:
                above = self._link_edge[link]
                link = self._in_next[link]
                if self.edge_failed[above]:
                    continue
                self.edge_failed[above] = 1
                if self.edge_live[above]:
                    self._kill(above)
                parent = self.edge_parent[above]
                self.open_edges[parent] -= 1
                if not self.open_edges[parent] and self.expanded[parent] == DONE:
                    stack.append(parent)

    def _kill(self, edge: int) -> None:
        """The edge no longer needs its states; those that nothing else needs fall asleep, and so on down."""
        stack = [edge]
        while stack:
            edge = stack.pop()
            if not self.edge_live[edge]:
                continue
            self.edge_live[edge] = 0
            for link in range(self.edge_start[edge], self.edge_start[edge + 1]):
                child = self.link_node[link]
                self.needed[child] -= 1
                if not self.needed[child] and not self.status[child]:
                    stack.extend(self.out(child))

    def _wake(self, edge: int) -> None:
        """The edge needs its states; those asleep wake up, and so on down."""
        needed, status = self.needed, self.status
        stack = [edge]
        while stack:
            edge = stack.pop()
            if self.edge_live[edge] or self.edge_failed[edge]:
                continue
            self.edge_live[edge] = 1
            for link in range(self.edge_start[edge], self.edge_start[edge + 1]):
                child = self.link_node[link]
                needed[child] += 1
                if needed[child] == 1 and not status[child]:
                    if self._out_head[child] >= 0:
                        stack.extend(self.out(child))
                    if not self.expanded[child]:
                        self.woken.append(child)

    def settle_if_due(self) -> None:
        """`settle`, where it could change something and the graph has grown enough to pay for it.

        Only cycles (merges) hide anything from the counters, and only a proof or failure inside the graph
        makes it matter. Running it after a growth of a quarter keeps the cost per node constant.
        """
        nodes, changes = self._settled_at
        if self.merges and self.changes != changes and len(self) * 4 >= nodes * 5:
            self.settle()

    def settle(self) -> None:
        """Find what the counters cannot see on cycles, in time linear in the graph.

        First, nodes that can be solved only by way of themselves fail: the greatest set of open nodes none of
        which can be reached from unexpanded nodes and proofs by whole edges. Then `needed` is recounted from
        the root.
        """
        nodes = len(self)
        self._settled_at = (nodes, self.changes)
        hopeful = bytearray(nodes)
        missing = array("i", self.edge_unproved)
        stack = [n for n in range(nodes) if not self.status[n] and self.expanded[n] != DONE]
        while stack:
            node = stack.pop()
            if hopeful[node]:
                continue
            hopeful[node] = 1
            for edge in self.into(node):
                missing[edge] -= 1
                if not missing[edge] and not self.edge_failed[edge]:
                    parent = self.edge_parent[edge]
                    if not self.status[parent]:
                        stack.append(parent)
        for node in range(nodes):
            if not hopeful[node] and not self.status[node]:
                self._fail(node)
        self._recount()
        self._settled_at = (nodes, self.changes)

    def _recount(self) -> None:
        # not seen by the driver yet; a recount wakes nobody, as the counters err upwards
        waiting = self.woken
        self.edge_live = bytearray(self._edge_room)
        self.needed = array("i", bytes(4 * self._node_room))
        self.needed[ROOT] = 1
        if not self.status[ROOT]:
            for edge in self.out(ROOT):
                self._wake(edge)
        self.woken = [node for node in waiting if self.selectable(node)]
