"""Finite search: a bound for a variable, then every value, by the kernel's evaluation or case by case.

Not here: remainders (`modular.py`). Where the bound comes from: linear arithmetic; the factors of a product that
is a number; signs of products; growth of powers. A tactic states its bound as a `have`, so that a wrong guess fails.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, asserted, mentions, propositions, variables
from prover.generators.rules.modular import powers, relations
from prover.generators.rules.terms import Relation, Term, bounds, divisors, linear, read, read_term, value
from prover.lean.state import Goal, Hypothesis

_BOUNDS = (12, 40, 100, 500, 2500)
_POINTS = 12_000  # points that the kernel evaluates in a few seconds
_WALK = 110  # values that are worth a tactic each
_DIVISORS = 40
#: Seconds for a point, a value and a divisor, as measured; only their ratios matter. Where a factor is linear, divisors
#: bound its variable, and mostly nothing else does: those go first.
_POINT_COST, _WALK_COST, _DIVISOR_COST, _LINEAR_COST = 0.0005, 0.04, 0.06, 0.001
_PRODUCT_LIMIT = 100_000
_SQUARE = "Lean.Grind.OrderedRing.sq_nonneg"
_FACT = re.compile(r"have (hf\d+)")
_CLOSE = "first | omega | (simp_all; done) | grind"


def bounded(position: Position) -> Iterator[Suggestion]:
    """All rules of this file, the cheap ones first."""
    goal = position.goals[0]
    data = [v for v in variables(goal) if v.head in ("Nat", "Int")]
    found = relations(goal)
    if not data:
        return
    facts = _facts(goal, found, data)
    searches = [*by_factors(goal, data), *evaluated(goal, found, data, facts), *walked(goal, data, facts)]
    for _, tactic in sorted(searches, key=lambda search: search[0]):
        yield Suggestion(0.8, tactic)


def _facts(goal: Goal, found: list[Relation], data: list[Hypothesis]) -> list[str]:
    """Lines that tell linear arithmetic something about what it cannot see: products and powers."""
    kinds = {v.name: v.head for v in data}
    lines: list[str] = []
    for r in found:
        for side in r.terms:
            for t in side.walk():
                if t.op == "*" and len(f := t.factors()) == 2 and all(x.op == "name" and x.text in kinds for x in f):
                    a, b = f[0].text, f[1].text
                    if kinds[a] != kinds[b]:
                        continue
                    kind = kinds[a]
                    if kind == "Int":
                        lines.append(f"have : _ := Int.mul_pos (show 0 < {a} by omega) (show 0 < {b} by omega)")
                    else:
                        lines.append(f"have : _ := Nat.le_mul_of_pos_right {a} (show 0 < {b} by omega)")
                        lines.append(f"have : _ := Nat.le_mul_of_pos_left {b} (show 0 < {a} by omega)")
                if t.op == "^" and t.args[0].op == "name" and t.args[0].text in kinds and t.args[1].op == "number":
                    a, k = t.args[0].text, t.args[1].value
                    if kinds[a] == "Nat" and k:
                        lines.append(f"have : _ := Nat.le_self_pow (n := {k}) (by decide) {a}")
                    elif k == 2:
                        for sign in "-+":
                            square = f"(2 * {a} {sign} 1) ^ 2"
                            lines.append(f"have : {a} ≤ {a} ^ 2 := by\n  have : 0 ≤ {square} := {_SQUARE}\n  grind"
                                         if sign == "-" else
                                         f"have : -{a} ≤ {a} ^ 2 := by\n  have : 0 ≤ {square} := {_SQUARE}\n  grind")
    for h in propositions(goal):
        for r in read(h.type):
            total = value(r.right)
            if r.sign == "∣" and total and not r.negated and kinds.get(r.left.text) == "Nat":
                lines.append(f"have : _ := Nat.le_of_dvd (by decide) {h.name}")
            if r.sign == "=" and total and 0 < total <= _PRODUCT_LIMIT and len(fs := r.left.factors()) > 1:
                for i, f in enumerate(fs):
                    others = " * ".join(x.wrapped for j, x in enumerate(fs) if j != i)
                    lines.append(f"have : _ := Nat.le_of_dvd (by decide) (show {f.wrapped} ∣ {total} from "
                                 f"⟨{others}, by grind⟩)")  # fmt: skip
    for base, exponent in powers(found):
        limit = max((t.value for r in found for s in r.terms for t in s.walk() if t.op == "number"), default=0)
        if linear(exponent) is not None and limit:
            k = int(math.log(limit, base)) + 1
            name = exponent.text
            lines.append(f"have : {name} < {k} := by\n  false_or_by_contra\n  have : _ := "
                         f"Nat.pow_le_pow_right (n := {base}) (by decide) (show {k} ≤ {name} by omega)\n"
                         "  first | omega | grind")  # fmt: skip
    lines = list(dict.fromkeys(lines))
    return [_tried(line, i) for i, line in enumerate(lines)]


def _tried(line: str, number: int) -> str:
    """A named fact that may fail to hold without harm."""
    first, *rest = line.replace("have :", f"have hf{number} :", 1).split("\n")
    return "\n".join([f"try {first}", *(f"      {r}" for r in rest)])


def by_factors(goal: Goal, data: list[Hypothesis]) -> Iterator[tuple[float, str]]:
    """A product that is a number: each of its factors is one of the divisors. With its cost."""
    kinds = {v.name: v.head for v in data}
    for h in propositions(goal):
        for r in read(h.type):
            if r.sign != "=" or r.negated:
                continue
            total = value(r.right)
            factors = _factors(r.left)
            if not total or abs(total) > _PRODUCT_LIMIT or len(factors) < 2 or "∧" in h.type:
                continue
            for i, f in enumerate(factors):
                names = [t.text for t in f.walk() if t.op == "name"]
                if not names or any(n not in kinds for n in names):
                    continue
                others = " * ".join(x.wrapped for j, x in enumerate(factors) if j != i)
                size = abs(total)
                if len(data) == 1 and data[0].head == "Int" and size <= _POINTS // 4:
                    tactic = _evaluated_divisors(goal, data[0].name, f, others, total)
                    if tactic:
                        yield 0.0, tactic
                natural = all(kinds[n] == "Nat" for n in names)
                each = _LINEAR_COST if natural and linear(f) is not None else _DIVISOR_COST
                yield each * len(divisors(size)[:_DIVISORS]), _divided(f, others, size, total, natural)


def _factors(term: Term) -> list[Term]:
    """Of a product; of a difference of two squares, too."""
    match term.op, [(a.op, a.args) for a in term.args]:
        case "-", [("^", (a, two)), ("^", (b, other))] if two.text == other.text == "2":
            found = [read_term(f"{a.wrapped} {sign} {b.wrapped}") for sign in "-+"]
            return [f for f in found if f is not None]
    return term.factors()


def _evaluated_divisors(goal: Goal, name: str, f: Term, others: str, total: int) -> str:
    """The integer is a divisor, or its negative, less a constant: the kernel evaluates those; "" for another factor."""
    shape = linear(f)
    use, drop = _usable(goal, [name])
    if drop or not use or shape is None or shape.get(name) != 1:
        return ""
    constant, size = shape.get("", 0), abs(total)
    return "\n".join([
        f"have hd : {f.wrapped}.natAbs ∣ {size} := Int.natAbs_dvd_natAbs.mpr (show {f.wrapped} ∣ {total} from "
        f"⟨{others}, by grind⟩)",
        f"obtain ⟨d, he⟩ : ∃ d, d = {f.wrapped}.natAbs := ⟨_, rfl⟩",
        "rw [← he] at hd",
        f"have hv : {name} = (d : Int) - {constant} ∨ {name} = -(d : Int) - {constant} := by omega",
        f"have hz : {size} % d = 0 := Nat.mod_eq_zero_of_dvd hd",
        f"have hb : d ∈ List.range {size + 1} := List.mem_range.mpr (Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) hd))",
        "clear he hd",
        "rcases hv with rfl | rfl",
        f"all_goals\n  revert {' '.join(use)}\n  revert hz\n  revert hb\n  revert d\n  decide +kernel",
    ])  # fmt: skip


def _divided(f: Term, others: str, size: int, total: int, natural: bool) -> str:
    ds = divisors(size)[:_DIVISORS]
    listed = ", ".join(map(str, ds))
    subject = f.wrapped if natural else f"({f.text}).natAbs"
    proof = f"⟨{others}, by grind⟩"
    lines = [f"have hd : {f.wrapped} ∣ {total} := {proof}"]
    close = _CLOSE_FACTOR
    if not natural:
        lines = [f"have hi : ({f.wrapped} : Int) ∣ {total} := {proof}",
                 f"have hd : {subject} ∣ {size} := Int.natAbs_dvd_natAbs.mpr hi",
                 f"have hj : {others} * {f.wrapped} = {total} := by grind"]  # fmt: skip
        name, c, end = f.text, 0, "rw [hv] at hj; omega"
        shape = linear(f) or {}
        names = [n for n in shape if n]
        if len(names) == 1 and shape[names[0]] == 1:
            name, c, end = names[0], shape.get("", 0), "subst hv; first | omega | (simp_all; done)"
        close = "\n".join(
            f"· obtain hv | hv : {name} = {d - c} ∨ {name} = {-d - c} := by omega\n"
            f"  all_goals first | omega | ({end})"
            for d in ds
        )  # fmt: skip
    lines += [
        f"have key : (List.range {size + 1}).all (fun d => {size} % d != 0 || [{listed}].contains d) = true := by "
        "decide +kernel",
        f"have hm := List.all_eq_true.mp key {subject} (List.mem_range.mpr (Nat.lt_succ_of_le (Nat.le_of_dvd "
        "(by decide) hd)))",
        "clear key",
        "simp [Nat.mod_eq_zero_of_dvd hd] at hm",
        f"rcases hm with {' | '.join(['hm'] * len(ds))}" + (f" <;> {close}" if close[0] != "·" else f"\n{close}"),
    ]
    return "\n".join(lines)


_CLOSE_FACTOR = "first | omega | (subst hm; omega) | (subst hm; simp_all; done) | (simp_all; omega) | grind"


def _usable(goal: Goal, names: list[str]) -> tuple[list[str], list[str]]:
    """Hypotheses that evaluation can use: about nothing but the variables; and the others, which stand in its way."""
    use, drop = [], []
    others = [v.name for v in variables(goal) if v.name not in names]
    for h in propositions(goal):
        quantified = any(c in h.type for c in "∀∃") or any(mentions(h.type, o) for o in others)
        (drop if quantified else use).append(h.name)
    return use[::-1], drop


def evaluated(
    goal: Goal, found: list[Relation], data: list[Hypothesis], facts: list[str]
) -> Iterator[tuple[float, str]]:
    """All variables below a bound that arithmetic can show; then the kernel evaluates every point. With its cost."""
    names = [v.name for v in data]
    if len(names) > 3 or any(v.name not in names for v in variables(goal)):
        return
    if any(c in goal.target for c in "∀∃"):
        return
    use, drop = _usable(goal, names)
    if any(mentions(h.type, n) for h in propositions(goal) if h.name in drop for n in names):
        return
    literals = {t.value + 1 for r in found for side in r.terms for t in side.walk() if t.op == "number"}
    for bound in sorted({*_BOUNDS, *(n for n in literals if 1 < n <= _BOUNDS[-1])}):
        points = math.prod(bound if v.head == "Nat" else 2 * bound for v in data)
        if points <= _POINTS:
            yield points * _POINT_COST, _evaluation(data, bound, facts, use)


def _evaluation(data: list[Hypothesis], bound: int, facts: list[str], use: list[str]) -> str:
    lines: list[str] = list(facts)
    back = []
    for v in data:
        if v.head == "Nat":
            lines.append(f"have hb_{v.name} : {v.name} ∈ List.range {bound} := List.mem_range.mpr (by omega)")
            back.append((v.name, f"hb_{v.name}"))
            continue
        lines.append(f"have hb_{v.name} : -{bound} ≤ {v.name} ∧ {v.name} < {bound} := by omega")
    lines += [f"try clear {fact}" for fact in _FACT.findall("\n".join(facts))]
    for v in data:
        if v.head == "Nat":
            continue
        k = f"k_{v.name}"
        lines.append(f"obtain ⟨{k}, hk_{v.name}⟩ : ∃ k : Nat, {v.name} = (k : Int) - {bound} := "
                     f"⟨({v.name} + {bound}).toNat, by omega⟩")  # fmt: skip
        lines.append(f"have hb2_{v.name} : {k} ∈ List.range {2 * bound} := List.mem_range.mpr (by omega)")
        lines.append(f"clear hb_{v.name}")
        lines.append(f"subst hk_{v.name}")
        back.append((k, f"hb2_{v.name}"))
    if use:
        lines.append(f"revert {' '.join(use)}")
    for name, h in reversed(back):
        lines.append(f"revert {h}")
        lines.append(f"revert {name}")
    lines.append("decide +kernel")
    return "\n".join(lines)


def walked(goal: Goal, data: list[Hypothesis], facts: list[str]) -> Iterator[tuple[float, str]]:
    """One variable between two numbers, each of its values by arithmetic that is then linear. With its cost."""
    limits = stated(goal)
    for v in data:
        low, high = limits.get(v.name, (None, None))
        if v.head == "Nat":
            low = low or 0
        if low is not None and high is not None and 0 < high - low <= _WALK:
            yield (high - low) * _WALK_COST, _walk(v, low, high + 1, [])
    for bound in (b for b in _BOUNDS if b <= _WALK):
        for v in data[:4]:
            yield bound * _WALK_COST, _walk(v, 0, bound, facts)
            if v.head == "Int":
                yield 2 * bound * _WALK_COST, _walk(v, -bound, bound, facts)


def stated(goal: Goal) -> dict[str, tuple[int | None, int | None]]:
    """The lowest and highest values of variables, as far as hypotheses say them in so many words."""
    low: dict[str, int] = {}
    high: dict[str, int] = {}
    for _, r in asserted(goal):
        found = bounds(r)
        if found is not None and found.low is not None:
            low[found.name] = found.low
        if found is not None and found.high is not None:
            high[found.name] = found.high
    return {name: (low.get(name), high.get(name)) for name in {**low, **high}}


def _walk(v: Hypothesis, low: int, bound: int, facts: list[str]) -> str:
    natural = v.head == "Nat"
    split = "Nat.eq_or_lt_of_le" if natural else "Int.le_iff_eq_or_lt.mp"
    following = "Nat.succ_le_of_lt" if natural else "Int.add_one_le_of_lt"
    numerals = "Nat.succ_eq_add_one, Nat.reduceAdd" if natural else "Int.reduceAdd, Int.reduceNeg"
    return "\n".join([
        *facts,
        f"have hhi : {v.name} < {bound} := by omega",
        f"have hlo : {low} ≤ {v.name} := by omega",
        f"iterate {bound - low} (rcases {split} hlo with hv | hlo'; (subst hv; {_CLOSE}); "
        f"replace hlo := {following} hlo'; clear hlo'; simp only [{numerals}] at hlo)",
        "omega",
    ])  # fmt: skip
