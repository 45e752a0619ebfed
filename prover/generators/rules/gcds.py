"""Common divisors: what divides two numbers divides each combination of them.

Not here: divisors of a known number (`factors.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, kind_of, mentions, propositions, single, variables
from prover.generators.rules.bounded import finite_search
from prover.generators.rules.polynomials import bezout, polynomial, written
from prover.generators.rules.terms import Term, read_term
from prover.lean.state import Goal, Hypothesis

_KNOWN = re.compile(
    r"(?:Nat\.(?P<gcd>gcd|lcm) (?P<a>[\w'₀-₉]+)|(?P<x>[\w'₀-₉]+)\.(?P<of>gcd|lcm)) (?P<b>[\w'₀-₉]+) = (?P<number>\d+)"
)
_CASES_LIMIT = 40
_CLOSE = (
    "first | exact hd | exact Nat.dvd_one.mp hd | omega | (simp_all; done) | "
    "(have hp := Nat.eq_zero_of_gcd_eq_zero_left; grind)"
)
_NO_LARGER = "have hl := Nat.le_of_dvd (by decide) hd"
_ATOM = r"\((?:[^()]|\([^()]*\))*\)|[\w'₀-₉]+"
_GCD = re.compile(rf"(?:Nat\.(?:gcd|Coprime) (?P<a>{_ATOM})|(?P<x>{_ATOM})\.(?:gcd|Coprime)) (?P<b>{_ATOM})")


def gcds(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    for rule in (common_divisors, known_divisor, divisor_of_two, polynomial_divisors, known_multiple):
        for tactic in rule(goal):
            yield Suggestion(1.0, tactic)


def common_divisors(goal: Goal) -> Iterator[str]:
    """gcd of two linear terms, or polynomials, divides each constant that is a combination of them."""
    for match in _GCD.finditer(goal.target + " ; " + " ; ".join(h.type for h in propositions(goal))):
        a, b = _arguments(match)
        left, right = read_term(a), read_term(b)
        if left is not None and right is not None:
            d, dvd = f"Nat.gcd ({a}) ({b})", (f"Nat.gcd_dvd_left ({a}) ({b})", f"Nat.gcd_dvd_right ({a}) ({b})")
            found = _divides(d, (left, right), dvd)
            if found is None:
                continue
            proof, most = found
            yield f"{proof}\n{_NO_LARGER}\n{_CLOSE}"
            if 1 < most <= _CASES_LIMIT:
                told = f"have ha := {dvd[0]}\nhave hb := {dvd[1]}\ngeneralize {d} = d at *"
                cases, names = " ∨ ".join(f"d = {c}" for c in range(most + 1)), " | ".join(["rfl"] * (most + 1))
                yield f"{proof}\n{_NO_LARGER}\n{told}\nrcases (show {cases} by omega) with {names} <;> omega"


def gcd_arguments(text: str) -> tuple[str, str] | None:
    """a and b of a printed gcd or Coprime at its beginning; None for another text."""
    match = _GCD.match(text)
    return None if match is None else _arguments(match)


def _arguments(match: re.Match[str]) -> tuple[str, str]:
    return _unwrapped(match["a"] or match["x"]), _unwrapped(match["b"])


def _unwrapped(text: str) -> str:
    return text[1:-1] if text.startswith("(") else text


def _divides(
    d: str, numbers: tuple[Term, Term], dvd: tuple[str, str], kind: str = "Nat"
) -> tuple[str, int] | None:
    """What shows that d, which divides two numbers, divides a constant (`hd`); and which."""
    combined = _combined(*numbers)
    if combined is None:
        return None
    one, other, constant = combined
    if kind == "Int":
        return (f"have hd : {d} ∣ ({constant} : Int) := by\n"
                f"  obtain ⟨ql, hl⟩ := {dvd[0]}\n  obtain ⟨qr, hr⟩ := {dvd[1]}\n"
                f"  exact ⟨({one}) * ql + ({other}) * qr, by grind⟩"), constant  # fmt: skip
    lines = [f"have hd : {d} ∣ {constant} := by"]
    for h, number, proof in zip("lr", numbers, dvd, strict=True):
        lifted = f"Int.natCast_dvd_natCast.mpr ({proof})"
        lines.append(f"  have h{h} : (({d} : Nat) : Int) ∣ (({number.text} : Nat) : Int) := {lifted}")
    return "\n".join([
        *lines,
        *([f"  generalize {d} = d at *"] if "gcd" in d else []),
        "  obtain ⟨ql, hl⟩ := hl",
        "  obtain ⟨qr, hr⟩ := hr",
        "  push_cast at hl hr",
        f"  exact Int.natCast_dvd_natCast.mp ⟨({one}) * ql + ({other}) * qr, by grind⟩",
    ]), constant  # fmt: skip


def _combined(left: Term, right: Term) -> tuple[str, str, int] | None:
    """(a, b, c): a * left + b * right = c > 0 for polynomials a and b in the one variable, written out."""
    names = {*left.names, *right.names}
    if len(names) != 1:
        return None
    [name] = names
    p, q = polynomial(left, name), polynomial(right, name)
    found = bezout(p, q) if p and q else None
    if found is None:
        return None
    return written(found[0], name), written(found[1], name), found[2]


def divisor_of_two(goal: Goal) -> Iterator[str]:
    """What divides two terms divides each constant that is a combination of them."""
    told = [(h.name, r) for h, r in single(goal) if r.sign == "∣" and not r.negated]
    for (one, first), (other, second) in combinations(told, 2):
        d, numbers = first.left.wrapped, (first.right, second.right)
        found = _divides(d, numbers, (one, other)) if first.left.text == second.left.text else None
        if found is not None:
            proof, most = f"{found[0]}\n{_NO_LARGER}", found[1]
            cases = [f"{d} = {c}" for c in range(most + 1)] if most <= _CASES_LIMIT else [f"{d} ≤ {most}"]
            stated, names = " ∨ ".join(cases), " | ".join(["hc"] * len(cases))
            each = "first | omega | (subst hc; first | omega | simp_all) | (simp_all; done) | grind"
            yield f"{proof}\nfirst\n  | exact hd\n  | (rcases (show {stated} by omega) with {names} <;>\n      {each})"


def polynomial_divisors(goal: Goal) -> Iterator[str]:
    """What divides a polynomial in the same variable divides a number, as n + 1 in n ^ 2 + 1: finite search.

    So does what divides two integers, or leaves remainders of them, all in one other variable.
    """
    kinds = {v.name: v.head for v in variables(goal)}
    told = list(_divided(goal, kinds))
    pairs = [*((d, (d, t), (f"{kinds[d.names[0]]}.dvd_refl {d.wrapped}", proof))
               for d, t, proof in told if d.names == t.names),
             *((d, (t, u), (one, other)) for (d, t, one), (e, u, other) in combinations(told, 2)
               if d.text == e.text and kinds[d.names[0]] == "Int")]  # fmt: skip
    for d, numbers, dvd in pairs:
        found = _divides(d.wrapped, numbers, dvd, kinds[d.names[0]])
        if found is None:
            continue
        proof, number = found
        # The other variable has no bound; what is said of it has been used.
        others = [v for v in kinds if v not in d.names]
        beside = [h for h in propositions(goal) if any(mentions(h.type, v) for v in others)]
        kept = [h for h in goal.hypotheses if h not in beside and h.name not in others]
        enriched = replace(goal, hypotheses=(*kept, Hypothesis("hd", f"{d.text} ∣ {number}", is_prop=True)))
        clear = f"clear {' '.join(h.name for h in beside)}\n" if beside else ""
        yield from (f"{proof}\n{clear}{tactic}" for tactic in finite_search(enriched))


def _divided(goal: Goal, kinds: Mapping[str, str]) -> Iterator[tuple[Term, Term, str]]:
    """d, t and a proof of d ∣ t, of natural numbers or integers; t may be what leaves a known remainder, less that."""
    for h, r in single(goal):
        kind = kind_of(r.names, kinds)
        if r.negated or kind not in ("Nat", "Int"):
            continue
        if r.sign == "∣" and not r.left.closed and not r.right.closed:
            yield r.left, r.right, h.name
        elif r.sign == "=" and kind == "Int" and r.left.op == "%" and not r.left.args[1].closed:
            t = read_term(f"{r.left.args[0].wrapped} - {r.right.wrapped}")
            if t is not None:
                yield r.left.args[1], t, f"Int.dvd_self_sub_of_emod_eq {h.name}"


def known_divisor(goal: Goal) -> Iterator[str]:
    """A greatest common divisor that a hypothesis gives divides both numbers."""
    for h in propositions(goal):
        match = _GCD.match(h.type)
        if match is not None and re.fullmatch(r" = \d+", h.type[match.end() :]):
            a, b = match["a"] or match["x"], match["b"]
            yield (f"have hd := Nat.gcd_dvd_left {a} {b}\nhave he := Nat.gcd_dvd_right {a} {b}\n"
                   f"rw [{h.name}] at hd he\nomega")  # fmt: skip


def known_multiple(goal: Goal) -> Iterator[str]:
    """Two numbers of known gcd and lcm: their product is known, and both divide the lcm; then finite search."""
    told: dict[str, dict[tuple[str, str], tuple[str, str]]] = {"gcd": {}, "lcm": {}}
    for h in propositions(goal):
        match = _KNOWN.fullmatch(h.type)
        if match is not None:
            told[match["gcd"] or match["of"]][match["a"] or match["x"], match["b"]] = h.name, match["number"]
    for (a, b), (known, g) in told["gcd"].items():
        if (a, b) in told["lcm"]:
            multiple, m = told["lcm"][a, b]
            facts = {"hm": f"{a} * {b} = {int(g) * int(m)}", "ha": f"{a} ∣ {m}", "hb": f"{b} ∣ {m}"}
            proofs = (f"by rw [← Nat.gcd_mul_lcm {a} {b}, {known}, {multiple}]",
                      f"{multiple} ▸ Nat.dvd_lcm_left {a} {b}", f"{multiple} ▸ Nat.dvd_lcm_right {a} {b}")  # fmt: skip
            lines = [f"have {h} : {fact} := {proof}" for (h, fact), proof in zip(facts.items(), proofs, strict=True)]
            more = tuple(Hypothesis(h, fact, is_prop=True) for h, fact in facts.items())
            enriched = replace(goal, hypotheses=(*goal.hypotheses, *more))
            yield from ("\n".join([*lines, tactic]) for tactic in finite_search(enriched))
