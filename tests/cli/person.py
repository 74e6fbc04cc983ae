"""A person at a terminal: the command runs with a controlling terminal of its own and is answered there."""

from __future__ import annotations

import os
import pty
import sys

from tests.cli.program import Ended, Program


def at_a_terminal(program: Program, *argv: str, answer: str = "yes", **env: str) -> Ended:
    """Run `slopguard ARGV` as somebody at a terminal who types `answer` when asked.

    Standard output and standard error are the terminal, as they are for people; `out` has both.
    """
    command = [sys.executable, "-m", "slopguard", *argv]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(program.cwd)
        os.execve(sys.executable, command, program.env | env)
    seen, asked = b"", False
    while chunk := _read(terminal):
        seen += chunk
        if b"Type yes: " in seen and not asked:
            asked = True
            os.write(terminal, answer.encode() + b"\n")
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ended(code, seen.decode().replace("\r\n", "\n"), "")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side has closed
        return b""
