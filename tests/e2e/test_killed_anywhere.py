"""Whoever is killed, whenever: nothing half-written is ever installed or served, and the next command works."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators import daemons
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

NAMES = tuple(f"sg-part-{number}" for number in range(6))
BOTH = [("uv", "newest"), ("npm", "newest"), ("pip", "newest")]
GONE = "slopguard: the daemon ended while this command ran. Run the same command again."
LATENCY = 0.06
"""Seconds that each answer of the registry takes, so that an install has a middle."""


def prepared(world: World) -> None:
    """Six packages of some size, each of which must arrive whole."""
    for name in NAMES:
        world.registry.add_established(name)
    world.registry.server.latency = LATENCY
    world.box.env["SLOPGUARD_DAEMON"] = "20"


def forget(world: World) -> None:
    """Back to a client that has neither these packages nor a cache."""
    for folder in (".cache", ".npm", ".local/share/uv"):
        shutil.rmtree(world.box.home / folder, ignore_errors=True)
    if world.ecosystem == "npm":
        shutil.rmtree(world.box.project / "node_modules", ignore_errors=True)
        (world.box.project / "package-lock.json").unlink(missing_ok=True)
        return
    for part in world.box.venv.glob("lib/python*/site-packages/sg_part*"):
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    assert set(NAMES).isdisjoint(world.box.installed)


def started(world: World) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "slopguard", *world.box.install(*NAMES)],
        cwd=world.box.project, env=world.box.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(status.parent.name))
    return found


def victims(who: str, running: subprocess.Popen[bytes], world: World) -> list[int]:
    if who == "daemon":
        return daemons.below(world.box.root)
    return [running.pid] if who == "guard" else [c for c in children(running.pid) if c not in daemons.below(Path("/"))]


@pytest.mark.parametrize("who", ["daemon", "guard", "client"])
@for_clients(BOTH)
def test_the_next_command_works(who: str, world: World) -> None:
    prepared(world)
    assert world.guarded(*world.box.install(NAMES[0])).rc == 0
    for moment in (0.1, 0.35, 0.8):
        forget(world)
        running = started(world)
        time.sleep(moment)
        for victim in victims(who, running, world):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        code = running.wait(timeout=120)
        assert code in (0, 1, 2, 4, -9, 137), code  # it ended in time, was stopped, or says that it could not verify
        again = world.guarded(*world.box.install(*NAMES))
        assert (again.rc, again.lines) == (0, []), again
        assert set(NAMES) <= set(world.box.installed)
    assert world.guarded("log", "verify").rc == 0


@for_clients(BOTH)
def test_a_client_whose_gate_is_gone_is_ended_at_once_with_one_line(world: World) -> None:
    prepared(world)
    assert world.guarded(*world.box.install(NAMES[0])).rc == 0
    forget(world)
    world.registry.fail("*.tgz" if world.ecosystem == "npm" else "*/files/*", Break.STALL)
    world.registry.forget()
    shutil.rmtree(world.box.root / "slopguard" / "cache")
    running = subprocess.Popen(
        [sys.executable, "-m", "slopguard", *world.box.install(*NAMES)],
        cwd=world.box.project, env=world.box.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not world.registry.asked(lambda seen: seen.path.endswith((".tgz", ".whl", ".metadata"))):
        assert running.poll() is None
        time.sleep(0.02)
    for victim in daemons.below(world.box.root):
        os.kill(victim, signal.SIGKILL)
    said = running.communicate(timeout=60)[1]
    lines = [line for line in said.splitlines() if line.startswith("slopguard: ")]
    assert (running.returncode, lines) == (4, [GONE]), said


@pytest.mark.parametrize("left", ["half", "other", "empty"])
@for_clients(BOTH)
def test_what_a_killed_or_failing_disk_left_in_the_cache_is_never_installed(left: str, world: World) -> None:
    prepared(world)
    world.box.env["SLOPGUARD_DAEMON"] = "off"
    assert world.guarded(*world.box.install(*NAMES)).rc == 0
    kept = [file for file in (world.box.root / "slopguard" / "cache").rglob("*") if file.is_file()]
    assert len(kept) >= 2 * len(NAMES)
    for file in kept:
        data = file.read_bytes()
        changed = {"half": data[: len(data) // 2], "other": bytes(byte ^ 1 for byte in data), "empty": b""}[left]
        file.chmod(0o600)
        file.write_bytes(changed)
    forget(world)
    ran = world.guarded(*world.box.install(*NAMES))
    assert (ran.rc, ran.lines) == (0, []), ran
    assert set(NAMES) <= set(world.box.installed)
