"""Formulas as a model or a person wrote them, made into one problem a solver can decide; every change is
recorded.

The repairs are in `REPAIRS`, the least harmful first, and are tried in that order: first on each formula
alone, and there only until it reads (`mending.py`), then on the problem as a whole (`spelling.py`), because
whether two symbols are meant to be one shows only there. A formula that no repair helps raises
`UnrepairableFormula`: there is no problem then, and no verdict but Error.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from logic.errors import LogicError, ReadError
from logic.mending import mend
from logic.spelling import (
    conjugated,
    kinds_named,
    negated_names,
    one_arity,
    one_spelling,
    plain_key,
    root_key,
    stem_key,
)
from logic.syntax.formula import Formula
from logic.syntax.loose import Note
from logic.syntax.walk import closed, free_variables

# What can be repaired, in order. The first group changes no meaning a careful reader would doubt.
REPAIRS: dict[str, str] = {
    "several variables after one quantifier": "`∀x y` is `∀x ∀y`",
    "brackets": "brackets missing or left over at the end",
    "arguments closed": "`P(x -> Q(x)` is P(x) → Q(x)",
    "such that": "`there is an x such that P(x)` is ∃x P(x)",
    "words of a name joined": "`New York` is one name",
    "ellipsis": "`& ...` left out",
    "something left open": "`P(a, _)` is ∃x P(a, x)",
    "comma for conjunction": "a comma between formulas is ∧",
    "connective as a function": "`ForAll(x, Implies(P(x), Q(x)))` is ∀x (P(x) → Q(x))",
    "quantifier over a kind": "`∀x ∈ Dogs P(x)` is ∀x (Dogs(x) → P(x))",
    "arguments without brackets": "`Loves x y` is Loves(x, y) where x and y are bound",
    "chained comparison": "`a < b < c` is `a < b` and `b < c`",
    "equality of formulas": "`=` between formulas is ↔",
    "scope": "a quantifier's scope widened to where its variable is used",
    "“-no x” read as “no x”": "a negation written twice",
    "connective among arguments": "`P(a & b)` is `P(a) & P(b)`",
    "named argument": "`P(age=3)` is `P(3)`",
    "quantifier behind its formula": "`P(x) for all x` is ∀x P(x)",
    "if and then": "`if P(x) then Q(x)` is P(x) → Q(x)",
    "quotation marks": "a quotation mark without its partner left out",
    "words around the formula": "comments in front of or behind the formula left out",
    "odd characters": "characters no notation has left out",
    "unclosed arguments": "a list of arguments closed at the end of the text",
    # from here on the problem as a whole
    "free variable": "a variable that no quantifier binds is bound by ∀",
    "two spellings": "names that differ in case, underscores or spaces",
    "singular and plural": "names that differ in a plural, an article or `is`",
    "forms of a verb": "names that differ in -ed or -ing",
    "negation inside a name": "`NotTall(x)` is ¬Tall(x) where Tall is used too",
    "two arities": "`Reads(a)` is ∃y Reads(a, y) where Reads has two arguments elsewhere",
    "constant and predicate": "a name used as both is two symbols",
}


class UnrepairableFormula(LogicError):
    """A formula of the problem that can't be read, whatever is tried. `index` counts from 0, the conclusion
    last."""

    def __init__(self, index: int, text: str, reason: ReadError) -> None:
        self.index = index
        self.text = text
        self.reason = reason
        shown = text if len(text) <= 80 else f"{text[:77]}..."
        super().__init__(f"formula {index + 1} can't be read: {reason} ({shown!r})")


@dataclass(frozen=True, slots=True)
class Repair:
    """One change: which of `REPAIRS`, what was done, and to which formula (None: to the problem as a
    whole)."""

    kind: str
    detail: str
    formula: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Premises and conclusion, without free variables.

    `assumed` is what a charitable reading added (`readings.py`); a repair adds nothing.
    """

    premises: tuple[Formula, ...]
    conclusion: Formula
    assumed: tuple[Formula, ...] = ()
    repairs: tuple[Repair, ...] = ()

    @property
    def given(self) -> tuple[Formula, ...]:
        """What a solver starts from: the premises at their own indices, then what was assumed."""
        return (*self.premises, *self.assumed)


def repair(
    premises: Sequence[str],
    conclusion: str,
    notation: str | None = None,
    without: Collection[str] = (),
) -> Problem:
    """The problem that some texts stand for.

    Args:
        premises: formulas in any notation `read` knows, well-formed or not; there may be none.
        notation: as for `read`.
        without: names from `REPAIRS` not to use, of those that concern the problem as a whole.

    Raises:
        UnrepairableFormula: for the first text that is no formula and can't be made one.
    """
    formulas: list[Formula] = []
    repairs: list[Repair] = []
    for index, text in enumerate([*premises, conclusion]):
        try:
            reading = mend(text, notation)
        except ReadError as error:
            raise UnrepairableFormula(index, str(text), error) from None
        formulas.append(reading.formula)
        repairs.extend(Repair(note.repair, note.detail, index) for note in reading.notes)
    return unify(formulas[:-1], formulas[-1], without, repairs)


def unify(
    premises: Sequence[Formula],
    conclusion: Formula,
    without: Collection[str] = (),
    repairs: Sequence[Repair] = (),
) -> Problem:
    """The repairs that concern a problem as a whole, on formulas that are already read."""
    formulas = [*premises, conclusion]
    done = list(repairs)
    for index, formula in enumerate(formulas):
        free = free_variables(formula)
        if free and "free variable" not in without:
            done.append(Repair("free variable", f"{', '.join(sorted(free))} bound by ∀", index))
            formulas[index] = closed(formula)
    rules = {
        "two spellings": lambda found: one_spelling(found, plain_key, "two spellings"),
        "singular and plural": lambda found: one_spelling(found, stem_key, "singular and plural"),
        "forms of a verb": lambda found: one_spelling(found, root_key, "forms of a verb", conjugated),
        "negation inside a name": negated_names,
        "two arities": one_arity,
    }
    for name, rule in rules.items():
        if name not in without:
            formulas, notes = rule(formulas)
            done.extend(_of_problem(notes))
    if "constant and predicate" not in without:
        done.extend(
            Repair("constant and predicate", f"{name} is a constant and {kind} a predicate: kept apart")
            for name, kind in kinds_named(formulas)
        )
    return Problem(tuple(formulas[:-1]), formulas[-1], (), tuple(done))


def _of_problem(notes: Sequence[Note]) -> list[Repair]:
    return [Repair(note.repair, note.detail) for note in notes]
