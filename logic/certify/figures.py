"""The figures of certification (`entails logic certificates`): what of the answers Lean confirms.

FOLIO's gold formulas and data sets in controlled English in; shares, median times, and mutated certificates, none of
which may pass unless what it then claims is what it proves. Nothing is tuned here.
"""

from __future__ import annotations

import json
import random
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logic.answer import Answer
from logic.certify.certificate import Certificate, Certifier, NotCertified
from logic.certify.verify import read_claim, recheck
from logic.errors import InputError, LogicError
from logic.qa import LogicQA
from logic.verdict import Verdict

DEFINITE = (Verdict.TRUE, Verdict.FALSE, Verdict.CONTRADICTORY)


@dataclass(slots=True)
class Certified:
    """What became of the answers of one data set."""

    name: str
    asked: int = 0
    unread: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)  # by verdict, of the certified ones
    failed: list[tuple[int, str, str]] = field(default_factory=list)  # question, verdict, reason
    certificates: list[str] = field(default_factory=list)

    def take(self, number: int, answer: Answer | LogicError) -> None:
        self.asked += 1
        if isinstance(answer, LogicError) or answer.answer is None:
            self.unread += 1
            return
        certificate, said = answer.certificate, answer.answer.value
        if isinstance(certificate, Certificate):
            self.seconds.setdefault(said, []).append(certificate.seconds)
            self.certificates.append(certificate.source)
        else:
            assert isinstance(certificate, NotCertified)
            self.failed.append((number, said, certificate.reason))

    def line(self, verdicts: Sequence[Verdict], what: str) -> str:
        names = {v.value for v in verdicts}
        seconds = [s for name, times in self.seconds.items() if name in names for s in times]
        failed = sum(said in names for _, said, _ in self.failed)
        total = len(seconds) + failed
        if not total:
            return f"{self.name}: no {what}"
        return (
            f"{self.name}: {len(seconds)} of {total} {what} certified ({len(seconds) / total:.1%}), "
            f"median {statistics.median(seconds) * 1000 if seconds else 0:.0f} ms, "
            f"longest {max(seconds, default=0):.2f} s"
        )


def folio(path: Path, certifier: Certifier, most: int | None = None) -> Certified:
    """The gold formulas of a FOLIO file."""
    qa = LogicQA(language="formulas")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    report = Certified(path.name)
    for number, row in enumerate(rows[:most], 1):
        report.take(number, _asked(qa, certifier, row["premises-FOL"], row["conclusion-FOL"]))
    return report


def english(path: Path, certifier: Certifier, most: int | None = None) -> Certified:
    """A data set in controlled English (`logic/english/score.py` has the formats)."""
    from logic.english.score import item

    qa = LogicQA()
    report = Certified(path.name)
    for number, value in enumerate(json.loads(path.read_text(encoding="utf-8"))[:most], 1):
        question = item(value, number)
        report.take(number, _asked(qa, certifier, list(question.premises), question.conclusion))
    return report


def _asked(qa: LogicQA, certifier: Certifier, premises: list[str], conclusion: str) -> Answer | LogicError:
    from dataclasses import replace

    try:
        answer = qa.ask(premises, conclusion)
        return replace(answer, certificate=certifier.certify(answer))
    except LogicError as error:
        return error


@dataclass(slots=True)
class Mutations:
    """Mutated certificates: how many were tried, refused, and accepted although what they claim changed."""

    tried: int = 0
    refused: int = 0
    harmless: int = 0
    wrongly: list[str] = field(default_factory=list)


def mutate(certificates: Sequence[str], certifier: Certifier, count: int, seed: int = 0) -> Mutations:
    """Change certificates at random, one change each, and check each again.

    A change is harmless where the certificate still claims what it claimed and still proves it (a comment, a redundant
    row of a model's table); it is accepted wrongly where it is accepted with another claim, since each change leaves
    the proof as it was for the old one.
    """
    chance = random.Random(seed)
    report = Mutations()
    kinds = list(MUTATIONS)
    while report.tried < count and certificates:
        text = chance.choice(certificates)
        mutated = MUTATIONS[chance.choice(kinds)](text, chance)
        if mutated is None or mutated == text:
            continue
        report.tried += 1
        try:
            accepted = recheck(mutated, certifier.lean).accepted
            same_claim = accepted and read_claim(mutated) == read_claim(text)
        except InputError:
            accepted = same_claim = False
        if not accepted:
            report.refused += 1
        elif same_claim and _same_theorems(mutated, text):
            report.harmless += 1
        else:
            report.wrongly.append(mutated)
    return report


def _same_theorems(one: str, other: str) -> bool:
    """Whether two certificates state the same, whatever their comments and proofs."""
    return [_bare(s) for s in _statements(one)] == [_bare(s) for s in _statements(other)]


def _statements(text: str) -> Iterator[str]:
    for part in text.split("\ntheorem ")[1:]:
        yield part.partition(" := by")[0]


def _bare(statement: str) -> str:
    return " ".join(re.sub(r"--.*", "", statement).split())


Mutation = Callable[[str, random.Random], "str | None"]


def _swap(text: str, found: re.Match[str], replacement: str) -> str:
    return text[: found.start()] + replacement + text[found.end() :]


def _any(pattern: str, text: str, chance: random.Random) -> re.Match[str] | None:
    matches = list(re.finditer(pattern, text, re.MULTILINE))
    return chance.choice(matches) if matches else None


def _drop_premise(text: str, chance: random.Random) -> str | None:
    found = _any(r"^    \((?:the_)*premise_\d+ : .*\)( :)?$|^    \(.*\) →$", text, chance)
    return None if found is None else _swap(text, found, (found.group(1) or "").strip())


def _drop_claimed_premise(text: str, chance: random.Random) -> str | None:
    found = _any(r'\{"formula": "(?:[^"\\]|\\.)*", "text": "(?:[^"\\]|\\.)*"\}, ', text, chance)
    return None if found is None else _swap(text, found, "")


def _rename_use(text: str, chance: random.Random) -> str | None:
    names = re.findall(r"^    \((\w+) : (?:U → )*(?:Prop|U)\),?$", text, re.MULTILINE)
    if len(names) < 2:
        return None
    old, new = chance.sample(names, 2)
    found = _any(rf"(?<=\(){re.escape(old)}(?= \w|\))(?! :)", text, chance)
    return None if found is None else _swap(text, found, new)


def _negate_goal(text: str, chance: random.Random) -> str | None:
    found = _any(r"^    (?!\(|--|have|simp)(\S.*) := by$", text, chance)
    return None if found is None else _swap(text, found, f"    ¬({found.group(1)}) := by")


def _swap_connective(text: str, chance: random.Random) -> str | None:
    found = _any("[∧∨↔∀∃]|→(?! Prop| U)", text, chance)
    return None if found is None else _swap(text, found, chance.choice([c for c in "∧∨↔→" if c != found.group()]))


def _change_table(text: str, chance: random.Random) -> str | None:
    found = _any(r"(?<= = )\d+|\bTrue\b|\bFalse\b|(?<=then )\d+", text, chance)
    if found is None:
        return None
    flipped = {"True": "False", "False": "True"}.get(found.group())
    return _swap(text, found, flipped or str(int(found.group()) + chance.choice([1, 2])))


def _change_answer(text: str, chance: random.Random) -> str | None:
    found = _any('"answer": "(\\w+)"', text, chance)
    others = [v.value for v in (*DEFINITE, Verdict.UNCERTAIN) if found is None or v.value != found.group(1)]
    return None if found is None else _swap(text, found, f'"answer": "{chance.choice(others)}"')


def _sorry(text: str, chance: random.Random) -> str | None:
    found = _any(r"^  (grind.*|all_goals .*|simp_all)$", text, chance)
    return None if found is None else _swap(text, found, "  sorry")


MUTATIONS: dict[str, Mutation] = {
    "a premise dropped from the theorem": _drop_premise,
    "a premise dropped from the claim": _drop_claimed_premise,
    "a symbol renamed": _rename_use,
    "the goal negated": _negate_goal,
    "a connective swapped": _swap_connective,
    "a model's table changed": _change_table,
    "the answer changed": _change_answer,
    "the proof replaced by sorry": _sorry,
}


def report(folio_file: Path | None, english_files: Sequence[Path], most: int | None, mutations: int) -> dict[str, Any]:
    """Run all of it and print as it goes; the numbers as data."""
    out: dict[str, Any] = {}
    texts: list[str] = []
    with Certifier() as certifier:
        _ = certifier.lean
        runs = [(folio, folio_file)] if folio_file is not None else []
        for run, path in [*runs, *((english, p) for p in english_files)]:
            done = run(path, certifier, most)
            print(done.line(DEFINITE, "definite answers"), flush=True)
            print(done.line((Verdict.UNCERTAIN,), "uncertain answers"), flush=True)
            for number, said, reason in done.failed:
                print(f"  question {number} ({said}): {reason}", flush=True)
            texts += done.certificates
            out[done.name] = {"asked": done.asked, "unread": done.unread, "failed": done.failed}
        changed = mutate(texts, certifier, mutations)
        print(
            f"mutations: {changed.tried} tried, {changed.refused} refused, {changed.harmless} harmless, "
            f"{len(changed.wrongly)} accepted wrongly"
        )
        out["mutations"] = {"tried": changed.tried, "wrongly": changed.wrongly}
    return out
