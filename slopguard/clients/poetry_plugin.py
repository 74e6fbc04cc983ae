"""The part of slopguard that runs inside poetry: every request of that one process goes to the gate, or nowhere.

`clients.poetry` copies this file into a private folder, where poetry finds it as an application plugin; nothing else
imports it. Invariants: it needs nothing but poetry (1.8 to 2.x) and Python 3.9; what it was told is out of this
process' environment and search path before anything is built or started; repositories, lock files and caches keep the
names and addresses that bare poetry gives them, only the wire changes; a poetry that it does not fit fails.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from poetry.plugins.application_plugin import ApplicationPlugin

VARIABLE = "SLOPGUARD_POETRY"
"""Names the file that says where the gate is."""
STRICT = "SLOPGUARD_POETRY_ONLY"
"""Set where nothing may be fetched from anywhere else; mode `observe` takes it away."""
REFUSED = "slopguard: nothing is fetched past the guard"
ORIGINS = "X-Slopguard-Origins"
"""With this header the gate says of each file where it really is."""
_JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
_PORTS = {"http": 80, "https": 443}
_PATIENCE = 120.0
"""Seconds to wait for the gate, which may wait for an index itself."""


class Told:
    """What slopguard says, read once; its traces are taken out of this process."""

    def __init__(self) -> None:
        said = json.loads(Path(os.environ.pop(VARIABLE)).read_text(encoding="utf-8"))
        self.answer: str = said.get("answer", "")
        self.strict = os.environ.pop(STRICT, "") == "1"
        self.gate: str = said.get("gate", "")
        self.authorization: str = said.get("authorization", "")
        self.routes = [(_plain(prefix.rstrip("/")), route.rstrip("/")) for prefix, route in said.get("routes", [])]
        self.pip: dict[str, str] = said.get("pip", {})
        self.origins: dict[str, str] = {}
        self.mark = said.get("mark", "")
        proxies = said.get("proxies", {})
        if os.environ.get("HTTPS_PROXY") == self.gate:  # else somebody named another since: the egress net
            said["restore"].update(proxies)
        for key, value in said["restore"].items():
            os.environ.pop(key, None)
            os.environ.update({} if value is None else {key: value})
        sys.path[:] = [folder for folder in sys.path if folder != said["folder"]]

    def address(self, url: str) -> str | None:
        """Where the gate serves what stands at an address; `None` if that is no index of this session."""
        if url.startswith(f"{self.gate}/"):
            return url
        plain = _plain(url)
        for prefix, route in sorted(self.routes, key=lambda pair: -len(pair[0])):
            if plain == prefix or plain.startswith(f"{prefix}/"):
                return f"{route}{plain[len(prefix) :]}"
        return None


def _plain(url: str) -> str:
    """An address without credentials, default port, query and fragment; scheme and host in lower case."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


class SlopguardPlugin(ApplicationPlugin):  # type: ignore[misc]  # poetry is not installed where this is checked
    """Found by poetry through the entry point beside this file."""

    def __init__(self) -> None:
        self.told = Told()

    def activate(self, application: Any) -> None:
        """Take over the wire, then leave the mark that says so; asked a question, answer that instead."""
        if self.told.answer:
            return answer(Path(self.told.answer))
        redirect_requests(self.told)
        speak_simple_api()
        write_down_origins(self.told)
        redirect_pip(self.told)
        if self.told.strict:
            refuse_git()
        Path(self.told.mark).touch()
        return None


def answer(place: Path) -> None:
    """Say which index poetry uses where a project names none."""
    from inspect import signature

    from poetry.repositories.pypi_repository import PyPiRepository

    place.write_text(signature(PyPiRepository.__init__).parameters["url"].default, encoding="utf-8")


def redirect_requests(told: Told) -> None:
    """Send what `requests` asks of an index to the gate; everything else is refused."""
    from requests import Session
    from requests.adapters import HTTPAdapter

    original = Session.get_adapter
    gate = HTTPAdapter(pool_maxsize=32)

    class Passage:
        """Stands in for the adapter that a session would choose for one request."""

        def __init__(self, session: Session) -> None:
            self._session = session

        def send(self, request: Any, **options: Any) -> Any:
            address = told.address(request.url)
            if address is not None:
                request.url = address
                request.headers.update({"Authorization": told.authorization, ORIGINS: "1"})
                changed = {**options, "proxies": {}, "verify": False, "cert": None, "timeout": _PATIENCE}
                answer = gate.send(request, **changed)
                _remember(told, answer)
                return answer
            if told.strict:
                return _refused(request)
            return original(self._session, request.url).send(request, **options)

        def close(self) -> None:
            """Nothing is held."""

    def get_adapter(session: Session, url: Any) -> Any:
        return Passage(session)

    Session.get_adapter = get_adapter  # type: ignore[assignment, method-assign]  # for this process alone


def _remember(told: Told, answer: Any) -> None:
    """The places of a project page's files, if this is one."""
    if answer.status_code == 200 and answer.headers.get("Content-Type") == _JSON["Accept"]:
        for file in answer.json()["files"]:
            if "_origin" in file:
                told.origins[urljoin(answer.url, file["url"])] = file.pop("_origin")


def write_down_origins(told: Told) -> None:
    """What poetry remembers of a release names its files' real addresses: plugins write them down (pylock.toml)."""
    from poetry.repositories.http_repository import HTTPRepository

    original = HTTPRepository._links_to_data  # noqa: SLF001 poetry offers no other place

    def links_to_data(repository: Any, links: Any, data: Any) -> Any:
        made = original(repository, links, data)
        for file in made.get("files", ()):
            if "url" in file:
                file["url"] = told.origins.get(file["url"], file["url"])
        return made

    HTTPRepository._links_to_data = links_to_data  # noqa: SLF001 poetry offers no other place


def _refused(request: Any) -> Any:
    """The answer that poetry prints and stops at."""
    from requests import Response

    made = Response()
    made.status_code, made.reason, made.url, made.request = 451, REFUSED, request.url, request
    made.raw, made._content = None, b""  # noqa: SLF001 requests offers no other way to make a response
    return made


def speak_simple_api() -> None:
    """The built-in index by the protocol of all others: the gate does not speak its JSON API.

    A page with links (`.html`) is asked package by package too. What poetry makes of either stays its own.
    """
    from poetry.repositories.legacy_repository import LegacyRepository
    from poetry.repositories.pypi_repository import PyPiRepository
    from poetry.repositories.single_page_repository import SinglePageRepository

    PyPiRepository._get = _page  # noqa: SLF001 poetry offers no other place
    PyPiRepository._get_release_info = LegacyRepository._get_release_info  # noqa: SLF001 poetry offers no other place
    PyPiRepository.find_links_for_package = LegacyRepository.find_links_for_package
    SinglePageRepository._get_page = LegacyRepository._get_page  # noqa: SLF001 poetry offers no other place


def _page(repository: Any, endpoint: str, headers: Any = None) -> dict[str, Any] | None:
    """A project page of the built-in index, its links made absolute; a refusal is an error, not an absence."""
    from poetry.repositories.exceptions import RepositoryError
    from requests import HTTPError

    answer = repository.session.get(repository._base_url + endpoint, raise_for_status=False, headers=_JSON)  # noqa: SLF001 poetry offers no other place
    if answer.status_code == 404:
        return None
    try:
        answer.raise_for_status()
    except HTTPError as error:
        raise RepositoryError(error) from None
    page: dict[str, Any] = answer.json()
    for file in page["files"]:
        digest = file.get("hashes", {}).get("sha256")  # poetry 1 looks for it in the address, else reads every file
        file["url"] = urljoin(answer.url, file["url"]) + (f"#sha256={digest}" if digest else "")
    return page


def redirect_pip(told: Told) -> None:
    """Send the pip that poetry starts for some builds to the gate; `--isolated` would not let it be told."""
    from poetry.utils.env import Env

    original: Callable[..., Any] = Env.run_pip

    def run_pip(env: Any, *words: str, **options: Any) -> Any:
        own = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
        kept = [word for word in words if word != "--isolated"]
        return original(env, *kept, **{**options, "env": {**own, **told.pip}})

    Env.run_pip = run_pip


def refuse_git() -> None:
    """No repository is cloned: what the command line, manifest and lock file name was judged before."""
    from poetry.vcs.git.backend import Git

    def clone(*words: Any, **options: Any) -> Any:
        raise RuntimeError(REFUSED)

    Git.clone = staticmethod(clone)
