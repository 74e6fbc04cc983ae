"""Starts `python -m slopguard` warm: as a copy of a process that has imported it already (see `warm_process`).

Most of the processor time of a command under test, and of the daemon that its first one starts, goes into imports;
tests start thousands. `run` is `subprocess.run` for a slopguard command; `daemon` starts the daemon of a home as its
first guarded command would. Where a copy would differ from a started interpreter (`_cold`), one is started, and
everywhere while coverage measures or `SLOPGUARD_TEST_START` is `cold`.

Invariants: every call is a process of its own with the environment, folder and streams that it is given, and nothing
of an earlier one; the process that is copied ends with the one that started it.
"""

from __future__ import annotations

import functools
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any
from unittest import mock

from slopguard.daemon import starting
from tests.simulators import memory

PROCESS = Path(__file__).with_name("warm_process.py")
LANGUAGES = ("", "C", "C.UTF-8")
FILLER = "." * 2000
"""Makes room for the words that a copy shows in the list of processes."""
LONG = "600"
"""Seconds without a session after which a daemon ends that nobody told to."""
LONGEST = 32 << 10
"""Bytes of input that a pipe surely holds before anybody reads them."""


def run(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path, stdin: str | None = None, timeout: float = 240
) -> subprocess.CompletedProcess[str]:
    """A command run to its end, warm if it is slopguard's.

    Args:
        stdin: what can be read there; `None`: nothing.

    Raises:
        subprocess.TimeoutExpired: it was killed.
    """
    if not _ours(argv, env, cwd) or len(stdin or "") > LONGEST:
        return _started(argv, env, cwd, stdin, timeout)
    reading, writing = os.pipe()
    os.write(writing, (stdin or "").encode())
    os.close(writing)
    out, told_out = os.pipe()
    err, told_err = os.pipe()
    copy = Copy(argv[2:], env, cwd, {0: reading, 1: told_out, 2: told_err})
    for stream in (reading, told_out, told_err):
        os.close(stream)
    try:
        texts = copy.hear((out, err), timeout)
    finally:
        copy.close()
        os.close(out)
        os.close(err)
    return subprocess.CompletedProcess(list(argv), copy.returncode or 0, *texts)


def at_a_terminal(argv: Sequence[str], env: Mapping[str, str], cwd: Path, terminal: str, report: int) -> None:
    """Start a command at a terminal of its own, as a child of the system's first process (`warm_process.seated`).

    Args:
        terminal: its path.
        report: the exit code will be written there.
    """
    if _ours(argv, env, cwd):
        Copy(argv[2:], env, cwd, {report: report}, terminal=terminal).close()
    else:
        told = json.dumps({"argv": list(argv), "env": dict(env), "cwd": str(cwd)})
        command = [sys.executable, "-I", "-S", str(PROCESS), terminal, str(report), told]
        subprocess.run(command, env={}, pass_fds=[report], check=True)


def daemon(home: Path, env: Mapping[str, str]) -> None:
    """Have a daemon of this `SLOPGUARD_HOME` run, if commands with this environment are to have one.

    It does not end by itself before its test does (see `daemons.end`).
    """
    if _cold(env, Path("/")) or not starting.idle_of(env):
        return
    with copies():
        found = starting.begin(home, {**env, starting.VARIABLE: LONG}).finish()
    if found is not None:
        found.close()


@contextmanager
def copies() -> Iterator[None]:
    """Daemons that this process itself starts meanwhile are started warm, but for those that need an interpreter."""
    with mock.patch.object(starting, "subprocess", SimpleNamespace(Popen=_popen, DEVNULL=subprocess.DEVNULL)):
        yield


def _popen(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: str, pass_fds: Sequence[int], **more: Any
) -> Copy | subprocess.Popen[bytes]:
    """What `starting` makes of `subprocess.Popen`: no streams, a session of its own."""
    if _cold(env, Path(cwd)):
        return subprocess.Popen(argv, env=env, cwd=cwd, pass_fds=pass_fds, **more)
    with Path(os.devnull).open("r+b") as nothing:
        streams = dict.fromkeys((0, 1, 2), nothing.fileno()) | {number: number for number in pass_fds}
        copy = Copy(argv[3:], env, Path(cwd), streams, leads=True)
    copy.close()
    return copy


class Copy:
    """A process that was copied; `returncode` is there when it has ended and was heard of.

    Args:
        words: the module that it runs, and its arguments.
        streams: its descriptors: number there to number here.
        leads: it has a session of its own.
        terminal: it sits at this one, and `streams` is where its exit code is written.
    """

    def __init__(
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        streams: Mapping[int, int],
        *,
        leads: bool = False,
        terminal: str = "",
    ) -> None:
        self.returncode: int | None = None
        self._argv = words
        told = {"words": list(words), "env": dict(env), "cwd": str(cwd), "streams": list(streams)}
        self._link, other = socket.socketpair()
        socket.send_fds(_copied(), [b"!"], [other.fileno(), *streams.values()])
        other.close()
        self._link.sendall(json.dumps({**told, "leads": leads, "terminal": terminal}).encode() + b"\n")
        self._news = self._link.makefile("rb")
        self.pid = int(self._news.readline())

    def close(self) -> None:
        """Hear of it no more."""
        self._news.close()
        self._link.close()

    def hear(self, streams: Sequence[int], timeout: float) -> list[str]:
        """What it writes to these until it has ended.

        Raises:
            subprocess.TimeoutExpired: it was killed.
        """
        heard = {stream: bytearray() for stream in streams}
        until = monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(max(until - monotonic(), 0.0))
                if not ready:
                    self.kill()
                    raise subprocess.TimeoutExpired(list(self._argv), timeout)
                for key, _ in ready:
                    piece = os.read(key.fd, 1 << 16)
                    heard[key.fd] += piece
                    if not piece:
                        selector.unregister(key.fd)
        self.returncode = int(self._news.readline())
        return [text.decode("utf-8", "replace").replace("\r\n", "\n") for text in heard.values()]

    def kill(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


@functools.cache
def _copied() -> socket.socket:
    """The line to the process that is copied, which is started the first time and ends when this one does."""
    line, other = socket.socketpair()
    env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    if not memory.used():
        env["SLOPGUARD_TEST_DISK"] = memory.__file__
    command = [sys.executable, "-P", str(PROCESS), FILLER]
    subprocess.Popen(command, stdin=other, env=env).returncode = 0  # nobody waits for it
    other.close()
    return line


def _ours(argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> bool:
    """Whether a command can be started warm."""
    return list(argv[:3]) == [sys.executable, "-m", "slopguard"] and not _cold(env, cwd)


def _cold(env: Mapping[str, str], cwd: Path) -> bool:
    """Whether only an interpreter of its own is what is asked for."""
    return (
        os.environ.get("SLOPGUARD_TEST_START") == "cold"
        or any(key.startswith(("PYTHON", "COV", "LD_")) for key in env.keys() - {"PYTHONDONTWRITEBYTECODE"})
        or any(env.get(key, "") not in LANGUAGES for key in ("LANG", "LC_ALL", "LC_CTYPE"))
        or any(path.suffix == ".py" or (path / "__init__.py").exists() for path in cwd.iterdir())
    )


def _started(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path, stdin: str | None, timeout: float
) -> subprocess.CompletedProcess[str]:
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    return subprocess.run(
        argv,
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
        check=False,
        **given,
    )
