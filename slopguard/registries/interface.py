"""The three-method registry interface; every gate feature is a small decorator over it.

Invariants: a registry gives either a usable answer or one of three errors (`ProjectNotFound`,
`UpstreamError`, `UpstreamAuth`); half an answer is an `UpstreamError`. Bytes of a file reach the caller
only together with the hash they are checked against; `FileStream.chunks` raises `HashMismatch` before the
last chunk is handed over, so that nobody ever holds a complete wrong file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from slopguard.errors import SlopguardError, UpstreamError
from slopguard.model import Facts, NormalizedName


class ProjectNotFound(SlopguardError):
    """The registry answered, clearly, that it has no such project (404 or 410)."""

    exit_code = 1
    code = "not-found"
    default_hint = "Do not retry or guess another name"


class Unasked(UpstreamError):
    """Nobody was asked, because slopguard is told to stay offline, and what was fetched before does not hold it."""

    default_hint = "Fetch it once while online, or leave offline out"


class Rejected(UpstreamError):
    """The registry answered with a status that is no answer to what was asked.

    Args:
        status: the HTTP status.
        wait: seconds that it asks to be left alone for (`Retry-After`), `None` if it does not say.
    """

    def __init__(self, status: int, wait: float | None = None) -> None:
        super().__init__(f"the index answered with status {status}")
        self.status, self.wait = status, wait


class Declined(Rejected):
    """The registry does not give this in the form that was asked for."""


class HashMismatch(UpstreamError):
    """The bytes an index delivered do not have the digest its page promised."""

    exit_code = 1
    code = "hash-mismatch"
    default_hint = "Do not install it from anywhere; tell the user"


class Document(Protocol):
    """A project document: a PyPI Simple page or an npm packument, parsed just enough to filter it."""

    def facts(self) -> Facts:
        """What the document says about the project (existence YES)."""
        ...

    def without(self, versions: frozenset[str]) -> Self:
        """The same document with these versions (and what refers to them) taken out."""
        ...

    def only(self, files: Mapping[str, frozenset[str]]) -> Self:
        """The same document with, of these versions, only the files that have one of the digests named."""
        ...

    def version_of(self, filename: str) -> str | None:
        """The version (as `facts` spells it) that lists this file, PyPI's `<file>.metadata` included, if any does."""
        ...


D_co = TypeVar("D_co", bound=Document, covariant=True)


@dataclass(frozen=True, slots=True)
class FileStream:
    """A file on its way to the client.

    Args:
        status: 200 or 206.
        headers: only those fit to pass on (length, type, range).
        chunks: the bytes; empty for HEAD. A full body is hashed on the way.
    """

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Registry(Protocol[D_co]):
    """One index of one ecosystem."""

    async def names(self) -> AsyncIterator[bytes]:
        """The registry's own list of names, streamed as it came (PEP 503 root)."""
        ...

    async def project(self, name: NormalizedName) -> D_co:
        """The project's document, always in the form that carries dates.

        Raises:
            ProjectNotFound: the registry has no such project.
            UpstreamAuth: it refused our credentials.
            UpstreamError: no usable answer within the time-out.
        """
        ...

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """One file of the project, found by name in the project's document.

        Args:
            filename: as the document lists it; PyPI's `<file>.metadata` (PEP 658) is a file too.
            byte_range: the client's `Range` header, passed on.

        Raises:
            ProjectNotFound: no such file in the document.
            UpstreamError: as for `project`.
        """
        ...
