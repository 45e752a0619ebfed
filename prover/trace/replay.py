"""Runs a trace again: each step, through LeanDojo's interface, from its state before; is the state after the same?

A block of tactics is opened where it stands, with a `sorry` in its place; its steps are then run one after the other.
Sources are opened in rounds: the n-th blocks of all theorems of a file at once. What the proofs come to goes through
the soundness gate once for the whole file: every theorem, with its steps below one another after its `by`.
States are compared as texts, up to the numbers of metavariables (`?m.12`), which Lean counts as it goes.

Not here: tracing (`tracer.py`), the interface itself (`prover.dojo`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from prover.lean.protocol import Hole, Lean
from prover.script import indented
from prover.trace.records import Step, Theorem, TracedFile
from prover.trace.tracer import NO_GOALS, digest_of, read, without

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


class BlockDojo(Dojo):
    """LeanDojo's environment for one block of a proof, at a hole of a source that is open already.

    Where no goal is left it says ProofFinished for the block, which is no proof yet: `replay` asks the gate.
    """

    def __init__(self, lean: Lean, theorem: str, hole: Hole) -> None:
        super().__init__(theorem_in("", theorem), lean=lean)
        self._hole = hole

    def _first_tactic(self, source: str) -> TacticState:
        self._states.append(self._hole.state)
        return TacticState(self._printed(self._hole.state), 0)

    def _finished(self, solved: protocol.Solved) -> ProofFinished:
        return ProofFinished(len(self._states), "")


def source_of(traced: TracedFile, content: bytes, before: Sequence[tuple[str, bytes]] = ()) -> str:
    """The text that was traced. Raises FileChanged where the file, or one that it needs, has other bytes now."""
    now = ((traced.path, digest_of(content)), *((path, digest_of(data)) for path, data in before))
    for (path, digest), then in zip(now, ((traced.path, traced.sha256), *traced.needs), strict=True):
        if (path, digest) != then:
            raise FileChanged(f"{path} changed since it was traced; `entails trace` traces it again.")
    return without(read(traced.path, content, before).text, traced.skipped)


def replay(
    lean: Lean, traced: TracedFile, content: bytes, before: Sequence[tuple[str, bytes]] = ()
) -> list[Replayed]:
    """Every step of a file (`before`: what it needs, as when it was traced), run again.

    Raises FileChanged before any.
    """
    source = source_of(traced, content, before)
    done: list[Replayed] = []
    for number in range(max((len(t.blocks) for t in traced.theorems), default=0)):
        text, places = _posed(source, traced.theorems, number)
        try:
            holes, said = {h.start: h for h in lean.open(text).holes}, "Lean does not come to the block"
        except protocol.BadSource as error:
            holes, said = {}, str(error)
        for i, place in places.items():
            theorem = traced.theorems[i]
            steps = [s for s in theorem.steps if s.block == number]
            hole = holes.get(place)
            outcome = _block(lean, theorem.name, hole, steps) if hole else [(s, said) for s in steps]
            done += [Replayed(traced.path, theorem.name, step, problem) for step, problem in outcome]
    wrong = {r.theorem for r in done if r.problem}
    refused = _gate(lean, source, [t for t in traced.theorems if t.by_tactics and t.name not in wrong])
    last = {r.theorem: i for i, r in enumerate(done) if r.step.block == 0}
    for name, problem in refused.items():
        done[last[name]] = replace(done[last[name]], problem=problem)
    return done


def _posed(source: str, theorems: Sequence[Theorem], number: int) -> tuple[str, dict[int, int]]:
    """The source with a `sorry` in place of each theorem's block of that number, and where these are.

    Of a theorem that has none, the proof is left out.
    """
    places: dict[int, int] = {}
    out, at = "", 0
    for i, theorem in enumerate(theorems):
        if any(s.block == number for s in theorem.steps):
            block, put = theorem.blocks[number], "sorry"
        elif theorem.by_tactics:
            block, put = theorem.blocks[0], "exact sorryAx _ false"
        else:
            continue
        out += source[at : block.start]
        if put == "sorry":
            places[i] = len(out)
        out, at = out + put, block.end
    return out + source[at:], places


def _gate(lean: Lean, source: str, theorems: Sequence[Theorem]) -> dict[str, str]:
    """Theorem → why the gate refuses what its steps come to. All proofs must be `by` blocks with steps."""
    if not theorems:
        return {}
    proofs, (statements, _) = _filled(source, theorems), _posed(source, theorems, 0)
    names = [t.name for t in theorems]
    try:
        if lean.verify(proofs, statements, names).accepted:
            return {}
        answers = {name: lean.verify(proofs, statements, name) for name in names}
    except protocol.LeanError as problem:
        return dict.fromkeys(names, f"the gate cannot read the theorem: {problem}")
    return {name: f"the gate refuses the proof: {a.reason}" for name, a in answers.items() if not a.accepted}


def _filled(source: str, theorems: Sequence[Theorem]) -> str:
    """The source with each theorem's proof written anew from the steps of its first block."""
    out, at = "", 0
    for theorem in theorems:
        block = theorem.blocks[0]
        margin = " " * (block.start - source.rfind("\n", 0, block.start))
        steps = [s.tactic for s in theorem.steps if s.block == 0]
        lines = "\n".join(indented(tactic, margin) for tactic in steps)
        out, at = f"{out}{source[at : block.start]}(\n{lines})", block.end
    return out + source[at:]


def _block(lean: Lean, theorem: str, hole: Hole, steps: Sequence[Step]) -> list[tuple[Step, str]]:
    """The steps of one block, each with what is wrong with it."""
    done: list[tuple[Step, str]] = []
    try:
        with BlockDojo(lean, theorem, hole) as (dojo, state):
            for step in steps:
                if not isinstance(state, TacticState):
                    done.append((step, "a step before it did not repeat"))
                elif not same(state.pp, step.before):
                    done.append((step, f"its state before is now\n{state.pp}"))
                    state = None
                else:
                    state = dojo.run_tac(state, step.tactic)
                    done.append((step, _difference(state, step.after)))
    except (DojoInitError, DojoCrashError, DojoTacticTimeoutError, protocol.LeanError) as problem:
        done += [(step, str(problem) or "it ran out of time") for step in steps[len(done) :]]
    return done


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
