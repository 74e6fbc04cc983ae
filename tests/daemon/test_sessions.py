"""A session on the daemon lives as long as its connection, and keeps what is its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from slopguard.clients.interface import GateAddress
from slopguard.daemon import pulse
from slopguard.daemon.interface import Hosted
from slopguard.daemon.link import Gone, NoDaemon
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, Index, IndexKind
from slopguard.model import Ecosystem, Layer
from slopguard.store import Store
from tests.daemon.house import ROOT, House, request, until
from tests.simulators.pypi import PyPI
from tests.simulators.server import basic

pytestmark = pytest.mark.usefixtures("copies")


def index(pypi: PyPI, **more: object) -> Index:
    return Index(Ecosystem.PYPI, "main", pypi.url, IndexKind.DEFAULT, Layer.USER, **more)  # type: ignore[arg-type]


def page(address: GateAddress, name: str) -> int:
    """The status of a page of the session's gate."""
    asked = urllib.request.Request(f"{address.base}/pypi/main/simple/{name}/")
    asked.add_header("Authorization", "Basic " + b64encode(f"{address.user}:{address.secret}".encode()).decode())
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_session_judges_serves_and_accounts(house: House, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    with house.session([request("sg-alpha"), request("sg-ghost")], [index(pypi)]) as hosted:
        assert [verdict.rule for verdict in hosted.verdicts] == ["established", "not-found"]
        assert hosted.judge([request("sg-alpha", "9.9")])[0].rule == "not-found"
        assert page(hosted.address, "sg-alpha") == 200
        assert page(hosted.address, "sg-other") == 451
        closed = hosted.close()
        assert [verdict.request.name for verdict in closed.refusals] == ["sg-other"]
        assert page(hosted.address, "sg-alpha") == 403  # nobody is let in any more
        assert hosted.installed()


def test_the_database_stays_open_so_that_no_session_pays_for_tidying_it_up(house: House) -> None:
    with house.session([request("sg-ghost")]) as hosted:
        hosted.close()
    assert (house.home / "slopguard.db-wal").exists()


def test_where_files_are_is_told_at_once(house: House, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    told: list[str] = []
    with house.session([], [index(pypi)]) as hosted:
        hosted.tell(told.append)
        assert page(hosted.address, "sg-alpha") == 200
        until(lambda: told)
        assert told[0].startswith("http://127.0.0.1:")


def test_a_keyring_is_asked_in_the_commands_own_process(house: House, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    pypi.server.credentials = basic("user", "secret")
    asked: list[int] = []

    def ask() -> Credentials:
        asked.append(os.getpid())
        return Credentials("user", "secret")

    with house.session([request("sg-alpha")], [index(pypi, ask=ask)]) as hosted:
        assert [verdict.rule for verdict in hosted.verdicts] == ["established"]
    assert asked == [os.getpid()]


def test_a_keyring_that_fails_has_no_credentials(house: House, pypi: PyPI) -> None:
    pypi.server.credentials = basic("user", "secret")

    def ask() -> Credentials:
        raise RuntimeError("no desktop")

    with house.session([request("sg-alpha")], [index(pypi, ask=ask)]) as hosted:
        assert [verdict.rule for verdict in hosted.verdicts] == ["upstream-auth"]


def test_what_one_command_may_read_another_one_may_not(house: House, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    pypi.server.credentials = basic("user", "secret")
    with (
        house.session([request("sg-alpha")], [index(pypi, credentials=Credentials("user", "secret"))]) as one,
        house.session([request("sg-alpha")], [index(pypi)]) as other,
    ):
        assert [verdict.rule for verdict in (*one.verdicts, *other.verdicts)] == ["established", "upstream-auth"]
        assert page(other.address, "sg-alpha") != 200 or other.close().failures or other.close().refusals
        stolen = GateAddress(other.address.base, one.address.user, other.address.secret)
        assert page(stolen, "sg-alpha") == 403


def test_the_proxies_of_one_command_are_not_anothers(house: House, pypi: PyPI) -> None:
    """Whoever started the daemon had a proxy that leads nowhere."""
    pypi.add_established("sg-alpha")
    house.host(HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")
    with house.session([request("sg-alpha")], [index(pypi)]) as hosted:
        assert [verdict.rule for verdict in hosted.verdicts] == ["established"]


def test_each_command_has_its_own_way_to_its_indexes(house: House, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    host = house.host()
    assert host is not None
    far = replace(index(pypi), url="http://registry.example/simple/")
    opening = house.opening([request("sg-alpha")], [far])
    good, nowhere = {"http_proxy": pypi.server.origin}, {"http_proxy": "http://127.0.0.1:9"}
    with host.open(replace(opening, env=good)) as one, host.open(replace(opening, env=nowhere)) as other:
        assert [verdict.rule for verdict in (*one.verdicts, *other.verdicts)] == ["established", "upstream-down"]


def test_an_error_before_the_session_is_the_commands_error(house: House) -> None:
    host = house.host()
    assert host is not None
    opening = house.opening()
    object.__setattr__(opening.settings, "policy_file", house.root / "there-is-none.cedar")
    with pytest.raises(ConfigError), host.open(opening):
        pass
    assert house.processes()


def test_a_command_of_another_home_or_account_is_refused(house: House) -> None:
    """The daemon writes nowhere that a command could name."""
    for part in ("home", "account", "user"):
        host = house.host()
        assert host is not None
        opening = house.opening()
        object.__setattr__(opening.settings, part, house.root / "elsewhere")
        with pytest.raises(NoDaemon), host.open(opening):
            pass
        assert not (house.root / "elsewhere").exists()


def test_another_spelling_of_the_home_is_the_same_home(house: House) -> None:
    host = house.host()
    assert host is not None
    (house.root / "link").symlink_to(house.home)
    opening = house.opening()
    object.__setattr__(opening.settings, "home", house.root / "link")
    with host.open(opening) as hosted:
        assert hosted.judge([request("flask")])


COMMAND = """
import sys
from pathlib import Path
from tests.daemon.house import House, request
house = House(Path(sys.argv[1]))
with house.session([request("sg-ghost-of-a-killed-command")]) as hosted:
    print(hosted.address.base, hosted.address.user, hosted.address.secret, flush=True)
    sys.stdin.read()
"""


@contextmanager
def command(house: House) -> Iterator[tuple[subprocess.Popen[str], GateAddress]]:
    """A command of another process, with a session."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(house.root)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process, GateAddress(*process.stdout.readline().split())
        process.kill()


def test_a_command_that_is_killed_loses_its_session_and_its_rows_are_in_the_ledger(house: House) -> None:
    house.host()
    with command(house) as (process, address):
        assert page(address, "flask") == 404  # no such index; but the session is there
        process.kill()
        until(lambda: page(address, "flask") == 403)
    until(lambda: house.state().sessions == 0)
    store = Store.open(house.settings())
    assert "pypi:sg-ghost-of-a-killed-command" in [row.package for row in store.ledger.rows()]
    store.close()


def test_a_command_that_stops_reading_holds_up_nobody(house: House, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    with command(house) as (process, _):
        os.kill(process.pid, signal.SIGSTOP)
        with house.session([request("sg-alpha")], [index(pypi)]) as hosted:
            assert [verdict.rule for verdict in hosted.verdicts] == ["established"]


@pytest.mark.parametrize("listens", [True, False])
def test_a_daemon_that_answers_nobody_any_more_is_not_waited_for_without_end(
    house: House, monkeypatch: pytest.MonkeyPatch, *, listens: bool
) -> None:
    monkeypatch.setattr(pulse, "SILENCE", 0.1)
    monkeypatch.setattr(pulse, "PATIENCE", 0.5)
    with house.session() as hosted:
        if listens:
            hosted.lost(lambda: None)
        os.kill(house.pid, signal.SIGSTOP)
        with pytest.raises(Gone):
            hosted.judge([request("flask")])
        os.kill(house.pid, signal.SIGCONT)
    until(lambda: house.state().sessions == 0)


def test_a_daemon_that_answers_is_waited_for(house: House, pypi: PyPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SILENCE", 0.1)
    pypi.add_established("sg-alpha")
    pypi.server.latency = 1.0
    with house.session([], [index(pypi)]) as hosted:
        assert [verdict.rule for verdict in hosted.judge([request("sg-alpha")])] == ["established"]


def test_a_daemon_that_is_killed_in_the_middle_is_one_error_with_one_line(house: House) -> None:
    asks: list[Callable[[Hosted], object]] = [
        lambda hosted: hosted.close(),
        lambda hosted: hosted.judge([request("flask")]),
        lambda hosted: hosted.installed(),
    ]
    for ask in asks:
        with house.session() as hosted:
            os.kill(house.pid, signal.SIGKILL)
            with pytest.raises(Gone) as gone:
                ask(hosted)
    assert gone.value.exit_code == 4
    assert gone.value.diagnosis() == ("slopguard: the daemon ended while this command ran. Run the same command again.")


def test_a_daemon_that_is_killed_wakes_whoever_waits_for_it(house: House) -> None:
    with house.session() as hosted:
        hosted.tell(lambda where: None)  # from here on a thread listens
        os.kill(house.pid, signal.SIGKILL)
        with pytest.raises(Gone):
            hosted.close()


def test_a_daemon_that_is_killed_before_the_session_began_is_none(house: House) -> None:
    host = house.host()
    assert host is not None
    os.kill(house.pid, signal.SIGKILL)
    until(lambda: not house.processes())
    with pytest.raises(NoDaemon), host.open(house.opening()):
        pass


def test_many_sessions_at_once_lose_nothing(house: House, pypi: PyPI) -> None:
    names = [f"sg-{number}" for number in range(12)]
    for name in names[::2]:
        pypi.add_established(name)
    found: dict[str, str] = {}

    def one(name: str) -> None:
        with house.session([request(name)], [index(pypi)]) as hosted:
            found[name] = hosted.verdicts[0].rule

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: "established" if number % 2 == 0 else "not-found" for number, name in enumerate(names)}
