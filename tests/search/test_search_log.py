"""Logs: written while a search runs, read when whole or cut off, replayed without the puzzle."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

import search
from search import Advanced, Budget, LogError, Options, Solved, Stop
from search.log import LogWriter, read_log, read_logs
from search.replay import Recording, replay, rerun
from search.toy import Board, Number, Numbers, Sliding

STRATEGIES = list(search.STRATEGIES)


def logged(path, root, puzzle, critic=None, **more):
    with LogWriter(path) as log:
        return search.run(root, generator=puzzle, checker=puzzle, critic=critic, on_event=log, **more)


def shape(result: search.Result) -> list[object]:
    graph = result.graph
    return [
        [(graph.edge_parent[e], graph.actions[e], tuple(graph.children(e))) for e in range(graph.edges)],
        [state.text for state in graph.states],
        bytes(graph.status),
        bytes(graph.expanded),
        list(graph.order),
        list(graph.chosen_by),
        list(graph.distance),
        result.proof and result.proof.actions,
        result.stop,
        result.statistics.chosen_by,
        result.statistics.in_proof,
    ]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_replayed_log_is_the_search_as_it_was(tmp_path, strategy):
    sliding = Sliding()
    result = logged(
        tmp_path / "log.jsonl",
        Board("1234 5678"),
        sliding,
        critic=sliding,
        strategy=strategy,
        budget=Budget(expansions=300),
        options=Options(batch=4),
    )
    again = replay(tmp_path / "log.jsonl")
    assert shape(again) == shape(result)
    assert again.statistics == result.statistics and again.warnings == result.warnings


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("budget", [Budget(expansions=120), Budget(checks=200), Budget()])
def test_a_search_run_again_from_its_log_takes_the_same_way(tmp_path, strategy, budget):
    numbers = Numbers(largest=400)

    class Logarithm:
        def score(self, states):
            return [state.value.bit_length() for state in states]

    result = logged(
        tmp_path / "log.jsonl",
        Number(300),
        numbers,
        critic=Logarithm(),
        strategy=strategy,
        budget=budget,
        seed=11,
        options=Options(batch=3, lookahead=2),
    )
    again = rerun(tmp_path / "log.jsonl")
    first, second = shape(result), shape(again)
    assert first[0] == second[0] and first[1] == second[1] and first[7] == second[7]


@dataclass(frozen=True)
class Named:
    key: str
    size: int = 1

    @property
    def goals(self):
        return (self.key,)

    @property
    def text(self):
        return f"⊢ {self.key}"


def test_a_state_expanded_twice_keeps_both_expansions(tmp_path):
    """The budget cuts off candidates of `b`; then `a`, solved at once, gives checks back, and `b` comes up again."""

    class Parts:
        def __init__(self):
            self.told = set()

        def propose(self, states):
            actions = {"root": ["split"], "a": ["done", *"123456"], "b": [f"to {n}" for n in range(6)]}
            return [[(a, -1.0) for a in actions.get(s.key, ()) if (s.key, a) not in self.told] for s in states]

        def check(self, requests, deadline=None):
            self.told |= {(r.state.key, action) for r in requests for action in r.actions}
            return [[self.apply(action) for action in r.actions] for r in requests]

        def apply(self, action):
            if action == "split":
                return Advanced((Named("a"), Named("b")))
            return Solved() if action == "done" else Advanced((Named(action),))

    parts = Parts()
    path = tmp_path / "log.jsonl"
    result = logged(path, Named("root"), parts, budget=Budget(checks=11), options=Options(batch=2))
    expanded = [record["node"] for record in read_log(path).expansions]
    assert expanded[:4] == [0, 1, 2, 2] or expanded[:4] == [0, 2, 1, 2], expanded
    again = replay(path)
    assert shape(again) == shape(result) and again.statistics == result.statistics


def test_outcomes_of_every_kind_survive_the_log(tmp_path):
    class Mixed(Numbers):
        def propose(self, states):
            names = ["half", "loop", "crash", "hang", "split 1", "done", "dec"]
            return [[(name, -1.0 - at) for at, name in enumerate(names)] for _ in states]

        def apply(self, n, action):
            if action == "loop":
                return search.Advanced((Number(n),))
            if action == "crash":
                return search.Crashed("lost")
            if action == "hang":
                return search.TimedOut()
            return super().apply(n, action)

    result = logged(tmp_path / "log.jsonl", Number(6), Mixed(), strategy="best-first")
    assert result.solved
    kinds = {entry[2] for record in read_log(tmp_path / "log.jsonl").expansions for entry in record["tried"]}
    assert kinds == {"advanced", "loop", "crashed", "timed out", "solved", "skipped", "rejected"}
    assert shape(replay(tmp_path / "log.jsonl")) == shape(result)
    assert rerun(tmp_path / "log.jsonl").proof.actions == result.proof.actions


def test_a_log_cut_anywhere_gives_the_search_up_to_there(tmp_path):
    sliding = Sliding()
    path = tmp_path / "log.jsonl"
    logged(path, Board("1234 5678"), sliding, critic=sliding, budget=Budget(expansions=40))
    whole = path.read_bytes()
    lines = whole.split(b"\n")
    first_line = len(lines[0]) + 1
    for end in range(first_line, len(whole), 97):
        path.write_bytes(whole[:end])
        complete = whole[:end].count(b"\n") - 1 + (whole[end : end + 1] == b"\n")
        log = read_log(path)
        assert len(log.events) + (log.end is not None) == complete
        result = replay(path)
        if log.end is None:
            assert result.stop in (Stop.INTERRUPTED, Stop.PROVED)
        assert result.statistics.expansions == len(log.expansions)
    path.write_bytes(whole[:-20])
    assert read_log(path).cut and len(read_log(path).expansions) == len(replay(path).graph.order) - list(
        replay(path).graph.order
    ).count(-1)


def test_several_searches_share_a_file_also_after_one_that_was_cut_off(tmp_path):
    path = tmp_path / "log.jsonl"
    numbers = Numbers()
    for value in (5, 9, 13):
        with LogWriter(path, append=True, extra={"name": f"theorem {value}"}) as log:
            search.run(Number(value), generator=numbers, checker=numbers, on_event=log)
        path.write_bytes(path.read_bytes()[: -30 if value == 9 else None])
    logs = list(read_logs(path))
    assert [log.header["name"] for log in logs] == ["theorem 5", "theorem 9", "theorem 13"]
    assert [log.cut for log in logs] == [False, True, False]
    assert [log.end is None for log in logs] == [False, True, False]
    assert replay(logs[2]).solved


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("garbage\n", "no log of a search"),
        ("[1, 2]\n", "no log of a search"),
        ('{"kind": "expansion"}\n', "begins with"),
        ('{"kind": "search", "version": 99}\n', "version 99"),
        ('{"kind": "search", "version": 1}\n', "lacks its root"),
        ("{" * 100_000 + "\n", "no log of a search"),
        ("\x00\xff\n", "no log of a search"),
    ],
)
def test_what_is_no_log_is_refused_with_a_reason(tmp_path, text, message):
    path = tmp_path / "log.jsonl"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(LogError, match=message):
        read_log(path)


def test_a_missing_log_is_refused_with_a_reason(tmp_path):
    with pytest.raises(LogError, match="cannot be read"):
        read_log(tmp_path / "none.jsonl")


def test_damage_before_the_last_line_is_refused_with_its_line(tmp_path):
    path = tmp_path / "log.jsonl"
    logged(path, Number(9), Numbers())
    lines = path.read_text().splitlines()
    lines[2] = lines[2][:-5]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(LogError, match="line 3"):
        read_log(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["tried"].__setitem__(0, ["dec"]),
        lambda record: record["tried"].__setitem__(0, ["dec", -1.0, "vanished", ""]),
        lambda record: record["tried"].__setitem__(0, ["dec", -1.0, "advanced", [99]]),
        lambda record: record["tried"].__setitem__(0, ["dec", -1.0, "advanced", [-1]]),
        lambda record: record.pop("new"),
        lambda record: record.__setitem__("node", 12),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(tmp_path, change):
    path = tmp_path / "log.jsonl"
    logged(path, Number(9), Numbers())
    lines = path.read_text().splitlines()
    record = json.loads(lines[1])
    assert record["kind"] == "expansion"
    change(record)
    lines[1] = json.dumps(record)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(LogError, match=r"not whole|before any action"):
        replay(path)


@pytest.mark.parametrize(
    "line", ['{"kind":"end"}', '{"kind":"end","stop":"bored","detail":"","statistics":{},"warnings":[]}']
)
def test_an_end_that_makes_no_sense_is_refused(tmp_path, line):
    path = tmp_path / "log.jsonl"
    logged(path, Number(9), Numbers())
    path.write_text("\n".join([*path.read_text().splitlines()[:-1], line]) + "\n")
    with pytest.raises(LogError, match="last line"):
        replay(path)


def test_a_root_that_makes_no_sense_is_refused(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"kind":"search","version":1,"perspectives":[],"root":{"text":1}}\n')
    with pytest.raises(LogError, match="not whole"):
        replay(path)


def test_a_full_disk_ends_the_log_and_not_the_search():
    with LogWriter("/dev/full") as log:
        numbers = Numbers()
        result = search.run(Number(30), generator=numbers, checker=numbers, on_event=log)
    assert result.solved and "No space left" in log.error


def test_a_recording_answers_only_what_was_asked(tmp_path):
    path = tmp_path / "log.jsonl"
    logged(path, Number(9), Numbers(), budget=Budget(expansions=1))
    recording = Recording(path)
    assert recording.propose([recording.root]) != [[]]
    assert recording.propose([recording.states[1]]) == [[]]
    request = search.Request(recording.root, ["dec", "unheard of"])
    dec, unknown = recording.check([request])[0]
    assert isinstance(dec, search.Advanced) and isinstance(unknown, search.Rejected)
