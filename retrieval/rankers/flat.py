"""Statements as flat sequences of numbered tokens, the form in which terms are indexed and searched.

Not here: reading text (retrieval/statements.py), the tree (tree.py). A token is a symbol with its number of
arguments; a sequence is a term in preorder. Symbols are the last part of a name (`length` for `List.length`
and `l.length`): Lean prints the same function in both ways, and the text does not say which type `(l ++ m)` has.
"""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.rankers.tree import ANONYMOUS, VARIABLES
from retrieval.terms import LOCAL, VARIABLE, Statement, Term

# Tokens that stand before each part of a statement, or of an equation, and say what it is.
HYPOTHESIS, CONCLUSION, SIDE = range(VARIABLES, VARIABLES + 3)
FIRST = VARIABLES + 3
NAMED_HERE = frozenset((LOCAL, VARIABLE))
REMEMBERED = 50_000  # heads looked up before
LONGEST = 400  # tokens kept of one term: beyond that (decision tables, literals) shape tells nothing


def symbol(head: str) -> str:
    """`List.length`, `.length` and `length` are one symbol."""
    if "." in head and (head[0] == "." or head[0].isalpha() or head[0] in "_«⊕×"):
        return head.rsplit(".", 1)[1]
    return head


class Tokens:
    """The table of tokens: (symbol, arity) ↔ number from FIRST on; it only grows while an index is built."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        """`known` is `self.table` of an earlier run."""
        self.table: list[str] = list(known)
        self._numbers = {t: n for n, t in enumerate(self.table, FIRST)}
        self._found: dict[tuple[str, int], int] = {}
        self.arity = [0] * FIRST + [int(t.rsplit("/", 1)[1]) for t in self.table]

    def symbol(self, token: int) -> str:
        return self.table[token - FIRST].rsplit("/", 1)[0]

    def find(self, head: str, arity: int) -> int:
        """The token's number, or -1 if nothing indexed has it."""
        found = self._found.get((head, arity))
        if found is None:
            found = self._found[head, arity] = self._numbers.get(f"{symbol(head)}/{arity}", -1)
            if len(self._found) > REMEMBERED:
                self._found.clear()
        return found

    def add(self, head: str, arity: int) -> int:
        key = f"{symbol(head)}/{arity}"
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = FIRST + len(self.table)
            self._found.clear()
            self.table.append(key)
            self.arity.append(arity)
        return number

    def statement(self, statement: Statement) -> list[int]:
        """HYPOTHESIS term HYPOTHESIS term … CONCLUSION term, variables numbered through the whole; adds tokens."""
        out: list[int] = []
        variables: dict[str, int] = {}
        for hypothesis in statement.hypotheses:
            out.append(HYPOTHESIS)
            self._indexed(hypothesis, variables, out)
        out.append(CONCLUSION)
        self._indexed(statement.conclusion, variables, out)
        return out

    def _indexed(self, term: Term, variables: dict[str, int], out: list[int]) -> None:
        start = len(out)
        pending = [term]
        while pending:
            head, args = pending.pop()
            kind = head[0] if head else ""
            if kind == VARIABLE and len(head) > 1:
                # A variable that is applied can become any function: like Lean's own tree, match anything.
                number = ANONYMOUS if args or head == "?⋯" else variables.setdefault(head, len(variables))
                out.append(min(number, ANONYMOUS))
                continue
            out.append(self.add(head, len(args)))
            pending.extend(reversed(args))
        if len(out) - start > LONGEST:
            out[start:] = [ANONYMOUS]

    def query(self, term: Term) -> tuple[list[int], list[int]]:
        """A term of a proof state: its tokens, and for each position the position after its subterm.

        Locals get negative numbers, so that only a variable matches them; unknown symbols too.
        """
        out: list[int] = []
        arity: list[int] = []
        locals_: dict[tuple[str, int], int] = {}
        pending = [term]
        while pending and len(out) < LONGEST:
            head, args = pending.pop()
            count = len(args)
            token = -1 if head[:1] in NAMED_HERE else self.find(head, count)
            if token < 0:
                token = locals_.setdefault((head, count), -2 - len(locals_))
            out.append(token)
            arity.append(count)
            if count:
                pending += args[::-1]
        return out, after(arity)

    def pattern(self, term: Term, holes: dict[str, int]) -> list[int]:
        """A search pattern: holes become variables (added to `holes`), a symbol nothing indexed has becomes -1."""
        out: list[int] = []
        pending = [term]
        while pending:
            head, args = pending.pop()
            if head[:1] == VARIABLE and len(head) > 1 and not args:
                out.append(min(holes.setdefault(head, len(holes)), ANONYMOUS))
                continue
            out.append(self.find(head, len(args)))
            pending.extend(reversed(args))
        return out


def after(arity: Sequence[int]) -> list[int]:
    """For each position of a preorder the position after its subterm. A cut sequence ends at its end."""
    skip = [0] * len(arity)
    ends: list[int] = []  # positions after the subterms to the right, nearest last
    for i in range(len(arity) - 1, -1, -1):
        end = i + 1
        for _ in range(arity[i]):
            end = ends.pop() if ends else len(arity)
        skip[i] = end
        ends.append(end)
    return skip


def parts(flat: Sequence[int]) -> list[tuple[int, list[int]]]:
    """A statement's flat sequence as (role, term) pairs."""
    out: list[tuple[int, list[int]]] = []
    for token in flat:
        if token in (HYPOTHESIS, CONCLUSION):
            out.append((token, []))
        else:
            out[-1][1].append(token)
    return out


def renumbered(term: Sequence[int]) -> tuple[int, ...]:
    """A part of a statement with its variables numbered from 0 in order of first occurrence."""
    numbers: dict[int, int] = {}
    return tuple(t if t >= ANONYMOUS else numbers.setdefault(t, len(numbers)) for t in term)
