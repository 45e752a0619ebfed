"""Statements, search patterns and proof states from text. Reading never fails.

Not here: terms (reader.py), notation (notation.py).
"""

from __future__ import annotations

from functools import lru_cache

from retrieval.notation import CLOSING, HEADER, INFIX
from retrieval.reader import Reader, TooDeep, type_head
from retrieval.terms import LOCAL, OPAQUE, VARIABLE, Statement, Term

REMEMBERED = 2000  # characters of a line beyond which its term is not kept


class _StatementReader(Reader):
    """Reads `∀ binders, hypotheses → conclusion`."""

    def statement(self, quantified: bool) -> Statement:
        hypotheses: list[Term] = []
        while True:
            if self.peek() == "∀" and quantified:
                self.at += 1
                self.quantify(hypotheses)
                self.skip(",")
            elif quantified and self.peek() in ("(", "{", "[", "⦃") and self.dependent_arrow():
                self.quantify_group(hypotheses)
                self.skip("→")
            elif self.peek() in ("let", "have") and ":=" in (t[0] for t in self.tokens[self.at : self.at + 8]):
                body = self.let()
                return Statement(tuple(hypotheses), body.args[1])
            else:
                part = self.term(26)
                if self.skip("→"):
                    hypotheses.append(part)
                    continue
                while self.at < len(self.tokens) and self.peek() in INFIX:  # `p ↔ q`, `p → q ↔ r`
                    operator = self.take()
                    part = Term(operator, (part, self.term(INFIX[operator][1])))
                return Statement(tuple(hypotheses), part)

    def dependent_arrow(self) -> bool:
        """Whether a bracket here is a binder group: `(x : A) → B`, `[inst : C] → B`, `{α : Type} → B`."""
        opening, depth, i, colon = self.peek(), 0, self.at, False
        while i < len(self.tokens):
            token = self.tokens[i][0]
            depth += (token in CLOSING) - (token in CLOSING.values())
            colon |= depth == 1 and token == ":"
            if depth <= 0:
                break
            i += 1
        return (colon or opening == "[") and i + 1 < len(self.tokens) and self.tokens[i + 1][0] == "→"

    def quantify_group(self, hypotheses: list[Term]) -> None:
        names, kind = self.group(self.take())
        self._declare(names, kind, hypotheses)

    def quantify(self, hypotheses: list[Term]) -> None:
        for names, kind in self.groups():
            self._declare(names, kind, hypotheses)

    def _declare(self, names: list[str], kind: Term | None, hypotheses: list[Term]) -> None:
        for name in names:
            self.scope[name] = (VARIABLE + name, type_head(kind))
        if kind is not None and kind.head not in ("Type", "Sort", "Prop"):
            hypotheses.append(kind)


def read_statement(text: str, holes: bool = False) -> Statement:
    """Read a type as Lean prints it (`∀ {α : Type} (l : List α), …`) or a declaration's source.

    `holes`: a search pattern, whose quantifiers are part of it. In both `_`, `?x` and unknown names of one
    letter are variables (the same name is the same term).
    """
    header = None if holes else HEADER.match(text)
    reader = _StatementReader(text[header.end() :] if header else text, {}, VARIABLE)
    hypotheses: list[Term] = []
    try:
        if header:
            while reader.peek() in ("(", "{", "[", "⦃"):
                reader.quantify_group(hypotheses)
            if not reader.skip(":"):
                return Statement(tuple(hypotheses), Term(OPAQUE))
        statement = reader.statement(quantified=not holes)
    except (TooDeep, RecursionError):
        return Statement(tuple(hypotheses), Term(OPAQUE))
    return Statement((*hypotheses, *statement.hypotheses), statement.conclusion)


def read_state(text: str) -> Statement:
    """Read a proof state's first goal: hypotheses by line (`h : a ≤ b`), then `⊢ goal`; names are locals."""
    before, _, after = text.partition("⊢")
    goal_lines: list[str] = []
    for i, line in enumerate(after.split("\n")):
        if i and (not line.strip() or not line[0].isspace()):
            break
        goal_lines.append(line)
    lines: list[str] = []
    for line in before.split("\n"):
        if not line.strip() or line.startswith("case "):
            continue
        if line[0].isspace() and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    scope: dict[str, tuple[str, str]] = {}
    hypotheses: list[Term] = []
    for line in lines:
        names, colon, kind = line.partition(" : ")
        if not colon:
            continue
        term = _read(kind.split(" := ")[0], scope)
        for name in names.split():
            scope[name] = (LOCAL + name, type_head(term))
        if term.head not in ("Type", "Sort", "Prop"):
            hypotheses.append(term)
    return Statement(tuple(hypotheses), _read("\n".join(goal_lines), scope))


def _read(text: str, scope: dict[str, tuple[str, str]]) -> Term:
    return _remembered(text, tuple(scope.items())) if len(text) <= REMEMBERED else _read_anew(text, scope)


@lru_cache(maxsize=4096)
def _remembered(text: str, scope: tuple[tuple[str, tuple[str, str]], ...]) -> Term:
    """A line of a state: those of one proof search have most lines in common."""
    return _read_anew(text, dict(scope))


def _read_anew(text: str, scope: dict[str, tuple[str, str]]) -> Term:
    try:
        return _StatementReader(text, dict(scope), LOCAL).term()
    except (TooDeep, RecursionError):
        return Term(OPAQUE)
