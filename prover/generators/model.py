"""Tactics and whole proofs from a language model: strings in, ranked candidates out.

Asks any `Model` through a prompt format and merges what comes back: the same tactic in two spellings is one
candidate; one that failed before, is cut off or gives up (`sorry`) is none. Not here: Lean objects, the portfolio, how
generators are interleaved; whether a candidate is any good is for Lean to say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from prover.generators import answers
from prover.generators.prompts import Format, ProofQuestion, Question, StateQuestion, format_for, stub
from prover.models.errors import BadRequest
from prover.models.protocol import Completion, Failed, Model, Reply, Request, Scorer, Usage

NOTHING = "The model wrote nothing that could be a {level}."


@dataclass(frozen=True, slots=True)
class Tactic:
    """One candidate. logprob: of the tactic, all spellings that came together; None where the model gives none.

    votes: how many completions proposed it.
    """

    text: str
    logprob: float | None
    votes: int = 1


@dataclass(frozen=True, slots=True)
class Proof:
    """One whole proof. source: header, statement and proof as one Lean file, with the statement as it was asked.

    body: the tactics behind `:= by`, dedented, which is what a search takes its good prefix from. written:
    the model's source as it came, where it is a file of its own (it may hold lemmas that `source` lacks),
    or "".
    """

    source: str
    body: str
    written: str
    logprob: float | None
    votes: int = 1


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a model made of one question, best first.

    failure: one sentence where the model could not be asked or wrote nothing usable. dropped: completions
    without a usable candidate.
    """

    candidates: tuple[Tactic, ...] | tuple[Proof, ...] = ()
    failure: str = ""
    notes: tuple[str, ...] = ()
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)


class ModelGenerator:
    """Proposes tactics for states, and whole proofs for theorems.

    Args:
        n: completions per question.
        format, proof_format: names of `prompts.FORMATS`; None takes what the checkpoint was trained on here,
            or else chooses by the model's name.
        temperature, top_p, max_tokens: None takes the format's.
        seed: makes sampling repeatable.

    Raises:
        BadRequest: there is no such format.
    """

    def __init__(
        self,
        model: Model,
        n: int = 16,
        *,
        format: str | None = None,
        proof_format: str | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> None:
        self.model = model
        self.n = n
        self.tactic_format = format_for(model.name, "tactic", format or getattr(model, "prompt_format", None))
        self.proof_format = format_for(model.name, "proof", proof_format)
        self._temperature, self._top_p, self._max_tokens = temperature, top_p, max_tokens
        self._seed = seed
        #: Of `time.monotonic()`: what the model has not written by then is not waited for.
        self.deadline: float | None = None

    def tactics(self, questions: Sequence[StateQuestion]) -> list[Proposed]:
        """Candidates for each state, in one batch.

        Raises:
            ModelError: the model cannot be used at all.
        """
        replies = self.model.generate([self._request(self.tactic_format, q) for q in questions])
        return [self._read_tactics(q, r) for q, r in zip(questions, replies, strict=True)]

    def scores(self, question: StateQuestion, tactics: Sequence[str]) -> list[float]:
        """The model's log-probability of each tactic as its answer to a question, all in one pass.

        Raises:
            BadRequest: the model cannot score, or its answers are not single tactics.
        """
        if not isinstance(self.model, Scorer) or not self.tactic_format.single:
            name = self.model.name
            raise BadRequest(f"{name} cannot score given tactics: that takes a checkpoint trained on tactics.")
        return [score.logprob for score in self.model.score(self.tactic_format.write(question), tactics)]

    async def atactics(self, questions: Sequence[StateQuestion]) -> list[Proposed]:
        """`tactics` without blocking the event loop."""
        replies = await self.model.agenerate([self._request(self.tactic_format, q) for q in questions])
        return [self._read_tactics(q, r) for q, r in zip(questions, replies, strict=True)]

    def proofs(self, questions: Sequence[ProofQuestion]) -> list[Proposed]:
        """Whole proofs for each theorem, in one batch; raises as `tactics` does."""
        replies = self.model.generate([self._request(self.proof_format, q) for q in questions])
        return [self._read_proofs(q, r) for q, r in zip(questions, replies, strict=True)]

    async def aproofs(self, questions: Sequence[ProofQuestion]) -> list[Proposed]:
        """`proofs` without blocking the event loop."""
        replies = await self.model.agenerate([self._request(self.proof_format, q) for q in questions])
        return [self._read_proofs(q, r) for q, r in zip(questions, replies, strict=True)]

    def _request(self, form: Format, question: Question) -> Request:
        sampling = form.sampling
        temperature = sampling.temperature if self._temperature is None else self._temperature
        # Several completions at temperature 0 can only be beams.
        beams = self.n if temperature == 0 and (sampling.beams or self.n > 1) else 0
        return Request(
            prompt=form.write(question),
            n=self.n,
            temperature=temperature,
            top_p=sampling.top_p if self._top_p is None or beams else self._top_p,
            max_tokens=self._max_tokens or sampling.max_tokens,
            stop=form.stop,
            seed=None if beams else self._seed,
            beams=beams,
            id=question.id,
            deadline=self.deadline,
        )

    def _read_tactics(self, question: StateQuestion, reply: Reply) -> Proposed:
        if isinstance(reply, Failed):
            return Proposed(failure=reply.reason, usage=reply.usage)
        tried = {answers.normalise(tactic) for tactic, _ in question.failed}
        merged: dict[str, _Merged] = {}
        dropped = 0
        for completion in reply.completions:
            read = self.tactic_format.read(completion.text)
            found = [text for text in read if text not in tried and answers.complete(text)]
            dropped += not found
            for text in found:
                own = completion if self.tactic_format.single else None
                merged.setdefault(text, _Merged()).add(own)
        candidates = tuple(Tactic(text, m.logprob, m.votes) for text, m in _ranked(merged))
        failure = "" if candidates else NOTHING.format(level="tactic")
        return Proposed(candidates, failure, reply.notes, dropped, reply.usage)

    def _read_proofs(self, question: ProofQuestion, reply: Reply) -> Proposed:
        if isinstance(reply, Failed):
            return Proposed(failure=reply.reason, usage=reply.usage)
        merged: dict[str, _Merged] = {}
        written: dict[str, str] = {}
        dropped = 0
        for completion in reply.completions:
            usable = False
            for source in self.proof_format.read(completion.text):
                body = answers.proof_body(source, question.statement)
                if body and not answers.gives_up(body):
                    merged.setdefault(body, _Merged()).add(completion)
                    written.setdefault(body, source if answers.declares(source) else "")
                    usable = True
            dropped += not usable
        candidates = tuple(
            Proof(_assembled(question, body), body, written[body], m.logprob, m.votes) for body, m in _ranked(merged)
        )
        failure = "" if candidates else NOTHING.format(level="proof")
        return Proposed(candidates, failure, reply.notes, dropped, reply.usage)


class _Merged:
    """Completions that mean the same candidate."""

    def __init__(self) -> None:
        self.votes = 0
        self._by_text: dict[str, float] = {}
        self._known = True

    def add(self, completion: Completion | None) -> None:
        """None: the completion held other candidates too, so its probability is not this one's."""
        self.votes += 1
        if completion is None or completion.logprob is None:
            self._known = False
        else:
            # The same text sampled twice is one event; another spelling is another event.
            self._by_text[completion.text] = completion.logprob

    @property
    def logprob(self) -> float | None:
        if not self._known:
            return None
        values = list(self._by_text.values())
        most = max(values)
        return min(0.0, most + math.log(math.fsum(math.exp(value - most) for value in values)))


def _ranked(merged: dict[str, _Merged]) -> list[tuple[str, _Merged]]:
    """Most probable first; where the model gives no probability by votes, then as they came."""
    if all(m.logprob is not None for m in merged.values()):
        return sorted(merged.items(), key=lambda item: -(item[1].logprob or 0.0))
    return sorted(merged.items(), key=lambda item: -item[1].votes)


def _assembled(question: ProofQuestion, body: str) -> str:
    """The file that is to be verified: the statement is ours, only the proof is the model's."""
    lines = "\n".join(f"  {line}" if line.strip() else "" for line in body.split("\n"))
    header = question.header.rstrip()
    return (f"{header}\n\n" if header else "") + f"{stub(question.statement)}\n{lines}\n"
