"""A search tree as Graphviz or Mermaid source, for papers, slides and other tools.

Not here: the page with the time line (search/report.py). Both draw states as boxes and an action that leaves
several states as a dot between them, as AND/OR graphs are drawn.
"""

from __future__ import annotations

from search.graph import STATUS_NAMES, Graph
from search.report import kept_nodes
from search.results import Result
from search.shortest import costs

MAX_NODES = 200  # larger pictures cannot be read
MAX_LINE = 60
_FILL = {"open": "#fdf6d8", "proved": "#dcf5e3", "failed": "#fbe0e1"}


def _shown(result: Result, max_nodes: int) -> tuple[list[int], list[tuple[int, bool]]]:
    """Nodes, and edges with whether they are on the proof."""
    graph = result.graph
    nodes = kept_nodes(graph, result.proof, max_nodes)
    known = set(nodes)
    on_proof = {step.node for step in result.proof.steps} if result.proof else set()
    choice = costs(graph)[1] if result.proof else {}
    edges = []
    for edge in range(graph.edges):
        parent = graph.edge_parent[edge]
        if parent in known and all(child in known for child in graph.children(edge)):
            edges.append((edge, parent in on_proof and choice.get(parent) == edge))
    return nodes, edges


def _label(graph: Graph, node: int) -> str:
    text = graph.states[node].text
    at = text.rfind("⊢")
    lines = (text if at < 0 else text[at:]).strip().splitlines()
    return _short(lines[0] if lines else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


def to_graphviz(result: Result, max_nodes: int = MAX_NODES) -> str:
    """DOT source; at most `max_nodes` states, those on the proof first."""
    graph = result.graph
    nodes, edges = _shown(result, max_nodes)

    def quote(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "") + '"'

    lines = ["digraph search {", '  node [shape=box, style="rounded,filled", fontname="monospace"];']
    for node in nodes:
        fill = _FILL[STATUS_NAMES[graph.status[node]]]
        lines.append(f"  n{node} [label={quote(_label(graph, node))}, fillcolor={quote(fill)}];")
    for edge, proof in edges:
        children = graph.children(edge)
        look = "penwidth=2.5" if proof else "style=dashed" if graph.edge_failed[edge] else "penwidth=1"
        label = f"label={quote(_short(graph.actions[edge]))}, {look}"
        if len(children) == 1:
            lines.append(f"  n{graph.edge_parent[edge]} -> n{children[0]} [{label}];")
            continue
        shape = "point" if children else "doublecircle"
        lines.append(f'  e{edge} [shape={shape}, label="", width=0.12];')
        head = "none" if children else "forward"
        lines.append(f"  n{graph.edge_parent[edge]} -> e{edge} [{label}, dir={head}];")
        lines += [f"  e{edge} -> n{child} [{look}];" for child in children]
    return "\n".join([*lines, "}"]) + "\n"


def to_mermaid(result: Result, max_nodes: int = MAX_NODES) -> str:
    """Mermaid flowchart source; at most `max_nodes` states, those on the proof first."""
    graph = result.graph
    nodes, edges = _shown(result, max_nodes)

    def quote(text: str) -> str:
        # Mermaid reads entities by number; anything that could be its own syntax becomes one.
        return '"' + "".join(c if c.isalnum() or c in " .,_-" else f"#{ord(c)};" for c in text) + '"'

    lines = ["flowchart TD"]
    for node in nodes:
        lines.append(f"  n{node}[{quote(_label(graph, node) or ' ')}]")
    thick: list[int] = []
    arrows = 0

    def arrow(start: str, end: str, action: str, proof: bool) -> None:
        nonlocal arrows
        lines.append(f"  {start} -->{'|' + quote(action) + '|' if action else ''} {end}")
        if proof:
            thick.append(arrows)
        arrows += 1

    for edge, proof in edges:
        children = graph.children(edge)
        action = _short(graph.actions[edge])
        parent = f"n{graph.edge_parent[edge]}"
        if len(children) == 1:
            arrow(parent, f"n{children[0]}", action, proof)
            continue
        lines.append(f"  e{edge}(({quote('all of' if children else 'solved')}))")
        arrow(parent, f"e{edge}", action, proof)
        for child in children:
            arrow(f"e{edge}", f"n{child}", "", proof)
    for status, fill in _FILL.items():
        members = [f"n{node}" for node in nodes if STATUS_NAMES[graph.status[node]] == status]
        if members:
            lines.append(f"  classDef {status} fill:{fill},stroke:#888,color:#111")
            lines.append(f"  class {','.join(members)} {status}")
    if thick:
        lines.append(f"  linkStyle {','.join(map(str, thick))} stroke-width:3px")
    return "\n".join(lines) + "\n"
