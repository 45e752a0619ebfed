"""Proving the theorems of a LeanDojo Benchmark: their sources, what is left out and why, and one theorem's proof.

Not here: reading the benchmark (`retrieval.benchmark`), the run over many theorems (`prover.bench`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prover.bench import BenchResult
from prover.data.rows import Row
from prover.dojo import locate, repos
from prover.lean.holes import normalise
from prover.lean.protocol import BadSource, Lean
from retrieval.benchmark import Benchmark, TracedTheorem, chosen, unique_names

_LEAN_3 = ("leanprover-community/mathlib", "leanprover-community/lean")


@dataclass(frozen=True, slots=True)
class Work:
    """Rows to prove with each one's own settings, and the theorems left out, by reason; `root` has the sources."""

    root: Path
    rows: tuple[Row, ...]
    own: Mapping[str, Mapping[str, Any]]
    left_out: Mapping[str, tuple[str, ...]]


def work(
    benchmark: Benchmark,
    split: str,
    repo: Path | None = None,
    *,
    file_path: str | None = None,
    full_name: str | None = None,
    name_filter: str | None = None,
    number: int | None = None,
) -> Work:
    """The theorems of a split that can be posed, chosen and ordered as ReProver does.

    `repo`: the folder with the sources; otherwise where `metadata.json` says they are from. Raises CorpusError, and
    SourceMissing where the sources are not here.
    """
    everything = benchmark.theorems(split)
    if any(t.url.rstrip("/").endswith(_LEAN_3) for t in everything[:1]):
        raise repos.SourceMissing(
            f"{benchmark.folder} is a benchmark of Lean 3: it can be read and trained on, but its theorems cannot be "
            "proved with Lean 4."
        )
    names = {id(t): name for name, t in unique_names(everything)}
    wanted = chosen(everything, file_path=file_path, full_name=full_name, name_filter=name_filter, number=number)
    metadata = benchmark.metadata
    root = sources(metadata, everything, repo)
    hashes = metadata.get("sha256")
    texts: dict[str, str | repos.SourceMissing] = {}
    rows: list[Row] = []
    own: dict[str, Mapping[str, Any]] = {}
    left_out: dict[str, list[str]] = {}
    for theorem in wanted:
        name = names[id(theorem)]
        path = theorem.file_path
        if path not in texts:
            texts[path] = _text(root, path, hashes if isinstance(hashes, dict) else {})
        text = texts[path]
        problem = str(text) if isinstance(text, repos.SourceMissing) else _problem(text, theorem)
        if problem:
            left_out.setdefault(problem, []).append(name)
            continue
        rows.append(Row(name, f"theorem {theorem.full_name}"))
        own[name] = {"theorem": {"file": str(root / path), "full_name": theorem.full_name, "start": theorem.start}}
    return Work(root, tuple(rows), own, {why: tuple(names_) for why, names_ in left_out.items()})


def sources(metadata: Mapping[str, Any], theorems: list[TracedTheorem], repo: Path | None) -> Path:
    """The folder that paths of the benchmark begin at. Raises SourceMissing."""
    origin = metadata.get("from_repo")
    if not (isinstance(origin, dict) and isinstance(origin.get("url"), str) and isinstance(origin.get("commit"), str)):
        first = next(iter(theorems), None)
        origin = {"url": "", "commit": ""} if first is None else {"url": first.url, "commit": first.commit}
    if repo is not None:
        return repos.folder_of(repos.LeanGitRepo(str(repo), origin["commit"]))
    try:
        return repos.folder_of(repos.LeanGitRepo(origin["url"], origin["commit"]))
    except repos.SourceMissing as missing:
        raise repos.SourceMissing(f"{missing} Or name the folder with --repo.") from None


def _text(root: Path, path: str, hashes: Mapping[str, Any]) -> str | repos.SourceMissing:
    file = root / path
    try:
        data = file.read_bytes()
        if path in hashes and hashlib.sha256(data).hexdigest() != hashes[path]:
            return repos.SourceMissing(f"{path} has changed since it was traced: trace it again.")
        return normalise(data.decode("utf-8"))
    except OSError as error:
        return repos.SourceMissing(f"{file} cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        return repos.SourceMissing(f"{file} is not UTF-8 text.")


def _problem(text: str, theorem: TracedTheorem) -> str:
    """Why a theorem cannot be posed from its file's text; "" where it can."""
    try:
        found = locate.find(text, theorem.full_name, theorem.start)
    except locate.NotFound as missing:
        return f"{theorem.file_path}: {missing}"
    line = locate.line_of(text, found.start)
    if not theorem.start[0] <= line <= theorem.end[0]:
        return (f"{theorem.file_path} has changed since it was traced: {theorem.full_name} is in line {line}, not in "
                f"{theorem.start[0]} to {theorem.end[0]}.")  # fmt: skip
    return ""


# The worker's side


def proved(
    lean: Lean, row: Row, place: Mapping[str, Any], settings: Mapping[str, Any], log: Path | None
) -> BenchResult:
    """One theorem's result; `place` is its `theorem` in `Work.own`. Raises what `prove` raises."""
    from prover.prove import prove

    started = time.monotonic()
    result = BenchResult(row.name, False)
    try:
        text = Path(place["file"]).read_text(encoding="utf-8")
        posed = locate.pose(lean, text, place["full_name"], start=tuple(place["start"]))
        found = prove(posed.source, lean=lean, theorem=posed.hole.theorem, log=log, **settings)
    except (BadSource, locate.NotFound, locate.NotUsable) as problem:
        return replace(result, seconds=time.monotonic() - started, reason=str(problem))
    hole = found.holes[-1]
    return replace(
        result, proved=hole.proved, proof=found.source if hole.proved else "", seconds=time.monotonic() - started,
        axioms=hole.axioms, reason=hole.reason, stage=hole.stage, tactics=hole.proof, used=hole.premises,
    )  # fmt: skip
