"""A search as JSON Lines: written while it runs, read back also when its end is missing.

Not here: what can be done with a log (search/replay.py, search/critic). One object a line:

    {"kind": "search", "version": 1, "strategy", "seed", "options", "perspectives", "root": STATE, ...}
    {"kind": "expansion", "node", "by", "order", "seconds", "whole", "tried": [TRY], "new": [STATE]}
    {"kind": "scores", "first", "distances": [...]}
    {"kind": "end", "stop", "detail", "statistics", "warnings"}

STATE is {"text", "size", "goals"} (`goals` is their number), numbered in order of appearance, the root 0; with
"details" where the state has an attribute of that name, JSON data for whoever learns from logs.
TRY is [action, log-probability, outcome, more]: the numbers of the states for "advanced", the error for
"rejected", "timed out" and "crashed", nothing else. "loop" is an action that led back to its own state.
Several searches may follow each other in one file; the last line of each may be cut off, by a crash or a
full disk.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from io import TextIOBase
from pathlib import Path
from typing import Any

from search.errors import LogError
from search.events import Event, Expanded, Finished, Scored, Started, Tried
from search.graph import Graph
from search.protocols import Advanced, Crashed, Rejected, Skipped, Solved, State, TimedOut

VERSION = 1
_NAMES = {Rejected: "rejected", TimedOut: "timed out", Crashed: "crashed", Skipped: "skipped"}


class LogWriter:
    """An `on_event` that writes a log; each event is on disk (flushed) before the search goes on.

    A full disk does not end the search: writing stops and `error` says why. `extra` goes into the first
    line (the name of a theorem, say).
    """

    def __init__(
        self, path: Path | str, append: bool = False, extra: Mapping[str, object] | None = None
    ) -> None:
        self.path = Path(path)
        self.error: str | None = None
        self.extra = dict(extra or {})
        cut = append and _ends_within_a_line(self.path)
        self._file: TextIOBase | None = self.path.open("a" if append else "w", encoding="ascii")
        if cut:
            self._file.write("\n")

    def __enter__(self) -> LogWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as error:
                self.error = self.error or str(error)

    def __call__(self, event: Event) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(self._record(event), separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            self.error = f"the log {self.path} ends early: {error}"
            self.close()

    def _record(self, event: Event) -> dict[str, object]:
        if isinstance(event, Started):
            return {
                "kind": "search",
                "version": VERSION,
                "strategy": event.strategy,
                "seed": event.seed,
                "options": _plain(event.options),
                "perspectives": list(event.perspectives),
                "root": _state(event.graph.states[0]),
                **self.extra,
            }
        if isinstance(event, Expanded):
            new = event.graph.states[event.first_new : event.first_new + event.new]
            return {
                "kind": "expansion",
                "node": event.node,
                "by": event.chosen_by,
                "order": event.order,
                "seconds": round(event.seconds, 6),
                "whole": event.whole,
                "tried": [_try(event.graph, tried) for tried in event.tried],
                "new": [_state(state) for state in new],
            }
        if isinstance(event, Scored):
            return {"kind": "scores", "first": event.first, "distances": list(event.distances)}
        assert isinstance(event, Finished)
        result = event.result
        return {
            "kind": "end",
            "stop": result.stop.value,
            "detail": result.detail,
            "statistics": asdict(result.statistics),
            "warnings": list(result.warnings),
        }


def _ends_within_a_line(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            if not file.tell():
                return False
            file.seek(-1, 2)
            return file.read(1) != b"\n"
    except FileNotFoundError:
        return False


def _plain(value: Any) -> Any:
    """The value as JSON has it; objects that are no data (a kind function, a perspective) by their names."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value if value is None or isinstance(value, str | int | float | bool) else repr(value)


def _state(state: State) -> dict[str, object]:
    record: dict[str, object] = {"text": state.text, "size": state.size, "goals": len(state.goals)}
    details = getattr(state, "details", None)
    return record if details is None else {**record, "details": details}


def _try(graph: Graph, tried: Tried) -> list[object]:
    start: list[object] = [tried.action, tried.log_probability]
    if tried.edge >= 0:
        children = list(graph.children(tried.edge))
        return [*start, "advanced", children] if children else [*start, "solved"]
    if isinstance(tried.outcome, Advanced):
        return [*start, "loop"]
    if isinstance(tried.outcome, Skipped | Solved):
        return [*start, "skipped"]
    return [*start, _NAMES.get(type(tried.outcome), "crashed"), getattr(tried.outcome, "error", "")]


@dataclass(slots=True)
class Log:
    """One search as read back; `end` is None where the log was cut off."""

    header: dict[str, Any]
    expansions: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)  # both, in their order
    end: dict[str, Any] | None = None
    cut: bool = False  # its last line was incomplete and is left out


def read_logs(path: Path | str) -> Iterator[Log]:
    """All searches of a file, in order. Errors: `LogError`, with the line, for what is no log of a search."""
    path = Path(path)
    log: Log | None = None
    damaged: tuple[int, str] | None = None
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    record = json.loads(line)
                    kind = record["kind"]
                except (ValueError, TypeError, KeyError, RecursionError):
                    record, kind = None, None
                if damaged and kind != "search":
                    raise LogError(f"{path}, line {damaged[0]}: {damaged[1]}")
                if kind is None:
                    if log is None:
                        raise LogError(f"{path}, line {number}: this is no log of a search")
                    damaged = (number, "this line is damaged, and it is not the last of its search")
                    continue
                if kind == "search":
                    if log is not None:
                        log.cut = damaged is not None
                        yield log
                    damaged = None
                    log = Log(_checked_header(record, path, number))
                elif log is None:
                    raise LogError(f"{path}, line {number}: a log begins with a line of the kind 'search'")
                elif kind == "end":
                    log.end = record
                elif kind in ("expansion", "scores"):
                    log.events.append(record)
                    (log.expansions if kind == "expansion" else log.scores).append(record)
                else:
                    raise LogError(f"{path}, line {number}: there is no kind {kind!r} in version {VERSION}")
    except OSError as error:
        raise LogError(f"the log {path} cannot be read: {error.strerror or error}") from None
    if log is None:
        raise LogError(f"the log {path} is empty")
    log.cut = damaged is not None
    yield log


def read_log(path: Path | str) -> Log:
    """The first search of a file. Errors: `LogError`."""
    return next(read_logs(path))


def _checked_header(record: dict[str, Any], path: Path, number: int) -> dict[str, Any]:
    version = record.get("version")
    if version != VERSION:
        raise LogError(f"{path}, line {number}: version {version!r} of the log, this reads version {VERSION}")
    if not isinstance(record.get("root"), dict) or not isinstance(record.get("perspectives"), list):
        raise LogError(f"{path}, line {number}: the first line of the search lacks its root or perspectives")
    return record
