"""How lists come over the network or from a folder: one fetcher, and the python-tuf updater that uses it.

Invariants: a redirect never leaves https for http nor HTTP for files; a server cannot send more than asked for, nor
keep us waiting for ever; proxies and passwords come from the environment and from netrc alone, and a password is never
sent to another host than its own; what a server sends is never part of a message.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.request import url2pathname

import requests
import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from slopguard import __version__

AGENT = f"slopguard/{__version__}"
CHUNK = 1 << 18
HOPS = 5
"""Redirects that are followed."""
SLOWEST = 20_000
"""Bytes a second, on average, that a server must send."""
ANSWERS = 4
"""How often the patience for one answer is had for all of them together, beyond what their bytes need."""


class Fetcher(FetcherInterface):
    """Gets files by `https://`, `http://` and `file://`; a context that closes its connections.

    Args:
        timeout: seconds without a byte after which a server is given up.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._begin, self._received = time.monotonic(), 0
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": AGENT, "Accept-Encoding": "identity"})

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *exc: object) -> None:
        self._session.close()

    def _fetch(self, url: str) -> Iterator[bytes]:
        return self._file(url) if urlsplit(url).scheme == "file" else self._remote(url)

    def _file(self, url: str) -> Iterator[bytes]:
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise DownloadError("a file on another machine")
        path = Path(url2pathname(parts.path))
        if not path.is_file():  # a folder, a pipe: nothing that is read to its end
            raise DownloadHTTPError("no such file", 404)
        try:
            with path.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except OSError as why:
            raise DownloadError("a file that cannot be read") from why

    def _remote(self, url: str) -> Iterator[bytes]:
        try:
            with self._answer(url) as response:
                if response.status_code != requests.codes.ok:
                    raise DownloadHTTPError("refused", response.status_code)
                yield from self._paced(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as why:
            raise DownloadError("no usable answer") from why

    def _answer(self, url: str) -> requests.Response:
        """The answer after redirects; each is asked for afresh, so that no header goes to another host."""
        for _ in range(HOPS):
            response = self._got(url)
            if not response.is_redirect:
                return response
            response.close()
            target = urljoin(url, response.headers["location"])
            schemes = ("https",) if urlsplit(url).scheme == "https" else ("https", "http")
            if urlsplit(target).scheme not in schemes:
                raise DownloadError("a redirect to a place that is less safe")
            url = target
        raise DownloadError("too many redirects")

    def _got(self, url: str) -> requests.Response:
        """One answer; a connection that the server or a proxy closed after the last one is made anew, once."""
        try:
            return self._asked(url)
        except requests.ConnectionError as why:
            if isinstance(why, requests.Timeout):
                raise
            return self._asked(url)

    def _asked(self, url: str) -> requests.Response:
        """One question, answered in time: each byte of a header would start the clock of the library anew."""

        def ask() -> requests.Response:
            return self._session.get(url, stream=True, timeout=self._timeout, allow_redirects=False)

        return _in_time(ask, min(self._left(), 2 * self._timeout))

    def _left(self) -> float:
        """Seconds that this fetcher may still take; each byte that comes gives it more."""
        return self._begin + ANSWERS * self._timeout + self._received / SLOWEST - time.monotonic()

    def _paced(self, response: requests.Response) -> Iterator[bytes]:
        """The bytes as sent (nothing is unpacked); a server that only drips is given up."""
        while chunk := response.raw.read1(CHUNK, decode_content=False):
            self._received += len(chunk)
            if self._left() <= 0:
                raise SlowRetrievalError("too slow")
            yield chunk


def _in_time(ask: Callable[[], requests.Response], seconds: float) -> requests.Response:
    """What a question comes to, if it comes in time; else the thread that asks is left behind.

    Raises:
        SlowRetrievalError: it did not.
    """
    answers: queue.SimpleQueue[requests.Response | Exception] = queue.SimpleQueue()

    def answered() -> None:
        try:
            answers.put(ask())
        except Exception as why:  # raised again where the answer is waited for
            answers.put(why)

    threading.Thread(target=answered, daemon=True).start()
    try:
        found = answers.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise SlowRetrievalError("too slow") from None
    if isinstance(found, Exception):
        raise found
    return found


def updater(
    fetcher: Fetcher,
    metadata: str,
    folder: Path,
    root: bytes | None,
    targets: str | None = None,
    into: Path | None = None,
) -> Updater:
    """The python-tuf client that fetches a list.

    Args:
        metadata: the address of the metadata.
        folder: where metadata is kept meanwhile.
        root: the pinned root; `None` for the one that `folder` holds (conformance tests only).
        targets: the address of the targets.
        into: where targets are put.
    """
    config = UpdaterConfig(app_user_agent=AGENT)
    return Updater(
        os.fspath(folder),
        metadata,
        target_dir=None if into is None else os.fspath(into),
        target_base_url=targets,
        fetcher=fetcher,
        config=config,
        bootstrap=root,
    )
