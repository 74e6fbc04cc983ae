"""`slopguard forecast serve` as a program that goes on until it is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.serving.servers import PATIENCE, ROOT

_TICK = 0.05


@dataclass
class Serving:
    """The command, under way."""

    process: subprocess.Popen[str]
    home: Path

    def line(self) -> str:
        """The next line it says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def url(self) -> str:
        """Where it says that it is."""
        line = self.line()
        assert " at http://127.0.0.1:" in line, (line, self.log)
        return line.split(" at ")[1].split()[0]

    def children(self) -> list[int]:
        """The processes it started."""
        return children(self.process.pid)

    def ended(self, number: signal.Signals | None = None) -> tuple[int, str]:
        """How it ends, after a signal if one is given: code and complaints."""
        if number is not None:
            self.process.send_signal(number)
        _, complaints = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, complaints

    @property
    def log(self) -> str:
        return "".join(path.read_text() for path in self.home.glob("model-server-*.log"))


@contextmanager
def serving(home: Path, *argv: str, environ: Mapping[str, str] | None = None) -> Iterator[Serving]:
    """The command while the body runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "slopguard", "forecast", "serve", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "SLOPGUARD_HOME": str(home), **(environ or {})},
    )
    try:
        yield Serving(process, home)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE)


def children(pid: int) -> list[int]:
    """The processes that a process started, on Linux."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    """Whether a process ends soon; one that nobody waits for counts as ended."""
    until = monotonic() + PATIENCE
    while monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        sleep(_TICK)
    return False
