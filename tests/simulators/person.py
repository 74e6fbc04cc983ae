"""A person at a terminal: a command runs with a controlling terminal of its own and is answered there."""

from __future__ import annotations

import os
import pty
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.simulators.sandbox import PASSED_ON


def typed(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    answer: str = "yes",
    ahead: str = "",
    meanwhile: Callable[[], object] = bool,
) -> tuple[int, str]:
    """Run `argv` as somebody who types `answer` when asked to type yes; gives the exit code and what was shown.

    Standard output and standard error are the terminal, as they are for people.

    Args:
        ahead: typed before the command has started.
        meanwhile: what happens between the question and the answer.
    """
    measuring = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execve(argv[0], list(argv), {**measuring, **env})
    os.write(terminal, ahead.encode())
    seen, asked = b"", False
    while chunk := _read(terminal):
        seen += chunk
        if b"Type yes: " in seen and not asked:
            asked = True
            meanwhile()
            os.write(terminal, answer.encode() + b"\n")
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, seen.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side has closed
        return b""
