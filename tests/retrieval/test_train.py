import json

import numpy as np
import pytest

from retrieval.encoder import load_encoder
from retrieval.errors import TrainingError
from retrieval.evaluate import evaluate
from retrieval.examples import Example
from retrieval.negatives import Sampler
from retrieval.records import At

torch = pytest.importorskip("torch", reason="pip install 'entails[models]'")
pytest.importorskip("tensorboard", reason="pip install 'entails[models]'")

from retrieval.train import Options, train  # noqa: E402

LAST = At("Init.Data.List.Lemmas", 6)
PAIRS = [
    ("a b : Nat\n⊢ a + b = b + a", "Nat.add_comm"),
    ("a b c : Nat\n⊢ a + b + c = a + (b + c)", "Nat.add_assoc"),
    ("l m : List α\n⊢ (l ++ m).length = l.length + m.length", "List.length_append"),
    ("x : α\nl : List α\n⊢ x ∈ l.reverse ↔ x ∈ l", "List.mem_reverse"),
    ("a b : Nat\n⊢ a * b = b * a", "Nat.mul_comm"),
    ("p q : Prop\n⊢ p ∧ q", "And.intro"),
]
SMALL = Options(steps=4, batch_size=3, warmup=2, save_every=2, learning_rate=1e-3, max_length=64, device="cpu")


@pytest.fixture(scope="module")
def examples(corpus):
    return [Example(state, "", LAST, (corpus.find(name),)) for state, name in PAIRS]


def weights(folder):
    return {k: v.clone() for k, v in load_encoder(str(folder), device="cpu").model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_training_lowers_the_loss_and_finds_the_premises(tmp_path, corpus, examples, byt5):
    from retrieval.rankers.dense import Dense

    pytest.importorskip("faiss", reason="pip install 'entails[retrieval]'")
    losses = []
    options = Options(steps=40, batch_size=6, warmup=5, learning_rate=5e-3, max_length=96, device="cpu", save_every=40)
    result = train(byt5, corpus, examples, tmp_path, options, progress=lambda step, loss: losses.append(loss))
    assert result.finished and result.steps == 40 == len(losses)
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:3])
    score = lambda folder: evaluate(Dense.build(corpus, load_encoder(str(folder), device="cpu")), examples).mrr  # noqa: E731
    assert score(result.encoder) > score(byt5) + 0.2


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path, corpus, examples, byt5):
    runs = [
        train(byt5, corpus, examples, tmp_path / str(i), Options(**vars_of(SMALL, seed=s)))
        for i, s in enumerate((5, 5, 6))
    ]
    a, b, c = (weights(r.encoder) for r in runs)
    assert same(a, b) and not same(a, c)


def test_an_interrupted_run_resumes_to_the_same_weights(tmp_path, corpus, examples, byt5):
    whole = train(byt5, corpus, examples, tmp_path / "whole", SMALL)

    def interrupt(step, loss):
        if step == 3:
            raise KeyboardInterrupt

    stopped = train(byt5, corpus, examples, tmp_path / "cut", SMALL, progress=interrupt)
    assert not stopped.finished and stopped.steps == 3 and not (tmp_path / "cut" / "encoder").exists()
    resumed = train(byt5, corpus, examples, tmp_path / "cut", SMALL, resume=True)
    assert resumed.finished and resumed.steps == 4 and resumed.loss == whole.loss
    assert same(weights(resumed.encoder), weights(whole.encoder))


def test_a_run_goes_on_beyond_its_end_and_keeps_few_checkpoints(tmp_path, corpus, examples, byt5):
    train(byt5, corpus, examples, tmp_path, SMALL)
    more = train(byt5, corpus, examples, tmp_path, Options(**vars_of(SMALL, steps=8)), resume=True)
    assert more.steps == 8 and len(list((tmp_path / "checkpoints").iterdir())) == 2
    straight = train(byt5, corpus, examples, tmp_path / "s", Options(**vars_of(SMALL, steps=8)))
    assert same(weights(more.encoder), weights(straight.encoder))


def test_accumulated_batches_are_one_step(tmp_path, corpus, examples, byt5):
    result = train(byt5, corpus, examples, tmp_path, Options(**vars_of(SMALL, accumulate=3, steps=2)))
    assert result.steps == 2 and np.isfinite(result.loss)


def test_bf16_trains_on_the_cpu_and_fp16_is_refused(tmp_path, corpus, examples, byt5):
    assert np.isfinite(train(byt5, corpus, examples, tmp_path / "b", Options(**vars_of(SMALL, precision="bf16"))).loss)
    with pytest.raises(TrainingError, match="FP16 needs a GPU"):
        train(byt5, corpus, examples, tmp_path / "f", Options(**vars_of(SMALL, precision="fp16")))


def test_losses_and_validation_are_logged(tmp_path, corpus, examples, byt5):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    pytest.importorskip("faiss", reason="pip install 'entails[retrieval]'")
    train(byt5, corpus, examples, tmp_path, Options(**vars_of(SMALL, validate_every=2)), validation=examples[:2])
    log = EventAccumulator(str(tmp_path / "logs"))
    log.Reload()
    assert [e.step for e in log.Scalars("train/loss")] == [1, 2, 3, 4]
    assert [e.step for e in log.Scalars("validation/mrr")] == [2, 4]
    rates = [e.value for e in log.Scalars("train/learning_rate")]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-3, 1e-3]) and "validation/recall@10" in log.Tags()["scalars"]


def test_a_trained_encoder_keeps_its_format_and_length(tmp_path, corpus, examples, byt5):
    encoder = load_encoder(str(train(byt5, corpus, examples, tmp_path, SMALL).encoder), device="cpu")
    assert (encoder.form, encoder.max_length) == ("reprover", 64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "at least 1"),
        ({"in_file": 4}, "of 3 negatives, 4 cannot"),
        ({"precision": "fp8"}, "no precision 'fp8'"),
    ],
)
def test_senseless_options_are_errors(tmp_path, corpus, examples, byt5, changes, message):
    with pytest.raises(TrainingError, match=message):
        train(byt5, corpus, examples, tmp_path, Options(**vars_of(SMALL, **changes)))
    assert not list(tmp_path.iterdir())


def test_runs_are_not_mixed_up(tmp_path, corpus, examples, byt5):
    with pytest.raises(TrainingError, match="no examples"):
        train(byt5, corpus, [], tmp_path / "a", SMALL)
    with pytest.raises(TrainingError, match=r"no checkpoint in .* to resume"):
        train(byt5, corpus, examples, tmp_path / "a", SMALL, resume=True)
    train(byt5, corpus, examples, tmp_path / "a", SMALL)
    with pytest.raises(TrainingError, match="go on with --resume"):
        train(byt5, corpus, examples, tmp_path / "a", SMALL)
    with pytest.raises(TrainingError, match=r"belongs to another run \(different: seed\)"):
        train(byt5, corpus, examples, tmp_path / "a", Options(**vars_of(SMALL, seed=9)), resume=True)


# batches


def test_negatives_are_accessible_unused_and_hard_where_asked(corpus):
    position = At("Init.Data.List.Lemmas", 4)
    used = (corpus.find("List.length_append"), corpus.find("Nat.add_comm"))
    sampler = Sampler(corpus, [Example("⊢ s", "", position, used)], 2, negatives=3, in_file=1, seed=0)
    allowed = corpus.accessible.mask(position).allowed
    seen = set()
    for step in range(30):
        batch = sampler.batch(step)
        positives, negatives = batch.premises[:2], batch.premises[2:]
        assert set(positives) == set(used) and not set(negatives) & set(used) and allowed[negatives].all()
        for row in range(2):
            mine = negatives[row::2]
            near = [n for n in mine if corpus.module_of(n) == corpus.module_of(positives[row])]
            assert len(near) == 1 and len(set(mine)) == 3
        # each state used both premises, so both are labelled in both rows
        np.testing.assert_array_equal(batch.label, [[1, 1, 0, 0, 0, 0, 0, 0]] * 2)
        seen |= set(negatives)
    assert len(seen) > 8


def test_pairs_that_are_not_accessible_have_no_weight(corpus):
    early = Example("⊢ early", "", At("Init.Data.Nat.Basic", 1), (corpus.find("Nat.add_comm"),))
    late = Example("⊢ late", "", LAST, (corpus.find("List.mem_reverse"),))
    batch = Sampler(corpus, [early, late], 2, negatives=0, in_file=0, seed=0).batch(0)
    row = {s: i for i, s in enumerate(batch.states)}
    column = {int(p): i for i, p in enumerate(batch.premises)}
    assert batch.weight[row["⊢ early"], column[late.positives[0]]] == 0
    assert batch.weight.sum() == 3 and batch.label.sum() == 2


def test_a_batch_depends_on_its_number_alone(corpus, examples):
    make = lambda: Sampler(corpus, examples, 2, 3, 1, seed=4)  # noqa: E731
    first = make()
    for step in range(7):
        first.batch(step)
    for a, b in [(first.batch(5), make().batch(5))]:
        assert a.states == b.states and np.array_equal(a.premises, b.premises)
    epoch = [s for step in range(3) for s in make().batch(step).states]
    assert sorted(epoch) == sorted(e.state for e in examples)


def test_a_position_with_nothing_else_to_see_still_makes_a_batch(corpus):
    only = Example("⊢ x", "", At("Init.Prelude", 1), (0,))
    batch = Sampler(corpus, [only], 4, negatives=2, in_file=1, seed=0).batch(0)
    assert batch.premises.tolist() == [0, 0, 0] and batch.label.tolist() == [[1, 1, 1]]


def vars_of(options, **changes):
    return {f: getattr(options, f) for f in options.__dataclass_fields__} | changes


def test_the_settings_file_is_json(tmp_path, corpus, examples, byt5):
    folder = train(byt5, corpus, examples, tmp_path, SMALL).encoder
    assert json.loads((folder / "entails.json").read_text()) == {"format": "reprover", "max_length": 64}
