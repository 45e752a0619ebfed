"""Expert iteration with a transformer: a tiny random model beside the portfolio, fine-tuned on the proofs found."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("accelerate")
pytest.importorskip("tensorboard")

from prover.bench import resume  # noqa: E402
from prover.data.rows import Row  # noqa: E402
from prover.models import ModelMissing, open_model  # noqa: E402
from prover.train.learners import LOGS, RESULTS, ModelLearner  # noqa: E402
from prover.train.loop import LoopSettings, run  # noqa: E402

ROWS = [Row("sum", "theorem sum (a b : Nat) : a + b = b + a"), Row("both", "theorem both (p q : Prop) : p ∧ q → q ∧ p"),
        Row("false", "theorem false : 1 = 2")]  # fmt: skip


def test_a_model_is_fine_tuned_on_the_proofs_of_the_round(prepared, llama, tmp_path):
    settings = LoopSettings(rounds=1, seconds=1.5, base=str(llama), samples=2)
    [report] = run(ROWS, tmp_path / "run", ModelLearner(settings), settings)
    assert (report.theorems, report.proved, report.new) == (3, 2, 2)
    folder = tmp_path / "run" / "round-1"
    found = resume(folder / RESULTS)
    assert found["sum"].proof and not found["false"].proved and len(list((folder / LOGS).iterdir())) == 3
    open_model(report.learned).close()
    again = run(ROWS, tmp_path / "run", ModelLearner(settings), settings)
    assert again == [report]


def test_a_model_that_is_not_there_is_said_before_any_work(prepared, tmp_path):
    settings = LoopSettings(rounds=1, seconds=1.0, base=str(tmp_path / "none"))
    with pytest.raises(ModelMissing, match="none"):
        run(ROWS, tmp_path / "run", ModelLearner(settings), settings)
    assert not (tmp_path / "run" / "round-1" / RESULTS).exists()
