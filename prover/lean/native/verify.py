"""The soundness gate on a native Lean: the same promise as `prover.lean.gate`, kept by other means.

1. the words of the proof's text that run or link foreign code are refused before Lean sees it;
2. the proof is elaborated by a `lean` process of its own, which writes what it declares into an object file;
3. `Gate.lean`, in another process that runs none of the proof's code, elaborates the statement itself on its imports,
   reads the declarations out of the object file, and does what `prover.lean.gate` does: the same type as an
   expression, no declaration of the statement's changed, nothing unsafe, no axiom but Lean's three, and every
   declaration that the theorem leans on added once more by the kernel.

What it cannot promise, other than the embedded gate: a native Lean is no sandbox. Code that a proof gets to run in
step 2 (by a tactic or an attribute of an imported library that runs code it is given) has the rights of the user, and
could change Lean's own files. Where a text comes from someone who may want that, use the embedded gate.

Options of a lakefile do not reach the gate: statement and proof are both elaborated under Lean's defaults, so that a
proof which needs such an option is refused. `Gate.lean` is known to elaborate in Lean 4.28 (a test does so in the
embedded Lean); it has never been run, for want of a native Lean where this was written, and the tests that run it carry
the marker `native`.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prover.lean.gate import FORBIDDEN_WORDS
from prover.lean.holes import normalise
from prover.lean.native import scan
from prover.lean.native.sources import TooSlow
from prover.lean.native.toolchain import execute
from prover.lean.protocol import BadSource, LeanError, Verification

if TYPE_CHECKING:
    from prover.lean.native.session import Session

GATE = Path(__file__).with_name("Gate.lean")
#: Beside the words that the embedded gate refuses: those by which a proof's text runs code of its own, which here has
#: the user's rights.
CODE_WORDS = ("elab", "elab_rules", "run_tac", "by_elab", "simproc", "dsimproc", "simproc_decl", "dsimproc_decl",
              "builtin_simproc", "builtin_dsimproc", "include_str", "load_dynlib")  # fmt: skip
#: Names of attributes that do so; fine names for anything else.
CODE_ATTRIBUTES = ("init", "builtin_init", "tactic", "builtin_tactic", "command_elab", "builtin_command_elab",
                   "term_elab", "builtin_term_elab", "command_parser", "term_parser", "tactic_parser")  # fmt: skip
_ERROR = re.compile(r"^.*?:(\d+):(\d+): error(?:\([^)]*\))?: (.*)$", re.MULTILINE)


class _Refused(Exception):
    pass


def verify(
    session: Session, proof: str, statement: str, theorem: str | Sequence[str] | None, seconds: float
) -> Verification:
    """See `prover.lean.gate.verify`. Raises BadSource, UnknownImport for an unusable statement, LeanError where the
    gate itself does not run with this Lean."""
    started = time.monotonic()
    deadline = started + seconds
    proof = normalise(proof)
    wanted = [theorem] if theorem is None or isinstance(theorem, str) else list(theorem)
    names = [asked or "" for asked in wanted]

    def left() -> float:
        found = deadline - time.monotonic()
        if found <= 0:
            raise _Refused("the verification ran out of time")
        return found

    try:
        try:
            statement, messages = session.complete(statement, left())
        except TooSlow:
            raise _Refused("the verification ran out of time while it elaborated the statement") from None
        wrong = next((m for _, m in messages if m.severity == "error"), None)
        if wrong is not None:
            raise BadSource(f"The statement does not elaborate: {wrong}")
        heads = [scan.header(scan.blank(text)) for text in (proof, statement)]
        if heads[1].is_module:
            raise BadSource("The native gate does not read `module` files.")
        _look_at_text(proof, statement)
        if heads[0].is_module or heads[0].broken:
            raise _Refused("the header of the proof cannot be used")
        if set(heads[0].imports) != set(heads[1].imports):
            names = [", ".join(head.imports) or "nothing" for head in heads]
            raise _Refused(f"the proof imports {names[0]}, the statement {names[1]}")
        with tempfile.TemporaryDirectory(prefix="entails-") as folder:
            files = [Path(folder).resolve() / f for f in ("Statement.lean", "Proof.lean", "Proof.olean")]
            files[0].write_text(statement, encoding="utf-8", errors="replace")
            files[1].write_text(proof, encoding="utf-8", errors="replace")
            _compile(session, files[1], files[2], left())
            axioms: dict[str, None] = {}
            for number, asked in enumerate(wanted):
                answer = _gate(session, files[0], files[2], asked, left())
                names[number] = answer.get("theorem") or names[number]
                if answer["accepted"] is not True:
                    raise _Refused(str(answer.get("reason") or "the gate gave no reason"))
                axioms.update(dict.fromkeys(str(a) for a in answer.get("axioms", ())))
        return Verification(True, ", ".join(names), "", tuple(axioms), time.monotonic() - started)
    except _Refused as refusal:
        return Verification(False, ", ".join(n for n in names if n), str(refusal), (), time.monotonic() - started)


def _look_at_text(proof: str, statement: str) -> None:
    """Refuse words that run or link code; those that only run it may be there if the asker's statement has them too."""
    blanked = scan.blank(proof)
    used, allowed = scan.words(blanked), scan.words(scan.blank(statement))
    attributes = scan.words(" ".join(re.findall(r"@\[[^\]]*\]|\battribute\s*\[[^\]]*\]", blanked)))
    found = [w for w in FORBIDDEN_WORDS if w in used]
    found += [w for w in CODE_WORDS if w in used - allowed] + [w for w in CODE_ATTRIBUTES if w in attributes - allowed]
    if found:
        raise _Refused(
            f"the proof's text uses `{found[0]}`, which runs or links code that the kernel does not check"
        )


def _compile(session: Session, proof: Path, target: Path, seconds: float) -> None:
    command = session.toolchain.command("-o", str(target), str(proof))
    status, output = execute(command, session.toolchain.folder, seconds)
    if status is None:
        raise _Refused("the verification ran out of time while it elaborated the proof")
    error = _ERROR.search(output)
    if status != 0 or error is not None or not target.is_file():
        said = f"{error[1]}:{error[2]}: {error[3]}" if error is not None else (output.strip() or f"status {status}")
        raise _Refused(f"the proof does not elaborate: {said.splitlines()[0]}")


def _gate(session: Session, statement: Path, proof: Path, theorem: str | None, seconds: float) -> dict:
    """The answer of `Gate.lean`: its last line, JSON."""
    command = session.toolchain.command("--run", str(GATE), str(statement), str(proof), theorem or "")
    status, output = execute(command, session.toolchain.folder, seconds)
    if status is None:
        raise _Refused("the verification ran out of time in the kernel")
    lines = output.strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines and status == 0 else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("accepted"), bool):
        said = f"; it said: {lines[0][:300]}" if lines else ""
        raise LeanError(f"The gate does not run with Lean {session.toolchain.version}{said}.")
    if answer.get("bad"):
        raise BadSource(str(answer["bad"]))
    return answer
