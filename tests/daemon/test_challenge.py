"""Who may speak: whoever can read the key, and nobody who sits at a port that once was the daemon's."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from slopguard.daemon import doorway, frames, proof
from slopguard.daemon.link import Link, NoDaemon, Stuck
from slopguard.daemon.places import Address
from slopguard.daemon.plain import encode
from tests.daemon.house import House, until

pytestmark = pytest.mark.usefixtures("copies")

WHO = proof.Who("1.0", 1, 4711, 20_001, 20_002)
KEY = b"k" * proof.KEY_BYTES
N1, N2 = proof.nonce(), proof.nonce()


def test_a_proof_is_good_for_one_key_role_exchange_and_daemon() -> None:
    said = proof.proof(KEY, proof.DAEMON, N1, N2, WHO)
    assert proof.proven(said, KEY, proof.DAEMON, N1, N2, WHO)
    assert not proof.proven(said, b"x" * proof.KEY_BYTES, proof.DAEMON, N1, N2, WHO)
    assert not proof.proven(said, KEY, proof.COMMAND, N1, N2, WHO)
    assert not proof.proven(said, KEY, proof.DAEMON, N2, N1, WHO)
    for change in ({"version": "2.0"}, {"protocol": 2}, {"pid": 1}, {"port": 1}, {"gate": 1}):
        who = proof.Who(**{**{name: getattr(WHO, name) for name in WHO.__slots__}, **change})
        assert not proof.proven(said, KEY, proof.DAEMON, N1, N2, who)
    for other in (None, 1, "", said[:-1], said + "0", "\xe9" * 64):
        assert not proof.proven(other, KEY, proof.DAEMON, N1, N2, WHO)


def test_whoever_cannot_read_the_key_gets_nothing(house: House) -> None:
    house.host()
    address = found(house)
    for answer in ({"proof": "0" * 64}, {"proof": None}, {}, {"do": "status"}):
        with raw(address.port) as caller:
            greeted = said_by(caller, {"slopguard": 1, "nonce": N1})
            assert set(greeted) == {"nonce", "proof", "version", "protocol", "pid", "gate"}
            send(caller, answer)
            assert caller.recv(1) == b""


def test_a_proof_that_was_overheard_is_worth_nothing(house: House) -> None:
    """Whoever records an exchange and says the same again meets another nonce."""
    house.host()
    address, key = house.places.find() or pytest.fail("no daemon")
    with raw(address.port) as caller:
        greeted = said_by(caller, {"slopguard": 1, "nonce": N1})
        overheard = proof.proof(key, proof.COMMAND, N1, greeted["nonce"], address.who)
        send(caller, {"proof": overheard})
        assert said_by(caller, {"do": "status"})["done"]["pid"] == address.pid
    with raw(address.port) as caller:
        assert said_by(caller, {"slopguard": 1, "nonce": N1})["nonce"] != greeted["nonce"]
        send(caller, {"proof": overheard})
        assert caller.recv(1) == b""


def test_the_daemons_own_proof_is_none_for_a_command(house: House) -> None:
    house.host()
    with raw(found(house).port) as caller:
        greeted = said_by(caller, {"slopguard": 1, "nonce": N1})
        send(caller, {"proof": greeted["proof"]})
        assert caller.recv(1) == b""


def test_an_impostor_at_the_port_of_a_dead_daemon_is_told_nothing(house: House) -> None:
    with impostor({"nonce": N2, "proof": "0" * 64, "version": "0", "protocol": 1, "pid": 1, "gate": 1}) as (
        port,
        heard,
    ):
        publish(house, port)
        with pytest.raises(NoDaemon):
            house.link()
    assert [set(json.loads(frame)) for frame in heard] == [{"slopguard", "nonce"}]


def test_an_impostor_that_passes_the_challenge_on_is_found_out(house: House) -> None:
    """It sits at an old port, and asks the real daemon; what that proves is for its own port."""
    assert house.host() is not None
    real, key = house.places.find() or pytest.fail("no daemon")
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadOf(lambda: relay(server, real.port)):
        old = Address(real.pid, server.getsockname()[1], real.gate, real.version, real.protocol, real.where)
        house.places.publish(old, key)
        with pytest.raises(NoDaemon):
            house.link()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"nonce": N2},
        {"nonce": 1, "proof": 1, "version": "0", "protocol": 1, "pid": 1, "gate": 1},
        {"nonce": N2, "proof": "", "version": "0", "protocol": 1, "pid": 1, "gate": 1, "more": 1},
        {"nonce": "x" * 900, "proof": "x" * 900},
    ],
)
def test_an_answer_that_is_none_is_no_daemon(house: House, answer: dict[str, Any]) -> None:
    with impostor(answer) as (port, _):
        publish(house, port)
        with pytest.raises(NoDaemon):
            house.link()


def test_somebody_who_says_nothing_is_not_waited_for(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        publish(house, silent.getsockname()[1])
        with pytest.raises(Stuck):
            Link.dial(house.places, 0.1)


def test_a_command_finds_its_daemon_in_spite_of_an_impostor(house: House) -> None:
    with impostor({}) as (port, _):
        publish(house, port)
        assert house.host() is not None
        assert found(house).port != port


GARBAGE = [
    b"",
    b"\0",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\0\0\0\2{}",
    b"\0\0\0\1[",
    b"\xff" * 2000,
    b"\0\0\4\0" + b"[" * 1024,
]


def test_garbage_on_the_control_port_stops_nothing(house: House) -> None:
    house.host()
    for garbage in GARBAGE:
        with raw(found(house).port) as caller, suppress(OSError):
            caller.sendall(garbage)
            caller.shutdown(socket.SHUT_WR)
            assert caller.recv(1) == b""
        assert house.state().pid == house.pid


def test_a_flood_of_callers_that_say_nothing_keeps_nobody_out(house: House) -> None:
    house.host()
    port = found(house).port
    flood = [socket.create_connection(("127.0.0.1", port)) for _ in range(3 * doorway.UNPROVEN)]
    assert house.state().pid == house.pid
    flood[0].settimeout(10)
    with suppress(ConnectionResetError):
        assert flood[0].recv(1) == b""  # the one that waited longest had to go
    for caller in flood:
        caller.close()


def test_a_caller_that_proves_nothing_is_cut_off_in_time(house: House) -> None:
    house.host()
    with raw(found(house).port) as caller, suppress(ConnectionResetError):
        caller.sendall(b"\0\0")
        caller.settimeout(doorway.PATIENCE + 10)
        assert caller.recv(1) == b""


def test_garbage_after_the_proof_ends_that_connection_only(house: House) -> None:
    house.host()
    with house.link() as other:
        for words in ({}, {"do": None}, {"do": "dance"}, {"do": "judge"}, {"do": "open", "opening": 1, "asks": []}):
            with house.link() as link:
                link._send(words)
                assert "refused" in link._reply()
        with house.link() as link:
            link._sock.sendall(b"\xff\xff\xff\xff")
            assert link._sock.recv(1) == b""
        assert other.ask("status")["pid"] == house.pid


def found(house: House) -> Address:
    read = house.places.find()
    assert read is not None
    return read[0]


def publish(house: House, port: int) -> None:
    """As a daemon that was killed left it."""
    from slopguard import __version__
    from slopguard.daemon.places import whereabouts

    assert house.places.prepare()
    where, restricted = whereabouts()
    house.places.publish(Address(1, port, 1, __version__, frames.PROTOCOL, where, restricted), KEY)
    assert encode(Address, found(house))["port"] == port


@contextmanager
def raw(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), 10) as caller:
        yield caller


def send(caller: socket.socket, value: dict[str, Any]) -> None:
    caller.sendall(frames.pack(value))


def heard_from(caller: socket.socket) -> bytes:
    head = caller.recv(frames.HEAD, socket.MSG_WAITALL)
    return caller.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)


def said_by(caller: socket.socket, value: dict[str, Any]) -> dict[str, Any]:
    send(caller, value)
    return frames.unpack(heard_from(caller))


class ThreadOf:
    """Runs something beside the test."""

    def __init__(self, work: Any) -> None:
        self._thread = threading.Thread(target=work, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._thread.join(10)


@contextmanager
def impostor(answer: dict[str, Any]) -> Iterator[tuple[int, list[bytes]]]:
    """Somebody at a port who answers this to every greeting, and keeps what it hears."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                caller, _ = server.accept()
                with caller:
                    heard.append(heard_from(caller))
                    send(caller, answer)
                    while more := heard_from(caller):
                        heard.append(more)

        with ThreadOf(serve):
            yield server.getsockname()[1], heard


def relay(server: socket.socket, port: int) -> None:
    caller, _ = server.accept()
    with caller, socket.create_connection(("127.0.0.1", port)) as real, suppress(OSError):
        real.sendall(caller.recv(4096))
        caller.sendall(real.recv(4096))
        until(lambda: caller.recv(4096) == b"")
