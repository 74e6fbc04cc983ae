"""Whatever is wrong with the daemon, a hook has its answer, and the next one has a daemon where one can be had."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slopguard.agents import verdicts
from slopguard.daemon import near, server
from slopguard.daemon.link import Link, Refused
from slopguard.daemon.near import Near
from slopguard.daemon.plain import encode
from slopguard.daemon.questions import Answers, Group, Questions, Routes
from slopguard.indexes import Credentials, Index, IndexKind
from slopguard.model import Ecosystem, Layer
from slopguard.model.suggesting import Asker, Kind
from slopguard.store import Store
from tests.agents.ways import World, counted, world_in
from tests.daemon.house import House, request, until
from tests.simulators.pypi import PyPI
from tests.simulators.server import basic

AGENT = "claude-code"
GHOST = "pip install zz-ghost"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path / "one") as found:
        yield found


def refused_once(world: World) -> bool:
    """Whether the hook refuses, and that is written down once."""
    told, _ = world.machine.run(AGENT, GHOST)
    return (told, [(row.package, row.count) for row in world.ledger()]) == ("deny", [("pypi:zz-ghost", 1)])


def test_where_no_daemon_is_up_the_hook_starts_one_and_does_not_wait(world: World) -> None:
    world.patch.setenv("SLOPGUARD_DAEMON", "60")
    asked = counted(world)
    assert refused_once(world)
    assert len(asked) == 1
    until(lambda: world.house.places.find() is not None)
    world.machine.run(AGENT, GHOST)
    assert len(asked) == 1  # the next verdict is the daemon's


def test_where_none_is_wanted_none_is_started(world: World) -> None:
    assert refused_once(world)
    assert not world.house.places.folder.exists()


def test_a_daemon_that_was_killed_is_replaced(world: World) -> None:
    world.start()
    os.kill(world.house.pid, signal.SIGKILL)
    until(lambda: not world.house.processes())
    asked = counted(world)
    assert refused_once(world)
    assert len(asked) == 1
    until(lambda: world.house.processes() and world.house.places.find() is not None)


def between(world: World, happens: Callable[[], object]) -> None:
    """Let something happen after the daemon's first answer and before its second."""
    real = verdicts._routes

    def routes(*given: Any) -> Routes:
        happens()
        return real(*given)

    world.patch.setattr(verdicts, "_routes", routes)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_daemon_that_dies_or_hangs_in_the_middle_is_done_without(world: World, pypi: PyPI, number: int) -> None:
    world.start()
    world.online(pypi.url)
    world.patch.setattr(near, "INDEXES", 0.5)
    asked = counted(world)
    between(world, lambda: os.kill(world.house.pid, number))
    assert refused_once(world)
    assert [each.routes is not None for each in asked] == [True]  # what was found out by then is not asked again


def test_a_daemon_that_does_not_answer_is_not_waited_for(world: World) -> None:
    world.start()
    os.kill(world.house.pid, signal.SIGSTOP)
    world.patch.setattr(near, "PROOF", 0.2)
    assert refused_once(world)


@pytest.mark.parametrize("said", [None, [], {}, {"open": "pypi"}, {"refused": [[], []]}, {"refused": [["x"]]}])
def test_an_answer_that_makes_no_sense_is_none(world: World, said: object) -> None:
    world.start()
    asked = counted(world)
    world.patch.setattr(Link, "ask", lambda *given, **more: said)
    assert world.machine.run(AGENT, GHOST)[0] == "deny"
    assert len(asked) == 1


def test_an_older_daemon_is_not_asked_and_gives_way(world: World) -> None:
    with world.house.another("0.0.1") as old:
        world.patch.setenv("SLOPGUARD_DAEMON", "60")
        assert refused_once(world)
        until(lambda: old.poll() is not None)
        until(lambda: world.house.places.find() is not None)
        assert world.house.pid != old.pid


def test_a_newer_daemon_is_not_asked_and_left_alone(world: World) -> None:
    with world.house.another("99.0") as new:
        world.patch.setenv("SLOPGUARD_DAEMON", "60")
        assert refused_once(world)
        assert world.house.processes() == [new.pid]
        new.kill()


def test_a_daemon_elsewhere_is_not_asked(world: World) -> None:
    world.start()
    asked = counted(world)
    world.patch.setattr(near, "whereabouts", lambda: ("elsewhere", 0))
    assert refused_once(world)
    assert len(asked) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_home_has_no_daemon_and_asks_the_user(world: World) -> None:
    world.patch.setenv("SLOPGUARD_DAEMON", "60")
    world.machine.data.mkdir(mode=0o500)
    assert world.machine.run(AGENT, GHOST)[0] == "ask"
    assert not world.house.processes()


def test_where_the_folder_cannot_be_made_there_is_no_daemon(world: World) -> None:
    world.patch.setenv("SLOPGUARD_DAEMON", "60")
    world.machine.data.mkdir()
    world.house.places.folder.write_text("in the way", encoding="utf-8")
    assert refused_once(world)
    assert not world.house.processes()


def questions(house: House, *names: str, routes: Routes | None = None) -> Questions:
    """What a hook asks."""
    group = Group(Kind.COMMAND, tuple(map(request, names)))
    return Questions(house.settings(), (group,), Asker(AGENT, "s"), "pip install", routes)


def asked(house: House, what: Questions) -> Answers:
    """What the daemon of a house says."""
    with Near(house.home, house.env) as one:
        found = one.answers(what)
        assert found is not None
        return found


def test_what_is_open_is_not_written_down(world: World) -> None:
    world.start()
    world.patch.delenv("SLOPGUARD_OFFLINE")
    assert asked(world.house, questions(world.house, "zz-ghost")) == Answers(open=(Ecosystem.PYPI,))
    assert Store(world.machine.data).ledger.rows() == []


def test_a_keyring_is_asked_in_the_hooks_own_process(world: World, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    pypi.server.credentials = basic("me", "secret")
    pids: list[int] = []

    def ask() -> Credentials:
        pids.append(os.getpid())
        return Credentials("me", "secret")

    world.start()
    index = Index(Ecosystem.PYPI, "main", pypi.url, IndexKind.DEFAULT, Layer.USER, ask=ask)
    found = asked(world.house, questions(world.house, "sg-alpha", routes=Routes((Ecosystem.PYPI,), (index,))))
    assert (found.groups, pids) == (((),), [os.getpid()])


def test_another_accounts_hook_gets_no_answer(world: World) -> None:
    world.start()
    what = questions(world.house, "flask")
    others = replace(what, settings=replace(what.settings, user=world.machine.root / "other"))
    with world.house.link() as link, pytest.raises(Refused):
        link.ask("hook", questions=encode(Questions, others), asks=[])


def test_what_a_hook_may_ask_is_bounded(world: World) -> None:
    world.start()
    few = questions(world.house, "flask")
    many = replace(few, groups=(replace(few.groups[0], requests=few.groups[0].requests * (server.MOST_QUESTIONS + 1)),))
    with world.house.link() as link, pytest.raises(Refused):
        link.ask("hook", questions=encode(Questions, many), asks=[])


def test_a_hook_that_went_away_has_nothing_written_down(world: World, pypi: PyPI) -> None:
    world.start()
    pypi.server.credentials = basic("me", "secret")
    index = Index(Ecosystem.PYPI, "main", pypi.url, IndexKind.DEFAULT, Layer.USER, ask=Credentials)
    what = questions(world.house, "zz-ghost", routes=Routes((Ecosystem.PYPI,), (index,)))
    link = world.house.link()
    link.pushed = lambda said: link.close()  # in the middle of it
    with pytest.raises(Exception, match=r"."):
        link.ask("hook", questions=encode(Questions, what), asks=[0])
    until(lambda: world.house.state().sessions == 0)
    assert Store(world.machine.data).ledger.rows() == []
