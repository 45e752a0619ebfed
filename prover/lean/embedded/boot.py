"""Starting Lean in a fresh instance: constructors, stack, initialisation, `import Init`.

It runs once, when Lean is prepared; every session after that begins from the snapshot that it leaves.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from prover.lean.embedded.host import LIBRARY
from prover.lean.embedded.instance import PAGE
from prover.lean.embedded.objects import Objects, box
from prover.lean.embedded.syntax import HOLE

#: Lean's own C stack, allocated inside its memory. Nothing checks its end: code that recurses without end would
#: write over the heap below it. So its lowest part is no stack but a guard, which the host makes inaccessible.
C_STACK = 64 << 20
STACK_GUARD = (1 << 20) + PAGE
#: The import that a file without a header gets.
DEFAULT_IMPORTS = (("Init", b"\0\1\0"),)
#: `Lean.OLeanLevel.private`: all that the .olean files at hand hold.
_PRIVATE_LEVEL = 2


def start(objects: Objects, capture: Callable[..., int], compile: Callable[..., int]) -> int:
    """Initialise Lean; `capture` (host slot 0) elaborates holes, `compile` (1) definitions. The guard's address."""
    i = objects.i
    i.call("__wasm_call_ctors")
    guard = (i.call("malloc", C_STACK + STACK_GUARD) + PAGE - 1) // PAGE * PAGE
    low, high = guard + STACK_GUARD - PAGE, guard + STACK_GUARD - PAGE + C_STACK
    i.call("emscripten_stack_set_limits", high, low)
    i.call("_emscripten_stack_restore", high - 16)
    for name in ("lean_initialize", "lean_io_mark_end_initialization", "lean_enable_initializer_execution"):
        i.call(name)
    # Promises assert that a task manager exists; with the rewriting of module.py it never makes a thread.
    i.call("lean_init_task_manager_using", 1)
    attribute = objects.constant("l_Lean_Elab_Tactic_tacticElabAttribute")
    objects.dec(objects.io("l_Lean_KeyedDeclsAttribute_addBuiltin___redArg", attribute, objects.make_name(HOLE),
                           objects.make_name(HOLE), _of_host(objects, 0, capture)))  # fmt: skip
    compiler = objects.constant("l_Lean_compileDeclsRef")
    original = objects.read_reference(compiler)
    objects.dec(objects.call("lean_st_ref_set", compiler, _of_host(objects, 1, compile, [original])))
    objects.dec(objects.io("l_Lean_initSearchPath", objects.string("/"), objects.list([objects.string(LIBRARY)])))
    return guard


def import_modules(objects: Objects, imports: Sequence[tuple[str, bytes]]) -> int:
    """The environment after these imports (name, flags importAll/isExported/isMeta), owned."""
    array = objects.array(objects.constructor(0, [objects.make_name(name)], flags) for name, flags in imports)
    # Trust level 0: the kernel checks everything; no plugins; leakEnv: the environment's objects are marked as living
    # for ever, so that using them writes no reference count (elaborating a theorem after a restore dirties 450
    # pages and takes 8 ms; 5,900 and 70 ms without); loadExts; an empty NameMap is constructor 1.
    return objects.io(
        "l_Lean_importModules",
        array,
        objects.constant("l_Lean_Options_empty"),
        _u32(objects, 0),
        objects.array(),
        box(1),
        box(1),
        box(_PRIVATE_LEVEL),
        box(1),
    )


def _of_host(objects: Objects, slot: int, function: Callable[..., int], fixed: Sequence[int] = ()) -> int:
    """A function of the host's in that slot, with its first arguments given (consumed), as a function of Lean's."""
    at = objects.i.symbols.function(f"host{slot}")
    assert at is not None
    return objects.closure(at, function.__code__.co_argcount - hasattr(function, "__self__"), fixed)


def _u32(objects: Objects, value: int) -> int:
    """A boxed UInt32: an object of its own on a 32-bit machine."""
    return objects.constructor(0, [], struct.pack("<I", value))


def command_state(objects: Objects, environment: int) -> int:
    """A fresh command state on an environment (consumed), with no options set."""
    return objects.pure("l_Lean_Elab_Command_mkState", environment, objects.constant("l_Lean_MessageLog_empty"),
                        objects.constant("l_Lean_Options_empty"))  # fmt: skip
