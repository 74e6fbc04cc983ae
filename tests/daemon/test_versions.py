"""Two versions side by side: the newer one takes over, what is running ends in peace, and nothing is mixed up."""

from __future__ import annotations

import pytest

from slopguard import __version__
from slopguard.daemon import starting, wire
from slopguard.daemon.client import Remote
from slopguard.daemon.link import NoDaemon
from slopguard.daemon.plain import Garbled
from tests.daemon.house import House, request, until

pytestmark = pytest.mark.usefixtures("copies")


def test_an_older_daemon_gives_way_and_ends_with_its_last_session(house: House) -> None:
    with house.another("0.0.1") as old:
        host = house.kept(Remote(house.link))
        assert host is not None
        with host.open(house.opening()) as hosted:
            assert house.host() is not None
            assert house.pid != old.pid
            assert hosted.judge([request("flask")])[0].rule == "allowlisted"  # it still serves whom it served
            assert old.poll() is None
        assert old.stdout is not None
        assert old.stdout.readline() == "drained\n"
        until(lambda: old.poll() is not None)
    assert house.processes() == [house.pid]


def test_a_daemon_that_gave_way_takes_no_new_session(house: House) -> None:
    with house.another("0.0.1") as old:
        with house.link() as holding, house.link() as late:
            begun = Remote(house.link, holding)
            with begun.open(house.opening()):
                assert house.host() is not None
                with pytest.raises(NoDaemon), Remote(house.link, late).open(house.opening()):
                    pass
        until(lambda: old.poll() is not None)


def test_a_newer_daemon_is_left_alone(house: House) -> None:
    with house.another("99.0") as new:
        assert house.host() is None
        assert house.pid == new.pid
        new.kill()


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [("1.9", "1.10", True), ("1.0rc1", "1.0", True), ("1.0", "1.0", False), ("2.0", "1.0", False), ("?", "1", False)],
)
def test_which_of_two_versions_is_older(one: str, other: str, known: bool) -> None:
    assert starting.older(one, other) is known


def test_a_daemon_elsewhere_is_left_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container or another machine that shares the folder."""
    assert house.host() is not None
    pid = house.pid
    monkeypatch.setattr(starting, "whereabouts", lambda: ("elsewhere", 0))
    assert house.host() is None
    assert house.pid == pid


def test_a_daemon_that_was_started_in_a_sandbox_gives_way_to_one_that_was_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.host() is not None
    pid, (where, restricted) = house.pid, starting.whereabouts()
    monkeypatch.setattr(starting, "whereabouts", lambda: (where, restricted - 1))
    begun = starting.begin(house.home, house.env)
    monkeypatch.undo()
    monkeypatch.setattr(starting, "whereabouts", lambda: (where, restricted - 1 if house.pid == pid else restricted))
    assert house.kept(begun.finish()) is not None
    assert house.pid != pid


def test_this_version_is_one_that_can_be_compared() -> None:
    assert starting.older("0.0.1", __version__)
    assert not starting.older("99.0", __version__)


def test_what_a_later_version_says_of_itself_beside_what_is_known_is_left_out() -> None:
    known = {"version": "99", "pid": 1, "port": 2, "gate": 3, "sessions": 4}
    assert wire.state_in({**known, "mood": "good"}) == wire.State("99", 1, 2, 3, 4)
    odd: tuple[object, ...] = ({"mood": "good"}, [], None, {**known, "pid": "one"})
    for said in odd:
        with pytest.raises(Garbled):
            wire.state_in(said)
