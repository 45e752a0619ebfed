"""One running instance of `lean.wasm`: calls by name, memory, traps, deadlines. It knows nothing of Lean's objects.

The Python package's own calls convert every value and cost 10 µs; here the unchecked C functions are used, with
the type of each function verified once when it is looked up. Addresses and values are unsigned 32-bit numbers.

Not here: what the host answers (`host.py`), objects and reference counts (`objects.py`), saved memory
(`snapshot.py`).
"""

from __future__ import annotations

import ctypes
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wasmtime
from wasmtime import _bindings as c

from prover.lean.embedded.engine import engine
from prover.lean.embedded.errors import Interrupted, StackOverflow, Trapped
from prover.lean.embedded.module import mutable_global
from prover.lean.embedded.symbols import Symbols

PAGE = 65536
INITIAL_PAGES = 4096
#: 2 GiB: addresses stay positive as signed numbers, which Emscripten's code relies on.
MAXIMUM_PAGES = 32768
TICK = 0.01  # seconds between two epochs while a deadline is set

_NO_DEADLINE = 1 << 40
_INTERRUPT = c.wasmtime_trap_code_enum.WASMTIME_TRAP_CODE_INTERRUPT.value
_OUT_OF_BOUNDS = c.wasmtime_trap_code_enum.WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS.value
_STACK_OVERFLOW = c.wasmtime_trap_code_enum.WASMTIME_TRAP_CODE_STACK_OVERFLOW.value
_no_finalizer = ctypes.cast(0, ctypes.CFUNCTYPE(None, ctypes.c_void_p))
_FORMATS = {"i32": "I12x", "i64": "q8x", "f64": "d8x", "f32": "f12x"}


class _Clock:
    """Advances the engine's epoch every TICK seconds while at least one call has a deadline."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        with self._lock:
            self._running += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lean-epochs", daemon=True)
                self._thread.start()
            self._wake.set()

    def stop(self) -> None:
        with self._lock:
            self._running -= 1
            if not self._running:
                self._wake.clear()

    def _run(self) -> None:
        sleep = threading.Event()  # never set: waiting on it does not depend on signal handling
        while True:
            self._wake.wait()
            began, ticks = time.monotonic(), 0
            while self._wake.is_set():
                sleep.wait(TICK)
                # On a busy machine a wait takes longer than asked: catch up, or deadlines would stretch.
                due = int((time.monotonic() - began) / TICK)
                for _ in range(due - ticks):
                    engine().increment_epoch()
                ticks = due


_clock = _Clock()


class Instance:
    """The module, instantiated. Use it from one thread, and one with a stack of THREAD_STACK bytes.

    `imports` maps an import's name to a Python function of unsigned numbers; a name that is not there traps with
    its name when Lean calls it. `host` maps a host slot's name (`host0`, `__cxa_end_catch`, …) likewise.
    """

    def __init__(self, artefacts: Path) -> None:
        self.store = wasmtime.Store(engine())
        self._context = self.store._context()
        self.store.set_epoch_deadline(_NO_DEADLINE)
        self.symbols = Symbols(artefacts / "symbols.bin")
        self._artefacts = artefacts
        self._callbacks: list[Any] = []  # kept alive as long as the store may call them
        self._pending: BaseException | None = None
        self._bound: dict[str, Callable[..., int]] = {}
        self._trap = ctypes.POINTER(c.wasm_trap_t)()
        self._break = 0
        limits = wasmtime.Limits(INITIAL_PAGES, MAXIMUM_PAGES)
        self.memory = wasmtime.Memory(self.store, wasmtime.MemoryType(limits))
        #: Address of the memory in this process; it never moves, for its whole range is reserved.
        self.base: int = ctypes.cast(self.memory.data_ptr(self.store), ctypes.c_void_p).value or 0
        self.u8 = (ctypes.c_uint8 * (MAXIMUM_PAGES * PAGE)).from_address(self.base)
        self.u32 = (ctypes.c_uint32 * (MAXIMUM_PAGES * PAGE // 4)).from_address(self.base)
        self.i32 = (ctypes.c_int32 * (MAXIMUM_PAGES * PAGE // 4)).from_address(self.base)

    def instantiate(self, imports: dict[str, Callable[..., Any]], host: dict[str, Callable[..., Any]]) -> None:
        """Load the compiled modules and link them; nothing of Lean runs yet."""
        i32 = wasmtime.ValType.i32

        def load(name: str) -> wasmtime.Module:
            return wasmtime.Module.deserialize_file(engine(), str(self._artefacts / f"{name}.cwasm"))

        glue = wasmtime.Instance(self.store, load("glue"), [
            self._function(wasmtime.FuncType([i32()] * n, []), imports[name])
            for name, n in (("throw", 3), ("resume", 1), ("rethrow", 0))
        ]).exports(self.store)  # fmt: skip
        self.table: wasmtime.Table = glue["__indirect_function_table"]
        for name, function in host.items():
            arity = function.__code__.co_argcount - (1 if hasattr(function, "__self__") else 0)
            results = [] if name in ("__cxa_end_catch", "exit") else [i32()]
            self._fill(name, self._function(wasmtime.FuncType([i32()] * arity, results), function))
        module = load("lean")
        linked: list[Any] = []
        for i in module.imports:
            name, kind = i.name, i.type
            if isinstance(kind, wasmtime.MemoryType):
                linked.append(self.memory)
            elif isinstance(kind, wasmtime.TableType):
                linked.append(self.table)
            elif isinstance(kind, wasmtime.GlobalType):  # GOT.func.*: the slot of a function of the host's
                slot = self.symbols.function(name) if name in ("__cxa_throw", "__cxa_end_catch", "__cxa_rethrow",
                                                               "exit") else 0  # fmt: skip
                if slot and name not in host:
                    self._fill(name, glue[name])
                linked.append(wasmtime.Global(self.store, kind, wasmtime.Val.i32(slot or 0)))
            elif name in glue:
                linked.append(glue[name])
            else:
                linked.append(self._function(kind, imports.get(name) or _absent(name)))
        self.exports = wasmtime.Instance(self.store, module, linked).exports(self.store)
        self._globals = [(n, self.exports[n]) for n in map(mutable_global, range(64)) if n in self.exports]

    def _fill(self, name: str, function: wasmtime.Func) -> None:
        slot = self.symbols.function(name)
        assert slot is not None, name
        self.table.set(self.store, slot, function)

    def _function(self, kind: wasmtime.FuncType, function: Callable[..., Any]) -> wasmtime.Func:
        """A host function. An exception in it becomes a trap, and comes out again where Lean was called."""
        reader = struct.Struct("<" + "".join(_FORMATS[str(p)] for p in kind.params)).unpack_from
        results = [str(r) for r in kind.results]
        view = ctypes.c_char * (16 * max(len(kind.params), len(results), 1))
        address = view.from_address

        def callback(_env: Any, _caller: Any, values: Any, _count: int) -> int:
            try:
                buffer = address(ctypes.addressof(values.contents)) if values else b""
                result = function(*reader(buffer))
                if results:
                    raw = values[0]
                    if results[0] == "i32":
                        raw.i32 = ctypes.c_int32(result or 0).value
                    elif results[0] == "f64":
                        raw.f64 = result or 0.0
                    else:
                        raw.i64 = result or 0
                return 0
            except BaseException as error:
                self._pending = error
                message = str(error).encode()
                trap = c.wasmtime_trap_new(ctypes.create_string_buffer(message), len(message))
                return ctypes.cast(trap, ctypes.c_void_p).value or 0

        typed = c.wasmtime_func_unchecked_callback_t(callback)
        self._callbacks.append(typed)
        made = c.wasmtime_func_t()
        c.wasmtime_func_new_unchecked(self._context, kind.ptr(), typed, None, _no_finalizer, ctypes.byref(made))
        return wasmtime.Func._from_raw(made)

    # Calls

    def bind(self, name: str) -> Callable[..., int]:
        """The function of that name, to be called with unsigned 32-bit numbers; KeyError if there is none."""
        bound = self._bound.get(name)
        if bound is None:
            bound = self._bound[name] = self._bind(name)
        return bound

    def _bind(self, name: str) -> Callable[..., int]:
        function = self.exports.get(name)
        if function is None:
            slot = self.symbols.function(name)
            if slot is None:
                raise KeyError(f"lean.wasm has no function {name}")
            function = self.table.get(self.store, slot)
        kind = function.type(self.store)
        if any(str(p) != "i32" for p in kind.params) or any(str(r) != "i32" for r in kind.results):
            raise KeyError(f"{name} does not take and return 32-bit numbers")
        arity = len(kind.params)
        buffer_type = ctypes.c_char * (16 * max(arity, 1))
        pack = struct.Struct("<" + "I12x" * arity).pack_into
        word = struct.Struct("<I").unpack_from
        raw_type = ctypes.POINTER(c.wasmtime_val_raw_t)
        pointer = ctypes.pointer(function._func)
        call, context, cast, trap = c._wasmtime_func_call_unchecked, self._context, ctypes.cast, self._trap
        trap_reference = ctypes.byref(trap)
        count = max(arity, 1)

        def invoke(*arguments: int) -> int:
            buffer = buffer_type()
            pack(buffer, 0, *arguments)
            error = call(context, pointer, cast(buffer, raw_type), count, trap_reference)
            if error or trap:
                self._raise(error, name)
            return word(buffer)[0]

        return invoke

    def call(self, name: str, *arguments: int) -> int:
        """Call a function by name. Raises Trapped (or a narrower error) when it does not return."""
        return self.bind(name)(*arguments)

    def _raise(self, error: Any, name: str) -> None:
        pending, self._pending = self._pending, None
        if error:
            message = str(wasmtime.WasmtimeError._from_ptr(error))
            raise pending or Trapped(f"{name}: {message}")
        code = ctypes.c_uint8()
        has_code = c.wasmtime_trap_code(self._trap, ctypes.byref(code))
        text = c.wasm_message_t()
        c.wasm_trap_message(self._trap, ctypes.byref(text))
        message = ctypes.string_at(text.data, text.size).decode(errors="replace").rstrip("\0") if text.size else ""
        c.wasm_byte_vec_delete(ctypes.byref(text))
        c.wasm_trap_delete(self._trap)
        ctypes.memset(ctypes.byref(self._trap), 0, ctypes.sizeof(self._trap))
        if pending is not None:
            raise pending
        if has_code and code.value == _INTERRUPT:
            raise Interrupted("Lean was stopped at its deadline")
        if has_code and code.value in (_STACK_OVERFLOW, _OUT_OF_BOUNDS):
            # Out of bounds is the guard below Lean's own stack (boot.py), as far as was ever seen.
            raise StackOverflow("Lean ran out of stack")
        raise Trapped(message.splitlines()[-1].strip() if message else f"{name} trapped")

    # Deadlines

    def set_deadline(self, seconds: float) -> None:
        """From now on a call that runs for longer than that is stopped by a trap; end with `clear_deadline`."""
        self.store.set_epoch_deadline(max(1, round(seconds / TICK)) + 1)

    def clear_deadline(self) -> None:
        self.store.set_epoch_deadline(_NO_DEADLINE)

    @staticmethod
    def start_clock() -> None:
        """Deadlines count only between `start_clock` and `stop_clock`."""
        _clock.start()

    @staticmethod
    def stop_clock() -> None:
        _clock.stop()

    @staticmethod
    def interrupt(seconds: float) -> None:
        """From another thread: let every deadline of up to `seconds` pass at once."""
        for _ in range(round(seconds / TICK) + 2):
            engine().increment_epoch()

    # Memory

    def read(self, address: int, size: int) -> bytes:
        return ctypes.string_at(self.base + address, size)

    def write(self, address: int, content: bytes) -> None:
        ctypes.memmove(self.base + address, content, len(content))

    def read_cstring(self, address: int) -> bytes:
        return ctypes.string_at(self.base + address)

    @property
    def size(self) -> int:
        """Bytes of memory that the module has."""
        return self.memory.size(self.store) * PAGE

    @property
    def used(self) -> int:
        """Where the module's own heap ends, in bytes: below `size`, and it goes back with a restore."""
        if not self._break:
            self._break = self.call("emscripten_get_sbrk_ptr")
        return self.u32[self._break >> 2]

    def grow_to(self, size: int) -> bool:
        """Make the memory at least that large; False if it may not be."""
        pages, now = -(-size // PAGE), self.memory.size(self.store)
        if pages > MAXIMUM_PAGES:
            return False
        if pages > now:
            try:
                self.memory.grow(self.store, pages - now)
            except wasmtime.WasmtimeError:
                return False
        return True

    def globals(self) -> dict[str, int]:
        """The mutable globals: stack pointer, thread-local storage, flags of initialisation."""
        return {name: g.value(self.store) for name, g in self._globals}

    def set_globals(self, values: dict[str, int]) -> None:
        for name, g in self._globals:
            g.set_value(self.store, values[name])


def _absent(name: str) -> Callable[..., Any]:
    def trap(*_: Any) -> None:
        raise Trapped(f"Lean asked the host for {name}, which it does not have")

    return trap


