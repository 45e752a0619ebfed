"""Proof states: goals as hypotheses and target, with what a tactic generator wants to know of them.

Values only; running tactics on them is in `protocol.py` and the backends. Two states are equal when their goals
are, whatever path led to them and whichever process holds them.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One local declaration.

    `head` is the constant at the head of its type ("" for a variable or a function type), so `Nat` for
    `n : Nat` and `And` for `h : p ∧ q`. `accessible` is False for a name that Lean prints with ✝.
    """

    name: str
    type: str
    value: str | None = None
    is_prop: bool = False
    is_instance: bool = False
    head: str = ""

    @property
    def accessible(self) -> bool:
        return "✝" not in self.name


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be shown, and from what.

    `head`: the constant at the head of the target; "∀" for a function type, "" for a variable. `constants`:
    every constant in the target, in order of first occurrence. `key`: equal for goals that are equal up to the
    names of hypotheses; `text`: as Lean prints it.
    """

    text: str
    target: str
    hypotheses: tuple[Hypothesis, ...] = ()
    case: str | None = None
    head: str = ""
    constants: tuple[str, ...] = ()
    key: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Goal) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class ProofState:
    """A state between two tactics, as a value: `root` names the theorem it belongs to, `steps` how to get there.

    A step is a tactic, or a number n: "of the goals, only the n-th from here on" (see `split`). `keys` has one number
    for each open goal, equal for goals equal up to hypothesis names. `independent` says that no goal mentions
    a metavariable, so that each can be proved by itself. `size` counts the nodes of all goals' expressions. The
    goals themselves are asked of the backend (`Lean.goals`), since printing costs more than most tactics.
    """

    root: str
    keys: tuple[int, ...]
    steps: tuple[str | int, ...] = field(default=(), compare=False)
    independent: bool = field(default=True, compare=False)
    sizes: tuple[int, ...] = field(default=(), compare=False)

    @property
    def size(self) -> int:
        return sum(self.sizes)

    def split(self) -> tuple[ProofState, ...]:
        """One state for each goal, where they are independent; itself alone where they are not."""
        if len(self.keys) < 2 or not self.independent:
            return (self,)
        return tuple(
            ProofState(self.root, (key,), (*self.steps, i), True, (size,))
            for i, (key, size) in enumerate(zip(self.keys, self.sizes, strict=True))
        )
