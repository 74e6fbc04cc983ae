"""Addresses in lock files: the real registry's while nobody looks, the gate's while a guarded client runs.

Pure text in, text out. Invariants: `back(forward(text)) == text` for every text that names no gate; only the value of
an address changes, never a byte around it; an address of an index that is not this session's stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from urllib.parse import quote, unquote, urlsplit

from slopguard.clients.sources import canonical
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem
from slopguard.patterns import regex

Upstream = Callable[[Ecosystem, str, str, str], str | None]
"""(ecosystem, index key, package, file name) -> the address from which the index serves that file, if known."""

Forward = Callable[["Addresses", str], str]
"""`forward(addresses, text)` of a module in `FORMATS`: a lock file's text with the gate's addresses."""
FORMATS: dict[str, str] = {
    ".npmrc": "npmrc",
    "bun.lock": "bun_lock",
    "pdm.lock": "pdm_lock",
    "pylock.toml": "pdm_lock",
    "yarn.lock": "yarn_lock",
    ".yarn-integrity": "yarn_integrity",
    "lock.yaml": "pnpm_lock",
    "pnpm-lock.yaml": "pnpm_lock",
    "pnpm-workspace.yaml": "pnpm_workspace",
    ".modules.yaml": "pnpm_workspace",
    ".pnpm-workspace-state-v1.json": "pnpm_workspace",
}
"""Lock file name to the module of this room that translates it; what is not listed here is translated below."""
TIDIED = frozenset({"bun.lock", "pdm.lock"})
"""Of these, those that their client would write otherwise with other addresses: `tidied` of the module does that."""

_PACKAGE = regex(r"^\[\[(?:package|packages)\]\]\s*$")
_NAME = regex(r'^name = "([^"]+)"')
_REGISTRY = regex(r'(\b(?:registry|index) = ")([^"]+)(")')
_FILE = regex(r'(\burl = ")([^"]+)(")')
_INDEX_URL = regex(r"""^(\#?\s*url\s*=\s*["'])([^"']+)(["'])""", re.MULTILINE)
_RESOLVED = regex(r'("resolved":\s*")([^"]+)(")')
_NPM_KEY = regex(r'^\s*"((?:[^"\\]|\\.)*)":\s*\{\s*$')
_NPM_NAME = regex(r'^\s*"name":\s*"([^"]+)"')


@dataclass(slots=True)
class Addresses:
    """The two directions for one session.

    Args:
        base: the gate, `http://127.0.0.1:PORT`.
        indexes: the session's indexes.
        known: gate address -> the address that stood there before; grows with every `forward`.
        mapped: see `Client.mapped`.
    """

    base: str
    indexes: tuple[Index, ...]
    known: dict[str, str] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()

    def forward(self, name: str, text: str) -> str:
        """A file's text with the gate's addresses.

        Args:
            name: the file's name; it decides how the text is read.
        """
        name = re.sub(r"^pnpm-lock\..+\.yaml$", "pnpm-lock.yaml", name)  # one for each branch
        if name in FORMATS:
            forward: Forward = import_module(f"slopguard.guard.{FORMATS[name]}").forward
            return forward(self, text)
        if name.endswith(".json"):
            return self._npm(text)
        if name == "pyproject.toml" or name.endswith(".py"):
            return _INDEX_URL.sub(self._index, text) if "tool.uv.index" in text else text
        return self._uv(text) if name == "uv.lock" or name.endswith(".py.lock") else text

    def back(self, text: str, upstream: Upstream) -> str:
        """A file's text with the gate's addresses taken out again."""
        for served in [gate for gate in self.known if gate.startswith("http%3A")]:  # yarn writes some encoded
            text = text.replace(served, self.known[served])
        if self.base.partition("://")[2] not in text:
            return text
        return _gate_urls(self.base).sub(lambda found: self._real(found[1], upstream), text)

    def restored(self, name: str, text: str, upstream: Upstream) -> str:
        """`back`, as the client of the file called `name` writes it by itself."""
        clean = self.back(text, upstream)
        if clean == text or name not in TIDIED:
            return clean
        tidied: Forward = import_module(f"slopguard.guard.{FORMATS[name]}").tidied
        return tidied(self, clean)

    def _index(self, found: re.Match[str]) -> str:
        return found[1] + self._root(found[2]) + found[3]

    def _root(self, url: str) -> str:
        """The gate's address of an index, or the address itself if it is none of this session's."""
        index = self._of(url, Ecosystem.PYPI)
        if index is None or index.kind is IndexKind.FIND_LINKS:
            return url
        return self.remember(f"{self.base}/pypi/{index.key}/simple/", url)  # as uv is told it: it compares the text

    def _of(self, url: str, ecosystem: Ecosystem) -> Index | None:
        if "://" not in url:
            return None
        same = canonical(url)
        return next((i for i in self.indexes if i.ecosystem is ecosystem and canonical(i.url) == same), None)

    def remember(self, gate: str, real: str) -> str:
        """Note what stood there; two spellings of one address cannot both be restored, so the second stays."""
        return gate if self.known.setdefault(gate, real) == real else real

    def _uv(self, text: str) -> str:
        """uv.lock and the locks of scripts: registries, and the files of the packages that come from them."""
        lines, name, index = [], "", None
        for line in text.splitlines(keepends=True):
            if _PACKAGE.match(line):
                name, index = "", None
            if found := _NAME.match(line):
                name = found[1]
            if line.startswith("source = ") and (found := _REGISTRY.search(line)):
                index = self._of(found[2], Ecosystem.PYPI)
            changed = _REGISTRY.sub(self._index, line)
            if index is not None and name and not line.startswith("source = "):
                changed = _FILE.sub(self._file(index, name), changed)
            lines.append(changed)
        return "".join(lines)

    def _file(self, index: Index, name: str) -> Callable[[re.Match[str]], str]:
        def change(found: re.Match[str]) -> str:
            file = quote(unquote(urlsplit(found[2]).path.rpartition("/")[2]), safe="!+@~-._")
            gate = f"{self.base}/pypi/{index.key}/files/{name}/{file}"
            return found[1] + self.remember(gate, found[2]) + found[3]

        return change

    def _npm(self, text: str) -> str:
        """package-lock.json: what each package was fetched from, unless that is no registry."""
        lines, name = [], ""
        for line in text.splitlines(keepends=True):
            if found := _NPM_KEY.match(line):
                name = json.loads(f'"{found[1]}"').rpartition("node_modules/")[2]
            elif found := _NPM_NAME.match(line):
                name = found[1]
            lines.append(_RESOLVED.sub(self._tarball(name), line))
        return "".join(lines)

    def _tarball(self, name: str) -> Callable[[re.Match[str]], str]:
        def change(found: re.Match[str]) -> str:
            index = npm_index(self.indexes, name)
            file = urlsplit(found[2]).path.rpartition("/")[2]
            registry_like = f"/{name}/-/" in unquote(urlsplit(found[2]).path)
            if index is None or not registry_like or not found[2].startswith(("http://", "https://")):
                return found[0]
            gate = f"{self.base}/npm/{index.key}/{name}/-/{file}"
            return found[1] + self.remember(gate, found[2]) + found[3]

        return change

    def _real(self, gate: str, upstream: Upstream) -> str:
        """The real address behind one of the gate's."""
        gate = f"{self.base}/" + re.sub(r"^\w+://[^/]*/", "", gate)
        gate = gate.partition("?")[0] if gate.startswith(f"{self.base}/npm/") else gate  # see `names.mirrored`
        if gate in self.known:
            return self.known[gate]
        ecosystem, key, *rest = gate.removeprefix(f"{self.base}/").split("/")
        index = next((i for i in self.indexes if i.key == key), None)
        if index is None:
            return gate
        if ecosystem == "pypi" and rest[:1] == ["files"] and len(rest) == 3:
            file = unquote(rest[2])
            return upstream(Ecosystem.PYPI, key, rest[1], file) or f"{index.url.rstrip('/')}/{rest[1]}/{file}"
        if ecosystem == "npm" and "-" in rest:
            name, file = unquote("/".join(rest[: rest.index("-")])), rest[-1]
            return upstream(Ecosystem.NPM, key, name, file) or f"{index.url.rstrip('/')}/{name}/-/{file}"
        if rest[:1] == ["simple"]:
            bare = index.url.rstrip("/") if rest == ["simple"] else index.url
            return f"{bare.rstrip('/')}/{'/'.join(rest[1:])}" if rest[1:] not in ([], [""]) else bare
        return index.url


def npm_index(indexes: Iterable[Index], name: str) -> Index | None:
    """The registry that npm asks for a package: its scope's, else the default one."""
    npm = [index for index in indexes if index.ecosystem is Ecosystem.NPM]
    scope = name.partition("/")[0] if name.startswith("@") else None
    scoped = next((i for i in npm if scope and i.kind is IndexKind.SCOPE and i.name == scope), None)
    return scoped or next((i for i in npm if i.kind is IndexKind.DEFAULT), None)


def _gate_urls(base: str) -> re.Pattern[str]:
    """Every address of a gate, with or without credentials in it."""
    scheme, _, host = base.partition("://")
    return re.compile(rf"({scheme}://(?:[^/@\s\"']*@)?{re.escape(host)}/(?:pypi|npm)/[0-9a-f]+/[^\s\"'<>,\\)\]}}#]*)")
