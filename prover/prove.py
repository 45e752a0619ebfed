"""Proves the holes of a source: opens it in Lean, has each hole searched, and puts accepted proofs in place.

Not here: the search for one hole (`prover.hole`), tactics (`prover.generators`), what counts as a proof
(`prover.lean.gate`).
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from prover import guidance, script
from prover.events import HoleFinished, HoleStarted, ProveEvent
from prover.generators.portfolio import make_generator
from prover.generators.premises import DEFAULT_INDEX, LibraryPremises, open_index
from prover.hole import HoleSearch
from prover.lean.protocol import BadSource, Hole, Lean, Opened
from prover.record import Recorder
from prover.results import HoleResult, ProofResult, Status
from prover.settings import Settings
from prover.sources import is_example, names, no_such, open_source, uncompleted


def prove(
    source: str,
    *,
    lean: Lean | None = None,
    theorem: str | None = None,
    settings: Settings | None = None,
    log: Path | str | None = None,
    on_event: Callable[[ProveEvent], None] | None = None,
    **changes: Any,
) -> ProofResult:
    """Prove every `sorry` and every statement without a proof in `source`, or those of `theorem`.

    `lean`: opened and closed here when not given. `changes`: fields of `Settings` by name, as in
    `prove(source, seconds=10)`; they go before those of `settings`. `log`: a file for the searches (search/log.py).

    Raises BadSource (the source cannot be used, or has no such theorem), UnknownImport, LeanMissing,
    search.SearchError (no such strategy, perspective or critic), UnknownGenerator, TypeError (there is no such
    setting), OSError (no log can be written there), retrieval.errors.RetrievalError (premises are wanted, and
    their index cannot be used).
    """
    if log is not None:
        with Recorder(log) as recorder:
            both = _both(recorder, on_event)
            result = prove(source, lean=lean, theorem=theorem, settings=settings, on_event=both, **changes)
        if recorder.trouble:
            warnings.warn(recorder.trouble, RuntimeWarning, stacklevel=2)
        return result
    chosen = replace(settings or Settings(), **changes)
    # Wrong names are said before any work.
    guidance.make(chosen.strategy, chosen.perspectives, chosen.quotas)
    chosen = replace(chosen, critic=guidance.load_critic(chosen.critic))
    if isinstance(chosen.generator, str):
        chosen = replace(chosen, generator=make_generator(chosen.generator))
    if lean is not None:
        return _proved(source, theorem, lean, chosen, on_event)
    from prover import open_lean

    with open_lean() as own:
        return _proved(source, theorem, own, chosen, on_event)


def _proved(
    source: str, theorem: str | None, lean: Lean, chosen: Settings, on_event: Callable[[ProveEvent], None] | None
) -> ProofResult:
    if not isinstance(chosen.premises, int):
        return _Prover(lean, chosen, on_event).prove(source, theorem)
    # An index of one's own may be of any Lean: what does not fit is refused tactics, and no more.
    version = lean.info.version if chosen.index == DEFAULT_INDEX else None
    premises = LibraryPremises(partial(open_index, chosen.index, version), chosen.premises)
    result = _Prover(lean, replace(chosen, premises=premises), on_event).prove(source, theorem)
    for trouble in premises.troubles:
        warnings.warn(trouble, RuntimeWarning, stacklevel=3)
    return result


def _both(
    first: Callable[[ProveEvent], None], second: Callable[[ProveEvent], None] | None
) -> Callable[[ProveEvent], None]:
    def tell(event: ProveEvent) -> None:
        first(event)
        if second is not None:
            second(event)

    return tell


@dataclass(slots=True)
class _Prover:
    """One call: its Lean, its settings and its onlooker."""

    lean: Lean
    settings: Settings
    on_event: Callable[[ProveEvent], None] | None

    def prove(self, source: str, theorem: str | None) -> ProofResult:
        started = time.monotonic()
        opened, examples = open_source(self.lean, source)
        holes = list(enumerate(opened.holes))
        if theorem is not None:
            holes = [(i, h) for i, h in holes if names(h.theorem, theorem)]
            if not holes:
                raise BadSource(no_such(opened, theorem))
        accepted: list[script.Edit] = []
        results: list[HoleResult] = []
        for group in _by_theorem(holes):
            group_results, edits = self._theorem(opened, group, accepted)
            results += group_results
            accepted += edits
        original = opened.source
        final = script.apply(original, [*accepted, *uncompleted(source, opened, accepted)])
        for fresh in examples:
            original, final = (text.replace(f"theorem {fresh}", "example") for text in (original, final))
        fresh_names = tuple(f".{fresh}" for fresh in examples)
        of_examples = [r.theorem in examples or r.theorem.endswith(fresh_names or ("?",)) for r in results]
        if any(of_examples) and any(r.proved for r in results) and self.lean.check(final).errors:
            why = "The proof works for a theorem of that statement, but not in the example's place."
            results = [replace(r, status=Status.NOT_PROVED, reason=why) if mine and r.proved else r
                       for r, mine in zip(results, of_examples, strict=True)]  # fmt: skip
            final = original
        shown = tuple(replace(r, theorem="example") if mine else r
                      for r, mine in zip(results, of_examples, strict=True))  # fmt: skip
        info = self.lean.info
        return ProofResult(original, final, shown, info.version, info.backend, self.settings.strategy,
                           self.settings.seed, time.monotonic() - started)  # fmt: skip

    def _tell(self, event: ProveEvent) -> None:
        if self.on_event is not None:
            self.on_event(event)

    # One theorem, with one hole or several

    def _theorem(
        self, opened: Opened, group: list[tuple[int, Hole]], accepted: list[script.Edit]
    ) -> tuple[list[HoleResult], list[script.Edit]]:
        """Results of the holes of one theorem, and the edits that the gate accepted."""
        edits: list[script.Edit] = []
        results: list[HoleResult] = []
        for at, (index, hole) in enumerate(group):
            self._tell(HoleStarted(index, hole))
            last = at == len(group) - 1
            whole = last and all(r.status is Status.PROVED for r in results)
            result, edit = self._hole(opened, hole, [*accepted, *edits], whole)
            if edit is not None:
                edits.append(edit)
            results.append(result)
        if not all(r.proved for r in results):
            if len(results) > 1:
                why = "Other holes of the same theorem are not proved."
                results = [replace(r, status=Status.NOT_PROVED, reason=why) if r.proved else r for r in results]
            edits = []
        else:
            axioms = results[-1].axioms
            results = [replace(r, axioms=axioms) for r in results]
        for (index, _), result in zip(group, results, strict=True):
            self._tell(HoleFinished(index, result))
        return results, edits

    def _hole(
        self, opened: Opened, hole: Hole, before: list[script.Edit], whole: bool
    ) -> tuple[HoleResult, script.Edit | None]:
        """One hole; where it is the last that its theorem lacks (`whole`), its proofs have to pass the gate."""

        def skipped(reason: str) -> tuple[HoleResult, None]:
            return HoleResult(hole.theorem, hole.line, hole.column, Status.SKIPPED, reason), None

        if not hole.is_prop:
            return skipped("The hole asks for data, not for a proof.")
        if is_example(hole.theorem) or not hole.theorem:
            return skipped("The hole belongs to no named theorem, so that nothing could be verified.")
        run = HoleSearch(self.lean, self.settings, opened, hole, before, whole, self._tell)
        found, verification = run.search()
        statistics = run.statistics()
        if found is None:
            return HoleResult(hole.theorem, hole.line, hole.column, Status.NOT_PROVED, run.reason,
                              statistics=statistics), None  # fmt: skip
        axioms = verification.axioms if verification is not None else ()
        result = HoleResult(hole.theorem, hole.line, hole.column, Status.PROVED, "", found.block, found.steps,
                            found.stage, axioms, run.premises.named_in(found.block), statistics)  # fmt: skip
        return result, script.fill(opened.source, hole, found.block)


def _by_theorem(holes: list[tuple[int, Hole]]) -> list[list[tuple[int, Hole]]]:
    """Neighbouring holes of one declaration together."""
    groups: list[list[tuple[int, Hole]]] = []
    for index, hole in holes:
        if groups and groups[-1][0][1].theorem == hole.theorem:
            groups[-1].append((index, hole))
        else:
            groups.append([(index, hole)])
    return groups


class _AsFunction(ModuleType):
    """Importing this module puts it in the place of the function `prover.prove`: so it can be called like that."""

    __call__ = staticmethod(prove)


sys.modules[__name__].__class__ = _AsFunction
