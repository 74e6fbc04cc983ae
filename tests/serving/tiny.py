"""A model file without training: one byte follows the other along a known chain; its drafter knows most links.

The next byte depends on the last one alone: `LINE`, over and over. The drafter (one NextN block) is wrong after the
letters of `MISSED` and right otherwise, so that tests know how many drafts a greedy server accepts. Layers are
identities; a server computes them all the same. For plumbing: what it says has no meaning.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

LINE = "abcdefghijklmnopqrstuvwxyz0123456789-"
"""What follows what; the last is followed by the first."""
MISSED = "dkr4"
"""After these the drafter is wrong."""
WIDTH = 64
VOCABULARY = 260
HEADS = 2
FEED = 64
CONTEXT = 512
SPECIAL = ("<|pad|>", "<|begin|>", "<|end|>", "<|unknown|>")
_SHARP = 0.2


def write(
    path: Path,
    *,
    layers: int = 1,
    nextn: int = 1,
    tensors: bool = True,
    context: int = CONTEXT,
    spare: int = 0,
    width: int = WIDTH,
) -> Path:
    """Write the file.

    Args:
        layers: before the NextN block.
        nextn: what the file says of its NextN layers.
        tensors: whether their tensors are in it (quantised files often lack them).
        spare: further tokens, so that its vocabulary is another.
    """
    out = gguf.GGUFWriter(path, "mimo2")
    words = VOCABULARY + spare
    _settings(out, layers + nextn, nextn, context, words, width)
    _words(out, spare)
    embedded, head, wrong = _chain(words, width)
    out.add_tensor("token_embd.weight", embedded)
    out.add_tensor("output_norm.weight", np.ones(width, np.float32))
    out.add_tensor("output.weight", head)
    for number in range(layers + (nextn if tensors else 0)):
        _layer(out, f"blk.{number}", width)
    for number in range(layers, layers + nextn if tensors else layers):
        place = f"blk.{number}.nextn"
        only_words = np.concatenate([np.eye(width), np.zeros((width, width))], axis=1).astype(np.float32)
        out.add_tensor(f"{place}.eh_proj.weight", only_words)
        for norm in ("enorm", "hnorm", "shared_head_norm"):
            out.add_tensor(f"{place}.{norm}.weight", np.ones(width, np.float32))
        out.add_tensor(f"{place}.shared_head_head.weight", wrong)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return path


def follows(text: str, count: int) -> str:
    """What a server of this model writes after `text`, greedily."""
    at = LINE.index(text[-1])
    return "".join(LINE[(at + 1 + number) % len(LINE)] for number in range(count))


def _settings(out: gguf.GGUFWriter, blocks: int, nextn: int, context: int, words: int, width: int) -> None:
    out.add_name("a chain for tests")
    out.add_context_length(context)
    out.add_embedding_length(width)
    out.add_block_count(blocks)
    out.add_feed_forward_length(FEED)
    out.add_expert_feed_forward_length(FEED)
    out.add_head_count(HEADS)
    out.add_head_count_kv(HEADS)
    out.add_key_length(width // HEADS)
    out.add_value_length(width // HEADS)
    out.add_layer_norm_rms_eps(1e-6)
    out.add_rope_dimension_count(width // HEADS)
    out.add_rope_freq_base(10000.0)
    out.add_sliding_window(context)
    out.add_sliding_window_pattern([True] + [False] * (blocks - 1))
    out.add_vocab_size(words)
    if nextn:
        out.add_nextn_predict_layers(nextn)


def _words(out: gguf.GGUFWriter, spare: int) -> None:
    """A vocabulary of bytes, as GPT-2 writes them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    written = {byte: chr(byte) for byte in plain} | {byte: chr(256 + at) for at, byte in enumerate(others)}
    tokens = [written[byte] for byte in range(256)] + [*SPECIAL] + [f"<|spare{at}|>" for at in range(spare)]
    kinds = [gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * (len(tokens) - 256)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("default")
    out.add_token_list(tokens)
    out.add_token_types(kinds)
    out.add_token_merges([f"{written[255]} {written[254]}"])
    out.add_bos_token_id(257)
    out.add_eos_token_id(258)
    out.add_pad_token_id(256)
    out.add_add_bos_token(False)
    out.add_add_eos_token(False)
    out.add_chat_template("{% for message in messages %}{{ message['content'] }}{% endfor %}")


def _chain(words: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings; a head that knows the chain; one that knows most of it."""
    random = np.random.default_rng(7)
    embedded = random.standard_normal((words, width)).astype(np.float32)
    embedded[:, 0] = 4.0  # the same for all: what says that only the letters of the chain are ever written
    letters = LINE.encode()
    head = np.zeros((words, width), np.float32)
    head[:, 0] = -3.0
    for at, letter in enumerate(letters):
        head[letters[(at + 1) % len(letters)]] = _SHARP * embedded[letter]
        head[letters[(at + 1) % len(letters)], 0] = 0.0
    wrong = head.copy()
    for letter in MISSED.encode():
        at = letters.index(letter)
        right, other = letters[(at + 1) % len(letters)], letters[(at + 9) % len(letters)]
        wrong[other] = head[other] + head[right]
        wrong[right] = 0.1 * head[right]
    return embedded, head, wrong


def _layer(out: gguf.GGUFWriter, place: str, width: int) -> None:
    random = np.random.default_rng(11)

    def drawn(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) / 8).astype(np.float32)

    for norm in ("attn_norm", "ffn_norm"):
        out.add_tensor(f"{place}.{norm}.weight", np.ones(width, np.float32))
    out.add_tensor(f"{place}.attn_qkv.weight", drawn(3 * width, width))
    out.add_tensor(f"{place}.attn_output.weight", np.zeros((width, width), np.float32))
    out.add_tensor(f"{place}.ffn_gate.weight", drawn(FEED, width))
    out.add_tensor(f"{place}.ffn_up.weight", drawn(FEED, width))
    out.add_tensor(f"{place}.ffn_down.weight", np.zeros((width, FEED), np.float32))
