"""The premises and modules of a library, in arrays that are memory-mapped from the user's cache.

Not here: reading Lean (a caller feeds `Module` records), LeanDojo's files (leandojo.py), who sees what
(accessible.py), ranking. Premises are numbered so that every module's are contiguous and every module comes
after its imports; all indexes of rankers/ use these numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from retrieval import store
from retrieval.accessible import Accessibility, closure
from retrieval.errors import REBUILD, CorpusError, IndexStale, UnknownModule
from retrieval.records import Module, Premise
from retrieval.store import Lists, Strings

KIND, VERSION = "corpus", 2
NO_SPAN = (-1, -1, -1, -1)


class Corpus:
    """A library: `len(corpus)` premises in `len(corpus.modules)` modules.

    Made by `Corpus.of`, `Corpus.open` or `update`; never changed afterwards.
    """

    def __init__(self, stored: store.Stored) -> None:
        self._arrays = arrays = stored.arrays
        self.lean: str = stored.meta["lean"]
        self.fingerprint: str = stored.meta["fingerprint"]
        self.names = Strings.of(arrays, "name")
        self.codes = Strings.of(arrays, "code")
        self.docstrings = Strings.of(arrays, "docstring")
        self.spans = arrays["span"]  # int32 [premises, 4], -1 where unknown
        self.digests = arrays["digest"]  # uint64 [premises]: changes when what a ranker reads changes
        self.modules: tuple[str, ...] = tuple(Strings.of(arrays, "module"))
        self.paths: tuple[str, ...] = tuple(Strings.of(arrays, "path"))
        self.starts = arrays["start"]  # int64 [modules + 1]: premises of module m are starts[m] … starts[m+1]-1
        self._constant_numbers: dict[str, int] | None = None
        self._kinds: tuple[str, ...] = tuple(stored.meta["kinds"])
        self.accessible = Accessibility(self.modules, self.starts, arrays["closure"], arrays["ordered"], self.module)

    # reading

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Premise:
        span = tuple(self._arrays["span"][index].tolist())
        return Premise(
            name=self.names[index],
            code=self.codes[index],
            kind=self.kind(index),
            docstring=self.docstrings[index],
            attributes=self._symbols("attribute", index),
            constants=self._symbols("constant", index),
            span=None if span == NO_SPAN else span,
        )

    def __iter__(self) -> Iterator[Premise]:
        return (self[i] for i in range(len(self)))

    def kind(self, index: int) -> str:
        """The kind of a premise: theorem, definition, …"""
        return self._kinds[self._arrays["kind"][index]]

    def _symbols(self, column: str, index: int) -> tuple[str, ...]:
        table = self._symbol_table(column)
        return tuple(table[i] for i in Lists.of(self._arrays, f"{column}s")[index])

    def _symbol_table(self, column: str) -> Strings:
        return Strings.of(self._arrays, column)

    @cached_property
    def _module_numbers(self) -> dict[str, int]:
        return {name: m for names in (self.paths, self.modules) for m, name in enumerate(names) if name}

    @cached_property
    def _name_numbers(self) -> dict[str, int]:
        return {name: i for i, name in reversed(list(enumerate(self.names)))}

    def module(self, name: str) -> int:
        """The number of a module, by its name or its path. Raises UnknownModule."""
        try:
            return self._module_numbers[name]
        except KeyError:
            raise UnknownModule(f"the corpus has no module {name!r}{_near(name, self.modules)}") from None

    def imports(self, module: int) -> np.ndarray:
        """The numbers of the modules that a module imports itself."""
        return Lists.of(self._arrays, "imports")[module]

    def module_of(self, index: int) -> str:
        """The module of a premise."""
        return self.modules[int(np.searchsorted(self.starts, index, "right")) - 1]

    def find(self, name: str) -> int | None:
        """The number of the premise with this name (the first where a LeanDojo corpus has several)."""
        return self._name_numbers.get(name)

    def kinds_in(self, kinds: Sequence[str]) -> np.ndarray:
        """Which premises are of one of these kinds: bool [premises]."""
        wanted = np.array([k in kinds for k in self._kinds], bool)
        return wanted[self._arrays["kind"]] if len(wanted) else np.zeros(len(self), bool)

    def with_attribute(self, attribute: str) -> np.ndarray:
        """Which premises have an attribute: bool [premises]."""
        met = np.zeros(len(self), bool)
        numbers = [n for n, name in enumerate(self._symbol_table("attribute")) if name == attribute]
        lists = Lists.of(self._arrays, "attributes")
        met[np.searchsorted(lists.offsets, np.flatnonzero(np.isin(lists.items, numbers)), "right") - 1] = True
        return met

    def with_constant(self, name: str) -> np.ndarray | None:
        """The numbers of the premises with this constant in their type; None if no premise has it (or is known to)."""
        if self._constant_numbers is None:
            self._constant_numbers = {c: n for n, c in enumerate(self._symbol_table("constant"))}
        number = self._constant_numbers.get(name)
        if number is None:
            return None
        lists = Lists.of(self._arrays, "constants")
        return np.unique(np.searchsorted(lists.offsets, np.flatnonzero(lists.items == number), "right") - 1)

    def record(self, name: str) -> Module:
        """A module as it was given to `Corpus.of`."""
        m = self.module(name)
        imports = Lists.of(self._arrays, "imports")[m]
        return Module(
            name=self.modules[m],
            imports=tuple(self.modules[i] for i in imports),
            premises=tuple(self[i] for i in range(self.starts[m], self.starts[m + 1])),
            fingerprint=self.fingerprints[self.modules[m]],
            path=self.paths[m],
            ordered=bool(self._arrays["ordered"][m]),
        )

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Module → fingerprint, to see what an update has to extract again."""
        return dict(zip(self.modules, Strings.of(self._arrays, "module_fingerprint"), strict=True))

    # making

    @classmethod
    def of(cls, modules: Iterable[Module], lean: str = "", duplicates: str = "error") -> Corpus:
        """Build a corpus in memory. `lean` is the version of Lean the premises come from.

        `duplicates`: "error", or "allow", which keeps premises of one name in different modules apart
        (real LeanDojo benchmarks have some) and within one module the last. Raises CorpusError for
        duplicates, unknown imports and cycles.
        """
        return cls(store.Stored(Path(), *_columns(list(modules), lean, duplicates)))

    def save(self, path: Path) -> None:
        """Write the corpus (atomically); `Corpus.open` maps it again."""
        meta = {"lean": self.lean, "fingerprint": self.fingerprint, "kinds": self._kinds}
        store.write(path, KIND, VERSION, meta, self._arrays)

    @classmethod
    def open(cls, path: Path, lean: str | None = None) -> Corpus:
        """Map a saved corpus. Raises IndexDamaged, or IndexStale if it is not of the Lean version `lean`."""
        stored = store.read(path, KIND, VERSION)
        if lean is not None and stored.meta["lean"] != lean:
            raise IndexStale(f"the index {path} was built from Lean {stored.meta['lean'] or '(unknown)'}, the Lean "
                             f"at hand is {lean}; {REBUILD}")  # fmt: skip
        return cls(stored)


def update(
    old: Corpus | None,
    fingerprints: Mapping[str, str],
    extract: Callable[[Sequence[str]], Iterable[Module]],
    lean: str,
) -> tuple[Corpus, tuple[str, ...]]:
    """A corpus of exactly the modules of `fingerprints` (module → fingerprint), taking from `old` what is unchanged.

    `extract` is called once with the names of the new and the changed modules. Returns the corpus and these
    names. A corpus of another Lean version is not reused: the same source prints differently there.
    """
    known = old.fingerprints if old is not None and old.lean == lean else {}
    changed = tuple(m for m, f in fingerprints.items() if not f or known.get(m) != f)
    if old is not None and not changed and known.keys() == fingerprints.keys():
        return old, ()
    extracted = {m.name: m for m in extract(changed)} if changed else {}
    missing = [m for m in changed if m not in extracted]
    if missing:
        raise CorpusError(f"the extraction gave no record for the module {missing[0]!r}"
                          + (f" and {len(missing) - 1} more" if len(missing) > 1 else ""))  # fmt: skip
    return Corpus.of([extracted[m] if m in extracted else old.record(m) for m in fingerprints], lean), changed


def _columns(modules: list[Module], lean: str, duplicates: str) -> tuple[dict, dict[str, np.ndarray]]:
    modules, packed = closure(modules)
    numbers = {m.name: i for i, m in enumerate(modules)}
    owner: dict[str, str] = {}
    per_module: list[list[Premise]] = []
    for module in modules:
        last = {p.name: p for p in module.premises}
        if duplicates == "error":
            seen: set[str] = set()
            for p in module.premises:
                if p.name in seen or p.name in owner:
                    raise CorpusError(f"the premise {p.name!r} of {module.name} is there twice (also in "
                                      f"{owner.get(p.name, module.name)}); pass duplicates=\"allow\" "
                                      "(--allow-duplicates) to keep both apart by module")  # fmt: skip
                seen.add(p.name)
            owner.update(dict.fromkeys(seen, module.name))
        per_module.append([p for p in module.premises if last[p.name] is p])
    premises = [p for group in per_module for p in group]
    starts = np.zeros(len(modules) + 1, np.int64)
    np.cumsum([len(group) for group in per_module], out=starts[1:])
    kinds = sorted({p.kind for p in premises})
    digests = np.fromiter((digest(p) for p in premises), np.uint64, len(premises))
    arrays: dict[str, np.ndarray] = {"start": starts, "closure": packed, "digest": digests}
    arrays["ordered"] = np.array([m.ordered for m in modules], bool)
    arrays |= Strings.pack([p.name for p in premises]).arrays("name")
    arrays |= Strings.pack([p.code for p in premises]).arrays("code")
    arrays |= Strings.pack([p.docstring for p in premises]).arrays("docstring")
    arrays |= Strings.pack([m.name for m in modules]).arrays("module")
    arrays |= Strings.pack([m.path for m in modules]).arrays("path")
    arrays |= Strings.pack([m.fingerprint for m in modules]).arrays("module_fingerprint")
    arrays |= Lists.pack([[numbers[i] for i in m.imports] for m in modules]).arrays("imports")
    arrays |= _table("attribute", [p.attributes for p in premises])
    arrays |= _table("constant", [p.constants for p in premises])
    arrays["kind"] = np.fromiter((kinds.index(p.kind) for p in premises), np.uint16, len(premises))
    arrays["span"] = np.array([p.span or NO_SPAN for p in premises], np.int32).reshape(-1, 4)
    whole = hashlib.blake2b(lean.encode(), digest_size=16)
    for column in ("digest", "start", "module.bytes", "closure", "ordered"):
        whole.update(np.ascontiguousarray(arrays[column]).data.cast("B") if arrays[column].size else b"")
    return {"lean": lean, "fingerprint": whole.hexdigest(), "kinds": kinds}, arrays


def digest(premise: Premise) -> int:
    """64 bits over everything a ranker reads of a premise."""
    fields = (premise.name, premise.code, premise.docstring, *premise.attributes, "", *premise.constants)
    text = "\0".join(fields).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _table(column: str, rows: list[tuple[str, ...]]) -> dict[str, np.ndarray]:
    numbers: dict[str, int] = {}
    lists = [[numbers.setdefault(s, len(numbers)) for s in row] for row in rows]
    return Strings.pack(list(numbers)).arrays(column) | Lists.pack(lists).arrays(f"{column}s")


def _near(name: str, names: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {close[0]!r}?" if close else ""
