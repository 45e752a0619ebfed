"""LogicQA and the commands `ask`, `fol` and `logic english`, used as a newcomer would, mistakes included."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import logic
from logic import LogicQA, Verdict
from logic.cli.ask import app as ask_app
from logic.cli.batch import app as logic_app
from logic.cli.fol import app as fol_app
from logic.errors import InputError, LogicError
from logic.posing import UnreadableQuestion, _language
from logic.repair import UnrepairableFormula
from logic.solvers.table import SOLVERS
from logic.syntax.evaluate import holds
from prover.models.errors import ModelError

SYLLOGISM = (["All men are mortal.", "Socrates is a man.", "Plato is Greek."], "Socrates is mortal.")
BACKWARDS = (["If Bob is round then Bob is red.", "Bob is not red."], "Bob is round.")


def qa(**settings: object) -> LogicQA:
    return LogicQA(**{"deadline": 20.0, **settings})


def test_a_syllogism_in_words_is_answered_with_its_premises_and_steps():
    answer = qa().ask(*SYLLOGISM)
    assert answer.answer is Verdict.TRUE
    assert answer.confidence == 1.0
    assert answer.used == (0, 1)
    assert answer.minimal
    assert answer.consistent
    assert {step.premise for step in answer.proof.steps} - {None} == {0, 1}
    assert set(answer.timings) == {"read", "decide"}


def test_a_question_in_formulas_needs_no_telling():
    answer = qa().ask(["all x. (P(x) -> Q(x))", "∃x P(x)"], "exists y. Q(y)")
    assert answer.answer is Verdict.TRUE
    assert answer.used == (0, 1)


def test_uncertain_comes_with_two_models_that_can_be_checked():
    answer = qa().ask(SYLLOGISM[0], "Plato is mortal.")
    fails, succeeds = answer.countermodels
    premises = [sentence.formula for sentence in answer.premises]
    assert all(holds(formula, model) for formula in premises for model in (fails, succeeds))
    assert not holds(answer.conclusion.formula, fails)
    assert holds(answer.conclusion.formula, succeeds)
    assert "Plato" in answer.text()


def test_contradictory_premises_are_named():
    answer = qa().ask(["Bob is kind.", "Ann is nice.", "Bob is not kind."], "Ann is rich.")
    assert answer.answer is Verdict.CONTRADICTORY
    assert answer.used == (0, 2)
    assert answer.consistent is False


def test_premises_may_be_none():
    assert qa().ask([], "Bob is kind or Bob is not kind.").answer is Verdict.TRUE


@pytest.mark.parametrize(
    "sentence", ["Bob likes all dogs.", "Bob exists.", "Red, cold things are round.", "Ann-Marie is kind."]
)
def test_english_is_not_taken_for_a_formula(sentence):
    assert _language([sentence, "Bob is kind."]) == "english"


@pytest.mark.parametrize("formula", ["all x. P(x)", "-p", "p & q", "∀x P(x)", "a = b", "fof(a, axiom, p).", "P(a)"])
def test_a_formula_is_not_taken_for_english(formula):
    assert _language([formula, "p"]) == "formulas"


def test_repairs_of_formulas_are_listed():
    answer = qa().ask(["∀x (P(x) → Q(x)", "P(a)"], "Q(a)")
    assert answer.answer is Verdict.TRUE
    assert answer.repairs


def test_an_answer_that_needs_contraposition_says_so_and_can_be_withheld():
    answer = qa().ask(*BACKWARDS)
    assert answer.answer is Verdict.FALSE
    assert any("backwards" in warning for warning in answer.warnings)
    assert answer.by_rules is Verdict.UNCERTAIN
    assert qa(threshold=0.9).ask(*BACKWARDS).answer is None


def test_rules_read_forwards_do_not_contrapose():
    answer = qa(semantics="rules").ask(*BACKWARDS)
    assert answer.answer is Verdict.UNCERTAIN
    assert answer.used == ()
    assert any("classically" in warning for warning in answer.warnings)


def test_rules_are_refused_where_a_premise_is_none():
    with pytest.raises(InputError, match="read as rules"):
        qa(semantics="rules").ask(["Someone is kind."], "Bob is kind.")


@pytest.mark.parametrize(
    ("premises", "conclusion", "error", "reason"),
    [
        (["Most men run."], "Bob is kind.", UnreadableQuestion, "most"),
        ([3], "Bob is kind.", InputError, "premise 1 must be a text"),
        ("Bob is kind.", "Bob is kind.", InputError, "list of texts"),
        (["Bob is kind.", " "], "Bob is kind.", InputError, "premise 2 is empty"),
        ([], "", InputError, "the conclusion is empty"),
        ([], None, InputError, "must be a text"),
        (["P(a)"], "Bob is kind.", InputError, "all in formulas or all in English"),
        (["P(a) ∧"], "P(a)", UnrepairableFormula, "can't be read"),
    ],
)
def test_bad_input_is_one_clear_error(premises, conclusion, error, reason):
    with pytest.raises(error, match=reason):
        qa().ask(premises, conclusion)


def test_every_unreadable_sentence_is_reported_at_once():
    with pytest.raises(UnreadableQuestion) as raised:
        qa().ask(["Most men run.", "Bob is kind.", "Bob's dog barks."], "Bob is kind.")
    assert [error.sentence for error in raised.value.errors] == ["Most men run.", "Bob's dog barks."]


@pytest.mark.parametrize(
    "settings",
    [{"language": "latin"}, {"semantics": "fuzzy"}, {"deadline": 0}, {"threshold": 2}, {"solvers": ("vampire",)},
     {"solvers": ()}, {"model": "smollm2", "semantics": "rules"}],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused(settings):
    with pytest.raises(InputError):
        LogicQA(**settings)


def test_a_model_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="no-such-file"):
        LogicQA(model="no-such-file")


def test_many_questions_are_answered_in_order_and_a_bad_one_costs_only_itself():
    heard: dict[int, object] = {}
    questions = [SYLLOGISM, ([3], "x"), BACKWARDS, "nonsense", (["Most men run."], "Bob is kind."), SYLLOGISM]
    answers = qa().ask_many(questions, workers=2, on_answer=heard.__setitem__)
    kinds = [a.answer if not isinstance(a, LogicError) else type(a) for a in answers]
    assert kinds == [Verdict.TRUE, InputError, Verdict.FALSE, InputError, UnreadableQuestion, Verdict.TRUE]
    assert heard == dict(enumerate(answers))


def test_the_async_forms_give_the_same_answers():
    async def both() -> tuple:
        one = await qa().ask_async(*SYLLOGISM)
        many = await qa().ask_many_async([SYLLOGISM, BACKWARDS])
        return one, many

    one, many = asyncio.run(both())
    assert one.answer is Verdict.TRUE
    assert [answer.answer for answer in many] == [Verdict.TRUE, Verdict.FALSE]


def test_json_says_all_that_the_answer_holds():
    row = json.loads(json.dumps(qa().ask(SYLLOGISM[0], "Plato is mortal.").json()))
    assert row["schema"] == 1
    assert row["answer"] == "Uncertain"
    assert row["premises"][0]["formula"] == "∀x1 (man(x1) → mortal(x1))"
    assert len(row["countermodels"]) == 2
    assert {solver["solver"] for solver in row["solvers"]} == set(SOLVERS)


def test_a_model_translates_and_its_samples_vote(tmp_path):
    good = (
        "TEXT: All men are mortal.\nFOL: all x. (Man(x) -> Mortal(x))\nTEXT: Socrates is a man.\nFOL: Man(socrates)\n"
    )
    goal = "TEXT: Socrates is mortal.\nFOL: Mortal(socrates)\n"
    samples = [good + goal] * 2 + ["I can't help with that."]
    recording = tmp_path / "recording.jsonl"
    recording.write_text(json.dumps({"id": "question", "samples": samples}), encoding="utf-8")
    asked = qa(model=str(recording), samples=3, cache=False, vote="majority")
    answer = asked.ask(SYLLOGISM[0][:2], SYLLOGISM[1])
    assert answer.answer is Verdict.TRUE
    assert [s.verdict for s in answer.samples] == [Verdict.TRUE, Verdict.TRUE, Verdict.ERROR]
    assert answer.premises[0].text == "All men are mortal."
    assert answer.premises[0].formula == logic.read("all x. (Man(x) -> Mortal(x))")
    assert answer.used == (0, 1)
    assert asyncio.run(asked.ask_async(SYLLOGISM[0][:2], SYLLOGISM[1])).answer is Verdict.TRUE


def test_a_question_the_model_has_nothing_for_is_an_error_in_its_place(tmp_path):
    recording = tmp_path / "recording.jsonl"
    sample = "TEXT: x\nFOL: P(a)\nTEXT: y\nFOL: P(a)\n"
    recording.write_text(json.dumps({"id": "1", "samples": [sample]}), encoding="utf-8")
    missing, found = qa(model=str(recording), samples=1, cache=False, vote="majority").ask_many(
        [SYLLOGISM, (["x"], "y")]
    )
    assert isinstance(missing, LogicError)
    assert found.answer is Verdict.TRUE


def test_the_public_names_can_all_be_imported():
    assert all(hasattr(logic, name) for name in logic.__all__)
    with pytest.raises(AttributeError):
        logic.no_such_name  # noqa: B018


def test_importing_the_package_imports_no_solver():
    code = "import sys, logic; sys.exit(any(m in sys.modules for m in ('z3', 'cvc5', 'torch', 'typer')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────


def run(app, *arguments: str, text: str | None = None, **environment: str):
    return CliRunner().invoke(app, arguments, input=text, env={"ENTAILS_MODEL": "", **environment})


@pytest.mark.parametrize(
    ("conclusion", "code", "said"),
    [("Socrates is mortal.", 0, "True"), ("Socrates is not mortal.", 1, "False"), ("Plato is mortal.", 1, "Uncertain")],
)
def test_ask_answers_and_says_so_in_its_exit_code(conclusion, code, said):
    found = run(ask_app, "-p", "All men are mortal.", "-p", "Socrates is a man.", "-c", conclusion)
    assert found.exit_code == code
    assert found.stdout.startswith(said)


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("-p", "Most men run.", "-c", "Bob is kind."), 2, "most"),
        (("-p", "Bob is kind."), 2, "give a conclusion"),
        (("no-such-file.json",), 2, "there is no file"),
        (("--language", "latin", "-c", "x"), 2, "latin"),
        (("--model", "no-such-model", "-c", "Bob is kind."), 2, "no-such-model"),
        (("--model", "openai:x", "-c", "Bob is kind."), 3, "OPENAI_API_KEY"),
    ],
)
def test_ask_reports_a_mistake_in_one_sentence_without_a_traceback(arguments, code, reason):
    found = run(ask_app, *arguments, OPENAI_API_KEY="", ENTAILS_API_KEY="", OPENAI_BASE_URL="", ENTAILS_BASE_URL="")
    assert found.exit_code == code
    assert reason in found.stderr
    assert "Traceback" not in found.output


def test_ask_reads_a_file_of_questions_and_goes_on_after_a_bad_one(tmp_path):
    questions = [
        {"id": "a", "premises": SYLLOGISM[0], "conclusion": SYLLOGISM[1]},
        {"id": "b", "premises": [3], "conclusion": "x"},
        7,
        {"premises": ["P(a)"]},
        {"id": "e", "premises": ["P(a)"], "conclusion": "Q(a)"},
    ]
    file = tmp_path / "questions.json"
    file.write_text(json.dumps(questions), encoding="utf-8")
    found = run(ask_app, str(file), "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert found.exit_code == 2
    assert [row["id"] for row in rows] == ["a", "b", 2, 3, "e"]
    assert [row.get("answer") for row in rows] == ["True", None, None, None, "Uncertain"]
    assert all("error" in row for row in rows[1:4])


def test_ask_reads_json_lines_from_standard_input_with_a_broken_line():
    lines = [json.dumps({"premises": ["P(a)"], "conclusion": "P(a)"}), '{"premises": [', json.dumps({"x": 1})]
    found = run(ask_app, "-", "--json", text="\n".join(lines))
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert rows[0]["answer"] == "True"
    assert "line 2" in rows[1]["error"]
    assert "premises" in rows[2]["error"]


def test_fol_check_tells_what_reads_what_can_be_repaired_and_what_cannot():
    assert run(fol_app, "check", "∀x (P(x) → Q(x))").exit_code == 0
    repaired = run(fol_app, "check", "P(a", "--json")
    assert repaired.exit_code == 1
    assert json.loads(repaired.stdout)["repaired"] == "P(a)"
    broken = run(fol_app, "check", "∀x")
    assert broken.exit_code == 2
    assert "column" in broken.stdout


@pytest.mark.parametrize("notation", ["folio", "nltk", "prover9", "tptp"])
def test_fol_convert_writes_what_reads_back(notation):
    text = "∀x (Man(x) → ∃y Loves(x, y))"
    found = run(fol_app, "convert", text, "--to", notation)
    assert found.exit_code == 0
    back = run(fol_app, "convert", found.stdout.strip(), "--to", "lean")
    assert back.stdout == run(fol_app, "convert", text, "--to", "lean").stdout or notation == "tptp"


def test_fol_convert_goes_on_after_a_formula_that_does_not_read():
    found = run(fol_app, "convert", "P(a)", "∀x", "Q(b)", "--to", "nltk")
    assert found.exit_code == 2
    assert found.stdout.split() == ["P(a)", "Q(b)"]


def test_fol_decide_reads_a_file_and_proves():
    found = run(fol_app, "decide", "-f", "-", "--proof", "--json", text="∀x (P(x) → Q(x))\nP(a)\nQ(a)\n")
    row = json.loads(found.stdout)
    assert found.exit_code == 0
    assert row["answer"] == "True"
    assert row["proof"][-1]["formula"] == "⊥"


def test_fol_decide_strictly_refuses_what_needs_a_repair():
    arguments = ("decide", "-p", "P(a", "-c", "P(a)")
    assert run(fol_app, *arguments).exit_code == 0
    assert run(fol_app, *arguments, "--strict").exit_code == 2


def test_figures_of_the_controlled_english_are_printed_for_both_formats(tmp_path):
    file = tmp_path / "set.json"
    options = ["A) True", "B) False", "C) Unknown"]
    values = [
        {"id": "1", "context": "Bob is kind. Kind people are nice.", "options": options, "answer": "A",
         "question": "Is the following statement true, false, or unknown? Bob is nice."},
        {"id": "2", "premises": BACKWARDS[0], "conclusion": BACKWARDS[1], "label": "Uncertain"},
        {"id": "3", "premises": ["Most men run."], "conclusion": "Bob runs.", "label": "True"},
        {"id": "4"},
    ]  # fmt: skip
    file.write_text(json.dumps(values), encoding="utf-8")
    out = tmp_path / "results.jsonl"
    found = run(logic_app, "english", str(file), "--out", str(out), "--json")
    row = json.loads(found.stdout)
    assert (row["questions"], row["labelled"], row["unread"]) == (3, 3, 1)
    assert row["accuracy_classical"] == pytest.approx(1 / 3, abs=1e-4)
    assert row["accuracy_rules"] == pytest.approx(2 / 3, abs=1e-4)
    assert row["wrong_without_warning"] == 0
    assert "question 4" in found.stderr
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_the_command_line_lists_without_importing_and_runs():
    environment = {k: v for k, v in os.environ.items() if k != "ENTAILS_MODEL"}
    command = [sys.executable, "-m", "logic.main", "ask", "-p", "P(a)", "-c", "P(a)"]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("True")
