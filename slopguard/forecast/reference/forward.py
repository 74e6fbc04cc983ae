"""The reference model computed with numpy: what a server must say, and how its drafts fare. For tests and scores.

Invariants: greedy and deterministic; keys and values are kept as half floats, as llama.cpp keeps them; drafting changes
how often the model is run, never what it says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from slopguard.forecast.reference import shape
from slopguard.forecast.reference.files import weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

DRAFTS = 3
"""Tokens that are drafted at once, as llama.cpp does unless told otherwise."""


def tokens(asked: str) -> list[int]:
    """The tokens of a question, as the chat template makes them."""
    return [shape.ASK, *asked.encode(), shape.ANSWER]


def text(found: Sequence[int]) -> str:
    """What an answer's tokens say, up to its end."""
    return bytes(token for token in found if token < shape.BYTES).decode(errors="replace")


@dataclass(slots=True)
class Spoken:
    """What was said, and how.

    Args:
        tokens: of the answer, the end not among them.
        drafted, accepted: tokens.
        steps: runs of the model that had drafts to verify.
    """

    tokens: list[int] = field(default_factory=list)
    drafted: int = 0
    accepted: int = 0
    steps: int = 0


class Memory:
    """Keys and values of one layer, by place."""

    def __init__(self) -> None:
        self.keys = np.zeros((0, shape.SHARED, shape.HEAD), np.float16)
        self.values = np.zeros((0, shape.SHARED, shape.HEAD), np.float16)

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, keys: Floats, values: Floats) -> None:
        """Remember further places."""
        self.keys = np.concatenate([self.keys, keys.astype(np.float16)])
        self.values = np.concatenate([self.values, values.astype(np.float16)])

    def cut(self, length: int) -> None:
        """Forget the places from `length` on."""
        self.keys, self.values = self.keys[:length], self.values[:length]


class Model:
    """The model with what it remembers of one text.

    Args:
        held: the weights; the shipped ones by default.
    """

    def __init__(self, held: dict[str, Floats] | None = None) -> None:
        self._held = weights() if held is None else held
        self._memories = [Memory() for _ in range(shape.LAYERS + 1)]

    @property
    def length(self) -> int:
        """Places that it remembers."""
        return len(self._memories[0])

    def forget(self) -> None:
        """Begin anew."""
        self.cut(0)

    def cut(self, length: int) -> None:
        """Forget the places from `length` on."""
        for memory in self._memories[: shape.LAYERS]:
            memory.cut(length)

    def cut_further(self, length: int) -> None:
        """The same for the layer that predicts a token further."""
        self._memories[shape.LAYERS].cut(length)

    def run(self, found: Sequence[int]) -> Floats:
        """The stream behind the last layer, for further tokens."""
        stream = self._held["token_embd"][list(found)]
        for number in range(shape.LAYERS):
            stream = self._layer(number, stream)
        return stream

    def logits(self, stream: Floats) -> Floats:
        """What the model says comes next."""
        return np.asarray(_norm(stream, self._held["output_norm"]) @ self._held["output"].T, np.float32)

    def run_further(self, found: Sequence[int], before: Floats) -> Floats:
        """The stream of the layer that predicts a token further.

        Args:
            before: for each token the stream at the place before it; zeros before the first one.
        """
        place = f"blk.{shape.LAYERS}.nextn"
        embedded = _norm(self._held["token_embd"][list(found)], self._held[f"{place}.enorm"])
        both = np.concatenate([embedded, _norm(before, self._held[f"{place}.hnorm"])], axis=-1)
        return self._layer(shape.LAYERS, both @ self._held[f"{place}.eh_proj"].T)

    def logits_further(self, stream: Floats) -> Floats:
        """What that layer says comes next."""
        data = _norm(stream, self._held[f"blk.{shape.LAYERS}.nextn.shared_head_norm"])
        return np.asarray(data @ self._held["output"].T, np.float32)

    def _layer(self, number: int, stream: Floats) -> Floats:
        held, place = self._held, f"blk.{number}"
        fused = _norm(stream, held[f"{place}.attn_norm"]) @ held[f"{place}.attn_qkv"].T
        stream = stream + self._attended(number, fused) @ held[f"{place}.attn_output"].T
        data = _norm(stream, held[f"{place}.ffn_norm"])
        inner = _silu(data @ held[f"{place}.ffn_gate"].T) * (data @ held[f"{place}.ffn_up"].T)
        return np.asarray(stream + inner @ held[f"{place}.ffn_down"].T, np.float32)

    def _attended(self, number: int, fused: Floats) -> Floats:
        memory = self._memories[number]
        places = np.arange(len(memory), len(memory) + len(fused))
        heads = fused.reshape(len(fused), -1, shape.HEAD)
        queries = _turned(heads[:, : shape.HEADS], places)
        middle = shape.HEADS + shape.SHARED
        memory.add(_turned(heads[:, shape.HEADS : middle], places), heads[:, middle:])
        again = shape.HEADS // shape.SHARED
        keys = memory.keys.astype(np.float32).repeat(again, axis=1)
        values = memory.values.astype(np.float32).repeat(again, axis=1)
        scores = np.einsum("qhd,khd->hqk", queries, keys) / np.float32(np.sqrt(shape.HEAD))
        scores[:, places[:, None] < np.arange(len(memory))] = -np.inf
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return np.asarray(np.einsum("hqk,khd->qhd", shares, values), np.float32).reshape(len(fused), shape.WIDTH)


def greedy(model: Model, asked: Sequence[int], count: int) -> Spoken:
    """The best token, over and over, without drafts."""
    model.forget()
    spoken = Spoken()
    stream = model.run(asked)
    while len(spoken.tokens) < count:
        token = int(model.logits(stream[-1]).argmax())
        if token == shape.END:
            break
        spoken.tokens.append(token)
        stream = model.run([token])
    return spoken


def drafted(model: Model, asked: Sequence[int], count: int, depth: int = DRAFTS) -> Spoken:
    """The same with drafts, as a server with `draft-mtp` does it.

    Args:
        depth: tokens drafted at once, at most.
    """
    model.forget()
    model.cut_further(0)
    spoken = Spoken()
    stream = model.run(asked)
    model.run_further(asked, np.concatenate([np.zeros((1, shape.WIDTH), np.float32), stream[:-1]]))
    last, state = int(model.logits(stream[-1]).argmax()), stream[-1:]
    while last != shape.END and len(spoken.tokens) < count:
        spoken.tokens.append(last)
        draft = _draft(model, last, state, min(depth, count - len(spoken.tokens) - 1))
        begin = model.length
        stream = model.run([last, *draft])
        best = model.logits(stream).argmax(axis=-1).tolist()
        right = next((at for at, token in enumerate(draft) if token != best[at]), len(draft))
        spoken.drafted += len(draft)
        spoken.accepted += right
        spoken.steps += bool(draft)
        ended = draft[:right].index(shape.END) if shape.END in draft[:right] else right
        spoken.tokens += draft[:ended]
        if ended < right:
            break
        model.cut(begin + right + 1)
        model.cut_further(begin)
        model.run_further([last, *draft[:right]], np.concatenate([state, stream[:right]]))
        last, state = best[right], stream[right : right + 1]
    return spoken


def _draft(model: Model, last: int, state: Floats, depth: int) -> list[int]:
    """Tokens that the further layer expects behind `last`, fed with its own output."""
    found: list[int] = []
    for _ in range(depth):
        state = model.run_further([last], state)
        last = int(model.logits_further(state[-1]).argmax())
        found.append(last)
    return found


def _norm(data: Floats, weight: Floats) -> Floats:
    size = np.sqrt(np.mean(np.square(data), axis=-1, keepdims=True) + np.float32(shape.EPSILON))
    return np.asarray(data / size * weight, np.float32)


def _silu(data: Floats) -> Floats:
    return np.asarray(data / (1 + np.exp(-data)), np.float32)


def _turned(heads: Floats, places: NDArray[np.int64]) -> Floats:
    """Heads turned by their places: the two halves of each are the coordinates."""
    steps = shape.ROTARY_BASE ** (-np.arange(0, shape.HEAD, 2) / shape.HEAD)
    angles = (places[:, None, None] * steps).astype(np.float32)
    one, two = np.split(heads, 2, axis=-1)
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.asarray(np.concatenate([one * cosine - two * sine, one * sine + two * cosine], axis=-1), np.float32)
