"""What tells a service manager to run the daemon of an account and to hold its port: systemd and launchd.

Invariant: a unit adds no restriction that a command does not have (no namespaces, no seccomp, no `NoNewPrivileges`):
commands do not rely on a daemon that is more restricted than they are, and see other files than it.
"""

from __future__ import annotations

import plistlib
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from slopguard.daemon.activation import NAME, control_port
from slopguard.daemon.starting import IDLE

KEPT = ("SLOPGUARD_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
"""Variables that say where settings and data lie; a service manager does not know the shell's."""
LABEL = "slopguard.daemon"


def systemd(home: Path, env: Mapping[str, str]) -> dict[str, str]:
    """A user service and its socket, by file name."""
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
    return {"slopguard.service": service, "slopguard.socket": listening}


def launchd(home: Path, env: Mapping[str, str]) -> dict[str, str]:
    """A launchd agent, by file name; untested on macOS."""
    port = {"SockNodeName": "127.0.0.1", "SockServiceName": str(control_port(home)), "SockFamily": "IPv4"}
    agent = {
        "Label": LABEL,
        "ProgramArguments": list(_command(IDLE)),
        "EnvironmentVariables": {key: env[key] for key in KEPT if env.get(key)},
        "Sockets": {NAME: port},
        "RunAtLoad": True,
        "ProcessType": "Interactive",
    }
    return {f"{LABEL}.plist": plistlib.dumps(agent).decode()}


def _command(idle: float) -> tuple[str, ...]:
    return sys.executable, "-P", "-m", "slopguard", "daemon", "run", "--idle", f"{idle:.0f}"


def _quoted(word: str) -> str:
    """A word as systemd reads it (systemd.syntax(7))."""
    plain = word.replace("\\", "\\\\").replace("%", "%%")
    return plain if shlex.quote(plain) == plain else '"' + plain.replace('"', '\\"') + '"'
