"""What `slopguard enable` changed: `enabled.json` in SLOPGUARD_HOME, and copies of each changed file in `enabled/`.

Invariants: it is on disk before the first change, so that a crash in the middle can be undone; it is replaced as a
whole; only the user may read it, because a shell profile may hold secrets; a record that is there and is not what it
should be is an error, never an empty one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from slopguard.config.places import read_bytes
from slopguard.config.private import put
from slopguard.errors import ConfigError

FILE = "enabled.json"
COPIES = "enabled"
SHIMS = "shims"
SCHEMA = "slopguard/enabled/1"


@dataclass(frozen=True, slots=True)
class Changed:
    """One file that has something of slopguard's in it.

    Args:
        path: the file, links followed.
        existed: whether it was there before.
        mtime_ns: its time of change then.
        before: SHA-256 of its content then, `""` if it was not there.
        after: SHA-256 of what slopguard made of it.
        kind: `line`: a shell profile with a line; `json`: settings with entries; `file`: it is slopguard's as a whole.
        agent: whose settings they are, `""` of a shell profile.
        project: the folder of the project whose settings they are, `""` of the account's.
        lines: of `json`: the lines put in, without their indentation and the comma after them.
    """

    path: str
    existed: bool
    mtime_ns: int
    before: str
    after: str
    kind: str = "line"
    agent: str = ""
    project: str = ""
    lines: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name of its copies: `KEY.before` and `KEY.after`."""
        return sha256(self.path.encode("utf-8", "surrogateescape")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Enabled:
    """What is switched on.

    Args:
        since: when, ISO 8601 in UTC.
        clients: the names that have a shim.
        files: every file that has something of slopguard's in it.
        folders: folders that were made for them, outermost first.
        venvs: the `bin` folder of each guarded virtual environment, and the names that have a shim in it.
        python: the Python that the shims start slopguard with.
    """

    since: str = ""
    clients: tuple[str, ...] = ()
    files: tuple[Changed, ...] = ()
    folders: tuple[str, ...] = ()
    venvs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    python: str = ""

    @property
    def on(self) -> bool:
        """Whether anything is switched on."""
        return bool(self.since)

    @property
    def agents(self) -> tuple[str, ...]:
        """The coding agents that run slopguard's hook, in whatever project."""
        return tuple(dict.fromkeys(each.agent for each in self.files if each.agent))

    @property
    def everywhere(self) -> tuple[str, ...]:
        """Those that run it in every project of the account."""
        return tuple(dict.fromkeys(each.agent for each in self.files if each.agent and not each.project))


def read(home: Path) -> Enabled:
    """What is switched on in SLOPGUARD_HOME `home`.

    Raises:
        ConfigError: the record is not what it should be.
    """
    raw = read_bytes(home / FILE)
    if raw is None:
        return Enabled()
    try:
        said = json.loads(raw)
        if said["schema"] != SCHEMA:
            raise ValueError
        return Enabled(
            since=str(said["since"]),
            clients=tuple(map(str, said["clients"])),
            files=tuple(Changed(**{**each, "lines": tuple(map(str, each.get("lines", ())))}) for each in said["files"]),
            folders=tuple(map(str, said["folders"])),
            venvs={str(folder): tuple(map(str, names)) for folder, names in said["venvs"].items()},
            python=str(said["python"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        undo = home / SHIMS / "undo.sh"
        raise ConfigError(f"{home / FILE}: is not the record of what was enabled", f"Undo it with: sh {undo}") from None


def write(home: Path, enabled: Enabled, contents: Mapping[str, tuple[bytes | None, bytes]]) -> None:
    """Write the record down, the copies first.

    Args:
        contents: path to what each newly changed file held before (`None`: it was not there) and will hold.

    Raises:
        ConfigError: it cannot be written.
    """
    for changed in enabled.files:
        if changed.path in contents:
            before, after = contents[changed.path]
            for end, data in (("before", before), ("after", after)):
                if data is not None:
                    put(home / COPIES / f"{changed.key}.{end}", data)
            if before is not None:
                os.utime(home / COPIES / f"{changed.key}.before", ns=(changed.mtime_ns, changed.mtime_ns))
    text = json.dumps({"schema": SCHEMA, **asdict(enabled)}, indent=1)
    put(home / FILE, text.encode("utf-8", "surrogateescape"))
    kept = {changed.key for changed in enabled.files}
    for copy in (home / COPIES).glob("*"):
        if copy.stem not in kept:
            copy.unlink(missing_ok=True)


def copy_before(home: Path, changed: Changed) -> bytes | None:
    """What a file held before, if the copy is still whole."""
    data = read_bytes(home / COPIES / f"{changed.key}.before")
    return data if data is not None and digest(data) == changed.before else None


def remove(home: Path) -> None:
    """Forget it all."""
    import shutil

    (home / FILE).unlink(missing_ok=True)
    shutil.rmtree(home / COPIES, ignore_errors=True)


def digest(data: bytes | None) -> str:
    """SHA-256 in hexadecimal, `""` of no file."""
    return "" if data is None else sha256(data).hexdigest()
