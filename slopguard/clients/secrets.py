"""Credentials that a client keeps in the system's keyring, or uv in a store of its own (`uv auth login`).

Invariants: the keyring's own command is asked (`keyring get SERVICE USER`), as pip and uv do; a secret is returned,
never printed, logged or put on a command line; no answer is no credentials, never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from slopguard.indexes import Credentials, Index, origin

_TIMEOUT = 10.0


def with_keyring(found: Iterable[Index], provider: str | None, env: Mapping[str, str]) -> tuple[Index, ...]:
    """The indexes, those without a secret completed from the keyring where the user switched the client's own on.

    Args:
        provider: the client's `keyring-provider`; pip's `import` asks the same keyring in another way.
    """
    if provider not in ("subprocess", "import"):
        return tuple(found)
    return tuple(_completed(index, lambda url, name: keyring(url, name, env)) for index in found)


def with_keyring_later(found: Iterable[Index], env: Mapping[str, str]) -> tuple[Index, ...]:
    """The indexes, those without a secret to be completed from the keyring once they refuse to answer without one."""
    return tuple(replace(index, ask=partial(_from_keyring, index, env)) for index in found)


def _from_keyring(index: Index, env: Mapping[str, str]) -> Credentials | None:
    return _completed(index, lambda url, name: keyring(url, name, env)).credentials


def with_uv_store(found: Iterable[Index], env: Mapping[str, str]) -> tuple[Index, ...]:
    """The indexes, those without a secret completed from what `uv auth login` stored."""
    import tomllib

    data = Path(env.get("XDG_DATA_HOME") or Path(env.get("HOME") or Path.home()) / ".local" / "share")
    folder = Path(env.get("UV_CREDENTIALS_DIR") or data / "uv" / "credentials")
    try:
        rows = tomllib.loads((folder / "credentials.toml").read_text(encoding="utf-8")).get("credential", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return tuple(found)
    known = [{str(key): str(value) for key, value in row.items()} for row in rows if isinstance(row, dict)]
    return tuple(_completed(index, lambda url, name: _stored(known, url, name)) for index in found)


def _stored(rows: Iterable[Mapping[str, str]], url: str, username: str) -> Credentials | None:
    """The entry for an address: of its origin, for its path or a folder above it; the longest path first."""
    path = urlsplit(url).path.rstrip("/") + "/"
    fits: dict[str, Credentials] = {}
    for row in rows:
        service, name = row.get("service", ""), row.get("username", "")
        above = urlsplit(service).path.rstrip("/") + "/"
        if row.get("password") and origin(service) == origin(url) and path.startswith(above) and username in ("", name):
            bearer = row.get("scheme") == "bearer"
            fits[above] = Credentials("" if bearer else name, row["password"], "bearer" if bearer else "basic")
    return fits[max(fits, key=len)] if fits else None


def _completed(index: Index, look: Callable[[str, str], Credentials | None]) -> Index:
    name = index.credentials.username if index.credentials else ""
    if index.url.startswith("file:") or (index.credentials and index.credentials.secret):
        return index
    return replace(index, credentials=look(index.url, name) or index.credentials)


def keyring(url: str, username: str, env: Mapping[str, str]) -> Credentials | None:
    """What the keyring holds for an address, else for its host.

    Args:
        url: the index without credentials.
        username: as written in the index's address; `""` asks for any (`--mode creds`, keyring 25).
    """
    import shutil

    command = shutil.which("keyring", path=env.get("PATH"))
    if command is None:
        return None
    for service in (url, urlsplit(url).netloc):
        if not username:
            lines = _ask([command, "--mode", "creds", "get", service], env).splitlines()
            if len(lines) == 2:
                return Credentials(lines[0], lines[1])
            continue
        secret = _ask([command, "get", service, username], env).strip("\r\n")
        if secret:
            return Credentials(username, secret)
    return None


def _ask(command: list[str], env: Mapping[str, str]) -> str:
    """The command's output, `""` when it fails or takes too long."""
    import subprocess

    try:
        done = subprocess.run(
            command, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return done.stdout if done.returncode == 0 else ""
