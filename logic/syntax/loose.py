"""Tokens to a loose tree: brackets, precedence and the scope of quantifiers, but no notion of term or
formula.

`read.py` turns the tree into a formula and is strict; `logic/repair.py` mends the tree before that. So both
share one grammar, and what only a repair may accept (a comma between formulas, two names side by side) is a
node here and an error there. One loop over a stack of open brackets: depth costs memory, never Python's
stack.

Precedence, tightest first: names side by side; `* /`; `+`; `= ≠ < > ≤ ≥`; ¬ ∀ ∃; ∧; ∨ ⊕; comma; →; ↔. A
quantifier binds as tightly as ¬, as NLTK, Prover9 and TPTP have it; where its variable occurs beyond that and
would be free, its scope is the rest of the bracket, which is noted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from logic.errors import ReadError
from logic.syntax.tokens import WORD_OPERATORS, WORD_QUANTIFIERS, Token


@dataclass(slots=True, eq=False)
class Loose:
    """A node: `kind` is name, number, truth, apply, not, quant or op; `value` its name, operator or
    variable."""

    kind: str
    value: str
    start: int
    kids: list[Loose] = field(default_factory=list)
    quantifier: str = ""
    grouped: bool = False  # stood in brackets of its own
    quoted: bool = False
    # names that stand where a term may, and no quantifier below binds; given away when the parent is built
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Note:
    """Something read otherwise than written: `repair` names the rule, `detail` says what was done."""

    repair: str
    detail: str


PRECEDENCE: dict[str, int] = {
    "beside": 14, "*": 13, "/": 13, "+": 12, "minus": 12,
    "=": 11, "!=": 11, "<": 11, ">": 11, "le": 11, "<=": 11, ">=": 11, "in": 11,
    "and": 8, "nand": 8, "or": 7, "xor": 7, "nor": 7, "comma": 6, "implies": 5, "implied": 5, "iff": 4,
}  # fmt: skip
PREFIX = 10
RELATIONS = {"=", "!=", "<", ">", "le", "<=", ">="}
CLOSING = {"(": ")", "[": "]", "{": "}"}
_TWO_WORDS = {("for", "all"): "forall", ("for", "every"): "forall", ("for", "each"): "forall",
              ("for", "any"): "forall", ("there", "exists"): "exists", ("there", "exist"): "exists",
              ("there", "is"): "exists", ("no", "one"): "no"}  # fmt: skip


@dataclass(slots=True, eq=False)
class _Frame:
    """An open bracket: of a group, or (`head`) of a name's arguments."""

    opener: str
    start: int
    head: Token | None = None
    items: list = field(default_factory=list)
    arguments: list[Loose] = field(default_factory=list)
    chain: list[str] = field(default_factory=list)  # variables of the quantifiers at the end of `items`


@dataclass(slots=True, eq=False)
class _Prefix:
    value: str  # "not", or a quantifier
    start: int
    variable: str = ""
    wide: bool = False
    over: str = ""  # the kind a variable ranges over: `∀x ∈ Dogs`


class _Operator(str):
    __slots__ = ("start",)
    start: int


def _operator(value: str, start: int) -> _Operator:
    operator = _Operator(value)
    operator.start = start
    return operator


def parse(tokens: list[Token], text: str, close_arguments: bool = False) -> tuple[Loose, list[Note]]:
    """The loose tree of a token list, and what was read otherwise than written.

    Args:
        text: what the tokens come from, for positions in errors.
        close_arguments: also close an argument list that is open at the end, which may have been cut short.

    Raises:
        ReadError: on an operator without operand, an unclosed argument list or an empty text.
    """
    return _Parser(tokens, text, close_arguments).parse()


class _Parser:
    def __init__(self, tokens: list[Token], text: str, close_arguments: bool) -> None:
        self.tokens = tokens
        self.text = text
        self.close_arguments = close_arguments
        self.notes: list[Note] = []
        self.frames = [_Frame("", 0)]
        self.bound: Counter[str] = Counter()  # the chains of all open brackets together
        self.position = 0
        self.ending = len(tokens)  # from here on there are only full stops and closing brackets
        while self.ending and tokens[self.ending - 1].kind in ("dot", "close"):
            self.ending -= 1

    def error(self, problem: str, start: int | None = None) -> ReadError:
        return ReadError(problem, self.text, len(self.text) if start is None else start)

    def note(self, repair: str, detail: str) -> None:
        self.notes.append(Note(repair, detail))

    def peek(self, ahead: int = 0) -> Token | None:
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def parse(self) -> tuple[Loose, list[Note]]:
        if not self.tokens:
            raise self.error("there is no formula in an empty text")
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            items = self.frames[-1].items
            after_operand = bool(items) and isinstance(items[-1], Loose)
            if token.kind == "close":
                self.close(token)
            elif token.kind == "comma":
                self.comma(token, after_operand)
            elif token.kind == "op" or (token.kind == "not" and after_operand):
                self.operator(token, after_operand)
            elif token.kind == "name" and after_operand and token.value.lower() in WORD_OPERATORS:
                self.add(_operator(WORD_OPERATORS[token.value.lower()], token.start))
                self.position += 1
            elif token.kind in ("dot", "colon"):
                self.stop(token)
            elif token.kind == "ellipsis":
                raise self.error("“...” stands where a formula is needed", token.start)
            else:
                if after_operand:
                    self.add(_operator("beside", token.start))
                self.operand(token)
        return self.finish()

    # -- one kind of token each ----------------------------------------------------------------------------

    def operator(self, token: Token, after_operand: bool) -> None:
        value = "minus" if token.kind == "not" else token.value
        if not after_operand and value in RELATIONS and self.calls():
            opener = self.tokens[self.position + 1]  # written before its arguments: `>(x, y)`
            self.frames.append(_Frame(opener.value, opener.start, head=token))
            self.position += 2
            return
        if not after_operand:
            raise self.error(f"the connective “{self.written(token)}” has nothing on its left", token.start)
        self.add(_operator(value, token.start))
        self.position += 1

    def written(self, token: Token) -> str:
        following = self.peek(1) if token is self.peek() else None
        end = following.start if following else len(self.text)
        return self.text[token.start : end].strip()[:20]

    def stop(self, token: Token) -> None:
        if token.kind == "dot" and self.position >= self.ending:
            self.position += 1  # the full stop of Prover9 and TPTP
            return
        raise self.error(f"“{token.value}” stands where a connective or a bracket is needed", token.start)

    def comma(self, token: Token, after_operand: bool) -> None:
        frame = self.frames[-1]
        if not after_operand:
            raise self.error(f"nothing stands before “{token.value}”", token.start)
        if frame.head is not None:
            frame.arguments.append(self.build(frame.items, token.start))
            frame.items = []
        else:
            self.add(_operator("comma", token.start))
        self.position += 1

    def operand(self, token: Token) -> None:
        if token.kind == "open":
            self.frames.append(_Frame(token.value, token.start))
        elif token.kind == "not":
            self.add(_Prefix("not", token.start))
        elif token.kind == "truth":
            self.add(Loose("truth", token.value, token.start))
        elif token.kind == "quant":
            self.position += 1
            self.quantifier(token.value, token)
            return
        elif token.kind == "number" and not self.calls():
            self.add(Loose("number", token.value, token.start))
        else:
            if self.word(token):
                return
            if self.calls():
                opener = self.tokens[self.position + 1]
                self.frames.append(_Frame(opener.value, opener.start, head=token))
                self.position += 2
                return
            node = Loose("name", token.value, token.start, quoted=token.kind == "quotedname")
            if not node.quoted:
                node.names.add(token.value)
            self.add(node)
        self.position += 1

    def calls(self, ahead: int = 1) -> bool:
        following = self.peek(ahead)
        return following is not None and following.kind == "open" and following.value == "("

    def word(self, token: Token) -> bool:
        """`not`, `all`, `for all` and the like, where what follows shows that they are no names."""
        word, following = token.value.lower(), self.peek(1)
        if token.kind != "name" or following is None:
            return False
        if word == "not" and following.kind in ("name", "quotedname", "quant", "not", "open", "truth"):
            self.add(_Prefix("not", token.start))
            self.position += 1
            return True
        pair = _TWO_WORDS.get((word, following.value.lower()))
        if pair and following.kind == "name" and (third := self.peek(2)) is not None and third.kind == "name":
            self.position += 2
            self.quantifier(pair, token)
            return True
        if word in WORD_QUANTIFIERS and (following.kind == "name" or self.bracketed_variables(1)):
            self.position += 1
            self.quantifier(WORD_QUANTIFIERS[word], token)
            return True
        return False

    def bracketed_variables(self, ahead: int) -> bool:
        """Whether `(x)` or `(x, y)` stands there and a body follows it: `forall (x) (P(x))`."""
        opener = self.peek(ahead)
        if opener is None or opener.kind != "open" or opener.value == "{":
            return False
        index = ahead + 1
        while (name := self.peek(index)) is not None and name.kind == "name":
            after = self.peek(index + 1)
            if after is None:
                return False
            if after.kind == "close":
                body = self.peek(index + 2)
                return body is not None and body.kind in (
                    "open", "name", "quotedname", "not", "quant", "dot", "colon", "number"
                )  # fmt: skip
            index += 2 if after.kind == "comma" else 1
            if after.kind not in ("comma", "name", "colon"):
                return False
        return False

    # -- quantifiers ---------------------------------------------------------------------------------------

    def quantifier(self, quantifier: str, token: Token) -> None:
        """The variables after a quantifier; `position` is on the token after the quantifier itself."""
        bracketed = (
            (first := self.peek()) is not None
            and first.kind == "open"
            and (first.value == "[" or self.bracketed_variables(0))
        )
        variables = self.variables_in_brackets() if bracketed else self.plain_variables()
        if not variables:
            raise self.error("a quantifier has no variable", token.start)
        if len(variables) > 1 and not bracketed:
            self.note(
                "several variables after one quantifier",
                f"read as one quantifier for each of {len(variables)}",
            )
        over = self.kind_ranged_over()
        following = self.peek()
        if following is not None and following.kind in ("dot", "colon"):
            self.position += 1
        elif following is not None and following.kind == "comma" and not bracketed:
            self.position += 1  # Lean's and Coq's `∀ x, P(x)`
        items = self.frames[-1].items
        if quantifier == "no":
            if items and isinstance(items[-1], _Prefix) and items[-1].value == "not":
                items.pop()
                self.note("“-no x” read as “no x”", "a negation written twice counts once")
            self.add(_Prefix("not", token.start))
            quantifier = "exists"
        for name in variables:
            self.add(_Prefix(quantifier, token.start, name, over=over))

    def kind_ranged_over(self) -> str:
        """The `Dogs` of `∀x ∈ Dogs, …` and `all x in Dogs. …`, or nothing."""
        sign, kind, after = self.peek(), self.peek(1), self.peek(2)
        if sign is None or kind is None or after is None or kind.kind != "name":
            return ""
        if not (sign.kind == "op" and sign.value == "in") and sign.value != "in":
            return ""
        if after.kind not in ("dot", "colon", "comma", "quant") and not (after.kind == "open" and sign.kind == "op"):
            return ""
        self.position += 2
        self.note("quantifier over a kind", f"of every or some {kind.value}")
        return kind.value

    def variables_in_brackets(self) -> list[str]:
        self.position += 1
        variables: list[str] = []
        while (token := self.peek()) is not None and token.kind != "close":
            if token.kind == "name":
                variables.append(token.value)
            elif token.kind == "colon":
                self.position += 1  # the sort that follows (tff); every sort is read as the one domain
            elif token.kind != "comma":
                raise self.error("only variables may stand here", token.start)
            self.position += 1
        if self.peek() is None:
            raise self.error("the list of variables is never closed")
        self.position += 1
        return variables

    def plain_variables(self) -> list[str]:
        variables: list[str] = []
        while (token := self.peek()) is not None and token.kind == "name":
            if variables and not self.is_variable(token):
                break
            variables.append(token.value)
            self.position += 1
            comma, beyond = self.peek(), self.peek(1)
            if comma is not None and comma.kind == "comma":
                if beyond is None or beyond.kind != "name":
                    break
                self.position += 1
                if not self.is_variable(beyond):
                    self.position -= 1
                    break
        return variables

    def is_variable(self, token: Token) -> bool:
        """Whether a name after a quantifier's first variable is one more variable, or begins the body."""
        following = self.peek(1)
        if token.value.lower() in WORD_QUANTIFIERS or token.value.lower() == "not":
            return False
        if following is None:
            return False
        if following.kind in ("dot", "colon"):
            return True
        short = len(token.value.rstrip("0123456789'’_")) == 1
        if following.kind == "open":
            # `∀x y (P(x, y))` has a space before the bracket, Prover9's `all x p(x)` has none
            return short and following.start > token.start + len(token.value)
        return short and following.kind in ("name", "comma", "quant", "not")

    # -- closing a bracket ---------------------------------------------------------------------------------

    def add(self, item: Loose | _Prefix | _Operator) -> None:
        """Put an item into the innermost bracket. Each variable enters and leaves `bound` once, so that is linear."""
        frame = self.frames[-1]
        frame.items.append(item)
        if isinstance(item, _Prefix):
            if item.variable:
                frame.chain.append(item.variable)
                self.bound[item.variable] += 1
        else:
            self.unchain(frame)

    def unchain(self, frame: _Frame) -> None:
        self.bound.subtract(frame.chain)
        frame.chain.clear()

    def close(self, token: Token) -> None:
        frame = self.frames[-1]
        self.position += 1
        if len(self.frames) == 1:
            if self.position >= self.ending:
                self.note("brackets", f"an extra “{token.value}” at the end left out")
                self.position = len(self.tokens)
                return
            raise self.error(f"“{token.value}” closes no bracket", token.start)
        if CLOSING[frame.opener] != token.value:
            self.note("brackets", f"“{token.value}” closes “{frame.opener}”")
        self.frames.pop()
        self.unchain(frame)
        if frame.head is None and 0 < len(frame.items) <= 64 and all(isinstance(item, _Prefix) for item in frame.items):
            for item in frame.items:  # `(∃x)(P(x))`: the brackets hold the quantifier only
                self.add(item)
            return
        self.add(self.closed(frame, token.start))

    def closed(self, frame: _Frame, end: int) -> Loose:
        if frame.head is None:
            if not frame.items:
                raise self.error("there is nothing between these brackets", frame.start)
            node = self.build(frame.items, end)
            node.grouped = True
            return node
        if frame.items or frame.arguments:
            frame.arguments.append(self.build(frame.items, end))
        kind = "op" if frame.head.kind == "op" and len(frame.arguments) == 2 else "apply"
        node = Loose(kind, frame.head.value, frame.head.start, frame.arguments)
        node.quoted = frame.head.kind == "quotedname"
        for argument in frame.arguments:
            node.names = _merged(node.names, argument.names)
        return node

    def finish(self) -> tuple[Loose, list[Note]]:
        missing = len(self.frames) - 1
        while len(self.frames) > 1:
            frame = self.frames.pop()
            self.unchain(frame)
            if frame.head is not None and not self.close_arguments:
                raise self.error("the bracket opened here is never closed", frame.start)
            self.add(self.closed(frame, len(self.text)))
        if missing:
            self.note("brackets", f"{missing} missing closing bracket{'s' * (missing > 1)} added at the end")
        return self.build(self.frames[0].items, len(self.text)), self.notes

    # -- one bracket's content -----------------------------------------------------------------------------

    def build(self, items: list, end: int) -> Loose:
        """The tree of operands, prefixes and operators in one bracket."""
        if len(items) == 1 and isinstance(items[0], Loose):
            return items[0]
        if not items:
            raise self.error("something is missing here", end)
        names = self.scopes(items)
        operands: list[Loose] = []
        pending: list[_Prefix | _Operator] = []
        expecting = True
        for item in items:
            if isinstance(item, Loose):
                operands.append(item)
                expecting = False
            elif isinstance(item, _Prefix):
                pending.append(item)
                expecting = True
            else:
                if expecting:
                    raise self.error(f"the connective “{item}” has nothing on its left", item.start)
                self.reduce(operands, pending, item)
                pending.append(item)
                expecting = True
        if expecting:
            raise self.error("the formula breaks off: something must follow", end)
        self.reduce(operands, pending, None)
        operands[0].names = names
        return operands[0]

    def scopes(self, items: list) -> set[str]:
        """Widen a quantifier whose variable would else be free on its right; the names free in the whole.

        From right to left: `open_names` are the names free so far and bound by no wide quantifier. Sets are
        merged the smaller into the larger, so a chain of n brackets costs n log n.
        """
        open_names: set[str] = set()
        pending: set[str] = set()
        wide = False
        for item in reversed(items):
            if isinstance(item, Loose):
                open_names = _merged(open_names, pending)
                pending, wide = item.names, False
            elif isinstance(item, _Operator):
                open_names = _merged(open_names, pending)
                pending, wide = set(), False
            elif item.variable:
                pending.discard(item.variable)
                if item.variable in open_names and not wide and not self.bound[item.variable]:
                    item.wide = wide = True
                    self.note("scope", f"the scope of {item.variable} widened to the end of its bracket")
                if wide:
                    open_names.discard(item.variable)
        return _merged(open_names, pending)

    def reduce(self, operands: list[Loose], pending: list, operator: _Operator | None) -> None:
        """Apply what is pending and binds tighter than `operator` (all of it, at the end)."""
        floor = PRECEDENCE[operator] if operator is not None else -1
        while pending:
            top = pending[-1]
            prefix = isinstance(top, _Prefix)
            strength = PRECEDENCE[top] if not prefix else 0 if top.wide else PREFIX
            right_associative = operator == "implies" and top == "implies"
            if strength < floor or (strength == floor and right_associative):
                return
            pending.pop()
            if isinstance(top, _Prefix):
                body = operands.pop()
                kind = "quant" if top.variable else "not"
                if top.over:
                    body = _guarded(top, body)
                operands.append(Loose(kind, top.variable, top.start, [body], quantifier=top.value))
            else:
                right, left = operands.pop(), operands.pop()
                operands.append(Loose("op", str(top), top.start, [left, right]))


def _guarded(prefix: _Prefix, body: Loose) -> Loose:
    guard = Loose("apply", prefix.over, prefix.start, [Loose("name", prefix.variable, prefix.start)])
    return Loose("op", "implies" if prefix.value == "forall" else "and", prefix.start, [guard, body])


def _merged(one: set[str], other: set[str]) -> set[str]:
    if len(one) < len(other):
        one, other = other, one
    one |= other
    return one
