"""Runs a trace again: each step, through LeanDojo's interface, from its state before; is the state after the same?

A block of tactics is opened where it stands, with a `sorry` in its place; its steps are then run one after the other.
Where the block is the whole proof, its steps together go through the soundness gate, as a proof in `Dojo` does.
States are compared as texts, up to the numbers of metavariables (`?m.12`), which Lean counts as it goes.

Not here: tracing (`tracer.py`), the interface itself (`prover.dojo`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prover.dojo import (
    Dojo,
    DojoCrashError,
    DojoInitError,
    DojoTacticTimeoutError,
    LeanError,
    ProofFinished,
    TacticState,
    theorem_in,
)  # fmt: skip
from prover.lean import protocol
from prover.lean.holes import normalise
from prover.lean.protocol import BadSource, Hole, Lean
from prover.trace.records import Block, Step, Theorem, TracedFile
from prover.trace.tracer import NO_GOALS, without

_METAVARIABLE = re.compile(r"\?m\.\d+")


class FileChanged(Exception):
    """The file is not the one that was traced."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One step, run again; `problem` is "" where it gave its state after."""

    file: str
    theorem: str
    step: Step
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Posed:
    """A block with a hole for its tactics; what `Dojo` wants to know of a posed theorem."""

    source: str
    hole: Hole

    def with_proof(self, proof: str) -> str:
        """The theorem with the tactics of `proof` (`by` and lines) in the hole's place."""
        line = self.source.rfind("\n", 0, self.hole.start) + 1
        margin = " " * (self.hole.start - line + 1)
        lines = "\n".join(margin + line for line in proof.removeprefix("by\n").split("\n"))
        return f"{self.source[: self.hole.start]}(\n{lines}){self.source[self.hole.end :]}"


class BlockDojo(Dojo):
    """LeanDojo's environment for one block of a theorem's proof; the rest of the proof stays as it is.

    A block within a proof is finished when it leaves no goal: that is no proof yet, and nothing for the gate.
    """

    def __init__(self, source: str, theorem: Theorem, block: Block, lean: Lean) -> None:
        self._whole = theorem.by_tactics and block == theorem.blocks[0]
        self._text = f"{source[: block.start]}sorry{source[block.end : theorem.stop]}\n"
        self._at = block.start
        super().__init__(theorem_in(self._text, theorem.name), lean=lean)

    def _first_tactic(self, source: str) -> TacticState:
        try:
            opened = self.lean.open(source)
        except BadSource as problem:
            raise DojoInitError(str(problem)) from None
        hole = next((h for h in opened.holes if h.start == self._at), None)
        if hole is None:
            raise DojoInitError("Lean does not come to the block")
        self._posed: Any = _Posed(opened.source, hole)
        self._states.append(hole.state)
        return TacticState(self._printed(hole.state), 0)

    def _finished(self, solved: protocol.Solved) -> Any:
        return super()._finished(solved) if self._whole else ProofFinished(len(self._states), "")


def source_of(traced: TracedFile, content: bytes) -> str:
    """The text that was traced. Raises FileChanged where the file's bytes are others now."""
    if hashlib.sha256(content).hexdigest() != traced.sha256:
        raise FileChanged(f"{traced.path} changed since it was traced; `entails trace` traces it again.")
    return without(normalise(content.decode("utf-8-sig")), traced.skipped)


def replay(lean: Lean, traced: TracedFile, content: bytes) -> Iterator[Replayed]:
    """Every step of a file, run again. Raises FileChanged before any."""
    source = source_of(traced, content)
    for theorem in traced.theorems:
        for number, block in enumerate(theorem.blocks):
            steps = [s for s in theorem.steps if s.block == number]
            for step, problem in _block(lean, source, theorem, block, steps):
                yield Replayed(traced.path, theorem.name, step, problem)


def _block(lean: Lean, source: str, theorem: Theorem, block: Block, steps: list[Step]) -> Iterator[tuple[Step, str]]:
    try:
        with BlockDojo(source, theorem, block, lean) as (dojo, state):
            for step in steps:
                if not isinstance(state, TacticState):
                    yield step, "a step before it did not repeat"
                    continue
                if not same(state.pp, step.before):
                    yield step, f"its state before is now\n{state.pp}"
                    state = None
                    continue
                state = dojo.run_tac(state, step.tactic)
                yield step, _difference(state, step.after)
    except (DojoInitError, DojoCrashError, DojoTacticTimeoutError, protocol.LeanError) as problem:
        said = str(problem) or "it ran out of time"
        yield from ((step, said) for step in steps)


def _difference(state: Any, after: str) -> str:
    """What is wrong with the outcome of a step; "" where it is the state after."""
    if isinstance(state, TacticState):
        return "" if same(state.pp, after) else f"its state after is now\n{state.pp}"
    if isinstance(state, ProofFinished):
        return "" if after == NO_GOALS else "it now leaves no goal"
    return f"it now fails: {state.error}" if isinstance(state, LeanError) else "the proof is given up"


def same(a: str, b: str) -> bool:
    """Whether two printed states are equal up to the numbers of metavariables."""
    return a == b or _numbered(a) == _numbered(b)


def _numbered(text: str) -> str:
    seen: dict[str, str] = {}
    return _METAVARIABLE.sub(lambda m: seen.setdefault(m.group(), f"?m.{len(seen)}"), text)
