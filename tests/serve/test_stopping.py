"""SIGTERM: nobody new is let in, what is under way ends, and the code is 0."""

from __future__ import annotations

import dataclasses
import hashlib
import http.client
import os
import signal

import pytest

from tests.serve.team import Team
from tests.simulators.pypi import PyPI

LARGE = 24 << 20
"""More than the buffers of both ends of a connection hold."""
WHEEL = "/pypi/main/files/sg-large/sg_large-1.2-py3-none-any.whl"


@pytest.fixture
def large(team: Team, pypi: PyPI) -> tuple[Team, str]:
    """A server with a large file, and that file's digest."""
    pypi.add_established("sg-large")
    file = pypi.files_of("sg-large")[2]
    file.artefact = dataclasses.replace(file.artefact, content=os.urandom(LARGE))
    team.token("ana", "human")
    return team, file.artefact.sha256


def begin(team: Team) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", team.port, timeout=60)
    connection.request("GET", WHEEL, headers={"Authorization": team.basic("ana"), "User-Agent": "uv/0.13.9 {}"})
    return connection, connection.getresponse()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_download_under_way_ends_whole(number: int, large: tuple[Team, str]) -> None:
    team, digest = large
    team.start("--workers", "2")
    assert team.process is not None
    connection, answer = begin(team)
    body = answer.read(1000)
    team.process.send_signal(number)
    for worker in (0, 1):
        team.await_event("stopping", worker=worker)
    with pytest.raises(ConnectionError):
        team.ask("/healthz")
    body += answer.read()
    connection.close()
    assert hashlib.sha256(body).hexdigest() == digest
    assert team.stop() == 0
    assert [row[:2] for row in team.ledger()] == [("pypi:sg-large", "established")]
    assert list((team.data / "serve").iterdir()) == []


def test_a_download_that_will_not_end_is_waited_for_only_so_long(large: tuple[Team, str]) -> None:
    team, _ = large
    team.start("--grace", "0.5")
    connection, answer = begin(team)
    answer.read(1000)
    assert team.stop() == 0
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()
    connection.close()
