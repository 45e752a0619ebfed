"""Definitions that cannot be compiled, because the package at hand has no code for what they call.

Lean's compiler says no more than "Unknown constant `List.appendTR._redArg`" of a definition with `++` in it, and the
definition itself is lost with that, although the kernel takes it. Proofs need no code: such definitions are kept here.

Not here: what of a source then cannot run (`prover.lean.holes.cannot_run`).
"""

from __future__ import annotations

import re

from prover.lean.embedded.kernel import Kernel
from prover.lean.embedded.objects import UNIT, Objects

_OK, _ERROR = 0, 0  # constructors of an action's result and of Lean.Exception
_MESSAGE = 1  # field of Lean.Exception.error
_ENVIRONMENT = 0  # field of Lean.Core.State
#: What a definition depends on has no code of its own, either since that was not at hand. What is noncomputable by
#: nature, Lean says otherwise.
_NO_CODE = re.compile(r"Unknown constant `|which has no executable code")
#: A macro or an elaborator that was kept without its code would leave statements with another meaning. Its type, which
#: Lean demands of it, is of the language Lean; of that these are what proofs and algebra are made of.
_OF_LEAN, _OF_PROOFS = "Lean.", ("Lean.Grind.", "Lean.Omega.")
#: Made only to be run at once: without code it is better to say what is missing.
_TO_RUN = re.compile(r"(^|\.)_(eval|nativeDecide)")


class Compiler:
    """Stands in for Lean's compiler (host slot 1), which it calls."""

    def __init__(self, objects: Objects, kernel: Kernel) -> None:
        self.o = objects
        self.kernel = kernel

    def compile(self, original: int, names: int, context: int, state: int, world: int) -> int:
        """`original` on an array of names, in CoreM; success too where only code that can be spared is missing."""
        o = self.o
        result = o.call("lean_apply_4", original, o.inc(names), context, o.inc(state), world)
        if o.tag(result) != _OK and self._lacks_code(o.field(result, 0)) and self._can_be_spared(names, state):
            o.dec(result)
            result = o.constructor(_OK, [UNIT])
        o.dec_all((names, state))
        return result

    def _lacks_code(self, exception: int) -> bool:
        o = self.o
        if o.tag(exception) != _ERROR:
            return False
        return _NO_CODE.search(o.message_text(o.inc(o.field(exception, _MESSAGE)))) is not None

    def _can_be_spared(self, names: int, state: int) -> bool:
        """Whether elaborating what follows runs none of these definitions."""
        o = self.o
        if any(_TO_RUN.search(o.name(name)) for name in o.items(names)):
            return False
        core = o.read_reference(state)
        environment = self.kernel.kernel_environment(o.field(core, _ENVIRONMENT))
        spared = all(self._is_ordinary(environment, name) for name in o.items(names))
        o.dec_all((environment, core))
        return spared

    def _is_ordinary(self, environment: int, name: int) -> bool:
        info = self.kernel.find(environment, name)
        if info is None:
            return False
        named = self.kernel.expressions.constants(self.kernel.constant(info).type)
        self.o.dec(info)
        return not any(n.startswith(_OF_LEAN) and not n.startswith(_OF_PROOFS) for n in named)
