"""What the commands share: reading sources, writing files whole, and turning errors into one sentence and a code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from retrieval.files import write_whole

BAD_INPUT, LEAN_MISSING, INTERRUPTED = 2, 3, 130
#: Lean would take minutes to say what is wrong with more, and a proof is never that long.
LARGEST_SOURCE = 4 << 20  # bytes
_DECLARES = ("theorem ", "lemma ", "example", "def ", "import ", "open ", "namespace ", "variable ", "@[", "/-", "--")


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and the file it came from (None for a text given on the command line or standard input)."""

    text: str
    path: Path | None = None
    crlf: bool = False


def fail(message: str, code: int) -> NoReturn:
    """One sentence on standard error, and out."""
    print(f"entails: {message}", file=sys.stderr)
    raise SystemExit(code)


@contextmanager
def lean_errors() -> Iterator[None]:
    """Errors of Lean's, as a sentence and an exit code: 2 for the user's input, 3 for a Lean that is not there."""
    from prover.lean.embedded.errors import EmbeddedLeanError, NotPrepared
    from prover.lean.protocol import BadSource, LeanError, LeanMissing

    try:
        yield
    except (LeanMissing, NotPrepared) as error:
        fail(str(error), LEAN_MISSING)
    except BadSource as error:
        fail(str(error), BAD_INPUT)
    except (LeanError, EmbeddedLeanError) as error:
        fail(str(error), LEAN_MISSING)


@contextmanager
def errors_as_sentences(
    missing: tuple[type[Exception], ...], bad: tuple[type[Exception], ...], file: object = ""
) -> Iterator[None]:
    """`missing` ends with 3, `bad` and an OSError with 2, a sentence each; `file`: where the OSError names none."""
    try:
        yield
    except missing as error:
        fail(str(error), LEAN_MISSING)
    except bad as error:
        fail(str(error), BAD_INPUT)
    except OSError as error:
        fail(f"{error.filename or file}: {error.strerror or error}", BAD_INPUT)


@contextmanager
def resumable(out: Path) -> Iterator[None]:
    """Around a run into `out` that goes on when its command is given again: Ctrl-C says so, and ends with 130."""
    try:
        yield
    except OSError as error:
        fail(f"{error.filename or out} cannot be written: {error.strerror or error}.", BAD_INPUT)
    except KeyboardInterrupt:
        fail(f"interrupted; the same command goes on ({out})", INTERRUPTED)


def read_source(target: str | None) -> Source:
    """The text that an argument means: `-` or nothing is standard input, a path a file, else the text itself."""
    if target is None or target == "-":
        if target is None and sys.stdin.isatty():
            fail("Give a theorem, a Lean file, or - for standard input.", BAD_INPUT)
        return _decoded(sys.stdin.buffer.read(LARGEST_SOURCE + 1), "standard input", None)
    looks_like_text = "\n" in target or any(target.lstrip().startswith(word) for word in _DECLARES)
    if not looks_like_text:
        return read_file(Path(target))
    return _decoded(target.encode("utf-8", errors="replace"), "the theorem", None)


def find_source(project: Path, theorem: str) -> tuple[Source, str]:
    """The file of a project that declares a theorem, and the theorem's full name."""
    from prover.lean.native.project import find_theorem

    with lean_errors():
        path, full_name = find_theorem(project, theorem)
    return read_file(path), full_name


def read_file(path: Path) -> Source:
    """A Lean file's text."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_SOURCE + 1)
    except FileNotFoundError:
        hint = "" if path.suffix == ".lean" else " (a theorem begins with `theorem`)"
        fail(f"There is no file {path}{hint}.", BAD_INPUT)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}.", BAD_INPUT)
    return _decoded(content, str(path), path)


def _decoded(content: bytes, what: str, path: Path | None) -> Source:
    if len(content) > LARGEST_SOURCE:
        fail(f"{what} is larger than {LARGEST_SOURCE >> 20} MiB, too large for a Lean source.", BAD_INPUT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fail(f"{what} is no UTF-8 text (byte {error.start}).", BAD_INPUT)
    if "\0" in text:
        fail(f"{what} is no text: it has a NUL character at {text.index(chr(0))}.", BAD_INPUT)
    if not text.strip():
        fail(f"{what} is empty.", BAD_INPUT)
    return Source(text.replace("\r\n", "\n"), path, "\r\n" in text)


def write_back(source: Source, text: str) -> None:
    """Put a text in place of a file's content, whole or not at all, with the file's own line ends."""
    assert source.path is not None
    content = (text.replace("\n", "\r\n") if source.crlf else text).encode()
    try:
        write_whole(source.path, content)
    except OSError as error:
        fail(f"{source.path} cannot be written: {error.strerror}.", BAD_INPUT)
