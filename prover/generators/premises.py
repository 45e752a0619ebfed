"""Premises for a hole: what the library's rankers find for a goal, among what the hole's source can see.

Accessible are the modules that the source imports, directly or through others (LeanDojo's rule: Yang et al. 2023,
section 4.1), and never the theorem itself. A theorem's own name is a hint as well (`names.py`): at its own goal the
same theorems of other types come first, then the premises that BM25 finds for its name.

Not here: ranking (`retrieval`), what is made of premises (`rules/premises.py`), how a prompt shows them (`prompts.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from prover.generators.answers import TACTIC_WORDS
from prover.generators.names import names_of
from prover.generators.protocol import Position, Premise
from prover.generators.rules.base import defined

if TYPE_CHECKING:
    from prover.lean.state import Goal
    from retrieval.library import Library
    from retrieval.records import Position as Place

PremisesFor: TypeAlias = Callable[[Position], Sequence[Premise]]

#: The index that `entails index` builds.
DEFAULT_INDEX = "embedded"
DEFAULT_COUNT = 16
#: How many of the premises of a theorem's own goal are its analogues, and how many BM25 finds for its name.
_ANALOGUES, _BY_NAME = 5, 4
#: How many of a goal's premises, at most, say what functions of its do.
_EQUATIONS = 4
_IDENTIFIER = re.compile(r"[^\W\d][\w'!?₀-₉]*(?:\.[^\W\d][\w'!?₀-₉]*)*")


def no_premises(_position: Position) -> Sequence[Premise]:
    """Where there are none."""
    return ()


def offered(position: Position) -> Sequence[Premise]:
    """Those that came with the position."""
    return position.premises


class LibraryPremises:
    """The best `count` premises of a library for any goal; `at` a hole, only those that are accessible there.

    `library`: an open one, or what opens it when it is first needed. `optional`: where it cannot be used, `troubles`
    says so and there are no premises; without, the RetrievalError is raised at the first goal. `troubles` is shared
    with what `at` makes: sentences, each once.
    """

    def __init__(
        self, library: Library | Callable[[], Library], count: int = DEFAULT_COUNT, *, optional: bool = False
    ) -> None:
        self.count = count
        self.optional = optional
        self.troubles: dict[str, None] = {}
        self._open = library if callable(library) else lambda: library
        self._closed = count < 1
        self._everywhere = HolePremises(self, None, "")

    def library(self) -> Library | None:
        """The library; None where it cannot be used and is optional."""
        from retrieval.errors import RetrievalError

        if self._closed:
            return None
        try:
            return self._open()
        except RetrievalError as error:
            if not self.optional:
                raise
            self.troubles[f"going on without premises: {error}"] = None
            self._closed = True
            return None

    def at(self, imports: Sequence[str], theorem: str, local: Sequence[Premise] = ()) -> HolePremises:
        """For a theorem, by its full name, of a source that imports these modules.

        `local`: what the source itself declares before it; offered first, and beside what `count` allows.
        """
        return HolePremises(self, tuple(imports), theorem, tuple(local))

    def __call__(self, position: Position) -> Sequence[Premise]:
        """As if everything were accessible; for a goal that belongs to no source."""
        return self._everywhere(position)


class HolePremises:
    """What `LibraryPremises.at` gives: premises accessible at one hole, ranked once for each goal."""

    def __init__(
        self, source: LibraryPremises, imports: tuple[str, ...] | None, theorem: str, local: tuple[Premise, ...] = ()
    ) -> None:
        self._source = source
        self._imports = imports
        self._theorem = theorem
        self._local = local
        self._place: Place | None = None
        self._known: dict[str, tuple[Premise, ...]] = {}

    def __bool__(self) -> bool:
        """Whether any can be expected."""
        return self._source.count > 0

    def at_hand(self) -> bool:
        """Whether there are any to look among; opens the library."""
        return bool(self) and (bool(self._local) or self._source.library() is not None)

    def __call__(self, position: Position) -> Sequence[Premise]:
        if not position.goals or not self:
            return ()
        text = position.goals[0].text
        if text not in self._known:
            library = self._source.library()
            is_theorem = all("intro" in step for step in position.steps)
            ranked = () if library is None else self._ranked(library, position.goals[0], is_theorem)
            self._known[text] = (*self._local, *ranked)
        return self._known[text]

    def _ranked(self, library: Library, goal: Goal, is_theorem: bool) -> tuple[Premise, ...]:
        from retrieval.records import Query

        count, place = self._source.count, self._placed(library)
        query = Query(goal.text, place, exclude=(self._theorem,) if self._theorem else ())
        found = [hit.index for hit in library.rank(query, count)]
        names, allowed = names_of(library.corpus), library.corpus.accessible.mask(place).allowed
        first: list[int] = []
        if is_theorem and self._theorem:
            first = names.analogues(self._theorem, allowed, min(_ANALOGUES, count // 2))
            first += self._by_name(library, place)
        equations = names.equations(defined(goal), goal.constants, allowed, min(_EQUATIONS, count // 4))
        equations = [i for i in equations if library.corpus.names[i] != self._theorem]
        best = list(dict.fromkeys((*first, *found)))
        late = [i for i in equations if i not in best[: count - len(equations)]]
        made = (library.corpus[i] for i in dict.fromkeys((*best[: count - len(late)], *equations)))
        return tuple(Premise(p.name, p.code, p.kind, p.attributes) for p in made)

    def _by_name(self, library: Library, place: Place) -> list[int]:
        """Accessible premises whose names and statements have the words of the theorem's name."""
        from retrieval.records import Query

        words = library.rankers.get("bm25")
        if words is None:
            return []
        numbers, _ = words.top(Query(self._theorem, place, exclude=(self._theorem,)), _BY_NAME)
        return numbers.tolist()

    def _placed(self, library: Library) -> Place:
        """The modules imported, as far as the index knows them."""
        from retrieval.records import Everywhere, Importing

        if self._place is None:
            self._place = Everywhere()
            if self._imports is not None:
                modules = set(library.corpus.modules)
                known = tuple(name for name in self._imports if name in modules)
                if len(known) < len(self._imports):
                    missing = ", ".join(name for name in self._imports if name not in modules)
                    self._source.troubles[f"no premises of {missing}: the index has no such module; "
                                          "`entails index --library` adds one."] = None  # fmt: skip
                self._place = Importing(known)
        return self._place

    def named_in(self, tactics: str) -> tuple[str, ...]:
        """The accessible premises that a tactic block names, in order; none where none were asked for."""
        library = self._source.library() if self._known else None
        if library is None:
            return ()
        corpus, found = library.corpus, dict[str, None]()
        allowed = corpus.accessible.mask(self._placed(library)).allowed
        for match in _IDENTIFIER.finditer(tactics):
            if match.group() in TACTIC_WORDS:
                continue
            number = next((n for name in _prefixes(match.group()) if (n := corpus.find(name)) is not None), None)
            if number is not None and allowed[number]:
                found[corpus.names[number]] = None
        return tuple(found)


def index_folder(name: str) -> Path:
    """Where an index is: by its name in the user's cache, or a folder (anything with a path separator in it)."""
    from retrieval.library import cache_folder

    return Path(name) if "/" in name or "\\" in name or Path(name).is_dir() else cache_folder(name)


@lru_cache(maxsize=4)
def open_index(name: str = DEFAULT_INDEX, lean: str | None = None) -> Library:
    """An index by its name or folder, opened once in a process.

    Raises:
        RetrievalError: there is none (`IndexMissing`), it is damaged, or of another Lean than `lean`.
    """
    from retrieval.library import Library

    return Library.open(index_folder(name), lean)


def _prefixes(name: str) -> Iterator[str]:
    """`Iff.foo.mp`, `Iff.foo`, `Iff`: the longest that a library knows is meant."""
    while name:
        yield name
        name = name.rpartition(".")[0]
