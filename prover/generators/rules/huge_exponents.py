"""Remainders of powers whose exponents are too large to multiply out: 2 ^ k where k = 2008 ^ 2 + 2 ^ 2008.

The remainders of b ^ 0, b ^ 1, … repeat, so that the exponent's own remainder is enough, and that the kernel evaluates.
Not here: exponents that are not known (`modular.py`), powers that can be evaluated (`closing.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, single, variables
from prover.generators.rules.terms import Term, congruence, cycle, read, substituted, value
from prover.lean.state import Goal

_EVALUATED = 10_000  # exponents up to here are multiplied out
_MOST_BITS = 1 << 16  # of an exponent
_MODULUS, _PERIOD = 10_000, 500


def huge_exponents(position: Position) -> Iterator[Suggestion]:
    """All rules of this file; for a target about one remainder of natural numbers."""
    goal = position.goals[0]
    told = read(goal.target)
    found = congruence(told[0]) if len(told) == 1 else None
    if found is None or not 1 < found[1] <= _MODULUS:
        return
    term, m = found
    equations = dict(_defined(goal))
    exponents = [t.args[1] for t in term.walk() if t.op == "^"]
    named = {e.text: e for e in exponents if e.closed and _huge(e, {})}
    lines: list[str] = []
    for i, (text, exponent) in enumerate(named.items()):
        lines.append(f"obtain ⟨e{i}, hd{i}⟩ : ∃ e : Nat, e = {text} := ⟨_, rfl⟩\nrw [← hd{i}]")
        equations[f"e{i}"] = f"hd{i}", exponent
        term = substituted(term, {text: Term("name", text=f"e{i}")})
    numbers = {name: n for name, (_, t) in equations.items() if (n := value(t, _MOST_BITS)) is not None}
    of_names = {name: equations[name][0] for name in numbers}
    atoms = list(_atoms(term, numbers))
    if not any(t.op == "^" and _huge(t.args[1], numbers) for t in atoms):
        return
    facts = []
    for i, atom in enumerate(atoms):
        fact = _fact(f"ha{i}", atom, numbers, of_names, m)
        if not fact:
            return
        lines.append(fact)
        facts.append(f"ha{i}")
    lines.append(f"clear {' '.join(of_names.values())}")
    lines.append(f"first | omega | (simp [Nat.add_mod, Nat.mul_mod, {', '.join(facts)}]; done) | grind")
    yield Suggestion(1.0, "\n".join(lines))


def _defined(goal: Goal) -> Iterator[tuple[str, tuple[str, Term]]]:
    """The natural numbers that a hypothesis gives in digits and operations: its name, and the term."""
    names = {v.name for v in variables(goal) if v.head == "Nat"}
    for h, r in single(goal):
        if r.sign == "=" and not r.negated and r.left.text in names and r.right.closed:
            yield r.left.text, (h.name, r.right)


def _huge(exponent: Term, known: Mapping[str, int]) -> bool:
    n = value(exponent, _MOST_BITS, known)
    return n is not None and n > _EVALUATED


def _atoms(term: Term, known: Mapping[str, int]) -> Iterator[Term]:
    """The powers and names of a sum or product whose values are known, each once and no others inside them."""
    seen: set[str] = set()
    todo = [term]
    while todo:
        t = todo.pop()
        if t.op in ("^", "name") and (known.keys() & t.names) and t.text not in seen:
            seen.add(t.text)
            yield t
        elif t.op not in ("^", "name"):
            todo += t.args


def _fact(h: str, atom: Term, known: Mapping[str, int], of_names: Mapping[str, str], m: int) -> str:
    """`h : atom % m = c`; "" where that is not known."""
    rewritten = ", ".join(of_names[n] for n in atom.names if n in of_names)
    evaluated = f"by rw [{rewritten}] <;> decide +kernel"
    if atom.op == "name" or not _huge(atom.args[1], known):
        number = value(atom, _MOST_BITS, known)
        return "" if number is None else f"have {h} : {atom.text} % {m} = {number % m} := {evaluated}"
    base, exponent = atom.args
    whole, n = value(base, _MOST_BITS, known), value(exponent, _MOST_BITS, known)
    if whole is None or n is None:
        return ""
    b = whole % m
    repeats = cycle(b, m, _PERIOD)
    if repeats is None:
        return ""
    start, period = repeats
    r = n % period + -(-max(0, start - n % period) // period) * period
    c, e = pow(b, r, m), exponent.wrapped
    of_exponent = ", ".join(of_names[n] for n in exponent.names if n in of_names)
    of_base = "" if base.closed else f"rw [{rewritten}] <;> "
    counted = f"({e} - {r}) / {period}"
    lines = [
        f"have {h} : {base.wrapped} ^ {e} % {m} = {c} := by",
        f"  have hb : {base.wrapped} % {m} = {b} := by {of_base}decide +kernel",
        f"  have he : {e} = {period} * ({counted}) + {r} := by rw [{of_exponent}] <;> decide +kernel",
        f"  have hq : ∀ q, {b} ^ ({period} * q + {r}) % {m} = {c} := by",
        "    intro q",
        "    induction q with",
        "    | zero => decide",
        "    | succ q ih => rw [Nat.mul_succ, Nat.add_right_comm, Nat.pow_add, Nat.mul_mod, ih]",
        "  rw [Nat.pow_mod, hb]",
        f"  exact (congrArg (fun x => {b} ^ x % {m}) he).trans (hq _)",
    ]
    return "\n".join(lines)
