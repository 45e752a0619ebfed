"""Name → table slot or data address, for the 200,000 symbols of `lean.wasm`, read by mapping a file.

A JSON dictionary of them takes 0.2 s to load; here a look-up is a binary search over mapped hashes. Slots and
addresses share one number space in the file and are told apart by the section that they stand in.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path

_HEADER = struct.Struct("<8sII")
_MAGIC = b"entsym01"


def pack(functions: Mapping[str, int], data: Mapping[str, int]) -> bytes:
    """The file's bytes: header, then per section sorted hashes, values, name offsets; then the names."""
    names = bytearray()
    sections = bytearray()
    for table in (functions, data):
        rows = []
        for name, value in table.items():
            encoded = name.encode()
            rows.append((zlib.crc32(encoded), value, len(names)))
            names += encoded + b"\0"
        rows.sort()
        for column in range(3):
            sections += struct.pack(f"<{len(rows)}I", *(row[column] for row in rows))
    return _HEADER.pack(_MAGIC, len(functions), len(data)) + bytes(sections) + bytes(names)


class Symbols:
    """The mapped file; `function` and `data` return None for a name that is not there."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, functions, data = _HEADER.unpack_from(self._bytes)
        if magic != _MAGIC:
            raise ValueError(f"{path.name} is no symbol table")
        words = memoryview(self._bytes)[_HEADER.size : _HEADER.size + 12 * (functions + data)].cast("I")
        self._functions = [words[i * functions : (i + 1) * functions] for i in range(3)]
        rest = words[3 * functions :]
        self._data = [rest[i * data : (i + 1) * data] for i in range(3)]
        self._names = _HEADER.size + 12 * (functions + data)

    def _find(self, columns: list[memoryview], name: bytes) -> int | None:
        hashes, values, offsets = columns
        wanted = zlib.crc32(name)
        i = bisect_left(hashes, wanted)
        while i < len(hashes) and hashes[i] == wanted:
            start = self._names + offsets[i]
            if self._bytes[start : start + len(name) + 1] == name + b"\0":
                return values[i]
            i += 1
        return None

    def function(self, name: str | bytes) -> int | None:
        """The table slot of a function."""
        return self._find(self._functions, name.encode() if isinstance(name, str) else name)

    def data(self, name: str | bytes) -> int | None:
        """The address of exported data."""
        return self._find(self._data, name.encode() if isinstance(name, str) else name)
