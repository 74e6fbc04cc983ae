"""What a worker process has while it works, put together and taken apart in order."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from aiohttp import web

from slopguard import cache
from slopguard.errors import ConfigError, SlopguardError
from slopguard.gate.server import Gate
from slopguard.serve import metrics
from slopguard.serve.app import App
from slopguard.serve.certificate import context_of
from slopguard.serve.counting import CountedShared
from slopguard.serve.hall import Hall, changed, era
from slopguard.serve.hearing import Refusals
from slopguard.serve.learned import Required
from slopguard.serve.logs import Log
from slopguard.serve.options import Orders
from slopguard.serve.places import BACKLOG, own_hosts
from slopguard.serve.silent import LOOKS
from slopguard.serve.tokens import TokenFile


class Work:
    """A worker at work; made by `begun`."""

    def __init__(self, orders: Orders, hall: Hall, app: App, context: ssl.SSLContext | None, log: Log) -> None:
        self._orders, self._hall, self._app, self._context, self._log = orders, hall, app, context, log
        self._runner = app.runner(orders.options.grace)

    @classmethod
    @asynccontextmanager
    async def begun(cls, orders: Orders, log: Log) -> AsyncIterator[Self]:
        """A worker; when the block is left it lets nobody in, waits for what is under way, and writes everything down.

        Raises:
            SlopguardError: settings, lists, policy, database or certificate cannot be used.
        """
        options, run = orders.options, Path(orders.run)
        begun = await asyncio.to_thread(era, options, os.environ)
        shared, refusals = await asyncio.to_thread(CountedShared.kept, begun.settings), Refusals()
        gate = Gate(shared)
        hall = Hall(gate, begun, Required(run), refusals)
        tokens = TokenFile(Path(options.tokens)) if options.tokens else None
        hosts = own_hosts(orders.port, options.host_names, tokens=tokens is not None)
        app = App(
            gate,
            hall,
            tokens,
            hosts,
            behind=options.behind_tls,
            run=run,
            kept=metrics.Kept(begun.settings.home / cache.FOLDER),
            log=log,
        )
        work = cls(orders, hall, app, context_of(options.tls), log)
        metrics.WORKERS.set(1)
        try:
            yield work
        finally:
            await work._runner.cleanup()
            await hall.close()
            await shared.close()
            metrics.WORKERS.set(0)

    async def serve(self, listening: socket.socket) -> None:
        """Answer on a socket from now on."""
        await self._runner.setup()
        await web.SockSite(self._runner, listening, ssl_context=self._context, backlog=BACKLOG).start()
        await self._app.healthy()

    async def hush(self) -> None:
        """Close connections on which nothing is asked, for as long as the worker works."""
        while True:
            await asyncio.sleep(LOOKS)
            server = self._runner.server
            self._app.silent.close(each.transport for each in (server.connections if server else ()))

    async def look(self, *, told: bool) -> None:
        """See whether settings, lists or the certificate changed, and go on with what is there now.

        Args:
            told: somebody said that they did.
        """
        options = self._orders.options
        if told and self._context is not None and options.tls is not None:
            self._certificate(options.tls)
        try:
            if told or await asyncio.to_thread(changed, self._hall.era, options, os.environ):
                await self._hall.renew(await asyncio.to_thread(era, options, os.environ))
                self._app.health.renew()
                self._log("renewed")
            elif self._app.health.problem is not None:
                self._app.health.renew()
        except SlopguardError as error:  # what was in force stays in force, and the server says that it is not well
            if self._app.health.problem is None:
                self._log("not-renewed", "error", code=error.code, why=error.diagnosis())
            self._app.health.renew(error.code)
        await self._hall.tidy()
        await self._app.healthy()

    def _certificate(self, files: tuple[str, str]) -> None:
        """New connections get the certificate that is there now; the old one stays where that cannot be used."""
        assert self._context is not None
        try:
            context_of(files)
            self._context.load_cert_chain(*files, password=lambda: "")
        except (OSError, ssl.SSLError, ConfigError):
            self._log("not-renewed", "error", code="config", why="the certificate or its key cannot be used")
