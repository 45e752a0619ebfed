"""The graph's incremental statuses against plain fixpoints, on random AND/OR graphs full of cycles."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.errors import ProofTooLong
from search.graph import FAILED, OPEN, PROVED, ROOT, Graph
from search.proof import Proof, Step
from search.shortest import costs, shortest_proof


@dataclass(frozen=True)
class Plain:
    key: int
    goals: tuple[int, ...] = (0,)
    size: int = 1

    @property
    def text(self) -> str:
        return f"goal {self.key}"


LABELS = 10
some_label = st.integers(0, LABELS - 1)
edges_of_a_node = st.lists(st.lists(some_label, min_size=1, max_size=2), min_size=1, max_size=3)


@st.composite
def _worlds(draw) -> list[list[list[int]]]:
    """Edges of each label: few labels are solved at once or dead, so that statuses meet far from the leaves."""
    world = [draw(edges_of_a_node) for _ in range(LABELS)]
    for dead in draw(st.lists(some_label, max_size=4)):
        world[dead] = []
    for solved in draw(st.lists(some_label, max_size=3)):
        world[solved] = [*world[solved], []]
    return world


worlds = _worlds()
orders = st.permutations(range(LABELS))


def build(world: list[list[list[int]]], order: list[int], expansions: int) -> Graph:
    """Expand nodes of the world in the given order of preference, as far as they are in the graph."""
    graph = Graph(Plain(0))
    for _ in range(expansions):
        reachable = [graph.ids[label] for label in order if label in graph.ids]
        leaves = [node for node in reachable if not graph.expanded[node] and not graph.status[node]]
        if not leaves:
            break
        node = leaves[0]
        graph.reserve(node)
        for number, targets in enumerate(world[graph.states[node].key]):
            graph.connect(node, f"a{number}", -1.0, tuple(Plain(target) for target in targets))
        graph.close(node)
    return graph


def all_edges(graph: Graph) -> list[tuple[int, list[int]]]:
    return [(graph.edge_parent[edge], list(graph.children(edge))) for edge in range(graph.edges)]


def naive_least(graph: Graph, start: set[int]) -> set[int]:
    """Nodes that follow from `start` by whole edges."""
    known = set(start)
    while True:
        more = {parent for parent, children in all_edges(graph) if set(children) <= known} - known
        if not more:
            return known
        known |= more


@settings(max_examples=300, deadline=None)
@given(worlds, orders, st.integers(0, LABELS))
def test_proved_nodes_are_exactly_the_least_fixpoint(world, order, expansions):
    graph = build(world, order, expansions)
    proved = {node for node in range(len(graph)) if graph.status[node] == PROVED}
    assert proved == naive_least(graph, set())


@settings(max_examples=300, deadline=None)
@given(worlds, orders, st.integers(0, LABELS))
def test_after_settling_failed_nodes_are_exactly_the_hopeless_ones(world, order, expansions):
    graph = build(world, order, expansions)
    leaves = {node for node in range(len(graph)) if not graph.expanded[node]}
    hopeful = naive_least(graph, leaves)
    failed_before = {node for node in range(len(graph)) if graph.status[node] == FAILED}
    assert not failed_before & hopeful
    graph.settle()
    failed = {node for node in range(len(graph)) if graph.status[node] == FAILED}
    assert failed == set(range(len(graph))) - hopeful


@settings(max_examples=300, deadline=None)
@given(worlds, orders, st.integers(0, LABELS))
def test_no_useful_leaf_sleeps_and_after_settling_no_useless_one_is_awake(world, order, expansions):
    graph = build(world, order, expansions)

    def useful() -> set[int]:
        reached, stack = set(), [ROOT] if graph.status[ROOT] == OPEN else []
        while stack:
            node = stack.pop()
            if node in reached:
                continue
            reached.add(node)
            for edge in graph.out(node):
                if not any(graph.status[child] == FAILED for child in graph.children(edge)):
                    stack.extend(c for c in graph.children(edge) if graph.status[c] == OPEN)
        return {node for node in reached if not graph.expanded[node]}

    awake = {node for node in range(len(graph)) if graph.selectable(node)}
    assert useful() <= awake | ({ROOT} if graph.status[ROOT] else set())
    graph.settle()
    awake = {node for node in range(len(graph)) if graph.selectable(node)}
    assert awake - {ROOT} == useful() - {ROOT}


@settings(max_examples=300, deadline=None)
@given(worlds, orders)
def test_the_extracted_proof_has_the_fewest_steps_and_each_step_is_an_edge(world, order):
    graph = build(world, order, LABELS)
    naive: dict[int, int] = {}
    changed = True
    while changed:
        changed = False
        for parent, children in all_edges(graph):
            if all(child in naive for child in children):
                cost = 1 + sum(naive[child] for child in children)
                if cost < naive.get(parent, 10**9):
                    naive[parent], changed = cost, True
    best, _ = costs(graph)
    assert best == naive
    proof = shortest_proof(graph)
    assert (proof is None) == (graph.status[ROOT] != PROVED)
    if proof is None:
        return
    assert len(proof) == naive[ROOT]
    existing = {
        (graph.edge_parent[e], graph.actions[e], tuple(graph.children(e))) for e in range(graph.edges)
    }
    for step, below in zip(proof.steps, proof.children(), strict=True):
        assert (step.node, step.action, tuple(proof.steps[child].node for child in below)) in existing


def chain(length: int) -> Graph:
    graph = Graph(Plain(0))
    for label in range(length):
        graph.connect(label, "down", -1.0, (Plain(label + 1),))
        graph.close(label)
    return graph


def test_a_proof_of_fifty_thousand_steps_propagates_and_reads_out_without_recursion():
    graph = chain(50_000)
    graph.connect(50_000, "done", -1.0)
    proof = shortest_proof(graph)
    assert proof is not None and len(proof) == 50_001
    assert proof.depths()[-1] == 0 and proof.parents()[-1] == 49_999


def test_a_failure_runs_up_a_long_chain_to_the_root():
    graph = chain(50_000)
    graph.close(50_000)
    assert graph.status[ROOT] == FAILED


def test_a_shared_state_is_solved_once_for_all_its_parents():
    graph = Graph(Plain(0))
    graph.connect(0, "split", -1.0, (Plain(1), Plain(2)))
    graph.connect(1, "to shared", -1.0, (Plain(3),))
    graph.connect(2, "to shared", -1.0, (Plain(3),))
    assert len(graph) == 4 and graph.merges == 1
    graph.connect(3, "done", -1.0)
    assert bytes(graph.status[:4]) == bytes([PROVED] * 4)
    proof = shortest_proof(graph)
    assert proof is not None
    assert proof.actions == ("split", "to shared", "done", "to shared", "done")
    assert proof.depths() == [0, 1, 1, 1, 1]
    assert proof.script() == "split\n· to shared\n  done\n· to shared\n  done"


def test_a_script_indents_nested_branchings_and_every_line_of_an_action():
    steps = [Step("cases", 2), Step("first\n| a", 2), Step("b", 0), Step("c", 0), Step("d", 0)]
    script = Proof(tuple(steps)).script()
    assert script == "cases\n· first\n  | a\n  · b\n  · c\n· d"


def test_a_doubling_proof_is_refused_with_its_length_instead_of_written_out():
    graph = Graph(Plain(0))
    for label in range(60):
        graph.connect(label, "twice", -1.0, (Plain(label + 1), Plain(label + 1)))
    graph.connect(60, "done", -1.0)
    with pytest.raises(ProofTooLong, match=str(2**61 - 1)):
        shortest_proof(graph)


def test_an_edge_into_a_failed_state_proves_nothing_when_its_other_state_is_solved():
    graph = Graph(Plain(0))
    graph.connect(0, "way", -1.0, (Plain(1),))
    graph.close(1)
    assert graph.status[1] == FAILED
    graph.connect(0, "split", -1.0, (Plain(1), Plain(2)))
    graph.connect(2, "done", -1.0)
    graph.close(0)
    assert graph.status[2] == PROVED and graph.status[ROOT] == FAILED


def test_a_cycle_that_hangs_on_nothing_is_put_to_sleep_by_settling():
    graph = Graph(Plain(0))
    graph.connect(0, "split", -1.0, (Plain(1), Plain(2)))
    graph.connect(1, "on", -1.0, (Plain(3),))
    graph.connect(3, "back", -1.0, (Plain(1),))
    graph.connect(3, "out", -1.0, (Plain(4),))
    graph.close(3)
    graph.connect(0, "other", -1.0, (Plain(5),))
    graph.connect(2, "dead end", -1.0, (Plain(6),))
    graph.close(2)
    graph.close(0)
    graph.close(6)  # so the split fails, and 1, 3 and 4 are of no use; but 3 keeps 1 awake
    leaf = graph.ids[4]
    assert graph.status[2] == FAILED and graph.selectable(leaf)
    graph.settle()
    assert not graph.selectable(leaf) and graph.selectable(graph.ids[5])


def test_a_better_way_to_an_unexpanded_state_replaces_the_old_one():
    graph = Graph(Plain(0))
    graph.connect(0, "bad", -5.0, (Plain(1),))
    graph.connect(0, "fair", -1.0, (Plain(2),))
    graph.connect(2, "good", -1.0, (Plain(1),))
    node = graph.ids[1]
    assert graph.log_probability[node] == -2.0 and graph.depth[node] == 2
    assert [graph.actions[edge] for edge in graph.path(node)] == ["fair", "good"]
    assert graph.improved == [node]


def test_an_action_that_leads_back_to_its_own_state_makes_no_edge():
    graph = Graph(Plain(0))
    assert graph.connect(0, "loop", -1.0, (Plain(0),)) == -1
    assert graph.connect(0, "half loop", -1.0, (Plain(1), Plain(0))) == -1
    assert graph.edges == 0 and len(graph) == 1


def test_leaves_below_a_proved_state_sleep_and_wake_when_needed_elsewhere():
    graph = Graph(Plain(0))
    graph.connect(0, "split", -1.0, (Plain(1), Plain(2)))
    graph.close(0)
    graph.connect(1, "long way", -1.0, (Plain(3),))
    graph.connect(3, "on", -1.0, (Plain(4),))
    graph.close(3)
    leaf = graph.ids[4]
    assert graph.selectable(leaf)
    graph.connect(1, "done", -1.0)
    assert not graph.selectable(leaf)
    graph.woken.clear()
    graph.connect(2, "back", -1.0, (Plain(3),))
    assert graph.selectable(leaf) and graph.woken == [leaf]
