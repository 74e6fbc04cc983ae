"""What a served gate answers: who may ask, health, metrics, and for everything else the gate itself.

Invariants: nothing of a request is logged but its route, the package's name and the token's name; without a token that
counts the answer is 401 and says nothing else; `/healthz` says ok or not, and no more; every request is counted once.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web

from slopguard.errors import SlopguardError
from slopguard.gate import auth, refusal_npm
from slopguard.gate.answers import NEVER_STORE, refusal
from slopguard.gate.paths import Route, Wanted, route, simple, tagged
from slopguard.gate.server import BODY_LIMIT, BROWSER, NO_ROUTE, Gate, failed
from slopguard.registries.npm.names import parse_path
from slopguard.serve import metrics
from slopguard.serve.hall import Hall
from slopguard.serve.hearing import HEARD, Request
from slopguard.serve.logs import Log
from slopguard.serve.places import asked_by_name, is_here
from slopguard.serve.services import CLOSED, closed
from slopguard.serve.silent import Silent
from slopguard.serve.tokens import Caller, TokenFile
from slopguard.store.redact import redact

NO_TOKEN = "slopguard: this gate wants a token; ask whoever looks after it"  # noqa: S105 (a message, no secret)
CHALLENGE = {"WWW-Authenticate": 'Basic realm="slopguard"'}
FOREIGN_NAME = "slopguard: this gate is not reached by that name; whoever looks after it may say --host-name"
NOT_READY = "slopguard: this gate cannot judge or record at the moment"
CHECKED = 5.0
"""Seconds that an answer of `/healthz` counts: asking costs a write to the disk, and anybody may ask."""
PROMETHEUS = "metrics"


@dataclass(slots=True)
class Health:
    """Whether this worker can judge and record."""

    ok: bool = False
    problem: str | None = None
    """Of the settings, the lists or the token file; what a person should look at."""
    asked: float = float("-inf")

    def renew(self, problem: str | None = None) -> None:
        """Something is known now that was not; the next question is answered anew."""
        self.problem, self.asked = problem, float("-inf")


class App:
    """The routes of a served gate.

    Args:
        hall: the callers' sessions.
        tokens: who may come; `None` for anybody on this machine.
        hosts: the values of `Host` that are answered; `None` for any.
        behind: something in front of it speaks TLS, so that neither peers nor connections say who asks.
        run: the folder of this run.
        kept: what the cache holds.
    """

    def __init__(
        self,
        gate: Gate,
        hall: Hall,
        tokens: TokenFile | None,
        hosts: frozenset[str] | None,
        *,
        behind: bool,
        run: Path,
        kept: metrics.Kept,
        log: Log,
    ) -> None:
        self._gate, self._hall, self._tokens, self._hosts = gate, hall, tokens, hosts
        self._behind, self._run, self._log = behind, run, log
        self._kept = kept
        self.health = Health()
        self._checking = asyncio.Lock()
        self.silent = Silent()

    def runner(self, grace: float) -> web.AppRunner:
        """What serves it on a socket; a stop waits `grace` seconds for what is under way."""

        @web.middleware
        async def every(request: web.Request, handler: object) -> web.StreamResponse:
            """Whatever is asked, a path that aiohttp has no pattern for included."""
            return await self.answer(request)

        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[every])
        return web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=grace)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request, counted and logged."""
        started, connection = time.monotonic(), request.transport
        self.silent.asked(connection)
        if self._behind:
            request = request.clone(scheme="https")
        heard = Request(None if self._behind else connection)
        mark = HEARD.set(heard)
        host = request.headers.get("Host", "")
        asked = route(request.raw_path.partition(f"//{host}")[2] if "://" in request.raw_path else request.raw_path)
        if request.path == "/metrics":
            asked = Route(PROMETHEUS)
        caller = self._caller(request)
        status, size = 0, 0
        try:
            response = await self._answered(request, asked, caller, heard)
            status, size = response.status, _size(response)
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        except (OSError, asyncio.CancelledError):  # the client went away
            status = 499
            raise
        finally:
            HEARD.reset(mark)
            self.silent.answered(connection)
            self._told(asked, caller, heard, status, size, time.monotonic() - started)

    async def _answered(
        self, request: web.Request, asked: Route, caller: Caller | None, heard: Request
    ) -> web.StreamResponse:
        """Who may ask, then what is asked."""
        if asked.protocol == "healthz" and request.method in ("GET", "HEAD"):
            return web.Response(text="ok\n", headers=NEVER_STORE) if await self.healthy() else refusal(503, NOT_READY)
        if not asked_by_name(request.headers.get("Host", ""), self._hosts):
            return refusal(403, FOREIGN_NAME)
        if auth.is_browser(request.headers):
            return refusal(403, BROWSER)
        if asked.protocol == PROMETHEUS and (caller is not None or self._near(request)):
            text = await asyncio.to_thread(metrics.exposition, self._run, self._kept)
            return web.Response(body=text, headers={**NEVER_STORE, "Content-Type": metrics.CONTENT_TYPE})
        if asked.protocol == "npm" and asked.rest.startswith(refusal_npm.SPELLED):
            return refusal(403, NO_ROUTE)
        if caller is None:
            metrics.UNKNOWN.inc()
            response = refusal(401, NO_TOKEN)
            response.headers.update(CHALLENGE)
            return response
        return await self._judged(request, asked, caller, heard)

    async def _judged(self, request: web.Request, asked: Route, caller: Caller, heard: Request) -> web.StreamResponse:
        """The gate's answer; what goes wrong on the way to it is a refusal, as it is inside."""
        try:
            async with self._hall.seat(caller) as session:
                if closed(asked, session, caller):
                    return refusal_npm.answer(request, asked.key, CLOSED)
                return await self._gate.guarded(request, asked, session)
        except SlopguardError as error:
            heard.failure = error
        except (OSError, web.HTTPException):
            raise
        except Exception as error:  # the one boundary: nothing unjudged may pass, and clients retry what is a 5xx
            self._log.fault(error)
            heard.failure = SlopguardError(f"internal fault in the gate ({type(error).__name__})")
        return failed(request, asked, heard.failure)

    def _caller(self, request: web.Request) -> Caller | None:
        """Who asks; on a gate without tokens everybody is nobody in particular, and is trusted as the server is."""
        if self._tokens is None:
            return Caller("", self._hall.era.settings.actor)
        return self._tokens.now().caller(request.headers.get("Authorization"))

    def _near(self, request: web.Request) -> bool:
        """Whether somebody on this machine asks, as far as that can be told; no web page under a name of its own."""
        try:
            near = not self._behind and ip_address(request.remote or "").is_loopback
            return near and is_here(request.headers.get("Host", ""))
        except ValueError:
            return False

    async def healthy(self) -> bool:
        """Whether this worker can judge and record; asked of the disk at most every `CHECKED` seconds."""
        async with self._checking:
            if time.monotonic() - self.health.asked > CHECKED:
                self.health.ok = await self._checked()
                self.health.asked = time.monotonic()
                metrics.READY.set(self.health.ok)
        return self.health.ok

    async def _checked(self) -> bool:
        era = self._hall.era
        if self._tokens is not None:
            self._tokens.now()
        problem = self.health.problem or (self._tokens.problem.code if self._tokens and self._tokens.problem else None)
        if era.judge.lists.state != "ok":
            problem = problem or "list-invalid"
        try:
            await asyncio.to_thread(era.judge.probe)
        except SlopguardError as error:
            problem = problem or error.code
        if problem is not None:
            self._log("not-ready", "error", why=problem)
        return problem is None

    def _told(
        self, asked: Route, caller: Caller | None, heard: Request, status: int, size: int, seconds: float
    ) -> None:
        kind, name = kind_of(asked)
        metrics.answered(kind, status, seconds, size)
        if kind in ("healthz", PROMETHEUS) and status == 200:
            return
        if caller is None:
            name, key = None, None  # what a stranger wrote may be anything, a password included
        else:
            name, key = redact(name) if name else None, redact(asked.key) or None
        verdict = heard.verdict if heard.verdict is not None and heard.verdict.outcome.refuses else None
        self._log(
            "request",
            "error" if heard.failure else "info",
            token=(caller.name or None) if caller else None,
            route=kind,
            index=key,
            name=name,
            verdict=verdict.outcome.value if verdict else None,
            rule=verdict.rule if verdict else None,
            decision=verdict.decision_id if verdict else None,
            failure=heard.failure.code if heard.failure else None,
            status=status,
            bytes=size,
            ms=round(seconds * 1000, 1),
        )


def kind_of(asked: Route) -> tuple[str, str | None]:
    """The kind of a route, one of few, and the name in it as the client spelled it."""
    if asked.protocol == "pypi":
        path = simple(asked.rest)
        if path.wanted is Wanted.FILE:
            return ("pypi-metadata" if path.filename.endswith(".metadata") else "pypi-file"), path.name
        return {Wanted.PROJECT: "pypi-page", Wanted.NAMES: "pypi-names"}.get(path.wanted, "other"), path.name or None
    if asked.protocol == "npm":
        if asked.rest.startswith("-/"):
            return "npm-service", tagged(asked.rest)
        found = parse_path(asked.rest)
        if found is None:
            return "other", None
        return ("npm-tarball" if found.filename else "npm-packument"), found.name
    return asked.protocol or "other", None


def _size(response: web.StreamResponse) -> int:
    """Bytes of a body, whether it was sent already or is about to be."""
    return response.body_length if response.prepared else response.content_length or 0
