"""A person at a terminal: a command runs with a controlling terminal of its own and is answered there.

It is a child of the system's first process, whoever runs the tests: slopguard looks at the processes above it, and a
coding agent that runs these tests must not make an agent of the person they are about.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tests.simulators import warm
from tests.simulators.sandbox import PASSED_ON

PATIENCE = 120
"""Seconds without a word after which a command is hung up on."""
Script = Sequence[tuple[str, str]]
"""What to wait for, and what to type then; one after the other."""


def typed(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    answer: str = "yes",
    ahead: str = "",
    meanwhile: Callable[[], object] = bool,
    script: Script | None = None,
) -> tuple[int, str]:
    """Run `argv` as somebody who types `answer` when asked to type yes; gives the exit code and what was shown.

    Standard output and standard error are the terminal, as they are for people.

    Args:
        ahead: typed before the command has started.
        meanwhile: what happens between the (first) question and the answer.
        script: questions with their answers, in the place of the one. What is typed ends with Return, but for Ctrl-C.
    """
    measuring = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
    terminal, other = os.openpty()
    done, report = os.pipe()
    os.write(terminal, ahead.encode())
    warm.at_a_terminal(argv, {**measuring, **env}, cwd, os.ttyname(other), report)
    os.close(report)
    seen = _conversation(terminal, done, iter([("Type yes: ", answer)] if script is None else script), meanwhile)
    os.close(other)
    waits = not select.select([done], [], [], 0)[0]
    if waits:
        os.close(terminal)
    code = int(os.read(done, 16) or b"-1")
    if not waits:
        os.close(terminal)
    os.close(done)
    return code, seen.decode().replace("\r\n", "\n")


def _conversation(
    terminal: int, done: int, script: Iterable[tuple[str, str]], meanwhile: Callable[[], object]
) -> bytes:
    """Everything shown until the command has ended, with each answer given when its question was shown."""
    seen, heard, questions = b"", 0, iter(script)
    question, answer = next(questions, ("", ""))
    while True:
        ready = select.select([terminal, done], [], [], PATIENCE)[0]
        if terminal not in ready:  # it has ended, or waits for an answer that nobody gives: then the line is cut
            return seen if ready else seen + b"[still waiting]"
        seen += os.read(terminal, 65536)
        at = seen.find(question.encode(), heard) if question else -1
        if at >= 0:
            heard = at + len(question)
            meanwhile()
            meanwhile = bool
            os.write(terminal, answer.encode() + (b"" if answer == "\x03" else b"\n"))
            question, answer = next(questions, ("", ""))
