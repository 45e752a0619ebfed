"""Steps of found proofs, from wherever proofs are written down.

| file | what is taken |
| --- | --- |
| logs of searches (`prove --log`, `bench prove --logs`) | where the shortest proof of each solved state begins |
| results (`prove --json`) | the steps of the proofs that the gate accepted |
| outcome tables (`train loop`) | on each state the quickest that helped |
| a LeanDojo split (`train.json`) | every traced tactic |
| pairs (JSON lines with `state` and `tactic`) | every line |

Not here: which steps are worth learning from (`curation.py`), prompts and tokens (`trainer.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.generators.answers import gives_up
from prover.generators.protocol import Premise
from prover.models.errors import BadRequest
from search.errors import LogError
from search.graph import ROOT
from search.log import read_logs
from search.replay import replay
from search.shortest import costs

#: Beside it are val.json and test.json, which nothing may be trained on.
TRAIN = "train.json"


@dataclass(frozen=True, slots=True)
class Step:
    """One tactic that worked on a state.

    after: the states it left, () where it solved its state, None where that is not known. length: steps of the whole
    proof it belongs to, 0 where that is not known. premises: as a generator would be shown them. theorem: the name of
    what was proved, where it is known.
    """

    state: str
    tactic: str
    after: tuple[str, ...] | None = None
    length: int = 0
    premises: tuple[Premise, ...] = ()
    theorem: str = ""


def read_steps(path: str | Path) -> list[Step]:
    """The steps of a file of any of the kinds above, told apart by what is in it, or of all in a folder.

    Of a folder of LeanDojo Benchmark only what is there to train on.
    Steps that give up (`sorry`) are left out.

    Raises:
        BadRequest: a file cannot be read or is of no such kind; the sentence says where and why.
    """
    path = Path(path).expanduser()
    if (path / TRAIN).is_file():
        return read_steps(path / TRAIN)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in (".json", ".jsonl"))
        return [step for file in files for step in read_steps(file)]
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadRequest(f"The training set {path} cannot be read: {reason}.") from error
    return [step for step in _steps(path, text) if not gives_up(step.tactic)]


def _steps(path: Path, text: str) -> Iterator[Step]:
    whole, first = _json(text), _json(text.partition("\n")[0])
    if isinstance(whole, list) and whole:
        yield from _of_leandojo(path, whole)
    elif isinstance(whole, dict) and "holes" in whole:
        yield from _of_result(whole, str(path))
    elif isinstance(first, dict) and first.get("kind") == "search":
        yield from _of_logs(path)
    else:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield from _of_line(line, f"{path}, line {number}")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_logs(path: Path) -> Iterator[Step]:
    try:
        for log in read_logs(path):
            graph = replay(log).graph
            best, choice = costs(graph)
            theorem = str(log.header.get("name", ""))
            for node, edge in sorted(choice.items()):
                after = tuple(graph.states[child].text for child in graph.children(edge))
                length = best.get(ROOT, best[node])
                yield Step(graph.states[node].text, graph.actions[edge], after, length, theorem=theorem)
    except LogError as error:
        raise BadRequest(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


def _of_result(result: dict[str, Any], where: str) -> Iterator[Step]:
    try:
        for hole in result["holes"]:
            if hole["status"] == "proved":
                yield from _of_proof(hole["steps"], str(hole["theorem"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRequest(f"{where} is no result of `entails prove --json` ({_said(error)}).") from error


def _of_proof(steps: Sequence[dict[str, Any]], theorem: str) -> Iterator[Step]:
    """Steps in preorder, with the number of branchings above each.

    Below a branching, the next step on the same level may be the next branch's; above all branchings it is what
    follows.
    """
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        after: tuple[str, ...] | None = None
        if following is None or following["depth"] < step["depth"]:
            after = ()
        elif following["depth"] == step["depth"] == 0:
            after = (following["state"],)
        yield Step(step["state"], step["tactic"], after, len(steps), theorem=theorem)


def _of_leandojo(path: Path, theorems: list[Any]) -> Iterator[Step]:
    for number, theorem in enumerate(theorems):
        try:
            traced = theorem["traced_tactics"]
            for tactic in traced:
                left = tactic["state_after"]
                after = () if left == "no goals" else (left,)
                yield Step(tactic["state_before"], tactic["tactic"], after, len(traced), theorem=theorem["full_name"])
        except (KeyError, TypeError) as error:
            raise BadRequest(f"{path}: theorem {number} is not in LeanDojo's form ({_said(error)}).") from error


def _of_line(line: str, where: str) -> Iterator[Step]:
    from prover.train.tables import is_table, steps_of_table

    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{where} is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise BadRequest(f"{where} is no object.")
    if "holes" in body:
        yield from _of_result(body, where)
    elif is_table(body):
        try:
            yield from steps_of_table(body)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise BadRequest(f"{where} is no outcome table of `entails train loop` ({_said(error)}).") from error
    elif "proved" in body:
        raise BadRequest(f"{where} is a row of `entails bench prove`, which has no states: give the logs (--logs).")
    else:
        yield _of_pair(body, where)


def _of_pair(body: dict[str, Any], where: str) -> Step:
    for name in ("state", "tactic"):
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise BadRequest(f"{where} has no {name!r}.")
    premises = tuple(_premises(body.get("premises") or (), where))
    return Step(body["state"], body["tactic"].strip(), premises=premises, theorem=str(body.get("theorem", "")))


def _premises(listed: Any, where: str) -> Iterator[Premise]:
    if not isinstance(listed, list | tuple):
        raise BadRequest(f"{where}: `premises` is a list of objects with `name` and `statement`.")
    for premise in listed:
        fields = premise if isinstance(premise, dict) else {}
        name, statement = fields.get("name"), fields.get("statement")
        if not isinstance(name, str) or not isinstance(statement, str):
            raise BadRequest(f"{where}: `premises` is a list of objects with `name` and `statement`.")
        yield Premise(name, statement)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
