"""How each known model is asked for tactics or whole proofs: one table, `FORMATS`.

A format writes a prompt and says what answers look like; reading them is in `answers.py`. Strings in,
strings out: nothing here knows a Lean object. Adding a model is one entry in `FORMATS`: name, level, a
pattern for the names of its checkpoints, `write`, `read`, stop strings and the sampling its authors use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from prover.generators import answers
from prover.generators.protocol import Premise
from prover.models.errors import BadRequest
from prover.models.protocol import Message

Level: TypeAlias = Literal["tactic", "proof"]
Prompt: TypeAlias = str | tuple[Message, ...]

# ReProver was trained on inputs of at most so many bytes (Yang et al., 2023, appendix D).
REPROVER_BYTES = 2300
# Tactics listed in a chat prompt as having failed.
MOST_FAILED = 8
# Room for premises in a chat prompt, in characters: some 2,000 tokens.
PREMISE_CHARACTERS = 6000


@dataclass(frozen=True, slots=True)
class StateQuestion:
    """What could be done in one proof state.

    state: as Lean prints it. premises: best first. failed: (tactic, Lean's message) pairs tried here already, latest
    first; a message may be empty.
    """

    state: str
    premises: tuple[Premise, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True)
class ProofQuestion:
    """How could a theorem be proved as a whole.

    statement: the declaration, with or without `:= by sorry` at its end. header: what comes before it in
    the file. attempt, errors: a proof that failed and Lean's messages, for a repair round.
    """

    statement: str
    header: str = ""
    premises: tuple[Premise, ...] = ()
    attempt: str = ""
    errors: tuple[str, ...] = ()
    id: str = ""


Question: TypeAlias = StateQuestion | ProofQuestion


@dataclass(frozen=True, slots=True)
class Sampling:
    """As the model's authors sample; beams: the number of completions decides how many."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 256
    beams: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """One way of asking. models: pattern for the names of checkpoints that were trained on it.

    read: from a completion to candidates, most wanted first (tactics, or Lean source). single: a completion
    is one tactic, so that its log-probability is the tactic's. shows_failed: whether the prompt says what failed.
    """

    name: str
    level: Level
    write: Callable[..., Prompt]
    read: Callable[[str], list[str]]
    models: str = ""
    stop: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    single: bool = True
    shows_failed: bool = False


def format_for(model: str, level: Level, override: str | None = None) -> Format:
    """The format a model was trained on, by its name; the chat format of `level` for all others.

    Raises:
        BadRequest: `override` names no format of that level.
    """
    if override is not None:
        found = FORMATS.get(override)
        if found is None or found.level != level:
            names = ", ".join(name for name, entry in FORMATS.items() if entry.level == level)
            raise BadRequest(f"There is no prompt format {override!r} for a {level}: it is one of {names}.")
        return found
    for entry in FORMATS.values():
        if entry.level == level and entry.models and re.search(entry.models, model, re.IGNORECASE):
            return entry
    return FORMATS["chat" if level == "tactic" else "chat-proof"]


def stub(statement: str) -> str:
    """The declaration up to and with `:= by`, whatever `sorry` stood there."""
    return re.sub(r"\s*(:=\s*(by\b)?\s*(sorry)?)?\s*$", "", statement) + " := by"


def _reprover(question: StateQuestion) -> str:
    """Marked premises, the best one next to the state, then the state (Yang et al., 2023, section 5)."""
    state = re.sub(r"^\d+ goals\n", "", question.state)
    room = REPROVER_BYTES - len(state.encode())
    parts: list[str] = []
    for premise in question.premises:
        part = _marked(premise) + "\n\n"
        size = len(part.encode())
        # One that is too long is passed over, the next may fit.
        if size <= room:
            parts.append(part)
            room -= size
    return "".join(reversed(parts)) + state


def _marked(premise: Premise) -> str:
    """The declaration with its name as `<a>Full.Name</a>`, also where the source has only the end of the name."""
    parts = premise.name.split(".")
    for start in range(len(parts)):
        short = ".".join(parts[start:])
        pattern = rf"(?<=\s)(?:_root_\.)?«?{re.escape(short)}»?(?=[\s:({{\[⦃]|$)"
        text, count = re.subn(pattern, lambda _: f"<a>{premise.name}</a>", premise.statement, count=1)
        if count:
            return text
    return f"<a>{premise.name}</a> : {premise.statement}"


def _bare_state(question: StateQuestion) -> str:
    return re.sub(r"^\d+ goals\n", "", question.state)


def _premises_and_state(question: StateQuestion) -> str:
    """Premises one a line, the best next to the state, and three colons: what is trained here by default."""
    listed = "\n".join(reversed(_listed(question.premises).split("\n")))
    return (f"{listed}\n\n" if listed else "") + f"{question.state}:::"


def _bfs_prover(question: StateQuestion) -> str:
    return f"{question.state}:::"


SYSTEM = (
    "You are an expert in Lean 4. You are shown a proof state and propose the next tactic. "
    "Use only names that exist; never use sorry or admit."
)


def _chat(question: StateQuestion) -> tuple[Message, ...]:
    """State, premises and what failed; asks for candidates one a line in a lean block."""
    parts = [f"Proof state:\n```lean\n{question.state.strip()}\n```"]
    if listed := _listed(question.premises):
        parts.append(f"Lemmas that may help:\n```lean\n{listed}\n```")
    if question.failed:
        lines = [
            f"- `{_one_line(tactic)}`" + (f": {_one_line(message)}" if message else "")
            for tactic, message in question.failed[:MOST_FAILED]
        ]
        parts.append("These tactics fail here:\n" + "\n".join(lines))
    parts.append(
        "Propose up to four different next tactics, the most promising first, one per line "
        "in one ```lean block. No explanation."
    )
    return Message("system", SYSTEM), Message("user", "\n\n".join(parts))


# The prompt of the model cards of DeepSeek-Prover-V2 and Goedel-Prover-V2.
_PLAN = (
    "Before producing the Lean 4 code to formally prove the given theorem, provide a detailed proof plan "
    "outlining the main proof steps and strategies.\nThe plan should highlight key ideas, intermediate "
    "lemmas, and proof structures that will guide the construction of the final formal proof."
)


def _code(question: ProofQuestion) -> str:
    header = question.header.rstrip()
    return (f"{header}\n\n" if header else "") + stub(question.statement)


def _repair(question: ProofQuestion, first: Message) -> tuple[Message, ...]:
    """A first prompt, and in a repair round the attempt with Lean's messages (Goedel-Prover-V2, section 3.2)."""
    if not question.attempt:
        return (first,)
    errors = "\n\n".join(question.errors[:5])
    return (
        first,
        Message("assistant", f"```lean4\n{question.attempt.strip()}\n```"),
        Message(
            "user",
            f"Lean does not accept this proof:\n\n{errors}\n\nAnalyse the errors and give the corrected, "
            "complete Lean 4 code in one ```lean4 block.",
        ),
    )


def _whole(question: ProofQuestion) -> tuple[Message, ...]:
    asked = f"Complete the following Lean 4 code:\n\n```lean4\n{_code(question)}\n  sorry\n```\n\n{_PLAN}"
    return _repair(question, Message("user", asked))


def _whole_with_premises(question: ProofQuestion) -> tuple[Message, ...]:
    parts = [f"Complete the following Lean 4 code:\n\n```lean4\n{_code(question)}\n  sorry\n```"]
    if listed := _listed(question.premises):
        parts.append(f"Lemmas that may help:\n```lean4\n{listed}\n```")
    parts.append("Answer with the complete code, the statement unchanged and without sorry, in one ```lean4 block.")
    return _repair(question, Message("user", "\n\n".join(parts)))


def _open_block(question: ProofQuestion) -> str:
    """A code block left open: the model goes on with the proof (DeepSeek-Prover-V1.5)."""
    return f"Complete the following Lean 4 code:\n\n```lean4\n{_code(question)}\n"


def _open_block_with_comments(question: ProofQuestion) -> str:
    return (
        "Complete the following Lean 4 code with explanatory comments preceding each line of code:\n\n"
        f"```lean4\n{_code(question)}\n"
    )


def _listed(premises: Sequence[Premise]) -> str:
    lines: list[str] = []
    room = PREMISE_CHARACTERS
    for premise in premises:
        line = premise.statement if premise.name in premise.statement else f"{premise.name} : {premise.statement}"
        if len(line) <= room:
            lines.append(line)
            room -= len(line)
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


_FORMATS = (
    Format(
        "reprover-retrieval",
        "tactic",
        _reprover,
        answers.one_tactic,
        models=r"retriever?-tacgen|reprover-retrieval",
        sampling=Sampling(0.0, max_tokens=512, beams=True),
    ),
    Format(
        "reprover",
        "tactic",
        _bare_state,
        answers.one_tactic,
        models=r"lean4-tacgen|reprover",
        sampling=Sampling(0.0, max_tokens=512, beams=True),
    ),
    Format("bfs-prover", "tactic", _bfs_prover, answers.one_tactic, models=r"bfs-?prover"),
    Format("premises-state", "tactic", _premises_and_state, answers.one_tactic),
    Format(
        "chat",
        "tactic",
        _chat,
        answers.tactics,
        sampling=Sampling(0.8, max_tokens=1024),
        single=False,
        shows_failed=True,
    ),
    Format(
        "deepseek-prover-v1.5",
        "proof",
        _open_block,
        answers.rest_of_block,
        models=r"deepseek-prover-v1",
        stop=("```",),
        sampling=Sampling(1.0, 0.95, 2048),
    ),
    Format(
        "goedel-prover-v1",
        "proof",
        _open_block_with_comments,
        answers.rest_of_block,
        models=r"goedel-prover-(sft|dpo)",
        stop=("```",),
        sampling=Sampling(1.0, 0.95, 2048),
    ),
    Format(
        "whole-proof",
        "proof",
        _whole,
        answers.lean_blocks,
        models=r"(deepseek|goedel)-prover-v2",
        sampling=Sampling(1.0, 0.95, 8192),
    ),
    Format(
        "chat-proof",
        "proof",
        _whole_with_premises,
        answers.lean_blocks,
        sampling=Sampling(0.8, 0.95, 4096),
    ),
)
FORMATS: dict[str, Format] = {entry.name: entry for entry in _FORMATS}
