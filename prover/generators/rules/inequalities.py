"""Inequalities: squares are not negative, products of what hypotheses say, denominators cleared.

Not here: equations (`algebra.py`). Each tactic states facts for `grind`, which is linear over monomials.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from prover.generators.protocol import Position
from prover.generators.rules.base import NUMBERS, SQUARE, Suggestion, kind_of, relations, single, variables
from prover.generators.rules.polynomials import expanded, monomials
from prover.generators.rules.quadratics import not_negative, square_facts, vanishing
from prover.generators.rules.rational_functions import quotient, written
from prover.generators.rules.terms import ORDER, Relation, Term, linear, read, read_term, substituted
from prover.lean.state import Goal

_STRICT = {"<", ">"}
_MOST_VARIABLES, _MOST_ORDERS = 4, 4


def inequalities(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    yield from (Suggestion(0.5, tactic) for tactic in quadratic(goal))
    data = [v for v in variables(goal) if v.head in ("Int", "Rat")][:_MOST_VARIABLES]
    found = relations(goal)
    if not data or not any(r.sign in ORDER or r.sign == "=" for r in found):
        return
    if not any(_nonlinear(side) for r in found for side in r.terms):
        return
    names, kind = [v.name for v in data], data[0].head
    told = [r for _, r in single(goal) if r.sign in ORDER and not r.negated][:_MOST_ORDERS]
    for rule in (means, cleared, squares, products, together):
        for tactic in rule(goal, names, told, kind):
            yield Suggestion(0.5, tactic)


def quadratic(goal: Goal) -> Iterator[str]:
    """A difference that is a sum of squares, also after a linear equation has let go of a variable."""
    yield from vanishing(goal)
    kinds = {v.name: v.head for v in variables(goal)}
    for r in read(goal.target)[:1]:
        kind = kind_of(r.names, kinds)
        natural = kind == "Nat"
        if r.sign not in ORDER or r.negated or kind not in NUMBERS:
            continue
        term = read_term(_difference(r))
        if term is None or (natural and any(t.op == "-" for t in r.walk())):
            continue
        if facts := list(not_negative(term, lifted=natural)):
            yield "\n".join([*facts, "grind"])
        for name, value, lines in () if natural else _solved(goal, r.names):
            if facts := list(not_negative(substituted(term, {name: value}))):
                yield "\n".join([lines, *facts, "grind"])


def _squares(names: Sequence[str], quartic: bool = False) -> str:
    """Squares of differences, of sums and of the variables, as facts; `quartic`: those of their products, too."""
    pairs = list(combinations(names, 2))
    found = [*(f"{a} {sign} {b}" for sign in "-+" for a, b in pairs), *names, *(f"{a} - 1" for a in names)]
    if len(names) == 1:
        found += [f"{names[0]} + 1", f"2 * {names[0]} - 1", f"2 * {names[0]} + 1"]
    if quartic:
        found += [*(f"{a} ^ 2 - {b} ^ 2" for a, b in pairs), *(f"{a} * {b}" for a, b in pairs)]
        found += [f"{a} ^ 2 - 1" for a in names]
        found += [f"{c} * ({a} - {b})" for a, b in pairs or [(a, "1") for a in names] for c in (a, b, f"({a} + {b})")]
    if len(names) == 4:  # as in the inequality of Cauchy and Schwarz
        a, b, c, d = names
        found += [f"{a} * {y} - {x} * {z}" for x, y, z in ((b, d, c), (c, d, b), (b, c, d))]
    return "\n".join(square_facts(found, "hs"))


def squares(goal: Goal, names: Sequence[str], told: Sequence[Relation], kind: str) -> Iterator[str]:
    """Squares as facts, also where a linear equation lets go of a variable, and for an equation of a square."""
    facts = _squares(names, any(t.op == "^" and t.args[1].text == "4" for r in read(goal.target) for t in r.walk()))
    yield f"{facts}\ngrind"
    for _, _, solved in _solved(goal, names):
        yield f"{facts}\n{solved}\ngrind"
    for r in read(goal.target)[:1]:
        if r.sign == "=" and not r.negated:
            difference = f"({r.left.wrapped} - {r.right.wrapped})"
            zero = f"have hz : {difference} * {difference} = 0 := by grind"
            yield f"{facts}\n{zero}\nrcases {kind}.mul_eq_zero.mp hz with hr | hr <;> grind"


def products(goal: Goal, names: Sequence[str], told: Sequence[Relation], kind: str) -> Iterator[str]:
    """Products of what hypotheses say is not negative with each other, with the target's contrary, with squares."""
    weighted = [f"{_weighted(names, told, kind)}\ngrind"] if told else []
    steep = any(_steep(read_term(_difference(r))) for r in read(goal.target)[:1])
    if told:
        pairs = "\n".join([*_differences(told, kind), *_pairs(told, kind)])
        yield f"{pairs}\ngrind"
        yield from weighted if steep else ()
        yield f"{pairs}\n{_squares(names)}\ngrind"
    for r in read(goal.target)[:1]:
        if r.sign in ORDER and not r.negated:
            yield "\n".join([*_contrary(r, told, kind), "grind"])
            if len(names) > 1:
                yield "\n".join([*_contrary(r, told, kind), _squares(names), "grind"])
    yield from () if steep else weighted


def _steep(term: Term | None) -> bool:
    """Whether a polynomial has a degree above two, which squares alone do not reach."""
    return term is not None and any(len(m) > 2 for m in monomials(term) or ())


def _differences(told: Sequence[Relation], kind: str) -> Iterator[str]:
    """`hd0 : 0 ≤ b - a`, and where it is so, `he0 : 0 < b - a`."""
    for i, r in enumerate(told):
        proof = "by first | assumption | grind"
        if r.sign in _STRICT:
            yield f"have he{i} : (0 : {kind}) < {_difference(r)} := {proof}"
            proof = f"{kind}.le_of_lt he{i}"
        yield f"have hd{i} : (0 : {kind}) ≤ {_difference(r)} := {proof}"


def _pairs(told: Sequence[Relation], kind: str) -> Iterator[str]:
    for i, one in enumerate(told):
        for j, other in enumerate(told[i:], i):
            strict = one.sign in _STRICT and other.sign in _STRICT
            product = f"mul_pos he{i} he{j}" if strict else f"mul_nonneg hd{i} hd{j}"
            yield f"have hp{i}{j} := {kind}.{product}"


def _balanced(names: Sequence[str], told: Sequence[Relation], kind: str) -> str:
    """The differences times squares of differences of the variables: what is an equation where these are the same."""
    return "\n".join([
        *_differences(told, kind),
        *(f"have hq{i}{j} := {kind}.mul_nonneg hd{i} (show (0 : {kind}) ≤ ({a} - {b}) ^ 2 from {SQUARE})"
          for i in range(len(told)) for j, (a, b) in enumerate(combinations(names, 2))),
    ])  # fmt: skip


def _weighted(names: Sequence[str], told: Sequence[Relation], kind: str) -> str:
    """Products of the differences with each other, with squares, and of each strict one with its square."""
    of = [*names, *(f"{a} {sign} {b}" for a, b in combinations(names, 2) for sign in "+-")]
    return "\n".join([
        *_differences(told, kind),
        *_pairs(told, kind),
        *(f"have hc{i} := {kind}.mul_pos he{i} hp{i}{i}" for i, r in enumerate(told) if r.sign in _STRICT),
        *(f"have hq{i}{j} := {kind}.mul_nonneg hd{i} (show (0 : {kind}) ≤ ({s}) ^ 2 from {SQUARE})"
          for i in range(len(told)) for j, s in enumerate(of)),
    ])  # fmt: skip


def cleared(goal: Goal, names: Sequence[str], told: Sequence[Relation], kind: str) -> Iterator[str]:
    """Hypotheses, and the target's contrary, times their denominators, which can be shown positive; then squares."""
    if kind != "Rat":
        return
    given: list[str] = []
    for i, r in enumerate(told):
        known = _multiplied(_difference(r), r.sign in _STRICT, f"hh{i}")
        given += [*known.positive, known.fact, *known.written_out] if known else []
    if given:
        yield "\n".join([*given, "grind"])
    for r in read(goal.target)[:1]:
        strict = r.sign not in _STRICT
        contrary = _difference(Relation(r.right, r.sign, r.left))
        found = _multiplied(contrary, strict, "hx") if r.sign in ORDER and not r.negated else None
        if found is None:
            continue
        # Quotients are out of sight as soon as may be: each step costs several times as much with them.
        lines = [*given, *found.positive, "apply Classical.byContradiction\nintro hg", found.fact, "clear hg"]
        lines += found.written_out
        solved = [by for _, _, by in _solved(goal, names)]
        steep = _steep(read_term(found.product))
        weighted: list[str] = []
        if told and len(names) > 1:
            last = [*solved[:1], "grind"]  # in what has no equations left
            weighted = ["\n".join([*lines, facts(names, told, kind), *last])
                        for facts in (_balanced, _weighted)]  # fmt: skip
        yield from weighted if steep else ()
        own = not_negative(read_term(f"-({found.product})"))
        yield "\n".join([*lines, *own, _squares(names), "grind"])
        for by in solved:
            yield "\n".join([*lines, _squares(names), by, "grind"])
        yield from () if steep else weighted


class _Cleared(NamedTuple):
    """That a rational term times its denominators is not negative: that these are positive, it, and what it is."""

    positive: list[str]
    fact: str
    written_out: list[str]
    product: str


def _multiplied(difference: str, strict: bool, h: str) -> _Cleared | None:
    """As h, of a term that is not negative, or above zero where `strict`; None where there are no denominators."""
    term = read_term(difference)
    found = quotient(term) if term is not None else None
    if found is None or not found.below:
        return None
    factors = [written(factor) for factor in found.below.elements()]
    positive = {factor: f"{h}p{i}" for i, factor in enumerate(dict.fromkeys(factors))}
    product = expanded(found.above)
    proof = positive[factors[0]]
    for factor in factors[1:]:
        proof = f"(Rat.mul_pos {proof} {positive[factor]})"
    multiplied = f"Rat.mul_pos {proof}" if strict else f"Rat.mul_nonneg (Rat.le_of_lt {proof})"
    whole = " * ".join(f"({factor})" for factor in factors)
    known = f"(show 0 {'<' if strict else '≤'} {difference} by grind)"
    return _Cleared(
        [f"have {name} : 0 < {factor} := by first | assumption | grind" for factor, name in positive.items()],
        f"have {h} := {multiplied} {known}",
        [f"have {h}e : {whole} * ({difference}) = {product} := by grind", f"rw [{h}e] at {h}", f"clear {h}e"],
        product,
    )


def _solved(goal: Goal, names: Sequence[str]) -> Iterator[tuple[str, Term, str]]:
    """A variable that a linear equation gives, its value, and the tactic that puts that in its place.

    For inequalities do not see equations.
    """
    for _, r in single(goal):
        left, right = (linear(side) for side in r.terms)
        if r.sign != "=" or r.negated or left is None or right is None:
            continue
        for name in names:
            c = left.get(name, 0)
            if abs(c) == 1 and name not in right:
                others = [f"({a}) * {n}" if n else f"({a})" for n, a in left.items() if n != name]
                value = f"{c} * ({r.right.wrapped} - ({' + '.join(['0', *others])}))"
                term = read_term(value)
                if term is not None:
                    yield name, term, f"have he : {name} = {value} := by grind\nsubst he"
                return


def together(goal: Goal, names: Sequence[str], told: Sequence[Relation], kind: str) -> Iterator[str]:
    """Inequalities joined by ∧, and the two that an equation is, each by its contrary."""
    parts = read(goal.target)
    joined = len(parts) == goal.target.count("∧") + 1
    if joined and len(parts) > 1 and all(r.sign in ORDER and not r.negated for r in parts):
        opening = f"refine ⟨{', '.join(['?_'] * len(parts))}⟩"
    elif joined and len(parts) == 1 and parts[0].sign == "=" and not parts[0].negated and told:
        left, right = parts[0].terms
        opening, parts = f"apply {kind}.le_antisymm", [Relation(left, "≤", right), Relation(right, "≤", left)]
    else:
        return
    each = ("\n  ".join("\n".join([*_contrary(r, told, kind), "grind"]).split("\n")) for r in parts)
    yield "\n".join([opening, *(f"· {tactic}" for tactic in each)])


def means(goal: Goal, names: Sequence[str], told: Sequence[Relation], kind: str) -> Iterator[str]:
    """A sum of three or more that have a product, or a product of these that have a sum: by what lies between them.

    The arithmetic and the geometric mean differ by squares of differences, each times a variable.
    """
    if len(names) < 3 or len(told) < len(names):
        return
    for r in read(goal.target)[:1]:
        if r.sign not in ORDER or r.negated:
            continue
        sums = [side for side in r.terms if (line := linear(side)) and {n for n in line if n} == set(names)]
        products = [side for side in r.terms if {f.text for f in side.factors()} == set(names)]
        balanced = _balanced(names, told, kind)
        if sums:
            of_sum = sums[0].wrapped
            yield "\n".join([
                "apply Classical.byContradiction\nintro hg", balanced,
                f"have hm0 : 0 < {of_sum} := by grind",
                f"have hm1 := {kind}.mul_pos (show 0 < {_difference(Relation(r.right, r.sign, r.left))} by grind) hm0",
                f"have hm2 := {kind}.mul_pos hm1 hm0", "grind",
            ])  # fmt: skip
        for _, _, solved in _solved(goal, names) if products else ():
            yield "\n".join([balanced, solved, "grind"])


def _contrary(target: Relation, told: Sequence[Relation], kind: str) -> Iterator[str]:
    """The target's contrary, and its products with itself and with what the hypotheses say is not negative."""
    yield "apply Classical.byContradiction\nintro hg"
    contrary = _difference(Relation(target.right, target.sign, target.left))
    strict = target.sign not in _STRICT
    yield f"have hn : (0 : {kind}) {'<' if strict else '≤'} {contrary} := by grind"
    yield f"have hm : (0 : {kind}) ≤ {contrary} := by grind"
    yield f"have hq := {kind}.{'mul_pos hn hn' if strict else 'mul_nonneg hm hm'}"
    for i, r in enumerate(told):
        yield f"have ho{i} := {kind}.mul_nonneg hm (show (0 : {kind}) ≤ {_difference(r)} by grind)"


def _difference(r: Relation) -> str:
    """What the relation says is not negative."""
    less, more = r.ordered
    return more.wrapped if less.text == "0" else f"{more.wrapped} - {less.wrapped}"


def _nonlinear(term: Term) -> bool:
    return any(
        (t.op == "*" and all(not a.closed for a in t.args)) or (t.op == "^" and not t.args[0].closed)
        or (t.op == "/" and not t.args[1].closed)
        for t in term.walk()
    )  # fmt: skip
