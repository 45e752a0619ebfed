"""What can be read of a Lean source without Lean: comments and strings, the header, `sorry`s, declared names.

Approximations, all of them: user-written syntax can make any text mean anything. Where it matters the caller asks
Lean afterwards (is this `sorry` a tactic, does this name exist); nothing here decides what is proved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SORRY = re.compile(r"(?<![\w.'!?«])sorry(?![\w'!?»]|\.\w)")
_OPAQUE = re.compile(
    r"""(?P<line>--[^\n]*)
      | (?P<block>/-)
      | (?P<raw>(?<![\w'])r(?P<hashes>\#*)"(?:.|\n)*?(?:"(?P=hashes)|\Z))
      | (?P<string>"(?:\\(?:.|\n)|[^"\\])*(?:"|\Z))
      | (?P<quoted>«[^»\n]*»)
      | (?P<char>(?<![\w'])'(?:\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)|[^'\\\n])')""",
    re.VERBOSE,
)
_NESTED = re.compile(r"/-|-/")
#: Words that begin a command, where they stand in column 0.
_COMMAND = re.compile(
    r"""^(?:@\[ | \#\w | (?:theorem|lemma|def|abbrev|example|instance|inductive|coinductive|structure|class|axiom|opaque
    |namespace|section|end|open|export|variable|universe|set_option|attribute|notation|infix[lr]?|prefix|postfix
    |macro|macro_rules|syntax|declare_syntax_cat|elab|elab_rules|simproc|dsimproc|private|protected|public|meta
    |noncomputable|partial|unsafe|nonrec|local|scoped|mutual|deriving|import|run_cmd|run_elab|run_meta|initialize
    |builtin_initialize|omit|include|alias|add_decl_doc|irreducible_def|proof_wanted|suppress_compilation)\b)""",
    re.VERBOSE | re.MULTILINE,
)
_IMPORT = re.compile(r"(?:public\s+)?(?:meta\s+)?import(?=\s|\Z)(?:\s+all(?=\s))?")
#: A whole name, as it is written in Lean.
NAME = r"(?:«[^»\n]*»|[^\W\d][\w'!?]*)(?:\.(?:«[^»\n]*»|[\w'!?]+))*"
_MODULE_NAME = re.compile(rf"\s*({NAME})")
_KEYWORDS = {"theorem", "lemma", "def", "example", "import", "open", "namespace", "section", "variable", "universe"}
_NAME = r"(?:«[^»\n]*»|[^\s:(){}\[\]⦃⦄⟨⟩@,|«])+"
_SCOPE_OR_NAME = re.compile(
    r"(?<![\w.'])(?:(?P<open>namespace|section|mutual|end)(?:[ \t]+(?P<scope>[\w.'«»!?]+))?(?=\s|\Z)"
    r"|(?P<keyword>theorem|lemma|def|abbrev|inductive|structure|class(?:\s+inductive)?|axiom|opaque|instance)\s+"
    rf"(?P<name>{_NAME}))"
)
#: Among the names of scopes; no name has a blank.
_MUTUAL = "mutual block"


def blank(source: str) -> str:
    """The source with comments, strings and characters replaced by blanks: same length, same lines."""
    out: list[str] = []
    at = 0
    while (found := _OPAQUE.search(source, at)) is not None:
        out.append(source[at : found.start()])
        end = _block_end(source, found.end()) if found["block"] else found.end()
        text = source[found.start() : end]
        out.append(text if found["quoted"] else re.sub(r"[^\n]", " ", text))
        at = end
    out.append(source[at:])
    return "".join(out)


def _block_end(source: str, at: int) -> int:
    """Where a block comment that was opened before `at` ends; they nest."""
    depth = 1
    while depth:
        found = _NESTED.search(source, at)
        if found is None:
            return len(source)
        depth += 1 if found.group() == "/-" else -1
        at = found.end()
    return at


@dataclass(frozen=True, slots=True)
class Header:
    """A source's imports. `end`: the offset after them; `broken`: an `import` that names no module."""

    imports: tuple[str, ...]
    end: int
    is_module: bool = False
    broken: bool = False


def header(blanked: str) -> Header:
    """The header of a source from which comments were blanked out."""
    at = end = 0
    imports: list[str] = []
    is_module = False
    while True:
        at += len(blanked[at:]) - len(blanked[at:].lstrip())
        if not imports and (word := re.compile(r"(?:module|prelude)(?=\s|\Z)").match(blanked, at)) is not None:
            is_module = is_module or word.group() == "module"
            at = end = word.end()
            continue
        found = _IMPORT.match(blanked, at)
        if found is None:
            return Header(tuple(imports), end, is_module)
        name = _MODULE_NAME.match(blanked, found.end())
        if name is None or name[1] in _KEYWORDS:
            return Header(tuple(imports), found.end(), is_module, True)
        imports.append(name[1].replace("«", "").replace("»", ""))
        at = end = name.end()


def sorries(blanked: str) -> list[tuple[int, int]]:
    """Where the word `sorry` stands by itself."""
    return [found.span() for found in _SORRY.finditer(blanked)]


def command_end(blanked: str, offset: int) -> int:
    """Where the command around `offset` ends, if the next one begins in column 0; else the end of the source."""
    found = _COMMAND.search(blanked, blanked.find("\n", offset) + 1) if "\n" in blanked[offset:] else None
    return len(blanked[: found.start()].rstrip()) if found is not None else len(blanked)


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration by name. `start`: where its keyword begins, `end`: where its name ends (code points).

    `is_mutual`: whether it stands in a `mutual` block.
    """

    name: str
    keyword: str
    start: int
    end: int
    is_mutual: bool = False


def declarations(blanked: str) -> list[Declared]:
    """What the source declares by name, in order; generated declarations and nameless instances are not here."""
    out: list[Declared] = []
    scopes: list[str] = []
    for found in _SCOPE_OR_NAME.finditer(blanked):
        word = found["open"]
        if word == "end":
            if scopes:
                parts = (found["scope"] or "").count(".") + 1
                # `end A.B` closes as many scopes as it names, however they were opened.
                while parts > 0 and scopes:
                    parts -= scopes.pop().count(".") + 1
        elif word:
            scopes.append((found["scope"] or "") if word == "namespace" else _MUTUAL if word == "mutual" else "")
        else:
            name = re.sub(r"\.\{.*", "", found["name"]).rstrip(".")
            end = found.start("name") + len(name)
            outside = name.startswith("_root_.")
            inside = [scope for scope in scopes if scope and scope != _MUTUAL]
            full = name.removeprefix("_root_.") if outside else ".".join([*inside, name])
            if name:
                out.append(Declared(full, found["keyword"], found.start(), end, _MUTUAL in scopes))
    return out


def declared(blanked: str) -> list[str]:
    """Full names of what the source declares by name, in order, each once."""
    return list(dict.fromkeys(d.name for d in declarations(blanked)))


def words(blanked: str) -> set[str]:
    """Every word of the source, with `#` where it begins a command."""
    return set(re.findall(r"#?[\w!?']+", blanked))
