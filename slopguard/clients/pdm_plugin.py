"""The part of slopguard that runs inside pdm: every source of that one process is a route of the gate.

`clients.pdm` copies this file into a private folder, where pdm finds it as a plugin; nothing else imports it.
Invariants: it needs nothing but pdm (2.x) and Python 3.9; what it was told is out of this process' environment and
search path before anything is built or started; pyproject.toml, the settings and the content hash in pdm.lock are
never touched, because sources are only replaced as pdm reads them; a pdm that it does not fit fails.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pdm.models import session
from pdm.models.session import PDMPyPIClient
from pdm.project import Project
from unearth.vcs.base import VersionControl

VARIABLE = "SLOPGUARD_PDM"
"""Names the file that says where the gate is."""
STRICT = "SLOPGUARD_PDM_ONLY"
"""Set where nothing may be fetched from anywhere else; mode `observe` takes it away."""
REFUSED = "slopguard: nothing is fetched past the guard"
_PORTS = {"http": 80, "https": 443}


class Told:
    """What slopguard says, read once; its traces are taken out of this process."""

    def __init__(self) -> None:
        said = json.loads(Path(os.environ.pop(VARIABLE)).read_text(encoding="utf-8"))
        self.strict = os.environ.pop(STRICT, "") == "1"
        self.gate: str = said["gate"]
        self.user: str = said["user"]
        self.secret: str = said["secret"]
        self.routes: dict[str, str] = dict(said["routes"])
        self.mark: str = said["mark"]
        restore: dict[str, str | None] = said["restore"]
        if os.environ.get("HTTPS_PROXY") == self.gate:  # else somebody named another since: the egress net
            restore.update(said["proxies"])
        for key, value in restore.items():
            os.environ.pop(key, None)
            os.environ.update({} if value is None else {key: value})
        sys.path[:] = [folder for folder in sys.path if folder != said["folder"]]

    def source(self, source: Any) -> Any:
        """A source as the gate serves it; a page of links is an index there.

        Raises:
            RuntimeError: it is none of this session's.
        """
        if source.url.startswith(f"{self.gate}/"):
            return source
        route = self.routes.get(plain(source.url))
        if route is None:
            raise RuntimeError(REFUSED)
        return dataclasses.replace(
            source, url=route, username=self.user, password=self.secret, verify_ssl=True, type=None,
            ca_certs=None, client_cert=None, client_key=None,
        )  # fmt: skip


def plain(url: str) -> str:
    """An address without credentials, default port, query, fragment and last slash; scheme and host in lower case."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path.rstrip('/')}"


def plugin(core: Any) -> None:
    """Found by pdm through the entry point beside this file: take over the sources, then leave the mark."""
    told = Told()
    redirect(told)
    speak_below_the_cache(told)
    if told.strict:
        refuse(told)
    Path(told.mark).touch()


def redirect(told: Told) -> None:
    """Replace every source that pdm works with; what it writes down about them stays its own."""
    found, default = Project.get_sources, Project.default_source.fget

    def get_sources(project: Any, expand_env: bool = True, include_stored: bool = False) -> Any:
        sources = found(project, expand_env, include_stored)
        return [told.source(source) for source in sources] if expand_env else sources

    Project.get_sources = get_sources
    Project.default_source = property(lambda project: told.source(default(project)))


def speak_below_the_cache(told: Told) -> None:
    """Say who we are where a request leaves: pdm's cache writes down every header that passes through it."""
    library = getattr(session, "httpx2", None) or session.httpx
    pair = base64.b64encode(f"{told.user}:{told.secret}".encode()).decode()
    send, leave = PDMPyPIClient.send, library.HTTPTransport.handle_request

    def nameless(client: Any, request: Any, **options: Any) -> Any:
        to_gate = str(request.url).startswith(f"{told.gate}/")
        return send(client, request, **({**options, "auth": None} if to_gate else options))

    def named(transport: Any, request: Any) -> Any:
        if str(request.url).startswith(f"{told.gate}/"):
            headers = {**request.headers, "Authorization": f"Basic {pair}"}
            request = library.Request(
                request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
            )
        return leave(transport, request)

    PDMPyPIClient.send = nameless
    library.HTTPTransport.handle_request = named


def refuse(told: Told) -> None:
    """Nothing is read from elsewhere: what a build says it needs by URL or repository was judged by nobody."""
    send = PDMPyPIClient.send

    def guarded(client: Any, request: Any, **options: Any) -> Any:
        url = str(request.url)
        if request.method in ("GET", "HEAD") and not url.startswith((f"{told.gate}/", "file:")):
            raise RuntimeError(REFUSED)
        return send(client, request, **options)

    def fetch(*words: Any, **options: Any) -> Any:
        raise RuntimeError(REFUSED)

    PDMPyPIClient.send = guarded
    VersionControl.fetch = fetch
