"""One index file: named numpy arrays behind a JSON header, memory-mapped when read, replaced atomically.

Not here: what the arrays mean (corpus.py, rankers/). Layout: 8 bytes of magic, 8 bytes little-endian length
of the header, 4 bytes CRC-32 of the header, the header, then each array at an offset that is a multiple
of 64. One file instead of a folder, because renaming one file is atomic everywhere; `.npz` was not taken,
because it cannot be memory-mapped.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import REBUILD, IndexDamaged, IndexMissing

MAGIC = b"ENTLSIX1"
PREFIX = struct.Struct("<8sQI")
ALIGNMENT = 64
CHECKED = 64 << 20  # arrays above this many bytes (embeddings) are not read through at load; see verify()


@dataclass(frozen=True)
class Stored:
    """An open index file: its header fields and its arrays (read-only views of the mapped file)."""

    path: Path
    meta: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]


def write(path: Path, kind: str, version: int, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write an index file; a reader sees the old file or the new one, never a part of either."""
    table, offset = [], 0
    for name, array in arrays.items():
        offset = -(-offset // ALIGNMENT) * ALIGNMENT
        data = np.ascontiguousarray(array)
        table.append({"name": name, "dtype": data.dtype.str, "shape": data.shape, "offset": offset,
                      "crc": zlib.crc32(data.data.cast("B") if data.size else b"")})  # fmt: skip
        offset += data.nbytes
    header = json.dumps({"kind": kind, "version": version, "meta": meta, "arrays": table, "bytes": offset},
                        ensure_ascii=False).encode()  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(PREFIX.pack(MAGIC, len(header), zlib.crc32(header)))
            out.write(header)
            start = _aligned(PREFIX.size + len(header))
            for entry, array in zip(table, arrays.values(), strict=True):
                out.seek(start + entry["offset"])
                out.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
            out.truncate(start + offset)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(path: Path, kind: str, version: int) -> Stored:
    """Map an index file. Raises IndexDamaged, which says how to rebuild, for anything that is not whole."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            prefix = file.read(PREFIX.size)
            if len(prefix) < PREFIX.size or prefix[:8] != MAGIC:
                raise IndexDamaged(f"{path} is not an index of entails; {REBUILD}")
            _, length, crc = PREFIX.unpack(prefix)
            raw = file.read(length) if length <= size else b""
            if len(raw) != length or zlib.crc32(raw) != crc:
                raise IndexDamaged(f"the index {path} is damaged (its header does not match); {REBUILD}")
            header = json.loads(raw)
            start = _aligned(PREFIX.size + length)
            if header["kind"] != kind:
                raise IndexDamaged(f"{path} holds a {header['kind']} index where a {kind} one belongs; {REBUILD}")
            if header["version"] != version:
                raise IndexDamaged(f"the index {path} has format {header['version']}, this version of entails "
                                   f"reads format {version}; {REBUILD}")  # fmt: skip
            if size != start + header["bytes"]:
                raise IndexDamaged(f"the index {path} is truncated ({size} of {start + header['bytes']} bytes); "
                                   f"{REBUILD}")  # fmt: skip
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise IndexMissing(f"there is no index at {path}; build one with `entails index`") from None
    except OSError as error:
        raise IndexDamaged(f"the index {path} cannot be read: {error.strerror}") from error
    stored = Stored(path, header["meta"], {e["name"]: _view(mapped, start, e) for e in header["arrays"]})
    for entry in header["arrays"]:
        array = stored.arrays[entry["name"]]
        if array.nbytes <= CHECKED and zlib.crc32(array.data.cast("B") if array.size else b"") != entry["crc"]:
            raise IndexDamaged(f"the index {path} is damaged ({entry['name']} does not match); {REBUILD}")
    return stored


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _view(mapped: mmap.mmap, start: int, entry: Mapping[str, Any]) -> np.ndarray:
    dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
    count = int(np.prod(shape, dtype=np.int64))
    if not count:
        return np.empty(shape, dtype)
    return np.frombuffer(mapped, dtype, count, start + entry["offset"]).reshape(shape)


class Strings(Sequence[str]):
    """Many strings in two arrays (UTF-8 bytes, int64 offsets [strings + 1]); decoded one at a time."""

    def __init__(self, data: np.ndarray, offsets: np.ndarray) -> None:
        self.data, self.offsets = data, offsets
        self._bytes, self._at = memoryview(data), memoryview(offsets)

    @classmethod
    def pack(cls, strings: Sequence[str]) -> Strings:
        encoded = [s.encode("utf-8", "surrogatepass") for s in strings]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(e) for e in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i):  # type: ignore[override]
        if not 0 <= i < len(self.offsets) - 1:
            raise IndexError(i)
        return bytes(self._bytes[self._at[i] : self._at[i + 1]]).decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        whole, at = self.data.tobytes(), self.offsets.tolist()
        return (whole[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(at))

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        return {f"{name}.bytes": self.data, f"{name}.at": self.offsets}

    @classmethod
    def of(cls, stored: Mapping[str, np.ndarray], name: str) -> Strings:
        return cls(stored[f"{name}.bytes"], stored[f"{name}.at"])


class Lists(Sequence[np.ndarray]):
    """Many short lists of integers in two arrays (int32 items, int64 offsets [lists + 1])."""

    def __init__(self, items: np.ndarray, offsets: np.ndarray) -> None:
        self.items, self.offsets = items, offsets

    @classmethod
    def pack(cls, lists: Sequence[Sequence[int]]) -> Lists:
        offsets = np.zeros(len(lists) + 1, np.int64)
        np.cumsum([len(l) for l in lists], out=offsets[1:])
        return cls(np.fromiter((i for l in lists for i in l), np.int32, int(offsets[-1])), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i):  # type: ignore[override]
        if not 0 <= i < len(self.offsets) - 1:
            raise IndexError(i)
        return self.items[self.offsets[i] : self.offsets[i + 1]]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        return {f"{name}.items": self.items, f"{name}.at": self.offsets}

    @classmethod
    def of(cls, stored: Mapping[str, np.ndarray], name: str) -> Lists:
        return cls(stored[f"{name}.items"], stored[f"{name}.at"])
