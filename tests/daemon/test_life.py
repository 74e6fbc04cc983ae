"""One daemon of a home: started when it is needed, one at a time, and gone when nobody needs it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest

from slopguard.daemon import starting
from slopguard.daemon.link import NoDaemon
from slopguard.daemon.places import Places
from tests.daemon.house import ROOT, House, request, until


def test_a_command_that_finds_none_starts_one_and_the_next_one_finds_it(house: House) -> None:
    assert house.host() is not None
    first = house.pid
    assert house.host() is not None
    assert house.processes() == [first] == [house.pid]


def test_twenty_at_once_make_one(house: House) -> None:
    code = "import sys; from tests.daemon.house import House, Path; print(House(Path(sys.argv[1])).host() is not None)"
    with ThreadPoolExecutor(20) as pool:
        said = list(pool.map(lambda _: ran(house, code), range(20)))
    assert said == ["True"] * 20
    assert house.processes() == [house.pid]


def test_its_files_are_for_its_account_only(house: House) -> None:
    house.host()
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in house.places.folder.iterdir()}
    assert found == {"address": 0o600, "key": 0o600, "lock": 0o600, "log": 0o600}
    assert stat.S_IMODE(house.places.folder.stat().st_mode) == 0o700


def test_the_home_that_it_makes_is_its_accounts_too_whatever_others_may_read_otherwise(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert Places(tmp_path / "data" / "home").prepare()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "data" / "home").stat().st_mode) == 0o700


@pytest.mark.usefixtures("copies")
def test_it_ends_when_nobody_needed_it_for_a_while_and_leaves_no_address(house: House) -> None:
    host = house.host(SLOPGUARD_DAEMON="0.2")
    assert host is not None
    host.close()
    until(lambda: not house.processes())
    assert not house.places.address.exists()
    assert "ended: idle" in house.places.log.read_text()


@pytest.mark.usefixtures("copies")
def test_it_does_not_end_while_a_session_is_open(house: House) -> None:
    host = house.host(SLOPGUARD_DAEMON="0.2")
    assert host is not None
    with host.open(house.opening()) as hosted:
        sleep(1)  # five times as long as it would be idle
        assert hosted.judge([request("flask")])[0].rule == "allowlisted"
    until(lambda: not house.processes())


@pytest.mark.usefixtures("copies")
def test_killed_at_any_time_the_next_command_starts_another(house: House) -> None:
    for _ in range(3):
        assert house.host() is not None
        pid = house.pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: not house.processes())
        assert house.places.address.exists()  # nobody was left to take it away
    assert house.host() is not None


def test_one_that_is_killed_while_it_starts_is_in_nobodys_way(house: House) -> None:
    begun = starting.begin(house.home, house.env)
    until(house.processes)
    os.kill(house.processes()[0], signal.SIGKILL)
    assert begun.finish() is None  # this command hosts itself
    assert house.host() is not None


def test_whoever_is_killed_while_it_waits_leaves_a_daemon_for_the_next(house: House) -> None:
    code = "import sys; from tests.daemon.house import *; starting.begin(House(Path(sys.argv[1])).home, House("
    ran(house, f"{code}Path(sys.argv[1])).env); import os; os._exit(0)")
    begun = house.processes()
    assert house.host() is not None
    assert house.processes() == begun


@pytest.mark.usefixtures("copies")
def test_a_signal_ends_it_once_its_sessions_are_over(house: House) -> None:
    with house.session() as hosted:
        os.kill(house.pid, signal.SIGTERM)
        until(lambda: not house.places.address.exists())
        assert hosted.judge([request("flask")])[0].rule == "allowlisted"
        assert house.processes()
    until(lambda: not house.processes())


@pytest.mark.usefixtures("copies")
def test_a_second_signal_ends_it_at_once(house: House) -> None:
    with house.session():
        os.kill(house.pid, signal.SIGTERM)
        until(lambda: not house.places.address.exists())
        os.kill(house.processes()[0], signal.SIGTERM)
        until(lambda: not house.processes())


@pytest.mark.usefixtures("copies")
def test_it_ends_when_its_folder_vanishes(house: House) -> None:
    house.host()
    for path in house.places.folder.iterdir():
        path.unlink()
    house.places.folder.rmdir()
    until(lambda: not house.processes())


@pytest.mark.usefixtures("copies")
def test_it_ends_when_another_has_taken_its_place(house: House) -> None:
    house.host()
    first = house.pid
    house.places.lock.unlink()  # only so can there be two
    house.places.address.unlink()
    assert house.host() is not None
    until(lambda: first not in house.processes())
    assert house.processes() == [house.pid]


def test_it_is_started_without_credentials_proxies_or_code_of_its_starter(house: House) -> None:
    house.host(PIP_INDEX_URL="https://u:p@registry.example/", HTTPS_PROXY="http://proxy.example", PYTHONPATH="/evil")
    said = dict(
        item.split("=", 1) for item in Path(f"/proc/{house.pid}/environ").read_text().split("\0") if "=" in item
    )
    measured = {key for key in said if key.startswith(("COV", "COVERAGE"))}
    assert said.keys() - measured == {"HOME", "SLOPGUARD_HOME", "PATH"}
    assert Path(f"/proc/{house.pid}/cwd").readlink() == Path("/")


def test_nothing_of_its_starter_is_kept_open(house: House) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    house.host()
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


@pytest.mark.parametrize("said", ["off", "OFF", "0", "-1"])
def test_it_can_be_switched_off(house: House, said: str) -> None:
    assert house.host(SLOPGUARD_DAEMON=said) is None
    assert not house.home.exists()


@pytest.mark.parametrize("said", ["often", "", "nan", "inf", "1e400"])
def test_an_idle_time_that_is_no_number_is_the_default_one(said: str) -> None:
    assert starting.idle_of({"SLOPGUARD_DAEMON": said}) == starting.idle_of({}) == starting.IDLE


STALE: dict[str, Callable[[Places], object]] = {
    "an address elsewhere": lambda at: at.address.write_text('{"pid":1,"port":9,"gate":9,"version":"0","protocol":0}'),
    "an address of a newer version": lambda at: at.address.write_text(at.address.read_text().replace('"0.', '"99.')),
    "an address that is no JSON": lambda at: at.address.write_bytes(b"\xff{"),
    "an address without end": lambda at: at.address.write_bytes(b"[" * 5000),
    "a key that is too short": lambda at: at.key.write_bytes(b"short"),
    "no key": lambda at: at.key.unlink(),
    "a key that others may read": lambda at: at.key.chmod(0o644),
    "a lock with something in it": lambda at: at.lock.write_bytes(b"4711"),
    "a key that leads elsewhere": lambda at: (at.key.unlink(), at.key.symlink_to("/etc/hostname")),
}


@pytest.mark.usefixtures("copies")
def test_files_that_were_left_behind_hurt_nobody(house: House) -> None:
    house.host()
    for left, leave in STALE.items():
        os.kill(house.pid, signal.SIGKILL)
        until(house.ended)
        leave(house.places)
        assert house.host() is not None, left
        assert house.processes() == [house.pid], left


def test_a_place_that_cannot_be_written_has_no_daemon(house: House) -> None:
    house.root.joinpath("home").write_text("a file is in the way")
    assert house.host() is None
    assert house.processes() == []


@pytest.mark.usefixtures("copies")
def test_one_that_cannot_say_where_it_is_serves_nobody(house: House) -> None:
    assert house.places.prepare()
    house.places.address.mkdir()
    assert house.host() is None
    until(lambda: not house.processes())
    assert "cannot serve" in house.places.log.read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_home_has_no_daemon(house: House) -> None:
    house.home.mkdir(mode=0o500)
    assert house.host() is None
    assert house.processes() == []


@pytest.mark.parametrize("way", ["a folder", "a link"])
def test_where_no_lock_can_be_had_nobody_is_waited_for(house: House, way: str) -> None:
    """As on a disk that became read-only."""
    assert house.places.prepare()
    house.places.lock.mkdir() if way == "a folder" else house.places.lock.symlink_to("elsewhere")
    begun = monotonic()
    assert house.host() is None
    assert monotonic() - begun < starting.START / 2
    assert house.processes() == []


@pytest.mark.usefixtures("copies")
def test_a_folder_of_somebody_else_is_not_used(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.host() is not None
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert house.host() is None


def test_where_no_process_can_be_had_the_command_hosts_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(house.root / "there-is-none"))
    assert house.host() is None
    with pytest.raises(NoDaemon):
        house.link()


def test_one_that_cannot_serve_is_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "__version__", "99")  # what is started here is another version
    assert house.host() is None
    until(lambda: not house.processes())


@pytest.mark.usefixtures("copies")
def test_one_that_hangs_is_not_waited_for_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "ANSWER", 0.2)
    assert house.host() is not None
    pid = house.pid
    os.kill(pid, signal.SIGSTOP)
    assert house.host() is None
    os.kill(pid, signal.SIGCONT)
    assert house.host() is not None


@pytest.mark.usefixtures("copies")
def test_a_lock_that_nobody_gives_up_is_not_waited_for_without_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.places.prepare()
    held = house.places.hold()
    assert held is not None
    with monkeypatch.context() as hasty:
        hasty.setattr(starting, "START", 0.3)
        assert house.host() is None
    os.close(held)
    assert house.host() is not None


def ran(house: House, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, str(house.root)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
