"""Codex runs a hook only once its user trusts it: what an untrusted one is worth, and that trusting it is enough."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from tests.agents.real.agents import CODEX
from tests.agents.real.world import World

BYPASS = "--dangerously-bypass-hook-trust"
AS_A_USER = replace(CODEX, argv=tuple(word for word in CODEX.argv if word != BYPASS))


@pytest.fixture
def codex(tmp_path: Path) -> Iterator[World]:
    """A home with slopguard's hook in Codex's settings."""
    with World(tmp_path, AS_A_USER) as world:
        world.slopguard("enable", "codex", "--yes")
        yield world


@pytest.mark.matrix
def test_codex_is_guarded_from_the_moment_its_user_trusts_the_hook(codex: World) -> None:
    install = codex.agent.shell("pip install flask-auth-magic")
    codex.talk(install)
    assert codex.mark.exists(), "Codex ran a hook that nobody trusted: then `enable` need not say that somebody has to"
    codex.mark.unlink()
    assert trust(codex) == ["untrusted"]
    assert "slopguard: QUARANTINED" in codex.talk(install).heard[0]
    assert not codex.mark.exists()


@pytest.mark.matrix
def test_trust_outlives_switching_off_and_on(codex: World) -> None:
    trust(codex)
    codex.disable()
    codex.slopguard("enable", "codex", "--yes")
    assert trust(codex) == ["trusted"]


def trust(world: World) -> list[str]:
    """Trust every hook, as `/hooks` in Codex does; gives what they were before."""
    with subprocess.Popen(
        [world.agent.argv[0], "app-server"],
        cwd=world.project,
        env=world.agents_env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        _ask(server.stdin, server.stdout, "initialize", {"clientInfo": {"name": "test", "version": "1"}})
        found = _ask(server.stdin, server.stdout, "hooks/list", {"cwds": [str(world.project)]})
        hooks = [hook for each in found["data"] for hook in each["hooks"]]
        value = {hook["key"]: {"trusted_hash": hook["currentHash"]} for hook in hooks}
        edit = {"keyPath": "hooks.state", "value": value, "mergeStrategy": "upsert"}
        _ask(server.stdin, server.stdout, "config/batchWrite", {"edits": [edit]})
        server.kill()
    return [hook["trustStatus"] for hook in hooks]


def _ask(to: IO[str], answers: IO[str], method: str, params: object) -> Any:
    """One request of its JSON-RPC, with the notification that the first one wants after it."""
    to.write(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}) + "\n")
    to.flush()
    found = next(told for line in answers if (told := json.loads(line)).get("id") == method)
    if method == "initialize":
        to.write(json.dumps({"jsonrpc": "2.0", "method": "initialized"}) + "\n")
    return found["result"]
