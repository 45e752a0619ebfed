"""E: proofs, and saturation where nothing follows.

Runs inside a forked solver process (`host.py`), which starts E as its child in the same process group. The
proof goes out as E wrote it; `proof.py` makes it readable.
"""

from __future__ import annotations

import re
import subprocess

from eprover import eprover_path

from logic.solvers.jobs import CONCLUSION, Emit, GaveUp, Job, Question, Satisfiable, Unsatisfiable

MEMORY_MEGABYTES = 2048
# Below this, trying several strategies in turn gives none of them enough time.
SCHEDULE_SECONDS = 2.0

_STATUS = re.compile(r"^[%#] SZS status (\w+)", re.MULTILINE)
_PROOF = re.compile(r"SZS output start CNFRefutation[^\n]*\n(.*?)[%#] SZS output end", re.DOTALL)
_USED = re.compile(r"file\([^,()]*, h(\d+)\)")
_PROVED = {"Theorem", "Unsatisfiable", "ContradictoryAxioms"}
_SATURATED = {"CounterSatisfiable", "Satisfiable"}


def solve(job: Job, emit: Emit) -> None:
    """Answer the job's questions one after the other (the portfolio sends one in each job)."""
    for question in job.questions:
        emit(_ask(job, question))


def _ask(job: Job, question: Question) -> Unsatisfiable | Satisfiable | GaveUp:
    try:
        run = subprocess.run(
            command(job.seconds),
            input=problem(job, question),
            capture_output=True,
            text=True,
            timeout=job.seconds + 1,
        )
    except subprocess.TimeoutExpired:
        return GaveUp(question, "deadline")
    status = _STATUS.search(run.stdout)
    if status and status[1] in _PROVED:
        proof = _PROOF.search(run.stdout)
        text = proof[1] if proof else ""
        core = tuple(sorted({int(i) for i in _USED.findall(text)}))
        if not proof:
            # A proof that can't be read names no premises, and a core of none would be a false claim.
            core = tuple(range(len(job.encoded.tptp_premises)))
        return Unsatisfiable(question, core, proof=text)
    if status and status[1] in _SATURATED:
        return Satisfiable(question, "saturation")
    said = status[1] if status else (run.stderr.strip().splitlines() or ["no status"])[-1]
    return GaveUp(question, f"{said} (exit status {run.returncode})" if run.returncode < 0 else said)


def command(seconds: float) -> list[str]:
    """E's command line. Its own limits end it even where nobody is left to stop it."""
    whole = max(1, round(seconds))
    strategy = "--auto-schedule" if seconds >= SCHEDULE_SECONDS else "--auto"
    return [
        eprover_path,
        strategy,
        "--proof-object",
        "--silent",
        "--tstp-format",
        f"--soft-cpu-limit={whole}",
        f"--cpu-limit={whole + 1}",
        f"--memory-limit={MEMORY_MEGABYTES}",
    ]


def problem(job: Job, question: Question) -> str:
    """The TPTP text; premise i is named `h{i}` and the goal `goal`."""
    lines = [f"fof(h{i},axiom,{premise})." for i, premise in enumerate(job.encoded.tptp_premises)]
    goal = job.encoded.tptp_conclusion
    lines.append(f"fof(goal,conjecture,{goal if question == CONCLUSION else f'~({goal})'}).")
    return "\n".join(lines) + "\n"
