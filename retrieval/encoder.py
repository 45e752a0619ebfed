"""Text encoders: a transformers or sentence-transformers checkpoint, by folder or hub id.

Not here: nearest neighbours (rankers/dense.py), training (train.py). torch is imported when a checkpoint is
loaded. Features are the attention-weighted mean of the last hidden states, scaled to unit norm, as in
ReProver; a sentence-transformers checkpoint that pools otherwise is run by its own library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from retrieval.errors import EncoderError, MissingExtra, missing_extra
from retrieval.serialize import FORMATS, Format

SETTINGS = "entails.json"  # beside a checkpoint that train.py wrote: its text format and length
LONGEST = 1024  # tokens kept where the checkpoint does not say (ReProver trains its byt5 with 1,024)


class Encoder(Protocol):
    """What turns texts into unit vectors. `fingerprint` changes when the weights do."""

    name: str
    dimension: int
    fingerprint: str
    format: Format

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        """float32 [texts, dimension], unit norm."""
        ...


class TransformerEncoder:
    """Mean pooling over a Hugging Face encoder."""

    def __init__(self, name: str, model: Any, tokenizer: Any, form: str, max_length: int, batch_size: int = 32) -> None:
        self.name, self.model, self.tokenizer = name, model, tokenizer
        self.form, self.format, self.max_length, self.batch_size = form, FORMATS[form], max_length, batch_size
        self.dimension = int(getattr(model.config, "hidden_size", None) or model.config.d_model)

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.model, self.form)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        import torch

        out = np.empty((len(texts), self.dimension), np.float32)
        # Texts of like length together: padding costs as much as text.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, len(order), self.batch_size):
                chosen = order[start : start + self.batch_size]
                features = self.features([texts[i] for i in chosen])
                out[chosen] = features.float().cpu().numpy()
                if progress is not None:
                    progress(len(chosen))
        return out

    def features(self, texts: Sequence[str]) -> Any:
        """A tensor [texts, dimension], unit norm, with gradients where they are on."""
        batch = self.tokenizer(list(texts), padding="longest", truncation=True, max_length=self.max_length,
                               return_tensors="pt").to(self.model.device)  # fmt: skip
        return mean_pooled(self.model, batch["input_ids"], batch["attention_mask"])


def mean_pooled(model: Any, input_ids: Any, attention_mask: Any) -> Any:
    """[batch, tokens] → [batch, dimension], unit norm."""
    import torch

    hidden = model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    weight = attention_mask.unsqueeze(2).to(hidden.dtype)
    return torch.nn.functional.normalize((hidden * weight).sum(1) / weight.sum(1).clamp(min=1), dim=1)


class SentenceTransformerEncoder:
    """A sentence-transformers checkpoint with a pooling or layers of its own."""

    def __init__(self, name: str, model: Any, form: str, batch_size: int = 32) -> None:
        self.name, self.model, self.form, self.format = name, model, form, FORMATS[form]
        self.batch_size = batch_size
        sized = getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
        self.dimension = int(sized())

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.model, self.form)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        out = self.model.encode(list(texts), batch_size=self.batch_size, normalize_embeddings=True,
                                convert_to_numpy=True, show_progress_bar=False)  # fmt: skip
        if progress is not None:
            progress(len(texts))
        return out.astype(np.float32)


def load_encoder(
    checkpoint: str, device: str | None = None, form: str | None = None, max_length: int | None = None,
    batch_size: int = 32, local_only: bool = False, dtype: str | None = None,
) -> TransformerEncoder | SentenceTransformerEncoder:  # fmt: skip
    """Load a checkpoint by folder or hub id.

    `device`: "cpu", "cuda", … (a GPU if there is one); on a GPU the weights are BF16, or FP16 where the card
    has no BF16, unless `dtype` names another (training needs "float32"). `form` is a key of FORMATS
    ("reprover" for T5 family checkpoints, else "words").
    Raises MissingExtra or EncoderError.
    """
    try:
        import torch
        import transformers
    except ImportError:
        raise missing_extra("a dense encoder", "torch with transformers", "models") from None
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if form is not None and form not in FORMATS:
        raise EncoderError(f"there is no text format {form!r}; there are {', '.join(FORMATS)}")
    try:
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        if dtype is None and device.startswith("cuda"):
            dtype = "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
        precision = getattr(torch, dtype or "float32")
        pooling = _sentence_transformers(checkpoint, local_only)
        if pooling == "own":
            return _sentence_transformer(checkpoint, device, form, batch_size, local_only)
        options = {"local_files_only": local_only}
        config = transformers.AutoConfig.from_pretrained(checkpoint, **options)
        tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint, **options)
        try:
            model = transformers.AutoModelForTextEncoding.from_pretrained(checkpoint, dtype=precision, **options)
        except ValueError:  # no text-encoding head is registered for this architecture
            model = transformers.AutoModel.from_pretrained(checkpoint, dtype=precision, **options)
        model = model.to(device).eval()
    except MissingExtra:
        raise
    except Exception as error:  # whatever the libraries raise for a broken checkpoint, it is one thing here
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(f"the encoder {checkpoint!r} cannot be loaded (a folder with a transformers checkpoint, or "
                           f"a hub id that is in the local cache or can be fetched): {first}") from None  # fmt: skip
    settings = Path(checkpoint) / SETTINGS
    own = json.loads(settings.read_text()) if settings.is_file() else {}
    form = form or own.get("format") or ("reprover" if "t5" in config.model_type else "words")
    limit = max_length or own.get("max_length") or _stated_length(checkpoint, tokenizer, config)
    return TransformerEncoder(checkpoint, model, tokenizer, form, limit, batch_size)


def _stated_length(checkpoint: str, tokenizer: Any, config: Any) -> int:
    stated = Path(checkpoint) / "sentence_bert_config.json"
    if stated.is_file():
        return int(json.loads(stated.read_text()).get("max_seq_length") or LONGEST)
    limits = [tokenizer.model_max_length, getattr(config, "max_position_embeddings", None) or LONGEST]
    return int(min(LONGEST, *limits))


def _sentence_transformers(checkpoint: str, local_only: bool) -> str:
    """ "" for a plain checkpoint, "mean" for one whose modules are encoder, mean pooling, normalisation, else "own"."""
    from transformers.utils import cached_file

    quiet = {"_raise_exceptions_for_missing_entries": False, "_raise_exceptions_for_connection_errors": False,
             "_raise_exceptions_for_gated_repo": False, "local_files_only": local_only}  # fmt: skip
    modules = cached_file(checkpoint, "modules.json", **quiet)
    if not modules:
        return ""
    kinds = [(m["type"].rsplit(".", 1)[-1], m["path"]) for m in json.loads(Path(modules).read_text())]
    names = [k for k, _ in kinds]
    if names[:2] != ["Transformer", "Pooling"] or set(names[2:]) - {"Normalize"}:
        return "own"
    config = cached_file(checkpoint, f"{kinds[1][1]}/config.json", **quiet)
    pooling = json.loads(Path(config).read_text()) if config else {}
    mean = pooling.get("pooling_mode") == "mean" or pooling.get("pooling_mode_mean_tokens")
    others = [k for k, v in pooling.items() if k.startswith("pooling_mode_") and k != "pooling_mode_mean_tokens" and v]
    return "mean" if mean and not others else "own"


def _sentence_transformer(
    checkpoint: str, device: str, form: str | None, batch_size: int, local_only: bool
) -> SentenceTransformerEncoder:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise missing_extra(f"the checkpoint {checkpoint!r}", "sentence-transformers", "retrieval") from None
    model = SentenceTransformer(checkpoint, device=device, local_files_only=local_only)
    return SentenceTransformerEncoder(checkpoint, model, form or "words", batch_size)


def _fingerprint(model: Any, form: str) -> str:
    """Over a few numbers of every parameter: enough to tell checkpoints apart, 10 ms for a small one."""
    state = hashlib.blake2b(form.encode(), digest_size=12)
    for name, parameter in model.named_parameters():
        flat = parameter.detach().reshape(-1)
        step = max(1, flat.numel() // 64)
        state.update(name.encode() + flat[::step][:64].float().cpu().numpy().tobytes())
    return state.hexdigest()
