"""A search as one self-contained HTML page (search/report.html is its template).

Not here: the graph as a picture for other tools (search/export.py). The page needs no network and no
server: tree to open and close, coloured by status and by the perspective that chose each state, goal on
hover or click, time line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from search.graph import PROVED, Graph
from search.proof import Proof
from search.results import Result
from search.shortest import costs

MAX_NODES = 5_000  # states on a page: a browser opens that at once
MAX_TEXT = 20_000  # characters of one state


@dataclass(frozen=True, slots=True)
class Section:
    """One search of a report; `proof_text` replaces the plain list of actions (with the proof in its
    language).
    """

    title: str
    result: Result
    proof_text: str = ""


def write_report(path: Path | str, sections: Sequence[Section], max_nodes: int = MAX_NODES) -> None:
    """Write the page. Errors: those of writing a file; `ValueError` without a section."""
    Path(path).write_text(render_report(sections, max_nodes), encoding="utf-8")


def render_report(sections: Sequence[Section], max_nodes: int = MAX_NODES) -> str:
    """The page as text."""
    if not sections:
        raise ValueError("a report needs at least one search")
    template = files("search").joinpath("report.html").read_text(encoding="utf-8")
    data = json.dumps([_section(section, max_nodes) for section in sections], separators=(",", ":"))
    # Inside a script element only "</" and "<!--" end or change anything; as JSON escapes they cannot.
    return template.replace("@DATA@", data.replace("<", "\\u003c"), 1)


def kept_nodes(graph: Graph, proof: Proof | None, limit: int) -> list[int]:
    """The states that are shown: root, proof, the expanded in their order, then leaves in theirs; with each
    state its way from the root.
    """
    kept: dict[int, None] = {0: None}
    expanded = sorted((n for n in range(len(graph)) if graph.order[n] >= 0), key=graph.order.__getitem__)
    for step in proof.steps if proof else ():
        _keep(graph, step.node, kept)
    for node in [*expanded, *range(len(graph))]:
        if len(kept) >= limit:
            break
        _keep(graph, node, kept)
    return sorted(kept)


def _keep(graph: Graph, node: int, kept: dict[int, None]) -> None:
    """Keep a node, its way from the root, and the states beside it on that way."""
    stack = [node]
    while stack:
        node = stack.pop()
        if node in kept:
            continue
        kept[node] = None
        edge = graph.origin[node]
        stack.append(graph.edge_parent[edge])
        stack.extend(graph.children(edge))


def _section(section: Section, max_nodes: int) -> dict[str, Any]:
    result, graph = section.result, section.result.graph
    statistics = result.statistics
    nodes = kept_nodes(graph, result.proof, max_nodes)
    number = {node: at for at, node in enumerate(nodes)}
    edges = [
        edge
        for edge in range(graph.edges)
        if graph.edge_parent[edge] in number and all(child in number for child in graph.children(edge))
    ]
    edge_number = {edge: at for at, edge in enumerate(edges)}
    on_proof = {step.node for step in result.proof.steps} if result.proof else set()
    choice = costs(graph)[1] if result.proof else {}
    shares = statistics.utilisation().items()
    busy = ", ".join(f"{part} busy {share:.0%}" for part, share in shares if share >= 0.005)
    return {
        "title": section.title,
        "solved": result.solved,
        "stop": result.stop.value,
        "detail": result.detail,
        "critic": any(graph.distance),
        "figures": f"{result.strategy}, seed {result.seed} · {statistics.expansions} expansions, "
        f"{statistics.checks} checks, {len(graph)} states in {statistics.seconds:.2f} s"
        + (f" · {busy}" if busy else ""),
        "perspectives": list(result.perspectives),
        "shares": [
            [name, statistics.chosen_by.get(name, 0), statistics.in_proof.get(name, 0)]
            for name in result.perspectives
        ],
        "warnings": list(result.warnings),
        "proof": section.proof_text or (result.proof.script() if result.proof else ""),
        "proofNodes": sorted(number[node] for node in on_proof if node in number),
        "left_out": len(graph) - len(nodes),
        "nodes": [
            {
                "t": graph.states[node].text[:MAX_TEXT],
                "s": graph.status[node],
                "by": max(graph.chosen_by[node], 0),
                "o": graph.order[node],
                "sec": round(graph.seconds[node], 3),
                "d": round(graph.distance[node], 2),
                "lp": round(graph.log_probability[node], 3),
                "depth": graph.depth[node],
                "from": edge_number.get(graph.origin[node], -1),
            }
            for node in nodes
        ],
        "edges": [
            {
                "p": number[graph.edge_parent[edge]],
                "a": graph.actions[edge],
                "lp": round(graph.edge_log_probability[edge], 3),
                "c": [number[child] for child in graph.children(edge)],
                "f": graph.edge_failed[edge],
                "proof": int(
                    graph.edge_parent[edge] in on_proof
                    and graph.status[graph.edge_parent[edge]] == PROVED
                    and choice.get(graph.edge_parent[edge]) == edge
                ),
            }
            for edge in edges
        ],
    }
