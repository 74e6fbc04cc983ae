"""Telling a webhook of alarms: one JSON document each, signed, until it was taken.

Invariants: only the address in the settings of the user or the machine is sent anything, over TLS or on this machine;
a redirect is a failure; nothing a registry wrote is sent, and nothing that comes back is read; a secret that is wanted
and not there means that nothing is sent.
"""

from __future__ import annotations

import hmac
import json
import os
import stat
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from slopguard import __version__
from slopguard.errors import ConfigError
from slopguard.patterns import regex
from slopguard.radar import words
from slopguard.radar.model import Alarm

MOST = 100
"""Alarms that one poll delivers."""
SECRET_FILE = "radar.secret"  # noqa: S105 the name of a file
SIGNATURE, TIME = "X-Slopguard-Signature", "X-Slopguard-Timestamp"
_NEAR = regex(r"localhost|127(\.[0-9]{1,3}){3}|::1")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where alarms are posted to.

    Args:
        secret: what they are signed with; empty: they are not signed.
        timeout: seconds that one delivery may take.
    """

    url: str
    secret: bytes = b""
    timeout: float = 10.0

    async def deliver(self, alarms: Sequence[Alarm]) -> list[Alarm]:
        """Post alarms, one after the other; those that were taken. The first failure ends it."""
        taken: list[Alarm] = []
        near = _NEAR.fullmatch(urlsplit(self.url).hostname or "")  # no proxy leads to this machine
        patience = aiohttp.ClientTimeout(total=self.timeout)
        async with aiohttp.ClientSession(timeout=patience, trust_env=near is None) as http:
            for alarm in alarms[:MOST]:
                if not await self._post(http, alarm):
                    break
                taken.append(alarm)
        return taken

    async def _post(self, http: aiohttp.ClientSession, alarm: Alarm) -> bool:
        body = json.dumps(words.posted(alarm), sort_keys=True, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "User-Agent": f"slopguard/{__version__}"}
        headers |= signed(body, self.secret, int(time.time()))
        try:
            async with http.post(self.url, data=body, headers=headers, allow_redirects=False) as response:
                return 200 <= response.status < 300
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
            return False


def signed(body: bytes, secret: bytes, now: int) -> dict[str, str]:
    """The headers that prove a body: HMAC-SHA256 over the moment, a full stop, and the body."""
    if not secret:
        return {}
    digest = hmac.new(secret, f"{now}.".encode() + body, "sha256").hexdigest()
    return {TIME: str(now), SIGNATURE: f"sha256={digest}"}


def secret_of(variable: str | None, env: Mapping[str, str], home: Path) -> bytes:
    """What deliveries are signed with: the variable that the settings name, else a file in `SLOPGUARD_HOME`.

    Raises:
        ConfigError: the variable is not set and there is no such file, or the file is empty, or others may read it.
    """
    if variable is not None and env.get(variable):
        return os.fsencode(env[variable])
    path = home / SECRET_FILE
    try:
        secret = _read(path)
    except FileNotFoundError:
        if variable is None:
            return b""
        raise ConfigError(
            f"'radar.webhook_secret' names the variable {variable}, which is not set", f"Set it, or write {SECRET_FILE}"
        ) from None
    except OSError:
        raise ConfigError(f"{path}: it cannot be read", "Write the secret into it, or take it away") from None
    if not secret:
        raise ConfigError(f"{path}: there is no secret in it", "Write the secret into it, or take it away")
    return secret


def _read(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe that nobody fills holds up nothing
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise OSError
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path}: others may read it", f"Make it yours alone: chmod 600 {path}")
        return file.read(4096).strip()
