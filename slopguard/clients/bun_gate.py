"""How bun is sent to the gate: its variables, and a bunfig of ours for what only a file can say.

Invariant: of the project's bunfig everything stays but the registries; paths in it are made absolute, as bun starts
them from the file's folder (1.4) or from where it was started (before), which is the same folder for the real file.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slopguard.clients import bun_config
from slopguard.clients.interface import GateAddress
from slopguard.clients.npm import npm_environment
from slopguard.indexes import Index, IndexKind
from slopguard.patterns import regex

_OURS = regex(
    r"BUN_CONFIG_(?:REGISTRY|TOKEN)|BUN_OPTIONS|npm_config_(?:registry|token|@.*:registry|.*proxy|prefer[-_]o\w+line)",
    re.IGNORECASE,
)
_SOURCE = regex(r"\s*[\"']?(?://|(?:@[^=]*:)?registry[\"']?\s*=|_)")
"""Lines of an .npmrc about registries and what to send to them."""
_PATHS = (("cache", "dir"), ("security", "scanner"), ("globalDir",), ("globalBinDir",), ("cafile",))


def environment(
    env: Mapping[str, str], gate: GateAddress, indexes: Sequence[Index], options: Sequence[str]
) -> dict[str, str]:
    """The child's environment; other managers that it starts are sent to the gate too.

    Args:
        options: what stays of `BUN_OPTIONS`.
    """
    child = {key: value for key, value in env.items() if not _OURS.fullmatch(key)}
    child |= npm_environment(gate, indexes)
    default = next((index for index in indexes if index.kind is IndexKind.DEFAULT), None)
    if default is not None:
        child |= {"BUN_CONFIG_REGISTRY": gate.npm_url(default.key), "BUN_CONFIG_TOKEN": gate.token}
    return child | ({"BUN_OPTIONS": " ".join(options)} if options else {})


def bunfig(here: Path, named: str | None, gate: GateAddress, indexes: Sequence[Index], scratch: Path) -> Path:
    """Write the bunfig that sends scopes to the gate and has manifests asked for anew.

    Args:
        here: the folder that bun starts in.
        named: the bunfig that the command line names.
    """
    path = here / (named or "bunfig.toml")
    document: dict[str, Any] = bun_config.bunfig(path)
    install = dict(found) if isinstance(found := document.get("install"), dict) else {}
    cache = install.get("cache")
    known = {"dir": cache} if isinstance(cache, str) else {"disable": True} if cache is False else {}
    install["cache"] = dict(cache) if isinstance(cache, dict) else known
    for place in _PATHS:
        _absolute(install, place, path.parent)
    install["cache"]["disableManifest"] = True
    install.pop("registry", None)
    install["scopes"] = {
        str(index.name): {"url": gate.npm_url(index.key), "token": gate.token}
        for index in indexes
        if index.kind is IndexKind.SCOPE
    }
    made = scratch / "bunfig.toml"
    made.touch(mode=0o600)
    made.write_text(bun_config.dumped({**document, "install": install}), encoding="utf-8")
    return made


def config_home(env: Mapping[str, str], gate: GateAddress, indexes: Sequence[Index], scratch: Path) -> Path:
    """A settings folder like the user's own, whose .npmrc names the gate for every scope: for bun before 1.4.

    Everything else in it leads to the user's own files.
    """
    home = Path(env.get("HOME") or Path.home())
    named = env.get("XDG_CONFIG_HOME")
    real, made = Path(named) if named else home / ".config", Path(tempfile.mkdtemp(dir=scratch))
    for entry in real.iterdir() if real.is_dir() else ():
        if entry.name not in (".npmrc", ".bunfig.toml"):
            (made / entry.name).symlink_to(entry.absolute())
    place = Path(named) if named else home
    if (place / ".bunfig.toml").exists():
        (made / ".bunfig.toml").symlink_to((place / ".bunfig.toml").absolute())
    lines = [line for line in _lines(place / ".npmrc") if not _SOURCE.match(line)]
    for index in indexes:
        url = gate.npm_url(index.key)
        lines += [f"{index.name}:registry={url}"] if index.kind is IndexKind.SCOPE else []
        lines.append(f"{url.removeprefix('http:')}:_authToken={gate.token}")
    (made / ".npmrc").touch(mode=0o600)
    (made / ".npmrc").write_text("\n".join([*lines, ""]), encoding="utf-8", errors="surrogateescape")
    return made


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []


def _absolute(table: dict[str, Any], place: Sequence[str], folder: Path) -> None:
    """Make one path in the `[install]` table absolute; a scanner may be a package, which has no dot in front."""
    *above, key = place
    for name in above:
        inner = table.get(name)
        if not isinstance(inner, dict):
            return
        table[name] = table = dict(inner)
    value = table.get(key)
    if isinstance(value, str) and (key != "scanner" or value.startswith(".")):
        table[key] = str((folder / value).absolute())
