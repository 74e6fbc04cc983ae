"""A filter on system calls that shuts the ways to a TCP connection which Landlock does not look at.

Measured (Linux 6.18): Landlock's rule sees `connect` on a TCP socket and nothing else. A Multipath TCP socket is none
to it, and data sent with `MSG_FASTOPEN` connects without `connect`; both reached any port. SMC sockets connect by TCP
in the kernel's name; io_uring sends with flags that no filter sees. Each is answered as a kernel without it would
answer, so that programs do what they do there (Go, libuv and curl fall back).

Invariants: pure but for `install`; everything else is let through, so that nothing but these four changes; the filter
reads numbers only. A program of the machine's other architecture (i386, 32-bit ARM) is held to the same.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Mapping

from slopguard.egress import kernel

_FILTER_MODE, _NO_SLOWDOWN = 1, 4
"""`SECCOMP_SET_MODE_FILTER`; `SPEC_ALLOW`: a filter shall not cost the client its branch prediction."""
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _RETURN, _EQUAL, _AT_LEAST, _ANY_BIT = 0x20, 0x06, 0x15, 0x35, 0x45
"""Instructions of classic BPF: load a word, return, and the jumps."""
_NUMBER, _MACHINE = 0, 4
"""Offsets in `struct seccomp_data`; the arguments (`_argument`) come behind."""

_SMC = 43
_PROTOCOLS = (262, 132, 33)
"""Multipath TCP, and the two that no rule of Landlock knows at all: SCTP, DCCP."""
_FAST_OPEN = 0x20000000
_IO_URING = 425
_X32 = 0x40000000
_SOCKETCALL = 102
"""i386's one call for all, whose arguments no filter can read; C libraries of this century do without it."""

_CALLS: Mapping[str, Mapping[int, tuple[int, int, int, int]]] = {
    "x86_64": {0xC000003E: (41, 44, 46, 307), 0x40000003: (359, 369, 370, 345)},
    "aarch64": {0xC00000B7: (198, 206, 211, 269), 0x40000028: (281, 290, 296, 374)},
}
"""The machine's architectures as the kernel names them, and the numbers of socket, sendto, sendmsg, sendmmsg there."""

_Code = list[tuple[int, int, int, int]]


def install() -> None:
    """Put the calling thread, and what it starts, under the filter; it must have given up privileges before.

    Raises:
        OSError: this kernel, or a sandbox around us, takes no filter.
    """
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program(os.uname().machine))
    held = ctypes.create_string_buffer(code, len(code))
    given = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(held)))
    number = _SECCOMP[os.uname().machine]
    kernel.call(number, ctypes.c_uint(_FILTER_MODE), ctypes.c_uint(_NO_SLOWDOWN), ctypes.byref(given))


def program(machine: str) -> _Code:
    """The filter of a machine, as `struct sock_filter` has it: instruction, two jumps, operand."""
    code: _Code = [(_LOAD, 0, 0, _MACHINE)]
    for architecture, numbers in _CALLS[machine].items():
        code += _only(architecture, _of_architecture(architecture, *numbers))
    return [*code, _answer(0)]


def _of_architecture(architecture: int, socket: int, sendto: int, sendmsg: int, sendmmsg: int) -> _Code:
    code: _Code = [(_LOAD, 0, 0, _NUMBER)]
    if architecture == 0xC000003E:
        code += [(_AT_LEAST, 0, 1, _X32), _answer(errno.ENOSYS)]
    if architecture == 0x40000003:
        code += _only(_SOCKETCALL, [_answer(errno.ENOSYS)])
    code += _only(_IO_URING, [_answer(errno.ENOSYS)])
    code += _only(socket, _strange_socket())
    for number, argument in ((sendto, 3), (sendmsg, 2), (sendmmsg, 3)):
        refused = [(_ANY_BIT, 0, 1, _FAST_OPEN), _answer(errno.EOPNOTSUPP)]
        code += _only(number, [_argument(argument), *refused, _answer(0)])
    return [*code, _answer(0)]


def _strange_socket() -> _Code:
    family = [_argument(0), *_only(_SMC, [_answer(errno.EAFNOSUPPORT)])]
    return [*family, _argument(2), *_each(_PROTOCOLS, _answer(errno.EPROTONOSUPPORT)), _answer(0)]


def _each(values: Iterable[int], answer: tuple[int, int, int, int]) -> _Code:
    return [instruction for value in values for instruction in _only(value, [answer])]


def _only(value: int, code: _Code) -> _Code:
    """Code for when the word just loaded is `value`; it ends in an answer."""
    return [(_EQUAL, 0, len(code), value), *code]


def _argument(number: int) -> tuple[int, int, int, int]:
    return _LOAD, 0, 0, 16 + 8 * number


def _answer(error: int) -> tuple[int, int, int, int]:
    return _RETURN, 0, 0, _ERRNO | error if error else _ALLOW
