"""A model's text taken apart: every layout models write in, and what they put around it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logic.errors import LogicError
from logic.generations import Generation, same_sentence, take_apart
from logic.repair import repair
from logic.samples import common_goal, translate_samples
from logic.syntax.formula import Formula
from logic.syntax.read import read
from logic.verdict import Verdict

MEANT = (read("all x. (Man(x) -> Mortal(x))"), read("Man(socrates)"), read("Mortal(socrates)"))

LINC = """TEXT:\tAll men are mortal.
FOL:\tall x. (Man(x) -> Mortal(x))
TEXT:\tSocrates is a man.
FOL:\tMan(socrates)
TEXT:\tSocrates is mortal.
FOL:\tMortal(socrates)
"""
LAYOUTS = {
    "LINC": LINC,
    "blank lines": LINC.replace("TEXT", "\nTEXT"),
    "tags": f"<EVALUATE>\n{LINC}</EVALUATE>\n<PREMISES>\nAll cats purr.\n</PREMISES>\nFOL: Purr(tom)",
    "fenced": f"Here is the translation:\n\n```\n{LINC}```\nI hope this helps!",
    "bold and numbered": LINC.replace("TEXT:", "1. **Text:**").replace("FOL:", "   **FOL:**"),
    "list marks and code": "\n".join(
        line.replace("FOL:\t", "- FOL: `") + "`" if line.startswith("FOL") else f"- {line}"
        for line in LINC.splitlines()
    ),
    "other labels": LINC.replace("TEXT", "Premise 1").replace("FOL", "Formula 1"),
    "conclusion has its own label": LINC.replace("TEXT:\tSocrates is mortal", "CONCLUSION: Socrates is mortal"),
    "on several lines": LINC.replace("(Man(x) -> Mortal(x))", "(\n    Man(x) ->\n    Mortal(x)\n)"),
    "unicode": LINC.replace("all x. (Man(x) -> Mortal(x))", "∀x (Man(x) → Mortal(x))"),
    "latex": LINC.replace("all x. (Man(x) -> Mortal(x))", "$\\forall x \\, (\\text{Man}(x) \\rightarrow Mortal(x))$"),
    "html": LINC.replace("->", "-&gt;"),
    "comments": LINC.replace("Man(socrates)", "Man(socrates)  # a fact").replace("FOL:\tMortal", "FOL: Mortal"),
    "note in brackets": LINC.replace("Man(socrates)", "Man(socrates) (Note: Socrates is a constant)"),
    "triple colons": """Predicates:
Man(x) ::: x is a man.
Mortal(x) ::: x is mortal.
Premises:
∀x (Man(x) → Mortal(x)) ::: All men are mortal.
Man(socrates) ::: Socrates is a man.
Conclusion:
Mortal(socrates) ::: Socrates is mortal.
""",
    "headings": """Let me define the predicates first.
Predicates:
- Man(x): x is a man
- Mortal(x): x is mortal

**Premises:**
1. ∀x (Man(x) → Mortal(x))
2. Man(socrates)

**Conclusion:**
Mortal(socrates)
""",
    "dashes": """**Premises:**
- All men are mortal.
  - `∀x (Man(x) → Mortal(x))`
- Socrates is a man.
  - `Man(socrates)`

**Conclusion:**
- Socrates is mortal.
  - `Mortal(socrates)`
""",
    "dashes without code": "Premises:\n- ∀x (Man(x) → Mortal(x))\n- Man(socrates)\nConclusion:\n- Mortal(socrates)\n",
    "dollars": "Premises:\n$\\forall x (Man(x) \\to Mortal(x))$\n$Man(socrates)$\nConclusion:\n$$Mortal(socrates)$$\n",
    "quoted names": "Premises:\n∀x ('Man'(x) → 'Mortal'(x))\n'Man'('socrates')\nConclusion:\n'Mortal'('socrates')\n",
    "conclusion first": "Conclusion: Mortal(socrates)\nPremises:\n∀x (Man(x) → Mortal(x))\nMan(socrates)\n",
    "formulas alone": "∀x (Man(x) → Mortal(x))\nMan(socrates)\nMortal(socrates)\n",
    "windows line ends": LINC.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_problem(layout: str) -> None:
    generation = take_apart(LAYOUTS[layout])
    found = repair([pair.formula for pair in generation.pairs[:-1]], generation.pairs[-1].formula)
    assert (*found.premises, found.conclusion) == MEANT


def test_a_dash_that_negates_stays() -> None:
    text = "Premises:\nall x. (P(x) -> Q(x))\n- exists x. Q(x)\nConclusion:\n-P(a)\n"
    assert [read(pair.formula) for pair in take_apart(text).pairs] == [
        read("all x. (P(x) -> Q(x))"),
        read("-exists x. Q(x)"),
        read("-P(a)"),
    ]
    labelled = take_apart("TEXT: No one.\nFOL: - exists x. Q(x)\nTEXT: Money.\nFOL: Costs(a, $100) & Costs(b, $200)")
    assert [read(pair.formula) for pair in labelled.pairs] == [
        read("-exists x. Q(x)"),
        read("Costs(a, $100) & Costs(b, $200)"),
    ]


def test_sentences_are_kept_beside_their_formulas() -> None:
    sentences = [pair.sentence for pair in take_apart(LINC).pairs]
    assert sentences == ["All men are mortal.", "Socrates is a man.", "Socrates is mortal."]
    marked = take_apart(LINC.replace("TEXT:\t", "TEXT: [BG] ").replace("FOL:\t", "FOL: [BG] "))
    assert [pair.sentence for pair in marked.pairs] == sentences


def test_a_conclusion_written_twice_does_not_follow_from_itself() -> None:
    twice = LINC + "TEXT:\tSocrates is mortal.\nFOL:\tMortal(socrates)\n"
    generation = take_apart(twice)
    assert len(generation.pairs) == 3
    assert [note.repair for note in generation.notes] == ["conclusion twice"]
    cut = take_apart(LINC + "TEXT:\tSocrates is mortal.\n")
    assert cut.pairs == take_apart(LINC).pairs
    assert [note.repair for note in cut.notes] == ["cut short"]


def test_several_formulas_for_one_sentence_are_joined_by_and() -> None:
    text = "TEXT: Ann and Bob swim.\nFOL: Swims(ann)\n\tSwims(bob)\nTEXT: Ann swims.\nFOL: Swims(ann)\n"
    assert read(take_apart(text).pairs[0].formula) == read("Swims(ann) & Swims(bob)")


@pytest.mark.parametrize("text", ["", "I cannot do that.", "```\n```", "TEXT: a sentence", "Answer: True", "\x00\x01"])
def test_a_text_without_formulas_has_no_pairs(text: str) -> None:
    assert take_apart(text).pairs == ()


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from([*LINC.splitlines(), "```", ":::", "Premises:", "P(", "$", "<EVALUATE>", "- ", "**"])
    ).map("\n".join)
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_taken_apart_or_repaired_without_any_other_error(text: str) -> None:
    generation = take_apart(text)
    assert isinstance(generation, Generation)
    if generation.pairs:
        try:
            found = repair([pair.formula for pair in generation.pairs[:-1]], generation.pairs[-1].formula)
            assert isinstance(found.conclusion, Formula)
        except LogicError as error:
            assert str(error)


def test_sentences_that_differ_in_a_letter_are_the_same() -> None:
    assert same_sentence("no politicians are part", "no politicans are part")
    assert not same_sentence("socrates is a man", "socrates is mortal")


def test_a_sample_that_ends_before_the_common_conclusion_is_an_error_and_one_that_goes_on_is_cut() -> None:
    short = "\n".join(LINC.splitlines()[:4])
    longer = LINC + "TEXT: Cats purr.\nFOL: all x. (Cat(x) -> Purrs(x))\n"
    samples = translate_samples([LINC, LINC, LINC, short, longer])
    assert [sample.verdict for sample in samples] == [Verdict.UNKNOWN] * 3 + [Verdict.ERROR, Verdict.UNKNOWN]
    assert samples[3].trouble == "the text ends before the conclusion that the other samples have"
    assert samples[4].problem == samples[0].problem
    assert "went on" in {note.repair for note in samples[4].notes}


def test_without_a_common_conclusion_each_sample_has_its_own() -> None:
    other = LINC.replace("Socrates is mortal", "Plato is mortal").replace("Mortal(socrates)", "Mortal(plato)")
    assert common_goal([take_apart(LINC), take_apart(other)]) is None
    assert all(sample.problem is not None for sample in translate_samples([LINC, other]))


def test_samples_that_are_no_text_or_have_no_formulas_are_errors_of_their_own() -> None:
    samples = translate_samples([LINC, 3, None, "I cannot do that.", "TEXT: x\nFOL: P(a) & &"])
    assert [sample.verdict for sample in samples[1:]] == [Verdict.ERROR] * 4
    assert samples[1].trouble == "a sample must be a text, not int"
    assert samples[3].trouble == "the text has no formulas"
    assert samples[0].problem is not None
