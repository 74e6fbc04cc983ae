"""A clean home, an empty project and the command under test: everything a test with a real client stands in.

Invariants: nothing of this machine's settings reaches a client (no `PIP_*`, `UV_*`, `npm_config_*`, no settings files,
no proxy); registries are configured at user level, so they are trusted, as a developer's own are.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulators import daemons, warm
from tests.simulators.clients import SYSTEM, Client, cache, client
from tests.simulators.drivers import FAMILIES, driver
from tests.simulators.lists_repository import ListsRepository
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

GUARDED = (*FAMILIES, "npx", "uvx", "bunx", "corepack", "run")
"""Commands whose sessions a daemon hosts."""
PASSED_ON = ("COVERAGE_", "COV_CORE_")
"""Only what measures the tests themselves is inherited."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended: its exit code and what it printed."""

    argv: tuple[str, ...]
    rc: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything printed, standard output first."""
        return self.out + self.err

    @property
    def lines(self) -> list[str]:
        """The lines that slopguard itself printed."""
        return [line for line in self.text.splitlines() if line.startswith("slopguard: ")]

    def __str__(self) -> str:
        return f"$ {' '.join(self.argv)}\n{self.out}\n-- stderr:\n{self.err}\n-- exit {self.rc}"


class Sandbox:
    """A home of its own under `root`, a project in it, and one client on PATH.

    Args:
        root: an empty folder.
        client: the client under test; pip and uv get a fresh virtual environment.
    """

    def __init__(self, root: Path, client: Client) -> None:
        self.root, self.client, self.driver = root, client, driver(client.family)
        self.home, self.project, self.markers = root / "home", root / "home" / "project", root / "markers"
        for folder in (self.project, self.markers, root / "tmp", root / "bin"):
            folder.mkdir(parents=True, exist_ok=True)
        (root / "bin" / "python3").symlink_to(sys.executable)
        none = root / "bin" / "lsb_release"  # each pip asks it about the system, which takes it a dozen programs
        none.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        none.chmod(0o755)
        self.env = self._environment()
        self._lists: ListsRepository | None = None
        self._text = self._trusted = ""
        self.driver.prepare(self)

    @property
    def venv(self) -> Path:
        """The virtual environment that pip and uv install into."""
        return self.root / "venv"

    def _environment(self) -> dict[str, str]:
        places = map(str, self.driver.places(self))
        kept = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
        env = {
            "HOME": str(self.home),
            "XDG_CONFIG_DIRS": str(self.root / "machine"),
            "PATH": ":".join([*places, str(self.root / "bin"), SYSTEM]),
            "TMPDIR": str(self.root / "tmp"),
            "LANG": "C.UTF-8",
            "NODE_COMPILE_CACHE": str(cache() / "compiled"),  # else each npm compiles itself for the one sandbox
            "SLOPGUARD_HOME": str(self.root / "slopguard"),
            "SLOPGUARD_DAEMON": daemons.SECONDS,
        }
        return kept | env | self.driver.variables(self)

    def write(self, path: str, text: str) -> Path:
        """A file of the project (or of the home, if `path` starts with `~/`)."""
        place = self.home / path[2:] if path.startswith("~/") else self.project / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return place

    def settings(self, text: str) -> Path:
        """The user's slopguard.toml, beside the list that a `team_list` has them trust."""
        self._text = text
        return self.write("~/.config/slopguard/slopguard.toml", f"{text}\n{self._trusted}")

    def use(self, registry: PyPI | Npm, *extra: str) -> Sandbox:
        """Configure the client, at user level, for this registry (and extra PyPI index URLs)."""
        self.driver.use(self, registry, *extra)
        return self

    def install(self, *names: str) -> list[str]:
        """The plain command that installs `names` with this client."""
        return self.driver.install(*names)

    def direct(self, *argv: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ran:
        """Run the client itself, unguarded."""
        return self._run(argv, env, cwd)

    def guarded(self, *argv: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, rows: str = "") -> Ran:
        """Run `slopguard ARGV...`, as a user would; `rows` are those of a team's list (see `team_list`)."""
        if rows:
            self.team_list(*(row.strip().replace(" ", "\t") for row in rows.split(",")))
        if argv[0] in GUARDED:
            warm.daemon(self.root / "slopguard", {**self.env, **(env or {})})
        return self._run((sys.executable, "-m", "slopguard", *argv), env, cwd)

    def team_list(self, *rows: str) -> ListsRepository:
        """Publish a signed list with these rows and have the user trust it, beside the lists that ship."""
        if self._lists is None:
            self._lists = ListsRepository(teams=())
            self._lists.rows["watch"] = []
        if self._lists.rows["common"] != list(rows):
            self._lists.rows["common"] = list(rows)
            self._lists.publish()
            address = self._lists.write(self.root / "lists")
            self._trusted = f'[lists]\nsources = [{{url = "{address}", root = "sha256:{self._lists.pin}"}}]\n'
            self.settings(self._text)
            shutil.rmtree(self.root / "slopguard" / "lists", ignore_errors=True)  # fetched again by the next command
        return self._lists

    def _run(self, argv: tuple[str, ...], env: Mapping[str, str] | None, cwd: Path | None) -> Ran:
        done = warm.run(argv, {**self.env, **(env or {})}, cwd or self.project)
        return Ran(argv, done.returncode, done.stdout, done.stderr)

    @property
    def installed(self) -> dict[str, str]:
        """Name to version of everything installed in the environment or project (pip itself left out)."""
        return self.driver.installed(self)

    @property
    def traces(self) -> list[str]:
        """What was built, imported or run: the markers left so far."""
        return sorted(path.name for path in self.markers.iterdir())

    def ledger(self) -> list[dict[str, Any]]:
        """The rows of `slopguard log --format json`, as the contract's commands show them."""
        shown = self.guarded("log", "--format", "json")
        assert shown.rc == 0, shown
        rows: list[dict[str, Any]] = json.loads(shown.out)["entries"]
        return rows


def sandbox(root: Path, family: str, version: str) -> Sandbox:
    """A sandbox around the client, installed if need be."""
    return Sandbox(root, client(family, version))
