"""Pages joined in other ways have other marks, even where one address is an index here and links there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from slopguard.gate.joined import Joined
from slopguard.model import NormalizedName
from slopguard.registries.interface import FileStream, ProjectNotFound
from slopguard.registries.pypi.page import ProjectPage
from slopguard.registries.pypi.parse import JSON_TYPE, parse_page

NAME = NormalizedName("x")


@dataclass
class Fixed:
    """A registry with one page, or none."""

    page: ProjectPage | None

    async def names(self) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def project(self, name: NormalizedName) -> ProjectPage:
        if self.page is None:
            raise ProjectNotFound("none")
        return self.page

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        raise NotImplementedError


def page(number: int) -> ProjectPage:
    """A page that says more than its files."""
    body = b'{"meta": {}, "files": [{"url": "x-%d.0.tar.gz"}], "project-status": {"status": "archived"}}' % number
    return parse_page("x", body, JSON_TYPE, f"https://registry.example/{number}/x/")


async def test_links_alone_are_not_links_beside_an_index() -> None:
    alone = await Joined(Fixed(None), [Fixed(page(1)), Fixed(page(2))], last=True).project(NAME)
    beside = await Joined(Fixed(page(2)), [Fixed(page(1))], last=True).project(NAME)
    assert alone != beside
    assert alone.mark != beside.mark
