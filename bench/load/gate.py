"""A gate in a process of its own (`python -m bench.load.gate HOME UPSTREAM SESSIONS`), with its sessions open.

Its only line on standard output is JSON: where it listens and each session's `Authorization`. It ends when its
standard input does. Everything in it is real: judge, ledger, sessions, upstream clients.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from pathlib import Path

from slopguard.config import Settings
from slopguard.gate.server import Gate
from slopguard.gate.session import make_session
from slopguard.indexes import Index, IndexKind
from slopguard.judge import Door, Judge
from slopguard.lists import Lists
from slopguard.model import Ecosystem, Layer
from slopguard.store import Store


async def main(home: Path, upstream: str, sessions: int) -> None:
    """Serve until standard input ends."""
    settings = Settings(home=home, timeout=60.0)
    judge = Judge(settings, Lists.of({}), Store.open(settings))
    indexes = (
        Index(Ecosystem.PYPI, "main", f"{upstream}/simple/", IndexKind.DEFAULT, Layer.USER),
        Index(Ecosystem.NPM, "main", f"{upstream}/", IndexKind.DEFAULT, Layer.USER),
    )
    gate = Gate()
    await gate.start()
    told = []
    for _ in range(sessions):
        session = make_session(settings, judge, indexes, Door("gate"), frozenset())
        address = await gate.open(session)
        told.append("Basic " + base64.b64encode(f"{address.user}:{address.secret}".encode()).decode())
    print(json.dumps({"pid": os.getpid(), "base": gate.base, "sessions": told}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await gate.stop()
    judge.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
