"""The reference model as a GGUF file, which llama.cpp serves, and its twin whose size is that of memory it must read.

llama.cpp's architecture `mimo2` is the simplest that it drafts tokens of in the same file: dense layers, and one behind
them that predicts a token further. Its loader wants at least one layer with a sliding window; a window as long as the
context changes nothing. The twin has further layers that add nothing to the stream, and in every layer further neurons
that are zero: what it says is the same, token for token, and what a token costs is the reading of its weights, as with
models of real size. Few wide layers rather than many small ones, as each has to be started. Invariants: no network,
nothing is trained or drawn by chance; a file is written as a whole or not at all. gguf and numpy are imported on use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.forecast.reference import shape
from slopguard.forecast.reference.files import weights

if TYPE_CHECKING:
    import gguf
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32 | np.float16]
    Tensors = Iterator[tuple[str, Floats]]

TEMPLATE = "<|ask|>{{ messages[-1]['content'] }}<|answer|>"
"""What a server makes of a conversation: its last message, between the tokens the model was trained with."""
SPECIAL = ("<|end|>", "<|ask|>", "<|answer|>", "<|spare|>")
_ARCHITECTURE = "mimo2"
_ABOUT = "A tiny model for tests and benchmarks of servers. How often its drafts are accepted says nothing of others."
_SILENT = ("attn_output", "ffn_down")
"""Matrices that are zero in a layer which adds nothing."""
_STRENGTH = 0.05


@dataclass(frozen=True, slots=True)
class Form:
    """What a file adds to the model; by default nothing.

    Args:
        layers: layers that add nothing, before the one that predicts a token further.
        inner: neurons of each layer; those that the model does not have are zero.
        halves: matrices are half floats, which loses nothing: so the weights are kept.

    Raises:
        ValueError: it would take something away from the model.
    """

    layers: int = 0
    inner: int = shape.INNER
    halves: bool = False

    def __post_init__(self) -> None:
        if self.layers < 0 or self.inner < shape.INNER:
            raise ValueError(f"a twin has at least 0 further layers and {shape.INNER} neurons")


MODEL = Form()
TWIN = Form(layers=12, inner=4608)
"""A twin of 117 MB, 32 times the model."""


def write_gguf(path: Path, form: Form = MODEL) -> None:
    """Write the model.

    Raises:
        InputError: the weights are not those this version was built with.
        OSError: it cannot be written.
    """
    import gguf

    passing = path.with_name(f"{path.name}.part")
    out = gguf.GGUFWriter(passing, _ARCHITECTURE)
    _settings(out, shape.LAYERS + form.layers + 1, form.inner)
    _vocabulary(out)
    for name, data in _tensors(form):
        out.add_tensor(f"{name}.weight", data)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    passing.replace(path)


def _tensors(form: Form) -> Tensors:
    last = f"blk.{shape.LAYERS}."
    moved = f"blk.{shape.LAYERS + form.layers}."
    for name, data in weights().items():
        yield name.replace(last, moved), _formed(name, data, form)
    silent = {name: _formed(name, data, form) for name, data in _silent(form.inner).items()} if form.layers else {}
    for number in range(shape.LAYERS, shape.LAYERS + form.layers):
        yield from ((f"blk.{number}.{name}", data) for name, data in silent.items())


def _formed(name: str, data: NDArray[np.float32], form: Form) -> Floats:
    """A tensor as wide as the form wants it."""
    import numpy as np

    if ".ffn_" in f".{name}" and data.ndim == 2:
        missing = max(0, form.inner - max(data.shape))
        data = np.pad(data, ((0, missing), (0, 0)) if data.shape[0] > data.shape[1] else ((0, 0), (0, missing)))
    return data.astype(np.float16) if form.halves and data.ndim == 2 else data


def _silent(inner: int) -> dict[str, NDArray[np.float32]]:
    """One layer that adds nothing. Its numbers are a wave, so that no step of its way is empty."""
    import numpy as np

    found = {}
    for full, size in shape.layer(0).items():
        name = full.removeprefix("blk.0.")
        sizes = tuple(inner if each == shape.INNER else each for each in size)
        wave = np.sin(np.arange(int(np.prod(sizes)), dtype=np.float32)).reshape(sizes) * np.float32(_STRENGTH)
        found[name] = np.zeros(sizes, np.float32) if name in _SILENT else wave
    return found


def _settings(out: gguf.GGUFWriter, layers: int, inner: int) -> None:
    out.add_name("slopguard reference")
    out.add_description(_ABOUT)
    out.add_license("Apache-2.0")
    out.add_context_length(shape.CONTEXT)
    out.add_embedding_length(shape.WIDTH)
    out.add_block_count(layers)
    out.add_nextn_predict_layers(1)
    out.add_feed_forward_length(inner)
    out.add_expert_feed_forward_length(inner)  # asked for though there are no experts
    out.add_head_count(shape.HEADS)
    out.add_head_count_kv(shape.SHARED)
    out.add_key_length(shape.HEAD)
    out.add_value_length(shape.HEAD)
    out.add_layer_norm_rms_eps(shape.EPSILON)
    out.add_rope_dimension_count(shape.HEAD)
    out.add_rope_freq_base(shape.ROTARY_BASE)
    out.add_rope_freq_base_swa(shape.ROTARY_BASE)
    out.add_sliding_window(shape.CONTEXT)
    out.add_sliding_window_pattern([True, *[False] * (layers - 1)])
    out.add_vocab_size(shape.VOCABULARY)


def _vocabulary(out: gguf.GGUFWriter) -> None:
    """Bytes, written as GPT-2's tokenizer writes them; one merge, because none at all is refused."""
    import gguf

    written = letters()
    kinds = [gguf.TokenType.NORMAL] * shape.BYTES + [gguf.TokenType.CONTROL] * len(SPECIAL)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list([*written, *SPECIAL])
    out.add_token_types(kinds)
    out.add_token_merges([f"{written[255]} {written[254]}"])  # two bytes that stand in no text
    out.add_eos_token_id(shape.END)
    out.add_bos_token_id(shape.ASK)
    out.add_add_bos_token(False)
    out.add_add_eos_token(False)
    out.add_chat_template(TEMPLATE)


def letters() -> list[str]:
    """How GPT-2's tokenizer writes each byte: itself if it can be seen, else a letter from 256 on."""
    seen = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = (byte for byte in range(shape.BYTES) if byte not in seen)
    moved = {byte: chr(shape.BYTES + place) for place, byte in enumerate(hidden)}
    return [moved.get(byte, chr(byte)) for byte in range(shape.BYTES)]
