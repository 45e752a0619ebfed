"""cvc5: finite model finding, and quantifier instantiation for what has no finite model.

Runs inside a forked solver process (`host.py`): cvc5 holds Python's lock while it works, so only killing the
process stops it before its own limit.
"""

from __future__ import annotations

import itertools
import time

import cvc5

from logic.solvers.jobs import CONCLUSION, Emit, GaveUp, Job, Question, Satisfiable, Tables, Unsatisfiable

# name → options; in this order, each with its share of the time that is left.
STRATEGIES: dict[str, tuple[float, dict[str, str]]] = {
    "finite models": (0.5, {"finite-model-find": "true"}),
    "instantiation": (1.0, {"full-saturate-quant": "true"}),
}
MAX_CELLS = 20_000
MAX_SIZE = 12  # a larger model is shown to be there, but not printed


def solve(job: Job, emit: Emit) -> None:
    """Answer the job's questions one after the other (the portfolio sends one in each job)."""
    deadline = time.monotonic() + job.seconds
    for question in job.questions:
        reasons = []
        for name, (share, options) in STRATEGIES.items():
            left = share * max(0.001, deadline - time.monotonic())
            answer = _ask(job, question, left, options)
            if not isinstance(answer, str):
                emit(answer)
                break
            reasons.append(f"{name}: {answer}")
        else:
            emit(GaveUp(question, "; ".join(reasons)))


def _ask(job: Job, question: Question, seconds: float, options: dict[str, str]) -> Unsatisfiable | Satisfiable | str:
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setOption("tlimit-per", str(max(1, int(1000 * seconds))))
    solver.setOption("produce-unsat-cores", "true")
    solver.setOption("produce-models", "true")
    for option, value in options.items():
        solver.setOption(option, value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, _text(job, question), "problem")
    symbols = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        said = command.invoke(solver, symbols)
        if isinstance(said, str) and "error" in said:
            return said.strip()
    result = solver.checkSat()
    if result.isUnsat():
        named = {symbols.getNamedTerms()[term] for term in solver.getUnsatCore()}
        return Unsatisfiable(question, tuple(sorted(int(n[1:]) for n in named if n.startswith("h"))))
    if result.isSat():
        return Satisfiable(question, "model", _read(solver, symbols, manager, job) if job.explain else None)
    return str(result.getUnknownExplanation()).rpartition(".")[2].lower()


def _text(job: Job, question: Question) -> str:
    goal = job.encoded.smt_conclusion
    lines = ["(set-logic UF)", "(declare-sort U 0)", job.encoded.declarations]
    # An element of its own for the goal's sake: `U` is not empty even where no constant names an element.
    lines.append("(declare-const element U)")
    for i, premise in enumerate(job.encoded.smt_premises):
        lines.append(f"(assert (! {premise} :named h{i}))")
    lines.append(f"(assert (! {f'(not {goal})' if question == CONCLUSION else goal} :named goal))")
    return "\n".join(lines)


def _read(solver: cvc5.Solver, symbols: cvc5.SymbolManager, manager: cvc5.TermManager, job: Job) -> Tables | None:
    (sort,) = (s for s in symbols.getDeclaredSorts() if str(s) == "U")
    domain = solver.getModelDomainElements(sort)
    vocabulary = job.encoded.vocabulary
    cells = sum(len(domain) ** n for _, n in (*vocabulary.predicates, *vocabulary.functions))
    if len(domain) > MAX_SIZE or cells > MAX_CELLS:
        return None
    declared = {str(term): term for term in symbols.getDeclaredTerms()}
    number = {element: i for i, element in enumerate(domain)}

    def value(symbol: str, point: tuple[int, ...]) -> cvc5.Term:
        term = declared[symbol]
        if point:
            term = manager.mkTerm(cvc5.Kind.APPLY_UF, term, *(domain[k] for k in point))
        return solver.getValue(term)

    def points(arity: int) -> list[tuple[int, ...]]:
        return list(itertools.product(range(len(domain)), repeat=arity))

    return Tables(
        len(domain),
        tuple(
            tuple(p for p in points(n) if value(f"p{i}", p).getBooleanValue())
            for i, (_, n) in enumerate(vocabulary.predicates)
        ),
        tuple(
            tuple((p, number[value(f"f{i}", p)]) for p in points(n)) for i, (_, n) in enumerate(vocabulary.functions)
        ),
    )
