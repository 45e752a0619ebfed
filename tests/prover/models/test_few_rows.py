"""Linear layers for few rows: torch's results, torch's gradients, and part of what `load` gives on the CPU."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from prover.models.checkpoint import load  # noqa: E402
from prover.models.few_rows import MOST, FewRowsLinear, quicken  # noqa: E402


def twins(*sizes: int, bias: bool = True):
    """The same layer twice: torch's own, and quickened."""
    plain = torch.nn.Linear(*sizes, bias=bias)
    quick = copy.deepcopy(plain)
    quicken(torch.nn.Sequential(quick))
    return plain, quick


@settings(deadline=None)  # the first call of torch loads things
@given(
    shape=st.lists(st.integers(0, 9), max_size=3),
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    bias=st.booleans(),
    seed=st.integers(0, 99),
)
def test_results_are_those_of_torchs_layer(shape, sizes, bias, seed):
    torch.manual_seed(seed)
    plain, quick = twins(*sizes, bias=bias)
    values = torch.randn(*shape, sizes[0])
    with torch.inference_mode():
        found, wanted = quick(values), plain(values)
    assert type(quick) is FewRowsLinear
    assert found.is_contiguous()
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rows", [1, 2, MOST, MOST + 1])
def test_gradients_are_torchs_own(rows):
    plain, quick = twins(8, 3)
    values = torch.randn(rows, 8)
    for layer in (plain, quick):
        layer(values).square().sum().backward()
    assert torch.equal(plain.weight.grad, quick.weight.grad)


def test_layers_with_a_product_of_their_own_and_16_bits_are_left_alone():
    class Own(torch.nn.Linear):
        def forward(self, input):
            return super().forward(input) + 1

    model = torch.nn.Sequential(Own(4, 4), torch.nn.Linear(4, 4).to(torch.bfloat16), torch.nn.Linear(4, 4))
    quicken(model)
    assert [type(layer) for layer in model] == [Own, torch.nn.Linear, FewRowsLinear]
    model.to(torch.bfloat16)
    with torch.inference_mode():
        assert model(torch.randn(3, 4).to(torch.bfloat16)).dtype == torch.bfloat16


def test_a_checkpoint_on_the_cpu_has_them_and_saves_the_same_weights(llama, tmp_path):
    loaded = load(str(llama), device="cpu")
    exact = load(str(llama), device="cpu", compute="fp32")
    assert any(isinstance(module, FewRowsLinear) for module in loaded.model.modules())
    assert not any(isinstance(module, FewRowsLinear) for module in exact.model.modules())
    loaded.model.save_pretrained(tmp_path)
    loaded.tokenizer.save_pretrained(tmp_path)
    again = load(str(tmp_path), device="cpu").model.state_dict()
    assert again.keys() == loaded.model.state_dict().keys()
    assert all(torch.equal(again[name], value) for name, value in loaded.model.state_dict().items())
