"""Remainders and powers: residues case by case, powers whose residues repeat.

Not here: bounds and finite search (`bounded.py`), common divisors (`gcds.py`). Everything is read off the goal: the
moduli, bases and variables that occur in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, relations, single, variables
from prover.generators.rules.terms import Relation, Term, congruence, cycle, read
from prover.lean.state import Goal

_MODULUS_LIMIT = 1000
_CASES_LIMIT = 130  # residue combinations in one tactic
_PERIOD_LIMIT = 40
_MOST_POWERS = 4
_ORBIT_LIMIT = 8  # cases of an induction step, each of which costs as much as all so far
_INT = "Int.pow_succ, Int.mul_emod, Int.add_emod, Int.sub_emod"
_NAT = "Nat.pow_succ, Nat.mul_mod, Nat.add_mod"


def moduli(found: list[Relation]) -> list[int]:
    """Literal moduli and divisors, in order of occurrence."""
    out: dict[int, None] = {}
    for r in found:
        if r.sign == "∣" and r.left.op == "number":
            out[r.left.value] = None
        for side in r.terms:
            for t in side.walk():
                if t.op == "%" and t.args[1].op == "number":
                    out[t.args[1].value] = None
    return [m for m in out if 2 <= m <= _MODULUS_LIMIT]


def powers(found: list[Relation]) -> list[tuple[int, Term]]:
    """(base, exponent) of the powers with a literal base and an exponent that is not closed."""
    out: dict[tuple[int, str], tuple[int, Term]] = {}
    for r in found:
        for side in r.terms:
            for t in side.walk():
                if t.op == "^" and t.args[0].op == "number" and t.args[0].value >= 2 and not t.args[1].closed:
                    out[t.args[0].value, t.args[1].text] = t.args[0].value, t.args[1]
    return list(out.values())


def modular(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    found = relations(goal)
    ms = moduli(found)
    integers = any(v.head == "Int" for v in variables(goal)) or "Int" in goal.constants
    if ms:
        lemmas = _INT if integers else _NAT
        yield Suggestion(1.5, f"simp [{lemmas}, *]")
        yield Suggestion(0.8, f"simp_all [{lemmas}] <;> omega")
        if not integers:
            yield Suggestion(0.8, "simp [Nat.pow_mod, Nat.mul_mod, Nat.add_mod, *]")
    with_powers = moduli([r for r in found if powers([r])])
    for tactic in periodic(found, list(dict.fromkeys([*with_powers, *ms])), integers):
        yield Suggestion(1.0, tactic)
    for tactic in residues(goal, found, ms):
        yield Suggestion(0.7, tactic)


def residues(goal: Goal, found: list[Relation], ms: list[int]) -> Iterator[str]:
    """Each case of the remainders of the variables by a modulus that occurs; equations by this modulus alone, first."""
    names = {n for r in found for n in r.names}
    data = [v for v in variables(goal) if v.head in ("Nat", "Int") and v.name in names][:3]
    difference = _difference(goal)
    equations = [h.name for h, r in single(goal)
                 if r.sign == "=" and not r.negated and congruence(r) is None and len(r.names) > 1]  # fmt: skip
    for m in ms[:3]:
        if equations and m ** len(data) <= _CASES_LIMIT:
            lines = [f"have hm{i} := congrArg (fun t => t % {m}) {h}" for i, h in enumerate(equations)]
            cases = _by_residues([(v.name, v.head) for v in data], m)
            yield "\n".join([*lines, f"clear {' '.join(equations)}", cases])
        for count in range(1, len(data) + 1):
            if m**count > _CASES_LIMIT:
                break
            chosen = data[:count] if count > 1 else data
            for group in [chosen] if count > 1 else [[v] for v in chosen]:
                cases = _by_residues([(v.name, v.head) for v in group], m)
                if difference and all(v.head == "Nat" for v in group):
                    yield difference + cases
                yield cases


def _difference(goal: Goal) -> str:
    """What turns a difference of natural numbers that is a multiple into two equal remainders; "" for other targets."""
    for r in read(goal.target)[:1]:
        if r.sign == "∣" and not r.negated and r.right.op == "-":
            return "apply Nat.dvd_of_mod_eq_zero\napply Nat.sub_mod_eq_zero_of_mod_eq\n"
        if r.sign == "=" and r.left.op == "%" and r.left.args[0].op == "-" and r.right.text == "0":
            return "apply Nat.sub_mod_eq_zero_of_mod_eq\n"
    return ""


def _by_residues(group: list[tuple[str, str]], m: int) -> str:
    lines: list[str] = []
    lemmas = ", ".join(dict.fromkeys(_INT if kind == "Int" else _NAT for _, kind in group))
    dvd = "Int.dvd_iff_emod_eq_zero, Nat.dvd_iff_mod_eq_zero"
    hypotheses = []
    opening = ""
    for i, (name, _) in enumerate(group):
        h = f"hr{i}"
        hypotheses.append(h)
        cases = " ∨ ".join(f"{name} % {m} = {r}" for r in range(m))
        one = f"rcases (show {cases} by omega) with {' | '.join([h] * m)}"
        opening += f" <;> {one}" if opening else one
    listed = ", ".join(hypotheses)
    lines.append(f"try simp only [{dvd}] at *")
    lines.append(f"{opening} <;> first | (simp [{listed}, {lemmas}]; done) | omega | "
                 f"(simp_all [{lemmas}]; done) | (simp_all [{lemmas}]; omega) | grind")  # fmt: skip
    return "\n".join(lines)


def periodic(found: list[Relation], ms: list[int], integers: bool) -> Iterator[str]:
    """For b ^ t and a modulus: the residues of b ^ k repeat; then each residue of t by the period."""
    pairs = powers(found)[:_MOST_POWERS]
    for m in () if integers or any("↑" in exponent.text for _, exponent in pairs) else ms[:2]:
        facts: list[str] = []
        cases: list[str] = []
        for exponent in {e.text: e for _, e in pairs}.values():
            told = [(i, base, _order(base, m)) for i, (base, e) in enumerate(pairs) if e.text == exponent.text]
            period = math.lcm(*(order for _, _, order in told if order))
            orbits = [o for i, base, order in told if not order and (o := _orbit(base, m, exponent, i)) is not None]
            if period > _PERIOD_LIMIT or len(orbits) < sum(not order for _, _, order in told):
                facts = []
                break
            facts += [_repeats(base, m, exponent.wrapped, period, i) for i, base, order in told if order]
            cases += _by_period(exponent.wrapped, period, [i for i, _, order in told if order])
            for orbit in orbits:
                facts.append(orbit[0])
                cases.append(orbit[1])
        if facts:
            facts += [f"have hp{i} := Nat.pow_pos (n := {exponent.text}) (show 0 < {base} by decide)"
                      for i, (base, exponent) in enumerate(pairs)]  # fmt: skip
            yield "\n".join([*facts, " <;> ".join([*cases, "omega"])])
            yield "\n".join([*facts, " <;> ".join([*cases, f"(simp_all [Nat.pow_mod, {_NAT}]; try omega)"])])


def _order(base: int, m: int) -> int:
    """The least exponent above 0 whose power is 1 modulo m; 0 where there is none up to the limit."""
    start, period = cycle(base, m, _PERIOD_LIMIT - 1) or (0, 0)
    return 0 if start else period


def _repeats(base: int, m: int, t: str, period: int, i: int) -> str:
    """base ^ t by the residue of t, where base ^ period = 1 modulo m."""
    return (
        f"have hk{i} : {base} ^ {t} % {m} = {base} ^ ({t} % {period}) % {m} := by\n"
        f"  rw [show {base} ^ {t} = ({base} ^ {period}) ^ ({t} / {period}) * {base} ^ ({t} % {period}) by\n"
        f"    rw [← Nat.pow_mul, ← Nat.pow_add, Nat.div_add_mod], Nat.mul_mod, "
        f"Nat.pow_mod ({base} ^ {period}) ({t} / {period}) {m},\n"
        f"    show {base} ^ {period} % {m} = {1 % m} from rfl]\n  simp"
    )


def _by_period(t: str, period: int, facts: list[int]) -> list[str]:
    """Each residue of an exponent, put into what `_repeats` says of its powers; nothing where it says nothing."""
    residues = " ∨ ".join(f"{t} % {period} = {r}" for r in range(period))
    listed = " ".join(f"hk{i}" for i in facts)
    one = f"rcases (show {residues} by omega) with {' | '.join(['hr'] * period)} <;> rw [hr] at {listed}"
    return [one] if facts else []


def _orbit(base: int, m: int, exponent: Term, i: int) -> tuple[str, str] | None:
    """The residues of base ^ k modulo m by k, a prefix and then a cycle, proved by induction: the fact, and its cases.

    None when there are too many to write out.
    """
    repeats = cycle(base, m, _ORBIT_LIMIT)
    if repeats is None:
        return None
    start, period = repeats
    values = [pow(base, k, m) for k in range(start + period)]
    cases = [f"(k = {k} ∧ {base} ^ k % {m} = {values[k]})" for k in range(start)]
    least = f"{start} ≤ k ∧ " if start else ""
    cases += [f"({least}k % {period} = {k % period} ∧ {base} ^ k % {m} = {values[k]})"
              for k in range(start, start + period)]  # fmt: skip
    count = len(cases)
    lines = [f"have key{i} : ∀ k : Nat, {' ∨ '.join(cases)} := by", "  intro k", "  induction k with",
             "  | zero => decide", "  | succ k ih =>", "    rw [Nat.pow_succ]",
             f"    rcases ih with {' | '.join(['ih'] * count)}"]  # fmt: skip
    for at in range(count):
        following = at + 1 if at + 1 < count else start
        # Linear arithmetic could do the powers too, but takes fifty times as long.
        power = f"by rw [Nat.mul_mod, ih.2{'.2' if start and at >= start else ''}]"
        counted = "by omega, by omega" if start and following >= start else "by omega"
        lines.append(f"    · exact {_injection(following, count, f'⟨{counted}, {power}⟩')}")
    lines.append(f"have hk{i} := key{i} ({exponent.text})")
    return "\n".join(lines), f"rcases hk{i} with {' | '.join([f'hk{i}'] * count)}"


def _injection(i: int, count: int, proof: str) -> str:
    """A proof of the i-th of `count` alternatives."""
    inner = f"Or.inl {proof}" if i < count - 1 else proof
    for _ in range(i):
        inner = f"Or.inr ({inner})"
    return inner
