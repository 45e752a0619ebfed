"""Weak examples from names alone: for a theorem, the accessible premises that have its last name in another namespace.

Libraries prove a fact of one type by the fact of the same name of the type it is made of (`Vector.map_map` by
`Array.map_map`), so such pairs are most often true, and there are thousands where proofs are few (weak supervision:
Ratner et al. 2017, "Snorkel", of labelling functions). What is trained on them must not see the theorem's name. Not
here: examples from proofs (examples.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from retrieval.corpus import Corpus
from retrieval.examples import Example
from retrieval.notation import CLOSING
from retrieval.records import At

MOST = 8  # premises of one name: above that the name is a common word (`ext`, `rec`)
_SCOPED = ("∀", "∃", "fun", "λ", "let", "have", "if", "match")  # what goes on to the end, arrows and all


def alike(corpus: Corpus, theorems: Iterable[str]) -> Iterator[Example]:
    """Examples for those of the theorems (by full name) that have a namesake where they stand."""
    namesakes: dict[str, list[int]] = defaultdict(list)
    proofs = corpus.kinds_in(("theorem", "lemma"))
    for i, name in enumerate(corpus.names):
        if proofs[i]:
            namesakes[name.rpartition(".")[2]].append(i)
    for name in theorems:
        number = corpus.find(name)
        if number is None:
            continue
        module = corpus.module_of(number)
        position = At(module, number - int(corpus.starts[corpus.module(module)]))
        allowed = corpus.accessible.mask(position).allowed
        found = [i for i in namesakes[name.rpartition(".")[2]] if i != number and allowed[i]]
        if 0 < len(found) <= MOST:
            yield Example(state_of(corpus.codes[number]), name, position, tuple(found))


def state_of(code: str) -> str:
    """A statement as Lean prints it (`∀ {α : Type} (l : List α), p → q`) as the state its proof begins with."""
    lines: list[str] = []
    text = code.strip()
    while True:
        if text.startswith("∀"):
            binders, _, rest = _until(text[1:], ",")
            lines += _declared(binders.strip())
        elif text.startswith(_SCOPED):
            break
        else:
            hypothesis, arrow, rest = _until(text, "→")
            if not arrow or any(f" {word} " in f" {hypothesis} " for word in _SCOPED):
                break
            lines.append(f"a✝ : {' '.join(hypothesis.split())}")
        text = rest.strip()
    return "\n".join([*lines, f"⊢ {text}"])


def _until(text: str, end: str) -> tuple[str, str, str]:
    """`text` before the first `end` that is in no brackets, `end`, and what follows."""
    depth = 0
    for i, c in enumerate(text):
        if not depth and text.startswith(end, i):
            return text[:i], end, text[i + len(end) :]
        depth += (c in CLOSING) - (c in ")]}⟩⦄⌝")
    return text, "", ""


def _declared(binders: str) -> Iterator[str]:
    """`{α : Type} [BEq α] (a b : α)` as lines."""
    while binders:
        if binders[0] not in "({[⦃":
            yield binders
            return
        group, _, rest = _until(binders[1:], {"(": ")", "{": "}", "[": "]", "⦃": "⦄"}[binders[0]])
        named = " : " in group
        yield " ".join((group if named else f"inst✝ : {group}").split())
        binders = rest.strip()
