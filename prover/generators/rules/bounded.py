"""Finite search: a bound for each variable, then every value, by the kernel's evaluation or case by case.

Not here: remainders (`modular.py`), where bounds come from (`bounds.py`), products that are a number (`factors.py`).
The smallest bound that linear arithmetic can show is found in the tactic itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import gcd

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, mentions, propositions, relations, single, usable, variables
from prover.generators.rules.bounds import Ranges, facts, stated
from prover.generators.rules.factors import Divides, by_factors, dividing, quotient
from prover.generators.rules.terms import Relation, difference, linear, solved
from prover.lean.state import Goal, Hypothesis

_BOUNDS = (12, 40, 100, 500, 2500)
_MOST_LITERALS = 4
_POINTS = 12_000  # points that the kernel evaluates in a few seconds
_MOST_POINTS = 100_000  # where hypotheses give bounds; others may leave most of them unevaluated
_WALK = 110  # values that are worth a tactic each
_MOST_WALKED, _MOST_EVALUATED = 4, 3
_NAMED = re.compile(r"^(?:try )?have (\w+) :", re.MULTILINE)
_CLOSE = "first | omega | (simp_all; done) | grind"


def bounded(position: Position) -> Iterator[Suggestion]:
    """All rules of this file, the quickest first."""
    goal = position.goals[0]
    data = _searched(goal)
    if not data:
        return
    kinds = {v.name: v.head for v in data}
    limits = stated(goal)
    known = facts(goal, data, limits)
    for tactic in [*evaluated(goal, known, limits), *by_factors(goal, kinds), *walked(data, known, limits)]:
        yield Suggestion(0.8, tactic)


def _searched(goal: Goal) -> list[Hypothesis]:
    """The natural numbers and integers that the goal is about."""
    said = " ; ".join([goal.target, *(h.type for h in propositions(goal))])
    return [v for v in variables(goal) if v.head in ("Nat", "Int") and mentions(said, v.name)]


def finite_search(goal: Goal) -> Iterator[str]:
    """`evaluated` alone, for a goal that another rule has told more than it says."""
    limits = stated(goal)
    yield from evaluated(goal, facts(goal, _searched(goal), limits), limits)


def evaluated(goal: Goal, known: Sequence[str], limits: Ranges) -> Iterator[str]:
    """All variables below bounds that arithmetic can show; then the kernel evaluates every point.

    `known`, `limits`: of `bounds.facts` and `bounds.stated`.
    """
    data = _searched(goal)
    names = [v.name for v in data]
    use, drop = usable(goal, names)
    about = {h.name: h.type for h in propositions(goal)}
    others = [v.name for v in variables(goal) if v.head not in ("Nat", "Int")]
    if not data or any(mentions(goal.target, o) for o in others) or any(c in goal.target for c in "∀∃"):
        return
    if any(mentions(about[h], n) for h in drop for n in names):
        return
    kinds = {v.name: v.head for v in data}
    linear_in = _solved(goal, data) if len(data) > 1 else None
    given = linear_in or (quotient(goal, kinds) if len(data) > 1 else None)
    searched = [v for v in data if given is None or v.name != given[0]]
    if len(searched) > _MOST_EVALUATED:
        return
    pruned = list(dividing(goal, kinds))
    lines = [*known, *(p.tactic for p in pruned), *([given[1]] if given and not linear_in else [])]
    sizes = _sizes(relations(goal), searched, limits, pruned)
    if not sizes:
        return
    for v in searched:
        lines.append(_below(v, sizes[v.name]))
    lines += [linear_in[1]] if linear_in else []  # bounds are easier to see without a division
    lines += [f"try clear {h}" for h in _NAMED.findall("\n".join(known))]
    lines += [f"subst hk_{v.name}" for v in searched if v.head == "Int"]
    # What is about the first variables alone is asked before the others are gone through.
    fewest = {v.name: min([sizes[v.name][-1], *(p.count for p in pruned if p.variable == v.name)]) for v in searched}
    order = sorted(searched, key=lambda v: fewest[v.name])
    use, about = [*use, *(p.h for p in pruned)], about | {p.h: p.fact for p in pruned}
    stage = {v.name: i for i, v in enumerate(order)}
    if given:
        stage[given[0]] = len(order) - 1
    told: list[list[str]] = [[] for _ in order]
    for h in use:
        told[max((stage[n] for n in names if mentions(about[h], n)), default=0)].append(h)
    for v, hypotheses in reversed(list(zip(order, told, strict=True))):
        value = f"k_{v.name}" if v.head == "Int" else v.name
        lines += [*([f"revert {' '.join(hypotheses)}"] if hypotheses else []), f"revert hb_{v.name}", f"revert {value}"]
    # Several variables with what is said of each are more than Lean looks for an instance by itself.
    lines.append("set_option synthInstance.maxSize 1000 in decide +kernel")
    yield "\n".join(lines)


def _solved(goal: Goal, data: Sequence[Hypothesis]) -> tuple[str, str] | None:
    """A variable that a linear equation gives, the last, and the tactic that puts the others in its place."""
    kinds = {v.name: v.head for v in data}
    for _, r in single(goal):
        left, right = (linear(side) for side in r.terms)
        if r.sign != "=" or r.negated or left is None or right is None:
            continue
        whole = difference(left, right)
        common = gcd(*whole.values())
        whole = {n: c // common for n, c in whole.items()}
        named = [n for n in whole if n]
        if len(named) < 2 or any(n not in kinds for n in named) or len({kinds[n] for n in named}) > 1:
            continue
        name = min(sorted(named, reverse=True), key=lambda n: abs(whole[n]))
        value, times = solved({n: c for n, c in whole.items() if n != name}, whole[name]), abs(whole[name])
        if times == 1:
            return name, f"obtain rfl : {name} = {value} := by omega"
        lemma = "Nat.div_eq_of_eq_mul_right" if kinds[name] == "Nat" else "Int.ediv_eq_of_eq_mul_right"
        exact = f"({lemma} (by decide) (show {value} = {times} * {name} by omega)).symm"
        return name, f"obtain rfl : {name} = ({value}) / {times} := {exact}"
    return None


def _sizes(
    found: Sequence[Relation], searched: Sequence[Hypothesis], limits: Ranges, pruned: Sequence[Divides]
) -> Mapping[str, list[int]]:
    """For each variable the bounds to try, ascending; so few that not too many points are evaluated in the end.

    Empty where hypotheses give bounds that leave too many points.
    """
    literals = {t.value + 1 for r in found for t in r.walk() if t.op == "number"}
    tried = sorted({*_BOUNDS, *sorted(n for n in literals if 1 < n <= _BOUNDS[-1])[-_MOST_LITERALS:]})
    sizes: dict[str, list[int]] = {}
    points = 1
    for v in searched:
        low, high = limits.get(v.name, (None, None))
        low = 0 if low is None and v.head == "Nat" else low
        counts = [p.count for p in pruned if p.variable == v.name]
        if low is not None and high is not None and high >= low:
            sizes[v.name] = [max(high + 1, -low, 1)]
            counts.append(high - low + 1)
        elif counts:
            sizes[v.name] = tried
        points *= min(counts, default=1)
    if points > _MOST_POINTS:
        return {}
    others = [v.name for v in searched if v.name not in sizes]
    most = max(_BOUNDS[0], (_POINTS / points) ** (1 / len(others))) if others else 0
    return sizes | {name: [n for n in tried if n <= most] for name in others}


def _below(v: Hypothesis, sizes: Sequence[int]) -> str:
    """`hb_x`: the variable is in a range that the kernel can go through; for an integer, `k_x` is, that much more."""
    if v.head == "Nat":
        tried = [[f"have hb_{v.name} : {v.name} ∈ List.range {n} := List.mem_range.mpr (by omega)"] for n in sizes]
    else:
        between = [*((0, n) for n in sizes), *((-n, n) for n in sizes)]
        tried = [[
            f"have hi_{v.name} : {low} ≤ {v.name} ∧ {v.name} < {high} := by omega",
            f"obtain ⟨k_{v.name}, hk_{v.name}⟩ : ∃ k : Nat, {v.name} = (k : Int) - {-low} := "
            f"⟨({v.name} + {-low}).toNat, by omega⟩",
            f"have hb_{v.name} : k_{v.name} ∈ List.range {high - low} := List.mem_range.mpr (by omega)",
            f"clear hi_{v.name}",
        ] for low, high in between]  # fmt: skip
    return _first(tried)


def _first(tried: Sequence[Sequence[str]]) -> str:
    """The first of these sequences of tactics that succeeds."""
    alternatives = ("\n".join([f"  | {first}", *(f"    {line}" for line in rest)]) for first, *rest in tried)
    return "\n".join(["first", *alternatives])


def walked(data: Sequence[Hypothesis], known: Sequence[str], limits: Ranges) -> Iterator[str]:
    """One variable between two numbers, each of its values by arithmetic that is then linear."""
    for v in data[:_MOST_WALKED]:
        low, high = limits.get(v.name, (None, None))
        low = (low or 0) if v.head == "Nat" else low
        if low is not None and high is not None:
            if 0 < high - low <= _WALK:
                yield _walk(v, [(low, high + 1)], known)
            continue
        between = [(0 if low is None else low, b) for b in _BOUNDS if b <= _WALK and (low is None or low < b)]
        if v.head == "Int" and low is None:
            between += [(-b, b) for b in _BOUNDS if b <= _WALK]
        yield _walk(v, between, known)


def _walk(v: Hypothesis, between: Sequence[tuple[int, int]], known: Sequence[str]) -> str:
    natural = v.head == "Nat"
    split = "Nat.eq_or_lt_of_le" if natural else "Int.le_iff_eq_or_lt.mp"
    following = "Nat.succ_le_of_lt" if natural else "Int.add_one_le_of_lt"
    numerals = "Nat.succ_eq_add_one, Nat.reduceAdd" if natural else "Int.reduceAdd, Int.reduceNeg"
    limits = [[f"have hhi : {v.name} < {b} := by omega", f"have hlo : {a} ≤ {v.name} := by omega"] for a, b in between]
    return "\n".join([
        *known,
        _first(limits),
        f"repeat first | exact absurd hhi ({'Nat' if natural else 'Int'}.not_lt.mpr hlo) | (",
        f"  rcases {split} hlo with hv | hlo'; (subst hv; {_CLOSE}); replace hlo := {following} hlo'; clear hlo';",
        f"  simp only [{numerals}] at hlo)",
    ])  # fmt: skip
