"""Starts the child that serves, hears whether it came up, and ends it.

Invariants: the child gets a standard input that never says anything and closes with us; none of llama.cpp's variables
reach it, so that what the command line says holds (one that is set but empty is fatal to it); it imports nothing from
the folder it is started in; its log is a file of this account's only.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slopguard.errors import StoreError
from slopguard.forecast.serving.plan import Plan

MODULE = "slopguard.forecast.serving.host"
GRACE = 5.0
"""Seconds that a child has to end before it is ended."""
_PREFIX = "LLAMA_"
_LONGEST = 4096


@dataclass(slots=True)
class Child:
    """A child under way.

    Args:
        url: where it listens; "" before it does.
        said: what it said so far.
    """

    process: subprocess.Popen[bytes]
    url: str = ""
    said: bytes = b""

    @property
    def ended(self) -> bool:
        """Whether it has."""
        return self.process.poll() is not None

    def close(self) -> None:
        """End it, kindly first. Afterwards there is none."""
        if not self.ended:
            self.process.terminate()
            try:
                self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def start(plan: Plan, log: Path, environ: Mapping[str, str], module: str = MODULE) -> Child:
    """Start one; `came_up` hears the rest.

    Args:
        log: gets what it says; begun anew.
        module: what serves; tests put a server there that breaks its word.

    Raises:
        StoreError: the log cannot be written.
    """
    descriptor = _begun(log)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, plan.dumped()],  # -P: no code from the folder we happen to be in
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=descriptor,
            env=cleaned(environ),
            start_new_session=True,  # an interrupt at the terminal is ours to pass on
        )
    finally:
        os.close(descriptor)
    return Child(process)


def came_up(child: Child, tick: float) -> bool:
    """Whether it listens, after at most `tick` seconds; then `url` says where."""
    stream = child.process.stdout
    assert stream is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(stream, selectors.EVENT_READ)
        if waiting.select(tick) and len(child.said) < _LONGEST:
            piece = os.read(stream.fileno(), _LONGEST)
            child.said += piece
            if not piece:
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(GRACE)  # it closed what it speaks through: it is ending
    child.url = _url(child.said) if b"\n" in child.said else ""
    return bool(child.url)


def cleaned(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child."""
    kept = {key: value for key, value in environ.items() if not key.startswith(_PREFIX)}
    return kept | {"GGML_NO_BACKTRACE": "1"}  # else it starts a debugger on itself before it ends


def _begun(log: Path) -> int:
    """A descriptor of the log, which is empty and this account's only.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        log.unlink(missing_ok=True)  # whatever it is: a pipe would be waited for, a file would keep its mode
        return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        raise StoreError("the log of the model server cannot be written") from None


def _url(said: bytes) -> str:
    try:
        found = json.loads(said)
    except ValueError:
        return ""
    url = found.get("ready") if isinstance(found, dict) else None
    return url if isinstance(url, str) and url.startswith("http://127.0.0.1:") else ""
