"""Who watches over the workers: what keeps one from being started now does not keep it from being started later."""

from __future__ import annotations

import asyncio
import errno
import socket
from pathlib import Path
from typing import Any

import pytest

from slopguard.serve.logs import Log
from slopguard.serve.options import Options
from slopguard.serve.supervisor import Supervisor, Worker


class Ended:
    """A process that says it is ready, and then is."""

    pid, returncode = 1, 0
    stdin = None

    def __init__(self) -> None:
        self.stdout = asyncio.StreamReader()
        self.stdout.feed_data(b"ready\n")

    async def wait(self) -> int:
        return -9


class Short(Supervisor):
    """One on a machine that has no process to spare for the second start of its worker."""

    starts = 0

    async def _started(self, worker: Worker) -> Any:
        self.starts += 1
        if self.starts == 2:
            raise OSError(errno.EAGAIN, "no more processes")
        if self.starts == 3:
            self._stop.set()
        return Ended()


def test_a_worker_that_cannot_be_started_now_is_started_later(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def keep() -> Short:
        made = Short(Options(), listening, tmp_path, Log())
        await made._keep(made._workers[0])
        return made

    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert asyncio.run(keep()).starts == 3
    assert '"event": "worker-not-started"' in capfd.readouterr().err
