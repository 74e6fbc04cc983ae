"""Trains the reference model and writes `slopguard/forecast/reference/reference.safetensors`, and its digest.

Usage: python tools/train_reference.py [--steps N] [--tokens N] [--seed N] [--device cpu|cuda] [--on] [--dry-run]
                                       [--aside FILE]

Needs torch and numpy; nothing else of this repository needs torch. It is meant for a GPU (some minutes); `--steps 1000
--tokens 2048` is what one thread of a CPU does in ten. The documents come from `slopguard.forecast.reference.corpus`:
names of the shipped lists and of the tables of topics, one in ten of them held out. The layer that predicts a token
further learns what the model itself would say there, one, two and three tokens ahead, from the second on fed with its
own output as a server feeds it.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from slopguard.forecast.known import known
from slopguard.forecast.reference import shape
from slopguard.forecast.reference.corpus import Document, documents
from slopguard.forecast.reference.files import FILE, packed, parsed
from slopguard.lists import Lists

SEED = 7
STEPS = 8_000
TOKENS = 16_384
"""Tokens of one step, about."""
POOL = 8
"""So many steps' documents are sorted by length together, so that little is filled up."""
DEPTHS = 3
"""How many tokens further are learnt: as many as a server drafts at once."""
ASIDE, FURTHER = 0.1, 0.3
"""What a token of a question counts beside one of an answer, and a depth beside the next token."""
RATE, MUON_RATE, WARM, LAST = 3e-3, 0.02, 60, 0.03
REPORT = 50

PINNED = '''"""The digest of the reference model's weights; written by `tools/train_reference.py`."""

DIGEST = "{}"
'''

Weights = dict[str, Tensor]


class Batch:
    """Documents side by side, filled up at their ends.

    Args:
        documents: of similar length.
        device: where the batch is to be.
    """

    def __init__(self, documents: list[Document], device: str) -> None:
        rows = [encoded(each) for each in documents]
        width = max(len(tokens) for tokens, _ in rows)
        tokens = np.full((len(rows), width), shape.END)
        weights = np.zeros((len(rows), width - 1), np.float32)
        for row, (found, question) in enumerate(rows):
            tokens[row, : len(found)] = found
            weights[row, : question - 1] = ASIDE
            weights[row, question - 1 : len(found) - 1] = 1.0
        self.tokens = torch.from_numpy(tokens).to(device)
        self.weights = torch.from_numpy(weights).to(device)
        self.answers = (self.weights == 1.0).float()


def encoded(document: Document) -> tuple[list[int], int]:
    """The tokens of a document, and how many of them are the question's."""
    question = [shape.ASK, *document.asked.encode(), shape.ANSWER]
    return [*question, *document.answer.encode(), shape.END], len(question)


def batches(found: Iterator[Document], random: Random, tokens: int, device: str) -> Iterator[Batch]:
    """Batches without end.

    Args:
        tokens: of a batch, about.
    """
    while True:
        pool = sorted(islice(found, POOL * tokens // shape.TRAINED), key=length)
        groups: list[list[Document]] = [[]]
        for each in pool:
            if (len(groups[-1]) + 1) * length(each) > tokens:
                groups.append([])
            groups[-1].append(each)
        random.shuffle(groups)
        yield from (Batch(group, device) for group in groups)


def length(document: Document) -> int:
    """About how many tokens a document has."""
    return len(document.asked) + len(document.answer) + 3


def fresh(seed: int, device: str) -> Weights:
    """Weights to begin with: norms one, what adds to the stream small."""
    torch.manual_seed(seed)
    weights: Weights = {}
    for name, size in shape.tensors().items():
        if len(size) == 1:
            weights[name] = torch.ones(size)
            continue
        scale = 1.0 if name == "token_embd" else 1.0 / math.sqrt(size[1])
        if name.endswith(("attn_output", "ffn_down", "output")):
            scale /= math.sqrt(2 * shape.LAYERS)
        weights[name] = torch.randn(size) * scale
    return {name: each.to(device).requires_grad_() for name, each in weights.items()}


def rotary(places: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines of every place, for the two halves of a head."""
    steps = shape.ROTARY_BASE ** (-torch.arange(0, shape.HEAD, 2, device=device) / shape.HEAD)
    angles = torch.arange(places, device=device)[:, None] * steps
    return angles.cos(), angles.sin()


def turned(heads: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Heads (batch, head, place, number), turned by their places."""
    one, two = heads.chunk(2, dim=-1)
    cosine, sine = turn
    return torch.cat((one * cosine - two * sine, one * sine + two * cosine), dim=-1)


def norm(data: Tensor, weight: Tensor) -> Tensor:
    """A root mean square norm."""
    return functional.rms_norm(data, (shape.WIDTH,), weight, shape.EPSILON)


class Layer:
    """One layer's way from a stream to a stream."""

    def __init__(self, weights: Weights, number: int, turn: tuple[Tensor, Tensor]) -> None:
        self._weights, self._number, self._turn = weights, number, turn

    def heads(self, stream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values; those of a shared head repeated."""
        fused = norm(stream, self._of("attn_norm")) @ self._of("attn_qkv").T
        many, places, _ = fused.shape
        split = fused.view(many, places, -1, shape.HEAD).transpose(1, 2)
        queries, keys, values = split.split((shape.HEADS, shape.SHARED, shape.SHARED), dim=1)
        again = shape.HEADS // shape.SHARED
        keys = turned(keys, self._turn).repeat_interleave(again, dim=1)
        return turned(queries, self._turn), keys, values.repeat_interleave(again, dim=1)

    def rest(self, stream: Tensor, attended: Tensor) -> Tensor:
        """What follows the attention."""
        stream = stream + attended.transpose(1, 2).flatten(2) @ self._of("attn_output").T
        data = norm(stream, self._of("ffn_norm"))
        inner = functional.silu(data @ self._of("ffn_gate").T) * (data @ self._of("ffn_up").T)
        return stream + inner @ self._of("ffn_down").T

    def __call__(self, stream: Tensor) -> Tensor:
        """The stream behind it."""
        queries, keys, values = self.heads(stream)
        return self.rest(stream, functional.scaled_dot_product_attention(queries, keys, values, is_causal=True))

    def _of(self, name: str) -> Tensor:
        return self._weights[f"blk.{self._number}.{name}"]


def shifted(data: Tensor, by: int) -> Tensor:
    """A stream moved to later places, zeros before it."""
    return functional.pad(data, (0, 0, by, 0))[:, : data.shape[1]]


class Further:
    """The layer that predicts a token further, fed with its own output as often as wanted."""

    def __init__(self, weights: Weights, turn: tuple[Tensor, Tensor]) -> None:
        self._weights, self._layer = weights, Layer(weights, shape.LAYERS, turn)

    def __call__(self, before: Tensor, embedded: Tensor) -> Tensor:
        """The stream of the next depth.

        Args:
            before: the stream of the last one; its output at one place goes with the token of the next.
        """
        parts = (norm(embedded, self._of("enorm")), norm(shifted(before, 1), self._of("hnorm")))
        return self._layer(torch.cat(parts, dim=-1) @ self._of("eh_proj").T)

    def logits(self, stream: Tensor) -> Tensor:
        """What it says comes next."""
        return norm(stream, self._of("shared_head_norm")) @ self._weights["output"].T

    def _of(self, name: str) -> Tensor:
        return self._weights[f"blk.{shape.LAYERS}.nextn.{name}"]


def losses(weights: Weights, batch: Batch) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """The loss of the next token, those of each depth, and how often each depth's best is the model's best."""
    tokens = batch.tokens[:, :-1]
    turn = rotary(tokens.shape[1], tokens.device)
    embedded = weights["token_embd"][tokens]
    stream = embedded
    for number in range(shape.LAYERS):
        stream = Layer(weights, number, turn)(stream)
    logits = norm(stream, weights["output_norm"]) @ weights["output"].T
    each = functional.cross_entropy(logits.flatten(0, 1), batch.tokens[:, 1:].flatten(), reduction="none")
    loss = (each.view_as(batch.weights) * batch.weights).sum() / batch.weights.sum()
    taught = logits.detach().softmax(-1)
    further, before, deep, agree = Further(weights, turn), stream, [], []
    for _ in range(DEPTHS):
        before = further(before, embedded)
        said = further.logits(before)
        apart = -(taught * said.log_softmax(-1)).sum(-1)
        deep.append((apart * batch.weights).sum() / batch.weights.sum())
        same = (said.argmax(-1) == logits.argmax(-1)).float()
        agree.append((same * batch.answers).sum() / batch.answers.sum())
    return loss, deep, agree


class Muon:
    """Steps of orthogonal matrices, for the matrices inside the layers; Adam for the rest.

    Args:
        weights: all of the model.
    """

    def __init__(self, weights: Weights) -> None:
        inside = {name for name in weights if name.startswith("blk.") and weights[name].ndim == 2}
        self._groups: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for name in sorted(inside):
            self._groups[weights[name].shape].append(weights[name])
        rest = [weights[name] for name in sorted(set(weights) - inside)]
        self._adam = torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.95), weight_decay=0.0)
        self._momenta = {size: torch.zeros_like(torch.stack(group)) for size, group in self._groups.items()}

    @torch.no_grad()
    def step(self, share: float) -> None:
        """One step.

        Args:
            share: of the rates.
        """
        for group in self._adam.param_groups:
            group["lr"] = RATE * share
        self._adam.step()
        self._adam.zero_grad()
        for (rows, columns), group in self._groups.items():
            momentum = self._momenta[torch.Size((rows, columns))]
            slope = torch.stack([matrix.grad for matrix in group if matrix.grad is not None])
            momentum.lerp_(slope, 0.05)
            steps = orthogonal(slope.lerp(momentum, 0.95)) * (MUON_RATE * share * math.sqrt(max(1.0, rows / columns)))
            for matrix, step in zip(group, steps, strict=True):
                matrix.mul_(1 - 0.1 * MUON_RATE * share).sub_(step)
                matrix.grad = None


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest matrices with orthogonal rows or columns, roughly: five steps of Newton and Schulz."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    found = matrices.mT if tall else matrices
    found = found / (found.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = found @ found.mT
        found = 3.4445 * found + (-4.7750 * square + 2.0315 * square @ square) @ found
    return found.mT if tall else found


def rate(step: int, steps: int) -> float:
    """The share of the full rate: a short rise, then half a cosine down."""
    if step < WARM:
        return (step + 1) / WARM
    return LAST + (1 - LAST) * 0.5 * (1 + math.cos(math.pi * (step - WARM) / max(1, steps - WARM)))


def trained(wanted: argparse.Namespace) -> Weights:
    """The weights after so many steps."""
    weights = kept(wanted.device) if wanted.on else fresh(wanted.seed, wanted.device)
    found = documents(known(Lists.shipped()), wanted.seed)
    shuffled = Random(wanted.seed)
    muon, begun = Muon(weights), time.monotonic()
    for step, batch in enumerate(islice(batches(found, shuffled, wanted.tokens, wanted.device), wanted.steps), 1):
        loss, deep, agree = losses(weights, batch)
        (loss + FURTHER * sum(deep)).backward()
        muon.step(rate(step - 1, wanted.steps))
        if step % REPORT == 0 or step == wanted.steps:
            further = " ".join(f"{each.item():.3f}/{same.item():.2f}" for each, same in zip(deep, agree, strict=True))
            print(f"{step}: loss {loss.item():.3f}, further {further}, {time.monotonic() - begun:.1f} s", flush=True)
            if wanted.aside:
                wanted.aside.write_bytes(packed(rounded(weights)))
    return weights


def kept(device: str) -> Weights:
    """The weights that are there."""
    found = parsed(FILE.read_bytes())
    return {name: torch.tensor(each, device=device).requires_grad_() for name, each in found.items()}


def rounded(weights: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """The weights as they are kept."""
    return {name: each.detach().cpu().numpy().astype(np.float16) for name, each in weights.items()}


def written(data: bytes) -> None:
    """Write the weights, and pin their digest in the code."""
    FILE.write_bytes(data)
    (FILE.parent / "digest.py").write_text(PINNED.format(sha256(data).hexdigest()), encoding="ascii")


def main(argv: list[str]) -> int:
    """Train, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--tokens", type=int, default=TOKENS, help="of one step, about")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--on", action="store_true", help="go on from the weights that are there")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument("--aside", type=Path, help="write half-trained weights there, too")
    wanted = parser.parse_args(argv[1:])
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True, warn_only=wanted.device != "cpu")
    weights = trained(wanted)
    if not wanted.dry_run:
        written(packed(rounded(weights)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
