"""The MCP server's wire on standard input and output, how it ends, and what it says when something is wrong inside."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from slopguard.agents.mcp import server as mcp_server
from slopguard.agents.mcp.calls import Reports, Said, Serving, request_for
from slopguard.agents.mcp.tools import FAILED, agent_of, call
from slopguard.errors import UsageError
from slopguard.model import Ecosystem, Verdict
from tests.agents.mcp_world import GHOST, LISTED, environment, hello, receive, send, started, stream
from tests.cli.program import Program

CHECK = "check_packages"
GOOD = {"ecosystem": "pypi", "names": [LISTED]}
SECRET = "sg-not-to-be-repeated"


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_the_end_of_the_input_ends_it_and_only_the_wire_was_written(slopguard: Program) -> None:
    with started(slopguard) as server:
        assert hello(server)["result"]["serverInfo"]["name"] == "slopguard"
        send(server, {"method": "notifications/initialized"})
        send(server, b"no message")
        send(server, b'{"jsonrpc": "2.0", "id": 2, "method": "x' + b"x" * (3 << 20) + b'"}')
        send(server, {"id": 3, "method": "tools/call", "params": {"name": CHECK, "arguments": {}}})
        answer = receive(server)
        assert (answer["id"], answer["result"]["isError"]) == (3, True)
        send(server, {"id": 4, "method": "tools/call", "params": {"name": CHECK, "arguments": GOOD}})
        assert receive(server)["result"]["structuredContent"]["summary"]["allow"] == 1
        out, err = server.communicate(timeout=30)
        assert (server.returncode, out, err) == (0, b"", b"")
    with closing(sqlite3.connect(slopguard.root / "data" / "slopguard.db")) as database:
        assert database.execute("SELECT agent, name FROM suggestions").fetchall() == [("codex", LISTED)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_while_the_input_is_open(slopguard: Program, number: int) -> None:
    with started(slopguard) as server:
        hello(server)
        server.send_signal(number)
        assert server.wait(timeout=30) == 0
        assert (stream(server.stdout).read(), stream(server.stderr).read()) == (b"", b"")


def test_a_client_that_reads_nothing_does_not_keep_it(slopguard: Program) -> None:
    with started(slopguard) as server:
        hello(server)
        send(server, {"method": "notifications/initialized"})
        for number in range(60):  # far more than a pipe holds
            send(server, {"id": number, "method": "tools/list"})
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


def test_a_call_that_waits_for_an_index_does_not_hold_up_the_end(slopguard: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple/"
        slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {index}\n")
        with started(slopguard, SLOPGUARD_OFFLINE="0") as server:
            hello(server)
            send(server, {"method": "notifications/initialized"})
            unknown = {"ecosystem": "pypi", "names": ["sg-waits"]}
            send(server, {"id": 2, "method": "tools/call", "params": {"name": CHECK, "arguments": unknown}})
            silent.settimeout(30)
            asked, _ = silent.accept()
            with asked:
                server.send_signal(signal.SIGTERM)
                assert server.wait(timeout=8) == 0  # an index is given ten seconds


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("raise m.PackageNotFoundError(name)", "the package mcp is not installed"),
        ("return '2.0.1'", "the package mcp is installed in a version that does not fit"),
        ("return '3.0.0'", "the package mcp is installed in a version that does not fit"),
    ],
)
def test_without_the_package_it_says_how_to_install_it(slopguard: Program, version: str, said: str) -> None:
    other = slopguard.write(
        "other/another_mcp.py",
        "import importlib.metadata as m\n"
        "real = m.version\n"
        "def version(name):\n"
        f"    if name == 'mcp': {version}\n"
        "    return real(name)\n"
        "m.version = version\n",
    )
    script = "import another_mcp, sys; from slopguard.cli import main; sys.exit(main(['mcp', 'serve']))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(slopguard, PYTHONPATH=str(other.parent)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"slopguard: {said}. Run: pip install 'slopguard[mcp]'.\n"


# ------------------------------------------------------------ what cannot be brought about from outside


@pytest.fixture
def inside(slopguard: Program, monkeypatch: pytest.MonkeyPatch) -> Serving:
    """A server in this process whose reports fail."""

    def fails(verdict: Verdict) -> dict[str, Any]:
        raise RuntimeError(f"{SECRET} {verdict}")

    for name, value in environment(slopguard).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(slopguard.cwd)
    return Serving(Reports(fails, lambda verdicts: ()), "session")


def test_what_nobody_foresaw_is_a_fixed_sentence(inside: Serving, capsys: pytest.CaptureFixture[str]) -> None:
    said = call(CHECK, {"ecosystem": "pypi", "names": [GHOST]}, inside)
    assert (said.data, said.text) == (None, FAILED)
    assert capsys.readouterr().err == "slopguard: internal error (RuntimeError)\n"


def test_whoever_debugs_sees_where_it_failed(
    inside: Serving, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOPGUARD_DEBUG", "1")
    assert call(CHECK, {"ecosystem": "pypi", "names": [GHOST]}, inside).text == FAILED
    assert "Traceback" in capsys.readouterr().err


async def test_a_call_that_takes_too_long_is_answered_all_the_same(
    inside: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(mcp_server, "LONGEST_CALL", 0.1)
    monkeypatch.setattr(mcp_server.mcp_tools, "call", lambda *_: Said("too late", {}) if ended.wait(60) else None)
    try:
        async with Client(mcp_server.build(inside)) as client:
            told = await client.call_tool(CHECK, {"ecosystem": "pypi", "names": [LISTED]})
    finally:
        ended.set()
    [content] = told.content
    assert (told.is_error, getattr(content, "text", None)) == (True, mcp_server.SLOW)


async def test_a_call_too_many_is_answered_at_once(inside: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_server, "WAITING", 0)
    async with Client(mcp_server.build(inside)) as client:
        told = await client.call_tool(CHECK, {"ecosystem": "pypi", "names": [LISTED]})
    assert told.is_error
    assert [content.text for content in told.content] == [mcp_server.BUSY]


@pytest.mark.parametrize(
    ("client", "agent"),
    [
        ("claude-code", "claude-code"),
        ("codex-mcp-client", "codex"),
        ("gemini-cli-mcp-client", "gemini"),
        ("cursor-vscode", "cursor"),
        ("github-copilot-developer", "copilot"),
        ("Cline", "cline"),
        ("Qwen Code", "qwen"),
        ("claude-ai", ""),
        ("codexed", ""),
        ("\x1b[0m", ""),
        ("", ""),
    ],
)
def test_an_agent_is_known_by_what_its_client_calls_itself(client: str, agent: str) -> None:
    assert agent_of(client) == agent


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("uvicorn[standard]", ("uvicorn", None)),
        ("flask>=1,<4", ("flask", None)),
        ("flask[async]==3.1.2", ("flask", "3.1.2")),
        ("flask==3.*,!=3.1", ("flask", None)),
        ("flask ~= 3.1", ("flask", None)),
    ],
)
def test_a_requirement_as_installers_take_it_is_about_its_name(text: str, asked: tuple[str, str | None]) -> None:
    request = request_for(Ecosystem.PYPI, text)
    assert (request.name, request.version) == asked


@pytest.mark.parametrize("text", ["flask; python_version > '3'", "flask @ https://files.example/a.whl"])
def test_what_is_more_than_a_requirement_is_no_name(text: str) -> None:
    with pytest.raises(UsageError):
        request_for(Ecosystem.PYPI, text)
