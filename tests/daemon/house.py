"""What tests of the daemon have in common: an account, its daemon, and what a command would do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from slopguard import config
from slopguard.config import Settings
from slopguard.daemon import starting
from slopguard.daemon.client import Remote
from slopguard.daemon.interface import Hosted, Opening
from slopguard.daemon.link import Link
from slopguard.daemon.places import Places
from slopguard.daemon.plain import decode
from slopguard.daemon.wire import State
from slopguard.indexes import Index
from slopguard.model import Door, Ecosystem, NormalizedName, Request

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds after which a test gives up on what must happen."""


class House:
    """An account of its own.

    Args:
        root: a folder that is the test's.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.home = root, root / "home"
        self.places = Places(self.home)
        self._hosts: list[Remote] = []
        measured = {k: v for k, v in os.environ.items() if k.startswith(("COVERAGE_", "COV_CORE_"))}
        self.env = {
            "HOME": str(root),
            "SLOPGUARD_HOME": str(self.home),
            "SLOPGUARD_DAEMON": "60",
            "PATH": os.environ["PATH"],
            **measured,
        }

    def host(self, **env: str) -> Remote | None:
        """The daemon of this account, as a command finds or starts it."""
        return self.kept(starting.begin(self.home, {**self.env, **env}).finish())

    def kept(self, host: Remote | None) -> Remote | None:
        """A host whose connection is closed with the test."""
        if host is not None:
            self._hosts.append(host)
        return host

    def close(self) -> None:
        """Close the connections, and kill every daemon that is left."""
        for host in self._hosts:
            host.close()
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def ended(self) -> bool:
        """Whether no daemon is left: neither a process, nor its hold on the lock, which goes some moments later."""
        lock = self.places.hold() if not self.processes() else None
        if lock is not None:
            os.close(lock)
        return lock is not None

    def link(self) -> Link:
        """A connection to the daemon that is there."""
        return Link.dial(self.places, 5.0)

    def state(self) -> State:
        """What the daemon says about itself."""
        with self.link() as link:
            state: State = decode(State, link.ask("status"))
            return state

    def settings(self, **env: str) -> Settings:
        """The settings of a command of this account."""
        return config.load(self.root, {**self.env, **env})

    def opening(self, requests: Sequence[Request] = (), indexes: Sequence[Index] = (), **env: str) -> Opening:
        """What a command hands over."""
        return Opening(self.settings(**env), tuple(indexes), Door("pip", "pip install"), requests=tuple(requests))

    @contextmanager
    def session(self, requests: Sequence[Request] = (), indexes: Sequence[Index] = ()) -> Iterator[Hosted]:
        """A session on this account's daemon."""
        host = self.host()
        assert host is not None
        with host.open(self.opening(requests, indexes)) as hosted:
            yield hosted

    @property
    def pid(self) -> int:
        """The process of the daemon that the address names."""
        found = self.places.find()
        assert found is not None
        return found[0].pid

    def processes(self) -> list[int]:
        """Every daemon of this account that runs."""
        return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if self._is_ours(entry)]

    def _is_ours(self, entry: Path) -> bool:
        try:
            said = (entry / "cmdline").read_bytes().split(b"\0")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        daemon = b"slopguard.daemon" in said or b"tests.daemon.another" in said
        return daemon and str(self.home).encode() in said and state != "Z"

    def another(self, version: str) -> subprocess.Popen[str]:
        """A daemon of another version, once it serves."""
        command = [sys.executable, "-m", "tests.daemon.another", str(self.home), version]
        process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process


def request(name: str, version: str | None = None) -> Request:
    """A question about a package of PyPI."""
    return Request(Ecosystem.PYPI, NormalizedName(name), name, version)


def until(true: Callable[[], object]) -> None:
    """Wait for what happens in another process and tells nobody."""
    end = monotonic() + PATIENCE
    while not true():
        assert monotonic() < end, "it never happened"
        sleep(0.02)
