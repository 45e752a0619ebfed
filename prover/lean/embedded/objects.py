"""Lean's objects in the instance's memory: making, reading, counting references, calling Lean's functions.

An object is an address with an 8-byte header: reference count (i32: 0 for ever, negative when shared between
threads), size u16, number of fields u8, tag u8; then fields of 4 bytes, then scalars. A small number n is
`n << 1 | 1`. Tags above the constructors': 245 closure, 246 array, 249 string.

**Ownership.** A Python variable that holds an object owns one reference to it, unless its name or a comment says
`borrowed`. Functions here consume the references that they are given, as Lean's own do, except those that
read (`field`, `text`, `items`, …), which borrow. `dec` gives a reference back. Lean's compiler infers which
parameters a function borrows, and that is not written anywhere; but a function that borrows has a `___boxed`
variant that owns all its parameters and takes and returns boxed scalars, so `pure` and `io` call that one where
it is there. That keeps the counts right without a table.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence

from prover.lean.embedded.errors import LeanIOError
from prover.lean.embedded.instance import Instance

UNIT = 1  # box(0): also `none`, `[]`, the anonymous name, the world token
CLOSURE, ARRAY, STRING = 245, 246, 249


def box(n: int) -> int:
    return n << 1 | 1


def is_scalar(o: int) -> bool:
    return bool(o & 1)


class Objects:
    """Lean's heap. Everything here is for the one thread that runs the instance."""

    def __init__(self, instance: Instance) -> None:
        self.i = instance
        self.u32, self.i32, self.u8 = instance.u32, instance.i32, instance.u8
        self._callables: dict[str, tuple[Callable[..., int], bool]] = {}

    # References

    def inc(self, o: int, n: int = 1) -> int:
        """One more reference to `o` (n more); returns it."""
        if not o & 1:
            count = self.i32[o >> 2]
            if count > 0:
                self.i32[o >> 2] = count + n
            elif count < 0:
                self.i32[o >> 2] = count - n
        return o

    def dec(self, o: int) -> None:
        """Give one reference back."""
        if not o & 1:
            count = self.i32[o >> 2]
            if count > 1:
                self.i32[o >> 2] = count - 1
            elif count:
                self.i.call("lean_dec_ref_cold", o)

    def dec_all(self, objects: Iterable[int]) -> None:
        for o in objects:
            self.dec(o)

    # Reading (all borrow)

    def tag(self, o: int) -> int:
        """The constructor's number; of a boxed scalar, its value."""
        return o >> 1 if o & 1 else self.u8[o + 7]

    def field(self, o: int, i: int) -> int:
        """Field `i`, borrowed."""
        return self.u32[(o >> 2) + 2 + i]

    def scalars(self, o: int, size: int) -> bytes:
        """The first `size` bytes of the scalars that follow the fields."""
        return self.i.read(o + 8 + 4 * self.u8[o + 6], size)

    def text(self, o: int) -> str:
        """A string's content."""
        return self.i.read(o + 20, self.u32[o + 8 >> 2] - 1).decode(errors="replace")

    def items(self, o: int) -> list[int]:
        """An array's elements, borrowed."""
        start, n = (o >> 2) + 4, self.u32[o + 8 >> 2]
        return self.u32[start : start + n]

    def elements(self, o: int) -> Iterator[int]:
        """A list's elements, borrowed."""
        while not o & 1:
            yield self.field(o, 0)
            o = self.field(o, 1)

    def option(self, o: int) -> int | None:
        """What is in a `some`, borrowed."""
        return None if o & 1 else self.field(o, 0)

    def natural(self, o: int) -> int:
        """A Nat's value."""
        if o & 1:
            return o >> 1
        # Lean's own big number, without GMP: sign (u8), count of digits, address of the digits (u32 each).
        size, digits = self.u32[o + 12 >> 2], self.u32[o + 16 >> 2]
        return int.from_bytes(self.i.read(digits, 4 * size), "little")

    def name(self, o: int) -> str:
        """A Name as dots and parts, without escapes."""
        parts = []
        while not o & 1:
            part = self.field(o, 1)
            parts.append(self.text(part) if self.tag(o) == 1 else str(self.natural(part)))
            o = self.field(o, 0)
        return ".".join(reversed(parts))

    # Reading (these consume)

    def take_text(self, o: int) -> str:
        value = self.text(o)
        self.dec(o)
        return value

    def message_text(self, data: int) -> str:
        """A MessageData as text."""
        return self.take_text(self.action("l_Lean_MessageData_toString", data))

    def take_field(self, o: int, i: int) -> int:
        """Field `i`, owned; the object is given back."""
        value = self.inc(self.field(o, i))
        self.dec(o)
        return value

    # Making (fields are consumed)

    def constructor(self, tag: int, fields: Sequence[int], scalars: bytes = b"") -> int:
        size = (8 + 4 * len(fields) + len(scalars) + 7) & ~7
        o = self.i.call("lean_alloc_object", size)
        self.i.write(o, struct.pack(f"<IHBB{len(fields)}I", 1, size, len(fields), tag, *fields) + scalars)
        return o

    def copy_with(self, o: int, changes: dict[int, int], scalar_changes: dict[int, int] | None = None) -> int:
        """A copy of a constructor object (which is consumed) with some fields, or bytes of its scalars, changed."""
        n = self.u8[o + 6]
        size = struct.unpack("<H", self.i.read(o + 4, 2))[0]
        scalars = bytearray(self.i.read(o + 8 + 4 * n, size - 8 - 4 * n))
        for at, byte in (scalar_changes or {}).items():
            scalars[at] = byte
        fields = [changes[i] if i in changes else self.inc(self.field(o, i)) for i in range(n)]
        made = self.constructor(self.u8[o + 7], fields, bytes(scalars))
        self.dec(o)
        return made

    def closure(self, slot: int, arity: int, fixed: Sequence[int] = ()) -> int:
        """A function in the table with some arguments given already (they are consumed)."""
        size = (16 + 4 * len(fixed) + 7) & ~7
        o = self.i.call("lean_alloc_object", size)
        self.i.write(o, struct.pack(f"<IHBBIHH{len(fixed)}I", 1, size, 0, CLOSURE, slot, arity, len(fixed), *fixed))
        return o

    def string(self, value: str) -> int:
        encoded = value.encode("utf-8", errors="surrogatepass")
        address = self.i.call("malloc", len(encoded) + 1)
        self.i.write(address, encoded + b"\0")
        o = self.i.call("lean_mk_string_from_bytes", address, len(encoded))
        self.i.call("free", address)
        return o

    def make_name(self, dotted: str) -> int:
        """A Name from its parts (no escapes: each part between dots is a string)."""
        o = UNIT
        for part in dotted.split(".") if dotted else ():
            o = self.i.call("lean_name_mk_string", o, self.string(part))
        return o

    def array(self, items: Iterable[int] = ()) -> int:
        o = self.i.call("lean_mk_array", UNIT, UNIT)
        for item in items:
            o = self.i.call("lean_array_push", o, item)
        return o

    def list(self, items: Sequence[int]) -> int:
        o = UNIT
        for item in reversed(items):
            o = self.constructor(1, [item, o])
        return o

    def constant(self, symbol: str) -> int:
        """A constant of the library, such as `l_Lean_Options_empty`, as an owned reference."""
        address = self.i.symbols.data(symbol)
        if address is None:
            raise KeyError(f"lean.wasm has no constant {symbol}")
        return self.inc(self.u32[address >> 2])

    # Calling Lean

    def _has(self, name: str) -> bool:
        return self.i.symbols.function(name) is not None

    def _callable(self, name: str) -> tuple[Callable[..., int], bool]:
        found = self._callables.get(name)
        if found is None:
            boxed = self._has(f"{name}___boxed")
            found = self._callables[name] = (self.i.bind(f"{name}___boxed" if boxed else name), boxed)
        return found

    def call(self, name: str, *arguments: int) -> int:
        """A function exactly as it is compiled: its own borrowing and its own scalars."""
        return self.i.bind(name)(*arguments)

    def pure(self, name: str, *arguments: int) -> int:
        """A Lean function. All arguments are consumed; scalars are boxed, the result too."""
        return self._callable(name)[0](*arguments)

    def action(self, name: str, *arguments: int) -> int:
        """A Lean function in IO, or a monad over it: → its result object, constructor 0 ok or 1 error.

        In BaseIO and ST, which cannot fail, the result is the value itself.
        """
        function, boxed = self._callable(name)
        return function(*arguments, UNIT) if boxed else function(*arguments)

    def io(self, name: str, *arguments: int) -> int:
        """`action`, unpacked: the value, owned. Raises LeanIOError with Lean's message."""
        return self.unpack(self.action(name, *arguments))

    def unpack(self, result: int) -> int:
        if result & 1 or self.tag(result) > 1:
            raise TypeError("not the result of an IO action: a BaseIO action returns the value itself")
        if self.tag(result) == 0:
            return self.take_field(result, 0)
        message = self.call("lean_io_error_to_string", self.take_field(result, 0))
        raise LeanIOError(self.take_text(message))

    def reference(self, o: int) -> int:
        """A new ST/IO reference that holds `o`."""
        return self.call("lean_st_mk_ref", o)

    def read_reference(self, reference: int) -> int:
        """The content, owned; the reference is borrowed."""
        return self.call("lean_st_ref_get", reference)
