"""The report in a real browser, and the exports as other tools read them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

import search
from search import Budget, Options
from search.export import to_graphviz, to_mermaid
from search.log import LogWriter
from search.replay import replay
from search.report import Section, render_report, write_report
from search.toy import Board, Number, Numbers, Sliding


def proved() -> search.Result:
    numbers = Numbers()

    class Logarithm:
        def score(self, states):
            return [state.value.bit_length() for state in states]

    return search.run(
        Number(23), generator=numbers, checker=numbers, critic=Logarithm(), options=Options(batch=2)
    )


def unproved() -> search.Result:
    sliding = Sliding()
    return search.run(
        Board("21345678 "), generator=sliding, checker=sliding, critic=sliding, budget=Budget(expansions=60)
    )


def embedded(page: str) -> list[dict]:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S).group(1))


def test_the_page_holds_the_whole_search_and_needs_nothing_from_outside():
    result = proved()
    page = render_report([Section("numbers", result)])
    assert not re.search(r'(src|href)\s*=|https?://(?!www\.w3\.org/2000/svg")|@import|url\(', page)
    (data,) = embedded(page)
    assert len(data["nodes"]) == len(result.graph) and len(data["edges"]) == result.graph.edges
    assert [name for name, *_ in data["shares"]] == list(result.perspectives)
    assert sum(steps for *_, steps in data["shares"]) == len(result.proof)
    assert data["proof"] == result.proof.script()


def test_a_large_search_is_cut_to_whole_ways_with_the_proof_kept():
    sliding = Sliding()
    result = search.run(
        Board("1234 5678"), generator=sliding, checker=sliding, critic=sliding, strategy="best-first"
    )
    assert len(result.graph) > 2000
    (data,) = embedded(render_report([Section("large", result)], max_nodes=150))
    assert 150 <= len(data["nodes"]) < 200 and data["left_out"] == len(result.graph) - len(data["nodes"])
    assert len(data["proofNodes"]) == len(result.proof)
    assert all(node["from"] >= 0 for node in data["nodes"][1:])
    assert sum(edge["proof"] for edge in data["edges"]) == len(result.proof) - 1 + 1


def test_a_log_gives_the_same_page_as_its_search(tmp_path):
    numbers = Numbers()
    with LogWriter(tmp_path / "log.jsonl") as log:
        result = search.run(Number(23), generator=numbers, checker=numbers, on_event=log)
    pages = [render_report([Section("n", r)]) for r in (result, replay(tmp_path / "log.jsonl"))]
    first, second = (embedded(page)[0] for page in pages)
    for data in (first, second):
        for node in data["nodes"]:
            del node["sec"]
    assert first == second


def test_a_report_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        render_report([])


HOSTILE = '</script><script>window.broken = 1</script><!-- <b>&amp;"\'\\ \u2028 x'


def hostile() -> search.Result:
    class Hostile(Numbers):
        def propose(self, states):
            return [[(HOSTILE, -1.0), ("dec", -2.0), ("done", -3.0)] for _ in states]

        def apply(self, n, action):
            return search.Advanced((Number(n + 100),)) if action == HOSTILE else super().apply(n, action)

    hostile = Hostile()
    return search.run(Number(3), generator=hostile, checker=hostile, budget=Budget(expansions=20))


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on the PATH (apt-get install chromium)")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=True)
    opened = context.new_page()
    opened.problems = []
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.on("console", lambda m: opened.problems.append(m.text) if m.type == "error" else None)
    yield opened
    assert opened.problems == []
    context.close()


def show(page, path, *sections: Section) -> None:
    write_report(path, sections)
    page.goto(path.as_uri())


def test_in_a_browser_the_proof_is_open_and_rows_open_and_close(page, tmp_path):
    result = proved()
    show(page, tmp_path / "report.html", Section("numbers", result))
    assert page.title().startswith("numbers") and page.inner_text("#outcome") == "proved"
    on_proof = page.locator("#tree .onproof > .row .action").all_inner_texts()
    assert set(on_proof) == set(result.proof.actions)
    rows = page.locator("#tree .row")
    page.click("#closeall")
    assert rows.count() == 1
    rows.first.click()
    assert rows.count() > 1
    opened = rows.count()
    rows.nth(1).click()
    assert rows.count() > opened
    opened = rows.count()
    rows.first.click()
    assert rows.count() == opened
    rows.first.locator(".fold").click()
    assert rows.count() == 1
    rows.first.press("Enter")
    assert rows.count() > 1
    page.click("#openall")
    shown = page.locator("#tree li[data-node]").evaluate_all("items => items.map(i => i.dataset.node)")
    assert set(map(int, shown)) == set(range(len(result.graph)))


def test_in_a_browser_pointing_at_a_state_shows_it_and_clicking_keeps_it(page, tmp_path):
    result = proved()
    show(page, tmp_path / "report.html", Section("numbers", result))
    page.click("#openall")
    row = page.locator("#tree li[data-node='3'] > .row").first
    row.hover()
    assert page.inner_text("#state") == result.graph.states[3].text
    assert page.inner_text("#statehead").startswith("State 3, ")
    page.locator("#tree li[data-node='0'] > .row").first.click()
    row.hover()
    page.hover("h1")
    assert page.inner_text("#state") == result.graph.states[0].text


def test_in_a_browser_states_have_the_colour_of_status_and_perspective(page, tmp_path):
    result = proved()
    show(page, tmp_path / "report.html", Section("numbers", result))
    page.click("#openall")
    legend = page.locator("#legend i").evaluate_all("dots => dots.map(d => d.style.backgroundColor)")
    assert len(set(legend)) == len(result.perspectives)
    for node in range(len(result.graph)):
        if result.graph.order[node] >= 0:
            item = page.locator(f"#tree li[data-node='{node}']").first
            chip = item.locator("> .row > .chip").evaluate("chip => chip.style.backgroundColor")
            assert chip == legend[result.graph.chosen_by[node]]
            assert ["open", "proved", "failed"][result.graph.status[node]] in item.get_attribute("class")


def test_in_a_browser_the_time_line_has_a_dot_for_each_expansion_that_leads_to_its_state(page, tmp_path):
    result = unproved()
    show(page, tmp_path / "report.html", Section("sliding", result))
    assert "not proved" in page.inner_text("#outcome")
    dots = page.locator("#time circle")
    assert dots.count() == result.statistics.expansions == 60
    last = max(range(len(result.graph)), key=lambda node: result.graph.order[node])
    page.locator(f"#time circle[data-node='{last}']").click()
    assert page.inner_text("#statehead").startswith(f"State {last}, ")
    assert page.locator(f"#tree li[data-node='{last}'] > .row.chosen").is_visible()


def test_in_a_browser_hostile_text_is_only_text(page, tmp_path):
    result = hostile()
    show(page, tmp_path / "report.html", Section(HOSTILE, replace(result, detail=HOSTILE), HOSTILE))
    assert page.evaluate("window.broken") is None
    assert page.text_content("#title") == HOSTILE and page.text_content("#proof") == HOSTILE
    page.click("#openall")
    assert HOSTILE in page.locator("#tree .action").all_text_contents()


def test_in_a_browser_several_searches_are_chosen_from_a_list(page, tmp_path):
    show(page, tmp_path / "report.html", Section("first", proved()), Section("second", unproved()))
    assert page.inner_text("#title") == "first"
    page.select_option("#which", label="✗ second")
    assert page.inner_text("#title") == "second" and page.locator("#time circle").count() == 60


def test_in_a_browser_a_search_without_an_expansion_is_shown_too(page, tmp_path):
    numbers = Numbers()
    result = search.run(Number(3), generator=numbers, checker=numbers, budget=Budget(checks=0))
    show(page, tmp_path / "report.html", Section("nothing", result))
    assert page.locator("#tree .row").count() == 1 and page.locator("#time circle").count() == 0


@pytest.mark.parametrize("make", [proved, unproved, hostile])
def test_the_dot_file_is_read_by_graphviz_and_has_every_state(make):
    dot = shutil.which("dot")
    source = to_graphviz(make(), max_nodes=10_000)
    assert source.count("fillcolor") == len(make().graph)
    if dot is None:
        pytest.skip("no Graphviz on the PATH (apt-get install graphviz)")
    drawn = subprocess.run([dot, "-Tsvg"], input=source, capture_output=True, text=True, check=True)
    assert drawn.stdout.count('class="node"') >= len(make().graph)


def test_exports_mark_the_proof_and_keep_to_their_limit():
    result = proved()
    proof = len(result.proof)
    assert to_graphviz(result).count("penwidth=2.5") >= proof
    assert "linkStyle" in to_mermaid(result)
    small = to_mermaid(unproved(), max_nodes=20)
    assert 20 <= len(re.findall(r"^  n\d+\[", small, re.M)) <= 25


def test_mermaid_has_no_text_that_could_be_syntax():
    source = to_mermaid(hostile())
    for label in re.findall(r'"([^"]*)"', source):
        assert re.fullmatch(r"(?:#\d+;|[\w .,\-])*", label), label
    assert source.startswith("flowchart TD\n")
