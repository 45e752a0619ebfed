"""A sequence given by first values and a rule for the next one: its values, however far, by the kernel's evaluation.

The last few values make a state, and the rule a function of it; by induction the sequence is that function's iterates,
which evaluate. Where states repeat, as far as they do is enough. What values there are is worked out here, so that
they can be written into the tactic: Lean evaluates them again, and a mistake costs one rejected tactic.

Not here: sequences whose rule or values are anything but numbers; those are rewritten until nothing changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from prover.generators.protocol import Position
from prover.generators.rules.base import NUMBERS, Suggestion, arguments, propositions, single, variables
from prover.generators.rules.terms import Relation, Term, difference, least, linear, read, read_term, solved, value
from prover.lean.state import Goal

_RULE = re.compile(r"∀ \((?P<n>[^\s:]+) : Nat\), (?:(?P<guard>[^→∀]+) → )?(?P<equation>[^→∀]+)")
_FARTHEST = 5_000
_MOST_BITS = 8_000
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
    for rule in _rules(goal):
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


@dataclass(frozen=True, slots=True)
class _Rule:
    """`hypothesis : ∀ n, [guard] f (n + shift) = next`, for n ≥ least, of the values `order` places back and later.

    `proof` is the tactic that gives the hypothesis, "" where the goal has it.
    """

    hypothesis: str
    proof: str
    f: str
    kind: str
    n: str
    guarded: bool
    least: int
    shift: int
    order: int
    next: Term

    @property
    def start(self) -> int:
        """The place of the oldest value of the first state."""
        return self.least + self.shift - self.order

    def back(self, term: Term) -> int | None:
        """How many places before the new value a term `f (n + c)` stands; None for another term."""
        at = _argument(term, self.f)
        place = None if at is None else _offset(at, self.n)
        return None if place is None else self.shift - place


def _argument(term: Term, f: str) -> Term | None:
    if term.op != "name" or not term.text.startswith(f"{f} "):
        return None
    return read_term(term.text[len(f) :])


def _offset(term: Term, n: str) -> int | None:
    """c of `n + c`."""
    found = linear(term)
    return found.get("", 0) if found is not None and found.get(n) == 1 and set(found) <= {n, ""} else None


def _rules(goal: Goal) -> Iterator[_Rule]:
    functions = {v.name: v.type.removeprefix("Nat → ") for v in variables(goal) if v.type.startswith("Nat → ")}
    for h in propositions(goal):
        match = _RULE.fullmatch(" ".join(h.type.split()))
        relations = read(match["equation"]) if match else []
        if match is None or len(relations) != 1 or relations[0].sign != "=" or relations[0].negated:
            continue
        n, [relation] = match["n"], relations
        proof = ""
        if relation.left.op != "name":
            newest = _newest(relation, functions, n)
            if newest is None:
                continue
            relation = newest
            proof = f"have hg : {_stated(match, relation)} := by\n  intro {n}{' hn' if match['guard'] else ''}\n"
            proof += f"  have hf := {h.name} {n}{' hn' if match['guard'] else ''}\n  first | omega | grind\n"
        f, guard = relation.left.text.partition(" ")[0], match["guard"]
        lower = 0 if guard is None else next((least(r, n) for r in read(guard)), None)
        kind = functions.get(f)
        at = _argument(relation.left, f)
        shift = None if at is None else _offset(at, n)
        if kind not in NUMBERS or lower is None or shift is None:
            continue
        rule = _Rule("hg" if proof else h.name, proof, f, kind, n, guard is not None, lower, shift, 0, relation.right)
        back = [b for t in relation.right.walk() if t.text.startswith(f"{f} ") and (b := rule.back(t)) is not None]
        if back and min(back) > 0 and lower + shift >= max(back):
            yield replace(rule, order=max(back))


def evaluated(goal: Goal, rule: _Rule) -> str:
    """The values that the goal speaks of, put in their place; "" where they cannot be worked out."""
    given = _given(goal, rule)
    # The rule may hold for places before the first value that is known.
    later = (lower for lower in sorted(place - rule.shift + rule.order for place in given) if lower >= rule.least)
    rules = (replace(rule, least=lower) for lower in (rule.least, *later))
    begins = next((r for r in rules if all(r.start + j in given for j in range(r.order))), None)
    if begins is None:
        return ""
    rule = begins
    wanted = [place for place in _places(goal, rule.f) if place >= rule.start + rule.order]
    if not 0 < len(wanted) <= _MOST_INDICES or wanted[-1] > _FARTHEST:
        return ""
    hypotheses, texts, first = zip(*(given[rule.start + j] for j in range(rule.order)), strict=True)
    values = _values(rule, first, wanted[-1] - rule.start + _LONGEST_PERIOD)
    if len(values) <= wanted[-1] - rule.start:
        return ""
    period = _period(rule, values)
    lines = _iterates(rule, texts, hypotheses, values, wanted, period)
    write = f"simp only [{', '.join(f'hv{i}' for i in range(len(wanted)))}]"
    return rule.proof + "\n".join([*lines, f"first | ({write}; done) | ({write}; {_CLOSE}) | grind | simp_all"])


def _newest(relation: Relation, functions: Mapping[str, str], n: str) -> Relation | None:
    """A linear rule with its newest value by itself, of `f (n + 1) - f n = 4`; None for another."""
    left, right = (linear(side) for side in relation.terms)
    if left is None or right is None:
        return None
    parts = difference(left, right)
    places: dict[str, int] = {}
    for text in parts:
        f = text.partition(" ")[0]
        term = read_term(text) if f in functions else None
        at = None if term is None else _argument(term, f)
        place = None if at is None else _offset(at, n)
        if place is not None:
            places[text] = place
    newest = max(places, key=lambda text: places[text], default="")
    whole = parts.pop(newest, 0)
    divided = abs(whole) != 1
    if not whole or (divided and functions[newest.partition(" ")[0]] != "Rat"):
        return None
    rest = solved(parts, whole)
    return next(iter(read(f"{newest} = ({rest}) / {abs(whole)}" if divided else f"{newest} = {rest}")), None)


def _stated(match: re.Match[str], relation: Relation) -> str:
    guard = f"{match['guard']} → " if match["guard"] else ""
    return f"∀ {match['n']} : Nat, {guard}{relation.left.text} = {relation.right.text}"


def _places(goal: Goal, f: str) -> list[int]:
    """The places c of all `f c` outside of the rule, ascending."""
    texts = [goal.target, *(h.type for h in propositions(goal))]
    return sorted({place for text in texts for place in arguments(f, text)})


def _given(goal: Goal, rule: _Rule) -> dict[int, tuple[str, str, Fraction]]:
    """Place → the hypothesis that gives the value there, as it is written, and what it is."""
    found: dict[int, tuple[str, str, Fraction]] = {}
    for h, r in single(goal):
        at = _argument(r.left, rule.f)
        place, number = (None if at is None else value(at)), _number(r.right, rule, {}, 0)
        if r.sign == "=" and not r.negated and place is not None and number is not None:
            found[place] = h.name, r.right.text, number
    return found


def _number(term: Term, rule: _Rule, window: dict[int, Fraction], n: int) -> Fraction | None:
    """What a term is, given values by how far back they stand; as Lean counts, None where that is not known here."""
    if term.op == "number":
        return Fraction(term.value)
    if term.op == "name":
        if term.text.removeprefix("↑") == rule.n:
            return Fraction(n)
        back = rule.back(term)
        return None if back is None else window.get(back)
    parts = [_number(a, rule, window, n) for a in term.args]
    if any(p is None for p in parts):
        return None
    result: Fraction | None = None
    match term.op, parts:
        case "-", [Fraction() as a]:
            result = -a
        case "+", [Fraction() as a, Fraction() as b]:
            result = a + b
        case "-", [Fraction() as a, Fraction() as b]:
            result = max(a - b, Fraction(0)) if rule.kind == "Nat" else a - b
        case "*", [Fraction() as a, Fraction() as b]:
            result = a * b
        case "/", [Fraction() as a, Fraction() as b] if b > 0 or (rule.kind == "Rat" and b):
            result = a / b if rule.kind == "Rat" else Fraction(a // b)
        case "%", [Fraction() as a, Fraction() as b] if b > 0 and rule.kind != "Rat":
            result = a % b
        case "^", [Fraction() as a, Fraction() as b] if b.denominator == 1 and 0 <= b <= 64:
            result = a ** int(b)
    return result


def _values(rule: _Rule, first: Sequence[Fraction], count: int) -> list[Fraction]:
    """The first `count` values, from `rule.start`; fewer where they grow too large or are not known here."""
    values = list(first)
    while len(values) < count:
        window = {back: values[-back] for back in range(1, rule.order + 1)}
        following = _number(rule.next, rule, window, rule.start + len(values) - rule.shift)
        if following is None or max(following.numerator.bit_length(), following.denominator.bit_length()) > _MOST_BITS:
            break
        values.append(following)
    return values


def _period(rule: _Rule, values: Sequence[Fraction]) -> int | None:
    """After how many steps the first state is there again, where the rule does not speak of n itself."""
    if any(t.op == "name" and t.text.removeprefix("↑") == rule.n for t in rule.next.walk()):
        return None
    first = values[: rule.order]
    most = min(_LONGEST_PERIOD, len(values) - rule.order)
    return next((p for p in range(1, most + 1) if values[p : p + rule.order] == first), None)


def _iterates(
    rule: _Rule, first: Sequence[str], hypotheses: Sequence[str], values: Sequence[Fraction], wanted: Sequence[int],
    period: int | None,
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


def _step(rule: _Rule, parts: Sequence[str]) -> str:
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


def _rendered(rule: _Rule, term: Term, state: str, index: str) -> str:
    """The rule's term with the components of a state for the values, and the state's number for n."""
    if term.op == "number":
        return term.text
    if term.op == "name":
        if term.text.removeprefix("↑") == rule.n:
            n = f"({index} + {rule.least})"
            return n if term.text == rule.n else f"(({n} : Nat) : {rule.kind})"
        back = rule.back(term)
        return f"{state}{_part(rule.order - (back or 0), rule.order)}"
    parts = [_rendered(rule, a, state, index) for a in term.args]
    return f"(-{parts[0]})" if len(parts) == 1 else f"({parts[0]} {term.op} {parts[1]})"
