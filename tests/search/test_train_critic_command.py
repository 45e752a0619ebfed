"""`entails train critic` as a user calls it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import search
from prover.cli.train import app
from search.critic import FeatureCritic
from search.critic.models import read_about
from search.critic.train import digest
from search.log import LogWriter
from search.toy import Number, Numbers

pytest.importorskip("sklearn", reason="pip install scikit-learn")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("logs") / "searches.jsonl"
    numbers = Numbers(largest=300)
    for value in range(5, 125, 3):
        with LogWriter(path, append=True) as writer:
            search.run(
                Number(value), generator=numbers, checker=numbers, strategy="best-first", on_event=writer
            )
    return path


def call(*arguments: object, command: str = "critic"):
    return CliRunner().invoke(app, [command, *map(str, arguments)])


def test_a_critic_is_trained_written_and_judged(log, tmp_path):
    out = tmp_path / "critic.npz"
    done = call(log, "--out", out, "--kind", "trees", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["schema"] == 1 and set(report["quality"]) == {"pruned", "all samples"}
    assert report["quality"]["pruned"]["samples"] < report["quality"]["all samples"]["samples"]
    near, far = FeatureCritic.load(out).score([Number(2), Number(120)])
    assert near < far
    table = call(log, "--out", out, "--kind", "trees")
    assert table.exit_code == 0 and "all samples" in table.stdout


def test_the_same_logs_give_the_same_bytes_and_the_model_says_which(log, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    lines = log.read_text().splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if '"kind":"search"' in line]
    (folder / "a.jsonl").write_text("".join(lines[: starts[20]]))
    (folder / "b.jsonl").write_text("".join(lines[starts[20] :]))
    for name in ("one", "two"):
        assert call(folder, "--out", tmp_path / f"{name}.npz").exit_code == 0
        assert call(folder, "--out", tmp_path / f"{name}.json", command="effectiveness").exit_code == 0
    for ending in ("npz", "json"):
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()
    about = read_about(tmp_path / "one.npz")
    assert about["data_sha256"] == digest([folder]) == digest([folder / "a.jsonl", folder / "b.jsonl"]) != digest([log])
    table = json.loads((tmp_path / "one.json").read_text())
    assert table["about"]["data_sha256"] == about["data_sha256"]
    applied, used = table["kinds"]["done"]
    assert applied == used > 0


def test_an_empty_folder_is_one_sentence_and_exit_code_2(tmp_path):
    for command in ("critic", "effectiveness"):
        done = call(tmp_path, "--out", tmp_path / "out", command=command)
        assert done.exit_code == 2 and "holds no log" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"), [("", "is empty"), ("nothing\n", "no log of a search"), (None, "cannot be read")]
)
def test_a_bad_log_is_one_sentence_and_exit_code_2(tmp_path, text, message):
    path = tmp_path / "log.jsonl"
    if text is not None:
        path.write_text(text)
    done = call(path, "--out", tmp_path / "critic.npz")
    assert done.exit_code == 2 and message in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "critic.npz").exists()


def test_a_wrong_kind_or_folder_is_one_sentence_and_exit_code_2(log, tmp_path):
    assert call(log, "--out", tmp_path / "c.npz", "--kind", "oracle").exit_code == 2
    done = call(log, "--out", tmp_path / "no" / "such" / "c.npz", "--kind", "trees")
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1


def test_without_scikit_learn_the_exit_code_is_3(log, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    done = call(log, "--out", tmp_path / "critic.npz")
    assert done.exit_code == 3 and "pip install scikit-learn" in done.stderr
