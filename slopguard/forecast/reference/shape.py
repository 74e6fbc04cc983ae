"""The reference model's form: its sizes, its tokens and its tensors.

A decoder over bytes: three dense layers (RMS norms, grouped-query attention with rotary positions, SwiGLU), and behind
them one layer that predicts a token further (multi-token prediction): its input is the last layer's output at one place
and the token at the next one. Invariant: everything that reads or writes the model takes its form from here.
"""

from __future__ import annotations

from collections.abc import Mapping

BYTES = 256
"""The token of a byte is its value."""
END, ASK, ANSWER, SPARE = range(BYTES, BYTES + 4)
"""Ends a document; stands before what a user says; before what the model says; unused."""
VOCABULARY = BYTES + 4
WIDTH = 128
LAYERS = 3
HEADS = 4
SHARED = 2
"""Heads of keys and values; each serves `HEADS // SHARED` heads."""
HEAD = WIDTH // HEADS
FUSED = (HEADS + 2 * SHARED) * HEAD
"""Rows of the matrix that makes queries, keys and values."""
INNER = 384
EPSILON = 1e-5
ROTARY_BASE = 10_000.0
TRAINED = 512
"""Tokens of the longest document it was trained on; it gets worse behind."""
CONTEXT = 4096
"""Tokens that a server may give it in all."""

Shape = tuple[int, ...]

_LAYER: Mapping[str, Shape] = {
    "attn_norm": (WIDTH,),
    "attn_qkv": (FUSED, WIDTH),
    "attn_output": (WIDTH, WIDTH),
    "ffn_norm": (WIDTH,),
    "ffn_gate": (INNER, WIDTH),
    "ffn_up": (INNER, WIDTH),
    "ffn_down": (WIDTH, INNER),
}
_FURTHER: Mapping[str, Shape] = {
    "nextn.eh_proj": (WIDTH, 2 * WIDTH),
    "nextn.enorm": (WIDTH,),
    "nextn.hnorm": (WIDTH,),
    "nextn.shared_head_norm": (WIDTH,),
}


def layer(number: int, *, further: bool = False) -> dict[str, Shape]:
    """The tensors of one layer, by the names that llama.cpp gives them (without their `.weight`).

    Args:
        further: it is the one that predicts a token further.
    """
    return {f"blk.{number}.{name}": shape for name, shape in {**_LAYER, **(_FURTHER if further else {})}.items()}


def tensors() -> dict[str, Shape]:
    """All tensors of the model with their shapes: rows first, a matrix takes `columns` numbers and gives `rows`."""
    found: dict[str, Shape] = {"token_embd": (VOCABULARY, WIDTH), "output_norm": (WIDTH,)}
    found["output"] = (VOCABULARY, WIDTH)
    for number in range(LAYERS + 1):
        found |= layer(number, further=number == LAYERS)
    return found
