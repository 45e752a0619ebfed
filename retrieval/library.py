"""A corpus and its rankers in one folder of the user's cache: build, bring up to date, open.

Not here: where the records come from (the caller's `extract`), what the files hold (corpus.py, rankers/).
A folder has `corpus.index`, `bm25.index`, `structural.index` and, for each encoder, `dense-….index`; each
file is replaced atomically and names the corpus it belongs to, so that a build that was cut off shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from retrieval import corpus as corpora
from retrieval.corpus import Corpus
from retrieval.encoder import Encoder, load_encoder
from retrieval.errors import IndexDamaged, IndexMissing, RetrievalError
from retrieval.rankers import RANKERS, SINGLE, ranker
from retrieval.rankers.base import Ranker
from retrieval.rankers.bm25 import BM25
from retrieval.rankers.fusion import Fusion
from retrieval.rankers.rerank import Model, Reranked
from retrieval.rankers.structural import Structural
from retrieval.records import Hit, Module, Query
from retrieval.search import Results, search

# stage, done, total: called as a build goes on; stages are "extract", "bm25", "structural", "dense".
Progress = Callable[[str, int, int], None]
Extract = Callable[[Sequence[str]], Iterable[Module]]


def cache_folder(name: str) -> Path:
    """The folder of a named index in the user's cache."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("entails")) / "retrieval" / name


def dense_file(folder: Path, encoder: str) -> Path:
    """The file of an encoder's index: readable, and different for different encoders of one last name."""
    digest = hashlib.blake2b(encoder.encode(), digest_size=4).hexdigest()
    name = "".join(c if c.isalnum() or c in "-." else "-" for c in Path(encoder).name)
    return folder / f"dense-{name}-{digest}.index"


@dataclass(frozen=True)
class Library:
    """An open corpus with its rankers; `rank` fuses and re-ranks. `left_out`: ranker → why it does not take part."""

    corpus: Corpus
    rankers: Mapping[str, Ranker]
    left_out: Mapping[str, str]
    model: Model | None = None  # of the re-ranker

    @cached_property
    def fusion(self) -> Fusion:
        return Fusion(tuple(self.rankers.values()), left_out=self.left_out)

    @property
    def structural(self) -> Structural:
        return self.rankers["structural"]  # type: ignore[return-value]

    @cached_property
    def best(self) -> Fusion | Reranked:
        """All that is there: the fusion of all rankers, re-ranked where there is a model."""
        return self.fusion if self.model is None else Reranked(self.fusion, self.structural, self.model)

    def chosen(self, names: Sequence[str]) -> Ranker:
        """The fusion of these rankers, re-ranked if "rerank" is among them; one alone is itself.

        Raises RetrievalError for a name that is not in RANKERS, or whose ranker is left out, with the reason.
        """
        wanted = [name for name in dict.fromkeys(names) if name not in ("fusion", "rerank")]
        for name in names:
            if name not in RANKERS:
                raise RetrievalError(f"there is no ranker {name!r}; there are {', '.join(RANKERS)}")
            if name in self.left_out:
                raise RetrievalError(f"the ranker {name!r} is left out: {self.left_out[name]}")
        if len(wanted) == 1 and "rerank" not in names:
            return self.rankers[wanted[0]]
        fusion = Fusion(tuple(self.rankers[name] for name in wanted or self.rankers), left_out=self.left_out)
        return Reranked(fusion, self.structural, self.model) if "rerank" in names and self.model else fusion

    def rank(self, query: Query, k: int) -> list[Hit]:
        """The premises by all rankers (`best.took_part` names them)."""
        return self.best.rank(query, k)

    def search(self, text: str, k: int = 20, within: tuple[str, ...] = ()) -> Results:
        """Search by hand: words, names or a pattern (see retrieval/search.py)."""
        words = [r for name, r in self.rankers.items() if name != "structural"]
        return search(text, self.structural, words, k, within)

    @classmethod
    def open(
        cls,
        folder: Path,
        lean: str | None = None,
        encoder: str | Encoder | None = None,
        local_only: bool = False,
    ) -> Library:
        """Open a folder. Raises IndexDamaged or IndexStale where a file is missing, broken or of another build.

        Without `encoder` the dense ranker does not take part, and `left_out` says so.
        """
        corpus = Corpus.open(folder / "corpus.index", lean)
        rankers: dict[str, Ranker] = {}
        for name in SINGLE:
            if name != "dense":
                rankers[name] = ranker(name).open(folder / f"{name}.index", corpus)
        left_out: dict[str, str] = {}
        if encoder is None:
            left_out["dense"] = "no encoder was named (--encoder FOLDER-OR-HUB-ID)"
        else:
            loaded = load_encoder(encoder, local_only=local_only) if isinstance(encoder, str) else encoder
            path = dense_file(folder, loaded.name)
            if not path.exists():
                raise IndexMissing(f"there is no dense index for the encoder {loaded.name!r}; build it with "
                                   f"`entails index --encoder {loaded.name}`")  # fmt: skip
            rankers["dense"] = ranker("dense").open(path, corpus, loaded)
        return cls(corpus, rankers, left_out, _model(left_out))

    @classmethod
    def of(cls, corpus: Corpus, encoder: Encoder | None = None) -> Library:
        """Index a corpus in memory."""
        rankers: dict[str, Ranker] = {"bm25": BM25.build(corpus), "structural": Structural.build(corpus)}
        left_out = {"dense": "no encoder was given"}
        if encoder is not None:
            rankers["dense"], left_out = ranker("dense").build(corpus, encoder), {}
        return cls(corpus, rankers, left_out, _model(left_out))


@dataclass(frozen=True)
class Built:
    """What a build did: how many premises there are, and which modules were extracted anew."""

    premises: int
    modules: int
    extracted: tuple[str, ...]


def build(
    folder: Path, fingerprints: Mapping[str, str], extract: Extract, lean: str,
    encoder: str | Encoder | None = None, rebuild: bool = False, progress: Progress | None = None,
) -> Built:  # fmt: skip
    """Build or bring up to date the index in a folder from a library's modules.

    `fingerprints` (module → fingerprint) are all modules wanted; `extract` is asked for those that are new or
    changed. `rebuild` starts from nothing. Two builds of one folder wait for each other.
    """
    import filelock

    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / ".lock"):
        old = None if rebuild else _old_corpus(folder)

        def extracted(names: Sequence[str]) -> Iterable[Module]:
            for done, module in enumerate(extract(names), 1):
                if progress is not None:
                    progress("extract", done, len(names))
                yield module

        corpus, changed = corpora.update(old, fingerprints, extracted, lean)
        _index(folder, corpus, encoder, rebuild, progress)
        return Built(len(corpus), len(corpus.modules), changed)


def build_corpus(
    folder: Path, corpus: Corpus, encoder: str | Encoder | None = None, progress: Progress | None = None
) -> Built:
    """Index a corpus that is already at hand (LeanDojo's)."""
    import filelock

    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / ".lock"):
        _index(folder, corpus, encoder, False, progress)
    return Built(len(corpus), len(corpus.modules), corpus.modules)


def _index(
    folder: Path, corpus: Corpus, encoder: str | Encoder | None, rebuild: bool, progress: Progress | None
) -> None:
    """Bring every index file up to date with the corpus; what already fits is left as it is."""

    def stage(name: str) -> Callable[[int], None] | None:
        if progress is None:
            return None
        done = 0

        def step(n: int) -> None:
            nonlocal done
            done += n
            progress(name, done, len(corpus))

        return step

    if rebuild or not _fits(
        lambda: Corpus.open(folder / "corpus.index", corpus.lean).fingerprint == corpus.fingerprint
    ):
        corpus.save(folder / "corpus.index")
    path = folder / "bm25.index"
    if rebuild or not _fits(lambda: BM25.open(path, corpus)):
        BM25.build(corpus, stage("bm25")).save(path)
    path = folder / "structural.index"
    if rebuild or not _fits(lambda: Structural.open(path, corpus)):
        old = None if rebuild or not _fits(lambda: Structural.open(path, corpus, stale=True)) else path
        older = Structural.open(old, corpus, stale=True) if old else None
        Structural.build(corpus, older, stage("structural")).save(path)
    if encoder is not None:
        loaded = load_encoder(encoder) if isinstance(encoder, str) else encoder
        dense, path = ranker("dense"), dense_file(folder, loaded.name)
        if rebuild or not _fits(lambda: dense.open(path, corpus, loaded)):
            usable = not rebuild and _fits(lambda: dense.check(path))
            dense.build(corpus, loaded, old=path if usable else None, progress=stage("dense")).save(path)


def _model(left_out: dict[str, str]) -> Model | None:
    """The re-ranker's weights; without them, the reason is added to `left_out`."""
    try:
        return Model.open()
    except RetrievalError as error:
        left_out["rerank"] = str(error)
        return None


def _old_corpus(folder: Path) -> Corpus | None:
    try:
        return Corpus.open(folder / "corpus.index")
    except IndexDamaged:
        return None


def _fits(check: Callable[[], object]) -> bool:
    try:
        return check() is not False
    except RetrievalError:
        return False
