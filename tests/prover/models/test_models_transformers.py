"""Checkpoints as models, on tiny random ones, against transformers' own `generate` and full passes."""

from __future__ import annotations

import asyncio
import json
import math
import re
import shutil
import threading
import time
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from prover.models import Answered, BadRequest, Failed, Message, ModelMissing, Request, open_model  # noqa: E402
from prover.models.checkpoint import checkpoint_of  # noqa: E402
from prover.models.scoring import TREE_ATTENTION  # noqa: E402
from prover.models.tokens import encode  # noqa: E402
from prover.models.transformers import TransformersModel  # noqa: E402

PROMPTS = ["n : Nat\n⊢ n + 0 = n", "⊢ True", "a b : Nat\nh : a = b\n⊢ b = a", "x", "⊢ p ∧ q → q ∧ p" * 6]


@pytest.fixture(scope="module")
def small(llama):
    return open_model(str(llama))


@pytest.fixture(scope="module")
def encoder_decoder(byt5):
    return open_model(str(byt5))


@pytest.fixture(params=["small", "encoder_decoder"])
def model(request):
    return request.getfixturevalue(request.param)


def full_logprobs(model, prompt: str, tokens):
    """Log-probabilities of `tokens` behind `prompt`, from one full pass without any cache or padding."""
    checkpoint = model.checkpoint
    ids = checkpoint.tokenizer(prompt)["input_ids"]
    with torch.no_grad():
        if checkpoint.encoder_decoder:
            decoder = torch.tensor([[checkpoint.start_id, *tokens[:-1]]])
            logits = checkpoint.model(torch.tensor([ids]), decoder_input_ids=decoder).logits[0]
        else:
            logits = checkpoint.model(torch.tensor([[*ids, *tokens]])).logits[0, len(ids) - 1 : -1]
    return logits.log_softmax(-1)[range(len(tokens)), list(tokens)].tolist()


def own_generate(model, prompt: str, **options):
    checkpoint = model.checkpoint
    ids = checkpoint.tokenizer(prompt, return_tensors="pt")["input_ids"]
    out = checkpoint.model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=1, **options)
    return out[:, 1 if checkpoint.encoder_decoder else ids.shape[1] :]


def test_greedy_text_is_that_of_generate_for_every_prompt_of_a_padded_batch(model):
    replies = model.generate([Request(p, max_tokens=16) for p in PROMPTS])
    for prompt, reply in zip(PROMPTS, replies, strict=True):
        wanted = own_generate(model, prompt, max_new_tokens=16, do_sample=False)[0]
        assert reply.completions[0].text == model.checkpoint.tokenizer.decode(wanted, skip_special_tokens=True)


def test_log_probabilities_are_the_models_own_at_any_temperature(model):
    request = Request(PROMPTS[0], n=4, temperature=1.7, top_p=0.8, max_tokens=12, seed=5)
    other = [Request(p, n=2, temperature=0.5, max_tokens=9, seed=1) for p in PROMPTS]
    [reply, *_] = model.generate([request, *other])
    for completion in reply.completions:
        # Byte tokenizers: the text may not be valid UTF-8, so the tokens are checked through the scores.
        assert completion.logprob == pytest.approx(sum(completion.token_logprobs))
        assert len(completion.token_logprobs) == completion.tokens
    assert all(value <= 0 for c in reply.completions for value in c.token_logprobs)


def test_sampled_tokens_have_the_log_probabilities_of_a_full_pass(model):
    from prover.models.sampling import Row, sample
    from prover.models.stream import open_stream

    checkpoint = model.checkpoint
    request = Request("-", temperature=1.3, top_p=0.9, max_tokens=10, seed=3)
    rows = [Row(request, number, 10) for number in range(len(PROMPTS))]
    with torch.inference_mode():
        ids = [tuple(checkpoint.tokenizer(p)["input_ids"]) for p in PROMPTS]
        sample(open_stream(checkpoint, ids, model.prefixes), rows, checkpoint.end_ids, lambda row: False)
    for prompt, row in zip(PROMPTS, rows, strict=True):
        assert row.logprobs == pytest.approx(full_logprobs(model, prompt, row.tokens), abs=1e-4)


def test_sampling_follows_the_distribution(small):
    checkpoint = small.checkpoint
    ids = torch.tensor([checkpoint.tokenizer("⊢")["input_ids"]])
    with torch.no_grad():
        probs = checkpoint.model(ids).logits[0, -1].softmax(-1)
    draws = 4000
    big = TransformersModel.of(checkpoint, batch_size=draws)
    [reply] = big.generate([Request("⊢", n=draws, temperature=1.0, max_tokens=1, seed=11)])
    # The first token's log-probability names the token (they are all different).
    counts = torch.zeros(258)
    each = probs.log()
    for completion in reply.completions:
        counts[int((each - completion.logprob).abs().argmin())] += 1
    common = probs * draws >= 5
    chi = float((((counts - probs * draws) ** 2) / (probs * draws))[common].sum())
    freedom = int(common.sum())
    assert freedom > 10
    assert chi < freedom + 5 * math.sqrt(2 * freedom)


def test_a_nucleus_leaves_out_what_is_improbable(small):
    checkpoint = small.checkpoint
    ids = torch.tensor([checkpoint.tokenizer("⊢")["input_ids"]])
    with torch.no_grad():
        probs = checkpoint.model(ids).logits[0, -1].softmax(-1)
    ordered = probs.sort(descending=True).values
    inside = int((ordered.cumsum(0) - ordered < 0.4).sum())
    [reply] = small.generate([Request("⊢", n=300, temperature=1.0, top_p=0.4, max_tokens=1, seed=2)])
    least = float(ordered[inside - 1].log()) - 1e-4
    assert all(completion.logprob >= least for completion in reply.completions)
    assert len({round(completion.logprob, 3) for completion in reply.completions}) == inside > 1


def test_samples_depend_on_seed_and_number_alone(llama):
    requests = [Request(p, n=3, temperature=1.0, max_tokens=12, seed=k) for k, p in enumerate(PROMPTS)]
    together = open_model(str(llama)).generate(requests)
    alone = open_model(str(llama), batch_size=1)
    for request, reply in zip(reversed(requests), reversed(together), strict=True):
        assert [c.text for c in alone.generate([request])[0].completions] == [c.text for c in reply.completions]
    texts = [c.text for c in together[0].completions]
    assert len(set(texts)) == 3
    [other] = alone.generate([Request(PROMPTS[0], n=3, temperature=1.0, max_tokens=12, seed=99)])
    assert [c.text for c in other.completions] != texts


def test_without_a_seed_two_calls_differ(small):
    request = Request(PROMPTS[0], n=2, temperature=1.5, max_tokens=12)
    first, second = small.generate([request])[0], small.generate([request])[0]
    assert [c.text for c in first.completions] != [c.text for c in second.completions]


def test_beams_find_the_best_of_all_completions(tiny):
    """Against the enumeration of all completions of a model with five tokens."""
    from tokenizers import Tokenizer, models

    words = {"<s>": 0, "</s>": 1, "a": 2, "b": 3, "c": 4}
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE(vocab=words, merges=[])), bos_token="<s>", eos_token="</s>"
    )
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        vocab_size=5, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, initializer_range=0.5, bos_token_id=0, eos_token_id=1, pad_token_id=None,
    )  # fmt: skip
    network = transformers.AutoModelForCausalLM.from_config(config).eval()
    model = TransformersModel.of(checkpoint_of(network, tokenizer, "five"))

    def enumerate_all(prefix, value, room):
        """(value, tokens) of every completion of at most `room` tokens."""
        with torch.no_grad():
            logprobs = network(torch.tensor([[2, 3, *prefix]])).logits[0, -1].log_softmax(-1).tolist()
        for token, logprob in enumerate(logprobs):
            if token == 1 or room == 1:
                yield value + logprob, (*prefix, token)
            else:
                yield from enumerate_all((*prefix, token), value + logprob, room - 1)

    best = sorted(enumerate_all((), 0.0, 3), reverse=True)[:8]
    # As many beams as there are completions: then beam search is exact.
    [reply] = model.generate([Request("ab", beams=125, n=8, max_tokens=3)])
    assert [c.logprob for c in reply.completions] == pytest.approx([value for value, _ in best], abs=1e-4)
    assert [c.tokens for c in reply.completions] == [len(tokens) for _, tokens in best]


def test_beams_are_at_least_as_good_as_those_of_generate(model):
    requests = [Request(p, beams=4, n=4, max_tokens=8) for p in PROMPTS]
    for prompt, reply in zip(PROMPTS, model.generate(requests), strict=True):
        sums = [c.logprob for c in reply.completions]
        assert sums == sorted(sums, reverse=True)
        assert len({(c.text, c.tokens, c.logprob) for c in reply.completions}) == 4
        ends = {"max_new_tokens": 8, "num_beams": 4, "length_penalty": 0.0, "do_sample": False}
        tokens = own_generate(model, prompt, **ends)[0].tolist()
        if 1 in tokens:
            tokens = tokens[: tokens.index(1) + 1]
        assert sums[0] >= sum(full_logprobs(model, prompt, tokens)) - 1e-3


def test_beams_do_not_depend_on_the_batch(model):
    requests = [Request(p, beams=3, n=2, max_tokens=8) for p in PROMPTS]
    together = model.generate(requests)
    for request, reply in zip(requests, together, strict=True):
        [alone] = model.generate([request])
        assert [c.text for c in alone.completions] == [c.text for c in reply.completions]


def test_a_stop_string_ends_the_text_before_it(model):
    request = Request(PROMPTS[2], n=60, temperature=4.0, max_tokens=24, seed=1)
    [free] = model.generate([request])
    [stopped] = model.generate([replace(request, stop=("never", *"abcdefgh"))])
    cut = 0
    for before, after in zip(free.completions, stopped.completions, strict=True):
        found = re.search("never|[a-h]", before.text)
        assert after.text == (before.text[: found.start()] if found else before.text)
        if found:
            assert after.finish == "stop"
            assert after.token_logprobs == pytest.approx(before.token_logprobs[: after.tokens], abs=1e-4)
            cut += after.tokens < before.tokens
    assert cut


def test_a_stop_string_ends_beams_too(small):
    [free] = small.generate([Request(PROMPTS[2], max_tokens=12, beams=3)])
    stop = next(c for c in free.completions[0].text if c.isascii())
    [reply] = small.generate([Request(PROMPTS[2], max_tokens=12, beams=3, n=3, stop=(stop,))])
    assert all(stop not in completion.text for completion in reply.completions)
    assert any(c.finish == "stop" and c.tokens < 12 for c in reply.completions)


def test_an_end_token_is_counted_and_is_not_text(tiny):
    model = TransformersModel.of(checkpoint_of(tiny.causal("llama"), tiny.tokenizer(), "llama"))
    [reply] = model.generate([Request("⊢", n=200, temperature=2.0, max_tokens=40, seed=0)])
    ended = [c for c in reply.completions if c.finish == "stop"]
    assert ended
    assert all("</s>" not in c.text for c in reply.completions)
    assert all(c.tokens == 40 for c in reply.completions if c.finish == "length")
    assert reply.usage.completion_tokens == sum(c.tokens for c in reply.completions)


def test_a_tokenizer_without_a_pad_token_and_one_with_it_give_the_same(llama, tmp_path):
    model = open_model(str(llama))
    assert model.checkpoint.tokenizer.pad_token_id is None
    shutil.copytree(llama, tmp_path / "padded")
    model.checkpoint.tokenizer.add_special_tokens({"pad_token": "</s>"})
    model.checkpoint.tokenizer.save_pretrained(tmp_path / "padded")
    padded = open_model(str(tmp_path / "padded"))
    assert padded.checkpoint.tokenizer.pad_token_id == 1
    requests = [Request(p, max_tokens=6) for p in PROMPTS]
    for one, other in zip(open_model(str(llama)).generate(requests), padded.generate(requests), strict=True):
        assert one.completions == other.completions


def test_a_state_of_10_000_tokens_keeps_its_beginning_and_its_goal(llama):
    model = open_model(str(llama))
    state = "first : Nat\n" + "h : x = y\n" * 1000 + "⊢ the goal"
    assert len(model.checkpoint.tokenizer(state)["input_ids"]) > 10_000
    [reply] = model.generate([Request(state, max_tokens=4)])
    assert isinstance(reply, Answered)
    [note] = reply.notes
    assert re.fullmatch(r"The prompt has 10,\d{3} tokens and the model takes \d+: 9,\d{3} in its middle were .*", note)
    ids, _ = encode(model.checkpoint, state, 4)
    kept = model.checkpoint.tokenizer.decode(ids, skip_special_tokens=True)
    assert kept.startswith("first : Nat")
    assert kept.endswith("⊢ the goal")


def test_the_same_prompt_is_read_once(llama):
    model = open_model(str(llama))
    prompt = "theorem " + "x" * 200
    read = []
    model.checkpoint.model.register_forward_pre_hook(
        lambda _m, _a, kwargs: read.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    first = model.generate([Request(prompt, n=8, temperature=1.0, max_tokens=4, seed=0)])[0]
    assert read[0] == len(model.checkpoint.tokenizer(prompt)["input_ids"])
    read.clear()
    again = model.generate([Request(prompt, n=8, temperature=1.0, max_tokens=4, seed=0)])[0]
    assert read[0] == 1
    assert [c.text for c in first.completions] == [c.text for c in again.completions]
    read.clear()
    model.generate([Request(prompt + "a ⊢", max_tokens=1), Request(prompt + "b", max_tokens=1)])
    assert sum(read) < 20  # only what is new behind the common beginning


def test_a_prefix_cache_that_is_too_small_changes_nothing(llama):
    tight = open_model(str(llama), prefix_bytes=20_000)
    roomy = open_model(str(llama))
    for k in range(12):
        request = Request("shared beginning " * 3 + "abcde"[k % 5] * (k + 1), max_tokens=6)
        [one], [other] = (model.generate([request])[0].completions for model in (tight, roomy))
        assert one.text == other.text
        assert one.logprob == pytest.approx(other.logprob, abs=1e-4)
        assert tight.prefixes.size <= 20_000


def test_out_of_memory_halves_the_batch_and_goes_on(llama):
    model = open_model(str(llama), batch_size=16)
    network = model.checkpoint.model
    forward = network.forward

    def limited(*args, **kwargs):
        if len(kwargs["input_ids"]) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return forward(*args, **kwargs)

    requests = [Request(p, n=3, temperature=1.0, max_tokens=6, seed=4) for p in PROMPTS]
    before = model.generate(requests)
    network.forward = limited
    after = model.generate(requests)
    assert [[c.text for c in r.completions] for r in after] == [[c.text for c in r.completions] for r in before]
    assert model.batch_size <= 3


def test_a_completion_that_never_fits_fails_alone(llama):
    model = open_model(str(llama))
    network = model.checkpoint.model
    forward = network.forward

    def limited(*args, **kwargs):
        if kwargs["attention_mask"].shape[1] > 100:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory")
        return forward(*args, **kwargs)

    network.forward = limited
    replies = model.generate([Request("x" * 200, max_tokens=4), Request("x", max_tokens=4)])
    assert isinstance(replies[0], Failed)
    assert "does not fit into memory" in replies[0].reason
    assert isinstance(replies[1], Answered)


def test_other_errors_of_the_model_are_not_taken_for_out_of_memory(llama):
    model = open_model(str(llama))

    def broken(*_args, **_kwargs):
        raise RuntimeError("shape mismatch")

    model.checkpoint.model.forward = broken
    with pytest.raises(RuntimeError, match="shape mismatch"):
        model.generate([Request("x", max_tokens=4)])


def test_nan_logits_fail_the_row_they_are_in(tiny):
    network = tiny.causal("llama")
    tokenizer = tiny.tokenizer()
    broken = tokenizer("#", add_special_tokens=False)["input_ids"][0]
    with torch.no_grad():
        network.model.embed_tokens.weight[broken] = float("nan")
    model = TransformersModel.of(checkpoint_of(network, tokenizer, "nan"))
    for beams in (0, 2):
        replies = model.generate([Request("#", max_tokens=4, beams=beams), Request("a", max_tokens=1, beams=beams)])
        assert isinstance(replies[0], Failed)
        assert "NaN" in replies[0].reason
        assert isinstance(replies[1], Answered)
    with pytest.raises(BadRequest, match="NaN"):
        model.score("#", ["a"])


def test_a_long_state_is_cut_in_its_middle_with_a_note(model):
    prompt = "HEAD" + "h : a = b\n" * 1000 + "⊢ TAIL"
    [reply] = model.generate([Request(prompt, max_tokens=5)])
    assert isinstance(reply, Answered)
    assert "were left out" in reply.notes[0]
    assert reply.usage.prompt_tokens <= model.checkpoint.limit
    ids, _ = encode(model.checkpoint, prompt, 5)
    text = model.checkpoint.tokenizer.decode(ids, skip_special_tokens=True)
    assert text.startswith("HEAD")
    assert text.endswith("⊢ TAIL")


def test_a_chat_goes_through_the_checkpoints_template(llama, tmp_path):
    folder = tmp_path / "chat"
    shutil.copytree(llama, folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["chat_template"] = (
        "{% for m in messages %}"
        "{% if m.role == 'assistant' %}{{ raise_exception('no assistants') }}{% endif %}"
        "<{{ m.role }}>{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    model = open_model(str(folder))
    chat = (Message("system", "s"), Message("user", "u"))
    ids, notes = encode(model.checkpoint, chat, 5)
    assert model.checkpoint.tokenizer.decode(ids) == "<system>s<user>u<assistant>"
    assert notes == []
    bad, good = model.generate([Request((Message("assistant", "x"),), max_tokens=2), Request(chat, max_tokens=2)])
    assert "refuses these messages" in bad.reason
    assert isinstance(good, Answered)


def test_a_chat_without_a_template_is_noted(small):
    [reply] = small.generate([Request((Message("user", "u"),), max_tokens=2)])
    assert "no chat template" in reply.notes[0]


@pytest.mark.parametrize("kind", sorted(TREE_ATTENTION | {"bloom", "stablelm"}))
def test_scores_of_many_continuations_are_those_of_full_passes(tiny, kind):
    model = TransformersModel.of(checkpoint_of(tiny.causal(kind), tiny.tokenizer(), kind))
    prompt = "h : p ∧ q\n⊢ q"
    children = ["simp", "simp [h]", "exact h.2", "exact h.1", "", "simp", "rw [and_comm] at h; exact h.1"]
    for score, text in zip(model.score(prompt, children), children, strict=True):
        tokens = [*model.checkpoint.tokenizer(text, add_special_tokens=False)["input_ids"], 1]
        assert score.token_logprobs == pytest.approx(full_logprobs(model, prompt, tokens), abs=1e-4)
        assert score.logprob == pytest.approx(sum(score.token_logprobs))


def test_scores_of_an_encoder_decoder_are_those_of_full_passes(encoder_decoder):
    children = ["simp", "exact h.2", "", "rw [and_comm] at h; exact h.1"]
    for score, text in zip(encoder_decoder.score("⊢ q", children), children, strict=True):
        tokens = [*encoder_decoder.checkpoint.tokenizer(text, add_special_tokens=False)["input_ids"], 1]
        assert score.token_logprobs == pytest.approx(full_logprobs(encoder_decoder, "⊢ q", tokens), abs=1e-4)


def test_a_generated_text_scores_what_its_generation_said(encoder_decoder):
    [reply] = encoder_decoder.generate([Request("⊢ p", n=50, temperature=0.6, max_tokens=60, seed=1)])
    checked = 0
    for completion in reply.completions:
        [score] = encoder_decoder.score("⊢ p", [completion.text])
        if completion.finish == "stop" and score.tokens == completion.tokens:
            assert score.logprob == pytest.approx(completion.logprob, abs=1e-3)
            checked += 1
    assert checked or all(c.finish == "length" or "�" in c.text for c in reply.completions)


def test_no_continuations_and_empty_ones_have_scores(small):
    assert small.score("x", []) == []


def test_it_can_be_awaited(small):
    async def both():
        return await asyncio.gather(*(small.agenerate([Request(p, max_tokens=4)]) for p in PROMPTS))

    together = [replies[0].completions[0].text for replies in asyncio.run(both())]
    assert together == [r.completions[0].text for r in small.generate([Request(p, max_tokens=4) for p in PROMPTS])]


def test_calls_at_the_same_time_share_a_batch_and_keep_their_own_replies(llama):
    model = open_model(str(llama))
    batches = []
    generate = model._generate
    model._generate = lambda requests: batches.append(len(requests)) or generate(requests)
    requests = [Request(p, max_tokens=4) for p in PROMPTS]

    async def all_of_them():
        return await asyncio.gather(*(model.agenerate([request] * k) for k, request in enumerate(requests, 1)))

    replies = asyncio.run(all_of_them())
    assert batches == [15]
    assert [len(mine) for mine in replies] == [1, 2, 3, 4, 5]
    alone = [model.generate([request])[0].completions[0].text for request in requests]
    assert [[reply.completions[0].text for reply in mine] for mine in replies] == [
        [text] * k for k, text in enumerate(alone, 1)
    ]
    assert model.usage.requests == 20


def test_calls_of_threads_that_wait_for_a_batch_share_the_next(llama):
    model = open_model(str(llama))
    started, go_on = threading.Event(), threading.Event()
    batches = []
    generate = model._generate

    def slow(requests):
        batches.append(len(requests))
        started.set()
        go_on.wait(30)
        return generate(requests)

    model._generate = slow
    found = {}

    def ask(number):
        found[number] = model.generate([Request(PROMPTS[number], max_tokens=4)])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    threads[0].start()
    started.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(model._waiting) < 3:
        time.sleep(0.001)
    go_on.set()
    for thread in threads:
        thread.join()
    assert batches == [1, 3]
    assert all(isinstance(found[number][0], Answered) for number in range(4))


def test_one_callers_trouble_is_not_the_others(llama):
    model = open_model(str(llama))
    generate = model._generate

    def picky(requests):
        if any(request.prompt == "bad" for request in requests):
            raise RuntimeError("shape mismatch")
        return generate(requests)

    model._generate = picky

    async def both():
        calls = (model.agenerate([Request(prompt, max_tokens=2)]) for prompt in ("x", "bad", "y"))
        return await asyncio.gather(*calls, return_exceptions=True)

    first, second, third = asyncio.run(both())
    assert isinstance(second, RuntimeError)
    assert isinstance(first[0], Answered)
    assert isinstance(third[0], Answered)


def test_a_call_that_was_given_up_costs_nothing(llama):
    model = open_model(str(llama))
    asked = []
    generate = model._generate
    model._generate = lambda requests: asked.extend(r.prompt for r in requests) or generate(requests)

    async def cancelled():
        first = asyncio.create_task(model.agenerate([Request("given up", max_tokens=2)]))
        second = asyncio.create_task(model.agenerate([Request("wanted", max_tokens=2)]))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert isinstance(asyncio.run(cancelled())[0], Answered)
    assert asked == ["wanted"]


def test_a_folder_that_is_no_checkpoint(tmp_path):
    with pytest.raises(BadRequest, match="has no config"):
        open_model(str(tmp_path))


def test_a_file_that_is_no_checkpoint(tmp_path):
    (tmp_path / "weights.bin").write_text("x")
    with pytest.raises(BadRequest, match=r"give its folder, or a \.gguf file"):
        open_model(str(tmp_path / "weights.bin"))


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(ModelMissing, match="There is no checkpoint at"):
        open_model(f"transformers:{tmp_path}/nothing")


def test_a_hub_id_without_network_says_how_to_get_it():
    with pytest.raises(ModelMissing, match="hf download nobody/nothing-at-all"):
        open_model("nobody/nothing-at-all")


def test_a_hub_that_cannot_be_reached_is_said_at_once(monkeypatch):
    import socket

    from huggingface_hub import constants

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    with pytest.raises(ModelMissing, match=f"127.0.0.1:{port} cannot be reached"):
        open_model("nobody/nothing-at-all")


def test_a_checkpoint_cut_in_half_is_one_sentence(llama, tmp_path):
    folder = tmp_path / "half"
    shutil.copytree(llama, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    with pytest.raises(BadRequest, match="cannot be loaded") as caught:
        open_model(str(folder))
    assert "\n" not in str(caught.value)


def test_a_checkpoint_without_some_weights_is_refused(llama, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "lacking"
    shutil.copytree(llama, folder)
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadRequest, match="lacks 1 of its weights"):
        open_model(str(folder))


def test_a_configuration_that_is_no_json_is_one_sentence(llama, tmp_path):
    folder = tmp_path / "bad"
    shutil.copytree(llama, folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(BadRequest, match="cannot be loaded"):
        open_model(str(folder))


@pytest.mark.parametrize(
    "options",
    [{"device": "cuda:99"}, {"device": "toaster"}, {"dtype": "int4"}, {"compute": "fp64"}, {"limit": 1}],
)
def test_options_that_make_no_sense_are_refused(llama, options):
    with pytest.raises(BadRequest):
        open_model(str(llama), **options)


def test_a_checkpoint_trained_further_is_another_model_to_the_cache(llama, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(llama, folder)
    before = open_model(str(folder)).name
    assert open_model(str(folder)).name == before
    (folder / "model.safetensors").touch()
    assert open_model(str(folder)).name != before
    assert open_model(str(folder), limit=100).name != open_model(str(folder)).name


@pytest.mark.parametrize("beams", [0, 4])
def test_what_is_not_written_by_the_deadline_is_not_waited_for(llama, beams, monkeypatch):
    model = open_model(str(llama))
    steps = iter(range(1000))
    # A clock that ticks at each look: the deadline comes after some tokens.
    monkeypatch.setattr("prover.models.protocol.time.monotonic", lambda: float(next(steps)))
    asked = {"n": 4, "beams": beams} if beams else {"n": 4, "temperature": 1.0, "seed": 0}
    late, timely = (Request("⊢ p", max_tokens=60, deadline=end, **asked) for end in (40.0, None))
    [reply, other] = model.generate([late, timely])
    assert isinstance(other, Answered)
    assert not other.late
    if isinstance(reply, Answered):
        assert reply.late
        assert 0 < len(reply.completions) < 4
        assert "time was up" in reply.notes[-1]
    else:
        assert reply.transient
        assert "time was up before" in reply.reason
    assert next(steps) < 400


def test_a_deadline_that_has_passed_costs_no_pass(llama):
    model = open_model(str(llama))

    def forbidden(*_args, **_kwargs):
        raise AssertionError("the model was run")

    model.checkpoint.model.forward = forbidden
    [reply] = model.generate([Request("⊢ p", n=3, temperature=1.0, deadline=time.monotonic() - 1)])
    assert isinstance(reply, Failed)
    assert reply.transient
