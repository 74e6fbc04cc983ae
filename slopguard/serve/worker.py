"""One worker process of a served gate: it answers on the socket that all of them share.

It is told what to do on standard input and says on standard output when it can. Invariants: when whoever started it is
gone (end of input), it ends as it does on a signal: nobody new is let in, what is under way may end, and everything is
in the ledger.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from slopguard.daemon.memory import raised_files
from slopguard.errors import SlopguardError
from slopguard.serve.logs import Log, take_over
from slopguard.serve.options import Orders
from slopguard.serve.room import taken

LOOKS = 5.0
"""Seconds between two looks at settings, lists and the token file."""
READY = b"ready\n"
AGAIN = b"again\n"
"""On standard input: read everything again now."""


def main() -> int:
    """Run a worker as its orders say; the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; who started us tells us
    orders = Orders.of(sys.stdin.buffer.readline())
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = orders.run  # looked at when the library is first imported
    log = Log(orders.options.form, orders.number)
    take_over(log)
    raised_files()
    try:
        taken(Path(orders.run), os.getpid())
        asyncio.run(_run(orders, log))
    except SlopguardError as error:
        log("failed", "error", code=error.code, why=error.diagnosis())
        return error.exit_code
    except Exception as error:  # the edge of the process
        if os.environ.get("SLOPGUARD_DEBUG"):
            raise
        log.fault(error)
        return SlopguardError.exit_code
    return 0


async def _run(orders: Orders, log: Log) -> None:
    from slopguard.serve.at_work import Work  # brings in what must not be imported before the variable is set

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, said: log("fault", "error", kind=type(said.get("exception")).__name__))
    listening = socket.socket(fileno=orders.listening)
    listening.setblocking(False)
    stop, again = asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb", 0, closefd=False))
    listens = asyncio.create_task(_orders(reader, stop, again))
    async with Work.begun(orders, log) as work:
        await work.serve(listening)
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        besides = [asyncio.create_task(_looks(work, again, log)), asyncio.create_task(work.hush())]
        await stop.wait()
        for task in besides:
            task.cancel()
        log("stopping")
    listens.cancel()


async def _orders(reader: asyncio.StreamReader, stop: asyncio.Event, again: asyncio.Event) -> None:
    while line := await reader.readline():
        if line == AGAIN:
            again.set()
    stop.set()


async def _looks(work: object, again: asyncio.Event, log: Log) -> None:
    from slopguard.serve.at_work import Work

    assert isinstance(work, Work)
    while True:
        told = True
        try:
            async with asyncio.timeout(LOOKS):
                await again.wait()
        except TimeoutError:
            told = False
        again.clear()
        try:
            await work.look(told=told)
        except Exception as error:  # the one boundary: a look that fails is looked at again, and never ends the worker
            log.fault(error)


if __name__ == "__main__":
    sys.exit(main())
