"""A tolerant reader of Lean terms as Lean prints them: precedence climbing over the tables of notation.py.

Not here: types, elaboration, or refusing anything. The structural ranker needs the shape of a statement
(head symbols, arguments, which names are variables), not its meaning; what is not understood becomes an
opaque symbol. Statements and proof states are read in statements.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.notation import (
    AUTO_BOUND,
    BINDERS,
    CLOSING,
    INFIX,
    PREFIX,
    STOPPERS,
    TOKEN,
    TYPE_NOTATION,
    UNKNOWN_INFIX,
)
from retrieval.terms import BOUND, LOCAL, OPAQUE, VARIABLE, Term

DEEP = 150  # nesting beyond which a term is opaque
RESERVED = frozenset({*BINDERS, *STOPPERS, "if", "let", "have", "let_fun", "show", "match"})
BRACKETS = {"(": "(,)", "[": "[]", "⟨": "⟨⟩", "#[": "#[]", "#v[": "#v[]"}  # heads of what stands between them
TIGHT = frozenset("↑ ⇑ ~~~".split())  # prefixes that bind as tightly as application's arguments


class TooDeep(Exception):
    """Nesting beyond DEEP; caught where reading starts."""


class Reader:
    """One text. `scope` maps a name in scope to its head and, where known, the head of its type."""

    def __init__(self, text: str, scope: dict[str, tuple[str, str]], free: str) -> None:
        self.tokens: list[tuple[str, str, bool]] = []  # text, kind, whether white space stands before it
        for match in TOKEN.finditer(text):
            kind: str = match.lastgroup  # type: ignore[assignment]  # every alternative has a name
            token = match[kind]
            self.tokens.append((token, kind, len(match[0]) > len(token)))
        self.words = [*(token for token, _, _ in self.tokens), ""]
        self.at, self.depth = 0, 0
        self.scope = scope
        self.free = free  # what an unknown short name is: VARIABLE, LOCAL, or "" for a constant

    def peek(self) -> str:
        return self.words[self.at]

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][0]

    def skip(self, token: str) -> bool:
        if self.words[self.at] == token:
            self.at += 1
            return True
        return False

    # terms

    def term(self, power: int = 0) -> Term:
        self.depth += 1
        if self.depth > DEEP:
            raise TooDeep
        left, links = self.prefix(), 0
        while self.at < len(self.tokens):
            token, kind, _ = self.tokens[self.at]
            links += 1
            if links > DEEP:  # `a + b + c + …` nests to the left
                raise TooDeep
            if kind in ("op", "other") and token not in STOPPERS and token not in CLOSING:
                binding, right = INFIX.get(token, UNKNOWN_INFIX)
                if binding < power:
                    break
                self.at += 1
                left = Term(token, (left, self.term(right)))
            else:
                break
        self.depth -= 1
        return left

    def prefix(self) -> Term:
        token = self.peek()
        if token in PREFIX and self.at + 1 < len(self.tokens) and self.tokens[self.at + 1][0] not in STOPPERS:
            self.at += 1
            return self.postfix(Term(token, (self.term(PREFIX[token]),)))
        return self.application()

    def application(self) -> Term:
        head = self.postfix(self.atom())
        args: list[Term] = []
        while self.at < len(self.tokens) and self.starts_argument():
            if self.named_argument():
                continue
            args.append(self.postfix(self.atom()))
        if not args:
            return head
        return Term(head.head, (*head.args, *args))

    def starts_argument(self) -> bool:
        token, kind, _ = self.tokens[self.at]
        if token in STOPPERS:
            return False
        if kind in ("name", "number", "text"):
            return True
        return token in CLOSING or token in TIGHT or token in ("@", "⋯", "·", "fun", "∀", "∅", "⊤", "⊥", "∞")

    def named_argument(self) -> bool:
        """`(n := 3)`: read over; implicit arguments are not part of the shape."""
        here = self.at
        if self.peek() == "(" and here + 2 < len(self.tokens) and self.tokens[here + 2][0] == ":=":
            self.at += 3
            self.term()
            self.skip(")")
            return True
        return False

    def postfix(self, term: Term) -> Term:
        links = 0
        while self.at < len(self.tokens):
            token, kind, spaced = self.tokens[self.at]
            links += 1
            if links > DEEP:
                raise TooDeep
            if token == "⁻¹":
                self.at += 1
                term = Term("⁻¹", (term,))
            elif kind == "field" and not spaced:
                self.at += 1
                for part in token[1:].split("."):
                    term = Term(f".{part}", (term,))
            elif token == "[" and not spaced and self.at and self.tokens[self.at - 1][0] not in INFIX:
                self.at += 1
                index = self.term()
                if self.skip(","):
                    self.until("]")
                self.skip("]")
                head = "getElem"
                if self.at < len(self.tokens) and not self.tokens[self.at][2] and self.peek()[:1] in ("?", "!"):
                    head += self.take()[:1]
                elif self.peek().startswith("'"):
                    self.at += 1
                    self.atom()
                term = Term(head, (term, index))
            else:
                break
        return term

    def atom(self) -> Term:
        if self.at >= len(self.tokens):
            return Term(OPAQUE)
        token, kind, _ = self.tokens[self.at]
        if kind == "name" and token not in RESERVED:  # most atoms
            self.at += 1
            return self.name(token)
        if token in BINDERS:
            return self.binder(BINDERS[self.take()])
        if token == "@":
            self.at += 1
            return self.atom()
        if token in CLOSING:
            return self.bracket(self.take())
        if token == "if":
            return self.conditional()
        if token in ("let", "have", "let_fun", "show"):
            return self.let()
        if token == "match":
            return self.matching()
        if token in STOPPERS:
            return Term(OPAQUE)
        self.at += 1
        if token in TIGHT:  # as an argument: `f ↑n`
            return Term(token, (self.postfix(self.atom()),))
        if kind in ("number", "text"):
            return Term(token)
        if token in ("·", "⋯"):
            return Term(BOUND if token == "·" else "?⋯")
        if kind == "field":
            return Term(token)
        if token == "?":  # `?m`: the question mark is no part of a name
            following = self.tokens[self.at] if self.at < len(self.tokens) else ("", "", True)
            named = self.take() if following[1] == "name" and not following[2] else ""
            return Term(f"?{named or f'_{self.at}'}")
        return Term(token)

    def name(self, token: str) -> Term:
        if token == "_":
            return Term(f"?_{self.at}")
        if token in ("Type", "Sort", "Prop"):
            # the universe is no argument
            following = self.peek()
            if token != "Prop" and (re.fullmatch(r"u(_\d+)?|\d+|v|w", following)):
                self.at += 1
            elif token != "Prop" and following == "(":
                self.at += 1
                self.until(")")
            return Term("Sort" if token == "Sort" else token)
        known = self.scope.get(token)
        if known is not None:
            return Term(known[0])
        first, dot, rest = token.partition(".")
        known = self.scope.get(first)
        if known is None and dot and self.free and AUTO_BOUND.match(first):
            known = (self.free + first, "")
        if known is not None and dot:
            head, kind = known
            term = Term(head)
            for part in rest.split(".", DEEP):
                term = Term(f"{kind}.{part}", (term,))
                kind = ""
            return term
        if self.free and not dot and AUTO_BOUND.match(token):
            return Term(self.free + token)
        return Term(token.removeprefix("_root_."))

    def bracket(self, opening: str) -> Term:
        closing = CLOSING[opening]
        items: list[Term] = []
        head = BRACKETS.get(opening, "{}")
        bound: dict[str, tuple[str, str]] = {}
        while self.at < len(self.tokens) and self.peek() != closing:
            before = self.at
            token, following = self.peek(), self.words[self.at + 1]
            if opening == "{" and following in ("//", "|", ":") and self.tokens[self.at][1] == "name":
                # `{ x // p }`, `{x : α | p}`, `{ x : α // p }`
                bound = dict(self.scope)
                self.scope = {**self.scope, token: (BOUND, "")}
                self.at += 1
                if self.skip(":"):
                    items.append(self.term())
                if self.peek() in ("//", "|"):
                    head = "Subtype" if self.take() == "//" else "setOf"
                    items.append(self.term())
            elif opening == "{" and following == ":=":
                self.at += 2
                items.append(self.term())
            else:
                items.append(self.term())
                if self.peek() == closing:
                    break
                if self.skip(":"):  # a type ascription
                    self.term()
                elif self.peek() == "with":
                    self.at += 1
                    continue
            if not (self.skip(",") or self.skip(";") or self.skip("|")) and self.peek() != closing:
                if self.peek() in STOPPERS and self.peek() not in CLOSING.values():
                    self.at += 1
                if self.at == before:
                    break
        if bound:
            self.scope = bound
        self.skip(closing)
        if (opening == "(" and len(items) == 1) or (opening == "⌜" and len(items) == 1):
            return items[0]
        if opening == "(" and not items:
            return Term("()")
        return Term(head, tuple(items))

    def until(self, closing: str) -> None:
        depth = 0
        while self.at < len(self.tokens):
            token = self.peek()
            if depth == 0 and token == closing:
                self.at += 1
                return
            depth += (token in CLOSING) - (token in CLOSING.values())
            self.at += 1

    def binder(self, head: str) -> Term:
        outer = dict(self.scope)
        for names, kind in self.groups():
            for name in names:
                self.scope[name] = (BOUND, type_head(kind))
        self.skip(",") or self.skip("=>") or self.skip("↦")
        body = self.term()
        self.scope = outer
        return Term(head, (body,))

    def groups(self) -> Iterator[tuple[list[str], Term | None]]:
        """The binders up to `,` or `=>`: names and, where given, their type."""
        names: list[str] = []
        while self.at < len(self.tokens) and self.peek() not in (",", "=>", "↦"):
            token, kind, _ = self.tokens[self.at]
            before = self.at
            if token in ("(", "{", "[", "⦃"):
                if names:
                    yield names, None
                    names = []
                yield self.group(self.take())
            elif token == ":":
                self.at += 1
                yield names, self.term()
                names = []
            elif kind == "name" and token != "_":
                names.append(self.take())
            elif kind in ("op", "other") and token in INFIX:  # `∃ x ∈ l, p`, `∀ x < n, p`
                self.at += 1
                self.term(51)
            else:
                self.at += 1
                if token == "⟨":
                    self.until("⟩")
            if self.at == before:
                break
        if names:
            yield names, None

    def group(self, opening: str) -> tuple[list[str], Term | None]:
        closing = CLOSING[opening]
        here, names = self.at, []
        while self.at < len(self.tokens) and self.tokens[self.at][1] == "name" and self.peek() not in STOPPERS:
            names.append(self.take())
        kind: Term | None = None
        if self.skip(":"):
            kind = self.term()
            if self.skip(":="):
                self.term()
        elif opening == "[":  # an anonymous instance
            self.at, names = here, []
            kind = self.term()
        if not self.skip(closing):
            self.until(closing)
        return names, kind

    def conditional(self) -> Term:
        self.at += 1
        if self.at + 1 < len(self.tokens) and self.tokens[self.at + 1][0] == ":":
            self.scope = {**self.scope, self.peek(): (BOUND, "")}
            self.at += 2
        parts = [self.term()]
        for word in ("then", "else"):
            if self.skip(word):
                parts.append(self.term())
        return Term("if", tuple(parts))

    def let(self) -> Term:
        self.at += 1
        outer = self.scope
        value = Term(OPAQUE)
        if self.at < len(self.tokens) and self.tokens[self.at][1] == "name":
            self.scope = {**self.scope, self.take(): (BOUND, "")}
        if self.skip(":"):
            self.term()
        if self.skip(":="):
            value = self.term()
        self.skip(";")
        body = self.term()
        self.scope = outer
        return Term("let", (value, body))

    def matching(self) -> Term:
        self.at += 1
        parts = [self.term()]
        while self.skip(","):
            parts.append(self.term())
        if self.skip("with"):  # the alternatives have patterns with names of their own: opaque
            depth = 0
            while self.at < len(self.tokens):
                token = self.peek()
                if token in CLOSING:
                    depth += 1
                elif token in CLOSING.values():
                    if depth == 0:
                        break
                    depth -= 1
                self.at += 1
        return Term("match", tuple(parts))


def type_head(kind: Term | None) -> str:
    """The namespace that `x.f` means for an `x` of this type; "" where that cannot be told from the text."""
    if kind is None or kind.head[:1] in (VARIABLE, LOCAL, BOUND):
        return ""
    return TYPE_NOTATION.get(kind.head, kind.head)
