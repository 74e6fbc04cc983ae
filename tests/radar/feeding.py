"""Feeds on loopback: npm's pages of changes, PyPI's RSS of newest packages."""

from __future__ import annotations

import json
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.simulators.server import Answer, LoopbackServer, Seen


class Changes:
    """CouchDB's `_changes`: one row a name, numbered from 1; `most` rows a page."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.most = 3
        self.pending = True
        self.answer: Answer | None = None
        self.since: list[str] = []
        self._server = LoopbackServer(self._respond)

    def _respond(self, seen: Seen, _: bytes) -> Answer:
        asked = parse_qs(urlsplit(seen.raw).query)
        self.since.append(asked["since"][0])
        if self.answer is not None:
            return self.answer
        newest = len(self.names)
        start = newest if asked["since"][0] == "now" else int(asked["since"][0])
        end = min(start + min(self.most, int(asked["limit"][0])), newest)
        rows = [{"seq": n + 1, "id": self.names[n], "changes": [{"rev": "1-x"}]} for n in range(start, end)]
        page: dict[str, Any] = {"results": rows, "last_seq": end}
        if self.pending:
            page["pending"] = newest - end
        return Answer(body=json.dumps(page).encode())

    @property
    def url(self) -> str:
        return f"{self._server.origin}/registry/_changes"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.close()


class Newest:
    """RSS of the newest packages; `body` is served instead if it is set."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.body = b""
        self.server = LoopbackServer(
            lambda seen, _: Answer(body=self.body or rss(*self.names), content_type="text/xml")
        )

    @property
    def url(self) -> str:
        return f"{self.server.origin}/rss/packages.xml"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.close()


def rss(*names: str) -> bytes:
    """A page as PyPI writes it, the first name newest."""
    items = "".join(
        f"<item><title>{name} added to PyPI</title><link>https://index.example/project/{name}/</link>"
        f"<guid>https://index.example/project/{name}/</guid><description>x</description></item>"
        for name in names
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Newest packages</title>'
    return f"{head}<link>https://index.example/</link>{items}</channel></rss>".encode()
