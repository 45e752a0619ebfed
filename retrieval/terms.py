"""A tolerant reader of Lean terms as Lean prints them: text → applications of symbols to arguments.

Not here: types, elaboration, or refusing anything. The structural ranker needs the shape of a statement
(head symbols, arguments, which names are variables), not its meaning; what is not understood becomes an
opaque symbol, and reading never fails. A structured expression from Lean can be given as a `Term` instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

VARIABLE, LOCAL, BOUND = "?", "%", "&"  # first character of a head that is not a constant
DEEP = 150  # nesting beyond which a term is opaque
OPAQUE = "…"


class Term(NamedTuple):
    """A head applied to its explicit arguments.

    `head` is a constant or notation (`List.map`, `+`), `?x` a variable that a premise can be instantiated
    at (or a hole of a search pattern), `%x` a local hypothesis, `&` a bound variable.
    """

    head: str
    args: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """∀ binders, hypotheses → conclusion, with the quantified variables as `?x`."""

    hypotheses: tuple[Term, ...]
    conclusion: Term


INFIX: dict[str, tuple[int, int]] = {}  # operator → (left, right) binding power, Lean's precedences
for _power, _associativity, _operators in (
    (10, "r", "<| $"), (9, "l", "|>"), (20, "n", "↔ <|>"), (25, "r", "→"), (30, "r", "∨ || ⊕"), (35, "r", "∧ && × ×' ∧ₚ"),
    (50, "n", "= ≠ < ≤ > ≥ ∈ ∉ ∣ ∤ ⊆ ⊂ ⊇ == != ≈ ≍ ~ <+ <+~ <+: <:+ <:+: ≡ ≃ ∋"), (55, "l", "||| >>="), (58, "l", "^^^"),
    (60, "l", "&&& <*> *> <* >> >=>"), (65, "l", "+ - ++ ∪ ∆"), (67, "r", "::"), (70, "l", "* / % ∩ \\ • ⊓ ⊔"), (73, "r", "•"),
    (75, "r", "^"), (75, "l", "<<< >>>"), (90, "r", "∘"), (100, "r", "<$> <&>"),
):  # fmt: skip
    for _op in _operators.split():
        INFIX[_op] = (_power, _power if _associativity == "r" else _power + 1)
UNKNOWN_INFIX = (50, 51)
PREFIX = {"¬": 40, "!": 40, "-": 75, "~~~": 100, "↑": 100, "⇑": 100, "√": 100, "#": 100, "𝒫": 100}
BINDERS = {
    "∀": "∀",
    "∃": "∃",
    "∃!": "∃!",
    "fun": "fun",
    "λ": "fun",
    "Σ": "Σ",
    "Π": "∀",
    "∑": "∑",
    "∏": "∏",
    "⋃": "⋃",
    "⋂": "⋂",
}
CLOSING = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⦃": "⦄", "#[": "]", "#v[": "]", "⌜": "⌝", "‖": "‖"}
STOPPERS = frozenset({")", "]", "}", "⟩", "⦄", "⌝", ",", ";", ":", "=>", "↦", "|", "//", "then", "else", "with", "in", "from",
                      "by", "at", "where", "do", "end", ":=", "←"})  # fmt: skip

_OPERATORS = sorted(
    {*INFIX, *PREFIX, "∃!", "=>", "↦", ":=", "//", "⁻¹", "#[", "#v[", "...", "⊢"}, key=len, reverse=True
)
TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.[^']*|[^'\\])')"
    r"|(?P<op>⁻¹|#\[|#v\[|@|[()\[\]{}⟨⟩⦃⦄⌜⌝,;‖]|" + "|".join(map(re.escape, _OPERATORS)) + r")"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>(?:«[^»]*»|[^\W\d][\w'!?✝₀-₉]*)(?:\.(?:«[^»]*»|[^\W\d][\w'!?✝₀-₉]*|\d+))*)"
    r"|(?P<field>\.(?:[^\W\d][\w'!?₀-₉]*|\d+)(?:\.[^\W\d][\w'!?₀-₉]*)*)"
    r"|(?P<other>[^\w\s()\[\]{}⟨⟩⦃⦄,;\"'«»]+|.))",
    re.DOTALL,
)
AUTO_BOUND = re.compile(r"^[a-zα-κμ-ω]['₀-₉✝\d]*(_\d+)?$|.*✝")
TYPE_NOTATION = {"×": "Prod", "⊕": "Sum"}  # heads of types whose fields are written with a dot (`p.fst`)


class _Deep(Exception):
    """Nesting beyond DEEP; caught where reading starts."""


class _Reader:
    """One text. `scope` maps a name in scope to its head and, where known, the head of its type."""

    def __init__(self, text: str, scope: dict[str, tuple[str, str]], free: str) -> None:
        self.tokens: list[tuple[str, str, bool]] = []  # text, kind, whether white space stands before it
        for match in TOKEN.finditer(text):
            kind = match.lastgroup
            if kind is not None:
                self.tokens.append((match.group(kind), kind, match.start(kind) > match.start()))
        self.at, self.depth = 0, 0
        self.scope = scope
        self.free = free  # what an unknown short name is: VARIABLE, LOCAL, or "" for a constant

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][0]

    def skip(self, token: str) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    # terms

    def term(self, power: int = 0) -> Term:
        self.depth += 1
        if self.depth > DEEP:
            raise _Deep
        left, links = self.prefix(), 0
        while self.at < len(self.tokens):
            token, kind, _ = self.tokens[self.at]
            links += 1
            if links > DEEP:  # `a + b + c + …` nests to the left
                raise _Deep
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
        return (
            token in CLOSING
            or token in ("↑", "@", "~~~")
            or token in ("⋯", "·", "fun", "∀", "∅", "⊤", "⊥", "∞")
        )

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
                raise _Deep
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
                if (
                    self.at < len(self.tokens)
                    and not self.tokens[self.at][2]
                    and self.peek()[:1] in ("?", "!")
                ):
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
        if kind == "name":
            return self.name(token)
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
        head = {"(": "(,)", "[": "[]", "⟨": "⟨⟩", "#[": "#[]", "#v[": "#v[]"}.get(opening, "{}")
        bound: dict[str, tuple[str, str]] = {}
        while self.at < len(self.tokens) and self.peek() != closing:
            before = self.at
            token = self.peek()
            following = self.tokens[self.at + 1][0] if self.at + 1 < len(self.tokens) else ""
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
                self.scope[name] = (BOUND, _type_head(kind))
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
        while (
            self.at < len(self.tokens) and self.tokens[self.at][1] == "name" and self.peek() not in STOPPERS
        ):
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

    # statements

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
            elif self.peek() in ("let", "have") and ":=" in (
                t[0] for t in self.tokens[self.at : self.at + 8]
            ):
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
            self.scope[name] = (VARIABLE + name, _type_head(kind))
        if kind is not None and kind.head not in ("Type", "Sort", "Prop"):
            hypotheses.append(kind)


def _type_head(kind: Term | None) -> str:
    """The namespace that `x.f` means for an `x` of this type; "" where that cannot be told from the text."""
    if kind is None or kind.head[:1] in (VARIABLE, LOCAL, BOUND):
        return ""
    return TYPE_NOTATION.get(kind.head, kind.head)


HEADER = re.compile(
    r"^\s*(?:@\[[^\]]*\]\s*)*(?:(?:private|protected|noncomputable|nonrec|unsafe|partial|scoped|local)\s+)*"
    r"(?:theorem|lemma|def|abbrev|instance|axiom|structure|class|inductive|opaque|constant|alias)\s+"
    r"(?P<name>[^\s:({\[⦃]+)?"
)


def read_statement(text: str, holes: bool = False) -> Statement:
    """Read a type as Lean prints it (`∀ {α : Type} (l : List α), …`) or a declaration's source.

    `holes`: a search pattern, whose quantifiers are part of it. In both `_`, `?x` and unknown names of one
    letter are variables (the same name is the same term).
    """
    header = None if holes else HEADER.match(text)
    reader = _Reader(text[header.end() :] if header else text, {}, VARIABLE)
    hypotheses: list[Term] = []
    try:
        if header:
            while reader.peek() in ("(", "{", "[", "⦃"):
                reader.quantify_group(hypotheses)
            if not reader.skip(":"):
                return Statement(tuple(hypotheses), Term(OPAQUE))
        statement = reader.statement(quantified=not holes)
    except (_Deep, RecursionError):
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
            scope[name] = (LOCAL + name, _type_head(term))
        if term.head not in ("Type", "Sort", "Prop"):
            hypotheses.append(term)
    return Statement(tuple(hypotheses), _read("\n".join(goal_lines), scope))


def _read(text: str, scope: dict[str, tuple[str, str]]) -> Term:
    try:
        return _Reader(text, dict(scope), LOCAL).term()
    except (_Deep, RecursionError):
        return Term(OPAQUE)
