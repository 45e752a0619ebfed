"""Linear layers that are quick for the few rows of a generation step, on the CPU.

A step of batched generation multiplies a few rows (one per completion) with every weight matrix. BLAS as torch
calls it for `x @ W.T` is made for many rows; asked for the transpose, `W @ x.T`, the same product takes a half
to a third of the time at 8 rows (`python -m prover.models.bench --only throughput` prints what comes of it).
Not here: training, 16 bits and `compute="fp32"`, which all keep torch's own product.
"""

from __future__ import annotations

from typing import Any

import torch

# With one row torch's own product is as quick; with many, laying out the result takes what was gained.
FEWEST, MOST = 2, 64


class FewRowsLinear(torch.nn.Linear):
    """`torch.nn.Linear`, the same to rounding; input `[..., in_features]`, output `[..., out_features]`."""

    def forward(self, input: Any) -> Any:
        rows = input.numel() // self.in_features
        if torch.is_grad_enabled() or self.weight.dtype != torch.float32 or not FEWEST <= rows <= MOST:
            return super().forward(input)
        product = (self.weight @ input.reshape(rows, self.in_features).t()).t()
        if self.bias is not None:
            product = product + self.bias
        return product.contiguous().view(*input.shape[:-1], self.out_features)


def quicken(model: torch.nn.Module) -> None:
    """Let the FP32 linear layers of `model` take the quick way for few rows, in place; its weights stay as they are."""
    for module in model.modules():
        # Subclasses have a product of their own: adapters, quantised weights.
        if type(module) is torch.nn.Linear and module.weight.dtype == torch.float32:
            module.__class__ = FewRowsLinear
