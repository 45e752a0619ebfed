"""Products that are a number: each factor is one of its divisors.

Not here: other bounds (`bounds.py`). A product may have to be found: in a difference of squares, and in
`x * y + x + y = 71`, which is `(x + 1) * (y + 1) = 72`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prover.generators.rules.base import propositions, single, usable
from prover.generators.rules.polynomials import monomials
from prover.generators.rules.terms import Relation, Term, divisors, linear, read, read_term, value
from prover.lean.state import Goal, Hypothesis

_DIVISORS = 40
#: Seconds for a divisor, as measured; only their ratios matter. Where a factor is linear, divisors bound its variable,
#: and mostly nothing else does: those go first.
_DIVISOR_COST, _LINEAR_COST = 0.25, 0.001
_PRODUCT_LIMIT = 100_000
_EVALUATED_LIMIT = 3_000
_BOUND_LIMIT = 2_500


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
                if len(data) == 1 and data[0].head == "Int" and size <= _EVALUATED_LIMIT:
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
    use, drop = usable(goal, [name])
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
    close = _CLOSE
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


_CLOSE = "first | omega | (subst hm; omega) | (subst hm; simp_all; done) | (simp_all; omega) | grind"


def factor_bounds(goal: Goal, kinds: Mapping[str, str]) -> Iterator[str]:
    """Lines that bound each factor by the number that their product is."""
    for h, r in single(goal):
        if r.sign != "=" or r.negated:
            continue
        total, parts = value(r.right), _factors(r.left)
        product = bool(total) and len(parts) > 1
        found = [([p.text for p in parts], total)] if product else list(_completed(r))
        names = {t.text for side in r.terms for t in side.walk() if t.op == "name"}
        if not names <= kinds.keys():
            continue
        natural = any(kinds[n] == "Nat" for n in names)
        for texts, number in found:
            if not number or abs(number) > _BOUND_LIMIT or (natural and product):
                continue  # natural factors are bounded without integers
            for i, f in enumerate(texts):
                others = " * ".join(f"({o})" for j, o in enumerate(texts) if j != i)
                lifted = f"have hc := congrArg (Nat.cast (R := Int)) {h.name}\n  push_cast at hc\n  "
                yield (f"have : ({f}).natAbs ≤ {abs(number)} := by\n  {lifted if natural else ''}"
                       f"have hk : ({f}) * ({others}) = {number} := by grind\n"
                       f"  exact Nat.le_of_dvd (by decide) (show ({f}).natAbs ∣ {abs(number)} from "
                       f"Int.natAbs_dvd_natAbs.mpr (show ({f}) ∣ ({number} : Int) from ⟨_, hk.symm⟩))")  # fmt: skip


def _completed(r: Relation) -> Iterator[tuple[list[str], int]]:
    """Factors and number of a x y + b x + c y + d = 0, times a: (a x + c) (a y + b) = b c - a d."""
    left, right = (monomials(side) for side in r.terms)
    if left is None or right is None:
        return
    found = {m: c for m in {**left, **right} if (c := left.get(m, 0) - right.get(m, 0))}
    names = {n for m in found for n in m}
    mixed = [m for m in found if len(m) > 1]
    if len(names) != 2 or len(mixed) != 1 or len(set(mixed[0])) != 2 or len(mixed[0]) != 2:
        return
    x, y = mixed[0]
    if any(c.denominator != 1 for c in found.values()):
        return
    a, b, c, d = (int(found.get(m, 0)) for m in ((x, y), (x,), (y,), ()))
    if a < 0:
        a, b, c, d = -a, -b, -c, -d
    if number := b * c - a * d:
        yield [f"{a} * ({x} : Int) + {c}", f"{a} * ({y} : Int) + {b}"], number
