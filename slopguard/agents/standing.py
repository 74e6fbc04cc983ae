"""How slopguard's hook stands with each agent of this account: on, or why it is not.

Invariant: files are read and nothing is started; what cannot be read counts as not on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from slopguard.agents.settings import found
from slopguard.errors import ConfigError
from slopguard.guard.enabling import agent_hook, files, insertions, record
from slopguard.guard.enabling.jsonc import Node, NoJson, parse
from slopguard.guard.enabling.record import Changed


class Standing(StrEnum):
    """What an agent does with slopguard's hook."""

    ON = "on"
    OPEN = "open"
    """It has none."""
    GONE = "gone"
    """It was enabled, and somebody took it out since."""
    OFF = "off"
    """The agent's settings switch hooks off."""
    UNTRUSTED = "untrusted"
    """The agent waits for its user to trust it."""


def standings(env: Mapping[str, str], home: Path, cwd: Path) -> Mapping[str, Standing]:
    """Every agent that is here or was enabled, as it stands in a folder.

    Args:
        home: SLOPGUARD_HOME.
        cwd: that folder, absolute; hooks of a project that it is no part of do not count.

    Raises:
        ConfigError: the record is not what it should be.
    """
    enabled = record.read(home)
    told = dict.fromkeys(found(env), Standing.OPEN)
    for agent in enabled.agents:
        here = [each for each in enabled.files if each.agent == agent and cwd.is_relative_to(each.project or "/")]
        told[agent] = _of(home, here) if here else Standing.OPEN
    return told


def _of(home: Path, changed: Iterable[Changed]) -> Standing:
    """The worst of an agent's files."""
    if not agent_hook.is_whole(home):
        return Standing.GONE
    order = (Standing.GONE, Standing.OFF, Standing.UNTRUSTED, Standing.ON)
    stands = {_stands(each) for each in changed}
    return next((each for each in order if each in stands), Standing.GONE)


def _stands(changed: Changed) -> Standing:
    try:
        content = files.read(Path(changed.path))
    except ConfigError:
        return Standing.GONE
    if content is None or not insertions.mentioned(content):
        return Standing.GONE
    if changed.kind == "json":
        try:
            root = parse(content.decode().removeprefix("\ufeff"))
        except (NoJson, UnicodeDecodeError):
            return Standing.GONE
        if _switched_off(root):
            return Standing.OFF
        if changed.agent == "codex" and not _trusted(Path(changed.path), root):
            return Standing.UNTRUSTED
    return Standing.ON


def _switched_off(root: Node) -> bool:
    """`disableAllHooks` of Claude Code, Copilot and Qwen Code; `hooksConfig.enabled` of Gemini CLI."""
    every, config = root.get("disableAllHooks"), root.get("hooksConfig")
    enabled = config.get("enabled") if config is not None else None
    return (every is not None and every.text == "true") or (enabled is not None and enabled.text == "false")


def _trusted(path: Path, root: Node) -> bool:
    """Whether Codex was told to trust what stands at this place of its list; whether it is the same, it alone knows."""
    import tomli

    hooks = root.get("hooks")
    groups = hooks.get("PreToolUse") if hooks is not None else None
    place = next((n for n, each in enumerate(groups.children if groups else ()) if _ours(each.value)), None)
    try:
        config: Any = tomli.loads((files.read(path.parent / "config.toml") or b"").decode())
        return bool(config["hooks"]["state"][f"{path}:pre_tool_use:{place}:0"]["trusted_hash"])
    except (ConfigError, ValueError, KeyError, TypeError):
        return False


def _ours(node: Node) -> bool:
    return insertions.is_ours(node.text) or any(_ours(child.value) for child in node.children)
