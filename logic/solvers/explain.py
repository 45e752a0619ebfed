"""Explains an answer that is there: cores made minimal, small finite models, proofs. Nothing is decided here."""

from __future__ import annotations

import time
from dataclasses import replace

from logic.solvers.decision import Decision, Derived, Outcome
from logic.solvers.encode import Encoded
from logic.solvers.jobs import CONCLUSION, NEGATION, Job, Question, Satisfiable, Unsatisfiable
from logic.solvers.process import Lane, remaining
from logic.solvers.proof import Proof, parse_proof
from logic.solvers.race import Race
from logic.verdict import Verdict

# What may be spent of the time that is left until the deadline; a proof that was asked for may go beyond it.
EXPLAIN_SECONDS = 2.0
PROOF_SECONDS = 5.0


def explain(race: Race, solvers: tuple[str, ...], max_domain: int) -> None:
    """Wait for, or ask for, minimal cores and small models of what is settled."""
    end = min(race.deadline, time.monotonic() + EXPLAIN_SECONDS)
    while race.explaining("z3") and time.monotonic() < end:
        race.listen(end)
    if "z3" not in solvers or remaining(end) == 0:
        return
    for question, (solver, message) in list(race.settled.items()):
        if solver == "z3":
            continue
        if isinstance(message, Unsatisfiable) and len(message.core) > 0:
            race.improve("z3", question, known=((question, message.core),), max_domain=max_domain)
        elif isinstance(message, Satisfiable) and message.tables is None:
            race.improve("z3", question, known=(), max_domain=max_domain)
    while race.improving and time.monotonic() < end:
        race.listen(end)


def contradiction(
    lane: Lane, encoded: Encoded, outcomes: dict[Question, Outcome], minimise: bool, max_domain: int, deadline: float
) -> Derived:
    """The premises behind both derivations contradict each other; made minimal by Z3 where there is time."""
    cores = [outcome for outcome in outcomes.values() if isinstance(outcome, Derived)]
    union = tuple(sorted({i for derived in cores for i in derived.core}))
    found = Derived(cores[0].solver, union)
    if not minimise or remaining(deadline) == 0:
        return found
    absurd = replace(encoded, smt_conclusion="false", tptp_conclusion="$false")
    end = min(deadline, time.monotonic() + EXPLAIN_SECONDS)
    race = Race(lane, absurd, end, lambda solver, message: None)
    try:
        race.improve("z3", CONCLUSION, known=((CONCLUSION, union),), max_domain=max_domain)
        while race.improving and time.monotonic() < end:
            race.listen(end)
    finally:
        race.finish()
    match race.settled.get(CONCLUSION):
        case (_, Unsatisfiable(core=core, minimal=minimal)):
            return Derived(found.solver, core, minimal)
    return found


def with_proof(lane: Lane, encoded: Encoded, decision: Decision) -> Decision:
    """The decision with E's proof from its core, where E finds one."""
    core = decision.core
    goal: Question = NEGATION if decision.verdict is Verdict.FALSE else CONCLUSION
    from_core = replace(encoded, tptp_premises=tuple(encoded.tptp_premises[i] for i in core))
    if decision.verdict is Verdict.CONTRADICTORY:
        from_core = replace(from_core, tptp_conclusion="$false")
    end = time.monotonic() + PROOF_SECONDS
    process = lane.process("eprover")
    number = process.submit("eprover", Job(from_core, (goal,), PROOF_SECONDS))
    proof: Proof | None = None
    running = True
    try:
        while running and remaining(end) > 0:
            for speaker, job, message in lane.listen(remaining(end)):
                if speaker is process and job == number:
                    running = message is not None
                    if isinstance(message, Unsatisfiable) and message.proof:
                        proof = parse_proof(message.proof, encoded.vocabulary).renumbered(core)
    finally:
        process.stop(number)
    if proof is None:
        return decision
    if decision.contradiction is not None:
        return replace(decision, contradiction=replace(decision.contradiction, proof=proof))
    if goal == CONCLUSION:
        return replace(decision, conclusion=replace(decision.conclusion, proof=proof))
    return replace(decision, negation=replace(decision.negation, proof=proof))
