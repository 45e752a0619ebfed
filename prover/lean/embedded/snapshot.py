"""Saving an instance's memory and bringing it back: by mapping a file copy-on-write over the memory.

Restoring takes under a millisecond, and all processes that map one file share its pages. A snapshot is the memory,
the mutable globals and a few addresses that its maker wants back (`roots`). A guard (a part of the memory that may not
be touched, see `boot.py`) is inaccessible except while a snapshot is written. The host's functions must take the
same table slots in every process, which `module.py` sees to.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from prover.lean.embedded.errors import EmbeddedLeanError
from prover.lean.embedded.instance import Instance

_CHUNK = 1 << 16
_MAP_FIXED, _MAP_PRIVATE, _MAP_ANONYMOUS, _MAP_NORESERVE = 0x10, 0x02, 0x20, 0x4000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]


@dataclass(frozen=True)
class Snapshot:
    """A saved memory. `file` stays open, so the snapshot outlives a removal of its path."""

    file: IO[bytes]
    size: int  # bytes
    globals: Mapping[str, int]
    roots: Mapping[str, int]

    def close(self) -> None:
        self.file.close()


def save(instance: Instance, roots: Mapping[str, int]) -> Snapshot:
    """A snapshot in anonymous memory, for this process alone."""
    file = os.fdopen(os.memfd_create("lean-snapshot", os.MFD_CLOEXEC), "w+b")
    _write(instance, file)
    return Snapshot(file, instance.size, instance.globals(), dict(roots))


def save_to(instance: Instance, roots: Mapping[str, int], memory: Path, description: Path) -> None:
    """A snapshot on disk: the memory in one file, the rest as JSON in the other."""
    with memory.open("wb") as file:
        _write(instance, file)
    description.write_text(json.dumps({"size": instance.size, "globals": instance.globals(), "roots": dict(roots)}))


def load(memory: Path, description: Path) -> Snapshot:
    """Open a snapshot on disk; nothing is read yet but the description."""
    said = json.loads(description.read_text())
    file = memory.open("rb")
    if os.fstat(file.fileno()).st_size != said["size"]:
        file.close()
        raise EmbeddedLeanError("the saved memory is cut off")
    return Snapshot(file, said["size"], said["globals"], said["roots"])


def _write(instance: Instance, file: IO[bytes]) -> None:
    """The memory, with holes where it is zero: a quarter of it is, and holes cost neither disk nor cache."""
    zero = bytes(_CHUNK)
    size = instance.size
    for start in range(0, size, _CHUNK):
        chunk = instance.read(start, _CHUNK)
        if chunk != zero:
            file.seek(start)
            file.write(chunk)
    file.flush()
    file.truncate(size)


def restore(instance: Instance, snapshot: Snapshot) -> None:
    """Bring the memory back to what it was; what was written since is dropped, pages beyond it are given back."""
    now = instance.size
    if snapshot.size > now and not instance.grow_to(snapshot.size):
        raise EmbeddedLeanError("there is not enough memory to restore the snapshot of Lean")
    _map(instance.base, snapshot.size, _MAP_PRIVATE | _MAP_FIXED, snapshot.file.fileno())
    if now > snapshot.size:
        # A memory cannot shrink; fresh anonymous pages make the rest zero again and free what it held.
        _map(instance.base + snapshot.size, now - snapshot.size,
             _MAP_PRIVATE | _MAP_FIXED | _MAP_ANONYMOUS | _MAP_NORESERVE, -1)  # fmt: skip
    instance.set_globals(dict(snapshot.globals))


def protect(instance: Instance, address: int, size: int, accessible: bool) -> None:
    """Make a part of the memory inaccessible, or accessible again: touching it then traps instead of going on."""
    allowed = mmap.PROT_READ | mmap.PROT_WRITE if accessible else 0
    if _libc.mprotect(ctypes.c_void_p(instance.base + address), ctypes.c_size_t(size), allowed):
        raise EmbeddedLeanError(f"the stack of Lean could not be guarded: {os.strerror(ctypes.get_errno())}")


def _map(address: int, size: int, flags: int, fd: int) -> None:
    if _libc.mmap(address, size, mmap.PROT_READ | mmap.PROT_WRITE, flags, fd, 0) != address:
        error = ctypes.get_errno()
        raise EmbeddedLeanError(f"the snapshot of Lean could not be mapped: {os.strerror(error)}")
