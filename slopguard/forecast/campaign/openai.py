"""Servers that speak the chat completions interface of OpenAI: `/v1/models` and `/v1/chat/completions`.

Invariants: requests go where the address says and nowhere else (no redirect, no proxy, no cookies), the address is
looked at by `near`; the key goes in one header, is in no error, log or `repr`, and is taken out of what comes back; a
body is read to its limit and no further; no answer of the server is quoted in an error.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from slopguard import __version__
from slopguard.errors import UpstreamAuth, UpstreamError, UsageError
from slopguard.forecast.campaign import wire
from slopguard.forecast.campaign.interface import Nonsense, Sampled
from slopguard.forecast.campaign.near import Address, NearResolver, check_literal

LIMIT = 8 * 2**20
"""Bytes that an answer may have; twelve names have hundreds."""
_PIECE = 64 * 2**10
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may have an answer later."""
_THIS_ONE = 500
"""What llama.cpp answers, each time, to a request whose completion breaks off within its schema."""
_NO_SCHEMA = frozenset({400, 404, 415, 422, 501})
"""Statuses that servers give which know no `response_format`."""
_LONGEST_WAIT = 60.0
_CONNECTING = 10.0
_DOWN = "Start it again; if the campaign had begun, run the same command with --resume"

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Manners:
    """How a server is asked.

    Args:
        timeout: seconds that one answer may take.
        tries: how often one request is sent.
        first_wait: seconds before it is sent again; they double each time, unless the server says how many.
        at_once: requests that may be under way.
        remote: the server may be on another machine.
        pause: waits; tests put their own here.
    """

    timeout: float = 120.0
    tries: int = 4
    first_wait: float = 0.5
    at_once: int = 4
    remote: bool = False
    pause: Pause = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Key:
    """An API key that shows itself nowhere."""

    value: str = field(repr=False)

    @property
    def header(self) -> dict[str, str]:
        """The header that carries it."""
        return {"Authorization": f"Bearer {self.value}"}

    def hidden(self, text: str) -> str:
        """A text without it."""
        return text.replace(self.value, "")


class OpenAIServer:
    """One server; an async context manager.

    Args:
        url: its address, with or without `/v1`.
        manners: how it is asked.
        key: what it wants to see, if anything.
        resolver: asks for addresses; the system's by default.

    Raises:
        UsageError: the address is none, is another machine's without leave, or would carry a key in the clear.
    """

    def __init__(
        self,
        url: str,
        manners: Manners | None = None,
        key: Key | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.address = Address.of(url)
        self.manners = manners or Manners()
        check_literal(self.address.host, remote=self.manners.remote)
        if key and self.manners.remote and not self.address.secure:
            raise UsageError("the key would travel in the clear", "Name the server with https, or leave --key-from out")
        self._key = key
        self._random = Random(self.address.base)  # noqa: S311 - only spreads the waits
        self._resolver = resolver
        self._opened: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        manners = self.manners
        self._room = asyncio.Semaphore(manners.at_once)
        resolver = NearResolver(remote=manners.remote, resolver=self._resolver)
        self._opened = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, limit=manners.at_once),
            timeout=aiohttp.ClientTimeout(total=manners.timeout, sock_connect=_CONNECTING),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            headers={"User-Agent": f"slopguard/{__version__}", "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._opened is not None
        await self._opened.close()

    async def models(self) -> tuple[str, ...]:
        """The models it has; a name with the key in it is left out.

        Raises:
            UpstreamError: it cannot be reached, or does not say.
        """
        status, data = await self._asked("GET", "/v1/models", None)
        if status != 200:
            raise UpstreamError(f"a server answered with status {status} when it was asked for its models", _DOWN)
        return tuple(each for each in wire.models(data) if self.hidden(each) == each)

    async def chat(self, body: Mapping[str, object]) -> tuple[int, bytes]:
        """The status and the body of an answer to a chat completion; never a status that time may mend.

        Raises:
            UpstreamError: no usable answer came in spite of several tries.
        """
        async with self._room:
            return await self._asked("POST", "/v1/chat/completions", body)

    def hidden(self, text: str) -> str:
        """A text of the server without the key, should it have sent that back."""
        return self._key.hidden(text) if self._key else text

    async def _asked(self, method: str, path: str, body: Mapping[str, object] | None) -> tuple[int, bytes]:
        wait = self.manners.first_wait
        for left in reversed(range(self.manners.tries)):
            try:
                status, data, later = await self._once(method, path, body)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                if not left:
                    raise _failed(error) from None
                status, data, later = 0, b"", None
            if (status and status not in _AGAIN) or (status == _THIS_ONE and left < self.manners.tries - 1):
                return _checked(status, data)
            if not left:
                raise UpstreamError(f"a server keeps answering with status {status}", _DOWN)
            await self.manners.pause(min(_LONGEST_WAIT, wait if later is None else later))
            wait *= 2 * self._random.uniform(0.8, 1.2)
        raise AssertionError("unreachable")

    async def _once(self, method: str, path: str, body: Mapping[str, object] | None) -> tuple[int, bytes, float | None]:
        headers = dict(self._key.header) if self._key else {}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        url = f"{self.address.base}{path}"
        assert self._opened is not None
        async with self._opened.request(method, url, data=data, headers=headers, allow_redirects=False) as response:
            if response.status in _AGAIN:
                return response.status, b"", _later(response.headers.get("Retry-After", ""))
            return response.status, await _whole(response), None


class OpenAIModel:
    """One model of a server, as campaigns ask it (`interface.Sampler`).

    Args:
        server: where it is.
        model: what it is called there.
    """

    def __init__(self, server: OpenAIServer, model: str) -> None:
        self.server = server
        self._model = model
        self._schema = True

    @property
    def model(self) -> str:
        """What it is called in reports: of a path, as llama.cpp gives one, the file alone."""
        return label(self._model)

    async def sample(
        self,
        prompt: str,
        n: int,
        seed: int,
        temperature: float,
        schema: Mapping[str, object] | None = None,
        longest: int = 512,
    ) -> Sampled:
        """Completions of a prompt; see `Sampler.sample`."""
        form = schema if self._schema else None
        status, data = await self._chat(prompt, n, seed, temperature, form, longest)
        if form is not None and status in _NO_SCHEMA | {_THIS_ONE}:
            self._schema = self._schema and status == _THIS_ONE
            form = None
            status, data = await self._chat(prompt, n, seed, temperature, form, longest)
            self._schema = self._schema or status != 200
        if status != 200:
            raise Nonsense(f"a server answers with status {status}", "See --model, and what the server logs")
        found = wire.sampled(data, prompt, n, longest, schema=form is not None)
        return Sampled(tuple(map(self.server.hidden, found.texts)), found.usage, found.schema, found.details)

    async def _chat(
        self,
        prompt: str,
        n: int,
        seed: int,
        temperature: float,
        schema: Mapping[str, object] | None,
        longest: int,
    ) -> tuple[int, bytes]:
        return await self.server.chat(wire.request(self._model, prompt, n, seed, temperature, schema, longest))


def label(model: str) -> str:
    """A model's name without the folders of a machine."""
    local = model.startswith(("/", "~", ".")) or (model[1:2] == ":" and model[:1].isalpha()) or "\\" in model
    return re.split(r"[/\\]", model)[-1] or model if local else model


def _checked(status: int, data: bytes) -> tuple[int, bytes]:
    if status in (401, 403):
        raise UpstreamAuth("a server of models refused the key", "Put it into a variable and name it with --key-from")
    if 300 <= status < 400:
        raise UpstreamError("a server redirects; that is not followed", "Name the address that it redirects to")
    return status, data


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """The body, up to `LIMIT`."""
    if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        response.close()
        raise Nonsense("a server compressed its answer though it was asked not to")
    if response.content_type == "text/event-stream":
        response.close()
        raise Nonsense("a server streams its answer though it was asked not to")
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(_PIECE):
        size += len(piece)
        if size > LIMIT:
            response.close()  # the rest is not read
            raise Nonsense("a server sent more than an answer can be")
        pieces.append(piece)
    return b"".join(pieces)


def _later(header: str) -> float | None:
    """The seconds that a server wants to be left alone (`Retry-After`); `None` if it gives no number of them."""
    return float(header) if header.isascii() and header.isdigit() else None


def _failed(error: Exception) -> UpstreamError:
    if isinstance(error, TimeoutError):
        return UpstreamError("a server of models did not answer in time", _DOWN)
    if isinstance(error, aiohttp.ClientConnectorError):
        return UpstreamError("a server of models cannot be reached", _DOWN)
    return UpstreamError("the connection to a server of models broke", _DOWN)
