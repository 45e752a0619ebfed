"""A source on its way into a proof search and out again: errors, examples, statements without a proof.

Not here: reading Lean (`prover.lean`), searching (`prover.hole`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from prover import script
from prover.generators.answers import behind_definition
from prover.generators.protocol import STATED, LocalDeclaration, Premise
from prover.lean.holes import MISSING, cannot_run, completions, normalise
from prover.lean.native import scan
from prover.lean.protocol import BadSource, Lean, Opened

NEEDS_NATIVE = (
    "The embedded Lean cannot run code that is written against Lean's own library (`elab`, `run_meta`, many `#eval`): "
    "a native Lean can (--lean native)."
)
#: Declarations of a source that its later proofs may use → their kind as premises.
_USABLE = {"theorem": "theorem", "lemma": "theorem", "axiom": "axiom", "def": "definition", "abbrev": "definition"}
_MOST_DECLARED = 6
#: Where the equations or constructors of a definition begin.
_EQUATIONS = re.compile(r"\bwhere\b|(?<!\|)\|(?!\|)")
_FRESH = "entails_example"


def open_source(lean: Lean, source: str) -> tuple[Opened, list[str]]:
    """The opened source; an `example` has no name to verify, so those that ask for a proof are given one."""
    opened = lean.open(source)
    errors = [m for m in opened.messages if m.severity == "error"]
    if errors:  # the gate accepts nothing in a source with errors
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        why = f" {NEEDS_NATIVE}" if any(cannot_run(e.text) for e in errors) else ""
        raise BadSource(f"The source does not elaborate: {errors[0]}{more}{why}")
    examples: list[str] = []
    for i, hole in enumerate(opened.holes):
        if not hole.is_prop or not is_example(hole.theorem):
            continue
        before = list(re.finditer(r"\bexample\b", opened.source[: hole.start]))
        if not before:
            continue
        found = before[-1]
        fresh = f"{_FRESH}_{i + 1}"
        while fresh in opened.source:
            fresh += "'"
        text = f"{opened.source[: found.start()]}theorem {fresh}{opened.source[found.end() :]}"
        renamed = lean.open(text)
        # Section variables that only a proof mentions are an example's, and not a theorem's: what is proved
        # under the name is checked again as an example in the end.
        if len(renamed.holes) == len(opened.holes) and names(renamed.holes[i].theorem, fresh):
            opened, examples = renamed, [*examples, fresh]
    return opened, examples


def uncompleted(source: str, opened: Opened, accepted: Sequence[script.Edit]) -> list[script.Edit]:
    """Edits that take the `:= by sorry` away again which a statement without a proof was given, and still has."""
    filled = {edit.end for edit in accepted}
    ends = [start + len(MISSING) for start in completions(normalise(source), opened.source)]
    return [script.Edit(end - len(MISSING), end, "") for end in ends if end not in filled]


def imported(source: str) -> tuple[str, ...]:
    """The modules that a source imports; Init, unless it says `prelude`."""
    blanked = scan.blank(source)
    header = scan.header(blanked)
    prelude = re.search(r"\bprelude\b", blanked[: header.end]) is not None
    return tuple(dict.fromkeys((*(() if prelude else ("Init",)), *header.imports)))


def declared(before: str, without: Collection[str]) -> tuple[LocalDeclaration, ...]:
    """What a source declares before a theorem, in order, but for these: itself, and what has no proof yet."""
    blanked = scan.blank(before)
    found = scan.declarations(blanked)
    ends = [*(d.start for d in found[1:]), len(before)]
    made: list[LocalDeclaration] = []
    for d, last in zip(found, ends, strict=True):
        if d.name in without:
            continue
        text = blanked[d.end : last]
        end, defined = len(text), behind_definition(text, 0)
        equations = None if d.keyword in STATED else _EQUATIONS.search(text)
        if equations is not None and equations.start() < (defined or end):
            end = body = equations.start()
        elif defined is not None:
            end, body = defined - len(":="), defined
        else:
            body = end
        made.append(LocalDeclaration(d.name, d.keyword, before[d.end : d.end + end].strip(), text[body:]))
    return tuple(made)


def usable(local: Sequence[LocalDeclaration]) -> tuple[Premise, ...]:
    """The last of them that a proof may use, latest first, as premises."""
    found = [d for d in local if d.keyword in _USABLE][-_MOST_DECLARED:]
    return tuple(Premise(d.name, f"{d.keyword} {d.name} {d.statement}", _USABLE[d.keyword]) for d in reversed(found))


def no_such(opened: Opened, theorem: str) -> str:
    """Why no hole of a source belongs to the theorem."""
    if any(names(d.name, theorem) for d in scan.declarations(scan.blank(opened.source))):
        return f"There is nothing to prove in {theorem}: it has a proof without a `sorry`."
    known = list(dict.fromkeys(h.theorem for h in opened.holes))
    if not known:
        return f"There is no theorem {theorem!r} to prove: the source has no `sorry` and no missing proof."
    return f"There is no theorem {theorem!r} to prove; there are {', '.join(known)}."


def is_example(theorem: str) -> bool:
    return theorem.rsplit(".", 1)[-1] == "_example"


def names(full: str, asked: str) -> bool:
    """Whether a name as the user writes it means a declaration."""
    return full == asked or full.endswith("." + asked)
