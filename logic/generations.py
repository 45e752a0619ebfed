"""A language model's text, taken apart into sentences and the formulas it wrote for them. No formula is read
here.

The layouts, tried in this order: LINC's `TEXT:`/`FOL:` lines (other labels of the same meaning too); `formula
::: sentence` lines; headings such as `Premises:` and `Conclusion:` over lines of formulas; lines of formulas
alone. The last pair is the conclusion. What a chat model puts around them (code fences, list marks, bold,
HTML escapes, LaTeX's dollar signs) is taken off first.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from logic.syntax.loose import Note


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and its formula, as written; `sentence` is empty where the layout has none."""

    sentence: str
    formula: str


@dataclass(frozen=True, slots=True)
class Generation:
    """The pairs of one text, the conclusion last; `notes` say what was left out."""

    pairs: tuple[Pair, ...]
    notes: tuple[Note, ...] = ()


_SENTENCE_LABEL = (
    r"text|sentence|premise|conclusion|statement|nl|natural language|question|fact|rule|english"
    r"|hypothesis|claim"
)
_FORMULA_LABEL = (
    r"fol|formula|fol formula|logic|logical form|first[- ]order logic|translation|expression|fol translation"
    r"|prover9|nltk|formal|fol representation"
)
_NUMBER = r"(?:\s*(?:#|no\.?)?\s*\d+)?"
_LABEL = re.compile(rf"(?P<kind>(?:{_SENTENCE_LABEL})|(?:{_FORMULA_LABEL})){_NUMBER}\s*[:：]\s*(?P<rest>.*)", re.I)
_FORMULA_KIND = re.compile(rf"(?:{_FORMULA_LABEL})", re.I)
_HEADING = re.compile(
    r"(?:the\s+)?(?P<what>predicates?|constants?|variables?|definitions?|facts?|rules?|premises?|assumptions?"
    r"|background(?: knowledge)?|axioms?|conclusions?|question|goal|hypothesis|query|formulas?|fol"
    r"|translations?)"
    r"(?:\s+in\s+.{1,40}|\s*\(.{1,40}\))?\s*[:：]?",
    re.I,
)
_GLOSSARY = re.compile(r"(?:predicates?|constants?|variables?|definitions?)", re.I)
_GOAL = re.compile(r"(?:conclusions?|question|goal|hypothesis|query)", re.I)
_MARK = re.compile(r"^\s*(?:[*•‣]\s+|\d{1,3}[.)]\s+|\(\d{1,3}\)\s+|>\s+)")
_DASH = re.compile(r"\s*[-–—]\s+(?P<rest>.*)")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_TAG = re.compile(r"</?(?:evaluate|premises|conclusion|answer|fol|translation)>", re.I)
_CONTINUES = re.compile(r"\s*(?:&|\||∧|∨|→|↔|⊕|->|<->|=>|and\b|or\b|\)|,)", re.I)
_LOOKS_FORMAL = re.compile(r"[∀∃¬∧∨→↔⊕]|->|<->|=>|[\w'\"]\(|\b(?:all|exists|forall)\s+\w+\s*[.(]|[&|]")


def take_apart(text: str) -> Generation:
    """The sentences and formulas of a model's text.

    A text with nothing of the kind gives no pairs; the caller decides what that means.
    """
    notes: list[Note] = []
    lines = _bare_lines(text, notes)
    for layout in (_labelled, _triple_colon, _headed):
        pairs = layout(lines, notes)
        if pairs:
            break
    pairs = [Pair(_sentence(pair.sentence), _formula(pair.formula)) for pair in pairs]
    return Generation(tuple(_goal_once(pairs, notes)), tuple(notes))


def _bare_lines(text: str, notes: list[Note]) -> list[str]:
    """The lines that matter, without the marks of chat and markup around them."""
    end = re.search(r"</evaluate>", text, re.I)
    start = re.search(r"<evaluate>", text, re.I)
    if end is not None or start is not None:
        text = text[start.end() if start and (end is None or start.end() < end.start()) else 0 :]
        text = re.split(r"</evaluate>", text, maxsplit=1, flags=re.I)[0]
    if "&" in text and re.search(r"&(?:[a-z]+|#\d+);", text):
        text = html.unescape(text)
    if re.search(r"\*\*|`|^\s*```|\\text|\$", text, re.M):
        text = _without_markup(text)
    lines = []
    for line in text.splitlines():
        line = _TAG.sub("", line)
        if _FENCE.match(line):
            continue
        line = _MARK.sub("", line, count=1)
        lines.append(line.rstrip())
    return _without_dashes(lines)


def _without_dashes(lines: list[str]) -> list[str]:
    """Dashes that mark a list taken off. A dash is a negation too, so this needs a sign of a list: a label behind the
    dash, or that nearly every line has one (at least three lines), headings aside."""
    labelled = [
        dash.group("rest") if (dash := _DASH.match(line)) and _LABEL.match(dash.group("rest")) else line
        for line in lines
    ]
    countable = [line for line in labelled if line.strip() and not _HEADING.fullmatch(line.strip())]
    dashed = sum(_DASH.match(line) is not None for line in countable)
    if dashed >= 3 and dashed >= 0.8 * len(countable):
        return [dash.group("rest") if (dash := _DASH.match(line)) else line for line in labelled]
    return labelled


def _without_markup(text: str) -> str:
    text = re.sub(r"\*\*|__(?=\w+:)", "", text)
    # a dash before code marks a list
    text = re.sub(r"^\s*[-–—]\s+`([^`\n]+)`", r"\1", text, flags=re.M)
    text = re.sub(r"(?<!`)`([^`\n]+)`(?!`)", r"\1", text)
    text = re.sub(r"\\(?:text|mathrm|mathit|operatorname|textit|textbf|mathsf)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\[,;:!]|\\q?quad\b|\\left(?=[(\[])|\\right(?=[)\]])|\\\(|\\\)|\\\[|\\\]", " ", text)
    text = re.sub(r"\\([_$%&#])", r"\1", text)
    # a dollar sign before a digit is money
    text = re.sub(r"\$\$?(?![\d$])([^$\n]+)\$\$?", r" \1 ", text)
    return text


def _labelled(lines: list[str], notes: list[Note]) -> list[Pair]:
    """`TEXT: …` and `FOL: …` lines, a formula on several lines too."""
    pairs: list[Pair] = []
    sentence, formula = "", ""
    started = seen = False

    def finish() -> None:
        nonlocal formula, started, sentence
        if started:
            pairs.append(Pair(sentence, formula))
        sentence, formula, started = "", "", False

    for line in lines:
        label = _LABEL.match(line.strip())
        if label is not None:
            rest = label.group("rest").strip()
            if _FORMULA_KIND.fullmatch(label.group("kind")):
                if started:
                    finish()
                formula, started, seen = rest, True, True
            else:
                finish()
                sentence = rest
            continue
        bare = line.strip()
        if not bare:
            continue
        if started and (_CONTINUES.match(line) or not formula or _open(formula)):
            formula = f"{formula} {bare}".strip()
        elif started and line[:1].isspace() and _LOOKS_FORMAL.search(bare) and not bare.startswith("(Note"):
            # an indented line that is a formula of its own: the sentence has several, joined by “and”
            formula = f"({formula}) & ({bare.removeprefix('- ')})"
        elif started and not _LOOKS_FORMAL.search(bare):
            finish()
            sentence = bare
        elif not started and not sentence:
            sentence = bare
    without_formula = "" if started else sentence
    finish()
    if not seen:
        return []
    if without_formula:
        notes.append(Note("cut short", f"the sentence {without_formula[:60]!r} has no formula"))
    return pairs


def _open(formula: str) -> bool:
    return formula.count("(") > formula.count(")") or formula.endswith(("&", "|", "∧", "∨", "→", "->"))


def _triple_colon(lines: list[str], notes: list[Note]) -> list[Pair]:
    """`formula ::: sentence`, as Logic-LM prompts for; the predicates' glossary has the same marks and is
    left out."""
    pairs: list[Pair] = []
    glossary = False
    for line in lines:
        if ":::" not in line:
            heading = _HEADING.fullmatch(line.strip())
            if heading is not None:
                glossary = _GLOSSARY.fullmatch(heading.group("what")) is not None
            continue
        if not glossary:
            formula, sentence = line.split(":::", 1)
            pairs.append(Pair(sentence.strip(), formula.strip()))
    return pairs


def _headed(lines: list[str], notes: list[Note]) -> list[Pair]:
    """Lines of formulas, under headings or alone; the conclusion's heading, if any, moves it to the end."""
    premises: list[Pair] = []
    goals: list[Pair] = []
    glossary = goal = False
    left_out = 0
    for line in lines:
        bare = line.strip()
        label, _, rest = bare.partition(":")
        heading = _HEADING.fullmatch(bare) or (_HEADING.fullmatch(label) if rest else None)
        if heading is not None:
            glossary = _GLOSSARY.fullmatch(heading.group("what")) is not None
            goal = _GOAL.fullmatch(heading.group("what")) is not None
            bare = rest.strip() if _HEADING.fullmatch(bare) is None else ""
        if not bare or glossary:
            continue
        if not _LOOKS_FORMAL.search(bare) or (re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,} [a-z]{2,}", bare)):
            left_out += 1
            continue
        (goals if goal else premises).append(Pair("", bare))
    if left_out:
        notes.append(Note("commentary", f"{left_out} lines that are no formula left out"))
    return premises + goals[:1]


def _sentence(sentence: str) -> str:
    return re.sub(r"^(?:\[\w+\]|conclusion\s*:|premise\s*:)\s*", "", sentence.strip(), flags=re.I)


def _formula(formula: str) -> str:
    formula = re.sub(r"^\[[A-Z]{2,4}\]\s*", "", formula.strip())
    return re.split(r"\s+(?://|#)\s+", formula, maxsplit=1)[0].rstrip().rstrip(";")


def same_sentence(one: str, other: str) -> bool:
    """Whether two sentences are one but for a few letters, as a model miscopies them."""
    if one == other:
        return True
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio() > 0.9


def _same(one: str, other: str) -> bool:
    return re.sub(r"[\W_]+", "", one).lower() == re.sub(r"[\W_]+", "", other).lower()


def _goal_once(pairs: list[Pair], notes: list[Note]) -> list[Pair]:
    """The conclusion is often written once more, and would then follow from itself: the premise is left
    out."""
    if len(pairs) < 2:
        return pairs
    goal = pairs[-1]
    kept = [
        pair for pair in pairs[:-1]
        if not (goal.sentence and _same(pair.sentence, goal.sentence))
        and not (not goal.sentence and pair.formula == goal.formula)
    ]  # fmt: skip
    if len(kept) < len(pairs) - 1:
        notes.append(Note("conclusion twice", "a premise that states the conclusion word for word left out"))
    return [*kept, goal]
