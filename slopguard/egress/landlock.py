"""Landlock's TCP rule: the client and all it starts may connect to the gate's port and the net's, and to no other.

The environment is advice; this is not: a script that ignores proxies gets `EACCES`. A dedicated thread confines itself
and then starts the client, so that the client inherits the domain (all its descendants do; nothing lifts it) while our
own threads, the gate and the net among them, stay free: both system calls are of one thread in Linux.

Landlock sees `connect` on TCP sockets only; `slopguard.egress.seccomp` shuts what leads around that (Multipath TCP,
fast open, SMC, io_uring), where the kernel takes such a filter.

What both leave open, so that nobody believes in more: UDP (so QUIC, and names asked by UDP), Unix sockets (so a
container engine's, or a service manager that starts something elsewhere), raw sockets of root, and connections
inherited from before. A rule knows ports, not hosts: any host is reached at the gate's or the net's number, and no
other server on loopback is. It only ever forbids `connect`: listening stays possible. Without a kernel that has it
(Linux 6.7, Landlock ABI 4), or where a sandbox forbids the calls, `available()` is false.

Two things come with it: `sudo` and other set-user-id programs gain nothing below the client (no_new_privs, which the
kernel demands), and a guard started below it cannot be connected to by its own clients, as its ports are others
(`slopguard.guard.below` says what is done then).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from slopguard.egress import kernel, seccomp

T = TypeVar("T")

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System call numbers, the same on every architecture that joined after them, x86_64 and aarch64 included."""
_ASK_VERSION = 1
_NET_PORT = 2
_CONNECT_TCP = 1 << 1
_ENOUGH = 4
"""The ABI version that brought rules for TCP."""


class _Ruleset(ctypes.Structure):
    _fields_ = [("handled_access_fs", ctypes.c_uint64), ("handled_access_net", ctypes.c_uint64)]


class _NetPort(ctypes.Structure):
    _fields_ = [("allowed_access", ctypes.c_uint64), ("port", ctypes.c_uint64)]


@functools.cache
def available() -> bool:
    """Whether this kernel confines: it is tried, in a thread that ends with it."""
    if not sys.platform.startswith("linux") or os.uname().machine not in ("x86_64", "aarch64"):
        return False
    try:
        _in_a_thread(lambda: _confine(()))
    except OSError:
        return False
    return True


def holds() -> bool:
    """Whether this process is confined: it is tried, on a port of our own on which nobody listens."""
    with socket.socket() as taken, socket.socket() as tried:
        taken.bind(("127.0.0.1", 0))
        return tried.connect_ex(taken.getsockname()) == errno.EACCES


def start_confined(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, ports: Collection[int], **popen: Any
) -> subprocess.Popen[bytes]:
    """Start a command that can connect by TCP to `ports` only; the rest is `subprocess.Popen`'s.

    Raises:
        OSError: it cannot be started, or not be confined (see `available`); nothing runs then.
    """

    def start() -> subprocess.Popen[bytes]:
        _confine(ports)
        return subprocess.Popen(argv, env=dict(env), cwd=cwd, **popen)

    return _in_a_thread(start)


def _in_a_thread(work: Callable[[], T]) -> T:
    """What `work` gives or raises, done by a thread that ends afterwards."""
    done: list[T] = []
    failed: list[BaseException] = []

    def target() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=target, name="slopguard-confined")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def _confine(ports: Collection[int]) -> None:
    """Confine the calling thread, for good."""
    if kernel.call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)) < _ENOUGH:
        raise OSError("this kernel has no rules for TCP")
    handled = _Ruleset(0, _CONNECT_TCP)
    rules = kernel.call(
        _CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(ctypes.sizeof(handled)), ctypes.c_uint32(0)
    )
    try:
        for port in ports:
            rule = _NetPort(_CONNECT_TCP, port)
            kernel.call(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_NET_PORT), ctypes.byref(rule), ctypes.c_uint32(0))
        kernel.gain_nothing()
        kernel.call(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)
    with contextlib.suppress(OSError):  # the rule counts without it, too
        seccomp.install()
