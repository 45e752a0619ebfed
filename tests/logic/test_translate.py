"""Prompts, modes and samples from a model; the models here are recordings and a small double of an endpoint."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from logic.cli.batch import app
from logic.errors import InputError
from logic.repair import repair
from logic.replay import Record, replay
from logic.samples import Decider, Sample, said, stated_samples
from logic.shots import SHOTS
from logic.solvers.portfolio import decide
from logic.translate import MODES, Question, Translator, Untranslated, prompt, question_from
from logic.verdict import Verdict
from prover.models.recorded import RecordedModel

runner = CliRunner()
SOCRATES = Question(("All men are mortal.", "Socrates is a man."), "Socrates is mortal.", "socrates", Verdict.TRUE)
FORMULAS = "\n".join(
    f"TEXT: {sentence}\nFOL: {formula}"
    for sentence, formula in [
        ("All men are mortal.", "all x. (Man(x) -> Mortal(x))"),
        ("Socrates is a man.", "Man(Socrates)"),
        ("Socrates is mortal.", "Mortal(Socrates)"),
    ]
)


@pytest.mark.parametrize("shot", SHOTS, ids=[shot.conclusion[0] for shot in SHOTS])
def test_the_formulas_of_a_worked_example_decide_it_as_labelled_and_need_no_repair(shot) -> None:
    problem = repair([formula for _, formula in shot.premises], shot.conclusion[1])
    assert problem.repairs == ()
    assert decide(problem.given, problem.conclusion, explain=False).verdict is shot.label


def test_the_worked_examples_show_every_answer_early() -> None:
    assert {shot.label for shot in SHOTS[:3]} == {Verdict.TRUE, Verdict.FALSE, Verdict.UNCERTAIN}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shots", [0, 1, 8])
def test_a_prompt_has_its_examples_in_the_modes_form_and_ends_where_the_model_goes_on(mode: str, shots: int) -> None:
    text = prompt(SOCRATES, mode, shots)
    assert text.endswith(
        "<PREMISES>\nAll men are mortal.\nSocrates is a man.\n</PREMISES>\n<CONCLUSION>\nSocrates is mortal.\n"
        "</CONCLUSION>\n<EVALUATE>\n"
    )
    assert text.count("<EVALUATE>") == shots + 1
    assert text.count("</EVALUATE>") == shots
    assert ("FOL:" in text) == (mode in ("neurosymbolic", "scratchpad") and shots > 0)
    assert text.count("ANSWER:") == (0 if mode == "neurosymbolic" else shots)
    assert "True" not in text.split("<EVALUATE>")[-1]


def test_prompts_that_cannot_be_written_are_refused() -> None:
    with pytest.raises(InputError, match="no mode 'magic'; there are neurosymbolic"):
        prompt(SOCRATES, "magic")
    with pytest.raises(InputError, match="8 worked examples, so 9"):
        prompt(SOCRATES, shots=9)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("ANSWER: True", Verdict.TRUE),
        ("It is true that cats purr, but the rest is not. So\nANSWER: False\n", Verdict.FALSE),
        ("**Answer:** Uncertain.", Verdict.UNCERTAIN),
        ("The answer is: Unknown", Verdict.UNCERTAIN),
        ("ANSWER: True\n... no, wait.\nANSWER: False", Verdict.FALSE),
        ("False", Verdict.FALSE),
        ("It could be true or false.", Verdict.ERROR),
        ("I do not know.", Verdict.ERROR),
        ("", Verdict.ERROR),
    ],
)
def test_the_answer_a_model_states(text: str, verdict: Verdict) -> None:
    assert said(text) is verdict


def test_stated_answers_are_voted_on_without_formulas() -> None:
    records = [Record("q", ("ANSWER: True", "ANSWER: False", "True", 7), Verdict.TRUE)]
    (found,) = replay(records, "majority", stated=True)
    assert found.outcome.answer is Verdict.TRUE
    assert found.samples[3] == Sample(Verdict.ERROR, trouble="a sample must be a text, not int")
    assert [sample.problem for sample in stated_samples(["Uncertain"])] == [None]
    assert Decider().decide([stated_samples(["Uncertain"])])[0][0].verdict is Verdict.UNCERTAIN


def recording(path: Path, *lines: object) -> RecordedModel:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return RecordedModel(path)


def test_samples_come_from_any_model_with_their_log_probabilities(tmp_path: Path) -> None:
    model = recording(
        tmp_path / "r.jsonl",
        {
            "prompt": prompt(SOCRATES),
            "completions": [
                {"text": FORMULAS, "tokens": 10, "logprob": -2.0},
                {"text": "no idea", "tokens": 2, "logprob": -3.0},
            ],
        },
        {"id": "other", "samples": [FORMULAS]},
    )
    translator = Translator(model, samples=2)
    other, unknown = Question(("x",), "y", "other"), Question(("x",), "y", "unknown")
    first, second, third = translator.translate([SOCRATES, other, unknown])
    assert first == Record("socrates", (FORMULAS, "no idea"), Verdict.TRUE, (-0.2, -1.5))
    assert second == Record("other", (FORMULAS,))
    assert isinstance(third, Untranslated) and "no answer" in third.reason
    assert translator.notes, "a recording that is too short says so"
    assert asyncio.run(translator.atranslate([SOCRATES])) == [first]
    (answered,) = replay([first], "rpc")
    assert answered.outcome.answer is Verdict.TRUE
    assert [sample.verdict for sample in answered.samples] == [Verdict.TRUE, Verdict.ERROR]


def test_one_sample_is_asked_for_greedily() -> None:
    translator = Translator(RecordedModel("/dev/null"), samples=1)
    assert (translator.request(SOCRATES).temperature, translator.request(SOCRATES).n) == (0.0, 1)
    many = Translator(RecordedModel("/dev/null"))
    assert (many.request(SOCRATES).temperature, many.request(SOCRATES).n) == (0.8, 10)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "question 4 is not an object"),
        ({"conclusion": "x"}, "`premises` is not a list of texts"),
        ({"premises": ["a", 3], "conclusion": "x"}, "`premises` is not a list of texts"),
        ({"premises": []}, "`conclusion` is not a text"),
        ({"premises": [], "conclusion": " "}, "`conclusion` is not a text"),
    ],
)
def test_questions_that_are_none_are_refused(value: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        question_from(value, 4)


def test_questions_from_json() -> None:
    assert question_from({"premises": "a\n\nb", "conclusion": "c", "label": "Unknown"}, 4) == Question(
        ("a", "b"), "c", "4", Verdict.UNCERTAIN
    )


class _Endpoint(BaseHTTPRequestHandler):
    """Says what a question's conclusion asks it to: formulas, garbage or nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = body.get("prompt") or body["messages"][-1]["content"]
        wish = text.rsplit("<CONCLUSION>", 1)[1].split("\n")[1]
        said = {"please garbage": "%$&(", "please nothing": ""}.get(wish, FORMULAS)
        choices = [
            {"index": i, "text": said, "message": {"content": said}, "finish_reason": "stop"}
            for i in range(body.get("n", 1))
        ]
        answer = json.dumps({"choices": choices, "usage": {"prompt_tokens": 5, "completion_tokens": 7}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_from_an_endpoint_to_scored_answers(tmp_path: Path, monkeypatch, endpoint: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint)
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    questions = [
        {"id": "good", "premises": list(SOCRATES.premises), "conclusion": SOCRATES.conclusion, "label": "True"},
        {"id": "garbage", "premises": [], "conclusion": "please garbage", "label": "True"},
        {"id": "nothing", "premises": [], "conclusion": "please nothing"},
        {"id": "bad", "premises": 7, "conclusion": "x"},
    ]
    file, out = tmp_path / "q.jsonl", tmp_path / "recording.jsonl"
    file.write_text("".join(json.dumps(question) + "\n" for question in questions))
    arguments = ["translate", str(file), "--model", "openai:double", "--out", str(out), "--samples", "3", "--no-cache"]
    done = runner.invoke(app, arguments)
    assert "question 4: `premises` is not a list of texts" in done.stderr
    assert "secret" not in done.output + done.stderr
    assert done.exit_code == 2
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == ["good", "garbage", "nothing"]
    assert rows[0]["samples"] == [FORMULAS] * 3
    scored = runner.invoke(app, ["replay", str(out), "--json"])
    report = json.loads(scored.stdout)
    assert report["confusion"]["True"]["True"] == 1
    assert report["verdicts"]["True"] == 3


def test_without_a_key_the_message_says_what_is_missing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    file = tmp_path / "q.json"
    file.write_text(json.dumps({"premises": ["a"], "conclusion": "b"}))
    done = runner.invoke(app, ["translate", str(file), "--model", "openai:x", "--out", str(tmp_path / "o")])
    assert done.exit_code == 3
    assert "OPENAI_API_KEY" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
