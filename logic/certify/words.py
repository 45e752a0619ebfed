"""The account of a certificate in words: from the core premises to the conclusion, each step with its sources.

Made from the proof or the models that were found, not by a language model.
"""

from __future__ import annotations

from logic.certify.claim import Claim, Stated
from logic.countermodel import FiniteModel
from logic.solvers.proof import Proof
from logic.syntax.formula import Truth
from logic.syntax.write import write


def account(claim: Claim, proof: Proof | None, models: tuple[FiniteModel, ...]) -> tuple[str, ...]:
    """Lines of the account. Without a proof of a solver's: the premises and what they yield together."""
    if claim.kind == "open":
        return tuple(_situations(claim, models))
    lines = []
    numbers = claim.numbering
    for number, premise in zip(numbers, claim.premises, strict=True):
        lines.append(f"Premise {number} says: {_said(premise)}.")
    lines += _steps(numbers, proof) if proof is not None else []
    sources = " and ".join([", ".join(map(str, numbers[:-1])), str(numbers[-1])] if len(numbers) > 1 else
                           [str(n) for n in numbers])  # fmt: skip
    together = f"From premise{'s' if len(numbers) > 1 else ''} {sources}" if numbers else "Without any premise"
    goal = _said(claim.conclusion)
    if claim.kind == "contradictory":
        lines.append(f"{together}, a contradiction follows: they cannot all be true.")
    elif claim.kind == "refuted":
        lines.append(f"{together}, it follows that the conclusion is false: {goal}.")
    else:
        lines.append(f"{together}, the conclusion follows: {goal}.")
    return tuple(lines)


def _steps(numbers: tuple[int, ...], proof: Proof) -> list[str]:
    names: dict[int, str] = {}
    lines = []
    count = 0
    for number, step in enumerate(proof.essential().steps):
        if step.premise is not None:
            names[number] = f"premise {numbers[step.premise]}" if step.premise < len(numbers) else "a premise"
        elif step.goal:
            names[number] = "what is to be shown"
        else:
            count += 1
            names[number] = f"step {count}"
            sources = " and ".join(dict.fromkeys(names[parent] for parent in step.parents)) or "nothing"
            if "assume_negation" in step.rules:
                lines.append(f"Step {count}: suppose the opposite, {write(step.formula)}.")
            elif isinstance(step.formula, Truth) and not step.formula.value:
                lines.append(f"Step {count}: from {sources}, a contradiction.")
            else:
                lines.append(f"Step {count}: from {sources}, {write(step.formula)}.")
    return lines


def _situations(claim: Claim, models: tuple[FiniteModel, ...]) -> list[str]:
    lines = []
    for model, what in zip(models, ("false", "true"), strict=False):
        lines.append(f"A situation in which every premise is true and the conclusion, {_said(claim.conclusion)}, "
                     f"is {what}:")  # fmt: skip
        lines += [f"  {line}" for line in model.text().splitlines()]
    return lines


def _said(stated: Stated) -> str:
    text = stated.text.rstrip(".")
    return f"{text} [{write(stated.formula)}]" if text else write(stated.formula)
