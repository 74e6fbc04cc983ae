"""What slopguard knows about one package client: what it reads, obeys and prints.

Invariants: a client module decides nothing; it turns a command line, an environment and config files into plain
facts (`Invocation`, `Index`), and says how to point that client at a gate without touching any file of the user's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from slopguard.errors import EnvironmentFailed
from slopguard.indexes import Index
from slopguard.model import Ecosystem, Sighting
from slopguard.readers.interface import Problem


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one command line of a client means.

    Args:
        client: the command as typed: `pip`, `pip3.12`, `uvx`, `pnpm` ...
        argv: the arguments after the client's name, as typed.
        command: the canonical subcommand (`npm isntall` -> `install`); `""` if none.
        installs: it may fetch or install packages.
        writes: it writes to a registry (publish, login, owner): passed straight on.
        typed: packages named on the command line.
        files: manifests, lock files and requirement files it will install from.
        constraints: files that only limit versions (pip `-c`); they may still name indexes and URLs.
        indexes: indexes named by flags.
        problems: flags that lead past the gate and cannot be honoured.
        cwd: the folder the client will work in (`--directory`, `--prefix`, `-C` obeyed).
        here: where relative paths on the command line start, if not at `cwd` (uv's `--project`).
        frozen: it installs exactly what the lock file says (`npm ci`, `uv sync --frozen`).
        offline: it was told not to use the network.
        runs: what it fetched, or the user's own code, runs in the same process tree afterwards (`npx`, `pnpm dlx`).
    """

    client: str
    argv: tuple[str, ...]
    command: str
    installs: bool
    writes: bool = False
    typed: tuple[Sighting, ...] = ()
    files: tuple[Path, ...] = ()
    constraints: tuple[Path, ...] = ()
    indexes: tuple[Index, ...] = ()
    problems: tuple[Problem, ...] = ()
    cwd: Path = Path()
    here: Path | None = None
    frozen: bool = False
    offline: bool = False
    runs: bool = False


@dataclass(frozen=True, slots=True)
class GateAddress:
    """Where a session listens.

    `base` is `http://127.0.0.1:PORT` without a trailing slash; a session is named by `user` and `secret`,
    sent as HTTP Basic (PyPI clients, in the URL) or as `Bearer user.secret` (npm `_authToken`), so that URLs
    stay the same from session to session and client caches stay warm.
    """

    base: str
    user: str
    secret: str = field(repr=False, default="")

    def index_url(self, key: str, *, auth: bool = True) -> str:
        """The Simple API root of PyPI index `key`, ending in a slash."""
        return f"{self._with_auth() if auth else self.base}/pypi/{key}/simple/"

    def npm_url(self, key: str) -> str:
        """The npm registry root of index `key`, ending in a slash; the token travels by `_authToken`."""
        return f"{self.base}/npm/{key}/"

    @property
    def token(self) -> str:
        """The npm bearer token."""
        return f"{self.user}.{self.secret}"

    def malware_url(self) -> str:
        """The malware-check endpoint for uv (uv appends OSV's `v1/querybatch`, replacing a last part without slash)."""
        return f"{self._with_auth()}/osv/"

    def _with_auth(self) -> str:
        scheme, rest = self.base.split("://", 1)
        return f"{scheme}://{self.user}:{self.secret}@{rest}"


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start the client against the gate.

    Args:
        argv: full command line, the real executable first.
        env: the complete environment for the child.
        mark: a file that is there once the client was guarded; without it what it did was not checked.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    mark: Path | None = None

    def proven(self) -> None:
        """Say so if the client, having ended, left no mark.

        Raises:
            EnvironmentFailed: it was not guarded.
        """
        if self.mark is not None and not self.mark.exists():
            raise EnvironmentFailed(
                f"{Path(self.argv[0]).name} did not load what guards it, so what it did was not checked",
                "It was kept from every index as far as its proxy settings reach; check what it installed",
            )


class Client(Protocol):
    """One package client."""

    names: tuple[str, ...]
    """The commands it answers to."""
    ecosystem: Ecosystem

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """What this command line means. Pure but for looking at which manifests exist under `cwd`."""
        ...

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """The indexes the client itself would use, in its own order, asked of its configuration.

        Args:
            command: how the client is started: one executable, or `python -m pip`.

        Raises:
            ConfigError: the client's configuration cannot be read.
        """
        ...

    def launch(
        self,
        call: Invocation,
        command: Sequence[str],
        env: Mapping[str, str],
        gate: GateAddress,
        indexes: Sequence[Index],
        scratch: Path,
    ) -> Launch:
        """The command line and environment that send this client to the gate for every index.

        Args:
            scratch: a private folder that lives as long as the client runs.
        """
        ...

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """Files the client may write addresses into; cleaned after it ends."""
        ...

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """Addresses in lock files (canonical) for which the client asks its configured index instead.

        npm's built-in registry in a lock file means "the configured registry"; uv's built-in index means itself.
        """
        ...
