"""`python -m bench reference`: does the reference model, asked for names, add any to those of the embedded forecaster?

Usage: python -m bench reference [--requests N] [--names N]

Prints Markdown. What is to be found are names of the tables of topics that the model never saw (`corpus.held_out`, one
in ten) and that no shipped list holds; they are taken out of the embedded forecaster's tables, too. They were written
as names that a model would reach for, so they stand in for invented names; they are none. Each topic is a request.
Invariants: nothing outside this machine is asked; the model is served on loopback by xllamacpp.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from unittest import mock

from slopguard.forecast.campaign.openai import OpenAIModel, OpenAIServer
from slopguard.forecast.known import known
from slopguard.forecast.model import Known
from slopguard.forecast.reference import names as reference
from slopguard.forecast.reference.corpus import held_out
from slopguard.forecast.reference.gguf_file import write_gguf
from slopguard.forecast.statistics import clustered
from slopguard.forecast.topics import matching
from slopguard.forecast.topics.predict import predict
from slopguard.forecast.topics.tables import Topic, topics
from slopguard.lists import Lists
from slopguard.model import Ecosystem, NormalizedName
from tests.serving.servers import plan, served

SEED = 20261126
Found = list[tuple[int, int]]
"""Names found and names to be found, a request each."""
Names = Sequence[NormalizedName]


@dataclass(frozen=True, slots=True)
class Request:
    """A topic, and what is to be found for it."""

    ecosystem: Ecosystem
    topic: str
    wanted: frozenset[NormalizedName]


def main(arguments: Sequence[str]) -> None:
    """One table."""
    parser = argparse.ArgumentParser(prog="python -m bench reference")
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--names", type=int, default=100, help="asked of the model for each request")
    wanted = parser.parse_args(arguments)
    lists = known(Lists.shipped())
    asked = list(requests(lists))
    Random(SEED).shuffle(asked)
    shown = tuple(map(_shown, topics()))
    with (
        tempfile.TemporaryDirectory(prefix="reference-") as folder,
        mock.patch.object(matching, "topics", return_value=shown),
    ):
        model = Path(folder) / "reference.gguf"
        write_gguf(model)
        with served(plan(model, parallel=1, context=1024), Path(folder)) as server:
            asyncio.run(_measure(server.url, lists, asked[: wanted.requests], wanted.names))


def requests(lists: Known) -> Iterator[Request]:
    """Every topic for which there is something to find."""
    for topic in topics():
        for ecosystem, names in topic.names.items():
            real = frozenset(lists.ranked[ecosystem])
            hidden = frozenset(name for name in names if held_out(name) and name not in real)
            if hidden:
                yield Request(ecosystem, topic.name, hidden)


def _shown(topic: Topic) -> Topic:
    """A topic as the model was taught it."""
    kept = {each: tuple(name for name in names if not held_out(name)) for each, names in topic.names.items()}
    return replace(topic, names=kept)


async def _measure(url: str, lists: Known, asked: Sequence[Request], many: int) -> None:
    rows: dict[str, Found] = {}
    async with OpenAIServer(url) as server:
        (model,) = await server.models()
        sampler = OpenAIModel(server, model)
        for request in asked:
            embedded = [each.name for each in predict(lists, request.ecosystem, request.topic, 11 * many)]
            told = await reference.names(sampler, lists, request.ecosystem, request.topic, many)
            model_names = [each.name for each in told]
            for way, names in _ways(embedded, model_names, many):
                rows.setdefault(way, []).append((len(request.wanted & set(names)), len(request.wanted)))
    print(f"{len(asked)} requests\n\n| names | found | 95 % |\n|---|---|---|")
    for way, found in rows.items():
        share = clustered(found, SEED)
        print(f"| {way} | {share.part} of {share.of} | {share.low or 0:.1%} to {share.high or 0:.1%} |")


def _ways(embedded: Names, told: Names, many: int) -> Iterator[tuple[str, Names]]:
    """What is compared: the model's names beside as many more of the embedded forecaster's."""
    yield f"the model's alone, at most {many}", told
    for first in (many, 10 * many):
        shown = embedded[:first]
        further = [name for name in told if name not in set(shown)]
        yield f"the embedded forecaster's first {first:,}", shown
        yield f"the first {first:,} and the model's", [*shown, *further]
        yield (
            f"as many names of the embedded forecaster's as the first {first:,} and the model's",
            embedded[: first + len(further)],
        )
