"""Killed at any moment, a daemon or a command leaves nothing behind that the next command would stumble over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from time import sleep

import pytest

from slopguard.daemon import hosting
from slopguard.daemon.link import Gone
from tests.daemon.house import ROOT, House, request, until

MOMENTS = (0.0, 0.03, 0.1, 0.3, 0.8)
"""From the first instruction of its interpreter to its first session and beyond, on slow machines and fast ones."""


def killed_after(house: House, moment: float) -> threading.Thread:
    def kill() -> None:
        sleep(moment)
        for pid in house.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_daemon_killed_at_any_moment_costs_at_most_that_command(house: House, moment: float) -> None:
    thread = killed_after(house, moment)
    begun, opening = hosting.begin(house.settings(), house.env), house.opening([request("flask")])
    with suppress(Gone), begun as host, host.open(opening) as hosted:
        assert hosted.verdicts[0].rule == "allowlisted"  # there, or else here
        hosted.close()
    thread.join()
    with house.session([request("flask")]) as hosted:
        assert hosted.verdicts[0].rule == "allowlisted"


COMMAND = """
import sys
from pathlib import Path
from tests.daemon.house import House, request
house = House(Path(sys.argv[1]))
print(flush=True)
while True:
    with house.session([request("flask"), request("sg-ghost")]) as hosted:
        hosted.judge([request("requests")])
        hosted.close()
"""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_command_killed_at_any_moment_leaves_no_session(house: House, moment: float) -> None:
    command = [sys.executable, "-c", COMMAND, str(house.root)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sleep(moment)
        process.kill()
    with house.session([request("flask")]) as hosted:
        assert hosted.verdicts[0].rule == "allowlisted"
        until(lambda: house.state().sessions == 1)  # this one
