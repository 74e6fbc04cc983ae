"""Documents as clients read them, kept for all sessions of a gate: asked for again, they cost no rendering.

Invariants: what is kept is found by its `Recipe` only, in which everything stands that its bytes depend on; equal
recipes are equal bytes, so the validator is made of the recipe and a 304 needs no body; a document of unknown origin is
never kept; one asker giving up does not take the body from the others; large documents are made one after the other
and beside the event loop, because each needs several times its size.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from slopguard import __version__
from slopguard.model import NormalizedName
from slopguard.registries import marks

LIMIT = 48 << 20
"""Bytes of bodies that are kept."""
LARGE = 256 << 10
"""Bytes from which on a document counts as large."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the bytes of a document depend on.

    Args:
        mark: names the document: upstream's bytes and address, dates from elsewhere, what is left out, links joined.
        kind: its content type.
        form: whatever else its form depends on: a single version, upstream addresses in it, pnpm's addresses.
        place: the address that its files get, if that is an absolute one.
    """

    mark: str
    kind: str
    form: str = ""
    place: str = ""

    @property
    def tag(self) -> str:
        """A strong validator (RFC 9110, section 8.8.3): one version of slopguard makes equal bytes of equal recipes."""
        return f'"{marks.changed(self.mark, __version__, (self.kind, self.form, self.place))}"'


class Body:
    """A rendered document.

    Args:
        content: its bytes.
    """

    __slots__ = ("content", "required", "zipped")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.zipped: bytes | None = None
        self.required: frozenset[NormalizedName] | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.content) + len(self.zipped or b"")


class Rendered:
    """The bodies that a gate keeps, least recently used out first.

    Args:
        limit: bytes that they may take together.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept: OrderedDict[Recipe, Body] = OrderedDict()
        self._making: dict[Recipe, asyncio.Task[Body]] = {}
        self._lane = asyncio.Semaphore(1)
        self.size = 0

    async def get(self, recipe: Recipe, make: Callable[[], bytes], *, large: bool = False) -> Body:
        """The body of a recipe, made by `make` unless it is here or under way.

        Args:
            large: making it takes long; done in a thread.
        """
        if (found := self._kept.get(recipe)) is not None:
            self._kept.move_to_end(recipe)
            return found
        if not large:
            return self._keep(recipe, Body(make()))
        if not recipe.mark:
            return await self._made(recipe, make)
        if recipe not in self._making:
            task = self._making[recipe] = asyncio.create_task(self._made(recipe, make))
            task.add_done_callback(lambda done: self._landed(recipe, done))
        return await asyncio.shield(self._making[recipe])

    async def zipped(self, recipe: Recipe, body: Body) -> bytes:
        """The body, compressed; once for as long as it is kept."""
        async with self._lane:
            if body.zipped is None:
                zipped = await asyncio.to_thread(_compressed, body.content)
                body.zipped = zipped
                self._make_room(len(zipped) if self._kept.get(recipe) is body else 0)
        return body.zipped

    async def _made(self, recipe: Recipe, make: Callable[[], bytes]) -> Body:
        async with self._lane:
            return self._keep(recipe, Body(await asyncio.to_thread(make)))

    def _landed(self, recipe: Recipe, task: asyncio.Task[Body]) -> None:
        self._making.pop(recipe, None)
        if not task.cancelled():
            task.exception()  # whoever waits for it gets it; maybe nobody does any more

    def _keep(self, recipe: Recipe, body: Body) -> Body:
        if recipe.mark and body.size <= self._limit // 2 and recipe not in self._kept:
            self._kept[recipe] = body
            self._make_room(body.size)
        return body

    def _make_room(self, more: int) -> None:
        self.size += more
        while self.size > self._limit and self._kept:
            self.size -= self._kept.popitem(last=False)[1].size


def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)
