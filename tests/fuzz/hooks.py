"""Any input to the hook of any agent has a valid answer: `python -m tests.fuzz hooks [--inputs N] [--agent NAME]`.

Inputs that agents really give are changed where they hold something: texts, keys, kinds of values, depth, bytes. Every
answer is one that the agent takes, comes in time, and holds no traceback; where the first look says that there is
nothing, so does the full reading. Every `SAMPLED`th input goes through a process of its own as well.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from slopguard.agents import hook, quick
from slopguard.agents.model import Output
from tests.agents.machine import Machine, machine_in
from tests.agents.spoken import ALL, decision, spoken, whose
from tests.fuzz.hook_inputs import mutated

SLOWEST = 2.0
"""Seconds for one answer."""
SAMPLED = 2_000
EACH_HOME = 5_000
"""Inputs that share a home."""
START = Path(hook.__file__).with_name("start.py")
NOBODY = (
    "slopguard: there is no such agent. Name one of: ",
    "slopguard: the input does not tell which agent it comes from. Name one of: ",
)


@dataclass
class Found:
    """What came out of the inputs of one agent."""

    inputs: int = 0
    processes: int = 0
    idle: int = 0
    slowest: float = 0.0
    decisions: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, bytes]] = field(default_factory=list)


def settle(machine: Machine) -> None:
    """Put things into the project that inputs name: a pipe that nobody writes to, a folder, a manifest."""
    import os

    os.mkfifo(machine.project / "pipe")
    (machine.project / "folder").mkdir()
    (machine.project / "requirements.txt").write_text("flask\n", encoding="utf-8")


def try_one(name: str, data: bytes, found: Found, *, strict: bool = False) -> None:
    """Give one input to the hook installed under a name.

    Raises:
        AssertionError: the answer is none that the agent takes.
    """
    start = time.monotonic()
    output = hook.answered(name, data, strict=strict)
    seconds = time.monotonic() - start
    found.inputs += 1
    found.slowest = max(found.slowest, seconds)
    assert seconds < SLOWEST, f"{seconds:.1f} s"
    said = valid(name, data, output)
    found.decisions[said] = found.decisions.get(said, 0) + 1
    if quick.idle(data):
        found.idle += 1
        clear = (
            said in ("none", "nobody") or hook._document(data) is None
        )  # it may pass what is no JSON and says nothing
        assert clear, f"the first look saw nothing, the full reading says {said}"
        if b'"cursor_version"' not in data:  # which tells it that Cursor runs it, wherever it stands
            assert valid(name, data, Output(quick.quiet(name, data))) == "none"


def valid(name: str, data: bytes, output: Output) -> str:
    """What an answer says; `aside` where another hook answers, `nobody` where no agent is known."""
    shape = whose(name, data)
    if output == hook.ASIDE:
        return "none"
    if not shape:
        assert output.code in (0, hook.UNKNOWN)
        assert output.stdout == ""
        assert output.stderr.startswith(NOBODY) or output.code == 0
        return "nobody" if output.code else "none"
    spoken(shape, output)
    return decision(shape, output)


def in_a_process(name: str, data: bytes, found: Found) -> None:
    """Give one input to the hook as an agent does.

    Raises:
        AssertionError: the answer is none that the agent takes.
    """
    command = [sys.executable, "-E", "-P", "-S", str(START), *([name] if name else [])]
    done = subprocess.run(command, input=data, capture_output=True, timeout=30)
    found.processes += 1
    error = done.stderr.decode("ascii")
    assert "Traceback" not in error
    valid(name, data, Output(done.stdout.decode("ascii"), error, done.returncode))


def run(agent: str, inputs: int, seed: int = 0, sampled: int = SAMPLED) -> Found:
    """Give an agent's hook some changed inputs; what failed is kept, not raised."""
    found = Found()
    for first in range(0, inputs, EACH_HOME):
        with TemporaryDirectory() as root, machine_in(Path(root).resolve()) as machine:
            settle(machine)
            for number in range(first, min(inputs, first + EACH_HOME)):
                _numbered(agent, f"{agent}-{seed}-{number}", number, sampled, found)
    return found


def _numbered(agent: str, seed: str, number: int, sampled: int, found: Found) -> None:
    """One input, which can be made again from its seed without those before it."""
    data = mutated(Random(seed), agent)
    name = agent if number % 5 else ""
    try:
        try_one(name, data, found, strict=number % 7 == 0)
        if number % sampled == sampled - 1:
            in_a_process(name, data, found)
    except Exception as error:  # whatever it is, it is a finding
        found.failures.append((f"{seed}: {type(error).__name__}: {error}"[:500], data[:2000]))


def main(inputs: int, agents: list[str], seed: int = 0) -> int:
    """Fuzz the hooks of some agents; 1 if anything failed."""
    failed = False
    for agent in agents or ALL:
        found = run(agent, inputs, seed)
        failed = failed or bool(found.failures)
        counts = " ".join(f"{name} {count}" for name, count in sorted(found.decisions.items()))
        print(  # noqa: T201 (a command's output)
            f"{agent}: {found.inputs} inputs ({counts}), {found.idle} answered by the first look, {found.processes} in"
            f" processes, slowest {found.slowest:.2f} s, {len(found.failures)} failed",
            flush=True,
        )
        for why, data in found.failures[:10]:
            print("  ", why, "\n  ", data[:600], flush=True)  # noqa: T201 (a command's output)
    return int(failed)
