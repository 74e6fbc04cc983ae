"""Fetching a list: what goes over the wire, what stays as it was when it fails, and when it is due."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import filelock
import pytest

from slopguard.config import ListSource
from slopguard.errors import ConfigError, ListExpired, ListInvalid, StoreError, UpstreamAuth, UpstreamError
from slopguard.lists import checks, pack, sync
from slopguard.lists.checks import Check
from slopguard.model import Ecosystem
from tests.lists.machine import Machine
from tests.simulators.lists_repository import ListsRepository, ListsServer, key
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


@pytest.mark.parametrize("kind", [Break.STALL, Break.DRIP])
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
    from tests.lists.test_trust import Forging, _no_watch

    theirs = Forging()
    theirs.forge = _no_watch  # type: ignore[method-assign]
    theirs.publish()
    Machine(tmp_path, theirs).refuses_to_sync("lacks its part|delegates in a way", ListInvalid)


# ------------------------------------------------------------------ one pack, carried


def test_a_pack_is_carried_to_a_machine_without_network(tmp_path: Path, acme: ListsRepository) -> None:
    carried = tmp_path / "usb.pack"
    pack.write(carried, acme.files())
    machine = Machine(tmp_path, acme, "http://lists.example/")
    assert machine.sync(carried=carried).after.name == "acme"
    assert machine.installed()
    assert checks.read(machine.place.checked).checked is None  # the publisher itself was not asked


def test_so_is_a_published_folder(tmp_path: Path, acme: ListsRepository) -> None:
    acme.write(tmp_path / "usb")
    assert Machine(tmp_path, acme, "http://lists.example/").sync(carried=tmp_path / "usb")


def test_a_carried_pack_is_checked_like_any_other(tmp_path: Path, acme: ListsRepository) -> None:
    carried, old = tmp_path / "usb.pack", acme.files()
    acme.publish()
    machine = Machine(tmp_path, acme)
    machine.sync()
    pack.write(carried, old)
    machine.refuses_to_sync("older than what was seen before", ListInvalid, carried=carried)
    pack.write(carried, ListsRepository().files())
    machine.refuses_to_sync("does not start at the root", ListInvalid, carried=carried)
    carried.write_bytes(b"x")
    machine.refuses_to_sync("holds something else", ListInvalid, carried=carried)


def test_a_carried_pack_may_have_ended_on_its_way_but_not_beyond_the_grace(tmp_path: Path) -> None:
    acme = ListsRepository(now=NOW - timedelta(days=12))
    carried = tmp_path / "usb.pack"
    pack.write(carried, acme.files())
    machine = Machine(tmp_path, acme)
    assert machine.sync(carried=carried)
    machine.refuses_to_sync("ended on", ListExpired, carried=carried, now=NOW + timedelta(days=10))


# ------------------------------------------------------------------ alone


def test_another_process_that_fetches_is_waited_for_and_then_given_up(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "BUSY", 0.05)
    machine.place.lock.parent.mkdir(parents=True)
    with filelock.FileLock(machine.place.lock):
        machine.refuses_to_sync("another process is fetching", StoreError)
        sync.refresh_if_due(replace(machine.settings, timeout=0.05), NOW)
    assert not machine.place.pack.exists()
    assert machine.sync()


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, acme: ListsRepository) -> None:
    (tmp_path / "file").write_text("")
    machine = Machine(tmp_path, acme, home=tmp_path / "file")
    with pytest.raises(StoreError, match="cannot be made"):
        machine.sync()
    sync.refresh_if_due(machine.settings, NOW)
    assert (tmp_path / "file").read_text() == ""


def test_a_floor_that_cannot_be_written_leaves_the_pack_as_it_was(tmp_path: Path, acme: ListsRepository) -> None:
    (tmp_path / "file").write_text("")
    Machine(tmp_path, acme, user=tmp_path / "file").refuses_to_sync("cannot be locked", StoreError)


def test_a_damaged_floor_is_no_empty_floor_until_a_person_says_so(machine: Machine) -> None:
    machine.sync()
    machine.place.floor.write_text("{}")
    machine.refuses_to_sync("damaged", ListInvalid)
    with pytest.raises(ListInvalid, match="damaged"):
        machine.installed()
    machine.sync(anew=True)
    assert machine.installed()


def test_a_person_who_forgets_the_floor_gets_the_older_list(machine: Machine, acme: ListsRepository) -> None:
    old = dict(acme.published)
    acme.publish()
    machine.sync()
    for path in set(acme.published) - set(old):
        del acme.published[path]
    acme.published |= old
    machine.refuses_to_sync("older than what was seen before", ListInvalid)
    assert machine.sync(anew=True).after.versions["timestamp"] == 1
    assert machine.seen().versions["timestamp"] == 1


# ------------------------------------------------------------------ when it is due


def test_a_guarded_command_fetches_what_is_missing_and_what_is_old(machine: Machine, server: ListsServer) -> None:
    sync.refresh_if_due(machine.settings, NOW)
    assert machine.installed()
    server.requests.clear()
    sync.refresh_if_due(machine.settings, NOW + timedelta(hours=5, minutes=59))
    assert server.requests == []
    sync.refresh_if_due(machine.settings, NOW + timedelta(hours=6))
    assert "metadata/timestamp.json" in server.asked


def test_what_it_brought_that_denies_is_told(machine: Machine, acme: ListsRepository) -> None:
    assert len(sync.refresh_if_due(machine.settings, NOW)) == 2
    acme.rows["watch"].append("pypi\tworse\tdeny\trule=malicious")
    acme.publish()
    later = NOW + timedelta(hours=7)
    assert sync.refresh_if_due(machine.settings, later) == (b"pypi\tworse\tdeny\trule=malicious",)
    assert sync.refresh_if_due(machine.settings, later) == ()


def test_offline_and_without_sources_nothing_is_asked(machine: Machine, server: ListsServer) -> None:
    sync.refresh_if_due(replace(machine.settings, offline=True), NOW)
    sync.refresh_if_due(replace(machine.settings, list_sources=()), NOW)
    sync.refresh_if_due(replace(machine.settings, list_sources=(ListSource(server.url, "sha256:x"),)), NOW)
    assert server.requests == []
    assert not machine.place.pack.exists()


def test_a_server_that_is_down_is_asked_every_ten_minutes_at_most(machine: Machine, server: ListsServer) -> None:
    server.faults = [Fault("*", Break.STATUS, 503)]
    asked = []
    for minutes in (0, 1, 9, 10, 15, 25):
        server.requests.clear()
        sync.refresh_if_due(machine.settings, NOW + timedelta(minutes=minutes))
        asked.append(len(server.requests))
    assert asked == [1, 0, 0, 1, 0, 1]


def test_a_list_that_cannot_be_verified_any_more_is_fetched_by_the_next_guarded_command(machine: Machine) -> None:
    sync.refresh_if_due(machine.settings, NOW)
    machine.place.pack.write_bytes(machine.place.pack.read_bytes()[:-1])
    with pytest.raises(ListInvalid):
        machine.installed()
    sync.refresh_if_due(machine.settings, NOW + timedelta(minutes=1))
    assert machine.installed()


def test_a_pack_that_was_deleted_is_fetched_at_once(machine: Machine) -> None:
    sync.refresh_if_due(machine.settings, NOW)
    machine.place.pack.unlink()
    sync.refresh_if_due(machine.settings, NOW + timedelta(minutes=1))
    assert machine.installed()


def test_mirrors_of_one_list_are_tried_in_turn(tmp_path: Path, acme: ListsRepository, server: ListsServer) -> None:
    machine = Machine(tmp_path, acme, server.url)
    down = ListSource("http://127.0.0.1:9/", machine.source.root)
    settings = replace(machine.settings, list_sources=(down, machine.source))
    sync.refresh_if_due(settings, NOW)
    assert machine.installed()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tried": 7, "checked": "x"}', '{"tried": null, "checked": null}'])
def test_a_note_that_cannot_be_read_means_that_it_is_due(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.checked"
    path.write_text(text)
    assert checks.read(path) == Check()
    assert checks.read(path).due(NOW)


def test_a_note_from_the_future_or_without_a_zone_holds_nobody_up(tmp_path: Path) -> None:
    assert Check(NOW + timedelta(days=1), NOW + timedelta(days=1)).due(NOW)
    path = tmp_path / "x.checked"
    path.write_text('{"tried": null, "checked": "2026-11-25T12:00:00"}')
    assert checks.read(path).checked == datetime(2026, 11, 25, 12, tzinfo=UTC)


# ------------------------------------------------------------------ what arrived


def test_the_deny_rows_that_are_new_are_told(machine: Machine, acme: ListsRepository) -> None:
    first = machine.sync()
    assert sync.arrived(first.before, first.after) == (
        b"npm\tbad\tdeny\trule=malicious",
        b"pypi\tevil\tdeny\trule=malicious\tid=MAL-1",
    )
    acme.rows["common"] += ["pypi\tdeny\tallow", "pypi\tworse\tdeny\trule=malicious"]
    acme.rows["payments"].append("npm\tx\tdeny\trule=denied")
    acme.publish()
    done = machine.sync()
    assert sync.arrived(done.before, done.after) == (
        b"npm\tx\tdeny\trule=denied",
        b"pypi\tworse\tdeny\trule=malicious",
    )
    assert sync.arrived(done.after, done.after) == ()


def test_fifty_readers_see_wholly_the_old_or_wholly_the_new_list(tmp_path: Path) -> None:
    acme = ListsRepository()
    machine = Machine(tmp_path, acme)

    def generation(number: int) -> None:
        for role in ("common", "payments", "watch"):
            acme.rows[role] = [f"pypi\tgeneration-{number}\tdeny\trule=denied"]
        acme.publish()
        machine.sync()

    def read() -> None:
        while not stop.wait(0.1):
            found = machine.installed()
            seen.append({bundle.data for bundle in found.bundles})

    generation(0)
    seen: list[set[bytes]] = []
    stop = threading.Event()
    readers = [threading.Thread(target=read) for _ in range(50)]
    for each in readers:
        each.start()
    try:
        for number in range(1, 6):
            generation(number)
    finally:
        stop.set()
        for each in readers:
            each.join()
    assert len(seen) >= 50
    assert [mixed for mixed in seen if len(mixed) != 1] == []


def test_a_key_of_another_kind_is_no_surprise(machine: Machine, acme: ListsRepository) -> None:
    """A root that names keys python-tuf cannot use is refused like any other that is not signed."""
    machine.sync()
    acme.keys["timestamp"] = [key()]
    acme.publish_root()
    acme.publish()
    machine.refuses_to_sync("not signed by enough of the right keys", ListInvalid)
