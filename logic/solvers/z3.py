"""Z3: entailment with unsat cores, cores made minimal, and finite models.

Runs inside a solver process (`host.py`); what to do with the answers is decided in `portfolio.py`.
"""

from __future__ import annotations

import functools
import itertools
import threading
import time

import z3

from logic.solvers.jobs import (
    CONCLUSION,
    NEGATION,
    Emit,
    GaveUp,
    Job,
    Question,
    Satisfiable,
    Tables,
    Unsatisfiable,
)

MEMORY_MEGABYTES = 2048
# A first look settles nearly everything in milliseconds; where it doesn't, small finite models are tried
# before the rest of the time goes into the quantifiers.
FIRST_LOOK = 0.25
FIRST_LOOK_SECONDS = 0.3
# Models with more cells than this are not worth printing, and take longer to read off than to find.
MAX_CELLS = 20_000
MAX_INSTANCES = 5_000
MAX_DEPTH = 100  # Python recurses here, and Z3's own functions break where its stack ends
# A universe this small is not searched for a smaller one.
SMALL = 2

z3.set_param("memory_max_size", MEMORY_MEGABYTES)


_interrupted = threading.Event()


def solve(job: Job, emit: Emit) -> None:
    """Answer the job's questions, definite answers first, then their explanations."""
    _interrupted.clear()
    _Solving(job, emit).run()


def interrupt() -> None:
    """End the running job soon; called from another thread."""
    _interrupted.set()
    z3.main_ctx().interrupt()


class _Solving:
    def __init__(self, job: Job, emit: Emit) -> None:
        self.job = job
        self.emit = emit
        self.deadline = time.monotonic() + job.seconds
        # The declaration of `U` is left to each solver: open here, of a known size in `_finite`.
        text = [job.encoded.declarations]
        for i, premise in enumerate(job.encoded.smt_premises):
            text.append(f"(declare-const q{i} Bool)\n(assert (=> q{i} {premise}))")
        text.append(f"(declare-const g{CONCLUSION} Bool)")
        text.append(f"(assert (=> g{CONCLUSION} (not {job.encoded.smt_conclusion})))")
        text.append(f"(declare-const g{NEGATION} Bool)")
        text.append(f"(assert (=> g{NEGATION} {job.encoded.smt_conclusion}))")
        self.text = "\n".join(text)
        self.open = z3.Solver()
        self.open.from_string("(declare-sort U 0)\n" + self.text)
        self.premises = tuple(range(len(job.encoded.smt_premises)))

    def run(self) -> None:
        cores: dict[Question, tuple[int, ...]] = dict(self.job.known)
        models: dict[Question, Tables | None] = {}
        unsure: dict[Question, str] = {}
        for question in self.job.questions:
            if question in cores:
                continue
            answer = self._ask(question, self.premises, min(FIRST_LOOK_SECONDS, FIRST_LOOK * self._left()))
            if isinstance(answer, str):
                unsure[question] = answer
            elif isinstance(answer, tuple):
                cores[question] = answer
                self.emit(Unsatisfiable(question, answer, final=not self.job.explain))
            else:
                tables = _read(answer, self.job) if self.job.explain else None
                models[question] = tables
                small = not self.job.explain or (tables is not None and tables.size <= SMALL)
                self.emit(Satisfiable(question, "model", tables, final=small))
        if self.job.explain:
            for question, core in cores.items():
                self._minimise(question, core)
            for question, tables in models.items():
                if tables is None or tables.size > SMALL:
                    ceiling = self.job.max_domain if tables is None else min(self.job.max_domain, tables.size - 1)
                    smaller = self._finite(question, ceiling, 0.5 * self._left())
                    self.emit(Satisfiable(question, "model", smaller or tables))
        for question, reason in unsure.items():
            self._insist(question, reason)

    def _left(self) -> float:
        return 0.0 if _interrupted.is_set() else max(0.0, self.deadline - time.monotonic())

    def _ask(
        self, question: Question, premises: tuple[int, ...], seconds: float
    ) -> tuple[int, ...] | z3.ModelRef | str:
        """A core, a model, or the reason for having neither."""
        if seconds <= 0:
            return "timeout"
        self.open.set("timeout", max(1, int(1000 * seconds)))
        goal = z3.Bool(f"g{question}")
        result = self.open.check(goal, *[z3.Bool(f"q{i}") for i in premises])
        if result == z3.unsat:
            names = (str(literal) for literal in self.open.unsat_core())
            return tuple(sorted(int(name[1:]) for name in names if name.startswith("q")))
        if result == z3.sat:
            return self.open.model()
        return self.open.reason_unknown() or "unknown"

    def _insist(self, question: Question, reason: str) -> None:
        """Small finite models, then all the time that is left for the quantifiers."""
        tables = self._finite(question, self.job.max_domain, 0.5 * self._left())
        if tables is not None:
            self.emit(Satisfiable(question, "model", tables))
            return
        answer = self._ask(question, self.premises, self._left())
        if isinstance(answer, str):
            self.emit(GaveUp(question, f"{answer} (first {reason}); no model up to {self.job.max_domain} elements"))
        elif isinstance(answer, tuple):
            self.emit(Unsatisfiable(question, answer, final=not self.job.explain))
            if self.job.explain:
                self._minimise(question, answer)
        else:
            self.emit(Satisfiable(question, "model", _read(answer, self.job) if self.job.explain else None))

    def _minimise(self, question: Question, core: tuple[int, ...]) -> None:
        """Deletion: drop each premise in turn and keep it only where the rest doesn't entail any more."""
        minimal = True
        for premise in core:
            if premise not in core:
                continue
            rest = tuple(i for i in core if i != premise)
            answer = self._ask(question, rest, min(FIRST_LOOK_SECONDS, 0.1 * self._left()))
            if isinstance(answer, tuple):
                core = answer
            elif isinstance(answer, str):
                minimal &= self._finite(question, self.job.max_domain, 0.2 * self._left(), rest) is not None
        self.emit(Unsatisfiable(question, core, minimal))

    def _finite(
        self, question: Question, ceiling: int, seconds: float, premises: tuple[int, ...] | None = None
    ) -> Tables | None:
        """The smallest model with at most `ceiling` elements, or None where none was found in time.

        `U` becomes an enumeration and quantifiers become their instances, where there aren't too many of
        them. An `unsat` here says only that no model has this size.
        """
        premises = self.premises if premises is None else premises
        end = time.monotonic() + seconds
        for size in range(1, ceiling + 1):
            left = end - time.monotonic()
            if left <= 0 or _cells(self.job, size) > MAX_CELLS:
                return None
            sort, elements = _elements(size)
            solver = z3.Solver()
            solver.set("timeout", max(1, int(1000 * left)))
            formulas = list(z3.parse_smt2_string(self.text, sorts={"U": sort}))
            solver.add(_instances(formulas, elements) or formulas)
            if solver.check(z3.Bool(f"g{question}"), *[z3.Bool(f"q{i}") for i in premises]) == z3.sat:
                return _read(solver.model(), self.job, elements)
        return None


def _cells(job: Job, size: int) -> int:
    vocabulary = job.encoded.vocabulary
    return sum(size**arity for _, arity in (*vocabulary.predicates, *vocabulary.functions))


_CONNECTIVES = {
    z3.Z3_OP_AND, z3.Z3_OP_OR, z3.Z3_OP_NOT, z3.Z3_OP_IMPLIES, z3.Z3_OP_XOR, z3.Z3_OP_IFF, z3.Z3_OP_EQ
}  # fmt: skip


def _instances(formulas: list[z3.BoolRef], elements: list[z3.ExprRef]) -> list[z3.BoolRef] | None:
    """The formulas without quantifiers, or None where that is too much.

    Z3 also decides them with quantifiers, but what it takes to find S₃ (groups that don't commute, six
    elements) is 0.1 s so and more than 8 s with them.
    """
    left = MAX_INSTANCES

    def expanded(formula: z3.BoolRef, depth: int) -> z3.BoolRef:
        nonlocal left
        if depth > MAX_DEPTH:
            raise OverflowError
        if z3.is_quantifier(formula):
            points = itertools.product(elements, repeat=formula.num_vars())
            left -= len(elements) ** formula.num_vars()
            if left < 0:
                raise OverflowError
            body = formula.body()
            found = [expanded(z3.substitute_vars(body, *reversed(point)), depth + 1) for point in points]
            return z3.And(found) if formula.is_forall() else z3.Or(found)
        kids = formula.children()
        if kids and formula.decl().kind() in _CONNECTIVES and z3.is_bool(kids[0]):
            return formula.decl()(*(expanded(kid, depth + 1) for kid in kids))
        return formula

    try:
        return [expanded(formula, 0) for formula in formulas]
    except OverflowError:
        return None


@functools.cache
def _elements(size: int) -> tuple[z3.DatatypeSortRef, list[z3.ExprRef]]:
    """The enumeration with `size` elements; Z3 wants each declared only once in a process."""
    return z3.EnumSort(f"U{size}", [f"e{size}_{i}" for i in range(size)])


def _read(model: z3.ModelRef, job: Job, domain: list[z3.ExprRef] | None = None) -> Tables | None:
    """The model's tables, or None where its universe isn't a small finite set."""
    if domain is None:
        universes = [model.get_universe(sort) for sort in model.sorts() if sort.name() == "U"]
        # Without an element of `U` in sight the model is propositional, and one element carries it.
        domain = list(universes[0]) if universes else [z3.Const("e", z3.DeclareSort("U"))]
    if _cells(job, len(domain)) > MAX_CELLS:
        return None
    number = {element.get_id(): i for i, element in enumerate(domain)}
    declared = {d.name(): d for d in model.decls()}
    points = functools.cache(lambda arity: list(itertools.product(range(len(domain)), repeat=arity)))

    def value(declaration: z3.FuncDeclRef, point: tuple[int, ...]) -> z3.ExprRef:
        return model.eval(declaration(*(domain[k] for k in point)), model_completion=True)

    predicates: list[tuple[tuple[int, ...], ...]] = []
    for i, (_, arity) in enumerate(job.encoded.vocabulary.predicates):
        symbol = declared.get(f"p{i}")  # one that the model leaves open may as well hold of nothing
        held = () if symbol is None else tuple(p for p in points(arity) if z3.is_true(value(symbol, p)))
        predicates.append(held)
    functions: list[tuple[tuple[tuple[int, ...], int], ...]] = []
    for i, (_, arity) in enumerate(job.encoded.vocabulary.functions):
        symbol = declared.get(f"f{i}")
        values = [0 if symbol is None else number.get(value(symbol, p).get_id(), -1) for p in points(arity)]
        if -1 in values:
            return None
        functions.append(tuple(zip(points(arity), values, strict=True)))
    return Tables(len(domain), tuple(predicates), tuple(functions))
