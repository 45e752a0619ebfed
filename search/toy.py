"""Two puzzles that implement the protocols: the smallest example of doing so, and what the tests solve.

Not here: anything the search relies on. `Numbers` has AND edges, shared goals and cycles; `Sliding` is the
8-puzzle, with a distance that works as a critic.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from search.protocols import Advanced, Candidate, Outcome, Rejected, Request, Solved, State


@dataclass(frozen=True, slots=True)
class Number:
    """To solve a number is to bring it down to 1, where `done` solves it."""

    value: int

    @property
    def key(self) -> Hashable:
        return self.value

    @property
    def goals(self) -> Sequence[Hashable]:
        return (self.value,)

    @property
    def size(self) -> int:
        return self.value

    @property
    def text(self) -> str:
        return f"⊢ {self.value}"


def _value(state: State) -> int:
    assert isinstance(state, Number)
    return state.value


class Numbers:
    """Generator and checker: `dec` n → n-1, `half` 2n → n, `double` n → 2n, `split k` n → k and n-k, `done`.

    `done` takes names, as in `done [a, b]`, and works when it has none or "a" is among them: something that a
    minimisation can shorten.
    """

    def __init__(self, split: bool = True, largest: int = 10_000) -> None:
        self.split = split
        self.largest = largest

    def propose(self, states: Sequence[State]) -> list[list[Candidate]]:
        return [self._candidates(_value(state)) for state in states]

    def _candidates(self, n: int) -> list[Candidate]:
        found = [Candidate("done [a, b, c]", -1.0), Candidate("dec", -0.7), Candidate("half", -1.2)]
        found.append(Candidate("double", -1.5))
        if self.split and n > 3:
            found.append(Candidate(f"split {n // 2}", -1.1))
        return found

    def check(self, requests: Sequence[Request], deadline: float | None = None) -> list[list[Outcome]]:
        return [[self.apply(_value(r.state), a) for a in r.actions] for r in requests]

    def apply(self, n: int, action: str) -> Outcome:
        word, _, rest = action.partition(" ")
        if word == "done":
            names = [name.strip() for name in rest.strip("[]").split(",") if name.strip()]
            return Solved() if n == 1 and (not names or "a" in names) else Rejected(f"{n} is not 1")
        if word == "dec" and n > 1:
            return Advanced((Number(n - 1),))
        if word == "half" and n % 2 == 0:
            return Advanced((Number(n // 2),))
        if word == "double" and 2 * n <= self.largest:
            return Advanced((Number(2 * n),))
        if word == "split" and rest.isdigit() and 0 < int(rest) < n:
            return Advanced((Number(int(rest)), Number(n - int(rest))))
        return Rejected(f"{action} does not apply to {n}")


GOAL = "12345678 "
_MOVES = {"left": -1, "right": 1, "up": -3, "down": 3}


@dataclass(frozen=True, slots=True)
class Board:
    """A 3 × 3 sliding puzzle as nine characters, row by row; the blank is a space."""

    key: str

    @property
    def goals(self) -> Sequence[Hashable]:
        return (self.key,)

    @property
    def size(self) -> int:
        return 9

    @property
    def text(self) -> str:
        return "\n".join(self.key[i : i + 3] for i in (0, 3, 6))


def move(board: str, direction: str) -> str | None:
    """The board after the blank moved, or None at the rim."""
    at = board.index(" ")
    to = at + _MOVES[direction]
    if not 0 <= to < 9 or (direction in ("left", "right") and to // 3 != at // 3):
        return None
    cells = list(board)
    cells[at], cells[to] = cells[to], cells[at]
    return "".join(cells)


class Sliding:
    """Generator, checker and critic of the sliding puzzle; reaching `GOAL` solves it."""

    def propose(self, states: Sequence[State]) -> list[list[Candidate]]:
        return [[Candidate(direction, -1.4) for direction in _MOVES] for _ in states]

    def check(self, requests: Sequence[Request], deadline: float | None = None) -> list[list[Outcome]]:
        return [[self.apply(str(r.state.key), action) for action in r.actions] for r in requests]

    def apply(self, board: str, direction: str) -> Outcome:
        after = move(board, direction)
        if after is None:
            return Rejected("at the rim")
        return Solved() if after == GOAL else Advanced((Board(after),))

    def score(self, states: Sequence[State]) -> list[float]:
        """Sum of the tiles' distances from their places (Manhattan), [states]."""
        return [float(self.distance(str(state.key))) for state in states]

    @staticmethod
    def distance(board: str) -> int:
        return sum(
            abs(at // 3 - GOAL.index(tile) // 3) + abs(at % 3 - GOAL.index(tile) % 3)
            for at, tile in enumerate(board)
            if tile != " "
        )
