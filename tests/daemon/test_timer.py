"""The daemon's timer: a poll every so often, if the account's settings say so, and nothing of any caller in it."""

from __future__ import annotations

import configparser
import os
import plistlib
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from slopguard.config import RadarSetting, Settings
from slopguard.daemon import timer
from slopguard.daemon.timer import Timer
from slopguard.errors import ConfigError
from slopguard.model import Ecosystem, NormalizedName
from slopguard.radar.alone import alone, last_began
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist
from tests.daemon.house import House, until
from tests.daemon.test_commands import said
from tests.radar.worlds import THEN
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.usefixtures("copies")

HOUR = 3600


@dataclass
class Started:
    """Stands for a process."""

    returncode: int | None = None
    pid: int = 1

    def poll(self) -> int | None:
        return self.returncode


@dataclass
class Machine:
    """A timer whose clock and processes are the test's."""

    home: Path
    every: int | None = 6 * HOUR
    now: float = 1e9
    fails: bool = False
    started: list[Started] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timer = Timer(self.home, self.settings, self.start, lambda: self.now)  # type: ignore[arg-type]

    def settings(self) -> Settings:
        if self.every == -1:
            raise ConfigError("broken")
        return Settings(home=self.home, radar=RadarSetting(every=self.every))

    def start(self, home: Path, every: float) -> Started:
        assert (home, every) == (self.home, self.every)
        if self.fails:
            raise OSError
        self.started.append(Started())
        return self.started[-1]

    def began(self, ago: float) -> None:
        """A poll began so many seconds ago."""
        with alone(self.home):
            pass
        os.utime(self.home / "radar.lock", (self.now - ago, self.now - ago))

    def looks(self) -> int:
        """How many were started after one more look."""
        self.timer.look()
        return len(self.started)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_the_setting_nothing_is_started(machine: Machine) -> None:
    machine.every = None
    assert machine.looks() == 0


def test_settings_that_cannot_be_read_start_nothing_and_end_nothing(machine: Machine) -> None:
    machine.every = -1
    assert machine.looks() == 0


def test_where_there_was_no_poll_one_is_started(machine: Machine) -> None:
    assert machine.looks() == 1


def test_a_poll_that_anybody_began_lately_counts(machine: Machine) -> None:
    machine.began(ago=5 * HOUR)
    assert machine.looks() == 0
    machine.now += HOUR
    assert machine.looks() == 1


def test_a_poll_that_began_in_the_future_does_not_count(machine: Machine) -> None:
    machine.began(ago=-HOUR)
    assert machine.looks() == 1


def test_while_one_runs_no_other_is_started_however_long_it_takes(machine: Machine) -> None:
    machine.looks()
    machine.now += 100 * HOUR
    assert machine.looks() == 1
    machine.started[0].returncode = 0
    assert machine.looks() == 2


def test_one_that_ended_at_once_or_could_not_be_started_is_not_tried_again_before_its_time(machine: Machine) -> None:
    machine.looks()
    machine.started[0].returncode = 2
    assert machine.looks() == 1
    machine.fails = True
    machine.now += 7 * HOUR
    assert machine.looks() == 1
    machine.fails = False
    assert machine.looks() == 1
    machine.now += 7 * HOUR
    assert machine.looks() == 2


def test_nothing_of_a_caller_reaches_the_poll(tmp_path: Path) -> None:
    callers = {
        "HOME": "/home/ana",
        "PATH": "/tmp/evil",
        "PYTHONPATH": "/tmp/evil",
        "PIP_INDEX_URL": "https://evil.example/",
        "HTTPS_PROXY": "http://evil.example/",
        "SLOPGUARD_CONFIG": "/tmp/evil.toml",
        "SLOPGUARD_OFFLINE": "1",
        "LD_PRELOAD": "/tmp/evil.so",
        "XDG_CONFIG_HOME": "/home/ana/.config",
        "LANG": "C.UTF-8",
    }
    env = timer.environment(tmp_path, callers)
    assert env.keys() == {"HOME", "PATH", "XDG_CONFIG_HOME", "LANG", "SLOPGUARD_HOME", "SLOPGUARD_DAEMON"}
    assert env["PATH"] == f"{Path(sys.executable).parent}:/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin"
    assert env["SLOPGUARD_DAEMON"] == "off"


def test_the_words_are_fixed() -> None:
    assert timer.command(600)[1:] == (
        *("-P", "-m", "slopguard", "watch", "poll", "--unattended", "--max-time", "600s"),
    )


def test_a_daemon_polls_by_itself(house: House, pypi: PyPI) -> None:
    settings = house.root / ".config" / "slopguard" / "slopguard.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'[upstream.pypi]\nurl = "{pypi.url}"\n[radar]\nevery = "10m"\n')
    with Watchlist(house.home) as watchlist:
        batch = Batch("generated", "embedded", THEN)
        watchlist.add(batch, [Watched(Ecosystem.PYPI, NormalizedName("sg-watched"), 1)])
    assert house.host() is not None
    until(lambda: "sg-watched" in pypi.pages)
    until(lambda: last_began(house.home) is not None)
    log = house.places.log
    until(lambda: "a poll has begun" in log.read_text())
    assert house.processes() == [house.pid], "it is not the daemon that asks"


def test_the_units_of_a_timer_are_there_where_the_settings_say_how_often(house: House) -> None:
    settings = house.root / ".config" / "slopguard" / "slopguard.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[radar]\nevery = "6h"\n')
    said(house, "unit", "systemd", "-o", str(house.root / "units"))
    names = {path.name for path in (house.root / "units").iterdir()}
    assert names == {"slopguard.service", "slopguard.socket", "slopguard-radar.service", "slopguard-radar.timer"}
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment]
    parsed.read([house.root / "units" / "slopguard-radar.timer", house.root / "units" / "slopguard-radar.service"])
    assert parsed["Timer"]["OnUnitActiveSec"] == "21600s"
    assert parsed["Service"]["ExecStart"].endswith(" watch poll --unattended --max-time 21600s")
    said(house, "unit", "launchd", "-o", str(house.root / "agents"))
    agent = plistlib.loads((house.root / "agents" / "slopguard.radar.plist").read_bytes())
    assert (agent["StartInterval"], agent["Label"]) == (6 * HOUR, "slopguard.radar")


def test_systemd_understands_them(house: House, tmp_path: Path) -> None:
    import shutil

    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze")
    (house.root / ".config" / "slopguard").mkdir(parents=True)
    (house.root / ".config" / "slopguard" / "slopguard.toml").write_text('[radar]\nevery = "6h"\n')
    said(house, "unit", "systemd", "-o", str(tmp_path / "units"))
    units = [str(path) for path in (tmp_path / "units").glob("slopguard-radar.*")]
    done = subprocess.run(["systemd-analyze", "--user", "verify", *units], capture_output=True, text=True)
    assert "slopguard-radar" not in done.stderr, done.stderr
