"""A premise or a state as the text an encoder or a prompt sees; FORMATS is the table of ways.

Not here: tokenising, encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.notation import HEADER
from retrieval.records import Premise
from retrieval.tokens import name_words


@dataclass(frozen=True, slots=True)
class Format:
    """How premises and queries become text; `markers` are kept out of queries."""

    premise: Callable[[Premise], str]
    query: Callable[[str], str]


def source(premise: Premise) -> str:
    """The premise as a declaration: its source where `code` is one, else `theorem Name : statement`."""
    if HEADER.match(premise.code):
        return premise.code
    keyword = premise.kind if premise.kind in ("theorem", "def", "axiom", "instance") else "def"
    return f"{'theorem' if premise.kind in ('', 'lemma') else keyword} {premise.name} : {premise.code}"


def reprover_premise(premise: Premise) -> str:
    """ReProver's text of a premise (Yang et al. 2023, appendix C): its code, the name marked `<a>full.name</a>`.

    The longest ending of the full name that the code has after white space is what is marked.
    """
    code = source(premise)
    marked = f"<a>{premise.name}</a>"
    code = code.replace(f"_root_.{premise.name}", marked)
    parts = premise.name.split(".")
    for i in range(len(parts)):
        ending = re.escape(".".join(parts[i:]))
        changed = re.sub(rf"(?<=\s)«?{ending}»?", lambda _: marked, code)
        if changed != code:
            return changed
    return code


def words_premise(premise: Premise) -> str:
    """For encoders of natural language: the words of the name, the docstring, the statement."""
    return "\n".join(filter(None, (" ".join(name_words(premise.name)), premise.docstring, source(premise))))


def plain(text: str) -> str:
    return text


FORMATS: dict[str, Format] = {
    "reprover": Format(reprover_premise, plain),
    "words": Format(words_premise, plain),
}


def augmented_state(state: str, premises: Sequence[Premise], max_bytes: int = 2300) -> str:
    """ReProver's input of its generator: the premises, best last, each followed by an empty line, then the state.

    Premises that do not fit into `max_bytes` of UTF-8 (its default is 2,300) are left out.
    """
    left = max_bytes - len(state.encode())
    chosen: list[str] = []
    for premise in premises:
        text = reprover_premise(premise) + "\n\n"
        size = len(text.encode())
        if size <= left:
            left -= size
            chosen.append(text)
    return "".join(reversed(chosen)) + state
