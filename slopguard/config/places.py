"""Where settings files are looked for, and how one is read.

Invariants: a file that exists but cannot be read or parsed is an error, never an empty file. The organisation's
place is fixed: no variable moves it. The user's place follows the account (`XDG_CONFIG_HOME`, `HOME`), as the package
clients' own settings do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from slopguard.errors import ConfigError

FILE_NAME = "slopguard.toml"


@dataclass(frozen=True, slots=True)
class Places:
    """The fixed places of one machine and account.

    Args:
        organisation: the machine-wide settings file.
        user: the folder of the user's settings file and of the record of what a person accepted.
        home: where the database, lists and cache live unless `SLOPGUARD_HOME` says otherwise.
        account: the account's home folder, where the search for project files ends.
    """

    organisation: Path
    user: Path
    home: Path
    account: Path


def places(env: Mapping[str, str]) -> Places:
    """The places on this machine, after the XDG base directory specification (on Windows: its known folders)."""
    account = Path(env.get("HOME") or Path.home())
    if sys.platform == "win32":
        machine = Path(env.get("ProgramData", "C:/ProgramData"))
        local = Path(env.get("LOCALAPPDATA") or account / "AppData" / "Local")
        return Places(machine / "slopguard" / FILE_NAME, local / "slopguard", local / "slopguard", account)
    config = Path(env.get("XDG_CONFIG_HOME") or account / ".config")
    data = Path(env.get("XDG_DATA_HOME") or account / ".local" / "share")
    return Places(Path("/etc/slopguard") / FILE_NAME, config / "slopguard", data / "slopguard", account)


def project_tables(cwd: Path, account: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every project settings table that covers `cwd`, outermost first.

    From the folder upwards to the repository's root (a `.git`), or to the account's home, or to the top. All of them
    count, not only the nearest: an empty file in a subfolder must not hide a stricter one above it.

    Raises:
        ConfigError: a file cannot be read or parsed, or one folder holds two tables.
    """
    for folder in reversed(list(_upwards(cwd, account))):
        path, table = project_table(folder)
        if table is not None:
            yield path, table


def project_table(folder: Path) -> tuple[Path, dict[str, Any] | None]:
    """The settings table of one project folder and the file it stands in; `None` where there is none.

    Raises:
        ConfigError: a file cannot be read or parsed, or both hold a table.
    """
    own, shared = settings_table(folder / FILE_NAME), settings_table(folder / "pyproject.toml")
    if own is not None and shared is not None:
        raise ConfigError(f"{folder}: settings stand in both {FILE_NAME} and pyproject.toml", "Keep one of them")
    return (folder / FILE_NAME, own) if shared is None else (folder / "pyproject.toml", shared)


def settings_table(path: Path) -> dict[str, Any] | None:
    """The settings table of one file: all of it, or `[tool.slopguard]` of a pyproject.toml; `None` if there is none.

    Raises:
        ConfigError: the file cannot be read or parsed.
    """
    return _tool_table(path) if path.name == "pyproject.toml" else read_toml(path)


def _upwards(cwd: Path, account: Path) -> Iterator[Path]:
    for folder in (cwd, *cwd.parents):
        if folder == account:
            return
        yield folder
        if (folder / ".git").exists():
            return


def _tool_table(path: Path) -> dict[str, Any] | None:
    """`[tool.slopguard]` of a pyproject.toml; the file is parsed only if the word is in it at all."""
    if b"slopguard" not in (read_bytes(path) or b""):
        return None
    tool = (read_toml(path) or {}).get("tool")
    table = tool.get("slopguard") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{path}: 'tool.slopguard' must be a table")
    return table


def read_toml(path: Path) -> dict[str, Any] | None:
    """A TOML file, or `None` where there is none.

    Raises:
        ConfigError: it cannot be read, or is not TOML in UTF-8.
    """
    raw = read_bytes(path)
    if raw is None:
        return None
    import tomllib

    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ConfigError(f"{path}: not a TOML file in UTF-8") from None


def read_bytes(path: Path) -> bytes | None:
    """The bytes of a file, or `None` where there is none.

    Raises:
        ConfigError: it is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as why:
        raise ConfigError(f"{path}: cannot be read ({type(why).__name__})") from None


def table_digest(table: Mapping[str, Any], folder: Path) -> str:
    """What a person accepts: `sha256:` of the table, its order and comments aside, and of the policy it names."""
    import json

    content = json.dumps(table, sort_keys=True, default=str).encode()
    policy = table.get("policy")
    if isinstance(policy, str):
        content += b"\0" + (read_bytes(folder / policy) or b"")
    return "sha256:" + sha256(content).hexdigest()
