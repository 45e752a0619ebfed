"""The response cache, recordings, and how a specification becomes a model."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.models import (
    Answered,
    BadRequest,
    CachedModel,
    Completion,
    Failed,
    Message,
    ModelMissing,
    Request,
    Usage,
    open_model,
)
from prover.models.cache import request_key
from prover.models.recorded import Recorder
from prover.models.registry import MODELS, split_spec


class Counting:
    """A model that never says the same thing twice."""

    def __init__(self, name="counting"):
        self.name = name
        self.batches: list[list[Request]] = []
        self.usage = Usage()

    def generate(self, requests):
        self.batches.append(list(requests))
        asked = sum(map(len, self.batches))
        replies = []
        for index, request in enumerate(requests):
            if request.prompt == "fails":
                replies.append(Failed("no"))
                continue
            texts = [Completion(f"{asked}.{index}.{k}", 2, -1.5, (-1.0, -0.5)) for k in range(request.n)]
            replies.append(Answered(tuple(texts), Usage(3, 2 * request.n, 1), ("a note",)))
        return replies

    async def agenerate(self, requests):
        return self.generate(requests)

    def close(self):
        pass


def test_a_repeated_run_is_free_and_the_same_at_every_temperature(tmp_path):
    requests = [
        Request("a"),
        Request("b", n=3, temperature=1.5),
        Request((Message("user", "hi"),), beams=2, n=2),
    ]
    first = CachedModel(Counting(), tmp_path)
    before = first.generate(requests)
    first.close()
    model = Counting()
    second = CachedModel(model, tmp_path)
    after = asyncio.run(second.agenerate(requests))
    assert [r.completions for r in after] == [r.completions for r in before]
    assert [r.notes for r in after] == [("a note",)] * 3
    assert model.batches == []
    assert all(r.cached for r in after)
    assert second.usage == Usage(cached=3)


def test_only_what_is_new_is_asked_and_each_once(tmp_path):
    model = Counting()
    cached = CachedModel(model, tmp_path)
    cached.generate([Request("a")])
    replies = cached.generate([Request("b"), Request("a"), Request("b", id="another name"), Request("c")])
    assert [[r.prompt for r in batch] for batch in model.batches] == [["a"], ["b", "c"]]
    assert replies[0].completions == replies[2].completions
    assert [r.cached for r in replies] == [False, True, True, False]


def test_failures_are_asked_again(tmp_path):
    model = Counting()
    cached = CachedModel(model, tmp_path)
    for _ in range(2):
        assert isinstance(cached.generate([Request("fails")])[0], Failed)
    assert len(model.batches) == 2


def test_what_was_answered_before_a_crash_is_kept(tmp_path):
    class Dies(Counting):
        def generate(self, requests):
            if self.batches:
                raise KeyboardInterrupt
            return super().generate(requests)

    requests = [Request(str(k)) for k in range(5)]
    with pytest.raises(KeyboardInterrupt):
        CachedModel(Dies(), tmp_path, slice_size=2).generate(requests)
    model = Counting()
    CachedModel(model, tmp_path).generate(requests)
    assert [r.prompt for r in model.batches[0]] == ["2", "3", "4"]


CHANGES = {
    "prompt": "q",
    "n": 2,
    "temperature": 0.9,
    "top_p": 0.5,
    "max_tokens": 7,
    "stop": ("\n",),
    "seed": 1,
    "logprobs": False,
}


@pytest.mark.parametrize("field", CHANGES)
def test_everything_that_matters_is_in_the_key(field):
    request = Request("p", temperature=0.5)
    assert request_key("m", request) != request_key("m", replace(request, **{field: CHANGES[field]}))


def test_what_a_deadline_cut_short_is_asked_again(tmp_path):
    class Late(Counting):
        def generate(self, requests):
            return [replace(reply, late=len(self.batches) == 1) for reply in super().generate(requests)]

    model = Late()
    cached = CachedModel(model, tmp_path)
    request = Request("a", deadline=5.0)
    assert cached.generate([request])[0].late
    assert not cached.generate([request])[0].late
    assert cached.generate([replace(request, deadline=9.0)])[0].cached
    assert len(model.batches) == 2


def test_model_and_beams_are_in_the_key_and_the_id_is_not():
    request = Request("p")
    assert request_key("m", request) != request_key("other", request)
    assert request_key("m", request) != request_key("m", replace(request, beams=2))
    assert request_key("m", request) == request_key("m", replace(request, id="x"))


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_prompts_have_different_keys(left, right):
    same = request_key("m", Request(left)) == request_key("m", Request(right))
    assert same == (left == right)


def test_a_damaged_entry_is_asked_again(tmp_path):
    model = Counting()
    cached = CachedModel(model, tmp_path)
    cached.generate([Request("a")])
    cached._store.set(request_key("counting", Request("a")), '{"completions": [{"te')
    cached.generate([Request("a")])
    assert len(model.batches) == 2


def test_scores_are_the_backends_and_where_it_has_none_that_is_said(tmp_path):
    class Scoring(Counting):
        def score(self, prompt, continuations):
            return [len(prompt + text) for text in continuations]

    assert CachedModel(Scoring(), tmp_path).score("ab", ["c", "de"]) == [3, 4]
    with pytest.raises(BadRequest, match="cannot score"):
        CachedModel(Counting(), tmp_path).score("ab", ["c"])


def test_a_cache_folder_that_cannot_be_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelMissing, match="cannot be opened"):
        CachedModel(Counting(), tmp_path / "file")


def test_a_recording_replays_what_was_recorded(tmp_path):
    path = tmp_path / "r.jsonl"
    requests = [Request("a", id="x"), Request((Message("user", "hi"),), n=2, temperature=1.0)]
    before = Recorder(Counting(), path).generate([*requests, Request("fails")])
    model = open_model(str(path))
    after = model.generate([*requests, Request("fails")])
    assert [r.completions for r in after[:2]] == [r.completions for r in before[:2]]
    assert "no answer to this prompt" in after[2].reason
    assert model.usage.completion_tokens == 6


def test_samples_are_found_by_id_and_too_few_are_noted(tmp_path):
    path = tmp_path / "r.jsonl.gz"
    with gzip.open(path, "wt") as out:
        out.write(json.dumps({"id": "folio-000", "label": "True", "samples": ["one", "two"]}) + "\n\n")
    [reply] = open_model(f"recorded:{path}").generate([Request("?", n=3, temperature=1.0, id="folio-000")])
    assert [c.text for c in reply.completions] == ["one", "two"]
    assert "2 completions where 3 were wanted" in reply.notes[0]


def test_log_probabilities_of_a_recording_are_summed(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text('{"prompt": "p", "completions": [{"text": "t", "token_logprobs": [-1, -0.5]}]}')
    [reply] = open_model(str(path)).generate([Request("p")])
    assert (reply.completions[0].logprob, reply.completions[0].tokens) == (-1.5, 2)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "line 2 is not JSON"),
        ("[1]", "neither `prompt` nor `id`"),
        ('{"prompt": "p"}', "no list `completions`"),
        ('{"prompt": "p", "completions": [{"txt": 1}]}', "an object with `text`"),
        ('{"prompt": "p", "completions": [{"text": "t", "token_logprobs": "x"}]}', "list of numbers"),
        ('{"prompt": "p", "completions": [{"text": "t", "logprob": "x"}]}', "are numbers"),
    ],
)
def test_a_bad_line_of_a_recording_is_named(tmp_path, line, sentence):
    path = tmp_path / "r.jsonl"
    path.write_text('{"id": 1, "samples": []}\n' + line)
    with pytest.raises(BadRequest, match="line 2") as caught:
        open_model(str(path))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xfa", b"\x1f\x8b\x08cut off"])
def test_a_recording_that_cannot_be_read_is_one_sentence(tmp_path, content):
    path = tmp_path / ("r.jsonl.gz" if content and content[:2] == b"\x1f\x8b" else "r.jsonl")
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelMissing, match="cannot be read"):
        open_model(f"recorded:{path}")


def test_a_recording_is_not_cached(tmp_path):
    path = tmp_path / "r.jsonl"
    for text in ("one", "two"):
        path.write_text(json.dumps({"prompt": "p", "completions": [text]}))
        [reply] = open_model(str(path), cache=tmp_path / "cache").generate([Request("p")])
        assert reply.completions[0].text == text


def test_specifications_are_read_in_the_documented_order(tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    assert split_spec("openai:a:b") == ("openai", "a:b")
    assert split_spec(str(folder)) == ("transformers", str(folder))
    assert split_spec("owner/name") == ("transformers", "owner/name")
    assert split_spec("reprover") == ("transformers", MODELS["reprover"].removeprefix("transformers:"))
    for bad in ("nothing-like-that", "a/b/c", "openai:"):
        with pytest.raises(BadRequest):
            split_spec(bad)


def test_an_option_a_backend_does_not_know_is_named(tmp_path):
    (tmp_path / "r.jsonl").write_text("")
    with pytest.raises(BadRequest, match="temperatur"):
        open_model(str(tmp_path / "r.jsonl"), temperatur=1)


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": ""},
        {"prompt": ["a"]},
        {"prompt": "p", "n": 0},
        {"prompt": "p", "max_tokens": 0},
        {"prompt": "p", "temperature": -1},
        {"prompt": "p", "temperature": float("nan")},
        {"prompt": "p", "top_p": 0},
        {"prompt": "p", "stop": "\n"},
        {"prompt": "p", "stop": ("",)},
        {"prompt": "p", "n": 4},
        {"prompt": "p", "n": 4, "beams": 2},
        {"prompt": "p", "beams": 2, "temperature": 1.0},
    ],
)
def test_requests_that_contradict_themselves_are_refused(fields):
    with pytest.raises(BadRequest):
        Request(**fields)


def test_importing_the_package_imports_no_backend():
    code = (
        "import sys, prover.models as m; m.Request('p'); m.open_model; "
        "print([n for n in ('torch', 'transformers', 'httpx', 'diskcache') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_missing_package_is_one_sentence_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelMissing, match=r"pip install 'entails\[models\]'"):
        open_model(f"transformers:{tmp_path}")
