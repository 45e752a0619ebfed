"""Holes of sources and proof states, over one language server.

What a state is lives in its steps alone, so a new server goes on from any of them: its text is sent and elaborated
again. Judging proofs is not here (`verify.py`).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.lean.native import printed, scan
from prover.lean.native.documents import DECLARATION_NAME, FORMS, IS_PROP, PROBE, REST, Form, script
from prover.lean.native.server import Document, ServerDied, ServerError, ServerTimeout
from prover.lean.native.sources import SOURCE_SECONDS, Sources, TooSlow
from prover.lean.native.toolchain import Toolchain
from prover.lean.protocol import (
    Advanced,
    BadSource,
    Crashed,
    Hole,
    LeanError,
    Limits,
    Message,
    Opened,
    Outcome,
    Rejected,
    Solved,
    TimedOut,
)
from prover.lean.state import Goal, ProofState

_KEPT_GOALS = 8192
#: How long a server may take to give up a tactic, and how many it may be asked to give up before it is replaced.
_GRACE, _OVERRUNS = 1.0, 8
_LIMIT_WORDS = ("maximum number of heartbeats", "(deterministic) timeout")


@dataclass(frozen=True, slots=True)
class Root:
    """A hole to search from. `source` is cut after its declaration; `before`, `after`: errors that are there anyway."""

    source: str
    start: int
    end: int
    form: Form
    header: str
    before: frozenset[tuple[int, str]]
    after: Counter[str]


class Session(Sources):
    """Everything that one server does. `roots` is shared by the sessions of one `NativeLean`. Not thread-safe."""

    def __init__(self, toolchain: Toolchain, home: Path, roots: dict[str, Root]) -> None:
        super().__init__(toolchain, home)
        self.roots = roots
        #: The printed goals of states that were reached, newest last.
        self._goals: OrderedDict[tuple[str, tuple[str | int, ...]], tuple[str, ...]] = OrderedDict()
        #: The state, with its heartbeats, whose text the server elaborated last.
        self._elaborated: tuple[str, tuple[str | int, ...], int] | None = None
        self._overruns = 0

    def put(self, header: str, source: str, seconds: float) -> tuple[Document, list[tuple[int, Message]]]:
        """See `Sources.put`."""
        self._elaborated = None
        return super().put(header, source, seconds)

    def open(self, source: str) -> Opened:
        """See `Lean.open`."""
        source, messages = self.complete(source)
        blanked = scan.blank(source)
        digest = hashlib.sha256(source.encode(errors="replace")).hexdigest()[:16]
        holes = []
        for i, (start, end) in enumerate(scan.sorries(blanked)):
            hole = self._hole(source, blanked, f"{digest}.{i}", start, end, messages)
            if hole is not None:
                holes.append(hole)
        return Opened(source, tuple(holes), tuple(m for _, m in messages))

    def _hole(
        self, source: str, blanked: str, root_id: str, start: int, end: int, messages: list[tuple[int, Message]]
    ) -> Hole | None:
        """The hole of one `sorry`; None where it is none (in a quotation, say, or never reached)."""
        cut = scan.command_end(blanked, end)
        errors = [(at, _plain(m.text)) for at, m in messages if m.severity == "error"]
        # Cut short first; whole, where the cut turns out to be in the wrong place.
        for stop in dict.fromkeys((cut, len(source))):
            for form in FORMS:
                root = Root(
                    source[:stop], start, end, form, source[: scan.header(blanked).end],
                    frozenset((at, text) for at, text in errors if at < start),
                    Counter(text for at, text in errors if end <= at < max(stop, end)),
                )  # fmt: skip
                found = self._probe(root)
                if found is not None:
                    goals, name, is_prop = found
                    self.roots[root_id] = root
                    self._keep(root_id, (), goals)
                    line = source.count("\n", 0, start) + 1
                    column = start - (source.rfind("\n", 0, start) + 1)
                    return Hole(name, start, end, line, column, form.prefix, is_prop, self._state(root_id, (), goals))
        return None

    def _probe(self, root: Root) -> tuple[tuple[str, ...], str, bool] | None:
        """Goals, declaration and whether a proof is asked for, if Lean reads the hole in this form."""
        text, offsets = script((), Limits().heartbeats, (*PROBE, REST))
        try:
            document, error = self._put(root, text, SOURCE_SECONDS)
            if error is not None:
                return None
            at = root.start + len(root.form.before)
            goals, probed = (self.server().goals(document, at + offsets[i], SOURCE_SECONDS) for i in (0, -1))
        except ServerTimeout:
            self.drop()
            raise TooSlow(f"The source did not elaborate within {SOURCE_SECONDS:g} s.") from None
        except (ServerDied, ServerError) as death:
            raise BadSource(f"Lean stopped while it elaborated the source: {death}.") from None
        if not goals or not probed:
            return None
        values = {h.name: h.value or "" for h in printed.goal(probed[0]).hypotheses}
        return tuple(goals), _name(values.get(DECLARATION_NAME, "")), values.get(IS_PROP) == "true"

    def _put(self, root: Root, lines: str, seconds: float) -> tuple[Document, str | None]:
        """Elaborate a root's source with `lines` in the hole's form; the document, and the errors that are new."""
        block = root.form.fill(root.source, root.start, root.end, lines)
        source = root.source[: root.start] + block + root.source[root.end :]
        document, messages = self.put(root.header, source, seconds)
        end = root.start + len(block)
        there = Counter(root.after)
        new: list[str] = []
        for at, message in messages:
            text = _plain(message.text)
            if message.severity != "error" or (at < root.start and (at, text) in root.before):
                continue
            if at >= end and there[text] > 0:
                there[text] -= 1
                continue
            new.append(message.text)
        return document, "\n".join(new) if new else None

    # States

    def _root(self, state: ProofState) -> Root:
        root = self.roots.get(state.root)
        if root is None:
            raise LeanError("The state belongs to a theorem that is not open in this Lean.")
        return root

    def _state(self, root_id: str, steps: tuple[str | int, ...], goals: Sequence[str]) -> ProofState:
        independent = len(goals) < 2 or not any(printed.has_metavariable(g) for g in goals)
        keys, sizes = tuple(map(printed.key, goals)), tuple(map(printed.size, goals))
        return ProofState(root_id, keys, steps, independent, sizes)

    def _keep(self, root_id: str, steps: tuple[str | int, ...], goals: tuple[str, ...]) -> None:
        self._goals[root_id, steps] = goals
        self._goals.move_to_end((root_id, steps))
        while len(self._goals) > _KEPT_GOALS:
            self._goals.popitem(last=False)

    def _step(
        self, state: ProofState, steps: tuple[str | int, ...], limits: Limits, seconds: float
    ) -> tuple[str, ...] | str:
        """The goals after `steps`, or the message of the error among them. Raises what `server.py` raises."""
        root = self._root(state)
        text, (offset,) = script(steps, limits.heartbeats)
        started = time.monotonic()
        document, error = self._put(root, text, seconds)
        if error is not None:
            return error
        left = max(seconds - (time.monotonic() - started), 1.0)
        goals = self.server().goals(document, root.start + len(root.form.before) + offset, left)
        if goals is None:
            return "the tactic was not run to its end"
        self._elaborated = state.root, steps, limits.heartbeats
        self._keep(state.root, steps, tuple(goals))
        return tuple(goals)

    def _replay(self, state: ProofState, limits: Limits) -> None:
        """Have the server at the state, so that a tactic's time is its own."""
        if self._server is not None and not self._server.dead and self._elaborated is not None:
            root, steps, heartbeats = self._elaborated
            known = root == state.root and heartbeats == limits.heartbeats
            if known and steps[: len(state.steps)] == state.steps:
                return
        found = self._step(state, state.steps, limits, SOURCE_SECONDS)
        if isinstance(found, str):
            raise ServerDied(f"a tactic does not repeat: {found}")

    def run_one(self, state: ProofState, tactic: str, limits: Limits) -> Outcome:
        """Run one tactic; see `Lean.run`. Raises LeanError where no server can be started any more."""
        self._root(state)
        try:
            self._replay(state, limits)
        except ServerTimeout:
            self.drop()
            return Crashed("the state could not be replayed in time")
        except (ServerDied, ServerError) as death:
            return Crashed(f"the state could not be replayed: {death}")
        steps = (*state.steps, tactic)
        reached = self._elaborated
        try:
            found = self._step(state, steps, limits, limits.seconds)
        except ServerTimeout:
            self._take_back(state, limits)
            return TimedOut(f"stopped after {limits.seconds:g} s")
        except (ServerDied, ServerError) as death:
            return Crashed(str(death))
        if isinstance(found, str):
            # The steps before it are elaborated all the same.
            self._elaborated = reached
            limit = any(words in found for words in _LIMIT_WORDS)
            return TimedOut(found) if limit else Rejected(found)
        if not found:
            return Solved(tuple(s for s in steps if isinstance(s, str)))
        return Advanced(self._state(state.root, steps, found))

    def _take_back(self, state: ProofState, limits: Limits) -> None:
        """After a tactic that ran too long: Lean gives it up when its text is gone, or the server has to go.

        A new server imports everything again, seconds for Mathlib. But code that does not look whether it was given
        up runs on unseen, hence the limit on how often.
        """
        self._overruns += 1
        if self._overruns <= _OVERRUNS:
            try:
                if not isinstance(self._step(state, state.steps, limits, _GRACE), str):
                    return
            except (ServerDied, ServerTimeout, ServerError):
                pass
        self._overruns = 0
        self.drop()

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        """See `Lean.goals`. Raises LeanError for a state that cannot be reached any more."""
        found = self._goals.get((state.root, state.steps))
        if found is None:
            found = self._reach(state)
        return tuple(printed.goal(text) for text in found)

    def _reach(self, state: ProofState) -> tuple[str, ...]:
        """The goals of a state, on a new server if the first was lost."""
        problem: object = ""
        for _ in range(2):
            try:
                found = self._step(state, state.steps, Limits(), SOURCE_SECONDS)
                if not isinstance(found, str):
                    return found
                problem = found
            except (ServerDied, ServerTimeout, ServerError) as death:
                self.drop()
                problem = death
        raise LeanError(f"The state cannot be reached again: {problem}.")


def _plain(text: str) -> str:
    """A message without the numbers of metavariables, which change from one elaboration to the next."""
    return re.sub(r"(?<=\?)([^\W\d]\w*)\.\d+", r"\1", text)


def _name(value: str) -> str:
    """A printed `Lean.Name` as a name: `` `A.b ``, or made part by part where it has no literal (a private one)."""
    if value.startswith("`"):
        return value.lstrip("`")
    return ".".join(a or b for a, b in re.findall(r'mkStr\d*\s+"([^"]*)"|mkNum\s+(\d+)', value))

