"""A server of models on loopback that speaks the chat completions interface, and whose models are known exactly.

A model has a table of names that it invents, each with the chance that one completion holds it; in which prompts, and
how often there, follows from the names and the prompt alone, so that tests know the truth. Deterministic: the same
request gives the same answer. Faults come on demand. Every request is kept, with what was answered.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from random import Random
from typing import Any, Self

from aiohttp import web


class Fault(StrEnum):
    """The ways a server of models goes wrong."""

    SLOW = "slow"
    """It answers only when the server closes."""
    BUSY = "busy"
    """429 with `Retry-After`."""
    BROKEN = "broken"
    """500."""
    GONE = "gone"
    """The connection is closed without an answer."""
    HALF = "half"
    """Half of the promised body, then the connection is closed."""
    GARBAGE = "garbage"
    """200 with what is no JSON."""
    EMPTY = "empty"
    """200 with JSON that has no completion in it."""
    STREAM = "stream"
    """An event stream, though none was asked for."""
    HUGE = "huge"
    """A body that does not end."""
    ABSENT = "absent"
    """404."""
    PACKED = "packed"
    """A body that is compressed, though that was not wanted."""
    NO_SCHEMA = "no-schema"
    """400 where a schema is asked for."""
    CUT = "cut"
    """The completion stops in the middle of the JSON."""
    PROSE = "prose"
    """Words around the JSON."""
    FENCED = "fenced"
    """The JSON in a fence of Markdown, after a thought."""
    UNICODE = "unicode"
    """Names that are none beside those that are."""
    ECHO = "echo"
    """The caller's key and prompt stand in the completion, as names."""
    LIES = "lies"
    """It says that nothing was used."""
    BOASTS = "boasts"
    """It says that a billion tokens were used."""
    ELSEWHERE = "elsewhere"
    """A redirect to `OpenAI.elsewhere`."""


@dataclass(frozen=True, slots=True)
class Invention:
    """A name that a model invents.

    Args:
        chance: of one completion to hold it, over all prompts of its ecosystem and kinds.
        spread: the share of those prompts in which it comes at all; there it is the more frequent.
        kinds: of prompts, if not all.
    """

    ecosystem: str
    name: str
    chance: float
    spread: float = 1.0
    kinds: frozenset[str] | None = None

    def at(self, ecosystem: str, kind: str, prompt: str) -> float:
        """The chance that a completion of this very prompt holds it."""
        if ecosystem != self.ecosystem or (self.kinds is not None and kind not in self.kinds):
            return 0.0
        drawn = int.from_bytes(sha256(f"{self.name}/{prompt}".encode()).digest()[:4], "big") / 2**32
        return self.chance / self.spread if drawn < self.spread else 0.0


@dataclass(frozen=True, slots=True)
class Mind:
    """What a model tells.

    Args:
        invented: its inventions.
        real: per ecosystem, names that exist; `told` of them stand in each answer.
    """

    invented: Sequence[Invention]
    real: Mapping[str, Sequence[str]]
    told: int = 4

    def names(self, ecosystem: str, kind: str, prompt: str, draw: str) -> list[str]:
        """The names of one completion."""
        random = Random(f"{draw}/{prompt}")
        told = random.sample(list(self.real[ecosystem]), self.told)
        told += [each.name for each in self.invented if random.random() < each.at(ecosystem, kind, prompt)]
        random.shuffle(told)
        return told


@dataclass(frozen=True, slots=True)
class Heard:
    """One request, and what became of it."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    raw: str
    fault: Fault | None

    @property
    def prompt(self) -> str:
        """What was asked."""
        return str(self.body["messages"][0]["content"])

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the request it is; its form aside."""
        return self.body["model"], self.prompt, self.body["seed"], self.body["temperature"]


Locate = Callable[[str], tuple[str, str]]
"""The ecosystem and the kind of a prompt, by its text."""


def by_words(prompt: str) -> tuple[str, str]:
    """The ecosystem of a prompt by its words; of no kind."""
    return ("npm" if "npm install" in prompt or "Node.js" in prompt else "pypi"), ""


@dataclass
class OpenAI:
    """The server, in a thread of its own; a context manager.

    Args:
        minds: its models by name.
        locate: knows the prompts.
        faults: what goes wrong with each request, by its number from 0 and its body; nothing by default.
        key: wants to see this one.
        think: seconds that each answer takes.
        code: says of a prompt whether it wants code.
    """

    minds: Mapping[str, Mind]
    locate: Locate = by_words
    faults: Callable[[int, Mapping[str, Any]], Fault | None] = lambda number, body: None
    key: str | None = None
    think: float = 0.0
    elsewhere: str = ""
    lists: bool = True
    heard: list[Heard] = field(default_factory=list)
    done: list[Heard] = field(default_factory=list)
    """Those whose answer left whole."""
    at_once: int = 0
    most_at_once: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._ready, self._closing = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop; later connections are refused."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(10)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def asked(self) -> list[Heard]:
        """The requests for completions."""
        return [each for each in self.heard if each.path.endswith("/completions")]

    def twice(self) -> list[tuple[Any, ...]]:
        """What was answered more than once."""
        return [key for key, count in Counter(each.key for each in self.done).items() if count > 1]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._until_closed())
        self._loop.close()

    async def _until_closed(self) -> None:
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._complete)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._closing.wait()
        await runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        self.heard.append(Heard(request.path, dict(request.headers), {}, "", None))
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.Response(status=401)
        if not self.lists:
            return web.Response(status=404)
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self.minds]})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        raw = await request.text()
        body = json.loads(raw)
        heard = Heard(request.path, dict(request.headers), body, raw, self.faults(len(self.asked), body))
        self.heard.append(heard)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
                return web.Response(status=401)
            await asyncio.sleep(self.think)
            answer = await self._answer(request, heard)
        finally:
            self.at_once -= 1
        return answer

    async def _answer(self, request: web.Request, heard: Heard) -> web.StreamResponse:
        early = await self._instead(request, heard)
        if early is not None:
            return early
        data = json.dumps(self._completion(heard)).encode()
        if heard.fault is Fault.HALF:
            return await self._half(request, data)
        response = web.Response(body=data, content_type="application/json")
        await response.prepare(request)
        await response.write_eof()
        self.done.append(heard)
        return response

    async def _instead(self, request: web.Request, heard: Heard) -> web.StreamResponse | None:
        """What is answered where no completion is."""
        match heard.fault:
            case Fault.SLOW:
                await self._closing.wait()
            case Fault.GONE:
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case Fault.HUGE:
                return await self._huge(request)
            case Fault.ELSEWHERE:
                return web.Response(status=307, headers={"Location": self.elsewhere})
            case Fault.NO_SCHEMA if "response_format" in heard.body:
                return web.json_response({"error": "response_format is not supported"}, status=400)
        return _said(heard.fault)

    async def _huge(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            for _ in range(1024):  # a gigabyte
                await response.write(b" " * 2**20)
        except ConnectionError:
            pass
        return response

    async def _half(self, request: web.Request, data: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(data))})
        await response.prepare(request)
        await response.write(data[: len(data) // 2])
        assert request.transport is not None
        request.transport.close()
        return response

    def _completion(self, heard: Heard) -> dict[str, Any]:
        body = heard.body
        ecosystem, kind = self.locate(heard.prompt)
        mind = self.minds[body["model"]]
        draws = (f"{body['model']}/{body['seed']}/{body['temperature']}/{number}" for number in range(body["n"]))
        texts = [self._text(heard, mind.names(ecosystem, kind, heard.prompt, draw), ecosystem) for draw in draws]
        choices = [{"index": at, "message": {"role": "assistant", "content": text}} for at, text in enumerate(texts)]
        spent = max(1, sum(map(len, texts)) // 4)
        told = {Fault.LIES: 0, Fault.BOASTS: 10**9}.get(heard.fault or Fault.SLOW, spent)
        usage = {"prompt_tokens": len(heard.prompt) // 4, "completion_tokens": told, "total_tokens": told}
        return {"id": "x", "model": body["model"], "choices": choices, "usage": usage}

    def _text(self, heard: Heard, names: Sequence[str], ecosystem: str) -> str:
        if heard.fault is Fault.UNICODE:
            names = [*names, "p\u0430ndas", "\u202eevil", "two words and more", "x" * 400]
        if heard.fault is Fault.ECHO:
            names = [*names, heard.headers.get("Authorization", "").removeprefix("Bearer ")]
        text = completion(names, ecosystem, heard.prompt)
        match heard.fault:
            case Fault.CUT:
                return text[: text.rindex(",") + 3] if "," in text else text[:-2]
            case Fault.PROSE:
                return f"Gladly! Here is what you need:\n{text}\nTell me if there is [more]."
            case Fault.FENCED:
                return f'<think>{{"packages": ["thought-of"]}}</think>\n```json\n{text}\n```'
        return text


def _said(fault: Fault | None) -> web.Response | None:
    """Answers that hold no completion."""
    match fault:
        case Fault.BUSY:
            return web.Response(status=429, headers={"Retry-After": "7"})
        case Fault.BROKEN:
            return web.Response(status=500, text="secret traceback")
        case Fault.ABSENT:
            return web.json_response({"error": "no such model"}, status=404)
        case Fault.PACKED:
            return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
        case Fault.GARBAGE:
            return web.Response(text="<html>Welcome", content_type="text/html")
        case Fault.EMPTY:
            return web.json_response({"choices": [{"index": 0}]})
        case Fault.STREAM:
            return web.Response(text='data: {"choices": []}\n\n', content_type="text/event-stream")
    return None


def completion(names: Sequence[str], ecosystem: str, prompt: str) -> str:
    """The text of a completion with these names, in the form that the prompt asks for."""
    return _code(names, ecosystem) if "complete code" in prompt else json.dumps({"packages": list(names)})


def _code(names: Sequence[str], ecosystem: str) -> str:
    """An answer in code: a program, and the command that installs what it needs."""
    command = "pip install" if ecosystem == "pypi" else "npm install"
    language, line = ("python", "import json") if ecosystem == "pypi" else ("js", 'import fs from "node:fs"')
    return f"```{language}\n{line}\n```\n\nInstall it:\n\n```bash\n{command} {' '.join(names)}\n```\n"
