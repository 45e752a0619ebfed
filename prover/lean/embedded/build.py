"""The two costly steps of preparing Lean, each in a process of its own: compile the module, and save a snapshot.

A process of its own gives its memory back (compiling takes gigabytes), can be stopped by Ctrl-C at any moment, and if
the kernel kills it for want of memory, a sentence can still be said. It ends when its parent does, however that ends.
Not here: where files go and when they are made (`install.py`).
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from prover.lean.embedded import resources
from prover.lean.embedded.errors import NotPrepared
from prover.lean.embedded.progress import Update

#: Peaks of compiling on two cores (measured: 4.96 GB), and of starting Lean with `import Init`, in bytes.
COMPILE_MEMORY = 5_000_000_000
SNAPSHOT_MEMORY = 1_000_000_000
#: Seconds of processor time, for the bars; measured.
_EXPECTED = {"compile": 135.0, "snapshot": 1.5}
_POLL = 0.2
_CODE = "import sys; from prover.lean.embedded.build import main; sys.exit(main(sys.argv[1:]))"
_FAILED = 3


# In the process of its own


def compile_module(source: Path, folder: Path) -> None:
    """`source` (lean.wasm, compressed) → lean.cwasm, glue.cwasm and symbols.bin in `folder`."""
    import wasmtime

    from prover.lean.embedded.engine import engine
    from prover.lean.embedded.module import rewrite

    with gzip.open(source) as file:
        module, glue, symbols = rewrite(file.read())
    (folder / "symbols.bin").write_bytes(symbols)
    for name, content in (("glue", bytes(wasmtime.wat2wasm(glue))), ("lean", module)):
        (folder / f"{name}.cwasm").write_bytes(wasmtime.Module(engine(), content).serialize())


def save_snapshot(artefacts: Path, library: Path) -> None:
    """Start Lean from nothing and save its memory: init.mem and init.json beside the compiled modules."""
    from prover.lean.embedded import snapshot
    from prover.lean.embedded.engine import THREAD_STACK
    from prover.lean.embedded.session import Session

    problems: list[BaseException] = []

    def work() -> None:
        try:
            session = Session(artefacts, library)
            roots = session.boot()
            snapshot.save_to(session.instance, roots, artefacts / "init.mem", artefacts / "init.json")
        except BaseException as error:
            problems.append(error)

    threading.stack_size(THREAD_STACK)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if problems:
        raise problems[0]


_STEPS = {"compile": compile_module, "snapshot": save_snapshot}


def main(arguments: list[str]) -> int:
    """Run the step named by the first argument on the paths that follow; an error is said as JSON."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(OSError):
        # If memory runs out, this process is the one to kill, not its parent or the user's editor.
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        _STEPS[arguments[0]](*map(Path, arguments[1:]))
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        said = {"kind": type(error).__name__, "errno": number, "message": str(error).strip()}
        print(json.dumps(said), flush=True)
        return _FAILED
    return 0


def _end_with_parent() -> None:
    """Standard input is a pipe that only the parent holds: it ends when the parent is gone, even if killed."""
    os.read(0, 1)
    os._exit(1)


# In the parent


def check_memory(need: int) -> None:
    """Raise NotPrepared unless `need` bytes can be had."""
    room = resources.available_memory()
    if room < need:
        raise NotPrepared(
            f"Preparing Lean needs {need / 1e9:.1f} GB of free memory, once, and only {room / 1e9:.1f} GB are free: "
            "close other programs or raise the container's limit, and run `entails lean prepare`."
        )


def run(step: str, *paths: Path, need: int, update: Update) -> None:
    """Run a step to its end. `need`: bytes of memory, checked before. Raises NotPrepared."""
    check_memory(need)
    root = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([sys.executable, "-c", _CODE, step, *map(str, paths)], cwd=paths[0].parent,
                                   stdin=subprocess.PIPE, stdout=output, stderr=errors, start_new_session=True,
                                   env=os.environ | {"PYTHONPATH": path})  # fmt: skip
        try:
            code = _wait(process, _EXPECTED[step], update)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            assert process.stdin is not None
            process.stdin.close()
        if code:
            output.seek(0)
            errors.seek(0)
            raise _problem(step, code, output.read().decode(errors="replace"), errors.read().decode(errors="replace"))


def _wait(process: subprocess.Popen[bytes], expected: float, update: Update) -> int:
    """Wait, telling the share of the expected processor time that is used."""
    import psutil

    watched = psutil.Process(process.pid)
    while True:
        try:
            return process.wait(_POLL)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(psutil.Error):  # it may have ended meanwhile
                times = watched.cpu_times()
                update((times.user + times.system) / expected)


def _problem(step: str, code: int, output: str, errors: str) -> NotPrepared:
    """What a step that failed should be told as."""
    doing = "compiled" if step == "compile" else "started"
    if code == -signal.SIGKILL or "memory allocation" in errors or "MemoryError" in output + errors:
        return NotPrepared(
            f"Lean could not be {doing}: memory ran out and the process was stopped; close other programs or raise "
            "the container's limit, and run `entails lean prepare`."
        )
    if code < 0:
        return NotPrepared(f"Lean could not be {doing}: the process was stopped by {signal.Signals(-code).name}.")
    try:
        said = json.loads(output.strip().splitlines()[-1])
        kind, number, message = said["kind"], said["errno"], said["message"]
    except (IndexError, ValueError, KeyError, TypeError):
        last = (errors.strip().splitlines() or [f"the process ended with code {code}"])[-1]
        return NotPrepared(f"Lean could not be {doing}: {last}")
    if number is not None:
        return NotPrepared(resources.sentence_of(OSError(number, os.strerror(number))))
    return NotPrepared(f"Lean could not be {doing}: {kind}: {message.splitlines()[0] if message else ''}")
