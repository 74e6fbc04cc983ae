"""Ways to a TCP connection that are no `connect` on a TCP socket: shut, as on a kernel without them."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from slopguard.egress import landlock, seccomp

ALLOWED = 0x7FFF0000
REFUSED = 0x00050000
FAST_OPEN = 0x20000000
X86_64, I386, AARCH64, ARM = 0xC000003E, 0x40000003, 0xC00000B7, 0x40000028

TRY = """
import errno, socket, sys
where = ("127.0.0.1", int(sys.argv[1]))
def multipath():
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(where)
def fast(send):
    opened = socket.socket()
    send(opened)
    opened.getpeername()
ways = {
    "multipath": multipath,
    "fast": lambda: fast(lambda opened: opened.sendto(b"GET", 0x20000000, where)),
    "message": lambda: fast(lambda opened: opened.sendmsg([b"GET"], [], 0x20000000, where)),
    "allowed": lambda: fast(lambda opened: opened.connect(("127.0.0.1", int(sys.argv[2])))),
}
for name, way in ways.items():
    try:
        way()
        print(name, "reached")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
"""


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        yield one.getsockname()[1], other.getsockname()[1]


@pytest.mark.skipif(not landlock.available(), reason="this kernel (or its sandbox) has no Landlock for TCP")
def test_a_confined_program_reaches_nothing_by_multipath_tcp_or_fast_open(ports: tuple[int, int]) -> None:
    argv = [sys.executable, "-c", TRY, *map(str, ports)]
    process = landlock.start_confined(argv, os.environ, None, (ports[1],), stdout=subprocess.PIPE)
    said = dict(line.split() for line in process.communicate()[0].decode().splitlines())
    assert "reached" not in (said["multipath"], said["fast"], said["message"])
    assert said["fast"] == said["message"] == errno.errorcode[errno.EOPNOTSUPP]
    assert said["allowed"] == "reached"


def answer(machine: str, architecture: int, number: int, *arguments: int) -> int:
    """What the filter says of a call: classic BPF, carried out."""
    data = {0: number, 4: architecture} | {16 + 8 * at: value for at, value in enumerate(arguments)}
    code, at, word = seccomp.program(machine), 0, 0
    tests: dict[int, Callable[[int, int], bool]] = {
        0x15: lambda a, b: a == b,
        0x35: lambda a, b: a >= b,
        0x45: lambda a, b: bool(a & b),
    }
    while True:
        what, yes, no, operand = code[at]
        at += 1
        if what == 0x06:
            return operand
        if what == 0x20:
            word = data.get(operand, 0)
        else:
            at += yes if tests[what](word, operand) else no


@pytest.mark.parametrize(
    ("machine", "architecture", "calls"),
    [
        ("x86_64", X86_64, (41, 44, 46, 307)),
        ("x86_64", I386, (359, 369, 370, 345)),
        ("aarch64", AARCH64, (198, 206, 211, 269)),
        ("aarch64", ARM, (281, 290, 296, 374)),
    ],
)
def test_each_architecture_of_a_machine_is_held_to_the_same(
    machine: str, architecture: int, calls: tuple[int, int, int, int]
) -> None:
    opened, to, message, messages = calls
    for protocol, said in ((262, errno.EPROTONOSUPPORT), (132, errno.EPROTONOSUPPORT), (6, 0), (0, 0)):
        expected = REFUSED | said if said else ALLOWED
        assert answer(machine, architecture, opened, socket.AF_INET, socket.SOCK_STREAM, protocol) == expected
    assert answer(machine, architecture, opened, 43, socket.SOCK_STREAM, 0) == REFUSED | errno.EAFNOSUPPORT
    assert answer(machine, architecture, 425) == REFUSED | errno.ENOSYS
    for number, at in ((to, 3), (message, 2), (messages, 3)):
        before = [0] * at
        assert answer(machine, architecture, number, *before, FAST_OPEN | 0x40) == REFUSED | errno.EOPNOTSUPP
        assert answer(machine, architecture, number, *before, 0x4040) == ALLOWED


def test_every_other_call_is_let_through_and_what_no_filter_can_read_is_not() -> None:
    for number in (0, 1, 42, 59, 202, 435):
        assert answer("x86_64", X86_64, number, 262, 262, 262, FAST_OPEN) == ALLOWED
    assert answer("x86_64", I386, 102) == REFUSED | errno.ENOSYS
    assert answer("x86_64", X86_64, 0x40000000 + 41) == REFUSED | errno.ENOSYS
