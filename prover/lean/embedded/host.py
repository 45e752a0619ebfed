"""What Lean may ask of the machine, and the answer: the sandbox.

Lean sees one read-only folder, `/lib`, with its own library; a clock; its standard output, which is kept for the
caller up to a limit. Every other request (open for writing, list, create, spawn, connect, …) gets an error number.
C++ exceptions are here too, since Emscripten leaves them to its host: a record of 24 bytes before the object holds
type (-20), destructor (-16), caught (-12), rethrown (-11) and adjusted pointer (-8).
"""

from __future__ import annotations

import os
import posixpath
import random
import stat as stat_bits
import struct
import time
from pathlib import Path
from typing import Any

from prover.lean.embedded.errors import Exited, OutOfMemory
from prover.lean.embedded.instance import PAGE, Instance

LIBRARY = "/lib"
ENVIRONMENT = {"LEAN_PATH": LIBRARY, "HOME": "/", "PATH": "/"}
OUTPUT_LIMIT = 1 << 20

# Emscripten's error numbers
EACCES, EBADF, EINVAL, EISDIR, ENOENT, ENOTTY, EPERM, EROFS = 2, 8, 28, 31, 44, 59, 63, 69
_FIRST_FD = 100
_RANDOM = 99  # /dev/urandom, which Lean opens when it starts: served from a seeded generator
_REFUSED_CALLS = (
    "faccessat chdir chmod fchownat dup dup3 fchdir fchmod fchmodat2 fchown32 fdatasync ftruncate64 "
    "getdents64 mkdirat mknodat pipe poll fadvise64 fallocate readlinkat unlinkat rmdir renameat "
    "_newselect statfs64 fstatfs64 symlinkat truncate64 utimensat accept4 bind connect getpeername "
    "getsockname getsockopt listen recvfrom recvmsg sendmsg sendto socket"
).split()
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | 0o100 | 0o1000 | 0o2000  # …, O_CREAT, O_TRUNC, O_APPEND as in musl


class Host:
    """The answers for one instance. `reset` forgets what a restored snapshot has not seen."""

    def __init__(self, instance: Instance, library: Path, memory_limit: int) -> None:
        self._i = instance
        self._library = library
        self.memory_limit = memory_limit  # bytes
        self.output = bytearray()
        self._files: dict[int, int] = {}
        self.reset()

    def reset(self) -> None:
        self.output.clear()
        for fd in self._files.values():
            os.close(fd)
        self._files.clear()
        self._thrown = 0  # address of the object thrown last
        self._caught: list[int] = []
        self._uncaught = 0
        # IO.rand and hash seeds: the same from every restore on, so that a search can be repeated.
        self._random = random.Random(0)

    # C++ exceptions

    def throw(self, thrown: int, kind: int, destructor: int) -> None:
        words = self._i.u32
        words[thrown - 8 >> 2], words[thrown - 20 >> 2], words[thrown - 16 >> 2] = 0, kind, destructor
        self._thrown = thrown
        self._uncaught += 1

    def resume(self, thrown: int) -> None:
        self._thrown = self._thrown or thrown

    def rethrow(self) -> None:
        thrown = self._caught.pop()
        if not self._i.u8[thrown - 11]:
            self._caught.append(thrown)
            self._i.u8[thrown - 11], self._i.u8[thrown - 12] = 1, 0
            self._uncaught += 1
        self._thrown = thrown

    def find_catch(self, *kinds: int) -> int:
        thrown = self._thrown
        kind = self._i.u32[thrown - 20 >> 2] if thrown else 0
        if thrown:
            self._i.u32[thrown - 8 >> 2] = thrown
        found = kind
        for wanted in kinds if kind else ():
            if not wanted or wanted == kind:
                break
            if self._i.call("__cxa_can_catch", wanted, kind, thrown - 8):
                found = wanted
                break
        self._i.call("_emscripten_tempret_set", found)
        return thrown

    def begin_catch(self, thrown: int) -> int:
        if not self._i.u8[thrown - 12]:
            self._i.u8[thrown - 12] = 1
            self._uncaught -= 1
        self._i.u8[thrown - 11] = 0
        self._caught.append(thrown)
        self._i.call("__cxa_increment_exception_refcount", thrown)
        return self._i.call("__cxa_get_exception_ptr", thrown)

    def end_catch(self) -> None:
        self._i.call("setThrew", 0, 0)
        self._i.call("__cxa_decrement_exception_refcount", self._caught.pop())
        self._thrown = 0

    def exit(self, code: int) -> None:
        said = self.output.decode(errors="replace").strip().splitlines()
        raise Exited(f"Lean stopped itself: {said[-1]}" if said else f"Lean stopped itself with code {code}")

    def abort(self, *_: Any) -> None:
        self.exit(1)

    # Files: the library, read-only

    def _path(self, address: int) -> Path | int:
        """The real file behind a path of Lean's, or an error number."""
        path = posixpath.normpath(posixpath.join("/", os.fsdecode(self._i.read_cstring(address))))
        if path != LIBRARY and not path.startswith(LIBRARY + "/"):
            return ENOENT if path != "/" else EACCES
        real = self._library / path[len(LIBRARY) + 1 :]
        try:
            # A link inside the library could lead out of it.
            return real if real.resolve().is_relative_to(self._library) else EACCES
        except (OSError, RuntimeError):
            return EACCES

    def openat(self, _folder: int, path: int, flags: int, _mode: int) -> int:
        if flags & _WRITE_FLAGS:
            return -EROFS
        if self._i.read_cstring(path) == b"/dev/urandom":
            return _RANDOM
        real = self._path(path)
        if isinstance(real, int):
            return -real
        if real.is_dir():
            return -EISDIR
        try:
            fd = os.open(real, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return -ENOENT
        own = _FIRST_FD + len(self._files)
        while own in self._files:
            own += 1
        self._files[own] = fd
        return own

    def stat(self, path: int, buffer: int) -> int:
        real = self._path(path)
        if isinstance(real, int):
            return -real
        try:
            return self._write_stat(os.stat(real), buffer)
        except OSError:
            return -ENOENT

    def fstat(self, fd: int, buffer: int) -> int:
        if fd in self._files:
            return self._write_stat(os.fstat(self._files[fd]), buffer)
        if fd not in (0, 1, 2, _RANDOM):
            return -EBADF
        return self._write_stat(None, buffer)

    def fstatat(self, _folder: int, path: int, buffer: int, _flags: int) -> int:
        return self.stat(path, buffer)

    def _write_stat(self, status: os.stat_result | None, buffer: int) -> int:
        mode = status.st_mode & ~0o222 if status else stat_bits.S_IFCHR | 0o600
        size = status.st_size if status else 0
        modified = int(status.st_mtime) if status else 0
        inode = status.st_ino if status else 0
        self._i.write(buffer, struct.pack(
            "<IIIIIIQiiqIIqIIqIIQ", 0, mode, 1, 0, 0, 0, size, 4096, 0, modified, 0, 0, modified, 0, 0, modified,
            0, 0, inode)[:96])  # fmt: skip
        return 0

    def _vectors(self, vectors: int, count: int) -> list[tuple[int, int]]:
        words = self._i.u32
        return [(words[vectors + 8 * i >> 2], words[vectors + 8 * i + 4 >> 2]) for i in range(count)]

    def fd_write(self, fd: int, vectors: int, count: int, done: int) -> int:
        if fd not in (1, 2):
            return EBADF
        total = 0
        for address, size in self._vectors(vectors, count):
            room = OUTPUT_LIMIT - len(self.output)
            self.output += self._i.read(address, min(size, max(room, 0)))
            total += size
        self._i.u32[done >> 2] = total
        return 0

    def fd_read(self, fd: int, vectors: int, count: int, done: int) -> int:
        total = 0
        if fd in self._files:
            for address, size in self._vectors(vectors, count):
                if size:
                    part = memoryview(self._i.u8).cast("B")[address : address + size]
                    read = os.readv(self._files[fd], [part])
                    total += read
                    if read < size:
                        break
        elif fd == _RANDOM:
            for address, size in self._vectors(vectors, count):
                self._i.write(address, self._random.randbytes(size))
                total += size
        elif fd != 0:
            return EBADF
        self._i.u32[done >> 2] = total
        return 0

    def fd_seek(self, fd: int, offset: int, whence: int, result: int) -> int:
        if fd not in self._files or whence > 2:
            return EBADF
        try:
            position = os.lseek(self._files[fd], offset, whence)
        except OSError:
            return EINVAL
        self._i.write(result, struct.pack("<q", position))
        return 0

    def fd_close(self, fd: int) -> int:
        if fd in self._files:
            os.close(self._files.pop(fd))
        return 0

    # Machine

    def clock(self, which: int, _precision: int, result: int) -> int:
        now = time.time_ns() if which == 0 else time.monotonic_ns()
        self._i.write(result, struct.pack("<q", now))
        return 0

    def environment_sizes(self, count: int, size: int) -> int:
        entries = [f"{k}={v}".encode() for k, v in ENVIRONMENT.items()]
        self._i.u32[count >> 2], self._i.u32[size >> 2] = len(entries), sum(len(e) + 1 for e in entries)
        return 0

    def environment(self, pointers: int, buffer: int) -> int:
        for k, v in ENVIRONMENT.items():
            entry = f"{k}={v}".encode() + b"\0"
            self._i.u32[pointers >> 2] = buffer
            self._i.write(buffer, entry)
            pointers, buffer = pointers + 4, buffer + len(entry)
        return 0

    def grow(self, wanted: int) -> int:
        now = self._i.size
        if wanted > self.memory_limit:
            # Emscripten's allocator would return null, and Lean would go on to call exit: say at once why.
            raise OutOfMemory(f"Lean needs more than its limit of {self.memory_limit >> 20} MiB of memory")
        return int(self._i.grow_to(min(self.memory_limit, max(wanted, now + (now >> 3) // PAGE * PAGE))))

    def main_thread(self, thread: int) -> None:
        self._i.call("_emscripten_thread_init", thread, 1, 1, 1, 65536, 0)
        self._i.call("_emscripten_tls_init")

    def dlsym(self, _handle: int, name: int, _: int) -> int:
        """The interpreter looks compiled functions up by name; a miss is normal (2,400 while importing)."""
        wanted = self._i.read_cstring(name)
        return self._i.symbols.function(wanted) or self._i.symbols.data(wanted) or 0

    def script(self, code: int, _kinds: int, arguments: int) -> int:
        """The three pieces of JavaScript in lean.wasm, by their address: getenv, the executable's path, debugging."""
        if code == 943522:
            value = ENVIRONMENT.get(os.fsdecode(self._i.read_cstring(self._i.u32[arguments >> 2])))
            return self._cstring(value) if value else 0
        if code == 943765:
            return self._cstring("/bin/lean")
        return 0

    def _cstring(self, value: str) -> int:
        encoded = value.encode() + b"\0"
        address = self._i.call("malloc", len(encoded))
        self._i.write(address, encoded)
        return address

    def random_bytes(self, address: int, size: int) -> int:
        self._i.write(address, self._random.randbytes(size))
        return 0

    def working_folder(self, buffer: int, size: int) -> int:
        if size < 2:
            return -EINVAL
        self._i.write(buffer, b"/\0")
        return 2

    def imports(self) -> dict[str, Any]:
        """Name → answer, for every import that is not refused outright."""
        nothing, zero = (lambda *_: None), (lambda *_: 0)
        refused = {f"__syscall_{name}": (lambda *_: -EPERM) for name in _REFUSED_CALLS}
        refused |= {name: (lambda *_: EPERM) for name in
                    ["fd_sync", "fd_pread", "fd_pwrite", "fd_fdstat_get"]}  # fmt: skip
        refused |= {"getaddrinfo": lambda *_: -1, "getnameinfo": lambda *_: -1, "_emscripten_system": lambda *_: -1,
                    "__pthread_create_js": lambda *_: 6, "_setitimer_js": lambda *_: -EPERM,
                    "emscripten_set_timeout": zero, "_mmap_js": lambda *_: -EPERM,
                    "_munmap_js": lambda *_: -EPERM, "_msync_js": lambda *_: -EPERM}  # fmt: skip
        return refused | {
            "throw": self.throw, "resume": self.resume, "rethrow": self.rethrow,
            "__cxa_begin_catch": self.begin_catch, "__cxa_end_catch": self.end_catch,
            **{f"__cxa_find_matching_catch_{n}": self.find_catch for n in (2, 3, 4, 6, 19)},
            "__cxa_uncaught_exceptions": lambda: self._uncaught, "llvm_eh_typeid_for": lambda kind: kind,
            "exit": self.exit, "proc_exit": self.exit, "_abort_js": self.abort, "__assert_fail": self.abort,
            "emscripten_exit_with_live_runtime": self.abort, "emscripten_unwind_to_js_event_loop": self.abort,
            "environ_sizes_get": self.environment_sizes, "environ_get": self.environment,
            "__syscall_openat": self.openat, "__syscall_stat64": self.stat, "__syscall_lstat64": self.stat,
            "__syscall_fstat64": self.fstat, "__syscall_newfstatat": self.fstatat,
            "__syscall_ioctl": lambda *_: -ENOTTY, "__syscall_fcntl64": zero,
            "__syscall_getcwd": self.working_folder,
            "fd_write": self.fd_write, "fd_read": self.fd_read, "fd_seek": self.fd_seek, "fd_close": self.fd_close,
            "clock_time_get": self.clock, "clock_res_get": zero,
            "uv__hrtime": lambda _: time.monotonic_ns(), "emscripten_get_now": lambda: time.monotonic() * 1000,
            "emscripten_date_now": lambda: time.time() * 1000,
            "emscripten_resize_heap": self.grow, "emscripten_get_heap_max": lambda: -(1 << 31),
            "_emscripten_init_main_thread_js": self.main_thread, "emscripten_num_logical_cores": lambda: 1,
            "_emscripten_thread_mailbox_await": nothing, "_emscripten_thread_set_strongref": nothing,
            "_emscripten_notify_mailbox_postmessage": nothing, "emscripten_check_blocking_allowed": nothing,
            "_emscripten_runtime_keepalive_clear": nothing, "_emscripten_log_formatted": nothing,
            "_emscripten_get_progname": lambda address, _: self._i.write(address, b"lean\0"),
            "_dlsym_js": self.dlsym, "_dlopen_js": lambda _: 1, "random_get": self.random_bytes,
            "emscripten_asm_const_int": self.script,
        }  # fmt: skip
