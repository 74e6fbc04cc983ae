"""Landlock: what a confined process and all below it can connect to, and that nobody else is held to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.egress import Net, landlock
from slopguard.guard import child

pytestmark = pytest.mark.skipif(not landlock.available(), reason="this kernel (or its sandbox) has no Landlock for TCP")

CONNECT = """
import errno, socket, sys
for port in sys.argv[1:]:
    try:
        socket.create_connection(("127.0.0.1", int(port))).close()
        print("reached", end=" ")
    except OSError as error:
        print(errno.errorcode[error.errno], end=" ")
"""


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Two ports on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        yield one.getsockname()[1], other.getsockname()[1]


def confined(argv: list[str], *allowed: int) -> str:
    process = landlock.start_confined(argv, os.environ, None, allowed, stdout=subprocess.PIPE)
    return process.communicate()[0].decode().strip()


def test_only_the_ports_named_are_reached(ports: tuple[int, int]) -> None:
    words = [sys.executable, "-c", CONNECT, *map(str, ports)]
    assert confined(words, ports[0]) == "reached EACCES"
    assert confined(words) == "EACCES EACCES"
    assert confined(words, *ports) == "reached reached"


def test_whatever_it_starts_is_held_to_the_same(ports: tuple[int, int]) -> None:
    words = [sys.executable, "-c", CONNECT, *map(str, ports)]
    detached = f"import subprocess, sys; subprocess.run({words!r}, start_new_session=True)"
    assert confined([sys.executable, "-c", detached], ports[0]) == "reached EACCES"


def test_our_own_process_is_not(ports: tuple[int, int]) -> None:
    confined(["true"])
    assert landlock.available()
    for port in ports:
        socket.create_connection(("127.0.0.1", port)).close()
    free = [sys.executable, "-c", CONNECT, *map(str, ports)]
    assert subprocess.run(free, capture_output=True, text=True).stdout.strip() == "reached reached"
    assert "NoNewPrivs:\t0" in Path("/proc/self/status").read_text()


def test_it_may_listen_and_talk_over_unix_sockets_and_udp() -> None:
    script = (
        "import socket; a, b = socket.socketpair(); a.send(b'x'); b.recv(1); socket.create_server(('127.0.0.1', 0));"
        "u = socket.socket(type=socket.SOCK_DGRAM); u.connect(('127.0.0.1', 9)); print('done')"
    )
    assert confined([sys.executable, "-c", script]) == "done"


def test_what_cannot_be_started_is_an_error_as_ever() -> None:
    with pytest.raises(FileNotFoundError):
        landlock.start_confined(["/nowhere/at-all"], {}, None, ())


def test_its_environment_and_folder_are_those_given(tmp_path: Path) -> None:
    process = landlock.start_confined(
        [sys.executable, "-c", "import os; print(os.getcwd(), os.environ['A'])"],
        {"A": "b"}, tmp_path, (), stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.communicate()[0].decode().split() == [str(tmp_path), "b"]


def test_a_guarded_client_is_waited_for_and_its_code_kept() -> None:
    assert child.run(["sh", "-c", "exit 7"], os.environ, confined=()) == 7
    assert child.run(["sh", "-c", "kill -TERM $$"], os.environ, confined=()) == 143


def handles(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal by now."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def test_signals_are_handed_on_from_the_main_thread(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = f"trap 'exit 9' TERM; : > {ready}; while :; do sleep 0.01; done"
    own = (
        "import os, sys; from slopguard.guard import child;"
        f"sys.exit(child.run(['sh', '-c', {script!r}], os.environ, confined=()))"
    )
    process = subprocess.Popen([sys.executable, "-c", own])
    while not (ready.exists() and handles(process.pid, signal.SIGTERM)):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 9


def test_the_terminal_and_its_foreground_stay_the_clients() -> None:
    """`read` from a terminal stops whoever is not in its foreground, so an answer shows that all is as without us."""
    shell = "read x; test -t 0 && test -t 1 && test -t 2 && echo got-$x"
    own = (
        "import os, sys; from slopguard.guard import child;"
        f"sys.exit(child.run(['sh', '-c', {shell!r}], os.environ, confined=()))"
    )
    terminal = f"import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn([sys.executable, '-c', {own!r}])))"
    done = subprocess.run([sys.executable, "-c", terminal], input=b"word\n", capture_output=True)
    assert b"got-word" in done.stdout
    assert done.returncode == 0


def test_a_net_names_its_own_port_and_the_gates(ports: tuple[int, int]) -> None:
    with Net([], {}, gate=f"http://127.0.0.1:{ports[0]}") as net:
        assert net.ports is not None
        assert net.ports[0] == ports[0]
        words = [sys.executable, "-c", CONNECT, *map(str, [*net.ports, ports[1]])]
        assert confined(words, *net.ports) == "reached reached EACCES"
    with Net([], {}, enforce=False) as net:
        assert net.ports is None
