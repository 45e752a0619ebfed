"""Examples of premise use from steps that were taken: `python -m prover.data.steps SOURCE OUT`.

SOURCE is one of two things. A folder that `entails trace` wrote (a LeanDojo Benchmark): the state before each tactic
and the library's theorems that the tactic names. Or a table of outcomes (`data/policy/train.jsonl.gz`;
`prover/policy/explore.py`): which tactics were tried in the states of a search and which closed them; a step that
names exactly one theorem and closes a state that nothing without premises closes is an example. There, only premises
that the exploration was given could be used, at most 16 a theorem. Not here: trying premises (`premises.py`).
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from retrieval.corpus import Corpus
from retrieval.examples import Example, write_jsonl
from retrieval.library import cache_folder
from retrieval.records import At

_NAMED = re.compile(r"[^\W\d][\w'!?]*(?:\.[\w'!?]+)+|[^\W\d][\w'!?]*_[\w'!?]+")


def examples(tables: Iterable[dict[str, Any]], corpus: Corpus) -> Iterator[Example]:
    """The examples of tables, one for each state of a theorem; theorems that the corpus does not have are left out."""
    seen: set[tuple[str, str]] = set()
    for table in tables:
        number = corpus.find(table["name"])
        if number is None:
            continue
        module = corpus.module_of(number)
        position = At(module, number - int(corpus.starts[corpus.module(module)]))
        allowed = corpus.accessible.mask(position).allowed
        for node, tactics in _closers(table).items():
            goals = table["nodes"][node]
            if len(goals) != 1:
                continue
            lines = [f"{name} : {kind}" for name, kind, *_ in goals[0]["hypotheses"]]
            state = "\n".join([*lines, f"⊢ {goals[0]['target']}"])
            found = [i for name in tactics if (i := corpus.find(name)) is not None and allowed[i]]
            if found and (table["name"], state) not in seen:
                seen.add((table["name"], state))
                yield Example(state, table["name"], position, tuple(found), next(iter(tactics.values())))


def traced(folder: Path, corpus: Corpus, module: str = "Init") -> Iterator[Example]:
    """The examples of a traced benchmark whose files import this module; only premises of the corpus count."""
    number = corpus.module(module)
    position = At(module, int(corpus.starts[number + 1] - corpus.starts[number]))
    allowed = corpus.accessible.mask(position).allowed & corpus.kinds_in(("theorem",))
    for part in ("train", "val", "test"):
        for theorem in json.loads((folder / "random" / f"{part}.json").read_text(encoding="utf-8")):
            for step in theorem["traced_tactics"]:
                named = dict.fromkeys(used["full_name"] for used in step["annotated_tactic"][1])
                found = [i for name in named if (i := corpus.find(name)) is not None and allowed[i]]
                if found:
                    yield Example(step["state_before"], "", position, tuple(found), step["tactic"])


def _closers(table: dict[str, Any]) -> dict[int, dict[str, str]]:
    """State → theorem → a tactic that closes the state by it alone; none where a tactic without premises does."""
    theorems = {p["name"] for p in table["premises"] if p["kind"] == "theorem"}
    others = {p["name"] for p in table["premises"]} - theorems
    bare: set[int] = set()
    found: dict[int, dict[str, str]] = {}
    for node, tactic, outcome, *_ in table["tried"]:
        if outcome != "s":
            continue
        named = set(_NAMED.findall(tactic))
        used = named & theorems
        if not used and not named & others:
            bare.add(node)
        elif len(used) == 1 and not named & others:
            found.setdefault(node, {}).setdefault(used.pop(), tactic)
    return {node: tactics for node, tactics in found.items() if node not in bare}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--index", type=Path, default=cache_folder("embedded"))
    options = arguments.parse_args()
    corpus = Corpus.open(options.index / "corpus.index")
    if options.source.is_dir():
        found = list(traced(options.source, corpus))
    else:
        with gzip.open(options.source, "rt", encoding="utf-8") as file:
            found = list(examples((json.loads(line) for line in file), corpus))
    write_jsonl(found, corpus, options.out)
    print(f"{len(found)} examples: {options.out}")


if __name__ == "__main__":
    main()
