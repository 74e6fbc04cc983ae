"""Whatever goes wrong inside, a client sees a refusal, the session knows, and nothing unjudged passes."""

from __future__ import annotations

import asyncio
import socket
import warnings
from pathlib import Path

import pytest

from slopguard.errors import EnvironmentFailed, SlopguardError, StoreError
from slopguard.gate.ports import HIGHEST, LOWEST, preferred_port
from slopguard.gate.server import Gate
from slopguard.gate.thread import GateThread
from slopguard.model import Ecosystem, Request, Source, SourceKind
from slopguard.names import normalize
from tests.gate.conftest import Opened
from tests.gate.house import BUN, NPM, PIP, UV
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI


class Bug(Exception):
    """Something nobody foresaw."""


def broken(*args: object, **more: object) -> object:
    raise Bug("text that must not be shown")


@pytest.mark.parametrize(
    ("path", "agent", "status"),
    [
        ("/pypi/main/simple/sg-app/", PIP, 200),
        ("/pypi/main/simple/sg-app/", UV, 451),
        ("/pypi/main/simple/fl%D0%B0sk/", PIP, 451),
        ("/pypi/main/files/sg-app/sg_app-1.0.tar.gz", PIP, 403),
        ("/npm/main/sg-app", NPM, 403),
        ("/npm/main/sg-app", BUN, 403),
    ],
)
def test_a_fault_of_ours_is_a_refusal_with_code_5(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, path: str, agent: str, status: int
) -> None:
    house = opened()
    monkeypatch.setattr(house.session.judge, "verdict", broken)
    reply = house.ask(path, agent)
    assert reply.status == status
    assert "slopguard.internal" in reply.text or "internal fault in the gate (Bug)" in reply.reason
    assert "must not be shown" not in reply.text + reply.reason
    assert house.session.journal.exit_code == 5


def test_after_a_fault_pip_gets_no_file(opened: Opened, pypi: PyPI, monkeypatch: pytest.MonkeyPatch) -> None:
    pypi.add_established("sg-app")
    house, path = opened(), "/pypi/main/files/sg-app/sg_app-1.0-py3-none-any.whl"
    assert house.ask(path, PIP).status == 200
    house.session.journal.fail(SlopguardError("something broke"))
    assert house.ask(path, PIP).reason.startswith("slopguard: something broke")


def test_nothing_is_answered_that_the_ledger_cannot_hold(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    house = opened()

    def full(*args: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(house.session.judge, "record", full)
    assert "the disk is full" in house.page("sg-ghost").reason
    assert house.session.journal.exit_code == 4


def test_admissions_that_cannot_be_written_are_told_at_the_end(
    opened: Opened, pypi: PyPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    pypi.add_established("sg-app")
    house = opened()
    assert house.page("sg-app").status == 200

    def full(*args: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(house.session.judge, "record", full)
    house.gate.close(house.session)
    assert [error.code for error in house.session.failures] == ["store"]


def test_many_admissions_are_written_before_the_end(opened: Opened, npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slopguard.gate.verdicts.BATCH", 2)
    house = opened()
    for name in ("sg-a", "sg-b", "sg-c"):
        npm.add_established(name)
        assert house.packument(name).status == 200
    assert [entry.package for entry in house.store.ledger.rows()] == ["npm:sg-a", "npm:sg-b"]
    assert len(house.rules()) == 3


def test_the_thread_judges_in_order_and_records(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    house = opened()

    def asked(raw: str, source: SourceKind = SourceKind.REGISTRY) -> Request:
        place = Source(source, None, trusted=source is SourceKind.REGISTRY)
        return Request(Ecosystem.PYPI, normalize(Ecosystem.PYPI, raw), raw, source=place)

    found = house.gate.judge(house.session, [asked("sg-ghost"), asked("sg-app"), asked("sg-app", SourceKind.VCS)])
    assert [verdict.rule for verdict in found] == ["not-found", "established", "foreign-source"]
    assert [rule for _, rule in house.rules()] == ["not-found", "established", "foreign-source"]
    assert house.session.refusals == ()


def test_one_decision_has_one_id_at_the_wrapper_and_at_the_gate(opened: Opened) -> None:
    house = opened(typed=["pypi:sg-ghost"])
    name = normalize(Ecosystem.PYPI, "sg-ghost")
    (verdict,) = house.gate.judge(house.session, [Request(Ecosystem.PYPI, name, "sg-ghost")])
    house.page("sg-ghost")
    assert [refusal.decision_id for refusal in house.session.refusals] == [verdict.decision_id]


def test_a_taken_port_gives_another_one(opened: Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with GateThread(port=port) as gate:
            assert gate.gate.base != f"http://127.0.0.1:{port}"


def test_a_host_that_cannot_be_listened_on_is_an_error_of_the_environment() -> None:
    with pytest.raises(EnvironmentFailed), GateThread(host="192.0.2.1"):
        pass


def test_the_port_is_the_homes_own_and_always_in_range(tmp_path: Path) -> None:
    assert preferred_port(tmp_path) == preferred_port(tmp_path)
    assert len({preferred_port(tmp_path / str(n)) for n in range(50)}) > 40
    assert all(LOWEST <= preferred_port(tmp_path / str(n)) < HIGHEST for n in range(50))


async def test_a_gate_stops_with_sessions_open_and_without_a_trace(opened: Opened) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gate = Gate()
        await gate.start()
        await gate.open(opened().session)
        await gate.stop()
        await asyncio.sleep(0)
    await Gate().stop()
