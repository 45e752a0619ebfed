"""Compares strategies on the same problems: each strategy, and multi-perspective without each of its
perspectives.

Not here: the problems (the caller makes a `Search` for each), nor a verdict. Every configuration gets the
same problems and budget; differences to a baseline are taken problem by problem, and their 95 % intervals
come from a bootstrap over the problems (Efron and Tibshirani, 1993, percentile intervals), as the problems
are the sample.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from search.drive import Search
from search.errors import LogError
from search.results import Result, Stop
from search.strategies import DEFAULT_STRATEGY, STRATEGIES, Strategy, make_strategy
from search.strategies.multi_perspective import WEIGHTS

RESAMPLES = 4_000
Problem = Callable[[Strategy], Search]


@dataclass(frozen=True, slots=True)
class Trial:
    """One problem under one configuration."""

    configuration: str
    problem: str
    proved: bool
    steps: int | None  # of the proof
    checks: int
    expansions: int
    seconds: float
    stop: str
    in_proof: dict[str, int]  # steps of the proof by the perspective that had their states expanded


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over the problems, and its 95 % bootstrap interval; NaN where there is nothing to average."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Row:
    """One configuration. Differences are to the baseline: above 0 it has more of it."""

    configuration: str
    problems: int
    proved: Interval  # share
    proved_difference: Interval
    both: int  # problems that it and the baseline prove
    steps: Interval  # of its proofs of these
    steps_difference: Interval
    checks: Interval  # a problem


@dataclass(frozen=True, slots=True)
class Configuration:
    """A name in `STRATEGIES`, and for the default strategy the weights of its perspectives."""

    strategy: str
    weights: Mapping[str, float] | None = None

    def make(self) -> Strategy:
        """A fresh strategy."""
        return make_strategy(self.strategy, **({} if self.weights is None else {"weights": self.weights}))


def configurations(perspectives: Mapping[str, float] | None = None) -> dict[str, Configuration]:
    """By name: all of `STRATEGIES`, then the default without each of its perspectives (`None`: its own)."""
    weights = dict(WEIGHTS if perspectives is None else perspectives)
    made = {name: Configuration(name) for name in STRATEGIES}
    made[DEFAULT_STRATEGY] = Configuration(DEFAULT_STRATEGY, weights)
    for left_out in weights:
        rest = {name: weight for name, weight in weights.items() if name != left_out}
        if rest:
            made[f"{DEFAULT_STRATEGY} without {left_out}"] = Configuration(DEFAULT_STRATEGY, rest)
    return made


def run_trials(
    problems: Mapping[str, Problem],
    chosen: Mapping[str, Configuration] | None = None,
    out: Path | str | None = None,
    on_trial: Callable[[Trial], None] | None = None,
) -> list[Trial]:
    """Run every configuration on every problem, problem by problem.

    Each trial is appended to `out` at once, and those that are there already are not run again: a run that
    was killed goes on. After Ctrl-C in a search what is complete is returned. Errors: `LogError` for an
    `out` that holds something else.
    """
    chosen = configurations() if chosen is None else chosen
    trials = read_trials(out) if out is not None and Path(out).exists() else []
    done = {(trial.configuration, trial.problem) for trial in trials}
    for problem, make in problems.items():
        for name, configuration in chosen.items():
            if (name, problem) in done:
                continue
            result = make(configuration.make()).run()
            if result.stop is Stop.INTERRUPTED:
                return trials
            trial = trial_of(name, problem, result)
            trials.append(trial)
            if out is not None:
                append(out, [trial])
            if on_trial is not None:
                on_trial(trial)
    return trials


def append(out: Path | str, trials: Iterable[Trial]) -> None:
    """Add trials to a file that `read_trials` reads."""
    with Path(out).open("a", encoding="ascii") as file:
        file.writelines(json.dumps(asdict(trial)) + "\n" for trial in trials)


def trial_of(configuration: str, problem: str, result: Result) -> Trial:
    """What is kept of a search."""
    statistics = result.statistics
    return Trial(
        configuration,
        problem,
        result.solved,
        len(result.proof) if result.proof is not None else None,
        statistics.checks,
        statistics.expansions,
        round(statistics.seconds, 4),
        result.stop.value,
        dict(statistics.in_proof),
    )


def read_trials(path: Path | str) -> list[Trial]:
    """Trials from a file; a cut-off last line is left out, and removed so that the next can be appended."""
    path = Path(path)
    names = {field.name for field in fields(Trial)}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    trials: list[Trial] = []
    for number, line in enumerate(whole.decode("utf-8", "replace").splitlines(), 1):
        try:
            record = json.loads(line)
            trials.append(Trial(**{name: record[name] for name in names}))
        except (ValueError, KeyError, TypeError):
            raise LogError(f"{path}, line {number}: this is no trial of a comparison") from None
    return trials


def compare(trials: Iterable[Trial], baseline: str = DEFAULT_STRATEGY, seed: int = 0) -> list[Row]:
    """A row for each configuration, over the problems that every one of them has tried."""
    by_name: dict[str, dict[str, Trial]] = {}
    for trial in trials:
        by_name.setdefault(trial.configuration, {})[trial.problem] = trial
    if not by_name:
        return []
    common = sorted(set.intersection(*(set(tried) for tried in by_name.values())))
    base = by_name.get(baseline, next(iter(by_name.values())))
    rng = np.random.default_rng(seed)
    resampled = rng.integers(0, len(common), (RESAMPLES, len(common))) if common else np.zeros((0, 0), int)
    rows: list[Row] = []
    for name, tried in by_name.items():
        proved = np.array([tried[problem].proved for problem in common], float)
        base_proved = np.array([base[problem].proved for problem in common], float)
        steps = _steps(tried, common)
        base_steps = _steps(base, common)
        both = ~np.isnan(steps) & ~np.isnan(base_steps)
        rows.append(
            Row(
                name,
                len(common),
                _interval(proved, resampled),
                _interval(proved - base_proved, resampled),
                int(both.sum()),
                _interval(np.where(both, steps, np.nan), resampled),
                _interval(steps - base_steps, resampled),
                _interval(np.array([tried[problem].checks for problem in common], float), resampled),
            )
        )
    return rows


def _steps(tried: Mapping[str, Trial], problems: Sequence[str]) -> np.ndarray:
    lengths = [tried[problem].steps for problem in problems]
    return np.array([np.nan if length is None else length for length in lengths], float)


def _interval(values: np.ndarray, resampled: np.ndarray) -> Interval:
    """Mean of the values that are no NaN, and the percentiles of that mean over the resamples."""
    if not len(values) or np.isnan(values).all():
        return Interval(float("nan"), float("nan"), float("nan"))
    drawn = values[resampled]
    counts = (~np.isnan(drawn)).sum(axis=1)
    means = np.nansum(drawn, axis=1)[counts > 0] / counts[counts > 0]
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(np.nanmean(values)), float(low), float(high))


def markdown(rows: Sequence[Row]) -> str:
    """The comparison as a Markdown table, with the 95 % intervals in brackets."""
    lines = [
        "| configuration | proved | difference | steps, where both prove | difference | checks a problem |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        lines.append(
            f"| {row.configuration} | {_share(row.proved)} | {_share(row.proved_difference, '+')} "
            f"| {_number(row.steps)} ({row.both}) | {_number(row.steps_difference, '+')} | {_number(row.checks)} |"
        )
    return "\n".join(lines) + "\n"


def _share(interval: Interval, sign: str = "") -> str:
    if np.isnan(interval.mean):
        return "–"
    return f"{interval.mean * 100:{sign}.1f} % [{interval.low * 100:{sign}.1f}, {interval.high * 100:{sign}.1f}]"


def _number(interval: Interval, sign: str = "") -> str:
    if np.isnan(interval.mean):
        return "–"
    return f"{interval.mean:{sign}.2f} [{interval.low:{sign}.2f}, {interval.high:{sign}.2f}]"
