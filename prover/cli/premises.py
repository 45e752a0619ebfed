"""What the commands on premises share: opening an index, reading examples, progress, errors as exit codes.

Not here: the commands (search.py, index.py, train.py, bench_retrieval.py) or any retrieval.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from prover.cli.common import BAD_INPUT, errors_as_sentences
from prover.generators.premises import DEFAULT_INDEX, index_folder
from retrieval.errors import IndexMissing, IndexStale, MissingExtra, RetrievalError

if TYPE_CHECKING:
    from prover.generators.premises import LibraryPremises
    from prover.lean.protocol import LeanInfo
    from retrieval.corpus import Corpus
    from retrieval.examples import Example
    from retrieval.library import Library

NOTHING_FOUND = 1
PREMISES_HELP = "Premises retrieved from the library for each state; 16 where there is an index, 0 for none."


def sentences() -> AbstractContextManager[None]:
    """Errors of retrieval become one line on standard error and their exit code."""
    return errors_as_sentences((MissingExtra, IndexMissing), (RetrievalError,))


def open_library(index: str, encoder: str | None) -> Library:
    """Open an index by name or folder. The default one must be of the embedded Lean at hand."""
    from retrieval.library import Library

    lean = None
    if index == DEFAULT_INDEX:
        from prover.lean.embedded.engine import LEAN_VERSION as lean
    return Library.open(index_folder(index), lean, encoder)


def library_premises(count: int | None, index: str, lean: LeanInfo | None = None) -> LibraryPremises:
    """The premises that a proof search is given. `count` None: as many as usual, and it goes on without where the index
    cannot be used; that shows when a theorem first needs some, and `troubles` says so. A number asked for is a must.

    `lean`: the one that proves; the embedded one where it is not given.
    """
    from prover.generators.premises import DEFAULT_COUNT, LibraryPremises

    made = LibraryPremises(partial(_open_for, index, lean), DEFAULT_COUNT if count is None else count,
                           optional=count is None)  # fmt: skip
    if count:
        with sentences():
            made.library()
    return made


@lru_cache(maxsize=2)
def _open_for(index: str, lean: LeanInfo | None) -> Library:
    if index == DEFAULT_INDEX and lean is not None and lean.backend != "embedded":
        raise IndexStale("the index is of the embedded Lean's library; for a project of your own, trace it with "
                         "LeanDojo, run `entails index --corpus corpus.jsonl --name NAME`, and give "
                         "`entails prove` its name (--index NAME)")  # fmt: skip
    return open_library(index, None)


def open_corpus(index: str, corpus: Path | None, allow_duplicates: bool) -> Corpus:
    """The corpus of a LeanDojo file if one is given, else that of an index."""
    from retrieval.corpus import Corpus
    from retrieval.leandojo import read_corpus

    if corpus is not None:
        return read_corpus(corpus, duplicates="allow" if allow_duplicates else "error")
    return Corpus.open(index_folder(index) / "corpus.index")


def benchmark_files(
    data: Path, corpus: Path | None, allow_duplicates: bool, split: str | None, default: str
) -> tuple[Path, Path | None, bool]:
    """Of a folder of LeanDojo Benchmark the file of a split and the corpus; anything else as it is.

    The real benchmarks name some premises twice.
    """
    from retrieval.benchmark import Benchmark
    from retrieval.errors import CorpusError

    if data.is_dir():
        folder = Benchmark(data)
        return folder.split(split or default), corpus or folder.corpus, True
    if split is not None:
        raise CorpusError(f"--split is for a folder of LeanDojo Benchmark; {data} is none")
    return data, corpus, allow_duplicates


def read_examples(path: Path, corpus: Corpus) -> Sequence[Example]:
    """Examples from a LeanDojo split (`.json`) or from JSON lines; says on standard error what was dropped."""
    from retrieval import examples, leandojo

    if path.suffix == ".json":
        return leandojo.read_examples(path, corpus)
    read = examples.read_jsonl(path, corpus)
    if read.unknown or read.inaccessible:
        print(f"{path}: {read.unknown} premises are not in the corpus and {read.inaccessible} not accessible where "
              "they are named; they are left out", file=sys.stderr)  # fmt: skip
    return read.examples


def read_names(path: Path) -> Sequence[str]:
    """The names in a file of JSON lines, such as data/library/test.jsonl. Exits with 2 for a line that has none."""
    import json

    try:
        return [json.loads(line)["name"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (ValueError, KeyError, TypeError):
        print(f"entails: {path} is no list of theorems (JSON lines with a name)", file=sys.stderr)
        raise typer.Exit(BAD_INPUT) from None


@contextmanager
def progress(quiet: bool = False) -> Iterator[object]:
    """A Rich progress display on standard error, off where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as shown:
        yield shown
