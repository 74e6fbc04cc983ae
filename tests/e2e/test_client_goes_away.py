"""A client that hangs up in the middle of a file is no event: nothing is printed, logged or counted as a failure."""

from __future__ import annotations

import base64
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from slopguard.gate.thread import GateThread
from tests.differential.passage import passage
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Seen


def test_a_client_that_hangs_up_leaves_no_trace(pypi: PyPI, caplog: pytest.LogCaptureFixture) -> None:
    pypi.add("sg-alpha")
    asked, gone, told, plain = threading.Event(), threading.Event(), threading.Event(), pypi.server.respond

    def late(seen: Seen, body: bytes) -> Answer:
        if not seen.path.endswith(".whl"):
            return plain(seen, body)
        asked.set()
        gone.wait()
        told.set()
        return plain(seen, body)

    pypi.server.respond = late
    with GateThread() as gate, passage(gate, pypi.url, ["sg-alpha"]) as way:
        client = _asks_for_the_wheel(way.url)
        assert asked.wait(20)
        client.close()
        gone.set()
        assert told.wait(20)
        time.sleep(0.5)  # the gate finds out only when it writes
        assert way.session.failures == ()
    assert caplog.records == []


def _asks_for_the_wheel(index: str) -> socket.socket:
    place = urlsplit(index)
    assert place.hostname
    assert place.port
    secret = base64.b64encode(f"{place.username}:{place.password}".encode()).decode()
    path = place.path.replace("simple/", "files/") + "sg-alpha/sg_alpha-1.0-py3-none-any.whl"
    client = socket.create_connection((place.hostname, place.port))
    head = f"GET {path} HTTP/1.1\r\nHost: {place.hostname}:{place.port}\r\nAuthorization: Basic {secret}\r\n\r\n"
    client.sendall(head.encode())
    return client
