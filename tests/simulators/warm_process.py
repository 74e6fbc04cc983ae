"""`python -P warm_process.py FILLER`: has imported slopguard, and makes copies of itself, one a command (see `warm`).

Invariants: one thread, and nothing of slopguard has run, it is only imported and its own tables are read (`TABLES`); a
copy is what `python -m MODULE` would be: streams, environment, folder, search path, locale; this process ends when the
socket that is its standard input does.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import functools
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import termios
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, NoReturn

ROOMS = ("check", "cli", "clients", "commands", "curation", "egress", "guard", "readers", "reports")
"""Our packages that commands need, beside those of a daemon."""
LIBRARIES = ("cedarpy", "configparser", "encodings.ascii", "encodings.utf_8_sig", "filelock", "getpass", "rapidfuzz")
"""What is imported only where it is needed, and often is."""
TABLES = (
    "slopguard.forecast.topics.matching:_rarity",
    "slopguard.forecast.embedded.lexicon:fitted",
    "slopguard.forecast.embedded.front:import_names",
)
"""What a process makes of slopguard's own files and of nothing else, and keeps; a third of the time of a forecast."""
ELSEWHERE = ("_plugin", ".mcp", ".__main__")
"""How modules end that run in a client, or are no module of a command's."""
ABOVE = 1000
"""Where descriptors are kept while those below are put in order."""


def main() -> None:
    """Serve; never comes back in a copy."""
    load()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    links: dict[int, socket.socket] = {}
    line = socket.socket(fileno=os.dup(0))
    while True:
        ready = select.select([line, ended], [], [])[0]
        if ended in ready:
            os.read(ended, 1 << 10)
            tell(links)
        if line in ready:
            said, streams, _, _ = socket.recv_fds(line, 1, 16)
            if not said:
                return
            link = socket.socket(fileno=streams[0])
            copy = os.fork()
            if copy == 0:
                signal.set_wakeup_fd(-1)
                end(begin, link, streams[1:])
            for stream in streams[1:]:
                os.close(stream)
            links[copy] = link
            say(link, copy)


def tell(links: dict[int, socket.socket]) -> None:
    """Say of each copy that has ended how it did."""
    with contextlib.suppress(ChildProcessError):
        while True:
            copy, status = os.waitpid(-1, os.WNOHANG)
            if not copy:
                return
            with links.pop(copy) as link:
                say(link, os.waitstatus_to_exitcode(status))


def say(link: socket.socket, number: int) -> None:
    """Tell whoever asked for a copy, if they still listen."""
    with contextlib.suppress(OSError):
        link.sendall(b"%d\n" % number)


def load() -> None:
    """Import what commands and daemons import."""
    from slopguard.daemon import life

    life.load()
    for room in ROOMS:
        package = import_module(f"slopguard.{room}")
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(ELSEWHERE):
                import_module(found.name)
    for name in LIBRARIES:
        import_module(name)
    for table in TABLES:
        module, _, name = table.partition(":")
        getattr(import_module(module), name)()
    if place := os.environ.get("SLOPGUARD_TEST_DISK"):
        runpy.run_path(place)["hasten"]()
    assert "slopguard.__main__" not in sys.modules
    gc.collect()
    gc.freeze()


def begin(link: socket.socket, streams: list[int]) -> None:
    """Be what is asked for on this line."""
    with link, link.makefile("rb") as lines:
        told = json.loads(lines.readline())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    given = dict(zip(told["streams"], streams, strict=True))
    if told["terminal"]:
        seated(told["terminal"], streams[0], lambda terminal: become(told, dict.fromkeys((0, 1, 2), terminal)))
    else:
        become(told, given)


def seated(place: str, report: int, be: Callable[[int], None]) -> None:
    """Be somebody at a terminal, a child of the system's first process, who starts one command and reports its end."""
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the command
    terminal = os.open(place, os.O_RDWR)
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    child = os.fork()
    if child == 0:
        be(terminal)
    else:
        os.write(report, str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
        os._exit(0)


def become(told: dict[str, Any], streams: dict[int, int]) -> None:
    """Be the command, which ends with `SystemExit` or another error, as a program does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if told["leads"]:
        os.setsid()
    arrange(streams)
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["env"])
    if not any(told["env"].get(key) for key in ("LANG", "LC_ALL", "LC_CTYPE")):
        os.environ["LC_CTYPE"] = "C.UTF-8"  # as the interpreter does (PEP 538)
    time.tzset()
    sys.dont_write_bytecode = bool(told["env"].get("PYTHONDONTWRITEBYTECODE"))
    called([sys.executable, "-m", *told["words"]])
    module, *words = told["words"]
    sys.argv = [module, *words]
    if not told["leads"]:
        sys.path.insert(0, os.path.realpath("."))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def called(argv: list[str]) -> None:
    """Show these words in the list of processes (where there is `/proc`), in the place of the ones it began with."""
    with contextlib.suppress(OSError):
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[45]), int(fields[46])
        shown = b"".join(os.fsencode(word) + b"\0" for word in argv)[: end - start]
        ctypes.memmove(start, shown.ljust(end - start, b"\0"), end - start)


def executed(told: dict[str, Any], terminal: int) -> None:
    """Be another program at a terminal."""
    for stream in (0, 1, 2):
        os.dup2(terminal, stream)
    os.chdir(told["cwd"])
    os.execve(told["argv"][0], told["argv"], told["env"])


def arrange(streams: dict[int, int]) -> None:
    """Have these descriptors and no others, and Python's three streams on the first ones."""
    kept = {number: fcntl.fcntl(stream, fcntl.F_DUPFD, ABOVE) for number, stream in streams.items()}
    os.closerange(0, ABOVE)
    for number, stream in kept.items():
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", 1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115


def end(run: Callable[..., None], *args: object) -> NoReturn:
    """Run this and end as an interpreter does, without taking its thousand modules apart."""
    code = 0
    try:
        run(*args)
    except SystemExit as told:
        code = told.code if isinstance(told.code, int) else int(told.code is not None)
        if not isinstance(told.code, int | None):
            sys.stderr.write(f"{told.code}\n")
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        code = 120
    os._exit(code & 0xFF)


if __name__ == "__main__":
    if sys.argv[2:]:
        seated(sys.argv[1], int(sys.argv[2]), functools.partial(executed, json.loads(sys.argv[3])))
    else:
        main()
