"""The processes of a load test, and what the system says of the gate's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PATIENCE = 30.0
"""Seconds that a process may take to end once its input is closed."""


class Child:
    """A module run in a process of its own; it ends with its standard input, or is killed.

    Args:
        module: its name, and then its arguments.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def line(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout
        found = self._process.stdout.readline()
        if not found:
            raise SystemExit("a process of the load test ended early")
        return found.strip()

    def call(self, line: str) -> str:
        """Its answer to a line."""
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.line()


@dataclass(frozen=True, slots=True)
class State:
    """A process as the system sees it: megabytes resident now and at most, open files, seconds of processor used."""

    rss: float
    peak: float
    files: int
    used: float


class Process(Child):
    """A gate; what it prints first says where it listens and who its sessions are."""

    def __enter__(self) -> Self:
        said = json.loads(self.line())
        self.pid, self.sessions = int(said["pid"]), list(said["sessions"])
        self.port = urlsplit(said["base"]).port
        return self

    def state(self) -> State:
        """What the system says now; zeros where it has no `/proc`."""
        place = Path("/proc", str(self.pid))
        try:
            lines = (line.partition(":") for line in (place / "status").read_text().splitlines())
            files = len(list((place / "fd").iterdir()))
            ticks = (place / "stat").read_text().rpartition(")")[2].split()[11:13]
        except OSError:
            return State(0.0, 0.0, 0, 0.0)
        kilobytes = {key: int(value.split()[0]) for key, _, value in lines if key in ("VmRSS", "VmHWM")}
        used = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        return State(kilobytes["VmRSS"] / 1024, kilobytes["VmHWM"] / 1024, files, used)
