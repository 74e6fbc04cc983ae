"""What is put into the settings of a coding agent, so that it runs slopguard's hook: said here, done by `plan`.

Invariants: an entry of slopguard's is known by the command in it, wherever it stands and whoever reformatted the file;
a file that is wholly slopguard's is never put in the place of somebody else's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slopguard.errors import ConfigError
from slopguard.guard.enabling import files, record, settings_json
from slopguard.guard.enabling.agent_hook import MARK
from slopguard.guard.enabling.settings_json import Entry

FILE_MARK = "slopguard enable: taken out by slopguard disable"
"""In a file that is wholly slopguard's."""
AGENTS = ("claude-code", "codex", "gemini", "cursor", "copilot", "windsurf", "cline", "opencode", "qwen")
"""The agents that can be given slopguard's hook."""
_AGENT = "|".join(AGENTS)
_PATH = r"""(?P<run>'/[^\n]*/hooks/run'|/[^|;&<>`$'"\s]*/hooks/run)"""
_RUN = rf"""{_PATH}\s+(?:{_AGENT})(?:\s+--\w+)*"""
_SHARED = rf"""sh -c \W*\[ ! -x .*[/\\]hooks/run.* \|\| exec .*[/\\]hooks/run["'}}]*\s+(?:{_AGENT})\s+--project["']?"""
_BY_HAND = r"""(?:\S*python[\d.]*(?:\s+-\w+)*\s+)?["']?(?:[^|;&<>`\n]*[/\\])?slopguard["']?\s+hook(?:\s+[\w-]+)*"""
_OURS = re.compile(rf"\s*(?:{_RUN}|{_SHARED}|{_BY_HAND})\s*")
"""The installed forms, and the one that people write by hand; each the whole of a command."""
_NAMED = re.compile(rf"hooks/run\S* ({_AGENT})(?![\w-])".encode())


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """One file of an agent's.

    Args:
        agent: whose.
        path: where it lies.
        project: the folder of the project that it belongs to, `""` of the account's.
        kind: `json`: it gets entries; `file`: it is wholly slopguard's.
        entries: of `json`.
        fresh: of `json`: what else a new file has to hold.
        comments: of `json`: whether the agent reads a file with comments.
        content: of `file`.
        mode: of a file that is not there yet.
        instead: of `file`: what a person can do if somebody else's stands there.
    """

    agent: str
    path: Path
    project: str = ""
    kind: str = "json"
    entries: tuple[Entry, ...] = ()
    fresh: Mapping[str, Any] = field(default_factory=dict)
    comments: bool = False
    content: bytes = b""
    mode: int = 0o644
    instead: str = "Move it away"


def is_ours(text: str) -> bool:
    """Whether a command is the start of slopguard's hook, and of nothing else."""
    found = _OURS.fullmatch(text)
    return found is not None and not _is_somebody_elses(found["run"])


def applied(file: SettingsFile, now: bytes | None) -> tuple[bytes, tuple[str, ...]]:
    """What a file becomes, and the lines of slopguard's in it.

    Raises:
        ConfigError: it is not what such a file should be, or somebody else's.
    """
    if file.kind == "file":
        if now is not None and FILE_MARK.encode() not in now:
            raise ConfigError(
                f"{file.path}: is there already and is not slopguard's, so nothing was changed", file.instead
            )
        return file.content, ()
    try:
        return settings_json.with_entries(now, file.entries, is_ours, file.fresh, comments=file.comments)
    except settings_json.Unfit as why:
        hint = "Correct it, or add by hand: " + "  ".join(_by_hand(file.entries))
        raise ConfigError(f"{file.path}: {why}, so nothing was changed", hint) from None


def removed(now: bytes, before: bytes | None) -> bytes | None:
    """Settings without the entries that are slopguard's; `None` if nothing else is in them.

    Args:
        before: what they were before slopguard's part came in.

    Raises:
        ConfigError: they can no longer be read.
    """
    try:
        return settings_json.without_entries(now, is_ours, before)
    except settings_json.Unfit as why:
        raise ConfigError(str(why)) from None


def mentioned(content: bytes | None) -> bool:
    """Whether a file still names slopguard's hook."""
    return content is not None and _NAMED.search(content) is not None


def _is_somebody_elses(run: str | None) -> bool:
    """Whether a file that is called like slopguard's is there, and neither made by it nor in a SLOPGUARD_HOME."""
    if run is None:
        return False
    try:
        (word,) = shlex.split(run)
        content = files.read(Path(word))
    except ValueError:
        return True
    except ConfigError:
        return False
    return (
        content is not None and MARK.encode() not in content and not (Path(word).parent.parent / record.FILE).exists()
    )


def _by_hand(entries: Sequence[Entry]) -> list[str]:
    return [f"{'.'.join(each.keys)}: {settings_json.one_line(each.value)}" for each in entries]
