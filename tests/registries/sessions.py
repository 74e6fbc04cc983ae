"""Sessions that share what they fetched, with a clock of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from slopguard.cache import Cache
from slopguard.indexes import Index
from slopguard.model import Ecosystem, NormalizedName
from slopguard.registries.pool import AnyDocument, Upstreams
from slopguard.registries.shared import Shared
from tests.registries.indexes import FOO, body, index, settings
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

KEY = b"k" * 32
WHEEL = "foo-1.0-py3-none-any.whl"


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def kept(folder: Path, clock: Clock, key: bytes = KEY) -> Shared:
    """What a gate with a cache in `folder` shares."""
    return Shared(Cache.open(folder, 1 << 30, KEY), key, clock=clock)


def of(registry: PyPI | Npm, **more: Any) -> Index:
    """The registry as a client is configured for it."""
    ecosystem = Ecosystem.NPM if isinstance(registry, Npm) else Ecosystem.PYPI
    return replace(index(registry.url, ecosystem=ecosystem), **more)


@asynccontextmanager
async def session(
    shared: Shared, chosen: Index, *, allowed: tuple[str, ...] = (), surroundings: Any = None, **more: Any
) -> AsyncIterator[Upstreams]:
    """A session with one index; `allowed` names stand whatever their documents say."""
    known = Upstreams(
        [chosen], settings(**more), surroundings=surroundings, settled=lambda ecosystem, name: name in allowed
    )
    known.share(shared)
    async with known:
        yield known


async def read(shared: Shared, chosen: Index, name: NormalizedName = FOO, **more: Any) -> AnyDocument:
    """What a session of its own sees of a project."""
    async with session(shared, chosen, **more) as one:
        return await one.page(chosen, name)


async def download(
    shared: Shared, chosen: Index, filename: str = WHEEL, asked: Any = None, **more: Any
) -> tuple[int, dict[str, str], bytes]:
    """What a session of its own is handed of a file: status, headers, bytes.

    Args:
        asked: further arguments of `Registry.file`.
    """
    async with session(shared, chosen, **more) as one:
        stream = await one.registry(chosen).file(FOO, filename, **(asked or {}))
        return stream.status, dict(stream.headers), await body(stream.chunks)
