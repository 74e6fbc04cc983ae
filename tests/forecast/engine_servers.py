"""Servers on loopback that answer in the shapes of engines, as those are documented.

Written from documentation and source: none of these engines was seen on the wire here. What a probe makes of them holds
the adapter to that reading, not to the engines.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

Body = Mapping[str, Any]


@dataclass
class Engine:
    """One such server; a context manager.

    Args:
        owner: of its model; `None` to leave it out.
        pages: JSON by path.
        extra: what its answers hold besides, for a request.
        chat: where it takes completions.
        refuses: fields that it answers 400 to.
        most: completions of one request.
        metrics: its counters for the tokens generated so far.
        schema: keeps to schemas.
        logprobs: of a request's tokens.
        models: what it says it has.
        elsewhere: the status of everything else; 0: no answer at all.
        lists: how often it says what models it has.
        breaks_after: answers with 500 from this completion on.
    """

    owner: str | None
    pages: Mapping[str, Any] = field(default_factory=dict)
    extra: Callable[[Body], Mapping[str, Any]] = lambda body: {}
    chat: str = "/v1/chat/completions"
    refuses: frozenset[str] = frozenset()
    most: int = 64
    metrics: Callable[[int], str] | None = None
    schema: bool = True
    logprobs: Callable[[Body, int], Any] = lambda body, tokens: None
    models: tuple[str, ...] = ("m",)
    elsewhere: int = 404
    lists: int = 1000
    breaks_after: int | None = None
    generated: int = 0
    bodies: list[Body] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.headers.append(request.headers)
        if request.path == self.chat and request.method == "POST":
            return self._chat(await request.json())
        if request.path == "/metrics" and self.metrics is not None:
            return web.Response(text=self.metrics(self.generated))
        if request.path == "/v1/models" and self.lists:
            self.lists -= 1
            more = {"object": "model"} | ({"owned_by": self.owner} if self.owner else {})
            return web.json_response({"object": "list", "data": [{"id": each, **more} for each in self.models]})
        if request.path in self.pages:
            return web.json_response(self.pages[request.path])
        if not self.elsewhere:
            await self._stop.wait()
        return web.json_response({"error": "not found"}, status=self.elsewhere or 404, headers={"Location": "/login"})

    def _chat(self, body: Body) -> web.Response:
        self.bodies.append(body)
        if self.breaks_after is not None and len(self.bodies) > self.breaks_after:
            return web.json_response({"error": "broken"}, status=500)
        if self.refuses & set(body):
            return web.json_response({"error": "a field is not known"}, status=400)
        count, tokens = min(body.get("n", 1), self.most), body["max_tokens"]
        text = '{"safe": "yes"}' if self.schema and "response_format" in body else "requests, flask, numpy, pandas"
        self.generated += count * tokens
        choice = {"message": {"role": "assistant", "content": text}, "logprobs": self.logprobs(body, tokens)}
        usage = {"prompt_tokens": 12, "completion_tokens": count * tokens, "total_tokens": 12 + count * tokens}
        answer = {"choices": [dict(choice, index=at) for at in range(count)], "usage": usage, **self.extra(body)}
        return web.json_response(answer)
