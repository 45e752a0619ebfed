"""One language server process: starts it, speaks JSON-RPC with it over pipes, and ends it with all its children.

Responsibilities (and nothing else): frames, requests and their answers, documents and the diagnostics of their current
version, deadlines. Whatever the process does (hangs, dies, answers garbage), a request ends in an answer, ServerDied
(the server is killed and of no more use) or ServerTimeout (the caller decides). Not thread-safe for callers.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from prover.lean.native.documents import Text
from prover.lean.protocol import Message

#: A frame longer than this is garbage: Lean's longest are goals of some MB.
LARGEST_FRAME = 256 << 20
#: Lake may have to elaborate the project's lakefile first.
START_SECONDS = 120.0
#: Each open document is a Lean process of its own with its imports in memory.
DOCUMENTS = 3
#: How often to look whether the process still lives.
_LOOK = 0.5  # seconds
_HEADER = re.compile(rb"(?i)^content-(length|type):\s*(.*?)\s*$")
#: The server's codes for "the process that elaborates this document is gone" (JSON-RPC error codes of Lean's).
_WORKER_GONE = (-32901, -32902)


class ServerDied(Exception):
    """The server, or the part that elaborates the document, ended or answered nonsense."""


class ServerTimeout(Exception):
    """The server did not answer in time."""


class ServerError(Exception):
    """The server answered with an error of its own."""


_GONE = object()


@dataclass(slots=True)
class Document:
    """A text that the server has open. `diagnostics`: the last ones published, and for which version."""

    uri: str
    text: Text
    version: int = 1
    diagnostics: list[dict[str, Any]] = field(default_factory=list)
    published: int = 0


class Server:
    """`command` is started in `folder`; documents get names in `home`, where nothing is ever written."""

    def __init__(
        self, command: Sequence[str], folder: Path, home: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._home = home
        self._pending: dict[int, queue.SimpleQueue[Any]] = {}
        self._lock = threading.Lock()
        self._next = 0
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._count = 0
        self.dead = ""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        try:
            # A session of its own: its process group can be killed whole, and Ctrl-C does not reach it.
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._errors, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._errors.close()
            raise ServerDied(f"`{' '.join(command)}` does not start: {error.strerror}") from None
        self._finalizer = weakref.finalize(self, _kill_group, self.process)
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        assert self.process.stdin is not None and self.process.stdout is not None
        # Threads hold no reference to the server, so that one which is dropped can be finalized.
        me = weakref.ref(self)
        threading.Thread(target=_write, args=(self.process.stdin, self._outbox), daemon=True).start()
        threading.Thread(target=_read, args=(self.process.stdout, me), daemon=True).start()
        try:
            self._request("initialize", {
                "processId": os.getpid(), "rootUri": folder.as_uri(), "clientInfo": {"name": "entails"},
                "capabilities": {"textDocument": {"publishDiagnostics": {"versionSupport": True}}},
                "initializationOptions": {"editDelay": 0, "hasWidgets": False},
            }, START_SECONDS)  # fmt: skip
            self._notify("initialized", {})
        except BaseException:
            self.kill()
            raise

    # Documents

    def document(self, key: str, source: str) -> Document:
        """The document for `key` with this text: changed if it is open, else opened; the oldest one makes room."""
        text = Text(source)
        found = self._documents.get(key)
        if found is None:
            self._count += 1
            found = Document((self._home / f"Entails{os.getpid()}_{self._count}.lean").as_uri(), text)
            with self._lock:
                spare = len(self._documents) + 1 - DOCUMENTS
                closed = [self._documents.popitem(last=False)[1] for _ in range(spare)]
                self._documents[key] = found
            for oldest in closed:
                self._notify("textDocument/didClose", {"textDocument": {"uri": oldest.uri}})
            self._notify("textDocument/didOpen", {
                "textDocument": {"uri": found.uri, "languageId": "lean4", "version": 1, "text": source},
                # Never build: the project is the user's.
                "dependencyBuildMode": "never",
            })  # fmt: skip
            return found
        with self._lock:
            self._documents.move_to_end(key)
        if found.text.source != source:
            with self._lock:
                found.text, found.version, found.diagnostics = text, found.version + 1, []
            self._notify("textDocument/didChange", {
                "textDocument": {"uri": found.uri, "version": found.version}, "contentChanges": [{"text": source}],
            })  # fmt: skip
        return found

    def messages(self, document: Document, seconds: float) -> list[tuple[int, Message]]:
        """All messages of the document's current text, with their offsets, once it is elaborated."""
        parameters = {"uri": document.uri, "version": document.version}
        self._request("textDocument/waitForDiagnostics", parameters, seconds)
        with self._lock:
            published = document.diagnostics if document.published == document.version else []
        try:
            return sorted((document.text.message(d) for d in published), key=lambda found: found[0])
        except (KeyError, TypeError) as error:
            raise self._fail(f"it sent a malformed diagnostic ({error})") from None

    def goals(self, document: Document, offset: int, seconds: float) -> list[str] | None:
        """Goals before the tactic that begins at `offset`, as printed; None where no tactic ran there."""
        answer = self._request("$/lean/plainGoal", {
            "textDocument": {"uri": document.uri}, "position": document.text.position(offset),
        }, seconds)  # fmt: skip
        if answer is None:
            return None
        goals = answer.get("goals") if isinstance(answer, dict) else None
        if not isinstance(goals, list) or not all(isinstance(g, str) for g in goals):
            raise self._fail("it sent malformed goals")
        return goals

    # Messages

    def _request(self, method: str, parameters: dict[str, Any], seconds: float) -> Any:
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        with self._lock:
            self._next += 1
            number = self._next
            self._pending[number] = answers
            if self.dead:
                raise ServerDied(self.dead)
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters})
        try:
            answer = self._wait(answers, time.monotonic() + seconds)
        except queue.Empty:
            raise ServerTimeout(f"the Lean server did not answer within {seconds:g} s") from None
        except BaseException:  # Ctrl-C: its answer must not be taken for another's
            self.kill()
            raise
        finally:
            with self._lock:
                self._pending.pop(number, None)
        if answer is _GONE:
            self.kill()
            raise ServerDied(self.dead)
        if "error" in answer:
            error = answer["error"] if isinstance(answer["error"], dict) else {}
            text = str(error.get("message", "an error without a message"))
            if error.get("code") in _WORKER_GONE:
                raise self._fail(f"the part that elaborates ended ({text})")
            raise ServerError(text)
        return answer.get("result")

    def _wait(self, answers: queue.SimpleQueue[Any], deadline: float) -> Any:
        """The answer, or queue.Empty; looks now and then whether the process lives, since a child may hold its pipe."""
        while True:
            left = deadline - time.monotonic()
            try:
                return answers.get(timeout=max(min(left, _LOOK), 0.001))
            except queue.Empty:
                if left <= _LOOK:
                    raise
            # Not reaped here: its number must stay taken until its group was killed.
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            if self.process.returncode is None and os.waitid(os.P_PID, self.process.pid, flags) is not None:
                with contextlib.suppress(queue.Empty):
                    return answers.get(timeout=_LOOK)
                self.lose("it ended")

    def _notify(self, method: str, parameters: dict[str, Any]) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message, ensure_ascii=False).encode("utf-8", errors="replace")
        self._outbox.put(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def receive(self, message: Any) -> None:
        """A message of the server's; called by the reading thread."""
        if not isinstance(message, dict):
            self.lose("it sent JSON that is no message")
            return
        method, number = message.get("method"), message.get("id")
        if method is None:
            with self._lock:
                waiting = self._pending.get(number) if isinstance(number, int) else None
            if waiting is not None:
                waiting.put(message)
        elif method == "textDocument/publishDiagnostics":
            self._publish(message.get("params"))
        elif number is not None:  # a request of the server's, to refresh a view that we do not have
            self._send({"jsonrpc": "2.0", "id": number, "result": None})

    def _publish(self, parameters: Any) -> None:
        if not isinstance(parameters, dict) or not isinstance(parameters.get("diagnostics"), list):
            self.lose("it sent malformed diagnostics")
            return
        with self._lock:
            for document in self._documents.values():
                version = parameters.get("version", document.version)
                if document.uri == parameters.get("uri") and version == document.version:
                    document.diagnostics, document.published = parameters["diagnostics"], version

    def _fail(self, why: str) -> ServerDied:
        """Kill the server; the exception to raise."""
        self.lose(why)
        self.kill()
        return ServerDied(self.dead)

    def lose(self, why: str) -> None:
        """From the reading thread: nothing sensible will come any more. Whoever waits is told."""
        with self._lock:
            if not self.dead:
                self.dead = f"the Lean server is lost: {why}{self._last_words()}"
            waiting = list(self._pending.values())
        for answers in waiting:
            answers.put(_GONE)

    def _last_words(self) -> str:
        """The last line that the process wrote to its standard error."""
        with contextlib.suppress(OSError, ValueError):
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(size - 2000, 0))
            lines = self._errors.read().decode("utf-8", errors="replace").strip().splitlines()
            return f" ({lines[-1].strip()[:300]})" if lines else ""
        return ""

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer."""
        with self._lock:
            return bool(self._pending)

    def close(self) -> None:
        """End politely unless it is at work, then in any case."""
        if not self.dead and not self.busy:
            with contextlib.suppress(ServerDied, ServerTimeout, ServerError):
                self._request("shutdown", {}, 2.0)
                self._notify("exit", {})
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(2.0)
        self.kill()

    def kill(self) -> None:
        """End the process and all that it started. Safe to call twice."""
        with self._lock:
            self.dead = self.dead or "the Lean server was ended"
        self._outbox.put(None)
        self._finalizer()
        with contextlib.suppress(OSError):
            self._errors.close()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # also when the leader is gone: its children may live on
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10.0)


def _write(pipe: IO[bytes], outbox: queue.SimpleQueue[bytes | None]) -> None:
    """In a thread of its own: a server that does not read would block the writer for ever."""
    with contextlib.suppress(OSError, ValueError):
        while (data := outbox.get()) is not None:
            pipe.write(data)
            pipe.flush()
    with contextlib.suppress(OSError):
        pipe.close()


def _read(pipe: IO[bytes], server: weakref.ref[Server]) -> None:
    why = "it ended"
    try:
        while True:
            message = read_frame(pipe)
            owner = server()
            if owner is None:
                return
            owner.receive(message)
            del owner
    except EOFError as end:
        why = str(end) or why
    except Exception as problem:  # whatever it sent: a reader that ends without a word would leave callers waiting
        why = str(problem)
    finally:
        with contextlib.suppress(OSError):
            pipe.close()
        owner = server()
        if owner is not None:
            owner.lose(why)


def read_frame(pipe: IO[bytes]) -> Any:
    """One message. Raises EOFError at the end (with words, in the middle of a frame), ValueError for what is none."""
    length: int | None = None
    first = True
    while True:
        line = pipe.readline(1000)
        if not line:
            raise EOFError("" if first else "it ended in the middle of a message")
        first = False
        if line in (b"\r\n", b"\n"):
            if length is not None:
                break
            continue
        found = _HEADER.match(line)
        if found is None or not line.endswith(b"\n"):
            raise ValueError(f"it sent what is no message: {line[:60].decode('ascii', 'backslashreplace').strip()}")
        if found[1].lower() == b"length":
            if not found[2].isdigit():
                raise ValueError("it sent a message without a length")
            length = int(found[2])
    if length > LARGEST_FRAME:
        raise ValueError(f"it announced a message of {length} bytes")
    body = pipe.read(length)
    if len(body) < length:
        raise EOFError("it ended in the middle of a message")
    try:
        return json.loads(body)
    except ValueError:
        raise ValueError("it sent a message that is no JSON") from None


