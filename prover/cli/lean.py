"""`entails lean`: what is prepared of the embedded Lean, preparing it ahead of its first use, removing it.

Not here: how it is prepared (prover/lean/embedded/install.py). Exit codes: `status` 0 prepared, 1 not; 2 an archive
that is not the package; 3 Lean cannot be prepared.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.lazy import INTERRUPTED

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Prepare, inspect or remove the embedded Lean.")
SCHEMA = 1
NOT_PREPARED, BAD_INPUT, MISSING = 1, 2, 3


@contextmanager
def sentences(bad_archive: int = MISSING) -> Iterator[None]:
    """An error becomes one line on standard error and its exit code."""
    from prover.lean.embedded.errors import NotPrepared
    from prover.lean.embedded.package import BadPackage

    try:
        yield
    except NotPrepared as error:
        print(f"entails: {error}", file=sys.stderr)
        raise typer.Exit(bad_archive if isinstance(error, BadPackage) else MISSING) from None
    except OSError as error:
        print(f"entails: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        raise typer.Exit(MISSING) from None


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON (schema 1).")] = False,
    check: Annotated[bool, typer.Option("--check", help="Read every file and compare its hash.")] = False,
) -> None:
    """Say what is prepared, for which versions, where, and how large it is. Exit code 1 if Lean is not prepared."""
    from prover.lean.embedded import install, manifest

    with sentences():
        here = install.place()
        damage, others = here.damage(hashes=check), here.others
    artefacts, library = manifest.read(here.manifest), manifest.read(here.library_manifest)
    if as_json:
        print(json.dumps({
            "schema": SCHEMA,
            "prepared": damage is None,
            "damage": damage if here.manifest.exists() else None,
            "folder": str(here.folder),
            "fingerprint": here.fingerprint,
            "versions": install.versions(),
            "artefacts": {name: entry.size for name, entry in artefacts.files.items()} if artefacts else {},
            "library": {"files": len(library.files), "size": library.size} if library else None,
            "other_versions": [path.name for path in others],
        }, indent=2))  # fmt: skip
    else:
        said = install.versions()
        print(f"Lean {said['lean']} ({said['package']}), wasmtime {said['wasmtime']}, rules {said['rules']}, "
              f"{said['system']} {said['machine']}")  # fmt: skip
        print(f"folder: {here.folder}")
        if damage is None and artefacts and library:
            print(f"prepared: {here.fingerprint}, {artefacts.size / 1e6:.0f} MB")
            for name, entry in artefacts.files.items():
                print(f"  {name:12} {entry.size:>12,} bytes")
            print(f"library: {len(library.files)} modules, {library.size / 1e6:.0f} MB")
        elif here.manifest.exists():
            print(f"damaged: {damage}; `entails lean prepare` mends it")
        else:
            print("not prepared; `entails lean prepare` does it (121 MB to fetch, about two minutes)")
        for path in others:
            print(f"of another version: {path.name}")
    raise typer.Exit(0 if damage is None else NOT_PREPARED)


@app.command()
def prepare(
    force: Annotated[bool, typer.Option("--force", help="Make everything again, even if nothing is wrong.")] = False,
    package: Annotated[
        Path | None, typer.Option("--package", help="The package's archive (.tgz), for a machine without network.")
    ] = None,
) -> None:
    """Fetch, compile and start Lean once, so that its first use need not; mends what is damaged."""
    from prover.lean.embedded import install

    if package is not None and not (package.is_file() and os.access(package, os.R_OK)):
        print(f"entails: {package} is not a file that can be read.", file=sys.stderr)
        raise typer.Exit(BAD_INPUT)
    try:
        with sentences(bad_archive=BAD_INPUT if package else MISSING):
            prepared = install.prepare(force=force, archive=package)
    except KeyboardInterrupt:
        print("entails: interrupted; nothing half-made is left", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    print(f"Lean is prepared in {prepared.artefacts}")


@app.command()
def remove() -> None:
    """Remove everything that was prepared, of all versions."""
    from prover.lean.embedded import install

    with sentences():
        freed = install.remove()
    print(f"{freed / 1e6:.0f} MB removed" if freed else "nothing to remove")
