"""What `entails prove` keeps of its searches: the log, the page and the picture, in the files the user names.

Not here: their contents (search/log.py, search/report.py, search/export.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from prover.cli.common import BAD_INPUT, fail
from prover.openings import NAME as OPENINGS
from prover.record import HoleRecord, Recorder
from search.export import to_graphviz, to_mermaid
from search.report import Section, write_report
from search.results import Result

#: The ending of a file's name → what draws it.
PICTURES: Mapping[str, Callable[[Result], str]] = {
    ".dot": to_graphviz, ".gv": to_graphviz, ".mmd": to_mermaid, ".mermaid": to_mermaid,
}  # fmt: skip


class Keeper:
    """An onlooker of `prove`. What cannot be written is said before any work, with exit code 2."""

    def __init__(self, log: Path | None, report: Path | None, graph: Path | None) -> None:
        self.report = report
        self.graph = graph
        if graph is not None and graph.suffix.lower() not in PICTURES:
            fail(f"--graph {graph}: name a file that ends in {', '.join(PICTURES)}.", BAD_INPUT)
        for path in (report, graph):
            if path is not None:
                _must_be_writable(path)
        try:
            self.recorder = Recorder(log, keep=report is not None or graph is not None)
        except OSError as error:
            fail(f"{log} cannot be written: {error.strerror}.", BAD_INPUT)

    def __call__(self, event: object) -> None:
        self.recorder(event)  # type: ignore[arg-type]

    def write(self) -> bool:
        """Write the files, of what was searched so far; while Lean is open, since it prints the states.

        Says what could not be written, and returns False then.
        """
        self.recorder.close()
        if self.recorder.trouble:
            print(f"entails: {self.recorder.trouble}", file=sys.stderr)
        found = [(record, results) for record in self.recorder.holes if (results := shown(record))]
        if not found and (self.report is not None or self.graph is not None):
            print("entails: nothing was searched, so there is no report and no graph", file=sys.stderr)
            return True
        whole = True
        if self.report is not None:
            whole = _written(self.report, lambda path: _write_report(path, found))
        if self.graph is not None:
            whole = _draw(self.graph, [result for _, results in found for result in results]) and whole
        return whole


def shown(record: HoleRecord) -> list[Result]:
    """The searches of a hole that say something: its tree searches, and the one-liners where one was a proof."""
    trees = [result for result in record.searches if result.strategy != OPENINGS]
    solved = [result for result in record.searches if result.strategy == OPENINGS and result.solved]
    return [*solved, *trees] or record.searches[-1:]


def _write_report(path: Path, found: list[tuple[HoleRecord, list[Result]]]) -> None:
    sections: list[Section] = []
    for record, results in found:
        for number, result in enumerate(results, 1):
            proof = record.result.proof if result.solved and record.result is not None else ""
            which = f" {number} of {len(results)}" if len(results) > 1 else ""
            title = f"{record.theorem} ({record.line}:{record.column}) · {result.strategy}{which}"
            sections.append(Section(title, result, proof))
    write_report(path, sections)


def _draw(path: Path, found: list[Result]) -> bool:
    """One file a search: the first under the name given, others numbered."""
    draw = PICTURES[path.suffix.lower()]
    whole = True
    for number, result in enumerate(found, 1):
        target = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        text = draw(result)
        whole = _written(target, lambda target, text=text: target.write_text(text, encoding="utf-8")) and whole
    if len(found) > 1:
        print(f"entails: {len(found)} searches are drawn, in {path} and {path.stem}-2{path.suffix} …", file=sys.stderr)
    return whole


def _written(path: Path, write: Callable[[Path], object]) -> bool:
    try:
        write(path)
    except OSError as error:
        print(f"entails: {path} cannot be written: {error.strerror}", file=sys.stderr)
        return False
    return True


def _must_be_writable(path: Path) -> None:
    if path.is_dir():
        fail(f"{path} cannot be written: it is a folder.", BAD_INPUT)
    if not path.parent.is_dir():
        fail(f"{path} cannot be written: there is no folder {path.parent}.", BAD_INPUT)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        fail(f"{path} cannot be written: permission denied.", BAD_INPUT)
