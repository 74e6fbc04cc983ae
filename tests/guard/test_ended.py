"""A client that is ended before its time ends, however it takes signals."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from slopguard.guard import child

CLIENT = """
import signal, sys, time
def caught(*_):
    if sys.argv[1] == "once":
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
if sys.argv[1] != "never":
    signal.signal(signal.SIGTERM, caught)
print(flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.mark.parametrize(("catches", "code"), [("never", -15), ("once", -15), ("always", -9)])
def test_it_ends(catches: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "GRACE", 0.3)
    with subprocess.Popen([sys.executable, "-c", CLIENT, catches], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begun = time.monotonic()
        thread = threading.Thread(target=child.ended, args=(process,))
        thread.start()
        assert process.wait(10) == code
        thread.join()
        assert time.monotonic() - begun < 5
