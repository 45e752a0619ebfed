"""FP32 computation over weights that stay in BF16 or FP16: LayerCast (Yuan et al., 2025, "Give Me FP32 or Give Me
Death?", section 5).

In 16 bits the order of a sum shows in the logits, so that the batch a prompt happens to be in changes its greedy
answer. Here every layer's weights are upcast when they are used and dropped afterwards: memory stays that of 16 bits
plus one layer, and the results are those of FP32. Not here: quantised weights.
"""

from __future__ import annotations

from typing import Any

from prover.models.errors import need


def compute_in_fp32(model: Any) -> None:
    """Make `model` compute in FP32, in place; its weights keep their dtype."""
    torch: Any = need("torch")
    parametrize = need("torch.nn.utils.parametrize")

    class Upcast(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, stored: Any) -> Any:
            return stored.float()

    narrow = (torch.bfloat16, torch.float16)
    for module in list(model.modules()):
        if isinstance(module, torch.nn.Embedding):
            # A lookup is exact in any dtype: only the rows found are upcast, not the table.
            if module.weight.dtype in narrow:
                module.register_forward_hook(lambda _module, _inputs, rows: rows.float())
            continue
        for name, parameter in list(module.named_parameters(recurse=False)):
            if parameter.dtype in narrow:
                # unsafe: the dtype changes, which the check would refuse.
                parametrize.register_parametrization(module, name, Upcast(), unsafe=True)
        for name, buffer in list(module.named_buffers(recurse=False)):
            if buffer.dtype in narrow:
                setattr(module, name, buffer.float())
