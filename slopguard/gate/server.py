"""The gate: one aiohttp server on loopback that hosts sessions.

Invariants: HTTP/1.1, whose reason phrase is the one channel nearly every client prints; every route but `/healthz`
needs a session's secret; never a 5xx, which clients retry: a fault of ours is answered as a refusal with the code
`internal` and told to the session, so that the guarded command ends with code 5.
"""

from __future__ import annotations

import logging

from aiohttp import web

from slopguard.clients.interface import GateAddress
from slopguard.errors import EnvironmentFailed, SlopguardError
from slopguard.gate import auth, npm_routes, osv, pypi_routes, refusal_npm, refusal_pypi
from slopguard.gate.answers import refusal
from slopguard.gate.memory import give_back
from slopguard.gate.paths import Route, Wanted, route, simple
from slopguard.gate.refusal_pypi import Stop
from slopguard.gate.rendered import Rendered
from slopguard.gate.session import Session
from slopguard.gate.verdicts import Verdicts
from slopguard.gate.visit import Visit
from slopguard.model import Ecosystem
from slopguard.names import BadName, normalize
from slopguard.registries.shared import Shared

BODY_LIMIT = 32 << 20
"""Longest request body in bytes: an audit of a very large tree."""
NO_SECRET = "slopguard: this gate answers only the command it was opened for"  # noqa: S105 (a message, no secret)
FOREIGN_HOST = "slopguard: this gate answers only on its own loopback address"
BROWSER = "slopguard: this gate does not answer browsers"
NO_BODY = "slopguard: the body of this request cannot be read"
NO_ROUTE = "slopguard: no such route on this gate"

log = logging.getLogger(__name__)
_SILENT = logging.getLogger(f"{__name__}.protocol")
"""What is not even HTTP gets 400 and no line on the user's terminal: anybody on this machine can send it."""
_SILENT.disabled = True


class Gate:
    """A registry endpoint for package clients; see the module's invariants.

    Args:
        shared: what its sessions share; closed by whoever gives it. In memory only, and its own, by default.
    """

    def __init__(self, shared: Shared | None = None) -> None:
        self._shared, self._owns = shared or Shared(), shared is None
        self._sessions: dict[str, Session] = {}
        self._verdicts: dict[str, Verdicts] = {}
        self._rendered = Rendered()
        self._runner: web.AppRunner | None = None
        self._host, self._port = "127.0.0.1", 0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on `host`; on any free port when `port` is 0 or taken.

        Raises:
            EnvironmentFailed: no port can be had.
        """
        give_back()
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{target:(?s:.*)}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, logger=_SILENT, handle_signals=False, shutdown_timeout=1.0)
        await self._runner.setup()
        self._host = host
        for wanted in dict.fromkeys((port, 0)):
            site = web.TCPSite(self._runner, host, wanted)
            try:
                await site.start()
            except OSError:
                continue
            self._port = self._runner.addresses[0][1]
            return
        await self.stop()
        raise EnvironmentFailed("no port on this machine's loopback address can be opened")

    async def stop(self) -> None:
        """Close every session, then stop listening."""
        for session in tuple(self._sessions.values()):
            await self.close(session)
        if self._runner is not None:
            await self._runner.cleanup()
        if self._owns:
            await self._shared.close()

    @property
    def base(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://{self._host}:{self._port}"

    async def open(self, session: Session, verdicts: Verdicts | None = None) -> GateAddress:
        """Let `session` in; its upstream connections are made in this loop.

        Args:
            verdicts: those of the session, from whoever wants to hear of them.
        """
        session.upstreams.share(self._shared)
        await session.upstreams.__aenter__()
        self._sessions[session.id] = session
        self._verdicts[session.id] = verdicts or Verdicts(session)
        return GateAddress(self.base, session.id, session.secret)

    async def close(self, session: Session) -> None:
        """Let nobody in on this session any more and write what is left of it to the ledger."""
        if self._sessions.pop(session.id, None) is None:
            return
        try:
            await self._verdicts.pop(session.id).close()
        except SlopguardError as error:
            session.journal.fail(error)
        finally:
            await session.upstreams.__aexit__(None, None, None)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Who may ask, then what is asked."""
        if not auth.is_own_host(request.headers.get("Host"), self._port):
            return refusal(403, FOREIGN_HOST)
        if auth.is_browser(request.headers):
            return refusal(403, BROWSER)
        asked = route(request.raw_path.removeprefix(f"http://{request.headers['Host']}"))  # as to a proxy, from pip
        if asked.protocol == "healthz":
            return web.Response(text="ok\n")
        if asked.protocol == "npm" and asked.rest.startswith(refusal_npm.SPELLED):
            return refusal(403, NO_ROUTE)
        session = auth.session_of(request.headers.get("Authorization"), self._sessions)
        if session is None:
            return refusal(403, NO_SECRET)
        return await self.guarded(request, asked, session)

    async def guarded(self, request: web.Request, asked: Route, session: Session) -> web.StreamResponse:
        """The answer of a route to whoever has shown to belong to an open session; what goes wrong is a refusal."""
        try:
            return await self._routed(request, asked, session)
        except SlopguardError as error:
            failure = error
        except ConnectionResetError:  # the client went away; aiohttp drops an answer that nobody waits for
            return web.Response(status=400)
        except web.RequestPayloadError:  # a body that is not what its headers say
            return refusal(400, NO_BODY)
        except (OSError, web.HTTPException):  # the client went away, or sent what HTTP does not allow
            raise
        except Exception as error:  # the one boundary: whatever we did wrong, nothing unjudged may pass
            log.exception("the gate could not answer")
            failure = SlopguardError(f"internal fault in the gate ({type(error).__name__})")
        session.journal.fail(failure)
        return failed(request, asked, failure)

    async def _routed(self, request: web.Request, asked: Route, session: Session) -> web.StreamResponse:
        verdicts = self._verdicts[session.id]
        if asked.protocol == "osv":
            return await osv.answer(request, session, verdicts)
        if asked.protocol not in ("pypi", "npm"):
            return refusal(404, NO_ROUTE)
        index = session.indexes.get((Ecosystem(asked.protocol), asked.key))
        if index is None:
            return refusal(404, NO_ROUTE)
        visit = Visit(request, session, verdicts, index, asked.rest, self._rendered)
        answer = pypi_routes.answer if index.ecosystem is Ecosystem.PYPI else npm_routes.answer
        return await answer(visit)


def failed(request: web.Request, asked: Route, error: SlopguardError) -> web.StreamResponse:
    """What a client is told about a fault: the shape of a refusal, which ends it at once."""
    label = "internal" if error.exit_code == SlopguardError.exit_code else error.code
    if asked.protocol == "npm":
        return refusal_npm.answer(request, asked.key, error.diagnosis())
    wanted = simple(asked.rest)
    if asked.protocol != "pypi" or wanted.wanted is not Wanted.PROJECT:
        return refusal(403, error.diagnosis())
    try:
        name = normalize(Ecosystem.PYPI, wanted.name)
    except BadName:
        name = None
    return refusal_pypi.page(request, name, Stop(error.diagnosis(), label))
