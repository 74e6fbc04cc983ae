"""A guarded command that dies leaves nothing of the gate behind for good; one that is interrupted says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

NAME, OTHER = "sg-alpha", "sg-beta"
FILES = {"uv": "uv.lock", "npm": "package-lock.json"}
BOTH = [("uv", "newest"), ("npm", "newest")]


def manifest(world: World, *names: str) -> None:
    """A project that requires these."""
    if world.box.client.family == "uv":
        wanted = ", ".join(f'"{name}"' for name in names)
        head = '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\n'
        world.box.write("pyproject.toml", f"{head}dependencies = [{wanted}]\n")
    else:
        wanted = ", ".join(f'"{name}": "*"' for name in names)
        world.box.write("package.json", f'{{"name": "mine", "version": "0.0.0", "dependencies": {{{wanted}}}}}')


def command(world: World) -> tuple[str, ...]:
    """The command that makes the lock file what the manifest says."""
    return ("uv", "lock") if world.box.client.family == "uv" else ("npm", "install")


def started(world: World) -> subprocess.Popen[bytes]:
    """The guarded command, in a group of its own, when its client has asked for what never comes."""
    world.registry.fail(f"*{OTHER}*.tgz" if world.ecosystem == "npm" else "*/files/*", Break.STALL)
    running = subprocess.Popen(
        [sys.executable, "-m", "slopguard", *command(world)],
        cwd=world.box.project, env=world.box.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    asked = (lambda: world.registry.downloads) if world.ecosystem == "npm" else (lambda: files_asked(world))
    while not asked() and running.poll() is None:
        time.sleep(0.02)
    assert running.poll() is None
    return running


def files_asked(world: World) -> list[str]:
    """What was asked for below `/files/`, metadata included."""
    return world.registry.asked(lambda seen: seen.path.startswith("/files/"))


def gone(running: subprocess.Popen[bytes], number: int) -> int:
    """The code of a group that got a signal."""
    os.killpg(running.pid, number)
    return running.wait()


def lock(world: World) -> Path:
    """The lock file."""
    return world.box.project / FILES[world.box.client.family]


@for_clients(BOTH)
@pytest.mark.parametrize("there", [True, False])
def test_after_a_kill_the_next_guarded_command_puts_the_lock_right(world: World, there: bool) -> None:
    world.established(NAME, OTHER)
    manifest(world, NAME)
    if there:
        assert world.guarded(*command(world)).rc == 0
    before = lock(world).read_bytes() if there else b""
    world.registry.forget()
    manifest(world, NAME, OTHER)
    gone(started(world), signal.SIGKILL)
    world.registry.mend()
    if not there and world.box.client.family == "uv":  # as if uv had got that far
        lock(world).write_text(
            f'version = 1\n[[package]]\nname = "{NAME}"\nsource = {{ registry = "{gate(world)}" }}\n'
        )
    manifest(world, NAME)
    ran = world.guarded(*command(world))
    assert ran.rc == 0, ran
    assert "127.0.0.1:" not in lock(world).read_text().replace(world.registry.server.origin, ""), ran
    if there:
        assert lock(world).read_bytes() == before


def gate(world: World) -> str:
    """The address that the gate of the killed command wrote, from its journal."""
    import json

    saved = next((world.box.root / "slopguard" / "journal").glob("*.json"))
    return f"http://{json.loads(saved.read_text())['gate']}/pypi/0123456789ab/simple/"


@for_clients([("uv", "newest")])
def test_an_interrupted_command_ends_in_130_and_leaves_the_lock_whole(world: World) -> None:
    world.established(NAME, OTHER)
    manifest(world, NAME)
    assert world.guarded(*command(world)).rc == 0
    before = lock(world).read_bytes()
    world.registry.forget()
    manifest(world, NAME, OTHER)
    assert gone(started(world), signal.SIGINT) == 130
    assert lock(world).read_bytes() == before
