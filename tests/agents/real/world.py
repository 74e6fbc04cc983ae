"""A home in which one real agent works for a scripted model, and what became of it.

Invariants: nothing of this machine's settings reaches the agent; every way out but loopback is closed; no process of
the agent's outlives its world, its background helpers included.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.agents.real.agents import Agent
from tests.agents.real.dialects import Tool
from tests.agents.real.model import Model
from tests.simulators.clients import SYSTEM, node_tool
from tests.simulators.person import typed
from tests.simulators.sandbox import PASSED_ON

CLOSED = "http://127.0.0.1:9"
"""A proxy that is not there."""
PATIENCE = 120
"""Seconds for one conversation."""


@dataclass(frozen=True, slots=True)
class Ended:
    """One conversation that ended.

    Args:
        heard: what the model was told of each of its calls.
        last: the last thing it was asked, whole.
        shown: what the agent printed.
    """

    heard: tuple[str, ...]
    last: str
    shown: str


class World:
    """The home, a project in it, an agent, and a pip that only leaves a mark.

    Args:
        root: an empty folder.
    """

    def __init__(self, root: Path, agent: Agent) -> None:
        path = f"{root / 'bin'}:{node_tool(agent.package, agent.version)}:{SYSTEM}"
        self.agent, self.root, self.model = agent, root, Model()
        self.home, self.project, self.mark = root / "home", root / "home" / "project", root / "pip-ran"
        self.hooks = self.home / agent.hooks
        for folder in (self.project / ".git", root / "bin", root / "tmp"):
            folder.mkdir(parents=True)
        for name in ("pip", "pip3"):
            (root / "bin" / name).write_text(f"#!/bin/sh\necho \"$*\" >> '{self.mark}'\n")
            (root / "bin" / name).chmod(0o755)
        self.env = self._environment(path)
        self.agents_env = self.env | {key: self._filled(value) for key, value in agent.env.items()}
        self._write(".profile", f"PATH='{path}'\n")  # a login shell begins with the machine's own PATH
        for place, content in agent.settings.items():
            self._write(place, self._filled(content))

    def __enter__(self) -> Self:
        self.model.start()
        if self.agent.first:
            self._run(self.agent.first)
        return self

    def __exit__(self, *_: object) -> None:
        """End the model, and what the agent left running: processes that have this home for their own."""
        self.model.stop()
        ours = f"HOME={self.home}".encode()
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if ours in (place / "environ").read_bytes().split(b"\0"):
                    os.kill(int(place.name), signal.SIGKILL)

    def talk(self, *script: Tool) -> Ended:
        """Let the agent work for a model that asks for these calls."""
        self.model.begin(script)
        shown = self._run(self.agent.argv)
        return Ended(tuple(self.model.heard), self.model.last, shown)

    def slopguard(self, *argv: str) -> str:
        """`slopguard ARGV...` by whoever sets the machine up."""
        command = [sys.executable, "-m", "slopguard", *argv]
        done = subprocess.run(
            command, cwd=self.home, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def disable(self) -> None:
        """`slopguard disable AGENT` by a person at a terminal."""
        command = [sys.executable, "-m", "slopguard", "disable", self.agent.name]
        code, shown = typed(command, self.env, self.home)
        assert code == 0, shown

    def files(self) -> Mapping[str, bytes]:
        """The agent's settings as they are: those its user had, and those that hold hooks."""
        places = sorted({*self.agent.settings, self.agent.hooks})
        return {place: (self.home / place).read_bytes() for place in places if (self.home / place).exists()}

    def _environment(self, path: str) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)},
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), CLOSED),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
            "HOME": str(self.home),
            "PATH": path,
            "TMPDIR": str(self.root / "tmp"),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "SHELL": "/bin/bash",
            "SLOPGUARD_HOME": str(self.root / "slopguard"),
            "SLOPGUARD_OFFLINE": "1",
        }

    def _filled(self, text: str) -> str:
        return text.replace("{url}", self.model.url).replace("{home}", str(self.home))

    def _write(self, place: str, text: str) -> None:
        (self.home / place).parent.mkdir(parents=True, exist_ok=True)
        (self.home / place).write_text(text, encoding="utf-8")

    def _run(self, argv: Sequence[str]) -> str:
        """What a command printed; it is ended if it takes too long."""
        printed = self.root / "printed"
        with printed.open("wb") as out, suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [self._filled(word) for word in argv],
                cwd=self.project,
                env=self.agents_env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE,
                check=False,
            )
        return printed.read_text(encoding="utf-8", errors="replace")
