"""Fetching a list: what goes over the wire, and what stays as it was when that fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slopguard.config import ListSource
from slopguard.errors import ConfigError, ListInvalid, UpstreamAuth, UpstreamError
from slopguard.lists import pack, sync
from slopguard.model import Ecosystem
from tests.lists.machine import Machine
from tests.simulators.lists_repository import ListsRepository, ListsServer
from tests.simulators.proxy import Proxy
from tests.simulators.server import Break, Fault, basic

NOW = datetime.now(UTC)


@pytest.fixture
def acme() -> ListsRepository:
    return ListsRepository()


@pytest.fixture
def server(acme: ListsRepository) -> Iterator[ListsServer]:
    with acme.served() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, acme: ListsRepository, server: ListsServer) -> Machine:
    return Machine(tmp_path, acme, server.url)


def test_the_first_sync_installs_what_is_published(machine: Machine, acme: ListsRepository) -> None:
    done = machine.sync()
    assert done.before is None
    assert pack.read(machine.place.pack) == acme.files()
    assert machine.seen().versions == done.after.versions
    assert machine.installed().bundles[1].rows(Ecosystem.PYPI, "payfast")


def test_what_did_not_change_is_not_fetched_again(machine: Machine, acme: ListsRepository, server: ListsServer) -> None:
    machine.sync()
    server.requests.clear()
    machine.sync()
    assert server.asked == ["metadata/2.root.json", "metadata/timestamp.json"]
    acme.rows["watch"].append("pypi\tnew\tdeny\trule=denied")
    acme.publish("watch")
    server.requests.clear()
    machine.sync()
    assert [path.partition(".")[2] for path in server.asked if path.startswith("targets/")] == ["watch.tsv"]


def test_a_team_that_was_added_to_the_settings_is_fetched(tmp_path: Path) -> None:
    acme = ListsRepository(teams=("payments", "web"))
    Machine(tmp_path, acme).sync()
    both = Machine(tmp_path, acme, list_teams=("payments", "web"))
    with pytest.raises(ListInvalid, match="lacks its part"):
        both.installed()
    assert both.sync().before is not None
    assert [bundle.name for bundle in both.installed().bundles][1:3] == ["acme/payments", "acme/web"]


def test_a_pinned_root_that_is_not_the_first_is_found(tmp_path: Path, acme: ListsRepository) -> None:
    from hashlib import sha256

    acme.publish_root()
    acme.publish()
    digest = sha256(acme.published["metadata/2.root.json"]).hexdigest()
    machine = Machine(tmp_path, acme)
    source = ListSource(machine.source.url, f"sha256:{digest}")
    done = sync.sync(replace(machine.settings, list_sources=(source,)), source, NOW)
    assert done.after.versions["root"] == 2


@pytest.mark.parametrize("address", ["", "/"])
def test_an_address_with_and_without_a_slash_is_the_same(
    tmp_path: Path, acme: ListsRepository, server: ListsServer, address: str
) -> None:
    assert Machine(tmp_path, acme, server.url.rstrip("/") + address).sync()


@pytest.mark.parametrize(
    ("kind", "error", "says"),
    [
        (Break.REFUSE, UpstreamError, "gave no usable list"),
        (Break.TRUNCATE, UpstreamError, "gave no usable list"),
        (Break.GARBLE, ListInvalid, "cannot be read|not the one that was signed"),
        (Break.PORTAL, ListInvalid, "cannot be read|not the one that was signed|more than was signed"),
        (Break.STATUS, UpstreamError, "gave no usable list"),
    ],
)
def test_a_broken_answer_is_one_line_and_changes_nothing(
    machine: Machine, acme: ListsRepository, server: ListsServer, kind: Break, error: type[Exception], says: str
) -> None:
    machine.sync()
    acme.rows["common"].append("pypi\tnew\tallow")
    acme.publish()
    for path in ("*timestamp.json", "*2.snapshot.json", "*2.targets.json", "*.common.tsv"):
        server.faults = [Fault(path, kind)]
        machine.refuses_to_sync(says, error)  # type: ignore[arg-type]
    server.faults = []
    assert machine.sync().after.versions["timestamp"] == 2


@pytest.mark.parametrize("kind", [Break.STALL, Break.DRIP, Break.CRAWL])
def test_a_server_that_does_not_come_to_an_end_is_given_up(
    tmp_path: Path, acme: ListsRepository, server: ListsServer, kind: Break
) -> None:
    machine = Machine(tmp_path, acme, server.url, timeout=0.3)
    server.faults = [Fault("*timestamp.json", kind)]
    machine.refuses_to_sync("gave no usable list", UpstreamError)


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_wants_credentials_is_told_apart(machine: Machine, server: ListsServer, status: int) -> None:
    server.faults = [Fault("*", Break.STATUS, status)]
    machine.refuses_to_sync("refused our credentials", UpstreamAuth)


def test_credentials_come_from_netrc(tmp_path: Path, acme: ListsRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n")
    netrc.chmod(0o600)
    with acme.served(basic("me", "hidden")) as server:
        machine = Machine(tmp_path, acme, server.url)
        monkeypatch.setenv("NETRC", str(tmp_path / "nowhere"))
        machine.refuses_to_sync("refused our credentials", UpstreamAuth)
        monkeypatch.setenv("NETRC", str(netrc))
        assert machine.sync()


def test_a_redirect_is_followed_and_a_password_does_not_go_with_it(
    tmp_path: Path, acme: ListsRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with acme.served() as server, acme.served() as mirror:
        elsewhere = mirror.url.replace("127.0.0.1", "localhost")
        server.faults = [Fault("*timestamp.json", Break.REDIRECT, to=f"{elsewhere}metadata/timestamp.json")]
        assert Machine(tmp_path, acme, server.url).sync()
        assert "authorization" in server.requests[0].headers
        assert [seen.headers.get("authorization") for seen in mirror.requests] == [None]


def test_it_goes_through_the_proxy_of_the_environment(
    tmp_path: Path, acme: ListsRepository, server: ListsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy({"lists.example": server.origin}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert Machine(tmp_path, acme, "http://lists.example/lists/").sync()
        assert set(proxy.asked) == {"GET lists.example:80"}


@pytest.mark.parametrize("to", ["file:///etc/hostname", "ftp://lists.example/x", "", "//["])
def test_a_redirect_to_a_worse_place_is_refused(machine: Machine, server: ListsServer, to: str) -> None:
    server.faults = [Fault("*timestamp.json", Break.REDIRECT, to=to)]
    machine.refuses_to_sync("gave no usable list", UpstreamError)


def test_a_redirect_in_a_circle_ends(machine: Machine, server: ListsServer) -> None:
    server.faults = [Fault("*timestamp.json", Break.REDIRECT, to="timestamp.json")]
    machine.refuses_to_sync("gave no usable list", UpstreamError)


def test_https_is_not_left_for_http(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests
    from tuf.api.exceptions import DownloadError

    from slopguard.lists.fetch import Fetcher

    def redirected(self: object, url: str, **more: object) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.headers["location"] = 302, url.replace("https", "http")
        answer.raw = open("/dev/null", "rb")  # noqa: SIM115, PTH123  closed by the response
        return answer

    monkeypatch.setattr(requests.Session, "get", redirected)
    with Fetcher(1) as fetcher, pytest.raises(DownloadError, match="less safe"):
        fetcher.download_bytes("https://lists.example/metadata/timestamp.json", 100)


def test_more_roots_than_asked_for_are_not_read_for_ever(
    machine: Machine, acme: ListsRepository, server: ListsServer
) -> None:
    server.content = {f"metadata/{n}.root.json": b"{}" for n in range(1, 1000)}  # type: ignore[assignment]
    machine.refuses_to_sync("no root with the digest", ListInvalid)
    assert len(server.asked) == 256


def test_a_file_on_another_machine_and_a_folder_are_no_address(tmp_path: Path, acme: ListsRepository) -> None:
    Machine(tmp_path, acme, "file://elsewhere/lists/").refuses_to_sync("gave no usable list", UpstreamError)
    (tmp_path / "odd/metadata/1.root.json").mkdir(parents=True)
    Machine(tmp_path, acme, (tmp_path / "odd").as_uri()).refuses_to_sync("gave no usable list", UpstreamError)


def test_a_root_that_is_no_digest_is_a_fault_in_the_settings(tmp_path: Path, acme: ListsRepository) -> None:
    machine = Machine(tmp_path, acme)
    source = ListSource(machine.source.url, "sha256:abc")
    with pytest.raises(ConfigError, match="no digest"):
        sync.sync(machine.settings, source, NOW)


def test_a_bundle_larger_than_any_machine_takes_is_not_fetched(
    machine: Machine, server: ListsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from slopguard.lists import download

    monkeypatch.setattr(download, "LARGEST", 10)
    machine.refuses_to_sync("sends more than a machine takes", ListInvalid)
    assert not [path for path in server.asked if path.startswith("targets/")]


def test_a_publisher_without_a_watch_list_is_no_publisher(tmp_path: Path, acme: ListsRepository) -> None:
    from tests.lists.test_trust_shape import Forging, _no_watch

    theirs = Forging()
    theirs.forge = _no_watch  # type: ignore[method-assign]
    theirs.publish()
    Machine(tmp_path, theirs).refuses_to_sync("lacks its part|delegates in a way", ListInvalid)
