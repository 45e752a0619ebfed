"""From prompts and continuations to token ids: the same for generating, scoring and training.

Not here: batches and padding (`stream.py`).
"""

from __future__ import annotations

from prover.models.checkpoint import Checkpoint
from prover.models.errors import BadRequest
from prover.models.protocol import Message


def encode(checkpoint: Checkpoint, prompt: str | tuple[Message, ...], room: int) -> tuple[tuple[int, ...], list[str]]:
    """Token ids of a prompt that leave `room` for the completion, and notes on what had to be done to it.

    Raises:
        BadRequest: the prompt cannot be encoded.
    """
    tokenizer, notes = checkpoint.tokenizer, []
    text, special = prompt, True
    if not isinstance(text, str):
        turns = [{"role": message.role, "content": message.content} for message in text]
        if tokenizer.chat_template:
            text, special = _chat(checkpoint, turns), False
        else:
            text = "\n\n".join(turn["content"] for turn in turns) + "\n\n"
            notes.append("This checkpoint has no chat template: the messages were joined as plain text.")
    try:
        ids = tuple(tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"])
    except (TypeError, ValueError, UnicodeError) as error:
        raise BadRequest(f"The tokenizer cannot encode the prompt: {error}") from error
    if not ids:
        raise BadRequest("The tokenizer makes no tokens of the prompt.")
    limit = checkpoint.limit
    if not checkpoint.encoder_decoder:
        limit -= min(room, limit // 2)
    if len(ids) > limit:
        # The beginning holds the format, the end the goal; what is between can be missed most easily.
        head = limit // 4
        notes.append(
            f"The prompt has {len(ids):,} tokens and the model takes {limit:,}: "
            f"{len(ids) - limit:,} in its middle were left out."
        )
        ids = ids[:head] + ids[len(ids) - (limit - head) :]
    return ids, notes


def encode_continuation(checkpoint: Checkpoint, text: str) -> tuple[int, ...]:
    """Token ids of a whole completion, its end token included."""
    ids = list(checkpoint.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
    end = checkpoint.tokenizer.eos_token_id
    return tuple(ids if end is None else [*ids, end])


def _chat(checkpoint: Checkpoint, turns: list[dict[str, str]]) -> str:
    try:
        text: str = checkpoint.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    except Exception as error:  # a template is a program of the checkpoint's author
        raise BadRequest(f"The checkpoint's chat template refuses these messages: {error}") from error
    return text
