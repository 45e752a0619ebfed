"""Rewrites `lean.wasm` so that wasmtime takes it and one thread runs it; makes the glue module beside it.

What changes, none of which moves a function index:

- exports: 201,110 → about 40, since wasmtime refuses a type that large ("effective type size exceeds the limit").
  Every function that was exported gets a slot in the function table instead; name → slot and exported data →
  address go to the symbol table (`symbols.py`), and any Lean function is called through its slot;
- memory: no longer shared, since Lean runs in one thread here;
- table: imported, so that the glue module calls through it, and of a fixed size, with free slots at its end for
  the host's own functions (a snapshot holds closures that name those slots, so they never move);
- `task_manager::enqueue_core` becomes a call of `task_manager::run_task` (the same signature), so that a task runs
  at once in the thread that makes it;
- `IO.addHeartbeats` does nothing: a task begins by adding what its maker has spent, which in the maker's own thread is
  counted already. After some twenty tasks, as `simp` makes for the equations of a function, no limit was large enough.

The glue module supplies the `invoke_*` functions and the C++ throw functions with WebAssembly exceptions, so that
the kernel's many small protected calls stay inside WebAssembly.
"""

from __future__ import annotations

from prover.lean.embedded import symbols
from prover.lean.embedded.wasm import (
    CALL,
    CODE,
    ELEMENT,
    END,
    EXPORT,
    I32_CONST,
    IMPORT,
    KIND_FUNCTION,
    KIND_GLOBAL,
    KIND_MEMORY,
    KIND_TABLE,
    LOCAL_GET,
    TABLE,
    MalformedModule,
    Module,
    sleb,
    text,
    uleb,
)  # fmt: skip

#: Exports kept: the ones the host calls before the table is filled, or that it calls most.
KEPT = [
    "__wasm_call_ctors",
    "malloc",
    "free",
    "emscripten_stack_set_limits",
    "emscripten_stack_get_current",
    "_emscripten_stack_restore",
    "_emscripten_thread_init",
    "_emscripten_tls_init",
    "setThrew",
    "__cxa_can_catch",
    "_emscripten_tempret_set",
    "__cxa_decrement_exception_refcount",
    "__cxa_increment_exception_refcount",
]
#: Functions that Lean calls through a `GOT.func` global: they need a table slot of their own.
THROWERS = ("__cxa_throw", "__cxa_end_catch", "__cxa_rethrow", "exit")
#: Free slots for the host's own functions, such as the elaborator that captures proof states.
HOST_SLOTS = 8

_ADD_HEARTBEATS, _UNIT = "l_IO_addHeartbeats", 1  # `()` is the boxed 0
_TASK = "_ZN4lean12task_manager%sERNSt3__211unique_lockINS1_5mutexEEEP9lean_task"


def mutable_global(i: int) -> str:
    """The export name of the i-th global of lean.wasm; the mutable ones are part of a snapshot."""
    return f"g{i}"


def rewrite(source: bytes) -> tuple[bytes, str, bytes]:
    """`lean.wasm` → (the rewritten module, the glue module as text, the symbol table)."""
    module = Module(source)
    imports, exports, variables = list(module.imports()), list(module.exports()), list(module.globals())
    imported_functions = sum(i.kind == KIND_FUNCTION for i in imports)
    imported_globals = sum(i.kind == KIND_GLOBAL for i in imports)
    index_of = {e.name: e.index for e in exports if e.kind == KIND_FUNCTION}

    offset, elements = module.element_slots()
    slot_of = {index: offset + i for i, index in enumerate(elements)}
    first = offset + len(elements)
    functions: dict[str, int] = {}
    data: dict[str, int] = {}
    added: list[int] = []
    for export in exports:
        if export.kind == KIND_FUNCTION:
            if export.index not in slot_of:
                slot_of[export.index] = first + len(added)
                added.append(export.index)
            functions[export.name] = slot_of[export.index]
        elif export.kind == KIND_GLOBAL:
            mutable, value = variables[export.index - imported_globals]
            if not mutable:
                data[export.name] = value
    after = first + len(added)
    host = {name: after + i for i, name in enumerate(THROWERS)}
    host |= {f"host{i}": after + len(THROWERS) + i for i in range(HOST_SLOTS)}
    table_size = after + len(host)

    kept = [(name, KIND_FUNCTION, index_of[name]) for name in KEPT]
    kept += [(mutable_global(i), KIND_GLOBAL, i + imported_globals)
             for i, (mutable, _) in enumerate(variables) if mutable]  # fmt: skip

    arguments = b"".join(bytes([LOCAL_GET]) + uleb(i) for i in range(3))
    run_at_once = b"\0" + arguments + bytes([CALL]) + uleb(index_of[_TASK % "8run_task"]) + bytes([END])
    bodies = {
        index_of[_TASK % "12enqueue_core"] - imported_functions: run_at_once,
        index_of[_ADD_HEARTBEATS] - imported_functions: bytes([0, I32_CONST, _UNIT, END]),
    }

    out = bytearray(source[:8])

    def put(kind: int, *parts: bytes) -> None:
        out.append(kind)
        out.extend(uleb(sum(map(len, parts))))
        for part in parts:
            out.extend(part)

    limits = b"\x01" + uleb(table_size) + uleb(table_size)
    for kind, start, size in module.sections:
        if kind == IMPORT:
            entries = [_unshared(module, i) if i.kind == KIND_MEMORY else source[i.start : i.end] for i in imports]
            entries.append(text("env") + text("__indirect_function_table") + bytes([KIND_TABLE, 0x70]) + limits)
            put(kind, uleb(len(entries)), *entries)
        elif kind in (0, TABLE):
            continue
        elif kind == EXPORT:
            put(kind, uleb(len(kept)), *(text(name) + bytes([k]) + uleb(i) for name, k, i in kept))
        elif kind == ELEMENT:
            _, position = module.read_uleb(start)
            put(kind, uleb(2), source[position : start + size], bytes([0, I32_CONST]), sleb(first), bytes([END]),
                uleb(len(added)), *map(uleb, added))  # fmt: skip
        elif kind == CODE:
            put(kind, *_code(module, start, size, bodies))
        else:
            put(kind, source[start : start + size])
    return bytes(out), _glue(module, functions, table_size), symbols.pack(functions | host, data)


def _unshared(module: Module, memory) -> bytes:
    """A memory import with its shared flag off; the limits stay."""
    at = memory.limits_at
    low, position = module.read_uleb(at + 1)
    high, _ = module.read_uleb(position)
    return module.data[memory.start : at] + b"\x01" + uleb(low) + uleb(high)


def _code(module: Module, start: int, size: int, bodies: dict[int, bytes]) -> list[bytes]:
    """The code section's parts with some function bodies replaced."""
    count, position = module.read_uleb(start)
    if not all(i < count for i in bodies):
        raise MalformedModule("a function to replace is not defined in the module")
    parts, copied = [uleb(count)], position
    for i in range(max(bodies) + 1):
        length, body = module.read_uleb(position)
        if i in bodies:
            parts += [module.data[copied:position], uleb(len(bodies[i])), bodies[i]]
            copied = body + length
        position = body + length
    return [*parts, module.data[copied : start + size]]


def _glue(module: Module, functions: dict[str, int], table_size: int) -> str:
    """The module that holds C++ exceptions. Its three host functions keep Emscripten's exception records."""
    types = module.types()
    lines = [
        "(module (type $get (func (result i32))) (type $set (func (param i32)))",
        "(type $set2 (func (param i32 i32)))",
        '(import "host" "throw" (func $throw (param i32 i32 i32)))',
        '(import "host" "resume" (func $resume (param i32)))',
        '(import "host" "rethrow" (func $rethrow))',
        f'(table (export "__indirect_function_table") {table_size} {table_size} funcref) (tag $cxx)',
    ]
    for i in module.imports():
        if i.kind != KIND_FUNCTION or not i.name.startswith("invoke_"):
            continue
        parameters, result = types[i.type_index]
        returns = f"(result {result[0]})" if result else ""
        n = len(parameters)
        passed = " ".join(f"(local.get {k})" for k in range(1, n))
        lines.append(
            f'(func (export "{i.name}") (param {" ".join(parameters)}) {returns} (local i32)'
            f" (local.set {n} (call_indirect (type $get) (i32.const {functions['emscripten_stack_get_current']})))"
            f" (block $caught (try_table (catch $cxx $caught) {passed} (local.get 0)"
            f" (call_indirect (param {' '.join(parameters[1:])}) {returns}) (return)) (unreachable))"
            f" (call_indirect (type $set) (local.get {n}) (i32.const {functions['_emscripten_stack_restore']}))"
            f" (call_indirect (type $set2) (i32.const 1) (i32.const 0) (i32.const {functions['setThrew']}))"
            f" {f'({result[0]}.const 0)' if result else ''})"
        )
    lines += [
        '(func (export "__cxa_throw") (param i32 i32 i32)',
        " (call $throw (local.get 0) (local.get 1) (local.get 2)) (throw $cxx))",
        '(func (export "__resumeException") (param i32) (call $resume (local.get 0)) (throw $cxx))',
        '(func (export "__cxa_rethrow") (call $rethrow) (throw $cxx))',
        '(func (export "_emscripten_throw_longjmp") (throw $cxx)))',
    ]
    return "\n".join(lines)
