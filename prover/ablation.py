"""Strategies and perspectives compared on theorems: the same tree search, premises and budget of tactics for each.

Each theorem is searched by one configuration after the other over one Lean that remembers (`prover.lean.memo`), without
openings and minimisation, so that the tree alone is compared; proved is what the gate accepted. A run that is killed
goes on where it stopped. Not here: the table and its intervals (search/ablation.py), the command line
(`prover/cli/bench_search.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from prover.crew import Task, each
from prover.data.rows import Row
from prover.generators.premises import HolePremises, LibraryPremises, open_index
from prover.guidance import SHIPPED, WEIGHTS
from prover.lean.memo import MemoLean
from prover.lean.protocol import BadSource, Lean, Limits
from prover.prove import prove
from prover.record import Recorder
from prover.results import HoleResult
from prover.settings import Settings
from search.ablation import Configuration, Trial, append, configurations, read_trials
from search.results import Result

#: As in a proof's tree search, but for the seconds: a busy machine must not decide.
_LIMITS = Limits(4_000, 12.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What holds for every configuration. `checks`: tactics given to Lean for each theorem, what is held equal.

    `candidates`: tactics kept for a state, the most probable. `seconds`: a ceiling for one search; trials that reach it
    say so. `perspectives`: the weights of the default strategy, `None` for its own. `premises`: of the library, for
    each state.
    """

    checks: int = 200
    candidates: int | None = None
    seconds: float = 60.0
    premises: int = 0
    critic: str = SHIPPED
    perspectives: Mapping[str, float] | None = None
    seed: int = 0


class BadFolder(ValueError):
    """The folder holds a comparison that was made otherwise; nothing was changed."""


def run(
    rows: Sequence[Row],
    folder: Path,
    comparison: Comparison,
    chosen: Iterable[str] | None = None,
    workers: int = 1,
    on_trial: Callable[[Trial], None] | None = None,
) -> tuple[list[Trial], dict[str, str]]:
    """Trials of the rows under the chosen configurations (all by default), and what went wrong with which row.

    Everything is in `folder`: `settings.json`, and `trials.jsonl`, to which each row's trials are appended. Raises
    BadFolder, search.LogError (the trials are none), OSError, LeanMissing.
    """
    from prover.lean.embedded.install import ensure

    ensure()
    known = configurations(comparison.perspectives or WEIGHTS)
    names = list(known) if chosen is None else list(chosen)
    _claim(folder, comparison)
    out = folder / "trials.jsonl"
    wanted = {row.name for row in rows}
    trials = [t for t in (read_trials(out) if out.exists() else []) if t.problem in wanted and t.configuration in names]
    done = {(trial.configuration, trial.problem) for trial in trials}
    missing = [(row, [name for name in names if (name, row.name) not in done]) for row in rows]
    asked = [(row, {"configurations": left}) for row, left in missing if left]
    patience = comparison.seconds * 1.5 * len(names)
    task = Task("prover.ablation:trials_of", {"comparison": asdict(comparison)}, patience)
    problems: dict[str, str] = {}
    with closing(each(asked, task, workers)) as answers:
        for answer in answers:
            if answer.problem:
                problems[answer.row.name] = answer.problem
                continue
            made = [Trial(**value) for value in answer.value]
            append(out, made)
            trials += made
            for trial in made if on_trial is not None else ():
                on_trial(trial)
    return trials, problems


def _claim(folder: Path, comparison: Comparison) -> None:
    """Note the settings in the folder, or make sure that they are those it was made with."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "settings.json"
    settings = json.dumps(asdict(comparison), indent=1) + "\n"
    if not path.exists():
        path.write_text(settings, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != settings:
        raise BadFolder(f"{folder} holds a comparison with other settings (see {path.name}); name another folder.")


# The worker's side


def trials_of(lean: Lean, row: Row, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The trials of one row as data; none for a row that Lean cannot read."""
    comparison = Comparison(**settings["comparison"])
    known = configurations(comparison.perspectives or WEIGHTS)
    memo = MemoLean(lean)
    shared = Settings(
        seconds=comparison.seconds, checks=comparison.checks, candidates=comparison.candidates,
        critic=comparison.critic, seed=comparison.seed, limits=_LIMITS, openings=False, minimise=False,
        premises=_premises(comparison.premises, lean.info.version),
    )  # fmt: skip
    try:
        return [asdict(_trial(memo, row, shared, name, known[name])) for name in settings["configurations"]]
    except BadSource:
        return []


def _trial(lean: MemoLean, row: Row, shared: Settings, name: str, own: Configuration) -> Trial:
    recorder = Recorder(keep=True)
    settings = replace(shared, strategy=own.strategy, perspectives=own.weights)
    [hole] = prove(row.source(" := by sorry"), lean=lean, settings=settings, on_event=recorder).holes
    return _made(name, row.name, hole, recorder.holes[0].searches)


def _made(configuration: str, problem: str, hole: HoleResult, searches: Sequence[Result]) -> Trial:
    """What is kept of a hole's tree searches; the last is the one that a proof comes from."""
    last = searches[-1]
    return Trial(
        configuration,
        problem,
        hole.proved,
        len(hole.steps) if hole.proved else None,
        sum(search.statistics.checks for search in searches),
        sum(search.statistics.expansions for search in searches),
        round(sum(search.statistics.seconds for search in searches), 3),
        last.stop.value if hole.proved or last.proof is None else "refused by the gate",
        dict(last.statistics.in_proof) if hole.proved else {},
    )


class _Shared(LibraryPremises):
    """Premises that are ranked once for all configurations."""

    def at(self, imports: Sequence[str], theorem: str, *more: Any) -> HolePremises:
        place = (tuple(imports), theorem, more)
        if self._last[0] != place:
            self._last = (place, super().at(imports, theorem, *more))
        return self._last[1]

    _last: tuple[object, Any] = (None, None)


@lru_cache(1)
def _premises(count: int, version: str) -> LibraryPremises:
    return _Shared(lambda: open_index(lean=version), count)
