"""The MCP server as agents meet it: the command in a process of its own, asked with the package's own client."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.cli.program import Program

GHOST, LISTED = "flask-auth-magic", "flask"
TOKEN = "0123456789abcdef-token"


@dataclass(frozen=True)
class Answer:
    """What a tool answered."""

    failed: bool
    text: str
    data: dict[str, Any]


class Agent:
    """A client whose connection stays open; every call blocks."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self.portal, self.client = portal, client

    def __call__(self, tool: str, **arguments: Any) -> Answer:
        told = self.portal.call(self.client.call_tool, tool, arguments)
        [content] = told.content
        return Answer(bool(told.is_error), content.text, told.structured_content or {})

    def check(self, *names: str, ecosystem: str = "pypi") -> dict[str, dict[str, Any]]:
        """The results by name."""
        answer = self("check_packages", ecosystem=ecosystem, names=list(names))
        assert not answer.failed, answer.text
        return {result["name"]: result for result in answer.data["results"]}


def environment(slopguard: Program, **more: str) -> dict[str, str]:
    """What the server is started with: offline, and followed by coverage."""
    followed = {key: value for key, value in os.environ.items() if key.startswith("COV")}
    return slopguard.env | {"SLOPGUARD_OFFLINE": "1"} | followed | more


@contextmanager
def over_stdio(slopguard: Program, **more: str) -> Iterator[Agent]:
    """An agent that starts the server."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "slopguard", "mcp", "serve"],
        env=environment(slopguard, **more),
        cwd=slopguard.cwd,
    )
    with start_blocking_portal() as portal:
        client = Client(command, read_timeout_seconds=60)
        with portal.wrap_async_context_manager(client):
            yield Agent(portal, client)


@contextmanager
def over_http(url: str, token: str | None = None, mode: str = "auto") -> Iterator[Agent]:
    """An agent that reaches a server that runs already."""
    with start_blocking_portal() as portal:
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=60)
        with portal.wrap_async_context_manager(http):
            client = Client(streamable_http_client(url, http_client=http), mode=mode)
            with portal.wrap_async_context_manager(client):
                yield Agent(portal, client)


@contextmanager
def started(
    slopguard: Program, *options: str, script: str | None = None, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The server with pipes for a wire, by the command or by a script of Python; gone afterwards."""
    how = ["-c", script] if script else ["-m", "slopguard", "mcp", "serve", *options]
    command = [sys.executable, *how]
    pipe = subprocess.PIPE
    server = subprocess.Popen(
        command, env=environment(slopguard, **more), cwd=slopguard.cwd, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        yield server
    finally:
        server.kill()
        server.communicate()


def url_of(server: subprocess.Popen[bytes]) -> str:
    """Where it says that it listens."""
    line = stream(server.stderr).readline().decode()
    found = re.search(r"MCP on (http://\S+/mcp);", line)
    assert found, line
    return found[1]


def stream(found: IO[bytes] | None) -> IO[bytes]:
    assert found is not None
    return found


def hello(server: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The first answer over its pipes, in the handshake of older clients."""
    about = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "codex-mcp-client", "version": "1"},
    }
    send(server, {"id": 1, "method": "initialize", "params": about})
    return receive(server)


def send(server: subprocess.Popen[bytes], message: Mapping[str, Any] | bytes) -> None:
    line = message if isinstance(message, bytes) else json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream(server.stdin).write(line + b"\n")
    stream(server.stdin).flush()


def receive(server: subprocess.Popen[bytes]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(stream(server.stdout).readline())
    return answer


def ledger(slopguard: Program) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = slopguard("log", "--format", "json", "--limit", "1000").json["entries"]
    return entries


def token_file(folder: Path, text: str = TOKEN, mode: int = 0o600) -> Path:
    path = folder / "mcp.token"
    path.write_text(f"{text}\n", encoding="utf-8")
    path.chmod(mode)
    return path
