"""The keys of `[radar]`: spans, rates, and places that something may be sent to."""

from __future__ import annotations

import pytest

from slopguard.config import RadarSetting
from slopguard.daemon.plain import decode, encode
from slopguard.errors import ConfigError
from tests.config.machine import Machine

WRONG = [
    'every = "9m"',
    'every = "31d"',
    'every = "6 h"',
    "every = 6",
    "rate = 0",
    "rate = 1001",
    "rate = true",
    'webhook = "http://alarms.example/"',
    'webhook = "http://127.0.0.1.example/"',
    'webhook = "file:///tmp/x"',
    'webhook = "https://user:word@alarms.example/"',
    'webhook_secret = "a b"',
    'npm_feed = "http://feed.example/"',
    'webhook = "https://"',
    'webhook = "https://[bad/"',
    'npm_feed = "https://feed.example:99999/"',
    'pypi_feed = "https://feed.example:0/"',
    'webhook = "https://alarms.example/\\u001b[31m"',
]


def test_without_any_the_radar_is_slow_and_nobody_is_told(machine: Machine) -> None:
    assert machine.load().radar == RadarSetting(rate=4.0)


def test_the_users_file_says_all_of_it(machine: Machine) -> None:
    machine.user(
        '[radar]\nrate = 2\nevery = "6h"\nwebhook = "http://127.0.0.1:8080/x"\nwebhook_secret = "ALARM_KEY"\n'
        'npm_feed = "https://feed.example/_changes"\npypi_feed = "http://[::1]:80/newest.xml"\n'
    )
    radar = machine.load().radar
    assert (radar.rate, radar.every, radar.webhook) == (2.0, 6 * 3600, "http://127.0.0.1:8080/x")
    assert (radar.webhook_secret, radar.npm_feed) == ("ALARM_KEY", "https://feed.example/_changes")
    assert decode(RadarSetting, encode(RadarSetting, radar)) == radar, "it travels to the daemon"


@pytest.mark.parametrize("line", WRONG)
def test_what_makes_no_sense_is_an_error_that_names_the_key(machine: Machine, line: str) -> None:
    machine.user(f"[radar]\n{line}\n")
    with pytest.raises(ConfigError, match=f"'radar.{line.split()[0]}'"):
        machine.load()
