"""A sequence given by first values and a rule for the next one: its values, however far, by the kernel's evaluation.

The last few values make a state, and the rule a function of it; by induction the sequence is that function's iterates,
which evaluate. Where states repeat, as far as they do is enough. What values there are is worked out here, so that
they can be written into the tactic: Lean evaluates them again, and a mistake costs one rejected tactic.

Not here: sequences whose rule or values are anything but numbers; those are rewritten until nothing changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, propositions
from prover.generators.rules.recurrences import Recurrence, begun, places, recurrences, values
from prover.generators.rules.terms import Term, printed, substituted
from prover.lean.state import Goal

_FARTHEST = 5_000
_LONGEST_PERIOD = 200
_MOST_INDICES = 6
_CLOSE = "first | decide +kernel | omega | grind | simp_all"
_SIMPLE_ARITHMETIC = (
    "Nat.reduceSub, Nat.reduceAdd, Nat.reduceLeDiff, ge_iff_le, gt_iff_lt, Nat.reduceMul, "
    "Int.reduceSub, Int.reduceAdd, Int.reduceMul, Nat.reduceMod, Nat.reduceDiv, Nat.reduceEqDiff, "
    "Nat.zero_le, Nat.lt_irrefl"
)


def sequences(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    for rule in recurrences(goal):
        tactic = evaluated(goal, rule)
        if tactic:
            yield Suggestion(1.0, tactic)
    for tactic in rewritten(goal):
        yield Suggestion(0.5, tactic)


def rewritten(goal: Goal) -> Iterator[str]:
    """Rewrite by the rule until only the first values are left."""
    steps = [h.name for h in propositions(goal) if h.type.startswith("∀") and "=" in h.type]
    if not steps or not re.search(r"\d", goal.target):
        return
    names = ", ".join(h.name for h in reversed(propositions(goal)))
    deep = "set_option maxRecDepth 100000 in"
    yield f"{deep} simp (maxSteps := 1000000) only [{names}, {_SIMPLE_ARITHMETIC}]"
    yield f"{deep} simp (maxSteps := 1000000) [{names}]"
    yield f"{deep} simp (maxSteps := 1000000) [{names}] <;> grind"


def evaluated(goal: Goal, rule: Recurrence) -> str:
    """The values that the goal speaks of, put in their place; "" where they cannot be worked out."""
    known = begun(goal, rule)
    if known is None:
        return ""
    rule = known.rule
    wanted = [place for place in places(goal, rule.f) if place >= rule.start + rule.order]
    if not 0 < len(wanted) <= _MOST_INDICES or wanted[-1] > _FARTHEST:
        return ""
    found = values(rule, known.first, wanted[-1] - rule.start + _LONGEST_PERIOD)
    if len(found) <= wanted[-1] - rule.start:
        return ""
    period = _period(rule, found)
    lines = _iterates(rule, known.texts, known.hypotheses, found, wanted, period)
    write = f"simp only [{', '.join(f'hv{i}' for i in range(len(wanted)))}]"
    return rule.proof + "\n".join([*lines, f"first | ({write}; done) | ({write}; {_CLOSE}) | grind | simp_all"])


def _period(rule: Recurrence, values: Sequence[Fraction]) -> int | None:
    """After how many steps the first state is there again, where the rule does not speak of n itself."""
    if any(t.op == "name" and t.text.removeprefix("↑") == rule.n for t in rule.next.walk()):
        return None
    first = values[: rule.order]
    most = min(_LONGEST_PERIOD, len(values) - rule.order)
    return next((p for p in range(1, most + 1) if values[p : p + rule.order] == first), None)


def _iterates(
    rule: Recurrence, first: Sequence[str], hypotheses: Sequence[str], values: Sequence[Fraction],
    wanted: Sequence[int], period: int | None,
) -> Iterator[str]:  # fmt: skip
    """`hv0 : f 531 = 211`, `hv1 : …`, by way of L, which evaluates and is the states of f."""
    f, start, order = rule.f, rule.start, rule.order
    state = " × ".join([rule.kind] * order)
    parts = [_part(j, order) for j in range(order)]

    def tuple_of(texts: Sequence[str]) -> str:
        return f"({', '.join(texts)})"

    def after(state: str, index: str) -> str:
        return tuple_of([*(f"{state}{part}" for part in parts[1:]), _rendered(rule, rule.next, state, index)])

    def at(step: int) -> str:
        return tuple_of([f"({v} : {rule.kind})" for v in values[step : step + order]])

    steps = list(dict.fromkeys((w - start) % period if period else w - start for w in wanted))
    facts = [*(f"L {step} = {at(step)}" for step in steps), *([f"L {period} = L 0"] if period else [])]
    names = [*(f"hl{step}" for step in steps), *(["hp"] if period else [])]
    yield (f"obtain ⟨L, hz, hs, {', '.join(names)}⟩ : ∃ L : Nat → {state}, L 0 = {tuple_of(first)} ∧ "
           f"(∀ i, L (i + 1) = {after('(L i)', 'i')}) ∧ {' ∧ '.join(facts)} :=\n"
           f"  ⟨fun i => Nat.rec (motive := fun _ => {state}) {tuple_of(first)} (fun i p => {after('p', 'i')}) i, "
           f"rfl, fun _ => rfl, {', '.join(['by decide +kernel'] * len(facts))}⟩")  # fmt: skip
    same = " ∧ ".join(f"{f} (i + {start + j}) = (L i){part}" for j, part in enumerate(parts))
    yield (f"have hk : ∀ i, {same} := by\n"
           f"  intro i\n  induction i with\n  | zero => rw [hz]; exact {_together(hypotheses)}\n"
           f"  | succ i ih => rw [hs]; exact {_together([*(f'ih{p}' for p in parts[1:]), _step(rule, parts)])}")
    if period:
        yield (f"have hq : ∀ i, L ({period} + i) = L i := by\n  intro i\n  induction i with\n  | zero => exact hp\n"
               "  | succ i ih => rw [← Nat.add_assoc, hs, hs, ih]")  # fmt: skip
        yield (f"have hr : ∀ q i, L ({period} * q + i) = L i := by\n  intro q i\n  induction q with\n"
               "  | zero => rw [Nat.mul_zero, Nat.zero_add]\n"
               f"  | succ q ih => rw [Nat.mul_succ, Nat.add_comm ({period} * q), Nat.add_assoc, hq, ih]")
    for number, w in enumerate(wanted):
        step = w - start
        q, rest = divmod(step, period) if period else (0, step)
        here = f"show L {step} = _ from hr {q} {rest}, hl{rest}" if q else f"hl{rest}"
        yield (f"have hv{number} : {f} {w} = {values[step]} := "
               f"(hk {step}){parts[0]}.trans (by rw [{here}])")  # fmt: skip
    # Left in sight, they would be unfolded by whatever closes the goal.
    yield f"clear hk {'hr hq ' if period else ''}{' '.join(names)} hs hz L"


def _step(rule: Recurrence, parts: Sequence[str]) -> str:
    """The new value's equation, the values before it rewritten to those of L."""
    n = f"(i + {rule.least})"
    known = {}
    for t in rule.next.walk():
        back = rule.back(t) if t.op == "name" else None
        if back is not None:
            place = rule.shift - back
            at = f"i + {rule.least}" + (f" {'+' if place > 0 else '-'} {abs(place)}" if place else "")
            known[f"{rule.f} ({at})"] = f"ih{parts[rule.order - back]}"
    guard = " (by omega)" if rule.guarded else ""
    rewritten = ", ".join(f"show {left} = _ from {proof}" for left, proof in known.items())
    return f"({rule.hypothesis} {n}{guard}).trans (by rw [{rewritten}])"


def _part(place: int, order: int) -> str:
    """How a component of a nested pair, or of a nested conjunction, is got at."""
    if order == 1:
        return ""
    return ".2" * place + (".1" if place < order - 1 else "")


def _together(proofs: Sequence[str]) -> str:
    return f"⟨{', '.join(proofs)}⟩" if len(proofs) > 1 else proofs[0]


def _rendered(rule: Recurrence, term: Term, state: str, index: str) -> str:
    """The rule's term with the components of a state for the values, and the state's number for n."""
    n = f"({index} + {rule.least})"
    by = {rule.n: n, f"↑{rule.n}": f"(({n} : Nat) : {rule.kind})"}
    for t in term.walk():
        if t.op == "name" and (back := rule.back(t)) is not None:
            by[t.text] = f"{state}{_part(rule.order - back, rule.order)}"
    return printed(substituted(term, {text: Term("name", text=new) for text, new in by.items()}))
