"""Reads a WebAssembly binary's sections: types, imports, exports, globals. Nothing is changed here.

Only what `module.py` needs to rewrite `lean.wasm`; for anything more use a real WebAssembly toolkit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE = range(1, 11)
KIND_FUNCTION, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL = range(4)
I32_CONST, I64_CONST, CALL, LOCAL_GET, END = 0x41, 0x42, 0x10, 0x20, 0x0B
_VALUE_TYPES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64"}


class MalformedModule(ValueError):
    """The bytes are not the WebAssembly module that was expected."""


def uleb(value: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sleb(value: int) -> bytes:
    """Signed LEB128."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value == (-1 if byte & 0x40 else 0):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def text(value: str) -> bytes:
    """A length-prefixed UTF-8 name."""
    encoded = value.encode()
    return uleb(len(encoded)) + encoded


@dataclass(frozen=True, slots=True)
class Import:
    module: str
    name: str
    kind: int
    type_index: int  # of a function import, else 0
    limits_at: int  # where a memory import's limits start, else 0
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Export:
    name: str
    kind: int
    index: int


class Module:
    """A parsed view of a binary; positions are offsets into `data`."""

    def __init__(self, data: bytes) -> None:
        if data[:8] != b"\0asm\x01\0\0\0":
            raise MalformedModule("not a WebAssembly 1.0 binary")
        self.data = data
        self.sections: list[tuple[int, int, int]] = []  # kind, start, size
        position = 8
        while position < len(data):
            kind = data[position]
            size, position = self.read_uleb(position + 1)
            if position + size > len(data):
                raise MalformedModule("the last section is cut off")
            self.sections.append((kind, position, size))
            position += size

    def read_uleb(self, position: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = self.data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value, position

    def read_sleb(self, position: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = self.data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value - (1 << shift) if byte & 0x40 else value, position

    def read_text(self, position: int) -> tuple[str, int]:
        size, position = self.read_uleb(position)
        return self.data[position : position + size].decode(), position + size

    def section(self, kind: int) -> int:
        for k, start, _ in self.sections:
            if k == kind:
                return start
        raise MalformedModule(f"no section of kind {kind}")

    def types(self) -> list[tuple[list[str], list[str]]]:
        """Function types as (parameters, results)."""
        count, position = self.read_uleb(self.section(TYPE))
        out = []
        for _ in range(count):
            n, position = self.read_uleb(position + 1)
            parameters = [_VALUE_TYPES[b] for b in self.data[position : position + n]]
            m, position = self.read_uleb(position + n)
            out.append((parameters, [_VALUE_TYPES[b] for b in self.data[position : position + m]]))
            position += m
        return out

    def imports(self) -> Iterator[Import]:
        count, position = self.read_uleb(self.section(IMPORT))
        for _ in range(count):
            start = position
            module, position = self.read_text(position)
            name, position = self.read_text(position)
            kind = self.data[position]
            position += 1
            type_index = limits_at = 0
            if kind == KIND_FUNCTION:
                type_index, position = self.read_uleb(position)
            elif kind == KIND_MEMORY:
                limits_at = position
                has_maximum = self.data[position] & 1
                _, position = self.read_uleb(position + 1)
                if has_maximum:
                    _, position = self.read_uleb(position)
            elif kind == KIND_GLOBAL:
                position += 2
            else:
                raise MalformedModule(f"an import of unexpected kind {kind}: {name}")
            yield Import(module, name, kind, type_index, limits_at, start, position)

    def exports(self) -> Iterator[Export]:
        count, position = self.read_uleb(self.section(EXPORT))
        for _ in range(count):
            name, position = self.read_text(position)
            kind = self.data[position]
            index, position = self.read_uleb(position + 1)
            yield Export(name, kind, index)

    def globals(self) -> Iterator[tuple[bool, int]]:
        """(mutable, initial value) of each global defined here."""
        count, position = self.read_uleb(self.section(GLOBAL))
        for _ in range(count):
            mutable = bool(self.data[position + 1])
            if self.data[position + 2] not in (I32_CONST, I64_CONST):
                raise MalformedModule("a global whose initial value is no constant")
            value, position = self.read_sleb(position + 3)
            position += 1
            yield mutable, value

    def element_slots(self) -> tuple[int, list[int]]:
        """The one element segment: its offset in the table and the function indices in it."""
        count, position = self.read_uleb(self.section(ELEMENT))
        if count != 1 or self.data[position] != 0 or self.data[position + 1] != I32_CONST:
            raise MalformedModule("more than one element segment, or not at a constant offset")
        offset, position = self.read_sleb(position + 2)
        n, position = self.read_uleb(position + 1)
        functions = []
        for _ in range(n):
            index, position = self.read_uleb(position)
            functions.append(index)
        return offset, functions
