"""What a hostile source can do inside the embedded Lean: nothing that outlives it, and nothing outside one folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from prover.lean.embedded.host import OUTPUT_LIMIT, Host
from prover.lean.embedded.lean import EmbeddedLean
from prover.lean.protocol import BadSource, Limits, Solved

SECRET = "entails-secret-word"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


def said(lean, source: str) -> str:
    """All that Lean says of a source, or why it stopped."""
    try:
        return "\n".join(m.text for m in lean.check(source, 10.0).messages)
    except BadSource as error:
        return str(error)


@pytest.mark.parametrize(
    "read",
    [
        '#eval IO.FS.readFile "{path}"',
        '#eval IO.FS.readFile "/lib/../{path}"',
        '#eval IO.FS.readFile "/lib/../../../../..{path}"',
        '#eval IO.FS.lines "{path}"',
        '#eval (do let h ← IO.FS.Handle.mk "{path}" .read; h.getLine : IO String)',
        '#eval (do let h ← IO.FS.Handle.mk "{path}" .readWrite; h.getLine : IO String)',
        "#eval IO.FS.readFile (System.FilePath.mk \"/lib\" / \"..\" / \"..\" / \"{path}\")",
        '#eval IO.FS.readFile "/proc/self/environ"',
        '#eval IO.FS.readFile "/etc/hostname"',
        '#eval IO.FS.realPath "{path}"',
        'def there := (System.FilePath.mk "{path}").pathExists\n'
        '#eval (do IO.println (if ← there then "there" else "no such file") : IO Unit)',
        'def s := include_str "{path}"\n#eval s',
    ],
)  # fmt: skip
def test_no_file_can_be_read(lean, secret, read):
    answer = said(lean, read.format(path=secret))
    assert SECRET not in answer
    assert "error" in answer or "no such" in answer.lower() or "cannot" in answer or "false" in answer
    hostname = Path("/etc/hostname")
    if hostname.exists():
        assert hostname.read_text().strip() not in answer


@pytest.mark.parametrize("target", ["{folder}/new.txt", "/lib/new.txt", "/lib/Init.olean", "{secret}", "/dev/full"])
@pytest.mark.parametrize(
    "write",
    [
        '#eval IO.FS.writeFile "{path}" "x"',
        '#eval (do let h ← IO.FS.Handle.mk "{path}" .append; h.putStr "x" : IO Unit)',
        '#eval IO.FS.removeFile "{path}"',
        '#eval IO.FS.rename "{path}" "{path}.moved"',
        '#eval IO.FS.createDirAll "{path}.d"',
    ],
)
def test_nothing_can_be_written(lean, prepared, secret, write, target):
    path = target.format(folder=secret.parent, secret=secret)
    before = (prepared.library / "Init.olean").stat()
    answer = said(lean, write.format(path=path))
    assert "permitted" in answer or "read-only" in answer or "no such file" in answer
    assert secret.read_text() == SECRET
    assert [p.name for p in secret.parent.iterdir()] == ["secret.txt"]
    after = (prepared.library / "Init.olean").stat()
    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    assert not (prepared.library / "new.txt").exists()


def test_folders_cannot_be_listed(lean):
    listing = '#eval (do let es ← System.FilePath.readDir "{}"; for e in es do IO.println e.fileName : IO Unit)'
    for folder in ("/lib", "/lib/Init", "/", "/etc", "."):
        answer = said(lean, listing.format(folder))
        assert "permitted" in answer or "Unknown constant" in answer or "no such" in answer
        assert "Prelude" not in answer


@pytest.mark.parametrize(
    "spawn",
    [
        '#eval (do let o ← IO.Process.output {{ cmd := "touch", args := #["{path}"] }}; IO.println o.stdout : IO Unit)',
        '#eval (do let c ← IO.Process.spawn {{ cmd := "/bin/sh", args := #["-c", "touch {path}"] }}; '
        "discard c.wait : IO Unit)",
        '#eval IO.Process.run {{ cmd := "touch", args := #["{path}"] }}',
    ],
)
def test_no_process_can_be_started(lean, tmp_path, spawn):
    path = tmp_path / "made"
    children = {c.pid for c in psutil.Process().children(recursive=True)}
    answer = said(lean, spawn.format(path=path))
    assert answer
    assert not path.exists()
    assert {c.pid for c in psutil.Process().children(recursive=True)} <= children


def test_no_connection_can_be_made(lean):
    tcp = """import Std.Internal.UV.TCP
open Std.Internal.UV.TCP Std.Net
#eval (do let s ← Socket.new; discard (s.connect (.v4 ⟨.ofParts 127 0 0 1, 9⟩)) : IO Unit)"""
    before = len(psutil.Process().net_connections())
    said(lean, tcp)
    assert len(psutil.Process().net_connections()) <= before
    assert isinstance(lean.run(lean.open("theorem t (n : Nat) : n ≤ n + 1").holes[0].state, ["omega"])[0], Solved)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("exit", "#eval (IO.Process.exit 3 : IO Unit)"),
        ("panic", "def x : Nat := 10 ^ 10 ^ 10\n#eval x % 7"),
        ("sleep", "#eval IO.sleep 1000000"),
        ("stack", "partial def h (n : Nat) : Nat := 1 + h (n + 1)\n#eval h 0"),
        ("loop", "partial def h (n : Nat) : Nat := h (n + 1)\n#eval h 0"),
        (
            "decide",
            "set_option maxRecDepth 100000000\ntheorem t : (List.range 10000000).length = 10000000 := by decide",
        ),
        ("macro loop", 'macro "x" : term => `(y)\nmacro "y" : term => `(x)\nexample : x := y'),
    ],
)
def test_a_source_that_would_end_or_hang_a_lean_ends_itself_only(lean, name, source):
    before = lean.open("theorem t (a b : Nat) : a + b = b + a").holes[0].state
    try:
        lean.check(source, 2.0)
    except BadSource as error:
        assert str(error)
    assert isinstance(lean.run(before, ["omega"])[0], Solved)


def test_memory_is_bounded(prepared):
    limit = 400 << 20
    with EmbeddedLean(prepared, memory_limit=limit) as small:
        fill = "partial def fill (xs : Array Nat) : Nat := fill (xs.push xs.size)\n#eval fill #[]"
        with pytest.raises(BadSource, match="memory"):
            small.check(fill, 30.0)
        state = small.open("theorem t (a b : Nat) : a + b = b + a").holes[0].state
        assert isinstance(small.run(state, ["omega"], Limits())[0], Solved)


def test_output_is_bounded(lean):
    body = 'IO.eprint "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"'
    flood = f"partial def flood : IO Unit := do\n  {body}\n  flood\n#eval flood"
    with pytest.raises(BadSource):
        lean.check(flood, 2.0)
    size = lean.ask(lambda s: len(s.host.output))
    assert size <= OUTPUT_LIMIT


def test_a_link_in_the_library_leads_nowhere(prepared, tmp_path, secret):
    library = tmp_path / "library"
    library.mkdir()
    for entry in prepared.library.iterdir():
        (library / entry.name).symlink_to(entry)
    (library / "out.olean").symlink_to(secret)

    host = Host.__new__(Host)
    host._library = library.resolve()

    class Reads:
        @staticmethod
        def read_cstring(_address: int) -> bytes:
            return b"/lib/out.olean"

    host._i = Reads()
    assert isinstance(host._path(0), int)


def test_a_worker_goes_with_its_parent(prepared):
    script = (
        "import sys, time\nfrom prover.lean.embedded.install import locate\n"
        "from prover.lean.embedded.workers import LeanWorkers\n"
        "pool = LeanWorkers(locate(), 2)\nprint(*[w.process.pid for w in pool._all], flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(p) for p in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    workers = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
