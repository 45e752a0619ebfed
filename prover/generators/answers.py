"""From what a model wrote to Lean: tactics, or source with a whole proof. Lenient, but nothing is made up.

Models wrap what was asked for in thinking, prose, bullets, fences and repeated statements. What cannot be told to be
Lean is left out; whether it is right is for Lean to say. Not here: prompts (`prompts.py`), parsing Lean.
"""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache

# A line outside any fence counts as a tactic if it begins so; prose does not ("simply" is no `simp`).
TACTIC_WORDS = frozenset(
    """ac_rfl all_goals and_intros any_goals apply apply_assumption apply_fun assumption assumption' aesop bv_decide
    bv_omega by_cases by_contra calc case cases cases' change choose classical clear congr constructor contradiction
    contrapose contrapose! conv convert decide delta dsimp eapply ematch erw exact exact_mod_cast exacts exfalso
    exists ext fapply field_simp fin_cases first fun_induction funext gcongr generalize grind group have haveI
    induction induction' infer_instance injection injections interval_cases intro intros iterate left let linarith
    lift match monotonicity native_decide next nlinarith nofun nomatch norm_cast norm_num nth_rewrite nth_rw obtain
    omega on_goal open peel positivity pull_cast push_cast push_neg rcases refine refine' rename rename_i repeat
    repeat' replace rename_bvar rewrite rfl right ring ring_nf rintro rotate_left rotate_right rw rwa set show
    show_term simp simp! simp? simp_all simp_all! simp_arith simp_rw simpa skip solve_by_elim specialize split
    split_ifs subst subst_eqs subst_vars suffices swap symm tauto trans trivial try unfold unhygienic use
    wlog zify""".split()
)
# Lines that go on with the tactic above them although they are not indented.
_CONTINUES = ("|", "·", ".", "<;>", ")", "]", "}", "⟩", "at ", "with ", "using ")
# In a whole block bullets are tactics of their own, one for each goal.
_GOES_ON = tuple(start for start in _CONTINUES if start not in ("·", "."))
_CLOSING = {")": "(", "]": "[", "}": "{", "⟩": "⟨", "⦄": "⦃"}
# Strings, comments, characters and quoted names, whole or only begun, and brackets.
_TOKENS = re.compile(
    r'"(?:\\.|[^"\\])*"|--[^\n]*|/-.*?-/|(?<!\w)\'(?:\\.|[^\\\n])\'|«[^»\n]*»|["«]|/-|[()\[\]{}⟨⟩⦃⦄]', re.DOTALL
)
_GIVES_UP = re.compile(r"\b(sorry|admit|sorryAx)\b")
_FENCE = re.compile(r"^[ \t]*```+[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*```+[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_LEAN = ("", "lean", "lean4", "tactic", "tactics", "text")
_DECLARATION = re.compile(
    r"^[ \t]*(?:@\[[^\]]*\]\s*)?(?:private |protected |noncomputable )*(theorem|lemma|example)\b", re.M
)


def normalise(tactic: str) -> str:
    """What a model wrote as one spelling of the tactic it means: marks, comments, ends and repeated spaces removed."""
    return spelling(re.sub(r"</?a>", "", tactic)).rstrip(";,").rstrip()


@lru_cache(maxsize=1 << 16)
def spelling(tactic: str) -> str:
    """The tactic without comments and repeated spaces: two with the same spelling are the same to Lean."""
    text = re.sub(r"/-.*?-/", " ", tactic, flags=re.DOTALL)
    lines = []
    for line in text.split("\n"):
        line = re.sub(r"(^|\s)--.*$", "", line).rstrip()
        if line.strip():
            indent = len(line) - len(line.lstrip())
            lines.append(" " * indent + _single_spaces(line.strip()))
    return textwrap.dedent("\n".join(lines)).strip()


def complete(tactic: str) -> bool:
    """Whether strings, comments and brackets are closed, as Lean's tokens demand: a text cut off is not.

    A rough check that costs microseconds; what it lets through is for Lean's parser, and that comes before any
    elaboration.
    """
    open_ones: list[str] = []
    for token in _TOKENS.finditer(tactic):
        text = token[0]
        if text in _CLOSING:
            if not open_ones or open_ones.pop() != _CLOSING[text]:
                return False
        elif text in _CLOSING.values():
            open_ones.append(text)
        elif text in ('"', "/-", "«"):
            return False  # a whole string, comment or name would have been one token
    return not open_ones


def gives_up(lean: str) -> bool:
    """Whether it contains `sorry` or `admit`, comments and strings left out."""
    text = re.sub(r"/-.*?-/", " ", lean, flags=re.DOTALL)
    text = re.sub(r'"(\\.|[^"\\])*"', '""', text)
    text = re.sub(r"--.*", "", text)
    return _GIVES_UP.search(text) is not None


def declares(lean: str) -> bool:
    """Whether it has a declaration of its own, and is not a proof alone."""
    return _DECLARATION.search(lean) is not None


def one_tactic(text: str) -> list[str]:
    """A completion that is a tactic and nothing else, of a model trained for that (it may echo the state)."""
    text = _unthought(text).rpartition(":::")[2]
    return _kept([text])


def tactics(text: str) -> list[str]:
    """All tactics in a chat answer, in its order: of its fenced blocks, or of its lines and `quotations`."""
    text = _unthought(text)
    blocks = [body for language, body in _FENCE.findall(text) if language.lower() in _LEAN]
    if blocks:
        return _kept([tactic for block in blocks for tactic in _of_block(block)])
    found = []
    for line in text.split("\n"):
        line = re.sub(r"^\s*(?:[-*•]|\(?\d+[.)])\s+", "", line).strip()
        line = re.sub(r"^(?:next )?tactic\s*:\s*", "", line, flags=re.IGNORECASE)
        quoted = re.findall(r"`([^`\n]+)`", line)
        if quoted:
            found += [q for q in quoted if _begins_as_tactic(q)]
        elif _begins_as_tactic(line):
            found.append(line)
    return _kept(found)


def lean_blocks(text: str) -> list[str]:
    """Source of a whole-proof answer: its last fenced block with a declaration, or else its last block."""
    text = _unthought(text)
    blocks = [body.strip("\n") for language, body in _FENCE.findall(text) if language.lower() in _LEAN]
    blocks = [block for block in blocks if block.strip()]
    declared = [block for block in blocks if _DECLARATION.search(block)]
    if declared or blocks:
        return [(declared or blocks)[-1]]
    return [text.strip("\n")] if _DECLARATION.search(text) else []


def rest_of_block(text: str) -> list[str]:
    """The completion of a block left open in the prompt: everything up to its fence."""
    body = text.partition("```")[0].strip("\n")
    return [body] if body.strip() else []


def proof_body(source: str, statement: str) -> str | None:
    """The tactic block behind `:= by` of the declaration that `statement` declares, dedented.

    `source` may also be that block alone. None: the declaration is there but is not proved by tactics.
    """
    name = re.search(r"\b(?:theorem|lemma)\s+([^\s:({\[⦃]+)", statement)
    found = None
    if name:
        pattern = rf"\b(?:theorem|lemma)\s+{re.escape(name[1])}(?=[\s:({{\[⦃])"
        found = next(iter(reversed(list(re.finditer(pattern, source)))), None)
    if found is None:
        if _DECLARATION.search(source):
            return None
        return textwrap.dedent(re.sub(r"^\s*(?::=\s*)?by\b[ \t]*\n?", "", source)).strip("\n") or None
    after = behind_definition(source, found.end())
    if after is None:
        return None
    by = re.match(r"\s*by\b[ \t]*", source[after:])
    if by is None:
        return None
    body = source[after + by.end() :]
    following = _DECLARATION.search(body)
    body = body[: following.start()] if following else body
    # The first tactic may stand on the line of `by`.
    if not body.startswith("\n"):
        first, _, rest = body.partition("\n")
        return "\n".join(filter(None, [first.strip(), textwrap.dedent(rest).rstrip()])) or None
    return textwrap.dedent(body.strip("\n")).rstrip() or None


def top_level(block: str) -> list[str]:
    """The tactics of a tactic block in order, each with the indented lines and bullets that belong to it."""
    found: list[str] = []
    for line in textwrap.dedent(block).split("\n"):
        if not line.strip():
            continue
        if found and (line[0] in " \t" or line.startswith(_GOES_ON)):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return [tactic for tactic in found if normalise(tactic)]


def behind_definition(source: str, start: int) -> int | None:
    """Where the `:=` of a declaration ends, default values in its binders passed over."""
    depth = 0
    for index in range(start, len(source)):
        character = source[index]
        if character in "([{⟨⦃":
            depth += 1
        elif character in ")]}⟩⦄":
            depth -= 1
        elif depth == 0 and source.startswith(":=", index):
            return index + 2
    return None


def _of_block(block: str) -> list[str]:
    """The tactics of one fenced block: one a line, indented lines with the line above."""
    if _DECLARATION.search(block):
        # The whole theorem was repeated: its proof is one candidate.
        start = behind_definition(block, 0)
        body = block[start:] if start is not None else ""
        by = re.match(r"\s*by\b", body)
        return [textwrap.dedent(body[by.end() :])] if by else []
    lines = textwrap.dedent(block).split("\n")
    found: list[str] = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("--"):
            continue
        line = re.sub(r"^(?:\(?\d+[.)]|[-*])\s+", "", line)
        if found and (line[0] in " \t" or line.startswith(_CONTINUES)):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def _kept(candidates: list[str]) -> list[str]:
    """Normalised, each once, without those that give up or are no Lean at all."""
    kept: dict[str, None] = {}
    for candidate in candidates:
        text = normalise(re.sub(r"^\s*by\b", "", normalise(candidate)))
        if text and not text.startswith(("```", "⊢", "--")) and not gives_up(text):
            kept[text] = None
    return list(kept)


def _begins_as_tactic(line: str) -> bool:
    word = re.match(r"(?:by\s+)?([A-Za-z_']+[!?']?)", line)
    if word is None or word[1] not in TACTIC_WORDS:
        return False
    # "exact" and "have" begin sentences too; a sentence ends with a full stop and Lean does not.
    return not re.search(r"[a-z]\.$|[a-z]: *$", line) or line.rstrip(".") in TACTIC_WORDS


def _unthought(text: str) -> str:
    """Without the model's thinking, also where its beginning or its end is cut off."""
    text = re.sub(r"<think>.*?(</think>|\Z)", "", text, flags=re.DOTALL)
    return text.rpartition("</think>")[2]


def _single_spaces(line: str) -> str:
    """Runs of spaces outside strings as one."""
    parts = re.split(r'("(?:\\.|[^"\\])*")', line)
    return "".join(part if part.startswith('"') else re.sub(r"[ \t]+", " ", part) for part in parts)
