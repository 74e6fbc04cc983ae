"""`slopguard daemon`: what a person sees of it, and what a service manager is told."""

from __future__ import annotations

import json
import os
import plistlib
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slopguard import __version__
from slopguard.daemon import starting
from slopguard.daemon.activation import control_port
from tests.daemon.house import ROOT, House, request, until
from tests.simulators import warm

pytestmark = pytest.mark.usefixtures("copies")


def said(house: House, *argv: str, rc: int = 0) -> str:
    done = warm.run([sys.executable, "-m", "slopguard", "daemon", *argv], house.env, house.root)
    assert (done.returncode, done.stderr) == (rc, "") or rc, done.stderr
    return done.stdout or done.stderr


def test_where_none_runs_that_is_no_error(house: House) -> None:
    assert said(house, "status").startswith("daemon    does not run; the next guarded command starts one\ncache ")
    assert json.loads(said(house, "status", "--format", "json"))["running"] is False
    assert said(house, "stop") == "slopguard: no daemon runs\n"
    assert json.loads(said(house, "stop", "--format", "json")) == {"schema": "slopguard/daemon/1", "running": False}
    assert house.processes() == []


def test_its_state_is_told_in_words_and_as_json(house: House) -> None:
    with house.session():
        shown = said(house, "status")
        assert f"daemon    version {__version__}, process {house.pid}, since 2" in shown
        assert "sessions  1\nends      after 60 seconds without a command\ncache " in shown
        told = json.loads(said(house, "status", "--format", "json"))
        found = house.places.find()
        assert found is not None
        assert told["schema"] == "slopguard/daemon/1"
        assert (told["running"], told["version"], told["sessions"]) == (True, __version__, 1)
        assert (told["pid"], told["port"], told["gate"]) == (found[0].pid, found[0].port, found[0].gate)
        assert told["cache"].keys() == {"bytes", "limit", "files", "documents"}


def test_it_is_stopped_and_the_next_command_starts_another(house: House) -> None:
    house.host()
    assert said(house, "stop") == "slopguard: the daemon has ended\n"
    until(lambda: not house.processes())
    assert house.host() is not None


def test_it_is_stopped_once_the_commands_that_run_have_ended(house: House) -> None:
    with house.session() as hosted:
        assert said(house, "stop") == "slopguard: the daemon ends with the commands that run (1)\n"
        assert hosted.judge([request("flask")])[0].rule == "allowlisted"
    until(lambda: not house.processes())


def test_it_is_stopped_at_once(house: House) -> None:
    with house.session():
        assert said(house, "stop", "--now") == "slopguard: the daemon has ended\n"
        until(lambda: not house.processes())


def test_one_that_hangs_is_named(house: House) -> None:
    house.host()
    pid = house.pid
    os.kill(pid, signal.SIGSTOP)
    shown = said(house, "status", rc=4)
    assert shown == f"slopguard: the daemon (process {pid}) does not answer. End that process.\n"
    os.kill(pid, signal.SIGCONT)


@contextmanager
def running(house: House, *argv: str) -> Iterator[subprocess.Popen[bytes]]:
    """`slopguard daemon run`, until the test is over."""
    command = [sys.executable, "-m", "slopguard", "daemon", "run", *argv]
    with subprocess.Popen(command, cwd=ROOT, env=house.env) as process:
        until(lambda: (found := house.places.find()) is not None and found[0].pid == process.pid)
        yield process
        process.kill()


def test_in_the_foreground_it_serves_until_it_is_told_to_end(house: House) -> None:
    with running(house) as process:
        assert house.host() is not None
        assert "ends      when it is told to" in said(house, "status")
        assert said(house, "stop") == "slopguard: the daemon has ended\n"
        assert process.wait(30) == 0


def test_one_that_runs_gives_way_to_one_in_the_foreground(house: House) -> None:
    with house.session() as hosted:
        first = house.pid
        with running(house) as process:
            assert house.pid == process.pid
            assert hosted.judge([request("flask")])[0].rule == "allowlisted"
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    until(lambda: first not in house.processes())


def test_a_place_where_none_can_be_is_an_error(house: House) -> None:
    house.home.write_text("a file is in the way")
    assert "cannot be made, or belongs to somebody else" in said(house, "run", rc=4)


ACTIVATED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=sys.argv[2])
os.execv(sys.executable, [sys.executable, "-m", "slopguard", "daemon", "run", *sys.argv[3:]])
"""


def activated(house: House, held: socket.socket, *argv: str, fds: str = "1") -> subprocess.Popen[str]:
    """As systemd starts it."""
    number = held.fileno()
    return subprocess.Popen(
        [sys.executable, "-c", ACTIVATED, str(number), fds, *argv],
        cwd=ROOT,
        env=house.env,
        pass_fds=(number,),
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_port_that_is_held_for_it_is_where_it_is_found_awake_or_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "ANSWER", 60.0)
    with socket.create_server(("127.0.0.1", 0)) as held:
        with activated(house, held, "--idle", "0.1") as first:
            assert first.wait(60) == 0
        found = house.places.find()
        assert found is not None
        assert found[0].port == held.getsockname()[1]  # it sleeps, and is found
        woken: list[subprocess.Popen[str]] = []

        def wake() -> None:
            select.select([held], [], [], 60)
            woken.append(activated(house, held, "--idle", "60"))

        waiting = threading.Thread(target=wake)
        waiting.start()
        assert house.host() is not None
        waiting.join()
        assert house.pid == woken[0].pid
        with woken[0]:
            woken[0].terminate()


@pytest.mark.parametrize("fds", ["0", "2", "x"])
def test_anything_but_one_socket_is_refused(house: House, fds: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held, activated(house, held, fds=fds) as process:
        _, shown = process.communicate()
        assert process.returncode == 2
        assert "something else than one TCP socket on 127.0.0.1" in shown


@pytest.mark.parametrize("place", ["0.0.0.0", "127.0.0.2"])
def test_a_port_that_others_reach_is_refused(house: House, place: str) -> None:
    with socket.create_server((place, 0)) as held, activated(house, held) as process:
        process.communicate()
        assert process.returncode == 2


def test_a_file_in_place_of_a_socket_is_refused(house: House) -> None:
    with Path(os.devnull).open() as nothing, activated(house, nothing) as process:  # type: ignore[arg-type]
        process.communicate()
        assert process.returncode == 2


def test_the_units_of_systemd_hold_the_port_of_this_home(house: House) -> None:
    text = said(house, "unit", "systemd")
    assert f"\nListenStream=127.0.0.1:{control_port(house.home)}\n" in text
    start = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert shlex.split(start.removeprefix("ExecStart="))[1:6] == ["-P", "-m", "slopguard", "daemon", "run"]
    assert f"\nEnvironment=SLOPGUARD_HOME={house.home}\n" in text
    assert "NoNewPrivileges" not in text


def test_the_agent_of_launchd_holds_the_port_of_this_home(house: House) -> None:
    agent = plistlib.loads(said(house, "unit", "launchd").encode())
    assert agent["Sockets"]["control"]["SockServiceName"] == str(control_port(house.home))
    assert agent["ProgramArguments"][1:6] == ["-P", "-m", "slopguard", "daemon", "run"]
    assert agent["EnvironmentVariables"] == {"SLOPGUARD_HOME": str(house.home)}


def test_units_are_written_where_they_belong(house: House) -> None:
    assert said(house, "unit", "systemd", "-o", str(house.root / "units" / "user")) == ""
    written = {path.name for path in (house.root / "units" / "user").iterdir()}
    assert written == {"slopguard.service", "slopguard.socket"}
    assert "cannot be written" in said(house, "unit", "systemd", "-o", os.devnull, rc=2)
