"""What tells a service manager to run the daemon of an account and to hold its port, and to poll with the radar.

For systemd and launchd; the radar's where the settings say how often (`radar.every`).

Invariant: a unit adds no restriction that a command does not have (no namespaces, no seccomp, no `NoNewPrivileges`):
commands do not rely on a daemon that is more restricted than they are, and see other files than it.
"""

from __future__ import annotations

import plistlib
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from slopguard.daemon import timer
from slopguard.daemon.activation import NAME, control_port
from slopguard.daemon.starting import IDLE

KEPT = ("SLOPGUARD_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
"""Variables that say where settings and data lie; a service manager does not know the shell's."""
LABEL, RADAR = "slopguard.daemon", "slopguard-radar"


def systemd(home: Path, env: Mapping[str, str], every: int | None = None) -> dict[str, str]:
    """A user service and its socket, and a timer with its service for the radar, by file name.

    Args:
        every: seconds between two polls; `None`: there are none.
    """
    variables = "".join(f"Environment={_quoted(f'{key}={env[key]}')}\n" for key in KEPT if env.get(key))
    service = f"""\
[Unit]
Description=slopguard daemon
Documentation=man:systemd.socket(5)
Requires=slopguard.socket
After=slopguard.socket

[Service]
ExecStart={" ".join(_quoted(word.replace("$", "$$")) for word in _command(IDLE))}
{variables}TimeoutStopSec=90

[Install]
WantedBy=default.target
"""
    listening = f"""\
[Unit]
Description=slopguard daemon, its control port

[Socket]
ListenStream=127.0.0.1:{control_port(home)}

[Install]
WantedBy=sockets.target
"""
    radar = _radar(variables, every) if every is not None else {}
    return {"slopguard.service": service, "slopguard.socket": listening, **radar}


def _radar(variables: str, every: int) -> dict[str, str]:
    """A poll that has found an alarm, or could not ask, is a unit that has failed: that is how a person hears of it."""
    service = f"""\
[Unit]
Description=slopguard radar: were watched names registered?
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={" ".join(_quoted(word.replace("$", "$$")) for word in timer.command(every))}
{variables}Nice=10
"""
    timing = f"""\
[Unit]
Description=slopguard radar, every so often

[Timer]
OnBootSec=5min
OnUnitActiveSec={every}s
RandomizedDelaySec=5min

[Install]
WantedBy=timers.target
"""
    return {f"{RADAR}.service": service, f"{RADAR}.timer": timing}


def launchd(home: Path, env: Mapping[str, str], every: int | None = None) -> dict[str, str]:
    """A launchd agent, and one for the radar, by file name; untested on macOS.

    Args:
        every: as for `systemd`.
    """
    port = {"SockNodeName": "127.0.0.1", "SockServiceName": str(control_port(home)), "SockFamily": "IPv4"}
    agent = {
        "Label": LABEL,
        "ProgramArguments": list(_command(IDLE)),
        "EnvironmentVariables": {key: env[key] for key in KEPT if env.get(key)},
        "Sockets": {NAME: port},
        "RunAtLoad": True,
        "ProcessType": "Interactive",
    }
    made = {f"{LABEL}.plist": plistlib.dumps(agent).decode()}
    if every is None:
        return made
    radar = {
        "Label": "slopguard.radar",
        "ProgramArguments": list(timer.command(every)),
        "EnvironmentVariables": {key: env[key] for key in KEPT if env.get(key)},
        "StartInterval": every,
        "ProcessType": "Background",
    }
    return {**made, "slopguard.radar.plist": plistlib.dumps(radar).decode()}


def _command(idle: float) -> tuple[str, ...]:
    return sys.executable, "-P", "-m", "slopguard", "daemon", "run", "--idle", f"{idle:.0f}"


def _quoted(word: str) -> str:
    """A word as systemd reads it (systemd.syntax(7))."""
    plain = word.replace("\\", "\\\\").replace("%", "%%")
    return plain if shlex.quote(plain) == plain else '"' + plain.replace('"', '\\"') + '"'
