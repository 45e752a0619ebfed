"""Products that are a number: each factor is one of its divisors.

Not here: other bounds (`bounds.py`). A product may have to be found: in a difference of squares, and in
`x * y + x + y = 71`, which is `(x + 1) * (y + 1) = 72`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from prover.generators.rules.base import kind_of, mentions, single
from prover.generators.rules.polynomials import monomials
from prover.generators.rules.terms import Relation, Term, difference, divisors, linear, read_term, value
from prover.lean.state import Goal

_DIVISORS = 40
_PRODUCT_LIMIT = 100_000
_BOUND_LIMIT = 2_500


@dataclass(frozen=True, slots=True)
class _Product:
    """`factors` multiply to `number`, by the hypothesis; as natural numbers, as integers, or lifted to these.

    `name`: of that equation, where `equations` has put it among the hypotheses.
    """

    hypothesis: str
    factors: tuple[Term, ...]
    number: int
    kind: str
    lifted: bool = False
    name: str = ""

    def others(self, i: int) -> str:
        return " * ".join(f.wrapped for j, f in enumerate(self.factors) if j != i)

    def divides(self, i: int) -> str:
        """A proof that a factor divides the number; multiplication is only rearranged for it."""
        typed = f"({self.number} : {self.kind})"
        return f"(show {self.factors[i].wrapped} ∣ {typed} from ⟨{self.others(i)}, {self.name}.symm.trans (by ac_rfl)⟩)"


def equations(goal: Goal, kinds: Mapping[str, str]) -> Iterator[str]:
    """Lines that state each product; the others, which need it more than once, take it from there."""
    for p in _products(goal, kinds):
        lifted = f"\n  have hc := congrArg (Nat.cast (R := Int)) {p.hypothesis}\n  push_cast at hc\n  grind"
        proof = lifted if p.lifted else f" first | exact {p.hypothesis} | grind"
        yield f"have {p.name} : {' * '.join(f.wrapped for f in p.factors)} = {p.number} := by{proof}"


def by_factors(goal: Goal, kinds: Mapping[str, str]) -> Iterator[str]:
    """Each factor of a product that is a number is one of the divisors, whatever bounds there are."""
    for p in _products(goal, kinds):
        for i, f in enumerate(p.factors):
            if not f.closed and not p.lifted:
                yield _divided(f, p.others(i), p.number, p.kind == "Nat")


def _products(goal: Goal, kinds: Mapping[str, str]) -> Iterator[_Product]:
    """The products that hypotheses say to be numbers, also where they have to be completed first."""
    for number, (h, r) in enumerate(single(goal)):
        kind = kind_of(r.names, kinds)
        if r.sign != "=" or r.negated or kind not in ("Nat", "Int"):
            continue
        found = _Product(h.name, tuple(_factors(r.left)), value(r.right) or 0, kind)
        if len(found.factors) < 2 or not found.number:
            found = _completed(h.name, r, found.kind) or found
        # The divisors of large numbers take too long to find.
        sized = 0 < abs(found.number) <= _PRODUCT_LIMIT and (found.kind == "Int" or found.number > 0)
        if sized and len(found.factors) > 1:
            yield replace(found, name=f"hk{number}")


def _factors(term: Term) -> list[Term]:
    """Of a product; of a difference of two squares, too."""
    match term.op, [(a.op, a.args) for a in term.args]:
        case "-", [("^", (a, two)), ("^", (b, other))] if two.text == other.text == "2":
            found = [read_term(f"{a.wrapped} {sign} {b.wrapped}") for sign in "-+"]
            return [f for f in found if f is not None]
    return term.factors()


def _divided(f: Term, others: str, number: int, natural: bool) -> str:
    size, proof = abs(number), f"⟨{others}, by grind⟩"
    ds = divisors(size)[:_DIVISORS]
    subject = f.wrapped if natural else f"({f.text}).natAbs"
    if natural:
        lines = [f"have hd : {f.wrapped} ∣ {number} := {proof}"]
    else:
        lines = [f"have hi : ({f.wrapped} : Int) ∣ {number} := {proof}",
                 f"have hd : {subject} ∣ {size} := Int.natAbs_dvd_natAbs.mpr hi",
                 f"have hj : {others} * {f.wrapped} = {number} := by grind"]  # fmt: skip
    shape = linear(f) or {}
    names = [n for n in shape if n]
    alone = len(names) == 1 and shape[names[0]] == 1
    name, c = (names[0], shape.get("", 0)) if alone else (f.text, 0)
    listed = ", ".join(map(str, ds))
    return "\n".join([
        *lines,
        f"obtain ⟨d, he⟩ : ∃ d, d = {subject} := ⟨_, rfl⟩",
        "rw [← he] at hd",
        f"have key : (List.range {size + 1}).all (fun d => {size} % d != 0 || [{listed}].contains d) = true := by",
        "  decide +kernel",
        "have hm := List.all_eq_true.mp key d (List.mem_range.mpr (Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) hd)))",
        "clear key",
        "simp [Nat.mod_eq_zero_of_dvd hd] at hm",
        f"rcases hm with {' | '.join(['rfl'] * len(ds))}",
        *(_case(name, d, c, natural, alone) for d in ds),
    ])  # fmt: skip


def _case(name: str, d: int, c: int, natural: bool, alone: bool) -> str:
    """The factor, a variable `name` plus c where it is `alone`, is d or -d."""
    if natural and alone and d >= c:
        return f"· obtain rfl : {name} = {d - c} := by omega\n  first | omega | (simp_all; done) | grind"
    if natural:
        return "· first | omega | (simp_all; omega) | grind"
    end = "subst hv; first | omega | (simp_all; done)" if alone else "rw [hv] at hj; omega"
    return (f"· obtain hv | hv : {name} = {d - c} ∨ {name} = {-d - c} := by omega\n"
            f"  all_goals first | omega | ({end})")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Divides:
    """`h : fact`, that a factor in one variable divides its product, with the tactic that shows it, or says nothing.

    `count`: how many values the variable may have for that.
    """

    variable: str
    h: str
    fact: str
    tactic: str
    count: int


def dividing(goal: Goal, kinds: Mapping[str, str]) -> Iterator[Divides]:
    """Of the products that hypotheses say to be numbers, what evaluation can tell of single variables."""
    found = ((p, i, f) for p in _products(goal, kinds) if not p.lifted for i, f in enumerate(p.factors))
    for number, (p, i, f) in enumerate(found):
        names = f.names
        if len(names) != 1:
            continue
        h, fact = f"hz{number}", f"{p.number} % {f.wrapped} = 0"
        lemma = "Nat.mod_eq_zero_of_dvd" if p.kind == "Nat" else "Int.emod_eq_zero_of_dvd"
        proof = f"{lemma} {p.divides(i)}"
        tactic = f"first | have {h} : {fact} := {proof} | have {h} : True := trivial"
        count = len(divisors(abs(p.number))) * (1 if p.kind == "Nat" else 2)
        yield Divides(names[0], h, fact, tactic, count)


def quotient(goal: Goal, kinds: Mapping[str, str]) -> tuple[str, str] | None:
    """A variable that is a product's number by its other factor, and the tactic that puts the quotient in its place."""
    for p in _products(goal, kinds):
        if p.lifted or len(p.factors) != 2:
            continue
        for i, f in enumerate(p.factors):
            other = p.factors[1 - i].wrapped
            shape = linear(f) or {}
            names = [n for n in shape if n]
            if len(names) != 1 or shape[names[0]] != 1 or mentions(other, names[0]) or p.factors[1 - i].closed:
                continue
            name, c, natural = names[0], shape.get("", 0), p.kind == "Nat"
            lemma = "Nat.div_eq_of_eq_mul_right" if natural else "Int.ediv_eq_of_eq_mul_right"
            return name, "\n".join([
                f"obtain rfl : {name} = {p.number} / {other} - {c} := by",
                f"  have hk : {p.number} = {other} * {f.wrapped} := {p.name}.symm.trans (by ac_rfl)",
                f"  have hn : {other} ≠ 0 := fun h0 => by rw [h0] at hk; simp at hk",
                f"  have hq := {lemma} {'(Nat.pos_of_ne_zero hn)' if natural else 'hn'} hk",
                "  omega",
            ])  # fmt: skip
    return None


def factor_bounds(goal: Goal, kinds: Mapping[str, str]) -> Iterator[str]:
    """Lines that bound each factor by the number that their product is."""
    for p in _products(goal, kinds):
        size = abs(p.number)
        for i, f in enumerate(p.factors):
            if f.closed or size > _BOUND_LIMIT:
                continue
            if p.kind == "Nat":
                yield f"have : _ := Nat.le_of_dvd (by decide) {p.divides(i)}"
            else:
                at_most = f"(show ({f.text}).natAbs ∣ {size} from Int.natAbs_dvd_natAbs.mpr {p.divides(i)})"
                yield f"have : ({f.text}).natAbs ≤ {size} := Nat.le_of_dvd (by decide) {at_most}"


def _completed(hypothesis: str, r: Relation, kind: str) -> _Product | None:
    """The product in a x y + b x + c y + d = 0, times a: (a x + c) (a y + b) = b c - a d; None for another equation."""
    left, right = (monomials(side) for side in r.terms)
    if left is None or right is None:
        return None
    found = difference(left, right)
    mixed = [m for m in found if len(m) > 1]
    if sorted(found[m] for m in mixed) == [-1, 1] and len(found) == 3 and () in found:
        x, y = (next(iter(m)) for m in sorted(mixed, key=lambda m: -found[m]))
        if (x, x) in found and (y, y) in found and found[()] == int(found[()]):  # x ^ 2 - y ^ 2, on whichever side
            a = f"({x} : Int)" if kind == "Nat" else x
            factors = tuple(t for sign in "-+" if (t := read_term(f"{a} {sign} {y}")) is not None)
            return _Product(hypothesis, factors, -int(found[()]), "Int", kind == "Nat")
    if len(mixed) != 1 or len(mixed[0]) != 2 or len({n for m in found for n in m}) != 2 or len(set(mixed[0])) != 2:
        return None
    x, y = mixed[0]
    a, b, c, d = (found.get(m, 0) for m in ((x, y), (x,), (y,), ()))
    if any(k != int(k) for k in (a, b, c, d)):
        return None
    a, b, c, d = (int(k) if a > 0 else -int(k) for k in (a, b, c, d))
    lifted = kind == "Nat" and min(b, c) < 0
    variables = [f"({n} : Int)" if lifted else n for n in (x, y)]
    texts = [f"{n if a == 1 else f'{a} * {n}'} + {k}" for n, k in zip(variables, (c, b), strict=True)]
    factors = tuple(t for text in texts if (t := read_term(text)) is not None)
    return _Product(hypothesis, factors, b * c - a * d, "Int" if lifted else kind, lifted)
