"""A best-first prover as written for lean-dojo, in the style of ReProver's: it knows LeanDojo's interface alone.

The tests run this file as it is, but for the name of the package in its import.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from enum import Enum

from lean_dojo import (
    Dojo,
    DojoCrashError,
    DojoInitError,
    DojoTacticTimeoutError,
    LeanError,
    LeanGitRepo,
    Pos,
    ProofFinished,
    ProofGivenUp,
    TacticState,
    Theorem,
)


class Status(Enum):
    PROVED = "Proved"
    FAILED = "Failed"
    OPEN = "Open"


@dataclass
class Edge:
    tactic: str
    src: Node
    dst: Node


@dataclass
class ProofFinishedNode:
    inner: ProofFinished
    status: Status = Status.PROVED
    distance_to_proof: int = 0


@dataclass
class ErrorNode:
    inner: LeanError | ProofGivenUp | DojoTacticTimeoutError
    status: Status = Status.FAILED
    distance_to_proof: float = float("inf")


@dataclass
class InternalNode:
    state: TacticState
    cumulative_logprob: float
    in_edges: list[Edge] = field(default_factory=list)
    out_edges: list[Edge] | None = None
    status: Status = Status.OPEN

    def __lt__(self, other: InternalNode) -> bool:
        return self.cumulative_logprob > other.cumulative_logprob

    def settle(self) -> None:
        """Take the children's status over, and tell the parents of a change."""
        assert self.out_edges is not None
        if any(e.dst.status is Status.PROVED for e in self.out_edges):
            now = Status.PROVED
        elif all(e.dst.status is Status.FAILED for e in self.out_edges):
            now = Status.FAILED
        else:
            now = Status.OPEN
        if now is not self.status:
            self.status = now
            for edge in self.in_edges:
                if edge.src.out_edges is not None:
                    edge.src.settle()

    def extract_proof(self) -> list[Edge] | None:
        for edge in self.out_edges or ():
            if isinstance(edge.dst, ProofFinishedNode):
                return [edge]
        for edge in self.out_edges or ():
            # Only along the edge by which the node was first reached: the graph may have cycles.
            if isinstance(edge.dst, InternalNode) and edge.dst.in_edges[0] is edge:
                rest = edge.dst.extract_proof()
                if rest is not None:
                    return [edge, *rest]
        return None


Node = InternalNode | ProofFinishedNode | ErrorNode


@dataclass(frozen=True)
class SearchResult:
    theorem: Theorem
    status: Status
    proof: list[str] | None
    actor_time: float
    environment_time: float
    num_total_nodes: int
    num_searched_nodes: int


class FixedTactics:
    """Proposes the same tactics for every state, and more where the goal looks like it."""

    def __init__(self, tactics: list[tuple[str, float]]) -> None:
        self.tactics = tactics

    async def generate(self, state: str, file_path: str, theorem_full_name: str, theorem_pos: Pos, num_samples: int):
        assert "⊢" in state and file_path and theorem_full_name
        hints = [("intro h", -0.1)] if "→" in state.split("⊢")[1] else []
        return (hints + self.tactics)[:num_samples]


class BestFirstSearchProver:
    def __init__(self, tac_gen, timeout: int, max_expansions: int | None, num_sampled_tactics: int) -> None:
        self.tac_gen = tac_gen
        self.timeout = timeout
        self.max_expansions = max_expansions
        self.num_sampled_tactics = num_sampled_tactics

    def search(self, repo: LeanGitRepo, thm: Theorem, pos: Pos) -> SearchResult | None:
        self.theorem, self.position = thm, pos
        self.num_expansions = 0
        self.actor_time = self.environment_time = 0.0
        try:
            with Dojo(thm, self.timeout) as (dojo, init_state):
                self.dojo = dojo
                self.root = InternalNode(init_state, 0.0)
                self.nodes = {init_state: self.root}
                with contextlib.suppress(DojoCrashError):
                    asyncio.run(self._best_first_search())
        except DojoInitError:
            return None
        proof = None
        if self.root.status is Status.PROVED:
            edges = self.root.extract_proof()
            assert edges is not None
            proof = [e.tactic for e in edges]
        searched = sum(isinstance(n, InternalNode) and n.out_edges is not None for n in self.nodes.values())
        return SearchResult(thm, self.root.status, proof, self.actor_time, self.environment_time, len(self.nodes),
                            searched)  # fmt: skip

    async def _best_first_search(self) -> None:
        start = time.time()
        queue: asyncio.PriorityQueue[tuple[float, int, InternalNode]] = asyncio.PriorityQueue()
        queue.put_nowait((0.0, 0, self.root))
        while not queue.empty():
            _, _, node = queue.get_nowait()
            await self._expand(node, queue)
            if time.time() - start > self.timeout:
                break
            if self.max_expansions is not None and self.num_expansions >= self.max_expansions:
                break
            if self.root.status is not Status.OPEN:
                break

    async def _expand(self, node: InternalNode, queue) -> None:
        t0 = time.monotonic()
        suggestions = await self.tac_gen.generate(
            node.state.pp, str(self.theorem.file_path), self.theorem.full_name, self.position, self.num_sampled_tactics
        )
        self.actor_time += time.monotonic() - t0
        edges = []
        for tactic, logprob in suggestions:
            edge, done = self._run_tactic(node, tactic, logprob, queue)
            edges.append(edge)
            if done:
                break
        node.out_edges = edges
        node.settle()
        self.num_expansions += 1

    def _run_tactic(self, node: InternalNode, tactic: str, logprob: float, queue) -> tuple[Edge, bool]:
        t0 = time.monotonic()
        try:
            response = self.dojo.run_tac(node.state, tactic)
        except DojoTacticTimeoutError as timeout:
            response = timeout
        self.environment_time += time.monotonic() - t0
        key = response if not isinstance(response, DojoTacticTimeoutError) else (tactic, node.state)
        result = self.nodes.get(key)
        if result is None:
            if isinstance(response, ProofFinished):
                result = ProofFinishedNode(response)
            elif isinstance(response, LeanError | ProofGivenUp | DojoTacticTimeoutError):
                result = ErrorNode(response)
            else:
                assert isinstance(response, TacticState) and response.num_goals >= 1
                result = InternalNode(response, logprob + node.cumulative_logprob)
                queue.put_nowait((-result.cumulative_logprob, len(self.nodes), result))
            self.nodes[key] = result
        edge = Edge(tactic, node, result)
        if isinstance(result, InternalNode):
            result.in_edges.append(edge)
        return edge, isinstance(response, ProofFinished)
