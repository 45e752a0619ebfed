"""Certificates: confirmed by Lean, or reported as not certified; mutations are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from logic import LogicQA
from logic.certify import Certificate, Certifier, Claim, NotCertified, recheck
from logic.certify.certificate import VerdictContradicted, certificate_text, claim_of
from logic.certify.claim import Stated
from logic.certify.figures import MUTATIONS, folio, mutate
from logic.cli.ask import app as ask_app
from logic.cli.fol import app as fol_app
from logic.errors import InputError
from logic.syntax.read import read
from logic.verdict import Verdict

FOLIO = Path(__file__).parents[2] / "data" / "folio" / "validation.jsonl"
SYLLOGISM = (["All men are mortal.", "Socrates is a man."], "Socrates is mortal.")


@pytest.fixture(scope="module")
def certifier(lean):
    return Certifier(lean)


@pytest.fixture(scope="module")
def qa():
    return LogicQA(language="formulas")


def certified(certifier, qa, premises, conclusion) -> Certificate:
    certificate = certifier.certify(qa.ask(premises, conclusion))
    assert isinstance(certificate, Certificate), certificate
    return certificate


@pytest.mark.parametrize(
    ("premises", "conclusion", "theorems"),
    [
        (["all x. (P(x) -> Q(x))", "P(a)"], "Q(a)", ["conclusion_follows"]),
        (["all x. (P(x) -> -Q(x))", "P(a)"], "Q(a)", ["negation_follows"]),
        (["all x. (P(x) -> Q(x))", "Q(a)"], "P(a)", ["conclusion_does_not_follow", "negation_does_not_follow"]),
        (["P(a)", "-P(a)"], "Q(a)", ["premises_contradict"]),
        ([], "P(a) | -P(a)", ["conclusion_follows"]),
        (["∀x ∃y Likes(x, y)"], "∃x ∃y Likes(x, y)", ["conclusion_follows"]),
        (["f(a) = b", "P(b)"], "P(f(a))", ["conclusion_follows"]),
        (["∀x (f(x) = x)", "P(a)"], "P(f(f(a)))", ["conclusion_follows"]),
        (["f(a) = b"], "f(b) = a", ["conclusion_does_not_follow", "negation_does_not_follow"]),
        (["P(a) ⊕ Q(a)", "P(a)"], "Q(a)", ["negation_follows"]),
        (["a = b", "b = c"], "a = c", ["conclusion_follows"]),
    ],
)
def test_each_kind_of_answer_is_certified(certifier, qa, lean, premises, conclusion, theorems):
    certificate = certified(certifier, qa, premises, conclusion)
    assert [line.split()[1] for line in certificate.source.splitlines() if line.startswith("theorem")] == theorems
    checked = recheck(certificate.source, lean)
    assert checked.accepted, checked.reason


def test_only_the_premises_of_the_core_are_hypotheses(certifier, qa):
    certificate = certified(certifier, qa, ["P(a)", "R(a)", "all x. (P(x) -> Q(x))"], "Q(a)")
    assert certificate.claim.numbers == (1, 3)
    assert "R(a)" not in certificate.source


@pytest.mark.parametrize(
    "names",
    [
        ("theorem", "by", "fun"),
        ("opaque", "instance", "partial"),
        ("Man", "man", "MAN"),
        ("Müller", "Muller", "muller"),
        ("premise_1", "U", "default"),
        ("sorry", "Prop", "Type"),
        ("Łódź", "日本", "δ"),
    ],
)
def test_names_are_made_legal_without_collisions(certifier, names):
    # As a claim, not as a question: the repairs of a question take `Man` and `MAN` for one symbol.
    one, two, three = names
    formulas = [f"∀x ({one}(x) → {two}(x))", f"∀x ({two}(x) → {three}(x))", f"{one}(c)", f"{three}(c)"]
    *premises, goal = [Stated(read(text)) for text in formulas]
    claim = Claim("follows", tuple(premises), goal)
    used = [name for _, name in claim.vocabulary(claim.names())]
    assert len(set(used)) == 4
    certificate = certifier.certify_claim(claim)
    assert isinstance(certificate, Certificate), certificate
    assert recheck(certificate.source, certifier.lean).accepted


def test_the_sentences_stand_in_the_certificate_and_cannot_end_its_comments(certifier):
    answer = LogicQA().ask(*SYLLOGISM)
    certificate = certifier.certify(answer)
    assert "-- All men are mortal." in certificate.source
    tricky = Claim("follows", (Stated(read("P(a)"), "-/ axiom x : False /-"),), Stated(read("P(a)"), "a\nb -/"))
    text = certificate_text(tricky, {"conclusion_follows": "grind"})
    assert recheck(text, certifier.lean).accepted


def test_the_explanation_leads_from_the_premises_to_the_conclusion(certifier):
    answer = LogicQA().ask(*SYLLOGISM)
    lines = certifier.certify(answer).explanation
    assert lines[0].startswith("Premise 1 says: All men are mortal")
    assert "From premises 1 and 2, the conclusion follows" in lines[-1]


def test_what_a_certificate_proves_is_said_from_its_claim(certifier, qa):
    checked = recheck(certified(certifier, qa, ["P(a)", "-P(a)"], "Q(a)").source, certifier.lean)
    assert "contradict" in checked.words[0]


def test_unknown_and_withheld_answers_are_not_certified(certifier, qa):
    from dataclasses import replace

    answer = qa.ask(["P(a)"], "Q(a)")
    unknown = certifier.certify(replace(answer, answer=Verdict.UNKNOWN))
    assert isinstance(unknown, NotCertified) and "Unknown" in unknown.reason
    withheld = certifier.certify(replace(answer, answer=None))
    assert isinstance(withheld, NotCertified) and "withheld" in withheld.reason


def test_a_wrong_verdict_is_never_certified(certifier, qa):
    from dataclasses import replace

    answer = qa.ask(["P(a)", "R(b)"], "Q(a)")
    wrong = replace(answer, answer=Verdict.TRUE, used=(0, 1), countermodels=())
    result = certifier.certify(wrong)
    assert isinstance(result, NotCertified)


def test_no_time_is_said_with_the_time_that_was_given(lean, qa):
    result = Certifier(lean, seconds=0.0).certify(qa.ask(["all x. (P(x) -> Q(x))", "P(a)"], "Q(a)"))
    assert isinstance(result, NotCertified) and "within 0 s" in result.reason


def test_a_proof_against_the_verdict_is_an_error_that_keeps_the_problem(certifier, qa, monkeypatch, tmp_path):
    from dataclasses import replace

    monkeypatch.setattr("logic.solvers.disagreement.folder", lambda: tmp_path)
    answer = replace(qa.ask(["all x. (P(x) -> Q(x))", "P(a)"], "Q(a)"), answer=Verdict.FALSE)
    with pytest.raises(VerdictContradicted) as caught:
        certifier.certify(answer)
    assert "conclusion_follows" in json.loads(Path(caught.value.path).read_text())["accepted"]


def test_two_hundred_premises(certifier, qa, lean):
    premises = ["P0(a)", *(f"∀x (P{i}(x) → P{i + 1}(x))" for i in range(199))]
    answer = qa.ask(premises, "P20(a)")
    certificate = certifier.certify(answer)
    assert isinstance(certificate, Certificate)
    assert len(certificate.claim.premises) == 21
    # Lean needs longer for a countermodel of so many predicates than anyone waits: that must be said, and no more.
    uncertain = Certifier(lean, seconds=2.0).certify(qa.ask(premises, "Q(a)"))
    assert isinstance(uncertain, (Certificate, NotCertified))


def test_folio_gold_answers_are_certified(certifier):
    report = folio(FOLIO, certifier, most=12)
    done = sum(map(len, report.seconds.values()))
    assert done + len(report.failed) + report.unread == 12
    assert not report.failed
    assert done >= 10


def test_no_mutated_certificate_passes_for_what_it_is_not(certifier, qa):
    texts = [
        certified(certifier, qa, ["all x. (P(x) -> Q(x))", "P(a)"], "Q(a)").source,
        certified(certifier, qa, ["all x. (P(x) -> Q(x))", "Q(a)"], "P(a)").source,
        certified(certifier, qa, ["all x. (P(x) -> (Q(x) | R(x)))", "P(a)", "-R(a)"], "Q(a)").source,
    ]
    report = mutate(texts, certifier, 40)
    assert report.tried == 40
    assert report.wrongly == []
    assert report.refused >= 20


@pytest.mark.parametrize("kind", MUTATIONS)
def test_each_kind_of_mutation_changes_some_certificate(certifier, qa, kind):
    import random

    texts = [
        certified(certifier, qa, ["all x. (P(x) -> Q(x))", "P(a)"], "Q(a)").source,
        certified(certifier, qa, ["all x. (P(x) -> Q(x))", "Q(a)"], "P(a)").source,
    ]
    changed = [MUTATIONS[kind](text, random.Random(seed)) for text in texts for seed in range(5)]
    assert any(new is not None and new not in texts for new in changed)


@pytest.mark.parametrize(
    "text",
    ["", "theorem t : 1 = 1 := rfl", "/- entails-certificate {} -/", "/- entails-certificate {\"format\": 9} -/",
     "/- entails-certificate {\"format\": 1, \"answer\": \"True\", \"premises\": [{}], \"numbers\": []} -/"],
)  # fmt: skip
def test_what_is_no_certificate_is_bad_input(lean, text):
    with pytest.raises(InputError):
        recheck(text, lean)


def test_a_claim_survives_its_json(qa):
    claim = claim_of(qa.ask(["∀x (P(x) → Q(x))", "P(a)"], "Q(a)"))
    assert Claim.from_json(claim.to_json()) == claim


def test_batches_are_certified_in_workers(prepared):
    questions = [SYLLOGISM, (["All men are mortal."], "Socrates is mortal."), (["gibberish of sorts !"], "x")]
    seen = []
    answers = LogicQA().ask_many(questions, certify=True, on_answer=lambda i, a: seen.append(i))
    assert sorted(seen) == [0, 1, 2]
    assert isinstance(answers[0].certificate, Certificate)
    assert isinstance(answers[1].certificate, Certificate)
    assert isinstance(answers[2], Exception)


def test_without_certify_no_lean_is_opened():
    qa = LogicQA()
    assert qa.ask(*SYLLOGISM).certificate is None
    assert qa._certifier is None


def test_the_commands(prepared, tmp_path):
    run = CliRunner()
    asked = run.invoke(
        ask_app, ["-p", SYLLOGISM[0][0], "-p", SYLLOGISM[0][1], "-c", SYLLOGISM[1], "--certify", "--json"]
    )
    assert asked.exit_code == 0
    assert json.loads(asked.stdout)["certificate"]["certified"] is True
    made = run.invoke(fol_app, ["certify", "-p", "P(a)", "-p", "P(a) -> Q(a)", "-c", "Q(a)"])
    assert made.exit_code == 0
    file = tmp_path / "cert.lean"
    file.write_text(made.stdout)
    assert run.invoke(fol_app, ["verify", str(file)]).exit_code == 0
    file.write_text(made.stdout.replace("grind", "sorry"))
    refused = run.invoke(fol_app, ["verify", str(file)])
    assert refused.exit_code == 1
    assert "sorry" in refused.stdout
    file.write_text("nothing")
    assert run.invoke(fol_app, ["verify", str(file)]).exit_code == 2
