"""`entails prove --report`, `--graph` and `--log` as a user meets them; the page in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from search.log import read_log, read_logs

FILE = """theorem one (p q : Prop) (h : p ∧ q) : q ∧ p := by
  constructor
  · sorry
  · sorry

theorem two (p : Nat → Prop) (h : p 1) : p 2
"""


def entails(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "logic.main", *arguments], capture_output=True, text=True, timeout=200, cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


@pytest.fixture(scope="module")
def kept(prepared, tmp_path_factory):
    """A folder after a run with everything kept."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "F.lean").write_text(FILE)
    done = entails("prove", "F.lean", "--report", "page.html", "--graph", "graph.dot", "--log", "log.jsonl",
                   "--no-openings", "--candidates", "36", "--checks", "40", "--seconds", "60", cwd=folder)  # fmt: skip
    assert done.returncode == 1, done.stderr
    return folder


def test_the_page_has_a_section_for_each_hole(kept):
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on the PATH (apt-get install chromium)")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto((kept / "page.html").as_uri())
        titles = page.locator("select option").all_inner_texts()
        assert [t.split(" · ")[0][2:] for t in titles] == ["one (3:4)", "one (4:4)", "two (6:51)"]
        assert page.inner_text("#outcome") == "proved"
        assert "h : p ∧ q" in page.inner_text("#state")
        page.select_option("select", index=2)
        assert "not proved" in page.inner_text("#outcome")
        assert "⊢ p 2" in page.inner_text("#state")
        assert problems == []
        browser.close()


def test_each_search_is_drawn(kept):
    for name in ("graph.dot", "graph-2.dot", "graph-3.dot"):
        text = (kept / name).read_text()
        assert text.startswith("digraph search {") and "⊢" in text
    assert not (kept / "graph-4.dot").exists()


def test_several_searches_of_a_hole_are_numbered(prepared, tmp_path):
    done = entails("prove", "theorem two (p : Nat → Prop) (h : p 1) : p 2", "--report", "page.html", "--no-openings",
                   "--premises", "0", cwd=tmp_path)  # fmt: skip
    page = (tmp_path / "page.html").read_text()
    assert done.returncode == 1 and "multi-perspective 1 of 2" in page and "multi-perspective 2 of 2" in page


def test_the_log_names_each_theorem(kept):
    assert [log.header["name"] for log in read_logs(kept / "log.jsonl")] == ["one", "one", "two"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--report", "none/page.html"], "no folder none"),
        (["--report", "."], "folder"),
        (["--graph", "graph.png"], ".mmd"),
        (["--log", "none/log.jsonl"], "none/log.jsonl"),
        (["--strategy", "nonsense"], "nonsense"),
        (["--critic", "missing.json"], "missing.json"),
        (["--critic", "text.npz"], "no critic"),
        (["--perspectives", "critic"], "no perspective"),
        (["--perspectives", "critic=0"], "above 0"),
        (["--perspectives", "luck=1"], "luck"),
        (["--strategy", "mcts", "--perspectives", "critic=1"], "mcts"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence_before_any_work(prepared, tmp_path, arguments, says):
    (tmp_path / "text.npz").write_text("no model")
    done = entails("prove", "theorem t : 1 = 1", *arguments, cwd=tmp_path)
    [line] = done.stderr.strip().splitlines()
    assert done.returncode == 2 and line.startswith("entails: ") and says in line
    assert done.stdout == "" and [p.name for p in tmp_path.iterdir()] == ["text.npz"]


def test_without_anything_to_search_there_is_no_page(prepared, tmp_path):
    (tmp_path / "F.lean").write_text("theorem t : 1 = 1 := rfl\n")
    done = entails("prove", "F.lean", "--report", "page.html", cwd=tmp_path)
    assert done.returncode == 0 and "nothing was searched" in done.stderr and not (tmp_path / "page.html").exists()


def test_ctrl_c_keeps_what_was_searched(prepared, tmp_path):
    log, page = tmp_path / "log.jsonl", tmp_path / "page.html"
    # Its tree goes on for minutes, with an index or without.
    hard = "theorem t (n : Nat) (h : 2 < n) : ∀ a b c : Nat, 0 < a → 0 < b → a ^ n + b ^ n ≠ c ^ n"
    process = subprocess.Popen(
        [sys.executable, "-m", "logic.main", "prove", hard, "--no-openings", "--candidates", "36", "--premises", "0",
         "--seconds", "200", "--log", str(log), "--report", str(page)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not (log.exists() and '"kind":"expansion"' in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and output == "" and "Traceback" not in errors
    assert read_log(log).end["stop"] == "interrupted"
    assert "a ^ n + b ^ n ≠ c ^ n" in json.loads('"' + page.read_text().split('"t":"', 1)[1].split('"', 1)[0] + '"')
