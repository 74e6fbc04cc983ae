"""`slopguard hook`: one call of an agent's tool, from its input to the answer.

Invariants: every input has an answer in its agent's own shape; what goes wrong, or takes too long, is a question to the
user, or with `--strict` a refusal, and never an allow; nothing is answered that is not on disk.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from slopguard.agents import protocols
from slopguard.agents.model import NOTHING, Answer, Call, Event, Output
from slopguard.agents.unjudged import FAILED, LATE, unjudged

if TYPE_CHECKING:
    from slopguard.agents.protocols.interface import Protocol

DEADLINE = 8.0
"""Seconds after which an answer is given whatever was found out: an agent that waits in vain runs the tool."""
UNKNOWN = 2
"""The exit code where not even the agent is known: most take it for a refusal, and show what stands on stderr."""
_COPILOT = "COPILOT_CLI"
"""Set by Copilot, which runs a repository's hooks of Claude Code too, in Claude Code's shape less `transcript_path`.

Whatever runs below Copilot's shell has it too, Claude Code included.
"""
ASIDE = Output("{}\n")
"""The agent has a hook of its own, which answers this call."""


def main(agent: str, data: bytes, *, strict: bool = False) -> NoReturn:
    """Answer one input on standard output, and end this process with the exit code for the agent.

    It ends at once: all is on disk, and to take apart what was imported would take a tenth of the whole.
    """
    found = answered(agent, data, strict=strict)
    sys.stderr.write(found.stderr)
    sys.stderr.flush()
    sys.stdout.write(found.stdout)
    sys.stdout.flush()
    os._exit(found.code)


def answered(agent: str, data: bytes, *, strict: bool = False) -> Output:
    """The answer to one input.

    Args:
        agent: the agent that the hook was installed for; `""` if the input has to tell.
    """
    agent, document = protocols.ALIASES.get(agent, agent), _document(data)
    told = protocols.told_by(document, agent) if document is not None else ""
    speaker = _speaker(told, document or {})
    if _stands_aside(agent, speaker):
        return ASIDE
    protocol = _protocol(told or agent)
    if protocol is None:
        return Output(stderr=_no_agent(agent), code=UNKNOWN)
    if document is None:
        return protocol.output(unjudged(FAILED, strict=strict), None)
    call = None
    try:
        call = replace(protocol.call(document), agent=speaker or agent)
        with _in_time(protocol.output(unjudged(LATE, strict=strict), call)):
            return protocol.output(answer(call, strict=strict), call)
    except Exception:  # the edge of the process: whatever nobody foresaw is for the user to decide
        if os.environ.get("SLOPGUARD_DEBUG"):
            raise
        return protocol.output(unjudged(FAILED, strict=strict), call)


def answer(call: Call, *, strict: bool = False) -> Answer:
    """What an agent is told about one call."""
    if call.event is not Event.BEFORE or not (call.commands or call.edits):
        return NOTHING
    from slopguard.agents import looking

    return looking.answer(call, strict=strict)


@contextmanager
def _in_time(late: Output) -> Iterator[None]:
    """Give an answer prepared beforehand, and end, if the body takes longer than `DEADLINE`."""

    def end(*_: object) -> None:
        os.write(2, late.stderr.encode())
        os.write(1, late.stdout.encode())
        os._exit(late.code)

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _document(data: bytes) -> Mapping[str, Any] | None:
    """The input; `None` if it is no JSON object."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _protocol(agent: str) -> Protocol | None:
    try:
        return protocols.named(agent)
    except KeyError:
        return None


def _no_agent(agent: str) -> str:
    known = " ".join(protocols.AGENTS)
    said = "there is no such agent" if agent else "the input does not tell which agent it comes from"
    return f"slopguard: {said}. Name one of: {known}\n"


def _speaker(told: str, document: Mapping[str, Any]) -> str:
    """The agent that speaks, which may be one that borrowed the shape of another."""
    borrowed = told == "claude-code" and os.environ.get(_COPILOT) and "transcript_path" not in document
    return "copilot" if borrowed else told


def _stands_aside(agent: str, speaker: str) -> bool:
    """Whether an agent that runs another's hooks too has one of its own, so that this one need not answer."""
    if not agent or speaker in ("", agent):
        return False
    from slopguard.config import places
    from slopguard.errors import SlopguardError
    from slopguard.guard.enabling import record

    home = Path(os.environ.get("SLOPGUARD_HOME") or places(os.environ).home)
    try:
        return speaker in record.read(home).everywhere
    except SlopguardError:
        return False
