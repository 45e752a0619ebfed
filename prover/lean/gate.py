"""The soundness gate: is this text a proof of exactly that statement, checked by Lean's kernel?

Used by the prover for every proof that it reports, and open to everyone (`entails verify`, `Lean.verify`). The steps,
none of which trusts a printed message:

1. the instance is restored; the statement is elaborated first, then the proof, both on the environment of the
   statement's imports, which this process imported before any text ran;
2. the proof's text must elaborate without an error and without words that run or link foreign code;
3. the theorem must be there as a theorem, with the same universe parameters and the same type, as an expression, as
   in the statement; every other declaration that both have and that the proof needs must be the same in both;
4. what the proof leans on is followed through the environment: no `sorryAx`, no axiom but Lean's three, nothing
   that trusts the compiler, nothing unsafe;
5. every new declaration that it leans on is added once more, by the kernel, to the statement's imported environment.

Library theorems come without their proofs in the .olean files at hand, so `axioms` names what the proof's own
declarations use of `propext`, `Classical.choice`, `Quot.sound`; the library itself is trusted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from prover.lean.holes import insert_missing_proofs, normalise
from prover.lean.protocol import BadSource, Message, Verification

if TYPE_CHECKING:
    from prover.lean.embedded.kernel import Constant
    from prover.lean.embedded.session import Session

STANDARD_AXIOMS = ("propext", "Classical.choice", "Quot.sound")
#: Constants of the library that a proof may not mention: they are axioms, or they make the kernel run compiled code.
FORBIDDEN = {
    "sorryAx": "leans on `sorry`",
    "lcProof": "leans on `lcProof`, the compiler's unchecked proof",
    "Lean.ofReduceBool": "leans on the compiler through `Lean.ofReduceBool` (native_decide)",
    "Lean.ofReduceNat": "leans on the compiler through `Lean.ofReduceNat` (native_decide)",
    "Lean.trustCompiler": "leans on the compiler through `Lean.trustCompiler` (native_decide)",
    "Lean.reduceBool": "lets the kernel run compiled code through `Lean.reduceBool`",
    "Lean.reduceNat": "lets the kernel run compiled code through `Lean.reduceNat`",
}
#: Words that no proof needs, and with which compiled code, or the process's memory, could be made to lie.
FORBIDDEN_WORDS = ("unsafe", "implemented_by", "extern", "csimp", "run_cmd", "run_elab", "run_meta", "initialize",
                   "builtin_initialize", "#eval", "#eval!")  # fmt: skip


class Refused(Exception):
    """The proof is refused, for the reason given."""


def verify(
    session: Session,
    proof: str,
    statement: str,
    theorem: str | Sequence[str] | None = None,
    seconds: float = 120.0,
) -> Verification:
    """Does `proof` prove the theorem that `statement` poses with `sorry`?

    `theorem`: its name (full, or its last parts where that is unambiguous); needed where the statement poses
    several. Of several names all have to be proved. Raises BadSource, UnknownImport when the *statement* is
    unusable; anything wrong with the proof is a
    refusal.
    """
    started = time.monotonic()
    proof, statement = normalise(proof), normalise(statement)
    wanted = [theorem] if theorem is None or isinstance(theorem, str) else list(theorem)
    name = ", ".join(n for n in wanted if n)

    def elapsed() -> float:
        return time.monotonic() - started

    try:
        deadline = Deadline(session, started + seconds)
        imports = session.header(statement)[0]
        session.fresh(imports)
        if session.header(statement)[0] != imports:
            raise Refused("the header of the statement reads differently on a restored Lean")
        posed = _Posed(session, statement, wanted, deadline)
        name = ", ".join(t.name for t in posed.targets)
        axioms = _examine(session, proof, imports, posed, deadline)
        return Verification(True, name, "", axioms, elapsed())
    except Refused as refusal:
        return Verification(False, name, str(refusal), (), elapsed())
    finally:
        # Whatever the texts left in the instance is dropped before anyone uses it again.
        session.restore()


class Deadline:
    """Runs parts of a verification under what is left of its time; running out of it is a refusal."""

    def __init__(self, session: Session, end: float) -> None:
        self._session, self._end = session, end

    def run(self, what: str, work: Callable[[], object]) -> object:
        from prover.lean.embedded.errors import Interrupted, Trapped

        left = self._end - time.monotonic()
        if left <= 0:
            raise Refused("the verification ran out of time")
        try:
            return self._session.guard(left, work)
        except Interrupted:
            raise Refused(f"the verification ran out of time {what}") from None
        except Trapped as trap:
            raise Refused(f"Lean stopped {what}: {trap}") from None


class _Posed:
    """The statement, elaborated: its declarations and the theorems asked for."""

    def __init__(
        self, session: Session, statement: str, wanted: Sequence[str | None], deadline: Deadline
    ) -> None:
        from prover.lean.embedded.sources import ENVIRONMENT, Elaborated

        def work() -> Elaborated:
            return session.elaborate(statement)

        done = deadline.run("while it elaborated the statement", work)
        assert isinstance(done, Elaborated)
        completed = insert_missing_proofs(statement, done.messages)
        while completed != statement:
            statement = completed
            session.o.dec(done.state)
            done = deadline.run("while it elaborated the statement", work)
            assert isinstance(done, Elaborated)
            completed = insert_missing_proofs(statement, done.messages)
        errors = [m for m in done.messages if m.severity == "error"]
        if errors:
            raise BadSource(f"The statement does not elaborate: {errors[0]}")
        kernel = session.kernel
        self.constants: dict[str, Constant] = kernel.new_constants(session.o.field(done.state, ENVIRONMENT))
        self.targets = [self._choose(theorem, lambda c: _mentions_sorry(session, c)) for theorem in wanted]

    def _choose(self, theorem: str | None, uses_sorry: Callable[[Constant], bool]) -> Constant:
        theorems = [c for c in self.constants.values() if c.kind == "theorem" and "._" not in c.name]
        if theorem is not None:
            wanted = user_name(theorem)
            exact = [c for c in theorems if user_name(c.name) == wanted]
            found = exact or [c for c in theorems if user_name(c.name).endswith(f".{wanted}")]
            if not found:
                raise BadSource(f"The statement poses no theorem {theorem}{_list(theorems)}.")
        else:
            found = [c for c in theorems if uses_sorry(c)] or theorems
            if not found:
                raise BadSource("The statement poses no theorem by name (an `example` has none to compare).")
        if len(found) > 1:
            raise BadSource(f"The statement poses several theorems: name one{_list(found)}.")
        return found[0]


def _list(theorems: list[Constant]) -> str:
    names = sorted(user_name(c.name) for c in theorems)
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f" (there: {shown})" if names else ""


def user_name(name: str) -> str:
    """A private name as its author wrote it."""
    if name.startswith("_private."):
        _, _, rest = name.partition(".0.")
        return rest or name
    return name.removeprefix("_root_.")


def _mentions_sorry(session: Session, constant: Constant) -> bool:
    return any(key.split(":", 1)[1] == "sorryAx" for key in session.kernel.used(constant))


def _examine(session: Session, proof: str, imports: tuple, posed: _Posed, deadline: Deadline) -> tuple[str, ...]:
    """Steps 2 to 5; the standard axioms used, or Refused."""
    from prover.lean.embedded.kernel import KernelRefusal
    from prover.lean.embedded.sources import ENVIRONMENT, Elaborated

    kernel, o = session.kernel, session.o
    try:
        proof_imports = session.header(proof)[0]
    except BadSource as problem:
        raise Refused(f"the proof cannot be read: {problem}") from None
    if set(proof_imports) != set(imports):
        names = [", ".join(n for n, _ in i) for i in (proof_imports, imports)]
        raise Refused(f"the proof imports {names[0]}, the statement {names[1]}")

    words: list[str] = []

    def look(syntax: int, _state: int) -> bool:
        # Once is enough, and a text of 10 MB may have many.
        if not words:
            words.extend(w for leaf in session.sources.syntax.leaves(syntax)
                         if (w := session.sources.syntax.leaf_text(leaf)) in FORBIDDEN_WORDS)  # fmt: skip
        return False

    done = deadline.run("while it elaborated the proof", lambda: session.elaborate(proof, after=look))
    assert isinstance(done, Elaborated)
    if words:
        raise Refused(f"the proof's text uses `{words[0]}`, which runs or links code that the kernel does not check")
    errors = [m for m in done.messages if m.severity == "error"]
    if errors:
        raise Refused(f"the proof does not elaborate: {_short(errors[0])}")
    constants = kernel.new_constants(o.field(done.state, ENVIRONMENT))
    targets = [_target(session, constants, wanted) for wanted in posed.targets]

    def replay() -> tuple[str, ...]:
        needed, axioms = _needed(session, targets, constants, posed.constants)
        environment = kernel.kernel_environment(o.field(session.commands, ENVIRONMENT))
        try:
            o.dec(kernel.replay(environment, constants, needed))
        except KernelRefusal as refusal:
            raise Refused(str(refusal)) from None
        return axioms

    found = deadline.run("in the kernel", replay)
    assert isinstance(found, tuple)
    return found


def _target(session: Session, constants: dict[str, Constant], wanted: Constant) -> Constant:
    """The proof's theorem for one of the statement's, the same in kind and type."""
    target = constants.get(wanted.key)
    if target is None:
        raise Refused(f"the proof declares no theorem {user_name(wanted.name)}")
    if target.kind != "theorem":
        raise Refused(f"{user_name(target.name)} is no theorem in the proof but of kind {target.kind}")
    if not session.kernel.same_type(target.info, wanted.info):
        raise Refused(f"{user_name(target.name)} has another type in the proof than in the statement")
    return target


def _short(message: Message) -> str:
    first = message.text.strip().splitlines()
    return f"{message.line}:{message.column}: {first[0] if first else message.severity}"


def _needed(
    session: Session, targets: list[Constant], constants: dict[str, Constant], posed: dict[str, Constant]
) -> tuple[list[Constant], tuple[str, ...]]:
    """The new declarations that the targets lean on, dependencies first, and the standard axioms among the rest."""
    kernel = session.kernel
    axioms: set[str] = set()
    order: list[Constant] = []
    done: set[str] = set()
    stack: list[tuple[str, list[str] | None]] = [(target.key, None) for target in targets]
    keys = {target.key for target in targets}
    while stack:
        key, members = stack.pop()
        if members is not None:
            order.extend(constants[m] for m in members)
            continue
        if key in done:
            continue
        constant = constants.get(key)
        if constant is None:
            done.add(key)
            name = key.split(":", 1)[1]
            if name in FORBIDDEN:
                raise Refused(f"the proof {FORBIDDEN[name]}")
            if name in STANDARD_AXIOMS:
                axioms.add(name)
            continue
        # An inductive type, its constructors and its recursors are one declaration.
        unit = kernel.unit(constant, constants)
        done.update(unit)
        stack.append((key, unit))
        for member in unit:
            _admissible(session, constants[member], keys, posed)
            stack.extend((used, None) for used in kernel.used(constants[member]) if used not in done)
    return order, tuple(a for a in STANDARD_AXIOMS if a in axioms)


def _admissible(session: Session, constant: Constant, targets: set[str], posed: dict[str, Constant]) -> None:
    name = user_name(constant.name)
    if constant.kind == "axiom":
        raise Refused(f"the proof leans on {name}, an axiom that it declares")
    if constant.is_unsafe:
        raise Refused(f"the proof leans on {name}, which is unsafe")
    other = posed.get(constant.key)
    if other is not None and constant.key not in targets and not session.kernel.same(constant.info, other.info):
        raise Refused(f"the proof declares another {name} than the statement")
