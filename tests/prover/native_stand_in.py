"""A stand-in for the `lean` and `lake` of a native Lean: the same messages, answered by real elaboration.

Run as `python native_stand_in.py lean|lake ARGUMENTS`; `install` puts two such commands into a folder for the PATH. The
language server here speaks what Lean's does: positions in UTF-16, `publishDiagnostics` and `$/lean/fileProgress` for
each version, `textDocument/waitForDiagnostics`, `$/lean/plainGoal` (`rendered` and `goals`, null where no tactic ran),
cancelled elaboration when the text changes, the error code of a lost worker. Messages and goals are those of the
embedded Lean.

What is less than real: goals are given where a tactic begins, not anywhere inside it; nothing is reused between
versions; object files hold the source, and the gate's script is answered by the embedded gate, since nothing here can
run a script in Lean. Words in a text (`HOSTILE`) or in the environment variable of `START` make it misbehave.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

VERSION = "4.28.0-pre"
#: Where this word stands in a document, the server does what follows it (see `Server.misbehave`).
HOSTILE = "stand-in:"
#: What the server does instead of answering `initialize`.
START = "ENTAILS_STAND_IN_START"
#: A file to which every command line and every message's method is appended.
LOG = "ENTAILS_STAND_IN_LOG"
#: Longer deadlines would not notice that an elaboration is cancelled.
INTERRUPTIBLE = 100.0  # seconds
_SEVERITY = {"error": 1, "warning": 2, "information": 3}
_SEQUENCES = ("Lean.Parser.Tactic.tacticSeq1Indented", "Lean.Parser.Tactic.tacticSeqBracketed")
_WORKER_CRASHED, _METHOD_NOT_FOUND = -32902, -32601


def install(folder: Path) -> None:
    """Put `lean` and `lake` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("lean", "lake"):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" {name} "$@"\n')
        script.chmod(0o755)


def log(text: str) -> None:
    if LOG in os.environ:
        with Path(os.environ[LOG]).open("a") as file:
            file.write(text + "\n")


def embedded() -> Any:
    from prover.lean.embedded.install import ensure
    from prover.lean.embedded.lean import EmbeddedLean

    return EmbeddedLean(ensure())


def units(line: str, column: int) -> int:
    """A column in code points as UTF-16 units."""
    return len(line[:column].encode("utf-16-le")) // 2


class Server:
    """The language server: the main thread reads, one other thread works."""

    def __init__(self) -> None:
        self.lean = embedded()
        self.texts: dict[str, tuple[int, str]] = {}
        self.jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.working = False
        self.newest: Any = None  # the number of the request that came last
        self.sending = threading.Lock()

    # Messages

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self.sending:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            sys.stdout.buffer.flush()

    def raw(self, data: bytes) -> None:
        with self.sending:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

    def serve(self) -> None:
        threading.Thread(target=self.work, daemon=True).start()
        pipe = sys.stdin.buffer
        while True:
            length = None
            while (line := pipe.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length is None:
                os._exit(1)  # the client is gone
            self.handle(json.loads(pipe.read(length)))

    def handle(self, message: dict[str, Any]) -> None:
        method, number, parameters = message.get("method"), message.get("id"), message.get("params")
        log(f"{method}")
        self.newest = number if method is not None and number is not None else self.newest
        if method == "initialize":
            self.start(number)
        elif method == "textDocument/didOpen":
            document = parameters["textDocument"]
            assert document["languageId"] == "lean4"
            self.change(document["uri"], document["version"], document["text"])
        elif method == "textDocument/didChange":
            [change] = parameters["contentChanges"]
            document = parameters["textDocument"]
            self.change(document["uri"], document["version"], change["text"])
        elif method == "textDocument/didClose":
            self.texts.pop(parameters["textDocument"]["uri"])
        elif method == "textDocument/waitForDiagnostics":
            self.jobs.put(lambda: self.send({"id": number, "result": {}}))
        elif method == "$/lean/plainGoal":
            self.jobs.put(lambda: self.plain_goal(number, parameters))
        elif method == "shutdown":
            self.send({"id": number, "result": None})
        elif method == "exit":
            os._exit(0)
        elif number is not None and method is not None:
            self.send({"id": number, "error": {"code": _METHOD_NOT_FOUND, "message": f"no method {method}"}})

    def start(self, number: int) -> None:
        mode = os.environ.get(START, "")
        if mode == "exit":
            print("stand-in: no toolchain installed", file=sys.stderr, flush=True)
            os._exit(1)
        if mode == "garbage":
            self.raw(b"<html>this is not a language server</html>\n" * 100)
        if mode == "hang":
            time.sleep(3600)
        self.send({"id": number, "result": {"capabilities": {}, "serverInfo": {"name": "Lean 4 Server (stand-in)"}}})
        # Lean registers a file watcher by a request of its own, which wants an answer.
        self.send({"id": "register_lean_watcher", "method": "client/registerCapability", "params": {}})

    def change(self, uri: str, version: int, text: str) -> None:
        self.texts[uri] = (version, text)
        if self.working:
            self.lean.interrupt()
        self.jobs.put(lambda: self.publish(uri, version, text))

    def work(self) -> None:
        while True:
            job = self.jobs.get()
            self.working = True
            job()
            self.working = False

    # Elaboration

    def publish(self, uri: str, version: int, text: str) -> None:
        if self.texts.get(uri, (0, ""))[0] != version:
            return
        document = {"uri": uri, "version": version}
        found = re.search(rf"{HOSTILE}\s*(\w+)", text)
        if found and found[1] == "malformed":
            parameters = {**document, "diagnostics": [{"message": 3}]}
            self.send({"method": "textDocument/publishDiagnostics", "params": parameters})
            return
        if found:
            self.misbehave(found[1], document)
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": text.count("\n") + 1, "character": 0}}
        self.send({"method": "$/lean/fileProgress",
                   "params": {"textDocument": document, "processing": [{"range": whole, "kind": 1}]}})  # fmt: skip
        diagnostics = self.diagnostics(text)
        if found and found[1] == "huge":
            diagnostics.append(_diagnostic(1, 0, 0, "x" * (20 << 20)))
        self.send({"method": "textDocument/publishDiagnostics", "params": {**document, "diagnostics": diagnostics}})
        self.send({"method": "$/lean/fileProgress", "params": {"textDocument": document, "processing": []}})

    def diagnostics(self, text: str) -> list[dict[str, Any]]:
        from prover.lean.embedded.errors import Trapped
        from prover.lean.protocol import BadSource, UnknownImport

        def elaborate(session: Any) -> Any:
            session._mind_memory()

            def work() -> Any:
                done = session.elaborate(text)
                session.o.dec(done.state)
                return done.messages

            return session.guard(INTERRUPTIBLE, work)

        try:
            messages = self.lean.ask(elaborate)
        except UnknownImport as error:
            name = re.search(r"module (\S+?):", str(error))[1].split(".")[0]
            where = f"No directory '{name}' or file '{name}.olean' in the search path entries:\n/toolchain/lib/lean"
            return [_diagnostic(1, 0, 0, f"unknown module prefix '{name}'\n\n{where}")]
        except BadSource as error:
            return [_diagnostic(1, 0, 0, str(error))]
        except Trapped:  # in a native Lean the process of this file would end
            return []
        lines = text.split("\n")
        return [
            _diagnostic(_SEVERITY[m.severity], m.line - 1, units(lines[m.line - 1], m.column), m.text)
            for m in messages
        ]

    def plain_goal(self, number: int, parameters: dict[str, Any]) -> None:
        from prover.lean.embedded.errors import Trapped
        from prover.lean.protocol import BadSource

        uri, position = parameters["textDocument"]["uri"], parameters["position"]
        text = self.texts[uri][1]
        lines = text.split("\n")
        before = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le")
        at = len("\n".join([*lines[: position["line"]], before]).encode())
        try:
            goals = self.lean.ask(lambda session: _goals_at(session, text, at))
        except (Trapped, BadSource):
            goals = None
        if goals is None:
            self.send({"id": number, "result": None})
            return
        rendered = "no goals" if not goals else "```lean\n" + "\n```\n---\n```lean\n".join(goals) + "\n```"
        self.send({"id": number, "result": {"rendered": rendered, "goals": goals}})

    # Misbehaviour

    def misbehave(self, how: str, document: dict[str, Any]) -> None:
        answer = {"method": "textDocument/publishDiagnostics", "params": {**document, "diagnostics": []}}
        if how == "hang":
            time.sleep(3600)
        elif how == "die":
            os._exit(139)
        elif how == "leave":  # dies, and leaves a child behind that holds its pipes
            subprocess.Popen(["sleep", "3607"])
            os._exit(1)
        elif how == "half":  # half a header, then nothing
            self.raw(b"Content-Le")
            time.sleep(3600)
        elif how == "cut":  # dies in the middle of a message
            self.raw(b"Content-Length: 5000\r\n\r\n" + json.dumps(answer).encode()[:40])
            os._exit(1)
        elif how == "garbage":
            self.raw(b"INTERNAL PANIC: out of memory\n")
        elif how == "nojson":
            self.raw(b"Content-Length: 9\r\n\r\nnot json!")
        elif how == "list":
            self.raw(b"Content-Length: 9\r\n\r\n[1, 2, 3]")
        elif how == "endless":
            self.raw(b"Content-Length: 999999999999\r\n\r\n{")
            time.sleep(3600)
        elif how == "crash":  # the watchdog lives, the file's worker does not
            while True:
                time.sleep(0.05)
                self.send({"id": self.newest, "error": {"code": _WORKER_CRASHED, "message": "Server process "
                           f"for {document['uri']} crashed, likely due to a stack overflow or a bug."}})  # fmt: skip
        elif how == "stale":  # diagnostics of another version, which must not count
            self.send({"method": "textDocument/publishDiagnostics",
                       "params": {**document, "version": document["version"] - 1,
                                  "diagnostics": [_diagnostic(1, 0, 0, "stale")]}})  # fmt: skip
        elif how == "chatty":
            for i in range(2000):
                self.send({"id": f"refresh{i}", "method": "workspace/semanticTokens/refresh"})


def _diagnostic(severity: int, line: int, character: int, message: str) -> dict[str, Any]:
    start = {"line": line, "character": character}
    end = {"line": line, "character": character + 1}
    return {"range": {"start": start, "end": end}, "fullRange": {"start": start, "end": end}, "severity": severity,
            "source": "Lean 4", "message": message}  # fmt: skip


def _goals_at(session: Any, text: str, at: int) -> list[str] | None:
    """Goals before the tactic that begins at a byte offset, of every time that it ran; None where none did."""
    syntax = session.sources.syntax
    session._mind_memory()
    session.proofs.captured.clear()

    def target(command: int) -> int | None:
        for node in syntax.nodes(command):
            if syntax.kind(node) in _SEQUENCES:
                for child in syntax.arguments(syntax.arguments(node)[-1 if "1Indented" in syntax.kind(node) else 1]):
                    span = syntax.span(child)
                    if span is not None and span[0] == at and syntax.kind(child):
                        return child
        return None

    def wrap(node: int, wanted: int, path: set[int]) -> int:
        from prover.lean.embedded.syntax import HOLE

        o = session.o
        if node == wanted:
            return syntax.node(HOLE, [o.inc(node)])
        if node not in path:
            return o.inc(node)
        children = [wrap(child, wanted, path) for child in syntax.arguments(node)]
        return o.constructor(1, [o.inc(o.field(node, 0)), o.inc(o.field(node, 1)), o.array(children)])

    def rewrite(command: int) -> int:
        span = syntax.span(command)
        wanted = target(command) if span is not None and span[0] <= at < span[1] else None
        if wanted is None:
            return command
        path = {node for node in syntax.nodes(command) if wanted in set(syntax.nodes(node))}
        made = wrap(command, wanted, path)
        session.o.dec(command)
        return made

    def work() -> list[str] | None:
        session.o.dec(session.elaborate(text, rewrite=rewrite).state)
        goals: list[str] = []
        for captured in session.proofs.captured:
            contexts, live = session.proofs.prepare(captured)
            goals += [goal.text for goal in session.proofs.goals(contexts, live)]
        return list(dict.fromkeys(goals)) if session.proofs.captured else None

    return session.guard(INTERRUPTIBLE, work)


def lean(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(f"Lean (version {VERSION}, x86_64-unknown-linux-gnu, commit 0000000, Release)")
        return 0
    if arguments[0] == "--server":
        Server().serve()
    if arguments[0] == "-o":
        return compile_source(Path(arguments[1]), Path(arguments[2]))
    if arguments[0] == "--run":
        return run_gate(*arguments[2:])
    if arguments[0].startswith("--threads"):
        return repl(Path(arguments[-1]))
    print(f"stand-in: unknown arguments {arguments}", file=sys.stderr)
    return 1


def repl(path: Path) -> int:
    """A file with lean-dojo's `lean_dojo_repl` in it: one request a line, answered as Lean4Repl.lean answers."""
    from prover.lean.protocol import Advanced, Limits, Solved

    head, word = "import Lean4Repl\n", "lean_dojo_repl\n"
    text = path.read_text()
    assert text.startswith(head) and text.count(word) == 1
    text = text.removeprefix(head)
    lean = embedded()
    opened = lean.open(text.replace(word, "skip" + " " * (len(word) - 5) + "\n"))
    for m in opened.messages:
        print(f"{path}:{m.line}:{m.column}: {m.severity}: {m.text}")
    hole = next((h for h in opened.holes if h.start > text.index(word)), None)
    if hole is None or not hole.is_prop:
        print(f"{path}:1:0: error: [fatal] not_a_theorem", flush=True)
        return 1
    states = [hole.state]

    def answer(**fields: Any) -> None:
        body = json.dumps({"sid": None, "tacticState": None, "error": None, **fields}, ensure_ascii=False)
        print(f"REPL> {body}", flush=True)

    def shown(state: Any) -> str:
        return "\n\n".join(goal.text for goal in lean.goals(state))

    answer(sid=0, tacticState=shown(hole.state))
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        request = json.loads(line)
        log(f"tactic {request['sid']}")
        how = re.search(rf"{HOSTILE}\s*(\w+)", request["cmd"])
        if how is not None and how[1] in REPL_MISBEHAVES:
            REPL_MISBEHAVES[how[1]]()
            continue
        [outcome] = lean.run(states[request["sid"]], [request["cmd"]], Limits(0, 3600.0))
        if isinstance(outcome, Advanced):
            states.append(outcome.state)
            answer(sid=len(states) - 1, tacticState=shown(outcome.state))
        elif not isinstance(outcome, Solved):
            answer(error=outcome.message)
        elif any("sorry" in step for step in outcome.steps):
            answer(error="proof contains `sorry`")
        else:
            states.append(hole.state)
            answer(sid=len(states) - 1, tacticState="no goals")
    return 0


REPL_MISBEHAVES = {
    "die": lambda: os._exit(139),
    "oom": lambda: os._exit(137),
    "hang": lambda: time.sleep(3600),
    "garbage": lambda: print("REPL> {not json", flush=True),
}


def compile_source(target: Path, source: Path) -> int:
    text = source.read_text()
    report = embedded().check(text)
    for m in report.messages:
        print(f"{source}:{m.line}:{m.column}: {m.severity}: {m.text}")
    if report.errors:
        return 1
    target.write_text(text)
    return 0


def run_gate(statement: str, proof: str, theorem: str = "") -> int:
    from prover.lean.protocol import BadSource

    try:
        answer = embedded().verify(Path(proof).read_text(), Path(statement).read_text(), theorem or None)
    except BadSource as error:
        print(json.dumps({"theorem": theorem, "accepted": False, "bad": str(error)}))
        return 0
    print(json.dumps({"theorem": answer.theorem, "accepted": answer.accepted, "reason": answer.reason,
                      "axioms": answer.axioms}))  # fmt: skip
    return 0


def main() -> None:
    name, *arguments = sys.argv[1:]
    log(" ".join([name, *arguments]))
    if name == "lake":
        if arguments[0] != "env":
            sys.exit(f"stand-in: lake {arguments[0]} is not here")
        os.execvp(arguments[1], arguments[1:])
    status = lean(arguments)
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
