"""Powers leave few remainders: which ones, as facts, after which linear arithmetic decides.

A square is 0, 1 or 4 modulo 8, a cube 0, 1 or 8 modulo 9; with that, sums of powers are linear. The modulus need not
occur in the goal: it is found here, by trying all residues. Not here: products of different variables
(`diophantine.py`), powers with a variable exponent (`modular.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import lcm

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, shown, single, variables
from prover.generators.rules.polynomials import polynomial
from prover.generators.rules.terms import Relation, Term, compare, congruence, linear, read, read_term, value
from prover.lean.state import Goal

_MODULI = (3, 4, 5, 7, 8, 9, 11, 13, 16)
_MULTIPLES = (1, 2, 3, 4, 8)
_LARGEST = 128
_RESIDUES_LIMIT = 5_000
_MOST_CASES, _MOST_OF_ONE = 80, 16  # of all variables together: linear arithmetic takes some 25 ms for each
_EXPONENTS = range(2, 13)


def power_residues(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    kinds = {v.name: v.head for v in variables(goal) if v.head in ("Nat", "Int")}
    products: dict[str, str] = {}
    given = [_multiplied(r, kinds, products) for _, r in single(goal)]
    given = [r for r in given if _congruence(r) or (_equation(r) and not r.negated)]
    wanted = [_multiplied(r, kinds, products) for r in read(goal.target)]
    start, any_of, tried = "", "∨" in goal.target, list(_MODULI)
    if wanted and all(_congruence(r) for r in wanted) and not (any_of and "∧" in goal.target):
        m = lcm(*(n for r in wanted if (n := _modulus(r))))
        told = lcm(m, *(n for r in given if (n := _modulus(r))))
        tried = sorted({m * k for k in (*_MULTIPLES, m)} | {n for n in _MODULI if n % m == 0} | {told})
    elif _refutable(wanted):
        given.append(Relation(wanted[0].left, "=", wanted[0].right))
        wanted = []
    else:
        start, wanted = "exfalso\n", []
    relevant = [r for r in [*given, *wanted] if kinds.keys() >= set(r.names)]
    given, names = [r for r in given if r in relevant], sorted({n for r in relevant for n in r.names})
    exponents = _exponents(relevant)
    if not exponents or len(relevant) < len(wanted):
        return
    for m in tried:
        if not 1 < m <= _LARGEST or m ** len(names) > _RESIDUES_LIMIT:
            continue
        if _follows(given, wanted, any_of, names, m):
            facts = _facts(relevant, given, kinds, exponents, m)
            sums = [f"have he{i} : {p} = {s} := by grind" for i, (p, s) in enumerate(products.items())]
            if facts:
                yield Suggestion(1.0, start + "\n".join([*sums, *facts, "omega"]))
                return
            break  # with too many cases
    yield from _of_product(goal)


def showing(goal: Goal, wanted: str) -> Iterator[str]:
    """The tactics of this file for another target under the same hypotheses."""
    return (tactic for _, tactic in power_residues(Position((replace(goal, target=wanted),))))


def _of_product(goal: Goal) -> Iterator[Suggestion]:
    """A product that a number divides, as it divides one of the factors."""
    for r in read(goal.target)[:1] if not any(c in goal.target for c in "∧∨") else ():
        factors = r.right.factors()
        if r.sign != "∣" or r.negated or not r.left.closed or len(factors) < 2 or any(f.op != "name" for f in factors):
            continue
        wanted = " ∨ ".join(f"{r.left.text} ∣ {f.text}" for f in factors)
        others = [" * ".join(["q", *(f.text for f in factors if f is not factor)]) for factor in factors]
        for tactic in showing(goal, wanted):
            yield Suggestion(1.0, "\n".join([
                shown("ho", wanted, tactic),
                f"rcases ho with {' | '.join(['⟨q, hq⟩'] * len(factors))}",
                *(f"· exact ⟨{other}, by grind⟩" for other in others),
            ]))  # fmt: skip


def _multiplied(r: Relation, kinds: Mapping[str, str], products: dict[str, str]) -> Relation:
    """The relation with sums of powers for products in one variable, which are added to `products`; without casts."""

    def of(term: Term) -> Term:
        if term.op == "name" and kinds.get(term.text.removeprefix("↑")) == "Nat":
            return replace(term, text=term.text.removeprefix("↑"))
        if term.op not in ("*", "^") or _linear(term):
            return replace(term, args=tuple(map(of, term.args)))
        names = term.names
        found = polynomial(term, names[0]) if len(names) == 1 else None
        kind = kinds.get(names[0]) if names else None
        natural = kind == "Nat"
        if not found or kind is None or (natural and any(t.op == "-" for t in term.walk())):
            return term
        powers = ("", f" * {names[0]}", *(f" * {names[0]} ^ {k}" for k in range(2, len(found))))
        sum_ = read_term(" + ".join(f"{c}{power}" for c, power in zip(found, powers, strict=False) if c))
        if sum_ is None or any(c.denominator != 1 for c in found):
            return term
        products[term.text] = sum_.text
        return sum_

    return Relation(of(r.left), r.sign, of(r.right), r.negated)


def _refutable(wanted: Sequence[Relation]) -> bool:
    """Whether the target says that two sums of powers differ."""
    if len(wanted) != 1:
        return False
    [r] = wanted
    return (r.sign == "≠") != (r.sign == "=" and r.negated) and _linear(r.left) and _linear(r.right)


def _linear(term: Term) -> bool:
    return linear(term, powers=True) is not None


def _equation(r: Relation) -> bool:
    return r.sign == "=" and all(map(_linear, r.terms)) and not _congruence(r)


def _congruence(r: Relation) -> bool:
    return _modulus(r) is not None


def _modulus(r: Relation) -> int | None:
    """m of `t % m = c`, `t % m ≠ c` and `m ∣ t`, for a sum of powers t; None for another relation."""
    found = congruence(r)
    if found is None or not _linear(found[0]) or (r.sign != "∣" and r.right.op != "number"):
        return None
    return found[1]


def _exponents(found: Sequence[Relation]) -> dict[str, list[int]]:
    """Of each variable that has powers."""
    out: dict[str, dict[int, None]] = {}
    for t in (t for r in found for t in r.walk()):
        if t.op == "^" and t.args[0].op == "name" and t.args[1].value in _EXPONENTS:
            out.setdefault(t.args[0].text, {})[t.args[1].value] = None
    return {name: sorted(ks) for name, ks in out.items()}


def _follows(given: Sequence[Relation], wanted: Sequence[Relation], any_of: bool, names: Sequence[str], m: int) -> bool:
    """Whether what is wanted holds for all residues modulo m that fit what is given; nothing wanted: there are none."""
    for residues in product(range(m), repeat=len(names)):
        known = dict(zip(names, residues, strict=True))
        if all(_holds(r, known, m) for r in given):
            held = [_holds(r, known, m) for r in wanted]
            if not (any(held) if any_of else bool(held) and all(held)):
                return False
    return True


def _holds(r: Relation, known: Mapping[str, int], m: int) -> bool:
    """Of residues modulo m; where these do not tell, that it holds."""
    own = _modulus(r)
    if own is not None:
        return m % own != 0 or compare(r, known) is not False
    left, right = (value(side, known=known) for side in r.terms)
    return left is None or right is None or (left - right) % m == 0


def _facts(
    found: Sequence[Relation], given: Sequence[Relation], kinds: Mapping[str, str],
    exponents: Mapping[str, list[int]], m: int,
) -> list[str]:  # fmt: skip
    """`hp0 : x ^ 2 % 8 = 0 ∨ …` for each variable; with its own remainder where it is also spoken of without a power.

    Under what hypotheses say of these remainders. Nothing where these would be too many cases.
    """
    lines: list[str] = []
    together = 1
    for i, (name, ks) in enumerate(exponents.items()):
        own = lcm(*(_modulus(r) or m for r in found if _alone(r, name)))
        if m % own:
            own = m
        shown = [*([f"v % {own}"] if own > 1 else []), *(f"v ^ {k} % {m}" for k in ks)]
        remainders = dict.fromkeys((*([r % own] if own > 1 else []), *(r**k % m for k in ks)) for r in range(m))
        said = {r.left.text.replace(name, "v"): r.right.value for r in given if r.sign == "=" and not r.negated
                and r.left.op == "%" and r.right.op == "number" and r.names == [name]}  # fmt: skip
        premises = {e: said[e] for e in shown if e in said}
        cases = [c for c in remainders if all(premises.get(e, x) == x for e, x in zip(shown, c, strict=True))]
        if own == m and all(r**k % m == r for k in ks for r in range(m)):
            told = " ∧ ".join(f"{power} = v % {m}" for power in shown[1:])  # as in Fermat's little theorem
        else:
            together *= len(cases) if len(cases) <= _MOST_OF_ONE else _MOST_CASES + 1
            alternatives = (" ∧ ".join(f"{e} = {x}" for e, x in zip(shown, case, strict=True)) for case in cases)
            told = "".join(f"{e} = {x} → " for e, x in premises.items())
            told += " ∨ ".join(f"({alternative})" for alternative in alternatives)
        proof = f"  intro v\n{_evaluated(kinds[name], ks, own, m)}"
        lines.append(f"have hp{i} : ∀ v : {kinds[name]}, {told} := by\n{proof}")
        lines.append(f"replace hp{i} := hp{i} {name}{' (by assumption)' * len(premises)}")
    return lines if together <= _MOST_CASES else []


def _alone(r: Relation, name: str) -> bool:
    """Whether the relation speaks of the variable also without a power."""
    sums = [r.right] if r.sign == "∣" else [r.left.args[0]] if _congruence(r) else r.terms
    return any(name in (linear(s, powers=True) or ()) for s in sums)


def _evaluated(kind: str, ks: Sequence[int], own: int, m: int) -> str:
    """Everything about v is about r = v % m, of which the kernel evaluates all cases."""
    rewritten = [f"hw{k}" for k in ks]
    lines = []
    for k in ks:
        proof = (f"Nat.pow_mod v {k} {m}" if kind == "Nat" else
                 "by simp only [Int.pow_succ, Int.pow_zero, Int.one_mul, Int.mul_emod, Int.emod_emod]")  # fmt: skip
        lines.append(f"have hw{k} : v ^ {k} % {m} = (v % {m}) ^ {k} % {m} := {proof}")
    if own > 1 and own != m:
        lemma = "Nat.mod_mod_of_dvd" if kind == "Nat" else "Int.emod_emod_of_dvd"
        lines.append(f"have ho : v % {own} = v % {m} % {own} := ({lemma} v (by decide)).symm")
        rewritten.append("ho")
    if kind == "Nat":
        lines += [f"obtain ⟨r, hr⟩ : ∃ r, v % {m} = r := ⟨_, rfl⟩",
                  f"have hb : r ∈ List.range {m} := List.mem_range.mpr (hr ▸ Nat.mod_lt v (by decide))"]  # fmt: skip
    else:
        lines += [f"obtain ⟨r, hr⟩ := Int.eq_ofNat_of_zero_le (Int.emod_nonneg v (b := {m}) (by decide))",
                  f"have hb : r ∈ List.range {m} := List.mem_range.mpr (by have := Int.emod_lt_of_pos v (b := {m}) "
                  "(by decide); omega)"]  # fmt: skip
    lines += [f"rw [{', '.join(rewritten)}, hr]", f"clear hr {' '.join(rewritten)}", "revert r", "decide +kernel"]
    return "\n".join(f"  {line}" for line in lines)
