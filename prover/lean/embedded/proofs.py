"""Proof states inside the instance: captured at each hole, advanced by tactics, read as goals.

A hole is elaborated by a Python function (`capture`, host slot 0) that gets the eight arguments of TacticM: four
contexts, which never change, and four references. What the references hold is immutable, so a proof state is four
addresses, and trying a tactic costs nothing to undo. Namespaces, `variable`, `open … in` and auto-bound universes
are right by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

from prover.lean.embedded.expressions import Expressions, pack_key
from prover.lean.embedded.objects import Objects, box
from prover.lean.embedded.syntax import TERM_SORRY, Syntax
from prover.lean.protocol import Limits
from prover.lean.state import Goal, Hypothesis

# Fields of Core.Context, Core.State, InfoState, Meta.State, Term.Context
_OPTIONS, _MAX_HEARTBEATS = 2, 9
_ENVIRONMENT, _MESSAGES, _INFO_STATE = 0, 6, 7
_METAVARIABLES = 0
_DECLARATION_NAME = 0
_RUNTIME_LIMITS = ("maximum number of heartbeats", "(deterministic) timeout")


@dataclass(slots=True)
class Contexts:
    """The four contexts of a TacticM (Tactic, Term, Meta, Core), owned."""

    tactic: int
    term: int
    meta: int
    core: int


@dataclass(slots=True)
class Live:
    """The four states (Tactic, Term, Meta, Core), owned. The tactic state is the list of goals itself."""

    goals: int
    term: int
    meta: int
    core: int


@dataclass(slots=True)
class Captured:
    """A hole that was reached: where (bytes), in which declaration, with which state."""

    start: int
    end: int
    is_term: bool
    declaration: str
    contexts: Contexts
    live: Live


@dataclass(frozen=True, slots=True)
class Failure:
    """A tactic that did not succeed; `limit` when it ran into its heartbeats."""

    message: str
    limit: bool = False


class Proofs:
    """Works on one instance; every address that it hands out dies with a restore."""

    def __init__(self, objects: Objects) -> None:
        self.o = objects
        self.syntax = Syntax(objects)
        self.expressions = Expressions(objects)
        self.captured: list[Captured] = []
        self._parsed: dict[tuple[str, str], int | str] = {}

    def forget(self) -> None:
        """After a restore: nothing that was handed out exists any more."""
        self.captured.clear()
        self._parsed.clear()

    # Capturing

    def capture(
        self, hole: int, c1: int, r1: int, c2: int, r2: int, c3: int, r3: int, c4: int, r4: int, _w: int
    ) -> int:
        """The elaborator of a hole: keep its state, then let the `sorry` inside it close the goal."""
        o = self.o
        sorry = o.items(o.field(hole, 2))[0]
        is_term = self.syntax.kind(sorry) == TERM_SORRY
        span = self.syntax.span(sorry)
        if span is not None:
            name = o.option(o.field(c2, _DECLARATION_NAME))
            live = Live(*(o.read_reference(r) for r in (r1, r2, r3, r4)))
            self.captured.append(Captured(
                *span, is_term, o.name(name) if name is not None else "",
                Contexts(*(o.inc(c) for c in (c1, c2, c3, c4))), live))  # fmt: skip
        tactic = o.inc(sorry)
        if is_term:
            tactic = self.syntax.node("Lean.Parser.Tactic.exact", [self.syntax.atom("exact"), tactic])
        o.dec(hole)
        return o.action("l_Lean_Elab_Tactic_evalTactic", tactic, c1, r1, c2, r2, c3, r3, c4, r4)

    def prepare(self, captured: Captured) -> tuple[Contexts, Live]:
        """The state to search from (owned): no error recovery, no info trees, an empty message log.

        With recovery on, a tactic that fails to elaborate a term logs an error, puts `sorry` there and goes on.
        """
        o, c, s = self.o, captured.contexts, captured.live
        contexts = Contexts(o.copy_with(o.inc(c.tactic), {}, {0: 0}), o.inc(c.term), o.inc(c.meta), o.inc(c.core))
        info = o.copy_with(o.inc(o.field(s.core, _INFO_STATE)), {}, {0: 0})
        core = o.copy_with(o.inc(s.core), {_MESSAGES: o.constant("l_Lean_MessageLog_empty"), _INFO_STATE: info})
        return contexts, Live(o.inc(s.goals), o.inc(s.term), o.inc(s.meta), core)

    def limited(self, contexts: Contexts, limits: Limits) -> Contexts:
        """The same contexts (consumed) under another `maxHeartbeats`."""
        heartbeats = min(limits.heartbeats * 1000, (1 << 31) - 1)
        core = self.o.copy_with(contexts.core, {_MAX_HEARTBEATS: self._nat(heartbeats)})
        return Contexts(contexts.tactic, contexts.term, contexts.meta, core)

    def _nat(self, n: int) -> int:
        return box(n) if n < 1 << 30 else self.o.call("lean_big_usize_to_nat", n)

    def release(self, live: Live) -> None:
        self.o.dec_all((live.goals, live.term, live.meta, live.core))

    def release_contexts(self, c: Contexts) -> None:
        self.o.dec_all((c.tactic, c.term, c.meta, c.core))

    # Running

    def parse(self, root: str, tactic: str, live: Live) -> int | str:
        """The tactic's syntax, borrowed from a cache for that root, or the parser's message."""
        key = (root, tactic)
        found = self._parsed.get(key)
        if found is None:
            found = self._parse_lines(tactic, live)
            self._parsed[key] = found
        return found

    def _parse_lines(self, tactic: str, live: Live) -> int | str:
        """A tactic, or several on lines of their own or joined by `;`, which count as one in brackets.

        By itself, text is read without regard to columns: `intro h` and `constructor` on two lines would be one
        `intro` of two names. Within brackets columns count as in a file.
        """
        if "\n" not in tactic:
            found = self._parse(tactic, live)
            return self._in_brackets(tactic, live, found) if isinstance(found, str) and ";" in tactic else found
        found = self._in_brackets(tactic, live, "")
        return self._parse(tactic, live) if isinstance(found, str) else found

    def _in_brackets(self, tactic: str, live: Live, otherwise: int | str) -> int | str:
        indented = tactic.replace("\n", "\n ")
        found = self._parse(f"(\n {indented}\n)", live)
        return otherwise if isinstance(found, str) else found

    def _parse(self, tactic: str, live: Live) -> int | str:
        o = self.o
        environment = o.inc(o.field(live.core, _ENVIRONMENT))
        result = o.pure("l_Lean_Parser_runParserCategory", environment, o.make_name("tactic"), o.string(tactic),
                        o.string("<tactic>"))  # fmt: skip
        if o.tag(result) == 1:
            return o.take_field(result, 0)
        return o.take_text(o.take_field(result, 0))

    def in_state(self, contexts: Contexts, live: Live, function: str, *arguments: int) -> tuple[int, tuple[int, ...]]:
        """Run a TacticM action (arguments consumed): its result (owned) and the references, to be given back."""
        o = self.o
        references = tuple(o.reference(o.inc(s)) for s in (live.goals, live.term, live.meta, live.core))
        r1, r2, r3, r4 = references
        for r in references:
            o.inc(r)
        result = o.action(function, *arguments, o.inc(contexts.tactic), r1, o.inc(contexts.term), r2,
                          o.inc(contexts.meta), r3, o.inc(contexts.core), r4)  # fmt: skip
        return result, references

    def step(
        self, root: str, contexts: Contexts, live: Live, tactic: str, explain: bool = True
    ) -> Live | Failure:
        """Run one tactic on a state (borrowed); a new state (owned) with its solved goals gone, or the failure.

        Half of a failing `rfl` is printing the goals in its message, hence `explain`.
        """
        o = self.o
        syntax = self.parse(root, tactic, live)
        if isinstance(syntax, str):
            return Failure(syntax)
        o.call("lean_io_set_heartbeats", 0)
        result, references = self.in_state(contexts, live, "l_Lean_Elab_Tactic_evalTactic", o.inc(syntax))
        if o.tag(result) != 0:
            exception = o.take_field(result, 0)
            o.dec_all(references)
            limit = o.pure("l_Lean_Exception_isMaxHeartbeat", o.inc(exception)) >> 1 == 1
            if not explain and not limit:
                o.dec(exception)
                return Failure("")
            message = self.exception_text(exception)
            return Failure(message, limit or any(known in message for known in _RUNTIME_LIMITS))
        o.dec(result)
        r1, r2, r3, r4 = references
        for r in references:
            o.inc(r)
        pruned = o.action("l_Lean_Elab_Tactic_pruneSolvedGoals", o.inc(contexts.tactic), r1, o.inc(contexts.term), r2,
                          o.inc(contexts.meta), r3, o.inc(contexts.core), r4)  # fmt: skip
        o.dec(pruned)
        after = Live(*(o.read_reference(r) for r in references))
        o.dec_all(references)
        log = o.field(after.core, _MESSAGES)
        if o.pure("l_Lean_MessageLog_hasErrors", o.inc(log)) >> 1:
            texts = self._error_texts(log)
            self.release(after)
            return Failure(texts)
        return after

    def _error_texts(self, log: int) -> str:
        o = self.o
        array = o.pure("l_Lean_MessageLog_toArray", o.inc(log))
        texts = [self.o.message_text(o.inc(o.field(m, 4))) for m in o.items(array) if o.scalars(m, 2)[1] == 2]
        o.dec(array)
        return "\n".join(texts)

    def exception_text(self, exception: int) -> str:
        return self.o.message_text(self.o.pure("l_Lean_Exception_toMessageData", exception))

    # Looking

    def focus(self, live: Live, index: int) -> Live:
        """The state (borrowed) with only its goal number `index`."""
        o = self.o
        goals = list(o.elements(live.goals))
        goal = o.inc(goals[index])
        return Live(o.list([goal]), o.inc(live.term), o.inc(live.meta), o.inc(live.core))

    def count(self, live: Live) -> int:
        return sum(1 for _ in self.o.elements(live.goals))

    def _in_meta(self, function: str, contexts: Contexts, live: Live, *arguments: int) -> int:
        """Run a MetaM action (arguments consumed): its result object."""
        o = self.o
        meta, core = o.reference(o.inc(live.meta)), o.reference(o.inc(live.core))
        return o.action(function, *arguments, o.inc(contexts.meta), meta, o.inc(contexts.core), core)

    def _declaration(self, contexts: Contexts, live: Live, goal: int) -> int | None:
        """A goal's MetavarDecl, owned."""
        result = self._in_meta("l_Lean_MVarId_getDecl", contexts, live, self.o.inc(goal))
        if self.o.tag(result) != 0:
            self.o.dec(result)
            return None
        return self.o.take_field(result, 0)

    def _instantiate(self, live: Live, e: int) -> int:
        """An expression (borrowed) with its assigned metavariables replaced, owned."""
        o = self.o
        if not self.expressions.has_mvar(e):
            return o.inc(e)
        context = o.inc(o.field(live.meta, _METAVARIABLES))
        return o.take_field(o.pure("l_Lean_instantiateMVarsCore", context, o.inc(e)), 0)

    def leaves_open(self, before: Live, after: Live) -> bool:
        """Whether the proof of a goal of `before` has a metavariable left that is no goal.

        `simpa using Ne.symm ..` closes the goal and never says what the arguments are; Lean complains when the theorem
        ends.
        """
        o = self.o
        for goal in list(o.elements(before.goals)):
            metavariable = o.pure("l_Lean_mkMVar", o.inc(goal))
            proof = self._instantiate(after, metavariable)
            left = self.expressions.has_mvar(proof)
            o.dec_all([metavariable, proof])
            if left:
                return True
        return False

    def summary(self, contexts: Contexts, live: Live) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
        """Keys and sizes of the goals, and whether they are independent: what merging needs, without printing."""
        keys, sizes, independent = [], [], True
        for goal in list(self.o.elements(live.goals)):
            key, size, closed = self._goal_key(contexts, live, goal)
            keys.append(key)
            sizes.append(size)
            independent = independent and closed
        return tuple(keys), tuple(sizes), independent

    def _goal_key(self, contexts: Contexts, live: Live, goal: int) -> tuple[int, int, bool]:
        o, x = self.o, self.expressions
        declaration = self._declaration(contexts, live, goal)
        if declaration is None:
            return x.name_hash(goal) & (1 << 62) - 1, 0, False
        owned: list[int] = []
        variables: dict[int, int] = {}
        memo: dict[int, tuple[int, int]] = {}
        parts: list[int] = []
        size, closed = 0, True
        for local in x.local_variables(declaration):
            if local.is_implementation_detail:
                continue  # the declaration itself, in its own proof: a theorem has one, an example not
            variables[local.id] = len(variables)
            for e in (local.type, local.value):
                if e is None:
                    continue
                e = self._instantiate(live, e)
                owned.append(e)
                closed = closed and not x.has_mvar(e)
                h, n = x.fingerprint(e, variables, memo)
                parts.append(h)
                size += n
        target = self._instantiate(live, x.declaration_type(declaration))
        owned.append(target)
        closed = closed and not x.has_mvar(target)
        h, n = x.fingerprint(target, variables, memo)
        o.dec_all(owned)
        o.dec(declaration)
        return pack_key((h, len(parts), *parts)), size + n, closed

    def is_proposition(self, contexts: Contexts, live: Live) -> bool:
        """Whether the first goal is a proposition."""
        o = self.o
        goal = next(iter(o.elements(live.goals)), None)
        declaration = None if goal is None else self._declaration(contexts, live, goal)
        if declaration is None:
            return False
        target = self._instantiate(live, self.expressions.declaration_type(declaration))
        o.dec(declaration)
        return self._is_prop(contexts, live, target)

    def _is_prop(self, contexts: Contexts, live: Live, e: int) -> bool:
        """Whether a type (consumed) is a proposition."""
        result = self._in_meta("l_Lean_Meta_isProp", contexts, live, e)
        yes = self.o.tag(result) == 0 and self.o.field(result, 0) >> 1 == 1
        self.o.dec(result)
        return yes

    def goals(self, contexts: Contexts, live: Live) -> tuple[Goal, ...]:
        """The goals, printed as Lean does and taken apart."""
        return tuple(self._goal(contexts, live, g) for g in list(self.o.elements(live.goals)))

    def _goal(self, contexts: Contexts, live: Live, goal: int) -> Goal:
        o, x = self.o, self.expressions
        result = self._in_meta("l_Lean_Meta_ppGoal", contexts, live, o.inc(goal))
        text = self._pretty(o.unpack(result))
        case, printed, target_text = split_goal(text)
        declaration = self._declaration(contexts, live, goal)
        if declaration is None:
            return Goal(text, target_text)
        locals_ = [v for v in x.local_variables(declaration) if not v.is_implementation_detail]
        hypotheses = []
        for i, (name, kind, value) in enumerate(printed):
            is_prop, head, instance = False, "", False
            if len(locals_) == len(printed):
                e = self._instantiate(live, locals_[i].type)
                head, instance = x.head(e), locals_[i].binder == 3
                is_prop = self._is_prop_local(contexts, live, goal, e)
            hypotheses.append(Hypothesis(name, kind, value, is_prop, instance, head))
        target = self._instantiate(live, x.declaration_type(declaration))
        head, constants = x.head(target), tuple(x.constants(target))
        o.dec_all((target, declaration))
        return Goal(
            text, target_text, tuple(hypotheses), case, head, constants, self._goal_key(contexts, live, goal)[0]
        )

    def _is_prop_local(self, contexts: Contexts, live: Live, goal: int, e: int) -> bool:
        """Whether a hypothesis's type (consumed) is a proposition, asked in the goal's own local context."""
        o = self.o
        declaration = self._declaration(contexts, live, goal)
        if declaration is None:
            return False
        # Meta.Context holds its local context in field 2 and the local instances in field 3.
        meta = o.copy_with(o.inc(contexts.meta), {2: o.inc(o.field(declaration, 1)), 3: o.inc(o.field(declaration, 4))})
        yes = self._is_prop(Contexts(contexts.tactic, contexts.term, meta, contexts.core), live, e)
        o.dec_all((meta, declaration))
        return yes

    def _pretty(self, format_: int) -> str:
        return self.o.take_text(self.o.pure("l_Std_Format_pretty", format_, box(100), box(0), box(0)))


def split_goal(text: str) -> tuple[str | None, list[tuple[str, str, str | None]], str]:
    """Lean's printed goal → (case, hypotheses as (name, type, value), target). Continuation lines are indented."""
    case: str | None = None
    logical: list[str] = []
    for line in text.split("\n"):
        if line.startswith("case ") and not logical and case is None:
            case = line[5:]
        elif line[:1] in (" ", "\t") and logical:
            logical[-1] += "\n" + line
        else:
            logical.append(line)
    target = ""
    hypotheses: list[tuple[str, str, str | None]] = []
    for entry in logical:
        if entry.startswith("⊢"):
            target = entry[1:].strip()
            continue
        names, separator, rest = entry.partition(" : ")
        if not separator:
            continue
        kind, assigned, value = rest.partition(" := ")
        for name in names.split():
            hypotheses.append((name, kind.strip(), value.strip() if assigned else None))
    return case, hypotheses, target
