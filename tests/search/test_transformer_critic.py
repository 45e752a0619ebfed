"""The transformer critic on a tiny encoder that is made here: no download, real torch."""

from __future__ import annotations

import random
import sys

import pytest

import search
from search.critic.samples import Sample
from search.errors import SearchError
from search.toy import Number, Numbers

torch = pytest.importorskip("torch", reason="pip install 'entails[models]'")
transformers = pytest.importorskip("transformers", reason="pip install 'entails[models]'")

from search.critic.transformer import TransformerCritic, fit, train  # noqa: E402


def tiny(**options) -> TransformerCritic:
    torch.manual_seed(0)
    config = transformers.T5Config(
        vocab_size=384, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu"
    )
    encoder = transformers.T5EncoderModel(config)
    return TransformerCritic(encoder, transformers.ByT5Tokenizer(), device="cpu", max_tokens=64, **options)


TEXTS = [f"a b : Nat\n⊢ {'succ (' * n}a{')' * n} = b" for n in (3, 0, 7, 1, 5, 2, 9, 4)]


def test_scores_do_not_depend_on_what_else_is_in_the_batch():
    critic = tiny()
    together = critic.score_texts(TEXTS)
    alone = [critic.score_texts([text])[0] for text in TEXTS]
    assert together == pytest.approx(alone, abs=1e-4)
    assert len(set(together)) > 1 and all(score >= 0 for score in together)
    assert critic.score([]) == []


def test_out_of_memory_halves_the_batch_and_the_size_that_worked_is_kept(monkeypatch):
    critic = tiny(batch=8)
    expected = critic.score_texts(TEXTS)
    whole, sizes = critic._forward, []

    def small_device(texts):
        sizes.append(len(texts))
        if len(texts) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(texts)

    monkeypatch.setattr(critic, "_forward", small_device)
    assert critic.score_texts(TEXTS) == pytest.approx(expected, abs=1e-4)
    assert sizes == [8, 4, 2, 2, 2, 2] and critic.batch == 2
    sizes.clear()
    critic.score_texts(TEXTS)
    assert sizes == [2, 2, 2, 2]


def test_a_small_batch_does_not_make_later_ones_small():
    critic = tiny(batch=8)
    critic.score_texts(TEXTS[:2])
    assert critic.batch == 8


def test_long_and_odd_texts_are_scored_by_their_end():
    critic = tiny()
    end = "⊢ a = b" * 20
    long = "x" * 1_000_000 + end
    assert critic.score_texts([long]) == pytest.approx(critic.score_texts([end]), abs=1e-4)
    assert all(score >= 0 for score in critic.score_texts(["", "\ud800", "\x00"]))


@pytest.fixture(scope="module")
def fitted():
    critic = tiny()
    rng = random.Random(0)
    data = []
    for number in range(60):
        solved = rng.random() < 0.5
        goal = f"⊢ {rng.choice('abc')} = {rng.choice('abc')}" if solved else f"⊢ False ∧ {rng.choice('pqr')}"
        data.append(Sample(goal, 1, 2.0 if solved else 30.0, number, 5, solved=solved))
    losses = fit(critic, data, steps=60, batch=8, learning_rate=3e-3)
    return critic, losses


def test_training_lowers_the_loss_and_tells_near_from_far(fitted):
    critic, losses = fitted
    assert len(losses) == 60 and sum(losses[-10:]) < 0.3 * sum(losses[:10])
    near, far = critic.score_texts(["⊢ b = c", "⊢ False ∧ q"])
    assert near < 6 < far


def test_a_saved_critic_gives_the_same_scores(fitted, tmp_path):
    critic, _ = fitted
    critic.save(tmp_path / "critic")
    again = TransformerCritic.load(tmp_path / "critic", device="cpu", max_tokens=64)
    assert again.score_texts(TEXTS) == pytest.approx(critic.score_texts(TEXTS), abs=1e-4)


def test_training_keeps_its_batch_when_memory_is_short(monkeypatch):
    data = [Sample(text, 1, float(at), at, 5) for at, text in enumerate(TEXTS)]
    plain = fit(tiny(), data, steps=3, batch=8)
    critic = tiny()
    whole = critic._forward

    def small_device(texts):
        if len(texts) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(texts)

    monkeypatch.setattr(critic, "_forward", small_device)
    short = fit(critic, data, steps=3, batch=8)
    assert short[0] == pytest.approx(plain[0], rel=0.2) and len(short) == 3


def test_a_search_takes_it_as_a_critic():
    numbers, critic = Numbers(), tiny()
    result = search.run(Number(20), generator=numbers, checker=numbers, critic=critic)
    assert result.solved and result.statistics.critic_errors == 0


def test_what_is_no_critic_is_refused_with_a_reason(tmp_path):
    with pytest.raises(SearchError, match="critic_head"):
        TransformerCritic.load(tmp_path)
    (tmp_path / "critic_head.safetensors").write_bytes(b"cut")
    with pytest.raises(SearchError, match="cannot be loaded"):
        TransformerCritic.load(tmp_path)
    with pytest.raises(SearchError, match="no samples"):
        fit(tiny(), [])


def test_without_transformers_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(SearchError, match=r"pip install 'entails\[models\]'"):
        TransformerCritic.load("anywhere")


def test_training_from_a_checkpoint_is_judged_on_searches_not_seen(tmp_path):
    tiny().encoder.save_pretrained(tmp_path)
    transformers.ByT5Tokenizer().save_pretrained(tmp_path)
    rng = random.Random(1)
    data = [
        Sample(f"⊢ {'False ∧ ' * (not solved)}{rng.randrange(99)}", 1, 2.0 if solved else 30.0, at, 5, solved=solved)
        for at in range(90)
        for solved in (True, False)
    ]
    seen = []
    critic, curation, quality = train(
        data, str(tmp_path), steps=5, batch=4, device="cpu", on_step=lambda step, loss: seen.append(step)
    )
    assert seen == [0, 1, 2, 3, 4] and quality.states == 36
    assert len(curation.kept) + sum(curation.pruned.values()) == 144
    assert 0 <= quality.dead_ends <= 1 and critic.score_texts(["⊢ 3"])[0] >= 0
    with pytest.raises(SearchError, match="cannot be loaded"):
        train(data, str(tmp_path / "none"))
    with pytest.raises(SearchError, match="log more searches"):
        train(data[:9], str(tmp_path))
