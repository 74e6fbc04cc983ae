"""The process that watches over the workers of a served gate: it listens, starts them, and answers nothing itself.

All workers accept from one socket, which this process opened and holds as long as it lives. Each with a socket of its
own on the port (`SO_REUSEPORT`) would lose the connections that wait in a worker's queue when that dies, and would let
any other process of the account join in. Invariants: a worker that ends is started again, sooner at first than later;
when this process is gone the workers end by themselves; lists are fetched here, once for all.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slopguard.errors import SlopguardError
from slopguard.lists.loading import refresh
from slopguard.serve.logs import Log
from slopguard.serve.notify import notify
from slopguard.serve.options import Options, Orders, settings_of
from slopguard.serve.room import given_back
from slopguard.serve.worker import AGAIN, READY

SOONEST, LATEST = 0.1, 30.0
"""Seconds before a worker that ended is started again: twice as long each time."""
STEADY = 60.0
"""Seconds after which a worker that ends counts as one that ends for the first time."""
LISTS = 60.0
"""Seconds between two looks at whether lists are due."""
LONGER = 10.0
"""Seconds beyond the grace after which a worker that will not end is killed."""
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from slopguard.serve.worker import main; sys.exit(main())"
)


@dataclass(slots=True)
class Worker:
    """One place among the workers and who has it now."""

    number: int
    process: asyncio.subprocess.Process | None = None


class Supervisor:
    """Starts the workers and keeps them.

    Args:
        listening: the socket that all of them accept from.
        run: the folder that they share.
    """

    def __init__(self, options: Options, listening: socket.socket, run: Path, log: Log) -> None:
        self._options, self._listening, self._run, self._log = options, listening, run, log
        self._stop = asyncio.Event()
        self._code = 0
        self._waiting = options.workers
        self._workers = [Worker(number) for number in range(options.workers)]

    async def supervise(self) -> int:
        """Run until a signal comes; the exit code.

        A worker that cannot even begin at first (its settings, its lists) ends the server with its code.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._again)
        fetching = asyncio.create_task(self._lists())
        keeping = [asyncio.create_task(self._keep(worker)) for worker in self._workers]
        await self._stop.wait()
        notify("STOPPING=1")
        self._log("stopping")
        self._listening.close()
        fetching.cancel()
        await asyncio.gather(*(self._end(worker) for worker in self._workers))
        for task in keeping:
            task.cancel()
        await asyncio.gather(fetching, *keeping, return_exceptions=True)
        self._log("stopped")
        return self._code

    async def _keep(self, worker: Worker) -> None:
        """Keep one worker running."""
        soon, began = SOONEST, False
        while not self._stop.is_set():
            since = time.monotonic()
            try:
                process = worker.process = await self._started(worker)
            except OSError as why:  # no process or descriptor to be had now: it may be had later
                self._log("worker-not-started", "error", of=worker.number, kind=type(why).__name__)
                code = SlopguardError.exit_code
            else:
                ready = await _says(process, READY)
                if ready and not began:
                    began = True
                    self._began()
                code = await process.wait()
                self._gone(process.pid)
                if self._stop.is_set():
                    return
                self._log("worker-ended", "error", of=worker.number, process=process.pid, code=code)
            if not began and code > 0:
                self._code = code
                self._stop.set()
                return
            soon = SOONEST if time.monotonic() - since > STEADY else min(soon * 2, LATEST)
            with suppress(TimeoutError):
                async with asyncio.timeout(soon):
                    await self._stop.wait()

    async def _started(self, worker: Worker) -> asyncio.subprocess.Process:
        listening = self._listening.fileno()
        port = self._listening.getsockname()[1]
        orders = Orders(self._options, worker.number, listening, port, str(self._run))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _START, json.dumps(sys.path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(listening,),
            cwd="/",
        )
        assert process.stdin is not None
        with suppress(ConnectionError):
            process.stdin.write(orders.line())
            await process.stdin.drain()
        self._log("worker-started", of=worker.number, process=process.pid)
        return process

    async def _end(self, worker: Worker) -> None:
        """Tell a worker to end, and make it when it takes much longer than it may."""
        process = worker.process
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(self._options.grace + LONGER):
                await process.wait()
        except TimeoutError:
            self._log("worker-killed", "error", of=worker.number, process=process.pid)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _began(self) -> None:
        """A worker answers for the first time; when all do, whoever started the server is told."""
        self._waiting -= 1
        if not self._waiting:
            self._log("ready", workers=len(self._workers))
            notify("READY=1")

    def _gone(self, process: int) -> None:
        from slopguard.serve import metrics

        with suppress(OSError):
            metrics.ended(self._run, process)
        given_back(self._run, process)

    def _again(self) -> None:
        """Tell every worker to read everything again."""
        self._log("reload")
        for worker in self._workers:
            if worker.process is not None and worker.process.stdin is not None and worker.process.returncode is None:
                with suppress(ConnectionError):
                    worker.process.stdin.write(AGAIN)

    async def _lists(self) -> None:
        """Fetch lists when they are due; the workers see that they are there."""
        while True:
            await asyncio.sleep(LISTS)
            try:
                await asyncio.to_thread(fetch, self._options, self._log)
            except SlopguardError as error:
                self._log("lists-not-fetched", "error", code=error.code)
            except Exception as error:  # the one boundary: what goes wrong here is tried again, and ends no server
                self._log.fault(error)


def fetch(options: Options, log: Log) -> None:
    """Fetch the lists that are due, and tell what they deny that was let in here before.

    Raises:
        ConfigError: the settings cannot be used.
    """
    for line in refresh(settings_of(options, os.environ)):
        log("denied-now", "warning", said=line)


async def _says(process: asyncio.subprocess.Process, word: bytes) -> bool:
    """Whether a process says a word before it says another, or nothing more."""
    assert process.stdout is not None
    return await process.stdout.readline() == word
